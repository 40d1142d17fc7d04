//! pymalloc's pools: which blocks of memory can hold an object of a given size at all.
//!
//! pymalloc serves requests of up to 512 bytes from pools of 4 KB (up to 3.9) or 16 KB, each cut into blocks of one size class. A pool begins
//! with a header, on a multiple of its size, that says which. A sweep for objects of known sizes reads the headers first and leaves
//! out the pools of other classes: two thirds of a typical heap. What is no pool, or does not look exactly like one, is read.
//!
//! With debug hooks (`-X dev`, `PYTHONMALLOC=debug`, debug builds) each block has 16 bytes more before and 8 or 16 behind the object
//! (`Objects/obmalloc.c`, `_PyMem_DebugRawAlloc`), and lies in the pools of a larger class.

use super::candidates::{AsyncGeneratorMethod, CandidateKind, Wanted};
use super::generators::generator_kind_size;
use crate::memory::{Address, Memory, Piece};
use crate::runtime::layout::Layout;
use std::ops::Range;

/// Blocks are multiples of this (`ALIGNMENT`).
const STEP: u64 = 16;
/// Size classes (`NB_SMALL_SIZE_CLASSES`).
const CLASSES: u64 = 32;
/// What debug hooks add to a block, without and with `PYMEM_DEBUG_SERIALNO`.
const DEBUG_EXTRA: [u64; 2] = [24, 32];
/// What debug hooks write before an object: the letter of the allocator's domain and seven `PYMEM_FORBIDDENBYTE`.
const DEBUG_MARK: [u8; 8] = [b'o', 0xfd, 0xfd, 0xfd, 0xfd, 0xfd, 0xfd, 0xfd];
/// What debug hooks write before each block, in bytes: its size, and the mark.
pub(super) const DEBUG_HEAD: u64 = 16;
/// Pools smaller than this are not worth a look at their header: that costs half of what reading them costs.
const SMALLEST_POOL: u64 = 8 << 10;

/// Whether the target allocates objects with debug hooks, as an object that its collector tracks tells.
pub(super) fn has_debug_hooks(memory: &dyn Memory, layout: &Layout, object: Address) -> bool {
    let before = u64::from(layout.header_before_gc_object) + DEBUG_MARK.len() as u64;
    let mark = object.checked_sub(before).and_then(|at| memory.bytes(at, 8, DEBUG_MARK.len()).ok());
    mark.is_some_and(|mark| mark == DEBUG_MARK)
}

/// Whether a block that begins with these bytes was allocated with debug hooks, in whichever domain.
pub(super) fn begins_with_debug_head(block: &[u8]) -> bool {
    block.get(9..16).is_some_and(|mark| mark == &DEBUG_MARK[1..])
}

/// How a pool's header looks.
#[derive(Debug, Clone)]
pub(super) struct PoolShape {
    pool_size: u64,
    header: usize,
    count: usize,
    class: usize,
    next: usize,
    last: usize,
    free: usize,
}

/// A pool, as its header tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pool {
    class: u32,
    /// Bytes of each of its blocks.
    pub(super) block: u64,
    /// How many blocks are in use.
    pub(super) used: u64,
    /// Bytes from its start to the first block that was never used. All blocks before it were.
    pub(super) fresh: u64,
    /// The first block of the list of those that were freed; null if there is none.
    pub(super) free: u64,
}

impl PoolShape {
    /// As this build has it; `None` without pools.
    pub(super) fn new(layout: &Layout) -> Option<Self> {
        let pool_size = u64::from(layout.pool_geometry?.pool_size);
        let offset = |field: crate::runtime::layout::Field| usize::try_from(field.offset()?).ok();
        let pool = &layout.pool;
        pool_size.is_power_of_two().then_some(Self {
            pool_size,
            header: usize::try_from(pool.size).ok()?,
            count: offset(pool.ref_count)?,
            class: offset(pool.szidx)?,
            next: offset(pool.nextoffset)?,
            last: offset(pool.maxnextoffset)?,
            free: offset(pool.freeblock)?,
        })
    }

    /// Bytes of a pool, to a multiple of which it is aligned.
    pub(super) fn pool_size(&self) -> u64 {
        self.pool_size
    }

    /// Bytes of its header, behind which the blocks are.
    pub(super) fn header(&self) -> usize {
        self.header
    }

    /// The pool that begins with this header; `None` if it does not look exactly like one.
    pub(super) fn recognise(&self, header: &[u8]) -> Option<Pool> {
        let number = |at: usize| -> Option<u32> {
            Some(u32::from_le_bytes(header.get(at..at.checked_add(4)?)?.try_into().ok()?))
        };
        let class = number(self.class)?;
        if u64::from(class) >= CLASSES {
            return None;
        }
        let block = (u64::from(class) + 1) * STEP;
        let room = self.pool_size.checked_sub(self.header as u64)?;
        let (used, fresh) = (u64::from(number(self.count)?), u64::from(number(self.next)?));
        let is_pool = u64::from(number(self.last)?) == self.pool_size - block
            && used <= room / block
            && fresh <= self.pool_size
            && fresh.checked_sub(self.header as u64)?.is_multiple_of(block);
        let free = header.get(self.free..self.free.checked_add(8)?)?;
        is_pool.then_some(Pool { class, block, used, fresh, free: u64::from_le_bytes(free.try_into().ok()?) })
    }
}

/// Chooses what a sweep reads.
#[derive(Debug, Clone)]
pub(super) struct PoolFilter {
    pools: PoolShape,
    /// Bit n: pools of class n are read.
    wanted: u64,
}

impl PoolFilter {
    /// A filter for objects of the wanted kinds; `None` where the allocator has no pools that pay.
    pub(super) fn new(layout: &Layout, wanted: &Wanted) -> Option<Self> {
        let pools = PoolShape::new(layout).filter(|pools| pools.pool_size >= SMALLEST_POOL)?;
        let kinds = wanted.kinds().map(|kind| classes_of(layout, kind, wanted.debug_hooks));
        let blocks = wanted.blocks.iter().map(|bytes| classes_for(*bytes, false, wanted.debug_hooks));
        Some(Self { pools, wanted: kinds.chain(blocks).fold(0, |all, classes| all | classes) })
    }

    /// The parts of `window` that can hold a wanted object.
    pub(super) fn select(&self, memory: &dyn Memory, window: &Range<u64>) -> Vec<Range<u64>> {
        let (pool_size, header) = (self.pools.pool_size, self.pools.header);
        let first = window.start.next_multiple_of(pool_size);
        let pools = window.end.saturating_sub(first) / pool_size;
        let Ok(count) = usize::try_from(pools) else { return vec![window.clone()] };
        let mut headers = vec![0; count * header];
        let mut pieces: Vec<Piece<'_>> = headers
            .chunks_exact_mut(header)
            .zip((first..).step_by(usize::try_from(pool_size).unwrap_or(usize::MAX)))
            .map(|(into, at)| Piece::new(Address::new(at), into))
            .collect();
        memory.read_pieces(&mut pieces);
        let mut selected: Vec<Range<u64>> = Vec::new();
        let mut add = |part: Range<u64>| match selected.last_mut() {
            Some(last) if last.end == part.start => last.end = part.end,
            _ if part.start < part.end => selected.push(part),
            _ => {}
        };
        add(window.start..first.min(window.end));
        for piece in &pieces {
            let start = piece.address.get();
            if piece.outcome.is_err() || self.may_hold_wanted(piece.into) {
                add(start..start + pool_size);
            }
        }
        add((first + pools * pool_size).min(window.end).max(window.start)..window.end);
        selected
    }

    /// Whether the pool with this header – if it is one – can hold a wanted object.
    fn may_hold_wanted(&self, header: &[u8]) -> bool {
        self.pools.recognise(header).is_none_or(|pool| self.wanted & (1 << pool.class) != 0)
    }
}

/// The size classes in which objects of a kind can lie, as bits.
fn classes_of(layout: &Layout, kind: CandidateKind, debug_hooks: bool) -> u64 {
    let (bytes, or_larger) = match kind {
        // Their classes say it, see `Wanted::add_class`.
        CandidateKind::Future
        | CandidateKind::Task
        | CandidateKind::GatheringFuture
        | CandidateKind::PythonFuture
        | CandidateKind::ConcurrentFuture
        | CandidateKind::ContextManager => return 0,
        CandidateKind::AsyncGeneratorMethod(AsyncGeneratorMethod::Send) => (u64::from(layout.asend.size), false),
        CandidateKind::AsyncGeneratorMethod(AsyncGeneratorMethod::Throw) => (u64::from(layout.athrow.size), false),
        CandidateKind::AsyncGeneratorMethod(AsyncGeneratorMethod::Next) => {
            (u64::from(layout.anext_awaitable.size), false)
        }
        CandidateKind::CoroutineWrapper => (u64::from(layout.coroutine_wrapper.size), false),
        CandidateKind::Deque => (u64::from(layout.deque.size), false),
        CandidateKind::Function => (u64::from(layout.function.size), false),
        // With the frame inside, the size depends on the function: this class, or any larger one.
        CandidateKind::Generator(kind) => generator_kind_size(layout, kind),
    };
    classes_for(bytes + u64::from(layout.header_before_gc_object), or_larger, debug_hooks)
}

/// The size classes of a block of so many bytes, as bits.
fn classes_for(block: u64, or_larger: bool, debug_hooks: bool) -> u64 {
    let class = |bytes: u64| u32::try_from(bytes.div_ceil(STEP).saturating_sub(1)).unwrap_or(u32::MAX);
    let bits = |bytes: u64| (if or_larger { u64::MAX } else { 1 }).checked_shl(class(bytes)).unwrap_or(0);
    // Hooks can be switched on while a program runs: what is older has none.
    let hooked = DEBUG_EXTRA.iter().filter(|_| debug_hooks).fold(0, |all, extra| all | bits(block + extra));
    bits(block) | hooked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::GeneratorKind;
    use crate::memory::SyntheticMemory;
    use crate::runtime::layout;

    const POOL: u64 = 16384;

    /// A pool header as `Objects/obmalloc.c` writes it: count, free list, two links, arena, class, next, last.
    fn pool(count: u32, class: u32, next: u32, last: u32) -> Vec<u8> {
        let mut bytes = vec![0; POOL as usize];
        for (at, number) in [(0, count), (32, 7), (36, class), (40, next), (44, last)] {
            bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    fn filter() -> PoolFilter {
        let layout = layout::for_version(12, 1, false).unwrap();
        let mut wanted = Wanted::default();
        wanted.add(Some(Address::new(0x1000)), CandidateKind::Generator(GeneratorKind::Coroutine));
        wanted.add(Some(Address::new(0x2000)), CandidateKind::CoroutineWrapper);
        PoolFilter::new(&layout, &wanted).unwrap()
    }

    #[test]
    fn pools_of_other_classes_are_left_out_and_all_else_is_read() {
        let block = |class: u32| (class + 1) * 16;
        let last = |class: u32| POOL as u32 - block(class);
        let pools = [
            (pool(3, 2, 48 + 5 * 48, last(2)), true), // 48 bytes: a coroutine_wrapper with its head has 40
            (pool(3, 3, 48 + 4 * 64, last(3)), false), // 64 bytes: neither
            (pool(9, 8, 48 + 9 * 144, last(8)), false), // 144 bytes: too small for a coroutine (160 and more)
            (pool(9, 9, 48 + 9 * 160, last(9)), true), // 160 bytes
            (pool(1, 31, 48 + 512, last(31)), true),  // 512 bytes
            (pool(1, 32, 48 + 528, POOL as u32 - 528), true), // no such class: no pool
            (pool(3, 3, 48 + 4 * 64, last(3) - 16), true), // ends elsewhere: no pool
            (pool(300, 3, 48 + 4 * 64, last(3)), true), // more blocks in use than it has: no pool
            (pool(3, 3, 48 + 4 * 64 + 8, last(3)), true), // between two blocks: no pool
            (vec![0; POOL as usize], true),           // never used: no pool
        ];
        let mut memory = SyntheticMemory::new();
        let start = 0x7f00_0000_0000u64;
        let mut expected = Vec::new();
        for (i, (bytes, read)) in pools.iter().enumerate() {
            let at = start + i as u64 * POOL;
            memory.map(at, bytes.clone());
            expected.extend(read.then_some(at));
        }
        let window = start - 4096..start + pools.len() as u64 * POOL + 8192;
        memory.map_zeroed(start - 4096, 4096);
        memory.map_zeroed(start + pools.len() as u64 * POOL, 8192);
        let selected = filter().select(&memory, &window);
        let read_pools: Vec<u64> = (0..pools.len() as u64)
            .map(|i| start + i * POOL)
            .filter(|at| selected.iter().any(|part| part.contains(at) && part.contains(&(at + POOL - 1))))
            .collect();
        assert_eq!(read_pools, expected);
        assert!(selected.iter().any(|part| part.contains(&(start - 4096))), "before the first pool");
        assert!(selected.iter().any(|part| part.contains(&(window.end - 1))), "behind the last pool");
    }

    #[test]
    fn debug_hooks_move_objects_to_larger_classes() {
        let layout = layout::for_version(10, 13, false).unwrap();
        let class = |bytes: u64| 1u64 << (bytes / 16 - 1);
        let coroutine = CandidateKind::Generator(GeneratorKind::Coroutine);
        // 3.10: a coroutine has 96 + 16 bytes, a wrapper 24 + 16.
        assert_eq!(classes_of(&layout, coroutine, false), class(112));
        assert_eq!(classes_of(&layout, coroutine, true), class(112) | class(144));
        assert_eq!(classes_of(&layout, CandidateKind::CoroutineWrapper, false), class(48));
        assert_eq!(classes_of(&layout, CandidateKind::CoroutineWrapper, true), class(48) | class(64) | class(80));
    }

    #[test]
    fn debug_hooks_are_known_by_what_they_write_before_an_object() {
        let layout = layout::for_version(10, 13, false).unwrap();
        let mut memory = SyntheticMemory::new();
        // Size (big-endian), letter, forbidden bytes; then the collector's head and the object.
        let mut block = [0, 0, 0, 0, 0, 0, 0, 64, b'o', 253, 253, 253, 253, 253, 253, 253].to_vec();
        block.extend([0; 64]);
        memory.map(0x5000, block.clone());
        assert!(has_debug_hooks(&memory, &layout, Address::new(0x5020)));
        assert!(!has_debug_hooks(&memory, &layout, Address::new(0x5030)));
        block[8] = b'm';
        memory.map(0x9000, block);
        assert!(!has_debug_hooks(&memory, &layout, Address::new(0x9020)), "another domain");
        assert!(!has_debug_hooks(&memory, &layout, Address::new(8)), "nothing before it");
    }

    #[test]
    fn windows_without_a_whole_pool_are_read() {
        let memory = SyntheticMemory::new();
        for window in [0x1000..0x3000, 0x4000..0x4000 + POOL - 4096, 0x5000..0x8000 + 4096] {
            assert_eq!(filter().select(&memory, &window), std::slice::from_ref(&window));
        }
    }

    #[test]
    fn small_pools_and_other_allocators_have_no_filter() {
        let wanted = Wanted::default();
        for (minor, free_threaded) in [(8, false), (9, false), (14, true)] {
            let layout = layout::for_version(minor, 0, free_threaded).unwrap();
            assert!(PoolFilter::new(&layout, &wanted).is_none());
        }
    }
}
