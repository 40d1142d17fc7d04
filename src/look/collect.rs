//! Finding candidates: by a sweep while the target runs, or by the collector's lists while it stands still.

use super::session::{Place, Session};
use crate::error::Result;
use crate::heap::candidates::{Candidate, CandidateKind, Wanted, sweep};
use crate::memory::Pages;
use crate::memory::regions::{may_hold_objects, with_content};

/// Threads that sweep: more than two do not read faster than memory delivers.
const MOST_SWEEPERS: usize = 2;

/// What a sweep came up with.
pub(super) struct Swept {
    pub(super) candidates: Vec<Candidate>,
    /// Bytes that had gone when the sweep came to them.
    pub(super) unreadable: u64,
}

/// Sweeps all memory in which objects can live.
///
/// # Errors
/// When the target has ended, or nobody wants the result any more.
pub(super) fn by_sweep(session: &Session, places: &[Place]) -> Result<Swept> {
    sweep_for(session, &session.wanted(places))
}

/// Sweeps all memory in which objects can live for what is wanted.
///
/// # Errors
/// As [`by_sweep`].
pub(super) fn sweep_for(session: &Session, wanted: &Wanted) -> Result<Swept> {
    let maps = session.target.maps()?;
    let regions = maps.regions().iter().filter(|region| may_hold_objects(region));
    let ranges = with_content(session.target.pid(), regions);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_SWEEPERS);
    let (mut candidates, swept) =
        sweep(&session.memory, &session.python.layout, &ranges, wanted, threads, || session.should_stop());
    session.check()?;
    session.target.check_alive()?;
    candidates.sort_unstable();
    candidates.dedup();
    Ok(Swept { candidates, unreadable: swept.unreadable })
}

/// Fetches the pages of all candidates at once, in address order: cheaper than one by one when they are examined.
pub(super) fn prefetch(session: &Session, pages: &Pages<'_>, candidates: &[Candidate]) {
    let before = u64::from(session.python.layout.header_before_gc_object);
    let heap = session.heap(pages);
    let ranges = candidates.iter().map(|candidate| {
        let size = match candidate.kind {
            CandidateKind::Generator(kind) => heap.generator_size(kind),
            CandidateKind::CoroutineWrapper => session.python.layout.coroutine_wrapper.size,
            CandidateKind::Deque => session.python.layout.deque.size,
            CandidateKind::Function => session.python.layout.function.size,
        };
        (candidate.address.checked_sub(before).unwrap_or(candidate.address), before + u64::from(size))
    });
    pages.prefetch(ranges);
}
