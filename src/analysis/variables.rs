//! A function's variables while its bytecode is followed: which are used, and what they are given. Variables are numbers of slots.

use super::calls::Source;

/// A set of small numbers: slots, or places in a table of names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Slots {
    /// Those below 64: nearly all functions have no others.
    first: u64,
    more: Vec<u64>,
}

impl Slots {
    /// Slots beyond this are not believed: code has them up to 2^16.
    pub(super) const MOST: u32 = 1 << 17;

    /// Returns whether it was not there before.
    pub(super) fn insert(&mut self, slot: u32) -> bool {
        let (word, bit) = Self::place(slot);
        let bits = match word.checked_sub(1) {
            None => &mut self.first,
            Some(word) => {
                if word >= self.more.len() {
                    self.more.resize(word + 1, 0);
                }
                let Some(bits) = self.more.get_mut(word) else { return false };
                bits
            }
        };
        let is_new = *bits & bit == 0;
        *bits |= bit;
        is_new
    }

    fn place(slot: u32) -> (usize, u64) {
        let slot = slot.min(Self::MOST);
        ((slot / 64) as usize, 1 << (slot % 64))
    }

    /// Whether a slot is in it.
    #[must_use]
    pub fn contains(&self, slot: u32) -> bool {
        let (word, bit) = Self::place(slot);
        let bits = word.checked_sub(1).map_or(Some(&self.first), |word| self.more.get(word));
        bits.is_some_and(|bits| bits & bit != 0)
    }

    /// Whether there is none in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first == 0 && self.more.iter().all(|bits| *bits == 0)
    }
}

/// What variables are given, by slot, and of one slot in the order of the code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stores(Vec<(u32, Source)>);

impl Stores {
    pub(super) fn new(mut stores: Vec<(u32, Source)>) -> Self {
        stores.sort_by_key(|(slot, _)| *slot);
        Self(stores)
    }

    /// All that one variable is given.
    pub fn of(&self, slot: u32) -> impl ExactSizeIterator<Item = Source> {
        let behind = self.0.get(self.0.partition_point(|(other, _)| *other < slot)..).unwrap_or_default();
        let count = behind.partition_point(|(other, _)| *other == slot);
        behind.get(..count).unwrap_or_default().iter().map(|(_, source)| *source)
    }

    /// What those variables are given that are given something at several places.
    pub fn several(&self) -> impl Iterator<Item = Source> {
        let of_slots = self.0.chunk_by(|(one, _), (other, _)| one == other);
        of_slots.filter(|stores| stores.len() > 1).flatten().map(|(_, source)| *source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_slot_has_its_stores_in_order() {
        let stores = Stores::new(vec![
            (7, Source::Constant(1)),
            (2, Source::Constant(2)),
            (7, Source::Constant(3)),
            (3, Source::Constant(4)),
        ]);
        assert!(stores.of(7).eq([Source::Constant(1), Source::Constant(3)]));
        assert!(stores.of(2).eq([Source::Constant(2)]));
        assert_eq!(stores.of(5).len(), 0);
        assert!(stores.several().eq([Source::Constant(1), Source::Constant(3)]));
    }

    #[test]
    fn a_slot_is_new_once() {
        let mut slots = Slots::default();
        assert!(slots.is_empty());
        assert_eq!([3, 3, 64, 64, u32::MAX].map(|slot| slots.insert(slot)), [true, false, true, false, true]);
        assert!(slots.contains(64) && !slots.contains(65) && slots.contains(u32::MAX));
    }
}
