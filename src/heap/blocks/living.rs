//! Does an object live here? What an object leaves behind when it is freed, and what never was one, must not pass.
//!
//! Freeing an object means that its reference count has come to zero; and the allocator writes a link over the first word of what
//! is freed, which is the reference count, or the collector's link.

use super::Blocks;
use super::classes::{Class, Items};
use crate::heap::TypeFlags;
use crate::heap::generators::is_plausible_refcount;
use crate::memory::Address;
use crate::memory::sweep::View;
use std::rc::Rc;

/// The low bits of the collector's links are flags.
const LINK_FLAGS: u64 = 3;
/// `_gc_prev` of an untracked object has at most this flag: its finaliser has run.
const FINALIZED: u64 = 1;
/// The lowest page is never mapped.
const LOWEST_ADDRESS: u64 = 4096;
/// Items of one object beyond this are not believed.
const MOST_ITEMS: u64 = 1 << 32;

/// What looks like a living object.
pub(super) struct Found {
    pub(super) class: Rc<Class>,
    /// Bytes before it that belong to it.
    pub(super) before: u64,
    /// Bytes of its structure with its items; of a frame inside of it, without the variables.
    pub(super) size: u64,
    pub(super) evidence: Evidence,
}

/// What else than its type and its reference count speaks for an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Evidence {
    /// Links of the collector, or its bit.
    Tracked,
    /// The collector's head is there, and empty.
    Untracked,
    /// Its type has none.
    NoHead,
    /// It is a static type.
    StaticType,
}

impl Blocks<'_, '_> {
    /// The object at `object`, if what can be seen of it and before it looks like a living one.
    pub(super) fn living(&self, view: View<'_>, object: Address) -> Option<Found> {
        let layout = self.heap.layout();
        let at = usize::try_from(object.get().checked_sub(view.base.get())?).ok()?;
        let bytes = view.bytes.get(at..)?;
        if !self.is_counted(bytes) {
            return None;
        }
        let class = self.class(layout.object.ob_type.address_in(bytes).ok()?)?;
        if self.count_is_address(bytes) {
            return None;
        }
        let is_static = class.items == Items::Members && !self.class(object)?.info.flags.contains(TypeFlags::HEAP_TYPE);
        let evidence = if is_static {
            Evidence::StaticType
        } else if layout.object.ob_gc_bits.is_present() {
            let tracked = layout.object.ob_gc_bits.u64_in(bytes).ok()? & 1 == 1;
            match (class.has_gc, tracked) {
                (true, true) => Evidence::Tracked,
                (true, false) => Evidence::Untracked,
                (false, false) => Evidence::NoHead,
                (false, true) => return None,
            }
        } else if class.has_gc {
            let head = at.checked_sub(usize::from(layout.header_before_gc_object))?;
            let [next, back] = [layout.gc_head.gc_next, layout.gc_head.gc_prev]
                .map(|link| link.u64_in(view.bytes.get(head..).unwrap_or_default()));
            head_evidence(next.ok()?, back.ok()?)?
        } else {
            Evidence::NoHead
        };
        let (before, size) =
            if is_static { (0, u64::from(layout.type_object.size)) } else { (class.before, self.size(&class, bytes)?) };
        Some(Found { class, before, size, evidence })
    }

    /// Whether the object that begins with `bytes` has a reference count that a living one can have.
    pub(super) fn is_counted(&self, bytes: &[u8]) -> bool {
        let layout = self.heap.layout();
        if layout.object.ob_ref_local.is_present() {
            return self.heap.refcount_in(bytes).is_ok_and(|count| count > 0);
        }
        layout.object.refcount_word().u64_in(bytes).is_ok_and(|word| {
            // Immortal: the sign of the low half. Above it are flags from 3.14 on (the uppermost 16 bits), before that nothing.
            let immortal = layout.immortal_objects && word >> 31 & 1 == 1;
            is_plausible_refcount(word) || (immortal && word >> 32 & 0xffff == 0 && word >> 56 == 0)
        })
    }

    /// Whether what could be a reference count is the address of an object. Programs that are not loaded at a random place have
    /// their types, and much of their memory, at addresses that are no larger than counts.
    fn count_is_address(&self, bytes: &[u8]) -> bool {
        let layout = self.heap.layout();
        if layout.object.ob_ref_local.is_present() {
            return false;
        }
        let count = Address::new(layout.object.refcount_word().u64_in(bytes).unwrap_or(0));
        count.get() >= LOWEST_ADDRESS && self.heap.type_of(count).is_ok_and(|class| self.class(class).is_some())
    }

    /// Bytes of an object's structure and of its items.
    fn size(&self, class: &Class, bytes: &[u8]) -> Option<u64> {
        let layout = self.heap.layout();
        let count = match class.items {
            Items::None | Items::Generator(_) | Items::Frame => 0,
            Items::Count | Items::Members => layout.var_object.ob_size.i64_in(bytes).ok()?.unsigned_abs(),
            // 3.12+: the digits are counted above three bits for the sign and for immortality.
            Items::Digits if layout.long.lv_tag.is_present() => layout.long.lv_tag.u64_in(bytes).ok()? >> 3,
            Items::Digits => layout.var_object.ob_size.i64_in(bytes).ok()?.unsigned_abs(),
            Items::Characters => return self.text_size(class, bytes),
        };
        let items = class.info.item_size.checked_mul(count).filter(|_| count <= MOST_ITEMS)?;
        class.info.basic_size.checked_add(items)
    }

    /// Bytes of a `str`: the characters, and one zero, stand behind a structure that depends on what they are.
    fn text_size(&self, class: &Class, bytes: &[u8]) -> Option<u64> {
        let layout = self.heap.layout();
        let state = &layout.ascii;
        if state.state_compact.u64_in(bytes).ok()? == 0 {
            return Some(class.info.basic_size);
        }
        let is_ascii = state.state_ascii.u64_in(bytes).ok()? == 1;
        let structure = if is_ascii { layout.ascii.size } else { layout.compact_unicode.size };
        let length = state.length.u64_in(bytes).ok().filter(|length| *length <= MOST_ITEMS)?;
        let each = state.state_kind.u64_in(bytes).ok().filter(|each| matches!(each, 1 | 2 | 4))?;
        Some(u64::from(structure) + (length + 1) * each)
    }
}

/// What the collector's head says; `None` if it is none.
fn head_evidence(next: u64, back: u64) -> Option<Evidence> {
    if next == 0 {
        return (back & !FINALIZED == 0).then_some(Evidence::Untracked);
    }
    // While a collection goes on, the back link may be a count of references; it is never all zero then.
    let is_link = |link: u64| link & !LINK_FLAGS >= LOWEST_ADDRESS && link & 4 == 0;
    (is_link(next) && back != 0).then_some(Evidence::Tracked)
}
