//! The three modes tell the same about a target that stands still, and hold it as they promise.

mod support;

use support::interpreters;
use support::target::Target;
use support::{dump, health, truth};

fn words(mode: &'static str) -> Vec<&'static str> {
    let mut words = dump::EVERYTHING.to_vec();
    words.extend(["--mode", mode]);
    words
}

#[test]
fn modes_agree_on_a_target_that_stands_still() {
    for interpreter in interpreters::all() {
        for name in ["leaks.py", "loops.py", "subinterp.py"] {
            let mut target = Target::start(&interpreter, name, &[]);
            for mode in ["verify", "frozen", "nonblocking"] {
                let report = dump::report(target.pid(), &words(mode));
                assert_eq!(report.0["look"]["mode"], mode, "{}", target.label());
                assert_eq!(report.addresses(), truth::leaks(target.truth()), "{} in {mode}", target.label());
                // The collector's lists and the sweep of memory must find the same, each by itself.
                let collector = if mode == "frozen" { "walk" } else { "sweep" };
                assert_eq!(report.0["look"]["collector"], collector, "{} in {mode}", target.label());
                if mode == "frozen" {
                    assert_eq!(report.pauses(), 1, "{}: one pause is enough when nothing moves", target.label());
                    assert!(report.0["look"]["gc_objects"].as_u64() > Some(1000), "{}", target.label());
                }
            }
            health::assert_unharmed(&mut target);
        }
    }
}

#[test]
fn pauses_are_those_the_mode_promises() {
    for interpreter in interpreters::all() {
        let target = Target::start(&interpreter, "leaks.py", &[]);
        assert_eq!(dump::report(target.pid(), &words("nonblocking")).pauses(), 0, "{}", target.label());
        assert!(dump::report(target.pid(), &words("verify")).pauses() > 0, "{}", target.label());
        assert!(dump::report(target.pid(), &words("frozen")).pauses() > 0, "{}", target.label());
    }
}

#[test]
fn nonblocking_is_short_for_the_mode() {
    let target = Target::start(&interpreters::newest(), "leaks.py", &[]);
    let report = dump::report(target.pid(), &["--nonblocking", "--settle", "0s"]);
    assert_eq!(report.0["look"]["mode"], "nonblocking");
    assert_eq!(report.pauses(), 0);
}
