//! Folds equal coroutines into one finding: ten thousand leaks of three functions are three lines.

use super::verdict::{Judgement, Reason};
use crate::memory::Address;
use crate::report::Verdict;
use rustc_hash::FxHashMap;

/// Coroutines of one function with one verdict, created at one place (as far as that was written down).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group<O> {
    /// Their code object.
    pub code: Address,
    /// The verdict.
    pub verdict: Verdict,
    /// The reason that most of them have.
    pub reason: Reason,
    /// Where they were created.
    pub origin: Option<O>,
    /// Which ones: indices into what was grouped.
    pub members: Vec<usize>,
}

/// Groups judged coroutines. Worst verdict first, then the largest group, then by first member: the order is stable.
#[must_use]
pub fn group<O: Clone + Eq + std::hash::Hash>(judged: &[(Address, Judgement, Option<O>)]) -> Vec<Group<O>> {
    let mut places: FxHashMap<(Address, Verdict, Option<O>), usize> = FxHashMap::default();
    let mut groups: Vec<Group<O>> = Vec::new();
    for (index, (code, judgement, origin)) in judged.iter().enumerate() {
        let place = *places.entry((*code, judgement.verdict, origin.clone())).or_insert_with(|| {
            groups.push(Group {
                code: *code,
                verdict: judgement.verdict,
                reason: judgement.reason.clone(),
                origin: origin.clone(),
                members: Vec::new(),
            });
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(place) {
            group.members.push(index);
        }
    }
    for group in &mut groups {
        group.reason = most_frequent(group.members.iter().filter_map(|at| judged.get(*at)).map(|(_, j, _)| &j.reason))
            .unwrap_or(&group.reason)
            .clone();
    }
    groups.sort_by_key(|group| (group.verdict, std::cmp::Reverse(group.members.len()), group.members.first().copied()));
    groups
}

/// The most frequent one, of equally frequent ones the first.
fn most_frequent<'r>(reasons: impl Iterator<Item = &'r Reason>) -> Option<&'r Reason> {
    let mut counts: FxHashMap<&Reason, (usize, usize)> = FxHashMap::default();
    for (position, reason) in reasons.enumerate() {
        counts.entry(reason).or_insert((0, position)).0 += 1;
    }
    counts.into_iter().max_by_key(|(_, (count, first))| (*count, std::cmp::Reverse(*first))).map(|(reason, _)| reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(code: u64, verdict: Verdict, reason: Reason, origin: Option<u32>) -> (Address, Judgement, Option<u32>) {
        (Address::new(code), Judgement { verdict, reason }, origin)
    }

    #[test]
    fn ten_thousand_of_three_functions_are_three_groups_worst_and_largest_first() {
        let all: Vec<_> = (0..10_000u64)
            .map(|i| match i % 10 {
                0 => judged(3, Verdict::Suspect, Reason::OldSeenOnce, None),
                1..4 => judged(1, Verdict::Leaked, Reason::OutlivedCollection, None),
                _ => judged(2, Verdict::Leaked, Reason::OutlivedCollection, None),
            })
            .collect();
        let groups = group(&all);
        let seen: Vec<_> = groups.iter().map(|g| (g.code.get(), g.verdict, g.members.len())).collect();
        assert_eq!(seen, [(2, Verdict::Leaked, 6000), (1, Verdict::Leaked, 3000), (3, Verdict::Suspect, 1000)]);
    }

    #[test]
    fn verdicts_and_places_of_creation_keep_groups_apart() {
        let groups = group(&[
            judged(1, Verdict::Leaked, Reason::OutlivedCollection, Some(10)),
            judged(1, Verdict::Leaked, Reason::OutlivedCollection, Some(20)),
            judged(1, Verdict::Pending, Reason::TooYoung, Some(10)),
            judged(1, Verdict::Leaked, Reason::OutlivedCollection, Some(10)),
        ]);
        let seen: Vec<_> = groups.iter().map(|g| (g.verdict, g.origin, g.members.clone())).collect();
        assert_eq!(
            seen,
            [
                (Verdict::Leaked, Some(10), vec![0, 3]),
                (Verdict::Leaked, Some(20), vec![1]),
                (Verdict::Pending, Some(10), vec![2])
            ]
        );
    }

    #[test]
    fn the_reason_of_most_speaks_for_the_group() {
        let groups = group(&[
            judged(1, Verdict::Suspect, Reason::CollectorDisabled, None),
            judged(1, Verdict::Suspect, Reason::OutlivedSettling, None),
            judged(1, Verdict::Suspect, Reason::OutlivedSettling, None),
        ]);
        assert_eq!(groups.len(), 1);
        assert_eq!(groups[0].reason, Reason::OutlivedSettling);
    }
}
