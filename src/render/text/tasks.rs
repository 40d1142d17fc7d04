//! Every task and thread, for those who ask for all.

use std::io;

use super::super::{Line, Page, Role};
use crate::report::{Report, Task, TaskState, Thread};

/// Writes them all.
pub(super) fn write(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    for task in &report.tasks {
        page.blank()?;
        write_task(page, task)?;
    }
    for thread in &report.threads {
        page.blank()?;
        write_thread(page, thread)?;
    }
    Ok(())
}

fn write_task(page: &mut Page<'_>, task: &Task) -> io::Result<()> {
    let mut line =
        Line::new().plain("task ").with(Role::Title, task.name.clone().unwrap_or_else(|| task.address.to_string()));
    line.push(Role::Plain, format!("  {}", state(task.state)));
    if let Some(qualname) = &task.qualname {
        line.push(Role::Plain, "  ");
        line.push(Role::Function, qualname.as_str());
    }
    if task.started == Some(false) {
        line.push(Role::Plain, "  not started yet");
    }
    if let Some(waits_on) = &task.waits_on {
        line.push(Role::Faint, format!("  waits on {} {}", waits_on.type_name, waits_on.address));
    }
    if let Some(exception) = &task.exception {
        let message = exception.message.as_deref().map(|message| format!(": {message}")).unwrap_or_default();
        line.push(Role::Leaked, format!("  {}{message}", exception.type_name));
    }
    page.line(&line, 4)?;
    for frame in &task.stack {
        write_frame(page, &frame.function, &frame.file, frame.line)?;
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

fn state(state: TaskState) -> &'static str {
    match state {
        TaskState::Pending => "pending",
        TaskState::Running => "running",
        TaskState::Done => "done",
        TaskState::Failed => "failed",
        TaskState::Cancelled => "cancelled",
    }
}
