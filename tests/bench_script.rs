//! `scripts/bench` on small heaps: every row is there, every look in it found all leaks, nothing runs on afterwards. What was
//! measured is not looked at: this machine may be busy.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use support::health::{somebody_runs, wait_until};
use support::{interpreters, note};

const ROWS: [&str; 13] = [
    "dump",
    "holders",
    "growth",
    "start",
    "memory",
    "stall",
    "nonblocking",
    "throughput",
    "repeated",
    "buffers",
    "churn",
    "tasks",
    "peers",
];
/// Rows that need interpreters or tools that not every machine has.
const MAY_BE_SKIPPED: [&str; 3] = ["start", "tasks", "peers"];

/// The script, with targets that leave their traces in `folder`.
fn script(folder: &Path, words: &[&str]) -> Option<Command> {
    // The other roots hold no files of ours, and no program that can run the script.
    let Some(python) = interpreters::all().into_iter().rev().find(|found| found.root.is_none() && !found.free_threaded)
    else {
        note("skipped: scripts/bench (needs a Python outside of chroot), 1 skipped");
        return None;
    };
    let mut command = python.command();
    command
        .arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scripts/bench"))
        .args(["--coroscope", env!("CARGO_BIN_EXE_coroscope"), "--quick", "--rounds", "1", "--offline"])
        .args(words)
        .env("TMPDIR", folder)
        .stdin(Stdio::null());
    Some(command)
}

#[test]
fn every_row_is_measured() {
    let (folder, results) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = results.path().join("results.json");
    let words = ["--objects", "1e4,2e4", "--buffers", "1e6", "--tasks", "500", "--json", file.to_str().unwrap()];
    let Some(mut command) = script(folder.path(), &words) else { return };
    let output = command.output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}\n{stdout}{stderr}", output.status);

    let results: Value = serde_json::from_str(&fs::read_to_string(&file).expect(&stderr)).unwrap();
    let entries = results["entries"].as_array().expect("entries");
    for row in ROWS {
        let of_row: Vec<_> = entries.iter().filter(|entry| entry["row"] == row).collect();
        // The row of all tools has tables of its own.
        assert!(!of_row.is_empty() || row == "peers", "{row}: {stdout}{stderr}");
        for entry in of_row {
            let what = entry["what"].as_str().expect("what was measured");
            if entry["measured"].is_null() {
                assert!(MAY_BE_SKIPPED.contains(&row), "{entry:#}\n{stderr}");
                note(&format!("skipped: scripts/bench: {what} ({}), 1 skipped", entry["note"]));
            } else {
                assert!(stdout.contains(what), "the table has {what}: {stdout}");
            }
        }
    }
    let panels = results["panels"].as_array().expect("panels");
    assert!(!panels.is_empty(), "{stdout}{stderr}");
    for panel in panels {
        let ours =
            panel["tools"].as_object().expect("tools").keys().filter(|tool| tool.starts_with("coroscope ")).count();
        assert!(ours > 0, "{panel:#}\n{stderr}");
        let skipped = panel["skipped"].as_object().expect("what was skipped, and why");
        assert!(!skipped.keys().any(|tool| tool.starts_with("coroscope ")), "{skipped:?}");
    }
    assert!(!somebody_runs(folder.path()), "the targets are ended");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn targets_end_with_the_script_even_if_it_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    // Without an end of its own that could come first.
    let Some(mut command) = script(folder.path(), &["--objects", "1e4", "--rounds", "1000000", "--only", "dump"])
    else {
        return;
    };
    let mut child: Child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until("a target runs", || somebody_runs(folder.path()));
    child.kill().unwrap();
    child.wait().unwrap();
    wait_until("the target has ended", || !somebody_runs(folder.path()));
}
