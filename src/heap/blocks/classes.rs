//! Is this word the address of a type? Asked of every place that may be an object, so that verdicts are remembered.

use super::Blocks;
use crate::heap::{GeneratorKind, TypeFlags, TypeInfo};
use crate::memory::Address;
use std::rc::Rc;

/// The lowest page is never mapped.
const LOWEST_ADDRESS: u64 = 4096;
/// A class of a class of a class beyond this many steps is not believed.
const DEEPEST_METACLASS: usize = 8;
/// Verdicts on words that are no types are not remembered beyond this number.
const MOST_VERDICTS: usize = 1 << 16;

/// What the instances of a type are like in memory.
#[derive(Debug)]
pub(super) struct Class {
    pub(super) info: Rc<TypeInfo>,
    /// Whether instances have the collector's head before them (in free-threaded builds, whether they may be tracked).
    pub(super) has_gc: bool,
    /// Bytes before an instance.
    pub(super) before: u64,
    pub(super) items: Items,
}

/// What tells how much an instance has beside its fixed fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Items {
    /// Nothing: all instances are alike.
    None,
    /// `ob_size`.
    Count,
    /// The number of digits of an `int`.
    Digits,
    /// The length and the kind of a `str`.
    Characters,
    /// Instances are types: of those that a `class` statement made, `ob_size`; of static ones, nothing.
    Members,
    /// The code of the frame inside of it (3.11+).
    Generator(GeneratorKind),
    /// The same of a frame object.
    Frame,
}

impl Blocks<'_, '_> {
    /// The type at this address, if one is there.
    pub(super) fn class(&self, address: Address) -> Option<Rc<Class>> {
        if address.get() < LOWEST_ADDRESS || !address.is_aligned(8) {
            return None;
        }
        if let Some(verdict) = self.classes.borrow().get(&address.get()) {
            return verdict.clone();
        }
        let verdict = self.find_class(address).map(Rc::new);
        let mut classes = self.classes.borrow_mut();
        if verdict.is_some() || classes.len() < MOST_VERDICTS {
            classes.insert(address.get(), verdict.clone());
        }
        verdict
    }

    fn find_class(&self, address: Address) -> Option<Class> {
        let heap = self.heap;
        let known = heap.known();
        self.is_type(address).then_some(())?;
        let info = heap.type_info(address).ok()?;
        if !info.flags.contains(TypeFlags::READY) || info.basic_size < u64::from(heap.layout().object.size) {
            return None;
        }
        let has = |flags| info.flags.contains(flags);
        let has_gc = has(TypeFlags::HAVE_GC);
        let head = if has_gc { u64::from(heap.layout().header_before_gc_object) } else { 0 };
        let embedded = heap.layout().interpreter_frame.size > 0;
        let generator = [GeneratorKind::Coroutine, GeneratorKind::AsyncGenerator, GeneratorKind::Generator]
            .into_iter()
            .find(|kind| heap.generator_type(*kind) == Some(address));
        let items = match generator {
            Some(kind) if embedded => Items::Generator(kind),
            _ if embedded && known.frame == Some(address) => Items::Frame,
            _ if has(TypeFlags::TYPE) => Items::Members,
            _ if has(TypeFlags::INT) => Items::Digits,
            _ if has(TypeFlags::STR) => Items::Characters,
            _ if info.item_size > 0 => Items::Count,
            _ => Items::None,
        };
        Some(Class { has_gc, before: head + heap.preheader_size(info.flags), items, info })
    }

    /// Whether the type of this is a metaclass: one whose own type is, and so on up to `type`, which is its own type.
    fn is_type(&self, address: Address) -> bool {
        let heap = self.heap;
        let mut at = address;
        for _ in 0..DEEPEST_METACLASS {
            let Ok(class) = heap.type_of(at) else { return false };
            if class == at {
                return heap.known().type_type.is_none_or(|known| known == at);
            }
            // Asked before more is read: of all words that come here, few are addresses of objects.
            if Some(class) != heap.known().type_type
                && !heap.type_info(class).is_ok_and(|info| info.flags.contains(TypeFlags::TYPE))
            {
                return false;
            }
            at = class;
        }
        false
    }
}
