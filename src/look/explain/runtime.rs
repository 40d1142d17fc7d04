//! The interpreter, its event loops and its threads.

use super::super::observe::Observation;
use super::super::session::Place;
use super::names::{Names, UNREADABLE};
use crate::memory::Address;
use crate::report::{self, HexAddress, Runtime};
use rustc_hash::FxHashMap;

pub(super) fn threads(names: &Names<'_, '_>, observation: &Observation) -> Vec<report::Thread> {
    let threads = observation
        .places
        .iter()
        .flat_map(|place| place.interpreter.threads.iter().map(|thread| (place.interpreter.id, thread)));
    threads
        .map(|(interpreter, thread)| {
            let frames = observation.thread_frames.get(&thread.address);
            report::Thread {
                id: thread.id,
                os_thread_id: thread.native_id.filter(|id| *id != 0),
                name: None,
                interpreter,
                active: thread.native_id.filter(|id| *id != 0).and_then(|id| names.process?.thread_is_active(id)),
                owns_gil: None,
                frames: frames.into_iter().flatten().rev().filter_map(|frame| names.frame(frame)).collect(),
            }
        })
        .collect()
}

pub(super) fn runtime(names: &Names<'_, '_>, observation: &Observation) -> Runtime {
    let depths = observation.places.iter().flat_map(|place| &place.interpreter.threads);
    let mut tasks_of: FxHashMap<Address, u64> = FxHashMap::default();
    for event_loop in observation.tasks.iter().filter_map(|task| task.event_loop) {
        *tasks_of.entry(event_loop).or_default() += 1;
    }
    let loops = observation.loops.iter().map(|event_loop| {
        let tasks = tasks_of.get(&event_loop.address).copied().unwrap_or(0);
        report::Loop {
            address: HexAddress(event_loop.address.get()),
            class: names.class_name(event_loop.address).unwrap_or_else(|| UNREADABLE.to_owned()),
            thread: event_loop.thread.and_then(|thread| names.native_id(thread)),
            running: event_loop.thread.is_some(),
            debug: event_loop.debug,
            ready: Some(event_loop.ready.len() as u64),
            scheduled: Some(event_loop.timers.len() as u64),
            tasks: Some(tasks),
            closed: event_loop.closed,
            current_task: event_loop.current_task.map(|task| HexAddress(task.get())),
            slow_callback_s: event_loop.slow_callback_s,
            next_timer_s: None,
            blocked: None,
        }
    });
    Runtime {
        origin_tracking_depth: depths.map(|thread| thread.origin_tracking_depth).collect(),
        warning_filters: observation.places.first().map(|place| warning_filters(names, place)).unwrap_or_default(),
        loops: loops.collect(),
    }
}

/// The filters that decide about warnings, written like the argument of `-W`.
fn warning_filters(names: &Names<'_, '_>, place: &Place) -> Vec<String> {
    /// A program that keeps adding filters has other problems.
    const MOST: usize = 100;
    let layout = names.heap.layout();
    let Ok(filters) = names.heap.pointer(place.interpreter.address, layout.interpreter.warnings_filters) else {
        return Vec::new();
    };
    if names.heap.type_of(filters).ok() != names.heap.known().list {
        return Vec::new();
    }
    let items = names.heap.list_items(filters).unwrap_or_default();
    items.into_iter().take(MOST).filter_map(|filter| warning_filter(names, filter)).collect()
}

/// A filter is a tuple (action, message, category, module, line); message and module are None, a str or a compiled pattern.
fn warning_filter(names: &Names<'_, '_>, filter: Address) -> Option<String> {
    let parts = names.heap.tuple_start(filter, 6).ok()?;
    let [action, message, category, module, line] = parts.as_slice() else { return None };
    let pattern = |part: Address| {
        if names.heap.is_none(part) {
            return String::new();
        }
        names.heap.label(part).unwrap_or_else(|_| "<pattern>".to_owned())
    };
    let line = names.heap.integer(*line).ok()?.filter(|line| *line != 0).map(|line| line.to_string());
    let category = names.heap.type_info(*category).ok()?.name.clone();
    let text =
        [names.heap.label(*action).ok()?, pattern(*message), category, pattern(*module), line.unwrap_or_default()];
    Some(text.join(":").trim_end_matches(':').to_owned())
}
