//! What one would usually type next.

use std::io;

use super::super::{Line, Page, Role};
use super::{COLUMN, kinds};
use crate::report::{Finding, Mode, Report, Source, Verdict};

/// Writes the next command.
pub(super) fn write(page: &mut Page<'_>, report: &Report, all: bool) -> io::Result<()> {
    if report.target.source != Source::Live {
        return Ok(());
    }
    let pid = report.target.pid;
    let has =
        |verdict| report.findings.iter().any(|finding| finding.verdict == verdict && !kinds::is_elsewhere(finding));
    let with_arguments =
        report.findings.iter().flat_map(|finding| &finding.instances).any(|instance| instance.arguments.is_some());
    let found = has(Verdict::Leaked) || has(Verdict::Suspect);
    let judged = report.findings.iter().filter(|finding| kinds::is_shown_first(finding, false));
    let about_tasks =
        judged.clone().next().is_some() && judged.clone().all(|finding| kinds::is_about_tasks(finding.kind));
    let is_held = |finding: &&Finding| kinds::is_shown_first(finding, false) && !finding.retained_by.is_empty();
    let (command, reason) = if !report.look.complete && report.look.mode != Mode::Frozen {
        (format!("coroscope dump {pid} --mode frozen"), "holds it longer and misses nothing that moves")
    } else if about_tasks {
        (format!("coroscope tasks {pid}"), "shows what every task waits for")
    } else if let Some(object) = report.findings.iter().filter(is_held).find_map(|finding| finding.instances.first()) {
        (format!("coroscope why {pid} {}", object.address), "shows everything that holds it, and what it holds")
    } else if found && !with_arguments {
        (format!("coroscope dump {pid} --locals"), "shows the arguments they were called with")
    } else if found {
        (format!("coroscope dump {pid} -o report.json"), "keeps the whole report")
    } else if has(Verdict::Pending) && !all {
        (format!("coroscope dump {pid} --all --settle 5s"), "gives what is pending more time")
    } else if report.summary.tasks.total() > 0 {
        (format!("coroscope tasks {pid}"), "shows what every task waits for")
    } else {
        ("coroscope list".to_owned(), "shows other Python processes")
    };
    row(page, command, reason)
}

/// Writes what comes after the tasks.
pub(in crate::render) fn after_tasks(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    if report.target.source != Source::Live {
        return Ok(());
    }
    let pid = report.target.pid;
    if !report.look.complete && report.look.mode != Mode::Frozen {
        row(page, format!("coroscope tasks {pid} --mode frozen"), "holds it longer and misses nothing that moves")
    } else {
        row(page, format!("coroscope dump {pid}"), "shows what was never awaited, and what is lost")
    }
}

fn row(page: &mut Page<'_>, command: String, reason: &str) -> io::Result<()> {
    page.row(0, "next", COLUMN, &Line::new().with(Role::Command, command).with(Role::Faint, format!("  {reason}")))
}
