//! Who holds one object: the document of `coroscope why`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Definition, HexAddress, Kind, Location, Look, Target, Timestamp, Tool, Verdict};

/// The schema of [`WhyReport`].
pub const WHY_SCHEMA: &str = "coroscope.why/1";

/// Who holds one object of a process, and what it holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WhyReport {
    /// Name and version of this document: `coroscope.why/1`.
    #[schemars(extend("const" = WHY_SCHEMA))]
    pub schema: String,
    /// The program that wrote it.
    pub tool: Tool,
    /// When the look began (RFC 3339, UTC).
    pub captured_at: Timestamp,
    /// The process that was looked at.
    pub target: Target,
    /// How it was looked at, what that cost, and what was not seen.
    pub look: Look,
    /// The object in question.
    pub object: HeldObject,
    /// Ways on which it is held, the best first; at most as many as were asked for.
    #[serde(default)]
    pub paths: Vec<HoldingPath>,
    /// Whether no root leads to it: it is garbage, and lives until the collector comes by.
    #[serde(default)]
    pub unreachable: bool,
    /// How many references to it were found, of how many there are.
    pub references: ReferenceCounts,
}

/// The object in question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HeldObject {
    /// Where it is.
    pub address: HexAddress,
    /// Its type, such as `coroutine` or `app.jobs.Pool`.
    #[serde(rename = "type")]
    pub type_name: String,
    /// What is wrong with it, if the look has a finding about it; null if not.
    pub kind: Option<Kind>,
    /// How sure that is; null if there is no finding.
    #[serde(default)]
    pub verdict: Option<Verdict>,
    /// Qualified name of the function of a coroutine, generator or async generator, or of a task's coroutine; null for other objects.
    pub qualname: Option<String>,
    /// The module that defines it, if known.
    #[serde(default)]
    pub module: Option<String>,
    /// The state of a coroutine, generator, async generator or task; null for other objects.
    pub state: Option<ObjectState>,
    /// Where its function is defined, if known.
    pub definition: Option<Definition>,
    /// Where it was created, innermost first, each line with its evidence; null if it is not known.
    pub created_at: Option<Vec<Location>>,
    /// Its reference count; null if it could not be read, or does not count (objects that never die).
    pub refcount: Option<u64>,
    /// Its own size in bytes, with what it keeps elsewhere for itself alone (a list's array, a dict's table); null if it could not be
    /// worked out.
    pub size_bytes: Option<u64>,
    /// What would be freed with it; null if it could not be worked out.
    pub retained: Option<Retained>,
}

/// What would be freed with an object, it itself included, whoever holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Retained {
    /// Their sizes together.
    pub bytes: u64,
    /// How many objects.
    pub objects: u64,
    /// Whether that is all. If false, it is at least as much.
    pub exact: bool,
}

/// The state of a coroutine, generator, async generator or task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ObjectState {
    /// Called, and never started.
    Created,
    /// Begun, and waiting.
    Suspended,
    /// Running at this moment; of a task, too.
    Running,
    /// Ended or closed.
    Closed,
    /// A task that has not ended, and does not run at this moment.
    Pending,
    /// A task that has ended with a result.
    Done,
    /// A task that has ended with an exception.
    Failed,
    /// A task that was cancelled.
    Cancelled,
}

impl ObjectState {
    /// The word in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Suspended => "suspended",
            Self::Running => "running",
            Self::Closed => "closed",
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// One way on which an object is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HoldingPath {
    /// Where it begins.
    pub root: RootKind,
    /// Who holds whom, root first; the last one holds the object.
    pub steps: Vec<HoldingStep>,
}

/// What a path begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RootKind {
    /// A module that is imported.
    Module,
    /// A frame that runs, or is called from one that does.
    Frame,
    /// A task that its loop will go on with.
    Task,
    /// An event loop that runs.
    Loop,
    /// A thread: its context, the exception it handles, its thread-local values.
    Thread,
    /// A class.
    Class,
    /// An interpreter: what it keeps for itself.
    Interpreter,
    /// Memory that belongs to no object: variables of C code.
    Memory,
}

/// One step of a path, as a person would write it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HoldingStep {
    /// The words: `module app.queue`, `global 'PENDING'`, `list[3]`.
    pub text: String,
    /// The holder that the words are about: the module, the module again, the list.
    pub address: HexAddress,
    /// The holder's type; null if it is no object, such as a frame that runs.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    /// Whether what this step leads to is the last on the path that is meant to live as long as the program, or as what it is doing.
    #[serde(default)]
    pub last_sane: bool,
    /// Whether this is the reference behind that: the first one that may be the mistake.
    #[serde(default)]
    pub suspect: bool,
}

/// How many references to an object were found, of how many there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReferenceCounts {
    /// How many there are; null if the count does not tell.
    pub count: Option<u64>,
    /// How many were found in objects and frames.
    pub found: u64,
    /// How many were not; null if it is not known how many there are.
    pub not_found: Option<u64>,
    /// Words of memory that look like references to it and lie in no object that is known: variables of C code, stacks, what is left of freed
    /// memory. They may count or not.
    #[serde(default)]
    pub words_outside_of_objects: u64,
    /// Whether all of memory was searched for references.
    #[serde(default)]
    pub complete: bool,
    /// What to think of those that were not found, as a sentence; null if there are none.
    pub note: Option<String>,
}
