//! The words that say how to look, shared by the verbs that do.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::values;
use crate::look::Settings;
use crate::report::Mode;

/// How to look.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "How to look")]
pub(super) struct LookWords {
    /// When the target stands still
    #[arg(long, value_name = "MODE", value_enum, default_value = "verify", conflicts_with = "nonblocking")]
    mode: ModeWord,
    /// Never hold the target; the same as `--mode nonblocking`
    #[arg(long)]
    nonblocking: bool,
    /// How long to wait before a second look at what is too young to judge; 0 for no second look
    #[arg(long, value_name = "DURATION", default_value = "500ms", value_parser = values::duration)]
    settle: Duration,
    /// Give up on a target after this time
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = values::duration)]
    timeout: Duration,
    /// The longest single pause to aim at; what takes longer is split over several
    ///
    /// In mode `verify`. Between two pauses the target runs for five times as long as the last one took. The report says how many there were,
    /// and how long the longest was. To stop and let go takes about 0.1 ms, and 1 ms with a hundred threads, whatever the budget.
    #[arg(long, value_name = "DURATION", default_value = "2ms", value_parser = values::duration)]
    pause_budget: Duration,
    /// Memory that coroscope itself may take for what grows with the target
    ///
    /// What does not fit is left out, and the report says how much that was. The program takes about 30 MiB more.
    #[arg(long, value_name = "SIZE", default_value = "1G", value_parser = values::size)]
    max_memory: u64,
    /// Show the arguments they were called with (private data of the target)
    #[arg(long)]
    locals: bool,
    /// List at most this many objects per finding; all are counted
    #[arg(long, value_name = "NUMBER", default_value_t = 10)]
    instances: usize,
    /// Whether to find out who keeps what may be leaked
    #[arg(long, value_name = "WHICH", value_enum, default_value = "best")]
    retainers: RetainersWord,
}

impl LookWords {
    pub(super) fn settings(&self) -> Settings {
        Settings {
            mode: if self.nonblocking { Mode::Nonblocking } else { self.mode.into() },
            settle: self.settle,
            timeout: self.timeout,
            pause_budget: self.pause_budget,
            max_memory: self.max_memory,
            locals: self.locals,
            instances: self.instances,
            retainers: matches!(self.retainers, RetainersWord::Best),
            call_sites: false,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ModeWord {
    /// It runs on while we read, and is held for microseconds to a few milliseconds to confirm
    Verify,
    /// It is held while everything is read: exact, with a longer pause
    Frozen,
    /// It is never held: what is shown may be torn
    Nonblocking,
}

impl From<ModeWord> for Mode {
    fn from(word: ModeWord) -> Self {
        match word {
            ModeWord::Verify => Self::Verify,
            ModeWord::Frozen => Self::Frozen,
            ModeWord::Nonblocking => Self::Nonblocking,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RetainersWord {
    /// The best path from a module, frame or task to each finding
    Best,
    /// None: one or more sweeps of memory less
    None,
}

/// The formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// For programs: docs/schema.md
    Json,
}
