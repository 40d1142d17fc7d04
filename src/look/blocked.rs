//! Blocked event loops: does a loop get out of the callback it is in?
//!
//! A program cannot see its own stall: nothing of it runs meanwhile. From outside it takes two looks. If the loop is in the same step at
//! both ([`Step`]), it was in there all the time between, and if something waits for it, it is blocked.

use super::session::{Place, Session};
use super::{Sighting, wait};
use crate::asyncio::{Step, Waiting};
use crate::error::Result;
use crate::heap::{Frame, Heap};
use crate::memory::{Address, Stoppable};
use crate::runtime::{Interpreter, Thread, current_frame};
use std::time::{Duration, Instant};

/// Time in one callback that nobody calls a stall, whatever the loop's own setting: asyncio's default for `slow_callback_duration`.
const SHORTEST: Duration = Duration::from_millis(100);
/// Time between two questions whether a loop got out of its callback. One that works gets out of most callbacks in less.
const INTERVAL: Duration = Duration::from_millis(20);
/// How often a stack is read that changes under our hands.
const ATTEMPTS: usize = 20;

/// A loop that was in the middle of something.
#[derive(Clone)]
pub(super) struct InStep {
    place: Place,
    thread: Thread,
    event_loop: Address,
    step: Step,
    since: Instant,
}

/// A loop that did not get out of a callback, while others waited.
#[derive(Debug, Clone)]
pub(super) struct Blocked {
    pub(super) event_loop: Address,
    /// Seconds for which it was seen to be in there.
    pub(super) at_least_s: f64,
    /// Seconds since its round began.
    pub(super) at_most_s: Option<f64>,
    pub(super) waiting: Waiting,
    pub(super) task: Option<Address>,
    /// The stack of its thread, innermost first.
    pub(super) frames: Vec<Frame>,
}

/// What each loop of a sighting that runs is in the middle of, now.
pub(super) fn steps(session: &Session, sighting: &Sighting) -> Vec<InStep> {
    let observation = &sighting.observation;
    let mut found = Vec::new();
    for place in &observation.places {
        for thread in &place.interpreter.threads {
            let running = |thread: &Thread| observation.loops.iter().find(|found| found.thread == Some(thread.address));
            let Some(event_loop) = running(thread).map(|found| found.address) else { continue };
            let seen = with_stack(session, thread, |heap, frames| place.asyncio.step(heap, thread, event_loop, frames));
            let Some(step) = seen else { continue };
            let since = Instant::now();
            let interpreter = Interpreter { threads: Vec::new(), ..place.interpreter.clone() };
            let place = Place { interpreter, asyncio: place.asyncio.clone() };
            found.push(InStep { place, thread: thread.clone(), event_loop, step, since });
        }
    }
    found
}

/// Those loops that are still in the same step.
pub(super) fn still_in(session: &Session, steps: Vec<InStep>) -> Vec<InStep> {
    steps.into_iter().filter(|found| found.is_still(session)).collect()
}

/// Waits for as long as a loop is in one callback and others wait, and no longer than `settle`.
///
/// # Errors
/// Interrupted, out of time, or the target has ended.
pub(super) fn watch(session: &Session, sighting: &Sighting, settle: Duration) -> Result<Vec<Blocked>> {
    let mut still = steps(session, sighting);
    still.retain(|found| found.work(session) != Waiting::default());
    let end = Instant::now() + settle;
    while !still.is_empty() {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        wait(session, left.min(INTERVAL))?;
        still = still_in(session, still);
    }
    Ok(conclude(session, &still))
}

/// Those loops that are blocked.
pub(super) fn conclude(session: &Session, still: &[InStep]) -> Vec<Blocked> {
    still.iter().filter_map(|found| found.blocked(session)).collect()
}

impl InStep {
    fn is_still(&self, session: &Session) -> bool {
        // Read anew each time: what was read before is what it is to be compared with.
        let pages = session.pages();
        self.place.asyncio.is_still_in(&session.heap(&pages), &self.thread, self.event_loop, &self.step)
    }

    fn work(&self, session: &Session) -> Waiting {
        self.work_and_limit(session).map(|(waiting, _)| waiting).unwrap_or_default()
    }

    /// What waits for the loop, and the time it may take for one callback.
    fn work_and_limit(&self, session: &Session) -> Option<(Waiting, Duration)> {
        let pages = session.pages();
        let stop = || session.should_stop();
        let memory = Stoppable::new(&pages, &stop);
        let heap = session.heap(&memory);
        let asyncio = &self.place.asyncio;
        let event_loop = asyncio.loop_of_thread(&heap, &self.place.interpreter, &self.thread)?;
        let own = event_loop.slow_callback_s.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let waiting = asyncio.waiting(&heap, &event_loop, session.target.monotonic_s());
        Some((waiting, own.unwrap_or_default().max(SHORTEST)))
    }

    fn blocked(&self, session: &Session) -> Option<Blocked> {
        let (waiting, limit) = self.work_and_limit(session)?;
        if waiting == Waiting::default() {
            return None;
        }
        let frames = stack(session, &self.thread);
        let held = self.since.elapsed();
        let now_s = session.target.monotonic_s();
        // All of that is said of one callback only if it is still that one.
        if held < limit || !self.is_still(session) {
            return None;
        }
        Some(Blocked {
            event_loop: self.event_loop,
            at_least_s: held.as_secs_f64(),
            at_most_s: self.step.round_began_s().zip(now_s).map(|(began, now)| now - began).filter(|most| *most >= 0.0),
            waiting,
            task: self.step.task,
            frames,
        })
    }
}

/// Hands the thread's stack to `read`, as often as it takes: until it was whole, or `read` found something in it.
fn with_stack<T>(session: &Session, thread: &Thread, read: impl Fn(&Heap<'_>, &[Frame]) -> Option<T>) -> Option<T> {
    for _ in 0..ATTEMPTS {
        let pages = session.pages();
        let heap = session.heap(&pages);
        let first = current_frame(&session.python, &pages, thread.address).ok()?;
        let (frames, whole) = heap.frame_chain(first);
        let found = read(&heap, &frames);
        // A broken stack that shows what is looked for shows enough.
        if whole || found.is_some() {
            return found;
        }
    }
    None
}

/// The thread's stack, whole if that can be had.
fn stack(session: &Session, thread: &Thread) -> Vec<Frame> {
    let mut last = Vec::new();
    for _ in 0..ATTEMPTS {
        let pages = session.pages();
        let Ok(first) = current_frame(&session.python, &pages, thread.address) else { break };
        let (frames, whole) = session.heap(&pages).frame_chain(first);
        last = frames;
        if whole {
            break;
        }
    }
    last
}
