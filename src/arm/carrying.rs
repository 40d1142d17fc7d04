//! How many coroutines carry the place of their creation by now.

use super::subject::Subject;
use crate::error::Result;
use crate::heap::candidates::{CandidateKind, Wanted, sweep};
use crate::heap::{GeneratorKind, GeneratorState, Heap};
use crate::memory::regions::{may_hold_objects, with_content};
use crate::memory::{Pages, WhenFull};

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

/// Counts them while the target runs: about right, and for information only.
pub(super) fn count(subject: &Subject, stop: &(dyn Fn() -> bool + Sync)) -> Result<Carrying> {
    let maps = subject.target.maps()?;
    let ranges = with_content(subject.target.pid(), maps.regions().iter().filter(|region| may_hold_objects(region)));
    let kind = GeneratorKind::Coroutine;
    let mut wanted = Wanted::default();
    wanted.add(subject.python.types.coroutine, CandidateKind::Generator(kind));
    let live = Heap::new(&subject.memory, &subject.python.layout, &subject.python.types);
    if let Some(class) = subject.python.types.coroutine {
        wanted.note_allocation(&live, class);
    }
    let (mut candidates, _) = sweep(&subject.memory, &subject.python.layout, &ranges, &wanted, 1, stop);
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
