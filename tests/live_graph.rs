//! Await chains, what tasks wait for and who waits for them, compared with what the target says of itself, on every interpreter of
//! this machine.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use support::dump::{self, EVERYTHING, Report};
use support::health;
use support::interpreters::{self, Interpreter};
use support::target::Target;

/// The tasks of a report by address.
fn tasks(report: &Report) -> BTreeMap<u64, &Value> {
    let tasks = report.0["tasks"].as_array().map(Vec::as_slice).unwrap_or_default();
    tasks.iter().map(|task| (dump::address(&task["address"]), task)).collect()
}

/// A stack as triples, the way the target tells its own.
fn stack(task: &Value) -> Value {
    let frames = task["stack"].as_array().map(Vec::as_slice).unwrap_or_default();
    frames.iter().map(|frame| json!([frame["function"], frame["file"], frame["line"]])).collect()
}

fn addresses(list: &Value) -> BTreeSet<u64> {
    list.as_array().into_iter().flatten().map(dump::address).collect()
}

/// Compares every named task with what the target says of it.
fn assert_graph(label: &str, facts: &Value, report: &Report, known: &BTreeMap<u64, &Value>) {
    let facts = facts["graph"].as_object().expect("the target tells its graph");
    let address_of = |name: &str| facts[name]["address"].as_u64().expect("a named task");
    for (name, fact) in facts {
        let task = known.get(&address_of(name)).unwrap_or_else(|| panic!("{label}: no task {name}: {}", report.0));
        assert_eq!(stack(task), fact["stack"], "{label}: the stack of {name}");
        let awaited_by = addresses(&task["awaited_by"]);
        let names = fact["awaited_by"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let expected: BTreeSet<u64> = names.map(address_of).collect();
        assert_eq!(awaited_by, expected, "{label}: who waits for {name}: {task}");
        if let Some(graph) = fact["graph"].as_array() {
            let graph: BTreeSet<u64> = graph.iter().filter_map(Value::as_u64).collect();
            // A callback that completes a future of the program's own is more than the interpreter's graph knows.
            let expected = expected.iter().copied().filter(|address| *address != address_of_or_zero(facts, "told"));
            assert_eq!(expected.collect::<BTreeSet<_>>(), graph, "{label}: capture_call_graph() of {name}");
        }
        let waits = &fact["waits"];
        if waits.is_null() {
            continue;
        }
        let on = &task["waits_on"];
        assert_eq!(on["what"], waits["what"], "{label}: {name} waits on {on}");
        let text = on["text"].as_str().unwrap_or_default();
        assert!(text.contains(waits["text"].as_str().unwrap_or("?")), "{label}: {name} waits on {on}, not {waits}");
        let children = waits["tasks"].as_array().into_iter().flatten().filter_map(Value::as_str);
        assert_eq!(addresses(&on["tasks"]), children.map(address_of).collect(), "{label}: {name} waits on {on}");
        if waits["timed"] == true {
            let left = on["time_left_s"].as_f64().unwrap_or_else(|| panic!("{label}: {name}: no time left: {on}"));
            assert!((0.0..=1000.0).contains(&left), "{label}: {name}: {left}");
        } else {
            assert!(on["time_left_s"].is_null(), "{label}: {name}: {on}");
        }
    }
}

fn address_of_or_zero(facts: &serde_json::Map<String, Value>, name: &str) -> u64 {
    facts.get(name).and_then(|fact| fact["address"].as_u64()).unwrap_or(0)
}

fn look(interpreter: &Interpreter, mode: &[&str], words: &[&str]) -> (Target, Report) {
    let target = Target::start_with(interpreter, &["-W", "ignore"], "graph.py", mode);
    let report = dump::report(target.pid(), words);
    assert_eq!(report.0["look"]["complete"], true, "{}: {}", target.label(), report.0["look"]);
    (target, report)
}

#[test]
fn every_way_to_wait() {
    for interpreter in interpreters::all() {
        for more in [&["--mode", "verify"], &["--mode", "frozen"]] {
            let (mut target, report) = look(&interpreter, &[], &[EVERYTHING, more].concat());
            assert_graph(target.label(), target.truth(), &report, &tasks(&report));
            assert!(cycles(&report).is_empty(), "{interpreter}: {:?}", cycles(&report));
            health::assert_unharmed(&mut target);
        }
    }
}

#[test]
fn a_running_task_has_the_frames_of_its_thread() {
    for interpreter in interpreters::all() {
        let (target, report) = look(&interpreter, &["running"], EVERYTHING);
        let fact = &target.truth()["running"];
        let known = tasks(&report);
        let task = known[&fact["address"].as_u64().expect("the running task")];
        assert_eq!(task["state"], "running", "{interpreter}: {task}");
        let frames = stack(task);
        let frames = frames.as_array().map(Vec::as_slice).unwrap_or_default();
        let expected = fact["stack"].as_array().map(Vec::as_slice).unwrap_or_default();
        assert!(expected.len() >= 3, "{interpreter}: {fact}");
        assert_eq!(frames.get(..expected.len()), Some(expected), "{interpreter}: {task}");
        assert_eq!(frames.get(expected.len()).map(|frame| &frame[0]), Some(&json!("stop_here")), "{interpreter}");
    }
}

/// The findings of tasks that wait for each other.
fn cycles(report: &Report) -> Vec<&Value> {
    report.findings().iter().filter(|finding| finding["kind"] == "task_await_cycle").collect()
}

/// A circle of three is found with this verdict, told in order.
fn assert_circle(interpreter: &Interpreter, words: &[&str], verdict: &str) {
    const TURNS: [&str; 3] = [
        "'A' waits for 'B' waits for 'C' waits for 'A'",
        "'B' waits for 'C' waits for 'A' waits for 'B'",
        "'C' waits for 'A' waits for 'B' waits for 'C'",
    ];
    let (target, report) = look(interpreter, words, EVERYTHING);
    let [finding] = cycles(&report)[..] else { panic!("{interpreter} {words:?}: {:?}", report.findings()) };
    assert_eq!(finding["verdict"], verdict, "{interpreter} {words:?}: {finding}");
    assert_eq!(finding["count"], 3, "{interpreter}: {finding}");
    let why = finding["why"].as_str().unwrap_or_default();
    assert!(TURNS.iter().any(|turn| why.contains(turn)), "{interpreter}: {why}");
    let instances = finding["instances"].as_array().into_iter().flatten();
    let found: BTreeSet<u64> = instances.map(|instance| dump::address(&instance["address"])).collect();
    let facts = &target.truth()["graph"];
    let expected = ["A", "B", "C"].map(|name| facts[name]["address"].as_u64().expect("a named task"));
    assert_eq!(found, expected.into_iter().collect(), "{interpreter}: {finding}");
    assert!(finding["position"]["function"].as_str().is_some(), "{interpreter}: {finding}");
}

#[test]
fn tasks_that_wait_for_each_other_are_found() {
    for interpreter in interpreters::all() {
        assert_circle(&interpreter, &["cycle"], "leaked");
        assert_circle(&interpreter, &["timed"], "suspect");
    }
}

#[test]
fn timers_of_uvloop_end_a_circle_too() {
    for interpreter in interpreters::with_uvloop() {
        assert_circle(&interpreter, &["cycle", "uvloop"], "leaked");
        assert_circle(&interpreter, &["timed", "uvloop"], "suspect");
    }
}

#[test]
fn without_the_last_await_there_is_no_cycle() {
    for interpreter in interpreters::all() {
        let (_, report) = look(&interpreter, &["uncycle"], EVERYTHING);
        assert!(cycles(&report).is_empty(), "{interpreter}: {:?}", cycles(&report));
    }
}
