//! What one would usually type next.

use std::io;

use super::super::{Line, Page, Role};
use super::COLUMN;
use crate::report::{Mode, Report, Source, Verdict};

/// Writes the next command.
pub(super) fn write(page: &mut Page<'_>, report: &Report, all: bool) -> io::Result<()> {
    if report.target.source != Source::Live {
        return Ok(());
    }
    let pid = report.target.pid;
    let has = |verdict| report.findings.iter().any(|finding| finding.verdict == verdict);
    let with_arguments =
        report.findings.iter().flat_map(|finding| &finding.instances).any(|instance| instance.arguments.is_some());
    let found = has(Verdict::Leaked) || has(Verdict::Suspect);
    let (command, reason) = if !report.look.complete && report.look.mode != Mode::Frozen {
        (format!("coroscope dump {pid} --mode frozen"), "holds it longer and misses nothing that moves")
    } else if found && !with_arguments {
        (format!("coroscope dump {pid} --locals"), "shows the arguments they were called with")
    } else if found {
        (format!("coroscope dump {pid} -o report.json"), "keeps the whole report")
    } else if has(Verdict::Pending) && !all {
        (format!("coroscope dump {pid} --all --settle 5s"), "gives what is pending more time")
    } else {
        ("coroscope list".to_owned(), "shows other Python processes")
    };
    page.row(0, "next", COLUMN, &Line::new().with(Role::Command, command).with(Role::Faint, format!("  {reason}")))
}
