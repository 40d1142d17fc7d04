//! Why the kernel refuses, read from the live system, and the one line that cures it.
//!
//! The rules are those of `ptrace(2)`, "Ptrace access mode checking", and of the Yama security module.
//! Reading the facts (`facts`) is one thing, judging them (`verdict`) another: the judgement is a pure
//! function, tested with every cause once.

mod checks;
mod facts;
mod verdict;

use super::Pid;
use crate::error::{Error, ErrorKind};

pub use checks::{Check, Standing};

/// What the kernel refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// To see the process at all.
    Find,
    /// To read its files in `/proc`.
    Files,
    /// To read its memory.
    Memory,
    /// To hold its threads still.
    Pause,
}

impl Operation {
    fn verb(self) -> &'static str {
        match self {
            Self::Find => "find",
            Self::Files | Self::Memory => "read",
            Self::Pause => "pause",
        }
    }
}

/// The failure of an operation that the kernel refused with `errno`: its cause, and what to paste.
#[must_use]
pub fn explain_denied(pid: Pid, operation: Operation, errno: i32) -> Error {
    let facts = facts::Facts::collect(Some(pid));
    let name = facts.target.as_ref().and_then(|target| target.comm.as_deref()).unwrap_or_default();
    let name = if name.is_empty() { String::new() } else { format!(" ({name})") };
    let failed = format!("cannot {} process {pid}{name}", operation.verb());
    if errno == libc::ESRCH {
        return Error::new(ErrorKind::ProcessGone, format!("process {pid}{name} ended while we looked at it"));
    }
    let verdict = verdict::judge(&facts, operation);
    let mut error = Error::new(ErrorKind::Permission, failed).caused_by(match verdict.cause {
        Some(cause) => cause,
        None => format!("{}, and no usual cause was found", std::io::Error::from_raw_os_error(errno)),
    });
    for hint in verdict.hints {
        error = error.hint(hint);
    }
    error
}

/// What decides whether we may read a process, or processes in general: for `doctor`.
#[must_use]
pub fn examine(pid: Option<Pid>) -> Vec<Check> {
    checks::examine(&facts::Facts::collect(pid))
}
