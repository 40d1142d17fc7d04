//! A look at memory alone: no process around it, nobody to hold still, nothing that changes.
//!
//! What [`look`](super::look) does between collecting and reporting, on any [`Memory`]. A picture of a process has only one moment, so
//! nothing settles: the verdicts are those of a first sight.

use super::explain::{Explained, explain, skipped};
use super::keeping::Keeping;
use super::observe::{Skips, gc_states, observe};
use super::session::Place;
use super::{Judged, Settings, Sighting, async_generators, call_sites, judge, lost};
use crate::heap::Heap;
use crate::heap::candidates::{Candidate, Wanted};
use crate::memory::{Memory, Stoppable};
use crate::report::Skipped;
use crate::runtime::{ListError, Python, interpreters};
use std::time::Instant;

/// What there is in a memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Examined {
    /// The parts of the report that are about the interpreter's objects.
    pub explained: Explained,
    /// What was passed over, and why.
    pub skipped: Vec<Skipped>,
}

/// Looks at the CPython in `memory`. Without `candidates` it walks the collector's lists, which then must be whole.
///
/// # Errors
/// When the interpreters or their threads cannot be listed.
pub fn examine(
    python: &Python,
    memory: &dyn Memory,
    candidates: Option<&[Candidate]>,
    settings: &Settings,
) -> Result<Examined, ListError> {
    let deadline = Instant::now() + settings.timeout;
    let stop = || Instant::now() >= deadline;
    let memory = &Stoppable::new(memory, &stop);
    let heap = Heap::new(memory, &python.layout, &python.types);
    let places = Place::all(&heap, interpreters(python, memory)?);
    let mut skips = Skips::default();
    let walked;
    let candidates = match candidates {
        Some(candidates) => candidates,
        None => {
            let mut wanted = super::collect::wanted(&heap, &places, &mut skips);
            wanted.add_method_calls(&python.types);
            let found = heap.walk(&gc_states(python, &heap, &places), &wanted, || false);
            skips.add("the collector's lists", "broken: a collection was going on", u64::from(found.is_err()));
            walked = found.unwrap_or_default().candidates;
            &walked
        }
    };
    let mut observation = observe(python, &heap, places, candidates);
    observation.read_waits(&heap);
    skips.merge(&observation.skips);
    skips.add("thread stacks", "could not be followed to their end", observation.torn_stacks.len() as u64);
    let created = observation.created_addresses();
    let lost = observation.lost().map(|subject| subject.address).collect();
    let sighting = Sighting::now(observation, created, lost, None);
    // Memory without a process around it is not swept.
    let keeping = Keeping::default();
    let judged = Judged {
        created: judge::judge_all(&sighting, None, true, &keeping),
        lost: lost::judge_lost(&sighting, None, true),
        left: async_generators::judge_left(&sighting, None, true),
        keeping,
    };
    let sites = if settings.call_sites {
        let functions =
            heap.walk(&gc_states(python, &heap, &sighting.observation.places), &Wanted::functions(&python.types), stop);
        let functions = functions.unwrap_or_default().candidates;
        let frames = sighting.observation.thread_frames.values().flatten().copied().collect();
        let functions = call_sites::MayBeFunctions { candidates: &functions, collecting: false, frames };
        let mut followings = call_sites::Followings::default();
        call_sites::scan(&heap, &heap, &sighting.observation.places, &functions, &mut followings, &mut skips, &stop)
    } else {
        None
    };
    let explained = explain(None, &heap, settings, &sighting, None, &judged, sites.as_ref());
    skips.add("the rest of the memory", "the time was up", u64::from(stop()));
    Ok(Examined { explained, skipped: skipped(&skips) })
}
