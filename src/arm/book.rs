//! What was done to each thread, in the order in which it was done, for whoever wants it told.

use crate::memory::Address;

/// Threads beyond this are counted only: a target may start and end any number of them.
const MOST: usize = 10_000;

/// One thread, and what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThreadRecord {
    /// The interpreter it belongs to.
    pub interpreter: i64,
    /// The thread: the system's number where there is one.
    pub thread: u64,
    /// Where the word is.
    pub address: Address,
    /// The depth it had.
    pub before: i32,
    /// Whether it was started after the first threads had been armed.
    pub is_new: bool,
    /// What became of it.
    pub outcome: ThreadOutcome,
}

/// What became of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThreadOutcome {
    /// It has our depth.
    Armed,
    /// It had our depth, and has its old one again.
    Restored,
    /// It had our depth, and has ended.
    Ended,
    /// It had our depth, and somebody else has given it this one.
    Changed(i32),
    /// It got the depth that it was to have.
    Disarmed,
    /// It had that depth already.
    Unchanged,
    /// It was not written to: it had a depth of its own, a loop runs there in debug mode, or what stands there is no depth.
    LeftAlone,
}

/// All threads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Book {
    /// The threads.
    pub threads: Vec<ThreadRecord>,
    /// How many more there were.
    pub omitted: u64,
}

impl Book {
    /// Adds a thread. Returns its place, if it is not one too many.
    pub(super) fn add(&mut self, record: ThreadRecord) -> Option<usize> {
        if self.threads.len() >= MOST {
            self.omitted += 1;
            return None;
        }
        self.threads.push(record);
        Some(self.threads.len() - 1)
    }

    /// Writes down what became of the thread at a place.
    pub(super) fn set(&mut self, place: Option<usize>, outcome: ThreadOutcome) {
        if let Some(record) = place.and_then(|place| self.threads.get_mut(place)) {
            record.outcome = outcome;
        }
    }

    /// The process has ended, and all armed threads with it.
    pub fn all_ended(&mut self) {
        for record in self.threads.iter_mut().filter(|record| record.outcome == ThreadOutcome::Armed) {
            record.outcome = ThreadOutcome::Ended;
        }
    }
}
