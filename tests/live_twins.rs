//! Verdicts after the settling look: programs that forget are accused, programs that do not are left alone.

mod support;

use support::interpreters;
use support::target::Target;
use support::{dump, truth};

const LISTED: &[&str] = &["--instances", "1000000", "--all"];

#[test]
fn the_guilty_are_accused() {
    for interpreter in interpreters::all() {
        for (name, arguments) in
            [("leaks.py", &[][..]), ("leaks.py", &["cycle"][..]), ("loops.py", &[]), ("plain.py", &[])]
        {
            let target = Target::start(&interpreter, name, arguments);
            let accused = dump::report(target.pid(), LISTED).accused();
            let leaks = truth::labelled(target.truth(), "leaks");
            let spared: Vec<_> =
                leaks.iter().filter(|(address, _)| !accused.contains(address)).map(|(_, label)| label).collect();
            assert!(spared.is_empty(), "{}: not accused: {spared:?}", target.label());
            assert_eq!(accused.len(), leaks.len(), "{}: more are accused than leaked", target.label());
        }
    }
}

#[test]
fn the_innocent_are_not() {
    for interpreter in interpreters::all() {
        for arguments in [&[][..], &["blocked"], &["queue"], &["slow"]] {
            let target = Target::start(&interpreter, "healthy.py", arguments);
            let report = dump::report(target.pid(), LISTED);
            let owned = truth::owned(target.truth());
            let accused: Vec<_> = report
                .accused()
                .iter()
                .map(|address| owned.get(address).cloned().unwrap_or_else(|| format!("{address:#x}")))
                .collect();
            assert!(accused.is_empty(), "{}: accused although somebody awaits them: {accused:?}", target.label());
        }
    }
}

#[test]
fn the_innocent_of_uvloop_are_not_either() {
    for interpreter in interpreters::with_uvloop() {
        let target = Target::start(&interpreter, "uvloop_target.py", &[]);
        assert_eq!(dump::report(target.pid(), LISTED).accused(), truth::leaks(target.truth()), "{}", target.label());
    }
}
