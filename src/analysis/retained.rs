//! What would be freed if an object were freed: found by looking at no more of the heap than that takes.
//!
//! A search from the object outwards. Of each object that is met, we know how many of its references were not yet seen to come from
//! objects that were looked at. Those with none left are freed for sure and are looked at first. If nobody else has none left, a circle may still
//! be closed by looking further: the one with the fewest is next. What stays unlooked at when the search ends counts as held from outside.

use super::island::Part;
use std::collections::BTreeSet;

/// A search for what is freed with an object, which has the number 0.
#[derive(Debug)]
pub struct Doomed {
    part: Part,
    /// For each object, how many references to it were not met; `None` for what never ends, or is known to be held.
    missing: Vec<Option<u64>>,
    /// Met and not looked at, by how many references are missing.
    waiting: BTreeSet<(u64, usize)>,
}

impl Default for Doomed {
    fn default() -> Self {
        Self::new()
    }
}

impl Doomed {
    /// A search from an object, whoever holds it.
    #[must_use]
    pub fn new() -> Self {
        let mut part = Part::default();
        let first = part.add(None);
        Self { part, missing: vec![None], waiting: BTreeSet::from([(0, first)]) }
    }

    /// Adds an object that was met for the first time, with its reference count, `None` if it is known to stay. Returns its number.
    pub fn meet(&mut self, count: Option<u64>) -> usize {
        let number = self.part.add(count);
        self.missing.push(count);
        if let Some(count) = count {
            self.waiting.insert((count, number));
        }
        number
    }

    /// Adds a reference from an object that was looked at.
    pub fn refer(&mut self, from: usize, to: usize) {
        self.part.refer(from, to);
        let Some(Some(missing)) = self.missing.get_mut(to) else { return };
        // More references than there are: the picture is torn, and `Part` frees nothing on such evidence.
        let fewer = missing.saturating_sub(1);
        if self.waiting.remove(&(*missing, to)) {
            self.waiting.insert((fewer, to));
        }
        *missing = fewer;
    }

    /// The object to look at next; `None` when all were.
    pub fn pop(&mut self) -> Option<usize> {
        self.waiting.pop_first().map(|(_, number)| number)
    }

    /// How many objects were met.
    #[must_use]
    pub fn met(&self) -> usize {
        self.missing.len()
    }

    /// The objects that are freed, by number, the first one among them.
    #[must_use]
    pub fn freed(&self) -> Vec<usize> {
        let freed = self.part.freed_with(0);
        freed.iter().enumerate().filter(|(_, freed)| **freed).map(|(number, _)| number).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Searches a made-up heap of counts and references; returns what is freed with object 0, and what was looked at, in order.
    fn search(counts: &[u64], references: &[(usize, usize)], looks: usize) -> (Vec<usize>, Vec<usize>) {
        let mut doomed = Doomed::new();
        let mut numbers = vec![0];
        let mut looked = Vec::new();
        while looked.len() < looks
            && let Some(number) = doomed.pop()
        {
            let object = numbers[number];
            looked.push(object);
            for (_, target) in references.iter().filter(|(from, _)| *from == object) {
                let to = numbers.iter().position(|known| known == target).unwrap_or_else(|| {
                    numbers.push(*target);
                    doomed.meet(Some(counts[*target]))
                });
                doomed.refer(number, to);
            }
        }
        let mut freed: Vec<usize> = doomed.freed().into_iter().map(|number| numbers[number]).collect();
        freed.sort_unstable();
        (freed, looked)
    }

    #[test]
    fn what_has_other_holders_stays() {
        let references = [(0, 1), (0, 2), (1, 3), (2, 3), (2, 4)];
        assert_eq!(search(&[5, 1, 1, 2, 1], &references, 99).0, [0, 1, 2, 3, 4]);
        assert_eq!(search(&[5, 1, 2, 2, 1], &references, 99).0, [0, 1]);
    }

    #[test]
    fn circles_are_freed_and_those_back_to_the_object_too() {
        let references = [(0, 1), (1, 2), (2, 1), (2, 0)];
        assert_eq!(search(&[1, 2, 1], &references, 99).0, [0, 1, 2]);
        assert_eq!(search(&[1, 3, 1], &references, 99).0, [0]);
    }

    #[test]
    fn what_nobody_else_holds_is_looked_at_before_what_somebody_may() {
        // 1 is the program, with many holders; 2 and 3 are the object's own.
        let references = [(0, 1), (0, 2), (2, 3), (1, 4)];
        let (freed, looked) = search(&[1, 90, 1, 1, 1], &references, 3);
        assert_eq!(looked, [0, 2, 3]);
        assert_eq!(freed, [0, 2, 3]);
    }

    #[test]
    fn what_was_not_looked_at_frees_nothing() {
        // 1 ↔ 2 is a circle that nobody else holds. Without a look at 2, the circle is open.
        let references = [(0, 1), (1, 2), (2, 1)];
        assert_eq!(search(&[1, 2, 1], &references, 2).0, [0]);
        assert_eq!(search(&[1, 2, 1], &references, 3).0, [0, 1, 2]);
    }

    #[test]
    fn a_count_that_is_too_low_holds() {
        assert_eq!(search(&[1, 1], &[(0, 1), (0, 1)], 99).0, [0]);
    }

    #[test]
    fn what_never_ends_is_not_looked_at() {
        let mut doomed = Doomed::new();
        assert_eq!(doomed.pop(), Some(0));
        let immortal = doomed.meet(None);
        doomed.refer(0, immortal);
        assert_eq!(doomed.pop(), None);
        assert_eq!((doomed.freed(), doomed.met()), (vec![0], 2));
    }
}
