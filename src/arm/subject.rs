//! The process whose threads are armed: attached once, listed and held still as often as needed.

use super::ledger::{Replace, Word};
use crate::asyncio::Asyncio;
use crate::error::{Error, ErrorKind, Result};
use crate::heap::Heap;
use crate::memory::{Address, LiveMemory, Pages, WhenFull};
use crate::process::pause::Pause;
use crate::process::write::{WriteError, replace_word};
use crate::process::{Pid, Target, signals};
use crate::runtime::{Interpreter, ListError, Python, interpreters, locate};
use rustc_hash::FxHashSet;
use std::time::{Duration, Instant};

/// How long a list of threads that changes while it is read is read again.
const LIST_LIMIT: Duration = Duration::from_secs(2);
/// Time between two attempts to read a list.
const BETWEEN_ATTEMPTS: Duration = Duration::from_micros(500);
/// Most memory a picture of the loops may take.
const PICTURE_LIMIT: u64 = 64 << 20;

/// A process, its memory and its Python.
pub(super) struct Subject {
    pub(super) target: Target,
    pub(super) memory: LiveMemory,
    pub(super) python: Python,
}

impl Subject {
    pub(super) fn attach(pid: Pid) -> Result<Self> {
        let target = Target::open(pid)?;
        let memory = LiveMemory::new(pid);
        let python = locate(&target, &memory)?;
        Ok(Self { target, memory, python })
    }

    /// The words of all threads. While the target runs a list may break: then it is read again by who asks.
    pub(super) fn words(&self) -> Result<Vec<Word>, ListError> {
        Ok(Word::all(&interpreters(&self.python, &self.memory)?, self.depth_field())?)
    }

    fn depth_field(&self) -> crate::runtime::layout::Field {
        self.python.layout.thread.coroutine_origin_tracking_depth
    }

    /// The interpreters with their threads, while the target runs.
    pub(super) fn interpreters(&self) -> Result<Vec<Interpreter>> {
        let begun = Instant::now();
        loop {
            match interpreters(&self.python, &self.memory) {
                Ok(found) => return Ok(found),
                Err(_) if begun.elapsed() < LIST_LIMIT => {
                    signals::check()?;
                    std::thread::sleep(BETWEEN_ATTEMPTS);
                }
                Err(error) => {
                    self.target.check_alive()?;
                    return Err(self.unlisted(error));
                }
            }
        }
    }

    /// As [`words`](Self::words), of a list that was read before.
    pub(super) fn words_of(&self, interpreters: &[Interpreter]) -> Result<Vec<Word>> {
        Word::all(interpreters, self.depth_field()).map_err(|error| self.unlisted(error))
    }

    pub(super) fn unlisted(&self, cause: impl std::fmt::Display) -> Error {
        Error::new(ErrorKind::Unreadable, format!("cannot list the threads of {}", self.target.name())).caused_by(cause)
    }

    pub(super) fn unwritten(&self, cause: WriteError) -> Error {
        match cause {
            WriteError::ProcessGone => self.target.gone(),
            cause => {
                Error::new(ErrorKind::Unreadable, format!("cannot write to {}", self.target.name())).caused_by(cause)
            }
        }
    }

    /// The hints of a refusal are for verbs that can do without holding the target still.
    fn unheld(&self, error: Error) -> Error {
        if error.kind() != ErrorKind::Permission {
            return error;
        }
        let plain = Error::new(error.kind(), format!("cannot hold {} still to write to it", self.target.name()));
        plain.caused_by(&error).hint(format!("what stands in the way: `coroscope doctor {}`", self.target.pid()))
    }

    /// The thread states in which a loop runs in debug mode. asyncio's own loops tell; uvloop's mode is not visible, its depth is.
    pub(super) fn in_debug_mode(&self, interpreters: &[Interpreter]) -> FxHashSet<Address> {
        let pages = Pages::new(&self.memory, Pages::PICTURE_PAGE, PICTURE_LIMIT, WhenFull::Bypass);
        let heap = Heap::new(&pages, &self.python.layout, &self.python.types);
        let mut found = FxHashSet::default();
        for interpreter in interpreters {
            let asyncio = Asyncio::find(&heap, interpreter.modules);
            for running in asyncio.event_loops(&heap, interpreter, &[]) {
                if running.debug == Some(true) {
                    found.extend(running.thread);
                }
            }
        }
        found
    }

    /// Runs `work` while the target stands still, with the words of all threads as they are then, and what replaces them.
    pub(super) fn hold<T: Send>(&self, mut work: impl FnMut(&[Word], &mut dyn Replace) -> T + Send) -> Result<T> {
        let held = Pause::briefly(
            &self.target,
            |pause| {
                let words = self.words()?;
                Ok(work(&words, &mut Held(pause)))
            },
            |_| {},
        );
        held.map_err(|error| self.unheld(error))?.map_err(|error: ListError| self.unlisted(error))
    }
}

/// Replaces words of a target that stands still.
struct Held<'p, 't>(&'p Pause<'t>);

impl Replace for Held<'_, '_> {
    fn replace(&mut self, address: Address, expected: i32, new: i32) -> Result<(), WriteError> {
        replace_word(self.0, address.get(), expected.cast_unsigned(), new.cast_unsigned())
    }
}
