//! The interpreter, its event loops and its threads.

use super::super::Sighting;
use super::super::observe::Observation;
use super::super::session::Place;
use super::names::{Names, UNREADABLE};
use crate::heap::{TypeFlags, WarningFilter, WarningOptions};
use crate::memory::Address;
use crate::report::{self, HexAddress, Runtime};
use rustc_hash::FxHashMap;

/// Named threads beyond this are left without their names.
const MOST_THREADS: usize = 1 << 17;
/// Filters of warnings beyond this are not listed.
const MOST_FILTERS: usize = 100;

pub(super) fn threads(names: &Names<'_, '_>, observation: &Observation) -> Vec<report::Thread> {
    let mut found = Vec::new();
    for place in &observation.places {
        let called = thread_names(names, place);
        // Read one after the other while they run, two can seem to hold the lock: then nothing is said of them.
        let holders = place.interpreter.threads.iter().filter(|thread| thread.holds_gil == Some(true)).count();
        for thread in &place.interpreter.threads {
            let frames = observation.thread_frames.get(&thread.address);
            let os_thread_id = names.native_id(thread.address);
            found.push(report::Thread {
                id: thread.id,
                os_thread_id,
                name: called.get(&thread.id).cloned(),
                interpreter: place.interpreter.id,
                active: os_thread_id.and_then(|id| names.process?.thread_is_active(id)),
                owns_gil: thread.holds_gil.filter(|holds| !holds || holders == 1),
                frames: frames.into_iter().flatten().rev().filter_map(|frame| names.frame(frame)).collect(),
            });
        }
    }
    found
}

/// The names of the threads that `threading` of this interpreter knows, by what `get_ident()` says in them: `threading._active` holds
/// all that run, with a stand-in for each thread that something else started and that has asked for its `Thread`.
fn thread_names(names: &Names<'_, '_>, place: &Place) -> FxHashMap<u64, String> {
    let heap = names.heap;
    let active = heap
        .imported_globals(place.interpreter.modules, "threading")
        .and_then(|globals| heap.dict_value(globals, "_active").ok()?)
        .filter(|active| heap.type_of(*active).ok() == heap.known().dict);
    let entries = active.and_then(|active| heap.dict_entries(active).ok()).unwrap_or_default();
    let name = |(ident, thread): (Address, Address)| {
        let ident = heap.is_a(ident, TypeFlags::INT).then(|| heap.integer(ident).ok()?).flatten()?;
        let name = heap.attribute(thread, "_name").ok()??;
        let name = heap.is_a(name, TypeFlags::STR).then(|| heap.label(name).ok()).flatten()?;
        Some((u64::try_from(ident).ok()?, name))
    };
    entries.into_iter().take(MOST_THREADS).filter_map(name).collect()
}

pub(super) fn runtime(names: &Names<'_, '_>, last: &Sighting) -> Runtime {
    let observation = &last.observation;
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
            next_timer_s: event_loop.next_timer.zip(last.monotonic_s).map(|(due, now)| due - now),
            blocked: last
                .blocked
                .iter()
                .find(|found| found.event_loop == event_loop.address)
                .map(|found| super::blocked::blocked(names, found)),
        }
    });
    let main = observation.places.first().map(|place| &place.interpreter);
    let WarningOptions { options, dev_mode } =
        main.map(|interpreter| names.heap.warning_options(interpreter)).unwrap_or_default();
    let filters = main.map(|interpreter| names.heap.warning_filters(interpreter)).unwrap_or_default();
    Runtime {
        origin_tracking_depth: depths.map(|thread| thread.origin_tracking_depth).collect(),
        warning_filters: filters.iter().take(MOST_FILTERS).map(WarningFilter::text).collect(),
        warning_options: options,
        dev_mode,
        loops: loops.collect(),
    }
}
