//! CPython 3.10: the frame object has a state of its own (`f_state`), the line table a new format, pymalloc larger
//! pools. 3.10.0 has the same offsets for everything read here.
//!
//! Offsets measured: 3.10.13. Written by `scripts/layouts/generate.py`; edit `tables.toml` there.

use super::{Field, FrameKind, FrameStates, Layout, LineTable, PoolGeometry, Table};

pub(super) const TABLE: Table = Table { changes, for_micro, for_aarch64 };

/// What changed from 3.9.
fn changes(layout: &mut Layout) {
    // f_state also knows 2 (unwinding) and 3 (raised), for a moment. Pools: 16 KiB in arenas of 1 MiB.
    layout.frame_states = Some(FrameStates {
        created: -2,
        suspended: -1,
        suspended_yield_from: None,
        suspended_yield_from_locked: None,
        executing: 0,
        completed: Some(1),
        cleared: 4,
    });
    layout.pool_geometry = Some(PoolGeometry { arena_size: 1024 << 10, pool_size: 16 << 10 });
    layout.frame_kind = FrameKind::FrameObject310;
    layout.line_table = LineTable::Ranges310;

    layout.runtime.size = 672;

    let interpreter = &mut layout.interpreter;
    interpreter.size = 113528;
    interpreter.dict = Field::new(1344, 8);
    interpreter.warnings_filters = Field::new(3456, 8);
    interpreter.warnings_once_registry = Field::new(3464, 8);
    interpreter.warnings_default_action = Field::new(3472, 8);
    interpreter.warnings_filters_version = Field::new(3480, 8);

    // cframe holds use_tracing only; the current frame is still thread.frame.
    layout.thread.size = 280;
    layout.thread.cframe = Field::new(48, 8);

    // `running` is gone: f_state says it.
    let generator = &mut layout.generator;
    generator.size = 88;
    generator.running = Field::ABSENT;
    generator.code = Field::new(24, 8);
    generator.weakreflist = Field::new(32, 8);
    generator.name = Field::new(40, 8);
    generator.qualname = Field::new(48, 8);
    generator.exc_state = Field::new(56, 32);

    // As in the generator.
    let coroutine = &mut layout.coroutine;
    coroutine.size = 96;
    coroutine.running = Field::ABSENT;
    coroutine.code = Field::new(24, 8);
    coroutine.weakreflist = Field::new(32, 8);
    coroutine.name = Field::new(40, 8);
    coroutine.qualname = Field::new(48, 8);
    coroutine.exc_state = Field::new(56, 32);
    coroutine.origin = Field::new(88, 8);

    // As in the generator.
    let async_generator = &mut layout.async_generator;
    async_generator.size = 112;
    async_generator.running = Field::ABSENT;
    async_generator.code = Field::new(24, 8);
    async_generator.weakreflist = Field::new(32, 8);
    async_generator.name = Field::new(40, 8);
    async_generator.qualname = Field::new(48, 8);
    async_generator.exc_state = Field::new(56, 32);
    async_generator.finalizer = Field::new(88, 8);
    async_generator.hooks_inited = Field::new(96, 4);
    async_generator.closed = Field::new(100, 4);
    async_generator.running_async = Field::new(104, 4);

    // New with anext().
    let anext_awaitable = &mut layout.anext_awaitable;
    anext_awaitable.size = 32;
    anext_awaitable.wrapped = Field::new(16, 8);
    anext_awaitable.default_value = Field::new(24, 8);

    // f_state replaces f_executing; f_stackdepth, a number, replaces f_stacktop, a pointer. f_lasti counts code
    // units.
    let frame_object = &mut layout.frame_object;
    frame_object.size = 360;
    frame_object.f_stacktop = Field::ABSENT;
    frame_object.f_trace = Field::new(72, 8);
    frame_object.f_gen = Field::new(88, 8);
    frame_object.f_lasti = Field::new(96, 4);
    frame_object.f_lineno = Field::new(100, 4);
    frame_object.f_iblock = Field::new(104, 4);
    frame_object.f_executing = Field::ABSENT;
    frame_object.f_localsplus = Field::new(352, 8);
    frame_object.f_stackdepth = Field::new(80, 4);
    frame_object.f_state = Field::new(108, 1);

    // co_linetable in place of co_lnotab.
    layout.code.co_lnotab = Field::ABSENT;
    layout.code.co_linetable = Field::new(120, 8);

    let heap_type = &mut layout.heap_type;
    heap_type.size = 888;
    heap_type.ht_name = Field::new(848, 8);
    heap_type.ht_qualname = Field::new(864, 8);
    heap_type.ht_cached_keys = Field::new(872, 8);
    heap_type.ht_module = Field::new(880, 8);

    // func_builtins is new, and the fields that describe how to call it come first.
    let function = &mut layout.function;
    function.size = 128;
    function.func_code = Field::new(48, 8);
    function.func_globals = Field::new(16, 8);
    function.func_defaults = Field::new(56, 8);
    function.func_kwdefaults = Field::new(64, 8);
    function.func_closure = Field::new(72, 8);
    function.func_name = Field::new(32, 8);
    function.func_dict = Field::new(88, 8);
    function.func_weakreflist = Field::new(96, 8);
    function.func_module = Field::new(104, 8);
    function.func_annotations = Field::new(112, 8);
    function.func_qualname = Field::new(40, 8);
    function.func_builtins = Field::new(24, 8);

    // fut_exception_tb: the traceback of the exception.
    let future = &mut layout.future;
    future.size = 152;
    future.fut_result = Field::new(64, 8);
    future.fut_source_tb = Field::new(72, 8);
    future.fut_state = Field::new(88, 4);
    future.fut_log_tb = Field::new(92, 4);
    future.fut_blocking = Field::new(96, 4);
    future.dict = Field::new(104, 8);
    future.fut_weakreflist = Field::new(112, 8);
    future.fut_cancel_msg = Field::new(80, 8);
    future.fut_exception_tb = Field::new(56, 8);

    // As in the future it begins with.
    let task = &mut layout.task;
    task.size = 192;
    task.task_result = Field::new(64, 8);
    task.task_source_tb = Field::new(72, 8);
    task.task_state = Field::new(88, 4);
    task.task_log_tb = Field::new(92, 4);
    task.task_blocking = Field::new(96, 4);
    task.dict = Field::new(104, 8);
    task.task_weakreflist = Field::new(112, 8);
    task.task_fut_waiter = Field::new(152, 8);
    task.task_coro = Field::new(160, 8);
    task.task_name = Field::new(168, 8);
    task.task_context = Field::new(176, 8);
    task.task_must_cancel = Field::new(184, 4);
    task.task_log_destroy_pending = Field::new(188, 4);
    task.task_cancel_msg = Field::new(80, 8);
    task.task_exception_tb = Field::new(56, 8);

    // Replaced by a builtin function whose m_self is the task.
    layout.wakeup_wrapper.size = 0;
    layout.wakeup_wrapper.ww_task = Field::ABSENT;
}

/// All patch releases seen have the same structures.
fn for_micro(_layout: &mut Layout, _micro: u8) {}

/// aarch64 has a larger mutex and condition variable inside the interpreter's lock; what lies behind them moves.
fn for_aarch64(layout: &mut Layout, _micro: u8) {
    layout.runtime.size += 16;
    layout.runtime.gilstate_tstate_current.shift(16);
}
