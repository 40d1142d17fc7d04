//! The await chain of a task that is suspended: from its coroutine inwards, each awaits the next.
//!
//! What a coroutine awaits is on its stack (`cr_await`). Between two frames there may be objects without one: a `coroutine_wrapper`
//! (somebody called `__await__`), an `asend()`/`athrow()` of an async generator, `anext()` with a default, the iterator of a future.
//! A generator that a user's `__await__` made is a frame like any other.

use crate::heap::{Frame, Generator, Heap, Result};
use crate::memory::Address;
use crate::runtime::layout::Field;
use rustc_hash::FxHashSet;

/// Objects awaiting each other, in one task.
const DEEPEST_CHAIN: usize = 2000;

/// The await chain of a task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chain {
    /// The frames, outermost first.
    pub frames: Vec<Frame>,
    /// What the innermost frame awaits: a future, a task, or something we cannot look into. `None` when it stands at a bare `yield`,
    /// has not started, or runs.
    pub end: Option<Address>,
    /// Whether it was cut off because it is too long, or leads into itself.
    pub cut: bool,
}

/// Follows the await chain from a coroutine inwards. `find` gives the generators that are already known, so that they need not be read
/// again.
#[must_use]
pub fn await_chain(heap: &Heap<'_>, outermost: Address, find: impl Fn(Address) -> Option<Generator>) -> Chain {
    let mut chain = Chain::default();
    let mut seen: FxHashSet<Address> = FxHashSet::default();
    let mut at = Some(outermost);
    while let Some(object) = at {
        if seen.len() >= DEEPEST_CHAIN || !seen.insert(object) {
            chain.cut = true;
            return chain;
        }
        let generator = find(object).or_else(|| {
            let kind = heap.generator_kind(object)?;
            heap.generator(object, kind).ok()
        });
        at = match generator {
            Some(generator) => {
                chain.frames.extend(generator.frame);
                heap.awaited_by(&generator).ok().flatten()
            }
            None => match without_frame(heap, object) {
                Ok(Some(inner)) => inner.non_null(),
                Ok(None) | Err(_) => {
                    chain.end = Some(object);
                    return chain;
                }
            },
        };
    }
    chain
}

/// What an awaited object without a frame passes on to; `None` if it is no such object.
fn without_frame(heap: &Heap<'_>, object: Address) -> Result<Option<Address>> {
    let class = heap.type_of(object)?;
    let (known, layout) = (heap.known(), heap.layout());
    let passes_on: [(Option<Address>, Field); 4] = [
        (known.coroutine_wrapper, layout.coroutine_wrapper.cw_coroutine),
        (known.asend, layout.asend.ags_gen),
        (known.athrow, layout.athrow.agt_gen),
        (known.anext_awaitable, layout.anext_awaitable.wrapped),
    ];
    if let Some((_, field)) = passes_on.into_iter().find(|(known, _)| *known == Some(class)) {
        return heap.pointer(object, field).map(Some);
    }
    if heap.type_info(class)?.name == "_asyncio.FutureIter" {
        // Null once the future is done and its result was taken.
        return heap.pointer(object, layout.future_iterator.future).map(Some);
    }
    Ok(None)
}
