//! What the target says about itself: the debug offsets at the start of `_PyRuntime` (3.13+), put over the table.
//!
//! Distributions patch structures and patch releases move fields, so the target is right and the table is the
//! fallback. The block is `_Py_DebugOffsets` of `pycore_debug_offsets.h`: 64-bit words, in an order fixed per minor
//! version. It does not tell everything; what we can conclude from it is moved along:
//!
//! - thread: `coroutine_origin_tracking_depth`, the async generator hooks and `context` keep their distance from
//!   `native_thread_id` (24 and 48 bytes for the first and the last, in all tables from 3.13 to 3.15);
//! - asyncio's fields keep their distance from the end of the thread state (in 3.13 the running loop is the first
//!   field behind it);
//! - `generation0` is the last word of the collector's state from 3.14.5 on;
//! - 3.14.0–3.14.4 have the incremental collector: its state has 240 bytes, that of generations 264;
//! - what lies behind `modules` in the interpreter state moves as `modules` does. That is a guess, and better than none.
//!
//! Where the lists of generations are, the target tells by a pointer: see [`apply_generation0`].

pub use super::words::{Drift, OverlayError};

use super::words::{self, Sets, Word};
use super::{Field, GcKind, Layout};
use crate::memory::Address;

/// What the block begins with.
const COOKIE: u64 = u64::from_le_bytes(*b"xdebugpy");
/// Size of the incremental collector's state.
const INCREMENTAL_GC_SIZE: u64 = 240;
/// Releases of 3.14 that stand for one kind of collector each.
const INCREMENTAL_MICRO: u8 = 0;
const GENERATIONAL_MICRO: u8 = 5;

macro_rules! nothing {
    ($since:literal, $name:literal) => {
        Word { since: $since, name: $name, sets: Sets::Nothing }
    };
}
macro_rules! size {
    ($since:literal, $name:literal, $group:ident) => {
        Word { since: $since, name: $name, sets: Sets::Size(|layout| &mut layout.$group.size) }
    };
}
macro_rules! offset {
    ($since:literal, $name:literal, $group:ident.$field:ident) => {
        Word { since: $since, name: $name, sets: Sets::Offset(|layout| &mut layout.$group.$field) }
    };
}
pub(super) use {offset, size};

/// The words in their order. Each version only inserts: words with a later `since` are left out.
const WORDS: [Word; 111] = [
    nothing!(13, "cookie"),
    nothing!(13, "version"),
    nothing!(13, "free_threaded"),
    size!(13, "runtime_state.size", runtime),
    offset!(13, "runtime_state.finalizing", runtime.finalizing),
    offset!(13, "runtime_state.interpreters_head", runtime.interpreters_head),
    size!(13, "interpreter_state.size", interpreter),
    offset!(13, "interpreter_state.id", interpreter.id),
    offset!(13, "interpreter_state.next", interpreter.next),
    offset!(13, "interpreter_state.threads_head", interpreter.tstate_head),
    offset!(14, "interpreter_state.threads_main", interpreter.threads_main),
    offset!(13, "interpreter_state.gc", interpreter.gc),
    offset!(13, "interpreter_state.imports_modules", interpreter.modules),
    offset!(13, "interpreter_state.sysdict", interpreter.sysdict),
    offset!(13, "interpreter_state.builtins", interpreter.builtins),
    nothing!(13, "interpreter_state.ceval_gil"),
    nothing!(13, "interpreter_state.gil_runtime_state"),
    nothing!(13, "interpreter_state.gil_runtime_state_enabled"),
    nothing!(13, "interpreter_state.gil_runtime_state_locked"),
    nothing!(13, "interpreter_state.gil_runtime_state_holder"),
    nothing!(14, "interpreter_state.code_object_generation"),
    nothing!(14, "interpreter_state.tlbc_generation"),
    size!(13, "thread_state.size", thread),
    offset!(13, "thread_state.prev", thread.prev),
    offset!(13, "thread_state.next", thread.next),
    offset!(13, "thread_state.interp", thread.interp),
    offset!(13, "thread_state.current_frame", thread.current_frame),
    offset!(15, "thread_state.base_frame", thread.base_frame),
    nothing!(15, "thread_state.last_profiled_frame"),
    nothing!(15, "thread_state.last_profiled_frame_seq"),
    offset!(13, "thread_state.thread_id", thread.thread_id),
    offset!(13, "thread_state.native_thread_id", thread.native_thread_id),
    offset!(13, "thread_state.datastack_chunk", thread.datastack_chunk),
    offset!(13, "thread_state.status", thread.status),
    nothing!(15, "thread_state.holds_gil"),
    nothing!(15, "thread_state.gil_requested"),
    offset!(15, "thread_state.current_exception", thread.current_exception),
    offset!(15, "thread_state.exc_state", thread.exc_state),
    offset!(15, "err_stackitem.exc_value", err_stack_item.exc_value),
    size!(13, "interpreter_frame.size", interpreter_frame),
    offset!(13, "interpreter_frame.previous", interpreter_frame.previous),
    offset!(13, "interpreter_frame.executable", interpreter_frame.f_executable),
    offset!(13, "interpreter_frame.instr_ptr", interpreter_frame.instr_ptr),
    offset!(13, "interpreter_frame.localsplus", interpreter_frame.localsplus),
    offset!(13, "interpreter_frame.owner", interpreter_frame.owner),
    offset!(14, "interpreter_frame.stackpointer", interpreter_frame.stackpointer),
    offset!(14, "interpreter_frame.tlbc_index", interpreter_frame.tlbc_index),
    size!(13, "code_object.size", code),
    offset!(13, "code_object.filename", code.co_filename),
    offset!(13, "code_object.name", code.co_name),
    offset!(13, "code_object.qualname", code.co_qualname),
    offset!(13, "code_object.linetable", code.co_linetable),
    offset!(13, "code_object.firstlineno", code.co_firstlineno),
    offset!(13, "code_object.argcount", code.co_argcount),
    offset!(13, "code_object.localsplusnames", code.co_localsplusnames),
    offset!(13, "code_object.localspluskinds", code.co_localspluskinds),
    offset!(13, "code_object.co_code_adaptive", code.co_code_adaptive),
    offset!(14, "code_object.co_tlbc", code.co_tlbc),
    size!(13, "pyobject.size", object),
    offset!(13, "pyobject.ob_type", object.ob_type),
    size!(13, "type_object.size", type_object),
    offset!(13, "type_object.tp_name", type_object.tp_name),
    nothing!(13, "type_object.tp_repr"),
    offset!(13, "type_object.tp_flags", type_object.tp_flags),
    offset!(15, "type_object.tp_basicsize", type_object.tp_basicsize),
    offset!(15, "type_object.tp_dictoffset", type_object.tp_dictoffset),
    size!(15, "heap_type_object.size", heap_type),
    offset!(15, "heap_type_object.ht_cached_keys", heap_type.ht_cached_keys),
    size!(13, "tuple_object.size", tuple),
    offset!(13, "tuple_object.ob_item", tuple.ob_item),
    offset!(13, "tuple_object.ob_size", var_object.ob_size),
    size!(13, "list_object.size", list),
    offset!(13, "list_object.ob_item", list.ob_item),
    offset!(13, "list_object.ob_size", var_object.ob_size),
    size!(14, "set_object.size", set),
    offset!(14, "set_object.used", set.used),
    offset!(14, "set_object.table", set.table),
    offset!(14, "set_object.mask", set.mask),
    size!(13, "dict_object.size", dict),
    offset!(13, "dict_object.ma_keys", dict.ma_keys),
    offset!(13, "dict_object.ma_values", dict.ma_values),
    size!(13, "float_object.size", float),
    offset!(13, "float_object.ob_fval", float.ob_fval),
    size!(13, "long_object.size", long),
    offset!(13, "long_object.lv_tag", long.lv_tag),
    offset!(13, "long_object.ob_digit", long.ob_digit),
    size!(13, "bytes_object.size", bytes),
    offset!(13, "bytes_object.ob_size", var_object.ob_size),
    offset!(13, "bytes_object.ob_sval", bytes.ob_sval),
    size!(13, "unicode_object.size", unicode),
    offset!(13, "unicode_object.state", ascii.state),
    offset!(13, "unicode_object.length", ascii.length),
    size!(13, "unicode_object.asciiobject_size", ascii),
    size!(15, "unicode_object.compactunicodeobject_size", compact_unicode),
    size!(13, "gc.size", gc),
    offset!(13, "gc.collecting", gc.collecting),
    offset!(15, "gc.frame", gc.frame),
    nothing!(15, "gc.generation_stats_size"),
    nothing!(15, "gc.generation_stats"),
    size!(14, "gen_object.size", generator),
    offset!(14, "gen_object.gi_name", generator.name),
    offset!(14, "gen_object.gi_iframe", generator.iframe),
    offset!(14, "gen_object.gi_frame_state", generator.frame_state),
    nothing!(14, "llist_node.next"),
    nothing!(14, "llist_node.prev"),
    nothing!(14, "debugger_support.eval_breaker"),
    nothing!(14, "debugger_support.remote_debugger_support"),
    nothing!(14, "debugger_support.remote_debugging_enabled"),
    nothing!(14, "debugger_support.debugger_pending_call"),
    nothing!(14, "debugger_support.debugger_script_path"),
    nothing!(14, "debugger_support.debugger_script_path_size"),
];

/// Bytes of the debug offsets in CPython 3.`minor`; 0 where there are none (3.12 and older, and versions without table).
#[must_use]
pub fn debug_offsets_length(minor: u8) -> usize {
    if super::has_table(minor) { words::length(&WORDS, minor) } else { 0 }
}

/// Puts the target's debug offsets over the layout, and says where they differ from the table. `bytes` is the start
/// of `_PyRuntime`, at least [`debug_offsets_length`] long.
///
/// # Errors
/// When the block is cut short, does not describe the version the layout was made for, or holds a word no CPython can
/// have. The layout is then as it was.
pub fn apply_debug_offsets(layout: &mut Layout, bytes: &[u8]) -> Result<Vec<Drift>, OverlayError> {
    let mut gc_size = None;
    for (word, value) in words::values(&WORDS, layout.minor, bytes)? {
        let expected = match word.name {
            "cookie" if value != COOKIE => return Err(OverlayError::NotTheBlock),
            // PY_VERSION_HEX: major, minor, micro, level and serial number
            "version" if value >> 16 != 0x300 | u64::from(layout.minor) => 0x300 | u64::from(layout.minor),
            "free_threaded" if value != u64::from(layout.free_threaded) => u64::from(layout.free_threaded),
            "gc.size" => {
                gc_size = Some(value);
                continue;
            }
            _ => continue,
        };
        let found = if word.name == "version" { value >> 16 } else { value };
        return Err(OverlayError::OtherBuild { word: word.name, expected, found });
    }

    let mut changed = layout.clone();
    let switched = gc_size.is_some_and(|size| choose_collector(&mut changed, size));
    let before = changed.clone();
    let mut drift = words::apply(&WORDS, &mut changed, bytes)?;
    move_along(&before, &mut changed);
    if switched {
        let (table, target) = (u64::from(layout.gc.size), u64::from(changed.gc.size));
        drift.insert(0, Drift { field: "gc.size", table, target });
    }
    *layout = changed;
    Ok(drift)
}

/// 3.14 has two collectors; takes the table of the other one if the size of its state says so.
fn choose_collector(layout: &mut Layout, gc_size: u64) -> bool {
    let (wanted, micro) = if gc_size == INCREMENTAL_GC_SIZE {
        (GcKind::Incremental, INCREMENTAL_MICRO)
    } else {
        (GcKind::Generational, GENERATIONAL_MICRO)
    };
    if layout.minor != 14 || layout.free_threaded || layout.gc_kind == wanted {
        return false;
    }
    let Some(other) = super::for_version(layout.minor, micro, false) else { return false };
    *layout = Layout { micro: layout.micro, ..other };
    true
}

/// Moves what the block does not tell along with what it tells.
fn move_along(before: &Layout, layout: &mut Layout) {
    let thread = &mut layout.thread;
    let anchor = (before.thread.native_thread_id, thread.native_thread_id);
    for field in [
        &mut thread.coroutine_origin_tracking_depth,
        &mut thread.async_gen_firstiter,
        &mut thread.async_gen_finalizer,
        &mut thread.context,
    ] {
        follow(field, anchor);
    }

    let thread_end = (Field::new(before.thread.size, 0), Field::new(layout.thread.size, 0));
    let tail = &mut layout.thread_impl;
    for field in [&mut tail.asyncio_running_loop, &mut tail.asyncio_running_task, &mut tail.asyncio_tasks_head] {
        follow(field, thread_end);
    }

    let interpreter = &mut layout.interpreter;
    interpreter.gc.resize(layout.gc.size);
    let anchor = (before.interpreter.modules, interpreter.modules);
    for field in [
        &mut interpreter.dict,
        &mut interpreter.warnings_filters,
        &mut interpreter.warnings_once_registry,
        &mut interpreter.warnings_default_action,
        &mut interpreter.warnings_filters_version,
        &mut interpreter.types_builtins_num_initialized,
        &mut interpreter.types_builtins_initialized,
        &mut interpreter.types_for_extensions_num_initialized,
        &mut interpreter.types_for_extensions_initialized,
        &mut interpreter.asyncio_tasks_head,
    ] {
        follow(field, anchor);
    }

    if layout.minor >= 14 {
        layout.gc.generation0.move_to(layout.gc.size.saturating_sub(8));
        // coroutines and async generators begin as generators do
        let (from, to) = (before.generator, layout.generator);
        for (size, name, iframe, frame_state) in [
            (
                &mut layout.coroutine.size,
                &mut layout.coroutine.name,
                &mut layout.coroutine.iframe,
                &mut layout.coroutine.frame_state,
            ),
            (
                &mut layout.async_generator.size,
                &mut layout.async_generator.name,
                &mut layout.async_generator.iframe,
                &mut layout.async_generator.frame_state,
            ),
        ] {
            *size = to.size;
            follow(name, (from.name, to.name));
            follow(iframe, (from.iframe, to.iframe));
            follow(frame_state, (from.frame_state, to.frame_state));
        }
    }

    let state = (before.ascii.state, layout.ascii.state);
    for field in [
        &mut layout.ascii.state_interned,
        &mut layout.ascii.state_kind,
        &mut layout.ascii.state_compact,
        &mut layout.ascii.state_ascii,
        &mut layout.ascii.state_statically_allocated,
    ] {
        follow(field, state);
    }
}

/// Keeps the distance of `field` from something that moved from one offset to another.
fn follow(field: &mut Field, (from, to): (Field, Field)) {
    let (Some(from), Some(to), Some(here)) = (from.offset(), to.offset(), field.offset()) else { return };
    if let Some(offset) = (here + to).checked_sub(from).and_then(|offset| u32::try_from(offset).ok()) {
        field.move_to(offset);
    }
}

/// Sets where the lists of generations are, from the collector's own pointer: `generation0` is the address of the
/// first list. Debian's 3.13 has the lists 4 bytes lower than upstream, and nothing else tells.
///
/// `gc` is the address of the collector's state, `generation0` the word read there. Collectors without generations are
/// left alone.
///
/// # Errors
/// [`OverlayError::Implausible`] when the pointer does not point into the state. The layout is then as it was.
pub fn apply_generation0(
    layout: &mut Layout,
    gc: Address,
    generation0: Address,
) -> Result<Option<Drift>, OverlayError> {
    let (GcKind::Generational, Some(table)) = (layout.gc_kind, layout.gc.generations.offset()) else { return Ok(None) };
    let found = generation0.get().wrapping_sub(gc.get());
    let end = found.saturating_add(layout.gc.generations.size());
    match u32::try_from(found) {
        Ok(offset) if offset % 4 == 0 && end <= u64::from(layout.gc.size) => {
            layout.gc.generations.move_to(offset);
            let drift = Drift { field: "gc.generations", table, target: found };
            Ok((table != found).then_some(drift))
        }
        _ => Err(OverlayError::Implausible { word: "gc.generation0", expected: table, found }),
    }
}
