//! What was not seen, and what the look cost the target.

use std::io;

use super::super::style::Mark;
use super::super::words;
use super::super::{Line, Page, Role};
use super::COLUMN;
use crate::report::{Look, Mode};

/// Writes both.
pub(in crate::render) fn write(page: &mut Page<'_>, look: &Look) -> io::Result<()> {
    if !look.complete {
        let mark = page.style().mark(Mark::Incomplete);
        let words = format!("{mark} not everything could be read; something may be missing above");
        page.row(0, "incomplete", COLUMN, &Line::new().with(Role::Suspect, words))?;
    }
    for skipped in &look.skipped {
        let line = Line::new().plain(format!("{}: {}, {}", skipped.what, words::grouped(skipped.count), skipped.why));
        page.row(0, "not seen", COLUMN, &line)?;
    }
    for note in &look.notes {
        page.row(0, "note", COLUMN, &Line::new().with_commands(note))?;
    }
    page.row(0, "look", COLUMN, &cost(look, page.style().unicode))
}

fn cost(look: &Look, unicode: bool) -> Line {
    let pauses = &look.pauses;
    let longest = words::microseconds(pauses.max_us, unicode);
    let pause = match (pauses.count, look.mode) {
        (0, Mode::Nonblocking) => "never paused, so possibly torn".to_owned(),
        (0, _) => "never paused".to_owned(),
        (1, _) => format!("paused {longest}"),
        (count, _) => format!(
            "paused {} times, longest {longest}, together {}",
            words::grouped(count),
            words::microseconds(pauses.total_us, unicode)
        ),
    };
    let mut line =
        Line::new().plain(format!("{}, {pause}; took {}", look.mode, words::seconds(look.total_ms / 1000.0)));
    if look.settle_ms > 0 {
        line.push(Role::Plain, format!(", {} of it between two looks", words::seconds(look.settle_ms as f64 / 1000.0)));
    }
    line.push(Role::Plain, format!("; read {}", words::bytes(look.bytes_read)));
    if look.bytes_skipped > 0 {
        line.push(Role::Plain, format!(", passed over {} of large buffers", words::bytes(look.bytes_skipped)));
    }
    if look.retries > 0 {
        line.push(Role::Plain, format!(", {}", words::counted(look.retries, "retry", "retries")));
    }
    line
}
