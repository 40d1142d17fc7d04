//! Whose code findings and tasks are: against folders made as installers make them, and against what `importlib.metadata` says of packages that are
//! really installed.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use support::dump::{self, EVERYTHING, Report};
use support::interpreters::{self, Interpreter};
use support::target::Target;

/// A running target, and the folder it made, which goes with it.
struct Program {
    target: Target,
    folder: PathBuf,
}

impl Program {
    fn start(interpreter: &Interpreter, words: &[&str]) -> Self {
        let target = Target::start(interpreter, "attribution.py", words);
        let root = interpreter.root.as_deref().unwrap_or(Path::new("/"));
        let folder = root.join(target.truth()["folder"].as_str().unwrap().trim_start_matches('/'));
        Self { target, folder }
    }

    fn report(&self, words: &[&str]) -> Report {
        dump::report(self.target.pid(), &[EVERYTHING, words].concat())
    }

    fn text(&self, words: &[&str]) -> String {
        let pid = self.target.pid().to_string();
        let output = dump::coroscope(&[&["dump", &pid, "--settle", "0s"], words].concat()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn whose(value: &Value) -> Value {
    json!([value["belongs_to"], value["distribution"], value["distribution_version"]])
}

fn names<'a>(findings: impl Iterator<Item = &'a Value>) -> BTreeSet<String> {
    findings.map(|finding| finding["qualname"].as_str().unwrap().rsplit('.').next().unwrap().to_owned()).collect()
}

fn set<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

/// The cases that are the program's own.
fn own() -> BTreeSet<String> {
    set(["three", "mine", "editable", "local", "beside", "from_text"])
}

#[test]
fn findings_say_whose_they_are() {
    for interpreter in interpreters::all() {
        for words in [&["tree"][..], &["tree", "recorded"]] {
            let program = Program::start(&interpreter, words);
            let report = program.report(&[]);
            let expected = program.target.truth()["expected"].as_object().unwrap();
            assert!(expected.len() >= 14, "{expected:?}");
            for (name, expected) in expected {
                let mut found = report.unawaited().filter(|finding| finding["qualname"] == *name).peekable();
                assert!(found.peek().is_some(), "{interpreter}: no {name}");
                found.for_each(|finding| assert_eq!(whose(finding), *expected, "{interpreter} {words:?}: {finding}"));
            }
            let call = report.findings().iter().find(|finding| finding["kind"] == "discarded_call_site").unwrap();
            assert_eq!(whose(call), json!(["installed", "Listed", "1.0"]), "{interpreter}: {call}");
            assert_eq!(call["created_at"][0]["belongs_to"], "installed", "{interpreter}: {call}");
            assert_eq!(report.0["findings_omitted"], 0);
        }
    }
}

#[test]
fn mine_is_own_code_and_what_it_made() {
    for interpreter in interpreters::all() {
        for words in [&["tree"][..], &["tree", "recorded"]] {
            let program = Program::start(&interpreter, words);
            let all = program.report(&[]);
            let report = program.report(&["--mine"]);
            let coroutines = report.unawaited();
            // Made by own code, of a package's function and of the standard library's.
            let expected = &own() | &set(["close", "sleep"]);
            assert_eq!(names(coroutines), expected, "{interpreter} {words:?}");
            let sleeps = |report: &Report| report.unawaited().filter(|finding| finding["qualname"] == "sleep").count();
            // What the package made of the same function is not.
            let recorded = words.contains(&"recorded");
            assert_eq!((sleeps(&all), sleeps(&report)), (if recorded { 2 } else { 1 }, 1), "{interpreter} {words:?}");
            let omitted = all.findings().len() - report.findings().len();
            assert!(omitted >= 8, "{interpreter}");
            assert_eq!(report.0["findings_omitted"], omitted, "{interpreter}");
            assert_eq!(report.0["summary"]["findings"], all.0["summary"]["findings"], "{interpreter}");
            assert!(report.findings().iter().all(|finding| finding["kind"] != "discarded_call_site"), "{interpreter}");
        }
    }
}

#[test]
fn findings_of_one_package() {
    for interpreter in interpreters::oldest_and_newest() {
        let program = Program::start(&interpreter, &["tree"]);
        let of = |words: &[&str]| names(program.report(words).unawaited());
        assert_eq!(of(&["--distribution", "SHARED.one"]), set(["one"]), "{interpreter}");
        assert_eq!(of(&["--distribution", "listed", "--distribution", "local"]), set(["listed", "close", "local"]));
        assert_eq!(of(&["--distribution", "local", "--distribution", "vendored", "--mine"]), set(["local"]));
        assert_eq!(of(&["--distribution", "editable"]), set([]), "what is installed in place is nobody's package");

        // Calls that throw their coroutine away, of others: off the first screen, unless they are asked for.
        let call = "overlooked";
        let text = program.text(&[]);
        assert!(!text.contains(call) && text.contains("in code of others  --all lists them"), "{text}");
        for words in [&["--distribution", "listed"][..], &["--by", "distribution"], &["--all"]] {
            let text = program.text(words);
            assert!(text.contains(call) && text.contains("[Listed 1.0]"), "{words:?}: {text}");
        }
        let text = program.text(&["--by", "distribution", "--all"]);
        let at = |line: &str| text.find(line).unwrap_or_else(|| panic!("{line:?} is not in\n{text}"));
        assert!(
            at("\nyour code  ") < at("\nListed 1.0  ") && at("\nListed 1.0  ") < at("\nstandard library  "),
            "{text}"
        );
        let mine = program.text(&["--mine", "--all"]);
        assert!(mine.contains("Only what was asked for (`--mine`) is listed: "), "{mine}");
    }
}

#[test]
fn tasks_say_whose_they_are() {
    for interpreter in interpreters::all() {
        let program = Program::start(&interpreter, &["tree"]);
        let tasks = |words: &[&str]| -> BTreeMap<u64, Value> {
            let pid = program.target.pid().to_string();
            let output = dump::coroscope(&[&["tasks", "--json", &pid], words].concat()).output().unwrap();
            let report: Value = serde_json::from_slice(&output.stdout).unwrap();
            let tasks = report["tasks"].as_array().unwrap().iter();
            tasks
                .filter(|task| task["state"] == "pending")
                .map(|task| (dump::address(&task["address"]), whose(task)))
                .collect()
        };
        let truth = program.target.truth()["tasks"].as_array().unwrap();
        let expected: BTreeMap<u64, Value> =
            truth.iter().map(|task| (task[0].as_u64().unwrap(), json!([task[1], task[2], task[3]]))).collect();
        assert_eq!(tasks(&[]), expected, "{interpreter}");
        let only = |keep: fn(&Value) -> bool| -> BTreeMap<u64, Value> {
            expected.clone().into_iter().filter(|(_, whose)| keep(whose)).collect()
        };
        assert_eq!(tasks(&["--mine"]), only(|whose| whose[0] == "own"), "{interpreter}");
        assert_eq!(tasks(&["--distribution", "listed"]), only(|whose| whose[1] == "Listed"), "{interpreter}");
        assert_eq!(tasks(&["--distribution", "nobody"]), BTreeMap::new(), "{interpreter}");
    }
}

#[test]
fn packages_that_are_really_installed() {
    for interpreter in interpreters::with_frameworks() {
        let program = Program::start(&interpreter, &["installed"]);
        let report = program.report(&["--no-call-sites"]);
        let found: BTreeMap<u64, Value> = report
            .unawaited()
            .flat_map(|finding| {
                let instances = finding["instances"].as_array().into_iter().flatten();
                instances.map(|instance| (dump::address(&instance["address"]), whose(finding)))
            })
            .collect();
        let truth = program.target.truth()["coroutines"].as_array().unwrap();
        let expected: BTreeMap<u64, Value> =
            truth.iter().map(|one| (one[0].as_u64().unwrap(), json!([one[1], one[2], one[3]]))).collect();
        let packages: BTreeSet<String> = expected.values().map(|whose| whose[1].to_string()).collect();
        assert!(expected.len() >= 50 && packages.len() >= 6, "{interpreter}: {packages:?}");
        let wrong: Vec<_> = expected.iter().filter(|(address, whose)| found.get(address) != Some(whose)).collect();
        assert!(wrong.is_empty(), "{interpreter}: not as expected: {wrong:?}");
        assert_eq!(found.len(), expected.len(), "{interpreter}");

        // It is not known who called them: none is taken for somebody else's.
        let mine = program.report(&["--no-call-sites", "--mine"]);
        assert_eq!(mine.findings().len(), report.findings().len(), "{interpreter}");
    }
}
