//! The confirmation: the target is held just long enough to read once more what a verdict is about.
//!
//! What was found while it ran may have changed since. So the pages of the coroutines in question are fetched before, laid out in
//! address order, and read again in the pause – nothing else happens there. They are looked at afterwards.

use super::observe::{Observation, is_collecting, is_created_coroutine};
use super::session::Session;
use crate::error::{ErrorKind, Result};
use crate::heap::{Frame, Generator, GeneratorKind, Heap};
use crate::memory::{Address, Stoppable};
use crate::process::pause::Pause;
use crate::report::Pauses;
use crate::runtime::current_frame;
use rustc_hash::FxHashSet;
use std::time::{Duration, Instant};

/// Time in a pause for the stacks of threads that could not be read while they ran. Recursion can be thousands of frames deep, and
/// a stack is not worth a millisecond more of somebody's production.
const STACKS_LIMIT: Duration = Duration::from_millis(1);
/// How often the target is held and let go again because its collector is at work.
const ATTEMPTS: u32 = 20;
/// Time for a collection to end, between attempts.
const BETWEEN: Duration = Duration::from_millis(3);

/// What a confirmation established.
#[derive(Debug, Default)]
pub(super) struct Confirmed {
    /// Coroutines that are alive and not started at the moment of the pause.
    pub(super) created: FxHashSet<Address>,
    /// Those of them whose links could not be checked, since the collector was always at work.
    pub(super) unchecked: u64,
    /// Those that had changed since they were found.
    pub(super) changed: u64,
    /// Whether the target could not be held still: then it was read while it ran.
    pub(super) not_held: bool,
    /// Stacks of threads that could not be read while they ran.
    pub(super) stacks: Vec<(Address, Vec<Frame>)>,
}

/// Notes a pause.
pub(super) fn note(pauses: &mut Pauses, held: Duration) {
    let us = u64::try_from(held.as_micros()).unwrap_or(u64::MAX);
    pauses.count += 1;
    pauses.max_us = pauses.max_us.max(us);
    pauses.total_us = pauses.total_us.saturating_add(us);
}

/// Reads the `wanted` created coroutines of an observation again, at one moment; in a pause if `pauses` is given.
///
/// # Errors
/// When the target cannot be held, or has ended.
pub(super) fn confirm(
    session: &Session,
    observation: &Observation,
    wanted: &[Generator],
    mut pauses: Option<&mut Pauses>,
) -> Result<Confirmed> {
    let mut confirmed = Confirmed::default();
    let torn: &[Address] = if pauses.is_some() { &observation.torn_stacks } else { &[] };
    if wanted.is_empty() && torn.is_empty() {
        return Ok(confirmed);
    }
    let mut pages = session.pages();
    {
        let heap = session.heap(&pages);
        let before = u64::from(session.python.layout.header_before_gc_object);
        let size = before + u64::from(heap.generator_size(GeneratorKind::Coroutine));
        pages.prefetch(wanted.iter().map(|g| (g.address.checked_sub(before).unwrap_or(g.address), size)));
        for generator in wanted {
            // What this reads is what the pause will read again.
            let _ = is_still_created(&heap, generator);
        }
        ask_for_links(&heap, observation, wanted);
    }
    pages.prepare();
    let links_matter = wanted.iter().any(|generator| observation.unlinked.contains(&generator.address));
    let mut links_readable = false;
    for attempt in 1..=ATTEMPTS {
        session.check()?;
        confirmed.stacks.clear();
        let mut read = || {
            let begun = Instant::now();
            let late = || begun.elapsed() > STACKS_LIMIT;
            let bounded = Stoppable::impatient(&session.memory, &late);
            let stacks = session.heap(&bounded);
            for thread in torn {
                let Ok(first) = current_frame(&session.python, &bounded, *thread) else { continue };
                if let (frames, true) = stacks.frame_chain(first) {
                    confirmed.stacks.push((*thread, frames));
                }
            }
            let live = session.heap(&session.memory);
            let collecting = links_matter && is_collecting(&session.python, &live, &observation.places);
            if !collecting || attempt == ATTEMPTS {
                pages.refresh();
            }
            !collecting
        };
        links_readable = match &mut pauses {
            Some(pauses) => match hold(session, pauses, &mut read)? {
                Some(idle) => idle,
                None => {
                    confirmed.not_held = true;
                    read()
                }
            },
            None => read(),
        };
        if links_readable {
            // Under load an object gets other neighbours between two reads: then these are fetched, and read again.
            pages.seal();
            links_matter.then(|| ask_for_links(&session.heap(&pages), observation, wanted));
            if !pages.has_missed() || attempt == ATTEMPTS {
                break;
            }
            pages.unseal();
            pages.prepare();
        } else {
            std::thread::sleep(BETWEEN);
        }
    }
    pages.seal();
    let heap = session.heap(&pages);
    for generator in wanted {
        if !is_still_created(&heap, generator) {
            confirmed.changed += 1;
            continue;
        }
        if observation.unlinked.contains(&generator.address) {
            match heap.is_linked(generator.address) {
                // A copy of a coroutine, or what is left of one.
                Ok(false) if links_readable => continue,
                Ok(true) if links_readable => {}
                _ => confirmed.unchecked += 1,
            }
        }
        confirmed.created.insert(generator.address);
    }
    Ok(confirmed)
}

/// Runs `read` while the target stands still; `None` when it could not be held in time.
fn hold<T: Send>(session: &Session, pauses: &mut Pauses, read: &mut (impl FnMut() -> T + Send)) -> Result<Option<T>> {
    match Pause::briefly(&session.target, |_| read(), |held| note(pauses, held)) {
        Ok(outcome) => Ok(Some(outcome)),
        Err(error) if error.kind() == ErrorKind::Timeout => Ok(None),
        Err(error) => Err(error),
    }
}

/// Touches the neighbours of the coroutines whose links are to be checked, so that they become part of the picture.
fn ask_for_links(heap: &Heap<'_>, observation: &Observation, wanted: &[Generator]) {
    for generator in wanted.iter().filter(|generator| observation.unlinked.contains(&generator.address)) {
        let _ = heap.is_linked(generator.address);
    }
}

fn is_still_created(heap: &Heap<'_>, generator: &Generator) -> bool {
    heap.generator(generator.address, generator.kind)
        .is_ok_and(|now| is_created_coroutine(&now) && now.code == generator.code)
}
