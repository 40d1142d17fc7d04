//! Every thread, for those who ask for all.

use std::io;

use super::super::{Line, Page, Role};
use crate::report::{Report, Thread};

/// Writes them all.
pub(super) fn write(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    for thread in &report.threads {
        page.blank()?;
        write_thread(page, thread)?;
    }
    Ok(())
}

fn write_thread(page: &mut Page<'_>, thread: &Thread) -> io::Result<()> {
    let number = thread.os_thread_id.map_or_else(|| format!("{:#x}", thread.id), |id| id.to_string());
    let mut line = Line::new().plain("thread ").with(Role::Title, number);
    if let Some(name) = &thread.name {
        line.push(Role::Plain, format!("  {name}"));
    }
    if thread.owns_gil == Some(true) {
        line.push(Role::Plain, "  holds the GIL");
    }
    page.line(&line, 4)?;
    for frame in &thread.frames {
        write_frame(page, &frame.function, &frame.file, frame.line)?;
    }
    Ok(())
}

fn write_frame(page: &mut Page<'_>, function: &str, file: &str, line: Option<u32>) -> io::Result<()> {
    let place = line.map_or_else(|| file.to_owned(), |line| format!("{file}:{line}"));
    page.row(4, "", 4, &Line::new().with(Role::Function, function).plain("  ").with(Role::Place, place))
}
