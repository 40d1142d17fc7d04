//! The strong references an object holds: each one that counts in the reference count of what it leads to.
//!
//! What a type's `tp_traverse` visits, read from outside. A reference that is held twice is told twice, and none is told that does not
//! count: whoever subtracts these from reference counts, as the collector does, must never find too few left over. What is
//! owned and left out (names, the type of an instance) makes an object look held by more than it is, which is safe. In one
//! place the collector visits more than the object holds itself: keys and results of an `lru_cache`, which its links hold, and the links say so.
//!
//! Not references: what a weak reference points to, and from 3.14 on words on a frame's stack with the tag bit set, which
//! borrow from a variable (`Py_TAG_REFCNT` of `pycore_stackref.h`).

mod classes;
mod containers;
mod frames;
mod guess;
mod ordered;
mod shape;
mod structures;

use super::{Fault, Heap, Result};
use crate::memory::Address;
use crate::runtime::layout::FieldError;
use rustc_hash::FxHashMap;
use shape::{Body, DictPlace, Shape};
use std::cell::RefCell;
use std::rc::Rc;
use structures::Bases;

/// How an object holds another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Edge {
    /// A field of its structure, or of its frame's, by what it is for: `globals`, `closure`, `callback`.
    Field(&'static str),
    /// An attribute of an instance, with its name, where the instance keeps its values without a dict.
    Attribute(Address),
    /// An attribute that a class declares in `__slots__`, by its offset in bytes.
    Slot(u64),
    /// An item of a list, tuple, deque or queue, by its index; of a set, by its place in the table. A key of an ordered dict, by its
    /// place in the order, beside [`Key`](Self::Key): it is held twice.
    Item(u64),
    /// A key of a dict.
    Key,
    /// A value of a dict, with its key.
    Value(Address),
    /// A variable of a frame, by the number of its slot.
    Variable(u64),
    /// A word on the stack of a frame, counted from the bottom.
    Stack(u64),
    /// A word of an object whose structure is not known, by its offset in bytes. Only guessed: the word may borrow, or be no
    /// reference at all.
    Word(u64),
}

/// Types that are not the interpreter's own: found where modules keep them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ForeignTypes {
    /// Any class made by a `class` statement, of which the way such classes are traversed is learned. Without one, instances
    /// of Python classes are not known.
    pub python_class: Option<Address>,
    /// `collections.deque`.
    pub deque: Option<Address>,
    /// `functools.partial`.
    pub partial: Option<Address>,
    /// `_asyncio.Future`.
    pub future: Option<Address>,
    /// `_asyncio.Task`.
    pub task: Option<Address>,
    /// `_asyncio.FutureIter` (3.12+; before, it is known by its place beside `_asyncio.Future`).
    pub future_iterator: Option<Address>,
    /// `_asyncio.TaskStepMethWrapper` (3.12+; before, as above).
    pub step_wrapper: Option<Address>,
}

/// Reads references. Types are looked at once.
pub struct References<'h, 'a> {
    heap: &'h Heap<'a>,
    python_traverse: Option<Address>,
    asyncio_future: Option<Address>,
    bases: Bases,
    shapes: RefCell<FxHashMap<Address, Option<Rc<Shape>>>>,
    buffer: RefCell<Vec<u8>>,
    most_items: u64,
}

/// Items of one object beyond this are not believed.
const MOST_ITEMS: u64 = 4_000_000;

impl<'h, 'a> References<'h, 'a> {
    /// A reader of references. Several interpreters of one process may have types of their own: each gives its set.
    #[must_use]
    pub fn new(heap: &'h Heap<'a>, foreign: &[ForeignTypes]) -> Self {
        let layout = heap.layout();
        let traverse = |class: Address| heap.pointer(class, layout.type_object.tp_traverse).ok()?.non_null();
        Self {
            heap,
            python_traverse: foreign.iter().find_map(|types| types.python_class).and_then(traverse),
            asyncio_future: foreign.iter().find_map(|types| types.future),
            bases: Bases::new(heap, foreign),
            shapes: RefCell::default(),
            buffer: RefCell::default(),
            most_items: MOST_ITEMS,
        }
    }

    /// The same, which refuses objects with more items than `most`.
    #[must_use]
    pub fn limited_to(self, most: u64) -> Self {
        Self { most_items: most.min(MOST_ITEMS), ..self }
    }

    /// Tells `visit` of each strong reference of `object`, with multiplicity. Returns whether its type is one whose references are
    /// known; if not, nothing is told, and it may refer to anything.
    ///
    /// # Errors
    /// When it cannot be read, or contradicts itself; what was told until then may be wrong.
    pub fn visit(&self, object: Address, visit: &mut dyn FnMut(Edge, Address)) -> Result<bool> {
        match self.shape(self.heap.type_of(object)?) {
            Some(shape) if shape.known => self.visit_shape(object, &shape, visit).map(|()| true),
            _ => Ok(false),
        }
    }

    /// Tells of what an object of this shape holds for certain.
    fn visit_shape(&self, object: Address, shape: &Shape, visit: &mut dyn FnMut(Edge, Address)) -> Result<()> {
        if shape.size > 0 {
            // Taken out while it is in use: a body may have to read more.
            let mut bytes = self.buffer.take();
            bytes.clear();
            bytes.resize(shape.size, 0);
            let read = self.heap.memory().read(object, &mut bytes);
            if read.is_ok() {
                for (name, at) in &shape.fields {
                    tell(visit, Edge::Field(name), word(&bytes, *at)?);
                }
                for at in &shape.members {
                    tell(visit, Edge::Slot(*at as u64), word(&bytes, *at)?);
                }
            }
            self.buffer.replace(bytes);
            read?;
        }
        match shape.dict {
            DictPlace::None => {}
            DictPlace::Managed => self.managed_dict(object, shape, visit)?,
            DictPlace::At(offset) => self.dict_at(object, offset, shape, visit)?,
        }
        match shape.body {
            Body::Nothing => Ok(()),
            Body::List => self.list(object, visit),
            Body::Dict => self.dict(object, visit),
            Body::OrderedDict => self.ordered_dict(object, visit),
            Body::Set => self.set(object, visit),
            Body::Deque => self.deque(object, visit),
            Body::Items { count, items, most } => self.items(object, count, items, most, visit),
            Body::Ring(ring) => self.ring(object, ring, visit),
            Body::HamtArray => self.hamt_array(object, visit),
            Body::Generator(kind) => self.generator(object, kind, visit),
            Body::FrameObject => self.frame_object(object, visit),
            Body::Class => self.class(object, visit),
        }
    }

    /// Tells `visit` of `count` words from `at` on that are references or null.
    fn words(&self, at: Address, count: u64, mut visit: impl FnMut(u64, u64)) -> Result<()> {
        // An entry of a set has two words.
        if count > self.most_items * 2 {
            return Err(Fault::implausible("number of items", at));
        }
        let mut bytes = self.buffer.take();
        bytes.clear();
        bytes.resize(usize::try_from(count * 8).unwrap_or(0), 0);
        let read = if count == 0 { Ok(()) } else { self.heap.memory().read(at, &mut bytes) };
        if read.is_ok() {
            for (index, word) in (0u64..).zip(bytes.chunks_exact(8)) {
                let mut eight = [0; 8];
                eight.copy_from_slice(word);
                visit(index, u64::from_le_bytes(eight));
            }
        }
        self.buffer.replace(bytes);
        Ok(read?)
    }
}

impl Heap<'_> {
    /// How many references an object has, for who counts them: where [`refcount`](Self::refcount) gives the count as it stands, this
    /// gives `None` if the count does not tell: of an object that never dies, and in free-threaded
    /// builds, which keep it in two parts and leave some references out of both.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn exact_refcount(&self, object: Address) -> Result<Option<u64>> {
        /// `_Py_IMMORTAL_REFCNT`: the sign of the 32-bit count (3.12+).
        const IMMORTAL: u64 = 1 << 31;
        let layout = self.layout();
        if layout.object.ob_ref_local.is_present() {
            return Ok(None);
        }
        let count = self.unsigned(object, layout.object.refcount_word())?;
        // From 3.14 on flags share the word with the count; none are set in an object that can die.
        let tells = !layout.immortal_objects || count & IMMORTAL == 0;
        Ok(Some(count).filter(|count| tells && *count < 1 << 32))
    }
}

fn tell(visit: &mut dyn FnMut(Edge, Address), edge: Edge, word: u64) {
    if let Some(target) = Address::new(word).non_null() {
        visit(edge, target);
    }
}

fn word(bytes: &[u8], at: usize) -> Result<u64> {
    let word = bytes.get(at..at + 8).and_then(|word| word.try_into().ok());
    word.map(u64::from_le_bytes).ok_or(Fault::Field(FieldError::OutOfRange))
}
