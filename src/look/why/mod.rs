//! Why is this object alive: who holds it, over which ways, and what it holds alone.
//!
//! First an ordinary look: it says what is wrong with the object, where it was created, and which object is meant by a name. Then the
//! object's holders are searched for in all of memory, while the target runs; unlike in a look, all of them.

mod which;

pub use which::What;

use super::explain::{Asked, why_report};
use super::observe::{Observation, Skips, observe};
use super::retained::{Retained, retained};
use super::retention::{Depth, Limits, reach, retention};
use super::session::{Place, Session};
use super::{Settings, collect, look};
use crate::error::{Error, ErrorKind, Result};
use crate::heap::blocks::{Block, Blocks};
use crate::heap::references::References;
use crate::heap::{Heap, TypeFlags};
use crate::memory::{Address, Stoppable};
use crate::process::Pid;
use crate::report::WhyReport;
use rustc_hash::FxHashSet;
use std::time::Instant;

/// Sweeps over all memory at most.
const MOST_SWEEPS: usize = 32;
/// Objects that are looked at for what is freed with one, before it is found out what the roots hold.
const FEW: usize = 20_000;
/// Objects that are looked at in all.
const MANY: usize = 1_000_000;

/// What is wanted to be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhySettings {
    /// How to look.
    pub look: Settings,
    /// Paths that are told at most.
    pub paths: usize,
    /// Which object of a finding, from 1, the oldest first.
    pub instance: usize,
}

/// Finds out who holds an object.
///
/// # Errors
/// What kept us from looking; that there is no such object; that a name is that of several.
pub fn why(pid: Pid, what: &What, settings: &WhySettings) -> Result<WhyReport> {
    let begun = Instant::now();
    let of_look = Settings { instances: usize::MAX, ..settings.look.clone() };
    let report = look(pid, &of_look)?;
    let (object, finding) = which::choose(&report, what, settings.instance)?;
    let session = Session::attach(pid, settings.look.timeout.saturating_sub(begun.elapsed()))?;
    let session = session.within(settings.look.max_memory);
    let places = session.places()?;
    let mut skips = Skips::default();
    let swept = collect::by_sweep(&session, &places, &mut skips)?;
    let pages = session.pages();
    collect::prefetch(&session, &pages, &swept.candidates);
    let stop = || session.should_stop();
    let memory = Stoppable::new(&pages, &stop);
    let heap = session.heap(&memory);
    check_object(&session, &heap, object)?;
    let observation = observe(&session.python, &heap, places, &swept.candidates);
    session.check()?;
    let depth = Depth { paths: settings.paths, all: true, sweeps: MOST_SWEEPS, forward: Limits::NEAR_ROOTS };
    let holding = retention(&session, &observation, &[object], &depth, &mut skips)?.remove(&object).unwrap_or_default();
    let retained = retained_by(&session, &heap, &observation, object)?;
    // Memory is used again: what was there may have gone while its holders were searched for.
    check_object(&session, &session.heap(&session.memory), object)?;
    let asked = Asked { object, finding, holding, retained, begun, skips };
    let report = why_report(&session, &heap, &observation, &report, asked);
    session.check()?;
    session.target.check_alive()?;
    Ok(report)
}

/// What would be freed with an object. Most objects lead to little that is their own; where the end is not in sight, it helps to know what the
/// roots hold.
fn retained_by(session: &Session, heap: &Heap<'_>, observation: &Observation, object: Address) -> Result<Retained> {
    let types = Place::foreign_types(&observation.places);
    let references = References::new(heap, &types);
    let first = retained(heap, &references, object, FEW, &|_| false);
    if first.exact || session.python.free_threaded {
        return Ok(first);
    }
    let stop = || session.should_stop();
    let reached = reach(heap, &references, observation, &Limits::NEAR_ROOTS, &FxHashSet::default(), &stop);
    session.check()?;
    // Held by a way that does not lead through the object itself.
    let is_held = |other: Address| {
        let path = reached.path_to(other);
        path.is_some_and(|path| path.steps.iter().all(|step| step.holder != object))
    };
    let found = retained(heap, &references, object, MANY, &is_held);
    session.check()?;
    Ok(found)
}

/// Refuses an address at which no object begins.
fn check_object(session: &Session, heap: &Heap<'_>, address: Address) -> Result<()> {
    let blocks = Blocks::new(heap);
    let inside = blocks.object_at(address);
    if inside == Some(address) {
        return Ok(());
    }
    session.check()?;
    let target = &session.target;
    let error = Error::new(ErrorKind::NoSuchObject, format!("no object of {} is at {address}", target.name()));
    if let Some(object) = inside {
        let class = heap.type_of(object).and_then(|class| heap.qualified_type_name(class));
        let class = class.map(|name| format!("{name} ")).unwrap_or_default();
        return Err(error
            .caused_by(format!("it lies inside of the {class}object at {object}"))
            .hint(format!("`coroscope why {} {object}`", target.pid())));
    }
    let is_free = matches!(blocks.block_of(address), Block::Pool { .. });
    // Static objects lie in no pool, and nothing around them says where they begin.
    let is_object = |address| {
        let class = heap.type_of(address).ok()?;
        let plausible = heap.type_info(class).is_ok() && heap.is_a(class, TypeFlags::TYPE);
        heap.refcount(address).ok().filter(|count| plausible && *count > 0)
    };
    if !is_free && is_object(address).is_some() {
        return Ok(());
    }
    Err(error
        .caused_by(if is_free { "nothing lives there, or not any more" } else { "nothing there looks like an object" })
        .hint(format!("objects come and go: `coroscope dump {}` lists those that are there now", target.pid())))
}
