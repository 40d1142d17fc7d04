//! References of tuples, lists, dicts, sets, deques, the nodes of contexts, and of instances to their attributes.

use super::shape::Shape;
use super::{Edge, References, tell, word};
use crate::heap::{Fault, Result, TypeFlags};
use crate::memory::Address;
use crate::runtime::layout::{Field, ManagedDict};

/// Slots of a deque's block (`BLOCKLEN`).
const BLOCK_ITEMS: u64 = 64;
/// Children of an inner node of a context's mapping (`HAMT_ARRAY_NODE_SIZE`).
const HAMT_CHILDREN: u64 = 32;

impl References<'_, '_> {
    /// Items inside of the object: of a tuple, of a node of a context's mapping.
    pub(super) fn items(
        &self,
        object: Address,
        count: Field,
        items: Field,
        most: u64,
        visit: &mut dyn FnMut(Edge, Address),
    ) -> Result<()> {
        let count = self.heap.unsigned(object, count)?;
        if count > most {
            return Err(Fault::implausible("number of items", object));
        }
        self.words(items.at(object)?, count, |index, word| tell(visit, Edge::Item(index), word))
    }

    pub(super) fn list(&self, object: Address, visit: &mut dyn FnMut(Edge, Address)) -> Result<()> {
        let layout = self.heap.layout();
        let count = self.heap.unsigned(object, layout.var_object.ob_size)?;
        let items = self.heap.pointer(object, layout.list.ob_item)?;
        self.words(items, count, |index, word| tell(visit, Edge::Item(index), word))
    }

    pub(super) fn set(&self, object: Address, visit: &mut dyn FnMut(Edge, Address)) -> Result<()> {
        let layout = self.heap.layout();
        let mask = self.heap.unsigned(object, layout.set.mask)?;
        if mask >= self.most_items || !(mask + 1).is_power_of_two() {
            return Err(Fault::implausible("set", object));
        }
        let table = self.heap.pointer(object, layout.set.table)?;
        let mut key = 0;
        // Entries {key, hash}; one that was removed keeps a dummy key, which does not count, with the hash -1.
        self.words(table, (mask + 1) * 2, |index, word| {
            if index % 2 == 0 {
                key = word;
            } else if word != u64::MAX {
                tell(visit, Edge::Item(index / 2), key);
            }
        })
    }

    pub(super) fn deque(&self, object: Address, visit: &mut dyn FnMut(Edge, Address)) -> Result<()> {
        let layout = self.heap.layout();
        let count = self.heap.unsigned(object, layout.var_object.ob_size)?;
        let mut at = self.heap.unsigned(object, layout.deque.leftindex)?;
        if count > self.most_items || at >= BLOCK_ITEMS {
            return Err(Fault::implausible("deque", object));
        }
        let first = self.heap.pointer(object, layout.deque.leftblock)?;
        let mut block = first;
        let mut told = 0;
        while told < count {
            let here = (BLOCK_ITEMS - at).min(count - told);
            let data = layout.deque_block.data.at(block)?.offset(at * 8);
            self.words(data, here, |index, word| tell(visit, Edge::Item(told + index), word))?;
            told += here;
            at = 0;
            block = self.heap.pointer(block, layout.deque_block.rightlink)?;
            if told < count && block == first {
                return Err(Fault::implausible("deque", object));
            }
        }
        Ok(())
    }

    pub(super) fn dict(&self, object: Address, visit: &mut dyn FnMut(Edge, Address)) -> Result<()> {
        let layout = self.heap.layout();
        let bytes = self.heap.object_bytes(object, layout.dict.size)?;
        let keys = layout.dict.ma_keys.address_in(&bytes)?;
        let values = layout.dict.ma_values.address_in(&bytes)?;
        if layout.dict.ma_used.u64_in(&bytes)? > self.most_items {
            return Err(Fault::implausible("dict", object));
        }
        let entries = self.heap.keys_entries(keys)?;
        let Some(values) = values.non_null() else {
            for (key, value) in entries.into_iter().filter(|(_, value)| !value.is_null()) {
                // An entry that was removed has neither.
                tell(visit, Edge::Key, key.get());
                visit(Edge::Value(key), value);
            }
            return Ok(());
        };
        // 3.13+: values inside of an instance belong to the instance, which tells of them itself.
        let embedded = layout.dict_values.embedded;
        if embedded.is_present() && self.heap.unsigned(values, embedded)? & 0xff != 0 {
            return Ok(());
        }
        self.split(&entries, values, visit)
    }

    /// Values beside the keys that many instances share; the keys are not the dict's own.
    fn split(
        &self,
        entries: &[(Address, Address)],
        values: Address,
        visit: &mut dyn FnMut(Edge, Address),
    ) -> Result<()> {
        // Up to 3.10 the values are a plain array.
        let values = values.offset(self.heap.layout().dict_values.values.offset().unwrap_or(0));
        self.words(values, entries.len() as u64, |index, word| {
            let key = usize::try_from(index).ok().and_then(|at| entries.get(at)).map_or(Address::NULL, |(key, _)| *key);
            tell(visit, Edge::Attribute(key), word);
        })
    }

    pub(super) fn hamt_array(&self, object: Address, visit: &mut dyn FnMut(Edge, Address)) -> Result<()> {
        let children = self.heap.layout().hamt_array.a_array.at(object)?;
        self.words(children, HAMT_CHILDREN, |index, word| tell(visit, Edge::Item(index), word))
    }

    /// An instance's dict at `tp_dictoffset`.
    pub(super) fn dict_at(
        &self,
        object: Address,
        offset: i64,
        shape: &Shape,
        visit: &mut dyn FnMut(Edge, Address),
    ) -> Result<()> {
        let at = match u64::try_from(offset) {
            Ok(0) => return Ok(()),
            Ok(offset) => offset,
            Err(_) => self.heap.dict_offset_from_end(object, shape.class)?,
        };
        tell(visit, Edge::Field("dict"), self.heap.memory().word(object.offset(at))?);
        Ok(())
    }

    /// What an instance whose attributes the interpreter manages (`Py_TPFLAGS_MANAGED_DICT`, 3.11+) holds of them: the dict, or the
    /// values where there is no dict.
    pub(super) fn managed_dict(
        &self,
        object: Address,
        shape: &Shape,
        visit: &mut dyn FnMut(Edge, Address),
    ) -> Result<()> {
        let layout = self.heap.layout();
        let before = u64::from(layout.managed_dict_before);
        let implausible = Fault::implausible("instance", object);
        let read = |distance: u64| -> Result<u64> {
            Ok(self.heap.memory().word(object.checked_sub(distance).ok_or(implausible)?)?)
        };
        let shared = |values: Address, visit: &mut dyn FnMut(Edge, Address)| {
            let keys = self.heap.pointer(shape.class, layout.heap_type.ht_cached_keys)?;
            self.split(&self.heap.keys_entries(keys)?, values, visit)
        };
        match layout.managed_dict {
            ManagedDict::None => {}
            ManagedDict::ValuesPointer311 => {
                tell(visit, Edge::Field("dict"), read(before)?);
                if let Some(values) = Address::new(read(before + 8)?).non_null() {
                    shared(values, visit)?;
                }
            }
            ManagedDict::TaggedPointer312 => {
                let tagged = read(before)?;
                if tagged & 1 == 1 {
                    shared(Address::new(tagged).offset(1), visit)?;
                } else {
                    tell(visit, Edge::Field("dict"), tagged);
                }
            }
            ManagedDict::Inline313 => {
                tell(visit, Edge::Field("dict"), read(before)?);
                let info = self.heap.type_info(shape.class)?;
                if info.flags.contains(TypeFlags::INLINE_VALUES) {
                    let values = object.offset(info.basic_size);
                    if self.heap.unsigned(values, layout.dict_values.valid)? & 0xff != 0 {
                        shared(values, visit)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The bytes of a small structure at `at`, for a read of a few fields.
    pub(super) fn pointer_in(bytes: &[u8], field: Field) -> Result<u64> {
        match field.offset().and_then(|at| usize::try_from(at).ok()) {
            Some(at) => word(bytes, at),
            None => Ok(0),
        }
    }
}
