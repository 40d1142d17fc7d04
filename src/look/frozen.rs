//! Mode `frozen`: the target stands still while the collector's lists are walked and everything is read.
//!
//! In the middle of a collection the lists are not whole. Then it is let go again, and held a moment later; if its collector never rests,
//! memory is swept instead.

use super::confirm::note;
use super::observe::{Observation, Skips, gc_states, is_collecting, observe};
use super::session::Session;
use super::{Course, Sighting};
use super::{collect, confirm};
use crate::analysis::verdict;
use crate::error::Result;
use crate::memory::{Address, Pages, Stoppable, WhenFull};
use crate::process::pause::Pause;
use crate::report::Collector;
use std::time::Duration;

/// How often the target is held and let go again because its collector is at work.
const ATTEMPTS: u32 = 20;
/// Time for a collection to end, between attempts.
const BETWEEN: Duration = Duration::from_millis(5);
/// Memory for the pages of a walk.
const WALK_LIMIT: u64 = 64 << 20;

pub(super) fn sight(session: &Session, course: &mut Course) -> Result<Sighting> {
    let mut attempt = 0;
    let (observation, collector) = loop {
        attempt += 1;
        session.check()?;
        let may_sweep = attempt >= ATTEMPTS;
        let mut skips = Skips::default();
        let (outcome, held) = Pause::during(&session.target, session.remaining(), |pause| {
            stand_still(session, pause, may_sweep, &mut skips)
        })?;
        note(&mut course.pauses, held);
        match outcome? {
            Some(found) => {
                course.skips.merge(&skips);
                break found;
            }
            None => {
                course.retries += 1;
                std::thread::sleep(BETWEEN);
            }
        }
    };
    course.collector = collector;
    course.skips.add("thread stacks", "could not be followed to their end", observation.torn_stacks.len() as u64);
    let created = observation.created_addresses();
    let owners = &observation.ownership.owners;
    let is_ordinary = |address: &&Address| owners.get(*address).is_some_and(verdict::is_ordinary);
    let unchecked = observation.unlinked.iter().filter(|address| !is_ordinary(address)).count();
    course.skips.add("coroutines", confirm::UNCHECKED, unchecked as u64);
    let lost = observation.lost().map(|subject| subject.address).collect();
    Ok(Sighting::now(observation, created, lost, Some(&session.target)))
}

/// Everything that happens while the target stands still; `None` when its collector is at work and it should be asked again.
fn stand_still(
    session: &Session,
    pause: &Pause<'_>,
    may_sweep: bool,
    skips: &mut Skips,
) -> Result<Option<(Observation, Collector)>> {
    let places = session.places()?;
    let by_sweep = session.python.free_threaded || {
        let live = session.heap(&session.memory);
        if is_collecting(&session.python, &live, &places) {
            if !may_sweep {
                return Ok(None);
            }
            true
        } else {
            false
        }
    };
    let mut gc_objects = None;
    let candidates = if by_sweep {
        collect::by_sweep(session, &places, skips)?.candidates
    } else {
        let pages = Pages::new(&session.memory, Pages::WALK_PAGE, WALK_LIMIT, WhenFull::Forget);
        let heap = session.heap(&pages);
        let mut wanted = session.wanted(&places, skips);
        wanted.add_method_calls(&session.python.types);
        match heap.walk(&gc_states(&session.python, &heap, &places), &wanted, || pause.check().is_err()) {
            Ok(mut walked) => {
                gc_objects = Some(walked.objects);
                collect::keep_within_budget(session, &mut walked.candidates, skips);
                walked.candidates
            }
            Err(_) if !may_sweep => return Ok(None),
            Err(_) => collect::by_sweep(session, &places, skips)?.candidates,
        }
    };
    pause.check()?;
    let pages = session.pages();
    collect::prefetch(session, &pages, &candidates);
    let stop = || pause.check().is_err();
    let memory = Stoppable::new(&pages, &stop);
    let heap = session.heap(&memory);
    let mut observation = observe(&session.python, &heap, places, &candidates);
    observation.read_waits(&heap);
    observation.gc_objects = gc_objects;
    pause.check()?;
    Ok(Some((observation, if gc_objects.is_some() { Collector::Walk } else { Collector::Sweep })))
}
