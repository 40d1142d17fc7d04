//! Where something was created, as it was written down: of coroutines by the interpreter, of tasks and futures by asyncio in debug mode.
//!
//! `_source_traceback` is a `traceback.StackSummary`, a list of `FrameSummary`, outermost first; those have their parts in slots
//! (`filename`, `lineno`, `name`; 3.8–3.15).

use super::names::Names;
use crate::asyncio::Task;
use crate::heap::{Heap, OriginFrame};
use crate::memory::Address;
use crate::report::{Evidence, Location};

/// Frames told of one stack; asyncio records ten (`DEBUG_STACK_DEPTH`).
const MOST_FRAMES: usize = 64;

/// Where asyncio itself creates tasks for others.
const OWN_FILES: [&str; 5] = ["base_events.py", "tasks.py", "taskgroups.py", "runners.py", "events.py"];

/// Where a task was created, innermost first; `None` when it was not written down. Frames of asyncio's own on the way from the call in
/// somebody's code to the task are left out.
pub(super) fn created_at(names: &Names<'_, '_>, task: &Task) -> Option<Vec<Location>> {
    let mut locations = stack(names.heap, task.source_traceback(names.heap)?)?;
    let first = locations.iter().position(|location| !is_own(&location.file)).unwrap_or(0);
    locations.drain(..first);
    Some(locations)
}

/// The stack in a `_source_traceback`, innermost first; `None` if nothing of it can be read.
pub(super) fn stack(heap: &Heap<'_>, recorded: Address) -> Option<Vec<Location>> {
    let frames = heap.list_items(recorded).ok()?;
    let locations: Vec<Location> =
        frames.into_iter().rev().take(MOST_FRAMES).filter_map(|frame| location(heap, frame)).collect();
    (!locations.is_empty()).then_some(locations)
}

/// The frames of an origin that the interpreter itself wrote down (`cr_origin`), innermost first.
pub(super) fn recorded(origin: &[OriginFrame]) -> Vec<Location> {
    let location = |frame: &OriginFrame| {
        let line = u32::try_from(frame.line).unwrap_or(0);
        Location::new(frame.file.clone(), line, Some(frame.function.clone()), Evidence::Recorded)
    };
    origin.iter().map(location).collect()
}

fn location(heap: &Heap<'_>, frame: Address) -> Option<Location> {
    let part = |name| heap.slot_value(frame, name).ok().flatten();
    let line = part("lineno").and_then(|line| u32::try_from(heap.integer(line).ok()??).ok()).unwrap_or(0);
    let function = part("name").and_then(|name| heap.label(name).ok());
    Some(Location::new(heap.label(part("filename")?).ok()?, line, function, Evidence::Recorded))
}

fn is_own(file: &str) -> bool {
    OWN_FILES.iter().any(|own| file.strip_suffix(own).is_some_and(|folder| folder.ends_with("asyncio/")))
}
