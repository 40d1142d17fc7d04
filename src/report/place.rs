//! Places in Python code, and how sure we are of them.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::BelongsTo;

/// Where a function is defined.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Definition {
    /// The file, as the code object names it.
    pub file: String,
    /// The first line of the function, decorators included, counted from 1.
    pub line: u32,
}

/// A line of code, and how sure we are that it is the one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Location {
    /// The file, as the code object names it.
    pub file: String,
    /// The line, counted from 1.
    pub line: u32,
    /// The column, counted from 1 in bytes of UTF-8, where the interpreter knows it (3.11+); of recorded places it does not.
    #[serde(default)]
    pub column: Option<u32>,
    /// The function this line belongs to, if known.
    pub function: Option<String>,
    /// How we know.
    pub evidence: Evidence,
    /// The line itself, as its file has it now: without the space around it, and without what is beyond 200 characters. Null if the file
    /// cannot be read, and where nobody looked.
    #[serde(default)]
    pub source: Option<String>,
    /// Whether the file was changed after the process had started: `source` may then be another line than the one that runs.
    #[serde(default)]
    pub file_newer_than_process: bool,
    /// Whose code it is.
    #[serde(default)]
    pub belongs_to: BelongsTo,
}

impl Location {
    /// A place of which only this is known.
    #[must_use]
    pub fn new(file: String, line: u32, function: Option<String>, evidence: Evidence) -> Self {
        Self {
            file,
            line,
            column: None,
            function,
            evidence,
            source: None,
            file_newer_than_process: false,
            belongs_to: BelongsTo::Unknown,
        }
    }
}

/// How a place of creation is known, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The interpreter wrote it down (`cr_origin`).
    Recorded,
    /// Deduced: code in the process that calls this very function.
    CallSite,
    /// Deduced: the frame, closure or method that holds the object.
    Holder,
    /// Only the place where the function is defined.
    Definition,
}

impl Evidence {
    /// The word in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::CallSite => "call_site",
            Self::Holder => "holder",
            Self::Definition => "definition",
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// One frame of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Frame {
    /// Qualified name of the function.
    pub function: String,
    /// The file, as the code object names it.
    pub file: String,
    /// The line that runs or waits; null if it is not known.
    pub line: Option<u32>,
}

/// A name and the value it had: an argument, or a context variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// The type of the value.
    #[serde(rename = "type")]
    pub type_name: String,
    /// A short form of the value; null if it was not asked for, or could not be read.
    pub value: Option<String>,
}
