//! Streaming search of whole regions for every word that points to one of many places: who refers to these?
//!
//! A bitmap that fits the cache answers "surely not" for all but a thousandth of the words. Its index is the low bits of the
//! address, so that it covers any address space: the `brk` heap lies terabytes from the mapped areas. What passes is looked up exactly.
//! Eight words at once are looked up with AVX2 (`vpgatherdd`), chosen at run time; the portable form is held against it by tests.

use super::LiveMemory;
use super::stream::{SweepOptions, Swept, View, stream};
use rustc_hash::FxHashSet;
use std::ops::Range;

/// Bits of an address below its granule. Objects are aligned to 16 bytes, and tags lie in these bits.
const GRANULE_BITS: u32 = 4;
/// The lowest page is never mapped: words below this are numbers.
const LOWEST_ADDRESS: u64 = 4096;
/// Bits of the filter for each wanted place: one word in so many passes by accident.
const BITS_EACH: usize = 1024;
/// 64 KB, which the first-level cache nearly holds.
const FEWEST_BITS: usize = 1 << 19;
/// 4 MB: more would leave the cache.
const MOST_BITS: usize = 1 << 25;

/// The places that are sought: 16-byte steps of memory ("granules") that a word may point into.
///
/// So the low four bits of a word do not matter: references with a tag (the managed dict of 3.12, the stacks of 3.14) are found,
/// and it is for the caller to look at the word.
#[derive(Debug, Clone)]
pub struct WordSet {
    granules: FxHashSet<u64>,
    filter: Filter,
}

impl WordSet {
    /// The granules that these addresses lie in. Any number will do; those in the lowest page are left out.
    #[must_use]
    pub fn new(addresses: impl IntoIterator<Item = u64>) -> Self {
        let granules: FxHashSet<u64> = addresses
            .into_iter()
            .filter(|address| *address >= LOWEST_ADDRESS)
            .map(|address| address >> GRANULE_BITS)
            .collect();
        let filter = Filter::new(&granules);
        Self { granules, filter }
    }

    /// Whether nothing is sought.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.granules.is_empty()
    }

    /// Whether a word points into one of the granules.
    #[must_use]
    pub fn matches(&self, word: u64) -> bool {
        word >= LOWEST_ADDRESS && self.filter.may_have(word) && self.granules.contains(&(word >> GRANULE_BITS))
    }
}

/// A bit for each residue of a granule's number. All of the index lies in the low half of a word.
#[derive(Debug, Clone)]
struct Filter {
    words: Vec<u32>,
    /// One less than the number of bits, which is a power of two.
    mask: u32,
}

impl Filter {
    fn new(granules: &FxHashSet<u64>) -> Self {
        let bits = granules.len().saturating_mul(BITS_EACH).clamp(FEWEST_BITS, MOST_BITS).next_power_of_two();
        let mask = u32::try_from(bits - 1).unwrap_or(u32::MAX);
        let mut filter = Self { words: vec![0; bits / 32], mask };
        for granule in granules {
            let (word, bit) = filter.place(granule << GRANULE_BITS);
            if let Some(word) = filter.words.get_mut(word) {
                *word |= 1 << bit;
            }
        }
        filter
    }

    /// Where the bit for a word is: which word of the bitmap, and which bit of that.
    fn place(&self, word: u64) -> (usize, u32) {
        #[expect(clippy::cast_possible_truncation, reason = "the low half is what is meant")]
        let index = (word as u32 >> GRANULE_BITS) & self.mask;
        ((index >> 5) as usize, index & 31)
    }

    fn may_have(&self, word: u64) -> bool {
        let (at, bit) = self.place(word);
        self.words.get(at).is_some_and(|bits| bits >> bit & 1 == 1)
    }
}

/// Searches `ranges` of `memory` for words that point into a granule of `wanted`, and calls `hit` with the place of
/// each (an offset into the view) and the word. Every word is looked at that is aligned to 8 bytes.
///
/// `select` may choose the parts of a window (at most 8 MiB) that are worth reading, with borders at multiples of 8.
/// Each thread collects into a value of its own, made by `make`; they are returned in no particular order.
/// `stop` is asked between windows: a sweep that is told to stop ends early. Where nothing is wanted, nothing is read.
#[expect(clippy::too_many_arguments, reason = "four of them are the steps of the sweep, as closures")]
pub fn sweep_words<T: Send>(
    memory: &LiveMemory,
    ranges: &[Range<u64>],
    wanted: &WordSet,
    options: SweepOptions,
    select: impl Fn(Range<u64>) -> Vec<Range<u64>> + Sync,
    make: impl Fn() -> T + Sync,
    hit: impl Fn(&mut T, View<'_>, usize, u64) + Sync,
    stop: impl Fn() -> bool + Sync,
) -> (Vec<T>, Swept) {
    if wanted.is_empty() {
        return (Vec::new(), Swept::default());
    }
    let whole_words = |range: &Range<u64>| range.start.saturating_add(7) & !7..range.end & !7;
    let ranges: Vec<Range<u64>> = ranges.iter().map(whole_words).collect();
    let search = |found: &mut T, view: View<'_>, place: Range<usize>| {
        let start = place.start;
        let bytes = view.bytes.get(place).unwrap_or_default();
        find_words(bytes, wanted, &mut |at, word| hit(found, view, start + at, word));
    };
    stream(memory, &ranges, options, select, make, search, stop)
}

/// Calls `hit` with the offset and the value of every word of `bytes` that `wanted` matches.
fn find_words(bytes: &[u8], wanted: &WordSet, hit: &mut impl FnMut(usize, u64)) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        let (blocks, rest) = bytes.split_at(bytes.len() - bytes.len() % avx2::BLOCK);
        #[allow(unsafe_code)]
        // SAFETY: the processor has AVX2, which is all that the function requires.
        unsafe {
            avx2::find_words(blocks, wanted, hit);
        }
        let behind = blocks.len();
        return find_words_portable(rest, wanted, &mut |at, word| hit(behind + at, word));
    }
    find_words_portable(bytes, wanted, hit);
}

fn find_words_portable(bytes: &[u8], wanted: &WordSet, hit: &mut impl FnMut(usize, u64)) {
    for (index, bytes) in bytes.chunks_exact(8).enumerate() {
        let mut word = [0; 8];
        word.copy_from_slice(bytes);
        let word = u64::from_le_bytes(word);
        if wanted.matches(word) {
            hit(index * 8, word);
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    //! The same with 256-bit registers: the low halves of eight words are looked up in the bitmap together.

    use super::{GRANULE_BITS, LOWEST_ADDRESS, WordSet};
    use std::arch::x86_64::{
        __m256i, _mm256_and_si256, _mm256_andnot_si256, _mm256_castps_si256, _mm256_castsi256_ps, _mm256_cmpeq_epi32,
        _mm256_i32gather_epi32, _mm256_loadu_si256, _mm256_movemask_ps, _mm256_or_si256, _mm256_permute4x64_epi64,
        _mm256_set1_epi32, _mm256_setzero_si256, _mm256_shuffle_ps, _mm256_sllv_epi32, _mm256_srli_epi32,
    };

    /// Bytes looked up at once: eight words.
    pub(super) const BLOCK: usize = 64;

    /// As `find_words_portable`; what is left of `bytes` behind the last whole [`BLOCK`] is not looked at.
    #[target_feature(enable = "avx2")]
    pub(super) fn find_words(bytes: &[u8], wanted: &WordSet, hit: &mut impl FnMut(usize, u64)) {
        /// Takes the even, or the odd halves of both operands, in each half of the register.
        const LOW_HALVES: i32 = 0b10_00_10_00;
        const HIGH_HALVES: i32 = 0b11_01_11_01;
        const GRANULE: i32 = GRANULE_BITS.cast_signed();
        const NUMBER: i32 = LOWEST_ADDRESS.trailing_zeros().cast_signed();
        let bitmap = wanted.filter.words.as_slice();
        let mask = _mm256_set1_epi32(wanted.filter.mask.cast_signed());
        let last_bit = _mm256_set1_epi32(31);
        for (block, chunk) in bytes.chunks_exact(BLOCK).enumerate() {
            let load = |i: usize| {
                let words = chunk.as_ptr().wrapping_add(i * 32).cast::<__m256i>();
                #[allow(unsafe_code)]
                // SAFETY: `chunk` has 64 bytes, `i` is below 2, and the load needs no alignment.
                unsafe {
                    _mm256_castsi256_ps(_mm256_loadu_si256(words))
                }
            };
            let (first, second) = (load(0), load(1));
            let low = _mm256_castps_si256(_mm256_shuffle_ps::<LOW_HALVES>(first, second));
            let index = _mm256_and_si256(_mm256_srli_epi32::<GRANULE>(low), mask);
            #[allow(unsafe_code)]
            // SAFETY: `index` is at most `mask`, which is one less than the number of bits in `bitmap`.
            let bits =
                unsafe { _mm256_i32gather_epi32::<4>(bitmap.as_ptr().cast::<i32>(), _mm256_srli_epi32::<5>(index)) };
            // The wanted bit becomes the sign, which is what `movemask` takes.
            let passes = _mm256_sllv_epi32(bits, _mm256_andnot_si256(index, last_bit));
            if _mm256_movemask_ps(_mm256_castsi256_ps(passes)) == 0 {
                continue;
            }
            // Where a wanted granule shares its bit with small numbers, zeros would be looked up by the page.
            let high = _mm256_castps_si256(_mm256_shuffle_ps::<HIGH_HALVES>(first, second));
            let rest = _mm256_or_si256(high, _mm256_srli_epi32::<NUMBER>(low));
            let numbers = _mm256_cmpeq_epi32(rest, _mm256_setzero_si256());
            // The shuffles have put words 4 and 5 before 2 and 3.
            let in_order = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_andnot_si256(numbers, passes));
            let mut lanes = _mm256_movemask_ps(_mm256_castsi256_ps(in_order));
            while lanes != 0 {
                let at = lanes.trailing_zeros() as usize * 8;
                lanes &= lanes - 1;
                super::find_words_portable(chunk.get(at..at + 8).unwrap_or_default(), wanted, &mut |_, word| {
                    hit(block * BLOCK + at, word);
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::stream::CHUNK;
    use crate::memory::test_support::map_with_hole;
    use crate::process::Pid;
    use std::slice::from_ref;

    const OPTIONS: SweepOptions =
        SweepOptions { threads: 2, margin_before: 64, margin_after: 256, idle_priority: false };

    fn own() -> LiveMemory {
        LiveMemory::new(Pid::own())
    }

    /// A cheap generator of numbers that look random.
    fn numbers(mut state: u64) -> impl FnMut() -> u64 {
        move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state ^ state >> 29
        }
    }

    fn bytes_of(words: &[u64]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// The hits of a sweep over our own memory: where, and the word.
    fn hits(ranges: &[Range<u64>], wanted: &WordSet) -> (Vec<(u64, u64)>, Swept) {
        let (found, swept) = sweep_words(
            &own(),
            ranges,
            wanted,
            OPTIONS,
            |window| vec![window],
            Vec::new,
            |found: &mut Vec<(u64, u64)>, view, at, word| {
                assert_eq!(view.word(at), Some(word));
                found.push((view.base.get() + at as u64, word));
            },
            || false,
        );
        let mut found: Vec<(u64, u64)> = found.into_iter().flatten().collect();
        found.sort_unstable();
        (found, swept)
    }

    #[test]
    fn a_word_matches_by_its_granule() {
        let set = WordSet::new([0x7f12_3456_7890, 0x0056_0000_1238, 8, 0]);
        for word in [0x7f12_3456_7890, 0x7f12_3456_7891, 0x7f12_3456_789f, 0x0056_0000_1230, 0x0056_0000_123f] {
            assert!(set.matches(word), "{word:#x}");
        }
        // The neighbours, the same low half elsewhere, the same bit of the filter, and what is no address.
        for word in
            [0x7f12_3456_788f, 0x7f12_3456_78a0, 0x7f13_3456_7890, 0x7f12_3456_7890 + (FEWEST_BITS as u64) * 16, 0, 8]
        {
            assert!(!set.matches(word), "{word:#x}");
        }
        assert!(!set.is_empty());
        assert!(WordSet::new([]).is_empty());
        assert!(WordSet::new([0, 1, 4095]).is_empty());
    }

    #[test]
    fn both_ways_of_looking_agree() {
        for (count, seed) in [(1u64, 3u64), (7, 5), (1000, 7), (60_000, 11)] {
            let mut next = numbers(seed);
            // Close together, so that random words hit; some in the low half of the address space, some whose bit zeros share.
            let places: Vec<u64> = (0..count)
                .map(|i| match i % 4 {
                    0 => 0x7f00_0000_0000 + next() % (count * 64),
                    1 => 0x40_0000 + next() % (count * 64),
                    2 => (next() % 0xffff + 1) << 32,
                    _ => 0x5500_8000_0000 + next() % (count * 64),
                })
                .collect();
            let set = WordSet::new(places.iter().copied());
            for length in (0..40).chain([512, 513, 519, 4096]) {
                let words: Vec<u64> = (0..length)
                    .map(|_| match next() % 8 {
                        0 => 0,
                        1 => next() % 4096,
                        2 | 3 => places[(next() % count) as usize] ^ (next() % 16),
                        4 => places[(next() % count) as usize] ^ ((next() % 2) << 40),
                        5 => next(),
                        _ => 0x7f00_0000_0000 + next() % (count * 64),
                    })
                    .collect();
                let (mut fast, mut slow) = (Vec::new(), Vec::new());
                let bytes = bytes_of(&words);
                // The copy begins anywhere in our buffer.
                for shift in [0, 8, 24, 56] {
                    let Some(bytes) = bytes.get(shift..) else { continue };
                    find_words(bytes, &set, &mut |at, word| fast.push((shift, at, word)));
                    find_words_portable(bytes, &set, &mut |at, word| slow.push((shift, at, word)));
                }
                assert_eq!(fast, slow, "{length} words, {count} places");
                assert!(length < 512 || !slow.is_empty());
                let by_hand = words.iter().filter(|word| places.iter().any(|place| place >> 4 == **word >> 4)).count();
                assert_eq!(slow.iter().filter(|(shift, ..)| *shift == 0).count(), by_hand);
            }
        }
    }

    #[test]
    fn every_word_is_looked_at_and_chunks_have_no_seams() {
        let words = 3 * CHUNK / 8 + 513;
        let mut data = vec![0x1111_2222_3333_4444u64; words + 512];
        let first = (4096 - data.as_ptr() as usize % 4096) % 4096 / 8;
        let target = 0x7f00_dead_beef_0010;
        let places = [0usize, 1, 2, 511, 512, CHUNK / 8 - 1, CHUNK / 8, CHUNK / 8 + 3, words - 2, words - 1];
        for (tag, place) in places.iter().enumerate() {
            data[first + place] = target + tag as u64;
        }
        let start = data[first..].as_ptr() as u64;
        let mut expected: Vec<(u64, u64)> =
            (0..).zip(places).map(|(tag, place)| (start + place as u64 * 8, target + tag)).collect();
        expected.sort_unstable();
        let set = WordSet::new([target]);
        let (found, swept) = hits(from_ref(&(start..start + words as u64 * 8)), &set);
        assert_eq!(found, expected);
        assert_eq!(swept, Swept { bytes: words as u64 * 8, unreadable: 0 });
        // Only whole words of a range count.
        let (found, swept) = hits(from_ref(&(start + 1..start + 512 * 8 + 7)), &set);
        assert_eq!(found, expected[1..4]);
        assert_eq!(swept.bytes, 511 * 8);
    }

    #[test]
    fn a_hole_is_counted_and_what_lies_around_it_is_searched() {
        let length = 64 * 4096;
        let map = map_with_hole(length, 10 * 4096, 3 * 4096);
        let target = 0x7f00_0000_1000;
        for at in [0, 10 * 4096 - 8, 13 * 4096, length - 8] {
            map.write_word(at, target);
        }
        let (found, swept) = hits(from_ref(&(map.start()..map.start() + length as u64)), &WordSet::new([target]));
        let expected = [0, 10 * 4096 - 8, 13 * 4096, 64 * 4096 - 8].map(|at| (map.start() + at, target));
        assert_eq!(found, expected);
        assert_eq!(swept, Swept { bytes: 61 * 4096, unreadable: 3 * 4096 });
    }

    #[test]
    fn nothing_wanted_reads_nothing() {
        let memory = own();
        let data = vec![0u64; 1024];
        let start = data.as_ptr() as u64;
        let (found, swept) = sweep_words(
            &memory,
            from_ref(&(start..start + 8192)),
            &WordSet::new([]),
            OPTIONS,
            |window| vec![window],
            || (),
            |(), _, _, _| (),
            || false,
        );
        assert_eq!((found.len(), swept, memory.calls()), (0, Swept::default(), 0));
    }

    #[test]
    #[ignore = "measures; for an idle machine"]
    fn gigabytes_in_a_second() {
        use std::time::Instant;
        // As a heap: a quarter zeros, a third numbers, the rest addresses in one gigabyte.
        let mut next = numbers(1);
        let words: Vec<u64> = (0..CHUNK / 8)
            .map(|_| match next() % 12 {
                0..3 => 0,
                3..7 => next() % 1000,
                _ => (0x7f00_0000_0000 + next() % (1 << 30)) & !15,
            })
            .collect();
        let bytes = bytes_of(&words);
        for count in [1u64, 1_000, 10_000, 100_000, 1_000_000] {
            let set = WordSet::new((0..count).map(|_| 0x7f00_0000_0000 + next() % (1 << 30)));
            let speed = |find: &dyn Fn(&mut usize)| {
                let mut best = f64::INFINITY;
                let mut found = 0;
                for _ in 0..200 {
                    let start = Instant::now();
                    find(&mut found);
                    best = best.min(start.elapsed().as_secs_f64());
                }
                (bytes.len() as f64 / best / 1e9, found / 200)
            };
            let (fast, found) = speed(&|found| find_words(&bytes, &set, &mut |_, _| *found += 1));
            let (slow, also) = speed(&|found| find_words_portable(&bytes, &set, &mut |_, _| *found += 1));
            assert_eq!(found, also);
            eprintln!("{count} places: {fast:.1} GB/s, portable {slow:.1} GB/s, {found} hits in {} words", words.len());
        }
    }
}
