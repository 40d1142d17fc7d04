//! The book of what was written: which thread states carry our depth, and which depth they had before.
//!
//! Addresses of thread states and the ids of threads are used again for new ones; the number of a state (`PyThreadState.id`) and the id of an
//! interpreter are given once. So a new thread is never taken for one that ended, and never gets its old value.

use super::book::{Book, ThreadOutcome, ThreadRecord};
use crate::memory::Address;
use crate::process::write::WriteError;
use crate::runtime::Interpreter;
use crate::runtime::layout::{Field, FieldError};
use rustc_hash::{FxHashMap, FxHashSet};

/// A depth beyond this was not set by anybody: the word is another one.
const LARGEST: i32 = 1000;

/// Which thread state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    interpreter: i64,
    state: u64,
}

/// The word of a thread state that holds its origin tracking depth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) key: Key,
    /// Where the word is.
    pub(super) address: Address,
    /// What it is.
    pub(super) depth: i32,
    /// What people call the thread: the system's number where there is one.
    pub(super) thread: u64,
    /// Where the thread state is.
    pub(super) state: Address,
}

impl Word {
    /// The words of all threads.
    pub(super) fn all(interpreters: &[Interpreter], depth: Field) -> Result<Vec<Self>, FieldError> {
        let mut words = Vec::new();
        for interpreter in interpreters {
            for thread in &interpreter.threads {
                words.push(Self {
                    key: Key { interpreter: interpreter.id, state: thread.state_id },
                    address: depth.at(thread.address)?,
                    depth: thread.origin_tracking_depth,
                    thread: thread.native_id.filter(|id| *id != 0).unwrap_or(thread.id),
                    state: thread.address,
                });
            }
        }
        Ok(words)
    }

    /// The thread, and what became of it.
    pub(super) fn record(&self, is_new: bool, outcome: ThreadOutcome) -> ThreadRecord {
        let &Self { key, thread, address, depth, .. } = self;
        ThreadRecord { interpreter: key.interpreter, thread, address, before: depth, is_new, outcome }
    }

    /// Whether this can be a depth at all.
    pub(super) fn is_plausible(&self) -> bool {
        (0..=LARGEST).contains(&self.depth)
    }
}

/// Replaces words of a target, in the way of [`replace_word`](crate::process::write::replace_word).
pub(super) trait Replace {
    /// Replaces the word at `address`, if it is `expected`.
    fn replace(&mut self, address: Address, expected: i32, new: i32) -> Result<(), WriteError>;
}

/// A thread whose depth is neither ours nor what it was before: the program or a loop in debug mode has set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// The thread: the system's number where there is one.
    pub thread: u64,
    /// Its depth.
    pub depth: i32,
}

/// What became of the threads that were armed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restored {
    /// Have the depth they had before.
    pub restored: usize,
    /// Had ended.
    pub ended: usize,
    /// Were left as they are: somebody else has changed them meanwhile.
    pub changed: Vec<Changed>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Ledger {
    depth: i32,
    before: FxHashMap<Key, Before>,
    left_alone: FxHashSet<Key>,
    book: Book,
    /// Whether all threads that were there at first have been dealt with.
    has_begun: bool,
}

/// A thread that is armed.
#[derive(Debug, Clone, Copy)]
struct Before {
    depth: i32,
    /// Its place in the book.
    place: Option<usize>,
}

impl Ledger {
    pub(super) fn new(depth: i32) -> Self {
        Self {
            depth,
            before: FxHashMap::default(),
            left_alone: FxHashSet::default(),
            book: Book::default(),
            has_begun: false,
        }
    }

    /// What was done to each thread.
    pub(super) fn book(&self) -> &Book {
        &self.book
    }

    /// Whether every one of these has been dealt with.
    pub(super) fn knows_all(&self, words: &[Word]) -> bool {
        words.iter().all(|word| self.before.contains_key(&word.key) || self.left_alone.contains(&word.key))
    }

    /// How many threads were written to.
    pub(super) fn armed(&self) -> usize {
        self.before.len()
    }

    /// Arms the threads that are new. One that has a depth already is left alone, unless `force`.
    pub(super) fn arm(&mut self, words: &[Word], force: bool, target: &mut dyn Replace) -> Result<(), WriteError> {
        for word in words {
            if self.before.contains_key(&word.key) || self.left_alone.contains(&word.key) {
                continue;
            }
            if !word.is_plausible() || (word.depth != 0 && !force) {
                self.left_alone.insert(word.key);
                self.book.add(word.record(self.has_begun, ThreadOutcome::LeftAlone));
                continue;
            }
            // Before the write: one that went wrong half-way must be looked at again, too.
            let place = self.book.add(word.record(self.has_begun, ThreadOutcome::Armed));
            self.before.insert(word.key, Before { depth: word.depth, place });
            if word.depth != self.depth {
                target.replace(word.address, word.depth, self.depth)?;
            }
        }
        self.has_begun = true;
        Ok(())
    }

    /// Gives all threads back what they had. What was written back is struck off, so that a second try goes on where the first one failed.
    pub(super) fn restore(
        &mut self,
        words: &[Word],
        done: &mut Restored,
        target: &mut dyn Replace,
    ) -> Result<(), WriteError> {
        for word in words {
            let Some(&before) = self.before.get(&word.key) else { continue };
            let outcome = if word.depth == before.depth {
                done.restored += 1;
                ThreadOutcome::Restored
            } else if word.depth == self.depth {
                target.replace(word.address, word.depth, before.depth)?;
                done.restored += 1;
                ThreadOutcome::Restored
            } else {
                done.changed.push(Changed { thread: word.thread, depth: word.depth });
                ThreadOutcome::Changed(word.depth)
            };
            self.book.set(before.place, outcome);
            self.before.remove(&word.key);
        }
        done.ended += self.before.len();
        for (_, before) in self.before.drain() {
            self.book.set(before.place, ThreadOutcome::Ended);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thread states as a target has them: number, address, depth.
    #[derive(Default)]
    struct Fake {
        states: Vec<(u64, u64, i32)>,
        writes: Vec<(u64, i32, i32)>,
        refuses: Option<u64>,
    }

    impl Fake {
        fn words(&self) -> Vec<Word> {
            let word = |&(number, address, depth): &(u64, u64, i32)| Word {
                key: Key { interpreter: 0, state: number },
                address: Address::new(address),
                depth,
                thread: 100 + number,
                state: Address::new(address),
            };
            self.states.iter().map(word).collect()
        }

        fn depths(&self) -> Vec<i32> {
            self.states.iter().map(|state| state.2).collect()
        }
    }

    impl Replace for Fake {
        fn replace(&mut self, address: Address, expected: i32, new: i32) -> Result<(), WriteError> {
            if self.refuses == Some(address.get()) {
                return Err(WriteError::NotWritable(address.get()));
            }
            let state = self.states.iter_mut().find(|state| state.1 == address.get()).expect("a thread state");
            assert_eq!(state.2, expected, "only what was read is replaced");
            state.2 = new;
            self.writes.push((address.get(), expected, new));
            Ok(())
        }
    }

    fn arm(ledger: &mut Ledger, target: &mut Fake, force: bool) {
        let words = target.words();
        ledger.arm(&words, force, target).unwrap();
    }

    fn restore(ledger: &mut Ledger, target: &mut Fake) -> Restored {
        let (words, mut done) = (target.words(), Restored::default());
        ledger.restore(&words, &mut done, target).unwrap();
        done
    }

    #[test]
    fn each_thread_is_written_to_once_and_gets_its_own_value_back() {
        let mut target = Fake { states: vec![(1, 0x100, 0), (2, 0x200, 0)], ..Fake::default() };
        let mut ledger = Ledger::new(10);
        assert!(!ledger.knows_all(&target.words()));
        arm(&mut ledger, &mut target, false);
        assert_eq!(target.depths(), [10, 10]);
        assert!(ledger.knows_all(&target.words()));
        arm(&mut ledger, &mut target, false);
        assert_eq!(target.writes.len(), 2, "nothing is written twice");
        target.states.push((3, 0x300, 0));
        assert!(!ledger.knows_all(&target.words()), "a new thread");
        arm(&mut ledger, &mut target, false);
        assert_eq!((target.depths(), ledger.armed()), (vec![10, 10, 10], 3));
        assert_eq!(restore(&mut ledger, &mut target), Restored { restored: 3, ..Restored::default() });
        assert_eq!((target.depths(), ledger.armed()), (vec![0, 0, 0], 0));
    }

    #[test]
    fn a_new_thread_at_an_old_address_is_another_thread() {
        let mut target = Fake { states: vec![(1, 0x100, 3)], ..Fake::default() };
        let mut ledger = Ledger::new(10);
        arm(&mut ledger, &mut target, true);
        target.states = vec![(2, 0x100, 0)];
        assert!(!ledger.knows_all(&target.words()));
        arm(&mut ledger, &mut target, true);
        let done = restore(&mut ledger, &mut target);
        assert_eq!(done, Restored { restored: 1, ended: 1, ..Restored::default() });
        assert_eq!(target.depths(), [0], "not the 3 of the thread that was there before");
    }

    #[test]
    fn the_book_says_what_became_of_each_thread() {
        let states = vec![(1, 0x100, 0), (2, 0x200, 7), (3, 0x300, 0), (4, 0x400, 0)];
        let mut target = Fake { states, ..Fake::default() };
        let mut ledger = Ledger::new(10);
        arm(&mut ledger, &mut target, false);
        target.states.push((5, 0x500, 0));
        arm(&mut ledger, &mut target, false);
        // The third one ends, somebody changes the fourth.
        target.states.remove(2);
        target.states[2].2 = 3;
        restore(&mut ledger, &mut target);
        let found = ledger
            .book()
            .threads
            .iter()
            .map(|one| (one.thread, one.address.get(), one.before, one.is_new, one.outcome));
        let expected = [
            (101, 0x100, 0, false, ThreadOutcome::Restored),
            (102, 0x200, 7, false, ThreadOutcome::LeftAlone),
            (103, 0x300, 0, false, ThreadOutcome::Ended),
            (104, 0x400, 0, false, ThreadOutcome::Changed(3)),
            (105, 0x500, 0, true, ThreadOutcome::Restored),
        ];
        assert_eq!(found.collect::<Vec<_>>(), expected);
        assert_eq!(ledger.book().omitted, 0);
    }

    #[test]
    fn a_thread_that_ended_is_not_written_to() {
        let mut target = Fake { states: vec![(1, 0x100, 0), (2, 0x200, 0)], ..Fake::default() };
        let mut ledger = Ledger::new(10);
        arm(&mut ledger, &mut target, false);
        // Another one came to its place, and was never ours.
        target.states[1] = (7, 0x200, 10);
        let done = restore(&mut ledger, &mut target);
        assert_eq!(done, Restored { restored: 1, ended: 1, ..Restored::default() });
        assert_eq!(target.depths(), [0, 10]);
    }

    #[test]
    fn what_somebody_else_has_set_stays() {
        let mut target = Fake { states: vec![(1, 0x100, 0), (2, 0x200, 0), (3, 0x300, 0)], ..Fake::default() };
        let mut ledger = Ledger::new(5);
        arm(&mut ledger, &mut target, false);
        target.states[0].2 = 10;
        target.states[1].2 = 0;
        let done = restore(&mut ledger, &mut target);
        let changed = vec![Changed { thread: 101, depth: 10 }];
        assert_eq!(done, Restored { restored: 2, ended: 0, changed });
        assert_eq!(target.depths(), [10, 0, 0]);
    }

    #[test]
    fn a_depth_that_is_there_is_left_alone_or_taken_over() {
        let states = vec![(1, 0x100, 10), (2, 0x200, 0), (3, 0x300, -1), (4, 0x400, 1001)];
        let mut target = Fake { states: states.clone(), ..Fake::default() };
        let mut ledger = Ledger::new(10);
        arm(&mut ledger, &mut target, false);
        assert_eq!(target.depths(), [10, 10, -1, 1001]);
        assert!(ledger.knows_all(&target.words()));
        assert_eq!(restore(&mut ledger, &mut target).restored, 1);
        assert_eq!(target.states, states);

        let mut ledger = Ledger::new(20);
        arm(&mut ledger, &mut target, true);
        assert_eq!(target.depths(), [20, 20, -1, 1001], "what is no depth is never replaced");
        assert_eq!(restore(&mut ledger, &mut target).restored, 2);
        assert_eq!(target.states, states);
    }

    #[test]
    fn the_same_depth_needs_no_write() {
        let mut target = Fake { states: vec![(1, 0x100, 10)], ..Fake::default() };
        let mut ledger = Ledger::new(10);
        arm(&mut ledger, &mut target, true);
        assert_eq!(restore(&mut ledger, &mut target).restored, 1);
        assert_eq!((target.depths(), target.writes), (vec![10], vec![]));
    }

    #[test]
    fn after_a_failure_the_rest_can_still_be_restored() {
        let mut target = Fake { states: vec![(1, 0x100, 0), (2, 0x200, 0)], ..Fake::default() };
        let mut ledger = Ledger::new(10);
        target.refuses = Some(0x200);
        let words = target.words();
        assert_eq!(ledger.arm(&words, false, &mut target), Err(WriteError::NotWritable(0x200)));
        assert_eq!(target.depths(), [10, 0]);
        assert_eq!(restore(&mut ledger, &mut target).restored, 2);
        assert_eq!(target.depths(), [0, 0]);

        let mut ledger = Ledger::new(10);
        target.refuses = None;
        arm(&mut ledger, &mut target, false);
        target.refuses = Some(0x200);
        let (words, mut done) = (target.words(), Restored::default());
        assert!(ledger.restore(&words, &mut done, &mut target).is_err());
        target.refuses = None;
        let words = target.words();
        ledger.restore(&words, &mut done, &mut target).unwrap();
        assert_eq!((target.depths(), done.restored), (vec![0, 0], 2));
    }
}
