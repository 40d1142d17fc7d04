//! Who holds an object: paths from a root of the heap to it, and the words for them.

mod reached;
mod roots;
mod words;

pub(super) use reached::Reached;
pub(super) use roots::{Limits, reach};
pub(super) use words::{Speaker, Words, fold};

use super::collect;
use super::observe::{Skips, observe};
use super::session::Session;
use crate::analysis::retention::Path;
use crate::error::Result;
use crate::heap::references::References;
use crate::memory::{Address, Stoppable};
use crate::process::Pid;
use crate::runtime;
use rustc_hash::FxHashMap;
use std::time::Duration;

/// A path to an object, and the words for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// From a root to the object.
    pub path: Path,
    /// The same for a person, root first.
    pub words: Vec<String>,
}

/// How each of these objects of a process is reached from modules, frames, tasks, loops and threads; `None` if none of them leads to
/// it over objects whose structure is known. Looks while the process runs, and takes no pause.
///
/// # Errors
/// What kept us from looking.
pub fn held_from_roots(pid: Pid, timeout: Duration, objects: &[Address]) -> Result<Vec<Option<Held>>> {
    let session = Session::attach(pid, timeout)?;
    let places = session.places()?;
    let swept = collect::by_sweep(&session, &places, &mut Skips::default())?;
    let pages = session.pages();
    collect::prefetch(&session, &pages, &swept.candidates);
    let stop = || session.should_stop();
    let memory = Stoppable::new(&pages, &stop);
    let heap = session.heap(&memory);
    let observation = observe(&session.python, &heap, places, &swept.candidates);
    let types: Vec<_> = observation.places.iter().map(|place| place.asyncio.foreign_types()).collect();
    let references = References::new(&heap, &types);
    let limits = Limits { objects: usize::MAX, container_items: u64::MAX, depth: usize::MAX };
    let reached = reach(&heap, &references, &observation, &limits, &stop);
    session.check()?;
    let threads: Vec<_> = observation.places.iter().flat_map(|place| &place.interpreter.threads).collect();
    let known: FxHashMap<Address, u64> =
        threads.iter().filter_map(|thread| Some((thread.address, thread.native_id?))).collect();
    let identities: Vec<u64> = threads.iter().map(|thread| thread.id).collect();
    let numbers = session.target.inner_thread_ids().unwrap_or_default();
    let by_identity =
        if known.is_empty() { runtime::native_ids(&memory, &identities, &numbers) } else { FxHashMap::default() };
    let number = |state: Address| {
        let thread = threads.iter().find(|thread| thread.address == state)?;
        known.get(&state).or_else(|| by_identity.get(&thread.id)).copied()
    };
    let speaker = Speaker::new(&heap, &observation, &number);
    let held = |object: &Address| {
        let path = reached.path_to(*object)?;
        let words = speaker.words(&path, *object).into_iter().map(|words| words.text).collect();
        Some(Held { path, words })
    };
    Ok(objects.iter().map(held).collect())
}
