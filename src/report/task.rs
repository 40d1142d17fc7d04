//! asyncio tasks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Frame, HexAddress, Location, Variable};

/// An asyncio task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Task {
    /// Where it is.
    pub address: HexAddress,
    /// Its name.
    pub name: Option<String>,
    /// Qualified name of its coroutine.
    pub qualname: Option<String>,
    /// Its state.
    pub state: TaskState,
    /// Whether its coroutine was started; null if it cannot be told.
    pub started: Option<bool>,
    /// The event loop it belongs to.
    #[serde(rename = "loop")]
    pub event_loop: Option<HexAddress>,
    /// Number of the system's thread that loop runs in.
    pub thread: Option<u64>,
    /// The await chain, outermost first.
    #[serde(default)]
    pub stack: Vec<Frame>,
    /// What it waits for.
    pub waits_on: Option<WaitsOn>,
    /// The tasks that wait for it.
    #[serde(default)]
    pub awaited_by: Vec<HexAddress>,
    /// Its context variables. Private, so null unless asked for (`--locals`).
    pub context: Option<Vec<Variable>>,
    /// Where it was created, innermost first; null if it is not known.
    pub created_at: Option<Vec<Location>>,
    /// How it failed.
    pub exception: Option<TaskException>,
}

/// The state of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Not finished, and not running at this moment.
    Pending,
    /// Running at this moment.
    Running,
    /// Finished with a result.
    Done,
    /// Finished with an exception.
    Failed,
    /// Cancelled.
    Cancelled,
}

/// What a task waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaitsOn {
    /// Where it is.
    pub address: HexAddress,
    /// Its type, such as `Future` or `Task`.
    #[serde(rename = "type")]
    pub type_name: String,
}

/// The exception a task ended with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskException {
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Its message, if it is a plain string.
    pub message: Option<String>,
    /// Whether somebody asked for it; null if it cannot be told.
    pub retrieved: Option<bool>,
}
