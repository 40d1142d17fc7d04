//! Where coroutines were made, told from the code alone: against what the interpreter writes down when it is asked to, in a second
//! run of the same program. And calls that throw their coroutine away, against the source.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::dump::{self, EVERYTHING};
use support::interpreters::{self, Interpreter};
use support::target::Target;

/// A running target, and the folder it made for its programs, which goes with it.
struct Program {
    target: Target,
    folder: PathBuf,
}

impl Program {
    fn start(interpreter: &Interpreter, words: &[&str]) -> Self {
        let target = Target::start(interpreter, "call_sites.py", words);
        let folder = Path::new(target.truth()["folder"].as_str().unwrap());
        let root = interpreter.root.as_deref().unwrap_or(Path::new("/"));
        let folder = root.join(folder.strip_prefix("/").unwrap());
        Self { target, folder }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// File, line, function.
type Place = (String, u64, String);

/// Where each coroutine function's coroutines were made, as the interpreter wrote down.
fn truth(target: &Target) -> BTreeMap<String, BTreeSet<Place>> {
    let mut found: BTreeMap<String, BTreeSet<Place>> = BTreeMap::new();
    for item in target.truth()["origins"].as_array().unwrap() {
        let text = |at: usize| item[at].as_str().unwrap().to_owned();
        let place = (text(1), item[2].as_u64().unwrap(), text(3));
        found.entry(text(0)).or_default().insert(place);
    }
    found
}

/// Where they were made, as the code tells: no answer is no entry.
fn told(report: &dump::Report) -> BTreeMap<String, BTreeSet<Place>> {
    let mut found: BTreeMap<String, BTreeSet<Place>> = BTreeMap::new();
    for finding in report.unawaited() {
        let places = finding["created_at"].as_array().into_iter().flatten();
        // The function that holds it is named where the code does not tell.
        for place in places.filter(|place| place["evidence"] != "holder") {
            assert_eq!(place["evidence"], "call_site", "{finding}");
            let file = place["file"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
            let function = place["function"].as_str().unwrap().rsplit('.').next().unwrap().to_owned();
            let qualname = finding["qualname"].as_str().unwrap().to_owned();
            found.entry(qualname).or_default().insert((file, place["line"].as_u64().unwrap(), function));
        }
    }
    found
}

#[test]
fn places_of_creation_are_told_from_the_code() {
    for interpreter in interpreters::all() {
        let recorded = truth(&Program::start(&interpreter, &["recorded"]).target);
        let program = Program::start(&interpreter, &[]);
        let target = &program.target;
        let report = dump::report(target.pid(), EVERYTHING);
        let told = told(&report);
        assert!(recorded.len() >= 25, "{interpreter}: {recorded:?}");
        let (mut exact, mut missing) = (0, Vec::new());
        // One that runs is no finding.
        for (qualname, places) in recorded.iter().filter(|(qualname, _)| *qualname != "by_variable") {
            match told.get(qualname) {
                Some(found) if found == places => exact += 1,
                Some(found) if found.len() == 1 => panic!("{interpreter}: {qualname}: {found:?}, not {places:?}"),
                Some(found) => {
                    assert!(found.is_superset(places), "{interpreter}: {qualname}: {found:?}, not {places:?}");
                    missing.push(qualname);
                }
                None => missing.push(qualname),
            }
        }
        // Of `several_places` the code tells two, and of the rest nearly all.
        assert!(missing.len() <= 2, "{interpreter}: exact {exact}, without an answer: {missing:?}");
        assert!(told.get("several_places").is_some_and(|places| places.len() == 2), "{interpreter}: {told:?}");
        if interpreter.at_least(11) {
            let with_column = report.named("stored").any(|finding| finding["created_at"][0]["column"] == 17);
            assert!(with_column, "{interpreter}: {:?}", report.named("stored").collect::<Vec<_>>());
        }
    }
}

#[test]
fn there_is_no_wrong_answer_where_the_code_does_not_tell() {
    for interpreter in interpreters::all() {
        for (traps, least) in [("traps", 12), ("names", 2)] {
            let recorded = truth(&Program::start(&interpreter, &["recorded", traps]).target);
            let program = Program::start(&interpreter, &[traps]);
            let target = &program.target;
            let told = told(&dump::report(target.pid(), EVERYTHING));
            assert!(recorded.len() >= least, "{interpreter}: {recorded:?}");
            for (qualname, found) in &told {
                let places = recorded.get(qualname).unwrap_or_else(|| panic!("{interpreter}: no {qualname} was made"));
                assert!(found.is_superset(places), "{interpreter}: {qualname}: {found:?}, not {places:?}");
            }
        }
    }
}

#[test]
fn calls_that_throw_their_coroutine_away_are_found_and_no_others() {
    for interpreter in interpreters::all() {
        let program = Program::start(&interpreter, &[]);
        let target = &program.target;
        let report = dump::report(target.pid(), EVERYTHING);
        let discarded: Vec<&Value> =
            report.findings().iter().filter(|finding| finding["kind"] == "discarded_call_site").collect();
        let lines_in = |file: &str| -> BTreeSet<u64> {
            let of_file = discarded.iter().filter(|one| one["position"]["file"].as_str().unwrap().ends_with(file));
            of_file.map(|one| one["position"]["line"].as_u64().unwrap()).collect()
        };
        let expected: BTreeSet<u64> =
            target.truth()["discarded"].as_array().unwrap().iter().filter_map(Value::as_u64).collect();
        assert_eq!(lines_in("/discards.py"), expected, "{interpreter}");
        let installed: Vec<_> = discarded.iter().filter(|one| one["distribution"] == "thirdparty").collect();
        assert_eq!(installed.len(), 1, "{interpreter}: {discarded:?}");
        assert_eq!(installed[0]["qualname"], "forgotten");
        let others = discarded.iter().filter(|one| {
            let file = one["position"]["file"].as_str().unwrap();
            !file.ends_with("/discards.py") && !file.contains("/site-packages/")
        });
        assert_eq!(others.count(), 0, "{interpreter}: {discarded:?}");
        if interpreter.at_least(13) {
            for (callee, told) in [("inner", "has run"), ("job", "has not run yet")] {
                let in_nested = |one: &&&Value| one["position"]["function"] == "nested";
                let wanted = |one: &&&Value| {
                    one["qualname"].as_str().unwrap().ends_with(callee) && (callee == "job" || in_nested(one))
                };
                let why: Vec<_> = discarded.iter().filter(wanted).map(|one| one["why"].as_str().unwrap()).collect();
                assert!(!why.is_empty() && why.iter().all(|why| why.contains(told)), "{interpreter}: {why:?}");
            }
        }
        // Off when it is not wanted.
        let without = dump::report(target.pid(), &[EVERYTHING, &["--no-call-sites"]].concat());
        assert!(told(&without).is_empty());
        assert!(without.findings().iter().all(|finding| finding["kind"] != "discarded_call_site"));
    }
}

#[test]
fn the_standard_library_throws_no_coroutine_away_but_where_its_source_does() {
    for interpreter in interpreters::all() {
        let target = Target::start(&interpreter, "bytecode.py", &["statements"]);
        let report = dump::report(target.pid(), EVERYTHING);
        assert_eq!(report.0["look"]["complete"], true, "{interpreter}: {}", report.0["look"]);
        for finding in report.findings().iter().filter(|finding| finding["kind"] == "discarded_call_site") {
            let position = &finding["position"];
            let statements = &target.truth()["statements"][position["file"].as_str().unwrap()];
            let is_statement = statements.as_array().is_some_and(|lines| lines.contains(&position["line"]));
            assert!(is_statement, "{interpreter}: {finding}");
        }
    }
}
