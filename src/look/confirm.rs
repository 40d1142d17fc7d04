//! The confirmation: the target is held just long enough to read once more what a verdict is about.
//!
//! What was found while it ran may have changed since. So the pages of the coroutines in question are fetched before, laid out in
//! address order, and read again in the pause – nothing else happens there. They are looked at afterwards.
//!
//! What is asked of a coroutine – is it alive, is it still not started, do its neighbours in the collector's list know it – has nothing to do
//! with the next one. So many of them are asked in several pauses, each within a budget, and the target gets on in between. All that is
//! asked of *one* is read at one moment. A collection is waited out before the target is held, not while.

use super::observe::{Observation, is_collecting, is_created_coroutine};
use super::pacing::Pace;
use super::session::Session;
use super::wait;
use crate::error::{ErrorKind, Result};
use crate::heap::{Frame, Generator, GeneratorKind, Heap};
use crate::memory::{Address, Pages, Stoppable};
use crate::process::pause::Pause;
use crate::report::Pauses;
use crate::runtime::current_frame;
use rustc_hash::FxHashSet;
use std::time::{Duration, Instant};

/// Time in a pause for the stacks of threads that could not be read while they ran. Recursion can be thousands of frames deep, and
/// a stack is not worth a millisecond more of somebody's production.
const STACKS_LIMIT: Duration = Duration::from_millis(1);
/// How often the same is asked again, because the collector began just then, or because a neighbour has moved.
const ATTEMPTS: u32 = 20;
/// Time for collections to end, in all.
const COLLECTOR_PATIENCE: Duration = Duration::from_secs(1);
/// Time between two questions whether a collection has ended. Most take less than a millisecond.
const BETWEEN: Duration = Duration::from_micros(200);
/// Pages that are read beside its own for a coroutine whose links are to be checked: its neighbours'.
const NEIGHBOURS: usize = 2;

/// Why coroutines were not checked against the collector's lists.
pub(super) const UNCHECKED: &str = "not checked against the collector's lists, because it was at work all the time";

/// What a confirmation established.
#[derive(Debug, Default)]
pub(super) struct Confirmed {
    /// Coroutines that are alive and not started at the moment of their pause.
    pub(super) created: FxHashSet<Address>,
    /// Those of them whose links could not be checked, since the collector was always at work.
    pub(super) unchecked: u64,
    /// Those that had changed since they were found.
    pub(super) changed: u64,
    /// Coroutines for which the target could not be held still: they were read while it ran.
    pub(super) not_held: u64,
    /// Stacks of threads that could not be read while they ran.
    pub(super) stacks: Vec<(Address, Vec<Frame>)>,
}

/// The pauses of a look, and how long each may be.
pub(super) struct Holding<'p> {
    /// Where they are noted.
    pub(super) pauses: &'p mut Pauses,
    /// The longest that is aimed at.
    pub(super) budget: Duration,
}

/// Notes a pause.
pub(super) fn note(pauses: &mut Pauses, held: Duration) {
    let us = u64::try_from(held.as_micros()).unwrap_or(u64::MAX);
    pauses.count += 1;
    pauses.max_us = pauses.max_us.max(us);
    pauses.total_us = pauses.total_us.saturating_add(us);
}

/// Reads the `wanted` created coroutines of an observation again, each at one moment; in pauses if `holding` is given.
///
/// # Errors
/// When the target cannot be held, or has ended.
pub(super) fn confirm(
    session: &Session,
    observation: &Observation,
    mut wanted: Vec<Generator>,
    holding: Option<Holding<'_>>,
) -> Result<Confirmed> {
    wanted.sort_unstable_by_key(|generator| generator.address);
    let mut confirmation = Confirmation {
        session,
        observation,
        torn: if holding.is_some() { &observation.torn_stacks } else { &[] },
        pace: holding.as_ref().map(|holding| Pace::new(holding.budget)),
        pauses: holding.map(|holding| holding.pauses),
        patience: COLLECTOR_PATIENCE,
        confirmed: Confirmed::default(),
    };
    let mut rest = wanted.as_slice();
    while !rest.is_empty() || !confirmation.torn.is_empty() {
        let (now, later) = rest.split_at(confirmation.portion(rest));
        let mut open = confirmation.confirm_at_once(now, false)?;
        for attempt in 2..=ATTEMPTS {
            if open.is_empty() {
                break;
            }
            confirmation.rest()?;
            open = confirmation.confirm_at_once(&open, attempt == ATTEMPTS)?;
        }
        rest = later;
        if !rest.is_empty() {
            confirmation.rest()?;
        }
    }
    Ok(confirmation.confirmed)
}

/// A confirmation under way.
struct Confirmation<'c> {
    session: &'c Session,
    observation: &'c Observation,
    /// Threads whose stacks are still to be read.
    torn: &'c [Address],
    /// `None` when the target is not to be held.
    pace: Option<Pace>,
    pauses: Option<&'c mut Pauses>,
    /// Time that is left for collections to end.
    patience: Duration,
    confirmed: Confirmed,
}

/// How a picture was read again.
struct Read {
    /// Whether no collector was at work.
    idle: bool,
    /// How long memory was read.
    took: Duration,
    /// Whether the target could not be held still as it should have been.
    not_held: bool,
}

impl Confirmation<'_> {
    /// How many of these, which are in address order, are to be read in one pause.
    fn portion(&self, wanted: &[Generator]) -> usize {
        let Some(pace) = &self.pace else { return wanted.len() };
        let most = pace.pages(if self.torn.is_empty() { Duration::ZERO } else { STACKS_LIMIT });
        let (mut pages, mut last) = (0, None);
        let fitting = wanted.iter().take_while(|generator| {
            let (from, length) = self.extent(generator);
            let first_page = from.get() / Pages::PICTURE_PAGE;
            let last_page = from.offset(length - 1).get() / Pages::PICTURE_PAGE;
            pages += usize::from(last != Some(first_page)) + usize::from(last_page != first_page);
            last = Some(last_page);
            if self.observation.unlinked.contains(&generator.address) {
                pages += NEIGHBOURS;
            }
            pages <= most
        });
        fitting.count().max(1).min(wanted.len())
    }

    /// The memory of a coroutine, with what the collector keeps before it.
    fn extent(&self, generator: &Generator) -> (Address, u64) {
        let layout = &self.session.python.layout;
        let before = u64::from(layout.header_before_gc_object);
        let size = self.session.heap(&self.session.memory).generator_size(GeneratorKind::Coroutine);
        (generator.address.checked_sub(before).unwrap_or(generator.address), (before + u64::from(size)).max(1))
    }

    /// Lets the target get on.
    fn rest(&self) -> Result<()> {
        wait(self.session, self.pace.map_or(BETWEEN, |pace| pace.gap().max(BETWEEN)))
    }

    /// Reads these at one moment, and notes what they are. Returns those to be asked again, if this is not the last time: when a collector
    /// was at work, and under load, where an object gets other neighbours between two reads.
    fn confirm_at_once(&mut self, wanted: &[Generator], last: bool) -> Result<Vec<Generator>> {
        let (session, observation) = (self.session, self.observation);
        session.check()?;
        let is_unlinked = |generator: &Generator| observation.unlinked.contains(&generator.address);
        let links_matter = wanted.iter().any(is_unlinked);
        let last = (links_matter && !self.wait_for_collector()?) || last;
        let mut pages = session.picture();
        // What has no neighbours that can be read is no object of the collector's, now or when it is asked again.
        let mut alone: FxHashSet<Address> = FxHashSet::default();
        {
            let heap = session.heap(&pages);
            pages.prefetch(wanted.iter().map(|generator| self.extent(generator)));
            for generator in wanted {
                // What this reads is what the pause will read again.
                let _ = is_still_created(&heap, generator);
                if is_unlinked(generator) && heap.is_linked(generator.address).is_err() {
                    alone.insert(generator.address);
                }
            }
        }
        pages.prepare();
        let read = self.read_again(&mut pages, links_matter, last)?;
        self.torn = &[];
        if !read.idle && !last {
            return Ok(wanted.to_vec());
        }
        pages.seal();
        let heap = session.heap(&pages);
        let mut again = Vec::new();
        for generator in wanted {
            if !is_still_created(&heap, generator) {
                self.confirmed.changed += 1;
                continue;
            }
            if is_unlinked(generator) {
                match heap.is_linked(generator.address) {
                    _ if !read.idle => self.confirmed.unchecked += 1,
                    Ok(true) => {}
                    // A copy of a coroutine, or what is left of one.
                    Ok(false) => continue,
                    Err(_) if last || alone.contains(&generator.address) => self.confirmed.unchecked += 1,
                    Err(_) => {
                        again.push(*generator);
                        continue;
                    }
                }
            }
            self.confirmed.created.insert(generator.address);
        }
        if read.not_held {
            self.confirmed.not_held += (wanted.len() - again.len()) as u64;
        }
        Ok(again)
    }

    /// Reads the picture again, in a pause if there is to be one. When a collector is at work it is not read, except `anyway`.
    fn read_again(&mut self, pages: &mut Pages<'_>, links_matter: bool, anyway: bool) -> Result<Read> {
        let (session, observation, torn) = (self.session, self.observation, self.torn);
        let stacks = &mut self.confirmed.stacks;
        let mut refresh = pages.plan();
        let count = refresh.pages();
        let mut read = || {
            let begun = Instant::now();
            let late = || begun.elapsed() > STACKS_LIMIT;
            let bounded = Stoppable::impatient(&session.memory, &late);
            let heap = session.heap(&bounded);
            for thread in torn {
                let Ok(first) = current_frame(&session.python, &bounded, *thread) else { continue };
                if let (frames, true) = heap.frame_chain(first) {
                    stacks.push((*thread, frames));
                }
            }
            let live = session.heap(&session.memory);
            let idle = !(links_matter && is_collecting(&session.python, &live, &observation.places));
            let begun = Instant::now();
            if idle || anyway {
                refresh.read();
            }
            Read { idle, took: begun.elapsed(), not_held: false }
        };
        let (Some(pauses), Some(pace)) = (self.pauses.as_deref_mut(), self.pace.as_mut()) else {
            let outcome = read();
            refresh.finish();
            return Ok(outcome);
        };
        let mut held = Duration::ZERO;
        let noted = |time| {
            held = time;
            note(pauses, time);
        };
        let outcome = match Pause::briefly(&session.target, |_| read(), noted) {
            Ok(outcome) => {
                pace.learn(held, outcome.took, if outcome.idle || anyway { count } else { 0 });
                outcome
            }
            Err(error) if error.kind() == ErrorKind::Timeout => Read { not_held: true, ..read() },
            Err(error) => return Err(error),
        };
        refresh.finish();
        Ok(outcome)
    }

    /// Waits until no collector is at work, while the target runs. `false` when there is no patience left.
    fn wait_for_collector(&mut self) -> Result<bool> {
        let begun = Instant::now();
        let heap = self.session.heap(&self.session.memory);
        let is_at_work = || is_collecting(&self.session.python, &heap, &self.observation.places);
        while is_at_work() {
            if begun.elapsed() >= self.patience {
                self.patience = Duration::ZERO;
                return Ok(false);
            }
            self.session.check()?;
            std::thread::sleep(BETWEEN);
        }
        self.patience = self.patience.saturating_sub(begun.elapsed());
        Ok(true)
    }
}

fn is_still_created(heap: &Heap<'_>, generator: &Generator) -> bool {
    heap.generator(generator.address, generator.kind)
        .is_ok_and(|now| is_created_coroutine(&now) && now.code == generator.code)
}
