//! `coroscope why` on every interpreter of this machine: which object is meant, who holds it, where the trouble begins, and how much it
//! keeps alive (`tests/targets/why.py`).

mod support;

use serde_json::Value;
use support::interpreters::{self, Interpreter};
use support::target::Target;

/// A path as a test writes it: its root, its words, and which of them are marked as the last sane holder and as the suspect.
type Told<'a> = (&'a str, Vec<&'a str>, Option<usize>, Option<usize>);

struct Asked {
    target: Target,
    label: String,
}

impl Asked {
    fn start(interpreter: &Interpreter) -> Self {
        Self { target: Target::start(interpreter, "why.py", &[]), label: interpreter.to_string() }
    }

    fn address(&self, name: &str) -> String {
        let address = self.target.truth()["objects"][name].as_u64().unwrap_or_else(|| panic!("{name}"));
        format!("{address:#x}")
    }

    fn run(&self, what: &str, words: &[&str]) -> (Option<i32>, Value, String) {
        let pid = self.target.pid().to_string();
        let mut command = support::dump::coroscope(&["why", &pid, what, "--json", "--settle", "0s"]);
        let output = command.args(words).output().expect("the program was built");
        let document = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        (output.status.code(), document, String::from_utf8_lossy(&output.stderr).into_owned())
    }

    fn why(&self, what: &str, words: &[&str]) -> Value {
        let (code, report, stderr) = self.run(what, words);
        assert_eq!(code, Some(0), "{}: {what}: {stderr}", self.label);
        assert_eq!(report["schema"], "coroscope.why/1", "{}: {what}", self.label);
        report
    }

    /// What holds the object of this name, by its address.
    fn of(&self, name: &str) -> Value {
        self.why(&self.address(name), &[])
    }

    fn failure(&self, what: &str, words: &[&str]) -> (String, String) {
        let (code, document, stderr) = self.run(what, words);
        assert_eq!(code, Some(2), "{}: {what}: {stderr}", self.label);
        assert_eq!(document["schema"], "coroscope.error/1", "{}: {what}", self.label);
        (document["error"]["kind"].as_str().unwrap().to_owned(), document["error"].to_string())
    }
}

/// The paths of a report, sorted by their words.
fn paths(report: &Value) -> Vec<Told<'_>> {
    let mut paths: Vec<Told<'_>> = report["paths"].as_array().unwrap().iter().map(told).collect();
    paths.sort();
    paths
}

fn told(path: &Value) -> Told<'_> {
    let steps = path["steps"].as_array().unwrap();
    let marked = |mark: &str| steps.iter().position(|step| step[mark] == true);
    let texts = steps.iter().map(|step| step["text"].as_str().unwrap()).collect();
    (path["root"].as_str().unwrap(), texts, marked("last_sane"), marked("suspect"))
}

fn numbers(report: &Value) -> (Option<u64>, u64, Option<u64>) {
    let references = &report["references"];
    (references["count"].as_u64(), references["found"].as_u64().unwrap(), references["not_found"].as_u64())
}

#[test]
fn each_way_is_told_and_marked() {
    for interpreter in interpreters::all() {
        let asked = Asked::start(&interpreter);
        let label = &asked.label;
        let counts = !interpreter.free_threaded;
        let expect = |name: &str, paths_expected: &[Told<'_>], found: u64| {
            let report = asked.of(name);
            assert_eq!(paths(&report), paths_expected, "{label}: {name}");
            if counts {
                assert_eq!(numbers(&report), (Some(found), found, Some(0)), "{label}: {name}");
            }
            assert_eq!(report["unreachable"], false, "{label}: {name}");
        };
        let main = "module __main__";
        expect("fetch 1", &[("module", vec![main, "global 'PENDING'", "list[1]"], Some(1), Some(2))], 1);
        expect(
            "held twice",
            &[
                (
                    "module",
                    vec![main, "global 'POOL'", "attribute 'jobs' of __main__.Pool", "list[0]"],
                    Some(1),
                    Some(2),
                ),
                (
                    "module",
                    vec![main, "global 'Pool'", "class attribute 'kept' of __main__.Pool", "dict['key']"],
                    Some(2),
                    Some(3),
                ),
            ],
            2,
        );
        expect(
            "attribute",
            &[("module", vec![main, "global 'POOL'", "attribute 'last' of __main__.Pool"], Some(1), Some(2))],
            1,
        );
        let of_task = asked.of("in a frame of a task");
        let told = paths(&of_task);
        let [(_, words, last_sane, suspect)] = &told[..] else { panic!("{label}: {told:?}") };
        let [.., local, item] = &words[..] else { panic!("{label}: {words:?}") };
        assert!(local.starts_with("local 'mine' in __main__.works()"), "{label}: {words:?}");
        assert_eq!((*item, *suspect), ("dict['k']", Some(words.len() - 1)), "{label}: {words:?}");
        assert_eq!(*last_sane, Some(words.len() - 2), "{label}: {words:?}");
        let running = asked.of("in a running frame");
        let told = paths(&running);
        let [("frame", words, Some(0), Some(1))] = &told[..] else { panic!("{label}: {told:?}") };
        assert!(words[0].starts_with("local 'here' in __main__.in_thread() at why.py:"), "{label}: {words:?}");
        assert!(words[0].contains("(running, "), "{label}: {words:?}");
        assert_eq!(words[1], "list[0]", "{label}");
        if counts {
            let report = asked.of("counted once more");
            assert_eq!(numbers(&report), (Some(2), 1, Some(1)), "{label}");
            let note = report["references"]["note"].as_str().unwrap();
            assert!(note.starts_with("1 reference was not found: "), "{label}: {note}");
            let garbage = asked.of("garbage");
            assert_eq!((&garbage["unreachable"], paths(&garbage)), (&Value::Bool(true), vec![]), "{label}");
        }
    }
}

#[test]
fn the_object_is_described() {
    for interpreter in interpreters::all() {
        let asked = Asked::start(&interpreter);
        let label = &asked.label;
        let report = asked.of("held twice");
        let object = &report["object"];
        for (field, expected) in
            [("type", "coroutine"), ("kind", "unawaited_held"), ("qualname", "many"), ("state", "created")]
        {
            assert_eq!(object[field], expected, "{label}: {object}");
        }
        assert_eq!(object["module"], "__main__", "{label}");
        assert!(object["definition"]["file"].as_str().unwrap().ends_with("why.py"), "{label}: {object}");
        let dumped = support::dump::report(asked.target.pid(), support::dump::EVERYTHING).0;
        let findings = dumped["findings"].as_array().unwrap();
        let finding = findings.iter().find(|finding| finding["qualname"] == "stored").unwrap();
        let stored = asked.of("stored");
        for field in ["kind", "verdict", "definition", "created_at"] {
            assert_eq!(stored["object"][field], finding[field], "{label}: {field}");
        }
        if !interpreter.free_threaded {
            // The coroutine, its frame (from 3.11 on an object because the target asked for it), the list and five strings; the other
            // list is held elsewhere.
            let retained = &object["retained"];
            assert_eq!((&retained["objects"], &retained["exact"]), (&8.into(), &true.into()), "{label}");
            assert!(retained["bytes"].as_u64().unwrap() > 5 * 2890, "{label}: {retained}");
        }
        let task = asked.of("task");
        assert_eq!((&task["object"]["qualname"], &task["object"]["state"]), (&"works".into(), &"pending".into()));
        let list = asked.of("list");
        assert_eq!((&list["object"]["type"], &list["object"]["kind"]), (&"list".into(), &Value::Null), "{label}");
        assert_eq!(paths(&list)[0].1[..2], ["module __main__", "global 'PENDING'"], "{label}");
    }
}

#[test]
fn an_object_is_named_by_its_finding() {
    for interpreter in interpreters::oldest_and_newest() {
        let asked = Asked::start(&interpreter);
        let label = &asked.label;
        let fetched: Vec<String> = (0..3).map(|number| asked.address(&format!("fetch {number}"))).collect();
        let chosen =
            |what: &str, words: &[&str]| asked.why(what, words)["object"]["address"].as_str().unwrap().to_owned();
        let mut all: Vec<String> =
            ["1", "2", "3"].iter().map(|number| chosen("fetch", &["--instance", number])).collect();
        all.sort();
        let mut expected = fetched.clone();
        expected.sort();
        assert_eq!(all, expected, "{label}: each once");
        assert!(fetched.contains(&chosen("__main__.fetch", &[])), "{label}");
        assert!(fetched.contains(&chosen("unawaited_held:fetch", &[])), "{label}");
        let decimal = u64::from_str_radix(fetched[1].trim_start_matches("0x"), 16).unwrap().to_string();
        assert_eq!(chosen(&decimal, &[]), fetched[1], "{label}");
        let one = asked.why("one.send", &[]);
        assert_eq!(one["object"]["module"], "one", "{label}");

        let (kind, error) = asked.failure("send", &[]);
        assert_eq!(kind, "usage", "{label}");
        assert!(
            error.contains("unawaited_held:one.send") && error.contains("unawaited_held:two.send"),
            "{label}: {error}"
        );
        assert_eq!(error.matches(&format!("coroscope why {} 0x", asked.target.pid())).count(), 2, "{label}: {error}");
        for (what, words) in [
            ("fetch", &["--instance", "4"][..]),
            ("etch", &[]),
            ("nobody", &[]),
            ("task_never_started:fetch", &[]),
            ("0x10000", &[]),
        ] {
            assert_eq!(asked.failure(what, words).0, "no_such_object", "{label}: {what}");
        }
        let inside = u64::from_str_radix(fetched[1].trim_start_matches("0x"), 16).unwrap() + 16;
        let (kind, error) = asked.failure(&format!("{inside:#x}"), &[]);
        assert_eq!(kind, "no_such_object", "{label}");
        assert!(error.contains(&format!("inside of the coroutine object at {}", fetched[1])), "{label}: {error}");
    }
}

#[test]
fn as_many_ways_as_wanted_and_to_a_file() {
    let asked = Asked::start(&interpreters::newest());
    let twice = asked.address("held twice");
    assert_eq!(asked.why(&twice, &["--paths", "1"])["paths"].as_array().map(Vec::len), Some(1));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("why-%p.json");
    let pid = asked.target.pid();
    let mut command = support::dump::coroscope(&["why", &pid.to_string(), &twice, "--settle", "0s", "-o"]);
    let output = command.arg(&file).output().unwrap();
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    let written = std::fs::read(folder.path().join(format!("why-{pid}.json"))).unwrap();
    let report: Value = serde_json::from_slice(&written).unwrap();
    assert_eq!(report["object"]["address"].as_str(), Some(twice.as_str()));
}
