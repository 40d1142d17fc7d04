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
use super::call_sites::{self, Begin, CallSites};
use super::explain::Beside;
use super::keeping::Keeping;
use super::observe::{CollectorState, LARGEST_YOUNG, Skips, gc_states};
use super::rhythm::{SHARE_OF_RATIONED, Spent};
use super::session::{Place, Session};
use super::{
    Course, Judged, Known, Settings, Sighting, collect, explain, frozen, judged, sight_of, stopped_note, unowned,
    unowned_lost,
};
use crate::analysis::facts::Progress;
use crate::analysis::verdict::{Judgement, Reason};
use crate::error::Result;
use crate::heap::candidates::{Candidate, Wanted};
use crate::heap::gc::Generation;
use crate::memory::{Address, Stoppable};
use crate::process::{Pid, own_cpu_time, signals};
use crate::report::{Collector, Mode, Report, Verdict};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Sightings that are kept in one settling time, for one that is old enough to compare with.
const EARLIER: u32 = 8;

/// How often a list of new objects is read that changes under our hands.
const YOUNG_ATTEMPTS: u32 = 8;
/// Time between two such attempts.
const BETWEEN: Duration = Duration::from_micros(200);

/// What was at the same place in so many looks, one after the other, is no other one each time.
const STEADY: u32 = 3;

/// When all of memory is swept, and searched for holders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sweeps {
    /// At the first look, and whenever the last time was so long ago that it has cost no more than its share.
    Rationed,
    /// At every look.
    Always,
    /// At the first look alone; holders are searched for whenever there is something new.
    OnlyFirst,
}

/// Work that is done again when it has not cost more than its share.
#[derive(Debug, Default)]
struct Rationed {
    /// When it was done last, and what that cost.
    last: Option<(Instant, Duration)>,
    /// What it has cost in all.
    total: Duration,
}

impl Rationed {
    fn is_due(&self, sweeps: Sweeps) -> bool {
        sweeps == Sweeps::Always || self.last.is_none_or(|(ended, cost)| ended.elapsed() >= cost * SHARE_OF_RATIONED)
    }

    /// Does it, and notes what it cost all our threads.
    fn run<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let begun = own_cpu_time();
        let done = work();
        let cost = own_cpu_time().saturating_sub(begun);
        self.last = Some((Instant::now(), cost));
        self.total += cost;
        done
    }
}

/// A process that is looked at again and again.
pub struct Repeated {
    session: Session,
    settings: Settings,
    policy: Sweeps,
    /// What to look for, as of the last sweep.
    wanted: Wanted,
    /// What may be of interest, in the order of addresses: found by the last sweep, or since.
    candidates: Vec<Candidate>,
    sweeps: Rationed,
    swept_at: Option<Instant>,
    searches: Rationed,
    earlier: VecDeque<Before>,
    /// What else than created coroutines was confirmed to be lost by the look before.
    lost: FxHashSet<Address>,
    keeping: Keeping,
    known: Known,
    /// Calls in the loaded code, as of the last sweep.
    sites: Option<CallSites>,
    /// What may be functions, if a sweep has just looked for them.
    functions: Option<Option<Vec<Candidate>>>,
    /// What is known of the life of each thing that nobody owns, by its address and what it is made of.
    lives: FxHashMap<(Address, Address), Life>,
    /// Of those that share something with what lives, by what that is: how many have gone while it was known.
    gone: FxHashMap<Address, u64>,
    /// The unowned coroutines that were there when all of memory was swept.
    seen_in_sweep: FxHashSet<(Address, Address)>,
    /// When the look began that was the last, and what we had spent until then.
    begun: (Instant, Duration),
    rationed_before: Duration,
    paused: Duration,
    looked: bool,
}

/// What is known of the life of an object.
struct Life {
    /// When it was seen first.
    since: Instant,
    /// How often the collectors had run then.
    collections: Rc<[CollectorState]>,
    /// How many of its kind had gone by then.
    gone: u64,
    /// In how many looks it was seen.
    looks: u32,
    /// Whether it is known to have outlived a collection.
    is_old: bool,
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
    pub fn attach(pid: Pid, settings: Settings, policy: Sweeps) -> Result<Self> {
        let begun = (Instant::now(), own_cpu_time());
        Ok(Self {
            session: Session::attach(pid, settings.timeout)?.within(settings.max_memory),
            settings,
            policy,
            wanted: Wanted::default(),
            candidates: Vec::new(),
            sweeps: Rationed::default(),
            swept_at: None,
            searches: Rationed::default(),
            earlier: VecDeque::new(),
            lost: FxHashSet::default(),
            keeping: Keeping::default(),
            known: Known::default(),
            sites: None,
            functions: None,
            lives: FxHashMap::default(),
            gone: FxHashMap::default(),
            seen_in_sweep: FxHashSet::default(),
            begun,
            rationed_before: Duration::ZERO,
            paused: Duration::ZERO,
            looked: false,
        })
    }

    /// How long each look from now on may take.
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.settings.timeout = timeout;
    }

    /// What has been spent since the last look began; opening the process counts with the first.
    #[must_use]
    pub fn spent(&self) -> Spent {
        let (begun, processor) = self.begun;
        Spent {
            time: begun.elapsed(),
            processor: own_cpu_time().saturating_sub(processor),
            rationed: self.rationed().saturating_sub(self.rationed_before),
            paused: self.paused,
        }
    }

    /// What was spent so far on work that has a share of its own.
    fn rationed(&self) -> Duration {
        match self.policy {
            Sweeps::Rationed => self.sweeps.total + self.searches.total,
            Sweeps::Always | Sweeps::OnlyFirst => Duration::ZERO,
        }
    }

    /// Waits, as long as `wanted` says so: it is asked now and then.
    ///
    /// # Errors
    /// A signal came, or the process has ended.
    pub fn wait(&self, time: Duration, wanted: impl Fn() -> bool) -> Result<()> {
        /// Short enough for whoever pressed Ctrl-C.
        const STEP: Duration = Duration::from_millis(100);
        let begun = Instant::now();
        loop {
            signals::check()?;
            self.session.target.check_alive()?;
            let left = time.saturating_sub(begun.elapsed());
            if left.is_zero() || !wanted() {
                return Ok(());
            }
            std::thread::sleep(left.min(STEP));
        }
    }

    /// Looks once more.
    ///
    /// # Errors
    /// What keeps us from looking: the process has ended, time is up, a signal came. The next look may succeed.
    pub fn look(&mut self) -> Result<Report> {
        if std::mem::replace(&mut self.looked, true) {
            self.begun = (Instant::now(), own_cpu_time());
            self.rationed_before = self.rationed();
        }
        self.session.begin_again(self.settings.timeout);
        let mut course = Course::new(&self.session);
        let report = self.look_on(&mut course);
        self.paused = Duration::from_micros(course.pauses.total_us);
        report
    }

    fn look_on(&mut self, course: &mut Course) -> Result<Report> {
        self.session.target.check_alive()?;
        let was_stopped = self.session.target.is_stopped();
        let (mut last, is_full) = self.sight(course)?;
        let stopped = self.session.target.is_stopped_after(was_stopped);
        if stopped {
            course.notes.push(stopped_note());
        }
        let earlier = self.before(last.at);
        let still = earlier.map_or_else(Vec::new, |at| {
            let steps = self.earlier.get(at).map(|before| before.steps.clone());
            blocked::still_in(&self.session, steps.unwrap_or_default())
        });
        let old = self.live_on(&last);
        let settled = !stopped && still.is_empty();
        if let Some(before) = earlier.filter(|_| !settled).and_then(|at| self.earlier.get(at)) {
            last.observation.ownership.compare_running(&before.sighting.observation.ownership);
        }
        let last = Sighting { blocked: blocked::conclude(&self.session, &still), old, ..last };
        let is_doubtful =
            |known: &(Address, Address), life: &Life| self.gone.get(&known.1).is_some_and(|gone| *gone != life.gone);
        let doubtful =
            self.lives.iter().filter(|(known, life)| is_doubtful(known, life)).map(|((address, _), _)| *address);
        self.keeping.doubt(doubtful);
        self.find_holders(&last, course)?;
        self.keeping.confirm(&self.session, &last)?;
        let earlier = earlier.filter(|_| settled).and_then(|at| self.earlier.get(at)).map(|before| &before.sighting);
        let stands_still = self.settings.mode == Mode::Frozen || (was_stopped && stopped);
        let mut judged = judged(&last, earlier, stands_still, std::mem::take(&mut self.keeping));
        let present: FxHashSet<(Address, Address)> =
            unowned(&last).map(|generator| (generator.address, generator.code)).collect();
        self.note_ages(last.at, &mut judged);
        if is_full {
            self.seen_in_sweep = present;
        } else {
            self.seen_in_sweep.retain(|seen| present.contains(seen));
        }
        self.hold_back(&mut judged);
        if let Some(functions) = self.functions.take() {
            let begin = Begin { places: last.observation.places.clone(), functions };
            let (sites, skips) = call_sites::of_session(&self.session, begin, &mut self.known.followings)?;
            course.skips.merge(&skips);
            self.sites = sites;
        }
        let beside = Beside { sites: self.sites.as_ref(), kept: &self.known.kept };
        let report = explain::report(&self.session, &self.settings, course, &last, earlier, &judged, &beside);
        self.keeping = judged.keeping.for_next_look();
        self.lost.clone_from(&last.lost);
        self.remember(last);
        report
    }

    /// Notes who is there still, who is new and who has gone. Returns those that have outlived a collection.
    ///
    /// Where coroutines of one function come and go, another one may have come to the same place, and its age is not that of the one before. Then
    /// only the collector's own lists tell.
    fn live_on(&mut self, last: &Sighting) -> FxHashSet<Address> {
        let created = unowned(last).map(|generator| (generator.address, generator.code));
        let present: FxHashSet<(Address, Address)> =
            created.chain(unowned_lost(last).map(|subject| (subject.address, subject.identity))).collect();
        let identities: FxHashSet<Address> = present.iter().map(|(_, identity)| *identity).collect();
        self.gone.retain(|identity, _| identities.contains(identity));
        for (_, identity) in self.lives.keys().filter(|known| !present.contains(known)) {
            if identities.contains(identity) {
                *self.gone.entry(*identity).or_default() += 1;
            }
        }
        self.lives.retain(|known, _| present.contains(known));
        let collections: Rc<[CollectorState]> = last.observation.collections.as_slice().into();
        for (address, identity) in present {
            let gone = self.gone.get(&identity).copied().unwrap_or_default();
            let begin = || Life { since: last.at, collections: Rc::clone(&collections), gone, looks: 0, is_old: false };
            let life = self.lives.entry((address, identity)).or_insert_with(begin);
            match last.observation.young.as_ref().map(|young| young.contains(&address)) {
                // One that outlives a collection leaves the youngest generation: this is another one.
                Some(true) if life.is_old || life.collections != collections => *life = begin(),
                Some(true) => {}
                Some(false) => life.is_old = true,
                None => {
                    let is_same = life.gone == gone && life.looks >= STEADY;
                    life.is_old = is_same && (life.is_old || life.collections != collections);
                }
            }
            life.looks = life.looks.saturating_add(1);
        }
        self.lives.iter().filter(|(_, life)| life.is_old).map(|((address, _), _)| *address).collect()
    }

    /// Says of each coroutine since when it is known, where that is longer than since the sighting it was compared with.
    fn note_ages(&self, now: Instant, judged: &mut Judged) {
        for judged in &mut judged.created {
            let life = self.lives.get(&(judged.generator.address, judged.generator.code));
            let known_for_s = life.map(|life| now.saturating_duration_since(life.since).as_secs_f64());
            judged.known_for_s = judged.known_for_s.map(|seen| known_for_s.map_or(seen, |known| known.max(seen)));
        }
    }

    /// Takes `leaked` away where it rests on too little: that nobody was found who could start a coroutine, if those were not sought who have
    /// come since it was made; and its age, if it may be that of another one.
    fn hold_back(&self, judged: &mut Judged) {
        let mut still: FxHashMap<Address, u64> = FxHashMap::default();
        self.lives.keys().for_each(|(_, identity)| *still.entry(*identity).or_default() += 1);
        for judged in &mut judged.created {
            let known = (judged.generator.address, judged.generator.code);
            if judged.judgement.reason != Reason::OutlivedCollection {
                continue;
            }
            let count = |of: &FxHashMap<Address, u64>| of.get(&known.1).copied().unwrap_or_default();
            let doubt = match count(&self.gone) {
                _ if !self.seen_in_sweep.contains(&known) => Reason::NotSweptSince,
                _ if self.lives.get(&known).is_some_and(|life| life.is_old) => continue,
                0 => Reason::OutlivedSettling,
                started => {
                    Reason::OthersWereStarted(Progress { before: count(&still).saturating_add(started), started })
                }
            };
            judged.judgement = Judgement { verdict: Verdict::Suspect, reason: doubt };
        }
    }

    /// Keeps a sighting for looks to come, unless there is one that is about as young.
    fn remember(&mut self, sighting: Sighting) {
        let apart = self.settings.settle / EARLIER;
        let is_next = |before: &Before| sighting.at.saturating_duration_since(before.sighting.at) >= apart;
        if self.earlier.back().is_none_or(is_next) {
            let steps = blocked::steps(&self.session, &sighting);
            self.earlier.push_back(Before { sighting, steps });
        }
    }

    /// One sighting, and whether it is of all that there is: of all memory if it is time for that, else of what is known and what is young.
    fn sight(&mut self, course: &mut Course) -> Result<(Sighting, bool)> {
        let session = &self.session;
        if self.settings.mode == Mode::Frozen {
            let sighting = frozen::sight(session, course)?;
            course.skips.merge(&sighting.observation.skips);
            return Ok((sighting, true));
        }
        let places = session.places()?;
        // A sweep that failed was none.
        let is_full = match (self.swept_at, self.policy) {
            (None, _) => true,
            (Some(_), Sweeps::OnlyFirst) => false,
            (Some(_), policy) => self.sweeps.is_due(policy),
        };
        if is_full {
            let swept = self.sweeps.run(|| match self.settings.call_sites {
                true => collect::by_sweep_with_functions(session, &places, &mut course.skips),
                false => collect::by_sweep(session, &places, &mut course.skips),
            })?;
            self.functions = self.settings.call_sites.then_some(swept.functions);
            course.skips.add("bytes of memory", "unmapped while they were read", swept.unreadable);
            self.swept_at = Some(Instant::now());
            (self.wanted, self.candidates) = (swept.wanted, swept.candidates);
        } else {
            course.collector = Collector::Known;
            course.swept_s_ago = self.swept_at.map(|at| at.elapsed().as_secs_f64());
            self.candidates.extend(young(session, &places, &self.wanted, &mut course.skips));
            self.candidates.sort_unstable();
            self.candidates.dedup();
        }
        let known = (!is_full).then_some(&self.lost);
        let sighting = sight_of(session, &self.settings, course, places, &self.candidates, known)?;
        course.skips.merge(&sighting.observation.skips);
        Ok((sighting, is_full))
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
        let policy = if self.policy == Sweeps::Rationed { Sweeps::Rationed } else { Sweeps::Always };
        if !self.searches.is_due(policy) {
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

/// Objects of the wanted types that no collection has seen yet. While the target runs a list may break: then it is read again, and what was
/// not reached in the end is counted as a list that was not read.
fn young(session: &Session, places: &[Place], wanted: &Wanted, skips: &mut Skips) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut broken = 0;
    for attempt in 0..YOUNG_ATTEMPTS {
        if attempt > 0 {
            std::thread::sleep(BETWEEN);
        }
        // Read anew each time: a list of which the parts are of different moments is broken.
        let pages = session.pages();
        let stop = || session.should_stop();
        let memory = Stoppable::new(&pages, &stop);
        let heap = session.heap(&memory);
        broken = 0;
        for gc in gc_states(&session.python, &heap, places) {
            let lists = heap.gc_lists(gc).unwrap_or_default();
            for list in lists.into_iter().filter(|list| list.generation == Generation::Young) {
                let walked = heap.walk_gc_list(list, LARGEST_YOUNG.unsigned_abs(), |object, class| {
                    found.extend(wanted.kind(class).map(|kind| Candidate { address: object, kind }));
                    true
                });
                broken += u64::from(walked != Ok(true));
            }
        }
        if broken == 0 {
            break;
        }
    }
    skips.add("lists of new objects", "changed while they were read", broken);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_due_when_it_has_not_cost_its_share() {
        let mut rationed = Rationed::default();
        assert!(rationed.is_due(Sweeps::Rationed));
        rationed.run(|| ());
        rationed.last = Some((Instant::now(), Duration::from_secs(3600)));
        assert!(!rationed.is_due(Sweeps::Rationed));
        assert!(rationed.is_due(Sweeps::Always));
        rationed.last = Some((Instant::now(), Duration::ZERO));
        assert!(rationed.is_due(Sweeps::Rationed));
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
