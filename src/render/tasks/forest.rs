//! The tasks as a forest: each stands once, under one task that waits for it.
//!
//! The graph of who awaits whom is no tree. A task may have several awaiters (a `shield()`, two `wait()`s), and in a deadlock the
//! awaiters form a circle. Each task gets one place; the other awaiters refer to it.

use rustc_hash::FxHashMap;

use crate::report::{Task, TaskState};

/// Tasks by their index in the order they were given.
#[derive(Debug, Default)]
pub(super) struct Forest {
    /// Tasks that stand under no other.
    pub(super) roots: Vec<usize>,
    /// The tasks that stand under each.
    pub(super) children: Vec<Vec<usize>>,
    /// The tasks each one waits for that stand somewhere else.
    pub(super) elsewhere: Vec<Vec<usize>>,
    /// Whether some other task, and whether more than one, waits for each.
    pub(super) awaited: Vec<bool>,
    pub(super) shared: Vec<bool>,
    /// Every task, those above before those below.
    pub(super) top_down: Vec<usize>,
    parent: Vec<Option<usize>>,
    /// When the way through the forest came to a task, and when it had been through all below it.
    span: Vec<(usize, usize)>,
}

impl Forest {
    /// The forest of these tasks, each of its lists in their order.
    pub(super) fn of(tasks: &[&Task]) -> Self {
        let awaiters = awaiters(tasks);
        let mut parent: Vec<Option<usize>> = awaiters
            .iter()
            .map(|awaiters| {
                // A task that has finished waits no more; it only has not been told yet.
                let alive = awaiters.iter().find(|&&awaiter| !is_finished(tasks[awaiter].state));
                alive.or(awaiters.first()).copied()
            })
            .collect();
        cut_circles(&mut parent);
        let mut forest = Self {
            children: vec![Vec::new(); tasks.len()],
            elsewhere: vec![Vec::new(); tasks.len()],
            awaited: awaiters.iter().map(|awaiters| !awaiters.is_empty()).collect(),
            shared: awaiters.iter().map(|awaiters| awaiters.len() > 1).collect(),
            parent,
            ..Self::default()
        };
        for (index, awaiters) in awaiters.iter().enumerate() {
            match forest.parent[index] {
                Some(parent) => forest.children[parent].push(index),
                None => forest.roots.push(index),
            }
            for &awaiter in awaiters.iter().filter(|awaiter| forest.parent[index] != Some(**awaiter)) {
                forest.elsewhere[awaiter].push(index);
            }
        }
        forest.go_through();
        forest
    }

    /// The task this one stands under.
    pub(super) fn parent(&self, index: usize) -> Option<usize> {
        self.parent[index]
    }

    /// Whether `upper` is `lower`, or stands above it.
    pub(super) fn is_above(&self, upper: usize, lower: usize) -> bool {
        let ((start, end), (at, _)) = (self.span[upper], self.span[lower]);
        start <= at && at < end
    }

    fn go_through(&mut self) {
        self.span = vec![(0, 0); self.children.len()];
        let mut way: Vec<(usize, usize)> = Vec::new();
        for &root in &self.roots {
            way.push((root, 0));
            while let Some((at, next)) = way.last_mut() {
                if *next == 0 {
                    self.span[*at].0 = self.top_down.len();
                    self.top_down.push(*at);
                }
                if let Some(&child) = self.children[*at].get(*next) {
                    *next += 1;
                    way.push((child, 0));
                } else {
                    self.span[*at].1 = self.top_down.len();
                    way.pop();
                }
            }
        }
    }
}

/// The tasks that wait for each task, each once, in order. Both sides of the graph are asked: they were read at different moments.
fn awaiters(tasks: &[&Task]) -> Vec<Vec<usize>> {
    let index: FxHashMap<_, _> = tasks.iter().enumerate().map(|(index, task)| (task.address, index)).collect();
    let mut awaiters = vec![Vec::new(); tasks.len()];
    for (at, task) in tasks.iter().enumerate() {
        awaiters[at].extend(task.awaited_by.iter().filter_map(|awaiter| index.get(awaiter)).copied());
        for awaited in task.waits_on.iter().flat_map(|waits_on| &waits_on.tasks) {
            if let Some(&awaited) = index.get(awaited) {
                awaiters[awaited].push(at);
            }
        }
    }
    for awaiters in &mut awaiters {
        awaiters.sort_unstable();
        awaiters.dedup();
    }
    awaiters
}

/// Makes a root of the first task of each circle.
fn cut_circles(parent: &mut [Option<usize>]) {
    // 0: not seen; else the number of the walk that came by.
    let mut walk_of = vec![0; parent.len()];
    for start in 0..parent.len() {
        let walk = start + 1;
        let mut at = Some(start);
        while let Some(index) = at.filter(|&index| walk_of[index] == 0) {
            walk_of[index] = walk;
            at = parent[index];
        }
        let Some(entry) = at.filter(|&index| walk_of[index] == walk) else { continue };
        let mut first = entry;
        let mut around = parent[entry];
        while let Some(index) = around.filter(|&index| index != entry) {
            first = first.min(index);
            around = parent[index];
        }
        parent[first] = None;
    }
}

/// Whether a task in this state has ended.
pub(super) fn is_finished(state: TaskState) -> bool {
    match state {
        TaskState::Pending | TaskState::Running => false,
        TaskState::Done | TaskState::Failed | TaskState::Cancelled => true,
    }
}
