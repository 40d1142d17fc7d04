//! Event loops and threads: what they are, and whether a loop is blocked.

mod support;

use serde_json::Value;
use support::dump;
use support::interpreters;
use support::target::Target;

/// The one loop of a target.
#[track_caller]
fn the_loop<'r>(report: &'r dump::Report, target: &Target) -> &'r Value {
    let loops = report.0["runtime"]["loops"].as_array().map(Vec::as_slice).unwrap_or_default();
    let address = target.truth()["loop"].as_u64();
    let found = loops.iter().find(|found| Some(dump::address(&found["address"])) == address);
    found.unwrap_or_else(|| panic!("{}: {loops:?}", target.label()))
}

fn of_kind<'r>(report: &'r dump::Report, kind: &'r str) -> Vec<&'r Value> {
    report.findings().iter().filter(|finding| finding["kind"] == kind).collect()
}

/// Ways to block a loop, each with the function that begins it, and that of the innermost frame.
const WAYS: [(&str, &str, &[&str]); 7] = [
    ("sleep", "handler", &["in_sleep"]),
    ("c", "handler", &["in_c_code"]),
    ("regex", "handler", &["match"]),
    ("lock", "handler", &["in_a_lock"]),
    ("python", "handler", &["in_python", "step"]),
    ("callback", "in_sleep", &["in_sleep"]),
    ("overdue", "handler", &["in_sleep"]),
];

fn assert_blocked(target: &Target, way: &str, qualname: &str, innermost: &[&str], words: &[&str]) {
    let report = dump::report(target.pid(), words);
    let label = format!("{}: {way} {words:?}", target.label());
    let findings = of_kind(&report, "event_loop_blocked");
    let [finding] = findings.as_slice() else { panic!("{label}: {:?}\n{}", report.findings(), report.0["look"]) };
    assert_eq!(finding["verdict"], "suspect", "{label}");
    assert_eq!(finding["qualname"], qualname, "{label}: {finding}");
    assert_eq!(finding["module"], "__main__", "{label}: {finding}");
    let position = finding["position"]["function"].as_str().unwrap_or_default();
    assert!(innermost.contains(&position), "{label}: {finding}");
    assert_eq!(dump::address(&finding["instances"][0]["address"]), target.truth()["loop"].as_u64().unwrap_or(0));

    let blocked = &the_loop(&report, target)["blocked"];
    let seconds = |name: &str| blocked[name].as_f64();
    assert!(seconds("at_least_s") >= Some(0.1), "{label}: {blocked}");
    if let Some(most) = seconds("at_most_s") {
        assert!(Some(most) >= seconds("at_least_s"), "{label}: {blocked}");
    }
    assert_eq!(blocked["frame"], finding["position"], "{label}");
    match target.truth()["task"].as_u64() {
        Some(task) => {
            assert_eq!(dump::address(&blocked["task"]), task, "{label}: {blocked}");
            assert_eq!(blocked["task"], the_loop(&report, target)["current_task"], "{label}");
        }
        None => assert!(blocked["task"].is_null(), "{label}: {blocked}"),
    }
    let why = finding["why"].as_str().unwrap_or_default();
    let waits = if way == "overdue" { "1 timer is overdue" } else { "callbacks wait" };
    assert!(why.contains(waits), "{label}: {why}");
}

/// Long enough for a loop to be called blocked.
const SETTLE: &[&str] = &["--settle", "300ms"];

#[test]
fn a_blocked_loop_is_found_however_it_is_blocked() {
    for interpreter in interpreters::all() {
        for (way, qualname, innermost) in WAYS {
            let target = Target::start(&interpreter, "loops_blocked.py", &[way]);
            assert_blocked(&target, way, qualname, innermost, SETTLE);
        }
        for mode in ["frozen", "nonblocking"] {
            let target = Target::start(&interpreter, "loops_blocked.py", &["python"]);
            let words = ["--settle", "300ms", "--mode", mode];
            assert_blocked(&target, "python", "handler", &["in_python", "step"], &words);
        }
        let target = Target::start(&interpreter, "loops_blocked.py", &["sleep", "python"]);
        assert_blocked(&target, "sleep in a task written in Python", "handler", &["in_sleep"], SETTLE);
    }
}

#[test]
fn a_loop_that_gets_on_or_has_nothing_to_do_is_not_blocked() {
    for interpreter in interpreters::all() {
        for way in ["busy", "idle", "alone", "cancelled"] {
            let target = Target::start(&interpreter, "loops_blocked.py", &[way]);
            for words in [SETTLE, &["--settle", "0s"]] {
                assert_not_blocked(&target, way, words);
            }
        }
        // Once is not twice.
        let target = Target::start(&interpreter, "loops_blocked.py", &["sleep"]);
        assert_not_blocked(&target, "sleep", &["--settle", "0s"]);
        assert_not_blocked(&target, "sleep", &["--settle", "20ms"]);
    }
}

fn assert_not_blocked(target: &Target, way: &str, words: &[&str]) {
    let report = dump::report(target.pid(), words);
    let label = format!("{}: {way} {words:?}", target.label());
    assert!(of_kind(&report, "event_loop_blocked").is_empty(), "{label}: {:?}", report.findings());
    assert!(the_loop(&report, target)["blocked"].is_null(), "{label}");
}

#[test]
fn an_idle_loop_is_not_waited_for() {
    for interpreter in interpreters::all() {
        let target = Target::start(&interpreter, "loops_blocked.py", &["idle"]);
        let report = dump::report(target.pid(), &["--settle", "20s", "--timeout", "10s"]);
        assert!(the_loop(&report, &target)["blocked"].is_null(), "{}", target.label());
    }
}

#[test]
fn what_a_blocked_loop_does_not_await_is_no_leak() {
    for interpreter in interpreters::all() {
        let target = Target::start(&interpreter, "loops_blocked.py", &["forgotten"]);
        let report = dump::report(target.pid(), &["--settle", "300ms", "--all"]);
        let verdicts: Vec<&Value> = report.unawaited().map(|finding| &finding["verdict"]).collect();
        assert_eq!(verdicts, ["suspect"], "{}: {:?}", target.label(), report.findings());
        assert_eq!(of_kind(&report, "event_loop_blocked").len(), 1, "{}: {:?}", target.label(), report.findings());
        let notes = report.0["look"]["notes"].to_string();
        assert!(notes.contains("stayed in one callback"), "{}: {notes}", target.label());
    }
}

#[test]
fn uvloop_is_watched_too() {
    for interpreter in interpreters::with_uvloop() {
        let start = |way| Target::start(&interpreter, "loops_blocked.py", &[way, "uvloop"]);
        for (way, qualname, innermost) in WAYS.into_iter().filter(|(way, ..)| !["callback", "overdue"].contains(way)) {
            assert_blocked(&start(way), way, qualname, innermost, SETTLE);
        }
        for way in ["busy", "idle"] {
            assert_not_blocked(&start(way), way, SETTLE);
        }
    }
}
