//! Async generators that were left, and calls of their methods that nobody awaits: found on all interpreters, and
//! their innocent twins are not.

mod support;

use std::collections::BTreeMap;

use serde_json::Value;
use support::target::Target;
use support::{dump, interpreters};

const LISTED: &[&str] = &["--instances", "1000000", "--all"];
const KINDS: [&str; 3] = ["asyncgen_abandoned", "asyncgen_never_started", "asyncgen_method_never_awaited"];

/// For each address, the kind and verdict of what is found.
fn found(report: &dump::Report) -> BTreeMap<u64, (String, String)> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report.findings().iter().filter(|finding| KINDS.contains(&finding["kind"].as_str().unwrap()));
    findings
        .flat_map(|finding| {
            let said = (word(&finding["kind"]), word(&finding["verdict"]));
            let instances = finding["instances"].as_array().unwrap();
            instances.iter().map(move |instance| (dump::address(&instance["address"]), said.clone()))
        })
        .collect()
}

/// Addresses with kind and label, as the target tells them.
fn told(truth: &Value, name: &str) -> Vec<(u64, String, String)> {
    let mut told = Vec::new();
    for (kind, labels) in truth[name].as_object().unwrap() {
        for (label, addresses) in labels.as_object().unwrap() {
            let addresses = addresses.as_array().unwrap().iter().map(|address| address.as_u64().unwrap());
            told.extend(addresses.map(|address| (address, kind.clone(), label.clone())));
        }
    }
    told
}

fn compare(target: &Target, words: &[&str], settled: bool) -> Vec<String> {
    let report = dump::report(target.pid(), &[LISTED, words].concat());
    let found = found(&report);
    let mut wrong = Vec::new();
    let mut expect = |address: u64, expected: &[Option<(&str, &str)>], label: &str| {
        let is = found.get(&address).map(|(kind, verdict)| (kind.as_str(), verdict.as_str()));
        if !expected.contains(&is) {
            wrong.push(format!("{} {words:?}: {label}: {is:?}, not {expected:?}", target.label()));
        }
    };
    for (address, kind, label) in told(target.truth(), "left") {
        // An attribute is no dead end: without a second look there is no more than a suspicion.
        let verdict = if label == "attribute" && !settled { "suspect" } else { "leaked" };
        expect(address, &[Some((&kind, verdict))], &label);
    }
    for (address, kind, label) in told(target.truth(), "suspect") {
        expect(address, &[Some((&kind, if settled { "suspect" } else { "pending" }))], &label);
    }
    for (label, addresses) in target.truth()["innocent"].as_object().unwrap() {
        for address in addresses.as_array().unwrap() {
            let pending = KINDS.map(|kind| Some((kind, "pending")));
            let may_be_pending = ["used again", "begun later", "awaited later"].contains(&label.as_str());
            let expected = if may_be_pending { &pending[..] } else { &[None][..] };
            expect(address.as_u64().unwrap(), expected, label);
        }
    }
    // What `break` leaves behind the loop closes by itself: such a generator is being closed, and nobody's mistake.
    let closing = report.named("slow_to_close").count();
    if closing > 0 {
        wrong.push(format!("{} {words:?}: {closing} findings about what is being closed", target.label()));
    }
    wrong
}

#[test]
fn what_was_left_is_found_and_nothing_else() {
    let mut wrong = Vec::new();
    for interpreter in interpreters::all() {
        let target = Target::start(&interpreter, "asyncgens.py", &["closed"]);
        wrong.extend(compare(&target, &[], true));
        wrong.extend(compare(&target, &["--settle", "0s"], false));
        wrong.extend(compare(&target, &["--mode", "frozen"], true));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_finding_tells_what_was_called_and_where_it_stands() {
    for interpreter in interpreters::oldest_and_newest() {
        let target = Target::start(&interpreter, "asyncgens.py", &[]);
        let report = dump::report(target.pid(), LISTED);
        for name in ["numbers.asend", "numbers.__anext__", "numbers.athrow", "numbers.aclose"] {
            let finding = report.named(name).next().unwrap_or_else(|| panic!("{}: no {name}", target.label()));
            assert_eq!(finding["kind"], "asyncgen_method_never_awaited", "{finding}");
        }
        let abandoned = report.named("numbers").find(|finding| finding["kind"] == "asyncgen_abandoned").unwrap();
        assert_eq!(abandoned["position"]["function"], "numbers", "{abandoned}");
        let (line, definition) = (&abandoned["position"]["line"], &abandoned["definition"]["line"]);
        assert_eq!(line.as_u64().unwrap(), definition.as_u64().unwrap() + 3, "{abandoned}");
    }
}
