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
