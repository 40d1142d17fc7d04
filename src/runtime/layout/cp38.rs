//! CPython 3.8: generators own a frame object; one collector for all interpreters, in `_PyRuntime`. 3.8.0 has the
//! same offsets for everything read here.
//!
//! Offsets measured: 3.8.18. Written by `scripts/layouts/generate.py`; edit `tables.toml` there.

use super::{Field, FrameKind, GcKind, GcLocation, Layout, LineTable, ManagedDict, PoolGeometry, Table, TaskRegistry};

pub(super) const TABLE: Table = Table { changes, for_micro, for_aarch64 };

/// Everything: this is the first table.
fn changes(layout: &mut Layout) {
    layout.pool_geometry = Some(PoolGeometry { arena_size: 256 << 10, pool_size: 4 << 10 });
    layout.frame_kind = FrameKind::FrameObject38;
    layout.gc_kind = GcKind::Generational;
    layout.gc_location = GcLocation::Runtime;
    layout.line_table = LineTable::Lnotab;
    layout.managed_dict = ManagedDict::None;
    layout.task_registry = TaskRegistry::AllTasksWeakSet;

    let object = &mut layout.object;
    object.size = 16;
    object.ob_refcnt = Field::new(0, 8);
    object.ob_type = Field::new(8, 8);

    layout.var_object.size = 24;
    layout.var_object.ob_size = Field::new(16, 8);

    let gc_head = &mut layout.gc_head;
    gc_head.size = 16;
    gc_head.gc_next = Field::new(0, 8);
    gc_head.gc_prev = Field::new(8, 8);

    let gc_generation = &mut layout.gc_generation;
    gc_generation.size = 24;
    gc_generation.head = Field::new(0, 16);
    gc_generation.threshold = Field::new(16, 4);
    gc_generation.count = Field::new(20, 4);

    let gc = &mut layout.gc;
    gc.size = 240;
    gc.enabled = Field::new(12, 4);
    gc.generations = Field::new(24, 72);
    gc.generation0 = Field::new(96, 8);
    gc.permanent_generation = Field::new(104, 24);
    gc.collecting = Field::new(200, 4);
    gc.garbage = Field::new(208, 8);
    gc.callbacks = Field::new(216, 8);

    let runtime = &mut layout.runtime;
    runtime.size = 1464;
    runtime.initialized = Field::new(12, 4);
    runtime.finalizing = Field::new(16, 8);
    runtime.interpreters_head = Field::new(32, 8);
    runtime.interpreters_main = Field::new(40, 8);
    runtime.gc = Field::new(344, 240);
    runtime.gilstate_tstate_current = Field::new(1368, 8);

    let interpreter = &mut layout.interpreter;
    interpreter.size = 2720;
    interpreter.next = Field::new(0, 8);
    interpreter.tstate_head = Field::new(8, 8);
    interpreter.id = Field::new(16, 8);
    interpreter.modules = Field::new(56, 8);
    interpreter.sysdict = Field::new(72, 8);
    interpreter.builtins = Field::new(80, 8);
    interpreter.dict = Field::new(544, 8);
    interpreter.warnings_filters = Field::new(2672, 8);
    interpreter.warnings_once_registry = Field::new(2680, 8);
    interpreter.warnings_default_action = Field::new(2688, 8);
    interpreter.warnings_filters_version = Field::new(2696, 8);

    let thread = &mut layout.thread;
    thread.size = 264;
    thread.prev = Field::new(0, 8);
    thread.next = Field::new(8, 8);
    thread.interp = Field::new(16, 8);
    thread.frame = Field::new(24, 8);
    thread.curexc_value = Field::new(96, 8);
    thread.exc_state = Field::new(112, 32);
    thread.exc_info = Field::new(144, 8);
    thread.dict = Field::new(152, 8);
    thread.thread_id = Field::new(176, 8);
    thread.coroutine_origin_tracking_depth = Field::new(216, 4);
    thread.async_gen_firstiter = Field::new(224, 8);
    thread.async_gen_finalizer = Field::new(232, 8);
    thread.context = Field::new(240, 8);
    thread.id = Field::new(256, 8);

    let err_stack_item = &mut layout.err_stack_item;
    err_stack_item.size = 32;
    err_stack_item.exc_value = Field::new(8, 8);
    err_stack_item.previous_item = Field::new(24, 8);

    let generator = &mut layout.generator;
    generator.size = 96;
    generator.frame = Field::new(16, 8);
    generator.running = Field::new(24, 1);
    generator.code = Field::new(32, 8);
    generator.weakreflist = Field::new(40, 8);
    generator.name = Field::new(48, 8);
    generator.qualname = Field::new(56, 8);
    generator.exc_state = Field::new(64, 32);

    let coroutine = &mut layout.coroutine;
    coroutine.size = 104;
    coroutine.frame = Field::new(16, 8);
    coroutine.running = Field::new(24, 1);
    coroutine.code = Field::new(32, 8);
    coroutine.weakreflist = Field::new(40, 8);
    coroutine.name = Field::new(48, 8);
    coroutine.qualname = Field::new(56, 8);
    coroutine.exc_state = Field::new(64, 32);
    coroutine.origin = Field::new(96, 8);

    let async_generator = &mut layout.async_generator;
    async_generator.size = 120;
    async_generator.frame = Field::new(16, 8);
    async_generator.running = Field::new(24, 1);
    async_generator.code = Field::new(32, 8);
    async_generator.weakreflist = Field::new(40, 8);
    async_generator.name = Field::new(48, 8);
    async_generator.qualname = Field::new(56, 8);
    async_generator.exc_state = Field::new(64, 32);
    async_generator.finalizer = Field::new(96, 8);
    async_generator.hooks_inited = Field::new(104, 4);
    async_generator.closed = Field::new(108, 4);
    async_generator.running_async = Field::new(112, 4);

    layout.coroutine_wrapper.size = 24;
    layout.coroutine_wrapper.cw_coroutine = Field::new(16, 8);

    let asend = &mut layout.asend;
    asend.size = 40;
    asend.ags_gen = Field::new(16, 8);
    asend.ags_sendval = Field::new(24, 8);
    asend.ags_state = Field::new(32, 4);

    let athrow = &mut layout.athrow;
    athrow.size = 40;
    athrow.agt_gen = Field::new(16, 8);
    athrow.agt_args = Field::new(24, 8);
    athrow.agt_state = Field::new(32, 4);

    // There is no f_state: created is f_lasti == -1, closed is a generator without a frame.
    let frame_object = &mut layout.frame_object;
    frame_object.size = 368;
    frame_object.f_back = Field::new(24, 8);
    frame_object.f_code = Field::new(32, 8);
    frame_object.f_builtins = Field::new(40, 8);
    frame_object.f_globals = Field::new(48, 8);
    frame_object.f_locals = Field::new(56, 8);
    frame_object.f_valuestack = Field::new(64, 8);
    frame_object.f_stacktop = Field::new(72, 8);
    frame_object.f_trace = Field::new(80, 8);
    frame_object.f_gen = Field::new(96, 8);
    frame_object.f_lasti = Field::new(104, 4);
    frame_object.f_lineno = Field::new(108, 4);
    frame_object.f_iblock = Field::new(112, 4);
    frame_object.f_executing = Field::new(116, 1);
    frame_object.f_localsplus = Field::new(360, 8);

    let code = &mut layout.code;
    code.size = 176;
    code.co_argcount = Field::new(16, 4);
    code.co_posonlyargcount = Field::new(20, 4);
    code.co_kwonlyargcount = Field::new(24, 4);
    code.co_nlocals = Field::new(28, 4);
    code.co_stacksize = Field::new(32, 4);
    code.co_flags = Field::new(36, 4);
    code.co_firstlineno = Field::new(40, 4);
    code.co_code = Field::new(48, 8);
    code.co_consts = Field::new(56, 8);
    code.co_names = Field::new(64, 8);
    code.co_varnames = Field::new(72, 8);
    code.co_freevars = Field::new(80, 8);
    code.co_cellvars = Field::new(88, 8);
    code.co_filename = Field::new(104, 8);
    code.co_name = Field::new(112, 8);
    code.co_lnotab = Field::new(120, 8);

    let type_object = &mut layout.type_object;
    type_object.size = 416;
    type_object.tp_name = Field::new(24, 8);
    type_object.tp_basicsize = Field::new(32, 8);
    type_object.tp_itemsize = Field::new(40, 8);
    type_object.tp_flags = Field::new(168, 8);
    type_object.tp_traverse = Field::new(184, 8);
    type_object.tp_weaklistoffset = Field::new(208, 8);
    type_object.tp_members = Field::new(240, 8);
    type_object.tp_getset = Field::new(248, 8);
    type_object.tp_base = Field::new(256, 8);
    type_object.tp_dict = Field::new(264, 8);
    type_object.tp_dictoffset = Field::new(288, 8);
    type_object.tp_bases = Field::new(336, 8);
    type_object.tp_mro = Field::new(344, 8);
    type_object.tp_subclasses = Field::new(360, 8);
    type_object.tp_weaklist = Field::new(368, 8);

    let heap_type = &mut layout.heap_type;
    heap_type.size = 880;
    heap_type.ht_name = Field::new(848, 8);
    heap_type.ht_qualname = Field::new(864, 8);
    heap_type.ht_cached_keys = Field::new(872, 8);

    let list = &mut layout.list;
    list.size = 40;
    list.ob_item = Field::new(24, 8);
    list.allocated = Field::new(32, 8);

    layout.tuple.size = 32;
    layout.tuple.ob_item = Field::new(24, 8);

    let dict = &mut layout.dict;
    dict.size = 48;
    dict.ma_used = Field::new(16, 8);
    dict.ma_keys = Field::new(32, 8);
    dict.ma_values = Field::new(40, 8);

    let dict_keys = &mut layout.dict_keys;
    dict_keys.size = 40;
    dict_keys.dk_refcnt = Field::new(0, 8);
    dict_keys.dk_size = Field::new(8, 8);
    dict_keys.dk_usable = Field::new(24, 8);
    dict_keys.dk_nentries = Field::new(32, 8);
    dict_keys.dk_indices = Field::new(40, 0);

    let dict_key_entry = &mut layout.dict_key_entry;
    dict_key_entry.size = 24;
    dict_key_entry.me_hash = Field::new(0, 8);
    dict_key_entry.me_key = Field::new(8, 8);
    dict_key_entry.me_value = Field::new(16, 8);

    let set = &mut layout.set;
    set.size = 200;
    set.fill = Field::new(16, 8);
    set.used = Field::new(24, 8);
    set.mask = Field::new(32, 8);
    set.table = Field::new(40, 8);
    set.smalltable = Field::new(64, 128);
    set.weakreflist = Field::new(192, 8);

    let set_entry = &mut layout.set_entry;
    set_entry.size = 16;
    set_entry.key = Field::new(0, 8);
    set_entry.hash = Field::new(8, 8);

    let deque = &mut layout.deque;
    deque.size = 80;
    deque.leftblock = Field::new(24, 8);
    deque.rightblock = Field::new(32, 8);
    deque.leftindex = Field::new(40, 8);
    deque.rightindex = Field::new(48, 8);
    deque.maxlen = Field::new(64, 8);
    deque.weakreflist = Field::new(72, 8);

    let deque_block = &mut layout.deque_block;
    deque_block.size = 528;
    deque_block.leftlink = Field::new(0, 8);
    deque_block.data = Field::new(8, 512);
    deque_block.rightlink = Field::new(520, 8);

    layout.cell.size = 24;
    layout.cell.ob_ref = Field::new(16, 8);

    let function = &mut layout.function;
    function.size = 120;
    function.func_code = Field::new(16, 8);
    function.func_globals = Field::new(24, 8);
    function.func_defaults = Field::new(32, 8);
    function.func_kwdefaults = Field::new(40, 8);
    function.func_closure = Field::new(48, 8);
    function.func_name = Field::new(64, 8);
    function.func_dict = Field::new(72, 8);
    function.func_weakreflist = Field::new(80, 8);
    function.func_module = Field::new(88, 8);
    function.func_annotations = Field::new(96, 8);
    function.func_qualname = Field::new(104, 8);

    let method = &mut layout.method;
    method.size = 48;
    method.im_func = Field::new(16, 8);
    method.im_self = Field::new(24, 8);
    method.im_weakreflist = Field::new(32, 8);

    let builtin_function = &mut layout.builtin_function;
    builtin_function.size = 56;
    builtin_function.m_ml = Field::new(16, 8);
    builtin_function.m_self = Field::new(24, 8);
    builtin_function.m_module = Field::new(32, 8);

    let method_def = &mut layout.method_def;
    method_def.size = 32;
    method_def.ml_name = Field::new(0, 8);
    method_def.ml_flags = Field::new(16, 4);

    let partial = &mut layout.partial;
    partial.size = 64;
    partial.func = Field::new(16, 8);
    partial.args = Field::new(24, 8);
    partial.kw = Field::new(32, 8);
    partial.dict = Field::new(40, 8);
    partial.weakreflist = Field::new(48, 8);

    let module = &mut layout.module;
    module.size = 56;
    module.md_dict = Field::new(16, 8);
    module.md_def = Field::new(24, 8);
    module.md_state = Field::new(32, 8);
    module.md_weaklist = Field::new(40, 8);
    module.md_name = Field::new(48, 8);

    let weak_reference = &mut layout.weak_reference;
    weak_reference.size = 56;
    weak_reference.wr_object = Field::new(16, 8);
    weak_reference.wr_callback = Field::new(24, 8);
    weak_reference.wr_prev = Field::new(40, 8);
    weak_reference.wr_next = Field::new(48, 8);

    layout.member_descriptor.size = 48;
    layout.member_descriptor.d_member = Field::new(40, 8);

    let member_def = &mut layout.member_def;
    member_def.size = 40;
    member_def.name = Field::new(0, 8);
    member_def.kind = Field::new(8, 4);
    member_def.offset = Field::new(16, 8);
    member_def.flags = Field::new(24, 4);

    layout.mapping_proxy.size = 24;
    layout.mapping_proxy.mapping = Field::new(16, 8);

    let ascii = &mut layout.ascii;
    ascii.size = 48;
    ascii.length = Field::new(16, 8);
    ascii.hash = Field::new(24, 8);
    ascii.state = Field::new(32, 4);
    ascii.state_interned = Field::bits(32, 0, 2);
    ascii.state_kind = Field::bits(32, 2, 3);
    ascii.state_compact = Field::bits(32, 5, 1);
    ascii.state_ascii = Field::bits(32, 6, 1);
    ascii.state_ready = Field::bits(32, 7, 1);

    let compact_unicode = &mut layout.compact_unicode;
    compact_unicode.size = 72;
    compact_unicode.utf8_length = Field::new(48, 8);
    compact_unicode.utf8 = Field::new(56, 8);

    layout.unicode.size = 80;
    layout.unicode.data = Field::new(72, 8);

    layout.long.size = 32;
    layout.long.ob_digit = Field::new(24, 4);

    layout.float.size = 24;
    layout.float.ob_fval = Field::new(16, 8);

    layout.bytes.size = 40;
    layout.bytes.ob_sval = Field::new(32, 1);

    let base_exception = &mut layout.base_exception;
    base_exception.size = 64;
    base_exception.dict = Field::new(16, 8);
    base_exception.args = Field::new(24, 8);
    base_exception.traceback = Field::new(32, 8);
    base_exception.context = Field::new(40, 8);
    base_exception.cause = Field::new(48, 8);

    let traceback = &mut layout.traceback;
    traceback.size = 40;
    traceback.tb_next = Field::new(16, 8);
    traceback.tb_frame = Field::new(24, 8);
    traceback.tb_lasti = Field::new(32, 4);
    traceback.tb_lineno = Field::new(36, 4);

    let context = &mut layout.context;
    context.size = 48;
    context.ctx_prev = Field::new(16, 8);
    context.ctx_vars = Field::new(24, 8);
    context.ctx_entered = Field::new(40, 4);

    let context_var = &mut layout.context_var;
    context_var.size = 64;
    context_var.var_name = Field::new(16, 8);
    context_var.var_default = Field::new(24, 8);
    context_var.var_hash = Field::new(56, 8);

    let hamt = &mut layout.hamt;
    hamt.size = 40;
    hamt.h_root = Field::new(16, 8);
    hamt.h_count = Field::new(32, 8);

    let hamt_bitmap = &mut layout.hamt_bitmap;
    hamt_bitmap.size = 40;
    hamt_bitmap.b_bitmap = Field::new(24, 4);
    hamt_bitmap.b_array = Field::new(32, 8);

    let hamt_array = &mut layout.hamt_array;
    hamt_array.size = 280;
    hamt_array.a_array = Field::new(16, 256);
    hamt_array.a_count = Field::new(272, 8);

    let hamt_collision = &mut layout.hamt_collision;
    hamt_collision.size = 40;
    hamt_collision.c_hash = Field::new(24, 4);
    hamt_collision.c_array = Field::new(32, 8);

    // Private to obmalloc.c up to 3.11: written down in the probe by hand.
    let pool = &mut layout.pool;
    pool.size = 48;
    pool.ref_count = Field::new(0, 4);
    pool.freeblock = Field::new(8, 8);
    pool.arenaindex = Field::new(32, 4);
    pool.szidx = Field::new(36, 4);
    pool.nextoffset = Field::new(40, 4);
    pool.maxnextoffset = Field::new(44, 4);

    let future = &mut layout.future;
    future.size = 104;
    future.fut_loop = Field::new(16, 8);
    future.fut_callback0 = Field::new(24, 8);
    future.fut_context0 = Field::new(32, 8);
    future.fut_callbacks = Field::new(40, 8);
    future.fut_exception = Field::new(48, 8);
    future.fut_result = Field::new(56, 8);
    future.fut_source_tb = Field::new(64, 8);
    future.fut_state = Field::new(72, 4);
    future.fut_log_tb = Field::new(76, 4);
    future.fut_blocking = Field::new(80, 4);
    future.dict = Field::new(88, 8);
    future.fut_weakreflist = Field::new(96, 8);

    let task = &mut layout.task;
    task.size = 144;
    task.task_loop = Field::new(16, 8);
    task.task_callback0 = Field::new(24, 8);
    task.task_context0 = Field::new(32, 8);
    task.task_callbacks = Field::new(40, 8);
    task.task_exception = Field::new(48, 8);
    task.task_result = Field::new(56, 8);
    task.task_source_tb = Field::new(64, 8);
    task.task_state = Field::new(72, 4);
    task.task_log_tb = Field::new(76, 4);
    task.task_blocking = Field::new(80, 4);
    task.dict = Field::new(88, 8);
    task.task_weakreflist = Field::new(96, 8);
    task.task_fut_waiter = Field::new(104, 8);
    task.task_coro = Field::new(112, 8);
    task.task_name = Field::new(120, 8);
    task.task_context = Field::new(128, 8);
    task.task_must_cancel = Field::new(136, 4);
    task.task_log_destroy_pending = Field::new(140, 4);

    let step_wrapper = &mut layout.step_wrapper;
    step_wrapper.size = 32;
    step_wrapper.sw_task = Field::new(16, 8);
    step_wrapper.sw_arg = Field::new(24, 8);

    // Gone in 3.10: a builtin function whose m_self is the task does its work.
    layout.wakeup_wrapper.size = 24;
    layout.wakeup_wrapper.ww_task = Field::new(16, 8);

    layout.future_iterator.size = 24;
    layout.future_iterator.future = Field::new(16, 8);
}

/// All patch releases seen have the same structures.
fn for_micro(_layout: &mut Layout, _micro: u8) {}

/// aarch64 has a larger mutex and condition variable inside the interpreter's lock; what lies behind them moves.
fn for_aarch64(layout: &mut Layout, _micro: u8) {
    layout.runtime.size += 16;
    layout.runtime.gilstate_tstate_current.shift(16);
}
