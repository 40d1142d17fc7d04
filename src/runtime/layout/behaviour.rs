//! Where CPython versions differ in *behaviour*, not only in numbers: small closed enums on the
//! [`Layout`](super::Layout), so that a reader matches on a kind and never on a version.

/// The values of `gi_frame_state` (3.11+) or `f_state` (3.10) of generators, coroutines and async generators.
///
/// Renumbered in 3.13 and again in 3.15: 0 means *executing* in 3.10–3.14 and *created* in 3.15.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FrameStates {
    /// Called and never started.
    pub created: i8,
    /// Suspended; since 3.13, in a plain `yield` only.
    pub suspended: i8,
    /// Suspended in an `await` or `yield from` (3.13+; before, the bytecode tells).
    pub suspended_yield_from: Option<i8>,
    /// As `suspended_yield_from`, while another thread works on it (3.15+).
    pub suspended_yield_from_locked: Option<i8>,
    /// Running, or waiting in the middle of a running await chain.
    pub executing: i8,
    /// Returned and not yet cleared: seen for a moment only. 3.10 has further such values (2 unwinding, 3 raised).
    pub completed: Option<i8>,
    /// Finished or closed. A coroutine under construction has it too.
    pub cleared: i8,
}

/// Where a generator keeps its frame and its state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FrameKind {
    /// 3.8, 3.9: in a `PyFrameObject`. The state follows from `f_lasti` (−1: created) and `running`;
    /// a closed generator has no frame. `f_lasti` counts bytes.
    FrameObject38,
    /// 3.10: in a `PyFrameObject`, with the state in `f_state`. `f_lasti` counts code units of 2 bytes.
    FrameObject310,
    /// 3.11 and later: a `_PyInterpreterFrame` embedded at `iframe`, with the state in `frame_state`.
    Embedded,
}

/// How the collector keeps the objects it tracks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GcKind {
    /// Three generations and the permanent one, each a list (default builds except 3.14.0–3.14.4).
    Generational,
    /// 3.14.0–3.14.4: `young`, two `old` spaces and the permanent generation. Bit 0 of `_gc_next` marks the
    /// old space, also of live objects.
    Incremental,
    /// Free-threaded builds: no lists; a bit in each object says that it is tracked.
    FreeThreaded,
}

/// Where the state of the collector lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GcLocation {
    /// 3.8: one for all interpreters, in `_PyRuntime`.
    Runtime,
    /// 3.9 and later: one in each interpreter.
    Interpreter,
}

/// Where an instance whose type has `Py_TPFLAGS_MANAGED_DICT` keeps its attributes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ManagedDict {
    /// 3.8–3.10: there are no managed dicts, `tp_dictoffset` tells.
    None,
    /// 3.11: 32 bytes before the object a pointer to the values (keys are the type's `ht_cached_keys`);
    /// if it is null, the dict is 24 bytes before the object.
    ValuesPointer311,
    /// 3.12: one word 24 bytes before the object. Odd: the values are at that word + 1. Even: the dict.
    TaggedPointer312,
    /// 3.13 and later: the dict's address before the object (24 bytes; 8 in free-threaded builds); if null and
    /// the type has `Py_TPFLAGS_INLINE_VALUES`, the values follow the object, at `tp_basicsize`.
    Inline313,
}

/// How positions in bytecode become line numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineTable {
    /// 3.8, 3.9: `co_lnotab`, pairs of steps (bytes, lines).
    Lnotab,
    /// 3.10: `co_linetable`, pairs (length in bytes, line step; −128 has no line).
    Ranges310,
    /// 3.11 and later: `co_linetable` with entries of variable length that also tell columns.
    Locations311,
}

/// Where asyncio keeps its tasks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TaskRegistry {
    /// 3.8–3.11: the `WeakSet` `asyncio.tasks._all_tasks`.
    AllTasksWeakSet,
    /// 3.12, 3.13: the `WeakSet` `asyncio.tasks._scheduled_tasks` and the set `_eager_tasks`.
    ScheduledTasksWeakSet,
    /// 3.14 and later: linked lists of the unfinished C tasks, in each thread and each interpreter; tasks written
    /// in Python are in `asyncio.tasks._scheduled_tasks` and `_eager_tasks`.
    LinkedLists,
}

/// How pymalloc cuts memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PoolGeometry {
    /// Bytes of an arena.
    pub arena_size: u32,
    /// Bytes of a pool; pools are aligned to it.
    pub pool_size: u32,
}
