//! What objects of a type are made of, as far as references go: worked out once for each type.
//!
//! A class made by a `class` statement is traversed by one function of the interpreter's, `subtype_traverse` (`Objects/typeobject.c`):
//! slots of the class and of its bases that are made the same way, the instance's dict, and then what the first other
//! base visits. Its address is learned from any such class; whoever has it is read the same way here.

use super::{ForeignTypes, References};
use crate::heap::{GeneratorKind, Heap, TypeFlags};
use crate::memory::Address;
use crate::runtime::layout::{Field, Layout};
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// `Py_T_OBJECT_EX`: the kind of member that `__slots__` makes.
const MEMBER_OBJECT_EX: u64 = 16;
/// Bases of bases of a class beyond this are not believed.
const DEEPEST_BASES: usize = 64;
/// Slots of one class beyond this are not believed.
const MOST_MEMBERS: u64 = 4096;
/// A field that lies beyond this many bytes is not believed.
const LARGEST: usize = 1 << 20;
/// The static types of one C module lie closer together than this.
const ONE_MODULE: u64 = 1 << 16;

/// What an object has beside its fixed fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    Nothing,
    List,
    Dict,
    Set,
    Deque,
    /// As many as `ob_size` tells, from this field on.
    Items(Field),
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
}

impl Shape {
    fn new(body: Body, fields: &[(&'static str, Field)]) -> Self {
        let fields: Vec<(&'static str, usize)> =
            fields.iter().filter_map(|(name, field)| Some((*name, usize::try_from(field.offset()?).ok()?))).collect();
        let mut shape =
            Self { size: 0, fields, members: Vec::new(), dict: DictPlace::None, body, class: Address::NULL };
        shape.measure();
        shape
    }

    fn measure(&mut self) {
        let ends = self.fields.iter().map(|(_, at)| at + 8).chain(self.members.iter().map(|at| at + 8));
        self.size = ends.max().unwrap_or(0);
    }
}

/// The shapes of the types whose structure we know.
pub(super) fn bases(heap: &Heap<'_>, foreign: &[ForeignTypes]) -> FxHashMap<Address, Rc<Shape>> {
    let l = heap.layout();
    let known = heap.known();
    let mut bases: FxHashMap<Address, Rc<Shape>> = FxHashMap::default();
    let mut add = |class: Option<Address>, body: Body, fields: &[(&'static str, Field)]| {
        if let Some(class) = class {
            bases.insert(class, Rc::new(Shape::new(body, fields)));
        }
    };
    add(known.tuple, Body::Items(l.tuple.ob_item), &[]);
    add(known.list, Body::List, &[]);
    add(known.dict, Body::Dict, &[]);
    add(known.ordered_dict, Body::Dict, &[]);
    add(known.set, Body::Set, &[]);
    add(known.frozenset, Body::Set, &[]);
    add(known.cell, Body::Nothing, &[("contents", l.cell.ob_ref)]);
    add(known.function, Body::Nothing, &function_fields(l));
    add(known.method, Body::Nothing, &[("function", l.method.im_func), ("self", l.method.im_self)]);
    add(
        known.builtin_function,
        Body::Nothing,
        &[("self", l.builtin_function.m_self), ("module", l.builtin_function.m_module)],
    );
    add(known.module, Body::Nothing, &[("globals", l.module.md_dict)]);
    add(known.mapping_proxy, Body::Nothing, &[("mapping", l.mapping_proxy.mapping)]);
    for kind in [GeneratorKind::Coroutine, GeneratorKind::AsyncGenerator, GeneratorKind::Generator] {
        add(heap.generator_type(kind), Body::Generator(kind), &[]);
    }
    add(known.coroutine_wrapper, Body::Nothing, &[("coroutine", l.coroutine_wrapper.cw_coroutine)]);
    add(known.asend, Body::Nothing, &[("generator", l.asend.ags_gen), ("value", l.asend.ags_sendval)]);
    add(
        known.athrow,
        Body::Nothing,
        &[
            ("generator", l.athrow.agt_gen),
            ("arguments", l.athrow.agt_args),
            ("type", l.athrow.agt_typ),
            ("value", l.athrow.agt_val),
            ("traceback", l.athrow.agt_tb),
        ],
    );
    add(
        known.anext_awaitable,
        Body::Nothing,
        &[("wrapped", l.anext_awaitable.wrapped), ("default", l.anext_awaitable.default_value)],
    );
    add(known.frame, Body::FrameObject, &[]);
    add(known.traceback, Body::Nothing, &[("next", l.traceback.tb_next), ("frame", l.traceback.tb_frame)]);
    for class in [known.context, known.context_38] {
        add(class, Body::Nothing, &[("previous", l.context.ctx_prev), ("variables", l.context.ctx_vars)]);
    }
    add(known.hamt, Body::Nothing, &[("root", l.hamt.h_root)]);
    add(known.hamt_bitmap, Body::Items(l.hamt_bitmap.b_array), &[]);
    add(known.hamt_array, Body::HamtArray, &[]);
    add(known.hamt_collision, Body::Items(l.hamt_collision.c_array), &[]);
    for class in [known.weak_reference, known.weak_reference_38] {
        add(class, Body::Nothing, &[("callback", l.weak_reference.wr_callback)]);
    }
    for class in [known.list_iterator, known.tuple_iterator] {
        // `seqiterobject`, `_PyTupleIterObject`: an index, and behind it the sequence, null once it is exhausted.
        let head = l.object.size;
        add(class, Body::Nothing, &[("sequence", Field::new(head + 8, 8))]);
    }
    for types in foreign {
        add(types.deque, Body::Deque, &[]);
        let partial = &l.partial;
        add(
            types.partial,
            Body::Nothing,
            &[
                ("function", partial.func),
                ("arguments", partial.args),
                ("keywords", partial.kw),
                ("dict", partial.dict),
            ],
        );
        add(types.future, Body::Nothing, &future_fields(l));
        add(types.task, Body::Nothing, &task_fields(l));
        add(types.future_iterator, Body::Nothing, &[("future", l.future_iterator.future)]);
        add(types.step_wrapper, Body::Nothing, &step_fields(l));
    }
    bases
}

fn function_fields(l: &Layout) -> Vec<(&'static str, Field)> {
    let f = &l.function;
    vec![
        ("code", f.func_code),
        ("globals", f.func_globals),
        ("builtins", f.func_builtins),
        ("module", f.func_module),
        ("defaults", f.func_defaults),
        ("keyword defaults", f.func_kwdefaults),
        ("closure", f.func_closure),
        ("dict", f.func_dict),
        ("annotations", f.func_annotations),
        ("annotate", f.func_annotate),
        ("name", f.func_name),
        ("qualname", f.func_qualname),
    ]
}

fn future_fields(l: &Layout) -> Vec<(&'static str, Field)> {
    let f = &l.future;
    vec![
        ("loop", f.fut_loop),
        ("callback", f.fut_callback0),
        ("callback context", f.fut_context0),
        ("callbacks", f.fut_callbacks),
        ("exception", f.fut_exception),
        ("exception traceback", f.fut_exception_tb),
        ("result", f.fut_result),
        ("source traceback", f.fut_source_tb),
        ("cancel message", f.fut_cancel_msg),
        ("cancelled exception", f.fut_cancelled_exc),
        ("awaited by", f.fut_awaited_by),
        ("dict", f.dict),
    ]
}

fn task_fields(l: &Layout) -> Vec<(&'static str, Field)> {
    let t = &l.task;
    let mut fields = future_fields(l);
    fields.extend([
        ("waiter", t.task_fut_waiter),
        ("coroutine", t.task_coro),
        ("name", t.task_name),
        ("context", t.task_context),
    ]);
    fields
}

fn step_fields(l: &Layout) -> Vec<(&'static str, Field)> {
    vec![("task", l.step_wrapper.sw_task), ("argument", l.step_wrapper.sw_arg)]
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
            let traverse = self.traverse(base)?;
            if self.python_traverse.is_none() || traverse != self.python_traverse {
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
            DictPlace::None
        };
        shape.measure();
        (shape.size <= LARGEST).then_some(shape)
    }

    /// The function that traverses objects of this type; `None` inside for types that have none.
    #[allow(clippy::option_option)] // Unreadable, and absent.
    fn traverse(&self, class: Address) -> Option<Option<Address>> {
        Some(self.heap.pointer(class, self.heap.layout().type_object.tp_traverse).ok()?.non_null())
    }

    /// The shape of a type that was not made by a `class` statement.
    fn base_shape(&self, class: Address) -> Option<Shape> {
        if let Some(shape) = self.bases.get(&class) {
            return Some(Shape::clone(shape));
        }
        let info = self.heap.type_info(class).ok()?;
        let l = self.heap.layout();
        if info.flags.contains(TypeFlags::EXCEPTION) {
            // What exceptions of special types have beside this is left out.
            let e = &l.base_exception;
            return Some(Shape::new(
                Body::Nothing,
                &[
                    ("dict", e.dict),
                    ("arguments", e.args),
                    ("traceback", e.traceback),
                    ("context", e.context),
                    ("cause", e.cause),
                ],
            ));
        }
        if let Some(shape) = self.part_of_asyncio(class, &info.name) {
            return Some(shape);
        }
        // A type that is never traversed refers to nothing that could lead back: numbers, strings, `object`.
        (self.traverse(class)?.is_none() && !info.flags.contains(TypeFlags::MANAGED_DICT))
            .then(|| Shape::new(Body::Nothing, &[]))
    }

    /// Up to 3.11 the types that `_asyncio` keeps to itself are static, and lie beside those that it shows.
    fn part_of_asyncio(&self, class: Address, name: &str) -> Option<Shape> {
        let l = self.heap.layout();
        let future = self.asyncio_future?;
        let info = self.heap.type_info(class).ok()?;
        if info.flags.contains(TypeFlags::HEAP_TYPE) || class.get().abs_diff(future.get()) > ONE_MODULE {
            return None;
        }
        let shape = |size: u32, fields: &[(&'static str, Field)]| {
            (info.basic_size == u64::from(size)).then(|| Shape::new(Body::Nothing, fields))
        };
        match name {
            "_asyncio.FutureIter" => shape(l.future_iterator.size, &[("future", l.future_iterator.future)]),
            "TaskStepMethWrapper" | "_asyncio.TaskStepMethWrapper" => shape(l.step_wrapper.size, &step_fields(l)),
            "TaskWakeupMethWrapper" => shape(l.wakeup_wrapper.size, &[("task", l.wakeup_wrapper.ww_task)]),
            _ => None,
        }
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
