//! A line of text, marked with its meaning.

use std::io;

use anstyle::{AnsiColor, Style as Colors};
use unicode_width::UnicodeWidthStr;

use super::Style;
use super::escape::escape;

/// What a piece of text means. Colours follow from it, and nothing else does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Ordinary text.
    Plain,
    /// What stands out at first glance.
    Title,
    /// All is well.
    Good,
    /// A verdict: leaked. Also failures.
    Leaked,
    /// A verdict: suspect. Also what is incomplete.
    Suspect,
    /// A verdict: pending.
    Pending,
    /// The name of a function, coroutine or task.
    Function,
    /// A file and line.
    Place,
    /// The name of a row.
    Label,
    /// What matters less.
    Faint,
    /// A line to paste. Never shortened.
    Command,
}

impl Role {
    fn colors(self) -> Colors {
        let colors = Colors::new();
        match self {
            Self::Plain => colors,
            Self::Title => colors.bold(),
            Self::Good => colors.fg_color(Some(AnsiColor::Green.into())).bold(),
            Self::Leaked => colors.fg_color(Some(AnsiColor::Red.into())).bold(),
            Self::Suspect => colors.fg_color(Some(AnsiColor::Yellow.into())).bold(),
            Self::Pending => colors.fg_color(Some(AnsiColor::Blue.into())),
            Self::Function => colors.fg_color(Some(AnsiColor::Cyan.into())).bold(),
            Self::Place => colors.fg_color(Some(AnsiColor::Cyan.into())),
            Self::Label | Self::Faint => colors.dimmed(),
            Self::Command => colors.bold(),
        }
    }
}

/// A line of text, marked with its meaning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    pieces: Vec<(Role, String)>,
}

impl Line {
    /// An empty line.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The line with this text after it.
    #[must_use]
    pub fn with(mut self, role: Role, text: impl Into<String>) -> Self {
        self.push(role, text);
        self
    }

    /// The line with this ordinary text after it.
    #[must_use]
    pub fn plain(self, text: impl Into<String>) -> Self {
        self.with(Role::Plain, text)
    }

    /// The line with this sentence after it; what stands in backticks is a command.
    #[must_use]
    pub fn with_commands(mut self, sentence: &str) -> Self {
        for (index, part) in sentence.split('`').enumerate() {
            if index % 2 == 1 {
                self.push(Role::Command, format!("`{part}`"));
            } else {
                self.push(Role::Plain, part);
            }
        }
        self
    }

    /// Adds text.
    pub fn push(&mut self, role: Role, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.pieces.push((role, text));
        }
    }

    /// Adds a whole line.
    pub fn append(&mut self, line: Self) {
        self.pieces.extend(line.pieces);
    }

    /// Whether there is nothing on it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The line as it will be written: foreign text made harmless, its own marks left alone.
    pub(super) fn escaped(&self, style: &Style) -> Self {
        let pieces = self.pieces.iter().map(|(role, text)| (*role, escape(text, style.unicode).into_owned()));
        Self { pieces: pieces.collect() }
    }

    /// Columns it takes.
    pub(super) fn width(&self) -> usize {
        self.pieces.iter().map(|(_, text)| text.width()).sum()
    }

    /// Its words, each made of pieces without a space between them, with the number of spaces before it.
    pub(super) fn words(&self) -> Vec<(usize, Self)> {
        let mut words = Vec::new();
        let (mut spaces, mut word) = (0, Self::new());
        for (role, text) in &self.pieces {
            if *role == Role::Command {
                // A command is one word: a line break inside it would break it when pasted.
                word.push(*role, text.as_str());
                continue;
            }
            for (index, part) in text.split(' ').enumerate() {
                if index > 0 {
                    if !word.is_empty() {
                        words.push((std::mem::take(&mut spaces), std::mem::take(&mut word)));
                    }
                    spaces += 1;
                }
                word.push(*role, part);
            }
        }
        if !word.is_empty() {
            words.push((spaces, word));
        }
        words
    }

    /// The line shortened in the middle to `width` columns, unless it holds a command.
    pub(super) fn shortened(self, width: usize, gap: &str) -> Self {
        if self.width() <= width || self.pieces.iter().any(|(role, _)| *role == Role::Command) {
            return self;
        }
        // The longest piece gives way: the others are marks and line numbers.
        let Some(longest) = (0..self.pieces.len()).max_by_key(|&index| self.pieces[index].1.width()) else {
            return self;
        };
        let others = self.width() - self.pieces[longest].1.width();
        let mut pieces = self.pieces;
        pieces[longest].1 = shorten(&pieces[longest].1, width.saturating_sub(others), gap);
        Self { pieces }
    }

    /// The line without what goes beyond `width` columns: of a phrase the beginning says most.
    pub(super) fn cut(self, width: usize, gap: &str) -> Self {
        if self.width() <= width {
            return self;
        }
        let mut room = width.saturating_sub(gap.width());
        let mut line = Self::new();
        for (role, text) in self.pieces {
            let end = text
                .char_indices()
                .map(|(at, c)| at + c.len_utf8())
                .take_while(|&end| text[..end].width() <= room)
                .last();
            let head = &text[..end.unwrap_or(0)];
            room -= head.width();
            let whole = head.len() == text.len();
            line.push(role, head);
            if !whole {
                line.push(role, gap);
                break;
            }
        }
        line
    }

    pub(super) fn write(&self, out: &mut dyn io::Write, style: &Style) -> io::Result<()> {
        for (role, text) in &self.pieces {
            let colors = role.colors();
            if style.color && !colors.is_plain() {
                write!(out, "{}{text}{}", colors.render(), colors.render_reset())?;
            } else {
                out.write_all(text.as_bytes())?;
            }
        }
        Ok(())
    }
}

/// `text` without its middle. The end, where a path has its file name, keeps twice the room of the beginning.
fn shorten(text: &str, width: usize, gap: &str) -> String {
    let room = width.saturating_sub(gap.width());
    let (head_room, tail_room) = (room / 3, room - room / 3);
    let mut head = String::new();
    for c in text.chars() {
        head.push(c);
        if head.width() > head_room {
            head.pop();
            break;
        }
    }
    let mut tail_start = text.len();
    for (index, _) in text.char_indices().rev() {
        if text[index..].width() > tail_room {
            break;
        }
        tail_start = index;
    }
    format!("{head}{gap}{}", &text[tail_start..])
}

#[cfg(test)]
mod tests {
    use super::{Line, Role, shorten};

    #[test]
    fn shortening_keeps_the_file_name() {
        assert_eq!(shorten("/usr/lib/python3/site-packages/aiohttp/web.py:41", 24, "…"), "/usr/li…iohttp/web.py:41");
        assert_eq!(shorten("漢字漢字漢字漢字", 9, "…"), "漢…字漢字");
        assert_eq!(shorten("abc", 0, "..."), "...");
    }

    #[test]
    fn a_phrase_is_cut_at_its_end() {
        let cut = |width| Line::new().plain("Queue.get() ").with(Role::Faint, "漢字").cut(width, "…");
        assert_eq!(cut(16), Line::new().plain("Queue.get() ").with(Role::Faint, "漢字"));
        assert_eq!(cut(15), Line::new().plain("Queue.get() ").with(Role::Faint, "漢").with(Role::Faint, "…"));
        assert_eq!(cut(7), Line::new().plain("Queue.").plain("…"));
        assert_eq!(cut(0), Line::new().plain("…"));
    }

    #[test]
    fn a_command_is_one_word() {
        let line = Line::new().plain("run  this:").with(Role::Command, "sudo x y");
        let words: Vec<_> = line.words().into_iter().map(|(spaces, word)| (spaces, word.width())).collect();
        assert_eq!(words, [(0, 3), (2, 13)]);
    }
}
