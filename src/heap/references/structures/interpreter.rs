//! Types in the interpreter itself whose offsets differ between versions: the layout has them.

use super::Bases;
use crate::heap::references::shape::Body;
use crate::heap::{GeneratorKind, Heap};
use crate::memory::Address;
use crate::runtime::layout::{Field, Layout};

/// The shapes of types of the interpreter that the layout tells of.
pub(super) fn add(heap: &Heap<'_>, bases: &mut Bases) {
    let l = heap.layout();
    let known = heap.known();
    let items = |items| Body::Items { count: l.var_object.ob_size, items, most: u64::MAX };
    let mut add = |class: Option<Address>, body: Body, fields: &[(&'static str, Field)]| bases.add(class, body, fields);
    add(known.type_type, Body::Class, &[]);
    add(known.tuple, items(l.tuple.ob_item), &[]);
    add(known.list, Body::List, &[]);
    add(known.dict, Body::Dict, &[]);
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
    add(known.hamt_bitmap, items(l.hamt_bitmap.b_array), &[]);
    add(known.hamt_array, Body::HamtArray, &[]);
    add(known.hamt_collision, items(l.hamt_collision.c_array), &[]);
    for class in [known.weak_reference, known.weak_reference_38] {
        add(class, Body::Nothing, &[("callback", l.weak_reference.wr_callback)]);
    }
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
