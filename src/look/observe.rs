//! One observation: what there is in the target at one moment (or, while it runs, about at one moment).

use super::async_generators::{is_about_one, of_closed_loops};
use super::island::islands;
use super::ownership::{Actors, Ownership, find_owners};
use super::session::Place;
use super::subjects::{Futures, Subject, futures, own_references, resting, subjects};
use crate::analysis::lost::LoopRest;
use crate::asyncio::{self, EventLoop, Task, TaskState, Waits};
use crate::heap::candidates::{Candidate, CandidateKind};
use crate::heap::gc::Generation;
use crate::heap::{CodeFlags, Fault, Frame, Generator, GeneratorKind, GeneratorState, Heap, MethodCall};
use crate::memory::Address;
use crate::report::CoroutineCounts;
use crate::runtime::Python;
use rustc_hash::{FxHashMap, FxHashSet};

/// A youngest generation with more objects than this is not walked: the collector has been off, or is set to be lazy.
const LARGEST_YOUNG: i64 = 100_000;

/// Finished tasks of one interpreter beyond this are counted only.
const MOST_FINISHED: usize = 100_000;

/// Frames of all threads together beyond this are not followed.
const MOST_FRAMES: usize = 1 << 20;

/// Counts of what was passed over, by what and why.
#[derive(Debug, Default, Clone)]
pub(super) struct Skips(pub(super) FxHashMap<(&'static str, &'static str), u64>);

impl Skips {
    pub(super) fn add(&mut self, what: &'static str, why: &'static str, count: u64) {
        if count > 0 {
            *self.0.entry((what, why)).or_default() += count;
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for ((what, why), count) in &other.0 {
            self.add(what, why, *count);
        }
    }
}

/// What was seen.
pub(super) struct Observation {
    pub(super) places: Vec<Place>,
    /// Living coroutines, async generators and awaitable generators.
    pub(super) generators: Vec<Generator>,
    /// Living calls of methods of async generators.
    pub(super) method_calls: Vec<MethodCall>,
    /// What may be lost, by address.
    pub(super) subjects: FxHashMap<Address, Subject>,
    pub(super) futures: Futures,
    /// Why the loops of tasks do not run, by task.
    pub(super) rests: FxHashMap<Address, LoopRest>,
    /// References to subjects that come from themselves.
    pub(super) own_references: FxHashMap<Address, u64>,
    /// Created coroutines among them that could not be checked against the collector's lists.
    pub(super) unlinked: FxHashSet<Address>,
    pub(super) tasks: Vec<Task>,
    pub(super) loops: Vec<EventLoop>,
    /// What the tasks wait for, where it was asked for.
    pub(super) waits: Waits,
    pub(super) thread_frames: FxHashMap<Address, Vec<Frame>>,
    /// Threads whose stack changed while it was read.
    pub(super) torn_stacks: Vec<Address>,
    pub(super) ownership: Ownership,
    /// Pending tasks, and unowned async generators and calls of their methods, that nothing outside of their own island refers to.
    pub(super) islands: FxHashSet<Address>,
    /// Unowned async generators of which the event loop is closed.
    pub(super) of_closed_loops: FxHashSet<Address>,
    pub(super) collections: Vec<CollectorState>,
    /// Subjects of the youngest generation; `None` if it could not be walked.
    pub(super) young: Option<FxHashSet<Address>>,
    pub(super) skips: Skips,
    /// Objects that the collector tracks, where the lists were walked.
    pub(super) gc_objects: Option<u64>,
}

/// How often a collector has run, as far as its counters tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CollectorState {
    enabled: bool,
    /// Counters that change whenever a generation is collected.
    counters: [u64; 2],
}

impl Observation {
    /// Reads what the tasks wait for, and who waits for them. To be asked of the same memory as the rest.
    pub(super) fn read_waits(&mut self, heap: &Heap<'_>) {
        let known: FxHashMap<Address, &Generator> =
            self.generators.iter().map(|generator| (generator.address, generator)).collect();
        let asyncios: Vec<&asyncio::Asyncio> = self.places.iter().map(|place| &place.asyncio).collect();
        let find = |address| known.get(&address).map(|generator| **generator);
        self.waits = asyncio::waits(heap, &asyncios, &self.tasks, &self.loops, find);
        self.skips.add(
            "await chains and the await graph",
            "too large to be followed to the end",
            u64::from(self.waits.cut),
        );
    }

    /// The addresses of the created coroutines.
    pub(super) fn created_addresses(&self) -> FxHashSet<Address> {
        self.created().map(|generator| generator.address).collect()
    }

    /// The created coroutines: called, never started.
    pub(super) fn created(&self) -> impl Iterator<Item = &Generator> {
        self.generators.iter().filter(|generator| is_created_coroutine(generator))
    }

    /// What may be lost, other than created coroutines.
    pub(super) fn lost(&self) -> impl Iterator<Item = &Subject> {
        self.subjects.values().filter(|subject| subject.kind.may_be_lost())
    }

    /// Whether a collector is switched off: then nothing grows old.
    pub(super) fn collector_disabled(&self) -> bool {
        self.collections.iter().any(|collector| !collector.enabled)
    }

    /// Coroutines (with awaitable generators) and async generators, by state.
    pub(super) fn counts(&self) -> (CoroutineCounts, CoroutineCounts) {
        let mut coroutines = CoroutineCounts::default();
        let mut async_generators = CoroutineCounts::default();
        for generator in &self.generators {
            let counts = match generator.kind {
                GeneratorKind::AsyncGenerator => &mut async_generators,
                GeneratorKind::Coroutine | GeneratorKind::Generator => &mut coroutines,
            };
            match generator.state {
                GeneratorState::Created => counts.created += 1,
                GeneratorState::Suspended => counts.suspended += 1,
                GeneratorState::Running => counts.running += 1,
                GeneratorState::Closed => counts.closed += 1,
            }
        }
        (coroutines, async_generators)
    }
}

/// The interpreter warns about these when they die, and so do we while they live.
pub(super) fn is_created_coroutine(generator: &Generator) -> bool {
    generator.kind == GeneratorKind::Coroutine
        && generator.state == GeneratorState::Created
        && generator.flags.contains(CodeFlags::COROUTINE)
}

/// Examines the candidates and everything that may own them.
pub(super) fn observe(python: &Python, heap: &Heap<'_>, places: Vec<Place>, candidates: &[Candidate]) -> Observation {
    observed(python, heap, places, candidates, None)
}

/// The same once more, of what was seen a moment before: whether the islands of then are still islands, and whether somebody owns by now
/// what nobody owned. How old everything is was said then.
pub(super) fn observe_again(
    python: &Python,
    heap: &Heap<'_>,
    places: Vec<Place>,
    candidates: &[Candidate],
    earlier: &Observation,
) -> Observation {
    observed(python, heap, places, candidates, Some(earlier))
}

fn observed(
    python: &Python,
    heap: &Heap<'_>,
    places: Vec<Place>,
    candidates: &[Candidate],
    earlier: Option<&Observation>,
) -> Observation {
    let mut skips = Skips::default();
    let collecting = is_collecting(python, heap, &places);
    let Examined { mut generators, unlinked, plain, method_calls } = examine(heap, candidates, collecting, &mut skips);
    let (tasks, loops) = asyncio_of(heap, &places, candidates, collecting, &mut skips);
    add_those_of_tasks(heap, &tasks, &mut generators);
    let (thread_frames, torn_stacks) = frames_of_threads(heap, &places);
    let created: FxHashSet<Address> = generators
        .iter()
        .filter(|generator| is_created_coroutine(generator))
        .map(|generator| generator.address)
        .collect();
    let futures = futures(heap, &places, candidates, &created, collecting, &mut skips);
    let (resting, rests) = resting(heap, &places, &tasks, &loops, &generators);
    let subjects = subjects(&generators, &method_calls, futures.subjects.iter().copied().chain(resting));
    let all_frames: Vec<Frame> = thread_frames.values().flatten().copied().collect();
    let actors = Actors {
        places: &places,
        generators: &generators,
        plain_generators: &plain,
        thread_frames: &all_frames,
        tasks: &tasks,
        loops: &loops,
        futures: &futures,
        method_calls: &method_calls,
        done_callbacks: &if subjects.is_empty() {
            Vec::new()
        } else {
            places.iter().flat_map(|place| place.asyncio.done_callbacks(heap, &tasks)).collect()
        },
        candidates,
    };
    let mut ownership = find_owners(heap, &actors, &subjects);
    ownership.pass_on(futures.results.iter().map(|(coroutine, holder)| (*coroutine, holder.future)));
    let own_references = own_references(heap, &futures, |future| ownership.owners.contains_key(&future));
    skips.add("containers", "too large to be searched for coroutines", ownership.too_large);
    let unowned: FxHashSet<Address> = subjects
        .values()
        .filter(|subject| is_about_one(subject.kind))
        .map(|subject| subject.address)
        .filter(|subject| !ownership.owners.contains_key(subject))
        .collect();
    let of_closed_loops = of_closed_loops(heap, &generators, &unowned, &loops);
    let may_be_island = |address| earlier.is_none_or(|earlier| earlier.islands.contains(&address));
    let islands = islands(heap, &places, &tasks, &loops, &unowned, may_be_island);
    let collections = if earlier.is_some() { Vec::new() } else { collectors(python, heap, &places) };
    // The age of what has an owner does not matter.
    let matters = !created.is_empty() || subjects.keys().any(|subject| !ownership.owners.contains_key(subject));
    let age_matters = earlier.is_none() && !collecting && matters;
    let young = if age_matters { young_among(python, heap, &places, &subjects) } else { None };
    Observation {
        places,
        generators,
        method_calls,
        subjects,
        futures,
        rests,
        own_references,
        unlinked,
        tasks,
        loops,
        waits: Waits::default(),
        thread_frames,
        torn_stacks,
        ownership,
        islands,
        of_closed_loops,
        collections,
        young,
        skips,
        gc_objects: None,
    }
}

/// The collectors' states, each once.
pub(super) fn gc_states(python: &Python, heap: &Heap<'_>, places: &[Place]) -> Vec<Address> {
    let mut states: Vec<Address> =
        places.iter().filter_map(|place| heap.gc_state(python.runtime, place.interpreter.address).ok()).collect();
    // 3.8 has one collector for all interpreters.
    states.dedup();
    states
}

/// Whether any collector is at work now.
pub(super) fn is_collecting(python: &Python, heap: &Heap<'_>, places: &[Place]) -> bool {
    gc_states(python, heap, places).into_iter().any(|gc| heap.is_collecting(gc).unwrap_or(true))
}

/// What became of the candidates.
#[derive(Default)]
struct Examined {
    /// Living coroutines, async generators and awaitable generators.
    generators: Vec<Generator>,
    /// Created coroutines among them that could not be checked against the collector's lists.
    unlinked: FxHashSet<Address>,
    /// Generators that nobody awaits; they may hold coroutines in their variables all the same.
    plain: Vec<Generator>,
    /// Living calls of methods of async generators.
    method_calls: Vec<MethodCall>,
}

fn examine(heap: &Heap<'_>, candidates: &[Candidate], collecting: bool, skips: &mut Skips) -> Examined {
    let mut examined = Examined::default();
    let is_alive = |object| heap.is_alive(object, collecting) == Some(true);
    for candidate in candidates {
        let kind = match candidate.kind {
            CandidateKind::Generator(kind) => kind,
            CandidateKind::AsyncGeneratorMethod(method) => {
                let call = heap.method_call(candidate.address, method).ok();
                let call = call.filter(|call| is_alive(call.address));
                examined.method_calls.extend(call);
                continue;
            }
            _ => continue,
        };
        let generator = match heap.generator(candidate.address, kind) {
            Ok(generator) => generator,
            // What is not plausible is the remains of an object, or a copy: no loss.
            Err(Fault::Implausible { .. }) => continue,
            Err(Fault::Read(_)) => {
                skips.add("possible coroutines", "their memory went away while it was read", 1);
                continue;
            }
            Err(_) => continue,
        };
        let is_plain = kind == GeneratorKind::Generator && !generator.flags.contains(CodeFlags::ITERABLE_COROUTINE);
        let linked = is_alive(generator.address);
        if is_plain {
            examined.plain.extend((linked || collecting).then_some(generator));
        } else if linked {
            examined.generators.push(generator);
        } else if is_created_coroutine(&generator) {
            // The list may have been changed just now, or a collection is going on: to be asked again in a pause.
            examined.unlinked.insert(generator.address);
            examined.generators.push(generator);
        } else if collecting {
            examined.generators.push(generator);
        }
    }
    examined
}

/// Adds what tasks drive and await: while the target runs, that may be younger than the search for candidates.
fn add_those_of_tasks(heap: &Heap<'_>, tasks: &[Task], generators: &mut Vec<Generator>) {
    /// Coroutines awaiting each other, in one task.
    const DEEPEST_CHAIN: usize = 1000;
    let mut added: FxHashSet<Address> = FxHashSet::default();
    let index: FxHashMap<Address, usize> =
        generators.iter().enumerate().map(|(at, generator)| (generator.address, at)).collect();
    for task in tasks.iter().filter(|task| task.state == TaskState::Pending) {
        let mut at = task.coroutine;
        for _ in 0..DEEPEST_CHAIN {
            let Some(address) = at else { break };
            let generator = match index.get(&address).and_then(|at| generators.get(*at)) {
                Some(generator) => *generator,
                None if !added.insert(address) => break,
                None => {
                    let found = heap.generator_kind(address).and_then(|kind| heap.generator(address, kind).ok());
                    let Some(found) = found else { break };
                    generators.push(found);
                    found
                }
            };
            at = heap.awaited_by(&generator).ok().flatten();
        }
    }
}

fn asyncio_of(
    heap: &Heap<'_>,
    places: &[Place],
    candidates: &[Candidate],
    collecting: bool,
    skips: &mut Skips,
) -> (Vec<Task>, Vec<EventLoop>) {
    let mut tasks = Vec::new();
    let mut loops: Vec<EventLoop> = Vec::new();
    for place in places {
        let registered = place.asyncio.registered_tasks(heap, &place.interpreter);
        skips.add("parts of the task registry", "changed while it was read", registered.faults.len() as u64);
        let before = tasks.len();
        let known: FxHashSet<Address> = registered.addresses.iter().copied().collect();
        let others = unregistered(heap, place, candidates, &known, collecting);
        skips.add("finished tasks", "too many to be listed", others.len().saturating_sub(MOST_FINISHED) as u64);
        for address in registered.addresses {
            match place.asyncio.task(heap, address) {
                Ok(task) => tasks.push(task),
                Err(_) => skips.add("tasks", "ended or changed while they were read", 1),
            }
        }
        // One that is pending and in no registry is on its way into or out of life: new, or finalised and left to the next collection.
        let finished = others.into_iter().take(MOST_FINISHED).filter_map(|task| place.asyncio.task(heap, task).ok());
        tasks.extend(finished.filter(|task| task.state != TaskState::Pending));
        let mut task_loops: Vec<Address> =
            tasks.get(before..).unwrap_or_default().iter().filter_map(|task| task.event_loop).collect();
        task_loops.sort_unstable();
        task_loops.dedup();
        loops.extend(place.asyncio.event_loops(heap, &place.interpreter, &task_loops));
    }
    (tasks, loops)
}

/// Tasks that are in no registry any more: finished ones leave it (3.14+), or were never in it (3.13+, those that finished at once).
fn unregistered(
    heap: &Heap<'_>,
    place: &Place,
    candidates: &[Candidate],
    known: &FxHashSet<Address>,
    collecting: bool,
) -> Vec<Address> {
    candidates
        .iter()
        .filter(|candidate| candidate.kind == CandidateKind::Task && !known.contains(&candidate.address))
        .map(|candidate| candidate.address)
        .filter(|task| heap.type_of(*task).is_ok_and(|class| place.asyncio.is_c_task_class(heap, class)))
        .filter(|task| heap.is_alive(*task, collecting) != Some(false))
        .collect()
}

/// The stacks of the threads, and the threads whose stack could not be followed to its end.
fn frames_of_threads(heap: &Heap<'_>, places: &[Place]) -> (FxHashMap<Address, Vec<Frame>>, Vec<Address>) {
    let mut frames = FxHashMap::default();
    let mut torn = Vec::new();
    let mut total = 0;
    for thread in places.iter().flat_map(|place| &place.interpreter.threads) {
        if total >= MOST_FRAMES {
            torn.push(thread.address);
            continue;
        }
        let (chain, complete) = heap.frame_chain(thread.frame);
        if !complete {
            torn.push(thread.address);
        }
        total += chain.len();
        frames.insert(thread.address, chain);
    }
    (frames, torn)
}

fn collectors(python: &Python, heap: &Heap<'_>, places: &[Place]) -> Vec<CollectorState> {
    let layout = heap.layout();
    gc_states(python, heap, places)
        .into_iter()
        .map(|gc| {
            let lists = heap.gc_lists(gc).unwrap_or_default();
            let count = |at: usize| {
                let head = lists.get(at).filter(|list| list.generation == Generation::Old)?;
                heap.unsigned(head.head, layout.gc_generation.count).ok()
            };
            CollectorState {
                enabled: heap.unsigned(gc, layout.gc.enabled).is_ok_and(|enabled| enabled != 0),
                counters: [1, 2].map(|at| count(at).unwrap_or(0)),
            }
        })
        .collect()
}

/// Those of the subjects that no collection has seen yet.
fn young_among(
    python: &Python,
    heap: &Heap<'_>,
    places: &[Place],
    subjects: &FxHashMap<Address, Subject>,
) -> Option<FxHashSet<Address>> {
    let mut young = FxHashSet::default();
    if heap.layout().header_before_gc_object == 0 {
        return None;
    }
    for gc in gc_states(python, heap, places) {
        for list in heap.gc_lists(gc).ok()?.into_iter().filter(|list| list.generation == Generation::Young) {
            // What was allocated since the last collection, less what was freed: about the length of the list.
            if heap.signed(list.head, heap.layout().gc_generation.count).ok()? > LARGEST_YOUNG {
                return None;
            }
            let complete = heap.walk_gc_list(list, LARGEST_YOUNG.unsigned_abs(), |object, _| {
                young.extend(subjects.get(&object).map(|subject| subject.address));
                true
            });
            if complete != Ok(true) {
                return None;
            }
        }
    }
    Some(young)
}
