//! What `dump` reports of a target that stands still equals what the target says about itself, on every interpreter
//! of this machine.

mod support;

use std::collections::BTreeSet;

use serde_json::Value;
use support::dump::{self, EVERYTHING, Report};
use support::interpreters::{self, Interpreter};
use support::target::Target;
use support::{health, truth};

const STATES: [&str; 4] = ["created", "suspended", "running", "closed"];

/// Dumps a target and compares everything the target knows with the report.
fn assert_equal(interpreter: &Interpreter, name: &str, arguments: &[&str]) -> (Target, Report) {
    let mut target = Target::start(interpreter, name, arguments);
    let report = dump::report(target.pid(), EVERYTHING);
    let label = target.label().to_owned();

    assert_eq!(report.0["target"]["pid"], target.pid(), "{label}");
    assert_eq!(report.0["target"]["python"], interpreter.version.to_string(), "{label}");
    assert_eq!(report.0["look"]["complete"], true, "{label}: {}", report.0["look"]);
    assert_unawaited(&label, target.truth(), &report);
    assert_states(&label, target.truth(), &report);

    let again = target.ask("truth");
    assert_eq!(truth::states(&again), truth::states(target.truth()), "{label}: the target was changed");
    health::assert_unharmed(&mut target);
    (target, report)
}

/// Each leak is reported, as what it is; and nothing else but coroutines with an owner, as pending.
fn assert_unawaited(label: &str, facts: &Value, report: &Report) {
    let leaks = truth::leaks(facts);
    let owned = truth::owned(facts);
    let reported = report.verdicts();

    let why = truth::labelled(facts, "leaks");
    let missed: Vec<_> = why.iter().filter(|(address, _)| !reported.contains_key(address)).collect();
    assert!(missed.is_empty(), "{label}: not reported: {missed:x?}");
    for (address, verdict) in &reported {
        if !leaks.contains(address) {
            let owner = owned.get(address);
            assert!(
                owner.is_some(),
                "{label}: {address:#x} is reported ({verdict}) and was never created: {:?}",
                truth::object(facts, *address)
            );
            assert_eq!(verdict, "pending", "{label}: {address:#x} is owned: {owner:?}");
        }
    }

    for finding in report.unawaited() {
        let instances = finding["instances"].as_array().map(Vec::as_slice).unwrap_or_default();
        assert_eq!(finding["count"].as_u64(), Some(instances.len() as u64), "{label}: {finding}");
        for instance in instances {
            let address = dump::address(&instance["address"]);
            let object = truth::object(facts, address).unwrap_or(&Value::Null);
            assert_eq!(finding["qualname"], object["qualname"], "{label}: {address:#x}");
            assert_eq!(finding["definition"]["line"], object["definition_line"], "{label}: {address:#x}");
            assert_eq!(finding["definition"]["file"], object["file"], "{label}: {address:#x}");
        }
    }
}

/// The summary counts what the target counts.
fn assert_states(label: &str, facts: &Value, report: &Report) {
    for state in STATES {
        let coroutines = truth::awaitable_in_state(facts, state).len() as u64;
        assert_eq!(report.summary("coroutines", state), coroutines, "{label}: {state} coroutines");
        let generators = truth::in_state(facts, "async_generator", state).len() as u64;
        assert_eq!(report.summary("async_generators", state), generators, "{label}: {state} async generators");
    }
    for state in ["pending", "done", "failed", "cancelled"] {
        let tasks = truth::tasks_in_state(facts, state).len() as u64;
        assert_eq!(report.summary("tasks", state), tasks, "{label}: {state} tasks");
    }
}

#[test]
fn leaks_in_every_kind_of_holder() {
    for interpreter in interpreters::all() {
        let (_, report) = assert_equal(&interpreter, "leaks.py", &[]);
        // One group per code object: 70 in a deque are one finding, and a renamed coroutine has its own name.
        let deque: Vec<_> = report.named("in_deque").collect();
        assert_eq!(deque.len(), 1, "{interpreter}: {deque:?}");
        assert_eq!(deque[0]["count"], 70, "{interpreter}");
        assert_eq!(report.named("Renamed.on_purpose").count(), 1, "{interpreter}");
        assert_eq!(report.named("Service.send").count(), 1, "{interpreter}");
    }
}

#[test]
fn garbage_in_a_cycle() {
    for interpreter in interpreters::all() {
        let (_, report) = assert_equal(&interpreter, "leaks.py", &["cycle"]);
        assert_eq!(report.named("in_cycle").count(), 1, "{interpreter}");
    }
}

#[test]
fn healthy_programs_are_counted_exactly_too() {
    for interpreter in interpreters::all() {
        assert_equal(&interpreter, "healthy.py", &[]);
        assert_equal(&interpreter, "healthy.py", &["blocked"]);
    }
}

#[test]
fn a_program_without_asyncio() {
    for interpreter in interpreters::all() {
        let (_, report) = assert_equal(&interpreter, "plain.py", &[]);
        assert_eq!(report.0["runtime"]["loops"].as_array().map_or(0, Vec::len), 0, "{interpreter}");
    }
}

#[test]
fn two_loops_in_two_threads() {
    for interpreter in interpreters::all() {
        let (target, report) = assert_equal(&interpreter, "loops.py", &[]);
        let reported: BTreeSet<_> = report.0["runtime"]["loops"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|item| dump::address(&item["address"]))
            .collect();
        let expected: BTreeSet<_> =
            target.truth()["loops"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
        assert_eq!(reported, expected, "{interpreter}");
    }
}

#[test]
fn subinterpreters() {
    for interpreter in interpreters::all() {
        let (target, report) = assert_equal(&interpreter, "subinterp.py", &[]);
        assert_eq!(report.0["target"]["interpreters"], target.truth()["interpreters"], "{interpreter}");
    }
}

#[test]
fn uvloop() {
    for interpreter in interpreters::with_uvloop() {
        assert_equal(&interpreter, "uvloop_target.py", &[]);
    }
}

#[test]
fn ten_thousand_leaks_are_three_findings() {
    for interpreter in interpreters::all() {
        let (_, report) = assert_equal(&interpreter, "many.py", &[]);
        let mut counts: Vec<_> = report
            .unawaited()
            .map(|finding| (finding["qualname"].as_str().unwrap_or_default(), finding["count"].as_u64()))
            .collect();
        counts.sort_unstable();
        assert_eq!(
            counts,
            [("Sender.send", Some(3333)), ("fetch", Some(3334)), ("store", Some(3333))],
            "{interpreter}"
        );
    }
}

#[test]
fn tasks_have_their_names() {
    for interpreter in interpreters::all() {
        let mut target = Target::start(&interpreter, "loops.py", &[]);
        let report = dump::report(target.pid(), EVERYTHING);
        // Asked after the dump: asking a task makes the name that until then is a number (3.12 and newer).
        let names = target.ask("names");
        for task in report.0["tasks"].as_array().into_iter().flatten() {
            let address = dump::address(&task["address"]).to_string();
            assert_eq!(task["name"], names[&address], "{}: {task}", target.label());
        }
        assert_eq!(
            report.0["tasks"].as_array().map_or(0, Vec::len),
            names.as_object().map_or(0, serde_json::Map::len),
            "{}",
            target.label()
        );
    }
}

#[test]
fn fingerprints_are_the_same_in_another_run() {
    // Each run in another root has a path of its own, and code in another file is other code.
    let Some(interpreter) = interpreters::all().into_iter().find(|interpreter| interpreter.root.is_none()) else {
        support::note("skipped: fingerprints (no interpreter outside of a chroot), 1 skipped");
        return;
    };
    let fingerprints = || {
        let target = Target::start(&interpreter, "many.py", &["30"]);
        let report = dump::report(target.pid(), EVERYTHING);
        report.unawaited().map(|finding| finding["fingerprint"].to_string()).collect::<BTreeSet<_>>()
    };
    let first = fingerprints();
    assert_eq!(first.len(), 3, "{interpreter}");
    assert_eq!(fingerprints(), first, "{interpreter}");
}

#[test]
fn targets_that_never_stand_still_keep_their_leaks() {
    for interpreter in interpreters::all() {
        for name in ["threads.py", "collecting.py"] {
            let mut target = Target::start(&interpreter, name, &[]);
            for _ in 0..5 {
                let report = dump::report(target.pid(), EVERYTHING);
                assert_eq!(report.addresses(), truth::leaks(target.truth()), "{}", target.label());
            }
            health::assert_unharmed(&mut target);
        }
    }
}
