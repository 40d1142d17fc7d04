//! CPython 3.12: immortal objects, a lock per interpreter, static builtin types per interpreter. `tp_dict` of a
//! static builtin type is null: its dict is in the interpreter state. A task's name may be an int, meaning
//! `Task-<n>`, until somebody asks for it. 3.12.0 has the same offsets for everything read here. A build without
//! free lists shifts interpreter fields behind `float_state`.
//!
//! Offsets measured: 3.12.1. Written by `scripts/layouts/generate.py`; edit `tables.toml` there.

use super::{Field, Layout, ManagedDict, Table, TaskRegistry};

pub(super) const TABLE: Table = Table { changes, for_micro, for_aarch64 };

/// What changed from 3.11.
fn changes(layout: &mut Layout) {
    layout.managed_weakref_before = 32;
    layout.immortal_objects = true;
    layout.managed_dict = ManagedDict::TaggedPointer312;
    layout.managed_dict_before = 24;
    layout.task_registry = TaskRegistry::ScheduledTasksWeakSet;

    layout.runtime.size = 459944;
    layout.runtime.gilstate_tstate_current = Field::ABSENT;

    // Much of _PyRuntime has moved in here; the types arrays are the least stable offsets of all.
    let interpreter = &mut layout.interpreter;
    interpreter.size = 383552;
    interpreter.tstate_head = Field::new(72, 8);
    interpreter.id = Field::new(8, 8);
    interpreter.modules = Field::new(944, 8);
    interpreter.sysdict = Field::new(352, 8);
    interpreter.builtins = Field::new(360, 8);
    interpreter.dict = Field::new(1720, 8);
    interpreter.warnings_filters = Field::new(3896, 8);
    interpreter.warnings_once_registry = Field::new(3904, 8);
    interpreter.warnings_default_action = Field::new(3912, 8);
    interpreter.warnings_filters_version = Field::new(3920, 8);
    interpreter.runtime = Field::new(96, 8);
    interpreter.gc = Field::new(112, 240);
    interpreter.types_builtins_num_initialized = Field::new(373696, 8);
    interpreter.types_builtins_initialized = Field::new(373704, 8000);

    // New: what an interpreter keeps about a static builtin type (called static_builtin_state in 3.12).
    let static_type_state = &mut layout.static_type_state;
    static_type_state.size = 40;
    static_type_state.type_address = Field::new(0, 8);
    static_type_state.ready = Field::new(12, 4);
    static_type_state.tp_dict = Field::new(16, 8);
    static_type_state.tp_subclasses = Field::new(24, 8);
    static_type_state.tp_weaklist = Field::new(32, 8);

    // One current exception object; _status is new.
    let thread = &mut layout.thread;
    thread.size = 288;
    thread.curexc_value = Field::ABSENT;
    thread.exc_state = Field::new(256, 16);
    thread.exc_info = Field::new(104, 8);
    thread.dict = Field::new(112, 8);
    thread.thread_id = Field::new(136, 8);
    thread.coroutine_origin_tracking_depth = Field::new(184, 4);
    thread.async_gen_firstiter = Field::new(192, 8);
    thread.async_gen_finalizer = Field::new(200, 8);
    thread.context = Field::new(208, 8);
    thread.id = Field::new(224, 8);
    thread.native_thread_id = Field::new(144, 8);
    thread.datastack_chunk = Field::new(232, 8);
    thread.datastack_top = Field::new(240, 8);
    thread.status = Field::new(24, 4);
    thread.current_exception = Field::new(96, 8);

    // use_tracing is gone.
    let cframe = &mut layout.cframe;
    cframe.size = 16;
    cframe.current_frame = Field::new(0, 8);
    cframe.previous = Field::new(8, 8);

    // `code` is gone: the frame has it.
    let generator = &mut layout.generator;
    generator.size = 80;
    generator.code = Field::ABSENT;
    generator.weakreflist = Field::new(16, 8);
    generator.name = Field::new(24, 8);
    generator.qualname = Field::new(32, 8);
    generator.exc_state = Field::new(40, 16);
    generator.frame_state = Field::new(67, 1);
    generator.iframe = Field::new(72, 8);

    // As in the generator.
    let coroutine = &mut layout.coroutine;
    coroutine.size = 80;
    coroutine.code = Field::ABSENT;
    coroutine.weakreflist = Field::new(16, 8);
    coroutine.name = Field::new(24, 8);
    coroutine.qualname = Field::new(32, 8);
    coroutine.exc_state = Field::new(40, 16);
    coroutine.origin_or_finalizer = Field::new(56, 8);
    coroutine.frame_state = Field::new(67, 1);
    coroutine.iframe = Field::new(72, 8);

    // As in the generator.
    let async_generator = &mut layout.async_generator;
    async_generator.size = 80;
    async_generator.code = Field::ABSENT;
    async_generator.weakreflist = Field::new(16, 8);
    async_generator.name = Field::new(24, 8);
    async_generator.qualname = Field::new(32, 8);
    async_generator.exc_state = Field::new(40, 16);
    async_generator.hooks_inited = Field::new(64, 1);
    async_generator.closed = Field::new(65, 1);
    async_generator.running_async = Field::new(66, 1);
    async_generator.origin_or_finalizer = Field::new(56, 8);
    async_generator.frame_state = Field::new(67, 1);
    async_generator.iframe = Field::new(72, 8);

    // f_code comes first, the function object is f_funcobj.
    let interpreter_frame = &mut layout.interpreter_frame;
    interpreter_frame.f_func = Field::ABSENT;
    interpreter_frame.f_globals = Field::new(24, 8);
    interpreter_frame.f_builtins = Field::new(32, 8);
    interpreter_frame.f_locals = Field::new(40, 8);
    interpreter_frame.f_code = Field::new(0, 8);
    interpreter_frame.frame_obj = Field::new(48, 8);
    interpreter_frame.previous = Field::new(8, 8);
    interpreter_frame.is_entry = Field::ABSENT;
    interpreter_frame.owner = Field::new(70, 1);
    interpreter_frame.f_funcobj = Field::new(16, 8);
    interpreter_frame.return_offset = Field::new(68, 2);

    let code = &mut layout.code;
    code.size = 200;
    code.co_argcount = Field::new(52, 4);
    code.co_posonlyargcount = Field::new(56, 4);
    code.co_kwonlyargcount = Field::new(60, 4);
    code.co_stacksize = Field::new(64, 4);
    code.co_firstlineno = Field::new(68, 4);
    code.co_nlocalsplus = Field::new(72, 4);
    code.co_ncellvars = Field::new(84, 4);
    code.co_nfreevars = Field::new(88, 4);
    code.co_code_adaptive = Field::new(192, 1);
    code.co_framesize = Field::new(76, 4);
    code.co_monitoring = Field::new(168, 8);

    let co_monitoring = &mut layout.co_monitoring;
    co_monitoring.size = 72;
    co_monitoring.lines = Field::new(40, 8);
    co_monitoring.per_instruction_opcodes = Field::new(56, 8);

    layout.type_object.size = 416;

    let heap_type = &mut layout.heap_type;
    heap_type.size = 920;
    heap_type.ht_name = Field::new(856, 8);
    heap_type.ht_qualname = Field::new(872, 8);
    heap_type.ht_cached_keys = Field::new(880, 8);
    heap_type.ht_module = Field::new(888, 8);

    layout.function.size = 144;

    // wstr, the old wchar_t copy, is gone; the bit that said `ready` says `statically_allocated` now.
    let ascii = &mut layout.ascii;
    ascii.size = 40;
    ascii.state_ready = Field::ABSENT;
    ascii.state_statically_allocated = Field::bits(32, 7, 1);

    // As in the part it begins with; wstr_length is gone.
    let compact_unicode = &mut layout.compact_unicode;
    compact_unicode.size = 56;
    compact_unicode.utf8_length = Field::new(40, 8);
    compact_unicode.utf8 = Field::new(48, 8);

    // As in the part it begins with.
    layout.unicode.size = 64;
    layout.unicode.data = Field::new(56, 8);

    // lv_tag: number of digits << 3, and the sign.
    layout.long.lv_tag = Field::new(16, 8);

    // New: the module has a state. Only its leading part is measured.
    let asyncio_state = &mut layout.asyncio_state;
    asyncio_state.size = 80;
    asyncio_state.future_iterator_type = Field::new(0, 8);
    asyncio_state.step_wrapper_type = Field::new(8, 8);
    asyncio_state.future_type = Field::new(16, 8);
    asyncio_state.task_type = Field::new(24, 8);
    asyncio_state.asyncio_mod = Field::new(32, 8);
    asyncio_state.current_tasks = Field::new(48, 8);
    asyncio_state.scheduled_tasks = Field::new(56, 8);
    asyncio_state.eager_tasks = Field::new(64, 8);
}

/// All patch releases seen have the same structures.
fn for_micro(_layout: &mut Layout, _micro: u8) {}

/// aarch64 has a larger mutex and condition variable inside the interpreter's lock; what lies behind them moves.
fn for_aarch64(layout: &mut Layout, _micro: u8) {
    layout.runtime.size += 16;
    layout.interpreter.size += 16;
    layout.interpreter.dict.shift(16);
    layout.interpreter.warnings_filters.shift(16);
    layout.interpreter.warnings_once_registry.shift(16);
    layout.interpreter.warnings_default_action.shift(16);
    layout.interpreter.warnings_filters_version.shift(16);
    layout.interpreter.types_builtins_num_initialized.shift(16);
    layout.interpreter.types_builtins_initialized.shift(16);
}
