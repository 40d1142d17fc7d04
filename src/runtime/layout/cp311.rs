//! CPython 3.11: frames are `_PyInterpreterFrame`s, embedded in generators or on the thread's data stack; frame
//! objects are made on demand. Zero-cost exceptions, bytecode inside the code object, a line table with columns.
//! 3.11.0 has the same offsets for everything read here; 3.11.2 differs in the size of the interpreter state only.
//! A build without free lists shifts interpreter fields behind `float_state`.
//!
//! Offsets measured: 3.11.7. Written by `scripts/layouts/generate.py`; edit `tables.toml` there.

use super::{Field, FrameKind, Layout, LineTable, ManagedDict, Table};

pub(super) const TABLE: Table = Table { changes, for_micro, for_aarch64 };

/// What changed from 3.10.
fn changes(layout: &mut Layout) {
    layout.managed_dict_before = 24;
    layout.frame_kind = FrameKind::Embedded;
    layout.line_table = LineTable::Locations311;
    layout.managed_dict = ManagedDict::ValuesPointer311;

    let runtime = &mut layout.runtime;
    runtime.size = 166688;
    runtime.initialized = Field::new(16, 4);
    runtime.finalizing = Field::new(24, 8);
    runtime.interpreters_head = Field::new(40, 8);
    runtime.interpreters_main = Field::new(48, 8);
    runtime.gilstate_tstate_current = Field::new(576, 8);

    let interpreter = &mut layout.interpreter;
    interpreter.size = 107752;
    interpreter.tstate_head = Field::new(16, 8);
    interpreter.id = Field::new(48, 8);
    interpreter.modules = Field::new(888, 8);
    interpreter.sysdict = Field::new(904, 8);
    interpreter.builtins = Field::new(912, 8);
    interpreter.dict = Field::new(1400, 8);
    interpreter.warnings_filters = Field::new(3504, 8);
    interpreter.warnings_once_registry = Field::new(3512, 8);
    interpreter.warnings_default_action = Field::new(3520, 8);
    interpreter.warnings_filters_version = Field::new(3528, 8);
    interpreter.runtime = Field::new(40, 8);
    interpreter.gc = Field::new(648, 240);

    // The stack of interpreter frames is here (datastack_*), and the kernel's thread id.
    let thread = &mut layout.thread;
    thread.size = 360;
    thread.frame = Field::ABSENT;
    thread.curexc_value = Field::new(104, 8);
    thread.exc_state = Field::new(320, 16);
    thread.exc_info = Field::new(120, 8);
    thread.dict = Field::new(128, 8);
    thread.thread_id = Field::new(152, 8);
    thread.coroutine_origin_tracking_depth = Field::new(200, 4);
    thread.async_gen_firstiter = Field::new(208, 8);
    thread.async_gen_finalizer = Field::new(216, 8);
    thread.context = Field::new(224, 8);
    thread.id = Field::new(240, 8);
    thread.cframe = Field::new(56, 8);
    thread.native_thread_id = Field::new(160, 8);
    thread.datastack_chunk = Field::new(296, 8);
    thread.datastack_top = Field::new(304, 8);

    // One exception object in place of type, value and traceback.
    let err_stack_item = &mut layout.err_stack_item;
    err_stack_item.size = 16;
    err_stack_item.exc_value = Field::new(0, 8);
    err_stack_item.previous_item = Field::new(8, 8);

    // New: thread.cframe leads to the current frame.
    let cframe = &mut layout.cframe;
    cframe.size = 24;
    cframe.current_frame = Field::new(8, 8);
    cframe.previous = Field::new(16, 8);

    // The frame is embedded at `iframe` and the locals follow it: sizeof holds neither, so an object's size is
    // iframe + localsplus + its words.
    let generator = &mut layout.generator;
    generator.frame = Field::ABSENT;
    generator.code = Field::new(16, 8);
    generator.weakreflist = Field::new(24, 8);
    generator.name = Field::new(32, 8);
    generator.qualname = Field::new(40, 8);
    generator.exc_state = Field::new(48, 16);
    generator.frame_state = Field::new(75, 1);
    generator.iframe = Field::new(80, 8);

    // As in the generator. `origin` shares a word with the async generator's finalizer; only coroutines have an
    // origin in it.
    let coroutine = &mut layout.coroutine;
    coroutine.size = 88;
    coroutine.frame = Field::ABSENT;
    coroutine.code = Field::new(16, 8);
    coroutine.weakreflist = Field::new(24, 8);
    coroutine.name = Field::new(32, 8);
    coroutine.qualname = Field::new(40, 8);
    coroutine.exc_state = Field::new(48, 16);
    coroutine.origin = Field::ABSENT;
    coroutine.origin_or_finalizer = Field::new(64, 8);
    coroutine.frame_state = Field::new(75, 1);
    coroutine.iframe = Field::new(80, 8);

    // As in the generator. origin_or_finalizer holds the finalizer hook here, never an origin.
    let async_generator = &mut layout.async_generator;
    async_generator.size = 88;
    async_generator.frame = Field::ABSENT;
    async_generator.code = Field::new(16, 8);
    async_generator.weakreflist = Field::new(24, 8);
    async_generator.name = Field::new(32, 8);
    async_generator.qualname = Field::new(40, 8);
    async_generator.exc_state = Field::new(48, 16);
    async_generator.finalizer = Field::ABSENT;
    async_generator.hooks_inited = Field::new(72, 1);
    async_generator.closed = Field::new(73, 1);
    async_generator.running_async = Field::new(74, 1);
    async_generator.origin_or_finalizer = Field::new(64, 8);
    async_generator.frame_state = Field::new(75, 1);
    async_generator.iframe = Field::new(80, 8);

    // Only what Python code needs; the frame itself is behind f_frame, or in _f_frame_data once it is finished.
    let frame_object = &mut layout.frame_object;
    frame_object.size = 56;
    frame_object.f_back = Field::new(16, 8);
    frame_object.f_code = Field::ABSENT;
    frame_object.f_builtins = Field::ABSENT;
    frame_object.f_globals = Field::ABSENT;
    frame_object.f_locals = Field::ABSENT;
    frame_object.f_valuestack = Field::ABSENT;
    frame_object.f_trace = Field::new(32, 8);
    frame_object.f_gen = Field::ABSENT;
    frame_object.f_lasti = Field::ABSENT;
    frame_object.f_lineno = Field::new(40, 4);
    frame_object.f_iblock = Field::ABSENT;
    frame_object.f_localsplus = Field::ABSENT;
    frame_object.f_stackdepth = Field::ABSENT;
    frame_object.f_state = Field::ABSENT;
    frame_object.f_frame = Field::new(24, 8);
    frame_object.f_frame_data = Field::new(48, 8);

    // New. f_func is the function object, f_code its code.
    let interpreter_frame = &mut layout.interpreter_frame;
    interpreter_frame.size = 80;
    interpreter_frame.f_func = Field::new(0, 8);
    interpreter_frame.f_globals = Field::new(8, 8);
    interpreter_frame.f_builtins = Field::new(16, 8);
    interpreter_frame.f_locals = Field::new(24, 8);
    interpreter_frame.f_code = Field::new(32, 8);
    interpreter_frame.frame_obj = Field::new(40, 8);
    interpreter_frame.previous = Field::new(48, 8);
    interpreter_frame.prev_instr = Field::new(56, 8);
    interpreter_frame.stacktop = Field::new(64, 4);
    interpreter_frame.is_entry = Field::new(68, 1);
    interpreter_frame.owner = Field::new(69, 1);
    interpreter_frame.localsplus = Field::new(72, 8);

    // Bytecode lies in the code object (co_code_adaptive); one list of names and kinds for all local variables.
    let code = &mut layout.code;
    code.size = 192;
    code.co_argcount = Field::new(56, 4);
    code.co_posonlyargcount = Field::new(60, 4);
    code.co_kwonlyargcount = Field::new(64, 4);
    code.co_nlocals = Field::new(80, 4);
    code.co_stacksize = Field::new(68, 4);
    code.co_flags = Field::new(48, 4);
    code.co_firstlineno = Field::new(72, 4);
    code.co_code = Field::ABSENT;
    code.co_consts = Field::new(24, 8);
    code.co_names = Field::new(32, 8);
    code.co_varnames = Field::ABSENT;
    code.co_freevars = Field::ABSENT;
    code.co_cellvars = Field::ABSENT;
    code.co_filename = Field::new(112, 8);
    code.co_name = Field::new(120, 8);
    code.co_linetable = Field::new(136, 8);
    code.co_exceptiontable = Field::new(40, 8);
    code.co_nlocalsplus = Field::new(76, 4);
    code.co_ncellvars = Field::new(88, 4);
    code.co_nfreevars = Field::new(92, 4);
    code.co_localsplusnames = Field::new(96, 8);
    code.co_localspluskinds = Field::new(104, 8);
    code.co_qualname = Field::new(128, 8);
    code.co_code_adaptive = Field::new(184, 1);

    layout.heap_type.size = 904;

    // Sizes as powers of two; the kind says whether entries have a hash.
    let dict_keys = &mut layout.dict_keys;
    dict_keys.size = 32;
    dict_keys.dk_size = Field::ABSENT;
    dict_keys.dk_usable = Field::new(16, 8);
    dict_keys.dk_nentries = Field::new(24, 8);
    dict_keys.dk_indices = Field::new(32, 0);
    dict_keys.dk_log2_size = Field::new(8, 1);
    dict_keys.dk_log2_index_bytes = Field::new(9, 1);
    dict_keys.dk_kind = Field::new(10, 1);

    // New: tables with str keys only have no hashes in their entries.
    let dict_unicode_entry = &mut layout.dict_unicode_entry;
    dict_unicode_entry.size = 16;
    dict_unicode_entry.me_key = Field::new(0, 8);
    dict_unicode_entry.me_value = Field::new(8, 8);

    // New: values of an instance in an array of their own, keys shared.
    layout.dict_values.size = 8;
    layout.dict_values.values = Field::new(0, 8);

    // It keeps up to 16 free blocks.
    layout.deque.size = 216;
    layout.deque.weakreflist = Field::new(208, 8);

    layout.function.size = 136;

    // The vectorcall pointer.
    layout.weak_reference.size = 64;

    // Notes (add_note).
    let base_exception = &mut layout.base_exception;
    base_exception.size = 72;
    base_exception.traceback = Field::new(40, 8);
    base_exception.context = Field::new(48, 8);
    base_exception.cause = Field::new(56, 8);

    // The exception a cancelled future raised, as one object.
    layout.future.size = 128;
    layout.future.fut_cancelled_exc = Field::new(120, 8);

    // As in the future it begins with, and the number of cancel requests.
    let task = &mut layout.task;
    task.size = 176;
    task.task_fut_waiter = Field::new(128, 8);
    task.task_coro = Field::new(136, 8);
    task.task_name = Field::new(144, 8);
    task.task_context = Field::new(152, 8);
    task.task_must_cancel = Field::new(160, 4);
    task.task_log_destroy_pending = Field::new(164, 4);
    task.task_cancelled_exc = Field::new(120, 8);
    task.task_num_cancels_requested = Field::new(168, 4);
}

/// All patch releases seen have the same structures.
fn for_micro(_layout: &mut Layout, _micro: u8) {}

/// aarch64 has a larger mutex and condition variable inside the interpreter's lock; what lies behind them moves.
fn for_aarch64(layout: &mut Layout, _micro: u8) {
    layout.runtime.size += 16;
    layout.runtime.gilstate_tstate_current.shift(16);
}
