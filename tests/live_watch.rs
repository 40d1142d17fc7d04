//! `coroscope watch`: a line for each look, what has changed below it, and every way in which it ends.

mod support;

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Stdio};

use nix::sys::signal::{Signal, kill};
use serde_json::Value;
use support::interpreters;
use support::target::Target;
use support::{dump, health};

/// A `coroscope watch` that runs, with what it writes line by line. Dropping it ends it.
struct Watch {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Watch {
    fn start(pid: i32, words: &[&str]) -> Self {
        let mut command = dump::coroscope(&["watch", &pid.to_string()]);
        command.args(words).env("LC_ALL", "C.UTF-8").stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program was built");
        let lines = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        Self { child, lines }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("UTF-8");
        line
    }

    /// Reads until there is a line with these words. The test itself is limited in time.
    fn line_with(&mut self, words: &str) -> String {
        loop {
            let line = self.line();
            assert!(!line.is_empty(), "no line with {words:?} before the end");
            if line.contains(words) {
                return line;
            }
        }
    }

    /// Waits for its end: the exit code and standard error.
    fn end(mut self) -> (Option<i32>, String) {
        let mut stderr = String::new();
        self.child.stderr.take().expect("a pipe").read_to_string(&mut stderr).expect("UTF-8");
        (self.child.wait().expect("it ends").code(), stderr)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_changes_is_told_and_nothing_else() {
    let mut target = Target::start(&interpreters::newest(), "again.py", &[]);
    let mut watch = Watch::start(target.pid(), &["--interval", "0", "--settle", "0"]);
    assert!(watch.line().contains(&format!("pid {}", target.pid())));
    let first = watch.line_with("5×");
    assert!(first.contains("+5") && first.contains("forgotten") && first.contains("again.py:"), "{first}");
    // The same again and again is told once.
    for _ in 0..3 {
        watch.line_with("never started");
    }
    target.ask_for_another_truth("leak 3");
    target.ask_for_another_truth("collect");
    let more = watch.line_with("8×");
    assert!(more.contains("leaked") && more.contains("held by module __main__ → global 'KEPT'"), "{more}");
    target.ask_for_another_truth("drop");
    let gone = watch.line_with(" 0×");
    assert!(gone.trim_start().starts_with('-') && gone.contains("forgotten"), "{gone}");
    kill(nix::unistd::Pid::from_raw(i32::try_from(watch.child.id()).unwrap()), Signal::SIGINT).unwrap();
    let (code, stderr) = watch.end();
    assert_eq!(code, Some(130), "{stderr}");
    assert!(stderr.contains("interrupted by SIGINT"), "{stderr}");
    health::assert_unharmed(&mut target);
}

#[test]
fn json_is_a_report_on_each_line() {
    let target = Target::start(&interpreters::newest(), "again.py", &[]);
    let words = ["watch", "-p", &target.pid().to_string(), "--json", "--count", "3", "--interval", "0", "--mine"];
    let output = dump::coroscope(&words).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let text = String::from_utf8(output.stdout).unwrap();
    let reports: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("a line is a document")).collect();
    assert_eq!(reports.len(), 3);
    let schema: Value = serde_json::from_str(include_str!("../docs/report.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for report in &reports {
        assert_eq!(report["schema"], "coroscope.report/1");
        assert!(schema.is_valid(report), "{report}");
        assert_eq!(report["summary"]["coroutines"]["created"], 5);
    }
    assert_eq!(reports[0]["look"]["collector"], "sweep");
}

#[test]
fn a_reader_that_goes_away_ends_it_in_silence() {
    let target = Target::start(&interpreters::newest(), "again.py", &[]);
    // Noticed while it waits: an hour is longer than anybody does.
    for words in [&["--json", "--interval", "1h"][..], &["--interval", "1h"], &["--json", "--interval", "0"]] {
        let mut watch = Watch::start(target.pid(), words);
        assert!(!watch.line().is_empty());
        let Watch { lines, .. } = &mut watch;
        *lines = BufReader::new(closed_reader(lines));
        assert_eq!(watch.end(), (Some(0), String::new()), "{words:?}");
    }
}

/// Closes the pipe behind a reader, by putting in its place one at which nothing is to be read.
fn closed_reader(_: &mut BufReader<ChildStdout>) -> ChildStdout {
    let mut child = std::process::Command::new("true").stdout(Stdio::piped()).spawn().unwrap();
    child.wait().unwrap();
    child.stdout.take().unwrap()
}

#[test]
fn the_end_of_the_process_is_an_end_like_any_other() {
    let mut target = Target::start(&interpreters::newest(), "again.py", &[]);
    let mut watch = Watch::start(target.pid(), &["--json", "--interval", "1h"]);
    assert!(!watch.line().is_empty());
    target.become_zombie();
    let (code, stderr) = watch.end();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains(&format!("process {}", target.pid())) && stderr.contains("ended"), "{stderr}");
}

#[test]
fn what_fails_for_the_moment_is_said_once_and_tried_again() {
    let target = Target::start(&interpreters::newest(), "again.py", &[]);
    let pid = target.pid().to_string();
    let words = ["watch", &pid, "--json", "--timeout", "1ns", "--interval", "0", "--count", "3"];
    let output = dump::coroscope(&words).output().unwrap();
    let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert_eq!(stderr.matches("error: ").count(), 1, "{stderr}");
    let kinds: Vec<Value> =
        stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["error"]["kind"].clone()).collect();
    assert_eq!(kinds, ["timeout", "timeout", "timeout"], "{stdout}");
}

#[test]
fn what_can_not_be_looked_at_fails_at_once() {
    let output = dump::coroscope(&["watch", "4194999", "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(stdout.lines().count(), 1, "{stdout}");
    let document: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(
        (&document["schema"], &document["error"]["kind"]),
        (&"coroscope.error/1".into(), &"no_such_process".into())
    );
}
