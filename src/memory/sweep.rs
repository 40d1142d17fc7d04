//! Streaming search of whole regions for a few words that are where an object has its type.
//!
//! With AVX2 the comparison is free; the baseline of x86-64 has no 64-bit compare, so it is chosen at
//! run time. [`sweep_types`] has a portable form, and tests hold the two against each other.

use super::LiveMemory;
use super::stream::stream;
pub use super::stream::{SweepOptions, Swept, View};
use std::ops::Range;

/// Most words that can be searched for at once.
pub const MAX_NEEDLES: usize = 32;

/// The words to look for. Fewer are faster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needles {
    words: Vec<u64>,
}

impl Needles {
    /// Looks for these words; `None` when there are none or more than [`MAX_NEEDLES`].
    #[must_use]
    pub fn new(words: impl IntoIterator<Item = u64>) -> Option<Self> {
        let mut words: Vec<u64> = words.into_iter().collect();
        words.sort_unstable();
        words.dedup();
        (!words.is_empty() && words.len() <= MAX_NEEDLES).then_some(Self { words })
    }
}

/// Searches `ranges` of `memory` for `needles` in the upper half of every 16-byte step – where an object
/// that is aligned to 16 bytes has its type – and calls `hit` with the place of each (an offset into the view).
///
/// `select` may choose the parts of a window (at most 8 MiB, on page boundaries) that are worth reading. What it leaves out
/// must not hold what is looked for, and no object may reach across its cuts.
///
/// Each thread collects into a value of its own, made by `make`; they are returned in no particular order.
/// `stop` is asked between chunks: a sweep that is told to stop ends early.
#[expect(clippy::too_many_arguments, reason = "four of them are the steps of the sweep, as closures")]
pub fn sweep_types<T: Send>(
    memory: &LiveMemory,
    ranges: &[Range<u64>],
    needles: &Needles,
    options: SweepOptions,
    select: impl Fn(Range<u64>) -> Vec<Range<u64>> + Sync,
    make: impl Fn() -> T + Sync,
    hit: impl Fn(&mut T, View<'_>, usize) + Sync,
    stop: impl Fn() -> bool + Sync,
) -> (Vec<T>, Swept) {
    stream(
        memory,
        ranges,
        options,
        select,
        make,
        |found: &mut T, view, wanted| {
            let start = wanted.start;
            let bytes = view.bytes.get(wanted).unwrap_or_default();
            find_types(bytes, &needles.words, &mut |at| hit(found, view, start + at));
        },
        stop,
    )
}

/// Calls `hit` with the offset of every word of `bytes` that equals one of `needles` and lies in the upper half of a
/// 16-byte step. `bytes` begins at an address that is a multiple of 16.
fn find_types(bytes: &[u8], needles: &[u64], hit: &mut impl FnMut(usize)) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        let (blocks, rest) = bytes.split_at(bytes.len() - bytes.len() % avx2::BLOCK);
        #[allow(unsafe_code)]
        // SAFETY: the processor has AVX2, which is all that these functions require.
        unsafe {
            // Padding with copies keeps the number of comparisons a constant the compiler can unroll.
            let pad = needles.first().copied().unwrap_or_default();
            let at = |i: usize| needles.get(i).copied().unwrap_or(pad);
            match needles.len() {
                0..=4 => avx2::find_types::<4>(std::array::from_fn(at), blocks, hit),
                5..=8 => avx2::find_types::<8>(std::array::from_fn(at), blocks, hit),
                9..=16 => avx2::find_types::<16>(std::array::from_fn(at), blocks, hit),
                17..=24 => avx2::find_types::<24>(std::array::from_fn(at), blocks, hit),
                _ => avx2::find_types::<MAX_NEEDLES>(std::array::from_fn(at), blocks, hit),
            }
        }
        let behind = blocks.len();
        return find_types_portable(rest, needles, &mut |at| hit(behind + at));
    }
    find_types_portable(bytes, needles, hit);
}

fn find_types_portable(bytes: &[u8], needles: &[u64], hit: &mut impl FnMut(usize)) {
    for (step, pair) in bytes.chunks_exact(16).enumerate() {
        let mut word = [0; 8];
        word.copy_from_slice(pair.get(8..16).unwrap_or(&[0; 8]));
        if needles.contains(&u64::from_le_bytes(word)) {
            hit(step * 16 + 8);
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    //! The same with 256-bit registers. Of a block only the low halves of the words that can be types are compared, eight at once:
    //! one comparison for each needle and block, so that a needle more costs little. What agrees is compared as a whole afterwards.

    use std::arch::x86_64::{
        __m256i, _mm256_castps_si256, _mm256_castsi256_ps, _mm256_cmpeq_epi32, _mm256_loadu_si256,
        _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi32, _mm256_setzero_si256, _mm256_shuffle_ps,
        _mm256_unpackhi_epi64,
    };

    /// Bytes looked at between two tests for a hit: eight words that can be types.
    pub(super) const BLOCK: usize = 128;

    /// As `find_types_portable`; what is left of `bytes` behind the last whole [`BLOCK`] is not looked at.
    #[target_feature(enable = "avx2")]
    pub(super) fn find_types<const N: usize>(needles: [u64; N], bytes: &[u8], hit: &mut impl FnMut(usize)) {
        /// Takes the even halves (0 and 2 of each four) of both operands.
        const LOW_HALVES: i32 = 0b10_00_10_00;
        #[expect(clippy::cast_possible_truncation, reason = "the low half is what is meant")]
        let low_halves = needles.map(|needle| _mm256_set1_epi32((needle as u32).cast_signed()));
        for (block, chunk) in bytes.chunks_exact(BLOCK).enumerate() {
            let load = |i: usize| {
                let words = chunk.as_ptr().wrapping_add(i * 32).cast::<__m256i>();
                #[allow(unsafe_code)]
                // SAFETY: `chunk` has 128 bytes, `i` is below 4, and the load needs no alignment.
                unsafe {
                    _mm256_loadu_si256(words)
                }
            };
            let upper = |i: usize| _mm256_castsi256_ps(_mm256_unpackhi_epi64(load(i), load(i + 1)));
            let words = _mm256_castps_si256(_mm256_shuffle_ps::<LOW_HALVES>(upper(0), upper(2)));
            let any = low_halves
                .iter()
                .fold(_mm256_setzero_si256(), |all, low| _mm256_or_si256(all, _mm256_cmpeq_epi32(words, *low)));
            if _mm256_movemask_epi8(any) != 0 {
                super::find_types_portable(chunk, &needles, &mut |at| hit(block * BLOCK + at));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::stream::CHUNK;
    use crate::process::Pid;
    use std::slice::from_ref;

    fn own() -> LiveMemory {
        LiveMemory::new(Pid::own())
    }

    /// A page-aligned block of our own memory, as words.
    fn block(words: usize) -> Vec<u64> {
        // Over-allocated; `aligned` finds the first word on a page.
        vec![0x1111_2222_3333_4444; words + 1024]
    }

    fn aligned(block: &[u64]) -> usize {
        let address = block.as_ptr() as usize;
        ((4096 - address % 4096) % 4096) / 8
    }

    const OPTIONS: SweepOptions =
        SweepOptions { threads: 2, margin_before: 64, margin_after: 256, idle_priority: false };

    fn everything(window: Range<u64>) -> Vec<Range<u64>> {
        vec![window]
    }

    fn hits(ranges: &[Range<u64>], needles: &[u64]) -> (Vec<u64>, Swept) {
        let needles = Needles::new(needles.iter().copied()).unwrap();
        let (found, swept) = sweep_types(
            &own(),
            ranges,
            &needles,
            OPTIONS,
            everything,
            Vec::new,
            |found: &mut Vec<u64>, view, at| {
                assert!(needles.words.contains(&view.word(at).unwrap()));
                found.push(view.base.get() + at as u64);
            },
            || false,
        );
        let mut found: Vec<u64> = found.into_iter().flatten().collect();
        found.sort_unstable();
        (found, swept)
    }

    #[test]
    fn finds_types_in_the_upper_half_of_a_step_only_and_across_chunks() {
        let words = 3 * CHUNK / 8 + 512;
        let mut data = block(words);
        let first = aligned(&data);
        let needle = 0x7f00_dead_beef_0010;
        let places = [1usize, 3, 2, 511, CHUNK / 8 - 1, CHUNK / 8 + 1, CHUNK / 8 + 2, words - 1];
        for place in places {
            data[first + place] = needle;
        }
        let start = data[first..].as_ptr() as u64;
        let (found, swept) = hits(from_ref(&(start..start + words as u64 * 8)), &[needle]);
        let mut expected: Vec<u64> =
            places.iter().filter(|place| *place % 2 == 1).map(|place| start + *place as u64 * 8).collect();
        expected.sort_unstable();
        assert_eq!(found, expected);
        assert_eq!(swept, Swept { bytes: words as u64 * 8, unreadable: 0 });
    }

    #[test]
    fn ranges_that_touch_or_overlap_are_swept_once() {
        let mut data = block(2048);
        let first = aligned(&data);
        data[first + 513] = 77;
        let start = data[first..].as_ptr() as u64;
        let (found, swept) = hits(&[start + 4096..start + 8192, start..start + 4096, start..start + 8192], &[77]);
        assert_eq!(found, [start + 513 * 8]);
        assert_eq!(swept.bytes, 8192);
    }

    #[test]
    fn a_hole_is_counted_and_what_lies_around_it_is_searched() {
        let length = 64 * 4096;
        let map = crate::memory::test_support::map_with_hole(length, 10 * 4096, 3 * 4096);
        map.write_word(9 * 4096 + 8, 99);
        map.write_word(13 * 4096 + 8, 99);
        map.write_word(63 * 4096 + 4088, 99);
        let (found, swept) = hits(from_ref(&(map.start()..map.start() + length as u64)), &[99, 5]);
        assert_eq!(found, [9 * 4096 + 8, 13 * 4096 + 8, 63 * 4096 + 4088].map(|at| map.start() + at));
        assert_eq!(swept, Swept { bytes: 61 * 4096, unreadable: 3 * 4096 });
    }

    #[test]
    fn both_ways_of_comparing_agree() {
        // A cheap generator with a small alphabet, so that hits are frequent.
        let mut state = 12345u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 59
        };
        for length in [0u64, 16, 112, 128, 144, 4096, 4096 + 48] {
            // Words that agree in their low half only are no hits.
            let bytes: Vec<u8> = (0..length / 8).flat_map(|i| (next() | (i % 3 / 2) << 40).to_le_bytes()).collect();
            for count in [1usize, 4, 5, 8, 9, 16, 17, 24, 25, 32] {
                let needles: Vec<u64> = (0..count as u64).map(|i| i * 3 % 128).collect();
                let (mut fast, mut slow) = (Vec::new(), Vec::new());
                find_types(&bytes, &needles, &mut |at| fast.push(at));
                find_types_portable(&bytes, &needles, &mut |at| slow.push(at));
                assert_eq!(fast, slow, "{length} bytes, {count} needles");
                assert!(length < 4096 || !slow.is_empty());
            }
        }
    }

    #[test]
    fn stopping_ends_the_sweep_early() {
        let data = block(16 * CHUNK / 8);
        let start = data[aligned(&data)..].as_ptr() as u64;
        let needles = Needles::new([1]).unwrap();
        let range = start..start + 16 * CHUNK as u64;
        let (_, swept) =
            sweep_types(&own(), from_ref(&range), &needles, OPTIONS, everything, || (), |(), _, _| (), || true);
        assert_eq!(swept.bytes, 0);
    }

    #[test]
    fn needles_are_bounded() {
        assert!(Needles::new([]).is_none());
        assert!(Needles::new(0..=MAX_NEEDLES as u64).is_none());
        assert!(Needles::new([1, 1, 2]).is_some());
    }

    #[test]
    #[ignore = "measures; for an idle machine"]
    fn gigabytes_in_a_second() {
        use std::time::Instant;
        // As a heap is: full of addresses, none of which is a type.
        let bytes: Vec<u8> = (0..CHUNK as u64 / 8).flat_map(|i| (0x7f00_0000_0000 + i * 48).to_le_bytes()).collect();
        for count in [1u64, 4, 8, 16, 32] {
            let needles: Vec<u64> = (0..count).map(|i| 0x5555_5594_3a20 + i * 0x1a0).collect();
            let speed = |find: &dyn Fn(&mut usize)| {
                let (mut best, mut found) = (f64::INFINITY, 0);
                for _ in 0..200 {
                    let start = Instant::now();
                    find(&mut found);
                    best = best.min(start.elapsed().as_secs_f64());
                }
                (bytes.len() as f64 / best / 1e9, found)
            };
            let (fast, found) =
                speed(&|found| find_types(std::hint::black_box(&bytes), &needles, &mut |_| *found += 1));
            let (slow, also) =
                speed(&|found| find_types_portable(std::hint::black_box(&bytes), &needles, &mut |_| *found += 1));
            assert_eq!((found, also), (0, 0));
            eprintln!("{count} types: {fast:.1} GB/s, portable {slow:.1} GB/s");
        }
    }
}
