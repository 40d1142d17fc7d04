//! What memory is searched for references.
//!
//! Large blocks may be item arrays, tables, or memory of extensions, and may hold references anywhere. Those that hold a `bytes` or
//! `str` hold none; nor do those of `bytearray`s, which are known once the other memory was searched for these.

use super::super::session::Session;
use crate::error::Result;
use crate::heap::Heap;
use crate::heap::large_blocks::{fills, large_blocks};
use crate::memory::Address;
use crate::memory::regions::{may_hold_references, ranges_with_content, without};
use crate::process::Pid;
use std::ops::Range;

/// The memory in which references can be.
#[derive(Debug)]
pub(super) struct Extent {
    /// What is searched first, as far as it has content.
    pub(super) ranges: Vec<Range<u64>>,
    /// Large blocks that may hold references.
    blocks: Vec<Range<u64>>,
    /// Bytes of large blocks that hold none.
    plain: u64,
    pid: Pid,
}

impl Extent {
    /// All of it, as it is now.
    ///
    /// # Errors
    /// When the target has ended.
    pub(super) fn find(session: &Session) -> Result<Self> {
        let maps = session.target.maps()?;
        let blocks = large_blocks(&session.memory, &session.python.layout, &maps);
        let regions = maps.regions().iter().filter(|region| may_hold_references(region));
        let ranges = without(regions.map(|region| region.start..region.end), &blocks);
        let pid = session.target.pid();
        Ok(Self { ranges: ranges_with_content(pid, ranges.into_iter()), blocks, plain: 0, pid })
    }

    /// Whether there are large blocks that may hold references.
    pub(super) fn has_blocks(&self) -> bool {
        !self.blocks.is_empty()
    }

    /// The large blocks that may hold references, as far as they have content.
    pub(super) fn blocks(&self) -> Vec<Range<u64>> {
        ranges_with_content(self.pid, self.blocks.iter().cloned())
    }

    /// Bytes that need not be searched.
    pub(super) fn plain(&self) -> u64 {
        self.plain
    }

    /// Takes out the large blocks that hold nothing but bytes or text, now that the `bytearray`s with large memory are known.
    pub(super) fn leave_out_plain(&mut self, heap: &Heap<'_>, bytearrays: impl Iterator<Item = Address>) {
        let mut owned = vec![false; self.blocks.len()];
        for (start, length) in bytearrays.filter_map(|object| heap.bytearray_buffer_at(object).ok()?) {
            let Some(at) = self.blocks.partition_point(|block| block.start <= start).checked_sub(1) else { continue };
            if let (Some(block), Some(owned)) = (self.blocks.get(at), owned.get_mut(at)) {
                *owned |= fills(block, start, length);
            }
        }
        let mut owned = owned.into_iter();
        self.blocks.retain(|block| {
            let is_plain = owned.next() == Some(true) || heap.is_plain(block);
            self.plain += if is_plain { block.end - block.start } else { 0 };
            !is_plain
        });
    }
}
