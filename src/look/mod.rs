//! One look at one process.

use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::process::{Pid, Target};
use crate::report::{ListedProcess, Mode, Report};

/// How to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// When the target stands still.
    pub mode: Mode,
    /// Time between the first look and the second, at what was too young to judge. Zero: no second look.
    pub settle: Duration,
    /// How long a look may take.
    pub timeout: Duration,
    /// Whether arguments and context variables are read.
    pub locals: bool,
    /// How many objects are listed per finding.
    pub instances: usize,
}

/// Looks at a process.
///
/// # Errors
/// What kept us from looking.
pub fn look(pid: Pid, _settings: &Settings) -> Result<Report> {
    let target = Target::open(pid)?;
    Err(Error::new(ErrorKind::NotPython, format!("{} is not Python", target.name())))
}

/// The Python processes of this machine.
#[must_use]
pub fn list() -> Vec<ListedProcess> {
    Vec::new()
}

/// The descendants of a process that run Python.
#[must_use]
pub fn python_descendants(_pid: Pid) -> Vec<Pid> {
    Vec::new()
}
