//! Whose code findings, places of creation and tasks are.

use super::super::attribution::Distribution;
use super::names::Names;
use crate::heap::Generator;
use crate::report::{BelongsTo, Finding, Frame, Kind, Location};

/// Says of a finding, and of the places it was created at, whose code that is.
pub(super) fn attribute(names: &Names<'_, '_>, finding: &mut Finding) {
    for place in finding.created_at.iter_mut().flatten() {
        place.belongs_to = names.attribution(&place.file).belongs_to;
    }
    let Some(file) = file(finding) else { return };
    let found = names.attribution(file);
    finding.belongs_to = found.belongs_to;
    if let Some(Distribution { name, version }) = &found.distribution {
        finding.distribution = Some(name.clone());
        finding.distribution_version.clone_from(version);
    }
}

/// The file that decides. The module that was executing when a coroutine died tells nothing of whose it was.
fn file(finding: &Finding) -> Option<&str> {
    let position = || finding.position.as_ref().map(|frame| frame.file.as_str());
    if finding.kind == Kind::DiscardedCallSite {
        return position();
    }
    let definition = finding.definition.as_ref().map(|definition| definition.file.as_str());
    let creation = || creator(finding.created_at.as_deref()?).map(|place| place.file.as_str());
    let raised = || Some(finding.exception.as_ref()?.raised_at.as_ref()?.file.as_str());
    definition.or_else(creation).or_else(raised).or_else(position)
}

/// The place that something was created at by whoever wanted it: libraries of Python create on behalf of others.
fn creator(places: &[Location]) -> Option<&Location> {
    places.iter().find(|place| place.belongs_to != BelongsTo::StandardLibrary).or(places.first())
}

/// Whose task it is, and the package of its coroutine.
pub(super) fn of_task(
    names: &Names<'_, '_>,
    coroutine: Option<&Generator>,
    stack: &[Frame],
) -> (BelongsTo, Option<Distribution>) {
    let definition = coroutine.and_then(|coroutine| names.definition(coroutine.code));
    let found = definition.map(|definition| names.attribution(&definition.file)).unwrap_or_default();
    let is_own = |frame: &Frame| names.attribution(&frame.file).belongs_to == BelongsTo::Own;
    let belongs_to = if stack.iter().any(is_own) { BelongsTo::Own } else { found.belongs_to };
    (belongs_to, found.distribution.clone())
}
