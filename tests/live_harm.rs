//! Looking does no harm: not to the target when we look often, not when we are ended in the middle, and not to us.

mod support;

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use coroscope::look::{Settings, look};
use coroscope::process::Pid;
use coroscope::report::Mode;
use nix::sys::signal::{Signal, kill};
use support::interpreters::{self, Interpreter};
use support::target::Target;
use support::{dump, health, truth};

#[test]
fn two_hundred_looks_leave_everything_as_it_was() {
    for interpreter in interpreters::oldest_and_newest() {
        let mut target = Target::start(&interpreter, "loops.py", &[]);
        let pid = Pid::new(target.pid()).expect("the pid of a process");
        let settings = |mode| Settings {
            mode,
            settle: Duration::ZERO,
            timeout: Duration::from_secs(30),
            pause_budget: Duration::from_millis(2),
            max_memory: Settings::DEFAULT_MEMORY,
            locals: false,
            instances: 10,
            retainers: true,
            call_sites: true,
        };
        let mut descriptors = None;
        for number in 0..200 {
            let mode = [Mode::Verify, Mode::Frozen, Mode::Nonblocking][number % 3];
            let report = look(pid, &settings(mode))
                .unwrap_or_else(|error| panic!("look {number} at {}: {error}", target.label()));
            assert_eq!(
                report.findings.iter().map(|finding| finding.count).sum::<u64>(),
                6,
                "look {number} at {}",
                target.label()
            );
            let harmed = health::harmed_threads(target.pid());
            assert!(harmed.is_empty(), "look {number} at {}: {harmed:?}", target.label());
            // The first looks may open what stays open for good.
            if number == 3 {
                descriptors = Some(descriptors_to(target.pid()));
            }
        }
        assert_eq!(Some(descriptors_to(target.pid())), descriptors, "descriptors of ours after 200 looks");
        assert_eq!(truth::states(&target.ask("truth")), truth::states(target.truth()), "{}", target.label());
        health::assert_unharmed(&mut target);
    }
}

/// Our descriptors that lead to files of a process. Those of other tests in this program come and go.
fn descriptors_to(pid: i32) -> usize {
    let ours = std::fs::read_dir("/proc/self/fd").expect("procfs").filter_map(Result::ok);
    let wanted = format!("/proc/{pid}/");
    let exe = std::fs::read_link(format!("/proc/{pid}/exe")).ok();
    ours.filter_map(|entry| std::fs::read_link(entry.path()).ok())
        .filter(|path| path.to_string_lossy().starts_with(&wanted) || Some(path) == exe.as_ref())
        .count()
}

/// A `dump` that has begun, and then stays between its two looks for a time.
fn start_dump(target: &Target, settle: &str) -> Child {
    let child =
        dump::coroscope(&["dump", "--json", "--settle", settle, "--timeout", "120s", &target.pid().to_string()])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program was built");
    dump::wait_until_it_listens(&child);
    child
}

fn send(child: &Child, signal: Signal) {
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).expect("a pid fits"));
    kill(pid, signal).expect("our own child can be signalled");
}

/// Waits for a child that has to end by itself; kills it if it does not.
fn exit_code(child: &mut Child) -> Option<i32> {
    let mut status = None;
    health::wait_until("the program ends", || {
        status = child.try_wait().ok().flatten();
        status.is_some()
    });
    status.and_then(|status| status.code())
}

#[test]
fn interrupted_in_the_middle() {
    for interpreter in interpreters::oldest_and_newest() {
        for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
            let mut target = Target::start(&interpreter, "loops.py", &[]);
            let mut child = start_dump(&target, "60s");
            send(&child, signal);
            assert_eq!(exit_code(&mut child), Some(code), "{signal} while looking at {}", target.label());
            health::assert_unharmed(&mut target);
        }
    }
}

fn killed_at_random_moments(interpreter: &Interpreter, mode: &str) {
    let mut target = Target::start(interpreter, "many.py", &["10000", "100000", "100"]);
    // A whole look, first: its time is the range of the moments, and it shows that there is something to be killed.
    let words = ["--mode", mode, "--settle", "0s"];
    let start = Instant::now();
    dump::report(target.pid(), &words);
    let whole = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX).max(1);
    // The same fractions in each run: what is random is where the program then is.
    let mut moment: u64 = 88_172_645_463_325_252;
    for _ in 0..25 {
        moment ^= moment << 13;
        moment ^= moment >> 7;
        moment ^= moment << 17;
        let mut child = dump::coroscope(&["dump", &target.pid().to_string()])
            .args(words)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program was built");
        std::thread::sleep(Duration::from_micros(moment % whole));
        let _ = child.kill();
        let _ = child.wait();
        health::assert_recovers(&mut target);
    }
    assert_eq!(truth::states(&target.ask("truth")), truth::states(target.truth()), "{}", target.label());
}

#[test]
fn killed_at_random_moments_in_verify() {
    killed_at_random_moments(&interpreters::newest(), "verify");
}

#[test]
fn killed_at_random_moments_in_frozen() {
    killed_at_random_moments(&interpreters::newest(), "frozen");
}

#[test]
fn a_target_that_dies_between_two_looks() {
    for interpreter in interpreters::oldest_and_newest() {
        let target = Target::start(&interpreter, "loops.py", &[]);
        let child = start_dump(&target, "500ms");
        drop(target);
        let output = child.wait_with_output().expect("our own child");
        let said = String::from_utf8_lossy(&output.stderr);
        // It depends on the moment whether there was something to report; never on luck whether it is told well.
        assert!(matches!(output.status.code(), Some(0 | 2)), "{interpreter}: {}: {said}", output.status);
        let document: serde_json::Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{interpreter}: {error}: {said}"));
        if output.status.code() == Some(2) {
            let kind = document["error"]["kind"].as_str().unwrap_or_default();
            assert!(matches!(kind, "process_gone" | "no_such_process" | "zombie"), "{interpreter}: {document}");
        }
    }
}
