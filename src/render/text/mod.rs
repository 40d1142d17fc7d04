//! The report for a tired person: the verdict first, then what is wrong and what to do about it, then
//! what was looked at, what was not seen, what it cost, and what to type next.

mod counts;
mod finding;
mod head;
mod look;
mod next;
mod tasks;

use std::io;

use super::{Page, Render, Style};
use crate::report::{Report, Verdict};

/// The report for a person.
#[derive(Debug, Clone, Copy, Default)]
pub struct Text {
    /// Whether what is still pending, and every task and thread, is listed too. Without, they are counted.
    pub all: bool,
    /// Whether the end says what to type next: not for a target that is gone by then.
    pub next: bool,
}

impl Render for Text {
    fn render(&self, report: &Report, out: &mut dyn io::Write, style: &Style) -> io::Result<()> {
        let mut page = Page::new(out, style);
        head::write(&mut page, report)?;
        for finding in &report.findings {
            if finding.verdict != Verdict::Pending || self.all {
                page.blank()?;
                finding::write(&mut page, report, finding)?;
            }
        }
        if self.all {
            tasks::write(&mut page, report)?;
        }
        page.blank()?;
        counts::write(&mut page, report, self.all)?;
        look::write(&mut page, report)?;
        if self.next { next::write(&mut page, report, self.all) } else { Ok(()) }
    }
}

/// Where the text of the rows at the end begins.
const COLUMN: usize = 12;
