//! The JSON document of `arm` and `disarm`: what it says was done is what the target sees.

mod support;

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStderr, Stdio};

use coroscope::report::schemas;
use nix::sys::signal::{Signal, kill};
use serde_json::Value;
use support::interpreters::{self, Interpreter};
use support::target::Target;
use support::{dump, health};

/// A `coroscope arm --json` that is at work.
struct Arm {
    child: Child,
    stderr: BufReader<ChildStderr>,
}

impl Arm {
    /// Starts it, and waits until it says that it has armed the target.
    fn start(target: &Target, words: &[&str]) -> Self {
        let mut child = dump::coroscope(&["arm", &target.pid().to_string(), "--json"])
            .args(words)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program was built");
        let mut stderr = BufReader::new(child.stderr.take().expect("stderr is a pipe"));
        let mut said = String::new();
        while !said.contains("\narmed: ") {
            let read = stderr.read_line(&mut said).expect("stderr is text");
            assert!(read > 0, "{}: {said}", target.label());
        }
        Self { child, stderr }
    }

    fn stop(self, signal: Signal) -> (Option<i32>, Value) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).expect("a pid fits"));
        kill(pid, signal).expect("our own child can be signalled");
        self.end()
    }

    /// Waits for its end; exit code and document.
    fn end(mut self) -> (Option<i32>, Value) {
        let mut said = String::new();
        self.stderr.read_to_string(&mut said).expect("stderr is text");
        let output = self.child.wait_with_output().expect("our own child");
        (output.status.code(), document(&output.stdout, &said))
    }
}

fn run(words: &[&str]) -> (Option<i32>, Value) {
    let output = dump::coroscope(words).output().expect("the program was built");
    (output.status.code(), document(&output.stdout, &String::from_utf8_lossy(&output.stderr)))
}

/// The one document on stdout, which obeys its schema.
fn document(stdout: &[u8], said: &str) -> Value {
    let document: Value = serde_json::from_slice(stdout)
        .unwrap_or_else(|error| panic!("{error}: {:?}; {said}", String::from_utf8_lossy(stdout)));
    let name = if document["schema"] == "coroscope.arm/1" { "arm.schema.json" } else { "error.schema.json" };
    let schema = schemas().into_iter().find(|(file, _)| *file == name).expect("one of ours").1;
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?} in {document}");
    document
}

fn target(interpreter: &Interpreter, words: &[&str]) -> Target {
    Target::start(interpreter, "arming.py", words)
}

fn of_each<'a>(document: &'a Value, field: &str) -> Vec<&'a Value> {
    document["threads"].as_array().expect("threads").iter().map(|thread| &thread[field]).collect()
}

fn depths(target: &mut Target) -> (i64, i64) {
    let depths = target.ask("depths");
    (depths["first"].as_i64().expect("a number"), depths["second"].as_i64().expect("a number"))
}

#[test]
fn what_was_armed_and_what_was_restored() {
    for interpreter in interpreters::all() {
        let mut target = target(&interpreter, &[]);
        let arm = Arm::start(&target, &["--depth", "3"]);
        target.ask("start");
        health::wait_until("the new thread is armed", || !target.ask("make")["thread 0"]["origin"].is_null());
        let (code, document) = arm.stop(Signal::SIGINT);
        let label = target.label();
        assert_eq!((code, &document["outcome"]), (Some(0), &"restored".into()), "{label}: {document}");
        assert_eq!((&document["verb"], &document["pid"]), (&"arm".into(), &target.pid().into()), "{label}");
        assert_eq!((&document["depth"], &document["error"]), (&3.into(), &Value::Null), "{label}: {document}");
        assert_eq!(of_each(&document, "outcome"), ["restored"; 3], "{label}: {document}");
        assert_eq!(of_each(&document, "before"), [0; 3], "{label}: {document}");
        assert_eq!(of_each(&document, "started_meanwhile"), [false, false, true], "{label}: {document}");
        let count = |field: &str| document["coroutines"][field].as_u64().expect("a number");
        assert!(count("with_origin") >= 3 && count("all") > count("with_origin"), "{label}: {document}");
        assert_eq!(depths(&mut target), (0, 0), "{}", target.label());
        health::assert_unharmed(&mut target);
    }
}

#[test]
fn what_was_left_armed_and_then_disarmed() {
    for interpreter in interpreters::all() {
        let mut target = target(&interpreter, &[]);
        let pid = target.pid().to_string();
        let (code, armed) = run(&["arm", &pid, "--leave", "--json"]);
        assert_eq!((code, &armed["outcome"]), (Some(0), &"left_armed".into()), "{}: {armed}", target.label());
        assert_eq!(of_each(&armed, "outcome"), ["armed"; 2], "{}: {armed}", target.label());
        assert_eq!(depths(&mut target), (10, 10), "{}", target.label());
        target.ask("set_depth 2");

        let (code, failure) = run(&["arm", &pid, "--json"]);
        assert_eq!(code, Some(2), "{}: {failure}", target.label());
        assert_eq!(failure["schema"], "coroscope.error/1", "{}", target.label());
        assert_eq!((&failure["error"]["kind"], &failure["error"]["pid"]), (&"refused".into(), &target.pid().into()));

        let (code, disarmed) = run(&["disarm", &pid, "--depth", "2", "--json"]);
        assert_eq!((code, &disarmed["outcome"]), (Some(0), &"disarmed".into()), "{}: {disarmed}", target.label());
        let mut threads: Vec<(i64, &str)> = disarmed["threads"]
            .as_array()
            .unwrap()
            .iter()
            .map(|thread| (thread["before"].as_i64().unwrap(), thread["outcome"].as_str().unwrap()))
            .collect();
        threads.sort_unstable();
        assert_eq!(threads, [(2, "unchanged"), (10, "disarmed")], "{}: {disarmed}", target.label());
        let mut places = [of_each(&armed, "address"), of_each(&disarmed, "address")];
        places.iter_mut().for_each(|places| places.sort_by_key(|place| dump::address(place)));
        assert_eq!(places[0], places[1], "{}: the same words were written to", target.label());
        assert_eq!(depths(&mut target), (2, 2), "{}", target.label());
        health::assert_unharmed(&mut target);
    }
}

#[test]
fn what_went_otherwise_than_planned() {
    for interpreter in interpreters::oldest_and_newest() {
        let mut changed = target(&interpreter, &[]);
        let arm = Arm::start(&changed, &["--duration", "1h"]);
        changed.ask("set_depth 4");
        let child = changed.ask("fork")["child"].clone();
        let (code, document) = arm.stop(Signal::SIGTERM);
        assert_eq!((code, &document["error"]["kind"]), (Some(143), &"interrupted".into()), "{document}");
        assert_eq!(document["outcome"], "restored", "{document}");
        let mut outcomes = of_each(&document, "outcome");
        outcomes.sort_by_key(ToString::to_string);
        assert_eq!(outcomes, ["changed", "restored"], "{document}");
        assert!(of_each(&document, "found").contains(&&4.into()), "{document}");
        // The thread that forks had its depth changed before, so the child has none of ours.
        assert_eq!(document["forked"], Value::from(Vec::<i32>::new()), "{child}: {document}");
        health::assert_unharmed(&mut changed);

        let mut forking = target(&interpreter, &[]);
        let arm = Arm::start(&forking, &[]);
        let child = forking.ask("fork")["child"].clone();
        let (code, document) = arm.stop(Signal::SIGINT);
        assert_eq!((code, &document["forked"]), (Some(0), &Value::from(vec![child])), "{document}");

        let ending = target(&interpreter, &[]);
        let arm = Arm::start(&ending, &[]);
        drop(ending);
        let (code, document) = arm.end();
        assert_eq!((code, &document["outcome"]), (Some(2), &"target_ended".into()), "{document}");
        assert_eq!(document["error"]["kind"], "process_gone", "{document}");
        assert_eq!(of_each(&document, "outcome"), ["ended"; 2], "{document}");
        assert_eq!(document["coroutines"], Value::Null, "{document}");
    }
}
