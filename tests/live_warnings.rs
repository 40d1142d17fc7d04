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
            assert_eq!(warning["module"], "__main__", "{warning}");
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
        assert_eq!(target.truth()["remembered"].as_array().map(Vec::len), Some(3), "{}", target.label());
        assert_eq!(warnings(&report), target.truth()["remembered"], "{}", target.label());
        let lost = report.named("lost").next().expect("a finding");
        assert_eq!(lost["definition"]["line"], target.truth()["defined"], "{}", target.label());
        assert_eq!((lost["created_at"].is_null(), &lost["verdict"]), (true, &Value::from("leaked")));
        assert!(!lost["why"].as_str().unwrap_or_default().contains("filters have changed"), "{lost}");
        // A method, which is no name of the module.
        let send = report.named("App.send").next().expect("a finding");
        assert_eq!(send["definition"]["line"], target.truth()["defined_method"], "{}: {send}", target.label());
        assert_eq!(send["module"], "__main__", "{send}");
        // Two functions of one name are told apart by nobody.
        assert!(report.named("twice.<locals>.same").next().is_some_and(|twice| twice["definition"].is_null()));
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

#[test]
fn filters_that_hide_some_of_them() {
    for interpreter in interpreters::all() {
        let target = Target::start(&interpreter, "discarded.py", &["some"]);
        let report = dump::report(target.pid(), dump::EVERYTHING);
        assert_eq!(warnings(&report), target.truth()["remembered"], "{}", target.label());
        let filters = of_kind(&report, "warnings_suppressed");
        let names: Vec<&str> = filters.iter().map(|filter| filter["qualname"].as_str().unwrap()).collect();
        let expected = [r"ignore:coroutine 'Other\.:RuntimeWarning", "ignore::RuntimeWarning:tru[a-z]+$"];
        assert_eq!(names, expected, "{}", target.label());
        let why = |at: usize| filters[at]["why"].as_str().unwrap();
        for (at, part) in [
            (0, "of coroutines with certain names"),
            (0, "Except where a filter before it decides: `always:coroutine 'Other.shown':RuntimeWarning`."),
            (1, "in module truth:"),
            (1, "The program has set it"),
        ] {
            assert!(why(at).contains(part), "{}: {part:?} is not in {}", target.label(), why(at));
        }
    }
}

#[test]
fn filters_that_were_given_from_outside() {
    for interpreter in interpreters::all() {
        for (words, filter, option) in [
            (&["-W", "ignore::RuntimeWarning"][..], "ignore::RuntimeWarning", "ignore::RuntimeWarning"),
            (&["PYTHONWARNINGS=i"], "ignore::Warning", "i"),
            (&["-X", "dev", "-W", "ignore:coroutine"], "ignore:coroutine:Warning", "ignore:coroutine"),
        ] {
            let target = Target::start_with(&interpreter, words, "discarded.py", &["default"]);
            let report = dump::report(target.pid(), dump::EVERYTHING);
            let filters = of_kind(&report, "warnings_suppressed");
            let found: Vec<_> = filters.iter().map(|found| &found["qualname"]).collect();
            assert_eq!(found, [filter], "{}", target.label());
            let why = filters[0]["why"].as_str().unwrap();
            let said = format!("It is from `-W` or PYTHONWARNINGS: `sys.warnoptions` has `{option}`.");
            assert!(why.contains(&said), "{}: {why}", target.label());
            let is_dev = words.contains(&"dev");
            assert_eq!(why.contains("Development mode is on"), is_dev, "{}: {why}", target.label());
            let runtime = &report.0["runtime"];
            assert_eq!(runtime["dev_mode"], is_dev, "{}: {runtime}", target.label());
            assert!(runtime["warning_options"].as_array().unwrap().contains(&option.into()), "{runtime}");
        }
        let target = Target::start_with(&interpreter, &["-X", "dev"], "discarded.py", &["default"]);
        let report = dump::report(target.pid(), dump::EVERYTHING);
        assert_eq!(of_kind(&report, "warnings_suppressed"), [] as [&Value; 0], "{}", target.label());
    }
}

#[test]
fn warnings_that_are_remembered_for_the_whole_process() {
    for interpreter in interpreters::all() {
        let target = Target::start(&interpreter, "discarded.py", &["once"]);
        let report = dump::report(target.pid(), dump::EVERYTHING);
        let discarded = of_kind(&report, "discarded_already");
        let named = |name: &str| -> Vec<&Value> {
            discarded.iter().filter(|found| found["qualname"] == name).map(|found| &found["warning"]).collect()
        };
        assert_eq!(discarded.len(), 4, "{}: {discarded:?}", target.label());
        // The interpreter's own are remembered by the module, as ever; that one is given once more makes no second finding.
        for (name, text, line) in target.truth()["remembered"].as_array().unwrap().iter().map(|one| {
            let text = one[0].as_str().unwrap();
            (text.split('\'').nth(1).unwrap(), text, &one[1])
        }) {
            let found = named(name);
            assert_eq!(found.len(), 1, "{}: {name}", target.label());
            assert_eq!((&found[0]["text"], &found[0]["line"]), (&text.into(), line), "{}", target.label());
        }
        let vanished = named("vanished");
        assert_eq!(vanished.len(), 1, "{}: {discarded:?}", target.label());
        assert_eq!((&vanished[0]["module"], &vanished[0]["line"]), (&Value::Null, &Value::Null), "{vanished:?}");
        let output = dump::coroscope(&["dump", &target.pid().to_string(), "--all", "--settle", "0s"]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("line unknown: recorded once for the whole process"), "{}: {text}", target.label());
    }
}
