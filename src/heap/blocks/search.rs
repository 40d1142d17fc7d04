//! Objects that lie in no pool: searched for backwards from an address inside of them.

use super::Blocks;
use super::classes::Items;
use super::living::{Count, Evidence, Found};
use crate::heap::TypeFlags;
use crate::memory::Address;
use crate::memory::sweep::View;

/// How far back an object is searched for.
const REACH: u64 = 64 << 10;
/// Bytes read at a time. An object does not reach across a page that cannot be read.
const PAGE: u64 = 4096;
/// Objects are aligned to this.
const STEP: u64 = 16;
/// Most bytes that are kept before an object: an address may lie in them.
const MOST_BEFORE: u64 = 32;
/// Bytes seen before and behind the beginning of what may be an object.
const AROUND: [u64; 2] = [16, 64];
/// Fewer, where memory ends.
const LEAST_AROUND: [u64; 2] = [16, 32];

impl Blocks<'_, '_> {
    /// The object outside of pools whose memory contains `at`.
    pub(super) fn enclosing(&self, at: Address) -> Option<Address> {
        let nearest = (at.get() & !(STEP - 1)).checked_add(MOST_BEFORE)?;
        let lowest = nearest.saturating_sub(REACH);
        let head = u64::from(self.heap.layout().object.size);
        let page = |address: u64| address & !(PAGE - 1);
        let mut end = nearest + STEP;
        let mut start = page(at.get());
        let mut bytes = Vec::new();
        while end > lowest {
            // The last place of a page may need the first bytes of the next one, which was read before.
            let whole = self.read(&mut bytes, start, end + head - STEP);
            if !whole && (page(end) <= start || !self.read(&mut bytes, start, page(end))) {
                return None;
            }
            let found = (0..(end - start) / STEP).rev().map(|step| step * STEP).find(|seen| {
                let seen_bytes = usize::try_from(*seen).ok().and_then(|seen| bytes.get(seen..));
                seen_bytes.is_some_and(|bytes| self.may_be_object(bytes)) && self.covers(Address::new(start + seen), at)
            });
            if let Some(seen) = found {
                return Some(Address::new(start + seen));
            }
            end = start;
            start = start.checked_sub(PAGE)?;
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
        self.count(bytes).is_some() && class.is_ok_and(|class| class.get() >= PAGE && class.is_aligned(8))
    }

    /// Whether there is an object at `object` whose memory contains `at`.
    fn covers(&self, object: Address, at: Address) -> bool {
        let seen = [AROUND, LEAST_AROUND].into_iter().find_map(|[before, behind]| {
            let base = object.checked_sub(before)?;
            Some((base, self.heap.memory().bytes(base, before + behind, 256).ok()?))
        });
        let Some((base, bytes)) = seen else { return false };
        let Some(found) = self.living(View { base, bytes: &bytes }, object) else { return false };
        let size = found.size.saturating_add(self.size_behind(&found, object));
        let Some(start) = object.checked_sub(found.before) else { return false };
        if !(start..object.offset(size)).contains(&at) {
            return false;
        }
        let count = usize::try_from(object.get() - base.get()).ok().and_then(|at| self.count(bytes.get(at..)?));
        self.is_certain(&found, object, at, count == Some(Count::Immortal), found.before + size)
    }

    /// Whether there is enough evidence for an object outside of pools, where anything may look like one.
    fn is_certain(&self, found: &Found, object: Address, at: Address, immortal: bool, whole: u64) -> bool {
        if found.evidence == Evidence::StaticType {
            return true;
        }
        let Some(block) = object.checked_sub(found.before) else { return false };
        // What an object leaves behind when it is moved keeps its count, and `free` writes two addresses over the collector's links.
        let is_linked = found.evidence != Evidence::Tracked
            || self.heap.layout().header_before_gc_object == 0
            || self.heap.is_linked(object).unwrap_or(false);
        // Only objects of the interpreter itself are never freed.
        let may_be_immortal = !immortal || !found.class.info.flags.contains(TypeFlags::HEAP_TYPE);
        is_linked && (self.is_in_chunk(block, whole) || (may_be_immortal && !self.is_inside_chunk(at)))
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
