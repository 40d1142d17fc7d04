//! Measures a look at a big heap side by side with what the target needs to look for coroutines in itself. Prints and
//! asserts nothing about time; run it alone: `cargo test --release --test live_speed -- --ignored --nocapture`.

mod support;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::target::Target;
use support::{beside, dump, health, interpreters, note, truth};

const ROUNDS: usize = 5;

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

/// How long a command runs that has to succeed, its output thrown away.
fn time(mut command: Command) -> Duration {
    let start = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status().expect("the command can be started");
    assert!(status.success(), "{command:?}: {status}");
    start.elapsed()
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
