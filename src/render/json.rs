//! The report as one JSON document.

use std::io;

use serde::Serialize;

use super::{Render, Style};
use crate::report::Report;

/// The report as one JSON document, indented, with a newline at its end.
#[derive(Debug, Clone, Copy)]
pub struct Json;

impl Render for Json {
    fn render(&self, report: &Report, out: &mut dyn io::Write, _: &Style) -> io::Result<()> {
        write_json(report, out)
    }
}

/// Writes any document of ours as JSON, indented, with a newline at its end.
///
/// # Errors
/// Those of `out`.
pub fn write_json(document: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    out.write_all(b"\n")
}
