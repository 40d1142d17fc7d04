//! Who holds an object: paths from a root of the heap to it, and the words for them.

mod reached;
mod roots;
mod words;

pub(super) use roots::{Limits, reach};
pub(super) use words::{Speaker, Words, fold};

use super::collect;
use super::observe::{Observation, Skips, observe};
use super::session::Session;
use crate::analysis::retention::Path;
use crate::error::Result;
use crate::heap::Heap;
use crate::heap::references::References;
use crate::memory::{Address, Stoppable};
use crate::process::Pid;
use crate::runtime;
use rustc_hash::FxHashMap;
use std::time::Duration;

/// What a search forward from the roots tells of some objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FromRoots {
    /// How each object is reached; `None` if no root leads to it over objects whose structure is known.
    pub held: Vec<Option<Held>>,
    /// The words of all of them: paths that are alike told as one, with their number, the most frequent first.
    pub folded: Vec<(Vec<String>, u64)>,
    /// How many objects were reached in all.
    pub reached: usize,
    /// Whether there was more than could be reached.
    pub cut: bool,
}

/// A path to an object, and the words for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// From a root to the object.
    pub path: Path,
    /// The same for a person, root first.
    pub words: Vec<String>,
}

/// How objects of a process are reached from its modules, frames, tasks, loops and threads. Looks while the process runs, and takes no
/// pause.
///
/// # Errors
/// What kept us from looking.
pub fn held_from_roots(pid: Pid, timeout: Duration, objects: &[Address]) -> Result<FromRoots> {
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
    let numbers = thread_numbers(&session, &heap, &observation);
    let number = |thread: Address| numbers.get(&thread).copied();
    let speaker = Speaker::new(&heap, &observation, &number);
    let say = |object: &Address| {
        let path = reached.path_to(*object)?;
        let words = speaker.words(&path, *object);
        Some((path, words))
    };
    let said: Vec<Option<(Path, Vec<Words>)>> = objects.iter().map(say).collect();
    let all: Vec<Vec<Words>> = said.iter().flatten().map(|(_, words)| words.clone()).collect();
    let texts = |words: Vec<Words>| words.into_iter().map(|words| words.text).collect();
    Ok(FromRoots {
        folded: fold(&all),
        held: said.into_iter().map(|held| held.map(|(path, words)| Held { path, words: texts(words) })).collect(),
        reached: reached.len(),
        cut: reached.cut(),
    })
}

/// The system's numbers of the threads: as their states say, or (up to 3.10) as the C library does.
fn thread_numbers(session: &Session, heap: &Heap<'_>, observation: &Observation) -> FxHashMap<Address, u64> {
    let threads: Vec<_> = observation.places.iter().flat_map(|place| &place.interpreter.threads).collect();
    let known: FxHashMap<Address, u64> =
        threads.iter().filter_map(|thread| Some((thread.address, thread.native_id?))).collect();
    if !known.is_empty() {
        return known;
    }
    let mut identities: Vec<u64> = threads.iter().map(|thread| thread.id).collect();
    identities.sort_unstable();
    identities.dedup();
    let numbers = session.target.inner_thread_ids().unwrap_or_default();
    let by_identity = runtime::native_ids(heap.memory(), &identities, &numbers);
    threads.iter().filter_map(|thread| Some((thread.address, *by_identity.get(&thread.id)?))).collect()
}
