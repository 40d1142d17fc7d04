//! Event loops: which there are, and what they are going to call.
//!
//! A loop of asyncio keeps handles: `_ready` (a deque, next to run) and `_scheduled` (timers, a heap in a list). uvloop keeps its deque
//! somewhere in the C structure of its loop, which is found by looking at each word.

use super::Asyncio;
use crate::heap::{Heap, Result, TypeFlags};
use crate::memory::Address;
use crate::runtime::{Interpreter, Thread};
use rustc_hash::{FxHashMap, FxHashSet};

/// A foreign loop larger than this is not looked through (uvloop's has 256 KB).
const LARGEST_LOOP: u64 = 1 << 20;
/// A foreign handle larger than this is not looked through.
const LARGEST_HANDLE: u64 = 1024;
/// Loops of one interpreter beyond this are not looked at.
const MOST_LOOPS: usize = 4096;
/// What a foreign loop refers to is collected until this is reached.
const MOST_SCHEDULED: usize = 1 << 20;

/// An event loop.
#[derive(Debug, Clone, PartialEq)]
pub struct EventLoop {
    /// Where it is.
    pub address: Address,
    /// The thread state in which it runs, if it runs.
    pub thread: Option<Address>,
    /// `_debug`, where the loop has it.
    pub debug: Option<bool>,
    /// `_closed`, where the loop has it. A loop that runs is not closed, whatever it is made of.
    pub closed: Option<bool>,
    /// `_thread_id`: what `threading.get_ident()` says in the thread it runs in; `None` when it does not run, or does not say.
    pub thread_id: Option<u64>,
    /// `slow_callback_duration` in seconds, where the loop has it.
    pub slow_callback_s: Option<f64>,
    /// The task whose step it runs at this moment.
    pub current_task: Option<Address>,
    /// When its next timer is due, in seconds of the loop's clock (`loop.time()`, which is `CLOCK_MONOTONIC` in asyncio).
    pub next_timer: Option<f64>,
    /// Callbacks that are ready to run.
    pub ready: Vec<Scheduled>,
    /// Callbacks with a time.
    pub timers: Vec<Scheduled>,
}

/// Something a loop is going to call: the objects from which the call is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheduled {
    /// The handle.
    pub handle: Address,
    /// The callback and its arguments, or for a foreign handle whatever it refers to.
    pub referents: Vec<Address>,
}

impl Asyncio {
    /// The loop that runs in a thread, if one does.
    ///
    /// # Errors
    /// When the thread's data cannot be read.
    pub fn running_loop(&self, heap: &Heap<'_>, thread: &Thread) -> Result<Option<Address>> {
        let field = heap.layout().thread_impl.asyncio_running_loop;
        if field.is_present() {
            return Ok(heap.pointer(thread.address, field)?.non_null().filter(|found| !heap.is_none(*found)));
        }
        let Some(dict) = thread.dict.non_null() else { return Ok(None) };
        let Some(held) = heap.dict_value(dict, "__asyncio_running_event_loop__")? else { return Ok(None) };
        if heap.is_none(held) {
            return Ok(None);
        }
        let class = heap.type_info_of(held)?;
        // Up to 3.11 a holder, or a tuple (loop, pid) where the C module is not used; 3.12 the loop itself.
        let running = match class.name.as_str() {
            "tuple" => heap.tuple_items(held)?.first().copied(),
            "_RunningLoopHolder" => {
                /// `rl_loop`, the first member behind the object head.
                const LOOP_AT: u64 = 16;
                heap.memory().pointer(held.offset(LOOP_AT))?.non_null()
            }
            _ => Some(held),
        };
        Ok(running.filter(|found| !heap.is_none(*found)))
    }

    /// The event loops that run, or that `tasks` belong to.
    #[must_use]
    pub fn event_loops(&self, heap: &Heap<'_>, interpreter: &Interpreter, task_loops: &[Address]) -> Vec<EventLoop> {
        let mut loops: Vec<(Address, Option<Address>)> = Vec::new();
        let mut known = FxHashSet::default();
        for thread in &interpreter.threads {
            if let Ok(Some(running)) = self.running_loop(heap, thread)
                && known.insert(running)
            {
                loops.push((running, Some(thread.address)));
            }
        }
        loops.extend(task_loops.iter().filter(|found| known.insert(**found)).map(|found| (*found, None)));
        let current = self.current_tasks(heap);
        let of = |(address, thread)| {
            let found = self.event_loop(heap, address, thread);
            EventLoop { current_task: running_task(heap, thread).or(current.get(&address).copied()), ..found }
        };
        loops.into_iter().take(MOST_LOOPS).map(of).collect()
    }

    /// The task that runs in a loop at this moment.
    #[must_use]
    pub fn current_task(&self, heap: &Heap<'_>, thread: &Thread, event_loop: Address) -> Option<Address> {
        running_task(heap, Some(thread.address)).or_else(|| self.current_tasks(heap).get(&event_loop).copied())
    }

    /// The task that runs in each loop, as far as `asyncio.tasks._current_tasks` knows: all up to 3.13, later only those that
    /// are entered by code written in Python.
    fn current_tasks(&self, heap: &Heap<'_>) -> FxHashMap<Address, Address> {
        let dict = self.current_tasks.filter(|dict| heap.type_of(*dict).ok() == heap.known().dict);
        let entries = dict.and_then(|dict| heap.dict_entries(dict).ok()).unwrap_or_default();
        entries.into_iter().filter(|(_, task)| !heap.is_none(*task)).collect()
    }

    fn event_loop(&self, heap: &Heap<'_>, address: Address, thread: Option<Address>) -> EventLoop {
        let entries = heap.instance_entries(address).unwrap_or_default();
        let attribute = |name: &str| heap.find_named(&entries, name);
        let mut found = EventLoop {
            address,
            thread,
            debug: attribute("_debug").and_then(|flag| heap.boolean(flag)),
            closed: attribute("_closed").and_then(|flag| heap.boolean(flag)).or(thread.map(|_| false)),
            // None when it does not run; a mock may have anything.
            thread_id: attribute("_thread_id")
                .filter(|id| heap.is_a(*id, TypeFlags::INT))
                .and_then(|id| u64::try_from(heap.integer(id).ok()??).ok()),
            slow_callback_s: attribute("slow_callback_duration")
                .or_else(|| heap.class_attribute(heap.type_of(address).ok()?, "slow_callback_duration").ok()?)
                .and_then(|seconds| heap.number(seconds)),
            current_task: None,
            next_timer: None,
            ready: Vec::new(),
            timers: Vec::new(),
        };
        match attribute("_ready").filter(|ready| heap.type_of(*ready).ok() == self.deque_type) {
            Some(ready) => {
                found.ready = self.scheduled(heap, heap.deque_items(ready).unwrap_or_default());
                let timers = attribute("_scheduled").map(|list| heap.list_items(list).unwrap_or_default());
                found.timers = self.scheduled(heap, timers.unwrap_or_default());
                found.next_timer = next_timer(heap, &found.timers);
            }
            None => found.ready = self.foreign_ready(heap, address),
        }
        found
    }

    /// The handles in whatever deques and sets a foreign loop's structure refers to: uvloop has its timers in a set.
    fn foreign_ready(&self, heap: &Heap<'_>, event_loop: Address) -> Vec<Scheduled> {
        let (Ok(class), Some(deque_type)) = (heap.type_info_of(event_loop), self.deque_type) else { return Vec::new() };
        if class.basic_size > LARGEST_LOOP {
            return Vec::new();
        }
        let words = heap.words(event_loop, class.basic_size).unwrap_or_default();
        let mut items = Vec::new();
        for word in words {
            if items.len() >= MOST_SCHEDULED {
                break;
            }
            match heap.type_of(word) {
                Ok(class) if class == deque_type => items.extend(heap.deque_items(word).unwrap_or_default()),
                Ok(class) if Some(class) == heap.known().set => items.extend(heap.set_items(word).unwrap_or_default()),
                _ => {}
            }
        }
        self.scheduled(heap, items)
    }

    fn scheduled(&self, heap: &Heap<'_>, handles: Vec<Address>) -> Vec<Scheduled> {
        handles
            .into_iter()
            .map(|handle| {
                let referents = handle_referents(heap, handle).unwrap_or_default();
                Scheduled { handle, referents }
            })
            .collect()
    }
}

/// The task that runs in a thread, where its state says so (3.14+).
fn running_task(heap: &Heap<'_>, thread: Option<Address>) -> Option<Address> {
    let field = heap.layout().thread_impl.asyncio_running_task;
    if !field.is_present() {
        return None;
    }
    heap.pointer(thread?, field).ok()?.non_null()
}

/// When the first timer that was not cancelled is due: `_scheduled` is a heap, so that is the first entry unless it was cancelled.
fn next_timer(heap: &Heap<'_>, timers: &[Scheduled]) -> Option<f64> {
    let mut living = timers.iter().filter(|timer| !is_cancelled(heap, timer.handle));
    let (first, next) = (timers.first()?, living.next()?);
    if first.handle == next.handle {
        return due(heap, first.handle);
    }
    std::iter::once(next).chain(living).filter_map(|timer| due(heap, timer.handle)).min_by(f64::total_cmp)
}

/// When a `TimerHandle` is due (`_when`), in seconds of the loop's clock.
pub(super) fn due(heap: &Heap<'_>, handle: Address) -> Option<f64> {
    heap.number(heap.slot_value(handle, "_when").ok()??)
}

/// Whether a `Handle` was cancelled: it stays where it is, and will not be called.
pub(super) fn is_cancelled(heap: &Heap<'_>, handle: Address) -> bool {
    let flag = heap.slot_value(handle, "_cancelled").ok().flatten();
    flag.and_then(|flag| heap.boolean(flag)) == Some(true)
}

/// The callback and arguments of an `asyncio.Handle` – they are slots – or all that a foreign handle's words refer to.
fn handle_referents(heap: &Heap<'_>, handle: Address) -> Result<Vec<Address>> {
    let class = heap.type_info_of(handle)?;
    if heap.slot_offset(class.address, "_callback")?.is_some() {
        let mut found = Vec::new();
        for name in ["_callback", "_args"] {
            found.extend(heap.slot_value(handle, name)?.filter(|value| !heap.is_none(*value)));
        }
        return Ok(found);
    }
    if class.basic_size > LARGEST_HANDLE {
        return Ok(Vec::new());
    }
    heap.words(handle, class.basic_size)
}
