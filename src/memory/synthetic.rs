//! Memory made by hand: for tests, for fuzzing, and for anything that is not a process.

use super::{Address, Memory, ReadError, ReadReason};
use std::collections::BTreeMap;

/// Blocks of bytes at chosen addresses; everything between them is unmapped.
#[derive(Debug, Default, Clone)]
pub struct SyntheticMemory {
    blocks: BTreeMap<u64, Vec<u8>>,
}

impl SyntheticMemory {
    /// No memory at all.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Maps `bytes` at `address`. Blocks must not overlap; a block at the same address is replaced.
    pub fn map(&mut self, address: u64, bytes: Vec<u8>) {
        self.blocks.insert(address, bytes);
    }

    /// Maps `length` zero bytes at `address`.
    pub fn map_zeroed(&mut self, address: u64, length: usize) {
        self.map(address, vec![0; length]);
    }

    /// Changes bytes that are mapped; returns whether they were.
    pub fn write(&mut self, address: u64, bytes: &[u8]) -> bool {
        let Some((start, block)) = self.blocks.range_mut(..=address).next_back() else { return false };
        let Ok(from) = usize::try_from(address - start) else { return false };
        let Some(place) = from.checked_add(bytes.len()).and_then(|to| block.get_mut(from..to)) else { return false };
        place.copy_from_slice(bytes);
        true
    }

    /// Writes one little-endian word; returns whether the place is mapped.
    pub fn write_word(&mut self, address: u64, word: u64) -> bool {
        self.write(address, &word.to_le_bytes())
    }

    /// The mapped ranges, ascending.
    pub fn ranges(&self) -> impl Iterator<Item = std::ops::Range<u64>> + '_ {
        self.blocks.iter().map(|(start, bytes)| *start..start.saturating_add(bytes.len() as u64))
    }
}

impl Memory for SyntheticMemory {
    fn read(&self, address: Address, into: &mut [u8]) -> Result<(), ReadError> {
        let failed = |reason| ReadError { address, wanted: into.len(), reason };
        let (start, block) = self.blocks.range(..=address.get()).next_back().ok_or(failed(ReadReason::NotMapped))?;
        let from = usize::try_from(address.get() - start).map_err(|_| failed(ReadReason::NotMapped))?;
        let bytes =
            from.checked_add(into.len()).and_then(|to| block.get(from..to)).ok_or(failed(ReadReason::NotMapped))?;
        into.copy_from_slice(bytes);
        Ok(())
    }
}
