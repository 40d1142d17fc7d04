//! The report as one JSON document.

use std::io::{self, Write as _};

use serde::Serialize;

use super::{Render, Style};
use crate::report::Report;

/// Bytes that are given on at once.
const PIECE: usize = 64 << 10;

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
    // A document is written in pieces of a few bytes.
    let mut buffered = io::BufWriter::with_capacity(PIECE, out);
    serde_json::to_writer_pretty(&mut buffered, document)?;
    buffered.write_all(b"\n")?;
    buffered.flush()
}

/// Writes any document of ours as JSON on one line (JSON Lines).
///
/// # Errors
/// Those of `out`.
pub fn write_json_line(document: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    let mut buffered = io::BufWriter::with_capacity(PIECE, out);
    serde_json::to_writer(&mut buffered, document)?;
    buffered.write_all(b"\n")?;
    buffered.flush()
}
