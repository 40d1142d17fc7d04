//! How the target was looked at, what it cost the target, and what was not seen.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the target was looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Look {
    /// When the target stood still.
    pub mode: Mode,
    /// How the objects were found.
    pub collector: Collector,
    /// Where it was `known`: seconds since all memory was swept. What came into being since may be missing.
    pub swept_s_ago: Option<f64>,
    /// Milliseconds the whole look took, settling included.
    pub total_ms: f64,
    /// How often and how long the target was held still.
    pub pauses: Pauses,
    /// Bytes read from the target.
    pub bytes_read: u64,
    /// Bytes of large allocations that searches of the memory passed over, because what was sought cannot be in them: the inside of
    /// large buffers. As in `bytes_read`, what several searches passed over counts several times.
    #[serde(default)]
    pub bytes_skipped: u64,
    /// Objects seen that the garbage collector tracks; null if they were not counted.
    pub gc_objects: Option<u64>,
    /// How often something was read again because it had changed between two reads.
    pub retries: u64,
    /// Milliseconds between the first and the second look at what was too young to judge; 0 if there was
    /// no second look.
    pub settle_ms: u64,
    /// Whether everything that should have been read was read. If false, `skipped` says what is missing,
    /// and "nothing found" proves nothing.
    pub complete: bool,
    /// What was not seen, and why.
    #[serde(default)]
    pub skipped: Vec<Skipped>,
    /// What a reader should know to judge the report, one full sentence each.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// When the target stands still during a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It runs on while we read, and is held briefly to confirm what was found.
    #[default]
    Verify,
    /// It is held while everything is copied: exact, with a longer pause.
    Frozen,
    /// It is never held: what is reported may be torn.
    Nonblocking,
}

impl Mode {
    /// The word on the command line and in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Frozen => "frozen",
            Self::Nonblocking => "nonblocking",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How objects were found in the target's memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Collector {
    /// Every mapped page where objects can live was searched.
    Sweep,
    /// The lists of the garbage collector were followed.
    Walk,
    /// What was found by the last sweep was looked at again, with what has come since in the collector's young lists. Only where a process
    /// is looked at again and again.
    Known,
}

/// The times at which the target stood still because of us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Pauses {
    /// How many.
    pub count: u64,
    /// The longest, in microseconds.
    pub max_us: u64,
    /// All together, in microseconds.
    pub total_us: u64,
}

/// Something that was not seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Skipped {
    /// What was passed over, in the plural: `coroutines`, `memory regions`, `threads`.
    pub what: String,
    /// How many.
    pub count: u64,
    /// Why.
    pub why: String,
}
