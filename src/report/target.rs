//! Who looked, and at what.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The program that wrote a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// Always `coroscope`.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl Tool {
    /// This very program.
    #[must_use]
    pub fn this() -> Self {
        Self { name: env!("CARGO_PKG_NAME").into(), version: env!("CARGO_PKG_VERSION").into() }
    }
}

/// The process that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// Process id, as we see it (in our pid namespace).
    pub pid: i32,
    /// Where its memory was read from.
    pub source: Source,
    /// Path of the executable, as the process sees it; null if it cannot be read.
    pub exe: Option<String>,
    /// The command line, one entry per argument. Bytes that are no UTF-8 are replaced.
    pub cmdline: Vec<String>,
    /// Version of CPython, such as `3.13.1`.
    pub python: String,
    /// Whether it is a build without the global interpreter lock.
    pub free_threaded: bool,
    /// Seconds since the process started.
    pub uptime_s: Option<f64>,
    /// Resident memory in bytes.
    pub rss_bytes: Option<u64>,
    /// Number of threads with a Python thread state.
    pub threads: u32,
    /// Number of interpreters (more than one: subinterpreters).
    pub interpreters: u32,
}

/// Where the memory of the target was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A running process.
    Live,
    /// A core file.
    Core,
    /// A saved snapshot.
    Snapshot,
}
