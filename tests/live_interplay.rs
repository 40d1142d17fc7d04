//! Looks that meet something: another tracer, another look, a limit, Ctrl-C, a disk that is full, a process that starts or ends, and
//! everything else that runs on this machine.

mod support;

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use serde_json::Value;
use support::interpreters::{self, Interpreter};
use support::target::Target;
use support::{dump, health, truth};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn dump_words(pid: i32, words: &[&str]) -> Output {
    dump::coroscope(&["dump", &pid.to_string()]).args(words).output().expect("the program was built")
}

/// Holds a target as a debugger does while `work` runs. Reading goes on, pausing does not.
fn traced<T>(target: &Target, work: impl FnOnce() -> T) -> T {
    let id = nix::unistd::Pid::from_raw(target.pid());
    nix::sys::ptrace::seize(id, nix::sys::ptrace::Options::empty()).expect("our own child");
    let result = work();
    nix::sys::ptrace::interrupt(id).expect("it is traced by us");
    nix::sys::wait::waitpid(id, Some(nix::sys::wait::WaitPidFlag::__WALL)).expect("it stops");
    nix::sys::ptrace::detach(id, None).expect("it stands still");
    result
}

#[test]
fn a_target_that_is_traced_all_the_time() {
    let mut target = Target::start(&interpreters::newest(), "leaks.py", &[]);
    let pid = target.pid();
    traced(&target, || {
        for mode in ["verify", "frozen"] {
            let (code, kind, message) = dump::failure(pid, &["--mode", mode]);
            assert_eq!((code, kind.as_str()), (Some(2), "permission"), "{message}");
            let said = text(&dump_words(pid, &["--mode", mode]).stderr);
            assert!(said.contains(&format!("already traced by process {}", std::process::id())), "{said}");
            assert!(said.contains("`--mode nonblocking`"), "{said}");
        }
        let mut words = dump::EVERYTHING.to_vec();
        words.push("--nonblocking");
        assert_eq!(dump::report(pid, &words).addresses(), truth::leaks(target.truth()), "what the hint says works");
    });
    health::assert_recovers(&mut target);
}

#[test]
fn many_looks_at_one_target_at_once() {
    for interpreter in interpreters::oldest_and_newest() {
        let mut target = Target::start(&interpreter, "loops.py", &[]);
        let pid = target.pid();
        let expected = truth::leaks(target.truth());
        for mode in ["verify", "frozen"] {
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        let mut words = dump::EVERYTHING.to_vec();
                        words.extend(["--mode", mode]);
                        for _ in 0..5 {
                            assert_eq!(dump::report(pid, &words).addresses(), expected, "{mode}");
                        }
                    });
                }
            });
        }
        health::assert_unharmed(&mut target);
    }
}

#[test]
fn a_limit_that_is_too_short() {
    for interpreter in interpreters::oldest_and_newest() {
        let mut target = Target::start(&interpreter, "leaks.py", &[]);
        for mode in ["verify", "frozen", "nonblocking"] {
            for limit in ["0s", "1ms"] {
                let (code, kind, message) = dump::failure(target.pid(), &["--mode", mode, "--timeout", limit]);
                assert_eq!((code, kind.as_str()), (Some(2), "timeout"), "{mode} within {limit}: {message}");
            }
            // Too short for the second look alone.
            let (code, kind, message) =
                dump::failure(target.pid(), &["--mode", mode, "--settle", "60s", "--timeout", "2s"]);
            assert_eq!((code, kind.as_str()), (Some(2), "timeout"), "{mode}: {message}");
        }
        health::assert_unharmed(&mut target);
    }
}

/// Waits until somebody traces a process, or `ended` says that nobody will.
fn wait_until_held(pid: i32, mut ended: impl FnMut() -> bool) {
    health::wait_until("the target is held", || {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        status.lines().any(|line| line.strip_prefix("TracerPid:").is_some_and(|tracer| tracer.trim() != "0")) || ended()
    });
}

#[test]
fn frozen_ends_at_its_limit_and_on_a_signal() {
    // Large enough that a walk takes far longer than the limit, and than a signal.
    let mut target = Target::start(&interpreters::newest(), "many.py", &["1000", "2000000", "10"]);
    let pid = target.pid();
    let (code, kind, message) = dump::failure(pid, &["--mode", "frozen", "--settle", "0s", "--timeout", "50ms"]);
    assert_eq!((code, kind.as_str()), (Some(2), "timeout"), "{message}");
    health::assert_unharmed(&mut target);

    let mut look =
        dump::coroscope(&["dump", "--mode", "frozen", "--settle", "60s", "--timeout", "120s", &pid.to_string()])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program was built");
    wait_until_held(pid, || matches!(look.try_wait(), Ok(Some(_))));
    kill(nix::unistd::Pid::from_raw(i32::try_from(look.id()).expect("a pid fits")), Signal::SIGINT)
        .expect("our own child");
    let output = look.wait_with_output().expect("our own child");
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "", "an interrupted look has no report");
    health::assert_unharmed(&mut target);

    let report = dump::report(pid, &["--mode", "frozen", "--settle", "0s"]);
    assert_eq!(report.pauses(), 1);
    let longest = report.0["look"]["pauses"]["max_us"].as_u64();
    assert!(longest > Some(1000), "a walk of two million objects is a long pause, and is told: {longest:?}");
    health::assert_unharmed(&mut target);
}

#[test]
fn a_file_is_written_whole_or_not_at_all() {
    let target = Target::start(&interpreters::newest(), "plain.py", &[]);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let old = path("old.json");
    std::fs::write(&old, "old").expect("our own folder");
    let content = || std::fs::read_to_string(&old).expect("is there");
    let pid = target.pid().to_string();
    let gone = {
        let mut child = Command::new("true").spawn().expect("true");
        child.wait().expect("our own child");
        child.id().to_string()
    };
    for words in [&[gone.as_str()][..], &[&pid, "--timeout", "0s"], &[&gone, &gone, "--children"]] {
        let output = dump::coroscope(&["dump", "-o", &old]).args(words).output().expect("the program was built");
        assert_eq!(output.status.code(), Some(2), "{words:?}: {}", text(&output.stderr));
        assert_eq!(content(), "old", "{words:?}");
    }
    let mut look = dump::coroscope(&["dump", "-o", &old, "--settle", "60s", "--timeout", "120s", &pid])
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program was built");
    dump::wait_until_it_listens(&look);
    kill(nix::unistd::Pid::from_raw(i32::try_from(look.id()).expect("a pid fits")), Signal::SIGINT)
        .expect("our own child");
    assert_eq!(look.wait().expect("our own child").code(), Some(130));
    assert_eq!(content(), "old");
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("our own folder").filter_map(Result::ok).collect();
    assert_eq!(left.len(), 1, "no half-written file stays: {left:?}");

    for place in [path("no such folder/x"), folder.path().to_string_lossy().into_owned(), "/dev/full".to_owned()] {
        let output = dump::coroscope(&["dump", "--settle", "0s", "-o", &place, &pid]).output().expect("was built");
        assert_eq!(output.status.code(), Some(2), "{place}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(&format!("cannot write to {}", Path::new(&place).display())), "{place}");
    }
    let output = dump::coroscope(&["dump", "--settle", "0s", "-o", &old, &pid]).output().expect("was built");
    assert!(output.status.success() && serde_json::from_str::<Value>(&content()).is_ok(), "{}", text(&output.stderr));
}

/// A look at a process in any state ends well: with a report, or with an error of a kind that fits.
#[track_caller]
fn assert_told_well(output: &Output, kinds: &[&str], what: &str) {
    let said = text(&output.stderr);
    assert!(!said.contains("crashed") && !said.contains("panicked"), "{what}: {said}");
    let document: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{what}: {error}: {said}"));
    match output.status.code() {
        Some(0) => assert_eq!(document["schema"], "coroscope.report/1", "{what}"),
        Some(2) => {
            let kind = document["error"]["kind"].as_str().unwrap_or_default();
            assert!(kinds.contains(&kind), "{what}: {kind}: {said}");
        }
        _ => panic!("{what}: {}: {said}", output.status),
    }
}

/// Python that starts, works a moment and ends, looked at all the time until it is gone.
fn watch_a_whole_life(interpreter: &Interpreter, mode: &str) {
    const KINDS: &[&str] = &["not_python", "not_initialized", "process_gone", "zombie"];
    let program = "import asyncio, sys
async def f(): pass
kept = [f() for _ in range(1000)]
sys.stdout.write('x')
sys.stdout.flush()";
    let mut child = interpreter
        .command()
        .args(["-W", "ignore", "-c", program])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the interpreter starts");
    let pid = i32::try_from(child.id()).expect("a pid fits");
    loop {
        let output = dump_words(pid, &["--json", "--settle", "0s", "--mode", mode]);
        assert_told_well(&output, KINDS, &format!("{interpreter} in {mode}"));
        let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        // It stays a zombie until we ask how it ended.
        if document["error"]["kind"] == "zombie" {
            break;
        }
    }
    let mut said = String::new();
    child.stdout.take().expect("stdout is a pipe").read_to_string(&mut said).expect("text");
    assert_eq!(said, "x", "{interpreter} did its work in spite of {mode}");
    assert!(child.wait().expect("our own child").success(), "{interpreter} in {mode}");
}

#[test]
fn a_whole_life_from_start_to_end() {
    for interpreter in interpreters::all() {
        for mode in ["verify", "frozen", "nonblocking"] {
            watch_a_whole_life(&interpreter, mode);
        }
    }
}

#[test]
fn everything_that_runs_here() {
    let mut looked = 0;
    for entry in std::fs::read_dir("/proc").expect("procfs").filter_map(Result::ok) {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
        // Others test beside us: never hold what is not ours.
        let words = ["--json", "--nonblocking", "--settle", "0s", "--timeout", "5s"];
        let kinds = [
            "no_such_process",
            "zombie",
            "kernel_thread",
            "permission",
            "not_python",
            "unsupported_version",
            "foreign_architecture",
            "not_initialized",
            "process_gone",
            "timeout",
        ];
        assert_told_well(&dump_words(pid, &words), &kinds, &format!("process {pid}"));
        looked += 1;
    }
    assert!(looked > 0, "we ourselves are there");
}
