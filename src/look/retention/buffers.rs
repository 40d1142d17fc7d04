//! Containers keep their items in memory of their own: an array, a table, a chain of blocks. A word that was found in such memory belongs to
//! the container, and nothing in that memory says to which.
//!
//! Where the memory is a block of a small-object pool, its start is known, and whoever points there is the container. Large ones (over 512
//! bytes) come from `malloc()`, and nothing tells where they begin; so containers with large memory are noted when a sweep meets them. They are
//! few: most containers are small.

use super::super::session::Place;
use crate::heap::Heap;
use crate::memory::Address;
use crate::runtime::layout::Layout;
use rustc_hash::FxHashMap;
use std::ops::Range;

/// Blocks of this size and smaller lie in pools (`SMALL_REQUEST_THRESHOLD`).
const LARGEST_POOLED: u64 = 512;
/// Classes derived from one builtin container beyond this are not looked at.
const MOST_SUBCLASSES: usize = 4096;
/// A memory larger than this is not believed.
const LARGEST: u64 = 64 << 30;
/// Containers with large memory beyond this are not remembered.
pub(super) const MOST_NOTED: usize = 1 << 20;
/// Ranges before an address that are asked whether they contain it: the nearest does, unless stale ones lie between.
const MOST_STALE: usize = 8;
/// A dict with fewer entries has small memory, unless it was larger once. 21 entries of 24 bytes, or 42 of 16, and an index fit in a pooled block.
const LEAST_IN_LARGE_DICT: u64 = 11;

/// What kind of memory a container has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    List,
    Tuple,
    Dict,
    Set,
    Deque,
}

/// The types of containers, and of the classes derived from them.
#[derive(Debug, Default)]
pub(super) struct Families {
    by_type: FxHashMap<u64, Family>,
}

impl Families {
    pub(super) fn find(heap: &Heap<'_>, places: &[Place]) -> Self {
        let known = heap.known();
        let mut bases = vec![
            (known.list, Family::List),
            (known.tuple, Family::Tuple),
            (known.dict, Family::Dict),
            (known.set, Family::Set),
            (known.frozenset, Family::Set),
        ];
        bases.extend(places.iter().map(|place| (place.asyncio.deque_type, Family::Deque)));
        let mut by_type = FxHashMap::default();
        for (class, family) in bases.into_iter().filter_map(|(class, family)| Some((class?, family))) {
            by_type.insert(class.get(), family);
            let interpreters = places.iter().map(|place| place.interpreter.address);
            for subclass in interpreters.flat_map(|interpreter| heap.subclasses_in(interpreter, class, MOST_SUBCLASSES))
            {
                by_type.entry(subclass.get()).or_insert(family);
            }
        }
        Self { by_type }
    }

    /// The addresses of the types.
    pub(super) fn types(&self) -> impl Iterator<Item = u64> + '_ {
        self.by_type.keys().copied()
    }

    /// The kind of container that objects of this type are.
    pub(super) fn of(&self, class: u64) -> Option<Family> {
        self.by_type.get(&class).copied()
    }
}

/// A container with memory of its own, as it was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Noted {
    pub(super) container: Address,
    pub(super) family: Family,
    /// Where its memory begins.
    pub(super) start: u64,
    /// Bytes of it; 0 if the container itself does not say.
    pub(super) length: u64,
}

/// The memory of a container of which these are the bytes, as far as they tell; `None` if it has none, or none that is large.
pub(super) fn note(layout: &Layout, container: Address, family: Family, object: &[u8], pools: bool) -> Option<Noted> {
    let noted = |start: u64, length: u64| {
        let large = !pools || length == 0 || length > LARGEST_POOLED;
        (start != 0 && start.is_multiple_of(8) && length < LARGEST && large).then_some(Noted {
            container,
            family,
            start,
            length,
        })
    };
    match family {
        Family::List => {
            let allocated = layout.list.allocated.u64_in(object).ok()?;
            if layout.var_object.ob_size.u64_in(object).ok()? == 0 {
                return None;
            }
            noted(layout.list.ob_item.u64_in(object).ok()?, allocated.checked_mul(8)?)
        }
        Family::Tuple => {
            let count = layout.var_object.ob_size.u64_in(object).ok()?;
            noted(container.get() + layout.tuple.ob_item.offset()?, count.checked_mul(8)?)
        }
        Family::Dict => {
            let used = layout.dict.ma_used.u64_in(object).ok()?;
            if pools && used < LEAST_IN_LARGE_DICT {
                return None;
            }
            noted(layout.dict.ma_keys.u64_in(object).ok()?, 0)
        }
        Family::Set => {
            let mask = layout.set.mask.u64_in(object).ok()?;
            noted(layout.set.table.u64_in(object).ok()?, mask.checked_add(1)?.checked_mul(16)?)
        }
        Family::Deque => {
            if layout.var_object.ob_size.u64_in(object).ok()? == 0 {
                return None;
            }
            // A chain of blocks, each larger than what pools serve.
            noted(layout.deque.leftblock.u64_in(object).ok()?, 0)
        }
    }
}

/// The memory of containers, by address.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    /// In order; they do not overlap, unless one is stale.
    ranges: Vec<(Range<u64>, Address)>,
}

impl Buffers {
    /// Asks the containers that do not say by themselves how large their memory is.
    pub(super) fn new(heap: &Heap<'_>, mut noted: Vec<Noted>) -> Self {
        // Neighbours share pages.
        noted.sort_unstable_by_key(|noted| noted.start);
        let mut ranges = Vec::with_capacity(noted.len());
        for found in noted {
            let start = found.start;
            match found.family {
                Family::Dict => {
                    let extent = heap.keys_extent(Address::new(start)).unwrap_or(0);
                    if extent > LARGEST_POOLED {
                        ranges.push((start..start.saturating_add(extent), found.container));
                    }
                }
                Family::Deque => {
                    let blocks = heap.deque_blocks(found.container).unwrap_or_default();
                    let size = u64::from(heap.layout().deque_block.size);
                    let range = |block: Address| block.get()..block.get().saturating_add(size);
                    ranges.extend(blocks.into_iter().map(|block| (range(block), found.container)));
                }
                Family::List | Family::Tuple | Family::Set => {
                    ranges.push((start..start.saturating_add(found.length), found.container));
                }
            }
        }
        ranges.sort_unstable_by_key(|(range, container)| (range.start, *container));
        Self { ranges }
    }

    /// The containers whose memory contains this address: one, or more where stale memory says so.
    pub(super) fn containing(&self, at: u64) -> impl Iterator<Item = Address> + '_ {
        let behind = self.ranges.partition_point(|(range, _)| range.start <= at);
        let begun = self.ranges.get(..behind).unwrap_or_default();
        begun
            .iter()
            .rev()
            .take(MOST_STALE)
            .filter(move |(range, _)| range.contains(&at))
            .map(|(_, container)| *container)
    }
}
