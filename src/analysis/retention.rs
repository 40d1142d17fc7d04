//! Who holds an object: paths from a root of the heap to it.
//!
//! A root is held by no other object that matters: a module, a frame that runs, a task, an event loop. What is on no path from a root is
//! garbage, which lives until the collector comes by. References that do not count (weak ones) are no part of a path.

use crate::heap::references::Edge;
use crate::memory::Address;
use rustc_hash::{FxHashMap, FxHashSet};

/// Where a path begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Root {
    /// A module that `sys.modules` has.
    Module(Address),
    /// A frame on the stack of a thread. The first step's holder is the frame, which is no object from 3.11 on.
    Frame {
        /// The thread state.
        thread: Address,
    },
    /// A task that its loop will go on with.
    Task(Address),
    /// An event loop that runs.
    Loop(Address),
    /// A thread state: its context, the exception it handles, its thread-local values.
    Thread(Address),
    /// A class that the interpreter made, or that is reached from nowhere else.
    Class(Address),
    /// An interpreter: what it keeps for itself.
    Interpreter(Address),
    /// A word of memory that belongs to no object: a variable of C code, its stack, a structure of an extension.
    Memory(Address),
}

/// One step of a path: how an object holds the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Step {
    /// The object that holds (of [`Root::Frame`], the frame).
    pub holder: Address,
    /// How it holds the holder of the next step, or at the last step the object in question.
    pub edge: Edge,
}

/// One way on which an object is held, root first. Without steps, the root itself is the holder.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path {
    /// Where it begins.
    pub root: Root,
    /// From the root to the object.
    pub steps: Vec<Step>,
}

/// What is known of who holds what, gathered from the held to the holders.
#[derive(Debug, Clone, Default)]
pub struct Holders {
    links: FxHashMap<Address, Vec<Step>>,
    /// Objects of which all holders were looked for.
    explored: FxHashSet<Address>,
}

impl Holders {
    /// Notes that the holder of this step holds `held`. The same step is noted once.
    pub fn add(&mut self, held: Address, step: Step) {
        let links = self.links.entry(held).or_default();
        if !links.contains(&step) {
            links.push(step);
        }
    }

    /// Notes that all holders of these objects have been looked for.
    pub fn explored(&mut self, objects: impl IntoIterator<Item = Address>) {
        self.explored.extend(objects);
    }

    /// Whether all holders of an object have been looked for.
    #[must_use]
    pub fn is_explored(&self, object: Address) -> bool {
        self.explored.contains(&object)
    }

    /// Who holds an object, as far as is known.
    #[must_use]
    pub fn of(&self, object: Address) -> &[Step] {
        self.links.get(&object).map_or(&[], Vec::as_slice)
    }

    /// The objects on the ways back from `targets` whose holders nobody looked for yet, nearest first, at most `most`. What `is_end` is not gone behind.
    pub fn frontier(
        &self,
        targets: impl IntoIterator<Item = Address>,
        is_end: impl Fn(Address) -> bool,
        most: usize,
    ) -> Vec<Address> {
        let mut seen: FxHashSet<Address> = FxHashSet::default();
        let mut queue: Vec<Address> = targets.into_iter().filter(|target| seen.insert(*target)).collect();
        let mut frontier = Vec::new();
        let mut next = 0;
        while let Some(object) = queue.get(next).copied() {
            next += 1;
            if !self.explored.contains(&object) {
                frontier.push(object);
                if frontier.len() >= most {
                    break;
                }
            }
            for step in self.of(object) {
                if !is_end(step.holder) && seen.insert(step.holder) {
                    queue.push(step.holder);
                }
            }
        }
        frontier
    }

    /// Paths to `target`, shortest first, at most `most` of them, each with another step at the end or the beginning. `end` gives the path from a root to an
    /// object that is one, or that is known to be reached from one; the ways back are not followed further than `deepest` steps.
    pub fn paths(
        &self,
        target: Address,
        most: usize,
        deepest: usize,
        end: impl Fn(Address) -> Option<Path>,
    ) -> Vec<Path> {
        struct Node {
            object: Address,
            /// The step that led here, and the node it came from: what its holder holds.
            held_by_this: Option<(Step, usize)>,
            depth: usize,
        }
        let mut nodes = vec![Node { object: target, held_by_this: None, depth: 0 }];
        let mut seen = FxHashSet::from_iter([target]);
        let mut paths = Vec::new();
        let mut next = 0;
        while next < nodes.len() && paths.len() < most {
            let Some(node) = nodes.get(next) else { break };
            if let Some(mut path) = end(node.object) {
                let mut at = node;
                while let Some((step, held)) = &at.held_by_this {
                    path.steps.push(*step);
                    let Some(held) = nodes.get(*held) else { break };
                    at = held;
                }
                paths.push(path);
            } else if node.depth < deepest {
                let depth = node.depth + 1;
                for step in self.of(node.object) {
                    // Where a path ends another one may end, too.
                    if seen.insert(step.holder) || end(step.holder).is_some() {
                        nodes.push(Node { object: step.holder, held_by_this: Some((*step, next)), depth });
                    }
                }
            }
            next += 1;
        }
        paths
    }

    /// All objects that an end is known to lead to, over any number of steps.
    #[must_use]
    pub fn reached_from(&self, is_end: impl Fn(Address) -> bool) -> FxHashSet<Address> {
        let mut held_by: FxHashMap<Address, Vec<Address>> = FxHashMap::default();
        for (held, steps) in &self.links {
            for step in steps {
                held_by.entry(step.holder).or_default().push(*held);
            }
        }
        let mut reached = FxHashSet::default();
        let mut to_do: Vec<Address> = held_by.keys().copied().filter(|holder| is_end(*holder)).collect();
        while let Some(holder) = to_do.pop() {
            let held = held_by.get(&holder).into_iter().flatten();
            to_do.extend(held.copied().filter(|held| reached.insert(*held)));
        }
        reached
    }

    /// Everything that holds one of `targets`, over any number of steps, themselves included; `None` if some holders were not looked for.
    pub fn closure(&self, targets: impl IntoIterator<Item = Address>) -> Option<Vec<Address>> {
        let mut seen: FxHashSet<Address> = FxHashSet::default();
        let mut all: Vec<Address> = targets.into_iter().filter(|target| seen.insert(*target)).collect();
        let mut next = 0;
        while let Some(object) = all.get(next).copied() {
            next += 1;
            if !self.explored.contains(&object) {
                return None;
            }
            all.extend(self.of(object).iter().map(|step| step.holder).filter(|holder| seen.insert(*holder)));
        }
        Some(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(number: u64) -> Address {
        Address::new(number * 16)
    }

    fn step(holder: u64, item: u64) -> Step {
        Step { holder: at(holder), edge: Edge::Item(item) }
    }

    fn is_module(object: Address) -> Option<Path> {
        (object == at(1)).then(|| Path { root: Root::Module(object), steps: Vec::new() })
    }

    /// 1 (a module) → 2 → 3 → 4, and 5 ⇄ 6 → 4.
    fn holders() -> Holders {
        let mut holders = Holders::default();
        for (held, by) in
            [(4, step(3, 0)), (3, step(2, 7)), (2, step(1, 1)), (4, step(6, 2)), (6, step(5, 0)), (5, step(6, 1))]
        {
            holders.add(at(held), by);
        }
        holders
    }

    #[test]
    fn the_shortest_path_begins_at_the_root() {
        let paths = holders().paths(at(4), 5, 10, is_module);
        let expected = Path { root: Root::Module(at(1)), steps: vec![step(1, 1), step(2, 7), step(3, 0)] };
        assert_eq!(paths, [expected]);
        assert_eq!(holders().paths(at(4), 5, 2, is_module), [], "no further than asked");
        assert_eq!(holders().paths(at(6), 5, 10, is_module), [], "a circle ends");
    }

    #[test]
    fn each_end_gives_a_path() {
        let mut holders = holders();
        holders.add(at(4), step(1, 9));
        holders.add(at(6), step(8, 0));
        let end = |object: Address| {
            is_module(object)
                .or_else(|| (object == at(8)).then(|| Path { root: Root::Task(object), steps: Vec::new() }))
        };
        let paths = holders.paths(at(4), 5, 10, end);
        let roots: Vec<Root> = paths.iter().map(|path| path.root).collect();
        assert_eq!(roots, [Root::Module(at(1)), Root::Task(at(8)), Root::Module(at(1))], "nearest first");
        assert_eq!(holders.paths(at(4), 1, 10, end).len(), 1);
    }

    #[test]
    fn what_an_end_leads_to_is_reached() {
        let reached = holders().reached_from(|object| object == at(2));
        assert_eq!(reached, FxHashSet::from_iter([at(3), at(4)]));
        let in_circle = holders().reached_from(|object| object == at(5));
        assert_eq!(in_circle, FxHashSet::from_iter([at(4), at(5), at(6)]), "a circle ends");
        assert!(holders().reached_from(|_| false).is_empty());
    }

    #[test]
    fn the_frontier_is_what_nobody_looked_at() {
        let mut holders = holders();
        holders.explored([at(4), at(3), at(6)]);
        let end = |object| object == at(2);
        assert_eq!(holders.frontier([at(4)], end, 10), [at(5)]);
        assert_eq!(holders.frontier([at(4)], |_| false, 10), [at(2), at(5), at(1)]);
        assert_eq!(holders.frontier([at(4)], |_| false, 1), [at(2)]);
        assert_eq!(holders.closure([at(4)]), None);
        holders.explored([at(5)]);
        assert_eq!(holders.closure([at(6)]), Some(vec![at(6), at(5)]));
    }

    #[test]
    fn a_step_counts_once() {
        let mut holders = holders();
        holders.add(at(4), step(3, 0));
        assert_eq!(holders.of(at(4)), [step(3, 0), step(6, 2)]);
        assert_eq!(holders.of(at(99)), []);
    }
}
