//! A target that creates and awaits coroutines as fast as it can is looked at again and again: what is parked is
//! always found, and what only lives for a moment is never called leaked.

mod support;

use std::collections::BTreeSet;

use support::interpreters::{self, Interpreter};
use support::target::Target;
use support::{dump, health, truth};

fn look_again_and_again(interpreter: &Interpreter, looks: usize) {
    let mut target = Target::start(interpreter, "churn.py", &["50"]);
    let leaks = truth::leaks(target.truth());
    for look in 0..looks {
        let report = dump::report(target.pid(), &["--instances", "1000000", "--all", "--settle", "20ms"]);
        let missed: Vec<_> = leaks.difference(&report.addresses()).copied().collect();
        assert!(missed.is_empty(), "{}: look {look} missed {missed:x?}", target.label());
        let leaked: BTreeSet<_> = report
            .verdicts()
            .into_iter()
            .filter(|(_, verdict)| verdict == "leaked")
            .map(|(address, _)| address)
            .collect();
        let wrong: Vec<_> = leaked.difference(&leaks).collect();
        assert!(wrong.is_empty(), "{}: look {look} calls leaked what is not: {wrong:x?}", target.label());
    }
    health::assert_unharmed(&mut target);
    let rate = target.ask("rate")["per_second"].clone();
    support::note(&format!("{}: {looks} looks, {rate} coroutines a second", target.label()));
}

#[test]
fn a_hundred_looks_under_churn() {
    look_again_and_again(&interpreters::newest(), 100);
}

#[test]
fn churn_on_every_interpreter() {
    for interpreter in interpreters::all() {
        look_again_and_again(&interpreter, 10);
    }
}
