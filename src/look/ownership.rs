//! Who will start a coroutine, or may be about to: the references from what runs to what was created. The same is asked of whatever
//! else may be lost ([`subjects`](super::subjects)): who may await it, ask it, or go on with it.
//!
//! Followed forward, from the actors of the program – tasks, callbacks of event loops, wrappers, frames that run or wait – and only
//! over the short ways on which a coroutine is handed on: variables, containers in variables, closures, partials. A way over an attribute
//! of some object is no evidence that somebody is about to await it.

use super::session::Place;
use super::subjects::{Futures, Subject};
use crate::analysis::facts::{DeadEnd, Owner};
use crate::asyncio::{Asyncio, EventLoop, Task};
use crate::heap::candidates::{Candidate, CandidateKind};
use crate::heap::{Frame, Generator, GeneratorState, Heap, MethodCall, MethodCallState, Result, SlotKind};
use crate::memory::Address;
use crate::memory::words::WordSet;
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

/// Containers with more items than this are not searched.
const LARGEST_CONTAINER: usize = 1 << 20;
/// How many steps a callback may be away from the coroutine it was made for: handle, partial, closure, cell.
const DEEPEST_CALLBACK: usize = 6;
/// Objects looked at for one callback.
const MOST_PER_CALLBACK: usize = 64;
/// Objects that callbacks lead to, of which it is remembered in all.
const MOST_FOLLOWED: usize = 1 << 20;
/// Items of containers looked at in all, for one observation. A cache that thousands of frames share is searched once; a heap that lies
/// has to come to an end.
const MOST_ITEMS_IN_ALL: usize = 1 << 24;
/// Smaller containers are searched again sooner than remembered.
const WORTH_REMEMBERING: usize = 32;
/// Items whose types are read at once.
const AT_ONCE: usize = 1024;
/// Of fewer items than this the pages are fetched: others lie there, too.
const FEW: usize = 32;
/// Items of deques remembered in all.
const MOST_QUEUED: usize = 1 << 22;
/// Containers in containers in a variable.
const DEEPEST_CONTAINER: usize = 2;

/// What was found about subjects, by address.
#[derive(Debug, Default)]
pub(super) struct Ownership {
    pub(super) owners: FxHashMap<Address, Owner>,
    pub(super) dead_ends: FxHashMap<Address, Vec<FoundDeadEnd>>,
    /// Deques that hold subjects, with all they hold.
    pub(super) deques: FxHashMap<Address, Vec<Address>>,
    /// Containers that were too large to be searched.
    pub(super) too_large: u64,
}

/// A dead end, and where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FoundDeadEnd {
    pub(super) dead_end: DeadEnd,
    /// The frame and the position it stood at.
    pub(super) frame: (Address, i64),
    /// Whether that frame was running: unless the target stands still, position and variables may not belong together then.
    pub(super) running: bool,
}

/// What the search goes out from.
pub(super) struct Actors<'a> {
    pub(super) places: &'a [Place],
    pub(super) generators: &'a [Generator],
    pub(super) plain_generators: &'a [Generator],
    pub(super) thread_frames: &'a [Frame],
    pub(super) tasks: &'a [Task],
    pub(super) loops: &'a [EventLoop],
    pub(super) done_callbacks: &'a [Address],
    pub(super) futures: &'a Futures,
    pub(super) method_calls: &'a [MethodCall],
    pub(super) candidates: &'a [Candidate],
}

impl Ownership {
    /// Whoever comes to a holder comes to what that holds: pairs of a thing and its holder.
    pub(super) fn pass_on(&mut self, holders: impl IntoIterator<Item = (Address, Address)>) {
        for (thing, holder) in holders {
            if let Some(owner) = self.owners.get(&holder).cloned() {
                self.owners.entry(thing).or_insert(owner);
            }
        }
    }

    /// Whether this very dead end was found for a subject.
    pub(super) fn has_dead_end(&self, subject: Address, dead_end: &FoundDeadEnd) -> bool {
        self.dead_ends.get(&subject).is_some_and(|found| found.contains(dead_end))
    }
}

struct Search<'a, 'h> {
    heap: &'a Heap<'h>,
    places: &'a [Place],
    subjects: &'a FxHashMap<Address, Subject>,
    /// Their addresses, for the millions of items that are none of them.
    filter: WordSet,
    futures: &'a Futures,
    found: Ownership,
    queues_of_instances: FxHashMap<Address, Vec<Address>>,
    /// What callbacks lead to, and over how many steps at least.
    followed: FxHashMap<Address, usize>,
    /// Items that may still be looked at.
    items_left: usize,
    /// Items of deques that may still be remembered.
    queued_left: usize,
    /// What containers were found to hold, by how deep they may be searched.
    searched: FxHashMap<(Address, usize), Rc<[Address]>>,
    /// What most of them hold.
    nothing: Rc<[Address]>,
}

/// Finds out who owns the `subjects`.
pub(super) fn find_owners(heap: &Heap<'_>, actors: &Actors<'_>, subjects: &FxHashMap<Address, Subject>) -> Ownership {
    let mut search = Search {
        heap,
        places: actors.places,
        subjects,
        filter: WordSet::new(subjects.keys().map(|subject| subject.get())),
        futures: actors.futures,
        found: Ownership::default(),
        queues_of_instances: FxHashMap::default(),
        followed: FxHashMap::default(),
        items_left: MOST_ITEMS_IN_ALL,
        queued_left: MOST_QUEUED,
        searched: FxHashMap::default(),
        nothing: Rc::default(),
    };
    if subjects.is_empty() {
        return search.found;
    }
    for task in actors.tasks {
        search.own(task.coroutine, &Owner::Task);
    }
    for scheduled in actors.loops.iter().flat_map(|event_loop| event_loop.ready.iter().chain(&event_loop.timers)) {
        search.callback(&scheduled.referents, &Owner::Handle);
    }
    for callback in actors.done_callbacks {
        search.callback(&[*callback], &Owner::DoneCallback);
    }
    for child in &actors.futures.gathered {
        search.own(Some(*child), &Owner::DoneCallback);
    }
    for candidate in actors.candidates {
        match candidate.kind {
            CandidateKind::CoroutineWrapper => search.wrapper(candidate.address),
            CandidateKind::Deque => search.deque(candidate.address),
            CandidateKind::ContextManager => search.context_manager(candidate.address),
            CandidateKind::Generator(_)
            | CandidateKind::Future
            | CandidateKind::Task
            | CandidateKind::GatheringFuture
            | CandidateKind::PythonFuture
            | CandidateKind::Function
            | CandidateKind::ConcurrentFuture
            | CandidateKind::AsyncGeneratorMethod(_) => {}
        }
    }
    search.method_calls(actors);
    for frame in actors.thread_frames {
        search.frame(frame, true);
    }
    for generator in actors.plain_generators {
        if !actors.futures.failed.is_empty() {
            search.as_completed_generator(generator);
        }
        // Whoever iterates over it gets what it holds, also if it has not begun.
        if let Some(frame) = &generator.frame {
            search.frame(frame, generator.state == GeneratorState::Running);
        }
    }
    for generator in actors.generators {
        match (generator.state, &generator.frame) {
            // A running one stands in the frames of its thread, too, and is read here in any case: its thread may not have told.
            (GeneratorState::Suspended, Some(frame)) => search.frame(frame, false),
            (GeneratorState::Running, Some(frame)) => search.frame(frame, true),
            (GeneratorState::Created, Some(frame)) => search.arguments(generator.address, frame),
            _ => {}
        }
    }
    search.found
}

impl Search<'_, '_> {
    /// Notes an owner; the first one found stays, since the most certain are asked first.
    fn own(&mut self, subject: Option<Address>, owner: &Owner) {
        if let Some(subject) = subject.filter(|subject| self.subjects.contains_key(subject)) {
            self.found.owners.entry(subject).or_insert_with(|| owner.clone());
        }
    }

    fn wrapper(&mut self, wrapper: Address) {
        // A freed wrapper is left in memory as it was; a living one is linked to its neighbours.
        let inner = self.heap.wrapped_coroutine(wrapper).ok().filter(|inner| self.subjects.contains_key(inner));
        if inner.is_some() && self.heap.is_linked(wrapper).unwrap_or(true) {
            self.own(inner, &Owner::Wrapper);
        }
    }

    /// What `@asynccontextmanager` returns has its generator in `gen`, and goes on with it when the `async with` is left; `aclosing`
    /// has in `thing` what it closes then.
    fn context_manager(&mut self, manager: Address) {
        let Ok(entries) = self.heap.instance_entries(manager) else { return };
        for name in ["gen", "thing"] {
            let generator = self.heap.find_named(&entries, name).filter(|held| self.subjects.contains_key(held));
            if generator.is_some() && self.heap.is_linked(manager).unwrap_or(true) {
                self.own(generator, &Owner::ContextManager);
            }
        }
    }

    /// Async generators that a call of a method uses, or will use once it is awaited: then the call is what matters.
    fn method_calls(&mut self, actors: &Actors<'_>) {
        for call in actors.method_calls.iter().filter(|call| call.state != MethodCallState::Closed) {
            self.own(call.of, &Owner::MethodCall);
        }
        for generator in actors.generators.iter().filter(|generator| generator.in_use) {
            self.own(Some(generator.address), &Owner::Iteration);
        }
    }

    fn deque(&mut self, deque: Address) {
        let Ok(items) = self.heap.deque_items(deque) else { return };
        if items.iter().any(|item| self.subjects.contains_key(item)) {
            match self.queued_left.checked_sub(items.len()) {
                Some(left) => {
                    self.queued_left = left;
                    self.found.deques.insert(deque, items);
                }
                None => self.found.too_large += 1,
            }
        }
    }

    /// Follows what a callback was made of: arguments, closures, partials, bound objects. What was come to before, over as few
    /// steps, is not followed again: the thousand callbacks of one `gather()` share what it made.
    fn callback(&mut self, referents: &[Address], owner: &Owner) {
        let mut looked_at = 0;
        let mut level: Vec<Address> = referents.to_vec();
        for depth in 0..DEEPEST_CALLBACK {
            let mut next = Vec::new();
            for object in level {
                let before = self.followed.get(&object).copied();
                if looked_at >= MOST_PER_CALLBACK || before.is_some_and(|before| before <= depth) {
                    continue;
                }
                looked_at += 1;
                if before.is_some() || self.followed.len() < MOST_FOLLOWED {
                    self.followed.insert(object, depth);
                }
                self.own(Some(object), owner);
                let parts = self.callback_parts(object).unwrap_or_default();
                self.items_left = self.items_left.saturating_sub(parts.len());
                next.extend(parts.into_iter().take(MOST_PER_CALLBACK));
            }
            level = next;
        }
    }

    fn callback_parts(&self, object: Address) -> Result<Vec<Address>> {
        // A callback of a `gather()` refers to what that returned, which is nobody's evidence that it is awaited.
        if self.items_left == 0 || self.futures.own_cells.contains_key(&object) {
            return Ok(Vec::new());
        }
        let known = self.heap.known();
        let class = Some(self.heap.type_of(object)?);
        let is_partial = |asyncio: &Asyncio| asyncio.partial_type.is_some() && asyncio.partial_type == class;
        if class == known.function {
            self.heap.function_referents(object)
        } else if class == known.cell {
            Ok(self.heap.cell_contents(object)?.into_iter().collect())
        } else if class == known.method {
            Ok(self.heap.method_parts(object)?.to_vec())
        } else if class == known.builtin_function {
            Ok(self.heap.builtin_self(object)?.into_iter().collect())
        } else if self.places.iter().any(|place| is_partial(&place.asyncio)) {
            let layout = &self.heap.layout().partial;
            let bytes = self.heap.object_bytes(object, layout.size)?;
            let parts = [layout.func, layout.args, layout.kw].map(|field| field.address_in(&bytes));
            Ok(parts.into_iter().flatten().filter_map(Address::non_null).collect())
        } else {
            self.container_items(object)
        }
    }

    /// The items of a builtin container; nothing for anything else.
    fn container_items(&self, object: Address) -> Result<Vec<Address>> {
        self.items_of(object, self.heap.type_of(object)?)
    }

    fn items_of(&self, object: Address, class: Address) -> Result<Vec<Address>> {
        let (known, class) = (self.heap.known(), Some(class));
        if class == known.tuple {
            self.heap.tuple_items(object)
        } else if class == known.list {
            self.heap.list_items(object)
        } else if class == known.set || class == known.frozenset {
            self.heap.set_items(object)
        } else if class == known.dict {
            Ok(self.heap.dict_entries(object)?.into_iter().map(|(_, value)| value).collect())
        } else if self.places.iter().any(|place| place.asyncio.deque_type == class) {
            self.heap.deque_items(object)
        } else if class == known.list_iterator || class == known.tuple_iterator {
            /// `it_index`, `it_seq` follow the object head; the order of the two has not changed.
            const WORDS: u64 = 2;
            let head = u64::from(self.heap.layout().object.size);
            let parts = self.heap.words(object, head + WORDS * 8)?;
            let is_container =
                |part: &Address| self.heap.type_of(*part).is_ok_and(|class| self.is_of_containers(class));
            Ok(parts.into_iter().filter(is_container).collect())
        } else {
            Ok(Vec::new())
        }
    }

    /// Whether objects of this type are searched.
    fn is_of_containers(&self, class: Address) -> bool {
        let (known, class) = (self.heap.known(), Some(class));
        [known.tuple, known.list, known.set, known.frozenset, known.dict, known.list_iterator, known.tuple_iterator]
            .contains(&class)
            || self.places.iter().any(|place| place.asyncio.deque_type == class)
    }

    fn is_subject(&self, object: Address) -> bool {
        self.filter.matches(object.get()) && self.subjects.contains_key(&object)
    }

    /// Subjects that `value` is, or has as items.
    fn subjects_in(&mut self, value: Address) -> Rc<[Address]> {
        if self.is_subject(value) {
            return Rc::new([value]);
        }
        match self.heap.type_of(value) {
            Ok(class) if self.is_of_containers(class) => self.subjects_within(value, class, DEEPEST_CONTAINER),
            _ => Rc::clone(&self.nothing),
        }
    }

    /// Subjects among the items of a container, through at most `depth` containers with it.
    fn subjects_within(&mut self, container: Address, class: Address, depth: usize) -> Rc<[Address]> {
        if let Some(known) = self.searched.get(&(container, depth)) {
            return Rc::clone(known);
        }
        let items = self.searchable_items(container, class);
        let mut found: FxHashSet<Address> = FxHashSet::default();
        for some in items.chunks(AT_ONCE) {
            found.extend(some.iter().copied().filter(|item| self.is_subject(*item)));
            if depth > 1 {
                let types = match some.len() {
                    0..FEW => some.iter().map(|item| self.heap.type_of(*item).ok()).collect(),
                    _ => self.heap.types_of(some),
                };
                for (item, class) in some.iter().copied().zip(types) {
                    if let Some(class) = class.filter(|class| self.is_of_containers(*class)) {
                        found.extend(self.subjects_within(item, class, depth - 1).iter());
                    }
                }
            }
        }
        let found = if found.is_empty() { Rc::clone(&self.nothing) } else { found.into_iter().collect() };
        if items.len() >= WORTH_REMEMBERING {
            self.searched.insert((container, depth), Rc::clone(&found));
        }
        found
    }

    /// The items of a container, unless they are too many.
    fn searchable_items(&mut self, container: Address, class: Address) -> Vec<Address> {
        if self.items_left > 0
            && let Ok(items) = self.items_of(container, class)
        {
            match self.items_left.checked_sub(items.len()) {
                Some(left) if items.len() <= LARGEST_CONTAINER => {
                    self.items_left = left;
                    return items;
                }
                // Reading it was work, too.
                left => self.items_left = left.unwrap_or(0),
            }
        } else if self.items_left > 0 {
            return Vec::new();
        }
        self.found.too_large += 1;
        Vec::new()
    }

    /// What the variables and the stack of a frame that runs or waits hold.
    fn frame(&mut self, frame: &Frame, running: bool) {
        let Ok((mut slots, count)) = self.heap.frame_values(frame) else { return };
        for value in slots.drain(count.min(slots.len())..).flatten() {
            self.as_completed(value, frame);
            let held = self.subjects_in(value);
            if !held.is_empty() {
                let owner = Owner::FrameStack { function: self.function_of(frame) };
                held.iter().for_each(|coroutine| self.own(Some(*coroutine), &owner));
            }
        }
        if !self.found.deques.is_empty() {
            self.queues(frame, &slots);
        }
        let mut names = None;
        for (index, value) in slots.into_iter().enumerate() {
            let Some(value) = value else { continue };
            self.as_completed(value, frame);
            let direct = self.is_subject(value);
            let held = self.subjects_in(value);
            if held.is_empty() {
                continue;
            }
            let slot = names
                .get_or_insert_with(|| {
                    self.heap.code(frame.code).and_then(|code| self.heap.code_slots(&code)).unwrap_or_default()
                })
                .get(index)
                .cloned();
            let (name, kind) =
                slot.map_or_else(|| (format!("#{index}"), SlotKind::Free), |slot| (slot.name, slot.kind));
            let function = self.function_of(frame);
            let used = kind != SlotKind::Local || self.heap.may_read_slot_again(frame, index).unwrap_or(true);
            for coroutine in held.iter().copied() {
                if used {
                    self.own(Some(coroutine), &Owner::Variable { name: name.clone(), function: function.clone() });
                } else if direct {
                    let found = FoundDeadEnd {
                        dead_end: DeadEnd::UnusedVariable { name: name.clone(), function: function.clone() },
                        frame: (frame.address, self.heap.frame_offset(frame).unwrap_or(-1)),
                        running,
                    };
                    let known = self.found.dead_ends.entry(coroutine).or_default();
                    // The frame of a running coroutine is met twice: among the generators, and in its thread.
                    if !known.contains(&found) {
                        known.push(found);
                    }
                }
            }
        }
    }

    /// What an `_AsCompletedIterator` that a frame has will hand out (3.13+): the done ones in its queue, and the others.
    fn as_completed(&mut self, iterator: Address, frame: &Frame) {
        if self.futures.failed.is_empty() {
            return;
        }
        let Ok(class) = self.heap.type_of(iterator) else { return };
        if self.places.iter().any(|place| place.asyncio.as_completed_type == Some(class)) {
            let entries = self.heap.instance_entries(iterator).unwrap_or_default();
            self.handed_out(entries.into_iter().map(|(_, value)| value).collect(), frame);
        }
    }

    /// The same of the generator that `as_completed()` is before: it has them in its cells.
    fn as_completed_generator(&mut self, generator: &Generator) {
        let Some(frame) = generator.frame else { return };
        if self.function_of(&frame) != "as_completed" {
            return;
        }
        let slots = self.heap.frame_slots(&frame).unwrap_or_default();
        let is_cell = |value: &Address| self.heap.type_of(*value).ok() == self.heap.known().cell;
        let cells = slots.into_iter().flatten().filter(is_cell);
        let held = cells.filter_map(|cell| self.heap.cell_contents(cell).ok().flatten()).collect();
        self.handed_out(held, &frame);
    }

    /// Owns the futures in containers and queues of an `as_completed()`.
    fn handed_out(&mut self, held: Vec<Address>, frame: &Frame) {
        let owner = Owner::FrameStack { function: self.function_of(frame) };
        for value in held {
            let queued = if self.is_queue(value) { self.heap.attribute(value, "_queue").ok().flatten() } else { None };
            for future in self.subjects_in(queued.unwrap_or(value)).iter() {
                self.own(Some(*future), &owner);
            }
        }
    }

    /// Queues that a frame takes from: in a variable, or an attribute of its `self`. What is in them will be taken out, however long
    /// the piece of work takes that is being done now. Who only puts into a queue, or made it, will not empty it.
    fn queues(&mut self, frame: &Frame, slots: &[Option<Address>]) {
        /// How items are taken: the methods of `asyncio.Queue` and `queue.Queue`.
        const TAKERS: [&str; 2] = ["get", "get_nowait"];
        let takes = self.heap.code(frame.code).and_then(|code| self.heap.code_names(&code));
        if !takes.is_ok_and(|names| names.iter().any(|name| TAKERS.contains(&name.as_str()))) {
            return;
        }
        let Ok(names) = self.heap.code(frame.code).and_then(|code| self.heap.code_slots(&code)) else { return };
        for (index, (slot, value)) in names.iter().zip(slots).enumerate() {
            let Some(value) = *value else { continue };
            let is_queue = self.is_queue(value);
            if (!is_queue && slot.name != "self") || !self.heap.may_read_slot_again(frame, index).unwrap_or(true) {
                continue;
            }
            let deques = if is_queue { self.deque_of(value).into_iter().collect() } else { self.queues_of_self(value) };
            let items: Vec<Address> =
                deques.iter().filter_map(|deque| self.found.deques.get(deque)).flatten().copied().collect();
            if !items.is_empty() {
                let owner = Owner::Variable { name: slot.name.clone(), function: self.function_of(frame) };
                items.into_iter().for_each(|item| self.own(Some(item), &owner));
            }
        }
    }

    /// The deques behind the queues among an instance's attributes. Thousands of tasks may share the instance.
    fn queues_of_self(&mut self, instance: Address) -> Vec<Address> {
        if let Some(known) = self.queues_of_instances.get(&instance) {
            return known.clone();
        }
        let entries = self.heap.instance_entries(instance).unwrap_or_default();
        let queues = entries.into_iter().map(|(_, value)| value).filter(|value| self.is_queue(*value));
        let deques: Vec<Address> = queues.filter_map(|queue| self.deque_of(queue)).collect();
        self.queues_of_instances.insert(instance, deques.clone());
        deques
    }

    /// `asyncio.Queue`, `queue.Queue`, and what calls itself a queue.
    fn is_queue(&self, object: Address) -> bool {
        self.heap.type_info_of(object).is_ok_and(|class| class.name.ends_with("Queue"))
    }

    /// The deque in which a queue keeps its items: `_queue` (asyncio) or `queue`.
    fn deque_of(&self, queue: Address) -> Option<Address> {
        let items = ["_queue", "queue"].into_iter().find_map(|name| self.heap.attribute(queue, name).ok().flatten())?;
        self.found.deques.contains_key(&items).then_some(items)
    }

    /// What a coroutine that was never started has as arguments will not be awaited before that one is.
    fn arguments(&mut self, outer: Address, frame: &Frame) {
        let Ok(slots) = self.heap.frame_slots(frame) else { return };
        for value in slots.into_iter().flatten() {
            for inner in self.subjects_in(value).iter().copied() {
                if inner != outer {
                    self.own(Some(inner), &Owner::Unawaited { outer });
                }
            }
        }
    }

    fn function_of(&self, frame: &Frame) -> String {
        self.heap
            .code(frame.code)
            .and_then(|code| self.heap.code_qualname(&code))
            .unwrap_or_else(|_| "<unreadable>".to_owned())
    }
}
