//! Tasks that nothing but weak references holds: found on all interpreters, and their twins are not.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use support::target::Target;
use support::{dump, interpreters};

const LISTED: &[&str] = &["--instances", "1000000", "--all"];

/// Addresses with their labels.
fn labelled(truth: &Value, name: &str) -> BTreeMap<u64, String> {
    let labels = truth[name].as_object().unwrap();
    labels
        .iter()
        .flat_map(|(label, addresses)| {
            addresses.as_array().unwrap().iter().map(move |address| (address.as_u64().unwrap(), label.clone()))
        })
        .collect()
}

/// Addresses of the tasks of all findings of this kind, by verdict.
fn found(report: &dump::Report, verdict: &str) -> BTreeSet<u64> {
    report
        .findings()
        .iter()
        .filter(|finding| finding["kind"] == "task_weakly_held" && finding["verdict"] == verdict)
        .flat_map(|finding| finding["instances"].as_array().unwrap())
        .map(|instance| dump::address(&instance["address"]))
        .collect()
}

fn compare(target: &Target, words: &[&str]) {
    let report = dump::report(target.pid(), &[LISTED, words].concat());
    let leaked = found(&report, "leaked");
    let (weak, strong) = (labelled(target.truth(), "weak"), labelled(target.truth(), "strong"));
    let spared: Vec<_> = weak.iter().filter(|(address, _)| !leaked.contains(address)).map(|(_, label)| label).collect();
    assert!(spared.is_empty(), "{} {words:?}: not found: {spared:?}", target.label());
    let accused: Vec<_> = strong.iter().filter(|(address, _)| leaked.contains(address)).map(|(_, l)| l).collect();
    assert!(accused.is_empty(), "{} {words:?}: accused: {accused:?}", target.label());
    // Children that `gather()` and `ensure_future()` made are no less lost than who waits for them.
    let children = leaked.len() - weak.len();
    assert_eq!(children, 5, "{} {words:?}", target.label());
    assert_eq!(found(&report, "pending"), BTreeSet::new(), "{} {words:?}", target.label());
}

#[test]
fn tasks_that_nothing_holds_are_found_and_no_others() {
    for interpreter in interpreters::all() {
        let target = Target::start(&interpreter, "weak.py", &[]);
        compare(&target, &[]);
        compare(&target, &["--settle", "0s"]);
        compare(&target, &["--mode", "frozen"]);
        compare(&Target::start(&interpreter, "weak.py", &["collecting"]), &[]);
    }
}

#[test]
fn the_collector_agrees() {
    for interpreter in interpreters::all() {
        let mut target = Target::start(&interpreter, "weak.py", &[]);
        let count = |report: &dump::Report| {
            let tasks = report.0["tasks"].as_array().unwrap();
            tasks.iter().filter(|task| task["state"] == "pending").count()
        };
        let before = dump::report(target.pid(), LISTED);
        target.ask("collect");
        let after = dump::report(target.pid(), LISTED);
        assert_eq!(found(&after, "leaked"), BTreeSet::new(), "{}", target.label());
        assert_eq!(count(&before) - count(&after), found(&before, "leaked").len(), "{}", target.label());
    }
}

#[test]
fn a_finding_says_where_the_task_waits() {
    for interpreter in interpreters::oldest_and_newest() {
        let target = Target::start(&interpreter, "weak.py", &[]);
        let report = dump::report(target.pid(), LISTED);
        let finding = report.named("waits_deeper").next().unwrap_or_else(|| panic!("{}", target.label()));
        assert_eq!(finding["position"]["function"], "waits_deeper", "{finding}");
        assert!(finding["position"]["line"].as_u64() > finding["definition"]["line"].as_u64(), "{finding}");
        assert!(finding["why"].as_str().unwrap().starts_with("Nothing but weak references"), "{finding}");
    }
}
