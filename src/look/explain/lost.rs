//! The findings about lost things that are no created coroutines.

use super::super::Settings;
use super::super::distribution::Distributions;
use super::super::lost::JudgedLost;
use super::super::observe::Observation;
use super::super::subjects::{Subject, SubjectKind};
use super::exceptions::describe;
use super::names::{Names, UNREADABLE};
use crate::analysis::fingerprint::fingerprint;
use crate::analysis::lost::Reason;
use crate::memory::Address;
use crate::report::{Definition, Evidence, Finding, Frame, HexAddress, Instance, Kind, Location, Verdict};
use rustc_hash::FxHashMap;

/// Children of a `gather()` that are named.
const MOST_CHILDREN: usize = 3;
/// Entries of a creation stack.
const DEEPEST_CREATION: usize = 64;

/// What a finding is about, apart from which objects: equal ones are one finding.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Described {
    qualname: String,
    module: Option<String>,
    definition: Option<Definition>,
    position: Option<Frame>,
    exception_type: Option<String>,
    created_at: Option<Vec<Location>>,
}

struct Group<'j> {
    described: Described,
    members: Vec<&'j JudgedLost>,
}

pub(super) fn findings(
    names: &Names<'_, '_>,
    judged: &[JudgedLost],
    observation: &Observation,
    settings: &Settings,
    settled_s: Option<f64>,
) -> Vec<Finding> {
    let mut distributions = Distributions::new(names.process);
    let coroutines: FxHashMap<Address, Address> =
        observation.tasks.iter().filter_map(|task| Some((task.address, task.coroutine?))).collect();
    let describer = Describer { names, observation, coroutines };
    let mut at: FxHashMap<(Kind, Verdict, Described), usize> = FxHashMap::default();
    let mut groups: Vec<Group<'_>> = Vec::new();
    for lost in judged {
        let described = describer.describe(&lost.subject);
        let key = (lost.judgement.reason.kind(), lost.judgement.verdict, described.clone());
        let index = *at.entry(key).or_insert_with(|| {
            groups.push(Group { described, members: Vec::new() });
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(index) {
            group.members.push(lost);
        }
    }
    groups.into_iter().filter_map(|group| finding(&describer, group, settings, settled_s, &mut distributions)).collect()
}

fn finding(
    describer: &Describer<'_, '_, '_>,
    group: Group<'_>,
    settings: &Settings,
    settled_s: Option<f64>,
    distributions: &mut Distributions<'_>,
) -> Option<Finding> {
    let first = group.members.first()?;
    let reason = most_frequent(&group.members)?;
    let kind = reason.kind();
    let Described { qualname, module, definition, position, created_at, .. } = group.described;
    let file = definition.as_ref().map_or("", |definition| definition.file.as_str());
    let line = definition.as_ref().map_or(0, |definition| definition.line).to_string();
    let exception = (first.subject.kind == SubjectKind::Failed)
        .then(|| describe(describer.names, first.subject.identity, false))
        .flatten();
    let raised_at = exception.as_ref().and_then(|exception| exception.raised_at.as_ref());
    let count = group.members.len() as u64;
    Some(Finding {
        fingerprint: fingerprint([
            kind.word(),
            module.as_deref().unwrap_or(""),
            &qualname,
            file.rsplit('/').next().unwrap_or(file),
            &line,
            exception.as_ref().map_or("", |exception| &exception.type_name),
            raised_at.map_or("", |frame| &frame.function),
        ]),
        kind,
        verdict: first.judgement.verdict,
        why: reason.sentence(settled_s),
        distribution: distributions.of(file),
        advice: reason.advice(),
        module,
        definition,
        count,
        created_at,
        position,
        exception,
        retained_by: Vec::new(),
        warning: None,
        instances: group
            .members
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
        qualname,
    })
}

/// The reason that most of them have, of equally frequent ones the first.
fn most_frequent<'j>(members: &[&'j JudgedLost]) -> Option<&'j Reason> {
    let mut counts: FxHashMap<&Reason, (usize, usize)> = FxHashMap::default();
    for (position, lost) in members.iter().enumerate() {
        counts.entry(&lost.judgement.reason).or_insert((0, position)).0 += 1;
    }
    counts.into_iter().max_by_key(|(_, (count, first))| (*count, std::cmp::Reverse(*first))).map(|(reason, _)| reason)
}

struct Describer<'a, 'n, 'h> {
    names: &'a Names<'n, 'h>,
    observation: &'a Observation,
    /// The coroutines of registered tasks.
    coroutines: FxHashMap<Address, Address>,
}

impl Describer<'_, '_, '_> {
    fn describe(&self, subject: &Subject) -> Described {
        let coroutine = self.coroutine(subject.address);
        let mut described = Described {
            qualname: coroutine
                .and_then(|coroutine| self.qualname(coroutine))
                .or_else(|| self.names.class_name(subject.address))
                .unwrap_or_else(|| UNREADABLE.to_owned()),
            module: None,
            definition: None,
            position: None,
            exception_type: None,
            created_at: self.created_at(subject.address),
        };
        let generator = coroutine.and_then(|coroutine| {
            let kind = self.names.heap.generator_kind(coroutine)?;
            self.names.heap.generator(coroutine, kind).ok()
        });
        if let Some(generator) = generator {
            described.module = self.names.module_of(&generator);
            described.definition = self.names.definition(generator.code);
        }
        match subject.kind {
            SubjectKind::Failed => {
                let traceback = self.names.heap.traceback(subject.identity).unwrap_or_default();
                let globals = traceback.first().and_then(|entry| self.names.heap.frame_globals(&entry.frame));
                described.module = described.module.or_else(|| self.names.module_of_globals(globals?));
                described.position = traceback.last().and_then(|entry| self.names.raised_at(entry));
                described.exception_type = self.names.class_name(subject.identity);
            }
            SubjectKind::Gathering => described.qualname = self.gathered(subject.identity),
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

    /// Where a future was created: a list of `traceback.FrameSummary`, outermost first, in debug mode.
    fn created_at(&self, future: Address) -> Option<Vec<Location>> {
        let heap = self.names.heap;
        let future = self.observation.places.iter().find_map(|place| place.asyncio.future(heap, future).ok())?;
        let entries = heap.list_items(future.source_traceback?).ok()?;
        let location = |entry: &Address| {
            let file = heap.label(heap.slot_value(*entry, "filename").ok()??).ok()?;
            let line = u32::try_from(heap.integer(heap.slot_value(*entry, "lineno").ok()??).ok()??).ok()?;
            let function = heap.slot_value(*entry, "name").ok().flatten().and_then(|name| heap.label(name).ok());
            Some(Location::new(file, line, function, Evidence::Recorded))
        };
        let found: Vec<Location> = entries.iter().rev().take(DEEPEST_CREATION).filter_map(location).collect();
        (!found.is_empty()).then_some(found)
    }
}
