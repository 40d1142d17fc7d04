//! CPython 3.14: references in frames are tagged, tuples cache their hash, unfinished C tasks are on linked lists.
//!
//! 3.14.0 – 3.14.4 have the incremental collector; 3.14.5 went back to generations. `gc.size` in the debug offsets
//! tells which (240 or 264), and `overlay` follows it. Thread fields behind the thread state move inside this minor
//! version: `.AsyncioDebug` tells.
//!
//! Offsets measured: 3.14.10, 3.14.0. Written by `scripts/layouts/generate.py`; edit `tables.toml` there.

use super::{Field, GcKind, Layout, Table, TaskRegistry};

pub(super) const TABLE: Table = Table { changes, for_micro, for_aarch64 };

/// What changed from 3.13.0.
fn changes(layout: &mut Layout) {
    layout.tagged_references = true;
    layout.task_registry = TaskRegistry::LinkedLists;

    // The reference count is 32 bits; flags share the word.
    let object = &mut layout.object;
    object.ob_refcnt = Field::new(0, 4);
    object.ob_refcnt_full = Field::new(0, 8);
    object.ob_flags = Field::new(6, 2);

    // generation0 is the last word of the structure.
    let gc = &mut layout.gc;
    gc.size = 264;
    gc.generation0 = Field::new(256, 8);
    gc.permanent_generation = Field::new(96, 24);
    gc.collecting = Field::new(192, 4);
    gc.garbage = Field::new(200, 8);
    gc.callbacks = Field::new(208, 8);
    gc.heap_size = Field::new(216, 8);

    let runtime = &mut layout.runtime;
    runtime.size = 316616;
    runtime.initialized = Field::new(776, 4);
    runtime.finalizing = Field::new(784, 8);
    runtime.interpreters_head = Field::new(808, 8);
    runtime.interpreters_main = Field::new(816, 8);
    runtime.debug_offsets = Field::new(0, 760);

    // asyncio_tasks_head: unfinished C tasks whose thread has ended.
    let interpreter = &mut layout.interpreter;
    interpreter.size = 225864;
    interpreter.next = Field::new(7272, 8);
    interpreter.id = Field::new(7280, 8);
    interpreter.modules = Field::new(7688, 8);
    interpreter.sysdict = Field::new(7672, 8);
    interpreter.builtins = Field::new(7680, 8);
    interpreter.dict = Field::new(8496, 8);
    interpreter.warnings_filters = Field::new(10720, 8);
    interpreter.warnings_once_registry = Field::new(10728, 8);
    interpreter.warnings_default_action = Field::new(10736, 8);
    interpreter.warnings_filters_version = Field::new(10768, 8);
    interpreter.runtime = Field::new(7384, 8);
    interpreter.gc = Field::new(7408, 264);
    interpreter.types_builtins_num_initialized = Field::new(180232, 8);
    interpreter.types_builtins_initialized = Field::new(180240, 9600);
    interpreter.types_for_extensions_num_initialized = Field::new(189840, 8);
    interpreter.types_for_extensions_initialized = Field::new(189856, 480);
    interpreter.threads_main = Field::new(7360, 8);
    interpreter.asyncio_tasks_head = Field::new(10880, 16);

    // Room for a debugger's script path (512 bytes).
    layout.thread.size = 832;

    // asyncio_running_task and the list of the thread's unfinished C tasks.
    let thread_impl = &mut layout.thread_impl;
    thread_impl.size = 936;
    thread_impl.asyncio_running_loop = Field::new(864, 8);
    thread_impl.asyncio_running_task = Field::new(872, 8);
    thread_impl.asyncio_tasks_head = Field::new(880, 16);

    // sizeof now holds the head of the embedded frame.
    layout.generator.size = 160;
    layout.generator.iframe = Field::new(72, 88);

    // As in the generator.
    layout.coroutine.size = 160;
    layout.coroutine.iframe = Field::new(72, 88);

    // As in the generator.
    layout.async_generator.size = 160;
    layout.async_generator.iframe = Field::new(72, 88);

    layout.frame_object.size = 80;
    layout.frame_object.f_frame_data = Field::new(72, 8);

    // stackpointer, a pointer, replaces stacktop, a number.
    let interpreter_frame = &mut layout.interpreter_frame;
    interpreter_frame.size = 88;
    interpreter_frame.stacktop = Field::ABSENT;
    interpreter_frame.owner = Field::new(74, 1);
    interpreter_frame.localsplus = Field::new(80, 8);
    interpreter_frame.return_offset = Field::new(72, 2);
    interpreter_frame.stackpointer = Field::new(64, 8);

    layout.code.size = 216;
    layout.code.co_code_adaptive = Field::new(208, 1);

    let co_monitoring = &mut layout.co_monitoring;
    co_monitoring.size = 128;
    co_monitoring.lines = Field::new(96, 8);
    co_monitoring.per_instruction_opcodes = Field::new(112, 8);

    layout.heap_type.size = 936;

    // A cached hash stands in front of the items.
    layout.tuple.size = 40;
    layout.tuple.ob_item = Field::new(32, 8);

    // func_annotate: annotations are computed on demand.
    layout.function.size = 152;
    layout.function.func_annotate = Field::new(120, 8);

    // Placeholders.
    layout.partial.size = 80;

    // Who awaits it: one task, or a set of tasks if awaited_by_is_set.
    let future = &mut layout.future;
    future.size = 112;
    future.fut_state = Field::new(104, 4);
    future.fut_log_tb = Field::bits(110, 0, 1);
    future.fut_blocking = Field::bits(110, 1, 1);
    future.fut_awaited_by = Field::new(96, 8);
    future.fut_is_task = Field::new(108, 1);
    future.fut_awaited_by_is_set = Field::new(109, 1);

    // As in the future it begins with, and the node of the linked list.
    let task = &mut layout.task;
    task.size = 168;
    task.task_state = Field::new(104, 4);
    task.task_log_tb = Field::bits(110, 0, 1);
    task.task_blocking = Field::bits(110, 1, 1);
    task.task_fut_waiter = Field::new(120, 8);
    task.task_coro = Field::new(128, 8);
    task.task_name = Field::new(136, 8);
    task.task_context = Field::new(144, 8);
    task.task_must_cancel = Field::bits(110, 2, 1);
    task.task_log_destroy_pending = Field::bits(110, 3, 1);
    task.task_num_cancels_requested = Field::new(112, 4);
    task.task_awaited_by = Field::new(96, 8);
    task.task_is_task = Field::new(108, 1);
    task.task_awaited_by_is_set = Field::new(109, 1);
    task.task_node = Field::new(152, 16);

    // Only third-party tasks are registered here now.
    let asyncio_state = &mut layout.asyncio_state;
    asyncio_state.size = 72;
    asyncio_state.current_tasks = Field::ABSENT;
    asyncio_state.scheduled_tasks = Field::ABSENT;
    asyncio_state.eager_tasks = Field::ABSENT;
    asyncio_state.non_asyncio_tasks = Field::new(48, 8);
    asyncio_state.non_asyncio_eager_tasks = Field::new(56, 8);
}

/// Patch releases whose structures differ from those of 3.14.10.
fn for_micro(layout: &mut Layout, micro: u8) {
    if (0..=4).contains(&micro) {
        incremental(layout);
    }
}

/// 3.14.0 – 3.14.4: the incremental collector, and everything behind it in the interpreter lower. Offsets of
/// 3.14.0, from published bindings of that release, because its headers were not at hand.
fn incremental(layout: &mut Layout) {
    layout.gc_kind = GcKind::Incremental;

    // A young list and two old spaces; visited_space says which of those is being filled. Live nodes carry bit 0 of
    // _gc_next.
    let gc = &mut layout.gc;
    gc.size = 240;
    gc.generations = Field::ABSENT;
    gc.generation0 = Field::ABSENT;
    gc.young = Field::new(24, 24);
    gc.old = Field::new(48, 48);
    gc.visited_space = Field::new(232, 4);

    layout.runtime.size = 316536;

    // The collector's state is 24 bytes smaller.
    let interpreter = &mut layout.interpreter;
    interpreter.size = 225808;
    interpreter.modules = Field::new(7664, 8);
    interpreter.sysdict = Field::new(7648, 8);
    interpreter.builtins = Field::new(7656, 8);
    interpreter.dict = Field::new(8472, 8);
    interpreter.warnings_filters = Field::new(10696, 8);
    interpreter.warnings_once_registry = Field::new(10704, 8);
    interpreter.warnings_default_action = Field::new(10712, 8);
    interpreter.warnings_filters_version = Field::new(10744, 8);
    interpreter.gc = Field::new(7408, 240);
    interpreter.types_builtins_num_initialized = Field::new(180200, 8);
    interpreter.types_builtins_initialized = Field::new(180208, 9600);
    interpreter.types_for_extensions_num_initialized = Field::new(189808, 8);
    interpreter.types_for_extensions_initialized = Field::new(189824, 480);
    interpreter.asyncio_tasks_head = Field::new(10848, 16);

    layout.thread.size = 824;

    // The thread state in front of it is smaller.
    let thread_impl = &mut layout.thread_impl;
    thread_impl.size = 912;
    thread_impl.asyncio_running_loop = Field::new(856, 8);
    thread_impl.asyncio_running_task = Field::new(864, 8);
    thread_impl.asyncio_tasks_head = Field::new(872, 16);
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
    layout.interpreter.asyncio_tasks_head.shift(16);
}
