//! What does an address lie in? A word that a sweep found says where a reference is; this says which object has it.
//!
//! Small objects lie in the blocks of pymalloc's pools: the header of a pool tells where each block begins, and an object begins with
//! its block, behind what is kept before it. Larger ones, and all of them where the allocator has no pools, are searched for backwards.
//!
//! Much memory belongs to no object: the item array of a list, the table of a dict, the blocks of a deque, buffers of C code. So no
//! place counts as an object before its type word is the address of a type, its reference count is one, and
//! the collector's head is there exactly if the type wants one.

mod classes;
mod living;
mod search;

use super::Heap;
use super::pools::{DEBUG_HEAD, Pool, PoolShape, begins_with_debug_head};
use crate::memory::Address;
use crate::memory::sweep::View;
use classes::Class;
use living::Evidence;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// What an address lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// A block of a pymalloc pool: an object of up to 512 bytes, or a small buffer. It may be free.
    Pool {
        /// Where it begins.
        start: Address,
        /// How many bytes it has.
        size: u64,
    },
    /// Memory of no pool: large allocations, data of C code.
    Other,
}

/// Tells what addresses lie in. Remembers headers of pools, verdicts on types and what it found: for one look at a target, not for longer.
pub struct Blocks<'h, 'a> {
    heap: &'h Heap<'a>,
    shape: Option<PoolShape>,
    pools: RefCell<FxHashMap<u64, Option<Rc<KnownPool>>>>,
    classes: RefCell<FxHashMap<u64, Option<Rc<Class>>>>,
    /// Outside of pools, by where it begins.
    outside: RefCell<BTreeMap<u64, search::Known>>,
}

/// A pool, and which of its blocks are free, once that was asked.
struct KnownPool {
    start: u64,
    pool: Pool,
    free: OnceCell<FxHashSet<u64>>,
}

/// Where in a pool an address lies.
enum Place {
    /// In a block.
    Block { pool: Rc<KnownPool>, start: u64 },
    /// In the header, or behind the last block.
    Between,
    /// In no pool.
    Outside,
}

/// Bytes of a block that are looked at: all that may be kept before an object, and its first fields.
const BEGINNING: usize = 128;

impl<'h, 'a> Blocks<'h, 'a> {
    /// Knows nothing yet.
    #[must_use]
    pub fn new(heap: &'h Heap<'a>) -> Self {
        Self {
            heap,
            shape: PoolShape::new(heap.layout()),
            pools: RefCell::default(),
            classes: RefCell::default(),
            outside: RefCell::default(),
        }
    }

    /// The block that an address lies in, by the header of its pool. A pool has to look exactly like one.
    #[must_use]
    pub fn block_of(&self, at: Address) -> Block {
        match self.place(at) {
            Place::Block { pool, start } => Block::Pool { start: Address::new(start), size: pool.pool.block },
            Place::Between | Place::Outside => Block::Other,
        }
    }

    /// The living object whose memory contains `at`. Its memory is all that was allocated with it: the collector's head, the words
    /// for a dict and weak references before that, its fields, items, inline values and frame.
    ///
    /// `None` for what is no object or is none any more, and where it cannot be told: outside of pools, more than 64 KB behind where it begins,
    /// while a collection goes on, and for objects that hold nothing and were not allocated by glibc.
    #[must_use]
    pub fn object_at(&self, at: Address) -> Option<Address> {
        match self.place(at) {
            Place::Block { pool, start } => self.object_in(&pool, start),
            Place::Between => None,
            Place::Outside => self.enclosing(at),
        }
    }

    fn place(&self, at: Address) -> Place {
        let Some(shape) = &self.shape else { return Place::Outside };
        let start = at.get() & !(shape.pool_size() - 1);
        let Some(pool) = self.pool(shape, start) else { return Place::Outside };
        let block = pool.pool.block;
        let header = shape.header() as u64;
        let Some(inside) = (at.get() - start).checked_sub(header) else { return Place::Between };
        let first = header + inside / block * block;
        if first + block > shape.pool_size() { Place::Between } else { Place::Block { pool, start: start + first } }
    }

    fn pool(&self, shape: &PoolShape, start: u64) -> Option<Rc<KnownPool>> {
        if let Some(known) = self.pools.borrow().get(&start) {
            return known.clone();
        }
        let header = self.heap.memory().bytes(Address::new(start), shape.header() as u64, 4096);
        let pool = header.ok().and_then(|header| shape.recognise(&header));
        // The list of free blocks begins in the pool, too.
        let inside = |free: u64| free == 0 || (start..start.saturating_add(shape.pool_size())).contains(&free);
        let pool =
            pool.filter(|pool| inside(pool.free)).map(|pool| Rc::new(KnownPool { start, pool, free: OnceCell::new() }));
        self.pools.borrow_mut().insert(start, pool.clone());
        pool
    }

    /// The object in the block of a pool that begins at `start`.
    fn object_in(&self, pool: &KnownPool, start: u64) -> Option<Address> {
        if pool.pool.used == 0 || start - pool.start >= pool.pool.fresh {
            return None;
        }
        let mut bytes = [0; BEGINNING];
        let length = usize::try_from(pool.pool.block).unwrap_or(BEGINNING).min(BEGINNING);
        let bytes = bytes.get_mut(..length)?;
        self.heap.memory().read(Address::new(start), bytes).ok()?;
        let hooks = if begins_with_debug_head(bytes) { DEBUG_HEAD } else { 0 };
        let view = View { base: Address::new(start), bytes };
        // The nearest wins: behind an object's head a tuple's size and first item may look like another object, before
        // an object's head nothing does.
        [0, 16, 32].into_iter().find_map(|before| {
            let object = Address::new(start + hooks + before);
            let found = self.living(view, object)?;
            let fits = hooks + before + found.size <= pool.pool.block;
            let is_free = || found.evidence == Evidence::Untracked && self.is_free(pool, start);
            (found.before == before && fits && !is_free()).then_some(object)
        })
    }

    /// Whether a block is on its pool's list of free ones. What an object leaves behind when it is moved looks alive otherwise.
    fn is_free(&self, pool: &KnownPool, block: u64) -> bool {
        let free = pool.free.get_or_init(|| {
            let mut free = FxHashSet::default();
            let mut at = pool.pool.free;
            // Each free block begins with the address of the next one.
            while at != 0 && free.len() as u64 <= pool.pool.fresh / pool.pool.block && free.insert(at) {
                at = self.heap.memory().word(Address::new(at)).unwrap_or(0);
            }
            free
        });
        free.contains(&block)
    }
}

#[cfg(test)]
mod tests;
