//! The findings about coroutines that were never awaited.

use super::super::Settings;
use super::super::arguments::arguments;
use super::super::distribution::Distributions;
use super::super::judge::Judged;
use super::names::{Names, UNREADABLE};
use crate::analysis::fingerprint::fingerprint;
use crate::analysis::group::{Group, group};
use crate::heap::OriginFrame;
use crate::report::{Evidence, Finding, HexAddress, Instance, Kind, Location};

pub(super) fn findings(
    names: &Names<'_, '_>,
    judged: &[Judged],
    settings: &Settings,
    settled_s: Option<f64>,
) -> Vec<Finding> {
    let mut distributions = Distributions::new(names.process);
    let with_origin: Vec<_> = judged
        .iter()
        .map(|judged| {
            let origin = names.heap.origin(&judged.generator).ok().flatten().filter(|origin| !origin.is_empty());
            (judged.generator.code, judged.judgement.clone(), origin)
        })
        .collect();
    group(&with_origin)
        .iter()
        .map(|group| finding(names, group, judged, settings, settled_s, &mut distributions))
        .collect()
}

fn finding(
    names: &Names<'_, '_>,
    group: &Group<Vec<OriginFrame>>,
    judged: &[Judged],
    settings: &Settings,
    settled_s: Option<f64>,
    distributions: &mut Distributions<'_>,
) -> Finding {
    let members = || group.members.iter().filter_map(|at| judged.get(*at));
    let count = group.members.len() as u64;
    let first = members().next().map(|judged| judged.generator);
    let qualname = first
        .and_then(|generator| names.heap.generator_qualname(&generator).ok())
        .unwrap_or_else(|| UNREADABLE.to_owned());
    let module = first.and_then(|generator| names.module_of(&generator));
    let definition = names.definition(group.code);
    let file = definition.as_ref().map_or("", |definition| definition.file.as_str());
    let line = definition.as_ref().map_or(0, |definition| definition.line).to_string();
    Finding {
        fingerprint: fingerprint([
            Kind::UnawaitedHeld.word(),
            module.as_deref().unwrap_or(""),
            &qualname,
            file.rsplit('/').next().unwrap_or(file),
            &line,
        ]),
        kind: Kind::UnawaitedHeld,
        verdict: group.verdict,
        why: group.reason.sentence(settled_s),
        distribution: distributions.of(file),
        advice: group.reason.advice(),
        module,
        definition,
        count,
        created_at: group.origin.as_ref().map(|origin| origin.iter().map(recorded).collect()),
        position: None,
        exception: None,
        retained_by: Vec::new(),
        warning: None,
        instances: members().take(settings.instances).map(|judged| instance(names, judged, settings)).collect(),
        instances_omitted: count.saturating_sub(settings.instances as u64),
        qualname,
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

fn recorded(frame: &OriginFrame) -> Location {
    Location {
        file: frame.file.clone(),
        line: u32::try_from(frame.line).unwrap_or(0),
        function: Some(frame.function.clone()),
        evidence: Evidence::Recorded,
    }
}
