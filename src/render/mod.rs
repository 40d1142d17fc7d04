//! Views of the report: one file per format behind one trait. Nothing here decides anything about the
//! target; a verdict is shown as it stands in the report.
//!
//! Text is marked with its meaning ([`Role`]) and laid out first; colours are picked when it is written.
//! What comes from the target (names, files, command lines) may hold control characters: all text goes
//! through `escape.rs` on its way out, JSON through the escapes of JSON.

mod escape;
mod failure;
mod json;
mod line;
mod list;
mod page;
mod scope;
mod style;
mod tasks;
mod text;
mod watch;
mod why;
mod words;

pub use failure::write_failure;
pub use json::{Json, write_json, write_json_line};
pub use line::{Line, Role};
pub use list::write_list;
pub use page::Page;
pub use scope::Scope;
pub use style::Style;
pub use tasks::{Filter, Pattern, Shape, Stacks, Tasks};
pub use text::Text;
pub use watch::Watch;
pub use why::write_why;

use std::io;

use crate::report::Report;

/// A format a report can be written in.
pub trait Render {
    /// Writes the whole report.
    ///
    /// # Errors
    /// Those of `out`.
    fn render(&self, report: &Report, out: &mut dyn io::Write, style: &Style) -> io::Result<()>;
}
