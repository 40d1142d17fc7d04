//! Facts about async generators and calls of their methods, and from those to verdicts.

use super::Sighting;
use super::judge::{age, dead_ends, moving_items};
use super::observe::Observation;
use super::subjects::{Subject, SubjectKind};
use crate::analysis::async_generators::{Judgement, Left, Situation, is_ordinary, judge};
use crate::analysis::facts::{Age, Owner, Settling};
use crate::asyncio::EventLoop;
use crate::heap::candidates::AsyncGeneratorMethod;
use crate::heap::{Generator, GeneratorKind, GeneratorState, Heap, MethodCall, MethodCallState};
use crate::memory::Address;
use rustc_hash::{FxHashMap, FxHashSet};

/// An async generator, or a call of one of its methods, and the verdict on it.
pub(super) struct JudgedLeft {
    pub(super) address: Address,
    pub(super) situation: Situation,
    /// The async generator: itself, or the one whose method was called.
    pub(super) generator: Generator,
    /// The call, if it is about one.
    pub(super) call: Option<MethodCall>,
    pub(super) judgement: Judgement,
    /// Seconds for which it is known to be so, if it was seen twice.
    pub(super) known_for_s: Option<f64>,
}

/// Those of the async generators among `subjects` whose event loop is closed: the loop in which one was begun is known by the hook that
/// is to finalise it, a bound method of the loop (`loop._asyncgen_finalizer_hook`).
pub(super) fn of_closed_loops(
    heap: &Heap<'_>,
    generators: &[Generator],
    unowned: &FxHashSet<Address>,
    loops: &[EventLoop],
) -> FxHashSet<Address> {
    let mut known: FxHashMap<Address, bool> =
        loops.iter().filter_map(|event_loop| Some((event_loop.address, event_loop.closed?))).collect();
    let mut is_closed = |event_loop: Address| {
        *known.entry(event_loop).or_insert_with(|| {
            let closed = heap.attribute(event_loop, "_closed").ok().flatten();
            closed.and_then(|closed| heap.boolean(closed)) == Some(true)
        })
    };
    generators
        .iter()
        .filter(|generator| unowned.contains(&generator.address))
        .filter(|generator| heap.async_generator_loop(generator).is_some_and(&mut is_closed))
        .map(|generator| generator.address)
        .collect()
}

/// Whether a subject is an async generator, or a call of a method of one.
pub(super) fn is_about_one(kind: SubjectKind) -> bool {
    matches!(kind, SubjectKind::AsyncGenerator | SubjectKind::MethodCall)
}

/// Async generators that stand elsewhere than they did, or are in use now.
pub(super) fn gone_on_with(before: &Observation, after: &Observation) -> Vec<Address> {
    let of = |observation: &Observation| -> FxHashMap<Address, Generator> {
        let generators =
            observation.generators.iter().filter(|generator| generator.kind == GeneratorKind::AsyncGenerator);
        generators.map(|generator| (generator.address, *generator)).collect()
    };
    let after = of(after);
    of(before)
        .into_values()
        .filter(|before| after.get(&before.address).is_some_and(|after| after.frame != before.frame || after.in_use))
        .map(|before| before.address)
        .collect()
}

/// Judges all that are worth a line.
///
/// `stands_still` says that each sighting was made of a target that stood still.
pub(super) fn judge_left(last: &Sighting, earlier: Option<&Sighting>, stands_still: bool) -> Vec<JudgedLeft> {
    let observed = Observed::new(last);
    let before = earlier.map(Observed::new);
    let settled_s = earlier.map(|earlier| last.seconds_since(earlier));
    let collector_disabled = last.observation.collector_disabled();
    let moving = earlier.map(|earlier| moving_items(&last.observation, &earlier.observation)).unwrap_or_default();
    let ownership = &last.observation.ownership;
    let mut judged = Vec::new();
    for subject in last.lost.iter().filter_map(|address| last.observation.subjects.get(address)) {
        let Some((situation, generator, call)) = observed.situation(subject) else { continue };
        let mut owner = ownership.owners.get(&subject.address).cloned();
        if owner.as_ref().is_some_and(|owner| is_ordinary(situation, owner)) {
            continue;
        }
        if owner.is_none() && moving.contains(&subject.address) {
            owner = Some(Owner::MovingQueue);
        }
        let since = match (earlier, &before) {
            (Some(earlier), Some(before)) => match before.same(subject, generator) {
                // Somebody has gone on with it meanwhile.
                Then::Elsewhere => continue,
                Then::Same => Some(earlier),
                Then::Absent => None,
            },
            _ => None,
        };
        let (dead_ends, may_use) = dead_ends(ownership, since, subject.address, stands_still);
        let left = Left {
            situation,
            refcount: subject.refcount,
            owner: owner.or(may_use),
            dead_ends,
            unreachable: last.observation.islands.contains(&subject.address),
            loop_closed: last.observation.of_closed_loops.contains(&subject.address),
            // What is young now has outlived nothing: then the earlier one was another object at the same place.
            age: match &last.observation.young {
                Some(young) if young.contains(&subject.address) => Age::Young,
                _ => age(last, since, subject.address),
            },
        };
        let settled_s = settled_s.filter(|_| since.is_some());
        judged.push(JudgedLeft {
            address: subject.address,
            situation,
            generator: *generator,
            call: call.copied(),
            judgement: judge(&left, Settling { settled_s, collector_disabled }),
            known_for_s: settled_s,
        });
    }
    judged.sort_by_key(|judged| judged.address);
    judged
}

/// What became of something between two sightings.
enum Then {
    /// It was there, and nothing has happened to it.
    Same,
    /// It was there, and has been used since.
    Elsewhere,
    /// It was not there.
    Absent,
}

/// Async generators and calls of their methods, by address.
struct Observed<'o> {
    subjects: &'o FxHashMap<Address, Subject>,
    generators: FxHashMap<Address, &'o Generator>,
    calls: FxHashMap<Address, &'o MethodCall>,
}

impl<'o> Observed<'o> {
    fn new(sighting: &'o Sighting) -> Self {
        let observation = &sighting.observation;
        Self {
            subjects: &observation.subjects,
            generators: observation
                .generators
                .iter()
                .filter(|generator| generator.kind == GeneratorKind::AsyncGenerator)
                .map(|generator| (generator.address, generator))
                .collect(),
            calls: observation.method_calls.iter().map(|call| (call.address, call)).collect(),
        }
    }

    /// What may be wrong with a subject, with the async generator and the call it is about.
    fn situation(&self, subject: &Subject) -> Option<(Situation, &'o Generator, Option<&'o MethodCall>)> {
        match subject.kind {
            SubjectKind::AsyncGenerator => {
                let generator = self.generators.get(&subject.address)?;
                let situation = match generator.state {
                    GeneratorState::Created => Situation::NeverStarted,
                    GeneratorState::Suspended => Situation::Abandoned,
                    GeneratorState::Running | GeneratorState::Closed => return None,
                };
                Some((situation, generator, None))
            }
            SubjectKind::MethodCall => {
                let call = *self.calls.get(&subject.address)?;
                let inner = match call.method {
                    AsyncGeneratorMethod::Send | AsyncGeneratorMethod::Throw => call,
                    // It does not say itself whether it is awaited: what it wraps does.
                    AsyncGeneratorMethod::Next => self.calls.get(&call.of?)?,
                };
                let generator = self.generators.get(&inner.of?)?;
                (inner.state == MethodCallState::Created).then_some((
                    Situation::MethodNeverAwaited,
                    *generator,
                    Some(call),
                ))
            }
            _ => None,
        }
    }

    fn same(&self, subject: &Subject, generator: &Generator) -> Then {
        let is_same = |before: &&Subject| before.kind == subject.kind && before.identity == subject.identity;
        let Some(before) = self.subjects.get(&subject.address).filter(is_same) else { return Then::Absent };
        match (before.kind, self.generators.get(&subject.address)) {
            (SubjectKind::AsyncGenerator, Some(before)) if before.frame != generator.frame || before.in_use => {
                Then::Elsewhere
            }
            _ => Then::Same,
        }
    }
}
