//! The same process looked at again and again: what a live screen shows, and what watches a service for hours.
//!
//! There is no way to learn from outside which pages a program has written to: a second look is a second look. What makes it cheaper is
//! what is known. The process, its interpreter and its layouts stay. Objects do not move: what was a candidate is asked again where it was,
//! and what came since lies in the collector's young list, as long as no collection has passed. All of memory is swept when
//! that costs no more than a small part of the time that has gone by since it was swept last; so a small heap is swept
//! at every look, and one of ten gigabytes every few seconds or minutes. The same holds for the search for holders: those that are known are
//! confirmed, and only those of new objects are sought.
//!
//! Nothing waits here for a second sighting: the look before was one.

use super::blocked::{self, InStep};
use super::keeping::Keeping;
use super::observe::{LARGEST_YOUNG, gc_states};
use super::session::{Place, Session};
use super::{
    Course, Judged, Settings, Sighting, collect, explain, frozen, judged, sight_of, stopped_note, unowned, unowned_lost,
};
use crate::error::Result;
use crate::heap::candidates::{Candidate, Wanted};
use crate::heap::gc::Generation;
use crate::memory::{Address, Stoppable};
use crate::process::{Pid, own_cpu_time};
use crate::report::{Collector, Mode, Report};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// What a kind of work may cost in the long run: one part in so many of one processor.
const SHARE: u32 = 20;
/// Sightings that are kept, for one that is old enough to compare with.
const MOST_EARLIER: usize = 64;

/// Work that is done again when it has not cost more than its share.
#[derive(Debug, Default)]
struct Rationed {
    last: Option<(Instant, Duration)>,
}

impl Rationed {
    fn is_due(&self) -> bool {
        self.last.is_none_or(|(ended, cost)| ended.elapsed() >= cost * SHARE)
    }

    /// Does it, and notes what it cost all our threads.
    fn run<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let begun = own_cpu_time();
        let done = work();
        self.last = Some((Instant::now(), own_cpu_time().saturating_sub(begun)));
        done
    }
}

/// A process that is looked at again and again.
pub struct Repeated {
    session: Session,
    settings: Settings,
    /// What to look for, as of the last sweep.
    wanted: Wanted,
    /// What may be of interest, in the order of addresses: found by the last sweep, or since.
    candidates: Vec<Candidate>,
    sweeps: Rationed,
    swept_at: Option<Instant>,
    searches: Rationed,
    earlier: VecDeque<Before>,
    keeping: Keeping,
    /// Since when each unowned coroutine is known, by its address and code.
    since: FxHashMap<(Address, Address), Instant>,
}

/// An earlier sighting, and what the loops were in the middle of then.
struct Before {
    sighting: Sighting,
    steps: Vec<InStep>,
}

impl Repeated {
    /// Opens a process for looks with these settings. [`Settings::timeout`] holds for each look, [`Settings::settle`] is the time
    /// that has to lie between two looks for one to settle what the other saw.
    ///
    /// # Errors
    /// What keeps us from looking.
    pub fn attach(pid: Pid, settings: Settings) -> Result<Self> {
        Ok(Self {
            session: Session::attach(pid, settings.timeout)?.within(settings.max_memory),
            settings,
            wanted: Wanted::default(),
            candidates: Vec::new(),
            sweeps: Rationed::default(),
            swept_at: None,
            searches: Rationed::default(),
            earlier: VecDeque::new(),
            keeping: Keeping::default(),
            since: FxHashMap::default(),
        })
    }

    /// Looks once more.
    ///
    /// # Errors
    /// What keeps us from looking: the process has ended, time is up, a signal came. The next look may succeed.
    pub fn look(&mut self) -> Result<Report> {
        self.session.begin_again(self.settings.timeout);
        let mut course = Course::new(&self.session);
        let last = self.sight(&mut course)?;
        let stopped = self.session.target.is_stopped();
        if stopped {
            course.notes.push(stopped_note());
        }
        let earlier = self.before(last.at);
        let still = earlier.map_or_else(Vec::new, |at| {
            let steps = self.earlier.get_mut(at).map(|before| std::mem::take(&mut before.steps));
            blocked::still_in(&self.session, steps.unwrap_or_default())
        });
        let last = Sighting { blocked: blocked::conclude(&self.session, &still), ..last };
        let settled = !stopped && still.is_empty();
        self.find_holders(&last, &mut course)?;
        self.keeping.confirm(&self.session, &last)?;
        let earlier = earlier.filter(|_| settled).and_then(|at| self.earlier.get(at)).map(|before| &before.sighting);
        let mut judged = judged(&last, earlier, self.settings.mode, std::mem::take(&mut self.keeping));
        note_ages(&mut self.since, &last, &mut judged);
        let report = explain::report(&self.session, &self.settings, course, &last, earlier, &judged, None);
        self.keeping = judged.keeping.for_next_look();
        let steps = blocked::steps(&self.session, &last);
        self.earlier.push_back(Before { sighting: last, steps });
        if self.earlier.len() > MOST_EARLIER {
            self.earlier.pop_front();
        }
        report
    }

    /// One sighting: of all memory if it is time for that, else of what is known and what is young.
    fn sight(&mut self, course: &mut Course) -> Result<Sighting> {
        let session = &self.session;
        if self.settings.mode == Mode::Frozen {
            let sighting = frozen::sight(session, course)?;
            course.skips.merge(&sighting.observation.skips);
            return Ok(sighting);
        }
        let places = session.places()?;
        let is_full = self.sweeps.is_due();
        if is_full {
            let swept = self.sweeps.run(|| collect::by_sweep(session, &places, &mut course.skips))?;
            course.skips.add("bytes of memory", "unmapped while they were read", swept.unreadable);
            self.swept_at = Some(Instant::now());
            (self.wanted, self.candidates) = (swept.wanted, swept.candidates);
        } else {
            course.collector = Collector::Known;
            self.candidates.extend(young(session, &places, &self.wanted));
            self.candidates.sort_unstable();
            self.candidates.dedup();
        }
        course.swept_s_ago = self.swept_at.filter(|_| !is_full).map(|at| at.elapsed().as_secs_f64());
        let known = self.earlier.back().map(|before| &before.sighting.lost).filter(|_| !is_full);
        let sighting = sight_of(session, &self.settings, course, places, &self.candidates, known)?;
        course.skips.merge(&sighting.observation.skips);
        Ok(sighting)
    }

    /// The latest earlier sighting that is old enough to settle what is seen now. Those before it are dropped.
    fn before(&mut self, now: Instant) -> Option<usize> {
        let settle = self.settings.settle;
        let is_old = |before: &Before| now.saturating_duration_since(before.sighting.at) >= settle;
        let old = self.earlier.iter().take_while(|before| is_old(before)).count();
        self.earlier.drain(..old.saturating_sub(1));
        (old > 0).then_some(0)
    }

    /// Searches for the holders of what is new among what nobody owns.
    fn find_holders(&mut self, last: &Sighting, course: &mut Course) -> Result<()> {
        if !self.settings.retainers {
            return Ok(());
        }
        let created = unowned(last).map(|generator| generator.address);
        let mut targets: Vec<Address> = created.chain(unowned_lost(last).map(|subject| subject.address)).collect();
        targets.retain(|target| !self.keeping.knows(*target));
        if targets.is_empty() {
            return Ok(());
        }
        if !self.searches.is_due() {
            let why = "not asked for their holders yet: the search before has not been long ago";
            course.skips.add("objects that may be leaked", why, targets.len() as u64);
            return Ok(());
        }
        let (session, skips) = (&self.session, &mut course.skips);
        let found = self.searches.run(|| Keeping::find_for(session, last, targets, skips))?;
        self.keeping.extend(found);
        Ok(())
    }
}

/// Says of each coroutine since when it is known, where that is longer than since the sighting it was compared with.
fn note_ages(since: &mut FxHashMap<(Address, Address), Instant>, last: &Sighting, judged: &mut Judged) {
    let present: FxHashSet<(Address, Address)> =
        unowned(last).map(|generator| (generator.address, generator.code)).collect();
    since.retain(|known, _| present.contains(known));
    present.into_iter().for_each(|new| _ = since.entry(new).or_insert(last.at));
    for judged in &mut judged.created {
        let since = since.get(&(judged.generator.address, judged.generator.code));
        let known_for_s = since.map(|since| last.at.saturating_duration_since(*since).as_secs_f64());
        judged.known_for_s = judged.known_for_s.map(|seen| known_for_s.map_or(seen, |known| known.max(seen)));
    }
}

/// Objects of the wanted types that no collection has seen yet. While the target runs a list may break; then there are none this time.
fn young(session: &Session, places: &[Place], wanted: &Wanted) -> Vec<Candidate> {
    let pages = session.pages();
    let stop = || session.should_stop();
    let memory = Stoppable::new(&pages, &stop);
    let heap = session.heap(&memory);
    let mut found = Vec::new();
    for gc in gc_states(&session.python, &heap, places) {
        for list in heap.gc_lists(gc).unwrap_or_default() {
            if list.generation != Generation::Young {
                continue;
            }
            let _ = heap.walk_gc_list(list, LARGEST_YOUNG.unsigned_abs(), |object, class| {
                found.extend(wanted.kind(class).map(|kind| Candidate { address: object, kind }));
                true
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_due_when_it_has_not_cost_its_share() {
        let mut rationed = Rationed::default();
        assert!(rationed.is_due());
        rationed.run(|| ());
        rationed.last = Some((Instant::now(), Duration::from_secs(3600)));
        assert!(!rationed.is_due());
        rationed.last = Some((Instant::now(), Duration::ZERO));
        assert!(rationed.is_due());
    }

    #[test]
    fn what_work_costs_is_measured() {
        let mut rationed = Rationed::default();
        let spent = rationed.run(|| {
            let begun = own_cpu_time();
            let mut number = 1u64;
            while own_cpu_time() - begun < Duration::from_millis(2) {
                number = std::hint::black_box(number.wrapping_mul(3));
            }
            own_cpu_time() - begun
        });
        assert!(rationed.last.is_some_and(|(_, cost)| cost >= spent));
    }
}
