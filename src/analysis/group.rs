//! Folds equal things into one finding: ten thousand leaks of three functions are three lines.

use super::verdict::{Judgement, Reason};
use crate::memory::Address;
use crate::report::Verdict;
use rustc_hash::FxHashMap;
use std::hash::Hash;

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
pub fn group<O: Clone + Eq + Hash>(judged: &[(Address, Judgement, Option<O>)]) -> Vec<Group<O>> {
    let keys = judged.iter().enumerate();
    let keys = keys.map(|(index, (code, judgement, origin))| ((*code, judgement.verdict, origin.clone()), index));
    let mut groups: Vec<Group<O>> = by_key(keys)
        .into_iter()
        .filter_map(|((code, verdict, origin), members)| {
            let reasons = members.iter().filter_map(|at| judged.get(*at)).map(|(_, judgement, _)| &judgement.reason);
            Some(Group { code, verdict, reason: most_frequent(reasons)?.clone(), origin, members })
        })
        .collect();
    groups.sort_by_key(|group| (group.verdict, std::cmp::Reverse(group.members.len()), group.members.first().copied()));
    groups
}

/// What has the same key together: groups and their members in order of first sight.
#[must_use]
pub fn by_key<K: Clone + Eq + Hash, T>(items: impl IntoIterator<Item = (K, T)>) -> Vec<(K, Vec<T>)> {
    let mut places: FxHashMap<K, usize> = FxHashMap::default();
    let mut groups: Vec<(K, Vec<T>)> = Vec::new();
    for (key, item) in items {
        let place = *places.entry(key).or_insert_with_key(|key| {
            groups.push((key.clone(), Vec::new()));
            groups.len() - 1
        });
        if let Some((_, members)) = groups.get_mut(place) {
            members.push(item);
        }
    }
    groups
}

/// The most frequent one, of equally frequent ones the first.
#[must_use]
pub fn most_frequent<'r, R: Eq + Hash>(reasons: impl IntoIterator<Item = &'r R>) -> Option<&'r R> {
    let mut counts: FxHashMap<&R, (usize, usize)> = FxHashMap::default();
    for (position, reason) in reasons.into_iter().enumerate() {
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
    #[test]
    fn groups_and_members_stay_in_order_of_first_sight() {
        assert_eq!(by_key([('b', 1), ('a', 2), ('b', 3)]), [('b', vec![1, 3]), ('a', vec![2])]);
        assert_eq!(by_key::<char, u8>([]), []);
        assert_eq!(most_frequent(&[2, 1, 1, 2, 3]), Some(&2), "of equally frequent ones the first");
        assert_eq!(most_frequent::<u8>(&[]), None);
    }
}
