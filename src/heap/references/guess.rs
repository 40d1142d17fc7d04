//! What objects of unknown structure may hold: words inside of them that are addresses of living objects.
//!
//! For extension modules, whose structures nobody told us. A word may borrow its reference, or be left over. So these are never
//! counted, and only asked for where it is worth something to know a possible holder.

use super::{Edge, References};
use crate::heap::{Fault, Heap, Result};
use crate::memory::Address;

/// Bytes of items behind an object beyond these are not looked at.
const MOST_BYTES_OF_ITEMS: u64 = 1 << 20;
/// The lowest page is never mapped.
const LOWEST: u64 = 4096;

impl References<'_, '_> {
    /// Like [`visit`](Self::visit); of objects whose structure is not known, or not as a whole, tells also each word that is the
    /// address of a living object as [`Edge::Word`]. Returns whether all that was told is certain.
    ///
    /// # Errors
    /// As [`visit`](Self::visit).
    pub fn visit_or_guess(&self, object: Address, visit: &mut dyn FnMut(Edge, Address)) -> Result<bool> {
        let class = self.heap.type_of(object)?;
        let shape = self.shape(class).ok_or(Fault::implausible("type", class))?;
        self.visit_shape(object, &shape, visit)?;
        let mut found = Vec::new();
        if let (Some(first), Some(last)) = (shape.opaque.first(), shape.opaque.last()) {
            let mut wanted = shape.opaque.iter().peekable();
            self.words(object.offset(*first as u64), ((last - first) / 8 + 1) as u64, |index, word| {
                let at = *first as u64 + index * 8;
                if wanted.next_if(|offset| **offset as u64 == at).is_some() {
                    found.push((at, word));
                }
            })?;
        }
        if shape.opaque_items {
            let info = self.heap.type_info(class)?;
            let count = self.heap.signed(object, self.heap.layout().var_object.ob_size)?.unsigned_abs();
            let bytes = count.saturating_mul(info.item_size).min(MOST_BYTES_OF_ITEMS);
            let first = info.basic_size.next_multiple_of(8);
            self.words(object.offset(first), bytes / 8, |index, word| found.push((first + index * 8, word)))?;
        }
        for (at, word) in found {
            let target = Address::new(word);
            if self.heap.looks_like_object(target) {
                visit(Edge::Word(at), target);
            }
        }
        Ok(shape.opaque.is_empty() && !shape.opaque_items)
    }
}

impl Heap<'_> {
    /// Whether an object lives at this address, as far as its head tells: it has references, and a type that is one. Whether the
    /// collector knows it is another question ([`is_alive`](Self::is_alive)).
    #[must_use]
    pub fn looks_like_object(&self, address: Address) -> bool {
        self.has_plausible_head(address).unwrap_or(false)
    }

    fn has_plausible_head(&self, address: Address) -> Result<bool> {
        if address.get() < LOWEST || !address.is_aligned(8) {
            return Ok(false);
        }
        let layout = self.layout();
        let bytes = self.object_bytes(address, layout.object.size)?;
        let is_counted = if layout.object.ob_ref_local.is_present() {
            self.refcount_in(&bytes)? > 0
        } else {
            // In a freed block there is an address here, or nothing. No count reaches the middle bits; flags lie above them (3.14+).
            let word = super::word(&bytes, 0)?;
            let count = word & 0xffff_ffff;
            let limit = if layout.immortal_objects { 1 << 32 } else { 1 << 31 };
            word >> 32 & 0xffff == 0 && (1..limit).contains(&count)
        };
        if !is_counted {
            return Ok(false);
        }
        let class = layout.object.ob_type.address_in(&bytes)?;
        let metaclass = self.type_of(class)?;
        let Some(type_type) = self.known().type_type else { return Ok(false) };
        Ok(self.derives_from(metaclass, &[type_type]) && self.type_info(class).is_ok())
    }
}
