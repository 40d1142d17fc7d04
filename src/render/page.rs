//! Lines set on a page of some width.

use std::io;

use super::style::Mark;
use super::{Line, Role, Style};

/// The narrowest column in which text is still wrapped; below it, lines are left to the terminal.
const NARROWEST: usize = 20;

/// Writes lines, wrapped and shortened to the width of the style.
pub struct Page<'a> {
    out: &'a mut dyn io::Write,
    style: &'a Style,
}

impl<'a> Page<'a> {
    /// A page that goes to `out`.
    pub fn new(out: &'a mut dyn io::Write, style: &'a Style) -> Self {
        Self { out, style }
    }

    /// What the page can show.
    #[must_use]
    pub fn style(&self) -> &'a Style {
        self.style
    }

    /// An empty line.
    ///
    /// # Errors
    /// Those of the place written to.
    pub fn blank(&mut self) -> io::Result<()> {
        self.out.write_all(b"\n")
    }

    /// One line; what does not fit goes to the next lines, `indent` columns to the right.
    ///
    /// # Errors
    /// Those of the place written to.
    pub fn line(&mut self, line: &Line, indent: usize) -> io::Result<()> {
        self.hang(&Line::new(), line, indent)
    }

    /// A row: its label, and the text from column `column` on, also where it is wrapped.
    ///
    /// # Errors
    /// Those of the place written to.
    pub fn row(&mut self, indent: usize, label: &str, column: usize, line: &Line) -> io::Result<()> {
        let padding = column.saturating_sub(indent + label.len()).max(usize::from(!label.is_empty()));
        let mut lead = Line::new().plain(" ".repeat(indent));
        lead.push(Role::Label, label);
        lead.push(Role::Plain, " ".repeat(padding));
        self.hang(&lead, line, column)
    }

    /// One line; what does not fit is cut out of its longest piece.
    ///
    /// # Errors
    /// Those of the place written to.
    pub fn line_cut(&mut self, line: &Line) -> io::Result<()> {
        let mut line = line.escaped(self.style);
        if let Some(width) = self.style.width {
            line = line.shortened(width.max(NARROWEST), self.style.mark(Mark::Gap));
        }
        line.write(self.out, self.style)?;
        self.blank()
    }

    /// One line that was escaped and fitted before.
    ///
    /// # Errors
    /// Those of the place written to.
    pub(super) fn line_as_it_is(&mut self, line: &Line) -> io::Result<()> {
        line.write(self.out, self.style)?;
        self.blank()
    }

    /// `lead`, which is ours and never wrapped, then `line`, wrapped `indent` columns to the right.
    ///
    /// # Errors
    /// Those of the place written to.
    pub fn hang(&mut self, lead: &Line, line: &Line, indent: usize) -> io::Result<()> {
        self.branch(lead, line, &Line::new().plain(" ".repeat(indent)))
    }

    /// `lead`, which is ours and never wrapped, then `line`; what does not fit goes to the next lines, behind `under`.
    ///
    /// # Errors
    /// Those of the place written to.
    pub fn branch(&mut self, lead: &Line, line: &Line, under: &Line) -> io::Result<()> {
        let line = line.escaped(self.style);
        lead.write(self.out, self.style)?;
        match self.style.width {
            Some(width) if lead.width() + line.width() > width && width >= under.width() + NARROWEST => {
                self.wrap(&line, lead.width(), under, width)?;
            }
            _ => line.write(self.out, self.style)?,
        }
        self.blank()
    }

    fn wrap(&mut self, line: &Line, start: usize, under: &Line, width: usize) -> io::Result<()> {
        let gap = self.style.mark(Mark::Gap);
        let indent = under.width();
        let mut column = start;
        for (index, (spaces, word)) in line.words().into_iter().enumerate() {
            let word = word.shortened(width - indent, gap);
            if index > 0 && column + spaces + word.width() > width {
                self.blank()?;
                under.write(self.out, self.style)?;
                column = indent;
            } else {
                self.out.write_all(" ".repeat(spaces).as_bytes())?;
                column += spaces;
            }
            word.write(self.out, self.style)?;
            column += word.width();
        }
        Ok(())
    }
}
