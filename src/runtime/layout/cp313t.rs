//! CPython 3.13 without the global interpreter lock (`Py_GIL_DISABLED`): the head of an object is 32 bytes. Taken
//! from headers; no such build was read while it ran.
//!
//! Offsets measured: 3.13.0t, 3.13.5t, 3.13.18t. Written by `scripts/layouts/generate.py`; edit `tables.toml`
//! there.

use super::{Field, GcKind, Layout, Table};

pub(super) const TABLE: Table = Table { changes, for_micro, for_aarch64 };

/// What changed from the default build of 3.13.0.
fn changes(layout: &mut Layout) {
    // Objects have no collector's header: ob_gc_bits says whether one is tracked. mimalloc takes the place of
    // pymalloc.
    layout.pool_geometry = None;
    layout.managed_dict_before = 8;
    layout.managed_weakref_before = 16;
    layout.gc_kind = GcKind::FreeThreaded;
    layout.header_before_gc_object = 0;

    // Owner thread, a mutex, the collector's bits and two reference counts. All fields of all objects are 16 bytes
    // further on.
    let object = &mut layout.object;
    object.size = 32;
    object.ob_refcnt = Field::ABSENT;
    object.ob_type = Field::new(24, 8);
    object.ob_tid = Field::new(0, 8);
    object.ob_gc_bits = Field::new(11, 1);
    object.ob_ref_local = Field::new(12, 4);
    object.ob_ref_shared = Field::new(16, 8);

    layout.var_object.size = 40;
    layout.var_object.ob_size = Field::new(32, 8);

    layout.gc.size = 248;

    layout.runtime.size = 328256;

    let interpreter = &mut layout.interpreter;
    interpreter.size = 215616;
    interpreter.modules = Field::new(7664, 8);
    interpreter.sysdict = Field::new(7648, 8);
    interpreter.builtins = Field::new(7656, 8);
    interpreter.dict = Field::new(8464, 8);
    interpreter.warnings_filters = Field::new(10672, 8);
    interpreter.warnings_once_registry = Field::new(10680, 8);
    interpreter.warnings_default_action = Field::new(10688, 8);
    interpreter.warnings_filters_version = Field::new(10704, 8);
    interpreter.gc = Field::new(7400, 248);
    interpreter.types_builtins_num_initialized = Field::new(186048, 8);
    interpreter.types_builtins_initialized = Field::new(186056, 9600);
    interpreter.types_for_extensions_num_initialized = Field::new(195656, 8);
    interpreter.types_for_extensions_initialized = Field::new(195672, 480);

    layout.thread_impl.size = 17816;

    let generator = &mut layout.generator;
    generator.size = 96;
    generator.weakreflist = Field::new(32, 8);
    generator.name = Field::new(40, 8);
    generator.qualname = Field::new(48, 8);
    generator.exc_state = Field::new(56, 16);
    generator.frame_state = Field::new(83, 1);
    generator.iframe = Field::new(88, 8);

    let coroutine = &mut layout.coroutine;
    coroutine.size = 96;
    coroutine.weakreflist = Field::new(32, 8);
    coroutine.name = Field::new(40, 8);
    coroutine.qualname = Field::new(48, 8);
    coroutine.exc_state = Field::new(56, 16);
    coroutine.origin_or_finalizer = Field::new(72, 8);
    coroutine.frame_state = Field::new(83, 1);
    coroutine.iframe = Field::new(88, 8);

    let async_generator = &mut layout.async_generator;
    async_generator.size = 96;
    async_generator.weakreflist = Field::new(32, 8);
    async_generator.name = Field::new(40, 8);
    async_generator.qualname = Field::new(48, 8);
    async_generator.exc_state = Field::new(56, 16);
    async_generator.hooks_inited = Field::new(80, 1);
    async_generator.closed = Field::new(81, 1);
    async_generator.running_async = Field::new(82, 1);
    async_generator.origin_or_finalizer = Field::new(72, 8);
    async_generator.frame_state = Field::new(83, 1);
    async_generator.iframe = Field::new(88, 8);

    layout.coroutine_wrapper.size = 40;
    layout.coroutine_wrapper.cw_coroutine = Field::new(32, 8);

    let asend = &mut layout.asend;
    asend.size = 56;
    asend.ags_gen = Field::new(32, 8);
    asend.ags_sendval = Field::new(40, 8);
    asend.ags_state = Field::new(48, 4);

    let athrow = &mut layout.athrow;
    athrow.size = 56;
    athrow.agt_gen = Field::new(32, 8);
    athrow.agt_args = Field::new(40, 8);
    athrow.agt_state = Field::new(48, 4);

    let anext_awaitable = &mut layout.anext_awaitable;
    anext_awaitable.size = 48;
    anext_awaitable.wrapped = Field::new(32, 8);
    anext_awaitable.default_value = Field::new(40, 8);

    let frame_object = &mut layout.frame_object;
    frame_object.size = 88;
    frame_object.f_back = Field::new(32, 8);
    frame_object.f_trace = Field::new(48, 8);
    frame_object.f_lineno = Field::new(56, 4);
    frame_object.f_frame = Field::new(40, 8);
    frame_object.f_frame_data = Field::new(80, 8);
    frame_object.f_extra_locals = Field::new(64, 8);
    frame_object.f_locals_cache = Field::new(72, 8);

    let code = &mut layout.code;
    code.size = 224;
    code.co_argcount = Field::new(68, 4);
    code.co_posonlyargcount = Field::new(72, 4);
    code.co_kwonlyargcount = Field::new(76, 4);
    code.co_nlocals = Field::new(96, 4);
    code.co_stacksize = Field::new(80, 4);
    code.co_flags = Field::new(64, 4);
    code.co_firstlineno = Field::new(84, 4);
    code.co_consts = Field::new(40, 8);
    code.co_names = Field::new(48, 8);
    code.co_filename = Field::new(128, 8);
    code.co_name = Field::new(136, 8);
    code.co_linetable = Field::new(152, 8);
    code.co_exceptiontable = Field::new(56, 8);
    code.co_nlocalsplus = Field::new(88, 4);
    code.co_ncellvars = Field::new(100, 4);
    code.co_nfreevars = Field::new(104, 4);
    code.co_localsplusnames = Field::new(112, 8);
    code.co_localspluskinds = Field::new(120, 8);
    code.co_qualname = Field::new(144, 8);
    code.co_code_adaptive = Field::new(216, 1);
    code.co_framesize = Field::new(92, 4);
    code.co_monitoring = Field::new(192, 8);

    let type_object = &mut layout.type_object;
    type_object.size = 432;
    type_object.tp_name = Field::new(40, 8);
    type_object.tp_basicsize = Field::new(48, 8);
    type_object.tp_itemsize = Field::new(56, 8);
    type_object.tp_flags = Field::new(184, 8);
    type_object.tp_traverse = Field::new(200, 8);
    type_object.tp_weaklistoffset = Field::new(224, 8);
    type_object.tp_members = Field::new(256, 8);
    type_object.tp_getset = Field::new(264, 8);
    type_object.tp_base = Field::new(272, 8);
    type_object.tp_dict = Field::new(280, 8);
    type_object.tp_dictoffset = Field::new(304, 8);
    type_object.tp_bases = Field::new(352, 8);
    type_object.tp_mro = Field::new(360, 8);
    type_object.tp_subclasses = Field::new(376, 8);
    type_object.tp_weaklist = Field::new(384, 8);

    let heap_type = &mut layout.heap_type;
    heap_type.size = 944;
    heap_type.ht_name = Field::new(872, 8);
    heap_type.ht_qualname = Field::new(888, 8);
    heap_type.ht_cached_keys = Field::new(896, 8);
    heap_type.ht_module = Field::new(904, 8);

    let list = &mut layout.list;
    list.size = 56;
    list.ob_item = Field::new(40, 8);
    list.allocated = Field::new(48, 8);

    layout.tuple.size = 48;
    layout.tuple.ob_item = Field::new(40, 8);

    let dict = &mut layout.dict;
    dict.size = 64;
    dict.ma_used = Field::new(32, 8);
    dict.ma_keys = Field::new(48, 8);
    dict.ma_values = Field::new(56, 8);

    let set = &mut layout.set;
    set.size = 216;
    set.fill = Field::new(32, 8);
    set.used = Field::new(40, 8);
    set.mask = Field::new(48, 8);
    set.table = Field::new(56, 8);
    set.smalltable = Field::new(80, 128);
    set.weakreflist = Field::new(208, 8);

    let deque = &mut layout.deque;
    deque.size = 232;
    deque.leftblock = Field::new(40, 8);
    deque.rightblock = Field::new(48, 8);
    deque.leftindex = Field::new(56, 8);
    deque.rightindex = Field::new(64, 8);
    deque.maxlen = Field::new(80, 8);
    deque.weakreflist = Field::new(224, 8);

    layout.cell.size = 40;
    layout.cell.ob_ref = Field::new(32, 8);

    let function = &mut layout.function;
    function.size = 160;
    function.func_code = Field::new(64, 8);
    function.func_globals = Field::new(32, 8);
    function.func_defaults = Field::new(72, 8);
    function.func_kwdefaults = Field::new(80, 8);
    function.func_closure = Field::new(88, 8);
    function.func_name = Field::new(48, 8);
    function.func_dict = Field::new(104, 8);
    function.func_weakreflist = Field::new(112, 8);
    function.func_module = Field::new(120, 8);
    function.func_annotations = Field::new(128, 8);
    function.func_qualname = Field::new(56, 8);
    function.func_builtins = Field::new(40, 8);

    let method = &mut layout.method;
    method.size = 64;
    method.im_func = Field::new(32, 8);
    method.im_self = Field::new(40, 8);
    method.im_weakreflist = Field::new(48, 8);

    let builtin_function = &mut layout.builtin_function;
    builtin_function.size = 72;
    builtin_function.m_ml = Field::new(32, 8);
    builtin_function.m_self = Field::new(40, 8);
    builtin_function.m_module = Field::new(48, 8);

    let partial = &mut layout.partial;
    partial.size = 80;
    partial.func = Field::new(32, 8);
    partial.args = Field::new(40, 8);
    partial.kw = Field::new(48, 8);
    partial.dict = Field::new(56, 8);
    partial.weakreflist = Field::new(64, 8);

    let module = &mut layout.module;
    module.size = 80;
    module.md_dict = Field::new(32, 8);
    module.md_def = Field::new(40, 8);
    module.md_state = Field::new(48, 8);
    module.md_weaklist = Field::new(56, 8);
    module.md_name = Field::new(64, 8);

    let weak_reference = &mut layout.weak_reference;
    weak_reference.size = 88;
    weak_reference.wr_object = Field::new(32, 8);
    weak_reference.wr_callback = Field::new(40, 8);
    weak_reference.wr_prev = Field::new(56, 8);
    weak_reference.wr_next = Field::new(64, 8);

    layout.member_descriptor.size = 64;
    layout.member_descriptor.d_member = Field::new(56, 8);

    layout.mapping_proxy.size = 40;
    layout.mapping_proxy.mapping = Field::new(32, 8);

    let ascii = &mut layout.ascii;
    ascii.size = 56;
    ascii.length = Field::new(32, 8);
    ascii.hash = Field::new(40, 8);
    ascii.state = Field::new(48, 4);
    ascii.state_interned = Field::bits(48, 0, 2);
    ascii.state_kind = Field::bits(48, 2, 3);
    ascii.state_compact = Field::bits(48, 5, 1);
    ascii.state_ascii = Field::bits(48, 6, 1);
    ascii.state_statically_allocated = Field::bits(48, 7, 1);

    let compact_unicode = &mut layout.compact_unicode;
    compact_unicode.size = 72;
    compact_unicode.utf8_length = Field::new(56, 8);
    compact_unicode.utf8 = Field::new(64, 8);

    layout.unicode.size = 80;
    layout.unicode.data = Field::new(72, 8);

    let long = &mut layout.long;
    long.size = 48;
    long.ob_digit = Field::new(40, 4);
    long.lv_tag = Field::new(32, 8);

    layout.float.size = 40;
    layout.float.ob_fval = Field::new(32, 8);

    layout.bytes.size = 56;
    layout.bytes.ob_sval = Field::new(48, 1);

    let base_exception = &mut layout.base_exception;
    base_exception.size = 88;
    base_exception.dict = Field::new(32, 8);
    base_exception.args = Field::new(40, 8);
    base_exception.traceback = Field::new(56, 8);
    base_exception.context = Field::new(64, 8);
    base_exception.cause = Field::new(72, 8);

    let traceback = &mut layout.traceback;
    traceback.size = 56;
    traceback.tb_next = Field::new(32, 8);
    traceback.tb_frame = Field::new(40, 8);
    traceback.tb_lasti = Field::new(48, 4);
    traceback.tb_lineno = Field::new(52, 4);

    let context = &mut layout.context;
    context.size = 64;
    context.ctx_prev = Field::new(32, 8);
    context.ctx_vars = Field::new(40, 8);
    context.ctx_entered = Field::new(56, 4);

    // The cache of the last value is gone.
    let context_var = &mut layout.context_var;
    context_var.size = 56;
    context_var.var_name = Field::new(32, 8);
    context_var.var_default = Field::new(40, 8);
    context_var.var_hash = Field::new(48, 8);

    let hamt = &mut layout.hamt;
    hamt.size = 56;
    hamt.h_root = Field::new(32, 8);
    hamt.h_count = Field::new(48, 8);

    let hamt_bitmap = &mut layout.hamt_bitmap;
    hamt_bitmap.size = 56;
    hamt_bitmap.b_bitmap = Field::new(40, 4);
    hamt_bitmap.b_array = Field::new(48, 8);

    let hamt_array = &mut layout.hamt_array;
    hamt_array.size = 296;
    hamt_array.a_array = Field::new(32, 256);
    hamt_array.a_count = Field::new(288, 8);

    let hamt_collision = &mut layout.hamt_collision;
    hamt_collision.size = 56;
    hamt_collision.c_hash = Field::new(40, 4);
    hamt_collision.c_array = Field::new(48, 8);

    let pool = &mut layout.pool;
    pool.size = 0;
    pool.ref_count = Field::ABSENT;
    pool.freeblock = Field::ABSENT;
    pool.arenaindex = Field::ABSENT;
    pool.szidx = Field::ABSENT;
    pool.nextoffset = Field::ABSENT;
    pool.maxnextoffset = Field::ABSENT;

    let future = &mut layout.future;
    future.size = 120;
    future.fut_loop = Field::new(32, 8);
    future.fut_callback0 = Field::new(40, 8);
    future.fut_context0 = Field::new(48, 8);
    future.fut_callbacks = Field::new(56, 8);
    future.fut_exception = Field::new(64, 8);
    future.fut_result = Field::new(80, 8);
    future.fut_source_tb = Field::new(88, 8);
    future.fut_state = Field::new(112, 4);
    future.fut_log_tb = Field::bits(116, 0, 1);
    future.fut_blocking = Field::bits(116, 1, 1);
    future.fut_cancel_msg = Field::new(96, 8);
    future.fut_exception_tb = Field::new(72, 8);
    future.fut_cancelled_exc = Field::new(104, 8);

    let task = &mut layout.task;
    task.size = 160;
    task.task_loop = Field::new(32, 8);
    task.task_callback0 = Field::new(40, 8);
    task.task_context0 = Field::new(48, 8);
    task.task_callbacks = Field::new(56, 8);
    task.task_exception = Field::new(64, 8);
    task.task_result = Field::new(80, 8);
    task.task_source_tb = Field::new(88, 8);
    task.task_state = Field::new(112, 4);
    task.task_log_tb = Field::bits(116, 0, 1);
    task.task_blocking = Field::bits(116, 1, 1);
    task.task_fut_waiter = Field::new(128, 8);
    task.task_coro = Field::new(136, 8);
    task.task_name = Field::new(144, 8);
    task.task_context = Field::new(152, 8);
    task.task_must_cancel = Field::bits(116, 2, 1);
    task.task_log_destroy_pending = Field::bits(116, 3, 1);
    task.task_cancel_msg = Field::new(96, 8);
    task.task_exception_tb = Field::new(72, 8);
    task.task_cancelled_exc = Field::new(104, 8);
    task.task_num_cancels_requested = Field::new(120, 4);

    let step_wrapper = &mut layout.step_wrapper;
    step_wrapper.size = 48;
    step_wrapper.sw_task = Field::new(32, 8);
    step_wrapper.sw_arg = Field::new(40, 8);

    layout.future_iterator.size = 40;
    layout.future_iterator.future = Field::new(32, 8);
}

/// Patch releases whose structures differ from those of 3.13.0t.
fn for_micro(layout: &mut Layout, micro: u8) {
    if (5..=11).contains(&micro) {
        debian(layout);
    }
    if (12..).contains(&micro) {
        debian_late(layout);
    }
}

/// 3.13.5 as Debian ships it.
fn debian(layout: &mut Layout) {
    // As in the default build; free-threaded builds keep nothing in these lists.
    layout.gc.generations = Field::new(20, 72);

    layout.runtime.size = 328320;
}

/// 3.13.15 and later as Debian ships them, see the default build.
fn debian_late(layout: &mut Layout) {
    layout.gc.generations = Field::new(20, 72);

    layout.runtime.size = 328384;

    layout.thread.size = 312;

    // The thread state in front of it has grown.
    layout.thread_impl.size = 17824;
    layout.thread_impl.asyncio_running_loop = Field::new(312, 8);
}

/// aarch64 has a larger mutex and condition variable inside the interpreter's lock; what lies behind them moves.
fn for_aarch64(layout: &mut Layout, _micro: u8) {
    layout.interpreter.dict.shift(16);
    layout.interpreter.warnings_filters.shift(16);
    layout.interpreter.warnings_once_registry.shift(16);
    layout.interpreter.warnings_default_action.shift(16);
    layout.interpreter.warnings_filters_version.shift(16);
    layout.runtime.size += 64;
    layout.interpreter.size += 64;
    layout.interpreter.types_builtins_num_initialized.shift(64);
    layout.interpreter.types_builtins_initialized.shift(64);
    layout.interpreter.types_for_extensions_num_initialized.shift(64);
    layout.interpreter.types_for_extensions_initialized.shift(64);
}
