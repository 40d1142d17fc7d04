//! What Python has warned about already, and filters that hide it.

mod support;

use serde_json::Value;
use support::target::Target;
use support::{dump, health, interpreters};

fn of_kind<'a>(report: &'a dump::Report, kind: &str) -> Vec<&'a Value> {
    report.findings().iter().filter(|finding| finding["kind"] == kind).collect()
}

/// Text and line of each warning in a report, as the target tells its own.
fn warnings(report: &dump::Report) -> Value {
    let mut found: Vec<(String, i64)> = of_kind(report, "discarded_already")
        .into_iter()
        .map(|finding| {
            let warning = &finding["warning"];
            assert_eq!(warning["module"], "__main__");
            (warning["text"].as_str().unwrap_or_default().to_owned(), warning["line"].as_i64().unwrap_or_default())
        })
        .collect();
    found.sort();
    found.into_iter().map(|(text, line)| Value::from(vec![Value::from(text), Value::from(line)])).collect()
}

#[test]
fn coroutines_that_are_gone() {
    for interpreter in interpreters::all() {
        let mut target = Target::start(&interpreter, "discarded.py", &["default"]);
        let report = dump::report(target.pid(), dump::EVERYTHING);
        assert_eq!(target.truth()["remembered"].as_array().map(Vec::len), Some(2), "{}", target.label());
        assert_eq!(warnings(&report), target.truth()["remembered"], "{}", target.label());
        let lost = report.named("lost").next().expect("a finding");
        assert_eq!(lost["definition"]["line"], target.truth()["defined"], "{}", target.label());
        assert_eq!((lost["created_at"].is_null(), &lost["verdict"]), (true, &Value::from("leaked")));
        assert!(!lost["why"].as_str().unwrap_or_default().contains("filters have changed"), "{lost}");
        assert!(report.named("App.send").next().is_some_and(|send| send["definition"].is_null()));
        assert_eq!(of_kind(&report, "warnings_suppressed"), [] as [&Value; 0]);

        let remembered = target.ask("stale")["remembered"].clone();
        let report = dump::report(target.pid(), dump::EVERYTHING);
        assert_eq!(warnings(&report), remembered, "{}", target.label());
        for finding in of_kind(&report, "discarded_already") {
            assert!(finding["why"].as_str().unwrap_or_default().contains("filters have changed"), "{finding}");
        }
        health::assert_unharmed(&mut target);
    }
}

#[test]
fn a_warning_that_says_where_it_was_created() {
    for interpreter in interpreters::all() {
        let target = Target::start(&interpreter, "discarded.py", &["tracked"]);
        let report = dump::report(target.pid(), dump::EVERYTHING);
        assert_eq!(warnings(&report), target.truth()["remembered"], "{}", target.label());
        let created = &report.named("App.send").next().expect("a finding")["created_at"];
        assert_eq!(created[0]["line"], target.truth()["last_line"], "{}: {created}", target.label());
        assert_eq!((&created[0]["function"], &created[0]["evidence"]), (&"throw".into(), &"recorded".into()));
        assert_eq!(created.as_array().map(Vec::len), Some(2), "{created}");
    }
}

#[test]
fn a_filter_that_hides_them() {
    for interpreter in interpreters::all() {
        let target = Target::start(&interpreter, "discarded.py", &["ignore"]);
        let report = dump::report(target.pid(), dump::EVERYTHING);
        assert_eq!(warnings(&report), target.truth()["remembered"], "{}", target.label());
        let filters = of_kind(&report, "warnings_suppressed");
        assert_eq!(filters.len(), 1, "{}", target.label());
        assert_eq!((&filters[0]["qualname"], &filters[0]["verdict"]), (&"ignore::Warning".into(), &"suspect".into()));
    }
}
