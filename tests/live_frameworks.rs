//! Real frameworks, on the idle and on the loaded server: nothing is called leaked or suspect, and the tasks are those of
//! `asyncio.all_tasks()`. The positive twin: the same servers with one coroutine forgotten and one task failed unseen.
//!
//! The environments are made by `scripts/frameworks`; without them the tests are skipped, and say so.

mod support;

use std::collections::BTreeSet;

use serde_json::Value;
use support::dump::{self, Report};
use support::target::Target;
use support::{health, interpreters, note};

/// Looks at a loaded server.
const LOOKS: usize = 20;

/// Attempts to see a server between two equal answers about its tasks: timers of its own may run even when it is idle.
const ATTEMPTS: usize = 20;

/// The findings that accuse, each as a line.
fn accusations(report: &Report) -> Vec<String> {
    let accuses = |finding: &&Value| finding["verdict"] == "leaked" || finding["verdict"] == "suspect";
    let text = |value: &Value| value.as_str().unwrap_or("null").to_owned();
    report
        .findings()
        .iter()
        .filter(accuses)
        .map(|finding| {
            let [kind, verdict, qualname, why] =
                ["kind", "verdict", "qualname", "why"].map(|field| text(&finding[field]));
            format!(
                "{kind} {verdict} {qualname}: {why}; held by {}; at {}",
                finding["retained_by"], finding["position"]
            )
        })
        .collect()
}

fn unfinished(report: &Report) -> BTreeSet<u64> {
    let tasks = report.0["tasks"].as_array().into_iter().flatten();
    let unfinished = tasks.filter(|task| task["state"] == "pending" || task["state"] == "running");
    unfinished.map(|task| dump::address(&task["address"])).collect()
}

fn all_tasks(answer: &Value) -> BTreeSet<u64> {
    answer["tasks"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect()
}

/// Looks at a server with no load, with the load it makes itself, with none again, and after it has made its faults.
fn judge(name: &str, arguments: &[&str]) {
    let mut wrong = Vec::new();
    for interpreter in interpreters::with_frameworks() {
        let mut target = Target::start(&interpreter, name, arguments);
        let pid = target.pid();
        let began = target.ask("start");
        for look in 0..LOOKS {
            // A short settling time asks more of the rules than a long one: fewer things have moved on in it.
            let report = dump::report(pid, &["--settle", if look % 2 == 0 { "50ms" } else { "200ms" }]);
            let found = accusations(&report);
            wrong.extend(found.iter().map(|line| format!("{}, loaded, look {look}: {line}", target.label())));
        }
        let ended = target.ask("stop");
        assert_eq!(ended["failures"], Value::Array(Vec::new()), "{}: the requests succeed", target.label());
        assert_eq!(ended["idle"], true, "{}: {ended}", target.label());
        assert!(
            ended["rounds"].as_u64() > began["rounds"].as_u64(),
            "{}: no load while we looked: {ended}",
            target.label()
        );

        let found = accusations(&dump::report(pid, &[]));
        wrong.extend(found.iter().map(|line| format!("{}, idle: {line}", target.label())));
        wrong.extend(compare_tasks(&mut target));

        target.ask("fault");
        let report = dump::report(pid, &[]);
        for (kind, qualname) in [("unawaited_held", "audit"), ("task_exception_never_retrieved", "fails_unseen")] {
            let ours = |finding: &&Value| finding["kind"] == kind && finding["qualname"] == qualname;
            let finding = report.findings().iter().find(ours);
            let is_right = |finding: &Value| {
                finding["count"] == 1 && finding["verdict"] != "pending" && finding["belongs_to"] == "own"
            };
            if !finding.is_some_and(is_right) {
                wrong.push(format!("{}, with faults: no {kind} of {qualname}, but {finding:?}", target.label()));
            }
        }
        let others = accusations(&report)
            .into_iter()
            .filter(|line| !line.contains(" audit: ") && !line.contains(" fails_unseen: "));
        wrong.extend(others.map(|line| format!("{}, with faults: {line}", target.label())));
        health::assert_unharmed(&mut target);
    }
    assert!(wrong.is_empty(), "{} wrong results\n  {}", wrong.len(), wrong.join("\n  "));
}

/// Our unfinished tasks against those of `asyncio.all_tasks()`, where these were the same before and after the look.
fn compare_tasks(target: &mut Target) -> Option<String> {
    for _ in 0..ATTEMPTS {
        let before = all_tasks(&target.ask("tasks"));
        let ours = unfinished(&dump::report(target.pid(), &["--settle", "0s"]));
        let after = all_tasks(&target.ask("tasks"));
        if before == after {
            let differences = (&ours ^ &before).len();
            return (differences > 0)
                .then(|| format!("{}: tasks differ: ours {ours:x?}, those of the loops {before:x?}", target.label()));
        }
    }
    note(&format!("skipped: tasks of {} (they change all the time), 1 skipped", target.label()));
    None
}

#[test]
fn aiohttp() {
    judge("framework_aiohttp.py", &[]);
}

#[test]
fn fastapi_on_uvloop() {
    judge("framework_fastapi.py", &["uvloop"]);
}

#[test]
fn fastapi_on_asyncio() {
    judge("framework_fastapi.py", &["asyncio"]);
}

#[test]
fn anyio() {
    judge("framework_anyio.py", &[]);
}
