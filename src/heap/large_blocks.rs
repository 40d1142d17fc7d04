//! Large blocks: memory that `malloc` got from the system for one request each, megabytes of which hold no object.
//!
//! Nobody places two objects of the interpreter's own types in one block, so that a search for those needs its beginning only. What proves a
//! block is that blocks and arenas lie side by side from where the mapping begins: the first begins there, the next one behind it, and so
//! on. Bytes that look like the header of a block are met in the middle of others at most, where nobody asks for them. Where the chain
//! ends in something unknown (a stack, memory that an extension has mapped), all behind it counts as unknown, and is read.
//!
//! Blocks below glibc's threshold lie in its heaps and are not known here; nor are those of other allocators.
//!
//! References, on the other hand, lie anywhere in a block: it may be the item array of a list, or memory of an extension of which
//! nothing is known. Only bytes and text are known to hold none ([`is_plain`](Heap::is_plain), [`buffer`](Heap::bytearray_buffer_at)).

use super::pools::PoolShape;
use super::{Heap, Result};
use crate::memory::malloc::{HEADER, is_glibc, mapped_length};
use crate::memory::regions::may_hold_objects;
use crate::memory::{Address, Memory, Piece};
use crate::process::maps::{Maps, RegionKind};
use crate::runtime::layout::Layout;
use std::ops::Range;

/// Blocks smaller than this, in bytes, are not worth being left out.
pub const SMALLEST: u64 = 64 << 10;
/// glibc maps no more chunks at a time (`DEFAULT_MMAP_MAX`), unless it is told to.
const MOST_BLOCKS: usize = 1 << 16;
/// Arenas whose beginnings are read with one system call.
const MOST_AHEAD: u64 = 256;
/// What debug hooks write before an object that is so large: nothing, a head, or one for each of two domains.
const HOOKS: [u64; 3] = [0, 16, 32];
/// What may be left between the end of an object and that of its block: less than a page, and what debug hooks write behind it.
const LARGEST_REST: u64 = 4096 + 64;

/// The large blocks of a process, in order: from the header of each to its end.
#[must_use]
pub fn large_blocks(memory: &dyn Memory, layout: &Layout, maps: &Maps) -> Vec<Range<u64>> {
    let mut blocks = Vec::new();
    if !is_glibc(maps) {
        return blocks;
    }
    let mut runs: Vec<Range<u64>> = Vec::new();
    // The heap of `brk` begins with chunks of another form.
    let regions = maps.regions().iter().filter(|region| may_hold_objects(region) && region.kind != RegionKind::Heap);
    for region in regions {
        match runs.last_mut() {
            // Advice about a part of a mapping (huge pages for a large array) splits it, and nothing else.
            Some(run) if run.end == region.start => run.end = region.end,
            _ => runs.push(region.start..region.end),
        }
    }
    let arenas = Arenas::new(layout);
    for run in runs {
        walk(memory, arenas.as_ref(), run, &mut blocks);
    }
    blocks
}

/// How pymalloc's arenas look: each is a mapping of its own, whose first pool was used.
struct Arenas {
    size: u64,
    pools: PoolShape,
}

impl Arenas {
    fn new(layout: &Layout) -> Option<Self> {
        let size = u64::from(layout.pool_geometry?.arena_size);
        let pools = PoolShape::new(layout)?;
        (size >= 2 * pools.pool_size()).then_some(Self { size, pools })
    }
}

/// What lies where an allocation may begin.
#[derive(Clone, Copy)]
struct Beginning {
    /// The two words there.
    header: [u64; 2],
    /// Whether the first place for a pool is one.
    is_pool: bool,
}

/// Follows the chain of blocks and arenas from the beginning of `run`.
fn walk(memory: &dyn Memory, arenas: Option<&Arenas>, run: Range<u64>, blocks: &mut Vec<Range<u64>>) {
    let step = arenas.map_or(run.end - run.start, |arenas| arenas.size);
    let mut at = run.start;
    let mut ahead = 1;
    let mut steps = 0;
    'chain: while at < run.end && steps < MOST_BLOCKS {
        steps += 1;
        // Arenas follow each other by the hundred.
        let places: Vec<u64> = (0..ahead).map(|number| at + number * step).take_while(|at| *at < run.end).collect();
        for beginning in beginnings(memory, arenas, &places) {
            let Some(Beginning { header, is_pool }) = beginning else { return };
            if let Some(length) = mapped_length(header).filter(|length| *length <= run.end - at) {
                // A program may have its arenas made by `malloc` (`PyObject_SetArenaAllocator`).
                if length >= SMALLEST && !is_pool {
                    blocks.push(at..at + length);
                }
                at += length;
                ahead = 1;
                continue 'chain;
            }
            if !is_pool || run.end - at < step {
                return;
            }
            at += step;
        }
        ahead = (ahead * 4).min(MOST_AHEAD);
    }
}

/// Reads what lies at these places; `None` where nothing can be read.
fn beginnings(memory: &dyn Memory, arenas: Option<&Arenas>, places: &[u64]) -> Vec<Option<Beginning>> {
    let mut headers = vec![[0; HEADER as usize]; places.len()];
    let pool_header = arenas.map_or(1, |arenas| arenas.pools.header());
    let mut pools = vec![0; places.len() * pool_header];
    let mut pieces: Vec<Piece<'_>> =
        places.iter().zip(&mut headers).map(|(at, into)| Piece::new(Address::new(*at), into)).collect();
    if let Some(arenas) = arenas {
        let first_pool = |at: &u64| Address::new(at.next_multiple_of(arenas.pools.pool_size()));
        let firsts = places.iter().zip(pools.chunks_exact_mut(pool_header));
        pieces.extend(firsts.map(|(at, into)| Piece::new(first_pool(at), into)));
    }
    memory.read_pieces(&mut pieces);
    let (headers, pools) = pieces.split_at(places.len());
    let is_pool = |at: usize| {
        let pool = pools.get(at).filter(|pool| pool.outcome.is_ok());
        pool.zip(arenas).is_some_and(|(pool, arenas)| arenas.pools.recognise(pool.into).is_some())
    };
    let beginning = |(at, piece): (usize, &Piece<'_>)| {
        let header = words(piece.into).filter(|_| piece.outcome.is_ok())?;
        Some(Beginning { header, is_pool: is_pool(at) })
    };
    headers.iter().enumerate().map(beginning).collect()
}

fn words(header: &[u8]) -> Option<[u64; 2]> {
    let (first, second) = header.split_first_chunk::<8>()?;
    Some([u64::from_le_bytes(*first), u64::from_le_bytes(*second.first_chunk()?)])
}

impl Heap<'_> {
    /// Whether a large block holds nothing but one `bytes` or `str`, and so no references.
    #[must_use]
    pub fn is_plain(&self, block: &Range<u64>) -> bool {
        HOOKS.iter().any(|hooks| {
            let object = Address::new(block.start + HEADER + hooks);
            let is_plain_type = self.looks_like_object(object)
                && self
                    .type_of(object)
                    .is_ok_and(|class| [self.known.bytes, self.known.str_type].contains(&Some(class)));
            is_plain_type && self.object_size(object).is_ok_and(|size| fills(block, object.get(), size))
        })
    }

    /// The memory of the `bytearray` at `object`, if there is one: where it begins, and its length in bytes.
    ///
    /// Its structure goes on behind the head with how much is allocated and where that begins (`Include/cpython/bytearrayobject.h`).
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn bytearray_buffer_at(&self, object: Address) -> Result<Option<(u64, u64)>> {
        if !self.looks_like_object(object) || self.known.bytearray != Some(self.type_of(object)?) {
            return Ok(None);
        }
        let allocated = object.offset(u64::from(self.layout.var_object.size));
        Ok(Some((self.memory.word(allocated.offset(8))?, self.memory.word(allocated)?)))
    }
}

/// Whether `size` bytes from `start` on are all that a block was made for.
pub fn fills(block: &Range<u64>, start: u64, size: u64) -> bool {
    let begins = HOOKS.iter().any(|hooks| block.start + HEADER + hooks == start);
    let rest = start.checked_add(size).and_then(|end| block.end.checked_sub(end));
    begins && rest.is_some_and(|rest| rest < LARGEST_REST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::SyntheticMemory;
    use crate::runtime::layout;
    use std::slice;

    const START: u64 = 0x7f00_0000_3000;
    const ARENA: u64 = 1 << 20;
    const POOL: u64 = 16 << 10;

    fn put(bytes: &mut [u8], at: u64, word: u64) {
        let at = usize::try_from(at).unwrap();
        bytes[at..at + 8].copy_from_slice(&word.to_le_bytes());
    }

    /// Writes the header of a chunk as glibc does, up to 2.42 and later.
    fn chunk(bytes: &mut [u8], at: u64, length: u64, new: bool) {
        put(bytes, at + 8, if new { length - 16 + 2 } else { length + 2 });
    }

    /// Writes the header of a used pool of blocks of 64 bytes: class, first block never used, last block.
    fn pool(bytes: &mut [u8], at: u64) {
        put(bytes, at, 5);
        put(bytes, at + 32, 3 << 32 | 7);
        put(bytes, at + 40, (POOL - 64) << 32 | (48 + 64 * 9));
    }

    /// Writes an arena that begins at `at`, which is no multiple of the size of a pool.
    fn arena(bytes: &mut [u8], at: u64) {
        let first = (START + at).next_multiple_of(POOL) - START;
        (first..at + ARENA - POOL).step_by(POOL as usize).for_each(|at| pool(bytes, at));
    }

    fn found(bytes: Vec<u8>) -> Vec<Range<u64>> {
        let run = START..START + bytes.len() as u64;
        let mut memory = SyntheticMemory::new();
        memory.map(START, bytes);
        let layout = layout::for_version(12, 1, false).unwrap();
        let mut blocks = Vec::new();
        walk(&memory, Arenas::new(&layout).as_ref(), run, &mut blocks);
        blocks.into_iter().map(|block| block.start - START..block.end - START).collect()
    }

    #[test]
    fn blocks_are_found_between_arenas_and_small_ones_are_passed_over() {
        let mut bytes = vec![0; 8 << 20];
        for at in 0..5 {
            arena(&mut bytes, at * ARENA);
        }
        let mut at = 5 * ARENA;
        chunk(&mut bytes, at, 0x2_5000, false);
        at += 0x2_5000;
        chunk(&mut bytes, at, 0x1000, true);
        at += 0x1000;
        chunk(&mut bytes, at, 0x10_3000, true);
        let second = at..at + 0x10_3000;
        at += 0x10_3000;
        let rest = (8 << 20) - at;
        chunk(&mut bytes, at, rest, false);
        assert_eq!(found(bytes), [5 * ARENA..5 * ARENA + 0x2_5000, second, at..8 << 20]);
    }

    #[test]
    fn headers_inside_of_other_memory_are_not_met() {
        let mut bytes = vec![0; 4 << 20];
        // A block, in it what looks like others; an arena, in it what looks like another; behind it something unknown, in it another.
        chunk(&mut bytes, 0, 0x10_0000, false);
        chunk(&mut bytes, 0x1000, 0x20_0000, false);
        chunk(&mut bytes, 0x8000, 0x8_0000, true);
        arena(&mut bytes, 0x10_0000);
        chunk(&mut bytes, 0x11_0000, 0x10_0000, false);
        put(&mut bytes, 0x20_0000, 1);
        chunk(&mut bytes, 0x20_1000, 0x10_0000, false);
        assert_eq!(found(bytes), slice::from_ref(&(0..0x10_0000)));
    }

    #[test]
    fn an_arena_made_by_malloc_is_no_block() {
        let mut bytes = vec![0; 4 << 20];
        chunk(&mut bytes, 0, ARENA + 0x1000, false);
        arena(&mut bytes, 0x10);
        chunk(&mut bytes, ARENA + 0x1000, 0x8_0000, false);
        assert_eq!(found(bytes), slice::from_ref(&(ARENA + 0x1000..ARENA + 0x8_1000)));
    }

    #[test]
    fn what_reaches_beyond_the_mapping_is_no_block() {
        let mut bytes = vec![0; 1 << 20];
        chunk(&mut bytes, 0, (1 << 20) + 0x1000, false);
        assert_eq!(found(bytes), []);
        let mut bytes = vec![0; 1 << 20];
        chunk(&mut bytes, 0, 0x8_0000, false);
        // An arena needs all of its room.
        pool(&mut bytes, (START + 0x8_0000).next_multiple_of(POOL) - START);
        assert_eq!(found(bytes), slice::from_ref(&(0..0x8_0000)));
    }

    #[test]
    fn unreadable_memory_ends_the_chain() {
        let layout = layout::for_version(12, 1, false).unwrap();
        let mut memory = SyntheticMemory::new();
        let mut bytes = vec![0; 0x10_0000];
        chunk(&mut bytes, 0, 0x10_0000, false);
        memory.map(START, bytes);
        let mut blocks = Vec::new();
        walk(&memory, Arenas::new(&layout).as_ref(), START..START + (8 << 20), &mut blocks);
        assert_eq!(blocks, slice::from_ref(&(START..START + 0x10_0000)));
    }

    #[test]
    fn an_object_fills_its_block_to_the_last_page() {
        let block = 0x10_0000..0x12_5000;
        assert!(fills(&block, 0x10_0010, 0x2_4fe0));
        assert!(fills(&block, 0x10_0030, 0x2_4000));
        assert!(!fills(&block, 0x10_0010, 0x2_3000), "more than a page is left");
        assert!(!fills(&block, 0x10_0010, 0x2_5000), "reaches out of it");
        assert!(!fills(&block, 0x10_1010, 0x2_3ff0), "begins elsewhere");
        assert!(!fills(&block, 0x10_0010, u64::MAX), "wraps");
    }
}
