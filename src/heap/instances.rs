//! Attributes of instances, wherever this version keeps them: in a dict, beside the type's shared keys, in slots.

use super::{Fault, Heap, Result, TypeFlags};
use crate::memory::Address;
use crate::runtime::layout::ManagedDict;

/// `Py_T_OBJECT_EX`: the kind of member that `__slots__` makes.
const MEMBER_OBJECT_EX: i64 = 16;
/// Bases of a class beyond this are not believed.
const DEEPEST_MRO: u64 = 64;

impl Heap<'_> {
    /// The value of an attribute in the instance's dict or its inline values.
    ///
    /// # Errors
    /// When the instance cannot be read.
    pub fn attribute(&self, object: Address, name: &str) -> Result<Option<Address>> {
        Ok(self.find_named(&self.instance_entries(object)?, name))
    }

    /// All entries of an instance's `__dict__`, whether that exists as a dict or not: name and value.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn instance_entries(&self, object: Address) -> Result<Vec<(Address, Address)>> {
        let info = self.type_info_of(object)?;
        let dict_entries = |dict: Address| dict.non_null().map_or(Ok(Vec::new()), |dict| self.dict_entries(dict));
        let inline = |values: Address| {
            let keys = self.pointer(info.address, self.layout.heap_type.ht_cached_keys)?;
            self.split_entries(&self.keys_entries(keys)?, values)
        };
        let before = |distance: u64| object.checked_sub(distance).ok_or(Fault::implausible("instance", object));
        let dict_before = || Ok::<_, Fault>(self.memory.pointer(before(u64::from(self.layout.managed_dict_before))?)?);
        if info.flags.contains(TypeFlags::MANAGED_DICT) {
            match self.layout.managed_dict {
                ManagedDict::None => {}
                ManagedDict::ValuesPointer311 => {
                    // The values' address lies one word before the dict's.
                    let values = self.memory.pointer(before(u64::from(self.layout.managed_dict_before) + 8)?)?;
                    return if values.is_null() { dict_entries(dict_before()?) } else { inline(values) };
                }
                ManagedDict::TaggedPointer312 => {
                    let word = dict_before()?;
                    return if word.get() & 1 == 1 { inline(word.offset(1)) } else { dict_entries(word) };
                }
                ManagedDict::Inline313 => {
                    let dict = dict_before()?;
                    if !dict.is_null() || !info.flags.contains(TypeFlags::INLINE_VALUES) {
                        return dict_entries(dict);
                    }
                    let values = object.offset(info.basic_size);
                    let valid = self.unsigned(values, self.layout.dict_values.valid)? & 0xff != 0;
                    return if valid { inline(values) } else { Ok(Vec::new()) };
                }
            }
        }
        let offset = match info.dict_offset {
            0 => return Ok(Vec::new()),
            positive if positive > 0 => positive.unsigned_abs(),
            _ => self.dict_offset_from_end(object, info.address)?,
        };
        dict_entries(self.memory.pointer(object.offset(offset))?)
    }

    /// Where an object of variable size has its dict, when `tp_dictoffset` counts from its end (`_PyObject_GetDictPtr`).
    pub(super) fn dict_offset_from_end(&self, object: Address, class: Address) -> Result<u64> {
        let info = self.type_info(class)?;
        let items = self.signed(object, self.layout.var_object.ob_size)?.unsigned_abs();
        let implausible = Fault::implausible("instance", object);
        let size = info
            .item_size
            .checked_mul(items)
            .and_then(|bytes| bytes.checked_add(info.basic_size)?.checked_next_multiple_of(8))
            .ok_or(implausible)?;
        size.checked_sub(info.dict_offset.unsigned_abs()).ok_or(implausible)
    }

    /// The value of a class attribute, from the first class of the MRO that has it. Static built-in types are passed over.
    ///
    /// # Errors
    /// When the class cannot be read.
    pub fn class_attribute(&self, class: Address, name: &str) -> Result<Option<Address>> {
        for class in self.tuple_start(self.pointer(class, self.layout.type_object.tp_mro)?, DEEPEST_MRO)? {
            if self.type_info(class)?.flags.contains(TypeFlags::HEAP_TYPE)
                && let Some(value) = self.dict_value(self.type_dict(class)?, name)?
            {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// The value of an attribute that a class of the object's MRO declares in `__slots__`.
    ///
    /// # Errors
    /// When the class or the object cannot be read.
    pub fn slot_value(&self, object: Address, name: &'static str) -> Result<Option<Address>> {
        match self.slot_offset(self.type_of(object)?, name)? {
            Some(offset) => Ok(self.memory.pointer(object.offset(offset))?.non_null()),
            None => Ok(None),
        }
    }

    /// Where instances of `class` have the attribute that it or a base declares in `__slots__`.
    ///
    /// # Errors
    /// When the class cannot be read.
    pub fn slot_offset(&self, class: Address, name: &'static str) -> Result<Option<u64>> {
        if let Some(offset) = self.slot_offsets.borrow().get(&(class, name)) {
            return Ok(*offset);
        }
        let offset = self.find_slot(class, name)?;
        self.slot_offsets.borrow_mut().insert((class, name), offset);
        Ok(offset)
    }

    fn find_slot(&self, class: Address, name: &str) -> Result<Option<u64>> {
        for class in self.tuple_start(self.pointer(class, self.layout.type_object.tp_mro)?, DEEPEST_MRO)? {
            if !self.type_info(class)?.flags.contains(TypeFlags::HEAP_TYPE) {
                continue;
            }
            let Some(descriptor) = self.dict_value(self.type_dict(class)?, name)? else { continue };
            if Some(self.type_of(descriptor)?) != self.known.member_descriptor {
                continue;
            }
            let member = self.pointer(descriptor, self.layout.member_descriptor.d_member)?;
            if self.signed(member, self.layout.member_def.kind)? == MEMBER_OBJECT_EX {
                return Ok(Some(self.unsigned(member, self.layout.member_def.offset)?));
            }
        }
        Ok(None)
    }

    /// All words of an object's own structure behind its head that could be addresses of objects: for types
    /// whose layout nobody told us.
    ///
    /// # Errors
    /// When the object cannot be read.
    pub fn words(&self, object: Address, basic_size: u64) -> Result<Vec<Address>> {
        /// An object beyond this is not looked through.
        const LARGEST: usize = 1 << 20;
        let head = u64::from(self.layout.object.size);
        let bytes = self.memory.bytes(object.offset(head), basic_size.saturating_sub(head), LARGEST)?;
        // The lowest page is never mapped; objects are aligned to 8.
        let could_be = |word: &Address| word.get() >= 4096 && word.is_aligned(8);
        Ok(bytes
            .chunks_exact(8)
            .filter_map(|word| Some(Address::new(u64::from_le_bytes(word.try_into().ok()?))))
            .filter(could_be)
            .collect())
    }

    /// Whether this is `None`.
    #[must_use]
    pub fn is_none(&self, object: Address) -> bool {
        self.known.none_type.is_some() && self.type_of(object).ok() == self.known.none_type
    }

    /// The value of `True` or `False`, `None` for anything else.
    #[must_use]
    pub fn boolean(&self, object: Address) -> Option<bool> {
        (self.type_of(object).ok()? == self.known.bool_type?).then_some(self.integer(object).ok()?? != 0)
    }
}
