//! What a future says of itself; a task is a future, too (`TaskObj` begins with the fields of `FutureObj`).
//!
//! Futures written in C have a structure, those written in Python – and whatever calls itself one – have attributes of the same
//! meaning: `_state` (a class attribute until it changes), `_result`, `_exception`, `_callbacks`, `__log_traceback` (FACTS of
//! `asyncio/futures.py`, 3.8–3.15).

use super::{Asyncio, TaskState};
use crate::heap::{Fault, Heap, Result};
use crate::memory::Address;

/// Tasks that wait for one future, and callbacks of it, beyond this are not collected.
const MOST_CALLBACKS: usize = 1 << 20;

/// A future, or what of a task is a future.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Future {
    /// Where it is.
    pub address: Address,
    /// Its state.
    pub state: TaskState,
    /// Its event loop.
    pub event_loop: Option<Address>,
    /// The exception it ended with.
    pub exception: Option<Address>,
    /// What it ended with; `None` also for the result `None`.
    pub result: Option<Address>,
    /// Whether it failed and nobody has asked for the exception yet: asyncio complains when it dies.
    pub log_traceback: bool,
    /// What is called when it is done: callables (with their contexts left out). Empty once it is done.
    pub callbacks: Vec<Address>,
    /// Where it was created, a list of `traceback.FrameSummary`; only in debug mode.
    pub source_traceback: Option<Address>,
    /// The tasks that await it, as far as the future itself knows (3.14+).
    pub awaited_by: Vec<Address>,
}

impl Asyncio {
    /// Whether objects of this class have the structure of a C future: `_asyncio.Future`, `_asyncio.Task`, and subclasses.
    #[must_use]
    pub fn is_c_future_class(&self, heap: &Heap<'_>, class: Address) -> bool {
        let types: Vec<Address> = [self.future_type, self.task_type].into_iter().flatten().collect();
        !types.is_empty() && heap.derives_from(class, &types)
    }

    /// What the future or task at `address` says of itself.
    ///
    /// # Errors
    /// When it is no future that makes sense.
    pub fn future(&self, heap: &Heap<'_>, address: Address) -> Result<Future> {
        if self.is_c_future_class(heap, heap.type_of(address)?) {
            c_future(heap, address)
        } else {
            python_future(heap, address)
        }
    }
}

fn c_future(heap: &Heap<'_>, address: Address) -> Result<Future> {
    let layout = &heap.layout().future;
    let bytes = heap.object_bytes(address, layout.size)?;
    let some = |object: Option<Address>| object.filter(|object| !heap.is_none(*object));
    let exception = some(layout.fut_exception.address_in(&bytes)?.non_null());
    let mut callbacks: Vec<Address> = layout.fut_callback0.address_in(&bytes)?.non_null().into_iter().collect();
    if let Some(more) = some(layout.fut_callbacks.address_in(&bytes)?.non_null()) {
        callbacks.extend(heap.list_items(more)?.into_iter().take(MOST_CALLBACKS).map(|entry| callable(heap, entry)));
    }
    let mut awaited_by = Vec::new();
    if layout.fut_awaited_by.is_present()
        && let Some(waiters) = layout.fut_awaited_by.address_in(&bytes)?.non_null()
    {
        if layout.fut_awaited_by_is_set.u64_in(&bytes)? & 0xff != 0 {
            awaited_by.extend(heap.set_items(waiters)?.into_iter().take(MOST_CALLBACKS));
        } else {
            awaited_by.push(waiters);
        }
    }
    Ok(Future {
        address,
        // FutureObj.fut_state is a C enum of 4 bytes.
        state: state(layout.fut_state.u64_in(&bytes)? & 0xffff_ffff, exception.is_some())
            .ok_or(Fault::implausible("future", address))?,
        event_loop: layout.fut_loop.address_in(&bytes)?.non_null(),
        exception,
        result: some(layout.fut_result.address_in(&bytes)?.non_null()),
        log_traceback: layout.fut_log_tb.u64_in(&bytes)? != 0,
        callbacks,
        source_traceback: some(layout.fut_source_tb.address_in(&bytes)?.non_null()),
        awaited_by,
    })
}

fn python_future(heap: &Heap<'_>, address: Address) -> Result<Future> {
    let entries = heap.instance_entries(address)?;
    let attribute = |name: &str| heap.find_named(&entries, name).filter(|value| !heap.is_none(*value));
    let exception = attribute("_exception");
    let word = attribute("_state").map(|state| heap.label(state)).transpose()?;
    let state = match word.as_deref() {
        None | Some("PENDING") => TaskState::Pending,
        Some("CANCELLED") => TaskState::Cancelled,
        Some("FINISHED") if exception.is_some() => TaskState::Failed,
        Some("FINISHED") => TaskState::Finished,
        Some(_) => return Err(Fault::implausible("future", address)),
    };
    let list = |name: &str| attribute(name).map_or(Ok(Vec::new()), |list| heap.list_items(list));
    let waiters = attribute("_Future__asyncio_awaited_by").map_or(Ok(Vec::new()), |set| heap.set_items(set));
    Ok(Future {
        address,
        state,
        event_loop: attribute("_loop"),
        exception,
        result: attribute("_result"),
        log_traceback: attribute("_Future__log_traceback").and_then(|flag| heap.boolean(flag)) == Some(true),
        callbacks: list("_callbacks")?.into_iter().take(MOST_CALLBACKS).map(|entry| callable(heap, entry)).collect(),
        source_traceback: attribute("_source_traceback"),
        awaited_by: waiters?.into_iter().take(MOST_CALLBACKS).collect(),
    })
}

/// `fut_state`: 0 pending, 1 cancelled, 2 finished.
pub(super) fn state(word: u64, raised: bool) -> Option<TaskState> {
    match (word, raised) {
        (0, _) => Some(TaskState::Pending),
        (1, _) => Some(TaskState::Cancelled),
        (2, false) => Some(TaskState::Finished),
        (2, true) => Some(TaskState::Failed),
        _ => None,
    }
}

/// A callback is kept as a tuple (callable, context).
fn callable(heap: &Heap<'_>, entry: Address) -> Address {
    let parts = (heap.type_of(entry).ok() == heap.known().tuple).then(|| heap.tuple_start(entry, 2).ok()).flatten();
    parts.and_then(|parts| parts.first().copied()).unwrap_or(entry)
}
