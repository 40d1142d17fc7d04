//! Numbers that are promises: what a look takes grows with what it looks for, and not with what else there is. `benches/counts.rs` prints more of
//! them. All are exact: a test that fails here fails everywhere, each time.

mod counting;
mod synth_heap;
mod synthetic;

use coroscope::heap::Heap;
use coroscope::heap::candidates::Candidate;
use coroscope::memory::Pages;
use coroscope::render::write_json;
use coroscope::report::Report;
use counting::{MadeUp, Mix, Spread};
use std::collections::BTreeSet;
use std::io;
use synth_heap::Build;

/// Frames that are objects; those inside of coroutines; the present; no collector's lists.
const BUILDS: [Build; 5] = [Build::V38, Build::V310, Build::V312, Build::V315, Build::V314t];
const FEW: Mix = Mix { leaks: 500, tasks: 50, others: 2_000, ..Mix::NOTHING };

/// How many pieces these pages are.
fn runs(pages: &BTreeSet<u64>) -> usize {
    pages.iter().filter(|page| !pages.contains(&(*page - 1))).count()
}

fn leaks(process: &MadeUp, found: Vec<Candidate>) -> Vec<Candidate> {
    found.into_iter().filter(|found| process.leaks().contains(&found.address)).collect()
}

#[test]
fn objects_that_are_no_candidates_cost_neither_calls_nor_bytes_nor_allocations() {
    for build in BUILDS {
        let few = MadeUp::new(build, FEW);
        let many = MadeUp::new(build, Mix { others: 10 * FEW.others, ..FEW });
        let found = few.sweep().0;
        assert_eq!(many.sweep().0, found, "{build:?}");
        let (examined, counts) = few.examine(&found);
        assert_eq!(many.examine(&found), (examined, counts), "{build:?}");
        // Had it seen nothing, that would be no wonder.
        let leaks = leaks(&few, found);
        assert_eq!(leaks.len(), FEW.leaks, "{build:?}");
        assert!(counts.bytes > 200 * FEW.leaks as u64, "{build:?}: {counts:?}");
        assert_eq!(few.read_again(&leaks), many.read_again(&leaks), "{build:?}");
    }
}

#[test]
fn an_examination_takes_no_call_for_an_object() {
    for build in BUILDS {
        let few = MadeUp::new(build, FEW);
        let (_, of_few) = few.examine(&few.sweep().0);
        assert!(of_few.calls < 20, "{build:?}: {of_few:?}");
        let mut more = vec![Mix { leaks: 10 * FEW.leaks, ..FEW }, Mix { tasks: 10 * FEW.tasks, ..FEW }];
        if build.has_embedded_frames() {
            // Up to 3.10 a frame can lie elsewhere than its coroutine: nobody knows where before the coroutine is read.
            more.push(Mix { spread: Spread::Scattered, ..FEW });
        }
        for mix in more {
            let process = MadeUp::new(build, mix);
            let (_, counts) = process.examine(&process.sweep().0);
            // A call takes up to 1,024 pieces.
            assert!(counts.calls <= of_few.calls + 8, "{build:?} {mix:?}: {counts:?}, {of_few:?}");
        }
    }
}

#[test]
fn an_examination_takes_a_few_allocations_for_an_object() {
    for build in BUILDS {
        let few = MadeUp::new(build, FEW);
        let (_, of_few) = few.examine(&few.sweep().0);
        for (mix, most) in [(Mix { leaks: 10 * FEW.leaks, ..FEW }, 6), (Mix { tasks: 10 * FEW.tasks, ..FEW }, 40)] {
            let process = MadeUp::new(build, mix);
            let (_, counts) = process.examine(&process.sweep().0);
            let added = (mix.leaks + mix.tasks - FEW.leaks - FEW.tasks) as u64;
            let each = (counts.allocations - of_few.allocations).div_ceil(added);
            assert!((1..=most).contains(&each), "{build:?} {mix:?}: {each} for each");
        }
    }
}

#[test]
fn a_sweep_takes_calls_by_the_quarter_megabyte() {
    for build in BUILDS {
        for mix in [FEW, Mix { leaks: 10 * FEW.leaks, ..FEW }, Mix { others: 20 * FEW.others, ..FEW }] {
            let process = MadeUp::new(build, mix);
            let (found, counts) = process.sweep();
            let real = process.real_range();
            let length = real.end - real.start;
            assert!(found.len() >= mix.leaks, "{build:?} {mix:?}");
            // The heads of pools, and what is read twice because an object may lie across a cut.
            assert!((length..length + length / 50).contains(&counts.bytes), "{build:?} {mix:?}: {counts:?}");
            assert!(counts.calls <= 4 + length / (200 << 10), "{build:?} {mix:?}: {counts:?}");
        }
    }
}

#[test]
fn of_pools_in_which_no_coroutine_fits_a_sweep_reads_the_heads() {
    const POOLS: usize = 1024;
    const HEAD: u64 = 48;
    for build in [Build::V310, Build::V312, Build::V315] {
        let (found, without) = MadeUp::new(build, FEW).sweep();
        let (same, with) = MadeUp::new(build, Mix { small_pools: POOLS, ..FEW }).sweep();
        assert_eq!(found, same, "{build:?}");
        assert_eq!(with.bytes - without.bytes, POOLS as u64 * HEAD, "{build:?}");
        // 16 MB, of which 8 are looked at together.
        assert!(with.calls - without.calls <= 2, "{build:?}: {with:?}, {without:?}");
    }
}

#[test]
fn what_is_read_in_a_pause_are_the_pages_of_the_candidates() {
    for build in BUILDS.into_iter().filter(|build| build.has_embedded_frames()) {
        for spread in [Spread::Dense, Spread::Scattered] {
            let process = MadeUp::new(build, Mix { leaks: 3_000, spread, ..FEW });
            let leaks = leaks(&process, process.sweep().0);
            let heap = Heap::new(&process, &process.python().layout, &process.python().types);
            let page = |address: u64| address / Pages::PICTURE_PAGE;
            let pages: BTreeSet<u64> = leaks
                .iter()
                .map(|leak| process.extent(&heap, leak))
                .flat_map(|(start, length)| page(start.get())..=page(start.get() + length - 1))
                .collect();
            let counts = process.read_again(&leaks);
            // Where a frame stands is told by its code, which all of them share.
            assert!((pages.len()..=pages.len() + 1).contains(&counts.pages), "{build:?} {spread:?}: {counts:?}");
            assert_eq!(counts.bytes, counts.pages as u64 * Pages::PICTURE_PAGE, "{build:?} {spread:?}");
            assert_eq!(counts.calls, runs(&pages).div_ceil(1024) as u64, "{build:?} {spread:?}: {counts:?}");
            // The two lists of places that a system call takes.
            assert!(counts.allocations <= 2 * counts.calls, "{build:?} {spread:?}: {counts:?}");
        }
    }
}

#[test]
fn a_walk_of_the_collectors_lists_takes_a_call_for_a_page() {
    for build in BUILDS.into_iter().filter(|build| !build.is_free_threaded()) {
        let process = MadeUp::new(build, FEW);
        let (found, objects, counts) = process.walk();
        assert!(process.leaks().iter().all(|leak| found.iter().any(|found| found.address == *leak)), "{build:?}");
        assert_eq!(counts.calls, counts.pages as u64, "{build:?}");
        assert!(objects > 20 * counts.calls, "{build:?}: {objects} objects, {counts:?}");
    }
}

#[test]
fn a_report_is_written_through_one_buffer() {
    let written = |report: &Report| {
        allocation_counter::measure(|| write_json(report, &mut io::sink()).expect("nothing is written to a disk"))
    };
    let mut many = synthetic::full();
    many.tasks = vec![many.tasks[0].clone(); 1_000];
    assert_eq!(written(&many), written(&synthetic::healthy()));
    assert_eq!(written(&many).count_total, 1);
}
