//! CPython 3.13: `_PyRuntime` begins with the debug offsets; attributes of instances lie behind the object.
//!
//! `generations` is not to be trusted here: Debian lowers the alignment of `PyGC_Head` and has the lists at 20
//! where upstream has them at 24. The pointer `generation0` is the address of the first list, whatever the build
//! (see `overlay`).
//!
//! Offsets measured: 3.13.0, 3.13.5, 3.13.18. Written by `scripts/layouts/generate.py`; edit `tables.toml` there.

use super::{Field, FrameStates, Layout, ManagedDict, Table};

pub(super) const TABLE: Table = Table { changes, for_micro, for_aarch64 };

/// What changed from 3.12.
fn changes(layout: &mut Layout) {
    // Frame states renumbered: -1 now means suspended in an await, -2 any other suspension, -3 created.
    layout.frame_states = Some(FrameStates {
        created: -3,
        suspended: -2,
        suspended_yield_from: Some(-1),
        suspended_yield_from_locked: None,
        executing: 0,
        completed: Some(1),
        cleared: 4,
    });
    layout.managed_dict_before = 24;
    layout.managed_dict = ManagedDict::Inline313;

    // The debug offsets come first.
    let runtime = &mut layout.runtime;
    runtime.size = 283320;
    runtime.initialized = Field::new(600, 4);
    runtime.finalizing = Field::new(608, 8);
    runtime.interpreters_head = Field::new(632, 8);
    runtime.interpreters_main = Field::new(640, 8);
    runtime.debug_offsets = Field::new(0, 584);

    // The evaluation loop's state, with its mutex and condition variable, comes first.
    let interpreter = &mut layout.interpreter;
    interpreter.size = 194968;
    interpreter.next = Field::new(7264, 8);
    interpreter.tstate_head = Field::new(7344, 8);
    interpreter.id = Field::new(7272, 8);
    interpreter.modules = Field::new(7656, 8);
    interpreter.sysdict = Field::new(7640, 8);
    interpreter.builtins = Field::new(7648, 8);
    interpreter.dict = Field::new(8448, 8);
    interpreter.warnings_filters = Field::new(10656, 8);
    interpreter.warnings_once_registry = Field::new(10664, 8);
    interpreter.warnings_default_action = Field::new(10672, 8);
    interpreter.warnings_filters_version = Field::new(10688, 8);
    interpreter.runtime = Field::new(7376, 8);
    interpreter.gc = Field::new(7400, 240);
    interpreter.types_builtins_num_initialized = Field::new(182960, 8);
    interpreter.types_builtins_initialized = Field::new(182968, 9600);
    interpreter.types_for_extensions_num_initialized = Field::new(192568, 8);
    interpreter.types_for_extensions_initialized = Field::new(192584, 480);

    // `isbuiltin` is new.
    let static_type_state = &mut layout.static_type_state;
    static_type_state.size = 48;
    static_type_state.ready = Field::new(16, 4);
    static_type_state.tp_dict = Field::new(24, 8);
    static_type_state.tp_subclasses = Field::new(32, 8);
    static_type_state.tp_weaklist = Field::new(40, 8);

    // current_frame replaces the detour through cframe.
    let thread = &mut layout.thread;
    thread.size = 304;
    thread.exc_info = Field::new(120, 8);
    thread.dict = Field::new(128, 8);
    thread.thread_id = Field::new(152, 8);
    thread.cframe = Field::ABSENT;
    thread.native_thread_id = Field::new(160, 8);
    thread.status = Field::new(32, 4);
    thread.current_exception = Field::new(112, 8);
    thread.current_frame = Field::new(72, 8);

    // New. asyncio_running_loop is the first field behind the thread state.
    layout.thread_impl.size = 336;
    layout.thread_impl.asyncio_running_loop = Field::new(304, 8);

    let cframe = &mut layout.cframe;
    cframe.size = 0;
    cframe.current_frame = Field::ABSENT;
    cframe.previous = Field::ABSENT;

    // Locals that a debugger added, and the cache of f_locals.
    let frame_object = &mut layout.frame_object;
    frame_object.size = 72;
    frame_object.f_frame_data = Field::new(64, 8);
    frame_object.f_extra_locals = Field::new(48, 8);
    frame_object.f_locals_cache = Field::new(56, 8);

    // f_executable (code object, or None in entry frames) and instr_ptr, which points to the next instruction of a
    // suspended frame.
    let interpreter_frame = &mut layout.interpreter_frame;
    interpreter_frame.f_code = Field::ABSENT;
    interpreter_frame.prev_instr = Field::ABSENT;
    interpreter_frame.f_executable = Field::new(0, 8);
    interpreter_frame.instr_ptr = Field::new(56, 8);

    let code = &mut layout.code;
    code.size = 208;
    code.co_code_adaptive = Field::new(200, 1);
    code.co_monitoring = Field::new(176, 8);

    let co_monitoring = &mut layout.co_monitoring;
    co_monitoring.size = 64;
    co_monitoring.lines = Field::new(32, 8);
    co_monitoring.per_instruction_opcodes = Field::new(48, 8);

    layout.heap_type.size = 928;

    // A header of four bytes in front of the values.
    let dict_values = &mut layout.dict_values;
    dict_values.size = 16;
    dict_values.values = Field::new(8, 8);
    dict_values.capacity = Field::new(0, 1);
    dict_values.used = Field::new(1, 1);
    dict_values.embedded = Field::new(2, 1);
    dict_values.valid = Field::new(3, 1);

    // Flags are bits of one byte; instance dict and weak references are managed by the type.
    let future = &mut layout.future;
    future.size = 104;
    future.fut_state = Field::new(96, 4);
    future.fut_log_tb = Field::bits(100, 0, 1);
    future.fut_blocking = Field::bits(100, 1, 1);
    future.dict = Field::ABSENT;
    future.fut_weakreflist = Field::ABSENT;
    future.fut_cancelled_exc = Field::new(88, 8);

    // As in the future it begins with.
    let task = &mut layout.task;
    task.size = 144;
    task.task_state = Field::new(96, 4);
    task.task_log_tb = Field::bits(100, 0, 1);
    task.task_blocking = Field::bits(100, 1, 1);
    task.dict = Field::ABSENT;
    task.task_weakreflist = Field::ABSENT;
    task.task_fut_waiter = Field::new(112, 8);
    task.task_coro = Field::new(120, 8);
    task.task_name = Field::new(128, 8);
    task.task_context = Field::new(136, 8);
    task.task_must_cancel = Field::bits(100, 2, 1);
    task.task_log_destroy_pending = Field::bits(100, 3, 1);
    task.task_cancelled_exc = Field::new(88, 8);
    task.task_num_cancels_requested = Field::new(104, 4);
}

/// Patch releases whose structures differ from those of 3.13.0.
fn for_micro(layout: &mut Layout, micro: u8) {
    if (5..=11).contains(&micro) {
        debian(layout);
    }
    if (12..).contains(&micro) {
        debian_late(layout);
    }
}

/// 3.13.5 as Debian ships it. An upstream build of it has `generations` at 24; `generation0` tells.
fn debian(layout: &mut Layout) {
    // A patch of the distribution packs PyGC_Head to 4 bytes, so the lists follow `debug` at once.
    layout.gc.generations = Field::new(20, 72);

    layout.runtime.size = 283376;

    layout.interpreter.size = 194976;
}

/// 3.13.15 and later as Debian ships them; which release enlarged the thread state is not known (after 3.13.5, by
/// 3.13.15). The debug offsets tell its size, and with it where asyncio_running_loop is.
fn debian_late(layout: &mut Layout) {
    // As in 3.13.5.
    layout.gc.generations = Field::new(20, 72);

    layout.runtime.size = 283408;

    layout.interpreter.size = 194984;

    layout.thread.size = 312;

    // The thread state in front of it has grown.
    layout.thread_impl.size = 344;
    layout.thread_impl.asyncio_running_loop = Field::new(312, 8);
}

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
    layout.interpreter.types_for_extensions_num_initialized.shift(16);
    layout.interpreter.types_for_extensions_initialized.shift(16);
}
