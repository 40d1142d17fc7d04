//! What the target says about asyncio: the section `.AsyncioDebug` (3.14+), put over the table.
//!
//! The block is `Py_AsyncioModuleDebugOffsets` of `_asynciomodule.c`: 13 words, no mark at its start. It is in
//! `_asyncio.*.so`, or in the executable or libpython where the module is built in, so every mapped image is to be
//! searched. In 3.14 it is absent until `_asyncio` is imported. It is the last word on thread and interpreter fields
//! of asyncio, which move inside a minor version.

use super::Layout;
use super::overlay::{offset, size};
use super::words::{self, Drift, OverlayError, Sets, Word};

/// The words in their order; the same in 3.14 and 3.15.
const WORDS: [Word; 13] = [
    size!(14, "asyncio_task_object.size", task),
    offset!(14, "asyncio_task_object.task_name", task.task_name),
    offset!(14, "asyncio_task_object.task_awaited_by", task.task_awaited_by),
    offset!(14, "asyncio_task_object.task_is_task", task.task_is_task),
    offset!(14, "asyncio_task_object.task_awaited_by_is_set", task.task_awaited_by_is_set),
    offset!(14, "asyncio_task_object.task_coro", task.task_coro),
    offset!(14, "asyncio_task_object.task_node", task.task_node),
    size!(14, "asyncio_interpreter_state.size", interpreter),
    offset!(14, "asyncio_interpreter_state.asyncio_tasks_head", interpreter.asyncio_tasks_head),
    size!(14, "asyncio_thread_state.size", thread_impl),
    offset!(14, "asyncio_thread_state.asyncio_running_loop", thread_impl.asyncio_running_loop),
    offset!(14, "asyncio_thread_state.asyncio_running_task", thread_impl.asyncio_running_task),
    offset!(14, "asyncio_thread_state.asyncio_tasks_head", thread_impl.asyncio_tasks_head),
];

/// Bytes of `.AsyncioDebug` in CPython 3.`minor`; 0 where there is none (3.13 and older, and versions without table).
#[must_use]
pub fn asyncio_debug_length(minor: u8) -> usize {
    if super::has_table(minor) { words::length(&WORDS, minor) } else { 0 }
}

/// Puts the target's `.AsyncioDebug` over the layout, and says where it differs from the table. `bytes` is the
/// section's content, at least [`asyncio_debug_length`] long.
///
/// # Errors
/// When the section is cut short or holds a word no CPython can have. The layout is then as it was.
pub fn apply_asyncio_debug(layout: &mut Layout, bytes: &[u8]) -> Result<Vec<Drift>, OverlayError> {
    words::apply(&WORDS, layout, bytes)
}
