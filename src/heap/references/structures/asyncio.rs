//! Types of the C module `_asyncio`, and those of other modules that the layout tells of.

use super::Bases;
use crate::heap::TypeFlags;
use crate::heap::references::shape::{Body, Shape};
use crate::heap::references::{ForeignTypes, References};
use crate::memory::Address;
use crate::runtime::layout::{Field, Layout};

/// The static types of one C module lie closer together than this.
const ONE_MODULE: u64 = 1 << 16;

/// The shapes of types that were found where modules keep them.
pub(super) fn add(l: &Layout, foreign: &[ForeignTypes], bases: &mut Bases) {
    for types in foreign {
        bases.add(types.deque, Body::Deque, &[]);
        bases.add(types.partial, Body::Nothing, &partial_fields(l));
        bases.add(types.future, Body::Nothing, &future_fields(l));
        bases.add(types.task, Body::Nothing, &task_fields(l));
        bases.add(types.future_iterator, Body::Nothing, &[("future", l.future_iterator.future)]);
        bases.add(types.step_wrapper, Body::Nothing, &step_fields(l));
    }
}

/// What a `functools.partial` has.
pub(super) fn partial_fields(l: &Layout) -> [(&'static str, Field); 4] {
    let partial = &l.partial;
    [("function", partial.func), ("arguments", partial.args), ("keywords", partial.kw), ("dict", partial.dict)]
}

fn future_fields(l: &Layout) -> Vec<(&'static str, Field)> {
    let f = &l.future;
    vec![
        ("loop", f.fut_loop),
        ("callback", f.fut_callback0),
        ("callback context", f.fut_context0),
        ("callbacks", f.fut_callbacks),
        ("exception", f.fut_exception),
        ("exception traceback", f.fut_exception_tb),
        ("result", f.fut_result),
        ("source traceback", f.fut_source_tb),
        ("cancel message", f.fut_cancel_msg),
        ("cancelled exception", f.fut_cancelled_exc),
        ("awaited by", f.fut_awaited_by),
        ("dict", f.dict),
    ]
}

fn task_fields(l: &Layout) -> Vec<(&'static str, Field)> {
    let t = &l.task;
    let mut fields = future_fields(l);
    fields.extend([
        ("waiter", t.task_fut_waiter),
        ("coroutine", t.task_coro),
        ("name", t.task_name),
        ("context", t.task_context),
    ]);
    fields
}

fn step_fields(l: &Layout) -> Vec<(&'static str, Field)> {
    vec![("task", l.step_wrapper.sw_task), ("argument", l.step_wrapper.sw_arg)]
}

impl References<'_, '_> {
    /// Up to 3.11 the types that `_asyncio` keeps to itself are static, and lie beside those that it shows.
    pub(super) fn part_of_asyncio(&self, class: Address, name: &str) -> Option<Shape> {
        let l = self.heap.layout();
        let future = self.asyncio_future?;
        let info = self.heap.type_info(class).ok()?;
        if info.flags.contains(TypeFlags::HEAP_TYPE) || class.get().abs_diff(future.get()) > ONE_MODULE {
            return None;
        }
        let shape = |size: u32, fields: &[(&'static str, Field)]| {
            (info.basic_size == u64::from(size)).then(|| Shape::new(Body::Nothing, fields))
        };
        match name {
            "_asyncio.FutureIter" => shape(l.future_iterator.size, &[("future", l.future_iterator.future)]),
            "TaskStepMethWrapper" | "_asyncio.TaskStepMethWrapper" => shape(l.step_wrapper.size, &step_fields(l)),
            "TaskWakeupMethWrapper" => shape(l.wakeup_wrapper.size, &[("task", l.wakeup_wrapper.ww_task)]),
            _ => None,
        }
    }
}
