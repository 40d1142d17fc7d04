//! What a user without rights is told.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use coroscope::process::Pid;

use crate::roles::{NOBODY, command_as_nobody, said};
use crate::support::{Process, copy_program, root_or_skip, which};

#[test]
fn another_user() {
    if !root_or_skip() {
        return;
    }
    let child = Process::sleep();
    let folder = tempfile::tempdir().expect("a folder");
    let text = said(&mut Process::start(&mut command_as_nobody("open", child.pid(), &folder)));
    let expected = format!(
        "permission|cannot read process {} (sleep): it belongs to root, and we are user {NOBODY}|run `sudo {}/roles --exact",
        child.pid(),
        folder.path().display()
    );
    assert!(text.starts_with(&expected), "{text}\n{expected}");
}

#[test]
fn not_dumpable() {
    if !root_or_skip() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    // Who may execute a file and not read it must not read it through the process either.
    let program = folder.path().join("sleep");
    copy_program(&which("sleep"), &program, 0o711);
    let mut role = command_as_nobody("open", Pid::own(), &folder); // opens the folder
    let child = Process::start(Command::new(&program).arg("600").uid(NOBODY).gid(NOBODY));
    role.env("COROSCOPE_TEST_PID", child.pid().to_string());
    let text = said(&mut Process::start(&mut role));
    let expected = format!("permission|cannot read process {} (sleep): it is not dumpable: ", child.pid());
    assert!(text.starts_with(&expected), "{text}");
}

#[test]
fn images_can_be_opened_without_rights() {
    if !root_or_skip() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut role = Process::start(&mut command_as_nobody("images", Pid::own(), &folder));
    assert_eq!(said(&mut role), "all open");
}
