//! How the memory that we may take ourselves is divided (`--max-memory`).
//!
//! What grows with the target gets a share of its own, and what does not fit is left out and counted, or read again when it is wanted:
//!
//! | share | what |
//! |---|---|
//! | 1/2 | what is known of coroutines, tasks and futures: 1 KiB each, measured with a million |
//! | 1/4 | the picture of the pages that they lie in; beyond it memory is read without being remembered |
//! | 1/8 | places where a sweep has met what may be one |
//! | 1/8 | the search for who holds them: pages, objects on the way, words that point to them |
//!
//! The rest – the program itself, its symbols, the types, code and names of the target – is about 30 MiB, whatever the size of the heap.

use crate::heap::candidates::Candidate;

const MIB: u64 = 1 << 20;

/// Bytes that may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Budget(u64);

impl Default for Budget {
    fn default() -> Self {
        Self(super::Settings::DEFAULT_MEMORY)
    }
}

impl Budget {
    /// What is known of a candidate takes about so many bytes, with its owners, and at two moments.
    const KNOWN: u64 = 1024;
    /// Bytes of an object that a search remembers, at most.
    const REACHED: u64 = 64;

    pub(super) fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// Bytes of a picture. What is confirmed in one pause has to fit, and does in the least that is given.
    pub(super) fn picture(self) -> u64 {
        (self.0 / 4).clamp(8 * MIB, 512 * MIB)
    }

    /// Candidates that are examined.
    pub(super) fn candidates(self) -> usize {
        count(self.0 / 2, Self::KNOWN)
    }

    /// Places that a sweep remembers.
    pub(super) fn places(self) -> usize {
        count(self.0 / 8, size_of::<Candidate>() as u64)
    }

    /// Bytes that are remembered while holders are searched for.
    pub(super) fn remembered(self) -> u64 {
        (self.0 / 32).clamp(MIB, 64 * MIB)
    }

    /// Objects that a search from the roots reaches.
    pub(super) fn reached(self) -> usize {
        count(self.0 / 32, Self::REACHED)
    }

    /// Words that a sweep for references remembers, of so many bytes each.
    pub(super) fn words(self, bytes: usize) -> usize {
        count(self.0 / 32, bytes as u64)
    }
}

/// How many there is room for: always some, or nothing would be seen at all.
fn count(bytes: u64, each: u64) -> usize {
    usize::try_from(bytes / each).unwrap_or(usize::MAX).max(256)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_stay_within_the_whole() {
        for bytes in [64 * MIB, 256 * MIB, super::super::Settings::DEFAULT_MEMORY, 1 << 36] {
            let budget = Budget::new(bytes);
            let shares = [
                budget.picture(),
                budget.candidates() as u64 * Budget::KNOWN,
                (budget.places() * size_of::<Candidate>()) as u64,
                budget.remembered(),
                budget.reached() as u64 * Budget::REACHED,
                2 * (budget.words(48) * 48) as u64,
            ];
            assert!(shares.iter().sum::<u64>() <= bytes, "{bytes}: {shares:?}");
        }
    }

    #[test]
    fn a_tiny_budget_leaves_something_to_see() {
        let budget = Budget::new(1);
        assert!(budget.candidates() > 0 && budget.places() > 0 && budget.words(16) > 0 && budget.reached() > 0);
        assert_eq!(budget.picture(), 8 * MIB);
    }
}
