//! The report for a tired person: the verdict first, then what is wrong and what to do about it, then
//! what was looked at, what was not seen, what it cost, and what to type next.

pub(super) mod counts;
pub(super) mod finding;
pub(super) mod head;
pub(super) mod kinds;
pub(super) mod look;
pub(super) mod next;
mod threads;

use std::io;

use super::{Line, Page, Render, Role, Style, Tasks};
use crate::report::{Finding, Report, Source};

/// The report for a person.
#[derive(Debug, Clone, Copy, Default)]
pub struct Text {
    /// Whether what is still pending, and every task and thread, is listed too. Without, they are counted.
    pub all: bool,
    /// Whether the end says what to type next: not for a target that is gone by then.
    pub next: bool,
    /// Whether the findings of each package stand together.
    pub by_distribution: bool,
    /// Whether calls that throw their coroutine away are listed even if they lie in code of others. Without, they are counted.
    pub elsewhere: bool,
}

impl Render for Text {
    fn render(&self, report: &Report, out: &mut dyn io::Write, style: &Style) -> io::Result<()> {
        let mut page = Page::new(out, style);
        head::write(&mut page, report, self.elsewhere)?;
        let is_shown = |finding: &&Finding| self.all || kinds::is_shown_first(finding, self.elsewhere);
        let shown: Vec<&Finding> = report.findings.iter().filter(is_shown).collect();
        if self.by_distribution {
            finding::write_by_distribution(&mut page, report, &shown)?;
        } else {
            finding::write_all(&mut page, report, &shown)?;
        }
        if self.all {
            Tasks::of_all_states().write_tasks(&mut page, report)?;
            threads::write(&mut page, report)?;
        }
        page.blank()?;
        counts::write(&mut page, report, self.all, self.all || self.elsewhere)?;
        if finding::origins_are_missing(report, &shown) {
            let words = "recorded only while origin tracking is on; it is off in the target";
            let mut line = Line::new().with(Role::Faint, words);
            if self.next && report.target.source == Source::Live {
                line = line
                    .with(Role::Faint, "; on: ")
                    .with(Role::Command, format!("coroscope arm {}", report.target.pid));
            }
            page.row(0, "created", COLUMN, &line)?;
        }
        look::write(&mut page, &report.look)?;
        if self.next { next::write(&mut page, report, self.all) } else { Ok(()) }
    }
}

/// Where the text of the rows at the end begins.
pub(super) const COLUMN: usize = 12;
