//! The documents around reports: failures, several targets in one run, and the list of processes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Report, Tool};
use crate::error::Error;

/// What stands on stdout instead of a report if the one target of a run could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorDocument {
    /// Name and version of this document: `coroscope.error/1`.
    #[schemars(extend("const" = Self::SCHEMA))]
    pub schema: String,
    /// The program that wrote it.
    pub tool: Tool,
    /// What failed.
    pub error: Failure,
}

impl ErrorDocument {
    /// The schema of this document.
    pub const SCHEMA: &'static str = "coroscope.error/1";

    /// The document for this failure.
    #[must_use]
    pub fn new(error: Failure) -> Self {
        Self { schema: Self::SCHEMA.into(), tool: Tool::this(), error }
    }
}

/// A failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// The pid it is about, or null.
    pub pid: Option<i32>,
    /// A stable word for the class of the failure, such as `permission` or `no_such_process`.
    pub kind: String,
    /// What failed.
    pub message: String,
    /// Why, in the system's own words; null if there is no more to say.
    pub cause: Option<String>,
    /// What to do about it, one entry per way.
    #[serde(default)]
    pub hints: Vec<String>,
}

impl Failure {
    /// This error, about this process.
    #[must_use]
    pub fn new(pid: Option<i32>, error: &Error) -> Self {
        Self {
            pid,
            kind: error.kind().word().into(),
            message: error.message().into(),
            cause: error.cause().map(Into::into),
            hints: error.hints().to_vec(),
        }
    }
}

/// What a run with several targets writes (several pids, or `--children`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportsDocument {
    /// Name and version of this document: `coroscope.reports/1`.
    #[schemars(extend("const" = Self::SCHEMA))]
    pub schema: String,
    /// The program that wrote it.
    pub tool: Tool,
    /// One report per process that could be looked at, in the order in which they were named.
    pub reports: Vec<Report>,
    /// One entry per process that could not.
    pub errors: Vec<Failure>,
}

impl ReportsDocument {
    /// The schema of this document.
    pub const SCHEMA: &'static str = "coroscope.reports/1";

    /// The document with these reports and failures.
    #[must_use]
    pub fn new(reports: Vec<Report>, errors: Vec<Failure>) -> Self {
        Self { schema: Self::SCHEMA.into(), tool: Tool::this(), reports, errors }
    }
}

/// The Python processes of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListDocument {
    /// Name and version of this document: `coroscope.list/1`.
    #[schemars(extend("const" = Self::SCHEMA))]
    pub schema: String,
    /// The program that wrote it.
    pub tool: Tool,
    /// The processes, by pid.
    pub processes: Vec<ListedProcess>,
}

impl ListDocument {
    /// The schema of this document.
    pub const SCHEMA: &'static str = "coroscope.list/1";

    /// The document with these processes.
    #[must_use]
    pub fn new(processes: Vec<ListedProcess>) -> Self {
        Self { schema: Self::SCHEMA.into(), tool: Tool::this(), processes }
    }
}

/// A process that runs Python.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListedProcess {
    /// Process id, as we see it.
    pub pid: i32,
    /// Version of Python, if it could be read.
    pub version: Option<String>,
    /// The command line.
    pub command: String,
    /// Whether `dump` could look at it.
    pub readable: bool,
    /// Why it could not; null if it could.
    pub why_not: Option<String>,
    /// Event loops; null if they were not counted.
    pub loops: Option<u64>,
    /// asyncio tasks; null if they were not counted.
    pub tasks: Option<u64>,
}
