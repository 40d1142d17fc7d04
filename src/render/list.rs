//! The Python processes of this machine, as a table.

use std::io;

use super::{Line, Page, Role, Style};
use crate::report::ListedProcess;

/// Writes one line per process.
///
/// # Errors
/// Those of `out`.
pub fn write_list(processes: &[ListedProcess], out: &mut dyn io::Write, style: &Style) -> io::Result<()> {
    let mut page = Page::new(out, style);
    if processes.is_empty() {
        return page.line(&Line::new().plain("no Python process found"), 0);
    }
    page.line(
        &Line::new()
            .with(Role::Label, format!("{:>8}  {:<10} {:>5} {:>7}  COMMAND", "PID", "PYTHON", "LOOPS", "TASKS")),
        0,
    )?;
    for process in processes {
        let count = |count: Option<u64>| count.map_or_else(|| "-".to_owned(), |count| count.to_string());
        let numbers = format!(
            "{:>8}  {:<10} {:>5} {:>7}  ",
            process.pid,
            process.version.as_deref().unwrap_or("?"),
            count(process.loops),
            count(process.tasks)
        );
        let indent = numbers.len();
        page.line_cut(&Line::new().plain(numbers).plain(process.command.as_str()))?;
        if let Some(why) = &process.why_not {
            page.row(indent, "", indent, &Line::new().with(Role::Suspect, "cannot be read: ").plain(why.as_str()))?;
        }
    }
    if let Some(process) = processes.iter().find(|process| !process.readable) {
        page.blank()?;
        let command = Line::new().with(Role::Command, format!("coroscope doctor {}", process.pid));
        page.row(0, "next", 6, &command.with(Role::Faint, "  says what to do about it"))?;
    }
    Ok(())
}
