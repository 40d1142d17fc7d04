//! The tasks.

use super::names::Names;
use super::waits::Waiting;
use crate::asyncio::{Task, TaskState};
use crate::heap::{Generator, GeneratorState};
use crate::memory::Address;
use crate::report::{self, HexAddress};
use rustc_hash::FxHashMap;

pub(super) fn task(
    names: &Names<'_, '_>,
    waiting: &Waiting<'_, '_, '_>,
    task: &Task,
    generators: &FxHashMap<Address, &Generator>,
) -> report::Task {
    let coroutine = task.coroutine.and_then(|coroutine| generators.get(&coroutine)).copied();
    let stack = waiting.stack(task, coroutine);
    let (belongs_to, distribution) = super::attribution::of_task(names, coroutine, &stack);
    let running = coroutine.is_some_and(|coroutine| coroutine.state == GeneratorState::Running);
    report::Task {
        address: HexAddress(task.address.get()),
        class: names.class_name(task.address),
        name: task.name(names.heap),
        qualname: coroutine.and_then(|coroutine| names.heap.generator_qualname(coroutine).ok()),
        belongs_to,
        distribution_version: distribution.as_ref().and_then(|found| found.version.clone()),
        distribution: distribution.map(|found| found.name),
        state: match task.state {
            TaskState::Pending if running => report::TaskState::Running,
            TaskState::Pending => report::TaskState::Pending,
            TaskState::Cancelled => report::TaskState::Cancelled,
            TaskState::Finished => report::TaskState::Done,
            TaskState::Failed => report::TaskState::Failed,
        },
        started: coroutine.map(|coroutine| coroutine.state != GeneratorState::Created),
        event_loop: task.event_loop.map(|event_loop| HexAddress(event_loop.get())),
        thread: task.event_loop.and_then(|event_loop| names.thread_of_loop(event_loop)),
        stack,
        waits_on: waiting.waits_on(task),
        awaited_by: waiting.awaited_by(task),
        context: task.context.and_then(|context| names.contexts.variables(names, context)),
        created_at: super::creation::created_at(names, task),
        exception: task.exception.and_then(|found| super::exceptions::describe(names, found, !task.log_traceback)),
    }
}
