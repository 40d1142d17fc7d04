//! Who holds certain objects of a process, asked by their addresses.

use super::collect;
use super::explain::native_ids;
use super::observe::{Skips, observe};
use super::retention::{Depth, Limits, Speaker, retention};
use super::session::Session;
use crate::analysis::retention::{Path, Step};
use crate::error::Result;
use crate::memory::{Address, Stoppable};
use crate::process::Pid;
use std::time::Duration;

/// A path to an object, and the words for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// From a root to the object.
    pub path: Path,
    /// The same for a person, root first.
    pub words: Vec<String>,
}

/// Who holds one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holders {
    /// The ways on which it is held, the best first.
    pub paths: Vec<Held>,
    /// The references to it that were found in objects; none for a search from the roots, which does not look for all.
    pub direct: Vec<Step>,
    /// How many references it has, as it says itself; `None` if that does not tell.
    pub refcount: Option<u64>,
    /// Words that refer to it and belong to no object that is known.
    pub loose: u64,
    /// Nothing reaches it: it waits for the collector.
    pub garbage: bool,
}

/// Where the search begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// At the roots, over all objects: the shortest path.
    FromRoots,
    /// At the objects, by sweeps over all memory: every reference to them, and a path over each.
    FromObjects,
}

/// Who holds these objects of a process. Looks while the process runs, and takes no pause.
///
/// # Errors
/// What kept us from looking.
pub fn holders(pid: Pid, timeout: Duration, objects: &[Address], direction: Direction) -> Result<Vec<Holders>> {
    const ALL: Limits = Limits { objects: usize::MAX, container_items: u64::MAX, depth: usize::MAX };
    /// Modules, frames, tasks and what they have in their hands: the rest is found from the other side.
    const NEAR: Limits = Limits { objects: usize::MAX, container_items: u64::MAX, depth: 1 };
    let depth = match direction {
        Direction::FromRoots => Depth { paths: 1, all: false, sweeps: 0, forward: ALL },
        Direction::FromObjects => Depth { paths: 16, all: true, sweeps: 64, forward: NEAR },
    };
    let session = Session::attach(pid, timeout)?;
    let places = session.places()?;
    let swept = collect::by_sweep(&session, &places, &mut Skips::default())?;
    let pages = session.pages();
    collect::prefetch(&session, &pages, &swept.candidates);
    let stop = || session.should_stop();
    let memory = Stoppable::new(&pages, &stop);
    let heap = session.heap(&memory);
    let observation = observe(&session.python, &heap, places, &swept.candidates);
    let found = retention(&session, &observation, objects, &depth, &mut Skips::default())?;
    let threads: Vec<_> = observation.places.iter().flat_map(|place| &place.interpreter.threads).collect();
    let numbers = native_ids(Some(&session.target), &heap, &threads);
    let number = |state: Address| numbers.get(&state).copied();
    let speaker = Speaker::new(&heap, &observation, &number);
    let told = |object: &Address| {
        let holding = found.get(object).cloned().unwrap_or_default();
        let words = |path: &Path| speaker.words(path, *object).into_iter().map(|words| words.text).collect();
        Holders {
            direct: holding.direct,
            refcount: heap.exact_refcount(*object).ok().flatten(),
            loose: holding.loose.len() as u64,
            garbage: holding.garbage,
            paths: holding.paths.into_iter().map(|path| Held { words: words(&path), path }).collect(),
        }
    };
    Ok(objects.iter().map(told).collect())
}
