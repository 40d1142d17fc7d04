//! Who keeps what may be leaked, as the look asks it: found while it waits for the second sighting, and asked once more behind it.
//!
//! What holds a coroutine is evidence. If nothing reaches it, nothing will ever await it; if all that has it is a frame that has ended, or a log
//! record, nothing will either; and if others have left its container meanwhile, somebody works through that container.

use super::observe::Skips;
use super::retention::{Depth, Holding, Limits, confirm, held_by, retention};
use super::session::Session;
use super::{Sighting, unowned, unowned_lost};
use crate::analysis::facts::Remains;
use crate::analysis::retention::{Path, Root, Step};
use crate::error::Result;
use crate::heap::Heap;
use crate::heap::references::Edge;
use crate::memory::{Address, Stoppable};
use rustc_hash::{FxHashMap, FxHashSet};

/// Objects whose holders are asked for: the rest is counted only.
const MOST_OBJECTS: usize = 200_000;
/// Steps back from an object over which it is judged what kind of thing has it.
const NEAREST: usize = 4;

/// Levels of holders that are swept for.
const MOST_SWEEPS: usize = 8;

/// Who keeps what may be leaked.
#[derive(Debug, Default)]
pub(super) struct Keeping {
    held: FxHashMap<Address, Holding>,
    remains: FxHashMap<Address, Remains>,
    /// What was asked for after it was seen, and not seen since: nothing may have it because it is going just now.
    new: FxHashSet<Address>,
    /// Containers that had something that was started or dropped since.
    left: FxHashSet<Address>,
    /// What was in a container, and is not any more.
    taken: FxHashSet<Address>,
}

impl Keeping {
    /// Finds who keeps what nobody owns.
    ///
    /// # Errors
    /// When the target has ended, or nobody wants the result any more.
    pub(super) fn find(session: &Session, sighting: &Sighting, skips: &mut Skips) -> Result<Self> {
        let created = unowned(sighting).map(|generator| generator.address);
        let targets = created.chain(unowned_lost(sighting).map(|subject| subject.address)).collect();
        Self::find_for(session, sighting, targets, skips)
    }

    /// Finds who keeps these.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub(super) fn find_for(
        session: &Session,
        sighting: &Sighting,
        mut targets: Vec<Address>,
        skips: &mut Skips,
    ) -> Result<Self> {
        targets.sort_unstable();
        let omitted = targets.len().saturating_sub(MOST_OBJECTS);
        skips.add("objects that may be leaked", "too many to ask for all of their holders", omitted as u64);
        targets.truncate(MOST_OBJECTS);
        if targets.is_empty() {
            return Ok(Self::default());
        }
        // For a report one path to each object is enough.
        let forward = Limits::near_roots(session.target.rss_bytes());
        let depth = Depth { paths: 1, all: false, sweeps: MOST_SWEEPS, forward };
        let held = retention(session, &sighting.observation, &targets, &depth, skips)?;
        Ok(Self { held, ..Self::default() })
    }

    /// Whether it was asked who keeps this.
    pub(super) fn knows(&self, object: Address) -> bool {
        self.held.contains_key(&object)
    }

    /// Adds what was found for others, that were seen before it was asked who holds them.
    pub(super) fn extend(&mut self, others: Self) {
        self.new.extend(others.held.keys());
        self.held.extend(others.held);
    }

    /// Forgets of these objects that nothing reaches them: they may be others by now.
    pub(super) fn doubt(&mut self, objects: impl Iterator<Item = Address>) {
        for object in objects {
            if self.held.get(&object).is_some_and(|held| held.garbage) {
                self.held.remove(&object);
            }
        }
    }

    /// What the next look can begin with. Where nothing was found it asks again.
    pub(super) fn for_next_look(mut self) -> Self {
        self.held.retain(|_, held| held.garbage || held.paths.first().is_some_and(|path| !is_from_memory(path)));
        Self { held: self.held, ..Self::default() }
    }

    /// Asks once more, and notes who can never await what they have. `last` is the sighting that is told of.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub(super) fn confirm(&mut self, session: &Session, last: &Sighting) -> Result<()> {
        let is_there = |object: &Address| last.created.contains(object) || last.lost.contains(object);
        self.left =
            self.held.keys().filter(|object| !is_there(object)).filter_map(|object| self.container(*object)).collect();
        self.held.retain(|object, _| is_there(object));
        let before: Vec<(Address, Address)> =
            self.held.keys().filter_map(|object| Some((*object, self.container(*object)?))).collect();
        confirm(session, &last.observation, &mut self.held)?;
        // What has just been taken out was about to be started.
        let taken = before.into_iter().filter(|(object, _)| self.path(*object).is_none());
        let (taken, left): (Vec<Address>, Vec<Address>) = taken.unzip();
        self.taken.extend(taken);
        self.left.extend(left);
        // While items move up, one can be missed: where it was sought first, it was not yet or not any more.
        let missed = self.held.iter().filter(|(_, held)| held.paths.first().is_none_or(is_from_memory));
        let missed: FxHashSet<Address> = missed.map(|(object, _)| *object).collect();
        self.taken.extend(held_by(session, &last.observation, &self.left, &missed)?);
        let pages = session.pages();
        let stop = || session.should_stop();
        let memory = Stoppable::new(&pages, &stop);
        let heap = session.heap(&memory);
        self.remains = self
            .held
            .iter()
            .filter(|(object, _)| !self.new.contains(object))
            .filter_map(|(object, held)| Some((*object, remains(&heap, held.paths.first()?, *object)?)))
            .collect();
        session.check()
    }

    /// The path on which an object is held, if one was found.
    pub(super) fn path(&self, object: Address) -> Option<&Path> {
        self.held.get(&object)?.paths.first()
    }

    /// Whether nothing reaches an object.
    pub(super) fn is_garbage(&self, object: Address) -> bool {
        self.held.get(&object).is_some_and(|held| held.garbage) && !self.new.contains(&object)
    }

    /// What has an object and can never await it, if that is all that has it.
    pub(super) fn remains(&self, object: Address) -> Option<&Remains> {
        self.remains.get(&object)
    }

    /// Objects in containers that others have left since, of those whose holders were asked for.
    pub(super) fn in_moving_containers(&self) -> FxHashSet<Address> {
        let is_left =
            |object: &Address| self.container(*object).is_some_and(|container| self.left.contains(&container));
        self.held.keys().copied().filter(|object| is_left(object) || self.taken.contains(object)).collect()
    }

    /// The container that an object is an item of.
    fn container(&self, object: Address) -> Option<Address> {
        let step = self.path(object)?.steps.last()?;
        matches!(step.edge, Edge::Item(_) | Edge::Value(_)).then_some(step.holder)
    }
}

fn is_from_memory(path: &Path) -> bool {
    matches!(path.root, Root::Memory(_))
}

/// What has the object at the end of a path and cannot await it: the nearest thing that is no mere container, if each
/// thing on the way has only that one holder.
fn remains(heap: &Heap<'_>, path: &Path, object: Address) -> Option<Remains> {
    let mut held = object;
    for step in path.steps.iter().rev().take(NEAREST) {
        if heap.exact_refcount(held).ok()? != Some(1) {
            return None;
        }
        let class = heap.type_of(step.holder).ok()?;
        if Some(class) == heap.known().frame {
            return ended_frame(heap, step);
        }
        let name = heap.type_info(class).ok()?.name.clone();
        if name == "LogRecord" && heap.qualified_type_name(class).is_ok_and(|name| name == "logging.LogRecord") {
            return Some(Remains::LogRecord);
        }
        let is_part = match step.edge {
            Edge::Item(_) | Edge::Value(_) | Edge::Field("dict") => true,
            // Up to 3.10: the values beside a dict whose keys are those of its class.
            Edge::Attribute(_) => Some(class) == heap.known().dict,
            _ => false,
        };
        if !is_part {
            return None;
        }
        held = step.holder;
    }
    None
}

/// A variable of a frame object whose call has ended: something, a traceback in most cases, has kept it.
fn ended_frame(heap: &Heap<'_>, step: &Step) -> Option<Remains> {
    let Edge::Variable(slot) = step.edge else { return None };
    let frame = heap.frame_of_object(step.holder).ok().filter(|frame| heap.has_ended(frame))?;
    let code = heap.code(frame.code).ok()?;
    let slots = heap.code_slots(&code).ok()?;
    let name = usize::try_from(slot).ok().and_then(|slot| slots.get(slot))?.name.clone();
    Some(Remains::EndedFrame { name, function: heap.code_qualname(&code).ok()? })
}
