//! Is an object held by anything but itself and what it holds? The question that the collector asks, of a part of the heap.
//!
//! Of each object in the part we know how many references count, and which of them come from inside of the part. Whatever has more
//! than those is held from outside, and holds what it refers to. What nothing outside reaches is an *island*: it lives until the collector runs.
//!
//! Sound by how it counts. A reference that was overlooked, an object that is not in the part, a count that is not known: each makes something
//! look held that is not, never the other way round. So does a picture in which counts and references do not fit together.

/// Objects of a part of the heap, by number, and the references among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    counts: Vec<Option<u64>>,
    /// From, to; a reference held twice is there twice.
    references: Vec<(usize, usize)>,
}

impl Part {
    /// Adds an object with its reference count, `None` if that is not known or never ends (immortal objects). Returns its number.
    pub fn add(&mut self, count: Option<u64>) -> usize {
        self.counts.push(count);
        self.counts.len() - 1
    }

    /// Says how many references an object has that was added before that was known.
    pub fn count(&mut self, number: usize, count: Option<u64>) {
        if let Some(known) = self.counts.get_mut(number) {
            *known = count;
        }
    }

    /// Adds a reference between two objects of the part.
    pub fn refer(&mut self, from: usize, to: usize) {
        self.references.push((from, to));
    }

    /// For each object, whether anything outside of the part may hold it, over any number of steps.
    #[must_use]
    pub fn held(&self) -> Vec<bool> {
        self.held_without(None)
    }

    /// For each object, whether it would be freed if the object of this number were, whoever holds that one: it itself, what only it
    /// leads to, and circles of those.
    #[must_use]
    pub fn freed_with(&self, number: usize) -> Vec<bool> {
        self.held_without(Some(number)).into_iter().map(|held| !held).collect()
    }

    /// As [`held`](Self::held), in a world in which nothing holds the object `gone`, so that it holds nothing either.
    fn held_without(&self, gone: Option<usize>) -> Vec<bool> {
        let mut inside = vec![0u64; self.counts.len()];
        // Where the references of each object begin in `targets`: one array, sorted by where they come from.
        let mut starts = vec![0usize; self.counts.len() + 1];
        for (from, to) in &self.references {
            if let Some(count) = inside.get_mut(*to) {
                *count += 1;
            }
            if let Some(start) = starts.get_mut(from + 1) {
                *start += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut targets = vec![0; self.references.len()];
        for (from, to) in &self.references {
            if let Some(at) = next.get_mut(*from) {
                if let Some(target) = targets.get_mut(*at) {
                    *target = *to;
                }
                *at += 1;
            }
        }
        // More references inside than there are in all is a contradiction: then nothing is known.
        let mut held: Vec<bool> =
            self.counts.iter().zip(&inside).map(|(count, inside)| *count != Some(*inside)).collect();
        if let Some(held) = gone.and_then(|at| held.get_mut(at)) {
            *held = false;
        }
        let mut to_do: Vec<usize> = (0..held.len()).filter(|at| held.get(*at) == Some(&true)).collect();
        while let Some(at) = to_do.pop() {
            let range = starts.get(at).copied().unwrap_or(0)..starts.get(at + 1).copied().unwrap_or(0);
            for target in targets.get(range).unwrap_or_default() {
                if let Some(held) = held.get_mut(*target).filter(|held| !**held && Some(*target) != gone) {
                    *held = true;
                    to_do.push(*target);
                }
            }
        }
        held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(counts: &[u64], references: &[(usize, usize)]) -> Part {
        let mut part = Part::default();
        counts.iter().for_each(|count| _ = part.add(Some(*count)));
        references.iter().for_each(|(from, to)| part.refer(*from, *to));
        part
    }

    #[test]
    fn a_circle_with_no_other_references_is_an_island() {
        assert_eq!(part(&[1, 1, 1], &[(0, 1), (1, 2), (2, 0)]).held(), [false; 3]);
    }

    #[test]
    fn one_reference_from_outside_holds_all_that_is_reached() {
        // 0 ↔ 1, and 2 → 0; 3 is held by 2 and leads nowhere.
        let references = [(0, 1), (1, 0), (2, 0), (2, 3)];
        assert_eq!(part(&[2, 1, 1, 1], &references).held(), [true; 4]);
        // Without it the same part is an island, if 2 is in a circle of its own.
        assert_eq!(part(&[2, 1, 1, 1], &[&references[..], &[(3, 2)]].concat()).held(), [false; 4]);
    }

    #[test]
    fn what_refers_to_the_held_is_not_held_by_it() {
        assert_eq!(part(&[1, 2], &[(0, 0), (0, 1)]).held(), [false, true]);
    }

    #[test]
    fn references_count_as_often_as_they_are_there() {
        assert_eq!(part(&[2], &[(0, 0), (0, 0)]).held(), [false]);
        assert_eq!(part(&[2], &[(0, 0)]).held(), [true]);
    }

    #[test]
    fn unknown_counts_and_contradictions_hold() {
        let mut unknown = part(&[1], &[]);
        unknown.add(None);
        unknown.refer(1, 0);
        assert_eq!(unknown.held(), [true, true]);
        assert_eq!(part(&[1, 1], &[(0, 1), (0, 1), (1, 0)]).held(), [true, true]);
        assert_eq!(part(&[0], &[]).held(), [false]);
    }

    #[test]
    fn what_only_one_object_leads_to_is_freed_with_it() {
        // 0 is held by somebody, and leads to 1, to 2 ↔ 3, and to 4, which somebody else holds too and which leads to 5.
        let references = [(0, 1), (0, 2), (2, 3), (3, 2), (3, 0), (0, 4), (4, 5)];
        let part = part(&[7, 1, 2, 1, 2, 1], &references);
        assert_eq!(part.freed_with(0), [true, true, true, true, false, false]);
        assert_eq!(part.freed_with(4), [false, false, false, false, true, true]);
        assert_eq!(part.freed_with(99), [false; 6], "there is no such object");
        assert_eq!(part.held(), [true; 6]);
    }

    #[test]
    fn what_the_held_refer_to_is_not_freed() {
        // 1 is held from outside and leads to 2, which 0 alone leads to otherwise.
        assert_eq!(part(&[1, 2, 2], &[(0, 1), (1, 2), (0, 2)]).freed_with(0), [true, false, false]);
    }

    #[test]
    fn long_chains_end() {
        let count = 200_000;
        let mut part = part(&vec![1; count], &[]);
        (1..count).for_each(|at| part.refer(at - 1, at));
        assert!(part.held().into_iter().all(|held| held));
        part.refer(count - 1, 0);
        assert!(part.held().into_iter().all(|held| !held));
    }
}
