//! Who holds one object, in words.

use super::creation;
use super::draft::About;
use super::names::{Names, UNREADABLE};
use super::{skipped, target};
use crate::analysis::retention::{Path, Root};
use crate::analysis::suspect::mark;
use crate::asyncio::TaskState;
use crate::heap::{Frame, Generator, GeneratorState, Heap, TypeFlags};
use crate::look::observe::{Observation, Skips};
use crate::look::retained::Retained;
use crate::look::retention::{Holding, Speaker, Words};
use crate::look::session::Session;
use crate::memory::Address;
use crate::report::{
    self, Finding, HeldObject, HoldingPath, HoldingStep, Location, Look, ObjectState, ReferenceCounts, Report,
    RootKind, Skipped, Tool, WHY_SCHEMA, WhyReport,
};
use rustc_hash::FxHashSet;
use std::ops::Range;
use std::time::Instant;

/// What was asked, and found out.
pub(in crate::look) struct Asked<'r> {
    pub(in crate::look) object: Address,
    /// What the look says about it.
    pub(in crate::look) finding: Option<&'r Finding>,
    pub(in crate::look) holding: Holding,
    pub(in crate::look) retained: Retained,
    /// When the first look began.
    pub(in crate::look) begun: Instant,
    pub(in crate::look) skips: Skips,
}

/// Writes the report. `look`: that of the look before.
pub(in crate::look) fn why_report(
    session: &Session,
    heap: &Heap<'_>,
    observation: &Observation,
    look: &Report,
    asked: Asked<'_>,
) -> WhyReport {
    let names = Names::new(Some(&session.target), heap, observation, false);
    let thread_number = |thread| names.native_id(thread);
    let speaker = Speaker::new(heap, observation, &thread_number);
    let living = Living::new(heap, observation);
    let Asked { object, finding, holding, retained, begun, skips } = asked;
    let object = held_object(&names, look, object, finding, retained);
    let references = reference_counts(heap, observation, &holding, Address::new(object.address.0), object.refcount);
    let mut paths: Vec<HoldingPath> = (holding.paths.iter())
        .map(|path| told(&names, &living, path, speaker.words(path, Address::new(object.address.0))))
        .collect();
    // What a person would look at first; of one kind, the shortest stays first.
    paths.sort_by_key(|path| root_rank(path.root));
    WhyReport {
        schema: WHY_SCHEMA.to_owned(),
        tool: Tool::this(),
        captured_at: look.captured_at,
        target: target(session, &observation.places),
        paths,
        look: both(&look.look, session, &skips, begun),
        object,
        unreachable: holding.garbage,
        references,
    }
}

/// What both looks cost, and what neither saw.
fn both(first: &Look, session: &Session, skips: &Skips, begun: Instant) -> Look {
    let mut missing: Vec<Skipped> = first.skipped.clone();
    missing.extend(skipped(skips).into_iter().filter(|skipped| {
        let same = |known: &Skipped| (&known.what, &known.why) == (&skipped.what, &skipped.why);
        !first.skipped.iter().any(same)
    }));
    Look {
        total_ms: begun.elapsed().as_secs_f64() * 1000.0,
        bytes_read: first.bytes_read.saturating_add(session.bytes_read()),
        bytes_skipped: first.bytes_skipped.saturating_add(session.bytes_skipped()),
        complete: missing.is_empty(),
        skipped: missing,
        ..first.clone()
    }
}

fn held_object(
    names: &Names<'_, '_>,
    look: &Report,
    address: Address,
    finding: Option<&Finding>,
    retained: Retained,
) -> HeldObject {
    let heap = names.heap;
    let kind = heap.generator_kind(address);
    let generator = kind.and_then(|kind| heap.generator(address, kind).ok());
    let task = look.tasks.iter().find(|task| task.address.0 == address.get());
    let about = generator.map(|generator| About::generator(names, &generator));
    let size = match &generator {
        Some(generator) => heap.generator_shallow_size(generator),
        None => heap.object_size(address),
    };
    let recorded = generator.and_then(|generator| recorded(heap, &generator));
    HeldObject {
        address: address.into(),
        type_name: names.class_name(address).unwrap_or_else(|| UNREADABLE.to_owned()),
        kind: finding.map(|finding| finding.kind),
        verdict: finding.map(|finding| finding.verdict),
        qualname: about.as_ref().map(|about| about.qualname.clone()).or_else(|| task?.qualname.clone()),
        module: about.as_ref().and_then(|about| about.module.clone()),
        state: generator.map(|generator| state(&generator)).or_else(|| Some(state_of_task(task?))),
        definition: about.and_then(|about| about.definition),
        created_at: (finding.and_then(|finding| finding.created_at.clone()))
            .or_else(|| task?.created_at.clone())
            .or(recorded),
        refcount: heap.exact_refcount(address).ok().flatten(),
        size_bytes: size.ok(),
        retained: Some(report::Retained { bytes: retained.bytes, objects: retained.objects, exact: retained.exact }),
    }
}

fn recorded(heap: &Heap<'_>, generator: &Generator) -> Option<Vec<Location>> {
    Some(creation::recorded(&heap.origin(generator).ok()??))
}

fn state(generator: &Generator) -> ObjectState {
    match generator.state {
        GeneratorState::Created => ObjectState::Created,
        GeneratorState::Suspended => ObjectState::Suspended,
        GeneratorState::Running => ObjectState::Running,
        GeneratorState::Closed => ObjectState::Closed,
    }
}

fn state_of_task(task: &report::Task) -> ObjectState {
    match task.state {
        report::TaskState::Pending => ObjectState::Pending,
        report::TaskState::Running => ObjectState::Running,
        report::TaskState::Done => ObjectState::Done,
        report::TaskState::Failed => ObjectState::Failed,
        report::TaskState::Cancelled => ObjectState::Cancelled,
    }
}

fn told(names: &Names<'_, '_>, living: &Living<'_, '_>, path: &Path, words: Vec<Words>) -> HoldingPath {
    let marks = mark(&living.on(path, &words));
    // A frame that runs, a thread, an interpreter: what the first words of such a path are about is no object.
    let begins_with_object = matches!(path.root, Root::Module(_) | Root::Task(_) | Root::Loop(_) | Root::Class(_));
    let steps = words.into_iter().enumerate().map(|(at, words)| HoldingStep {
        address: words.object.into(),
        type_name: if at > 0 || begins_with_object { names.class_name(words.object) } else { None },
        text: words.text,
        last_sane: marks.last_sane == Some(at),
        suspect: marks.suspect == Some(at),
    });
    HoldingPath { root: root_kind(path.root), steps: steps.collect() }
}

fn root_kind(root: Root) -> RootKind {
    match root {
        Root::Module(_) => RootKind::Module,
        Root::Frame { .. } => RootKind::Frame,
        Root::Task(_) => RootKind::Task,
        Root::Loop(_) => RootKind::Loop,
        Root::Thread(_) => RootKind::Thread,
        Root::Class(_) => RootKind::Class,
        Root::Interpreter(_) => RootKind::Interpreter,
        Root::Memory(_) => RootKind::Memory,
    }
}

/// A global variable says more than the frame that happens to hold the same.
fn root_rank(root: RootKind) -> u8 {
    match root {
        RootKind::Module | RootKind::Class => 0,
        RootKind::Task => 1,
        RootKind::Loop | RootKind::Frame => 2,
        RootKind::Thread | RootKind::Interpreter => 3,
        RootKind::Memory => 4,
    }
}

/// Knows what lives as long as the program, or as what it is doing.
struct Living<'h, 'a> {
    heap: &'h Heap<'a>,
    /// Event loops, and tasks that will go on.
    at_work: FxHashSet<Address>,
}

impl<'h, 'a> Living<'h, 'a> {
    fn new(heap: &'h Heap<'a>, observation: &Observation) -> Self {
        let pending = observation.tasks.iter().filter(|task| task.state == TaskState::Pending);
        let loops = observation.loops.iter().filter(|event_loop| event_loop.closed != Some(true));
        let at_work = pending.map(|task| task.address).chain(loops.map(|event_loop| event_loop.address)).collect();
        Self { heap, at_work }
    }

    /// Of each step of a path, whether its holder is such a one.
    fn on(&self, path: &Path, words: &[Words]) -> Vec<bool> {
        let mut lives = Vec::with_capacity(words.len());
        for (at, words) in words.iter().enumerate() {
            let is_root = at == 0 && !matches!(path.root, Root::Memory(_));
            let of_living = lives.last() == Some(&true);
            // What a task awaits goes on with it.
            lives.push(is_root || self.lives(words.object) || (of_living && self.goes_on(words.object)));
        }
        lives
    }

    fn lives(&self, object: Address) -> bool {
        self.at_work.contains(&object)
            || self.heap.is_a(object, TypeFlags::TYPE)
            || self.heap.type_of(object).is_ok_and(|class| Some(class) == self.heap.known().module)
    }

    /// Whether it is a coroutine, generator or async generator that was begun and has not ended.
    fn goes_on(&self, object: Address) -> bool {
        let kind = self.heap.generator_kind(object);
        let generator = kind.and_then(|kind| self.heap.generator(object, kind).ok());
        generator
            .is_some_and(|generator| matches!(generator.state, GeneratorState::Suspended | GeneratorState::Running))
    }
}

/// How many references were found, of how many there are.
fn reference_counts(
    heap: &Heap<'_>,
    observation: &Observation,
    holding: &Holding,
    object: Address,
    count: Option<u64>,
) -> ReferenceCounts {
    // From 3.11 on frames on a thread's stack are no objects: words in them were found and belong to nobody yet.
    let in_frames = words_in_frames(heap, observation);
    let (of_frames, outside): (Vec<Address>, Vec<Address>) =
        holding.loose.iter().partition(|at| in_frames.iter().any(|range| range.contains(&at.get())));
    // With tag bits it is borrowed, and does not count.
    let counts = |at: &&Address| heap.memory().word(**at).is_ok_and(|word| word == object.get());
    // Threads and interpreters are none either.
    let of_threads = holding
        .paths
        .iter()
        .filter(|path| matches!(path.root, Root::Thread(_) | Root::Interpreter(_)) && path.steps.len() == 1);
    let found =
        holding.direct.len() as u64 + of_frames.iter().filter(counts).count() as u64 + of_threads.count() as u64;
    let not_found = count.map(|count| count.saturating_sub(found));
    ReferenceCounts {
        count,
        found,
        not_found,
        words_outside_of_objects: outside.len() as u64,
        complete: holding.complete,
        note: note(found, count, holding.complete),
    }
}

/// Where frames on the stacks of threads have what they hold: their variables, and their stacks as far as those are in use.
fn words_in_frames(heap: &Heap<'_>, observation: &Observation) -> Vec<Range<u64>> {
    let range = |frame: &Frame| {
        let variables = heap.code(frame.code).ok()?.slots;
        // A frame that runs may keep to itself how much is on its stack: the rest is left over from before.
        let stack = heap.frame_stack(frame).ok().flatten().map_or(0, |stack| stack.len() as u64);
        Some(frame.slots.get()..frame.slots.get() + (variables + stack) * 8)
    };
    observation.thread_frames.values().flatten().filter_map(range).collect()
}

fn note(found: u64, count: Option<u64>, complete: bool) -> Option<String> {
    let missing = count?.saturating_sub(found);
    let references = if missing == 1 { "1 reference was".to_owned() } else { format!("{missing} references were") };
    match (missing, complete) {
        (0, _) if count? < found => Some("More were found than are counted: the process ran on meanwhile.".to_owned()),
        (0, _) => None,
        (_, true) => {
            Some(format!("{references} not found: C code has it on its stack, in a register, or in memory of its own."))
        }
        (_, false) => Some(format!("{references} not found: the search ended before all of memory was asked.")),
    }
}

#[cfg(test)]
mod tests {
    use super::note;

    #[test]
    fn what_is_missing_is_said() {
        assert_eq!(note(1, Some(1), true), None);
        assert_eq!(note(3, None, true), None);
        assert!(note(1, Some(2), true).unwrap().starts_with("1 reference was not found: C code"));
        assert!(note(0, Some(2), false).unwrap().starts_with("2 references were not found: the search ended"));
        assert!(note(2, Some(1), true).unwrap().contains("ran on"));
    }
}
