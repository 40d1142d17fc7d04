//! Finding candidates: by a sweep while the target runs, or by the collector's lists while it stands still.

use super::observe::Skips;
use super::session::{Place, Session};
use crate::error::Result;
use crate::heap::candidates::{AsyncGeneratorMethod, Candidate, CandidateKind, Wanted, sweep};
use crate::heap::large_blocks::large_blocks;
use crate::heap::{GeneratorKind, Heap};
use crate::memory::Pages;
use crate::memory::regions::{may_hold_objects, ranges_with_content, without};
use std::ops::Range;

/// Threads that sweep: more than two do not read faster than memory delivers.
const MOST_SWEEPERS: usize = 2;

/// Classes derived from one class of futures beyond this are not looked at.
const MOST_SUBCLASSES: usize = 1024;

/// Bytes of a large block in which an object begins, if one does: its header, what is kept before the object, and its first fields.
const BEGINNING: u64 = 4096;

/// The types to look for: the interpreter's own, those of asyncio, and last – there is a limit – the classes derived from these.
pub(super) fn wanted(heap: &Heap<'_>, places: &[Place], skips: &mut Skips) -> Wanted {
    let mut wanted = Wanted::of(heap.known(), places.iter().map(|place| place.asyncio.deque_type));
    let futures = |place: &Place| {
        let asyncio = &place.asyncio;
        // Where there is no C module, the class of gathering futures derives from the Python one.
        let is_c = |class| asyncio.is_c_future_class(heap, class);
        let gathering = asyncio
            .gathering_type
            .map(|class| if is_c(class) { CandidateKind::GatheringFuture } else { CandidateKind::PythonFuture });
        [
            (asyncio.gathering_type, gathering.unwrap_or(CandidateKind::PythonFuture)),
            (asyncio.future_type, CandidateKind::Future),
            (asyncio.task_type, CandidateKind::Task),
            (asyncio.python_future_type, CandidateKind::PythonFuture),
            (asyncio.python_task_type, CandidateKind::PythonFuture),
            (asyncio.concurrent_future_type, CandidateKind::ConcurrentFuture),
        ]
    };
    let bases: Vec<_> = places.iter().flat_map(futures).filter_map(|(class, kind)| Some((class?, kind))).collect();
    for (class, kind) in &bases {
        wanted.add_class(heap, *class, *kind);
    }
    for class in places.iter().flat_map(|place| &place.asyncio.generator_managers) {
        wanted.add_class(heap, *class, CandidateKind::ContextManager);
    }
    // Of a class below two of them the kind of the first counts: gathering futures are futures, too.
    for (class, kind) in &bases {
        for subclass in heap.subclasses(*class, MOST_SUBCLASSES) {
            wanted.add_class(heap, subclass, *kind);
        }
    }
    skips.add("classes of futures", "not looked for, because there are too many", wanted.left_out());
    wanted
}

/// How many threads sweep.
pub(super) fn sweepers() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(MOST_SWEEPERS)
}

/// What a sweep came up with.
pub(super) struct Swept {
    pub(super) candidates: Vec<Candidate>,
    /// What was looked for first.
    pub(super) wanted: Wanted,
    /// What may be functions, if they were looked for.
    pub(super) functions: Option<Vec<Candidate>>,
    /// Bytes that had gone when the sweep came to them.
    pub(super) unreadable: u64,
    /// Places that were more than there is room for.
    passed_over: u64,
}

/// Sweeps all memory in which objects can live.
///
/// # Errors
/// When the target has ended, or nobody wants the result any more.
pub(super) fn by_sweep(session: &Session, places: &[Place], skips: &mut Skips) -> Result<Swept> {
    let wanted = session.wanted(places, skips);
    let swept = sweep_for(session, &wanted)?;
    complete(session, wanted, swept, skips)
}

/// The same, for functions, too. They lie in blocks of about the size that coroutines do, in pools that are read in any case: a
/// sweep of their own would read the heads of all pools once more.
///
/// # Errors
/// As [`by_sweep`].
pub(super) fn by_sweep_with_functions(session: &Session, places: &[Place], skips: &mut Skips) -> Result<Swept> {
    let mut wanted = session.wanted(places, skips);
    // Beside many classes of futures there may be no place left.
    let types = &session.python.types;
    let has_place = types.function.is_some_and(|function| wanted.has_place() && wanted.kind(function).is_none());
    if has_place {
        wanted.add(types.function, CandidateKind::Function);
    }
    let mut swept = sweep_for(session, &wanted)?;
    if has_place {
        let is_function = |candidate: &mut Candidate| candidate.kind == CandidateKind::Function;
        swept.functions = Some(swept.candidates.extract_if(.., is_function).collect());
    }
    complete(session, wanted, swept, skips)
}

/// Adds what is only worth looking for when there are async generators.
fn complete(session: &Session, wanted: Wanted, mut swept: Swept, skips: &mut Skips) -> Result<Swept> {
    let mut passed_over = swept.passed_over;
    let kind = GeneratorKind::AsyncGenerator;
    let heap = session.heap(&session.memory);
    // Words that are the address of the type, too, occur elsewhere.
    let is_async_generator =
        |found: &Candidate| found.kind == CandidateKind::Generator(kind) && heap.generator(found.address, kind).is_ok();
    if swept.candidates.iter().any(is_async_generator) {
        let calls = Wanted::method_calls(&session.python.types).allocated_as(&wanted);
        let calls = sweep_for(session, &calls)?;
        passed_over += calls.passed_over;
        swept.candidates.extend(calls.candidates);
    }
    swept.wanted = wanted;
    skips.add("places in memory", "more than are remembered within `--max-memory`", passed_over);
    keep_within_budget(session, &mut swept.candidates, skips);
    Ok(swept)
}

/// The memory in which objects can begin, as far as it has content.
fn memory_of_objects(session: &Session) -> Result<Vec<Range<u64>>> {
    let maps = session.target.maps()?;
    let blocks = large_blocks(&session.memory, &session.python.layout, &maps);
    let inside: Vec<Range<u64>> = blocks.iter().map(|block| block.start + BEGINNING..block.end).collect();
    session.memory.skip(inside.iter().map(|inside| inside.end - inside.start).sum());
    let regions = maps.regions().iter().filter(|region| may_hold_objects(region));
    let ranges = without(regions.map(|region| region.start..region.end), &inside);
    Ok(ranges_with_content(session.target.pid(), ranges.into_iter()))
}

/// Sweeps all memory in which objects can live for what is wanted.
///
/// # Errors
/// As [`by_sweep`].
pub(super) fn sweep_for(session: &Session, wanted: &Wanted) -> Result<Swept> {
    let ranges = memory_of_objects(session)?;
    let threads = sweepers();
    let most = session.budget.places();
    let (mut candidates, swept) =
        sweep(&session.memory, &session.python.layout, &ranges, wanted, (threads, most), || session.should_stop());
    session.check()?;
    session.target.check_alive()?;
    candidates.sort_unstable();
    candidates.dedup();
    Ok(Swept {
        candidates,
        wanted: Wanted::default(),
        functions: None,
        unreadable: swept.unreadable,
        passed_over: swept.passed_over,
    })
}

/// Puts candidates in order, and leaves out those there is no room to examine: coroutines first, because others are judged by who owns them.
pub(super) fn keep_within_budget(session: &Session, candidates: &mut Vec<Candidate>, skips: &mut Skips) {
    let most = session.budget.candidates();
    if candidates.len() > most {
        let is_coroutine = |found: &Candidate| found.kind == CandidateKind::Generator(GeneratorKind::Coroutine);
        candidates.sort_unstable_by_key(|found| (is_coroutine(found), *found));
        candidates.dedup();
        let why = "not examined, to stay within `--max-memory`: one of them may own what is called leaked";
        skips.add("coroutines, tasks and futures", why, candidates.len().saturating_sub(most) as u64);
        candidates.truncate(most);
        candidates.shrink_to_fit();
    }
    candidates.sort_unstable();
    candidates.dedup();
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
            CandidateKind::Task => session.python.layout.task.size,
            CandidateKind::Future | CandidateKind::GatheringFuture => session.python.layout.future.size,
            CandidateKind::PythonFuture | CandidateKind::ConcurrentFuture | CandidateKind::ContextManager => {
                session.python.layout.object.size
            }
            CandidateKind::AsyncGeneratorMethod(AsyncGeneratorMethod::Send) => session.python.layout.asend.size,
            CandidateKind::AsyncGeneratorMethod(AsyncGeneratorMethod::Throw) => session.python.layout.athrow.size,
            CandidateKind::AsyncGeneratorMethod(AsyncGeneratorMethod::Next) => {
                session.python.layout.anext_awaitable.size
            }
        };
        (candidate.address.checked_sub(before).unwrap_or(candidate.address), before + u64::from(size))
    });
    pages.prefetch(ranges);
}
