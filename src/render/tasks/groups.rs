//! Tasks that stand at the same place, told together: thousands of tasks are mostly a few kinds of tasks.

use rustc_hash::FxHashMap;

use super::forest::Forest;
use crate::report::{Awaited, Frame, HexAddress, Task, TaskState};

/// Where a task stands, and in which state. Names and what the time has to do with are left out.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Place<'a> {
    event_loop: Option<HexAddress>,
    state: TaskState,
    started: Option<bool>,
    qualname: Option<&'a str>,
    stack: &'a [Frame],
    waits_on: Option<Awaited>,
    exception: Option<&'a str>,
}

impl<'a> Place<'a> {
    /// The place of this task.
    pub(super) fn of(task: &'a Task) -> Self {
        Self {
            event_loop: task.event_loop,
            state: task.state,
            started: task.started,
            qualname: task.qualname.as_deref(),
            stack: &task.stack,
            waits_on: task.waits_on.as_ref().map(|waits_on| waits_on.what),
            exception: task.exception.as_ref().map(|exception| exception.type_name.as_str()),
        }
    }
}

/// For each task a number that it shares with those that look like it, all that stands under them included. How *many* equal tasks stand
/// under each makes no difference: requests that wait for two and for three equal queries are of one kind.
pub(super) fn shapes(tasks: &[&Task], forest: &Forest, visible: &[bool], selected: &[bool]) -> Vec<usize> {
    /// A task that several wait for looks like no other.
    #[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
    enum Below {
        Shape(usize),
        Shared(usize),
    }
    let mut places: FxHashMap<Place<'_>, usize> = FxHashMap::default();
    let mut known: FxHashMap<(usize, bool, Vec<Below>), usize> = FxHashMap::default();
    let mut shapes = vec![0; tasks.len()];
    for &index in forest.top_down.iter().rev().filter(|&&index| visible[index]) {
        let next = places.len();
        let place = *places.entry(Place::of(tasks[index])).or_insert(next);
        let below =
            |&child: &usize| if forest.shared[child] { Below::Shared(child) } else { Below::Shape(shapes[child]) };
        let of = |indices: &[usize]| indices.iter().filter(|&&child| visible[child]).map(below).collect::<Vec<_>>();
        let mut all = of(&forest.children[index]);
        all.append(&mut of(&forest.elsewhere[index]));
        all.sort_unstable();
        all.dedup();
        let next = known.len();
        shapes[index] = *known.entry((place, selected[index], all)).or_insert(next);
    }
    shapes
}

/// These tasks in groups of equal shape, in the order of the first of each.
pub(super) fn by_shape(tasks: impl IntoIterator<Item = usize>, shapes: &[usize]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut group_of = FxHashMap::default();
    for task in tasks {
        let group = *group_of.entry(shapes[task]).or_insert(groups.len());
        match groups.get_mut(group) {
            Some(group) => group.push(task),
            None => groups.push(vec![task]),
        }
    }
    groups
}
