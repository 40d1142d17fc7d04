//! What cannot be looked at is refused with an error of its own kind, quickly, with exit code 2.

mod support;

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use serde_json::Value;
use support::interpreters;
use support::target::Target;
use support::{dump, note};

fn assert_refused(pid: i32, kind: &str) {
    let (code, word, message) = dump::failure(pid, &[]);
    assert_eq!((code, word.as_str()), (Some(2), kind), "{message}");
    assert!(message.contains(&pid.to_string()), "the message names the process: {message}");
}

#[test]
fn a_pid_that_is_not_there() {
    let mut child = Command::new("true").spawn().expect("true");
    let pid = i32::try_from(child.id()).expect("a pid fits");
    child.wait().expect("our own child");
    assert_refused(pid, "no_such_process");
}

#[test]
fn a_zombie() {
    let mut target = Target::start(&interpreters::newest(), "plain.py", &[]);
    target.become_zombie();
    assert_refused(target.pid(), "zombie");
}

#[test]
fn a_kernel_thread() {
    // Process 2 is kthreadd, where we are in the first pid namespace.
    let name = std::fs::read_to_string("/proc/2/comm").unwrap_or_default();
    if name.trim() == "kthreadd" {
        assert_refused(2, "kernel_thread");
    } else {
        note("skipped: a kernel thread (none in this pid namespace), 1 skipped");
    }
}

#[test]
fn a_program_that_is_not_python() {
    let mut child = Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().expect("sleep");
    let pid = i32::try_from(child.id()).expect("a pid fits");
    support::health::wait_until("sleep has begun", || {
        std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "sleep")
    });
    let outcome = std::panic::catch_unwind(|| assert_refused(pid, "not_python"));
    child.kill().expect("our own child");
    child.wait().expect("our own child");
    if let Err(failure) = outcome {
        std::panic::resume_unwind(failure);
    }
}

#[test]
fn pythons_that_are_too_old() {
    for interpreter in interpreters::unsupported() {
        let target = Target::start(&interpreter, "any_python.py", &[]);
        let (code, kind, message) = dump::failure(target.pid(), &[]);
        assert_eq!((code, kind.as_str()), (Some(2), "unsupported_version"), "{interpreter}: {message}");
        let version = format!("{}.{}", interpreter.version.major, interpreter.version.minor);
        assert!(message.contains(&version), "{interpreter}: the message names the version: {message}");
    }
}

#[test]
fn without_permission() {
    if !nix::unistd::geteuid().is_root() {
        note("skipped: no permission (becoming another user needs root), 1 skipped");
        return;
    }
    let target = Target::start(&interpreters::newest(), "plain.py", &[]);
    // A copy where every user can reach it.
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("our own folder");
    let program = folder.path().join("coroscope");
    std::fs::copy(env!("CARGO_BIN_EXE_coroscope"), &program).expect("the program was built");
    let output = Command::new(&program)
        .args(["dump", "--json", &target.pid().to_string()])
        .current_dir("/")
        .stdin(Stdio::null())
        .uid(65534)
        .gid(65534)
        .output()
        .expect("the copy runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    assert_eq!(document["error"]["kind"], "permission", "{document}");
    // sudo drops PATH: the line to paste has the whole path.
    assert!(said.contains(&format!("sudo {}", program.display())), "{said}");
}

#[test]
fn several_targets_of_which_one_is_gone() {
    let target = Target::start(&interpreters::newest(), "plain.py", &[]);
    let mut child = Command::new("true").spawn().expect("true");
    let gone = child.id().to_string();
    child.wait().expect("our own child");
    let output = dump::coroscope(&["dump", "--json", "--settle", "0s", &target.pid().to_string(), &gone])
        .output()
        .expect("the program was built");
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).expect("a JSON document");
    assert_eq!(document["reports"].as_array().map(Vec::len), Some(1), "{document}");
    assert_eq!(document["errors"][0]["kind"], "no_such_process", "{document}");
}
