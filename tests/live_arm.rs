//! Arming: what is created meanwhile carries its origin, the target goes on, and every thread gets its old depth back, however it ends.

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStderr, Output, Stdio};

use coroscope::arm::{self, Settings};
use coroscope::process::Pid;
use nix::sys::signal::{Signal, kill};
use serde_json::Value;
use support::interpreters::{self, Interpreter};
use support::target::Target;
use support::{dump, health};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn run(words: &[&str]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = dump::coroscope(words).output().expect("the program was built");
    (status.code(), text(&stderr))
}

/// A `coroscope arm` that is at work.
struct Arm {
    child: Child,
    stderr: BufReader<ChildStderr>,
    said: String,
}

impl Arm {
    /// Starts it, and waits until it says that it has armed the target.
    fn start(target: &Target, words: &[&str]) -> Self {
        let pid = target.pid().to_string();
        let mut child = dump::coroscope(&["arm", &pid])
            .args(words)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program was built");
        let stderr = BufReader::new(child.stderr.take().expect("stderr is a pipe"));
        let mut arm = Self { child, stderr, said: String::new() };
        while !arm.said.contains("\narmed: ") {
            let read = arm.stderr.read_line(&mut arm.said).expect("stderr is text");
            assert!(read > 0, "{}: {}", target.label(), arm.said);
        }
        arm
    }

    fn send(&self, signal: Signal) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).expect("a pid fits"));
        kill(pid, signal).expect("our own child can be signalled");
    }

    /// Waits for its end; exit code and all it said.
    fn end(mut self) -> (Option<i32>, String) {
        self.stderr.read_to_string(&mut self.said).expect("stderr is text");
        let status = self.child.wait().expect("our own child");
        (status.code(), self.said)
    }

    fn stop(self, signal: Signal) -> (Option<i32>, String) {
        self.send(signal);
        self.end()
    }
}

fn target(interpreter: &Interpreter, words: &[&str]) -> Target {
    Target::start(interpreter, "arming.py", words)
}

/// The depths of the first and the second loop's thread.
fn depths(target: &mut Target) -> (i64, i64) {
    let depths = target.ask("depths");
    (depths["first"].as_i64().expect("a number"), depths["second"].as_i64().expect("a number"))
}

/// Makes a coroutine in each thread: address and `cr_origin` by thread.
fn make(target: &mut Target) -> BTreeMap<String, (u64, Value)> {
    let made = target.ask("make");
    let facts = |value: &Value| (value["address"].as_u64().expect("an address"), value["origin"].clone());
    made.as_object().expect("threads").iter().map(|(thread, value)| (thread.clone(), facts(value))).collect()
}

fn assert_all_recorded(target: &Target, made: &BTreeMap<String, (u64, Value)>, depth: usize) {
    for (thread, (_, origin)) in made {
        let frames = origin.as_array().unwrap_or_else(|| panic!("{}: no origin in {thread}", target.label()));
        assert!((1..=depth).contains(&frames.len()), "{}: {origin}", target.label());
        let call = &frames[0];
        assert_eq!(call[0], target.truth()["file"], "{}: {thread}", target.label());
        assert_eq!(call[1], target.truth()["line"], "{}: {thread}", target.label());
        assert_eq!(call[2], "create", "{}: {thread}", target.label());
    }
}

fn assert_none_recorded(target: &Target, made: &BTreeMap<String, (u64, Value)>) {
    assert!(made.values().all(|(_, origin)| origin.is_null()), "{}: {made:?}", target.label());
}

/// Places of creation in a report, by address of the coroutine: innermost first, as `cr_origin` has them.
fn recorded_places(report: &dump::Report) -> BTreeMap<u64, Vec<(String, i64, String)>> {
    let mut found = BTreeMap::new();
    for finding in report.unawaited() {
        let places = finding["created_at"].as_array().map(Vec::as_slice).unwrap_or_default();
        if places.is_empty() || places.iter().any(|place| place["evidence"] != "recorded") {
            continue;
        }
        let words = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let frame = |place: &Value| {
            (words(&place["file"]), place["line"].as_i64().unwrap_or_default(), words(&place["function"]))
        };
        for instance in finding["instances"].as_array().into_iter().flatten() {
            found.insert(dump::address(&instance["address"]), places.iter().map(frame).collect());
        }
    }
    found
}

fn as_frames(origin: &Value) -> Vec<(String, i64, String)> {
    let frame = |frame: &Value| {
        let words = |index: usize| frame[index].as_str().unwrap_or_default().to_owned();
        (words(0), frame[1].as_i64().unwrap_or_default(), words(2))
    };
    origin.as_array().into_iter().flatten().map(frame).collect()
}

/// What is created while armed is reported with exactly the frames that the target itself has in `cr_origin`.
#[test]
fn what_is_created_meanwhile_carries_its_origin() {
    for interpreter in interpreters::all() {
        let mut target = target(&interpreter, &[]);
        let before = make(&mut target);
        assert_none_recorded(&target, &before);
        let arm = Arm::start(&target, &[]);
        assert_eq!(depths(&mut target), (10, 10), "{}", target.label());
        let made = make(&mut target);
        assert_eq!(made.len(), 2);
        assert_all_recorded(&target, &made, 10);
        let places = recorded_places(&dump::report(target.pid(), dump::EVERYTHING));
        let expected: BTreeMap<_, _> = made.values().map(|(address, origin)| (*address, as_frames(origin))).collect();
        assert_eq!(places, expected, "{}", target.label());
        target.ask("start");
        health::wait_until("the new thread is armed", || !make(&mut target)["thread 0"].1.is_null());
        let (code, said) = arm.stop(Signal::SIGINT);
        assert_eq!(code, Some(0), "{}: {said}", target.label());
        assert!(said.contains("restored: 3 threads have the old depth again\n"), "{}: {said}", target.label());
        assert_eq!(depths(&mut target), (0, 0), "{}", target.label());
        let after = make(&mut target);
        assert_eq!(after.len(), 3);
        assert_none_recorded(&target, &after);
        health::assert_unharmed(&mut target);
    }
}

fn assert_restored(target: &mut Target, how: &str, said: &str) {
    assert!(said.contains("restored: 2 threads have the old depth again\n"), "{how} of {}: {said}", target.label());
    assert_eq!(depths(target), (0, 0), "{how} of {}", target.label());
    health::assert_unharmed(target);
}

#[test]
fn however_it_ends_the_old_depth_is_back() {
    for interpreter in interpreters::oldest_and_newest() {
        let mut target = target(&interpreter, &[]);
        let pid = target.pid().to_string();
        let (code, said) = run(&["arm", &pid, "--duration", "100ms", "--depth", "1"]);
        assert_eq!(code, Some(0), "{said}");
        assert_restored(&mut target, "the time", &said);
        for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143), (Signal::SIGHUP, 129)] {
            let (ended, said) = Arm::start(&target, &[]).stop(signal);
            assert_eq!(ended, Some(0), "{signal}: {said}");
            assert_restored(&mut target, "a signal", &said);

            let (ended, said) = Arm::start(&target, &["--duration", "10m"]).stop(signal);
            assert_eq!(ended, Some(code), "{signal}: {said}");
            assert_restored(&mut target, "a signal before its time", &said);

            let impatient = Arm::start(&target, &["--duration", "10m"]);
            impatient.send(Signal::SIGINT);
            let (ended, said) = impatient.stop(signal);
            // Which of two signals is noticed first is a matter of moments.
            assert!(ended == Some(code) || ended == Some(130), "{ended:?}: {said}");
            assert_restored(&mut target, "two signals", &said);
        }
    }
}

#[test]
fn killed_it_leaves_the_target_armed_and_disarm_repairs_it() {
    for interpreter in interpreters::all() {
        let mut target = target(&interpreter, &[]);
        let pid = target.pid().to_string();
        let mut arm = Arm::start(&target, &["--depth", "7"]);
        arm.child.kill().expect("our own child");
        arm.child.wait().expect("our own child");
        health::assert_recovers(&mut target);
        assert_eq!(depths(&mut target), (7, 7), "{}", target.label());
        let made = make(&mut target);
        assert_all_recorded(&target, &made, 7);
        let (code, said) = run(&["arm", &pid]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("depth 7") && said.contains(&format!("`coroscope disarm {pid}`")), "{said}");
        let (code, said) = run(&["disarm", &pid]);
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(said.matches("depth 7 before, 0 now").count(), 2, "{said}");
        assert_eq!(depths(&mut target), (0, 0), "{}", target.label());
        let (code, said) = run(&["disarm", &pid]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("0 threads changed, 2 had depth 0 already"), "{said}");
        health::assert_unharmed(&mut target);
    }
}

#[test]
fn threads_that_start_and_end_all_the_time() {
    for interpreter in interpreters::all() {
        let mut target = target(&interpreter, &[]);
        let arm = Arm::start(&target, &[]);
        // Each lives for a millisecond or two: that one of them was armed means that it was found, and held still, just then.
        health::wait_until("a thread was armed in its short life", || {
            target.ask("churn 300")["with_origin"].as_u64().expect("a number") > 0
        });
        let (code, said) = arm.stop(Signal::SIGTERM);
        assert_eq!(code, Some(0), "{}: {said}", target.label());
        assert!(said.contains("restored: 2 threads have the old depth again; "), "{}: {said}", target.label());
        assert_eq!(depths(&mut target), (0, 0), "{}", target.label());
        assert_eq!(target.ask("churn 100")["with_origin"], 0, "{}", target.label());
        health::assert_unharmed(&mut target);
    }
}

#[test]
fn a_loop_in_debug_mode_is_left_alone() {
    for interpreter in interpreters::all() {
        let mut target = target(&interpreter, &["debug"]);
        let pid = target.pid().to_string();
        for words in [&["arm", &pid][..], &["arm", &pid, "--force"], &["dump", &pid, "--arm", "10s"]] {
            let (code, said) = run(words);
            assert_eq!(code, Some(2), "{words:?}: {said}");
            assert!(said.contains("an event loop runs in debug mode"), "{words:?}: {said}");
        }
        assert_eq!(dump::failure(target.pid(), &["--arm", "10s"]).1, "refused");
        assert_eq!(depths(&mut target), (10, 0), "{}", target.label());
        let (code, said) = run(&["disarm", &pid]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("left as it is: a loop runs there in debug mode"), "{said}");
        assert_eq!(depths(&mut target), (10, 0), "{}", target.label());
        health::assert_unharmed(&mut target);
    }
}

#[test]
fn a_depth_of_somebody_else_is_refused_or_given_back() {
    for interpreter in interpreters::oldest_and_newest() {
        let mut target = target(&interpreter, &["depth", "3"]);
        let pid = target.pid().to_string();
        let (code, said) = run(&["arm", &pid]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("depth 3") && said.contains("`--force`"), "{said}");
        assert_eq!(depths(&mut target), (3, 0), "{}", target.label());
        let arm = Arm::start(&target, &["--force", "--depth", "5"]);
        assert_eq!(depths(&mut target), (5, 5), "{}", target.label());
        let (code, said) = arm.stop(Signal::SIGINT);
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(depths(&mut target), (3, 0), "{}", target.label());
        health::assert_unharmed(&mut target);
    }
}

#[test]
fn what_the_program_sets_meanwhile_stays() {
    for interpreter in interpreters::oldest_and_newest() {
        let mut target = target(&interpreter, &[]);
        let arm = Arm::start(&target, &[]);
        target.ask("set_depth 4");
        let (code, said) = arm.stop(Signal::SIGINT);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("left as it is") && said.contains("depth to 4"), "{said}");
        assert!(said.contains("restored: 1 thread has the old depth again"), "{said}");
        assert_eq!(depths(&mut target), (4, 0), "{}", target.label());
        health::assert_unharmed(&mut target);
    }
}

#[test]
fn left_armed_on_purpose() {
    for interpreter in interpreters::oldest_and_newest() {
        let mut target = target(&interpreter, &[]);
        let pid = target.pid().to_string();
        let (code, said) = run(&["arm", &pid, "--leave", "--depth", "64"]);
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(depths(&mut target), (64, 64), "{}", target.label());
        let (code, said) = run(&["disarm", &pid, "--depth", "2"]);
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(depths(&mut target), (2, 2), "{}", target.label());
        health::assert_unharmed(&mut target);
    }
}

#[test]
fn a_forked_process_inherits_it_and_is_named() {
    for interpreter in interpreters::oldest_and_newest() {
        let mut target = target(&interpreter, &[]);
        let arm = Arm::start(&target, &[]);
        let child = target.ask("fork")["child"].to_string();
        let (code, said) = arm.stop(Signal::SIGINT);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains(&format!("`coroscope disarm {child}`")), "{said}");
        let (code, said) = run(&["disarm", &child]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("1 thread changed"), "{said}");
        health::assert_unharmed(&mut target);
    }
}

#[test]
fn a_dump_that_arms_first() {
    for interpreter in interpreters::oldest_and_newest() {
        let mut target = target(&interpreter, &[]);
        let pid = target.pid().to_string();
        let child = dump::coroscope(&["dump", &pid, "--json", "--arm", "3s"])
            .args(dump::EVERYTHING)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program was built");
        health::wait_until("it is armed", || depths(&mut target) == (10, 10));
        let made = make(&mut target);
        let output = child.wait_with_output().expect("our own child");
        let said = text(&output.stderr);
        assert!(output.status.success(), "{said}");
        assert!(said.contains("restored: 2 threads have the old depth again\n"), "{said}");
        let report = dump::Report(serde_json::from_slice(&output.stdout).expect("a report"));
        let expected: BTreeMap<_, _> = made.values().map(|(address, origin)| (*address, as_frames(origin))).collect();
        assert_eq!(recorded_places(&report), expected, "{}", target.label());
        let notes = report.0["look"]["notes"].as_array().expect("notes");
        let note = "Origin tracking was switched on in 2 threads for 3s before this look (depth 10) and is off again.";
        assert!(notes.iter().any(|said| said.as_str().is_some_and(|said| said.starts_with(note))), "{notes:?}");
        assert_eq!(depths(&mut target), (0, 0), "{}", target.label());
        health::assert_unharmed(&mut target);
    }
}

#[test]
fn subinterpreters_have_threads_too() {
    let interpreter = interpreters::newest();
    if !interpreter.at_least(12) {
        support::note("skipped: arming a subinterpreter (no CPython 3.12 or newer), 1 skipped");
        return;
    }
    let mut target = Target::start(&interpreter, "subinterp.py", &[]);
    let arm = Arm::start(&target, &[]);
    let (code, said) = arm.stop(Signal::SIGINT);
    assert_eq!(code, Some(0), "{said}");
    let armed = said.lines().find_map(|line| line.strip_prefix("armed: ")).expect("it says how many");
    assert!(said.contains(&format!("restored: {armed} have the old depth again\n")), "{said}");
    assert_ne!(armed, "1 thread", "the loop of the subinterpreter has a thread of its own: {said}");
    health::assert_unharmed(&mut target);
}

#[test]
fn a_target_that_ends_while_it_is_armed() {
    for interpreter in interpreters::oldest_and_newest() {
        let target = target(&interpreter, &[]);
        let arm = Arm::start(&target, &[]);
        drop(target);
        let (code, said) = arm.end();
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("ended while we looked at it") && !said.contains("still armed"), "{said}");
    }
}

#[test]
fn whoever_holds_it_and_panics_restores_it() {
    for interpreter in interpreters::oldest_and_newest() {
        let mut target = target(&interpreter, &[]);
        let pid = Pid::new(target.pid()).expect("the pid of a process");
        let settings = Settings { depth: 10, force: false };
        let armed = arm::plan(pid, settings.clone()).and_then(arm::Plan::arm).expect("it can be armed");
        assert_eq!((depths(&mut target), armed.threads()), ((10, 10), 2), "{}", target.label());
        drop(armed);
        assert_eq!(depths(&mut target), (0, 0), "{}", target.label());
        let panicked = std::panic::catch_unwind(|| {
            let _armed = arm::plan(pid, settings).and_then(arm::Plan::arm).expect("it can be armed");
            std::panic::resume_unwind(Box::new("on purpose"));
        });
        assert!(panicked.is_err_and(|panic| panic.is::<&str>()));
        assert_eq!(depths(&mut target), (0, 0), "{}", target.label());
        health::assert_unharmed(&mut target);
    }
}

#[test]
fn a_target_that_a_debugger_holds() {
    let mut target = target(&interpreters::newest(), &[]);
    let pid = target.pid().to_string();
    let id = nix::unistd::Pid::from_raw(target.pid());
    nix::sys::ptrace::seize(id, nix::sys::ptrace::Options::empty()).expect("our own child");
    for words in [["arm", &pid], ["disarm", &pid]] {
        let (code, said) = run(&words);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("traced by process") && said.contains(&format!("`coroscope doctor {pid}`")), "{said}");
        assert!(!said.contains("nonblocking"), "{said}");
    }
    nix::sys::ptrace::interrupt(id).expect("it is traced by us");
    nix::sys::wait::waitpid(id, Some(nix::sys::wait::WaitPidFlag::__WALL)).expect("it stops");
    nix::sys::ptrace::detach(id, None).expect("it stands still");
    health::assert_recovers(&mut target);
    assert_eq!(depths(&mut target), (0, 0));
}

/// Only one file may write into a target.
#[test]
fn one_file_writes() {
    fn sources(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder of sources").filter_map(Result::ok) {
            if entry.path().is_dir() { sources(&entry.path(), found) } else { found.push(entry.path()) }
        }
    }
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&folder, &mut files);
    let writes = |file: &&std::path::PathBuf| {
        let source = std::fs::read_to_string(file).unwrap_or_default();
        ["process_vm_writev", "POKE", "SETREGS", "ptrace::write", "setregs"].iter().any(|word| source.contains(word))
    };
    let writing: Vec<_> = files.iter().filter(writes).collect();
    assert_eq!(writing, [&folder.join("process/write.rs")]);
}
