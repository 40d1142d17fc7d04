//! Reads whole regions of a target in address order, once, and shows them piece by piece to a search.
//!
//! Finding objects by following the target's pointers costs a cache miss and, from outside, a system
//! call for each; reading everything in address order through a small buffer that stays in the cache
//! costs neither. Copy and search run at the speed of the copy (about 4.5 GB/s on one core): fresh
//! memory would cost more than the data, so nothing is mirrored.

use super::room::{MOST_LEAD, Room, lead};
use super::{Address, LiveMemory, Memory, Piece, ReadReason};
use crate::process::{own_thread_cpu_time, priority};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Bytes copied at a time: fits the second-level cache, and larger chunks are not faster.
pub(super) const CHUNK: usize = 256 * 1024;
/// Bytes of which the worthwhile parts are chosen at a time.
const WINDOW: u64 = 8 << 20;

/// When a sweep that gets next to no time is helped by threads of more weight, and how nice these are. With this weight each gets
/// a twenty-fifth of a processor beside one busy thread, and about as much beside ten of them.
const STEPS: [(Duration, i32); 2] = [(Duration::from_millis(300), 14), (Duration::from_secs(3), 4)];
/// It starves when it has had less than one part in so many of one processor.
const STARVING: u32 = 20;

/// How much a thread that sweeps is worth to the scheduler.
#[derive(Debug, Clone, Copy)]
enum Weight {
    Unchanged,
    Idle,
    Nice(i32),
}

impl Weight {
    /// Gives it to the calling thread. Where the system refuses the work goes on all the same.
    fn take(self) {
        let _ = match self {
            Self::Unchanged => return,
            Self::Idle => priority::give_way(),
            Self::Nice(nice) => priority::nearly_give_way(nice),
        };
    }
}

/// Waits until all that are `running` have said that they ended, or for no longer than until `deadline`.
fn all_ended(ends: &mpsc::Receiver<()>, running: &mut usize, deadline: Instant) -> bool {
    while *running > 0 {
        if ends.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_err() {
            return false;
        }
        *running -= 1;
    }
    true
}

/// What can be seen around a hit.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// Address of the first byte of `bytes`.
    pub base: Address,
    /// The copied bytes: the chunk and, where mapped, a margin on both sides.
    pub bytes: &'a [u8],
}

impl View<'_> {
    /// The word `offset` bytes from the start of `bytes`, if it is in view.
    #[must_use]
    pub fn word(&self, offset: usize) -> Option<u64> {
        let bytes = self.bytes.get(offset..offset.checked_add(8)?)?;
        Some(u64::from_le_bytes(bytes.try_into().ok()?))
    }
}

/// What a sweep read, and what it could not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Bytes that were searched.
    pub bytes: u64,
    /// Bytes that were mapped when the sweep began and could not be read when it came there.
    pub unreadable: u64,
}

/// How a sweep is run.
#[derive(Debug, Clone, Copy)]
pub struct SweepOptions {
    /// Threads that read side by side.
    pub threads: usize,
    /// Bytes in view before a hit, as far as they are mapped.
    pub margin_before: usize,
    /// Bytes in view behind a hit, as far as they are mapped.
    pub margin_after: usize,
    /// Run in the scheduling class for idle time, so that a busy machine's work goes first.
    pub idle_priority: bool,
}

/// Reads `ranges` of `memory` and calls `search` with each piece: a view, and which bytes of it are to be searched.
///
/// `select` may choose the parts of a window (at most 8 MiB) that are worth reading; `search` sees no bytes across its cuts.
/// Each thread collects into a value of its own, made by `make`; they are returned in no particular order.
/// `stop` is asked between windows.
pub(super) fn stream<T: Send>(
    memory: &LiveMemory,
    ranges: &[Range<u64>],
    options: SweepOptions,
    select: impl Fn(Range<u64>) -> Vec<Range<u64>> + Sync,
    make: impl Fn() -> T + Sync,
    search: impl Fn(&mut T, View<'_>, Range<usize>) + Sync,
    stop: impl Fn() -> bool + Sync,
) -> (Vec<T>, Swept) {
    let windows = windows(ranges);
    let next = AtomicUsize::new(0);
    let searched = AtomicU64::new(0);
    let unreadable = AtomicU64::new(0);
    // Nanoseconds of processors. Others of our threads may be at work, too, and say nothing about this one.
    let used = AtomicU64::new(0);
    let work = |weight: Weight| {
        weight.take();
        let mut before = own_thread_cpu_time();
        let mut found = make();
        let mut buffer = Room::new(options.margin_before + CHUNK + options.margin_after + MOST_LEAD);
        let buffer = buffer.bytes_mut();
        while let Some(window) = windows.get(next.fetch_add(1, Ordering::Relaxed)) {
            if stop() {
                break;
            }
            let mut views = window.views(select(window.core.clone()), options).peekable();
            while views.peek().is_some() {
                // As many at a time as there is room for: the parts of a selection are small, and a system call is not.
                let mut room = buffer.len();
                let batch: Vec<Planned> = std::iter::from_fn(|| {
                    let planned = views.next_if(|planned| planned.length + MOST_LEAD <= room)?;
                    room -= planned.length + MOST_LEAD;
                    Some(planned)
                })
                .collect();
                for (planned, bytes, outcome) in read_batch(memory, &batch, buffer) {
                    let parts = match outcome {
                        Ok(()) => std::iter::once(0..bytes.len()).collect(),
                        Err(_) => readable_parts(memory, planned.base, bytes),
                    };
                    let mut done = 0;
                    for part in parts {
                        let (start, end) = (part.start.max(planned.core.start), part.end.min(planned.core.end));
                        let Some(bytes) = bytes.get(part.clone()).filter(|_| start < end) else { continue };
                        let view = View { base: planned.base.offset(part.start as u64), bytes };
                        search(&mut found, view, start - part.start..end - part.start);
                        done += end - start;
                    }
                    searched.fetch_add(done as u64, Ordering::Relaxed);
                    unreadable.fetch_add((planned.core.len() - done) as u64, Ordering::Relaxed);
                }
            }
            let now = own_thread_cpu_time();
            let took = u64::try_from(now.saturating_sub(before).as_nanos()).unwrap_or(u64::MAX);
            used.fetch_add(took, Ordering::Relaxed);
            before = now;
        }
        found
    };
    let threads = options.threads.clamp(1, windows.len().max(1));
    let found = std::thread::scope(|scope| {
        let (end, ends) = mpsc::channel();
        let start = |weight| {
            let end = end.clone();
            scope.spawn(move || {
                let found = work(weight);
                // Nobody waits for it any more if all steps are taken.
                let _ = end.send(());
                found
            })
        };
        let first = if options.idle_priority { Weight::Idle } else { Weight::Unchanged };
        let mut handles: Vec<_> = (0..threads).map(|_| start(first)).collect();
        let begun = Instant::now();
        let mut running = threads;
        for (after, nice) in STEPS {
            if !options.idle_priority || all_ended(&ends, &mut running, begun + after) {
                break;
            }
            if Duration::from_nanos(used.load(Ordering::Relaxed)) * STARVING < begun.elapsed() {
                handles.extend((0..threads).map(|_| start(Weight::Nice(nice))));
                running += threads;
            }
        }
        // A thread that panicked has found nothing; the panic was printed by the hook.
        handles.into_iter().filter_map(|handle| handle.join().ok()).collect()
    });
    (found, Swept { bytes: searched.into_inner(), unreadable: unreadable.into_inner() })
}

/// Fills `into` with what can be read from `base` on; returns the filled parts. Pages may vanish while the target runs.
fn readable_parts(memory: &LiveMemory, base: Address, into: &mut [u8]) -> Vec<Range<usize>> {
    const PAGE: u64 = 4096;
    let mut parts: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while let Some(rest) = into.get_mut(at..).filter(|rest| !rest.is_empty()) {
        match memory.read_some(base.offset(at as u64), rest) {
            Ok(count) if count > 0 => {
                match parts.last_mut() {
                    Some(last) if last.end == at => last.end += count,
                    _ => parts.push(at..at + count),
                }
                at += count;
            }
            _ => {
                let address = base.get() + at as u64;
                at += usize::try_from(PAGE - address % PAGE).unwrap_or(4096);
            }
        }
    }
    parts
}

/// A part of a region, and the region, whose bytes around the part may be read as well.
struct Window {
    core: Range<u64>,
    region: Range<u64>,
}

/// What is read at once: the bytes to search, with the margins around them.
struct Planned {
    base: Address,
    length: usize,
    /// Where in the `length` bytes the ones to search lie.
    core: Range<usize>,
}

impl Window {
    /// The selected parts of this window, in pieces of [`CHUNK`] bytes at most.
    fn views(&self, selected: Vec<Range<u64>>, options: SweepOptions) -> impl Iterator<Item = Planned> + '_ {
        let margin = |available: u64, wanted: usize| usize::try_from(available).unwrap_or(wanted).min(wanted);
        selected.into_iter().flat_map(move |part| {
            // Nothing reaches across a cut of the selection; across a border of the window objects do.
            let first = if part.start == self.core.start { self.region.start } else { part.start };
            let last = if part.end == self.core.end { self.region.end } else { part.end };
            (0..(part.end - part.start).div_ceil(CHUNK as u64)).map(move |index| {
                let start = part.start + index * CHUNK as u64;
                let length = margin(part.end - start, CHUNK);
                let before = margin(start - first, options.margin_before);
                let after = margin(last - (start + length as u64), options.margin_after);
                Planned {
                    base: Address::new(start - before as u64),
                    length: before + length + after,
                    core: before..before + length,
                }
            })
        })
    }
}

/// Reads the planned pieces into `buffer`, one behind the other, which has room for them and [`MOST_LEAD`] bytes before each.
fn read_batch<'p, 'b>(
    memory: &LiveMemory,
    batch: &'p [Planned],
    buffer: &'b mut [u8],
) -> impl Iterator<Item = (&'p Planned, &'b mut [u8], Result<(), ReadReason>)> {
    let mut rest = buffer;
    let mut pieces: Vec<Piece<'_>> = batch
        .iter()
        .map(|planned| {
            let lead = lead(rest, planned.base);
            let (_, ahead) = std::mem::take(&mut rest).split_at_mut(lead);
            let (into, behind) = ahead.split_at_mut(planned.length);
            rest = behind;
            Piece::new(planned.base, into)
        })
        .collect();
    memory.read_pieces(&mut pieces);
    batch.iter().zip(pieces).map(|(planned, piece)| (planned, piece.into, piece.outcome))
}

/// Cuts the ranges (joined where they touch) at multiples of [`WINDOW`].
fn windows(ranges: &[Range<u64>]) -> Vec<Window> {
    let mut joined: Vec<Range<u64>> = Vec::new();
    let mut sorted: Vec<&Range<u64>> = ranges.iter().filter(|range| range.start < range.end).collect();
    sorted.sort_unstable_by_key(|range| range.start);
    for range in sorted {
        match joined.last_mut() {
            Some(last) if last.end >= range.start => last.end = last.end.max(range.end),
            _ => joined.push(range.clone()),
        }
    }
    let mut windows = Vec::new();
    for region in joined {
        let mut start = region.start;
        while start < region.end {
            let end = region.end.min((start / WINDOW + 1) * WINDOW);
            windows.push(Window { core: start..end, region: region.clone() });
            start = end;
        }
    }
    windows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_learns_whether_all_have_ended() {
        let (end, ends) = mpsc::channel();
        let mut running = 2;
        end.send(()).unwrap();
        assert!(!all_ended(&ends, &mut running, Instant::now()));
        assert_eq!(running, 1);
        end.send(()).unwrap();
        assert!(all_ended(&ends, &mut running, Instant::now()));
    }
}
