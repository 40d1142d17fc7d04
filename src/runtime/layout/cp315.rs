//! CPython 3.15: frame states are renumbered, an await pushes two words.
//!
//! 0 means *created* here and *executing* in all versions before: a table mixed up would report every running
//! coroutine as never awaited. 3.15.0 has the same offsets. A build with the (disabled) JIT is 8 bytes larger at
//! the end of `_PyThreadStateImpl`.
//!
//! Offsets measured: 3.15.2. Written by `scripts/layouts/generate.py`; edit `tables.toml` there.

use super::{Field, FrameStates, Layout, Table};

pub(super) const TABLE: Table = Table { changes, for_micro, for_aarch64 };

/// What changed from 3.14.5.
fn changes(layout: &mut Layout) {
    // The awaited object is below a second word (null or an index) on the stack of a suspended frame.
    layout.frame_states = Some(FrameStates {
        created: 0,
        suspended: 1,
        suspended_yield_from: Some(2),
        suspended_yield_from_locked: Some(3),
        executing: 4,
        completed: None,
        cleared: 5,
    });
    layout.await_stack_depth = 2;

    // Smaller and reordered; generation0 is still the last word.
    let gc = &mut layout.gc;
    gc.size = 176;
    gc.enabled = Field::new(0, 4);
    gc.generations = Field::new(8, 72);
    gc.generation0 = Field::new(168, 8);
    gc.permanent_generation = Field::new(80, 24);
    gc.collecting = Field::new(112, 4);
    gc.garbage = Field::new(128, 8);
    gc.callbacks = Field::new(136, 8);
    gc.heap_size = Field::new(144, 8);
    gc.frame = Field::new(120, 8);

    let runtime = &mut layout.runtime;
    runtime.size = 346560;
    runtime.initialized = Field::new(904, 4);
    runtime.finalizing = Field::new(912, 8);
    runtime.interpreters_head = Field::new(936, 8);
    runtime.interpreters_main = Field::new(944, 8);
    runtime.debug_offsets = Field::new(0, 888);

    let interpreter = &mut layout.interpreter;
    interpreter.size = 226232;
    interpreter.next = Field::new(7264, 8);
    interpreter.tstate_head = Field::new(7336, 8);
    interpreter.id = Field::new(7272, 8);
    interpreter.modules = Field::new(7592, 8);
    interpreter.sysdict = Field::new(7576, 8);
    interpreter.builtins = Field::new(7584, 8);
    interpreter.dict = Field::new(8448, 8);
    interpreter.warnings_filters = Field::new(10696, 8);
    interpreter.warnings_once_registry = Field::new(10704, 8);
    interpreter.warnings_default_action = Field::new(10712, 8);
    interpreter.warnings_filters_version = Field::new(10744, 8);
    interpreter.runtime = Field::new(7376, 8);
    interpreter.gc = Field::new(7400, 176);
    interpreter.types_builtins_num_initialized = Field::new(180256, 8);
    interpreter.types_builtins_initialized = Field::new(180264, 9744);
    interpreter.types_for_extensions_num_initialized = Field::new(190008, 8);
    interpreter.types_for_extensions_initialized = Field::new(190024, 480);
    interpreter.threads_main = Field::new(7352, 8);
    interpreter.asyncio_tasks_head = Field::new(10856, 16);

    // base_frame is new, and a profiler's marks behind the current frame.
    let thread = &mut layout.thread;
    thread.size = 888;
    thread.exc_state = Field::new(288, 16);
    thread.exc_info = Field::new(144, 8);
    thread.dict = Field::new(152, 8);
    thread.thread_id = Field::new(176, 8);
    thread.coroutine_origin_tracking_depth = Field::new(208, 4);
    thread.async_gen_firstiter = Field::new(216, 8);
    thread.async_gen_finalizer = Field::new(224, 8);
    thread.context = Field::new(232, 8);
    thread.id = Field::new(248, 8);
    thread.native_thread_id = Field::new(184, 8);
    thread.datastack_chunk = Field::new(256, 8);
    thread.datastack_top = Field::new(264, 8);
    thread.current_exception = Field::new(136, 8);
    thread.base_frame = Field::new(80, 8);

    // The thread state in front of it has grown.
    let thread_impl = &mut layout.thread_impl;
    thread_impl.size = 1096;
    thread_impl.asyncio_running_loop = Field::new(1024, 8);
    thread_impl.asyncio_running_task = Field::new(1032, 8);
    thread_impl.asyncio_tasks_head = Field::new(1048, 16);

    // Type, value and traceback one by one, in place of a tuple of arguments.
    let athrow = &mut layout.athrow;
    athrow.size = 56;
    athrow.agt_args = Field::ABSENT;
    athrow.agt_state = Field::new(48, 4);
    athrow.agt_typ = Field::new(24, 8);
    athrow.agt_tb = Field::new(32, 8);
    athrow.agt_val = Field::new(40, 8);

    let co_monitoring = &mut layout.co_monitoring;
    co_monitoring.size = 136;
    co_monitoring.lines = Field::new(104, 8);
    co_monitoring.per_instruction_opcodes = Field::new(120, 8);

    layout.type_object.size = 424;

    let heap_type = &mut layout.heap_type;
    heap_type.size = 944;
    heap_type.ht_name = Field::new(864, 8);
    heap_type.ht_qualname = Field::new(880, 8);
    heap_type.ht_cached_keys = Field::new(888, 8);
    heap_type.ht_module = Field::new(896, 8);

    // md_state and what follows have moved up: the definition is not a field of its own any more, md_token holds
    // it.
    let module = &mut layout.module;
    module.size = 104;
    module.md_def = Field::ABSENT;
    module.md_state = Field::new(24, 8);
    module.md_weaklist = Field::new(32, 8);
    module.md_name = Field::new(40, 8);
    module.md_token_is_def = Field::new(48, 1);
    module.md_token = Field::new(88, 8);
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
    layout.interpreter.types_for_extensions_num_initialized.shift(16);
    layout.interpreter.types_for_extensions_initialized.shift(16);
    layout.interpreter.asyncio_tasks_head.shift(16);
}
