//! What glibc's `malloc` writes before each chunk, as evidence for or against what looks like an object in the middle of other memory.
//!
//! The word before the memory that `malloc` returns has the size of the chunk, that word included: a multiple of 16, with flags in
//! the low three bits (`malloc/malloc.c`, `struct malloc_chunk`). Behind a chunk the next one begins. Other allocators write other
//! things: then there is no evidence.

use super::Blocks;
use crate::heap::pools::DEBUG_HEAD;
use crate::memory::Address;

/// The word with the size.
const HEADER: u64 = 8;
/// Flags in the low bits of the size.
const FLAGS: u64 = 7;
/// The chunk before is in use.
const PREVIOUS_IN_USE: u64 = 1;
/// The chunk is a mapping of its own.
const IS_MAPPING: u64 = 2;
/// No chunk is smaller.
const SMALLEST: u64 = 32;
/// Chunks in a row that have to make sense before they are believed.
const IN_A_ROW: usize = 4;
/// A chunk beyond this is not believed.
const LARGEST: u64 = 1 << 30;
/// How far back the beginning of a chunk is searched for.
const REACH: u64 = 64 << 10;
const PAGE: u64 = 4096;
const STEP: u64 = 16;

impl Blocks<'_, '_> {
    /// Whether `block` begins a chunk that is made for about so many bytes.
    pub(super) fn is_in_chunk(&self, block: Address, size: u64) -> bool {
        [0, DEBUG_HEAD].into_iter().any(|hooks| {
            let header = block.checked_sub(hooks + HEADER).and_then(|at| self.heap.memory().word(at).ok());
            header.and_then(chunk_size).is_some_and(|chunk| {
                // Some types have more behind their instances than they say.
                (size + hooks..=size.saturating_mul(2) + 1024).contains(&(chunk - HEADER))
            })
        })
    }

    /// Whether a row of chunks shows that `at` lies in one of them.
    pub(super) fn is_inside_chunk(&self, at: Address) -> bool {
        let mut end = at.get() & !(STEP - 1);
        let lowest = end.saturating_sub(REACH);
        let mut bytes = vec![0; 4096];
        while end > lowest {
            let start = (end - 1) & !(PAGE - 1);
            let length = usize::try_from(end - start).unwrap_or(0).min(bytes.len());
            let Some(page) = bytes.get_mut(..length) else { return false };
            if self.heap.memory().read(Address::new(start), page).is_err() {
                return false;
            }
            for (index, pair) in page.chunks_exact(16).enumerate().rev() {
                let word = pair.get(8..16).and_then(|word| word.try_into().ok()).map_or(0, u64::from_le_bytes);
                let header = start + index as u64 * STEP + HEADER;
                let Some(size) = chunk_size(word) else { continue };
                if at.get() < header + size && self.is_chunk(header, word, size) {
                    return true;
                }
            }
            end = start;
        }
        false
    }

    fn is_chunk(&self, header: u64, word: u64, size: u64) -> bool {
        if word & IS_MAPPING != 0 {
            // Behind the page's first word, which has the length of a gap before it.
            return header % PAGE == HEADER && size.is_multiple_of(PAGE);
        }
        let mut at = header + size;
        for step in 0..IN_A_ROW {
            let Ok(word) = self.heap.memory().word(Address::new(at)) else { return step > 0 };
            let Some(size) = chunk_size(word) else { return false };
            if step == 0 && word & PREVIOUS_IN_USE == 0 {
                return false;
            }
            at += size;
        }
        true
    }
}

/// The size of the chunk whose header this is.
fn chunk_size(header: u64) -> Option<u64> {
    let size = header & !FLAGS;
    (size.is_multiple_of(STEP) && (SMALLEST..LARGEST).contains(&size)).then_some(size)
}
