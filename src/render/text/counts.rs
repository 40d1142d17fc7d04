//! What was looked at: coroutines and tasks by state, the loops.

use std::cmp::Reverse;
use std::io;

use super::super::style::Mark;
use super::super::words;
use super::super::{Line, Page, Role};
use super::{COLUMN, kinds};
use crate::report::{CoroutineCounts, Loop, Report, Verdict};

/// Writes the counts; `all` and `lists_elsewhere` say what is listed anyway.
pub(super) fn write(page: &mut Page<'_>, report: &Report, all: bool, lists_elsewhere: bool) -> io::Result<()> {
    let summary = &report.summary;
    page.row(0, "coroutines", COLUMN, &states(page, &coroutines(&summary.coroutines)))?;
    if summary.async_generators.total() > 0 {
        page.row(0, "async gens", COLUMN, &states(page, &coroutines(&summary.async_generators)))?;
    }
    tasks(page, report)?;
    let pending: u64 = (report.findings.iter())
        .filter(|finding| finding.verdict == Verdict::Pending)
        .fold(0, |sum, finding| sum.saturating_add(finding.count));
    let elsewhere: u64 = (report.findings.iter())
        .filter(|finding| kinds::is_elsewhere(finding))
        .fold(0, |sum, finding| sum.saturating_add(finding.count));
    if elsewhere > 0 && !lists_elsewhere {
        let calls = words::counted(elsewhere, "call throws its", "calls throw their");
        let words = Line::new().plain(format!("{calls} coroutine away in code of others"));
        page.row(0, "elsewhere", COLUMN, &words.with(Role::Faint, "  --all lists them"))?;
    }
    if pending > 0 && !all {
        let words = format!("{} not judged: too young, or about to be awaited", words::grouped(pending));
        page.row(
            0,
            "pending",
            COLUMN,
            &Line::new().with(Role::Pending, words).with(Role::Faint, "  --all lists them"),
        )?;
    }
    Ok(())
}

/// The tasks by state, what those that wait are waiting for, and the loops.
pub(in crate::render) fn tasks(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let summary = &report.summary;
    let states_of_tasks = [
        (summary.tasks.pending, "pending"),
        (summary.tasks.running, "running"),
        (summary.tasks.done, "done"),
        (summary.tasks.failed, "failed"),
        (summary.tasks.cancelled, "cancelled"),
    ];
    page.row(0, "tasks", COLUMN, &states(page, &states_of_tasks))?;
    let mut waits: Vec<(u64, &str)> = Vec::new();
    for waits_on in report.tasks.iter().filter_map(|task| task.waits_on.as_ref()) {
        let word = waits_on.what.word();
        match waits.iter_mut().find(|(_, known)| *known == word) {
            Some((count, _)) => *count += 1,
            None => waits.push((1, word)),
        }
    }
    waits.sort_by_key(|&(count, word)| (Reverse(count), word));
    if !waits.is_empty() {
        let said: Vec<(u64, String)> = waits.into_iter().map(|(count, word)| (count, word.replace('_', " "))).collect();
        page.row(0, "wait for", COLUMN, &states(page, &said))?;
    }
    for event_loop in &report.runtime.loops {
        page.row(0, "loop", COLUMN, &event_loop_line(event_loop))?;
    }
    Ok(())
}

fn event_loop_line(event_loop: &Loop) -> Line {
    let mut line = Line::new().plain(event_loop.class.as_str());
    let state = match (event_loop.running, event_loop.closed) {
        (true, _) => ", running",
        (false, Some(true)) => ", closed",
        (false, _) => ", not running",
    };
    line.push(Role::Plain, state);
    if let Some(thread) = event_loop.thread {
        line.push(Role::Plain, format!(" in thread {thread}"));
    }
    if event_loop.debug == Some(true) {
        line.push(Role::Plain, ", debug mode");
    }
    if let Some(ready) = event_loop.ready.filter(|&ready| ready > 0) {
        line.push(Role::Plain, format!(", {} ready", words::counted(ready, "callback", "callbacks")));
    }
    if event_loop.blocked.is_some() {
        line.push(Role::Leaked, ", blocked");
    }
    line
}

fn coroutines(counts: &CoroutineCounts) -> [(u64, &'static str); 4] {
    [
        (counts.created, "never started"),
        (counts.suspended, "suspended"),
        (counts.running, "running"),
        (counts.closed, "closed"),
    ]
}

/// `3 never started · 14 suspended`; states that nothing is in are left out.
fn states<Word: std::fmt::Display>(page: &Page<'_>, states: &[(u64, Word)]) -> Line {
    let mut line = Line::new();
    for (count, word) in states.iter().filter(|(count, _)| *count > 0) {
        if !line.is_empty() {
            line.push(Role::Faint, page.style().mark(Mark::And));
        }
        line.push(Role::Plain, format!("{} {word}", words::grouped(*count)));
    }
    if line.is_empty() { Line::new().plain("none") } else { line }
}
