//! Typed readers of CPython objects: strings, containers, code, frames, generators – and the ways to find
//! objects at all (the collector's lists, a sweep of memory).
//!
//! Every reader takes one object's bytes with one read and integers out of them at the offsets of the
//! [`Layout`]. What contradicts itself is a [`Fault`] and costs that object, not the run. Knows nothing of asyncio.

mod async_methods;
pub mod blocks;
mod bytecode;
pub mod candidates;
mod code;
mod containers;
mod contexts;
mod exceptions;
mod fault;
mod frames;
mod functions;
pub mod gc;
mod generators;
mod instances;
mod kept;
pub mod large_blocks;
mod lines;
mod liveness;
mod names;
mod numbers;
mod object_bytes;
mod pools;
pub mod references;
mod sizes;
mod text;
mod types;
mod warning_filters;
mod warnings;

pub use async_methods::{MethodCall, MethodCallState};
pub use code::{Code, CodeFlags, CodeHead, Slot, SlotKind, SlotName};
pub use exceptions::TracebackEntry;
pub use fault::Fault;
pub use frames::{Frame, FrameOwner};
pub use functions::Function;
pub use generators::{Generator, GeneratorKind, GeneratorState, OriginFrame};
pub use kept::Kept;
pub use lines::Position;
pub use object_bytes::ObjectBytes;
pub use types::{TypeFlags, TypeInfo};
pub use warning_filters::{FilterPattern, WarningFilter, WarningOptions};
pub use warnings::{DiscardedCoroutine, DiscardedOnce};

use crate::memory::{Address, Memory, Pages, Piece, ReadError, ReadReason};
use crate::runtime::KnownTypes;
use crate::runtime::layout::{Field, Layout};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::rc::Rc;

/// Result of reading an object.
pub type Result<T> = std::result::Result<T, Fault>;

/// Objects of the target, read through one memory with one layout.
pub struct Heap<'a> {
    memory: &'a dyn Memory,
    layout: &'a Layout,
    known: &'a KnownTypes,
    type_infos: RefCell<FxHashMap<Address, Rc<TypeInfo>>>,
    codes: RefCell<FxHashMap<Address, Rc<Code>>>,
    slot_offsets: RefCell<FxHashMap<(Address, &'static str), Option<u64>>>,
    kept: Option<&'a Kept>,
}

impl<'a> Heap<'a> {
    /// Reads objects from `memory`, which holds a CPython of this `layout` whose own types are `known`.
    #[must_use]
    pub fn new(memory: &'a dyn Memory, layout: &'a Layout, known: &'a KnownTypes) -> Self {
        Self {
            memory,
            layout,
            known,
            type_infos: RefCell::default(),
            codes: RefCell::default(),
            slot_offsets: RefCell::default(),
            kept: None,
        }
    }

    /// The same, with what other heaps of the same process have kept.
    #[must_use]
    pub fn keeping(self, kept: &'a Kept) -> Self {
        Self { kept: Some(kept), ..self }
    }

    /// Where the bytes come from.
    #[must_use]
    pub fn memory(&self) -> &'a dyn Memory {
        self.memory
    }

    /// The layout in use.
    #[must_use]
    pub fn layout(&self) -> &'a Layout {
        self.layout
    }

    /// The interpreter's own types.
    #[must_use]
    pub fn known(&self) -> &'a KnownTypes {
        self.known
    }

    /// The first `size` bytes of an object.
    ///
    /// # Errors
    /// When the address cannot be one of an object, or its bytes cannot be read.
    pub fn object_bytes(&self, object: Address, size: u32) -> Result<ObjectBytes> {
        /// No structure of CPython that we read as a whole is larger.
        const LARGEST: usize = 4096;
        if object.is_null() || !object.is_aligned(8) {
            return Err(Fault::implausible("address of an object", object));
        }
        let wanted = usize::try_from(size).unwrap_or(usize::MAX);
        if wanted > LARGEST {
            return Err(ReadError { address: object, wanted, reason: ReadReason::TooLarge }.into());
        }
        let mut bytes = ObjectBytes::zeroed(wanted);
        self.memory.read(object, bytes.as_mut())?;
        Ok(bytes)
    }

    /// The value of a field that is an address.
    ///
    /// # Errors
    /// When this CPython has no such field, or it cannot be read.
    pub fn pointer(&self, object: Address, field: Field) -> Result<Address> {
        Ok(self.memory.pointer(field.at(object)?)?)
    }

    /// The value of a numeric field, zero-extended.
    ///
    /// # Errors
    /// As [`pointer`](Self::pointer).
    pub fn unsigned(&self, object: Address, field: Field) -> Result<u64> {
        let mut bytes = [0; 8];
        let length = usize::try_from(field.size()).unwrap_or(usize::MAX).min(8);
        let place = bytes.get_mut(..length).unwrap_or_default();
        self.memory.read(field.at(object)?, place)?;
        Ok(field.alone().u64_in(&bytes)?)
    }

    /// The value of a numeric field, sign-extended.
    ///
    /// # Errors
    /// As [`pointer`](Self::pointer).
    pub fn signed(&self, object: Address, field: Field) -> Result<i64> {
        let value = self.unsigned(object, field)?;
        let unused = 64 - 8 * u32::try_from(field.size().clamp(1, 8)).unwrap_or(8);
        Ok((value << unused).cast_signed() >> unused)
    }

    /// The type of an object.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn type_of(&self, object: Address) -> Result<Address> {
        if object.is_null() || !object.is_aligned(8) {
            return Err(Fault::implausible("address of an object", object));
        }
        self.pointer(object, self.layout.object.ob_type)
    }

    /// The types of many objects, read at once; `None` of what cannot be read.
    #[must_use]
    pub fn types_of(&self, objects: &[Address]) -> Vec<Option<Address>> {
        let Some(at) = self.layout.object.ob_type.offset() else { return vec![None; objects.len()] };
        // Neighbours are read in half the time of what lies anywhere.
        let mut order: Vec<(Address, usize)> =
            objects.iter().copied().zip(0..).filter(|(object, _)| !object.is_null() && object.is_aligned(8)).collect();
        order.sort_unstable();
        let mut words = vec![[0; 8]; order.len()];
        let mut pieces: Vec<Piece<'_>> =
            order.iter().zip(&mut words).map(|((object, _), into)| Piece::new(object.offset(at), into)).collect();
        self.memory.read_pieces(&mut pieces);
        let read: Vec<bool> = pieces.into_iter().map(|piece| piece.outcome.is_ok()).collect();
        let mut types = vec![None; objects.len()];
        for (((_, index), word), _) in order.into_iter().zip(words).zip(read).filter(|(_, read)| *read) {
            if let Some(class) = types.get_mut(index) {
                *class = Address::new(u64::from_le_bytes(word)).non_null();
            }
        }
        types
    }

    /// Says that the type and the first field of these objects will be read soon: many at once are fetched cheaper than one by one.
    pub fn prefetch_heads(&self, objects: impl Iterator<Item = Address>) {
        let size = u64::from(self.layout.object.size).saturating_add(8);
        // What belongs together often lies together.
        let mut last = None;
        let elsewhere = objects.filter(|object| {
            let page = Some(object.get() / Pages::PICTURE_PAGE);
            std::mem::replace(&mut last, page) != page
        });
        self.memory.prefetch(&mut elsewhere.map(|object| (object, size)));
    }

    /// The globals of a module: a dict, which a module that is being taken down may have lost. `None` of what is no module.
    #[must_use]
    pub fn module_globals(&self, module: Address) -> Option<Address> {
        if self.type_of(module).ok()? != self.known.module? {
            return None;
        }
        self.pointer(module, self.layout.module.md_dict).ok()?.non_null()
    }

    /// The globals of the module that these `sys.modules` have under this name, if it is imported.
    #[must_use]
    pub fn imported_globals(&self, modules: Address, name: &str) -> Option<Address> {
        self.module_globals(self.dict_value(modules, name).ok()??)
    }

    /// Takes the tag bits off a reference on an interpreter's stack (`_PyStackRef`, 3.14+). `None` for null, for
    /// an integer that is kept in the reference itself, and for 3.15's error mark.
    #[must_use]
    pub fn untagged(&self, word: u64) -> Option<Address> {
        const TAG: u64 = 3;
        if !self.layout.tagged_references {
            return Address::new(word).non_null();
        }
        match word & TAG {
            // 0: owned or immortal, 1: borrowed (the null reference is the bare word 1).
            0 | 1 => Address::new(word & !TAG).non_null(),
            _ => None,
        }
    }
}
