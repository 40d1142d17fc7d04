//! The findings about lost things that are no created coroutines.

use super::super::Settings;
use super::super::lost::JudgedLost;
use super::super::observe::Observation;
use super::super::subjects::{Subject, SubjectKind};
use super::creation;
use super::draft::About;
use super::exceptions::describe;
use super::keepers::Keepers;
use super::names::{Names, UNREADABLE};
use crate::analysis::group::{by_key, most_frequent};
use crate::memory::Address;
use crate::report::{Finding, Frame, HexAddress, Instance, Kind, Location, Verdict};
use rustc_hash::FxHashMap;

/// Children of a `gather()` that are named.
const MOST_CHILDREN: usize = 3;

/// What a finding is about, apart from which objects: equal ones are one finding.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Described {
    about: About,
    position: Option<Frame>,
    exception_type: Option<String>,
    created_at: Option<Vec<Location>>,
}

/// What is one finding.
type Key = (Kind, Verdict, Described);

pub(super) fn findings(
    names: &Names<'_, '_>,
    keepers: &Keepers<'_, '_>,
    judged: &[JudgedLost],
    observation: &Observation,
    settings: &Settings,
    settled_s: Option<f64>,
) -> Vec<Finding> {
    let coroutines: FxHashMap<Address, Address> =
        observation.tasks.iter().filter_map(|task| Some((task.address, task.coroutine?))).collect();
    let describer = Describer { names, keepers, observation, coroutines };
    let key = |lost: &JudgedLost| -> Key {
        (lost.judgement.reason.kind(), lost.judgement.verdict, describer.describe(&lost.subject))
    };
    by_key(judged.iter().map(|lost| (key(lost), lost)))
        .into_iter()
        .filter_map(|(key, members)| finding(&describer, key, &members, settings, settled_s))
        .collect()
}

fn finding(
    describer: &Describer<'_, '_, '_>,
    (kind, verdict, described): Key,
    members: &[&JudgedLost],
    settings: &Settings,
    settled_s: Option<f64>,
) -> Option<Finding> {
    let first = members.first()?;
    let reason = most_frequent(members.iter().map(|lost| &lost.judgement.reason))?;
    let Described { about, position, created_at, .. } = described;
    let exception = (first.subject.kind == SubjectKind::Failed)
        .then(|| describe(describer.names, first.subject.identity, false))
        .flatten();
    let raised_at = exception.as_ref().and_then(|exception| exception.raised_at.as_ref());
    let told_apart_by = [
        exception.as_ref().map_or("", |exception| &exception.type_name),
        raised_at.map_or("", |frame| &frame.function),
    ];
    let count = members.len() as u64;
    let finding = about.finding_told_apart_by(&told_apart_by, kind, verdict);
    let (retained_by, also_retained_by) = describer.keepers.of(members.iter().map(|lost| lost.subject.address));
    Some(Finding {
        retained_by,
        also_retained_by,
        why: reason.sentence(settled_s),
        advice: reason.advice(),
        count,
        created_at,
        position,
        exception,
        instances: members
            .iter()
            .take(settings.instances)
            .map(|lost| Instance {
                address: HexAddress(lost.subject.address.get()),
                age_s: lost.known_for_s,
                refcount: Some(lost.subject.refcount),
                size_bytes: describer.names.heap.instance_block_of(lost.subject.address).ok(),
                arguments: None,
            })
            .collect(),
        instances_omitted: count.saturating_sub(settings.instances as u64),
        ..finding
    })
}

struct Describer<'a, 'n, 'h> {
    names: &'a Names<'n, 'h>,
    keepers: &'a Keepers<'n, 'h>,
    observation: &'a Observation,
    /// The coroutines of registered tasks.
    coroutines: FxHashMap<Address, Address>,
}

impl Describer<'_, '_, '_> {
    fn describe(&self, subject: &Subject) -> Described {
        let coroutine = self.coroutine(subject.address);
        let qualname = coroutine
            .and_then(|coroutine| self.qualname(coroutine))
            .or_else(|| self.names.class_name(subject.address))
            .unwrap_or_else(|| UNREADABLE.to_owned());
        let mut described = Described {
            about: About { qualname, module: None, definition: None },
            position: None,
            exception_type: None,
            created_at: self.created_at(subject.address),
        };
        let generator = coroutine.and_then(|coroutine| {
            let kind = self.names.heap.generator_kind(coroutine)?;
            self.names.heap.generator(coroutine, kind).ok()
        });
        if let Some(generator) = generator {
            described.about.module = self.names.module_of(&generator);
            described.about.definition = self.names.definition(generator.code);
        }
        match subject.kind {
            SubjectKind::Failed => {
                let traceback = self.names.heap.traceback(subject.identity).unwrap_or_default();
                let globals = traceback.first().and_then(|entry| self.names.heap.frame_globals(&entry.frame));
                described.about.module = described.about.module.or_else(|| self.names.module_of_globals(globals?));
                described.position = traceback.last().and_then(|entry| self.names.raised_at(entry));
                described.exception_type = self.names.class_name(subject.identity);
            }
            SubjectKind::Gathering => described.about.qualname = self.gathered(subject.identity),
            SubjectKind::Stranded => {
                described.position =
                    generator.and_then(|generator| generator.frame).and_then(|frame| self.names.frame(&frame));
            }
            _ => {}
        }
        described
    }

    /// The coroutine of a task.
    fn coroutine(&self, task: Address) -> Option<Address> {
        // What has failed is not registered any more from 3.14 on.
        self.coroutines.get(&task).copied().or_else(|| {
            let heap = self.names.heap;
            let class = heap.type_of(task).ok()?;
            let asyncio = |place: &super::super::session::Place| {
                let bases = [place.asyncio.task_type, place.asyncio.python_task_type];
                let bases: Vec<Address> = bases.into_iter().flatten().collect();
                heap.derives_from(class, &bases).then(|| place.asyncio.task(heap, task).ok()?.coroutine).flatten()
            };
            self.observation.places.iter().find_map(asyncio)
        })
    }

    fn qualname(&self, coroutine: Address) -> Option<String> {
        let kind = self.names.heap.generator_kind(coroutine)?;
        let generator = self.names.heap.generator(coroutine, kind).ok()?;
        self.names.heap.generator_qualname(&generator).ok()
    }

    /// `gather()` with the names of what it waits for.
    fn gathered(&self, children: Address) -> String {
        let children = self.names.heap.list_items(children).unwrap_or_default();
        let mut found: Vec<String> = Vec::new();
        for child in children {
            let name = self
                .coroutine(child)
                .and_then(|coroutine| self.qualname(coroutine))
                .or_else(|| self.names.class_name(child));
            if let Some(name) = name.filter(|name| !found.contains(name)) {
                if found.len() == MOST_CHILDREN {
                    found.push("...".to_owned());
                    break;
                }
                found.push(name);
            }
        }
        format!("gather({})", found.join(", "))
    }

    /// Where a future was created, in debug mode.
    fn created_at(&self, future: Address) -> Option<Vec<Location>> {
        let heap = self.names.heap;
        let future = self.observation.places.iter().find_map(|place| place.asyncio.future(heap, future).ok())?;
        creation::stack(heap, future.source_traceback?)
    }
}
