//! The interpreter, its event loops and its threads.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Frame, HexAddress};

/// The state of the interpreter that decides how much can be known.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Runtime {
    /// How many frames of the creation stack each thread state records for a new coroutine, in the order
    /// of `threads`; 0 is CPython's default and means that nothing is recorded.
    #[serde(default)]
    pub origin_tracking_depth: Vec<i32>,
    /// The filters of warnings, in the order in which they are asked, written like the argument of `-W`: of patterns their text.
    #[serde(default)]
    pub warning_filters: Vec<String>,
    /// `sys.warnoptions`: what `PYTHONWARNINGS` and `-W` say.
    #[serde(default)]
    pub warning_options: Vec<String>,
    /// `sys.flags.dev_mode`: whether the interpreter was started in development mode; null if it could not be read.
    #[serde(default)]
    pub dev_mode: Option<bool>,
    /// The event loops.
    #[serde(default)]
    pub loops: Vec<Loop>,
}

/// An event loop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Loop {
    /// Where the loop object is.
    pub address: HexAddress,
    /// Its class, such as `asyncio.unix_events._UnixSelectorEventLoop` or `uvloop.Loop`.
    pub class: String,
    /// Number of the system's thread it runs in, or null.
    pub thread: Option<u64>,
    /// Whether it runs now.
    pub running: bool,
    /// Whether it was closed, and so will never run again; null if it cannot be told.
    #[serde(default)]
    pub closed: Option<bool>,
    /// Whether it is in debug mode; null if it cannot be told.
    pub debug: Option<bool>,
    /// Callbacks that are ready to run.
    pub ready: Option<u64>,
    /// Timers that are scheduled.
    pub scheduled: Option<u64>,
    /// Tasks that belong to it.
    pub tasks: Option<u64>,
    /// The task that runs in it at this moment.
    #[serde(default)]
    pub current_task: Option<HexAddress>,
    /// Seconds a callback may take before debug mode complains (`slow_callback_duration`).
    #[serde(default)]
    pub slow_callback_s: Option<f64>,
    /// Seconds until its next timer; negative if that is overdue.
    #[serde(default)]
    pub next_timer_s: Option<f64>,
    /// Set if the loop did not get out of one callback between two looks, while others were waiting to run.
    #[serde(default)]
    pub blocked: Option<Blocked>,
}

/// How a loop is blocked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Blocked {
    /// Seconds for which it was seen to be in this callback: at least so long.
    pub at_least_s: f64,
    /// Seconds since the loop began the round this callback belongs to: at most so long. Null if it cannot be told.
    pub at_most_s: Option<f64>,
    /// The task whose step it is, if it is one's.
    pub task: Option<HexAddress>,
    /// The innermost frame: where it stands.
    pub frame: Option<Frame>,
}

/// A thread that has a Python thread state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Thread {
    /// What `threading.get_ident()` says in it.
    pub id: u64,
    /// Number of the system's thread, if known.
    pub os_thread_id: Option<u64>,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Id of the interpreter it belongs to; 0 is the main one.
    pub interpreter: i64,
    /// Whether it runs code now instead of waiting; null if it cannot be told.
    pub active: Option<bool>,
    /// Whether it holds the global interpreter lock; null if it cannot be told.
    pub owns_gil: Option<bool>,
    /// Its stack, outermost first.
    #[serde(default)]
    pub frames: Vec<Frame>,
}
