//! The demo: the main job, with whatever `python3` this machine has.

mod program;
mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use program::{coroscope, run};
use serde_json::Value;
use support::health::somebody_runs;

#[test]
fn shows_each_mistake_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(coroscope(&["demo"]).env("TMPDIR", folder.path()));
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.stdout);
    let (report, explanation) = ran.stdout.split_once("What there is to see\n").expect("an explanation");
    for name in ["send_email", "build_report", "write_audit", "send_receipt"] {
        assert!(report.contains(name), "{name}: {report}");
    }
    for name in ["send_push", "send_digest"] {
        assert!(!report.contains(name), "{name}: {report}");
    }
    assert!(!explanation.contains("not found"), "{explanation}");
    assert_eq!(explanation.matches("fine").count(), 2, "{explanation}");
    assert!(!somebody_runs(folder.path()), "the program is ended");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn json_is_one_report() {
    let ran = run(&mut coroscope(&["demo", "--json"]));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let count = |name: &str| {
        let findings = report["findings"].as_array().expect("findings");
        findings.iter().find(|finding| finding["qualname"] == name).map(|finding| finding["count"].as_u64())
    };
    assert_eq!(count("send_email"), Some(Some(3)));
    assert_eq!(count("build_report"), Some(Some(2)));
    assert_eq!(count("write_audit"), Some(Some(1)));
    assert_eq!(count("send_push"), None);
}

#[test]
fn the_program_ends_with_us_however_we_end() {
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGKILL] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = coroscope(&["demo", "--keep"]);
        let mut child = (command.env("TMPDIR", folder.path()))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // `wait` would close it, and that ends the program as enter does.
        let stdin = child.stdin.take();
        let mut line = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("the program runs on as pid "), "{line}");
        kill(Pid::from_raw(child.id().try_into().unwrap()), signal).unwrap();
        let status = child.wait().unwrap();
        drop(stdin);
        if signal != Signal::SIGKILL {
            assert_eq!(status.code(), Some(128 + signal as i32));
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
        }
        let limit = Instant::now() + Duration::from_secs(30);
        while somebody_runs(folder.path()) {
            assert!(Instant::now() < limit, "the program outlived us after {signal}");
            std::thread::yield_now();
        }
    }
}

#[test]
fn enter_ends_what_was_kept() {
    let ran = run(&mut coroscope(&["demo", "--keep"]));
    assert_eq!(ran.code, Some(0), "stdin that is at its end counts as enter");
    assert!(ran.stderr.starts_with("the program runs on as pid "), "{}", ran.stderr);
}

#[test]
fn interpreters_that_will_not_do() {
    let folder = tempfile::tempdir().unwrap();
    for (python, why) in [("no-such-python", "there is no such program on the PATH"), ("true", "does not answer")] {
        let ran = run(coroscope(&["demo", "--python", python]).env("TMPDIR", folder.path()));
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
        assert!(ran.stderr.starts_with(&format!("error: cannot start the demo with `{python}`\n")), "{}", ran.stderr);
        assert!(ran.stderr.contains(why) && ran.stderr.contains("hint: "), "{}", ran.stderr);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
}
