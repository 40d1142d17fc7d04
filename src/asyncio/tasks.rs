//! Tasks: how to find all of them, and what each one says of itself.
//!
//! Up to 3.11 every task is in one WeakSet; 3.12 and 3.13 add a set of eager ones. From 3.14 on C tasks that are not done hang on lists in the
//! thread states (and in the interpreter, when their thread is gone); the WeakSet has the ones written in Python.

use super::{Asyncio, Future};
use crate::heap::{Fault, Heap, Result};
use crate::memory::Address;
use crate::runtime::Interpreter;
use crate::runtime::layout::TaskRegistry;
use rustc_hash::FxHashSet;

/// Tasks on one list beyond this are not believed.
const MOST_TASKS: usize = 4_000_000;

/// Callbacks of futures beyond this are not collected.
const MOST_CALLBACKS: usize = 4_000_000;

/// What a task is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskFlavour {
    /// `_asyncio.Task` or a subclass.
    C,
    /// `asyncio.tasks._PyTask`, a subclass, or a foreign class with the same attributes.
    Python,
}

/// State of a task or future.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskState {
    /// Not done.
    Pending,
    /// Cancelled.
    Cancelled,
    /// Returned.
    Finished,
    /// Raised.
    Failed,
}

/// A task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task {
    /// Where it is.
    pub address: Address,
    /// What it is made of.
    pub flavour: TaskFlavour,
    /// Its state.
    pub state: TaskState,
    /// The coroutine it drives; gone after an eager task has finished at once.
    pub coroutine: Option<Address>,
    /// Its event loop.
    pub event_loop: Option<Address>,
    /// What it waits for.
    pub waiter: Option<Address>,
    /// Its `contextvars.Context`.
    pub context: Option<Address>,
    /// The exception it ended with.
    pub exception: Option<Address>,
    /// Whether it failed and nobody has asked for the exception yet.
    pub log_traceback: bool,
    name: Option<Address>,
}

/// Registered tasks of an interpreter, and what of the registry could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegisteredTasks {
    /// The task objects.
    pub addresses: Vec<Address>,
    /// Parts of the registry that could not be followed.
    pub faults: Vec<Fault>,
}

impl Asyncio {
    /// All registered tasks of this interpreter. Done ones are among them as far as the version keeps those.
    #[must_use]
    pub fn registered_tasks(&self, heap: &Heap<'_>, interpreter: &Interpreter) -> RegisteredTasks {
        let mut found = RegisteredTasks::default();
        let mut seen: FxHashSet<Address> = FxHashSet::default();
        let mut add = |tasks: Result<Vec<Address>>| match tasks {
            Ok(tasks) => found.addresses.extend(tasks.into_iter().filter(|task| seen.insert(*task))),
            Err(fault) => found.faults.push(fault),
        };
        for set in &self.weak_task_sets {
            add(heap.set_items(*set).map(|references| {
                references.iter().filter_map(|reference| heap.weakly_referenced(*reference).ok().flatten()).collect()
            }));
        }
        for set in &self.task_sets {
            add(heap.set_items(*set));
        }
        // The lists exist from the start; they are empty until `_asyncio` makes tasks.
        if heap.layout().task_registry == TaskRegistry::LinkedLists && self.task_type.is_some() {
            let layout = heap.layout();
            let heads =
                interpreter.threads.iter().map(|thread| layout.thread_impl.asyncio_tasks_head.at(thread.address));
            let mut listed = Vec::new();
            let mut nodes = FxHashSet::default();
            for head in heads.chain([layout.interpreter.asyncio_tasks_head.at(interpreter.address)]) {
                let followed =
                    head.map_err(Fault::from).and_then(|head| follow_task_list(heap, head, &mut listed, &mut nodes));
                found.faults.extend(followed.err());
            }
            found.addresses.extend(listed.into_iter().filter(|task| seen.insert(*task)));
        }
        found
    }

    /// What the task at `address` says of itself.
    ///
    /// # Errors
    /// When it is no task that makes sense.
    pub fn task(&self, heap: &Heap<'_>, address: Address) -> Result<Task> {
        let class = heap.type_of(address)?;
        if self.is_c_task_class(heap, class) {
            c_task(heap, address)
        } else {
            // What it is as a future may be written in C, whatever the task is written in: others derive their tasks from `Future`.
            python_task(heap, address, &self.future(heap, address)?)
        }
    }
}

/// Follows a ring of nodes inside of tasks (`llist_node` at `TaskObj.task_node`). What was found before a fault stays found: while the
/// target runs, a task that ends is unlinked under our hands.
fn follow_task_list(
    heap: &Heap<'_>,
    head: Address,
    found: &mut Vec<Address>,
    seen: &mut FxHashSet<Address>,
) -> Result<()> {
    let implausible = Fault::implausible("task list", head);
    let node_at = heap.layout().task.task_node.offset().ok_or(implausible)?;
    let mut node = heap.memory().pointer(head)?;
    // A list nobody has used yet is all zeros; so is the node of a task that has just left its list.
    if node.is_null() {
        return Ok(());
    }
    while node != head {
        let task = node.checked_sub(node_at).ok_or(implausible)?;
        // A task hangs on one list, once: anything else is a ring that does not lead back to its head.
        if found.len() >= MOST_TASKS || node.is_null() || !seen.insert(task) {
            return Err(implausible);
        }
        found.push(task);
        node = heap.memory().pointer(node)?;
    }
    Ok(())
}

fn c_task(heap: &Heap<'_>, address: Address) -> Result<Task> {
    let layout = &heap.layout().task;
    let bytes = heap.object_bytes(address, layout.size)?;
    let exception = layout.task_exception.address_in(&bytes)?.non_null().filter(|found| !heap.is_none(*found));
    // FutureObj.fut_state is a C enum of 4 bytes.
    let state = super::futures::state(layout.task_state.u64_in(&bytes)? & 0xffff_ffff, exception.is_some())
        .ok_or(Fault::implausible("task", address))?;
    Ok(Task {
        address,
        flavour: TaskFlavour::C,
        state,
        coroutine: layout.task_coro.address_in(&bytes)?.non_null(),
        event_loop: layout.task_loop.address_in(&bytes)?.non_null(),
        waiter: layout.task_fut_waiter.address_in(&bytes)?.non_null().filter(|waiter| !heap.is_none(*waiter)),
        context: layout.task_context.address_in(&bytes)?.non_null(),
        exception,
        log_traceback: layout.task_log_tb.u64_in(&bytes)? != 0,
        name: layout.task_name.address_in(&bytes)?.non_null(),
    })
}

fn python_task(heap: &Heap<'_>, address: Address, future: &Future) -> Result<Task> {
    let entries = heap.instance_entries(address)?;
    let attribute = |name: &str| heap.find_named(&entries, name).filter(|value| !heap.is_none(*value));
    Ok(Task {
        address,
        flavour: TaskFlavour::Python,
        state: future.state,
        coroutine: attribute("_coro"),
        event_loop: future.event_loop,
        waiter: attribute("_fut_waiter"),
        context: attribute("_context"),
        exception: future.exception,
        log_traceback: future.log_traceback,
        name: attribute("_name"),
    })
}

impl Asyncio {
    /// The callbacks of the futures that `tasks` wait for, and of the tasks themselves: each is a callable or a tuple (callable, context).
    #[must_use]
    pub fn done_callbacks(&self, heap: &Heap<'_>, tasks: &[Task]) -> Vec<Address> {
        let mut futures: Vec<Address> = tasks
            .iter()
            .filter(|task| task.state == TaskState::Pending)
            .flat_map(|task| [Some(task.address), task.waiter])
            .flatten()
            .collect();
        futures.sort_unstable();
        futures.dedup();
        let mut callbacks = Vec::new();
        for future in futures {
            if callbacks.len() >= MOST_CALLBACKS {
                break;
            }
            callbacks.extend(self.future(heap, future).map(|future| future.callbacks).unwrap_or_default());
        }
        callbacks
    }
}

impl Task {
    /// The list of frames in which it was created, which is only written down in debug mode.
    #[must_use]
    pub fn source_traceback(&self, heap: &Heap<'_>) -> Option<Address> {
        let found = match self.flavour {
            TaskFlavour::C => heap.pointer(self.address, heap.layout().task.task_source_tb).ok()?.non_null(),
            TaskFlavour::Python => heap.attribute(self.address, "_source_traceback").ok()?,
        };
        found.filter(|found| !heap.is_none(*found))
    }

    /// Its name. From 3.12 on that is a number until somebody asks for it, which stands for `Task-<number>`.
    #[must_use]
    pub fn name(&self, heap: &Heap<'_>) -> Option<String> {
        let name = self.name?;
        if heap.is_a(name, crate::heap::TypeFlags::INT) {
            return heap.integer(name).ok().flatten().map(|number| format!("Task-{number}"));
        }
        heap.label(name).ok()
    }
}
