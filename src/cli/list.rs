//! `coroscope list`: the Python processes of this machine.

use clap::Args;

use super::output::Sink;
use super::{Ending, Surface, TEMPLATE};
use crate::error::{Error, ErrorKind, Result};
use crate::look;
use crate::render::{write_json, write_list};
use crate::report::ListDocument;

/// The words of this verb.
#[derive(Debug, Clone, Args)]
#[command(
    about = "List the Python processes of this machine, and whether they can be read",
    long_about = None,
    before_help = "Examples:\n  coroscope list\n  coroscope list --json | jq '.processes[] | select(.readable).pid'",
    after_help = "Next: `coroscope dump PID`, or `coroscope doctor PID` for one that cannot be read.",
    help_template = TEMPLATE
)]
pub(super) struct Words {
    /// Write JSON
    #[arg(long)]
    json: bool,
}

impl Words {
    pub(super) fn json(&self) -> bool {
        self.json
    }
}

/// Runs it.
pub(super) fn run(words: &Words, surface: &Surface) -> Result<Ending> {
    let processes = look::list();
    let mut bytes = Vec::new();
    let written = if words.json {
        write_json(&ListDocument::new(processes), &mut bytes)
    } else {
        write_list(&processes, &mut bytes, &surface.stdout)
    };
    written.map_err(|error| Error::new(ErrorKind::Internal, "cannot write the list down").caused_by(error))?;
    Sink::stdout().write_all_of(&bytes)?;
    Ok(Ending::Done)
}
