//! What holds a coroutine is evidence: what nothing reaches and what only remains hold is leaked at once, what is worked through is left
//! alone. And the path to what is held is told, on all interpreters, in all modes.

mod support;

use serde_json::Value;
use support::interpreters::{self, Interpreter};
use support::target::Target;
use support::{dump, health, note};

const LISTED: &[&str] = &["--instances", "1000000", "--all"];

fn words_fit(found: &Value, expected: &Value) -> bool {
    let (Some(found), Some(expected)) = (found.as_array(), expected.as_array()) else { return expected.is_null() };
    found.len() == expected.len() && found.iter().zip(expected).all(|(one, other)| other.is_null() || one == other)
}

fn inner(finding: &Value) -> Vec<(String, u64)> {
    let of = |inner: &Value| (inner["qualname"].as_str().unwrap().to_owned(), inner["count"].as_u64().unwrap());
    let mut all: Vec<_> = finding["inner"].as_array().unwrap().iter().map(of).collect();
    all.sort();
    all
}

/// What differs from what the target expects.
fn compare(target: &Target, words: &[&str]) -> Vec<String> {
    let report = dump::report(target.pid(), &[LISTED, words].concat());
    let mut wrong = Vec::new();
    for (name, expected) in target.truth()["findings"].as_object().unwrap() {
        let found: Vec<&Value> = report.named(name).collect();
        let mut complain = |what: &str| wrong.push(format!("{} {words:?}: {name}: {what}: {found:#?}", target.label()));
        if expected["kind"].is_null() {
            if !found.is_empty() {
                complain("no finding of its own");
            }
            continue;
        }
        let [finding] = found.as_slice() else {
            complain("one finding");
            continue;
        };
        // Without a second look nothing is suspect that may be young.
        let first_sight = words.contains(&"0s") && expected["verdict"] == "suspect";
        if finding["kind"] != expected["kind"] || (finding["verdict"] != expected["verdict"] && !first_sight) {
            complain(&format!("{} {}", expected["verdict"], expected["kind"]));
        }
        if !expected["count"].is_null() && finding["count"] != expected["count"] {
            complain(&format!("{} of them", expected["count"]));
        }
        if !words_fit(&finding["retained_by"], &expected["path"]) {
            complain(&format!("held by {}", expected["path"]));
        }
        let of = |pair: &Value| (pair[0].as_str().unwrap().to_owned(), pair[1].as_u64().unwrap());
        let expected: Vec<_> = expected["inner"].as_array().unwrap().iter().map(of).collect();
        if inner(finding) != expected {
            complain(&format!("with {expected:?}"));
        }
    }
    wrong
}

fn each(compare: impl Fn(&Interpreter) -> Vec<String>) {
    let wrong: Vec<String> = interpreters::all().iter().flat_map(compare).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn holders_are_told_and_are_evidence() {
    each(|interpreter| {
        let target = Target::start(interpreter, "keeping.py", &[]);
        let modes: [&[&str]; 4] = [&[], &["--settle", "0s"], &["--mode", "frozen"], &["--nonblocking"]];
        modes.iter().flat_map(|words| compare(&target, words)).collect()
    });
}

#[test]
fn what_somebody_works_through_is_left_alone() {
    each(|interpreter| {
        let mut target = Target::start(interpreter, "keeping.py", &["consumed"]);
        let before = target.ask("beat")["worked"].as_u64();
        health::wait_until("the worker works", || target.ask("beat")["worked"].as_u64() > before);
        let first = compare(&target, &[]);
        if first.is_empty() {
            return first;
        }
        // One of ten thousand may be on its way at all moments at which we look. Not twice.
        note(&format!("{interpreter}: looked again: {} finding(s) too many", first.len()));
        compare(&target, &[])
    });
}

#[test]
fn nobody_is_asked_for_where_that_is_not_wanted() {
    each(|interpreter| {
        let target = Target::start(interpreter, "keeping.py", &[]);
        let report = dump::report(target.pid(), &[LISTED, &["--retainers", "none"]].concat());
        let told = |finding: &&Value| finding["retained_by"] != serde_json::json!([]);
        let wrong: Vec<String> = report.findings().iter().filter(told).map(|finding| format!("{finding:#?}")).collect();
        assert!(report.named("in_many").next().is_some(), "{}: it is found all the same", target.label());
        wrong
    });
}
