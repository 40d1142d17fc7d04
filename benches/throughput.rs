//! How fast the parts are of which a look is made, one by one. Run it with `cargo bench --bench throughput`, or with the name of a part behind it.
//!
//! What is timed is the machine's mood, too: compare two runs that were made in turns, and ratios to [`copy`] rather than figures.
//! `scripts/bench` measures whole looks at real processes. The target is this process itself, in a thread that waits meanwhile.
//!
//! | part | what limits it |
//! |---|---|
//! | `copy` | The kernel's copy: 6 GB/s for one thread and 12 for two on the machine of `docs/performance.md`. The floor of every sweep. |
//! | `types` | `copy`. The search itself is done in the cache, at 26 GB/s with AVX2 and 4.5 GB/s without. |
//! | `words` | `copy`, and look-ups in a bitmap: 7 GB/s while that fits the second-level cache, 1 MB. It has 1,024 bits for each place, 4 MB at most. |
//! | `pages::word…` | A few instructions where the page is the one of the read before; else a look-up, and the cache miss of the page. |
//! | `pages::fetch…` | A system call, 0.1 µs, and a walk of the page table for each page: 1.8 µs for a page by itself, 0.7 µs in runs. |
//! | `pages::refresh…` | The same, in one call for 1,024 runs: this is what a pause is made of. |
//! | `heap::…` | A cache miss for each object that is followed, 65 to 85 ns. What is examined is followed several times. |
//! | `bytecode` | Branches that cannot be foreseen, and an allocation for every call that is found. |
//! | `json` | Formatting of numbers and the escapes of strings. |
//!
//! The search of `types` and `words` by itself, with AVX2 and in the portable form, cannot be reached from outside of the library:
//! `cargo test --release --lib gigabytes -- --ignored --nocapture` measures them side by side.

#[path = "../tests/counting/mod.rs"]
mod counting;
mod inputs;
#[path = "../tests/synth_heap/mod.rs"]
mod synth_heap;
#[path = "../tests/synthetic/mod.rs"]
mod synthetic;

use coroscope::memory::sweep::SweepOptions;
use coroscope::memory::{Address, LiveMemory, Memory as _};
use coroscope::process::Pid;
use divan::Bencher;
use divan::counter::BytesCount;
use std::ops::Range;

/// More than any cache has.
const LENGTH: usize = 64 << 20;
const PAGE: usize = 4096;

fn main() {
    divan::main();
}

/// Words as a heap has them: a quarter zeros, a third numbers, the rest addresses in one gigabyte.
struct Words {
    words: Vec<u64>,
    memory: LiveMemory,
}

impl Words {
    const LOWEST: u64 = 0x7f00_0000_0000;

    fn new() -> Self {
        let mut next = numbers();
        let words = (0..(LENGTH + PAGE) / 8).map(|_| match next() % 12 {
            0..3 => 0,
            3..7 => next() % 1000,
            _ => Self::address(next()),
        });
        Self { words: words.collect(), memory: LiveMemory::new(Pid::own()) }
    }

    /// One of the addresses that may be among the words.
    fn address(number: u64) -> u64 {
        Self::LOWEST + ((number % (1 << 30)) & !15)
    }

    /// Where they are: whole pages.
    fn range(&self) -> Range<u64> {
        let start = (self.words.as_ptr() as u64).next_multiple_of(PAGE as u64);
        start..start + LENGTH as u64
    }
}

/// A cheap generator of numbers that look random, the same each time.
fn numbers() -> impl FnMut() -> u64 {
    let mut state = 1u64;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state ^ state >> 29
    }
}

const fn options(threads: usize) -> SweepOptions {
    SweepOptions { threads, margin_before: 64, margin_after: 192, idle_priority: false }
}

/// Through one buffer that stays in the cache, as a sweep does it. Nothing is done with the bytes.
#[divan::bench(sample_count = 30, sample_size = 1)]
fn copy(bencher: Bencher<'_, '_>) {
    const PIECE: usize = 256 << 10;
    let words = Words::new();
    // A copy to a place a few bytes further into its page than where it comes from takes three times as long.
    let mut buffer = vec![0u8; PIECE + PAGE];
    let start = buffer.as_ptr().align_offset(PAGE);
    let piece = &mut buffer[start..start + PIECE];
    bencher.counter(BytesCount::new(LENGTH)).bench_local(|| {
        for at in words.range().step_by(PIECE) {
            words.memory.read(Address::new(at), piece).expect("it is our own memory");
        }
    });
}

mod types {
    //! The sweep for words that are where an object has its type.

    use super::{LENGTH, Words, options};
    use coroscope::memory::sweep::{Needles, sweep_types};
    use divan::Bencher;
    use divan::counter::BytesCount;
    use std::slice::from_ref;

    fn sweep(bencher: Bencher<'_, '_>, threads: usize, count: u64) {
        let words = Words::new();
        // Low halves that numbers have, too, would be looked at twice; addresses of types do not have them.
        let needles = Needles::new((0..count).map(|number| 0x5555_5594_3a20 + number * 0x1a0)).expect("a few");
        bencher.counter(BytesCount::new(LENGTH)).bench_local(|| {
            let everything = |window| vec![window];
            let found = |count: &mut usize, _: coroscope::memory::sweep::View<'_>, _| *count += 1;
            let range = words.range();
            sweep_types(&words.memory, from_ref(&range), &needles, options(threads), everything, || 0, found, || false)
        });
    }

    #[divan::bench(args = [4, 16, 32], sample_count = 30, sample_size = 1)]
    fn one_thread(bencher: Bencher<'_, '_>, types: u64) {
        sweep(bencher, 1, types);
    }

    #[divan::bench(args = [16], sample_count = 30, sample_size = 1)]
    fn two_threads(bencher: Bencher<'_, '_>, types: u64) {
        sweep(bencher, 2, types);
    }
}

mod words {
    //! The sweep for words that point to one of many places.

    use super::{LENGTH, Words, numbers, options};
    use coroscope::memory::sweep::View;
    use coroscope::memory::words::{WordSet, sweep_words};
    use divan::Bencher;
    use divan::counter::BytesCount;
    use std::slice::from_ref;

    fn sweep(bencher: Bencher<'_, '_>, threads: usize, places: usize) {
        let words = Words::new();
        let mut next = numbers();
        let wanted = WordSet::new((0..places).map(|_| Words::address(next())));
        bencher.counter(BytesCount::new(LENGTH)).bench_local(|| {
            let everything = |window| vec![window];
            let found = |count: &mut usize, _: View<'_>, _, _| *count += 1;
            let range = words.range();
            sweep_words(&words.memory, from_ref(&range), &wanted, options(threads), everything, || 0, found, || false)
        });
    }

    #[divan::bench(args = [1, 1_000, 10_000, 100_000], sample_count = 30, sample_size = 1)]
    fn one_thread(bencher: Bencher<'_, '_>, places: usize) {
        sweep(bencher, 1, places);
    }

    #[divan::bench(args = [1_000], sample_count = 30, sample_size = 1)]
    fn two_threads(bencher: Bencher<'_, '_>, places: usize) {
        sweep(bencher, 2, places);
    }
}

mod pages {
    //! Pictures of pages.

    use super::{LENGTH, PAGE, Words, numbers};
    use coroscope::memory::{Address, Memory as _, Pages, WhenFull};
    use divan::Bencher;
    use divan::counter::{BytesCount, ItemsCount};

    /// Words, or objects, that are read in one round.
    const READS: usize = 4096;
    /// As many as are read again for some thousand coroutines.
    const PICTURE: usize = 1024;

    fn picture(words: &Words) -> Pages<'_> {
        Pages::new(&words.memory, Pages::PICTURE_PAGE, LENGTH as u64, WhenFull::Bypass)
    }

    /// So many pages, each `step` behind the one before.
    fn places(words: &Words, count: usize, step: usize) -> impl Iterator<Item = Address> {
        words.range().step_by(step * PAGE).take(count).map(Address::new)
    }

    /// Fetches everything, and returns addresses all over it.
    fn at_random(words: &Words, pages: &Pages<'_>) -> Vec<Address> {
        pages.prefetch(places(words, LENGTH / PAGE, 1).map(|page| (page, 1)));
        let mut next = numbers();
        let at = |number: u64| Address::new(words.range().start + ((number % (LENGTH as u64 - 64)) & !15));
        (0..READS).map(|_| at(next())).collect()
    }

    #[divan::bench]
    fn word_of_the_same_page(bencher: Bencher<'_, '_>) {
        let words = Words::new();
        let pages = picture(&words);
        let start = Address::new(words.range().start);
        bencher.counter(ItemsCount::new(READS)).bench_local(|| {
            let word = |number: usize| pages.word(start.offset((number * 8 % PAGE) as u64));
            (0..READS).filter_map(|number| word(number).ok()).fold(0u64, u64::wrapping_add)
        });
    }

    #[divan::bench]
    fn word_of_any_page(bencher: Bencher<'_, '_>) {
        let words = Words::new();
        let pages = picture(&words);
        let places = at_random(&words, &pages);
        bencher
            .counter(ItemsCount::new(READS))
            .bench_local(|| places.iter().filter_map(|place| pages.word(*place).ok()).fold(0u64, u64::wrapping_add));
    }

    #[divan::bench]
    fn object_on_any_page(bencher: Bencher<'_, '_>) {
        let words = Words::new();
        let pages = picture(&words);
        let places = at_random(&words, &pages);
        let mut object = [0u8; 64];
        bencher
            .counter(ItemsCount::new(READS))
            .bench_local(|| places.iter().filter(|place| pages.read(**place, &mut object).is_ok()).count());
    }

    /// A new picture, page by page.
    #[divan::bench]
    fn fetch_one_by_one(bencher: Bencher<'_, '_>) {
        let words = Words::new();
        bencher.counter(BytesCount::new(PICTURE * PAGE)).bench_local(|| {
            let pages = picture(&words);
            places(&words, PICTURE, 5).filter(|page| pages.word(*page).is_ok()).count()
        });
    }

    /// A new picture, told beforehand what it will have.
    #[divan::bench]
    fn fetch_together(bencher: Bencher<'_, '_>) {
        let words = Words::new();
        bencher.counter(BytesCount::new(PICTURE * PAGE)).bench_local(|| {
            let pages = picture(&words);
            pages.prefetch(places(&words, PICTURE, 5).map(|page| (page, 1)));
            pages.len()
        });
    }

    fn refresh(bencher: Bencher<'_, '_>, step: usize) {
        let words = Words::new();
        let mut pages = picture(&words);
        pages.prefetch(places(&words, PICTURE, step).map(|page| (page, 1)));
        pages.prepare();
        let mut plan = pages.plan();
        assert_eq!(plan.pages(), PICTURE);
        bencher.counter(BytesCount::new(PICTURE * PAGE)).bench_local(|| plan.read());
    }

    #[divan::bench]
    fn refresh_of_one_run(bencher: Bencher<'_, '_>) {
        refresh(bencher, 1);
    }

    #[divan::bench]
    fn refresh_of_single_pages(bencher: Bencher<'_, '_>) {
        refresh(bencher, 5);
    }
}

mod heap {
    //! Objects of a made-up process. Allocations are counted meanwhile, which costs a few nanoseconds each.

    use crate::counting::{MadeUp, Mix};
    use crate::synth_heap::Build;
    use divan::Bencher;
    use divan::counter::ItemsCount;

    #[divan::bench(args = [1_000, 10_000], sample_count = 20, sample_size = 1)]
    fn leaks_examined(bencher: Bencher<'_, '_>, leaks: usize) {
        let process = MadeUp::new(Build::V313, Mix { leaks, ..Mix::NOTHING });
        let found = process.sweep().0;
        bencher
            .counter(ItemsCount::new(found.len()))
            .bench_local(|| process.examine_through(&process.examined_pages(), &found));
    }

    #[divan::bench(args = [1_000, 10_000], sample_count = 20, sample_size = 1)]
    fn tasks_examined(bencher: Bencher<'_, '_>, tasks: usize) {
        let process = MadeUp::new(Build::V315, Mix { tasks, ..Mix::NOTHING });
        let found = process.sweep().0;
        bencher
            .counter(ItemsCount::new(tasks))
            .bench_local(|| process.examine_through(&process.examined_pages(), &found));
    }

    #[divan::bench(args = [10_000, 100_000], sample_count = 20, sample_size = 1)]
    fn objects_walked(bencher: Bencher<'_, '_>, others: usize) {
        let process = MadeUp::new(Build::V313, Mix { others, ..Mix::NOTHING });
        bencher.counter(ItemsCount::new(others)).bench_local(|| process.walk_through(&process.walked_pages()));
    }
}

/// Decoded and followed.
#[divan::bench(args = [8, 13])]
fn bytecode(bencher: Bencher<'_, '_>, minor: u8) {
    let code = inputs::bytecode(minor, 100);
    let opcodes = coroscope::runtime::opcodes::for_minor(minor).expect("the instructions of this version are known");
    bencher.counter(BytesCount::new(code.len())).bench_local(|| {
        let followed = coroscope::analysis::calls::follow(opcodes, divan::black_box(&code), 2);
        assert_eq!(followed.as_ref().map_or(0, |followed| followed.calls.len()), inputs::calls_of(100));
        followed
    });
}

/// A report of so many tasks and leaks, written to nowhere.
#[divan::bench(args = [1_000, 10_000], sample_count = 30, sample_size = 1)]
fn json(bencher: Bencher<'_, '_>, count: usize) {
    let report = inputs::report(count);
    let mut text = Vec::new();
    coroscope::render::write_json(&report, &mut text).expect("there is memory");
    bencher
        .counter(BytesCount::of_slice(&text))
        .bench_local(|| coroscope::render::write_json(divan::black_box(&report), &mut std::io::sink()));
}
