//! The system's numbers of threads on 3.8–3.10, whose thread states do not have them.
//!
//! `threading.get_ident()` is `pthread_self()`, which both glibc and musl make the address of the thread's descriptor; the kernel writes
//! the thread's number into it (`set_tid_address(2)`, `CLONE_PARENT_SETTID`). Where in the descriptor differs between C libraries and
//! their versions, so no place is assumed: it is the one at which every descriptor has the number of a thread that exists, each
//! another one.

use crate::memory::{Address, Memory};
use rustc_hash::{FxHashMap, FxHashSet};

/// Bytes of a descriptor that are looked through; glibc and musl have the number within the first kilobyte.
const SEARCHED: u64 = 1024;
/// Threads of which the descriptors are read; of more, nothing is said.
const MOST_THREADS: usize = 4096;

/// The number of the system's thread for each `identity` (`pthread_self()`), where it can be told without doubt; `numbers` are those
/// of all threads of the process, as it counts them itself.
#[must_use]
pub fn native_ids(memory: &dyn Memory, identities: &[u64], numbers: &[u64]) -> FxHashMap<u64, u64> {
    if let ([identity], [number]) = (identities, numbers) {
        return FxHashMap::from_iter([(*identity, *number)]);
    }
    if identities.len() > MOST_THREADS {
        return FxHashMap::default();
    }
    let existing: FxHashSet<u64> = numbers.iter().copied().collect();
    let descriptors: Vec<Option<Vec<u8>>> =
        identities.iter().map(|identity| memory.bytes(Address::new(*identity), SEARCHED, usize::MAX).ok()).collect();
    let mut answers = (0..SEARCHED).step_by(4).filter_map(|at| {
        let mut taken = FxHashSet::default();
        let number = |bytes: &Option<Vec<u8>>| {
            let at = usize::try_from(at).ok()?;
            let word = bytes.as_ref()?.get(at..at + 4)?.try_into().ok()?;
            let number = u64::from(u32::from_le_bytes(word));
            (existing.contains(&number) && taken.insert(number)).then_some(number)
        };
        descriptors.iter().map(number).collect::<Option<Vec<u64>>>()
    });
    let Some(answer) = answers.next() else { return FxHashMap::default() };
    // Old C libraries have the number of the process beside it: for a single thread that is the same.
    if answers.any(|other| other != answer) {
        return FxHashMap::default();
    }
    identities.iter().copied().zip(answer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::SyntheticMemory;

    /// Descriptors at 0x10000, 0x20000, …, with these words (offset, value).
    fn descriptors(words: &[&[(u64, u32)]]) -> (SyntheticMemory, Vec<u64>) {
        let mut memory = SyntheticMemory::new();
        let mut identities = Vec::new();
        for (at, words) in (1u64..).map(|n| n * 0x10000).zip(words) {
            memory.map_zeroed(at, 0x1000);
            for (offset, word) in *words {
                assert!(memory.write(at + offset, &word.to_le_bytes()));
            }
            identities.push(at);
        }
        (memory, identities)
    }

    fn found(words: &[&[(u64, u32)]], numbers: &[u64]) -> Vec<Option<u64>> {
        let (memory, identities) = descriptors(words);
        let found = native_ids(&memory, &identities, numbers);
        identities.iter().map(|identity| found.get(identity).copied()).collect()
    }

    #[test]
    fn the_place_is_where_all_have_the_number_of_another_living_thread() {
        // 720: the number. 724: that of the process, the same in all. 64: something that is a number in one only.
        let words: &[&[(u64, u32)]] = &[&[(720, 70), (724, 70)], &[(720, 71), (724, 70), (64, 70)]];
        assert_eq!(found(words, &[70, 71, 72]), [Some(70), Some(71)]);
        assert_eq!(found(words, &[70]), [None, None], "a number that no thread has");
    }

    #[test]
    fn what_is_ambiguous_or_unreadable_is_not_told() {
        let words: &[&[(u64, u32)]] = &[&[(720, 70), (64, 71)], &[(720, 71), (64, 70)]];
        assert_eq!(found(words, &[70, 71]), [None, None]);
        let (memory, mut identities) = descriptors(&[&[(720, 70)]]);
        identities.push(0x0dea_d000);
        assert!(native_ids(&memory, &identities, &[70, 71]).is_empty());
    }

    #[test]
    fn a_single_thread_needs_no_descriptor() {
        assert_eq!(found(&[&[]], &[7]), [Some(7)]);
        assert_eq!(found(&[&[(720, 1), (724, 1)]], &[1, 2]), [Some(1)], "two places that say the same");
    }
}
