//! What objects of a type are made of, as far as references go: worked out once for each type.
//!
//! A class made by a `class` statement is traversed by one function of the interpreter's, `subtype_traverse` (`Objects/typeobject.c`):
//! slots of the class and of its bases that are made the same way, the instance's dict, and then what the first other
//! base visits. Its address is learned from any such class; whoever has it is read the same way here.
//!
//! Other types are known by their structure ([`structures`](super::structures)). One that is not has the structure of its nearest known base
//! and words of which nothing is known; they may hold something ([`guess`](super::guess)).

use super::References;
use crate::heap::{GeneratorKind, TypeFlags, TypeInfo};
use crate::memory::Address;
use crate::runtime::layout::Field;
use std::rc::Rc;

/// `Py_T_OBJECT_EX`: the kind of member that `__slots__` makes.
const MEMBER_OBJECT_EX: u64 = 16;
/// Bases of bases of a class beyond this are not believed.
const DEEPEST_BASES: usize = 64;
/// Slots of one class beyond this are not believed.
const MOST_MEMBERS: u64 = 4096;
/// A field that lies beyond this many bytes is not believed.
const LARGEST: usize = 1 << 20;

/// What an object has beside its fixed fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    Nothing,
    List,
    Dict,
    /// A `collections.OrderedDict`.
    OrderedDict,
    Set,
    Deque,
    /// As many words from `items` on as the number `count` tells, at most `most`.
    Items {
        count: Field,
        items: Field,
        most: u64,
    },
    /// A ring of items that is described from this field on (`_queue.SimpleQueue`, 3.13+).
    Ring(Field),
    /// A class.
    Class,
    HamtArray,
    Generator(GeneratorKind),
    FrameObject,
}

/// Where instances have their dict, unless a fixed field is for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DictPlace {
    None,
    /// `Py_TPFLAGS_MANAGED_DICT`.
    Managed,
    /// `tp_dictoffset`; negative: from the end of an object of variable size.
    At(i64),
}

/// What objects of a type are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    /// Bytes from the start of an object in which its fields and members lie.
    pub(super) size: usize,
    /// References at fixed places.
    pub(super) fields: Vec<(&'static str, usize)>,
    /// Attributes declared in `__slots__`, by their offset.
    pub(super) members: Vec<usize>,
    pub(super) dict: DictPlace,
    pub(super) body: Body,
    /// Its instances' type: where a dict's shared keys are.
    pub(super) class: Address,
    /// Whether these are all references that could lead back to the object.
    pub(super) known: bool,
    /// Offsets of words of which nothing is known.
    pub(super) opaque: Vec<usize>,
    /// Whether nothing is known of the items behind these either.
    pub(super) opaque_items: bool,
}

impl Shape {
    pub(super) fn new(body: Body, fields: &[(&'static str, Field)]) -> Self {
        let shape = Self {
            size: 0,
            fields: Vec::new(),
            members: Vec::new(),
            dict: DictPlace::None,
            body,
            class: Address::NULL,
            known: true,
            opaque: Vec::new(),
            opaque_items: false,
        };
        shape.with_fields(fields)
    }

    /// The same with more references at fixed places; those that this version does not have are left out.
    pub(super) fn with_fields(mut self, fields: &[(&'static str, Field)]) -> Self {
        let offset = |field: &Field| usize::try_from(field.offset()?).ok();
        self.fields.extend(fields.iter().filter_map(|(name, field)| Some((*name, offset(field)?))));
        self.measure();
        self
    }

    fn measure(&mut self) {
        let ends = self.fields.iter().map(|(_, at)| at + 8).chain(self.members.iter().map(|at| at + 8));
        self.size = ends.max().unwrap_or(0);
    }
}

impl References<'_, '_> {
    /// What objects of this type are made of; `None` if that is not known.
    pub(super) fn shape(&self, class: Address) -> Option<Rc<Shape>> {
        if let Some(shape) = self.shapes.borrow().get(&class) {
            return shape.clone();
        }
        let shape = self.find_shape(class).map(Rc::new);
        self.shapes.borrow_mut().insert(class, shape.clone());
        shape
    }

    fn find_shape(&self, class: Address) -> Option<Shape> {
        let heap = self.heap;
        let info = heap.type_info(class).ok()?;
        let mut members = Vec::new();
        let mut base = class;
        for _ in 0..DEEPEST_BASES {
            if !self.is_python_class(base)? {
                break;
            }
            members.extend(self.members(base)?);
            base = heap.type_info(base).ok()?.base.non_null()?;
        }
        let mut shape = self.base_shape(base)?;
        shape.members = members;
        shape.class = class;
        shape.dict = if info.flags.contains(TypeFlags::MANAGED_DICT) {
            DictPlace::Managed
        } else if base != class && info.dict_offset != heap.type_info(base).ok()?.dict_offset {
            DictPlace::At(info.dict_offset)
        } else {
            shape.dict
        };
        shape.measure();
        (shape.size <= LARGEST).then_some(shape)
    }

    /// Whether this is a class made by a `class` statement, as far as what its instances hold goes.
    fn is_python_class(&self, class: Address) -> Option<bool> {
        let traverse = self.traverse(class)?;
        Some(self.python_traverse.is_some() && traverse == self.python_traverse)
    }

    /// The shape of a type that was not made by a `class` statement: that of the nearest base whose structure we know, with what it
    /// adds to that.
    fn base_shape(&self, class: Address) -> Option<Shape> {
        let heap = self.heap;
        let info = heap.type_info(class).ok()?;
        let mut base = class;
        for _ in 0..DEEPEST_BASES {
            if let Some(shape) = self.structure(base) {
                return if base == class { Some(shape) } else { self.derived(shape, &info, base) };
            }
            let Some(next) = heap.type_info(base).ok()?.base.non_null() else { break };
            base = next;
        }
        None
    }

    /// The shape of a type of unknown structure whose base has this one.
    fn derived(&self, mut shape: Shape, info: &TypeInfo, base: Address) -> Option<Shape> {
        let l = self.heap.layout();
        let known = self.heap.type_info(base).ok()?;
        if info.dict_offset > 0 && info.dict_offset != known.dict_offset {
            shape.dict = DictPlace::At(info.dict_offset);
        }
        // What weak references to the object hang on holds none of them.
        let weak = self.heap.signed(info.address, l.type_object.tp_weaklistoffset).ok()?;
        let size = |info: &TypeInfo| usize::try_from(info.basic_size).ok().filter(|size| *size <= LARGEST);
        shape.opaque = (size(&known)?..size(info)?)
            .step_by(8)
            .filter(|at| ![info.dict_offset, weak].contains(&i64::try_from(*at).unwrap_or(0)))
            .collect();
        shape.opaque_items = info.item_size > 0 && info.item_size != known.item_size;
        // A type that is never traversed refers to nothing that could lead back to it. It may hold something all the same.
        let is_traversed = self.traverse(info.address)?.is_some() || info.flags.contains(TypeFlags::MANAGED_DICT);
        shape.known = !is_traversed || (shape.opaque.is_empty() && !shape.opaque_items);
        Some(shape)
    }

    /// The function that traverses objects of this type; `None` inside for types that have none.
    #[allow(clippy::option_option)] // Unreadable, and absent.
    fn traverse(&self, class: Address) -> Option<Option<Address>> {
        Some(self.heap.pointer(class, self.heap.layout().type_object.tp_traverse).ok()?.non_null())
    }

    /// The offsets of the attributes that a class declares in `__slots__` itself. They are written behind the class
    /// (`PyHeapType_GET_MEMBERS`), as many as its `ob_size`.
    fn members(&self, class: Address) -> Option<Vec<usize>> {
        let heap = self.heap;
        let l = heap.layout();
        let count = heap.unsigned(class, l.var_object.ob_size).ok()?;
        if count == 0 {
            return Some(Vec::new());
        }
        if count > MOST_MEMBERS {
            return None;
        }
        let first = heap.pointer(class, l.type_object.tp_members).ok()?.non_null()?;
        let mut members = Vec::new();
        for index in 0..count {
            let member = first.offset(index * u64::from(l.member_def.size));
            if heap.unsigned(member, l.member_def.kind).ok()? == MEMBER_OBJECT_EX {
                members.push(usize::try_from(heap.unsigned(member, l.member_def.offset).ok()?).ok()?);
            }
        }
        Some(members)
    }
}
