//! Runs the real program, in surroundings that do not depend on where the tests are run.

use std::process::{Command, Output, Stdio};

/// The program with these arguments, a UTF-8 locale, no terminal, and no variable that decides about colours.
pub(crate) fn coroscope(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_coroscope"));
    command.args(arguments).stdin(Stdio::null()).env("LC_ALL", "C.UTF-8");
    for name in ["NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM", "COLUMNS", "LINES"] {
        command.env_remove(name);
    }
    command
}

/// What it wrote, and how it ended.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs it to its end.
pub(crate) fn run(command: &mut Command) -> Ran {
    let Output { status, stdout, stderr } = command.output().expect("the program starts");
    Ran {
        code: status.code(),
        stdout: String::from_utf8(stdout).expect("UTF-8"),
        stderr: String::from_utf8(stderr).expect("UTF-8"),
    }
}
