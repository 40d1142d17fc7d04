//! Measures a look at a big heap side by side with what the target needs to look for coroutines in itself. Prints and
//! asserts nothing about time; run it alone: `cargo test --release --test live_speed -- --ignored --nocapture`.

mod support;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use coroscope::heap::Heap;
use coroscope::heap::blocks::Blocks;
use coroscope::heap::candidates::{self, CandidateKind, Wanted};
use coroscope::heap::large_blocks::large_blocks;
use coroscope::memory::sweep::{Needles, SweepOptions, Swept, sweep_types};
use coroscope::memory::words::{WordSet, sweep_words};
use coroscope::memory::{Address, LiveMemory, Memory as _, regions};
use coroscope::process::maps::Maps;
use coroscope::process::{Pid, Target as Process};
use coroscope::runtime;
use support::target::Target;
use support::{beside, dump, health, interpreters, note, truth};

const ROUNDS: usize = 5;
/// Bytes of a page.
const PAGE: usize = 4096;

#[test]
#[ignore = "measures; for an idle machine"]
fn a_million_objects() {
    for interpreter in interpreters::all() {
        let mut target = Target::start(&interpreter, "many.py", &["1000", "1000000", "1000"]);
        for mode in ["verify", "frozen", "nonblocking"] {
            target.ask("heart");
            let start = Instant::now();
            let report = dump::report(target.pid(), &["--instances", "1000000", "--settle", "0s", "--mode", mode]);
            let whole = start.elapsed();
            let stall = target.ask("heart")["longest_stall_us"].clone();
            assert!(report.addresses().is_superset(&truth::leaks(target.truth())), "{} in {mode}", target.label());
            note(&format!(
                "{interpreter} {mode}: whole {whole:.0?}, longest pause {} us by us and {stall} us by the target's heartbeat",
                report.0["look"]["pauses"]["max_us"]
            ));
        }
        note(&format!(
            "{interpreter}: the target's own scan {:.0} ms",
            target.ask("scan")["ms"].as_f64().unwrap_or_default()
        ));
        health::assert_unharmed(&mut target);
    }
}

#[test]
#[ignore = "measures; for an idle machine"]
fn from_nothing_to_the_interpreter() {
    for interpreter in interpreters::all() {
        let target = Target::start(&interpreter, "many.py", &["1", "1000", "1"]);
        let pid = Pid::new(target.pid()).unwrap();
        let mut times: Vec<(Duration, u64)> = (0..50)
            .map(|_| {
                let memory = LiveMemory::new(pid);
                let start = Instant::now();
                let process = Process::open(pid).unwrap();
                runtime::locate(&process, &memory).unwrap();
                (start.elapsed(), memory.calls())
            })
            .collect();
        times.sort_unstable();
        let (median, calls) = times[times.len() / 2];
        note(&format!("{interpreter}: the interpreter is found in {median:.1?}, with {calls} reads of its memory"));
    }
}

#[test]
#[ignore = "measures; for an idle machine"]
fn a_sweep_for_words_beside_reading_alone() {
    const CHUNK: usize = 256 << 10;
    for interpreter in interpreters::oldest_and_newest() {
        let target = Target::start(&interpreter, "many.py", &["1000", "1000000", "1000"]);
        let pid = Pid::new(target.pid()).unwrap();
        let process = Process::open(pid).unwrap();
        let memory = LiveMemory::new(pid);
        let python = runtime::locate(&process, &memory).unwrap();
        let heap = Heap::new(&memory, &python.layout, &python.types);
        let leaks = truth::leaks(target.truth());
        let wanted = WordSet::new(leaks.iter().copied());
        let maps = Maps::read(pid).unwrap();
        let ranges =
            regions::with_content(pid, maps.regions().iter().filter(|region| regions::may_hold_objects(region)));
        let options = SweepOptions { threads: 1, margin_before: 0, margin_after: 0, idle_priority: false };
        let everything = |window| vec![window];
        let (mut reading, mut types, mut words) = (Vec::new(), Vec::new(), Vec::new());
        let mut hits = Vec::new();
        let mut swept = Swept::default();
        let mut buffer = vec![0; CHUNK + PAGE];
        let buffer = from_a_page_on(&mut buffer);
        let needles = Needles::new([python.types.coroutine.unwrap().get()]).unwrap();
        for _ in 0..ROUNDS {
            let start = Instant::now();
            for range in &ranges {
                for at in (range.start..range.end).step_by(CHUNK) {
                    let length = usize::try_from(range.end - at).unwrap().min(CHUNK);
                    let _ = memory.read(Address::new(at), &mut buffer[..length]);
                }
            }
            reading.push(start.elapsed());
            let start = Instant::now();
            sweep_types(&memory, &ranges, &needles, options, everything, || (), |(), _, _| (), || false);
            types.push(start.elapsed());
            let start = Instant::now();
            let (found, read) = sweep_words(
                &memory,
                &ranges,
                &wanted,
                options,
                everything,
                Vec::new,
                |found: &mut Vec<u64>, view, at, _| found.push(view.base.get() + at as u64),
                || false,
            );
            words.push(start.elapsed());
            (hits, swept) = (found.into_iter().flatten().collect(), read);
        }
        let start = Instant::now();
        let blocks = Blocks::new(&heap);
        let holders = hits.iter().filter_map(|at| blocks.object_at(Address::new(*at))).count();
        let attributed = start.elapsed();
        assert!(hits.len() >= leaks.len(), "{}: each leak is held", target.label());
        let [reading, types, words] = [reading, types, words].map(median);
        let ratio = words.as_secs_f64() / reading.as_secs_f64();
        note(&format!(
            "{interpreter}: {} MB: reading alone {reading:.1?}, for the type of coroutines {types:.1?}, for words to {} places \
             {words:.1?} ({ratio:.2} of reading); {} hits, {holders} of them in objects, told in {attributed:.1?}",
            swept.bytes >> 20,
            leaks.len(),
            hits.len()
        ));
    }
}

/// Of a process of its own, or of `COROSCOPE_SPEED_PID`.
#[test]
#[ignore = "measures; for an idle machine"]
fn a_sweep_for_types_beside_reading_alone() {
    const CHUNK: usize = 256 << 10;
    const THREADS: usize = 2;
    let target;
    let pid = if let Some(pid) = std::env::var("COROSCOPE_SPEED_PID").ok().and_then(|pid| pid.parse().ok()) {
        pid
    } else {
        target = Target::start(&interpreters::newest(), "many.py", &["1000", "1000000", "1000"]);
        target.pid()
    };
    let pid = Pid::new(pid).unwrap();
    let process = Process::open(pid).unwrap();
    let memory = LiveMemory::new(pid);
    let python = runtime::locate(&process, &memory).unwrap();
    let heap = Heap::new(&memory, &python.layout, &python.types);
    let mut wanted = Wanted::of(&python.types, []);
    // As many needles as a program with some classes of futures has.
    (1..=10)
        .for_each(|number| wanted.add(Some(Address::new(0x5501_2345_6780 + number * 0x1_0540)), CandidateKind::Deque));
    let [mut alone, mut mapping, mut sweeping] = [const { Vec::new() }; 3];
    let (mut all, mut swept, mut found) = (0, candidates::Swept::default(), 0);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let maps = Maps::read(pid).unwrap();
        let blocks = large_blocks(&memory, heap.layout(), &maps);
        let ranges =
            regions::with_content(pid, maps.regions().iter().filter(|region| regions::may_hold_objects(region)));
        mapping.push(start.elapsed());
        let start = Instant::now();
        let (candidates, read) =
            candidates::sweep(&memory, heap.layout(), &ranges, &wanted, (THREADS, usize::MAX), || false);
        sweeping.push(start.elapsed());
        (swept, found) = (read, candidates.len());
        let pieces: Vec<(u64, usize)> = ranges
            .iter()
            .flat_map(|range| {
                let length = |at| usize::try_from(range.end - at).unwrap().min(CHUNK);
                (range.start..range.end).step_by(CHUNK).map(move |at| (at, length(at)))
            })
            .collect();
        all = pieces.iter().map(|(_, length)| length).sum();
        assert!(blocks.len() <= pieces.len());
        let start = Instant::now();
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let (pieces, memory) = (&pieces, &memory);
                scope.spawn(move || {
                    let mut buffer = vec![0; CHUNK + PAGE];
                    let buffer = from_a_page_on(&mut buffer);
                    for (at, length) in pieces.iter().skip(thread).step_by(THREADS) {
                        let _ = memory.read(Address::new(*at), &mut buffer[..*length]);
                    }
                });
            }
        });
        alone.push(start.elapsed());
    }
    let [alone, mapping, sweeping] = [alone, mapping, sweeping].map(median);
    let ratio = (mapping + sweeping).as_secs_f64() / alone.as_secs_f64();
    note(&format!(
        "{} MB of {} MB: what to read {mapping:.1?}, sweep {sweeping:.1?}, reading alone {alone:.1?}: {ratio:.2}; {found} candidates",
        swept.bytes >> 20,
        all >> 20
    ));
}

/// How long a command runs that has to succeed, its output thrown away.
fn time(mut command: Command) -> Duration {
    let start = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status().expect("the command can be started");
    assert!(status.success(), "{command:?}: {status}");
    start.elapsed()
}

/// The part that begins on a page: reading into other places can take three times as long.
fn from_a_page_on(bytes: &mut [u8]) -> &mut [u8] {
    let begin = bytes.as_ptr().align_offset(PAGE);
    &mut bytes[begin..]
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

#[test]
#[ignore = "measures; for an idle machine"]
fn ten_thousand_tasks_beside_the_interpreters_own_tool() {
    for interpreter in interpreters::all().into_iter().filter(|found| found.at_least(14) && !found.free_threaded) {
        let Some(mut target) = beside::start(&interpreter, "many_tasks.py", &["10000"]) else {
            note(&format!("skipped: {interpreter} (namespaces not allowed), 1 skipped"));
            continue;
        };
        let pid = target.pid().to_string();
        let mut ways = ["coroscope dump --settle 0s --json", "coroscope tasks --json", "python -m asyncio ps"]
            .map(|way| (way, Vec::new(), 0));
        let mut longest_pause = 0;
        // In turns, so that what disturbs one disturbs all.
        for _ in 0..ROUNDS {
            for (way, times, longest_stall) in &mut ways {
                let words: Vec<_> = way.split(' ').skip(1).chain([pid.as_str()]).collect();
                let command = if way.starts_with("python") {
                    let mut command = beside::command(&interpreter, &target);
                    command.args(words);
                    command
                } else {
                    dump::coroscope(&words)
                };
                target.ask("heart");
                times.push(time(command));
                let stall = target.ask("heart")["longest_stall_us"].as_u64().unwrap_or_default();
                *longest_stall = stall.max(*longest_stall);
            }
            let report = dump::report(target.pid(), &["--settle", "0s"]);
            longest_pause = longest_pause.max(report.0["look"]["pauses"]["max_us"].as_u64().unwrap_or_default());
        }
        let report = dump::report(target.pid(), &["--settle", "0s"]);
        assert_eq!(report.0["tasks"].as_array().map_or(0, Vec::len), 10_000, "{}", target.label());
        let medians = ways.map(|(way, times, stall)| (way, median(times), stall));
        let own = medians[2].1;
        for (way, time, stall) in medians {
            let ratio = time.as_secs_f64() / own.as_secs_f64();
            note(&format!(
                "{interpreter}: {way}: {time:.1?}, {ratio:.2} of the time of the interpreter's own tool; longest stall of the \
                 target's heartbeat {stall} us"
            ));
        }
        note(&format!("{interpreter}: longest pause {longest_pause} us"));
        health::assert_unharmed(&mut target);
    }
}
