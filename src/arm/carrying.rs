//! How many coroutines carry the place of their creation by now.

use super::subject::Subject;
use crate::error::Result;
use crate::heap::candidates::{CandidateKind, Wanted, sweep};
use crate::heap::{GeneratorKind, GeneratorState, Heap};
use crate::memory::regions::{may_hold_objects, with_content};
use crate::memory::{Pages, WhenFull};
use std::sync::Arc;

/// Most memory a picture of the coroutines may take.
const PICTURE_LIMIT: u64 = 256 << 20;

/// Coroutines that are alive, and not running: what a look would see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Carrying {
    /// Those that carry the place of their creation.
    pub with_origin: u64,
    /// All of them.
    pub all: u64,
}

/// Counts coroutines of an armed process, beside whoever follows its threads.
pub struct Counter {
    subject: Arc<Subject>,
}

impl Counter {
    pub(super) fn new(subject: &Arc<Subject>) -> Self {
        Self { subject: Arc::clone(subject) }
    }

    /// Counts, at the lowest priority and while the target runs: about right, and for information only. `stop` ends it early.
    ///
    /// # Errors
    /// When the process has ended.
    pub fn count(&self, stop: impl Fn() -> bool + Sync) -> Result<Carrying> {
        count(&self.subject, &stop)
    }
}

fn count(subject: &Subject, stop: &(dyn Fn() -> bool + Sync)) -> Result<Carrying> {
    let maps = subject.target.maps()?;
    let ranges = with_content(subject.target.pid(), maps.regions().iter().filter(|region| may_hold_objects(region)));
    let kind = GeneratorKind::Coroutine;
    let mut wanted = Wanted::default();
    wanted.add(subject.python.types.coroutine, CandidateKind::Generator(kind));
    let live = Heap::new(&subject.memory, &subject.python.layout, &subject.python.types);
    subject.interpreters()?.iter().for_each(|interpreter| wanted.note_allocation(&live, interpreter.modules));
    let (mut candidates, _) = sweep(&subject.memory, &subject.python.layout, &ranges, &wanted, (1, usize::MAX), stop);
    candidates.sort_unstable();
    candidates.dedup();
    let pages = Pages::new(&subject.memory, Pages::PICTURE_PAGE, PICTURE_LIMIT, WhenFull::Bypass);
    let heap = Heap::new(&pages, &subject.python.layout, &subject.python.types);
    let before = u64::from(subject.python.layout.header_before_gc_object);
    let size = before + u64::from(heap.generator_size(kind));
    pages.prefetch(candidates.iter().map(|found| (found.address.checked_sub(before).unwrap_or(found.address), size)));
    let mut carrying = Carrying::default();
    for candidate in &candidates {
        if stop() {
            break;
        }
        let Ok(coroutine) = heap.generator(candidate.address, kind) else { continue };
        if matches!(coroutine.state, GeneratorState::Created | GeneratorState::Suspended) {
            carrying.all += 1;
            carrying.with_origin += u64::from(heap.has_origin(&coroutine));
        }
    }
    Ok(carrying)
}
