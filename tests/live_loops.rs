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
    ("regex", "handler", &["match", "prefixmatch"]),
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

#[test]
fn loops_and_threads_are_what_they_say() {
    for interpreter in interpreters::all() {
        for words in [&[][..], &["python"]] {
            let mut target = Target::start(&interpreter, "loops_facts.py", words);
            // Its thread for commands is there when it has answered one.
            target.ask("beat");
            let report = dump::report(target.pid(), &["--settle", "0s"]);
            let label = target.label();
            let threads = report.0["threads"].as_array().map(Vec::as_slice).unwrap_or_default();
            let named = target.truth()["threads"].as_object().unwrap_or_else(|| panic!("{label}: no threads"));
            for (ident, name) in named {
                let is = |thread: &&Value| thread["id"].as_u64().map(|id| id.to_string()).as_ref() == Some(ident);
                let thread = threads.iter().find(is).unwrap_or_else(|| panic!("{label}: {ident} of {threads:?}"));
                assert_eq!(thread["name"], *name, "{label}");
                assert_eq!(thread["owns_gil"], if interpreter.free_threaded { Value::Null } else { false.into() });
                if let Some(native) = target.truth()["native"][ident].as_u64() {
                    assert_eq!(thread["os_thread_id"], native, "{label}: {thread}");
                }
            }
            // That thread was started after the threads were counted.
            assert_eq!(threads.len(), named.len() + 1, "{label}: {threads:?}");
            assert!(threads.iter().any(|thread| thread["name"] == "commands"), "{label}: {threads:?}");
            assert_loops(&report, &target);
            assert_creation(&report, &target);
        }
    }
}

fn assert_loops(report: &dump::Report, target: &Target) {
    let loops = report.0["runtime"]["loops"].as_array().map(Vec::as_slice).unwrap_or_default();
    for (name, facts) in target.truth()["loops"].as_object().into_iter().flatten() {
        let label = format!("{}: loop {name}", target.label());
        let is = |found: &&Value| Some(dump::address(&found["address"])) == facts["address"].as_u64();
        let found = loops.iter().find(is).unwrap_or_else(|| panic!("{label}: {loops:?}"));
        for (ours, theirs) in [
            ("running", "running"),
            ("closed", "closed"),
            ("debug", "debug"),
            ("slow_callback_s", "slow"),
            ("scheduled", "timers"),
        ] {
            assert_eq!(found[ours], facts[theirs], "{label}: {ours}: {found}");
        }
        let thread = facts["ident"].as_u64().and_then(|ident| target.truth()["native"][ident.to_string()].as_u64());
        assert_eq!(found["thread"].as_u64(), thread, "{label}: {found}");
        assert!(found["current_task"].is_null() && found["blocked"].is_null(), "{label}: {found}");
        match (facts["due"].as_f64(), found["next_timer_s"].as_f64()) {
            (None, None) => {}
            // The target has been there for less than a minute or two.
            (Some(due), Some(left)) => assert!((due - 200.0..=due).contains(&left), "{label}: {found}"),
            _ => panic!("{label}: {found}"),
        }
    }
}

fn task(report: &dump::Report, address: u64) -> &Value {
    let tasks = report.0["tasks"].as_array().map(Vec::as_slice).unwrap_or_default();
    tasks
        .iter()
        .find(|task| dump::address(&task["address"]) == address)
        .unwrap_or_else(|| panic!("no task {address:#x}: {tasks:?}"))
}

fn assert_creation(report: &dump::Report, target: &Target) {
    let label = target.label();
    let created = target.truth()["created"].as_object().unwrap_or_else(|| panic!("{label}: no creation"));
    assert_eq!(created.len(), 1, "{label}: one task of the loop in debug mode");
    for (address, place) in created {
        let task = task(report, address.parse().expect("an address"));
        let innermost = &task["created_at"][0];
        assert_eq!(innermost["line"], place[0], "{label}: {task}");
        assert_eq!(innermost["function"], place[1], "{label}: {task}");
        assert_eq!(innermost["evidence"], "recorded", "{label}: {task}");
        assert!(innermost["file"].as_str().is_some_and(|file| file.ends_with("/loops_facts.py")), "{label}: {task}");
    }
    let without: Vec<&Value> =
        target.truth()["contexts"].as_object().into_iter().flatten().map(|(_, facts)| facts).collect();
    for facts in without {
        let task = task(report, facts["task"].as_u64().expect("an address"));
        assert!(task["created_at"].is_null(), "{label}: {task}");
    }
}

#[test]
fn contexts_have_names_always_and_values_when_asked_for() {
    for interpreter in interpreters::all() {
        for python in [&[][..], &["python"]] {
            let target = Target::start(&interpreter, "loops_facts.py", python);
            for locals in [false, true] {
                let words: &[&str] = if locals { &["--settle", "0s", "--locals"] } else { &["--settle", "0s"] };
                assert_contexts(&target, &dump::report(target.pid(), words), locals);
            }
        }
    }
}

fn assert_contexts(target: &Target, report: &dump::Report, locals: bool) {
    let mut seen = 0;
    for (name, facts) in target.truth()["contexts"].as_object().into_iter().flatten() {
        let label = format!("{}: context {name}", target.label());
        let task = task(report, facts["task"].as_u64().expect("an address"));
        let variables = task["context"].as_array().unwrap_or_else(|| panic!("{label}: {task}"));
        let values = facts["values"].as_object().unwrap_or_else(|| panic!("{label}"));
        let names: Vec<&str> = variables.iter().filter_map(|variable| variable["name"].as_str()).collect();
        let mut expected: Vec<&str> = values.keys().map(String::as_str).collect();
        expected.sort_unstable();
        assert_eq!(names, expected, "{label}");
        for variable in variables {
            let (value, written) = (&variable["value"], &values[variable["name"].as_str().unwrap_or_default()]);
            let written = written.as_str().unwrap_or_default();
            match value.as_str() {
                None => assert!(!locals, "{label}: {variable}"),
                Some(_) if !locals => panic!("{label}: {variable} is private"),
                // Deeper than we go.
                Some(value) if written.starts_with("[1, [2") => assert_eq!(value, "[1, [2, [...]]]", "{label}"),
                Some(value) if written.contains(" object at ") => {
                    let address = written.rsplit(' ').next().unwrap_or_default();
                    assert_eq!(value, format!("<__main__.Plain at {address}"), "{label}: {written}");
                    assert_eq!(variable["type"], "__main__.Plain", "{label}: {variable}");
                }
                Some(value) => assert_eq!(value, written, "{label}: {variable}"),
            }
        }
        seen += 1;
    }
    assert_eq!(seen, 6, "{}", target.label());
}

#[test]
fn the_thread_that_holds_the_lock_is_known() {
    for interpreter in interpreters::all() {
        for (word, expected) in [("spinning", 1), ("idle", 0)] {
            let target = Target::start(&interpreter, "loops_lock.py", &[word]);
            // It may not have got to its loop yet.
            support::health::wait_until("the thread holds the lock", || {
                let report = dump::report(target.pid(), &["--settle", "0s"]);
                let threads = report.0["threads"].as_array().cloned().unwrap_or_default();
                if interpreter.free_threaded {
                    return threads.iter().all(|thread| thread["owns_gil"].is_null());
                }
                let holders: Vec<&Value> = threads.iter().filter(|thread| thread["owns_gil"] == true).collect();
                let others = threads.iter().filter(|thread| thread["owns_gil"] == false).count();
                holders.len() == expected
                    && others + expected == threads.len()
                    && holders.iter().all(|thread| thread["name"] == "spins")
            });
        }
    }
}
