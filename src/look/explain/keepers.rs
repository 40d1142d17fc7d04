//! Who keeps the objects of a finding: one path for all that are kept alike.

use super::super::keeping::Keeping;
use super::super::retention::{Speaker, Words, fold};
use crate::analysis::retention::Path;
use crate::memory::Address;
use crate::report::RetainedBy;

/// Objects whose paths are put into words for one finding: what most of them say is said by these.
const MOST_PATHS: usize = 10_000;
/// Different ways told for one finding, beside the most frequent one.
const MOST_WAYS: usize = 10;

/// Says who keeps what.
pub(super) struct Keepers<'a, 'h> {
    pub(super) keeping: &'a Keeping,
    pub(super) speaker: Speaker<'a, 'h>,
}

impl Keepers<'_, '_> {
    /// The path on which most of these objects are kept, root first, and those of the others.
    pub(super) fn of(&self, objects: impl Iterator<Item = Address>) -> (Vec<String>, Vec<RetainedBy>) {
        let paths: Vec<Vec<Words>> = objects
            .filter_map(|object| Some((object, self.keeping.path(object)?)))
            .take(MOST_PATHS)
            .map(|(object, path)| self.speaker.words(path, object))
            .collect();
        let mut ways = fold(&paths).into_iter();
        let best = ways.next().map(|(path, _)| path).unwrap_or_default();
        (best, ways.take(MOST_WAYS).map(|(path, count)| RetainedBy { path, count }).collect())
    }

    /// The path of the first of these objects that one is known of.
    pub(super) fn first_path(&self, objects: impl Iterator<Item = Address>) -> Option<&Path> {
        objects.filter_map(|object| self.keeping.path(object)).next()
    }
}
