//! asyncio tasks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BelongsTo, Frame, HexAddress, Location, Variable};

/// An asyncio task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Task {
    /// Where it is.
    pub address: HexAddress,
    /// Its class, such as `_asyncio.Task`.
    #[serde(default)]
    pub class: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Qualified name of its coroutine.
    pub qualname: Option<String>,
    /// Whose task it is: the program's own if its coroutine is, or a function it awaits (`stack`); else whose code its coroutine is.
    #[serde(default)]
    pub belongs_to: BelongsTo,
    /// The installed package its coroutine belongs to, or null.
    #[serde(default)]
    pub distribution: Option<String>,
    /// The version of that package, or null.
    #[serde(default)]
    pub distribution_version: Option<String>,
    /// Its state.
    pub state: TaskState,
    /// Whether its coroutine was started; null if it cannot be told.
    pub started: Option<bool>,
    /// The event loop it belongs to.
    #[serde(rename = "loop")]
    pub event_loop: Option<HexAddress>,
    /// Number of the system's thread that loop runs in.
    pub thread: Option<u64>,
    /// The await chain, outermost first. Of a task that runs now, the frames of its thread from its coroutine inwards.
    #[serde(default)]
    pub stack: Vec<Frame>,
    /// What it waits for.
    pub waits_on: Option<WaitsOn>,
    /// The tasks that wait for it, also through `gather()`, task groups, `wait()`, `shield()`.
    #[serde(default)]
    pub awaited_by: Vec<HexAddress>,
    /// Its context variables, by name. Their values are private, so they are null unless asked for (`--locals`). Null if the context
    /// could not be read, or if all contexts together are too large.
    pub context: Option<Vec<Variable>>,
    /// Where it was created, innermost first, without asyncio's own frames; null if it is not known. asyncio writes it down in debug
    /// mode.
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

impl TaskState {
    /// The word in JSON and in text.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What a task waits for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WaitsOn {
    /// Where it is.
    pub address: HexAddress,
    /// Its type, such as `_asyncio.Future`.
    #[serde(rename = "type")]
    pub type_name: String,
    /// What that is to the program.
    #[serde(default)]
    pub what: Awaited,
    /// The same for a person, such as `sleep(), 3.2 s left` or `Lock held by nobody known, 4 waiters`.
    #[serde(default)]
    pub text: String,
    /// The object behind it: the lock, queue, event, task group… Null where it is a bare future, or not known.
    #[serde(default)]
    pub object: Option<HexAddress>,
    /// Seconds until a timer ends the wait; negative if that time has passed. Null if no timer does.
    #[serde(default)]
    pub time_left_s: Option<f64>,
    /// The tasks it waits for, by this or through this.
    #[serde(default)]
    pub tasks: Vec<HexAddress>,
}

/// What is waited for, as the program would call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Awaited {
    /// A future of which nothing more is known.
    #[default]
    Future,
    /// Another task.
    Task,
    /// Several, by `gather()`.
    Gather,
    /// Several, by `asyncio.wait()` or `as_completed()`.
    Wait,
    /// Something with a limit, by `wait_for()`.
    WaitFor,
    /// Something shielded from cancellation.
    Shield,
    /// The children of a task group.
    TaskGroup,
    /// A time.
    Sleep,
    /// A `Lock`.
    Lock,
    /// An `Event`.
    Event,
    /// A `Condition`.
    Condition,
    /// A `Semaphore`.
    Semaphore,
    /// A `Barrier`.
    Barrier,
    /// An item, or room, in a queue.
    Queue,
    /// Data of a stream, or room in its buffer.
    Stream,
    /// A socket.
    Socket,
    /// Work in another thread or process.
    Executor,
    /// A child process.
    Process,
}

impl Awaited {
    /// The word in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Future => "future",
            Self::Task => "task",
            Self::Gather => "gather",
            Self::Wait => "wait",
            Self::WaitFor => "wait_for",
            Self::Shield => "shield",
            Self::TaskGroup => "task_group",
            Self::Sleep => "sleep",
            Self::Lock => "lock",
            Self::Event => "event",
            Self::Condition => "condition",
            Self::Semaphore => "semaphore",
            Self::Barrier => "barrier",
            Self::Queue => "queue",
            Self::Stream => "stream",
            Self::Socket => "socket",
            Self::Executor => "executor",
            Self::Process => "process",
        }
    }
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
    /// Where it was raised: the innermost frame of its traceback.
    #[serde(default)]
    pub raised_at: Option<Frame>,
}
