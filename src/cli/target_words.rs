//! The words that say which processes are meant, shared by the verbs that look at some.

use std::time::Duration;

use clap::Args;

use super::{Surface, arm, values};
use crate::error::{Error, ErrorKind, Result};
use crate::look::{self, Settings};
use crate::process::Pid;
use crate::report::Report;

/// Which processes.
#[derive(Debug, Clone, Args)]
pub(super) struct TargetWords {
    /// Processes to look at
    #[arg(value_name = "PID", value_parser = values::pid, required_unless_present = "pid")]
    pids: Vec<Pid>,
    /// Process to look at (repeatable)
    #[arg(short, long, value_name = "PID", value_parser = values::pid)]
    pid: Vec<Pid>,
    /// Also look at all descendants that are CPython
    #[arg(long)]
    children: bool,
}

impl TargetWords {
    /// Every process named, once, in order.
    fn named(&self) -> Vec<Pid> {
        let mut named = Vec::new();
        for &pid in self.pids.iter().chain(&self.pid) {
            if !named.contains(&pid) {
                named.push(pid);
            }
        }
        named
    }

    /// The process, if the words name just one: then the document is one report, else one of several. It
    /// does not depend on how many children there happen to be.
    pub(super) fn only_pid(&self) -> Option<Pid> {
        match self.named()[..] {
            [pid] if !self.children => Some(pid),
            _ => None,
        }
    }

    /// Looks at every process in turn, until we are told to stop.
    pub(super) fn for_each(
        &self,
        look: Look<'_>,
        surface: &Surface,
        mut take: impl FnMut(Pid, Result<Report>) -> Result<()>,
    ) -> Result<()> {
        let mut seen = Vec::new();
        for named in self.named() {
            let children = if self.children { look::python_descendants(named) } else { Vec::new() };
            let has_children = !children.is_empty();
            for pid in std::iter::once(named).chain(children) {
                if seen.contains(&pid) {
                    continue;
                }
                seen.push(pid);
                let outcome = look.at(pid, surface);
                match outcome.as_ref().map_err(Error::kind) {
                    // A shell that started the workers was not meant, its children were.
                    Err(ErrorKind::NotPython) if pid == named && has_children => {
                        surface.say_verbosely(&format!("process {pid} is not Python; its children are"));
                    }
                    Err(ErrorKind::NotPython) if self.children && pid == named => take(
                        pid,
                        outcome.map_err(|error| {
                            error.hint("none of its descendants is CPython either, or we cannot see it")
                        }),
                    )?,
                    Err(ErrorKind::Interrupted(_)) => return take(pid, outcome),
                    _ => take(pid, outcome)?,
                }
            }
        }
        Ok(())
    }
}

/// How each of them is looked at.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) settings: &'a Settings,
    /// How long origin tracking is on before, if at all.
    pub(super) arm: Option<Duration>,
}

impl Look<'_> {
    /// Looks at one process.
    pub(super) fn at(self, pid: Pid, surface: &Surface) -> Result<Report> {
        match self.arm {
            None => self.unarmed(pid, surface),
            Some(time) => arm::around(pid, time, surface, || self.unarmed(pid, surface)),
        }
    }

    fn unarmed(self, pid: Pid, surface: &Surface) -> Result<Report> {
        let settings = self.settings;
        surface.say_verbosely(&format!(
            "looking at process {pid}: {}, settling {}, at most {}",
            settings.mode,
            humantime::format_duration(settings.settle),
            humantime::format_duration(settings.timeout)
        ));
        look::look(pid, settings)
    }
}
