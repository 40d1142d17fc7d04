//! Which types have which structure: what the C sources of CPython say.
//!
//! Structures that change between versions are read by the layout. For the many small ones a row here is enough: words behind the head,
//! counted from 0. A row holds only for a type of exactly one of its sizes, so that a version that adds a word is not misread but not
//! known. `tests/references.rs` compares each with what the collector of every interpreter visits.

mod asyncio;
mod builtins;
mod exceptions;
mod interpreter;
mod modules;

use super::shape::{Body, Shape};
use super::{ForeignTypes, References};
use crate::heap::{Heap, TypeInfo};
use crate::memory::Address;
use crate::runtime::layout::{Field, Layout};
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// Values that one link of what `itertools.tee` shares has room for (`LINKCELLS`).
const TEE_VALUES: u64 = 57;

/// The structure of a type, in words behind the head.
#[derive(Debug, Clone, Copy)]
struct Row {
    /// `tp_name`.
    name: &'static str,
    /// How many words it may have: the structure is known only if it has one of these sizes.
    sizes: &'static [u8],
    fields: &'static [(&'static str, u8)],
    part: Part,
    /// The last minor version that has it.
    last: u8,
}

/// What a row's type has beside fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Nothing,
    /// It begins as a dict does.
    Dict,
    /// It begins as a dict does, and keeps the order of its keys in a list of its own.
    OrderedDict,
    /// A ring of items, described from this word on.
    Ring(u8),
    /// A link of what `itertools.tee` shares.
    Tee,
}

const fn row(name: &'static str, sizes: &'static [u8], fields: &'static [(&'static str, u8)]) -> Row {
    Row { name, sizes, fields, part: Part::Nothing, last: u8::MAX }
}

impl Row {
    const fn until(self, last: u8) -> Self {
        Self { last, ..self }
    }

    const fn dict(self) -> Self {
        Self { part: Part::Dict, ..self }
    }

    const fn ordered_dict(self) -> Self {
        Self { part: Part::OrderedDict, ..self }
    }

    const fn ring(self, word: u8) -> Self {
        Self { part: Part::Ring(word), ..self }
    }

    const fn tee(self) -> Self {
        Self { part: Part::Tee, ..self }
    }

    /// Whether this is the structure of a type with this name and `basic_size`, whose words begin at `start`.
    fn fits(&self, l: &Layout, info: &TypeInfo, start: u32) -> bool {
        let size = |words: &u8| u64::from(start) + 8 * u64::from(*words);
        info.name == self.name && l.minor <= self.last && self.sizes.iter().any(|words| size(words) == info.basic_size)
    }

    /// What objects of this structure are made of, when its words begin at `start`.
    fn shape(&self, start: u32) -> Shape {
        let at = |word: u8, size: u32| Field::new(start + 8 * u32::from(word), size);
        let body = match self.part {
            Part::Nothing => Body::Nothing,
            Part::Dict => Body::Dict,
            Part::OrderedDict => Body::OrderedDict,
            Part::Ring(word) => Body::Ring(at(word, 8)),
            // `teedataobject`: how many of the values are there is a C `int`, behind the iterator.
            Part::Tee => Body::Items { count: at(1, 4), items: at(3, 8), most: TEE_VALUES },
        };
        let fields: Vec<_> = self.fields.iter().map(|(name, word)| (*name, at(*word, 8))).collect();
        Shape::new(body, &fields)
    }
}

/// Shapes by the address of their type.
#[derive(Default)]
pub(super) struct Bases(FxHashMap<Address, Rc<Shape>>);

impl Bases {
    /// The shapes of the types whose address is known from the start.
    pub(super) fn new(heap: &Heap<'_>, foreign: &[ForeignTypes]) -> Self {
        let mut bases = Self::default();
        interpreter::add(heap, &mut bases);
        asyncio::add(heap.layout(), foreign, &mut bases);
        bases
    }

    fn add(&mut self, class: Option<Address>, body: Body, fields: &[(&'static str, Field)]) {
        if let Some(class) = class {
            self.0.insert(class, Rc::new(Shape::new(body, fields)));
        }
    }
}

impl References<'_, '_> {
    /// The shape of a type that is itself one whose structure we know.
    pub(super) fn structure(&self, class: Address) -> Option<Shape> {
        if let Some(shape) = self.bases.0.get(&class) {
            return Some(Shape::clone(shape));
        }
        let l = self.heap.layout();
        let info = self.heap.type_info(class).ok()?;
        let head = l.object.size;
        if self.heap.known().named(&info.name) == Some(class) {
            if builtins::LEAVES.contains(&info.name.as_str()) {
                return Some(Shape::new(Body::Nothing, &[]));
            }
            if let Some(row) = exceptions::ROWS.iter().find(|row| row.fits(l, &info, l.base_exception.size)) {
                return Some(row.shape(l.base_exception.size).with_fields(&exception_fields(l)));
            }
            if let Some(row) = builtins::ROWS.iter().find(|row| row.fits(l, &info, head)) {
                return Some(row.shape(head));
            }
        }
        if let Some(row) = modules::ROWS.iter().find(|row| row.fits(l, &info, head)) {
            return Some(row.shape(head));
        }
        match info.name.as_str() {
            "collections.deque" if info.basic_size == u64::from(l.deque.size) => Some(Shape::new(Body::Deque, &[])),
            "functools.partial" if info.basic_size == u64::from(l.partial.size) => {
                Some(Shape::new(Body::Nothing, &asyncio::partial_fields(l)))
            }
            name => self.part_of_asyncio(class, name),
        }
    }
}

/// What every exception has.
fn exception_fields(l: &Layout) -> [(&'static str, Field); 5] {
    let e = &l.base_exception;
    [("dict", e.dict), ("arguments", e.args), ("traceback", e.traceback), ("context", e.context), ("cause", e.cause)]
}
