//! Which tasks does nothing hold but weak references?
//!
//! asyncio's registries of tasks are weak (WeakSets up to 3.13, since then lists whose links do not count). A task that runs or is about to
//! run is held by its thread or its loop; one that waits is held by what it waits for, over a callback: a timer, a socket, another task. If that
//! future is known to nobody else, task, coroutine and future are an island, and the next run of the collector ends the task in the middle of
//! its work ("Task was destroyed but it is pending!").
//!
//! All tasks are asked at once: the part of the heap around them is read breadth first, each object once, and judged by
//! [`Part::held`](crate::analysis::island::Part::held).

use super::session::Place;
use crate::analysis::island::Part;
use crate::asyncio::{EventLoop, Task, TaskState};
use crate::heap::Heap;
use crate::heap::references::{Edge, References};
use crate::memory::Address;
use rustc_hash::{FxHashMap, FxHashSet};

/// Objects looked at for each task, on average, before the rest counts as outside.
const OBJECTS_PER_TASK: usize = 64;
/// Objects looked at in any case.
const OBJECTS_AT_LEAST: usize = 20_000;
/// Objects looked at at most: a few hundred megabytes of references.
const OBJECTS_AT_MOST: usize = 2_000_000;
/// A container with more items than this counts as outside.
const LARGEST_CONTAINER: u64 = 100_000;
/// References that lead to what a whole program shares: nothing behind them is a part of an island.
const SHARED: [&str; 12] = [
    "annotate",
    "annotations",
    "back",
    "builtins",
    "code",
    "globals",
    "handled exception type",
    "loop",
    "module",
    "name",
    "qualname",
    "type",
];

/// The pending tasks among `tasks`, and the objects among `others`, that nothing outside of their own island refers to.
pub(super) fn islands(
    heap: &Heap<'_>,
    places: &[Place],
    tasks: &[Task],
    loops: &[EventLoop],
    others: &FxHashSet<Address>,
) -> FxHashSet<Address> {
    let scheduled: FxHashSet<Address> = loops
        .iter()
        .flat_map(|event_loop| event_loop.ready.iter().chain(&event_loop.timers))
        .flat_map(|scheduled| scheduled.referents.iter().copied())
        .collect();
    let is_scheduled = |object: &Address| scheduled.contains(object);
    let in_question: Vec<Address> = tasks
        .iter()
        .filter(|task| task.state == TaskState::Pending)
        // Most wait for a timer, or are about to run: their loop holds them.
        .filter(|task| !is_scheduled(&task.address) && !task.waiter.is_some_and(|waiter| is_scheduled(&waiter)))
        .map(|task| task.address)
        .chain(others.iter().copied())
        .collect();
    if in_question.is_empty() {
        return FxHashSet::default();
    }
    let types = Place::foreign_types(places);
    let mut survey = Survey {
        heap,
        references: References::new(heap, &types).limited_to(LARGEST_CONTAINER),
        outside: tasks.iter().filter_map(|task| task.event_loop).collect(),
        numbers: FxHashMap::default(),
        objects: Vec::new(),
        part: Part::default(),
        limit: (in_question.len() * OBJECTS_PER_TASK).clamp(OBJECTS_AT_LEAST, OBJECTS_AT_MOST),
    };
    in_question.iter().for_each(|task| _ = survey.number(*task));
    let mut next = 0;
    while let Some(object) = survey.objects.get(next).copied() {
        survey.look_at(next, object);
        next += 1;
    }
    let held = survey.part.held();
    let is_held = |task: &Address| survey.numbers.get(task).and_then(|at| held.get(*at)).copied().unwrap_or(true);
    in_question.into_iter().filter(|task| !is_held(task)).collect()
}

struct Survey<'h, 'a> {
    heap: &'h Heap<'a>,
    references: References<'h, 'a>,
    /// Objects that are shared, and not looked through.
    outside: FxHashSet<Address>,
    numbers: FxHashMap<Address, usize>,
    objects: Vec<Address>,
    part: Part,
    limit: usize,
}

impl Survey<'_, '_> {
    /// The number of an object in the part, which it becomes a member of if there is room.
    fn number(&mut self, object: Address) -> Option<usize> {
        if let Some(number) = self.numbers.get(&object) {
            return Some(*number);
        }
        if self.objects.len() >= self.limit || self.outside.contains(&object) {
            return None;
        }
        let number = self.part.add(self.heap.exact_refcount(object).ok().flatten());
        self.numbers.insert(object, number);
        self.objects.push(object);
        Some(number)
    }

    fn look_at(&mut self, number: usize, object: Address) {
        let mut found = Vec::new();
        let known = self.references.visit(object, &mut |edge, target| {
            if !matches!(edge, Edge::Field(name) if SHARED.contains(&name)) {
                found.push(target);
            }
        });
        // What cannot be read, or is of an unknown type, refers to anything: none of it is subtracted.
        if known != Ok(true) {
            return;
        }
        for target in found {
            if let Some(target) = self.number(target) {
                self.part.refer(number, target);
            }
        }
    }
}
