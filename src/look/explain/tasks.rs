//! The tasks.

use super::names::Names;
use crate::asyncio::{Task, TaskState};
use crate::heap::{Generator, GeneratorState};
use crate::memory::Address;
use crate::report::{self, HexAddress};
use rustc_hash::{FxHashMap, FxHashSet};

/// Coroutines awaiting each other, in one task.
const DEEPEST_CHAIN: usize = 1000;

pub(super) fn task(names: &Names<'_, '_>, task: &Task, generators: &FxHashMap<Address, &Generator>) -> report::Task {
    let coroutine = task.coroutine.and_then(|coroutine| generators.get(&coroutine)).copied();
    let stack = await_chain(names, coroutine, generators);
    let running = coroutine.is_some_and(|coroutine| coroutine.state == GeneratorState::Running);
    report::Task {
        address: HexAddress(task.address.get()),
        class: names.class_name(task.address),
        name: task.name(names.heap),
        qualname: coroutine.and_then(|coroutine| names.heap.generator_qualname(coroutine).ok()),
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
        waits_on: task.waiter.and_then(|waiter| {
            let type_name = names.class_name(waiter)?;
            Some(report::WaitsOn {
                address: HexAddress(waiter.get()),
                type_name,
                what: report::Awaited::default(),
                text: String::new(),
                object: None,
                time_left_s: None,
                tasks: Vec::new(),
            })
        }),
        awaited_by: Vec::new(),
        context: None,
        created_at: None,
        exception: None,
    }
}

/// The frames from a task's coroutine inwards, outermost first: each awaits the next.
pub(super) fn await_chain(
    names: &Names<'_, '_>,
    outermost: Option<&Generator>,
    generators: &FxHashMap<Address, &Generator>,
) -> Vec<report::Frame> {
    let mut stack = Vec::new();
    let mut seen = FxHashSet::default();
    let mut at = outermost.copied();
    while let Some(generator) = at {
        if seen.len() >= DEEPEST_CHAIN || !seen.insert(generator.address) {
            break;
        }
        stack.extend(generator.frame.and_then(|frame| names.frame(&frame)));
        let awaited = names.heap.awaited_by(&generator).ok().flatten();
        at = awaited.and_then(|awaited| generators.get(&awaited)).map(|generator| **generator);
    }
    stack
}
