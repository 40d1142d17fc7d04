//! What the search for owners is about: created coroutines, and everything else that may be lost.
//!
//! Most of what lives is none of it. Of a million futures that are done, those count that failed and were never asked.

use super::observe::{Skips, is_created_coroutine};
use super::session::Place;
use crate::analysis::lost::{Failed, LoopRest};
use crate::asyncio::{Asyncio, EventLoop, Task, TaskState};
use crate::heap::candidates::{Candidate, CandidateKind};
use crate::heap::{Generator, GeneratorKind, GeneratorState, Heap, MethodCall, MethodCallState, TypeFlags};
use crate::memory::Address;
use rustc_hash::{FxHashMap, FxHashSet};

/// Something that may be lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Subject {
    pub(super) address: Address,
    pub(super) kind: SubjectKind,
    /// What makes it the same thing when it is met again: the code of a coroutine or async generator, the exception of a future, the
    /// children of a gathering future, the generator of a method call.
    pub(super) identity: Address,
    /// `Py_REFCNT`.
    pub(super) refcount: u64,
}

/// What may be lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum SubjectKind {
    /// A coroutine that was called and not started.
    Created,
    /// An async generator that is not exhausted.
    AsyncGenerator,
    /// A call of a method of an async generator that was not awaited yet.
    MethodCall,
    /// A future or task that failed, and nobody asked for its exception.
    Failed,
    /// What `gather()` returned, and nobody waits for.
    Gathering,
    /// A task that has not begun, and whose loop does not run.
    NeverStarted,
    /// A task that has begun, and whose loop will not run again.
    Stranded,
    /// A future that has a created coroutine as its result: whoever comes to it comes to that.
    ResultHolder,
}

impl SubjectKind {
    /// Whether it is no loss as long as somebody holds it who may come to it.
    pub(super) fn is_somebodys_to_keep(self) -> bool {
        !matches!(self, Self::NeverStarted | Self::Stranded)
    }

    /// Whether it may be a finding of its own, beside the created coroutines.
    pub(super) fn may_be_lost(self) -> bool {
        !matches!(self, Self::Created | Self::ResultHolder)
    }
}

/// What was found among the candidates that are futures.
#[derive(Debug, Default)]
pub(super) struct Futures {
    /// Failed ones that nobody asked, and gathering futures nobody waits for.
    pub(super) subjects: Vec<Subject>,
    /// What those are that failed.
    pub(super) failed: FxHashMap<Address, Failed>,
    /// Created coroutines that are the result of a future, and that future.
    pub(super) results: FxHashMap<Address, ResultOf>,
    /// Failed futures among the children of a `gather()` that goes on: it will ask them.
    pub(super) gathered: FxHashSet<Address>,
    /// Cells by which the children of a `gather()` refer to the future it returned. That way leads back to it, and to nobody else.
    pub(super) own_cells: FxHashMap<Address, Address>,
}

/// A future that has a coroutine as its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ResultOf {
    pub(super) future: Address,
    pub(super) kind: FutureKind,
}

/// What a future is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum FutureKind {
    /// An asyncio future that is no task.
    Future,
    /// A task.
    Task,
    /// The future of a `gather()`.
    Gathering,
    /// A `concurrent.futures.Future`.
    Concurrent,
}

/// What instances of a class of futures are, and where that class's asyncio is.
#[derive(Clone, Copy)]
struct Class<'a> {
    asyncio: &'a Asyncio,
    kind: FutureKind,
    /// Whether its instances have the structure of a C future.
    c: bool,
}

/// Examines the candidates that are futures; `created` are the created coroutines.
pub(super) fn futures(
    heap: &Heap<'_>,
    places: &[Place],
    candidates: &[Candidate],
    created: &FxHashSet<Address>,
    collecting: bool,
    skips: &mut Skips,
) -> Futures {
    let mut examiner =
        Examiner { heap, places, created, collecting, classes: FxHashMap::default(), found: Futures::default() };
    let mut unchecked = 0;
    for candidate in candidates {
        match candidate.kind {
            CandidateKind::Future
            | CandidateKind::Task
            | CandidateKind::GatheringFuture
            | CandidateKind::PythonFuture => {
                unchecked += u64::from(examiner.future(candidate.address).is_none());
            }
            // Of these only the results matter.
            CandidateKind::ConcurrentFuture if !created.is_empty() => examiner.concurrent(candidate.address),
            _ => {}
        }
    }
    skips.add("futures", "not checked against the collector's lists, because it was at work", unchecked);
    examiner.found
}

struct Examiner<'a, 'h> {
    heap: &'a Heap<'h>,
    places: &'a [Place],
    created: &'a FxHashSet<Address>,
    collecting: bool,
    classes: FxHashMap<Address, Option<Class<'a>>>,
    found: Futures,
}

impl<'a> Examiner<'a, '_> {
    /// Looks at a possible future; `None` when it would count, but nobody can tell whether it lives.
    fn future(&mut self, address: Address) -> Option<()> {
        let Some(class) = self.class_of(address) else { return Some(()) };
        if class.c && !self.counts(address, class.kind).unwrap_or(false) {
            return Some(());
        }
        let Ok(refcount) = self.heap.refcount(address) else { return Some(()) };
        let Ok(future) = class.asyncio.future(self.heap, address) else { return Some(()) };
        let result = future.result.filter(|result| self.created.contains(result));
        let failed = future.state == TaskState::Failed && future.log_traceback;
        let gathering = future.state == TaskState::Pending && class.kind == FutureKind::Gathering;
        if !failed && !gathering && result.is_none() {
            return Some(());
        }
        if !self.heap.is_alive(address, self.collecting)? {
            return Some(());
        }
        let subject = |kind, identity| Subject { address, kind, identity, refcount };
        if let Some(coroutine) = result {
            self.found.results.insert(coroutine, ResultOf { future: address, kind: class.kind });
            self.found.subjects.push(subject(SubjectKind::ResultHolder, coroutine));
        }
        if let Some(exception) = future.exception.filter(|_| failed) {
            self.found.subjects.push(subject(SubjectKind::Failed, exception));
            let what = match class.kind {
                FutureKind::Task => Failed::Task,
                _ if is_of_connection(self.heap, exception) => Failed::Connection,
                _ => Failed::Future,
            };
            self.found.failed.insert(address, what);
        }
        if gathering && let Ok(Some(children)) = self.heap.attribute(address, "_children") {
            self.gathering(class.asyncio, address, children);
            if future.callbacks.is_empty() && future.awaited_by.is_empty() {
                self.found.subjects.push(subject(SubjectKind::Gathering, children));
            }
        }
        Some(())
    }

    /// Whether a C future is one of those that count, by one read: there may be a million that do not.
    fn counts(&self, address: Address, kind: FutureKind) -> crate::heap::Result<bool> {
        let layout = &self.heap.layout().future;
        let bytes = self.heap.object_bytes(address, layout.size)?;
        let result = layout.fut_result.address_in(&bytes)?;
        Ok(layout.fut_log_tb.u64_in(&bytes)? != 0 || kind == FutureKind::Gathering || self.created.contains(&result))
    }

    fn concurrent(&mut self, address: Address) {
        let (Some(class), Ok(refcount)) = (self.class_of(address), self.heap.refcount(address)) else { return };
        let result = self.heap.attribute(address, "_result").ok().flatten();
        if let Some(coroutine) = result.filter(|result| self.created.contains(result))
            && self.heap.is_alive(address, self.collecting) == Some(true)
        {
            self.found.results.insert(coroutine, ResultOf { future: address, kind: class.kind });
            self.found.subjects.push(Subject {
                address,
                kind: SubjectKind::ResultHolder,
                identity: coroutine,
                refcount,
            });
        }
    }

    /// What the children of a `gather()` that goes on tell: the failed among them will be asked, and the callback that each has
    /// refers to the gathering future by a closure.
    fn gathering(&mut self, asyncio: &Asyncio, gathering: Address, children: Address) {
        for child in self.heap.list_items(children).unwrap_or_default() {
            let Ok(child) = asyncio.future(self.heap, child) else { continue };
            self.found.gathered.insert(child.address);
            for callback in child.callbacks {
                let is_function = self.heap.type_of(callback).ok() == self.heap.known().function;
                let cells = if is_function { self.heap.function_referents(callback) } else { Ok(Vec::new()) };
                for cell in cells.unwrap_or_default() {
                    if self.heap.type_of(cell).ok() == self.heap.known().cell
                        && self.heap.cell_contents(cell) == Ok(Some(gathering))
                    {
                        self.found.own_cells.insert(cell, gathering);
                    }
                }
            }
        }
    }

    /// What the class of a possible future says of it.
    fn class_of(&mut self, address: Address) -> Option<Class<'a>> {
        let class = self.heap.type_of(address).ok()?;
        let (heap, places) = (self.heap, self.places);
        let look_up = || places.iter().find_map(|place| of_class(heap, &place.asyncio, class));
        *self.classes.entry(class).or_insert_with(look_up)
    }
}

/// Whether an exception is an `OSError` or `EOFError`, or derives from one.
fn is_of_connection(heap: &Heap<'_>, exception: Address) -> bool {
    /// Bases of bases beyond this are not asked.
    const DEEPEST: usize = 16;
    let mut at = heap.type_info_of(exception).ok();
    for _ in 0..DEEPEST {
        let Some(class) = at else { return false };
        if !class.flags.contains(TypeFlags::HEAP_TYPE) && ["OSError", "EOFError"].contains(&class.name.as_str()) {
            return true;
        }
        at = class.base.non_null().and_then(|base| heap.type_info(base).ok());
    }
    false
}

/// The tasks that will not go on, because of their loop, and why.
pub(super) fn resting(
    heap: &Heap<'_>,
    places: &[Place],
    tasks: &[Task],
    loops: &[EventLoop],
    generators: &[Generator],
) -> (Vec<Subject>, FxHashMap<Address, LoopRest>) {
    let threads: FxHashSet<u64> =
        places.iter().flat_map(|place| &place.interpreter.threads).map(|thread| thread.id).collect();
    let rest = |event_loop: &EventLoop| {
        if event_loop.thread.is_some() {
            return None;
        }
        match (event_loop.closed, event_loop.thread_id) {
            (Some(true), _) => Some(LoopRest::Closed),
            // Running, by its own word: it has just begun to, or just stopped.
            (_, Some(thread)) if threads.contains(&thread) => None,
            (_, Some(_)) => Some(LoopRest::ThreadGone),
            (_, None) => Some(LoopRest::NotRunning),
        }
    };
    let resting: FxHashMap<Address, LoopRest> =
        loops.iter().filter_map(|event_loop| Some((event_loop.address, rest(event_loop)?))).collect();
    let (mut subjects, mut rests) = (Vec::new(), FxHashMap::default());
    if resting.is_empty() {
        return (subjects, rests);
    }
    let states: FxHashMap<Address, GeneratorState> =
        generators.iter().map(|generator| (generator.address, generator.state)).collect();
    for task in tasks.iter().filter(|task| task.state == TaskState::Pending) {
        let Some((event_loop, rest)) = task.event_loop.and_then(|found| Some((found, *resting.get(&found)?))) else {
            continue;
        };
        let kind = match task.coroutine.and_then(|coroutine| states.get(&coroutine)) {
            Some(GeneratorState::Created) => SubjectKind::NeverStarted,
            // A loop that stands still between two runs is ordinary.
            Some(GeneratorState::Suspended) if rest != LoopRest::NotRunning => SubjectKind::Stranded,
            _ => continue,
        };
        let Ok(refcount) = heap.refcount(task.address) else { continue };
        subjects.push(Subject { address: task.address, kind, identity: event_loop, refcount });
        rests.insert(task.address, rest);
    }
    (subjects, rests)
}

/// References to subjects that come from themselves: by the closures of a `gather()`'s children, and by the variables of the frames in the
/// traceback of a future's own exception.
pub(super) fn own_references(
    heap: &Heap<'_>,
    futures: &Futures,
    is_owned: impl Fn(Address) -> bool,
) -> FxHashMap<Address, u64> {
    let mut own: FxHashMap<Address, u64> = FxHashMap::default();
    for gathering in futures.own_cells.values() {
        *own.entry(*gathering).or_default() += 1;
    }
    for subject in futures.subjects.iter().filter(|subject| subject.kind == SubjectKind::Failed) {
        if is_owned(subject.address) {
            continue;
        }
        let mut seen = FxHashSet::default();
        for entry in heap.traceback(subject.identity).unwrap_or_default() {
            // A frame that has not ended is somebody's.
            if !heap.has_ended(&entry.frame) || !seen.insert(entry.frame.address) {
                continue;
            }
            let slots = heap.frame_slots(&entry.frame).unwrap_or_default();
            let found = slots.into_iter().flatten().filter(|value| *value == subject.address).count() as u64;
            if found > 0 {
                *own.entry(subject.address).or_default() += found;
            }
        }
    }
    own
}

fn of_class<'a>(heap: &Heap<'_>, asyncio: &'a Asyncio, class: Address) -> Option<Class<'a>> {
    let derives = |bases: &[Option<Address>]| {
        let bases: Vec<Address> = bases.iter().copied().flatten().collect();
        !bases.is_empty() && heap.derives_from(class, &bases)
    };
    let kind = if derives(&[asyncio.gathering_type]) {
        FutureKind::Gathering
    } else if derives(&[asyncio.task_type, asyncio.python_task_type]) {
        FutureKind::Task
    } else if derives(&[asyncio.future_type, asyncio.python_future_type]) {
        FutureKind::Future
    } else if derives(&[asyncio.concurrent_future_type]) {
        FutureKind::Concurrent
    } else {
        return None;
    };
    Some(Class { asyncio, kind, c: asyncio.is_c_future_class(heap, class) })
}

/// Everything that may be lost, by address.
pub(super) fn subjects(
    generators: &[Generator],
    calls: &[MethodCall],
    others: impl IntoIterator<Item = Subject>,
) -> FxHashMap<Address, Subject> {
    let generators = generators.iter().filter_map(|generator| {
        let kind = match (generator.kind, generator.state) {
            _ if is_created_coroutine(generator) => SubjectKind::Created,
            (GeneratorKind::AsyncGenerator, GeneratorState::Created | GeneratorState::Suspended) => {
                SubjectKind::AsyncGenerator
            }
            _ => return None,
        };
        Some(Subject { address: generator.address, kind, identity: generator.code, refcount: generator.refcount })
    });
    let calls = calls.iter().filter(|call| call.state == MethodCallState::Created).map(|call| Subject {
        address: call.address,
        kind: SubjectKind::MethodCall,
        identity: call.of.unwrap_or(Address::NULL),
        refcount: call.refcount,
    });
    generators.chain(calls).chain(others).map(|subject| (subject.address, subject)).collect()
}
