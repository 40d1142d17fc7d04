//! Lost things other than forgotten coroutines: what is lost is found, and its twin is left alone.

mod support;

use std::collections::BTreeMap;

use serde_json::Value;
use support::dump::{self, Report, address};
use support::interpreters;
use support::target::Target;
use support::truth;

const LISTED: &[&str] = &["--instances", "1000000", "--all"];

/// Addresses that findings of this kind name, with the verdict.
fn found(report: &Report, kind: &str) -> BTreeMap<u64, String> {
    let of_kind = report.findings().iter().filter(|finding| finding["kind"] == kind);
    let instances = of_kind.flat_map(|finding| {
        finding["instances"]
            .as_array()
            .into_iter()
            .flatten()
            .map(move |instance| (address(&instance["address"]), finding))
    });
    instances.map(|(address, finding)| (address, finding["verdict"].as_str().unwrap_or_default().to_owned())).collect()
}

/// Addresses of any finding that accuses, with its kind.
fn accused(report: &Report) -> BTreeMap<u64, String> {
    let mut found = BTreeMap::new();
    for finding in report.findings().iter().filter(|finding| finding["verdict"] != "pending") {
        for instance in finding["instances"].as_array().into_iter().flatten() {
            found.insert(address(&instance["address"]), finding["kind"].as_str().unwrap_or_default().to_owned());
        }
    }
    found
}

/// All that is lost is accused, by findings of `kind` and of no other; nothing else is.
#[track_caller]
fn assert_found(target: &Target, report: &Report, kind: impl Fn(&str) -> &'static str) {
    let lost = truth::labelled(target.truth(), "lost");
    let kept = truth::labelled(target.truth(), "kept");
    let accused = accused(report);
    let spared: Vec<_> =
        lost.iter().filter(|(address, _)| !accused.contains_key(address)).map(|(_, label)| label).collect();
    assert!(spared.is_empty(), "{}: not accused: {spared:?}", target.label());
    let wrong: Vec<_> = accused
        .iter()
        .filter(|(address, _)| !lost.contains_key(address))
        .map(|(address, kind)| (kind, kept.get(address)))
        .collect();
    assert!(wrong.is_empty(), "{}: wrongly accused: {wrong:?}", target.label());
    for (address, label) in &lost {
        assert_eq!(accused[address], kind(label), "{}: {label}", target.label());
    }
    assert!(!lost.is_empty(), "{}: nothing was lost", target.label());
}

fn finding_of<'r>(report: &'r Report, target: &Target, label: &str) -> Vec<&'r Value> {
    let lost = truth::labelled(target.truth(), "lost");
    let names = |finding: &Value| {
        finding["instances"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|instance| lost.get(&address(&instance["address"])).is_some_and(|found| found == label))
    };
    report.findings().iter().filter(|finding| names(finding)).collect()
}

#[test]
fn exceptions_nobody_retrieved() {
    const KIND: &str = "task_exception_never_retrieved";
    for interpreter in interpreters::all() {
        let target = Target::start(&interpreter, "lost.py", &["exceptions"]);
        let report = dump::report(target.pid(), LISTED);
        assert_found(&target, &report, |_| KIND);
        let verdicts = found(&report, KIND);
        for (address, label) in truth::labelled(target.truth(), "lost") {
            let expected = if label == "bare future" { "suspect" } else { "leaked" };
            assert_eq!(verdicts[&address], expected, "{}: {label}", target.label());
        }
        let many = finding_of(&report, &target, "many");
        assert_eq!(many.len(), 1, "{}: {many:?}", target.label());
        let exception = &many[0]["exception"];
        assert_eq!(exception["type"], "__main__.Refused", "{}", target.label());
        assert_eq!(exception["retrieved"], false, "{}", target.label());
        assert_eq!(many[0]["qualname"], "fails", "{}", target.label());
        assert_eq!(many[0]["module"], "__main__", "{}", target.label());
        assert_eq!(many[0]["position"]["function"], "deep", "{}", target.label());
        assert!(many[0]["position"]["file"].as_str().is_some_and(|file| file.ends_with("lost.py")));
        let source = include_str!("targets/lost.py");
        let line = source.lines().position(|line| line.ends_with("# raised here")).map(|line| line + 1);
        assert_eq!(many[0]["position"]["line"].as_u64(), line.map(|line| line as u64), "{}", target.label());
        let mut told: Vec<_> = finding_of(&report, &target, "attribute")
            .iter()
            .map(|finding| {
                let text = |name: &str| finding["exception"][name].as_str().unwrap_or("-").to_owned();
                (text("type"), text("message"))
            })
            .collect();
        told.sort();
        let expected = [
            ("FileNotFoundError", "(2, 'No such file')"),
            ("KeyError", "'key'"),
            ("LookupError", "-"),
            ("ValueError", "text"),
        ];
        let expected = expected.map(|(name, message)| (name.to_owned(), message.to_owned()));
        assert_eq!(told, expected, "{}", target.label());
    }
}

#[test]
fn failed_tasks_that_only_their_own_traceback_holds() {
    for interpreter in interpreters::all() {
        let target = Target::start(&interpreter, "lost.py", &["garbage"]);
        let report = dump::report(target.pid(), LISTED);
        assert_found(&target, &report, |_| "task_exception_never_retrieved");
        let finding = finding_of(&report, &target, "own traceback")[0];
        assert_eq!(finding["verdict"], "leaked", "{}: {finding}", target.label());
        assert_eq!(finding["exception"]["message"], "1", "{}", target.label());
    }
}

#[test]
fn gathers_nobody_awaits() {
    for interpreter in interpreters::all() {
        let target = Target::start(&interpreter, "lost.py", &["gathers"]);
        let report = dump::report(target.pid(), LISTED);
        assert_found(&target, &report, |_| "gather_never_awaited");
        let finding = finding_of(&report, &target, "children only")[0];
        assert_eq!(finding["verdict"], "leaked", "{}", target.label());
        assert_eq!(finding["qualname"], "gather(parked, job)", "{}", target.label());
    }
}

#[test]
fn coroutines_as_results() {
    for interpreter in interpreters::all() {
        let target = Target::start(&interpreter, "lost.py", &["results"]);
        let report = dump::report(target.pid(), LISTED);
        assert_found(&target, &report, |_| "coroutine_as_result");
        for (label, word) in [
            ("lost task", "result of a task"),
            ("lost future", "result of a future"),
            ("lost concurrent future", "`concurrent.futures.Future`"),
        ] {
            let finding = finding_of(&report, &target, label)[0];
            assert!(finding["why"].as_str().is_some_and(|why| why.contains(word)), "{}: {finding}", target.label());
        }
    }
}

#[test]
fn tasks_of_loops_that_do_not_run() {
    for interpreter in interpreters::all() {
        let target = Target::start(&interpreter, "lost.py", &["loops"]);
        let report = dump::report(target.pid(), LISTED);
        assert_found(&target, &report, |label| {
            if label.starts_with("not begun") { "task_never_started" } else { "task_stranded" }
        });
        for (label, verdict) in [
            ("begun, loop closed", "leaked"),
            ("not begun, loop closed", "leaked"),
            ("not begun, loop does not run", "suspect"),
        ] {
            assert_eq!(finding_of(&report, &target, label)[0]["verdict"], verdict, "{}: {label}", target.label());
        }
    }
}

#[test]
fn a_task_that_waits_for_a_busy_loop_is_not_lost() {
    for interpreter in interpreters::all() {
        let target = Target::start(&interpreter, "lost.py", &["busy"]);
        let accused = accused(&dump::report(target.pid(), LISTED));
        let kinds: Vec<&String> = accused.values().collect();
        assert_eq!(kinds, ["event_loop_blocked"], "{}: {accused:?}", target.label());
    }
}

#[test]
fn tasks_of_a_thread_that_a_fork_left_behind() {
    for interpreter in interpreters::all() {
        let target = Target::start(&interpreter, "lost.py", &["forked"]);
        let child = target.truth()["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok()).expect("a pid");
        let report = dump::report(child, LISTED);
        assert_found(&target, &report, |label| {
            if label.starts_with("not begun") { "task_never_started" } else { "task_stranded" }
        });
        for finding in report.findings() {
            assert_eq!(finding["verdict"], "leaked", "{}", target.label());
        }
    }
}

#[test]
fn healthy_programs_have_lost_nothing() {
    for interpreter in interpreters::all() {
        for arguments in [&[][..], &["blocked"], &["queue"], &["slow"]] {
            let target = Target::start(&interpreter, "healthy.py", arguments);
            let mut accused = accused(&dump::report(target.pid(), LISTED));
            // That its loop stands in one callback is true, and is no lost thing.
            let mode = arguments.first().copied();
            accused.retain(|_, kind| mode != Some("blocked") || kind != "event_loop_blocked");
            assert!(accused.is_empty(), "{}: {accused:?}", target.label());
        }
    }
}

#[test]
fn all_modes_find_the_same() {
    for interpreter in interpreters::all() {
        for name in ["exceptions", "gathers", "results"] {
            let target = Target::start(&interpreter, "lost.py", &[name]);
            let lost = truth::labelled(target.truth(), "lost");
            for mode in ["verify", "frozen", "nonblocking"] {
                let report = dump::report(target.pid(), &[LISTED, &["--mode", mode, "--settle", "0s"]].concat());
                let accused = accused(&report);
                let missed: Vec<_> =
                    lost.iter().filter(|(address, _)| !accused.contains_key(address)).map(|(_, label)| label).collect();
                // They are old enough to be suspected at first sight.
                assert!(missed.is_empty(), "{}, {mode}: not found: {missed:?}", target.label());
                assert_eq!(accused.len(), lost.len(), "{}, {mode}: {accused:?}", target.label());
            }
        }
    }
}

#[test]
fn where_tasks_were_created_is_told_in_debug_mode() {
    for interpreter in interpreters::all() {
        let target = Target::start_with(&interpreter, &["PYTHONASYNCIODEBUG=1"], "lost.py", &["exceptions"]);
        let report = dump::report(target.pid(), LISTED);
        for finding in finding_of(&report, &target, "many") {
            let places = finding["created_at"].as_array().unwrap_or_else(|| panic!("{}: {finding}", target.label()));
            let told =
                |name: &str| places.iter().any(|place| place["function"] == name && place["evidence"] == "recorded");
            assert!(told("make_exceptions") && told("main"), "{}: {finding}", target.label());
        }
    }
}

#[test]
fn uvloop_programs_have_lost_nothing_else() {
    for interpreter in interpreters::with_uvloop() {
        let target = Target::start(&interpreter, "uvloop_target.py", &[]);
        let accused: Vec<u64> = accused(&dump::report(target.pid(), LISTED)).into_keys().collect();
        let leaks: Vec<u64> = truth::leaks(target.truth()).into_iter().collect();
        assert_eq!(accused, leaks, "{}", target.label());
    }
}
