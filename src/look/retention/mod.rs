//! Who holds these objects: paths from the roots of the heap to them.
//!
//! From both sides. Forward from the roots ([`roots`]), breadth first and as far as is cheap: what a leak is kept in is seldom far from a
//! module. Backward from what was not met on the way ([`pass`]), by sweeps over all memory: one for all objects together, each a step further back,
//! until they meet what the roots were found to lead to. What nothing leads to is garbage.
//!
//! The target runs meanwhile. So each path that is told is walked once more at the end, on fresh memory.

mod buffers;
mod extent;
mod pass;
mod reached;
mod roots;
mod words;

pub(super) use reached::Reached;
pub(super) use roots::{Limits, reach};
pub(super) use words::{Speaker, Words, fold};

use super::collect::sweepers;
use super::observe::{Observation, Skips};
use super::session::{Place, Session};
use crate::analysis::island::Part;
use crate::analysis::retention::{Holders, Path, Root, Step};
use crate::error::Result;
use crate::heap::references::{Edge, References};
use crate::heap::{Heap, TypeFlags};
use crate::memory::{Address, Pages, Stoppable, WhenFull};
use buffers::Families;
use extent::Extent;
use pass::Search;
use rustc_hash::{FxHashMap, FxHashSet};

/// Steps back from an object that are followed.
const DEEPEST: usize = 64;
/// Objects whose holders are looked for in one sweep.
const MOST_AT_ONCE: usize = 1 << 20;
/// Objects of which it is asked one by one whether nothing reaches them.
const MOST_ALONE: usize = 1000;

/// How far to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Depth {
    /// Paths to each object.
    pub(super) paths: usize,
    /// Whether all holders of an object are looked for, or only until the first path to it is found.
    pub(super) all: bool,
    /// Sweeps over all memory at most.
    pub(super) sweeps: usize,
    /// How far the forward search goes.
    pub(super) forward: Limits,
}

/// What was found about one object.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Holding {
    /// Paths to it, the best first.
    pub(super) paths: Vec<Path>,
    /// References to it that were found in objects; all there are, unless the search ended sooner.
    pub(super) direct: Vec<Step>,
    /// Whether all its holders were looked for.
    pub(super) complete: bool,
    /// No root leads to it: it waits for the collector.
    pub(super) garbage: bool,
    /// Words that point to it and belong to no object that is known: C structures, stacks, what is left of freed memory.
    pub(super) loose: Vec<Address>,
}

/// Finds out who holds `targets`.
///
/// # Errors
/// When the target has ended, or nobody wants the result any more.
pub(super) fn retention(
    session: &Session,
    observation: &Observation,
    targets: &[Address],
    depth: &Depth,
    skips: &mut Skips,
) -> Result<FxHashMap<Address, Holding>> {
    let pages = Pages::new(&session.memory, Pages::PICTURE_PAGE, session.budget.remembered(), WhenFull::Forget);
    let stop = || session.should_stop();
    let memory = Stoppable::new(&pages, &stop);
    let heap = session.heap(&memory);
    let types = Place::foreign_types(&observation.places);
    let references = References::new(&heap, &types);
    let wanted: FxHashSet<Address> = if depth.all { FxHashSet::default() } else { targets.iter().copied().collect() };
    let forward = Limits { objects: depth.forward.objects.min(session.budget.reached()), ..depth.forward };
    let reached = reach(&heap, &references, observation, &forward, &wanted, &stop);
    session.check()?;
    let missing: Vec<Address> =
        targets.iter().copied().filter(|target| depth.all || !reached.contains(*target)).collect();
    let mut found = Found {
        reached: &reached,
        holders: Holders::default(),
        heap: &heap,
        loose: FxHashMap::default(),
        complete: true,
    };
    if !missing.is_empty() {
        let extent = Extent::find(session)?;
        let families = Families::find(&heap, &observation.places);
        let mut search = Search::new(session, &heap, &references, families, extent, sweepers());
        let mut sweeps = 0;
        loop {
            let frontier = found.frontier(&search.holders, &missing, depth.all);
            if frontier.is_empty() && !search.has_raw() {
                break;
            }
            if sweeps == depth.sweeps {
                found.complete = false;
                break;
            }
            search.pass(&frontier)?;
            sweeps += 1;
        }
        skips.add("references", "more than are remembered", search.passed_over);
        found.loose = search.loose;
        found.holders = search.holders;
    }
    let mut held: FxHashMap<Address, Holding> =
        targets.iter().map(|target| (*target, found.held(*target, depth.paths))).collect();
    let garbage = found
        .garbage(targets.iter().copied().filter(|target| held.get(target).is_some_and(|held| held.paths.is_empty())));
    for target in garbage {
        if let Some(held) = held.get_mut(&target) {
            held.garbage = true;
        }
    }
    confirm(session, observation, &mut held)?;
    Ok(held)
}

/// What both searches found.
struct Found<'r, 'h> {
    reached: &'r Reached,
    holders: Holders,
    heap: &'r Heap<'h>,
    loose: FxHashMap<Address, Vec<Address>>,
    complete: bool,
}

impl Found<'_, '_> {
    /// The objects whose holders have to be looked for next: those of targets that no path is known to yet.
    fn frontier(&self, holders: &Holders, missing: &[Address], all: bool) -> Vec<Address> {
        let is_end = |object: Address| self.reached.contains(object);
        let reached = if all { FxHashSet::default() } else { holders.reached_from(is_end) };
        holders.frontier(missing.iter().copied().filter(|target| !reached.contains(target)), is_end, MOST_AT_ONCE)
    }

    /// The path to an object that the roots lead to.
    fn end(&self, object: Address) -> Option<Path> {
        self.reached.path_to(object)
    }

    /// A class is held by its instances, too: whoever comes to one has come far enough.
    fn end_in_class(&self, object: Address) -> Option<Path> {
        let is_class = self.heap.is_a(object, TypeFlags::TYPE);
        is_class.then(|| Path { root: Root::Class(object), steps: Vec::new() })
    }

    /// The end of a path in memory that belongs to no object: where a word points to an object of which not all references were found
    /// in objects. Freed memory is full of such words, so that they are believed only if there has to be one.
    fn end_in_memory(&self, object: Address) -> Option<Path> {
        let at = *self.loose.get(&object)?.first()?;
        let count = self.heap.exact_refcount(object).ok()??;
        let has_more = self.holders.is_explored(object) && count > self.holders.of(object).len() as u64;
        has_more.then(|| Path { root: Root::Memory(at), steps: Vec::new() })
    }

    fn held(&self, target: Address, most: usize) -> Holding {
        let mut paths = self.holders.paths(target, most, DEEPEST, |object| {
            // Of the object itself all ways are wanted that the sweeps found, too.
            self.end(object).filter(|_| object != target)
        });
        if paths.is_empty() && !self.reached.contains(target) {
            let last_resort = |object| self.end_in_class(object).or_else(|| self.end_in_memory(object));
            paths = self.holders.paths(target, most, DEEPEST, last_resort);
        }
        if let Some(path) = self.reached.path_to(target).filter(|path| !paths.contains(path)) {
            paths.insert(0, path);
            paths.truncate(most);
        }
        Holding {
            paths,
            direct: self.holders.of(target).to_vec(),
            complete: self.complete && self.holders.is_explored(target),
            garbage: false,
            loose: self.loose.get(&target).cloned().unwrap_or_default(),
        }
    }

    /// Those of these objects that no path leads to, because there is none: counts and references of everything that holds them
    /// agree that nothing else does.
    fn garbage(&self, unreached: impl Iterator<Item = Address>) -> FxHashSet<Address> {
        let unreached: Vec<Address> = unreached.collect();
        if let Some(all) = self.holders.closure(unreached.iter().copied()) {
            return self.unheld(&all, &unreached);
        }
        // Of some, not all holders were looked for: that says nothing about the others.
        let alone = unreached.iter().take(MOST_ALONE);
        alone
            .flat_map(|one| self.holders.closure([*one]).map(|all| self.unheld(&all, &[*one])).unwrap_or_default())
            .collect()
    }

    /// Those of `objects` that nothing outside of `all` holds.
    fn unheld(&self, all: &[Address], objects: &[Address]) -> FxHashSet<Address> {
        let mut part = Part::default();
        // What was freed and goes on reading like an object holds nothing, whatever its count.
        let count = |object| {
            let is_there = self.heap.looks_like_object(object);
            is_there.then(|| self.heap.exact_refcount(object).ok().flatten()).flatten()
        };
        let numbers: FxHashMap<Address, usize> = all.iter().map(|object| (*object, part.add(count(*object)))).collect();
        for (held, number) in &numbers {
            for step in self.holders.of(*held) {
                if let Some(holder) = numbers.get(&step.holder) {
                    part.refer(*holder, *number);
                }
            }
        }
        let held = part.held();
        let is_held = |object: &Address| numbers.get(object).and_then(|at| held.get(*at)).copied().unwrap_or(true);
        objects.iter().copied().filter(|object| !is_held(object)).collect()
    }
}

/// Walks the paths once more on fresh memory, and drops those that are not there any more. What is garbage has to have the same holders
/// still, as many as count: in a program that is at work another object may lie there by now.
///
/// # Errors
/// When nobody wants the result any more.
pub(super) fn confirm(
    session: &Session,
    observation: &Observation,
    held: &mut FxHashMap<Address, Holding>,
) -> Result<()> {
    // Each holder is asked once, however many paths lead through it.
    let mut expected: FxHashMap<Address, FxHashSet<Address>> = FxHashMap::default();
    for (target, held) in held.iter() {
        for path in &held.paths {
            for (step, next) in links(path, *target) {
                expected.entry(step.holder).or_default().insert(next);
            }
        }
        for step in held.direct.iter().filter(|_| held.garbage) {
            expected.entry(step.holder).or_default().insert(*target);
        }
    }
    let mut counts: FxHashMap<Address, Option<u64>> = FxHashMap::default();
    // Remains of objects: they go on referring to what they held.
    let mut remains: FxHashSet<Address> = FxHashSet::default();
    let mut there: FxHashMap<(Address, Address), Vec<Edge>> = FxHashMap::default();
    with_fresh(session, observation, |heap, references| {
        for (target, held) in held.iter().filter(|(_, held)| held.garbage) {
            counts.insert(*target, heap.exact_refcount(*target).ok().flatten());
            let holders = held.direct.iter().map(|step| step.holder);
            remains.extend(holders.filter(|holder| !heap.looks_like_object(*holder)));
        }
        for (holder, held) in &expected {
            let _ = references.visit_or_guess(*holder, &mut |edge, target| {
                if held.contains(&target) {
                    there.entry((*holder, target)).or_default().push(edge);
                }
            });
        }
    })?;
    for (target, held) in held.iter_mut() {
        if held.garbage {
            let holders: FxHashSet<Address> = held.direct.iter().map(|step| step.holder).collect();
            let found = holders.difference(&remains).filter_map(|holder| there.get(&(*holder, *target)));
            let found = found.map(|edges| edges.len() as u64).sum();
            held.garbage = found > 0 && counts.get(target) == Some(&Some(found));
        }
        held.paths.retain_mut(|path| {
            let now: Option<Vec<Edge>> =
                links(path, *target).map(|(step, next)| still(step.edge, there.get(&(step.holder, next))?)).collect();
            let Some(now) = now else { return false };
            let confirmed = path.steps.iter_mut().skip(unconfirmed(path.root)).filter(|step| is_reference(step));
            confirmed.zip(now).for_each(|(step, edge)| step.edge = edge);
            true
        });
    }
    Ok(())
}

/// Those of `objects` that one of `holders` refers to now.
///
/// # Errors
/// When nobody wants the result any more.
pub(super) fn held_by(
    session: &Session,
    observation: &Observation,
    holders: &FxHashSet<Address>,
    objects: &FxHashSet<Address>,
) -> Result<FxHashSet<Address>> {
    let mut held = FxHashSet::default();
    if objects.is_empty() {
        return Ok(held);
    }
    with_fresh(session, observation, |_, references| {
        for holder in holders {
            let _ = references.visit(*holder, &mut |_, target| {
                if objects.contains(&target) {
                    held.insert(target);
                }
            });
        }
    })?;
    Ok(held)
}

/// Lets references be read on memory of which nothing is remembered yet; whoever stops the look stops that.
fn with_fresh(
    session: &Session,
    observation: &Observation,
    ask: impl FnOnce(&Heap<'_>, &References<'_, '_>),
) -> Result<()> {
    let pages = Pages::new(&session.memory, Pages::PICTURE_PAGE, session.budget.remembered(), WhenFull::Forget);
    let stop = || session.should_stop();
    let memory = Stoppable::new(&pages, &stop);
    let heap = session.heap(&memory);
    ask(&heap, &References::new(&heap, &Place::foreign_types(&observation.places)));
    session.check()
}

/// The same edge among those that are there now: items of a list move up when others leave.
fn still(edge: Edge, now: &[Edge]) -> Option<Edge> {
    let same_kind = |other: &&Edge| std::mem::discriminant(*other) == std::mem::discriminant(&edge);
    let moves = matches!(edge, Edge::Item(_) | Edge::Stack(_));
    now.iter().find(|other| **other == edge).or_else(|| now.iter().filter(|_| moves).find(same_kind)).copied()
}

/// How many steps from a root begin at what is no object – a frame on a thread's stack, a thread, an interpreter – and are not asked again.
fn unconfirmed(root: Root) -> usize {
    usize::from(matches!(root, Root::Frame { .. } | Root::Thread(_) | Root::Interpreter(_) | Root::Loop(_)))
}

/// Whether a step is a reference that its holder tells of: what the class of an instance is, it does not.
fn is_reference(step: &Step) -> bool {
    step.edge != Edge::Field("class")
}

/// The steps of a path that are asked again, each with what it leads to.
fn links(path: &Path, target: Address) -> impl Iterator<Item = (Step, Address)> + '_ {
    let behind = path.steps.iter().skip(1).map(|step| step.holder).chain([target]);
    path.steps.iter().copied().zip(behind).skip(unconfirmed(path.root)).filter(|(step, _)| is_reference(step))
}
