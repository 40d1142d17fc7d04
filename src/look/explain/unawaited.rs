//! The findings about coroutines that were never awaited.

use super::super::Settings;
use super::super::arguments::arguments;
use super::super::judge::Judged;
use super::super::observe::Observation;
use super::super::subjects::FutureKind;
use super::call_sites::Creation;
use super::creation;
use super::draft::About;
use super::holder_site::holder_site;
use super::inner::Inner;
use super::keepers::Keepers;
use super::names::Names;
use crate::analysis::group::{Group, group};
use crate::analysis::verdict::Reason;
use crate::heap::OriginFrame;
use crate::report::{Finding, HexAddress, Instance, Kind};

pub(super) fn findings(
    names: &Names<'_, '_>,
    judged: &[Judged],
    observation: &Observation,
    settings: &Settings,
    settled_s: Option<f64>,
    creation: Option<&Creation<'_, '_>>,
    keepers: &Keepers<'_, '_>,
) -> Vec<Finding> {
    let results = &observation.futures.results;
    let inner = Inner::new(observation);
    let with_origin: Vec<_> = judged
        .iter()
        .map(|judged| {
            let origin = names.heap.origin(&judged.generator).ok().flatten().filter(|origin| !origin.is_empty());
            let result_of = results.get(&judged.generator.address).map(|result| result.kind);
            let over = Over::of(&judged.judgement.reason);
            (judged.generator.code, judged.judgement.clone(), Some(Place { origin, result_of, over }))
        })
        .collect();
    group(&with_origin)
        .iter()
        .filter_map(|group| {
            let mut finding = finding(names, group, judged, settings, settled_s)?;
            let members = || group.members.iter().filter_map(|at| judged.get(*at));
            let addresses = || members().map(|judged| judged.generator.address);
            finding.created_at = finding.created_at.or_else(|| creation?.of(members(), keepers));
            finding.created_at = finding.created_at.or_else(|| holder_site(names, keepers.first_path(addresses())?));
            finding.inner = inner.of(names, addresses());
            (finding.retained_by, finding.also_retained_by) = keepers.of(addresses());
            Some(finding)
        })
        .collect()
}

/// Where coroutines come from: of one function they are one finding for each place.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Place {
    /// Where they were created.
    origin: Option<Vec<OriginFrame>>,
    /// What they are the result of, if they were handed over as one.
    result_of: Option<FutureKind>,
    over: Over,
}

/// What is told apart by how it is held: these have causes of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Over {
    /// Something that lives holds it.
    Not,
    /// What is left of something does.
    Remains,
    /// Nothing does.
    Unreachable,
}

impl Over {
    fn of(reason: &Reason) -> Self {
        match reason {
            Reason::Unreachable => Self::Unreachable,
            Reason::OnlyRemains(_) => Self::Remains,
            _ => Self::Not,
        }
    }
}

fn finding(
    names: &Names<'_, '_>,
    group: &Group<Place>,
    judged: &[Judged],
    settings: &Settings,
    settled_s: Option<f64>,
) -> Option<Finding> {
    let members = || group.members.iter().filter_map(|at| judged.get(*at));
    let count = group.members.len() as u64;
    let about = About::generator(names, &members().next()?.generator);
    let origin = group.origin.as_ref().and_then(|place| place.origin.as_ref());
    let result_of = group.origin.as_ref().and_then(|place| place.result_of);
    let kind = match result_of {
        _ if group.reason == Reason::Unreachable => Kind::UnawaitedCycleGarbage,
        Some(_) => Kind::CoroutineAsResult,
        None => Kind::UnawaitedHeld,
    };
    let (why, advice) = (group.reason.sentence(settled_s), group.reason.advice());
    Some(Finding {
        why: result_of.map_or_else(|| why.clone(), |future| format!("{} {why}", handed_over(future))),
        advice: result_of.map_or(advice, |future| as_result(future).to_owned()),
        count,
        created_at: origin.map(|origin| creation::recorded(origin)),
        instances: members().take(settings.instances).map(|judged| instance(names, judged, settings)).collect(),
        instances_omitted: count.saturating_sub(settings.instances as u64),
        ..about.finding(kind, group.verdict)
    })
}

/// How a coroutine became a result.
fn handed_over(future: FutureKind) -> &'static str {
    match future {
        FutureKind::Task => "A coroutine function returned it without awaiting it: it is the result of a task.",
        FutureKind::Concurrent => {
            "It is the result of a `concurrent.futures.Future`: an executor called a coroutine function like any other."
        }
        FutureKind::Future | FutureKind::Gathering => {
            "It is the result of a future, as when an executor calls a coroutine function like any other."
        }
    }
}

/// What to do about that.
fn as_result(future: FutureKind) -> &'static str {
    match future {
        FutureKind::Task => {
            "Write `return await f()` in the function that returns it, or await the result of the task as well."
        }
        FutureKind::Concurrent | FutureKind::Future | FutureKind::Gathering => {
            "Do not give a coroutine function to `run_in_executor()` or `submit()`: `await` it in the loop, or give the executor a \
             plain function. From another thread: `asyncio.run_coroutine_threadsafe(f(), loop)`."
        }
    }
}

fn instance(names: &Names<'_, '_>, judged: &Judged, settings: &Settings) -> Instance {
    let generator = &judged.generator;
    Instance {
        address: HexAddress(generator.address.get()),
        age_s: judged.known_for_s,
        refcount: Some(generator.refcount),
        size_bytes: names.heap.generator_shallow_size(generator).ok(),
        arguments: if settings.locals { arguments(names.heap, generator) } else { None },
    }
}
