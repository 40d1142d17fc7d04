//! The confirmation is split over several pauses when there is much to confirm. It tells the same as one pause does.

mod support;

use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use support::interpreters;
use support::target::Target;
use support::{dump, health, truth};

/// So many forgotten coroutines that their pages are more than a first pause of this budget reads.
const MANY: &[&str] = &["10000", "0", "100"];
/// A budget that no pause can keep.
const TINY: &[&str] = &["--pause-budget", "1ns"];
/// A budget that no pause needs.
const LARGE: &[&str] = &["--pause-budget", "1m"];

fn words(budget: &[&'static str]) -> Vec<&'static str> {
    dump::EVERYTHING.iter().chain(budget).copied().collect()
}

#[test]
fn several_pauses_tell_what_one_does() {
    for interpreter in interpreters::oldest_and_newest() {
        let mut target = Target::start(&interpreter, "many.py", MANY);
        let one = dump::report(target.pid(), &words(LARGE));
        let several = dump::report(target.pid(), &words(TINY));
        assert!(several.pauses() > 1, "{}: {} pauses", target.label(), several.pauses());
        assert_eq!(one.addresses(), truth::leaks(target.truth()), "{}", target.label());
        assert_eq!(one.verdicts(), several.verdicts(), "{}", target.label());
        health::assert_unharmed(&mut target);
    }
}

#[test]
fn a_budget_is_no_matter_to_who_never_pauses() {
    let target = Target::start(&interpreters::newest(), "many.py", MANY);
    let mut words = words(TINY);
    words.push("--nonblocking");
    let report = dump::report(target.pid(), &words);
    assert_eq!(report.pauses(), 0);
    assert_eq!(report.addresses(), truth::leaks(target.truth()));
}

/// Sends a signal at moments spread over a look with many pauses, and returns the exit codes.
fn signalled(target: &mut Target, signal: Signal) -> Vec<Option<i32>> {
    let start = Instant::now();
    dump::report(target.pid(), &[TINY, &["--settle", "0s"]].concat());
    let whole = start.elapsed();
    let mut codes = Vec::new();
    for part in 1..=8 {
        // It never ends by itself: after its pauses it waits for a minute.
        let mut child = dump::coroscope(&["dump", "--settle", "60s", "--timeout", "120s", &target.pid().to_string()])
            .args(TINY)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program was built");
        dump::wait_until_it_listens(&child);
        std::thread::sleep(Duration::from_micros(u64::try_from(whole.as_micros()).unwrap_or(0) * part / 8));
        let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).expect("a pid fits"));
        kill(pid, signal).expect("our own child can be signalled");
        let mut status = None;
        health::wait_until("the program ends", || {
            status = child.try_wait().ok().flatten();
            status.is_some()
        });
        codes.push(status.and_then(|status| status.code()));
        health::assert_recovers(target);
    }
    codes
}

#[test]
fn interrupted_among_many_pauses() {
    let mut target = Target::start(&interpreters::newest(), "many.py", MANY);
    assert_eq!(signalled(&mut target, Signal::SIGINT), [Some(130); 8]);
    health::assert_unharmed(&mut target);
}

#[test]
fn killed_among_many_pauses() {
    let mut target = Target::start(&interpreters::newest(), "many.py", MANY);
    assert_eq!(signalled(&mut target, Signal::SIGKILL), [None; 8]);
    assert_eq!(truth::states(&target.ask("truth")), truth::states(target.truth()));
    health::assert_unharmed(&mut target);
}
