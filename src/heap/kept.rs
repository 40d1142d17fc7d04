//! What stays the same while an object lives, kept from one look to the next: code objects with their names and tables, and types.
//!
//! An address alone says nothing: the object may have gone, and another have come there. So each [`Heap`](super::Heap) reads an object's
//! own numbers once more when it first meets it – size, flags, first line, the addresses of its names and tables – and takes what
//! is kept only if all of them are what they were.

use super::{Code, TypeInfo};
use crate::memory::Address;
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::rc::Rc;

/// Objects of one kind beyond this number are not kept.
const MOST: usize = 1 << 18;

/// What is kept. Whoever looks again gives it to the next heap ([`Heap::keeping`](super::Heap::keeping)).
#[derive(Debug, Default)]
pub struct Kept {
    codes: RefCell<FxHashMap<Address, Rc<Code>>>,
    types: RefCell<FxHashMap<Address, Rc<TypeInfo>>>,
}

impl Kept {
    /// The kept code object that has these numbers; these, from now on, if there is none.
    pub(super) fn code(&self, now: Code) -> Rc<Code> {
        let mut codes = self.codes.borrow_mut();
        if let Some(kept) = codes.get(&now.address).filter(|kept| ***kept == now) {
            return Rc::clone(kept);
        }
        let now = Rc::new(now);
        if codes.len() < MOST || codes.contains_key(&now.address) {
            codes.insert(now.address, Rc::clone(&now));
        }
        now
    }

    /// The kept type at this address, if `is_same` says so.
    pub(super) fn type_info(&self, address: Address, is_same: impl FnOnce(&TypeInfo) -> bool) -> Option<Rc<TypeInfo>> {
        self.types.borrow().get(&address).filter(|kept| is_same(kept)).map(Rc::clone)
    }

    /// Keeps a type.
    pub(super) fn keep_type(&self, info: &Rc<TypeInfo>) {
        let mut types = self.types.borrow_mut();
        if types.len() < MOST || types.contains_key(&info.address) {
            types.insert(info.address, Rc::clone(info));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Kept;
    use crate::heap::Heap;
    use crate::memory::{Address, SyntheticMemory};
    use crate::runtime::KnownTypes;
    use crate::runtime::layout;
    use std::rc::Rc;

    const CODE: u64 = 0x10_0000;
    const CODE_TYPE: u64 = 0x20_0000;
    const NAME: u64 = 0x30_0000;

    /// A code object of CPython 3.12 with these numbers, and its name.
    fn memory(first_line: u32, name: &str) -> SyntheticMemory {
        let mut memory = SyntheticMemory::new();
        memory.map_zeroed(CODE, 0x1000);
        memory.map_zeroed(NAME, 0x1000);
        let mut word = |at: u64, value: u64| memory.write(at, &value.to_le_bytes());
        // ob_type, ob_size, co_firstlineno (with co_nlocalsplus beside it), co_qualname.
        word(CODE + 8, CODE_TYPE);
        word(CODE + 16, 1);
        word(CODE + 68, u64::from(first_line));
        word(CODE + 128, NAME);
        // A compact ASCII str: length, state (compact, ascii, 1 byte a character).
        word(NAME + 16, name.len() as u64);
        word(NAME + 32, 0b110_0100 | 1 << 2);
        memory.write(NAME + 40, name.as_bytes());
        memory
    }

    #[test]
    fn the_same_code_keeps_its_name_and_another_at_its_place_does_not() {
        let layout = layout::for_version(12, 1, false).unwrap();
        let mut types = KnownTypes::default();
        types.code = Some(Address::new(CODE_TYPE));
        let kept = Kept::default();
        let look = |memory: &SyntheticMemory| {
            let heap = Heap::new(memory, &layout, &types).keeping(&kept);
            let code = heap.code(Address::new(CODE)).unwrap();
            (heap.code_qualname(&code).unwrap(), code)
        };
        let (name, first) = look(&memory(7, "Pool.run"));
        assert_eq!((name.as_str(), first.first_line), ("Pool.run", 7));
        // Nothing tells that another text lies where the name was: it is not read again.
        let (name, second) = look(&memory(7, "Pool.end"));
        assert_eq!(name, "Pool.run");
        assert!(Rc::ptr_eq(&first, &second));
        let (name, third) = look(&memory(8, "Pool.end"));
        assert_eq!(name, "Pool.end");
        assert!(!Rc::ptr_eq(&first, &third));
    }
}
