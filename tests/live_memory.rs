//! `--max-memory`: our own memory stays near it whatever the target has, and what there was no room for is told.

mod support;

use std::io::Read as _;
use std::process::Stdio;

use serde_json::Value;
use support::interpreters;
use support::target::Target;
use support::{dump, truth};

/// What the program takes beside what grows with the target, in KiB: itself with its debug information, symbols, what it is about to write.
const PROGRAM: u64 = 64 << 10;
/// Most that a pipe takes before its reader has to take something (`pipe(7)`).
const PIPE: usize = 64 << 10;

/// A report of everything, whether the look succeeded, and the most memory it took, in KiB.
fn look(target: &Target, words: &[&str]) -> (Value, bool, Option<u64>) {
    let mut command = dump::coroscope(&["dump", "--json"]);
    command.args(dump::EVERYTHING).args(words).arg(target.pid().to_string());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut text = vec![0];
    // From the first byte on the report is made, and all that was needed for it was taken.
    stdout.read_exact(&mut text).unwrap();
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    stdout.read_to_end(&mut text).unwrap();
    // A report that fits in a pipe may have been written, and the program have ended, before its memory was asked for.
    assert!(peak.is_some() || text.len() <= PIPE);
    (serde_json::from_slice(&text).unwrap(), child.wait().unwrap().success(), peak)
}

fn missing(report: &Value) -> u64 {
    let skipped = report["look"]["skipped"].as_array().unwrap();
    let by_budget = |entry: &&Value| entry["why"].as_str().unwrap().contains("--max-memory");
    skipped.iter().filter(by_budget).filter_map(|entry| entry["count"].as_u64()).sum()
}

#[test]
fn memory_stays_near_the_budget_and_what_is_left_out_is_counted() {
    for interpreter in interpreters::oldest_and_newest() {
        let target = Target::start(&interpreter, "many.py", &["60000", "0", "10"]);
        let leaks = truth::leaks(target.truth()).len() as u64;
        let (report, success, _) = look(&target, &[]);
        assert!(success && missing(&report) == 0, "{}", target.label());
        assert_eq!(report["summary"]["coroutines"]["created"], leaks, "{}", target.label());
        for (budget, kib) in [("16M", 16 << 10), ("64K", 64)] {
            for mode in ["verify", "frozen"] {
                let (report, success, peak) = look(&target, &["--max-memory", budget, "--mode", mode]);
                let label = format!("{} with {budget} in {mode}", target.label());
                let seen = report["summary"]["coroutines"]["created"].as_u64().unwrap();
                assert!(seen > 0 && seen < leaks, "{label}: {seen} of {leaks}");
                assert!(missing(&report) >= leaks - seen, "{label}: {}", report["look"]["skipped"]);
                assert_eq!(report["look"]["complete"], false, "{label}");
                assert!(success, "{label}");
                assert!(peak.is_none_or(|peak| peak <= kib + PROGRAM), "{label}: {peak:?} KiB");
            }
        }
    }
}
