//! What `arm` and `disarm` did, as a document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Failure, HexAddress, Timestamp, Tool};

/// What `arm --json` and `disarm --json` write at their end: what was written where, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ArmDocument {
    /// Name and version of this document: `coroscope.arm/1`.
    #[schemars(extend("const" = Self::SCHEMA))]
    pub schema: String,
    /// The program that wrote it.
    pub tool: Tool,
    /// What was asked for.
    pub verb: ArmVerb,
    /// Process id, as we see it.
    pub pid: i32,
    /// When the first thread was about to be written to (RFC 3339, UTC).
    pub began_at: Timestamp,
    /// Seconds from then to the end of the last write.
    pub took_s: f64,
    /// The origin tracking depth that was written.
    pub depth: u16,
    /// How it ended.
    pub outcome: ArmOutcome,
    /// The threads, in the order in which they were met.
    pub threads: Vec<ArmedThread>,
    /// How many threads are not listed.
    #[serde(default)]
    pub threads_omitted: u64,
    /// Coroutines at the end, and how many of them carry the place of their creation; null if they were not counted.
    pub coroutines: Option<CarriedOrigins>,
    /// Processes that were forked meanwhile, and are armed, too.
    #[serde(default)]
    pub forked: Vec<i32>,
    /// Why it ended before its time, or could not be restored; null if all went well.
    pub error: Option<Failure>,
}

impl ArmDocument {
    /// The schema of this document.
    pub const SCHEMA: &'static str = "coroscope.arm/1";
}

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ArmVerb {
    /// To switch origin tracking on.
    Arm,
    /// To switch it off, whoever switched it on.
    Disarm,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ArmOutcome {
    /// Every thread that is still there, and that nobody else has changed, has its old depth again.
    Restored,
    /// The target stays armed, as asked for.
    LeftArmed,
    /// The target could not be restored, and stays armed: see `error`.
    NotRestored,
    /// The target has ended: nothing is left to be restored.
    TargetEnded,
    /// The depth that was asked for was written.
    Disarmed,
}

/// A thread, and what was written to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArmedThread {
    /// Number of the system's thread; before CPython 3.11 what `threading.get_ident()` says in it.
    pub thread: u64,
    /// Id of the interpreter it belongs to; 0 is the main one.
    pub interpreter: i64,
    /// Where the 4 bytes are.
    pub address: HexAddress,
    /// The depth it had.
    pub before: i32,
    /// The depth that somebody else has given it meanwhile; null if nobody has.
    pub found: Option<i32>,
    /// Whether it was started after the first threads had been armed.
    pub started_meanwhile: bool,
    /// What became of it.
    pub outcome: ThreadOutcome,
}

/// What became of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ThreadOutcome {
    /// It has our depth.
    Armed,
    /// It has its old depth again.
    Restored,
    /// It has ended.
    Ended,
    /// The program, or a loop in debug mode, has set another depth meanwhile, and that stays.
    Changed,
    /// It got the depth that was asked for.
    Disarmed,
    /// It had that depth already.
    Unchanged,
    /// It was not written to: origin tracking was on there already, a loop runs there in debug mode, or what stands there is no depth.
    LeftAlone,
}

/// Coroutines that are alive, and not running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CarriedOrigins {
    /// Those that carry the place of their creation.
    pub with_origin: u64,
    /// All of them.
    pub all: u64,
}
