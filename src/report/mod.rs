//! The one model of what was seen. Every output is a view of it; nothing here reads or prints.
//!
//! The written contract is `docs/schema.md`, the JSON Schemas beside it are generated from these
//! types. Within one schema version fields may be added and may be missing, and never change their
//! meaning. Addresses are strings of hex digits, because many JSON readers keep numbers as doubles
//! and lose the low bits of a 64-bit number.

mod address;
mod arm;
mod belongs_to;
mod document;
mod finding;
mod look;
mod place;
mod runtime;
mod schema;
mod summary;
mod target;
mod task;
mod timestamp;
mod why;

pub use address::HexAddress;
pub use arm::{ArmDocument, ArmOutcome, ArmVerb, ArmedThread, CarriedOrigins, ThreadOutcome};
pub use belongs_to::{BelongsTo, normalized_distribution};
pub use document::{ErrorDocument, Failure, ListDocument, ListedProcess, ReportsDocument};
pub use finding::{Finding, InnerCoroutines, Instance, Kind, RetainedBy, Verdict, Warning};
pub use look::{Collector, Look, Mode, Pauses, Skipped};
pub use place::{Definition, Evidence, Frame, Location, Variable};
pub use runtime::{Blocked, Loop, Runtime, Thread};
pub use schema::schemas;
pub use summary::{CoroutineCounts, FindingCounts, Summary, TaskCounts};
pub use target::{Source, Target, Tool};
pub use task::{Awaited, Task, TaskException, TaskState, WaitsOn};
pub use timestamp::Timestamp;
pub use why::{
    HeldObject, HoldingPath, HoldingStep, ObjectState, ReferenceCounts, Retained, RootKind, WHY_SCHEMA, WhyReport,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The schema of [`Report`].
pub const REPORT_SCHEMA: &str = "coroscope.report/1";

/// What one look at one process found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Name and version of this document: `coroscope.report/1`.
    #[schemars(extend("const" = REPORT_SCHEMA))]
    pub schema: String,
    /// The program that wrote the report.
    pub tool: Tool,
    /// When the look began (RFC 3339, UTC).
    pub captured_at: Timestamp,
    /// The process that was looked at.
    pub target: Target,
    /// How it was looked at, what that cost, and what was not seen.
    pub look: Look,
    /// The state of the interpreter that decides how much can be known.
    pub runtime: Runtime,
    /// Counts of everything that was seen.
    pub summary: Summary,
    /// What is wrong or may be wrong, one entry per group of equal objects; the worst verdict first,
    /// the largest count first within a verdict.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// How many entries of `findings` are left out, because others were asked for (`--mine`, `--distribution`). `summary` counts them.
    #[serde(default)]
    pub findings_omitted: u64,
    /// The asyncio tasks.
    #[serde(default)]
    pub tasks: Vec<Task>,
    /// The threads that have a Python thread state.
    #[serde(default)]
    pub threads: Vec<Thread>,
}
