//! The words that say in which format a report is written, and where to; shared by the verbs that write some.

use std::path::{Path, PathBuf};

use clap::Args;

use super::look_words::Format;
use super::terminal;

/// What to write, and where to.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "What to write")]
pub(super) struct OutputWords {
    /// Format of the report [default: text, or what the ending of --output says]
    #[arg(long, value_name = "FORMAT", value_enum, conflicts_with = "json")]
    format: Option<Format>,
    /// The same as `--format json`
    #[arg(long)]
    json: bool,
    /// Write to this file, whole or not at all; %p is the pid, %t the time, - is stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl OutputWords {
    /// Whether a JSON document is to stand on stdout.
    pub(super) fn json_on_stdout(&self) -> bool {
        self.format() == Format::Json && self.file().is_none()
    }

    /// The file to write to, unless it is stdout.
    pub(super) fn file(&self) -> Option<&Path> {
        self.output.as_deref().filter(|name| name.as_os_str() != "-")
    }

    /// The format: what was asked for, else what the name of the file says.
    pub(super) fn format(&self) -> Format {
        match (self.json, self.format) {
            (true, _) => Format::Json,
            (_, Some(format)) => format,
            _ => match self.file().and_then(|file| terminal::ending(file.as_os_str())).as_deref() {
                Some("json") => Format::Json,
                _ => Format::Text,
            },
        }
    }
}
