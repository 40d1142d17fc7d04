//! A process that is looked at again and again: each look tells the truth of its moment, whether it sweeps all of memory or asks what is known,
//! and what it knows from looks before – age, holders – stays.

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use coroscope::error::ErrorKind;
use coroscope::look::{Repeated, Settings, Sweeps};
use coroscope::process::Pid;
use coroscope::report::Mode;
use serde_json::Value;
use support::dump::{self, Report};
use support::interpreters::{self, Interpreter};
use support::target::Target;
use support::{health, truth};

/// Each look is compared with the one before, whenever that was: tests do not wait.
fn settings(mode: Mode) -> Settings {
    Settings {
        mode,
        settle: Duration::ZERO,
        timeout: Duration::from_secs(60),
        pause_budget: Duration::from_millis(2),
        max_memory: Settings::DEFAULT_MEMORY,
        locals: false,
        instances: 1_000_000,
        retainers: true,
        call_sites: false,
    }
}

fn attach(target: &Target, mode: Mode, sweeps: Sweeps) -> Repeated {
    let pid = Pid::new(target.pid()).expect("a pid is positive");
    Repeated::attach(pid, settings(mode), sweeps).unwrap_or_else(|error| panic!("{}: {error:?}", target.label()))
}

/// Waits until the target has done what it was asked for: its loop sleeps in the selector, and nothing of it moves.
fn wait_until_it_sleeps(target: &Target) {
    let stat = format!("/proc/{}/stat", target.pid());
    health::wait_until("the target sleeps", || {
        let stat = std::fs::read_to_string(&stat).unwrap_or_default();
        stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('S'))
    });
}

/// A look that has to find exactly what the target forgot.
fn look(process: &mut Repeated, target: &Target, when: &str) -> Report {
    wait_until_it_sleeps(target);
    let report = process.look().unwrap_or_else(|error| panic!("{}: {when}: {error:?}", target.label()));
    let report = Report(serde_json::to_value(report).expect("a report is JSON"));
    assert_eq!(report.addresses(), truth::leaks(target.truth()), "{}: {when}", target.label());
    assert_eq!(report.0["look"]["complete"], true, "{}: {when}: {}", target.label(), report.0["look"]);
    report
}

fn collector(report: &Report) -> &str {
    report.0["look"]["collector"].as_str().expect("a word")
}

fn ages(report: &Report) -> BTreeMap<u64, f64> {
    let instances = report.unawaited().flat_map(|finding| finding["instances"].as_array().into_iter().flatten());
    instances.filter_map(|found| Some((dump::address(&found["address"]), found["age_s"].as_f64()?))).collect()
}

/// The first words of the way to each finding.
fn holders(report: &Report) -> Vec<Value> {
    report.unawaited().map(|finding| finding["retained_by"][1].clone()).collect()
}

fn count(report: &Report, verdict: &str) -> usize {
    report.verdicts().values().filter(|found| *found == verdict).count()
}

fn a_life(interpreter: &Interpreter, sweeps: Sweeps) {
    let mut target = Target::start(interpreter, "again.py", &[]);
    let mut process = attach(&target, Mode::Verify, sweeps);
    let between = if sweeps == Sweeps::Always { "sweep" } else { "known" };

    let first = look(&mut process, &target, "first look");
    assert_eq!(collector(&first), "sweep", "{}", target.label());
    assert_eq!(count(&first, "leaked"), 0, "{}: nothing is proven by one look", target.label());

    let second = look(&mut process, &target, "second look");
    assert_eq!(collector(&second), between, "{}", target.label());
    assert_eq!(second.0["look"]["swept_s_ago"].is_null(), between == "sweep", "{}", target.label());
    assert_eq!(holders(&second), ["global 'KEPT'"], "{}", target.label());

    target.ask_for_another_truth("leak 3");
    let third = look(&mut process, &target, "three more");
    assert_eq!(collector(&third), between, "{}", target.label());

    target.ask_for_another_truth("collect");
    let fourth = look(&mut process, &target, "after a collection");
    // Nobody sought those who could start the new ones: they are as new, and none is in the youngest generation any more.
    let expected = if between == "sweep" { (8, 0) } else { (5, 3) };
    let counted = (count(&fourth, "leaked"), count(&fourth, "suspect"));
    assert_eq!(counted, expected, "{}: {:#?}", target.label(), fourth.findings());
    assert!(holders(&fourth).iter().all(|holder| *holder == "global 'KEPT'"), "{}", target.label());

    let mut fifth = look(&mut process, &target, "once more");
    for _ in 0..4 {
        // What has stayed the same for some looks is asked for less often.
        fifth = look(&mut process, &target, "and again");
    }
    let (before, after) = (ages(&fourth), ages(&fifth));
    assert_eq!(before.len(), 8, "{}: {before:?}", target.label());
    for (address, age) in &before {
        assert!(after.get(address) > Some(age), "{}: {address:#x}: {before:?}, then {after:?}", target.label());
    }
    assert_eq!(fifth.verdicts(), fourth.verdicts(), "{}: nothing has happened", target.label());
    assert_eq!(holders(&fifth), holders(&fourth), "{}", target.label());

    target.ask_for_another_truth("finish 4");
    look(&mut process, &target, "four of them awaited");
    target.ask_for_another_truth("drop");
    look(&mut process, &target, "the others closed");
    health::assert_unharmed(&mut target);
}

#[test]
fn each_look_tells_the_truth_by_a_sweep() {
    for interpreter in interpreters::all() {
        a_life(&interpreter, Sweeps::Always);
    }
}

#[test]
fn each_look_tells_the_truth_by_what_is_known() {
    // A free-threaded interpreter has no list of what is young: see `what_is_new_there_waits_for_the_next_sweep`.
    for interpreter in interpreters::all().into_iter().filter(|interpreter| !interpreter.free_threaded) {
        a_life(&interpreter, Sweeps::OnlyFirst);
    }
}

#[test]
fn what_is_not_young_any_more_waits_for_the_next_sweep() {
    for interpreter in interpreters::oldest_and_newest() {
        let mut target = Target::start(&interpreter, "again.py", &[]);
        let (mut between, mut swept) =
            (attach(&target, Mode::Verify, Sweeps::OnlyFirst), attach(&target, Mode::Verify, Sweeps::Always));
        let first = look(&mut between, &target, "first look").addresses();
        target.ask("leak 2");
        target.ask_for_another_truth("collect");
        wait_until_it_sleeps(&target);
        let report = Report(serde_json::to_value(between.look().expect("a look")).expect("JSON"));
        assert_eq!(report.addresses(), first, "{}: docs/watch.md says what is missing", target.label());
        assert_eq!(collector(&report), "known", "{}", target.label());
        assert_eq!(look(&mut swept, &target, "a sweep").addresses().len(), 7, "{}", target.label());
    }
}

#[test]
fn what_is_new_there_waits_for_the_next_sweep() {
    let found: Vec<_> = interpreters::all().into_iter().filter(|interpreter| interpreter.free_threaded).collect();
    if found.is_empty() {
        support::note("1 skipped: no free-threaded interpreter");
    }
    for interpreter in found {
        let mut target = Target::start(&interpreter, "again.py", &[]);
        let mut process = attach(&target, Mode::Verify, Sweeps::OnlyFirst);
        let first = look(&mut process, &target, "first look").addresses();
        target.ask("leak 2");
        let report = Report(serde_json::to_value(process.look().expect("a look")).expect("JSON"));
        assert_eq!(report.addresses(), first, "{}", target.label());
    }
}

#[test]
fn the_other_modes_can_be_repeated_too() {
    for interpreter in interpreters::oldest_and_newest() {
        let mut target = Target::start(&interpreter, "again.py", &[]);
        let mut frozen = attach(&target, Mode::Frozen, Sweeps::OnlyFirst);
        let mut nonblocking = attach(&target, Mode::Nonblocking, Sweeps::Always);
        for question in ["leak 2", "collect", "finish 3", "beat"] {
            let report = look(&mut frozen, &target, question);
            assert!(report.pauses() > 0, "{}", target.label());
            // All of it is read each time, whatever the policy: there is nothing to be missed while it stands still.
            assert_ne!(collector(&report), "known", "{}", target.label());
            assert_eq!(look(&mut nonblocking, &target, question).pauses(), 0, "{}", target.label());
            if question != "beat" {
                target.ask_for_another_truth(question);
            }
        }
        let verdicts = look(&mut frozen, &target, "at the end").verdicts();
        assert_eq!(verdicts, look(&mut nonblocking, &target, "at the end").verdicts(), "{}", target.label());
        health::assert_unharmed(&mut target);
    }
}

#[test]
fn what_lives_for_a_moment_is_never_leaked() {
    for interpreter in interpreters::oldest_and_newest() {
        let mut target = Target::start(&interpreter, "churn.py", &["20"]);
        let leaks = truth::leaks(target.truth());
        for sweeps in [Sweeps::Always, Sweeps::OnlyFirst, Sweeps::Rationed] {
            let mut process = attach(&target, Mode::Verify, sweeps);
            for number in 0..50 {
                let report = process.look().unwrap_or_else(|error| panic!("{}: {error:?}", target.label()));
                let report = Report(serde_json::to_value(report).expect("JSON"));
                let missed: Vec<_> = leaks.difference(&report.addresses()).copied().collect();
                assert!(missed.is_empty(), "{}: {sweeps:?}, look {number} missed {missed:x?}", target.label());
                let wrong: Vec<_> = report.verdicts().into_iter().filter(|(_, verdict)| verdict == "leaked").collect();
                let wrong: Vec<_> = wrong.iter().filter(|(address, _)| !leaks.contains(address)).collect();
                let why = report.unawaited().map(|finding| finding["why"].clone()).collect::<Vec<_>>();
                assert!(wrong.is_empty(), "{}: {sweeps:?}, look {number}: {wrong:x?}: {why:#?}", target.label());
            }
        }
        health::assert_unharmed(&mut target);
    }
}

#[test]
fn the_end_of_the_process_is_noticed() {
    let mut target = Target::start(&interpreters::newest(), "again.py", &[]);
    let mut process = attach(&target, Mode::Verify, Sweeps::Rationed);
    look(&mut process, &target, "first look");
    assert!(process.wait(Duration::ZERO, || true).is_ok());
    target.become_zombie();
    assert_eq!(process.look().unwrap_err().kind(), ErrorKind::ProcessGone);
    assert_eq!(process.wait(Duration::from_secs(3600), || true).unwrap_err().kind(), ErrorKind::ProcessGone);
    let pid = target.pid();
    drop(target);
    assert_eq!(process.look().unwrap_err().kind(), ErrorKind::ProcessGone, "process {pid} is reaped");
}

#[test]
fn another_program_under_the_same_pid_is_another_process() {
    for interpreter in interpreters::oldest_and_newest() {
        let mut target = Target::start(&interpreter, "replaces.py", &[]);
        for mode in [Mode::Verify, Mode::Frozen, Mode::Nonblocking] {
            let mut process = attach(&target, mode, Sweeps::OnlyFirst);
            look(&mut process, &target, "first look");
            // The same interpreter, running the same program: nothing of what is known holds any more.
            target.ask_for_another_truth("replace");
            let error = process.look().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ProcessGone, "{}: {error:?}", target.label());
            assert!(error.cause().is_some_and(|cause| cause.contains("replaced its program")), "{error:?}");
        }
        health::assert_unharmed(&mut target);
    }
}

#[test]
fn a_look_that_took_too_long_does_not_spoil_the_next_one() {
    let target = Target::start(&interpreters::newest(), "again.py", &[]);
    let pid = Pid::new(target.pid()).expect("a pid is positive");
    let hasty = Settings { timeout: Duration::from_nanos(1), ..settings(Mode::Verify) };
    let mut process = Repeated::attach(pid, hasty, Sweeps::OnlyFirst).expect("a process");
    for _ in 0..3 {
        assert_eq!(process.look().unwrap_err().kind(), ErrorKind::Timeout);
    }
    process.set_timeout(Duration::from_secs(60));
    let report = look(&mut process, &target, "with time enough");
    assert_eq!(collector(&report), "sweep", "a sweep that failed was none");
}

#[test]
fn a_session_of_looks_counts_what_it_spends() {
    let target = Target::start(&interpreters::newest(), "again.py", &[]);
    let mut process = attach(&target, Mode::Verify, Sweeps::Rationed);
    let report = process.look().expect("a look");
    let spent = process.spent();
    assert_eq!(spent.paused, Duration::from_micros(report.look.pauses.total_us));
    assert!(spent.processor > Duration::ZERO && spent.time > Duration::ZERO);
    assert!(spent.rest(Duration::ZERO) + spent.time >= spent.paused * 1000);
}
