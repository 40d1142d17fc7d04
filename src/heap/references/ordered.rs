//! References of containers that keep an order of their own: `collections.OrderedDict`, `_queue.SimpleQueue`.

use super::{Edge, References, tell};
use crate::heap::{Fault, Result};
use crate::memory::Address;
use crate::runtime::layout::Field;

/// Words of a node (`_ODictNode` of `Objects/odictobject.c`): key, hash, next, previous. The first one's address is the word behind the dict that
/// the structure begins with.
const NODE_WORDS: u64 = 4;
/// Words that describe a ring (`RingBuf` of `Modules/_queuemodule.c`): where the next item goes, where the next one comes from, the
/// array, its length, the number of items.
const RING_WORDS: u64 = 5;

impl References<'_, '_> {
    /// A dict, and the list of its keys in their order, which holds each key once more.
    pub(super) fn ordered_dict(&self, object: Address, visit: &mut dyn FnMut(Edge, Address)) -> Result<()> {
        let layout = self.heap.layout();
        self.dict(object, visit)?;
        let used = self.heap.unsigned(object, layout.dict.ma_used)?;
        let first = object.offset(u64::from(layout.dict.size));
        let mut node = self.heap.memory().pointer(first)?;
        let mut index = 0;
        while !node.is_null() {
            if index >= used.min(self.most_items) {
                return Err(Fault::implausible("ordered dict", object));
            }
            let mut next = Address::NULL;
            self.words(node, NODE_WORDS, |word, value| match word {
                0 => tell(visit, Edge::Item(index), value),
                2 => next = Address::new(value),
                _ => {}
            })?;
            node = next;
            index += 1;
        }
        Ok(())
    }

    /// The items of a ring that is described at this field.
    pub(super) fn ring(&self, object: Address, ring: Field, visit: &mut dyn FnMut(Edge, Address)) -> Result<()> {
        let mut described = Vec::new();
        self.words(ring.at(object)?, RING_WORDS, |_, word| described.push(word))?;
        let [_, first, array, length, count] = described[..] else { return Ok(()) };
        if length > self.most_items || count > length || (count > 0 && first >= length) {
            return Err(Fault::implausible("ring of items", object));
        }
        let array = Address::new(array);
        // From the first item to the end of the array, and on from its start.
        let straight = count.min(length - first.min(length));
        self.words(array.offset(first * 8), straight, |index, word| tell(visit, Edge::Item(index), word))?;
        self.words(array, count - straight, |index, word| tell(visit, Edge::Item(straight + index), word))
    }
}
