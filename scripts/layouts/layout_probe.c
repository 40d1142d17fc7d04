/* Offsets and sizes of CPython's structures, for 3.8 - 3.15, default and free-threaded builds, any LP64 target.
 *
 * This file is only ever compiled to assembly and never run: each value appears as a marker line in the compiler's
 * output, so a cross compiler does as well. generate.py runs it and collects the markers:
 *
 *   ->T STRUCTURE SIZE(high, low 16 bits)
 *   ->F STRUCTURE FIELD OFFSET SIZE               a field
 *   ->B STRUCTURE FIELD BYTE BIT WIDTH            a bit field, counted from the least significant bit
 *   ->C NAME VALUE(high, low 16 bits)             a constant
 *
 * Structures which CPython keeps private to a .c file are mirrored here as M_NAME: order and C types of their
 * fields, per version.
 *
 * generate.py defines Py_GIL_DISABLED (free-threaded) and INCREMENTAL_GC (3.14.0 - 3.14.4, seen in the headers).
 */
#define Py_BUILD_CORE 1
#define PY_SSIZE_T_CLEAN
#include <stddef.h>
#include "Python.h"
#include "frameobject.h"
#if __has_include("structmember.h")
#  include "structmember.h"
#endif
#if PY_VERSION_HEX < 0x03090000
#  include "code.h"
#endif
#if __has_include("internal/pycore_pystate.h")
#  include "internal/pycore_pystate.h"
#endif
#if __has_include("internal/pycore_interp.h")
#  include "internal/pycore_interp.h"
#endif
#if __has_include("internal/pycore_interp_structs.h")
#  include "internal/pycore_interp_structs.h"
#endif
#if __has_include("internal/pycore_runtime.h")
#  include "internal/pycore_runtime.h"
#endif
#if __has_include("internal/pycore_runtime_structs.h")
#  include "internal/pycore_runtime_structs.h"
#endif
#if __has_include("internal/pycore_gc.h")
#  include "internal/pycore_gc.h"
#endif
#if __has_include("internal/pycore_object.h")
#  include "internal/pycore_object.h"
#endif
#if __has_include("internal/pycore_frame.h")
#  include "internal/pycore_frame.h"
#endif
#if __has_include("internal/pycore_interpframe.h")
#  include "internal/pycore_interpframe.h"
#endif
#if __has_include("internal/pycore_interpframe_structs.h")
#  include "internal/pycore_interpframe_structs.h"
#endif
#if __has_include("internal/pycore_genobject.h")
#  include "internal/pycore_genobject.h"
#endif
#if __has_include("internal/pycore_dict.h")
#  include "internal/pycore_dict.h"
#endif
#if __has_include("internal/pycore_code.h")
#  include "internal/pycore_code.h"
#endif
#if __has_include("internal/pycore_context.h")
#  include "internal/pycore_context.h"
#endif
#if __has_include("internal/pycore_hamt.h")
#  include "internal/pycore_hamt.h"
#endif
#if __has_include("internal/pycore_moduleobject.h")
#  include "internal/pycore_moduleobject.h"
#endif
#if __has_include("internal/pycore_typeobject.h")
#  include "internal/pycore_typeobject.h"
#endif
#if __has_include("internal/pycore_tstate.h")
#  include "internal/pycore_tstate.h"
#endif
#if __has_include("internal/pycore_llist.h")
#  include "internal/pycore_llist.h"
#endif
#if __has_include("internal/pycore_obmalloc.h")
#  include "internal/pycore_obmalloc.h"
#endif
#if __has_include("internal/pycore_weakref.h")
#  include "internal/pycore_weakref.h"
#endif
#if __has_include("internal/pycore_stackref.h")
#  include "internal/pycore_stackref.h"
#endif
#if __has_include("internal/pycore_debug_offsets.h")
#  include "internal/pycore_debug_offsets.h"
#endif

#define V(major, minor) (PY_VERSION_HEX >= (((major) << 24) | ((minor) << 16)))
#define FREE_THREADED (V(3,13) && defined(Py_GIL_DISABLED))

#define MARK(kind, a, b, v1, v2) \
    __asm__ volatile("\n->" kind " " a " " b " %c0 %c1" : : "i"((long)(v1)), "i"((long)(v2)))
#define MARK_WIDE(kind, a, v) \
    __asm__ volatile("\n->" kind " " a " %c0 %c1" : : "i"((long)(v) >> 16), "i"((long)(v) & 0xffff))
/* a structure; a field; both under another name than the C type's; a field under another name */
#define T_AS(name, type) MARK_WIDE("T", name, sizeof(type))
#define T(type) T_AS(#type, type)
#define F_AS(name, type, field, as) MARK("F", name, as, offsetof(type, field), sizeof(((type *)0)->field))
#define F_IN(name, type, field) F_AS(name, type, field, #field)
#define F(type, field) F_AS(#type, type, field, #field)
/* a flexible array: a place without a length */
#define F_FLEXIBLE(name, type, field) MARK("F", name, #field, offsetof(type, field), 0)
/* a mirror */
#define MT(name) T_AS(#name, M_##name)
#define MF(name, field) F_IN(#name, M_##name, field)
#define BITS(name, field, byte, bit, width) \
    __asm__ volatile("\n->B " name " " field " %c0 %c1 %c2" : : "i"((long)(byte)), "i"((long)(bit)), "i"((long)(width)))
#define C(name, v) MARK_WIDE("C", name, v)

/* ------------------------------------------------------------------ mirrors */

/* asyncio futures and tasks: Modules/_asynciomodule.c */
#if V(3,14)
#define M_FUT(p) PyObject_HEAD \
    PyObject *p##_loop, *p##_callback0, *p##_context0, *p##_callbacks, *p##_exception, \
      *p##_exception_tb, *p##_result, *p##_source_tb, *p##_cancel_msg, *p##_cancelled_exc, \
      *p##_awaited_by; \
    int p##_state; char p##_is_task; char p##_awaited_by_is_set; \
    unsigned p##_log_tb : 1; unsigned p##_blocking : 1;
#elif V(3,13)
#define M_FUT(p) PyObject_HEAD \
    PyObject *p##_loop, *p##_callback0, *p##_context0, *p##_callbacks, *p##_exception, \
      *p##_exception_tb, *p##_result, *p##_source_tb, *p##_cancel_msg, *p##_cancelled_exc; \
    int p##_state; unsigned p##_log_tb : 1; unsigned p##_blocking : 1;
#elif V(3,11)
#define M_FUT(p) PyObject_HEAD \
    PyObject *p##_loop, *p##_callback0, *p##_context0, *p##_callbacks, *p##_exception, \
      *p##_exception_tb, *p##_result, *p##_source_tb, *p##_cancel_msg; \
    int p##_state; int p##_log_tb; int p##_blocking; \
    PyObject *dict; PyObject *p##_weakreflist; PyObject *p##_cancelled_exc;
#elif V(3,10)
#define M_FUT(p) PyObject_HEAD \
    PyObject *p##_loop, *p##_callback0, *p##_context0, *p##_callbacks, *p##_exception, \
      *p##_exception_tb, *p##_result, *p##_source_tb, *p##_cancel_msg; \
    int p##_state; int p##_log_tb; int p##_blocking; \
    PyObject *dict; PyObject *p##_weakreflist; void *p##_cancelled_exc_state[4];
#elif V(3,9)
#define M_FUT(p) PyObject_HEAD \
    PyObject *p##_loop, *p##_callback0, *p##_context0, *p##_callbacks, *p##_exception, \
      *p##_result, *p##_source_tb, *p##_cancel_msg; \
    int p##_state; int p##_log_tb; int p##_blocking; \
    PyObject *dict; PyObject *p##_weakreflist; void *p##_cancelled_exc_state[4];
#else
#define M_FUT(p) PyObject_HEAD \
    PyObject *p##_loop, *p##_callback0, *p##_context0, *p##_callbacks, *p##_exception, \
      *p##_result, *p##_source_tb; \
    int p##_state; int p##_log_tb; int p##_blocking; \
    PyObject *dict; PyObject *p##_weakreflist;
#endif
typedef struct { M_FUT(fut) } M_FutureObj;
typedef struct {
    M_FUT(task)
#if V(3,13)
    unsigned task_must_cancel : 1; unsigned task_log_destroy_pending : 1;
    int task_num_cancels_requested;
#endif
    PyObject *task_fut_waiter, *task_coro, *task_name, *task_context;
#if V(3,14)
    void *task_node[2];
#  if FREE_THREADED
    uintptr_t task_tid;
#  endif
#elif !V(3,13)
    int task_must_cancel; int task_log_destroy_pending;
#  if V(3,11)
    int task_num_cancels_requested;
#  endif
#endif
} M_TaskObj;
typedef struct { PyObject_HEAD PyObject *future; } M_futureiterobject;
typedef struct { PyObject_HEAD PyObject *sw_task; PyObject *sw_arg; } M_TaskStepMethWrapper;
#if !V(3,10)
typedef struct { PyObject_HEAD PyObject *ww_task; } M_TaskWakeupMethWrapper;
#endif
#if V(3,12)
/* per-module state of _asyncio: only the leading, object-holding part */
typedef struct {
    PyTypeObject *FutureIterType, *TaskStepMethWrapper_Type, *FutureType, *TaskType;
    PyObject *asyncio_mod, *context_kwname;
#  if V(3,14)
    PyObject *non_asyncio_tasks, *non_asyncio_eager_tasks;
#  else
    PyObject *current_tasks, *scheduled_tasks, *eager_tasks;
#  endif
    PyObject *iscoroutine_typecache;
} M_asyncio_state;
#endif

/* Objects/genobject.c, Objects/iterobject.c */
typedef struct { PyObject_HEAD PyObject *cw_coroutine; } M_PyCoroWrapper;
typedef struct { PyObject_HEAD PyObject *ags_gen, *ags_sendval; int ags_state; } M_PyAsyncGenASend;
#if V(3,15)
typedef struct { PyObject_HEAD PyObject *agt_gen, *agt_typ, *agt_tb, *agt_val; int agt_state; } M_PyAsyncGenAThrow;
#else
typedef struct { PyObject_HEAD PyObject *agt_gen, *agt_args; int agt_state; } M_PyAsyncGenAThrow;
#endif
#if V(3,10)
typedef struct { PyObject_HEAD PyObject *wrapped, *default_value; } M_anextawaitableobject;
#endif

/* Modules/_collectionsmodule.c: deque */
typedef struct M_BLOCK { struct M_BLOCK *leftlink; PyObject *data[64]; struct M_BLOCK *rightlink; } M_BLOCK;
typedef struct {
    PyObject_VAR_HEAD
    M_BLOCK *leftblock, *rightblock;
    Py_ssize_t leftindex, rightindex;
    size_t state;
    Py_ssize_t maxlen;
#if V(3,11)
    Py_ssize_t numfreeblocks;
    M_BLOCK *freeblocks[16];
#endif
    PyObject *weakreflist;
} M_dequeobject;

/* Modules/_functoolsmodule.c */
typedef struct {
    PyObject_HEAD
    PyObject *fn, *args, *kw, *dict, *weakreflist;
#if V(3,14)
    PyObject *placeholder; Py_ssize_t phcount;
#endif
    void *vectorcall;    /* 3.8: an int flag */
} M_partialobject;

/* Objects/descrobject.c */
typedef struct { PyObject_HEAD PyObject *mapping; } M_mappingproxyobject;

#if !V(3,11)
/* Objects/dict-common.h (3.8 - 3.10) */
typedef struct {
    Py_ssize_t dk_refcnt, dk_size; void *dk_lookup; Py_ssize_t dk_usable, dk_nentries;
    char dk_indices[];
} M_PyDictKeysObject;
typedef struct { Py_hash_t me_hash; PyObject *me_key, *me_value; } M_PyDictKeyEntry;
#endif

#if !V(3,12)
/* Objects/obmalloc.c (3.8 - 3.11) */
typedef struct {
    union { char *_padding; unsigned count; } ref;
    void *freeblock, *nextpool, *prevpool;
    unsigned arenaindex, szidx, nextoffset, maxnextoffset;
} M_pool_header;
#endif

/* Python/context.c, Python/hamt.c nodes: private before they moved to a header */
typedef struct { PyObject_VAR_HEAD uint32_t b_bitmap; PyObject *b_array[1]; } M_PyHamtNode_Bitmap;
typedef struct { PyObject_HEAD PyObject *a_array[32]; Py_ssize_t a_count; } M_PyHamtNode_Array;
typedef struct { PyObject_VAR_HEAD int32_t c_hash; PyObject *c_array[1]; } M_PyHamtNode_Collision;

/* ------------------------------------------------------------------- probes */

void probe_heads(void);
void probe_heads(void)
{
    T(PyObject);
    F(PyObject, ob_type);
#if FREE_THREADED
    F(PyObject, ob_tid); F(PyObject, ob_gc_bits); F(PyObject, ob_ref_local); F(PyObject, ob_ref_shared);
#  if V(3,14)
    F(PyObject, ob_flags);
#  endif
#else
    F(PyObject, ob_refcnt);
#  if V(3,14)
    F(PyObject, ob_refcnt_full); F(PyObject, ob_flags);
#  endif
#endif
    T(PyVarObject); F(PyVarObject, ob_size);

    T(PyGC_Head); F(PyGC_Head, _gc_next); F(PyGC_Head, _gc_prev);
#define GENERATION struct gc_generation
    T_AS("gc_generation", GENERATION);
    F_IN("gc_generation", GENERATION, head); F_IN("gc_generation", GENERATION, threshold); F_IN("gc_generation", GENERATION, count);
#define GC struct _gc_runtime_state
#define GF(field) F_IN("_gc_runtime_state", GC, field)
    T_AS("_gc_runtime_state", GC);
    GF(enabled); GF(collecting); GF(garbage); GF(callbacks); GF(permanent_generation);
#if defined(INCREMENTAL_GC) || (V(3,14) && FREE_THREADED)
    GF(young); GF(old);
#  ifdef INCREMENTAL_GC
    GF(visited_space);
#  endif
#else
    GF(generations); GF(generation0);
#endif
#if V(3,14)
    GF(heap_size);
#endif
#if V(3,15)
    GF(frame);
#endif
}

void probe_state(void);
void probe_state(void)
{
#define RF(field) F(_PyRuntimeState, field)
    T(_PyRuntimeState);
#if V(3,13)
    RF(debug_offsets);
#endif
#if V(3,9)
    F_AS("_PyRuntimeState", _PyRuntimeState, _finalizing, "finalizing");
#else
    RF(finalizing); RF(gc);
#endif
    RF(interpreters.head); RF(interpreters.main); RF(initialized);
#if !V(3,12)
    RF(gilstate.tstate_current);
#endif

#define IF(field) F(PyInterpreterState, field)
#define IF_AS(field, as) F_AS("PyInterpreterState", PyInterpreterState, field, as)
    T(PyInterpreterState);
    IF(next); IF(id); IF(sysdict); IF(builtins); IF(dict);
    IF(warnings.filters); IF(warnings.once_registry); IF(warnings.default_action); IF(warnings.filters_version);
#if V(3,9)
    IF(gc); IF(runtime);
#endif
#if V(3,11)
    IF_AS(threads.head, "tstate_head");
#else
    IF(tstate_head);
#endif
#if V(3,12)
    IF_AS(imports.modules, "modules");
#else
    IF(modules);
#endif
#if V(3,13)
#  define STATIC_TYPE managed_static_type_state
    IF(types.builtins.num_initialized); IF(types.builtins.initialized);
    IF(types.for_extensions.num_initialized); IF(types.for_extensions.initialized);
#elif V(3,12)
#  define STATIC_TYPE static_builtin_state
    IF_AS(types.num_builtins_initialized, "types.builtins.num_initialized");
    IF_AS(types.builtins, "types.builtins.initialized");
#endif
#ifdef STATIC_TYPE
#  define SF(field) F_IN("managed_static_type_state", STATIC_TYPE, field)
    T_AS("managed_static_type_state", STATIC_TYPE);
    SF(type); SF(tp_dict); SF(tp_subclasses); SF(tp_weaklist); SF(ready);
#endif
#if V(3,14)
    IF(threads.main); IF(asyncio_tasks_head);
#endif

#define TF(field) F(PyThreadState, field)
    T(PyThreadState);
    TF(prev); TF(next); TF(interp); TF(dict); TF(thread_id); TF(id); TF(exc_info); TF(exc_state); TF(context);
    TF(coroutine_origin_tracking_depth); TF(async_gen_firstiter); TF(async_gen_finalizer);
#if V(3,11)
    TF(native_thread_id); TF(datastack_chunk); TF(datastack_top);
#else
    TF(frame);
#endif
#if V(3,13)
    TF(current_frame);
#elif V(3,10)
    TF(cframe);
#endif
#if V(3,12)
    TF(current_exception); TF(_status);
#else
    TF(curexc_value);
#endif
#if V(3,15)
    TF(base_frame);
#endif
#if V(3,13)
    T(_PyThreadStateImpl); F(_PyThreadStateImpl, asyncio_running_loop);
#  if V(3,14)
    F(_PyThreadStateImpl, asyncio_running_task); F(_PyThreadStateImpl, asyncio_tasks_head);
#  endif
#endif
    T(_PyErr_StackItem); F(_PyErr_StackItem, exc_value); F(_PyErr_StackItem, previous_item);
#if V(3,11) && !V(3,13)
    T(_PyCFrame); F(_PyCFrame, current_frame); F(_PyCFrame, previous);
#endif
}

#define GENERATOR(type, p) \
    T(type); F_AS(#type, type, p##_weakreflist, "weakreflist"); F_AS(#type, type, p##_name, "name"); \
    F_AS(#type, type, p##_qualname, "qualname"); F_AS(#type, type, p##_exc_state, "exc_state");
#if V(3,11)
#  define GENERATOR_FRAME(type, p) F_AS(#type, type, p##_frame_state, "frame_state"); F_AS(#type, type, p##_iframe, "iframe");
#else
#  define GENERATOR_FRAME(type, p) F_AS(#type, type, p##_frame, "frame");
#endif
#if !V(3,12)
#  define GENERATOR_CODE(type, p) F_AS(#type, type, p##_code, "code");
#else
#  define GENERATOR_CODE(type, p)
#endif
#if !V(3,10)
#  define GENERATOR_RUNNING(type, p) F_AS(#type, type, p##_running, "running");
#else
#  define GENERATOR_RUNNING(type, p)
#endif
#define GENERATOR_ALL(type, p) GENERATOR(type, p) GENERATOR_FRAME(type, p) GENERATOR_CODE(type, p) GENERATOR_RUNNING(type, p)

void probe_generators(void);
void probe_generators(void)
{
    GENERATOR_ALL(PyGenObject, gi)
    GENERATOR_ALL(PyCoroObject, cr)
    GENERATOR_ALL(PyAsyncGenObject, ag)
#if V(3,11)
    F_AS("PyCoroObject", PyCoroObject, cr_origin_or_finalizer, "origin_or_finalizer");
    F_AS("PyAsyncGenObject", PyAsyncGenObject, ag_origin_or_finalizer, "origin_or_finalizer");
#else
    F_AS("PyCoroObject", PyCoroObject, cr_origin, "origin");
    F_AS("PyAsyncGenObject", PyAsyncGenObject, ag_finalizer, "finalizer");
#endif
    F_AS("PyAsyncGenObject", PyAsyncGenObject, ag_hooks_inited, "hooks_inited");
    F_AS("PyAsyncGenObject", PyAsyncGenObject, ag_closed, "closed");
    F_AS("PyAsyncGenObject", PyAsyncGenObject, ag_running_async, "running_async");

    MT(PyCoroWrapper); MF(PyCoroWrapper, cw_coroutine);
    MT(PyAsyncGenASend); MF(PyAsyncGenASend, ags_gen); MF(PyAsyncGenASend, ags_sendval); MF(PyAsyncGenASend, ags_state);
    MT(PyAsyncGenAThrow); MF(PyAsyncGenAThrow, agt_gen); MF(PyAsyncGenAThrow, agt_state);
#if V(3,15)
    MF(PyAsyncGenAThrow, agt_typ); MF(PyAsyncGenAThrow, agt_tb); MF(PyAsyncGenAThrow, agt_val);
#else
    MF(PyAsyncGenAThrow, agt_args);
#endif
#if V(3,10)
    MT(anextawaitableobject); MF(anextawaitableobject, wrapped); MF(anextawaitableobject, default_value);

    C("FRAME_CREATED", FRAME_CREATED); C("FRAME_SUSPENDED", FRAME_SUSPENDED);
#  if V(3,13)
    C("FRAME_SUSPENDED_YIELD_FROM", FRAME_SUSPENDED_YIELD_FROM);
#  endif
#  if V(3,15)
    C("FRAME_SUSPENDED_YIELD_FROM_LOCKED", FRAME_SUSPENDED_YIELD_FROM_LOCKED);
#  endif
    C("FRAME_EXECUTING", FRAME_EXECUTING);
#  if !V(3,11)
    C("FRAME_COMPLETED", FRAME_RETURNED);
#  elif !V(3,15)
    C("FRAME_COMPLETED", FRAME_COMPLETED);
#  endif
    C("FRAME_CLEARED", FRAME_CLEARED);
#endif
}

void probe_frames(void);
void probe_frames(void)
{
#define OF(field) F(PyFrameObject, field)
    T(PyFrameObject);
    OF(f_back); OF(f_lineno); OF(f_trace);
#if V(3,11)
    OF(f_frame); OF(_f_frame_data);
#  if V(3,13)
    OF(f_extra_locals); OF(f_locals_cache);
#  endif
#else
    OF(f_code); OF(f_builtins); OF(f_globals); OF(f_locals); OF(f_valuestack); OF(f_gen); OF(f_lasti); OF(f_iblock); OF(f_localsplus);
#  if V(3,10)
    OF(f_stackdepth); OF(f_state);
#  else
    OF(f_stacktop); OF(f_executing);
#  endif
#endif
#if V(3,11)
#  define FF(field) F(_PyInterpreterFrame, field)
    T(_PyInterpreterFrame);
    FF(previous); FF(f_globals); FF(f_builtins); FF(f_locals); FF(frame_obj); FF(owner); FF(localsplus);
#  if V(3,13)
    FF(f_executable); FF(instr_ptr);
#  else
    FF(f_code); FF(prev_instr);
#  endif
#  if V(3,12)
    FF(f_funcobj); FF(return_offset);
#  else
    FF(f_func); FF(is_entry);
#  endif
#  if V(3,14)
    FF(stackpointer);
#    if FREE_THREADED
    FF(tlbc_index);
#    endif
#  else
    FF(stacktop);
#  endif
#endif

#define CF(field) F(PyCodeObject, field)
    T(PyCodeObject);
    CF(co_argcount); CF(co_posonlyargcount); CF(co_kwonlyargcount); CF(co_stacksize); CF(co_flags); CF(co_firstlineno);
    CF(co_nlocals); CF(co_consts); CF(co_names); CF(co_filename); CF(co_name);
#if V(3,10)
    CF(co_linetable);
#else
    CF(co_lnotab);
#endif
#if V(3,11)
    CF(co_qualname); CF(co_nlocalsplus); CF(co_nfreevars); CF(co_ncellvars); CF(co_localsplusnames); CF(co_localspluskinds);
    CF(co_exceptiontable); CF(co_code_adaptive);
#else
    CF(co_code); CF(co_varnames); CF(co_freevars); CF(co_cellvars);
#endif
#if V(3,12)
    CF(co_framesize); CF(_co_monitoring);
    T(_PyCoMonitoringData); F(_PyCoMonitoringData, lines); F(_PyCoMonitoringData, per_instruction_opcodes);
#endif
#if V(3,14) && FREE_THREADED
    CF(co_tlbc);
    T(_PyCodeArray); F(_PyCodeArray, size); F(_PyCodeArray, entries);
#endif
}

void probe_types(void);
void probe_types(void)
{
#define TY(field) F(PyTypeObject, field)
    T(PyTypeObject);
    TY(tp_name); TY(tp_basicsize); TY(tp_itemsize); TY(tp_flags); TY(tp_traverse); TY(tp_weaklistoffset); TY(tp_members); TY(tp_getset);
    TY(tp_base); TY(tp_dict); TY(tp_dictoffset); TY(tp_bases); TY(tp_mro); TY(tp_subclasses); TY(tp_weaklist);
#define HT(field) F(PyHeapTypeObject, field)
    T(PyHeapTypeObject);
    HT(ht_name); HT(ht_qualname); HT(ht_cached_keys);
#if V(3,9)
    HT(ht_module);
#endif
#ifdef MANAGED_DICT_OFFSET
    C("MANAGED_DICT_OFFSET", MANAGED_DICT_OFFSET);
#endif
#ifdef MANAGED_WEAKREF_OFFSET
    C("MANAGED_WEAKREF_OFFSET", MANAGED_WEAKREF_OFFSET);
#endif
    T_AS("PyMemberDef", struct PyMemberDef);
#define ME(field) F_IN("PyMemberDef", struct PyMemberDef, field)
    ME(name); ME(type); ME(offset); ME(flags);
    T(PyMemberDescrObject); F(PyMemberDescrObject, d_member);
    T(PyMethodDef); F(PyMethodDef, ml_name); F(PyMethodDef, ml_flags);
    MT(mappingproxyobject); MF(mappingproxyobject, mapping);
#if V(3,10)
#  define MO(field) F(PyModuleObject, field)
    T(PyModuleObject);
#else
#  define MO(field) MF(PyModuleObject, field)
    typedef struct { PyObject_HEAD PyObject *md_dict; void *md_def, *md_state; PyObject *md_weaklist, *md_name; } M_PyModuleObject;
    MT(PyModuleObject);
#endif
    MO(md_dict); MO(md_state); MO(md_name); MO(md_weaklist);
#if V(3,15)
    MO(md_token); MO(md_token_is_def);
#else
    MO(md_def);
#endif
}

void probe_containers(void);
void probe_containers(void)
{
    T(PyListObject); F(PyListObject, ob_item); F(PyListObject, allocated);
    T(PyTupleObject); F(PyTupleObject, ob_item);
    T(PyDictObject); F(PyDictObject, ma_used); F(PyDictObject, ma_keys); F(PyDictObject, ma_values);
#if V(3,11)
#  define KEYS struct _dictkeysobject
#  define KF(field) F_IN("PyDictKeysObject", KEYS, field)
    T_AS("PyDictKeysObject", KEYS);
    KF(dk_refcnt); KF(dk_log2_size); KF(dk_log2_index_bytes); KF(dk_kind); KF(dk_usable); KF(dk_nentries);
    F_FLEXIBLE("PyDictKeysObject", KEYS, dk_indices);
    T(PyDictKeyEntry); F(PyDictKeyEntry, me_hash); F(PyDictKeyEntry, me_key); F(PyDictKeyEntry, me_value);
    T(PyDictUnicodeEntry); F(PyDictUnicodeEntry, me_key); F(PyDictUnicodeEntry, me_value);
#  define VALUES struct _dictvalues
#  define VF(field) F_IN("PyDictValues", VALUES, field)
    T_AS("PyDictValues", VALUES);
    VF(values);
#  if V(3,13)
    VF(capacity); VF(size); VF(embedded); VF(valid);
#  endif
#else
    MT(PyDictKeysObject);
    MF(PyDictKeysObject, dk_refcnt); MF(PyDictKeysObject, dk_size); MF(PyDictKeysObject, dk_usable); MF(PyDictKeysObject, dk_nentries);
    F_FLEXIBLE("PyDictKeysObject", M_PyDictKeysObject, dk_indices);
    MT(PyDictKeyEntry); MF(PyDictKeyEntry, me_hash); MF(PyDictKeyEntry, me_key); MF(PyDictKeyEntry, me_value);
#endif
#define ST(field) F(PySetObject, field)
    T(PySetObject); ST(fill); ST(used); ST(mask); ST(table); ST(smalltable); ST(weakreflist);
    T(setentry); F(setentry, key); F(setentry, hash);
#define DQ(field) MF(dequeobject, field)
    MT(dequeobject); DQ(leftblock); DQ(rightblock); DQ(leftindex); DQ(rightindex); DQ(maxlen); DQ(weakreflist);
    MT(BLOCK); MF(BLOCK, leftlink); MF(BLOCK, data); MF(BLOCK, rightlink);

#define CONTEXT struct _pycontextobject
    T_AS("PyContext", CONTEXT);
    F_IN("PyContext", CONTEXT, ctx_prev); F_IN("PyContext", CONTEXT, ctx_vars); F_IN("PyContext", CONTEXT, ctx_entered);
#define CONTEXT_VAR struct _pycontextvarobject
    T_AS("PyContextVar", CONTEXT_VAR);
    F_IN("PyContextVar", CONTEXT_VAR, var_name); F_IN("PyContextVar", CONTEXT_VAR, var_default); F_IN("PyContextVar", CONTEXT_VAR, var_hash);
    T(PyHamtObject); F(PyHamtObject, h_root); F(PyHamtObject, h_count);
    MT(PyHamtNode_Bitmap); MF(PyHamtNode_Bitmap, b_bitmap); MF(PyHamtNode_Bitmap, b_array);
    MT(PyHamtNode_Array); MF(PyHamtNode_Array, a_array); MF(PyHamtNode_Array, a_count);
    MT(PyHamtNode_Collision); MF(PyHamtNode_Collision, c_hash); MF(PyHamtNode_Collision, c_array);
}

void probe_callables(void);
void probe_callables(void)
{
#define FU(field) F(PyFunctionObject, field)
    T(PyFunctionObject);
    FU(func_code); FU(func_globals); FU(func_defaults); FU(func_kwdefaults); FU(func_closure); FU(func_name); FU(func_dict);
    FU(func_weakreflist); FU(func_module); FU(func_annotations); FU(func_qualname);
#if V(3,10)
    FU(func_builtins);
#endif
#if V(3,14)
    FU(func_annotate);
#endif
    T(PyCellObject); F(PyCellObject, ob_ref);
    T(PyMethodObject); F(PyMethodObject, im_func); F(PyMethodObject, im_self); F(PyMethodObject, im_weakreflist);
    T(PyCFunctionObject); F(PyCFunctionObject, m_ml); F(PyCFunctionObject, m_self); F(PyCFunctionObject, m_module);
#define PA(field) MF(partialobject, field)
    MT(partialobject); PA(fn); PA(args); PA(kw); PA(dict); PA(weakreflist);
#define WEAKREF struct _PyWeakReference
#define WF(field) F_IN("PyWeakReference", WEAKREF, field)
    T_AS("PyWeakReference", WEAKREF); WF(wr_object); WF(wr_callback); WF(wr_prev); WF(wr_next);
    T(PyTracebackObject);
    F(PyTracebackObject, tb_next); F(PyTracebackObject, tb_frame); F(PyTracebackObject, tb_lasti); F(PyTracebackObject, tb_lineno);
#define EX(field) F(PyBaseExceptionObject, field)
    T(PyBaseExceptionObject); EX(dict); EX(args); EX(traceback); EX(context); EX(cause);
}

void probe_scalars(void);
void probe_scalars(void)
{
    T(PyASCIIObject); F(PyASCIIObject, length); F(PyASCIIObject, hash); F(PyASCIIObject, state);
    T(PyCompactUnicodeObject); F(PyCompactUnicodeObject, utf8_length); F(PyCompactUnicodeObject, utf8);
    T(PyUnicodeObject); F(PyUnicodeObject, data);
    /* offsetof() cannot name a bit field: the order inside the 32-bit word is written down here */
#define SB(name, bit, width) BITS("PyASCIIObject", "state." name, offsetof(PyASCIIObject, state), bit, width)
#if FREE_THREADED && V(3,14)   /* "interned" is a byte of its own there */
    SB("interned", 0, 8); SB("kind", 8, 3); SB("compact", 11, 1); SB("ascii", 12, 1); SB("statically_allocated", 13, 1);
#else
    SB("interned", 0, 2); SB("kind", 2, 3); SB("compact", 5, 1); SB("ascii", 6, 1);
#  if V(3,12)
    SB("statically_allocated", 7, 1);
#  else
    SB("ready", 7, 1);
#  endif
#endif
    T(PyLongObject);
#if V(3,12)
    F_AS("PyLongObject", PyLongObject, long_value.lv_tag, "lv_tag");
    F_AS("PyLongObject", PyLongObject, long_value.ob_digit, "ob_digit");
#else
    F(PyLongObject, ob_digit);
#endif
    T(PyFloatObject); F(PyFloatObject, ob_fval);
    T(PyBytesObject); F(PyBytesObject, ob_sval);

#if V(3,12)
#  define POOL struct pool_header
#else
#  define POOL M_pool_header
#endif
#if !FREE_THREADED
#  define PF(field) F_IN("pool_header", POOL, field)
    T_AS("pool_header", POOL); PF(szidx); PF(freeblock); PF(nextoffset); PF(maxnextoffset); PF(arenaindex);
    F_AS("pool_header", POOL, ref.count, "ref.count");
#  if V(3,12)
    C("ARENA_SIZE", ARENA_SIZE); C("POOL_SIZE", POOL_SIZE);
#  elif V(3,10)
    C("ARENA_SIZE", 1 << 20); C("POOL_SIZE", 1 << 14);
#  else
    C("ARENA_SIZE", 256 << 10); C("POOL_SIZE", 4 << 10);
#  endif
#endif
}

void probe_asyncio(void);
void probe_asyncio(void)
{
    MT(FutureObj); MT(TaskObj);
#define AF(field) MF(FutureObj, fut##field); MF(TaskObj, task##field)
    AF(_loop); AF(_callback0); AF(_context0); AF(_callbacks); AF(_exception); AF(_result); AF(_source_tb); AF(_state);
#if V(3,9)
    AF(_cancel_msg);
#endif
#if V(3,10)
    AF(_exception_tb);
#endif
#if V(3,11)
    AF(_cancelled_exc); MF(TaskObj, task_num_cancels_requested);
#endif
#if V(3,14)
    AF(_awaited_by); AF(_is_task); AF(_awaited_by_is_set); MF(TaskObj, task_node);
#  if FREE_THREADED
    MF(TaskObj, task_tid);
#  endif
#endif
#if V(3,13)
    /* the bit fields go on in the byte behind their predecessor, without padding */
#  if V(3,14)
#    define FLAGS(mirror, p) (offsetof(mirror, p##_awaited_by_is_set) + 1)
#  else
#    define FLAGS(mirror, p) (offsetof(mirror, p##_state) + 4)
#  endif
    BITS("FutureObj", "fut_log_tb", FLAGS(M_FutureObj, fut), 0, 1);
    BITS("FutureObj", "fut_blocking", FLAGS(M_FutureObj, fut), 1, 1);
    BITS("TaskObj", "task_log_tb", FLAGS(M_TaskObj, task), 0, 1);
    BITS("TaskObj", "task_blocking", FLAGS(M_TaskObj, task), 1, 1);
    BITS("TaskObj", "task_must_cancel", FLAGS(M_TaskObj, task), 2, 1);
    BITS("TaskObj", "task_log_destroy_pending", FLAGS(M_TaskObj, task), 3, 1);
#else
    AF(_log_tb); AF(_blocking); AF(_weakreflist); MF(FutureObj, dict); MF(TaskObj, dict);
    MF(TaskObj, task_must_cancel); MF(TaskObj, task_log_destroy_pending);
#endif
    MF(TaskObj, task_fut_waiter); MF(TaskObj, task_coro); MF(TaskObj, task_name); MF(TaskObj, task_context);
    MT(futureiterobject); MF(futureiterobject, future);
    MT(TaskStepMethWrapper); MF(TaskStepMethWrapper, sw_task); MF(TaskStepMethWrapper, sw_arg);
#if !V(3,10)
    MT(TaskWakeupMethWrapper); MF(TaskWakeupMethWrapper, ww_task);
#endif
#if V(3,12)
    MT(asyncio_state); /* the leading part only */
#  define AS(field) MF(asyncio_state, field)
    AS(FutureIterType); AS(TaskStepMethWrapper_Type); AS(FutureType); AS(TaskType); AS(asyncio_mod);
#  if V(3,14)
    AS(non_asyncio_tasks); AS(non_asyncio_eager_tasks);
#  else
    AS(current_tasks); AS(scheduled_tasks); AS(eager_tasks);
#  endif
#endif
}
