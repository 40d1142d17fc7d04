//! What an event loop is in the middle of, told so that two looks can see whether it got out of it.
//!
//! A round of asyncio's own loops is one call of `BaseEventLoop._run_once`: it waits in the selector, notes the time (`end_time`), and
//! calls the handles that are ready, counted by `i`. Both variables are the same as long as it is in the same callback, and only then:
//! the clock goes on between two rounds (all of 3.8–3.15).
//!
//! uvloop runs in C. Its loop object refers to a `uv_loop_t`, whose `data` refers back to it. The structure holds the time of the
//! round, which libuv renews in each; within a round, callbacks are taken from the left of a deque.

use super::loops::{due, is_cancelled};
use super::{Asyncio, EventLoop};
use crate::heap::{Frame, Heap};
use crate::memory::Address;
use crate::runtime::{Interpreter, Thread};

/// Bytes at the beginning of a foreign loop object in which its references lie: uvloop's has 256 KB of buffer behind them.
const FOREIGN_FIELDS: u64 = 4096;
/// Bytes of a `uv_loop_t` (848 on Linux since libuv 1.0; later ones only grew in what `internal_fields` refers to).
const UV_LOOP: u64 = 848;

/// What a loop is in the middle of. Two equal ones: it has not got out of that callback in between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    round: Round,
    /// The task whose step it is, if it is one's.
    pub task: Option<Address>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Round {
    /// A loop of asyncio: the frame of `_run_once`, the bits of its `end_time`, and its `i`.
    RunOnce { frame: Address, end_time: u64, index: i64 },
    /// uvloop: its `uv_loop_t`, and the left end of its deque.
    Uv { state: Vec<u8>, left_block: Address, left_index: u64 },
}

/// Work that a loop could do if it got out of its callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waiting {
    /// Callbacks that are ready to run.
    pub ready: usize,
    /// Timers whose time has come.
    pub overdue: usize,
}

impl Step {
    /// When the round began that this callback belongs to, in seconds of `CLOCK_MONOTONIC`, where the loop has noted it.
    #[must_use]
    pub fn round_began_s(&self) -> Option<f64> {
        match self.round {
            Round::RunOnce { end_time, .. } => Some(f64::from_bits(end_time)),
            Round::Uv { .. } => None,
        }
    }
}

impl Asyncio {
    /// What the loop that runs in `thread` is in the middle of, by the thread's `frames` (innermost first); `None` when it waits for
    /// something to happen, or cannot be told.
    #[must_use]
    pub fn step(&self, heap: &Heap<'_>, thread: &Thread, event_loop: Address, frames: &[Frame]) -> Option<Step> {
        let task = self.current_task(heap, thread, event_loop);
        let round = frames
            .iter()
            .find_map(|frame| run_once(heap, event_loop, frame))
            // Without a task there is no telling a callback from the selector.
            .or_else(|| task.and_then(|_| self.uv_round(heap, event_loop)))?;
        Some(Step { round, task })
    }

    /// Whether the loop is still in the middle of `step`: reads only what tells that.
    #[must_use]
    pub fn is_still_in(&self, heap: &Heap<'_>, thread: &Thread, event_loop: Address, step: &Step) -> bool {
        if self.running_loop(heap, thread).ok().flatten() != Some(event_loop) {
            return false;
        }
        let frames: Vec<Frame> = match step.round {
            Round::RunOnce { frame, .. } => heap.frame(frame).into_iter().collect(),
            Round::Uv { .. } => Vec::new(),
        };
        self.step(heap, thread, event_loop, &frames).is_some_and(|now| now == *step)
    }

    /// The loop's work that waits; `now_s` is the time of its clock.
    #[must_use]
    pub fn waiting(&self, heap: &Heap<'_>, event_loop: &EventLoop, now_s: Option<f64>) -> Waiting {
        let living = |handle: Address| !is_cancelled(heap, handle);
        let late = |handle: Address| now_s.is_some_and(|now| due(heap, handle).is_some_and(|due| due <= now));
        // The first timer is the earliest: unless that is late, none is.
        let any_late = event_loop.next_timer.is_some_and(|due| now_s.is_some_and(|now| due <= now));
        let timers = event_loop.timers.iter().filter(|timer| any_late && late(timer.handle) && living(timer.handle));
        Waiting { ready: event_loop.ready.iter().filter(|ready| living(ready.handle)).count(), overdue: timers.count() }
    }

    /// The loop that runs in `thread` as it is now.
    #[must_use]
    pub fn loop_of_thread(&self, heap: &Heap<'_>, interpreter: &Interpreter, thread: &Thread) -> Option<EventLoop> {
        let alone = Interpreter { threads: vec![thread.clone()], ..interpreter.clone() };
        self.event_loops(heap, &alone, &[]).pop()
    }

    /// Where uvloop stands. A foreign loop that is not made like that is left alone.
    fn uv_round(&self, heap: &Heap<'_>, event_loop: Address) -> Option<Round> {
        let class = heap.type_info_of(event_loop).ok()?;
        let words = heap.words(event_loop, class.basic_size.min(FOREIGN_FIELDS)).ok()?;
        let is_uv_loop = |word: &&Address| heap.memory().pointer(**word).ok() == Some(event_loop);
        let uv_loop = *words.iter().find(is_uv_loop)?;
        let ready = *words.iter().find(|word| heap.type_of(**word).ok() == self.deque_type)?;
        let deque = &heap.layout().deque;
        Some(Round::Uv {
            state: heap.memory().bytes(uv_loop, UV_LOOP, usize::MAX).ok()?,
            left_block: heap.pointer(ready, deque.leftblock).ok()?,
            left_index: heap.unsigned(ready, deque.leftindex).ok()?,
        })
    }
}

/// The round that `frame` is, if it is the `_run_once` of this loop, past its selector and among its handles.
fn run_once(heap: &Heap<'_>, event_loop: Address, frame: &Frame) -> Option<Round> {
    let code = heap.code(frame.code).ok()?;
    let name = heap.code_qualname(&code).ok()?;
    if name.rsplit('.').next() != Some("_run_once") {
        return None;
    }
    let slots = heap.code_slots(&code).ok()?;
    let values = heap.frame_slots(frame).ok()?;
    let variable =
        |name: &str| slots.iter().zip(&values).find(|(slot, _)| slot.name == name).and_then(|(_, value)| *value);
    // `end_time` is not bound before the selector has returned, `i` not before the first handle.
    if variable("self") != Some(event_loop) {
        return None;
    }
    let end_time = heap.number(variable("end_time")?)?.to_bits();
    let index = variable("i").filter(|index| heap.type_of(*index).ok() == heap.known().int)?;
    Some(Round::RunOnce { frame: frame.address, end_time, index: heap.integer(index).ok()?? })
}
