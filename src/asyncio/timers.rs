//! Which timers of event loops end a wait, and when.
//!
//! `sleep()` lets a timer set the result of its future; `wait_for()` (up to 3.11) and `wait()` release theirs; `asyncio.timeout()` and
//! anyio's cancel scopes have a method called that cancels the task. Times are those of `loop.time()`, which for asyncio's own loops is
//! CLOCK_MONOTONIC. uvloop keeps its times to itself.

use super::EventLoop;
use super::graph::Callbacks;
use super::loops::due;
use super::roles::{Role, Roles};
use crate::heap::{Heap, Result};
use crate::memory::Address;
use rustc_hash::{FxHashMap, FxHashSet};

/// Arguments of a timer's callback that are looked at.
const MOST_ARGUMENTS: u64 = 8;

/// What timers are going to do.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Timers {
    /// When a timer ends the wait for this future, or of this task.
    ends: FxHashMap<Address, f64>,
    /// Whatever else timers, or what is ready to run, were handed; what they will do with it is not known.
    touched: FxHashSet<Address>,
    /// Futures of `sleep()`.
    sleeps: FxHashSet<Address>,
}

/// What the callback of a timer does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// `_set_result_unless_cancelled(future, result)`
    Sleep,
    /// `_release_waiter(future)`
    Release,
    /// Something else.
    Other,
}

impl Timers {
    pub(super) fn of(
        heap: &Heap<'_>,
        roles: &Roles<'_, '_>,
        callbacks: &Callbacks<'_, '_>,
        loops: &[EventLoop],
    ) -> Self {
        let mut timers = Self::default();
        // Ten thousand timers call a few functions.
        let mut endings: FxHashMap<Address, Ending> = FxHashMap::default();
        for timer in loops.iter().flat_map(|event_loop| &event_loop.timers) {
            // Cancelled ones have lost their callback.
            let [callback, arguments @ ..] = timer.referents.as_slice() else { continue };
            let arguments: Vec<Address> = arguments
                .iter()
                .flat_map(|arguments| heap.tuple_start(*arguments, MOST_ARGUMENTS).unwrap_or_default())
                .collect();
            let ending = if Some(heap.type_of(*callback).unwrap_or(Address::NULL)) == heap.known().function {
                *endings.entry(*callback).or_insert_with(|| match callbacks.function_name(*callback).as_deref() {
                    Some("_set_result_unless_cancelled") => Ending::Sleep,
                    Some("_release_waiter") => Ending::Release,
                    _ => Ending::Other,
                })
            } else {
                Ending::Other
            };
            let ended = match (ending, arguments.first()) {
                (Ending::Sleep | Ending::Release, Some(future)) => {
                    timers.sleeps.extend((ending == Ending::Sleep).then_some(*future));
                    vec![*future]
                }
                _ => {
                    timers.touched.extend(arguments);
                    let (ended, touched) = called_for(heap, roles, *callback).unwrap_or_default();
                    timers.touched.extend(touched);
                    ended
                }
            };
            if ended.is_empty() {
                continue;
            }
            // A foreign handle keeps its time to itself.
            match due(heap, timer.handle) {
                Some(when) => {
                    for object in ended {
                        let end = timers.ends.entry(object).or_insert(when);
                        *end = end.min(when);
                    }
                }
                None => timers.touched.extend(ended),
            }
        }
        // What is ready to run, too; and the timers of uvloop are found among that, without their times.
        for referent in loops.iter().flat_map(|event_loop| &event_loop.ready).flat_map(|handle| &handle.referents) {
            if heap.type_of(*referent).ok() == heap.known().tuple {
                timers.touched.extend(heap.tuple_start(*referent, MOST_ARGUMENTS).unwrap_or_default());
            } else {
                let (ended, touched) = called_for(heap, roles, *referent).unwrap_or_default();
                timers.touched.extend(ended.into_iter().chain(touched));
            }
        }
        timers
    }

    /// When the first timer ends the wait of `task` for `future`, in the time of its loop.
    pub(super) fn end(&self, task: Address, future: Address) -> Option<f64> {
        let ends = [future, task].into_iter().filter_map(|object| self.ends.get(&object)).copied();
        ends.reduce(f64::min)
    }

    /// Whether a timer, or something that is ready to run, may end the wait of `task` for `future`.
    pub(super) fn may_end(&self, task: Address, future: Address) -> bool {
        [task, future].iter().any(|object| self.ends.contains_key(object) || self.touched.contains(object))
    }

    /// Whether this is the future of a `sleep()`.
    pub(super) fn is_sleep(&self, future: Address) -> bool {
        self.sleeps.contains(&future)
    }
}

/// The objects a callback is about: those whose wait it ends – what a built-in method such as `task.cancel` is bound to, the task of a
/// `Timeout` or cancel scope – and those it has a hand on.
fn called_for(heap: &Heap<'_>, roles: &Roles<'_, '_>, callback: Address) -> Result<(Vec<Address>, Vec<Address>)> {
    let (known, class) = (heap.known(), Some(heap.type_of(callback)?));
    let mut ended = Vec::new();
    let mut touched = Vec::new();
    if class == known.builtin_function {
        ended
            .extend(heap.builtin_self(callback)?.filter(|bound| matches!(roles.of(*bound), Role::Task | Role::Future)));
    } else if class == known.method {
        let [_, bound] = heap.method_parts(callback)?;
        let limits = ["asyncio.timeouts.Timeout", "async_timeout.Timeout", "anyio._backends._asyncio.CancelScope"];
        if roles.class_names(heap.type_of(bound)?).iter().any(|name| limits.contains(&name.as_str())) {
            for name in ["_task", "_host_task"] {
                ended.extend(heap.attribute(bound, name)?.or(heap.slot_value(bound, name)?));
            }
        } else {
            touched.push(bound);
        }
    } else if class == known.function {
        for referent in heap.function_referents(callback)? {
            let is_cell = Some(heap.type_of(referent)?) == known.cell;
            touched.extend(if is_cell { heap.cell_contents(referent)? } else { Some(referent) });
        }
    } else if roles.is_partial(heap.type_of(callback)?) {
        let layout = &heap.layout().partial;
        let bytes = heap.object_bytes(callback, layout.size)?;
        touched.extend(heap.tuple_start(layout.args.address_in(&bytes)?, MOST_ARGUMENTS)?);
    }
    Ok((ended, touched))
}
