//! An attached target: everything that is looked up once and stays.

use super::budget::Budget;
use super::collect;
use super::observe::Skips;
use crate::asyncio::Asyncio;
use crate::error::{Error, ErrorKind, Result};
use crate::heap::Heap;
use crate::heap::candidates::Wanted;
use crate::heap::references::ForeignTypes;
use crate::memory::{LiveMemory, Pages, Stoppable, WhenFull};
use crate::process::{Pid, Target, signals};
use crate::runtime::{Interpreter, Python, interpreters, locate};
use std::time::{Duration, Instant};

/// How often a list that changed under our hands is read again.
const LIST_ATTEMPTS: usize = 50;

/// A target that can be looked at.
pub(super) struct Session {
    pub(super) target: Target,
    pub(super) memory: LiveMemory,
    pub(super) python: Python,
    pub(super) begun: Instant,
    pub(super) budget: Budget,
    deadline: Instant,
    /// Bytes that had been read when this look began.
    read_before: u64,
    /// Bytes that had been passed over then.
    skipped_before: u64,
}

/// One interpreter of the target, with what its asyncio keeps where.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) interpreter: Interpreter,
    pub(super) asyncio: Asyncio,
}

impl Place {
    /// Looks up the asyncio of each interpreter.
    pub(super) fn all(heap: &Heap<'_>, interpreters: Vec<Interpreter>) -> Vec<Self> {
        let place = |interpreter: Interpreter| Self { asyncio: Asyncio::find(heap, interpreter.modules), interpreter };
        interpreters.into_iter().map(place).collect()
    }

    /// The types of all interpreters that references are read with.
    pub(super) fn foreign_types(places: &[Self]) -> Vec<ForeignTypes> {
        places.iter().map(|place| place.asyncio.foreign_types()).collect()
    }
}

impl Session {
    /// Opens the process, finds its interpreter, checks the layout. Takes no pause.
    pub(super) fn attach(pid: Pid, timeout: Duration) -> Result<Self> {
        let begun = Instant::now();
        let target = Target::open(pid)?;
        let memory = LiveMemory::new(pid);
        let python = locate(&target, &memory)?;
        let budget = Budget::default();
        Ok(Self { target, memory, python, begun, budget, deadline: begun + timeout, read_before: 0, skipped_before: 0 })
    }

    /// The same, with so many bytes of memory to take for what grows with the target.
    pub(super) fn within(self, bytes: u64) -> Self {
        Self { budget: Budget::new(bytes), ..self }
    }

    /// Begins another look at the same target.
    pub(super) fn begin_again(&mut self, timeout: Duration) {
        self.begun = Instant::now();
        self.deadline = self.begun + timeout;
        self.read_before = self.memory.bytes_read();
        self.skipped_before = self.memory.bytes_skipped();
    }

    /// Bytes taken from the target in this look.
    pub(super) fn bytes_read(&self) -> u64 {
        self.memory.bytes_read().saturating_sub(self.read_before)
    }

    /// Bytes that sweeps of this look passed over.
    pub(super) fn bytes_skipped(&self) -> u64 {
        self.memory.bytes_skipped().saturating_sub(self.skipped_before)
    }

    /// Readers of the target as it is now: pages are remembered, so small reads are cheap.
    pub(super) fn pages(&self) -> Pages<'_> {
        self.picture().reading_ahead()
    }

    /// The same, for what is to be read again in a pause: no more pages than are looked at.
    pub(super) fn picture(&self) -> Pages<'_> {
        Pages::new(&self.memory, Pages::PICTURE_PAGE, self.budget.picture(), WhenFull::Bypass)
    }

    /// The interpreters and their asyncio. While threads come and go a list may break; it is read again.
    pub(super) fn places(&self) -> Result<Vec<Place>> {
        let mut attempt = 0;
        let found = loop {
            attempt += 1;
            match interpreters(&self.python, &self.memory) {
                Ok(found) => break found,
                Err(_) if attempt < LIST_ATTEMPTS => {
                    self.check()?;
                    std::thread::sleep(Duration::from_micros(200));
                }
                Err(error) => {
                    self.target.check_alive()?;
                    return Err(Error::new(
                        ErrorKind::Unreadable,
                        format!("cannot list the threads of {}", self.target.name()),
                    )
                    .caused_by(error));
                }
            }
        };
        let pages = self.pages();
        let stop = || self.should_stop();
        let memory = Stoppable::new(&pages, &stop);
        let places = Place::all(&self.heap(&memory), found);
        self.check()?;
        Ok(places)
    }

    /// Objects of the target, read through `memory`.
    pub(super) fn heap<'h>(&'h self, memory: &'h dyn crate::memory::Memory) -> Heap<'h> {
        Heap::new(memory, &self.python.layout, &self.python.types)
    }

    /// The types to look for.
    pub(super) fn wanted(&self, places: &[Place], skips: &mut Skips) -> Wanted {
        let pages = self.pages();
        let heap = self.heap(&pages);
        let mut wanted = collect::wanted(&heap, places, skips);
        places.iter().for_each(|place| wanted.note_allocation(&heap, place.interpreter.modules));
        wanted
    }

    /// To be asked between pieces of work.
    ///
    /// # Errors
    /// Interrupted, out of time, or the target has ended.
    pub(super) fn check(&self) -> Result<()> {
        signals::check()?;
        if Instant::now() >= self.deadline {
            return Err(self.timed_out());
        }
        Ok(())
    }

    /// Whether work in another thread should end: a signal came, or time is up.
    pub(super) fn should_stop(&self) -> bool {
        signals::interrupted().is_some() || Instant::now() >= self.deadline
    }

    /// Time left.
    pub(super) fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    fn timed_out(&self) -> Error {
        Error::new(ErrorKind::Timeout, format!("looking at {} took too long", self.target.name()))
            .caused_by(format!("the limit of {:.0?} is reached", self.deadline - self.begun))
            .hint("allow more: `--timeout 2m`")
    }
}
