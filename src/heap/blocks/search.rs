//! Objects that lie in no pool: searched for backwards from an address inside of them.
//!
//! Here anything may look like an object: buffers may hold numbers and types side by side. So it takes evidence: the links of its neighbours on
//! the collector's list, or the header that glibc's `malloc` writes before what it returns, with the size of the chunk (`malloc/malloc.c`).

use super::Blocks;
use super::classes::Items;
use super::living::{Evidence, Found};
use crate::heap::pools::DEBUG_HEAD;
use crate::memory::Address;
use crate::memory::sweep::View;
use std::ops::Range;

/// How far back an object is searched for.
const REACH: u64 = 64 << 10;
/// Bytes read at a time. An object does not reach across a page that cannot be read.
const PAGE: u64 = 4096;
/// Objects are aligned to this.
const STEP: u64 = 16;
/// Most bytes that are kept before an object: an address may lie in them.
const MOST_BEFORE: u64 = 32;
/// Bytes seen before and behind the beginning of what may be an object: as many as can be, where memory begins and ends.
const AROUND: [[u64; 2]; 4] = [[16, 64], [16, 32], [0, 64], [0, 32]];
/// The word before what `malloc` returns: the size of the chunk with this word.
const CHUNK_HEADER: u64 = 8;
/// Flags in the low bits of that size.
const CHUNK_FLAGS: u64 = 7;

/// What is known of memory outside of pools.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    end: u64,
    /// Whose it is.
    object: Option<Address>,
}

impl Blocks<'_, '_> {
    /// The object outside of pools whose memory contains `at`.
    pub(super) fn enclosing(&self, at: Address) -> Option<Address> {
        let before = self.outside.borrow().range(..=at.get()).next_back().map(|(_, known)| *known);
        if let Some(known) = before.filter(|known| at.get() < known.end) {
            return known.object;
        }
        // What has begun before would reach across what is known to be something else.
        let lowest = before.map_or(0, |known| known.end).max(at.get().saturating_sub(REACH));
        let found = self.search(at, lowest & !(STEP - 1));
        let (start, end) =
            found.as_ref().map_or((at.get(), at.get().saturating_add(1)), |(_, memory)| (memory.start, memory.end));
        let object = found.map(|(object, _)| object);
        self.outside.borrow_mut().insert(start, Known { end, object });
        object
    }

    /// The nearest object at `lowest` or behind it whose memory contains `at`, and that memory.
    fn search(&self, at: Address, lowest: u64) -> Option<(Address, Range<u64>)> {
        let head = u64::from(self.heap.layout().object.size);
        let page = |address: u64| address & !(PAGE - 1);
        let mut end = (at.get() & !(STEP - 1)).checked_add(MOST_BEFORE + STEP)?;
        let mut start = page(at.get()).max(lowest);
        let mut bytes = Vec::new();
        while end > start {
            // The last place of a page may need the first bytes of the next one, which was read before.
            let whole = self.read(&mut bytes, start, end.saturating_add(head.saturating_sub(STEP)));
            if !whole && (page(end) <= start || !self.read(&mut bytes, start, page(end))) {
                return None;
            }
            let found = (0..(end - start) / STEP).rev().map(|step| step * STEP).find_map(|seen| {
                let seen_bytes = usize::try_from(seen).ok().and_then(|seen| bytes.get(seen..))?;
                if !self.may_be_object(seen_bytes) {
                    return None;
                }
                let object = Address::new(start + seen);
                Some((object, self.covering(object, at)?))
            });
            if found.is_some() {
                return found;
            }
            end = start;
            start = start.saturating_sub(PAGE).max(lowest);
        }
        None
    }

    fn read(&self, into: &mut Vec<u8>, start: u64, end: u64) -> bool {
        let Some(length) = end.checked_sub(start).and_then(|length| usize::try_from(length).ok()) else { return false };
        into.clear();
        into.resize(length, 0);
        self.heap.memory().read(Address::new(start), into).is_ok()
    }

    /// What can be told from the bytes alone.
    fn may_be_object(&self, bytes: &[u8]) -> bool {
        let class = self.heap.layout().object.ob_type.address_in(bytes);
        self.is_counted(bytes) && class.is_ok_and(|class| class.get() >= PAGE && class.is_aligned(8))
    }

    /// The memory of the object at `object`, if there is one whose memory contains `at`.
    fn covering(&self, object: Address, at: Address) -> Option<Range<u64>> {
        let seen = AROUND.into_iter().find_map(|[before, behind]| {
            let base = object.checked_sub(before)?;
            Some((base, self.heap.memory().bytes(base, before + behind, 256).ok()?))
        });
        let (base, bytes) = seen?;
        let found = self.living(View { base, bytes: &bytes }, object)?;
        let size = found.size.saturating_add(self.size_behind(&found, object));
        let memory = object.checked_sub(found.before)?.get()..object.offset(size).get();
        (memory.contains(&at.get()) && self.is_certain(&found, object, memory.end - memory.start)).then_some(memory)
    }

    /// Whether there is enough evidence for an object outside of pools, where anything may look like one.
    fn is_certain(&self, found: &Found, object: Address, whole: u64) -> bool {
        match found.evidence {
            Evidence::StaticType => true,
            // Not the header: what an object leaves behind when it is moved keeps its count, and `free` writes two addresses over the links.
            Evidence::Tracked => {
                self.heap.layout().header_before_gc_object == 0 || self.heap.is_linked(object).unwrap_or(false)
            }
            Evidence::Untracked | Evidence::NoHead => {
                object.checked_sub(found.before).is_some_and(|block| self.is_chunk(block, whole))
            }
        }
    }

    /// Whether `block` begins a chunk of `malloc` that was made for about so many bytes.
    fn is_chunk(&self, block: Address, size: u64) -> bool {
        // With debug hooks there is a head for the domain of objects, and one for that of raw memory.
        [0, DEBUG_HEAD, 2 * DEBUG_HEAD].into_iter().any(|hooks| {
            let header = block.checked_sub(hooks + CHUNK_HEADER).and_then(|at| self.heap.memory().word(at).ok());
            let chunk = header.map_or(0, |header| (header & !CHUNK_FLAGS).saturating_sub(CHUNK_HEADER));
            // Some types have more behind their instances than they say.
            (size + hooks..=size.saturating_add(size / 2 + 128)).contains(&chunk)
        })
    }

    /// Bytes of an object beyond its structure and items: variables of the frame inside of it, and inline values.
    fn size_behind(&self, found: &Found, object: Address) -> u64 {
        let heap = self.heap;
        let code = match found.class.items {
            Items::Generator(kind) => heap.generator(object, kind).ok().map(|generator| generator.code),
            Items::Frame => heap
                .pointer(object, heap.layout().frame_object.f_frame)
                .and_then(|frame| heap.frame(frame))
                .ok()
                .map(|frame| frame.code),
            _ => return heap.inline_values_size(&found.class.info).unwrap_or(0),
        };
        let code = code.and_then(|code| heap.code(code).ok());
        code.map_or(0, |code| code.slots.saturating_add(code.stack_size).saturating_mul(8))
    }
}
