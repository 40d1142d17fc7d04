//! A group of equal objects that are wrong, or may be.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BelongsTo, Definition, Frame, HexAddress, Location, TaskException, Variable};

/// One finding: a group of equal objects, such as all forgotten coroutines of one function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Names this finding; the same in other runs and in other processes of the same code.
    pub fingerprint: String,
    /// What it is.
    pub kind: Kind,
    /// How sure that is.
    pub verdict: Verdict,
    /// Why the verdict is what it is: one sentence with its evidence.
    pub why: String,
    /// Qualified name of the function or coroutine.
    pub qualname: String,
    /// The module that defines it, if known.
    pub module: Option<String>,
    /// Whose code that is: the program's own, of an installed package, of the standard library. Of a call that throws its coroutine away, the code
    /// that calls.
    #[serde(default)]
    pub belongs_to: BelongsTo,
    /// The installed package it belongs to, or null.
    pub distribution: Option<String>,
    /// The version of that package, or null.
    #[serde(default)]
    pub distribution_version: Option<String>,
    /// Where the function is defined, if known.
    pub definition: Option<Definition>,
    /// How many objects (or call sites) are in this group.
    pub count: u64,
    /// Where they were created, innermost first, each line with its evidence; null if it is not known.
    pub created_at: Option<Vec<Location>>,
    /// Where it stands or stood: the suspended line of an async generator or task, the line that raised, the blocking frame.
    #[serde(default)]
    pub position: Option<Frame>,
    /// The exception that nobody retrieved; only for `task_exception_never_retrieved`.
    #[serde(default)]
    pub exception: Option<TaskException>,
    /// Who keeps them alive, root first, as a person would write it; empty if it is not known.
    #[serde(default)]
    pub retained_by: Vec<String>,
    /// Where the others of the group are kept, if not all are kept alike.
    #[serde(default)]
    pub also_retained_by: Vec<RetainedBy>,
    /// Coroutines that were given to these as arguments, and wait with them: no findings of their own.
    #[serde(default)]
    pub inner: Vec<InnerCoroutines>,
    /// The warning that Python gave; only for `discarded_already`.
    pub warning: Option<Warning>,
    /// Some of the objects. Not all: see `instances_omitted`.
    #[serde(default)]
    pub instances: Vec<Instance>,
    /// How many objects of the group are not listed in `instances`.
    #[serde(default)]
    pub instances_omitted: u64,
    /// What to change.
    pub advice: String,
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// A coroutine that was never awaited and is held by something.
    UnawaitedHeld,
    /// A coroutine that was never awaited and is only in reference cycles that nothing reaches.
    UnawaitedCycleGarbage,
    /// A coroutine that was never awaited and is gone; Python's warning is all that is left.
    DiscardedAlready,
    /// A call in loaded code that throws its coroutine away.
    DiscardedCallSite,
    /// A `gather()` that nobody awaits.
    GatherNeverAwaited,
    /// A task that failed, and nobody asked for its exception.
    TaskExceptionNeverRetrieved,
    /// A task that nothing holds strongly: it can vanish in the middle of its work.
    TaskWeaklyHeld,
    /// A task that was never started.
    TaskNeverStarted,
    /// An async generator that was begun and left.
    AsyncgenAbandoned,
    /// An async generator that was never begun.
    AsyncgenNeverStarted,
    /// Warning filters that hide "was never awaited".
    WarningsSuppressed,
    /// A task that was started, and whose event loop will not run again.
    TaskStranded,
    /// Tasks that wait for each other in a circle.
    TaskAwaitCycle,
    /// An event loop that does not get out of one callback.
    EventLoopBlocked,
    /// A coroutine that was handed over as a result, as by `run_in_executor()` of an async function, and never awaited.
    CoroutineAsResult,
    /// An `asend()`, `athrow()`, `aclose()` or `anext()` that was called and never awaited.
    AsyncgenMethodNeverAwaited,
}

impl Kind {
    /// The word in JSON. Never changes its meaning.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::UnawaitedHeld => "unawaited_held",
            Self::UnawaitedCycleGarbage => "unawaited_cycle_garbage",
            Self::DiscardedAlready => "discarded_already",
            Self::DiscardedCallSite => "discarded_call_site",
            Self::GatherNeverAwaited => "gather_never_awaited",
            Self::TaskExceptionNeverRetrieved => "task_exception_never_retrieved",
            Self::TaskWeaklyHeld => "task_weakly_held",
            Self::TaskNeverStarted => "task_never_started",
            Self::AsyncgenAbandoned => "asyncgen_abandoned",
            Self::AsyncgenNeverStarted => "asyncgen_never_started",
            Self::WarningsSuppressed => "warnings_suppressed",
            Self::TaskStranded => "task_stranded",
            Self::TaskAwaitCycle => "task_await_cycle",
            Self::EventLoopBlocked => "event_loop_blocked",
            Self::CoroutineAsResult => "coroutine_as_result",
            Self::AsyncgenMethodNeverAwaited => "asyncgen_method_never_awaited",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How sure a finding is, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// There is evidence that nothing will await it.
    Leaked,
    /// Nothing owns it, but something alive could still await it.
    Suspect,
    /// Too young to judge, or something may be about to await it.
    Pending,
}

impl Verdict {
    /// The word in JSON and in text.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Leaked => "leaked",
            Self::Suspect => "suspect",
            Self::Pending => "pending",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// One object of a finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Instance {
    /// Where it is.
    pub address: HexAddress,
    /// For how many seconds we know it: its age, if its creation was seen, else a lower bound; null if
    /// neither is known.
    pub age_s: Option<f64>,
    /// Its reference count, if it could be read.
    pub refcount: Option<u64>,
    /// Its own size in bytes, without what it refers to.
    pub size_bytes: Option<u64>,
    /// The arguments it was called with. Private, so null unless asked for (`--locals`).
    pub arguments: Option<Vec<Variable>>,
}

/// A way on which some objects of a finding are kept alive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RetainedBy {
    /// Root first, as in `retained_by`.
    pub path: Vec<String>,
    /// How many of the objects.
    pub count: u64,
}

/// Coroutines of one function that are arguments of others that were never awaited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InnerCoroutines {
    /// Qualified name of the function.
    pub qualname: String,
    /// The module that defines it, if known.
    pub module: Option<String>,
    /// Where it is defined, if known.
    pub definition: Option<Definition>,
    /// How many.
    pub count: u64,
}

/// A warning that Python gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Warning {
    /// The module whose registry remembers it; null if it is remembered for the whole process.
    pub module: Option<String>,
    /// Its file, if known.
    pub file: Option<String>,
    /// The line it was given for; null if that was not written down.
    pub line: Option<u32>,
    /// Its text.
    pub text: String,
}
