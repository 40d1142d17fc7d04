//! How much memory an object takes: itself, what lies before it, and what it keeps elsewhere and shares with nobody.
//!
//! What `sys.getsizeof()` says – `__sizeof__` of the type and the collector's head – with these differences, all on the side of
//! what the allocator handed out: attribute values beside shared keys count for the instance that has them (3.11+: `getsizeof` leaves
//! them out), and an object of a subclass of `int` or `str` is as large as its class says. Memory that an extension's object keeps
//! elsewhere is not known and not counted, also where its own `__sizeof__` would tell. What the allocator rounds up is left out, too, and the item
//! more that `PyType_GenericAlloc` makes room for.

use super::generators::generator_kind_size;
use super::types::TypeInfo;
use super::{Fault, Heap, Result, TypeFlags};
use crate::memory::Address;
use crate::runtime::layout::ManagedDict;

/// Items of one object beyond this are not believed.
const MOST_ITEMS: u64 = 1 << 40;
/// Bytes of `_ODictNode`: key, hash, next, previous (`Objects/odictobject.c`).
const ORDERED_NODE: u64 = 32;
/// Bases of bases of a class beyond this are not believed.
const DEEPEST_BASES: usize = 64;

impl Heap<'_> {
    /// Bytes that an object takes, with what lies before it and what it keeps elsewhere for itself: the items of a list, the table of
    /// a dict. Up to 3.10 a coroutine's frame is an object of its own, and not in it.
    ///
    /// # Errors
    /// When it cannot be read, or contradicts itself.
    pub fn object_size(&self, object: Address) -> Result<u64> {
        let info = self.type_info_of(object)?;
        let is = |flags| info.flags.contains(flags);
        let before = self.bytes_before(&info);
        let own = if is(TypeFlags::INT) {
            // `bool` has no room for digits of its own, and says so by a larger fixed part.
            let is_bool = Some(info.address) == self.known.bool_type;
            let fixed = self.layout.long.ob_digit.offset().filter(|_| is_bool).unwrap_or(info.basic_size);
            fixed + self.int_digits(object)? * 4
        } else if is(TypeFlags::STR) {
            self.text_size(object, &info)?
        } else if is(TypeFlags::LIST) {
            // Negative while the list is being sorted: then nobody knows.
            let allocated = self.signed(object, self.layout.list.allocated)?;
            info.basic_size + 8 * believed(u64::try_from(allocated).unwrap_or(0), object)?
        } else if is(TypeFlags::DICT) {
            info.basic_size + self.dict_tables(object, &info)?
        } else if Some(info.address) == self.known.frame {
            self.frame_size(object, &info)?
        } else if let Some(kind) = self.generator_kind(object) {
            match generator_kind_size(self.layout, kind) {
                (size, true) => size + 8 * self.code_room(self.generator(object, kind)?.code)?,
                (size, false) => size,
            }
        } else if self.derives_from(info.address, &self.set_types()) {
            info.basic_size + self.set_table(object)?
        } else if self.derives_from_named(&info, "collections.deque") {
            // Blocks that it keeps for later use are left out, as `getsizeof` does.
            info.basic_size + self.deque_blocks(object)?.len() as u64 * u64::from(self.layout.deque_block.size)
        } else if self.known.bytearray.is_some_and(|class| self.derives_from(info.address, &[class])) {
            info.basic_size + self.bytearray_buffer(object)?
        } else {
            self.plain_size(object, &info)?
        };
        Ok(before + own + self.attribute_values(object, &info)?)
    }

    /// `object.__sizeof__`: the fixed part, and items as many as the head tells.
    fn plain_size(&self, object: Address, info: &TypeInfo) -> Result<u64> {
        if info.item_size == 0 {
            return Ok(info.basic_size);
        }
        let items = believed(self.signed(object, self.layout.var_object.ob_size)?.unsigned_abs(), object)?;
        let bytes = items.checked_mul(info.item_size).and_then(|bytes| bytes.checked_add(info.basic_size));
        bytes.ok_or(Fault::implausible("number of items", object))
    }

    fn int_digits(&self, object: Address) -> Result<u64> {
        let tag = self.layout.long.lv_tag;
        let digits = if tag.is_present() {
            (self.unsigned(object, tag)? >> 3).max(1)
        } else {
            self.signed(object, self.layout.var_object.ob_size)?.unsigned_abs()
        };
        believed(digits, object)
    }

    fn text_size(&self, object: Address, info: &TypeInfo) -> Result<u64> {
        let l = self.layout;
        let bytes = self.object_bytes(object, l.unicode.size.max(l.compact_unicode.size))?;
        let kind = l.ascii.state_kind.u64_in(&bytes)?;
        if !matches!(kind, 0 | 1 | 2 | 4) {
            return Err(Fault::implausible("str", object));
        }
        let data = (believed(l.ascii.length.u64_in(&bytes)?, object)? + 1) * kind;
        let compact = l.ascii.state_compact.u64_in(&bytes)? == 1;
        if compact && l.ascii.state_ascii.u64_in(&bytes)? == 1 {
            return Ok(u64::from(l.ascii.size) + data);
        }
        let utf8 = l.compact_unicode.utf8.address_in(&bytes)?;
        let shared = utf8.is_null() || (!compact && utf8 == l.unicode.data.address_in(&bytes)?);
        let encoded =
            if shared { 0 } else { believed(l.compact_unicode.utf8_length.u64_in(&bytes)?, object)?.saturating_add(1) };
        Ok(if compact { u64::from(l.compact_unicode.size) } else { info.basic_size } + data + encoded)
    }

    /// The tables of a dict, as far as they are its own.
    fn dict_tables(&self, object: Address, info: &TypeInfo) -> Result<u64> {
        let bytes = self.object_bytes(object, self.layout.dict.size)?;
        let keys = self.layout.dict.ma_keys.address_in(&bytes)?;
        let layout = &self.layout.dict_keys;
        let mut size = 0;
        // The keys of many instances, and those of every empty dict, have more than one owner.
        if self.unsigned(keys, layout.dk_refcnt)? == 1 {
            size += self.keys_size(keys)?;
        }
        if let Some(values) = self.layout.dict.ma_values.address_in(&bytes)?.non_null() {
            let embedded = self.layout.dict_values.embedded;
            if !embedded.is_present() || self.unsigned(values, embedded)? & 0xff == 0 {
                size += self.values_size(values, keys)?;
            }
        }
        if self.derives_from_named(info, "collections.OrderedDict") {
            // A node for each key, and a word for each place in the table to find it by.
            let used = believed(self.layout.dict.ma_used.u64_in(&bytes)?, object)?;
            let places = if used == 0 { 0 } else { self.keys_places(keys)? };
            size += used * ORDERED_NODE + places * 8;
        }
        Ok(size)
    }

    /// Places of a dict's table (`DK_SIZE`).
    fn keys_places(&self, keys: Address) -> Result<u64> {
        let layout = &self.layout.dict_keys;
        if !layout.dk_log2_size.is_present() {
            return believed(self.unsigned(keys, layout.dk_size)?, keys);
        }
        let log2 = self.unsigned(keys, layout.dk_log2_size)?;
        if log2 > 40 { Err(Fault::implausible("dict keys", keys)) } else { Ok(1 << log2) }
    }

    /// Bytes of a dict's table: head, indices, entries.
    fn keys_size(&self, keys: Address) -> Result<u64> {
        let layout = &self.layout.dict_keys;
        let places = self.keys_places(keys)?;
        let (indices, general) = if layout.dk_log2_index_bytes.is_present() {
            let log2 = self.unsigned(keys, layout.dk_log2_index_bytes)?;
            if log2 > 40 {
                return Err(Fault::implausible("dict keys", keys));
            }
            (1 << log2, self.unsigned(keys, layout.dk_kind)? == 0)
        } else {
            let width = match places {
                0..=0xff => 1,
                0x100..=0xffff => 2,
                0x1_0000..=0xffff_ffff => 4,
                _ => 8,
            };
            (places * width, true)
        };
        let entry =
            if general { self.layout.dict_key_entry.size.max(24) } else { self.layout.dict_unicode_entry.size.max(16) };
        // USABLE_FRACTION
        let entries = places * 2 / 3;
        Ok(layout.dk_indices.offset().unwrap_or(0) + indices + entries * u64::from(entry))
    }

    /// Bytes of the values beside shared keys.
    ///
    /// How many have room differs from instance to instance of a class: the later, the fewer. Up to 3.10 it is the size of the table, from 3.13
    /// on each instance tells. 3.11 and 3.12 tell how many at most; of what lies between, the least is taken.
    fn values_size(&self, values: Address, keys: Address) -> Result<u64> {
        Ok(match self.layout.managed_dict {
            // A plain array: USABLE_FRACTION(DK_SIZE) of them.
            ManagedDict::None => self.keys_places(keys)? * 2 / 3 * 8,
            // Before the array, bytes that tell the order of insertion and two for the sizes, in whole words (`new_values`); the last of
            // them is how many they are.
            ManagedDict::ValuesPointer311 | ManagedDict::TaggedPointer312 => {
                let last = values.checked_sub(8).ok_or(Fault::implausible("values", values))?;
                let prefix = self.memory.word(last)? >> 56;
                let places = self.shared_places(keys)?.max(prefix.saturating_sub(9)).min(prefix.saturating_sub(2));
                prefix + places * 8
            }
            ManagedDict::Inline313 => {
                let layout = &self.layout.dict_values;
                let places = self.unsigned(values, layout.capacity)? & 0xff;
                layout.values.offset().unwrap_or(8) + places * 8 + places.next_multiple_of(8)
            }
        })
    }

    /// Bytes of the attribute values that an instance keeps without a dict.
    fn attribute_values(&self, object: Address, info: &TypeInfo) -> Result<u64> {
        if !info.flags.contains(TypeFlags::MANAGED_DICT) {
            return Ok(0);
        }
        let before = u64::from(self.layout.managed_dict_before);
        let word = |distance: u64| -> Result<u64> {
            let at = object.checked_sub(distance).ok_or(Fault::implausible("instance", object))?;
            Ok(self.memory.word(at)?)
        };
        let values = match self.layout.managed_dict {
            ManagedDict::None => None,
            ManagedDict::ValuesPointer311 => Address::new(word(before + 8)?).non_null(),
            ManagedDict::TaggedPointer312 => {
                Some(word(before)?).filter(|word| word & 1 == 1).map(|word| Address::new(word).offset(1))
            }
            ManagedDict::Inline313 => {
                info.flags.contains(TypeFlags::INLINE_VALUES).then(|| object.offset(info.basic_size))
            }
        };
        let Some(values) = values else { return Ok(0) };
        self.values_size(values, self.pointer(info.address, self.layout.heap_type.ht_cached_keys)?)
    }

    fn set_types(&self) -> Vec<Address> {
        [self.known.set, self.known.frozenset].into_iter().flatten().collect()
    }

    fn set_table(&self, object: Address) -> Result<u64> {
        let layout = &self.layout.set;
        if self.pointer(object, layout.table)? == layout.smalltable.at(object)? {
            return Ok(0);
        }
        Ok((believed(self.unsigned(object, layout.mask)?, object)? + 1) * u64::from(self.layout.set_entry.size.max(16)))
    }

    /// Whether it is the type of this name or derives from it: of types that C modules have, which are known by their names.
    fn derives_from_named(&self, info: &TypeInfo, name: &str) -> bool {
        if info.name == name {
            return true;
        }
        let mut base = info.base;
        for _ in 0..DEEPEST_BASES {
            match base.non_null().and_then(|base| self.type_info(base).ok()) {
                Some(info) if info.name == name => return true,
                Some(info) => base = info.base,
                None => return false,
            }
        }
        false
    }

    /// The buffer of a `bytearray`, of which the word behind the head tells the size (`Include/cpython/bytearrayobject.h`). From 3.15 on
    /// it is the inside of a `bytes`, to which a fifth word leads.
    fn bytearray_buffer(&self, object: Address) -> Result<u64> {
        let head = u64::from(self.layout.var_object.size);
        let allocated = believed(self.memory.word(object.offset(head))?, object)?;
        let class = self.known.bytearray.ok_or(Fault::implausible("bytearray", object))?;
        let in_bytes = allocated > 0 && self.type_info(class)?.basic_size >= head + 5 * 8;
        let around = if in_bytes { self.layout.bytes.ob_sval.offset().unwrap_or(0) + 1 } else { 0 };
        Ok(allocated + around)
    }

    fn frame_size(&self, object: Address, info: &TypeInfo) -> Result<u64> {
        let inner = self.layout.frame_object.f_frame;
        if !inner.is_present() {
            return self.plain_size(object, info);
        }
        // 3.11+: room for the frame, whether it is here or still in the generator or on the thread's stack.
        let frame = self.frame(self.pointer(object, inner)?)?;
        Ok(info.basic_size + 8 * self.code_room(frame.code)?)
    }

    /// Words of a frame's variables and stack.
    fn code_room(&self, code: Address) -> Result<u64> {
        let code = self.code(code)?;
        Ok(code.slots + code.stack_size)
    }
}

fn believed(items: u64, object: Address) -> Result<u64> {
    if items > MOST_ITEMS { Err(Fault::implausible("number of items", object)) } else { Ok(items) }
}
