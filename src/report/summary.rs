//! Counts of everything that was seen, so that "nothing found" can be told from "nothing looked at".

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Finding, Verdict};

/// Counts of everything that was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Coroutine objects, generator-based ones included.
    pub coroutines: CoroutineCounts,
    /// Async generators.
    pub async_generators: CoroutineCounts,
    /// asyncio tasks.
    pub tasks: TaskCounts,
    /// Entries of `findings`, by verdict. Each stands for `count` objects.
    pub findings: FindingCounts,
}

/// Coroutines, or async generators, by state (the words of `inspect.getcoroutinestate`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct CoroutineCounts {
    /// Called, and never started.
    pub created: u64,
    /// Waiting at an `await` or `yield`.
    pub suspended: u64,
    /// Running at this moment.
    pub running: u64,
    /// Finished or closed, and still in memory.
    pub closed: u64,
}

impl CoroutineCounts {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.created.saturating_add(self.suspended).saturating_add(self.running).saturating_add(self.closed)
    }
}

/// Tasks by state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct TaskCounts {
    /// Not finished, and not running at this moment.
    pub pending: u64,
    /// Running at this moment.
    pub running: u64,
    /// Finished with a result, and still in memory.
    pub done: u64,
    /// Finished with an exception, and still in memory.
    pub failed: u64,
    /// Cancelled, and still in memory.
    pub cancelled: u64,
}

impl TaskCounts {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        [self.pending, self.running, self.done, self.failed, self.cancelled].into_iter().fold(0, u64::saturating_add)
    }
}

/// Findings by verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct FindingCounts {
    /// Proven: nothing can await these any more.
    pub leaked: u64,
    /// Likely, without proof.
    pub suspect: u64,
    /// Too young to judge, or something may still await them.
    pub pending: u64,
}

impl FindingCounts {
    /// Counts these findings.
    #[must_use]
    pub fn of(findings: &[Finding]) -> Self {
        let with = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count() as u64;
        Self { leaked: with(Verdict::Leaked), suspect: with(Verdict::Suspect), pending: with(Verdict::Pending) }
    }
}
