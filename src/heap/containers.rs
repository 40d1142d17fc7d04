//! Tuples, lists, dicts, sets, deques, cells and weak references: the addresses they hold.
//!
//! Sizes come from the target and are bounded by [`MOST_ITEMS`]; a container that claims more is not believed.

use super::{Fault, Heap, Result, TypeFlags};
use crate::memory::Address;

/// Items beyond this are not believed, and not worth their memory.
const MOST_ITEMS: u64 = 4_000_000;

/// Names in a namespace – attributes, globals, imported modules – beyond this are not searched: each costs a read.
const MOST_NAMES: usize = 1 << 18;

/// Bytes of a tuple that are read at once: its head, and a dozen items.
const SHORT_TUPLE: usize = 128;
/// No page is smaller.
const PAGE: u64 = 4096;

/// Slots of a deque's block (`BLOCKLEN`).
const BLOCK_ITEMS: usize = 64;

impl Heap<'_> {
    fn addresses(&self, at: Address, count: u64) -> Result<Vec<Address>> {
        if count > MOST_ITEMS {
            return Err(Fault::implausible("number of items", at));
        }
        if count == 0 {
            return Ok(Vec::new());
        }
        let bytes = self.memory.bytes(at, count * 8, usize::MAX)?;
        Ok(words(&bytes).map(Address::new).collect())
    }

    /// The items of a `tuple`.
    ///
    /// # Errors
    /// When it is no tuple that makes sense.
    pub fn tuple_items(&self, object: Address) -> Result<Vec<Address>> {
        let count = self.unsigned(object, self.layout.var_object.ob_size)?;
        self.addresses(self.layout.tuple.ob_item.at(object)?, count)
    }

    /// The first items of a `tuple`, at most `most`: for tuples of which no more is wanted, whatever they claim to be.
    ///
    /// # Errors
    /// When it is no tuple that makes sense.
    pub fn tuple_start(&self, object: Address, most: u64) -> Result<Vec<Address>> {
        let mut items = Vec::new();
        self.tuple_start_into(object, most, &mut items)?;
        Ok(items)
    }

    /// The same, put in the place of what `items` has: who reads thousands of tuples uses its memory again, and a short tuple takes one
    /// read.
    ///
    /// # Errors
    /// As [`tuple_start`](Self::tuple_start).
    pub fn tuple_start_into(&self, object: Address, most: u64, items: &mut Vec<Address>) -> Result<()> {
        items.clear();
        let first = self.layout.tuple.ob_item.at(object)?;
        // Head and first items, within one page: what lies behind a tuple may not be mapped.
        let mut start = [0; SHORT_TUPLE];
        let page = usize::try_from(PAGE - object.get() % PAGE).unwrap_or(0);
        let start = start.get_mut(..page.min(SHORT_TUPLE)).unwrap_or_default();
        let head = usize::try_from(first.get() - object.get()).unwrap_or(usize::MAX);
        if start.len() > head && self.memory.read(object, start).is_ok() {
            let count = self.layout.var_object.ob_size.u64_in(start)?.min(most);
            let there = start.get(head..).unwrap_or_default();
            if count <= there.len() as u64 / 8 {
                items.extend(words(there).take(usize::try_from(count).unwrap_or(0)).map(Address::new));
                return Ok(());
            }
        }
        let count = self.unsigned(object, self.layout.var_object.ob_size)?;
        *items = self.addresses(first, count.min(most))?;
        Ok(())
    }

    /// The items of a `list`.
    ///
    /// # Errors
    /// When it is no list that makes sense.
    pub fn list_items(&self, object: Address) -> Result<Vec<Address>> {
        let count = self.unsigned(object, self.layout.var_object.ob_size)?;
        if count == 0 {
            return Ok(Vec::new());
        }
        self.addresses(self.pointer(object, self.layout.list.ob_item)?, count)
    }

    /// The items of a `set` or `frozenset`, in table order.
    ///
    /// # Errors
    /// When it is no set that makes sense.
    pub fn set_items(&self, object: Address) -> Result<Vec<Address>> {
        let mask = self.unsigned(object, self.layout.set.mask)?;
        if mask >= MOST_ITEMS || !(mask + 1).is_power_of_two() {
            return Err(Fault::implausible("set", object));
        }
        let table = self.pointer(object, self.layout.set.table)?;
        let bytes = self.memory.bytes(table, (mask + 1) * 16, usize::MAX)?;
        // An entry that was removed keeps a dummy key with the hash -1.
        Ok(pairs(&bytes)
            .filter(|(key, hash)| *key != 0 && *hash != u64::MAX)
            .map(|(key, _)| Address::new(key))
            .collect())
    }

    /// The items of a `deque`, left to right.
    ///
    /// # Errors
    /// When it is no deque that makes sense.
    pub fn deque_items(&self, object: Address) -> Result<Vec<Address>> {
        let bytes = self.object_bytes(object, self.layout.deque.size)?;
        let count = self.layout.var_object.ob_size.u64_in(&bytes)?;
        let index = self.layout.deque.leftindex.u64_in(&bytes)?;
        if count > MOST_ITEMS || index >= BLOCK_ITEMS as u64 {
            return Err(Fault::implausible("deque", object));
        }
        let count = usize::try_from(count).unwrap_or(0);
        let mut block = self.layout.deque.leftblock.address_in(&bytes)?;
        let mut skip = usize::try_from(index).unwrap_or(0);
        let mut items = Vec::with_capacity(count.min(1 << 16));
        let first = block;
        while items.len() < count {
            let data = self.object_bytes(block, self.layout.deque_block.size)?;
            let from = self.layout.deque_block.data.offset().and_then(|at| usize::try_from(at).ok()).unwrap_or(8);
            let slots = data.get(from..from + BLOCK_ITEMS * 8).ok_or(Fault::implausible("deque block", block))?;
            items.extend(words(slots).skip(skip).take(count - items.len()).map(Address::new));
            skip = 0;
            block = self.layout.deque_block.rightlink.address_in(&data)?;
            if block == first {
                return Err(Fault::implausible("deque", object));
            }
        }
        Ok(items)
    }

    /// The entries of a `dict`: key and value.
    ///
    /// # Errors
    /// When it is no dict that makes sense.
    pub fn dict_entries(&self, object: Address) -> Result<Vec<(Address, Address)>> {
        let bytes = self.object_bytes(object, self.layout.dict.size)?;
        let keys = self.layout.dict.ma_keys.address_in(&bytes)?;
        let values = self.layout.dict.ma_values.address_in(&bytes)?;
        let entries = self.keys_entries(keys)?;
        if values.is_null() {
            return Ok(entries.into_iter().filter(|(_, value)| !value.is_null()).collect());
        }
        self.split_entries(&entries, values)
    }

    /// Says that the entries of these dicts will be read soon.
    pub fn prefetch_dicts(&self, dicts: impl Iterator<Item = Address> + Clone) {
        /// Bytes of the keys of a dict of a dozen names.
        const SMALL: u64 = 512;
        let size = u64::from(self.layout.dict.size);
        self.memory.prefetch(&mut dicts.clone().map(|dict| (dict, size)));
        let keys = dicts.filter_map(|dict| self.pointer(dict, self.layout.dict.ma_keys).ok()?.non_null());
        self.memory.prefetch(&mut keys.map(|keys| (keys, SMALL)));
    }

    /// Values of a split table – a dict of instances, or attributes kept inline – beside the keys of `ht_cached_keys`.
    pub(super) fn split_entries(
        &self,
        keys: &[(Address, Address)],
        values: Address,
    ) -> Result<Vec<(Address, Address)>> {
        // Up to 3.10 the values are a plain array.
        let first = self.layout.dict_values.values.offset().unwrap_or(0);
        let values = self.addresses(values.offset(first), keys.len() as u64)?;
        Ok(keys
            .iter()
            .zip(values)
            .filter(|(_, value)| !value.is_null())
            .map(|((key, _), value)| (*key, value))
            .collect())
    }

    /// All slots of a keys object in use: key and value. Of a split table the values are null.
    pub(super) fn keys_entries(&self, keys: Address) -> Result<Vec<(Address, Address)>> {
        let table = self.keys_table(keys)?;
        let bytes = self.memory.bytes(table.entries, table.used * table.width, usize::MAX)?;
        let width = usize::try_from(table.width).unwrap_or(16);
        // Key and value come last, behind the hash if there is one.
        let pair = |entry: &[u8]| {
            let (key, value) = entry.last_chunk::<16>()?.split_at(8);
            let word = |bytes: &[u8]| Some(Address::new(u64::from_le_bytes(*bytes.first_chunk()?)));
            Some((word(key)?, word(value)?))
        };
        Ok(bytes.chunks_exact(width).filter_map(pair).collect())
    }

    fn keys_table(&self, keys: Address) -> Result<KeysTable> {
        let layout = &self.layout.dict_keys;
        let bytes = self.object_bytes(keys, layout.size)?;
        let used = layout.dk_nentries.u64_in(&bytes)?;
        let usable = layout.dk_usable.u64_in(&bytes)?;
        if used > MOST_ITEMS || usable > MOST_ITEMS * 2 {
            return Err(Fault::implausible("dict keys", keys));
        }
        let (index_bytes, general) = if layout.dk_log2_index_bytes.is_present() {
            let log2 = layout.dk_log2_index_bytes.u64_in(&bytes)?;
            let kind = layout.dk_kind.u64_in(&bytes)?;
            if log2 > 40 || kind > 2 {
                return Err(Fault::implausible("dict keys", keys));
            }
            // dk_kind: 0 has entries {hash, key, value}; 1 (str keys) and 2 (split) have {key, value}.
            (1u64 << log2, kind == 0)
        } else {
            let size = layout.dk_size.u64_in(&bytes)?;
            let width = match size {
                0..=0xff => 1,
                0x100..=0xffff => 2,
                0x1_0000..=0xffff_ffff => 4,
                _ => return Err(Fault::implausible("dict keys", keys)),
            };
            (size * width, true)
        };
        let entries = layout.dk_indices.at(keys)?.offset(index_bytes);
        Ok(KeysTable { entries, used, usable, width: if general { 24 } else { 16 } })
    }

    /// How many bytes the memory of a dict's keys and values takes, from the address of the keys on.
    ///
    /// # Errors
    /// When they are none that make sense.
    pub fn keys_extent(&self, keys: Address) -> Result<u64> {
        let table = self.keys_table(keys)?;
        Ok(table.entries.get() - keys.get() + (table.used + table.usable) * table.width)
    }

    /// The blocks that a `deque` keeps its items in.
    ///
    /// # Errors
    /// When it is no deque that makes sense.
    pub fn deque_blocks(&self, object: Address) -> Result<Vec<Address>> {
        let bytes = self.object_bytes(object, self.layout.deque.size)?;
        let count = self.layout.var_object.ob_size.u64_in(&bytes)?;
        if count > MOST_ITEMS {
            return Err(Fault::implausible("deque", object));
        }
        // The first and the last may be used in part.
        let most = usize::try_from(count).unwrap_or(0) / BLOCK_ITEMS + 2;
        let last = self.layout.deque.rightblock.address_in(&bytes)?;
        let mut block = self.layout.deque.leftblock.address_in(&bytes)?;
        let mut blocks = Vec::new();
        while blocks.len() < most {
            blocks.push(block);
            if block == last {
                break;
            }
            block = self.pointer(block, self.layout.deque_block.rightlink)?;
        }
        Ok(blocks)
    }

    /// The value of the entry with this `str` key, if there is one.
    ///
    /// # Errors
    /// When it is no dict that makes sense; keys that cannot be read are passed over.
    pub fn dict_value(&self, object: Address, key: &str) -> Result<Option<Address>> {
        Ok(self.find_named(&self.dict_entries(object)?, key))
    }

    /// The value whose key is the `str` `name`, among the entries of a namespace: the first `MOST_NAMES` of them.
    #[must_use]
    pub fn find_named(&self, entries: &[(Address, Address)], name: &str) -> Option<Address> {
        entries.iter().take(MOST_NAMES).find(|(key, _)| self.is_text(*key, name)).map(|(_, value)| *value)
    }

    /// Whether this is the `str` `text`.
    #[must_use]
    pub fn is_text(&self, object: Address, text: &str) -> bool {
        // One read of length and state first: most keys differ there already.
        let Ok(length) = self.unsigned(object, self.layout.ascii.length) else { return false };
        length == text.chars().count() as u64
            && self.is_a(object, TypeFlags::STR)
            && self.text(object, text.len() + 1).is_ok_and(|found| found == text)
    }

    /// What a closure cell holds, if it holds anything.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn cell_contents(&self, object: Address) -> Result<Option<Address>> {
        Ok(self.pointer(object, self.layout.cell.ob_ref)?.non_null())
    }

    /// What a weak reference points to; `None` when that has died.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn weakly_referenced(&self, object: Address) -> Result<Option<Address>> {
        let referent = self.pointer(object, self.layout.weak_reference.wr_object)?;
        // A dead reference points to None.
        Ok(referent.non_null().filter(|referent| self.type_of(*referent).ok() != self.known.none_type))
    }
}

/// What the head of a dict's keys says.
struct KeysTable {
    /// Where the entries begin.
    entries: Address,
    /// Entries in use, removed ones among them.
    used: u64,
    /// Entries that may still be added.
    usable: u64,
    /// Bytes of an entry.
    width: u64,
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u64> + '_ {
    bytes.chunks_exact(8).map(|word| {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(word);
        u64::from_le_bytes(bytes)
    })
}

fn pairs(bytes: &[u8]) -> impl Iterator<Item = (u64, u64)> + '_ {
    let mut all = words(bytes);
    std::iter::from_fn(move || Some((all.next()?, all.next()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::SyntheticMemory;
    use crate::runtime::KnownTypes;
    use crate::runtime::layout;

    /// A tuple of CPython 3.12: `ob_size` at 16, the items from 24 on.
    fn tuple(items: u64) -> Vec<u8> {
        let head = [1, 2, items].into_iter();
        head.chain((0..items).map(|item| 0x1000 + 16 * item)).flat_map(u64::to_le_bytes).collect()
    }

    #[test]
    fn the_start_of_a_tuple_is_read_wherever_it_lies() {
        let layout = layout::for_version(12, 1, false).unwrap();
        let types = KnownTypes::default();
        // At the end of what is mapped, across pages with head or items, longer than what is read at once, and cut.
        for (items, at) in
            [(0, 0x2000), (3, 0x2000), (5, 0x2fd0), (5, 0x2fe8), (13, 0x2000), (14, 0x2000), (700, 0x2ff0)]
        {
            let mut memory = SyntheticMemory::new();
            memory.map(at, tuple(items));
            let heap = Heap::new(&memory, &layout, &types);
            let expected: Vec<Address> = (0..items).map(|item| Address::new(0x1000 + 16 * item)).collect();
            let mut found = vec![Address::new(7)];
            heap.tuple_start_into(Address::new(at), 1000, &mut found).unwrap();
            assert_eq!(found, expected, "{items} at {at:#x}");
            let most = usize::try_from(items.min(4)).unwrap();
            assert_eq!(heap.tuple_start(Address::new(at), 4).unwrap(), expected[..most], "{items} at {at:#x}");
        }
    }

    #[test]
    fn what_was_there_before_a_failed_read_is_gone() {
        let layout = layout::for_version(12, 1, false).unwrap();
        let types = KnownTypes::default();
        let memory = SyntheticMemory::new();
        let heap = Heap::new(&memory, &layout, &types);
        let mut found = vec![Address::new(7)];
        assert!(heap.tuple_start_into(Address::new(0x2000), 4, &mut found).is_err());
        assert_eq!(found, []);
    }
}
