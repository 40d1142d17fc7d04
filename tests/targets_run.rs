//! The targets themselves: each runs on every interpreter of this machine and knows what it holds. The live tests
//! rest on that, so it is checked without coroscope.

mod support;

use support::interpreters::{self, Interpreter};
use support::target::Target;
use support::{health, note, truth};

/// Starts a target on an interpreter and checks that its labels and what its collector says agree.
fn start_checked(interpreter: &Interpreter, name: &str, arguments: &[&str]) -> Target {
    let mut target = Target::start(interpreter, name, arguments);
    let facts = target.truth();
    assert_eq!(facts["pid"].as_i64(), Some(i64::from(target.pid())), "{}: the pid is chroot's own", target.label());
    let created = truth::in_state(facts, "coroutine", "created");
    let mut labelled = truth::leaks(facts);
    labelled.extend(truth::owned(facts).into_keys());
    assert_eq!(created, labelled, "{}: created coroutines, and those with a label", target.label());
    assert!(truth::tasks_in_state(facts, "failed").is_empty(), "{}: no task failed", target.label());
    let again = target.ask("truth");
    assert_eq!(truth::states(&again), truth::states(target.truth()), "{} does not stand still", target.label());
    health::assert_unharmed(&mut target);
    target
}

fn count(target: &Target, of: &str, label: &str) -> usize {
    target.truth()[of][label].as_array().map_or(0, Vec::len)
}

#[test]
fn leaks_has_one_in_every_kind_of_holder() {
    for interpreter in interpreters::all() {
        let target = start_checked(&interpreter, "leaks.py", &[]);
        for (label, expected) in [
            ("frozen", 1),
            ("list", 3),
            ("dict", 2),
            ("tuple", 1),
            ("set", 1),
            ("deque", 70),
            ("attribute", 1),
            ("slot", 1),
            ("closure", 1),
            ("global", 1),
            ("default", 1),
            ("local", 1),
            ("method", 2),
            ("class method", 1),
            ("static method", 1),
            ("nested", 2),
            ("renamed", 1),
            ("lambda", 1),
            ("queue", 1),
        ] {
            assert_eq!(count(&target, "leaks", label), expected, "{}: {label}", target.label());
        }
        let facts = target.truth();
        assert_eq!(truth::leaks(facts).len(), 93, "{}", target.label());
        assert!(facts["frozen"].as_u64() > Some(0), "{}", target.label());
        for (kind, state, expected) in [
            ("coroutine", "suspended", 7),
            ("coroutine", "closed", 2),
            ("async_generator", "created", 1),
            ("async_generator", "suspended", 1),
            ("generator", "created", 1),
            ("generator", "suspended", 1),
        ] {
            assert_eq!(truth::in_state(facts, kind, state).len(), expected, "{}: {kind} {state}", target.label());
        }
        assert_eq!(truth::tasks_in_state(facts, "pending").len(), 4, "{}", target.label());
    }
}

#[test]
fn leaks_with_cycle_has_garbage_that_stays() {
    for interpreter in interpreters::all() {
        let target = start_checked(&interpreter, "leaks.py", &["cycle"]);
        assert_eq!(count(&target, "leaks", "cycle"), 1, "{}", target.label());
    }
}

#[test]
fn healthy_has_no_leak() {
    for interpreter in interpreters::all() {
        for (arguments, owned) in [(&[][..], 18), (&["blocked"][..], 30)] {
            let target = start_checked(&interpreter, "healthy.py", arguments);
            assert!(truth::leaks(target.truth()).is_empty(), "{}", target.label());
            assert_eq!(truth::owned(target.truth()).len(), owned, "{}", target.label());
        }
        // The queue goes on all the time: its coroutines have no labels.
        let mut target = Target::start(&interpreter, "healthy.py", &["queue"]);
        health::assert_unharmed(&mut target);
    }
}

#[test]
fn smaller_targets_have_their_leaks() {
    for interpreter in interpreters::all() {
        for (name, leaks) in
            [("plain.py", 2), ("loops.py", 6), ("churn.py", 5), ("threads.py", 3), ("collecting.py", 3)]
        {
            // churn.py has others for moments: only its labels are counted.
            let target = if name == "churn.py" {
                Target::start(&interpreter, name, &[])
            } else {
                start_checked(&interpreter, name, &[])
            };
            assert_eq!(truth::leaks(target.truth()).len(), leaks, "{}", target.label());
        }
        let target = start_checked(&interpreter, "many.py", &["300", "1000", "7"]);
        assert_eq!(truth::leaks(target.truth()).len(), 300, "{}", target.label());
        assert_eq!(truth::tasks_in_state(target.truth(), "pending").len(), 8, "{}", target.label());
        let plain = Target::start(&interpreter, "plain.py", &[]);
        assert_eq!(plain.truth()["asyncio"], false, "{}", plain.label());
    }
}

#[test]
fn subinterpreters_have_their_leaks() {
    for interpreter in interpreters::all() {
        let target = start_checked(&interpreter, "subinterp.py", &[]);
        let (interpreters, leaks) = if interpreter.at_least(12) { (3, 8) } else { (2, 5) };
        assert_eq!(target.truth()["interpreters"], interpreters, "{}", target.label());
        assert_eq!(truth::leaks(target.truth()).len(), leaks, "{}", target.label());
    }
}

#[test]
fn busy_targets_are_busy() {
    for interpreter in interpreters::oldest_and_newest() {
        for (name, question, field) in [
            ("churn.py", "heart", "beats"),
            ("threads.py", "started", "started"),
            ("collecting.py", "collections", "collections"),
            ("many.py", "heart", "beats"),
        ] {
            let mut target = Target::start(&interpreter, name, &[]);
            let first = target.ask(question)[field].as_u64();
            assert!(first.is_some(), "{}", target.label());
            health::wait_until("the counter has risen", || target.ask(question)[field].as_u64() > first);
        }
    }
}

#[test]
fn uvloop_has_its_leaks() {
    for interpreter in interpreters::with_uvloop() {
        let target = start_checked(&interpreter, "uvloop_target.py", &[]);
        assert_eq!(truth::leaks(target.truth()).len(), 4, "{}", target.label());
        assert_eq!(truth::owned(target.truth()).len(), 2, "{}", target.label());
    }
}

#[test]
fn unsupported_pythons_run_too() {
    for interpreter in interpreters::unsupported() {
        let mut target = Target::start(&interpreter, "any_python.py", &[]);
        assert!(target.is_alive(), "{}", target.label());
        assert_eq!(
            target.truth()["version"][0].as_u64(),
            Some(u64::from(interpreter.version.major)),
            "{}",
            target.label()
        );
        note(&format!("unsupported, to be refused: {interpreter}"));
    }
}
