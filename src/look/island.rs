//! Which tasks does nothing hold but weak references?
//!
//! asyncio's registries of tasks are weak (WeakSets up to 3.13, since then lists whose links do not count). A task that runs or is about to
//! run is held by its thread or its loop; one that waits is held by what it waits for, over a callback: a timer, a socket, another task. If that
//! future is known to nobody else, task, coroutine and future are an island, and the next run of the collector ends the task in the middle of
//! its work ("Task was destroyed but it is pending!").
//!
//! All tasks are asked at once: the part of the heap around them is read breadth first, each object once, and judged by
//! [`Part::held`](crate::analysis::island::Part::held). A level is fetched at a time: the objects lie all over memory.

use super::session::Place;
use crate::analysis::island::Part;
use crate::asyncio::{EventLoop, Task, TaskState};
use crate::heap::Heap;
use crate::heap::references::{Edge, References};
use crate::memory::Address;
use rustc_hash::{FxHashMap, FxHashSet};

/// Objects looked at for each task, on average, before the rest counts as outside.
const OBJECTS_PER_TASK: usize = 48;
/// Objects looked at for one task, when there are so many tasks that it is not its turn for more. One whose variables lead to half of the
/// heap takes nothing away from the others.
const OBJECTS_OF_ONE_TASK: usize = 256;
/// Objects looked at in any case.
const OBJECTS_AT_LEAST: usize = 10_000;
/// Objects looked at at most: a few hundred megabytes of references.
const OBJECTS_AT_MOST: usize = 2_000_000;
/// A container with more items than this counts as outside.
const LARGEST_CONTAINER: u64 = 100_000;
/// Bytes of an object that are read in most cases.
const WORTH_FETCHING: u64 = 96;
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

/// The pending tasks among `tasks`, and the objects among `others`, that nothing outside of their own island refers to, as far as
/// they `may_be_one`.
pub(super) fn islands(
    heap: &Heap<'_>,
    places: &[Place],
    tasks: &[Task],
    loops: &[EventLoop],
    others: &FxHashSet<Address>,
    may_be_one: impl Fn(Address) -> bool,
) -> FxHashSet<Address> {
    let pending = tasks.iter().filter(|task| task.state == TaskState::Pending && may_be_one(task.address));
    let pending: Vec<&Task> = pending.collect();
    if pending.is_empty() && !others.iter().any(|other| may_be_one(*other)) {
        return FxHashSet::default();
    }
    let types = Place::foreign_types(places);
    let references = References::new(heap, &types).limited_to(LARGEST_CONTAINER);
    let scheduled = scheduled(heap, &references, loops);
    let is_scheduled = |object: &Address| scheduled.contains(object);
    let in_question: Vec<Address> = pending
        .into_iter()
        // Most wait for a timer, or are about to run: their loop holds them.
        .filter(|task| !is_scheduled(&task.address) && !task.waiter.is_some_and(|waiter| is_scheduled(&waiter)))
        .map(|task| task.address)
        .chain(others.iter().copied().filter(|other| may_be_one(*other)))
        .collect();
    if in_question.is_empty() {
        return FxHashSet::default();
    }
    let mut survey = Survey {
        heap,
        references,
        outside: tasks.iter().filter_map(|task| task.event_loop).collect(),
        numbers: FxHashMap::default(),
        objects: Vec::new(),
        led_by: Vec::new(),
        left: vec![OBJECTS_OF_ONE_TASK.max(OBJECTS_AT_LEAST / in_question.len()); in_question.len()],
        part: Part::default(),
        limit: (in_question.len() * OBJECTS_PER_TASK).clamp(OBJECTS_AT_LEAST, OBJECTS_AT_MOST),
        found: Vec::new(),
    };
    in_question.iter().enumerate().for_each(|(number, task)| _ = survey.number(*task, number));
    let mut level = 0..survey.objects.len();
    while !level.is_empty() {
        let objects: Vec<Address> = survey.objects.get(level.clone()).unwrap_or_default().to_vec();
        heap.memory().prefetch(&mut objects.iter().map(|object| (*object, WORTH_FETCHING)));
        for (number, object) in level.clone().zip(objects) {
            survey.look_at(number, object);
        }
        level = level.end..survey.objects.len();
    }
    let held = survey.part.held();
    let is_held = |task: &Address| survey.numbers.get(task).and_then(|at| held.get(*at)).copied().unwrap_or(true);
    in_question.into_iter().filter(|task| !is_held(task)).collect()
}

/// What the loops are going to call, and what these calls are made from: the arguments, and the object whose method is called.
fn scheduled(heap: &Heap<'_>, references: &References<'_, '_>, loops: &[EventLoop]) -> FxHashSet<Address> {
    let known = heap.known();
    let direct: Vec<Address> = loops
        .iter()
        .flat_map(|event_loop| event_loop.ready.iter().chain(&event_loop.timers))
        .flat_map(|scheduled| scheduled.referents.iter().copied())
        .collect();
    heap.memory().prefetch(&mut direct.iter().map(|object| (*object, WORTH_FETCHING)));
    let mut found: FxHashSet<Address> = direct.iter().copied().collect();
    for object in direct {
        let class = heap.type_of(object).ok();
        if class.is_some() && [known.tuple, known.method, known.builtin_function].contains(&class) {
            // A tuple of arguments, or a method that is bound. Which of them it is called with does not matter.
            let _ = references.visit(object, &mut |_, target| _ = found.insert(target));
        }
    }
    found
}

struct Survey<'h, 'a> {
    heap: &'h Heap<'a>,
    references: References<'h, 'a>,
    /// Objects that are shared, and not looked through.
    outside: FxHashSet<Address>,
    numbers: FxHashMap<Address, usize>,
    objects: Vec<Address>,
    /// For each object, the number of the task that led to it first.
    led_by: Vec<usize>,
    /// For each task, how many objects it may lead to yet.
    left: Vec<usize>,
    part: Part,
    limit: usize,
    /// Targets of the object that is looked at: room that is used again.
    found: Vec<Address>,
}

impl Survey<'_, '_> {
    /// The number of an object in the part, which it becomes a member of if there is room. `task` leads to it.
    fn number(&mut self, object: Address, task: usize) -> Option<usize> {
        if let Some(number) = self.numbers.get(&object) {
            return Some(*number);
        }
        let left = self.left.get_mut(task).filter(|left| **left > 0)?;
        if self.objects.len() >= self.limit || self.outside.contains(&object) {
            return None;
        }
        *left -= 1;
        self.led_by.push(task);
        // Its count is read with the rest of it.
        let number = self.part.add(None);
        self.numbers.insert(object, number);
        self.objects.push(object);
        Some(number)
    }

    fn look_at(&mut self, number: usize, object: Address) {
        self.part.count(number, self.heap.exact_refcount(object).ok().flatten());
        let mut found = std::mem::take(&mut self.found);
        let known = self.references.visit(object, &mut |edge, target| {
            if !matches!(edge, Edge::Field(name) if SHARED.contains(&name)) {
                found.push(target);
            }
        });
        // What cannot be read, or is of an unknown type, refers to anything: none of it is subtracted.
        let task = self.led_by.get(number).copied().unwrap_or(0);
        for target in found.drain(..).filter(|_| known == Ok(true)) {
            if let Some(target) = self.number(target, task) {
                self.part.refer(number, target);
            }
        }
        self.found = found;
    }
}
