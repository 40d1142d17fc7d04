//! Finding coroutines at all: everything in memory that looks like one. Whether it is one is asked later.
//!
//! Two ways. The *sweep* reads the memory where objects can live in address order and looks for the addresses of a few types, where an
//! object has its type (8 bytes into each 16-byte step: every object with a collector's head is aligned to 16). It needs no
//! pause and finds freed objects too, which examination sorts out. The *walk* follows the collector's lists, exact while the
//! target stands still.

use super::generators::is_plausible_refcount;
use super::pools::{PoolFilter, has_debug_hooks};
use super::{GeneratorKind, Heap, Result};
use crate::memory::sweep::{MAX_NEEDLES, Needles, SweepOptions, View, sweep_types};
use crate::memory::{Address, LiveMemory};
use crate::runtime::KnownTypes;
use crate::runtime::layout::Layout;
use rustc_hash::{FxHashMap, FxHashSet};
use std::ops::Range;

/// What a candidate is, if it is what it looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CandidateKind {
    /// A coroutine, async generator or generator.
    Generator(GeneratorKind),
    /// A `coroutine_wrapper`.
    CoroutineWrapper,
    /// A `collections.deque`.
    Deque,
    /// A Python function; looked for only when calls are searched ([`Wanted::functions`]).
    Function,
    /// A future with the structure of `_asyncio.Future`.
    Future,
    /// A task with the structure of `_asyncio.Task`.
    Task,
    /// The future that `asyncio.gather()` returns, with the same structure.
    GatheringFuture,
    /// A future or task written in Python.
    PythonFuture,
    /// A `concurrent.futures.Future`, or of a class derived from it.
    ConcurrentFuture,
    /// A context manager of `contextlib` that has an async generator.
    ContextManager,
    /// What a method of an async generator returns to be awaited.
    AsyncGeneratorMethod(AsyncGeneratorMethod),
}

/// Which methods of an async generator an object to be awaited stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AsyncGeneratorMethod {
    /// `asend()` or `__anext__()`: an `async_generator_asend`.
    Send,
    /// `athrow()` or `aclose()`: an `async_generator_athrow`.
    Throw,
    /// `anext()` with a default: an `anext_awaitable`.
    Next,
}

/// Types that are looked for, by address.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    kinds: FxHashMap<u64, CandidateKind>,
    /// Bytes of a block that holds an instance of a class from Python code.
    pub(super) blocks: Vec<u64>,
    /// Classes that there was no place for.
    left_out: u64,
    /// Objects lie in larger blocks than their size tells.
    pub(super) debug_hooks: bool,
}

impl Wanted {
    /// What may be, or may hold, a coroutine: generators of all kinds, wrappers, deques.
    #[must_use]
    pub fn of(types: &KnownTypes, deque_types: impl IntoIterator<Item = Option<Address>>) -> Self {
        let mut wanted = Self::default();
        wanted.add(types.coroutine, CandidateKind::Generator(GeneratorKind::Coroutine));
        wanted.add(types.async_generator, CandidateKind::Generator(GeneratorKind::AsyncGenerator));
        wanted.add(types.generator, CandidateKind::Generator(GeneratorKind::Generator));
        wanted.add(types.coroutine_wrapper, CandidateKind::CoroutineWrapper);
        for class in deque_types {
            wanted.add(class, CandidateKind::Deque);
        }
        wanted
    }

    /// Python functions, and nothing else.
    #[must_use]
    pub fn functions(types: &KnownTypes) -> Self {
        let mut wanted = Self::default();
        wanted.add(types.function, CandidateKind::Function);
        wanted
    }

    /// Calls of methods of async generators. They hold their generator: where there is none, there are none of them. They lie in pools of 64 bytes,
    /// beside lists and dicts, so that a sweep for them is worth a question.
    #[must_use]
    pub fn method_calls(types: &KnownTypes) -> Self {
        let mut wanted = Self::default();
        wanted.add_method_calls(types);
        wanted
    }

    /// Looks for calls of methods of async generators, too.
    pub fn add_method_calls(&mut self, types: &KnownTypes) {
        self.add(types.asend, CandidateKind::AsyncGeneratorMethod(AsyncGeneratorMethod::Send));
        self.add(types.athrow, CandidateKind::AsyncGeneratorMethod(AsyncGeneratorMethod::Throw));
        self.add(types.anext_awaitable, CandidateKind::AsyncGeneratorMethod(AsyncGeneratorMethod::Next));
    }

    /// Looks for objects of this very type. A type that is not known is not looked for, nor one that there is no place for.
    pub fn add(&mut self, class: Option<Address>, kind: CandidateKind) {
        let Some(class) = class.and_then(Address::non_null).filter(|class| !self.kinds.contains_key(&class.get()))
        else {
            return;
        };
        if self.kinds.len() < MAX_NEEDLES {
            self.kinds.insert(class.get(), kind);
        } else {
            self.left_out += 1;
        }
    }

    /// Whether one more type can be looked for.
    #[must_use]
    pub fn has_place(&self) -> bool {
        self.kinds.len() < MAX_NEEDLES
    }

    /// Looks for instances of this very class, which says itself how large they are.
    pub fn add_class(&mut self, heap: &Heap<'_>, class: Address, kind: CandidateKind) {
        if let Ok(bytes) = heap.instance_block(class) {
            self.blocks.push(bytes);
            self.add(Some(class), kind);
        }
    }

    /// How many classes are not looked for because there was no place for them: see [`MAX_NEEDLES`].
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Learns from any object that the collector tracks how the target allocates.
    pub fn note_allocation(&mut self, heap: &Heap<'_>, object: Address) {
        self.debug_hooks |= has_debug_hooks(heap.memory(), heap.layout(), object);
    }

    /// The same, of a target that allocates as was learned for another search.
    #[must_use]
    pub fn allocated_as(self, other: &Self) -> Self {
        Self { debug_hooks: other.debug_hooks, ..self }
    }

    /// The kinds that are looked for.
    pub(super) fn kinds(&self) -> impl Iterator<Item = CandidateKind> + '_ {
        self.kinds.values().copied()
    }

    /// The kind of objects of this type, if it is looked for.
    #[must_use]
    pub fn kind(&self, class: Address) -> Option<CandidateKind> {
        self.kinds.get(&class.get()).copied()
    }
}

/// Something that may be an object of a wanted type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Candidate {
    /// Where it would be.
    pub address: Address,
    /// What it would be.
    pub kind: CandidateKind,
}

/// What a sweep for objects read, and what it left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Bytes that were searched.
    pub bytes: u64,
    /// Bytes that were mapped when the sweep began and could not be read when it came there.
    pub unreadable: u64,
    /// Candidates beyond the most that are remembered.
    pub passed_over: u64,
}

/// Sweeps `ranges` for objects of the wanted types, in no order; stops early when `stop` says so.
///
/// `threads` read side by side, and `most` candidates are remembered.
pub fn sweep(
    memory: &LiveMemory,
    layout: &Layout,
    ranges: &[Range<u64>],
    wanted: &Wanted,
    (threads, most): (usize, usize),
    stop: impl Fn() -> bool + Sync,
) -> (Vec<Candidate>, Swept) {
    let Some(needles) = Needles::new(wanted.kinds.keys().copied()) else { return (Vec::new(), Swept::default()) };
    let pools = PoolFilter::new(layout, wanted);
    // Behind: the members of a future that tell whether it counts.
    let options = SweepOptions { threads, margin_before: 64, margin_after: 192, idle_priority: true };
    let (found, swept) = sweep_types(
        memory,
        ranges,
        &needles,
        options,
        |window| match &pools {
            Some(pools) => pools.select(memory, &window),
            None => vec![window],
        },
        Found::default,
        |found: &mut Found, view, at| {
            let Some((candidate, object)) = candidate(layout, wanted, view, at) else { return };
            let worth = worth(layout, candidate.kind, object);
            if found.candidates.len() + found.holders.len() >= most / threads.max(1) {
                found.passed_over += u64::from(!matches!(worth, Worth::Nothing));
                return;
            }
            match worth {
                Worth::Much => found.candidates.push(candidate),
                Worth::AsHolderOf(result) => found.holders.push((result, candidate)),
                Worth::Nothing => {}
            }
        },
        stop,
    );
    let mut candidates: Vec<Candidate> = Vec::new();
    let mut holders = Vec::new();
    let mut swept = Swept { bytes: swept.bytes, unreadable: swept.unreadable, passed_over: 0 };
    for part in found {
        swept.passed_over += part.passed_over;
        candidates.extend(part.candidates);
        holders.extend(part.holders);
    }
    let is_coroutine = |found: &&Candidate| found.kind == CandidateKind::Generator(GeneratorKind::Coroutine);
    let coroutines: FxHashSet<u64> = candidates.iter().filter(is_coroutine).map(|found| found.address.get()).collect();
    let holds_coroutine = |(result, holder): (u64, Candidate)| coroutines.contains(&result).then_some(holder);
    candidates.extend(holders.into_iter().filter_map(holds_coroutine));
    (candidates, swept)
}

/// What one thread of a sweep found.
#[derive(Default)]
struct Found {
    candidates: Vec<Candidate>,
    /// Futures that count only if their result, which stands before them, is a coroutine.
    holders: Vec<(u64, Candidate)>,
    passed_over: u64,
}

/// Whether a candidate is worth being examined.
enum Worth {
    Much,
    /// If this is a coroutine.
    AsHolderOf(u64),
    Nothing,
}

/// Of a million C futures most are waited for, or done and asked: what can be told where they are met need not be remembered.
fn worth(layout: &Layout, kind: CandidateKind, object: &[u8]) -> Worth {
    if kind != CandidateKind::Future {
        return Worth::Much;
    }
    let future = &layout.future;
    match (future.fut_log_tb.u64_in(object), future.fut_result.u64_in(object)) {
        (Ok(0), Ok(0)) => Worth::Nothing,
        (Ok(0), Ok(result)) => Worth::AsHolderOf(result),
        _ => Worth::Much,
    }
}

/// The candidate whose type word was hit, with the bytes in view from its start, unless what surrounds it shows that nothing lives there.
fn candidate<'v>(layout: &Layout, wanted: &Wanted, view: View<'v>, at: usize) -> Option<(Candidate, &'v [u8])> {
    let kind = *wanted.kinds.get(&view.word(at)?)?;
    let type_at = usize::try_from(layout.object.ob_type.offset()?).ok()?;
    let start = at.checked_sub(type_at)?;
    let object = view.bytes.get(start..)?;
    let address = Address::new(view.base.get().checked_add(start as u64)?);
    if layout.object.ob_ref_local.is_present() {
        // Free-threaded: no collector's head; bit 0 of ob_gc_bits says that the object is tracked.
        let tracked = layout.object.ob_gc_bits.u64_in(object).ok()? & 1 == 1;
        return tracked.then_some((Candidate { address, kind }, object));
    }
    if !is_plausible_refcount(layout.object.refcount_word().u64_in(object).ok()?) {
        return None;
    }
    // An untracked object has a null `_gc_next`; so has a freed one that was the last of its pool. The head may lie
    // before a hole or a region's start: then nothing can be tracked here.
    let head = start.checked_sub(usize::from(layout.header_before_gc_object))?;
    (view.word(head)? != 0).then_some((Candidate { address, kind }, object))
}

/// What a walk of the collector's lists found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walked {
    /// Objects of wanted types.
    pub candidates: Vec<Candidate>,
    /// All objects on the lists.
    pub objects: u64,
}

impl Heap<'_> {
    /// Walks all lists of the collectors at `gcs` for objects of the wanted types.
    ///
    /// # Errors
    /// When a list is broken: the target runs, or is in the middle of a collection.
    pub fn walk(&self, gcs: &[Address], wanted: &Wanted, mut stop: impl FnMut() -> bool) -> Result<Walked> {
        let mut walked = Walked::default();
        for gc in gcs {
            for list in self.gc_lists(*gc)? {
                self.walk_gc_list(list, u64::MAX, |object, class| {
                    walked.objects += 1;
                    let kind = wanted.kind(class);
                    walked.candidates.extend(kind.map(|kind| Candidate { address: object, kind }));
                    walked.objects % 4096 != 0 || !stop()
                })?;
            }
        }
        Ok(walked)
    }
}
