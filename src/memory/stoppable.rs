//! A memory that gives nothing more once somebody says so.
//!
//! Readers of foreign structures are bounded one by one, and a heap that lies can still make all of them together long. Under this
//! they come to an end by themselves: each read fails at once, and whoever asked to stop finds out why.

use super::{Address, Memory, Piece, ReadError, ReadReason};
use std::cell::Cell;

/// Reads between two questions whether to stop.
const PATIENCE: u32 = 4096;

/// A memory, and who may end reading it.
pub struct Stoppable<'m> {
    source: &'m dyn Memory,
    stop: &'m dyn Fn() -> bool,
    /// Reads between two questions.
    patience: u32,
    reads: Cell<u32>,
    stopped: Cell<bool>,
}

impl<'m> Stoppable<'m> {
    /// Reads `source` until `stop` says so; it is asked every few thousand reads.
    #[must_use]
    pub fn new(source: &'m dyn Memory, stop: &'m dyn Fn() -> bool) -> Self {
        Self { source, stop, patience: PATIENCE, reads: Cell::new(0), stopped: Cell::new(false) }
    }

    /// The same, for limits of milliseconds: `stop` is asked every few reads.
    #[must_use]
    pub fn impatient(source: &'m dyn Memory, stop: &'m dyn Fn() -> bool) -> Self {
        Self { patience: 16, ..Self::new(source, stop) }
    }
}

impl Stoppable<'_> {
    /// Whether nothing is to be read any more, asked before as much work as this many small reads.
    fn is_over(&self, weight: usize) -> bool {
        let weight = u32::try_from(weight).unwrap_or(PATIENCE);
        self.reads.set(self.reads.get().saturating_add(weight));
        if self.reads.get() >= self.patience {
            self.reads.set(0);
            self.stopped.set(self.stopped.get() || (self.stop)());
        }
        self.stopped.get()
    }
}

impl Memory for Stoppable<'_> {
    fn read(&self, address: Address, into: &mut [u8]) -> Result<(), ReadError> {
        // A large read counts for as many small ones as it takes.
        if self.is_over(1 + into.len() / 4096) {
            return Err(ReadError { address, wanted: into.len(), reason: ReadReason::Stopped });
        }
        self.source.read(address, into)
    }

    fn word(&self, address: Address) -> Result<u64, ReadError> {
        if self.is_over(1) {
            return Err(ReadError { address, wanted: 8, reason: ReadReason::Stopped });
        }
        self.source.word(address)
    }

    fn read_pieces(&self, pieces: &mut [Piece<'_>]) {
        if self.is_over(pieces.len()) {
            pieces.iter_mut().for_each(|piece| piece.outcome = Err(ReadReason::Stopped));
        } else {
            self.source.read_pieces(pieces);
        }
    }

    fn prefetch(&self, ranges: &mut dyn Iterator<Item = (Address, u64)>) {
        if !self.stopped.get() {
            self.source.prefetch(ranges);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::SyntheticMemory;

    #[test]
    fn nothing_is_read_after_the_stop() {
        let mut memory = SyntheticMemory::new();
        memory.map_zeroed(0x1000, 16);
        let time_is_up = Cell::new(false);
        let stop = || time_is_up.get();
        let memory = Stoppable::new(&memory, &stop);
        let address = Address::new(0x1000);
        assert!((0..2 * PATIENCE).all(|_| memory.word(address) == Ok(0)));
        time_is_up.set(true);
        let stopped = (0..2 * PATIENCE).filter(|_| memory.word(address).is_err()).count();
        assert!(stopped >= PATIENCE as usize, "{stopped}");
        assert_eq!(memory.word(address).unwrap_err().reason, ReadReason::Stopped);
    }

    #[test]
    fn the_impatient_one_stops_within_a_few_reads() {
        let mut memory = SyntheticMemory::new();
        memory.map_zeroed(0x1000, 16);
        let memory = Stoppable::impatient(&memory, &|| true);
        let read = (0..100).take_while(|_| memory.word(Address::new(0x1000)).is_ok()).count();
        assert!((1..=16).contains(&read), "{read}");
    }
}
