//! asyncio as it is in memory: tasks, event loops, what they have scheduled.
//!
//! Judges nothing. [`Asyncio`] finds the fixed places (module globals, types) once; the other readers start from there.

mod chain;
mod futures;
mod graph;
mod loops;
mod modules;
mod roles;
mod sites;
mod steps;
mod tasks;
mod timers;
mod waits;

pub use chain::{Chain, await_chain};
pub use futures::Future;
pub use loops::{EventLoop, Scheduled};
pub use modules::Asyncio;
pub use steps::{Step, Waiting};
pub use tasks::{Task, TaskFlavour, TaskState};
pub use waits::{Wait, WaitKind, Waits, waits};
