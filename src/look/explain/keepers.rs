//! Who keeps the objects of a finding: one path for all that are kept alike.

use super::super::retention::{Words, fold, words};
use super::names::Names;
use crate::memory::Address;
use crate::report::RetainedBy;

/// Objects whose paths are put into words for one finding: what most of them say is said by these.
const MOST_PATHS: usize = 10_000;
/// Different ways told for one finding.
const MOST_WAYS: usize = 10;

/// The path on which most of these objects are kept, root first, and those of the others.
pub(super) fn keepers(
    names: &Names<'_, '_>,
    objects: impl Iterator<Item = Address>,
) -> (Vec<String>, Vec<RetainedBy>) {
    let paths: Vec<Vec<Words>> = objects
        .filter_map(|object| Some((object, names.keeping.path(object)?)))
        .take(MOST_PATHS)
        .map(|(object, path)| words(names, path, object))
        .collect();
    let mut ways = fold(&paths).into_iter();
    let best = ways.next().map(|(path, _)| path).unwrap_or_default();
    (best, ways.take(MOST_WAYS).map(|(path, count)| RetainedBy { path, count }).collect())
}
