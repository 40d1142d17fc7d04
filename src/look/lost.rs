//! From one or two sightings to verdicts on lost things that are no created coroutines.

use super::Sighting;
use super::judge::{age, dead_ends};
use super::observe::Observation;
use super::subjects::{Subject, SubjectKind};
use crate::analysis::facts::Settling;
use crate::analysis::lost::{self, Held, Judgement};
use crate::analysis::verdict::is_ordinary;

/// A lost thing and the verdict on it.
pub(super) struct JudgedLost {
    pub(super) subject: Subject,
    pub(super) judgement: Judgement,
    /// Seconds for which it is known to be so, if it was seen twice.
    pub(super) known_for_s: Option<f64>,
}

/// Judges whatever may be lost and is worth a line.
///
/// `stands_still` says that each sighting was made of a target that stood still.
pub(super) fn judge_lost(last: &Sighting, earlier: Option<&Sighting>, stands_still: bool) -> Vec<JudgedLost> {
    let observation = &last.observation;
    let settled_s = earlier.map(|earlier| last.seconds_since(earlier));
    let collector_disabled = observation.collector_disabled();
    let mut subjects: Vec<&Subject> =
        last.lost.iter().filter_map(|address| observation.subjects.get(address)).collect();
    subjects.sort_unstable_by_key(|subject| subject.address);
    let mut judged = Vec::new();
    for subject in subjects {
        let outlived = earlier.is_some_and(|earlier| was_so(earlier, subject));
        let known_for_s = settled_s.filter(|_| outlived);
        let settling = Settling { settled_s: known_for_s, collector_disabled };
        let judgement = match subject.kind {
            SubjectKind::Failed | SubjectKind::Gathering => {
                let Some(held) = held(last, earlier, subject, outlived, stands_still) else { continue };
                match observation.futures.failed.get(&subject.address) {
                    Some(what) => lost::failed(*what, &held, settling),
                    None => lost::gathering(&held, settling),
                }
            }
            SubjectKind::NeverStarted => {
                let Some(rest) = observation.rests.get(&subject.address) else { continue };
                lost::never_started(*rest, outlived)
            }
            SubjectKind::Stranded => {
                let Some(rest) = observation.rests.get(&subject.address) else { continue };
                lost::stranded(*rest)
            }
            SubjectKind::Created
            | SubjectKind::AsyncGenerator
            | SubjectKind::MethodCall
            | SubjectKind::ResultHolder => continue,
        };
        judged.push(JudgedLost { subject: *subject, judgement, known_for_s });
    }
    judged
}

/// Whether it was the same, and nobody's, at the earlier sighting.
fn was_so(earlier: &Sighting, subject: &Subject) -> bool {
    let Observation { subjects, ownership, .. } = &earlier.observation;
    let same = subjects
        .get(&subject.address)
        .is_some_and(|before| (before.kind, before.identity) == (subject.kind, subject.identity));
    let nobodys = !subject.kind.is_somebodys_to_keep() || !ownership.owners.contains_key(&subject.address);
    same && nobodys && earlier.lost.contains(&subject.address)
}

/// Who holds a thing; `None` when that makes it ordinary.
fn held(
    last: &Sighting,
    earlier: Option<&Sighting>,
    subject: &Subject,
    outlived: bool,
    stands_still: bool,
) -> Option<Held> {
    let observation = &last.observation;
    let owner = observation.ownership.owners.get(&subject.address).cloned();
    if owner.as_ref().is_some_and(is_ordinary) {
        return None;
    }
    let (dead_ends, may_use) =
        dead_ends(&observation.ownership, earlier.filter(|_| outlived), subject.address, stands_still);
    Some(Held {
        refcount: subject.refcount,
        owner: owner.or(may_use),
        dead_ends,
        own: observation.own_references.get(&subject.address).copied().unwrap_or(0),
        age: age(last, earlier.filter(|_| outlived), subject.address),
    })
}
