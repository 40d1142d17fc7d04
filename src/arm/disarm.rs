//! Switching origin tracking off, whoever switched it on: the repair after an `arm` that was killed.

use super::book::{Book, ThreadOutcome};
use super::ledger::Changed;
use super::subject::Subject;
use crate::error::Result;
use crate::process::Pid;

/// What was done to the threads of a process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Disarmed {
    /// Got the new depth; with the one they had before.
    pub changed: Vec<Changed>,
    /// Had the depth already.
    pub unchanged: usize,
    /// Were left as they are, because a loop in debug mode runs there and sets the depth itself.
    pub debugging: Vec<Changed>,
    /// Were left as they are, because what stands there is no depth.
    pub implausible: Vec<Changed>,
    /// The same, thread by thread.
    pub book: Book,
}

/// Writes `depth` to every thread state of a process.
///
/// # Errors
/// When the process cannot be read, held still or written to.
pub fn disarm(pid: Pid, depth: u16) -> Result<Disarmed> {
    let subject = Subject::attach(pid)?;
    let depth = i32::from(depth);
    let debugging = subject.in_debug_mode(&subject.interpreters()?);
    subject
        .hold(|words, target| {
            let mut done = Disarmed::default();
            for word in words {
                let was = Changed { thread: word.thread, depth: word.depth };
                let outcome = if !word.is_plausible() {
                    done.implausible.push(was);
                    ThreadOutcome::LeftAlone
                } else if word.depth == depth {
                    done.unchanged += 1;
                    ThreadOutcome::Unchanged
                } else if debugging.contains(&word.state) {
                    done.debugging.push(was);
                    ThreadOutcome::LeftAlone
                } else {
                    target.replace(word.address, word.depth, depth)?;
                    done.changed.push(was);
                    ThreadOutcome::Disarmed
                };
                done.book.add(word.record(false, outcome));
            }
            Ok(done)
        })?
        .map_err(|error| subject.unwritten(error))
}
