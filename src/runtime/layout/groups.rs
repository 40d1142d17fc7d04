//! The C structures we read, as groups of [`Field`]s: the one list of what a table has to hold.
//!
//! A group stands for a structure and is named the way a reader speaks of it; its fields have their C names.
//! Where a name cannot be a Rust name (dots, a leading underscore, a keyword), the C name stands beside it.
//! `scripts/layouts/generate.py` reads this list, takes the offsets from CPython's own headers and writes the tables.

use super::behaviour::{
    FrameKind, FrameStates, GcKind, GcLocation, LineTable, ManagedDict, PoolGeometry, TaskRegistry,
};
use super::field::Field;

/// The C name of a field: what stands behind `=`, or else its Rust name.
macro_rules! c_name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident, $name:literal) => {
        $name
    };
}

macro_rules! groups {
    ($(
        $(#[doc = $doc:literal])+
        $group:ident: $Type:ident = $structure:literal {
            $($field:ident $(= $name:literal)?,)+
        }
    )+) => {
        $(
            $(#[doc = $doc])+
            #[doc = ""]
            #[doc = concat!("The C structure `", $structure, "`.")]
            #[derive(Clone, Copy, PartialEq, Eq, Debug)]
            pub struct $Type {
                #[doc = concat!("`sizeof(", $structure, ")` in bytes; 0 where there is no such structure.")]
                pub size: u32,
                $(
                    #[doc = concat!("`", $structure, ".", c_name!($field $(, $name)?), "`")]
                    pub $field: Field,
                )+
            }
        )+

        /// All we know about one CPython before we look into it: offsets, sizes, and kinds of behaviour.
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub struct Layout {
            /// The `y` of CPython 3.y.z.
            pub minor: u8,
            /// The `z` of CPython 3.y.z, as the target has it (the table may be that of a neighbour).
            pub micro: u8,
            /// Whether this is a build without the global interpreter lock (`Py_GIL_DISABLED`).
            pub free_threaded: bool,
            /// Values of the frame state; `None` in 3.8 and 3.9, see [`FrameKind::FrameObject38`].
            pub frame_states: Option<FrameStates>,
            /// Where a generator keeps its frame.
            pub frame_kind: FrameKind,
            /// Whether `f_executable`, `f_funcobj` and locals are `_PyStackRef` (3.14+): mask the two low bits off;
            /// 0 is null, and both bits set is no pointer at all but a small int.
            pub tagged_references: bool,
            /// How many words from the top of the stack the awaited object is: 1, and 2 in 3.15, which pushes a
            /// second word (null or an index) on top of it.
            pub await_stack_depth: u8,
            /// How the collector keeps its objects.
            pub gc_kind: GcKind,
            /// Where the collector's state lies.
            pub gc_location: GcLocation,
            /// Bytes of the collector's header in front of a tracked object: 16, and 0 in free-threaded builds.
            pub header_before_gc_object: u8,
            /// Whether a reference count with bit 31 set means "never freed" (3.12+). Free-threaded builds say it
            /// with `ob_ref_local == 0xffff_ffff`.
            pub immortal_objects: bool,
            /// Where instances keep managed attributes.
            pub managed_dict: ManagedDict,
            /// Bytes before an object where the word of a managed dict is; 0 where there are none.
            pub managed_dict_before: u8,
            /// Bytes before an object where the word of a managed list of weak references is (3.12+); 0 without.
            pub managed_weakref_before: u8,
            /// How positions become line numbers.
            pub line_table: LineTable,
            /// Where asyncio keeps its tasks.
            pub task_registry: TaskRegistry,
            /// How pymalloc cuts memory; `None` in free-threaded builds, which use mimalloc.
            pub pool_geometry: Option<PoolGeometry>,
            $(
                $(#[doc = $doc])+
                pub $group: $Type,
            )+
        }

        impl Layout {
            /// Before any table is applied: nothing is there, and behaviour is that of 3.8.
            pub(super) const EMPTY: Self = Self {
                minor: 0,
                micro: 0,
                free_threaded: false,
                frame_states: None,
                frame_kind: FrameKind::FrameObject38,
                tagged_references: false,
                await_stack_depth: 1,
                gc_kind: GcKind::Generational,
                gc_location: GcLocation::Runtime,
                header_before_gc_object: 16,
                immortal_objects: false,
                managed_dict: ManagedDict::None,
                managed_dict_before: 0,
                managed_weakref_before: 0,
                line_table: LineTable::Lnotab,
                task_registry: TaskRegistry::AllTasksWeakSet,
                pool_geometry: None,
                $($group: $Type { size: 0, $($field: Field::ABSENT,)+ },)+
            };

            /// Every field with the C names of its structure and itself, absent ones included.
            pub fn fields(&self) -> impl Iterator<Item = (&'static str, &'static str, Field)> {
                [$($(($structure, c_name!($field $(, $name)?), self.$group.$field),)+)+].into_iter()
            }

            /// Every structure with its C name and its size in bytes (0 where there is no such structure).
            pub fn sizes(&self) -> impl Iterator<Item = (&'static str, u32)> {
                [$(($structure, self.$group.size),)+].into_iter()
            }
        }
    };
}

impl Object {
    /// The whole word that the reference count lies in. From 3.14 on the count has its low half, and the rest is zero in
    /// any object that is made at run time and can die; a pointer left in a freed object is not.
    #[must_use]
    pub fn refcount_word(&self) -> Field {
        if self.ob_refcnt_full.is_present() { self.ob_refcnt_full } else { self.ob_refcnt }
    }
}

groups! {
    /// What every object begins with.
    object: Object = "PyObject" {
        ob_refcnt,
        ob_type,
        ob_refcnt_full,
        ob_flags,
        ob_tid,
        ob_gc_bits,
        ob_ref_local,
        ob_ref_shared,
    }
    /// An object with a number of items.
    var_object: VarObject = "PyVarObject" {
        ob_size,
    }
    /// What stands in front of an object the collector tracks (default builds).
    gc_head: GcHead = "PyGC_Head" {
        gc_next = "_gc_next",
        gc_prev = "_gc_prev",
    }
    /// One generation: the head of a list of tracked objects.
    gc_generation: GcGeneration = "gc_generation" {
        head,
        threshold,
        count,
    }
    /// The state of the collector.
    gc: Gc = "_gc_runtime_state" {
        enabled,
        generations,
        generation0,
        permanent_generation,
        collecting,
        garbage,
        callbacks,
        heap_size,
        frame,
        young,
        old,
        visited_space,
    }
    /// The one `_PyRuntime` of the process.
    runtime: Runtime = "_PyRuntimeState" {
        initialized,
        finalizing,
        interpreters_head = "interpreters.head",
        interpreters_main = "interpreters.main",
        gc,
        gilstate_tstate_current = "gilstate.tstate_current",
        debug_offsets,
    }
    /// An interpreter: the main one or a subinterpreter.
    interpreter: Interpreter = "PyInterpreterState" {
        next,
        tstate_head,
        id,
        modules,
        sysdict,
        builtins,
        dict,
        warnings_filters = "warnings.filters",
        warnings_once_registry = "warnings.once_registry",
        warnings_default_action = "warnings.default_action",
        warnings_filters_version = "warnings.filters_version",
        runtime,
        gc,
        types_builtins_num_initialized = "types.builtins.num_initialized",
        types_builtins_initialized = "types.builtins.initialized",
        types_for_extensions_num_initialized = "types.for_extensions.num_initialized",
        types_for_extensions_initialized = "types.for_extensions.initialized",
        threads_main = "threads.main",
        asyncio_tasks_head,
    }
    /// What an interpreter keeps about a static builtin type (3.12+).
    static_type_state: StaticTypeState = "managed_static_type_state" {
        type_address = "type",
        ready,
        tp_dict,
        tp_subclasses,
        tp_weaklist,
    }
    /// A thread of an interpreter.
    thread: Thread = "PyThreadState" {
        prev,
        next,
        interp,
        frame,
        curexc_value,
        exc_state,
        exc_info,
        dict,
        thread_id,
        coroutine_origin_tracking_depth,
        async_gen_firstiter,
        async_gen_finalizer,
        context,
        id,
        cframe,
        native_thread_id,
        datastack_chunk,
        datastack_top,
        status = "_status",
        current_exception,
        current_frame,
        base_frame,
    }
    /// The private continuation of a thread state (3.13+); it begins with the thread state.
    thread_impl: ThreadImpl = "_PyThreadStateImpl" {
        asyncio_running_loop,
        asyncio_running_task,
        asyncio_tasks_head,
    }
    /// An exception being handled.
    err_stack_item: ErrStackItem = "_PyErr_StackItem" {
        exc_value,
        previous_item,
    }
    /// The link from thread to current frame in 3.11 and 3.12.
    cframe: CFrame = "_PyCFrame" {
        current_frame,
        previous,
    }
    /// A generator.
    generator: Generator = "PyGenObject" {
        frame,
        running,
        code,
        weakreflist,
        name,
        qualname,
        exc_state,
        frame_state,
        iframe,
    }
    /// A coroutine.
    coroutine: Coroutine = "PyCoroObject" {
        frame,
        running,
        code,
        weakreflist,
        name,
        qualname,
        exc_state,
        origin,
        origin_or_finalizer,
        frame_state,
        iframe,
    }
    /// An async generator.
    async_generator: AsyncGenerator = "PyAsyncGenObject" {
        frame,
        running,
        code,
        weakreflist,
        name,
        qualname,
        exc_state,
        finalizer,
        hooks_inited,
        closed,
        running_async,
        origin_or_finalizer,
        frame_state,
        iframe,
    }
    /// What `coroutine.__await__()` returns.
    coroutine_wrapper: CoroutineWrapper = "PyCoroWrapper" {
        cw_coroutine,
    }
    /// What `agen.__anext__()` and `agen.asend()` return.
    asend: ASend = "PyAsyncGenASend" {
        ags_gen,
        ags_sendval,
        ags_state,
    }
    /// What `agen.athrow()` and `agen.aclose()` return.
    athrow: AThrow = "PyAsyncGenAThrow" {
        agt_gen,
        agt_args,
        agt_state,
        agt_typ,
        agt_tb,
        agt_val,
    }
    /// What `anext(agen, default)` returns (3.10+).
    anext_awaitable: AnextAwaitable = "anextawaitableobject" {
        wrapped,
        default_value,
    }
    /// A frame as Python code sees it; up to 3.10 also where locals and state live.
    frame_object: FrameObject = "PyFrameObject" {
        f_back,
        f_code,
        f_builtins,
        f_globals,
        f_locals,
        f_valuestack,
        f_stacktop,
        f_trace,
        f_gen,
        f_lasti,
        f_lineno,
        f_iblock,
        f_executing,
        f_localsplus,
        f_stackdepth,
        f_state,
        f_frame,
        f_frame_data = "_f_frame_data",
        f_extra_locals,
        f_locals_cache,
    }
    /// A frame as the interpreter sees it (3.11+), embedded in generators and coroutines.
    interpreter_frame: InterpreterFrame = "_PyInterpreterFrame" {
        f_func,
        f_globals,
        f_builtins,
        f_locals,
        f_code,
        frame_obj,
        previous,
        prev_instr,
        stacktop,
        is_entry,
        owner,
        localsplus,
        f_funcobj,
        return_offset,
        f_executable,
        instr_ptr,
        stackpointer,
        tlbc_index,
    }
    /// A code object.
    code: Code = "PyCodeObject" {
        co_argcount,
        co_posonlyargcount,
        co_kwonlyargcount,
        co_nlocals,
        co_stacksize,
        co_flags,
        co_firstlineno,
        co_code,
        co_consts,
        co_names,
        co_varnames,
        co_freevars,
        co_cellvars,
        co_filename,
        co_name,
        co_lnotab,
        co_linetable,
        co_exceptiontable,
        co_nlocalsplus,
        co_ncellvars,
        co_nfreevars,
        co_localsplusnames,
        co_localspluskinds,
        co_qualname,
        co_code_adaptive,
        co_framesize,
        co_tlbc,
        co_monitoring = "_co_monitoring",
    }
    /// What tracing tools have put aside of a code object's bytecode (3.12+).
    co_monitoring: CoMonitoring = "_PyCoMonitoringData" {
        lines,
        per_instruction_opcodes,
    }
    /// Per-thread copies of the bytecode (free-threaded 3.14+).
    code_array: CodeArray = "_PyCodeArray" {
        entry_count = "size",
        entries,
    }
    /// A type.
    type_object: TypeObject = "PyTypeObject" {
        tp_name,
        tp_basicsize,
        tp_itemsize,
        tp_flags,
        tp_traverse,
        tp_weaklistoffset,
        tp_members,
        tp_getset,
        tp_base,
        tp_dict,
        tp_dictoffset,
        tp_bases,
        tp_mro,
        tp_subclasses,
        tp_weaklist,
    }
    /// A type made by a `class` statement or `PyType_FromSpec`.
    heap_type: HeapType = "PyHeapTypeObject" {
        ht_name,
        ht_qualname,
        ht_cached_keys,
        ht_module,
    }
    /// A list.
    list: List = "PyListObject" {
        ob_item,
        allocated,
    }
    /// A tuple.
    tuple: Tuple = "PyTupleObject" {
        ob_item,
    }
    /// A dict.
    dict: Dict = "PyDictObject" {
        ma_used,
        ma_keys,
        ma_values,
    }
    /// The table of a dict.
    dict_keys: DictKeys = "PyDictKeysObject" {
        dk_refcnt,
        dk_size,
        dk_usable,
        dk_nentries,
        dk_indices,
        dk_log2_size,
        dk_log2_index_bytes,
        dk_kind,
    }
    /// An entry of a table with keys of any type.
    dict_key_entry: DictKeyEntry = "PyDictKeyEntry" {
        me_hash,
        me_key,
        me_value,
    }
    /// An entry of a table with `str` keys only (3.11+).
    dict_unicode_entry: DictUnicodeEntry = "PyDictUnicodeEntry" {
        me_key,
        me_value,
    }
    /// The values of an instance whose keys are shared with its class (3.11+).
    dict_values: DictValues = "PyDictValues" {
        values,
        capacity,
        used = "size",
        embedded,
        valid,
    }
    /// A set or frozenset.
    set: Set = "PySetObject" {
        fill,
        used,
        mask,
        table,
        smalltable,
        weakreflist,
    }
    /// An entry of a set's table.
    set_entry: SetEntry = "setentry" {
        key,
        hash,
    }
    /// A `collections.deque`.
    deque: Deque = "dequeobject" {
        leftblock,
        rightblock,
        leftindex,
        rightindex,
        maxlen,
        weakreflist,
    }
    /// A block of up to 64 items of a deque.
    deque_block: DequeBlock = "BLOCK" {
        leftlink,
        data,
        rightlink,
    }
    /// A closure cell.
    cell: Cell = "PyCellObject" {
        ob_ref,
    }
    /// A Python function.
    function: Function = "PyFunctionObject" {
        func_code,
        func_globals,
        func_defaults,
        func_kwdefaults,
        func_closure,
        func_name,
        func_dict,
        func_weakreflist,
        func_module,
        func_annotations,
        func_qualname,
        func_builtins,
        func_annotate,
    }
    /// A bound method.
    method: Method = "PyMethodObject" {
        im_func,
        im_self,
        im_weakreflist,
    }
    /// A function or method written in C.
    builtin_function: BuiltinFunction = "PyCFunctionObject" {
        m_ml,
        m_self,
        m_module,
    }
    /// The static description of a builtin function.
    method_def: MethodDef = "PyMethodDef" {
        ml_name,
        ml_flags,
    }
    /// A `functools.partial`.
    partial: Partial = "partialobject" {
        func = "fn",
        args,
        kw,
        dict,
        weakreflist,
    }
    /// A module.
    module: Module = "PyModuleObject" {
        md_dict,
        md_def,
        md_state,
        md_weaklist,
        md_name,
        md_token_is_def,
        md_token,
    }
    /// A weak reference.
    weak_reference: WeakReference = "PyWeakReference" {
        wr_object,
        wr_callback,
        wr_prev,
        wr_next,
    }
    /// A descriptor of a slot.
    member_descriptor: MemberDescriptor = "PyMemberDescrObject" {
        d_member,
    }
    /// What a descriptor of a slot points to.
    member_def: MemberDef = "PyMemberDef" {
        name,
        kind = "type",
        offset,
        flags,
    }
    /// A read-only view of a dict.
    mapping_proxy: MappingProxy = "mappingproxyobject" {
        mapping,
    }
    /// How every `str` begins; the data of a compact ASCII `str` follows.
    ascii: Ascii = "PyASCIIObject" {
        length,
        hash,
        state,
        state_interned = "state.interned",
        state_kind = "state.kind",
        state_compact = "state.compact",
        state_ascii = "state.ascii",
        state_ready = "state.ready",
        state_statically_allocated = "state.statically_allocated",
    }
    /// A `str` whose data follows.
    compact_unicode: CompactUnicode = "PyCompactUnicodeObject" {
        utf8_length,
        utf8,
    }
    /// A `str` whose data is elsewhere.
    unicode: Unicode = "PyUnicodeObject" {
        data,
    }
    /// An `int`.
    long: Long = "PyLongObject" {
        ob_digit,
        lv_tag,
    }
    /// A `float`.
    float: Float = "PyFloatObject" {
        ob_fval,
    }
    /// A `bytes`.
    bytes: Bytes = "PyBytesObject" {
        ob_sval,
    }
    /// How every exception begins.
    base_exception: BaseException = "PyBaseExceptionObject" {
        dict,
        args,
        traceback,
        context,
        cause,
    }
    /// A traceback.
    traceback: Traceback = "PyTracebackObject" {
        tb_next,
        tb_frame,
        tb_lasti,
        tb_lineno,
    }
    /// A `contextvars.Context`.
    context: Context = "PyContext" {
        ctx_prev,
        ctx_vars,
        ctx_entered,
    }
    /// A `contextvars.ContextVar`.
    context_var: ContextVar = "PyContextVar" {
        var_name,
        var_default,
        var_hash,
    }
    /// The mapping inside a context.
    hamt: Hamt = "PyHamtObject" {
        h_root,
        h_count,
    }
    /// A node of that mapping with few entries.
    hamt_bitmap: HamtBitmap = "PyHamtNode_Bitmap" {
        b_bitmap,
        b_array,
    }
    /// A node of that mapping with up to 32 children.
    hamt_array: HamtArray = "PyHamtNode_Array" {
        a_array,
        a_count,
    }
    /// A node of that mapping whose keys have one hash.
    hamt_collision: HamtCollision = "PyHamtNode_Collision" {
        c_hash,
        c_array,
    }
    /// The header of a pymalloc pool (default builds).
    pool: Pool = "pool_header" {
        ref_count = "ref.count",
        freeblock,
        arenaindex,
        szidx,
        nextoffset,
        maxnextoffset,
    }
    /// An `_asyncio.Future`.
    future: Future = "FutureObj" {
        fut_loop,
        fut_callback0,
        fut_context0,
        fut_callbacks,
        fut_exception,
        fut_result,
        fut_source_tb,
        fut_state,
        fut_log_tb,
        fut_blocking,
        dict,
        fut_weakreflist,
        fut_cancel_msg,
        fut_exception_tb,
        fut_cancelled_exc,
        fut_awaited_by,
        fut_is_task,
        fut_awaited_by_is_set,
    }
    /// An `_asyncio.Task`.
    task: Task = "TaskObj" {
        task_loop,
        task_callback0,
        task_context0,
        task_callbacks,
        task_exception,
        task_result,
        task_source_tb,
        task_state,
        task_log_tb,
        task_blocking,
        dict,
        task_weakreflist,
        task_fut_waiter,
        task_coro,
        task_name,
        task_context,
        task_must_cancel,
        task_log_destroy_pending,
        task_cancel_msg,
        task_exception_tb,
        task_cancelled_exc,
        task_num_cancels_requested,
        task_awaited_by,
        task_is_task,
        task_awaited_by_is_set,
        task_node,
        task_tid,
    }
    /// The callback that runs a task's next step.
    step_wrapper: StepWrapper = "TaskStepMethWrapper" {
        sw_task,
        sw_arg,
    }
    /// The callback that wakes a task (3.8, 3.9; a builtin function since).
    wakeup_wrapper: WakeupWrapper = "TaskWakeupMethWrapper" {
        ww_task,
    }
    /// What `await future` runs.
    future_iterator: FutureIterator = "futureiterobject" {
        future,
    }
    /// The state of the `_asyncio` module, as far as it holds objects (3.12+).
    asyncio_state: AsyncioState = "asyncio_state" {
        future_iterator_type = "FutureIterType",
        step_wrapper_type = "TaskStepMethWrapper_Type",
        future_type = "FutureType",
        task_type = "TaskType",
        asyncio_mod,
        current_tasks,
        scheduled_tasks,
        eager_tasks,
        non_asyncio_tasks,
        non_asyncio_eager_tasks,
    }
}
