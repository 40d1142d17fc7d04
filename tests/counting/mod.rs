//! What the parts of a look take: system calls, bytes, pages and allocations, counted on a process made up in our own memory.
//!
//! The heap is made by hand ([`crate::synth_heap`]), lies in a buffer of ours, and is read with `process_vm_readv` like any other process: the
//! calls and bytes are those of [`LiveMemory`]. Each part is put together from what the library shows, as `look` does it. Nothing here depends on
//! time, on the machine, or on where the kernel put the buffer, so two runs of the same source give the same numbers.
#![allow(dead_code, unused_imports)] // each program uses another part of it

mod made_up;

pub(crate) use made_up::{MadeUp, Mix, Spread};

use allocation_counter::measure;
use coroscope::heap::Heap;
use coroscope::heap::candidates::{self, Candidate, CandidateKind, Walked, Wanted};
use coroscope::look::{Examined, Settings, examine};
use coroscope::memory::{Address, Pages, WhenFull};
use coroscope::report::Mode;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Room for a picture: more than any heap made here has.
const ROOM: u64 = 1 << 30;

/// What something took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    /// System calls that read memory.
    pub(crate) calls: u64,
    /// Bytes they brought.
    pub(crate) bytes: u64,
    /// Pages that were remembered.
    pub(crate) pages: usize,
    /// Times that memory was allocated. A block that grows counts each time, the pages themselves do not.
    pub(crate) allocations: u64,
    /// The most bytes that were allocated at one time, without the pages.
    pub(crate) peak: u64,
}

/// Pictures of pages take the room that earlier ones have left: side by side they would change each other's allocations.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl MadeUp {
    /// Leaves room for a picture of all there is.
    fn warm_up(&self) {
        let pages = Pages::new(self, Pages::PICTURE_PAGE, ROOM, WhenFull::Bypass);
        pages.prefetch(self.pages().map(|page| (page, 1)));
    }

    /// Runs something that reads this process, and counts.
    fn count<T>(&self, run: impl FnOnce() -> T) -> (T, Counts) {
        self.warm_up();
        let (calls, bytes) = (self.live().calls(), self.live().bytes_read());
        let mut outcome = None;
        let allocated = measure(|| outcome = Some(run()));
        let counts = Counts {
            calls: self.live().calls() - calls,
            bytes: self.live().bytes_read() - bytes,
            pages: 0,
            allocations: allocated.count_total,
            peak: allocated.bytes_max,
        };
        (outcome.expect("it was run"), counts)
    }

    /// Finds what may be a coroutine or a task by a sweep of all memory, in one thread. Its allocations are not counted: they are that thread's.
    pub(crate) fn sweep(&self) -> (Vec<Candidate>, Counts) {
        let _alone = alone();
        let wanted = self.wanted();
        let layout = &self.python().layout;
        let ((mut found, swept), counts) = self
            .count(|| candidates::sweep(self.live(), layout, &[self.real_range()], &wanted, (1, usize::MAX), || false));
        assert_eq!((swept.unreadable, swept.passed_over), (0, 0));
        for candidate in &mut found {
            candidate.address = self.made_up_address(candidate.address);
        }
        found.sort_unstable();
        (found, Counts { allocations: 0, peak: 0, ..counts })
    }

    /// Finds the same by the lists of the collector; returns how many objects are on them, too.
    pub(crate) fn walk(&self) -> (Vec<Candidate>, u64, Counts) {
        let _alone = alone();
        let pages = self.walked_pages();
        let (walked, counts) = self.count(|| self.walk_through(&pages));
        let mut found = walked.candidates;
        found.sort_unstable();
        (found, walked.objects, Counts { pages: pages.len(), ..counts })
    }

    /// The pages that a walk reads through.
    pub(crate) fn walked_pages(&self) -> Pages<'_> {
        Pages::new(self, Pages::WALK_PAGE, ROOM, WhenFull::Forget)
    }

    /// The walk alone.
    pub(crate) fn walk_through(&self, pages: &Pages<'_>) -> Walked {
        let python = self.python();
        let heap = Heap::new(pages, &python.layout, &python.types);
        let gc = heap.gc_state(python.runtime, self.interpreter()).expect("it has a collector");
        heap.walk(&[gc], &self.wanted(), || false).expect("the lists are whole")
    }

    /// Examines candidates: states, owners, tasks, names, verdicts.
    pub(crate) fn examine(&self, candidates: &[Candidate]) -> (Examined, Counts) {
        let _alone = alone();
        let pages = self.examined_pages();
        let (examined, counts) = self.count(|| self.examine_through(&pages, candidates));
        (examined, Counts { pages: pages.len(), ..counts })
    }

    /// The pages that an examination reads through.
    pub(crate) fn examined_pages(&self) -> Pages<'_> {
        Pages::new(self, Pages::PICTURE_PAGE, ROOM, WhenFull::Bypass).reading_ahead()
    }

    /// The examination alone.
    pub(crate) fn examine_through(&self, pages: &Pages<'_>, candidates: &[Candidate]) -> Examined {
        let python = self.python();
        let heap = Heap::new(pages, &python.layout, &python.types);
        pages.prefetch(candidates.iter().map(|candidate| self.extent(&heap, candidate)));
        examine(python, pages, Some(candidates), &settings()).expect("the interpreter can be listed")
    }

    /// What a confirmation does while the target stands still: reads the pages of these coroutines again. Everything before is not counted.
    pub(crate) fn read_again(&self, coroutines: &[Candidate]) -> Counts {
        let _alone = alone();
        let python = self.python();
        let mut pages = Pages::new(self, Pages::PICTURE_PAGE, ROOM, WhenFull::Bypass);
        {
            let heap = Heap::new(&pages, &python.layout, &python.types);
            pages.prefetch(coroutines.iter().map(|candidate| self.extent(&heap, candidate)));
            for candidate in coroutines {
                let CandidateKind::Generator(kind) = candidate.kind else { continue };
                heap.generator(candidate.address, kind).expect("it is a coroutine");
            }
        }
        pages.prepare();
        let mut refresh = pages.plan();
        let ((), counts) = self.count(|| refresh.read());
        let refreshed = refresh.finish();
        assert_eq!(refreshed.lost, 0);
        Counts { pages: refreshed.pages, ..counts }
    }

    /// The types to look for.
    fn wanted(&self) -> Wanted {
        let mut wanted = Wanted::of(&self.python().types, [Some(self.deque_type())]);
        wanted.add(Some(self.task_type()), CandidateKind::Task);
        wanted
    }

    /// The memory of a candidate, with what the collector keeps before it.
    pub(crate) fn extent(&self, heap: &Heap<'_>, candidate: &Candidate) -> (Address, u64) {
        let layout = &self.python().layout;
        let before = u64::from(layout.header_before_gc_object);
        let size = match candidate.kind {
            CandidateKind::Generator(kind) => heap.generator_size(kind),
            CandidateKind::Task => layout.task.size,
            _ => layout.deque.size,
        };
        let start = candidate.address.checked_sub(before).expect("no object lies at the lowest addresses");
        (start, before + u64::from(size))
    }
}

/// A look without a second one, that lists a few objects of each finding. The memory made up here is not swept for functions.
fn settings() -> Settings {
    Settings {
        mode: Mode::Nonblocking,
        settle: Duration::ZERO,
        timeout: Duration::from_secs(3600),
        pause_budget: Duration::from_millis(2),
        max_memory: Settings::DEFAULT_MEMORY,
        locals: false,
        instances: 10,
        retainers: false,
        call_sites: false,
    }
}
