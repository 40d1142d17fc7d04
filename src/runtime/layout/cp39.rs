//! CPython 3.9: each interpreter has a collector of its own. 3.9.5 has the same offsets for everything read here;
//! 3.9.2 differs in the size of the interpreter state only.
//!
//! Offsets measured: 3.9.18. Written by `scripts/layouts/generate.py`; edit `tables.toml` there.

use super::{Field, GcLocation, Layout, Table};

pub(super) const TABLE: Table = Table { changes, for_micro, for_aarch64 };

/// What changed from 3.8.
fn changes(layout: &mut Layout) {
    layout.gc_location = GcLocation::Interpreter;

    // The collector's state has moved into the interpreter.
    let runtime = &mut layout.runtime;
    runtime.size = 656;
    runtime.gc = Field::ABSENT;
    runtime.gilstate_tstate_current = Field::new(568, 8);

    // The collector's state and the evaluation loop's are in here now.
    let interpreter = &mut layout.interpreter;
    interpreter.size = 5656;
    interpreter.id = Field::new(24, 8);
    interpreter.modules = Field::new(856, 8);
    interpreter.sysdict = Field::new(872, 8);
    interpreter.builtins = Field::new(880, 8);
    interpreter.dict = Field::new(1376, 8);
    interpreter.warnings_filters = Field::new(3504, 8);
    interpreter.warnings_once_registry = Field::new(3512, 8);
    interpreter.warnings_default_action = Field::new(3520, 8);
    interpreter.warnings_filters_version = Field::new(3528, 8);
    interpreter.runtime = Field::new(16, 8);
    interpreter.gc = Field::new(616, 240);

    // tp_print, kept for compatibility behind the last slot in 3.8, is gone.
    layout.type_object.size = 408;

    // ht_module: the module that made the type.
    let heap_type = &mut layout.heap_type;
    heap_type.ht_name = Field::new(840, 8);
    heap_type.ht_qualname = Field::new(856, 8);
    heap_type.ht_cached_keys = Field::new(864, 8);
    heap_type.ht_module = Field::new(872, 8);

    // fut_cancel_msg, and room for the exception a cancelled future raised.
    let future = &mut layout.future;
    future.size = 144;
    future.fut_state = Field::new(80, 4);
    future.fut_log_tb = Field::new(84, 4);
    future.fut_blocking = Field::new(88, 4);
    future.dict = Field::new(96, 8);
    future.fut_weakreflist = Field::new(104, 8);
    future.fut_cancel_msg = Field::new(72, 8);

    // As in the future it begins with.
    let task = &mut layout.task;
    task.size = 184;
    task.task_state = Field::new(80, 4);
    task.task_log_tb = Field::new(84, 4);
    task.task_blocking = Field::new(88, 4);
    task.dict = Field::new(96, 8);
    task.task_weakreflist = Field::new(104, 8);
    task.task_fut_waiter = Field::new(144, 8);
    task.task_coro = Field::new(152, 8);
    task.task_name = Field::new(160, 8);
    task.task_context = Field::new(168, 8);
    task.task_must_cancel = Field::new(176, 4);
    task.task_log_destroy_pending = Field::new(180, 4);
    task.task_cancel_msg = Field::new(72, 8);
}

/// All patch releases seen have the same structures.
fn for_micro(_layout: &mut Layout, _micro: u8) {}

/// aarch64 has a larger mutex and condition variable inside the interpreter's lock; what lies behind them moves.
fn for_aarch64(layout: &mut Layout, _micro: u8) {
    layout.runtime.size += 16;
    layout.runtime.gilstate_tstate_current.shift(16);
}
