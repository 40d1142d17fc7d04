//! Who holds an object, for a person: the object, each way on which it is held as a tree with the root on top, and what is not known.

mod head;
mod paths;

use std::io;

use super::text::{COLUMN, head::program_line, look};
use super::{Line, Page, Role, Style, words};
use crate::report::{ReferenceCounts, Source, WhyReport};

/// Writes who holds an object.
///
/// # Errors
/// Those of `out`.
pub fn write_why(report: &WhyReport, out: &mut dyn io::Write, style: &Style) -> io::Result<()> {
    let mut page = Page::new(out, style);
    program_line(&mut page, &report.target)?;
    page.blank()?;
    head::write(&mut page, &report.object)?;
    page.blank()?;
    paths::write(&mut page, report)?;
    page.blank()?;
    references(&mut page, &report.references)?;
    look::write(&mut page, &report.look)?;
    next(&mut page, report)
}

/// How many references were found, and what to think of the others.
fn references(page: &mut Page<'_>, references: &ReferenceCounts) -> io::Result<()> {
    let found = words::grouped(references.found);
    let text = match references.count {
        Some(count) => format!("{found} of {} found", words::counted(count, "reference", "references")),
        None => format!("{} found", words::counted(references.found, "reference", "references")),
    };
    let mut line = Line::new().plain(text);
    if references.words_outside_of_objects > 0 {
        let places = words::counted(references.words_outside_of_objects, "word", "words");
        line.push(Role::Faint, format!("; {places} outside of objects look like one"));
    }
    page.row(0, "references", COLUMN, &line)?;
    match &references.note {
        Some(note) => page.row(0, "", COLUMN, &Line::new().with(Role::Faint, note.as_str())),
        None => Ok(()),
    }
}

/// What one would usually type next.
fn next(page: &mut Page<'_>, report: &WhyReport) -> io::Result<()> {
    if report.target.source != Source::Live {
        return Ok(());
    }
    let (pid, shown) = (report.target.pid, report.paths.len() as u64);
    let (command, reason) = if shown > 0 && report.references.found > shown {
        let command = format!("coroscope why {pid} {} --paths {}", report.object.address, report.references.found);
        (command, "shows the other ways, too")
    } else {
        (format!("coroscope dump {pid}"), "shows all that was never awaited, and what is lost")
    };
    page.row(0, "next", COLUMN, &Line::new().with(Role::Command, command).with(Role::Faint, format!("  {reason}")))
}
