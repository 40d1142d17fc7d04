//! One look at one process: attach, collect, observe, confirm, settle, explain.
//!
//! In mode `verify` the target runs on while memory is swept and examined, and is held only to read once more what a
//! verdict is about. `frozen` holds it while everything is read. `nonblocking` never holds it.

mod arguments;
mod async_generators;
mod attribution;
mod blocked;
mod budget;
mod call_sites;
mod collect;
mod confirm;
mod examine;
mod explain;
mod frozen;
mod holders;
mod island;
mod judge;
mod keeping;
mod list;
mod lost;
mod observe;
mod ownership;
mod pacing;
mod repeated;
mod retained;
mod retention;
mod rhythm;
mod session;
mod subjects;
mod values;
mod why;

pub use call_sites::holding;
pub use examine::{Examined, examine};
pub use explain::Explained;
pub use holders::{Direction, Held, Holders, holders};
pub use list::{list, python_descendants, python_version};
pub use repeated::{Repeated, Sweeps};
pub use retained::{Retained, retained};
pub use rhythm::Spent;
pub use why::{What, WhySettings, why};

use crate::analysis::facts::Owner;
use crate::analysis::verdict;
use crate::error::Result;
use crate::heap::candidates::Candidate;
use crate::heap::{Generator, Kept};
use crate::memory::{Address, Stoppable};
use crate::process::{Pid, Target};
use crate::report::{Collector, Mode, Pauses, Report};
use blocked::Blocked;
use call_sites::{Begin, Followings};
use explain::Beside;
use keeping::Keeping;
use observe::{Observation, Skips, observe, observe_again};
use rustc_hash::{FxHashMap, FxHashSet};
use session::{Place, Session};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};
use subjects::{Subject, SubjectKind};

/// How to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// When the target stands still.
    pub mode: Mode,
    /// Time between the first look and the second, at what was too young to judge. Zero: no second look.
    pub settle: Duration,
    /// How long a look may take.
    pub timeout: Duration,
    /// The longest pause that is aimed at in mode `verify`: what takes longer is split over several.
    pub pause_budget: Duration,
    /// Bytes of memory that may be taken for what grows with the target. What does not fit is left out, and counted in the report.
    pub max_memory: u64,
    /// Whether arguments and context variables are read.
    pub locals: bool,
    /// How many objects are listed per finding.
    pub instances: usize,
    /// Whether it is found out who keeps what may be leaked.
    pub retainers: bool,
    /// Whether the loaded code is searched for calls: where coroutines were made, and which calls throw theirs away.
    pub call_sites: bool,
}

impl Settings {
    /// Bytes that may be taken where nobody says otherwise: enough for half a million coroutines, tasks and futures.
    pub const DEFAULT_MEMORY: u64 = 1 << 30;
}

/// What has happened so far, beside what was seen.
struct Course {
    captured_at: SystemTime,
    collector: Collector,
    /// Seconds since all of memory was swept, if that was not in this look.
    swept_s_ago: Option<f64>,
    pauses: Pauses,
    retries: u64,
    skips: Skips,
    notes: Vec<String>,
    /// Where the search for calls in the loaded code waits for what it begins with.
    search: Option<mpsc::Sender<Begin>>,
}

/// What stays the same from one look to the next.
#[derive(Default)]
struct Known {
    kept: Kept,
    followings: Followings,
}

impl Course {
    /// Of a look that begins now.
    fn new(session: &Session) -> Self {
        let mut course = Self {
            captured_at: SystemTime::now(),
            // Unless the target stands still and its lists are whole: see `frozen`.
            collector: Collector::Sweep,
            swept_s_ago: None,
            pauses: Pauses::default(),
            retries: 0,
            skips: Skips::default(),
            notes: session.python.notes.clone(),
            search: None,
        };
        if session.python.free_threaded {
            course.notes.push(
                "This is a free-threaded build, which has no lists of objects: it was read by a sweep of its memory."
                    .to_owned(),
            );
        }
        course
    }
}

/// An observation of which the created coroutines are confirmed.
struct Sighting {
    observation: Observation,
    /// Created coroutines that were not yet accounted for by a task or callback, and are confirmed.
    created: FxHashSet<Address>,
    /// Other subjects that were met twice, the same both times, or while the target stood still.
    lost: FxHashSet<Address>,
    at: Instant,
    /// What `CLOCK_MONOTONIC` said in the target, in seconds: the clock of timers.
    monotonic_s: Option<f64>,
    /// What has outlived a collection since it was first seen, in a look before these.
    old: FxHashSet<Address>,
    /// Event loops that did not get out of a callback since the sighting before.
    blocked: Vec<Blocked>,
}

impl Sighting {
    /// A sighting that was made just now.
    fn now(
        observation: Observation,
        created: FxHashSet<Address>,
        lost: FxHashSet<Address>,
        target: Option<&Target>,
    ) -> Self {
        let monotonic_s = target.and_then(Target::monotonic_s);
        Self {
            observation,
            created,
            lost,
            at: Instant::now(),
            monotonic_s,
            old: FxHashSet::default(),
            blocked: Vec::new(),
        }
    }

    /// Seconds since an earlier sighting.
    fn seconds_since(&self, earlier: &Self) -> f64 {
        (self.at - earlier.at).as_secs_f64()
    }
}

/// The verdicts of a look.
struct Judged {
    created: Vec<judge::Judged>,
    lost: Vec<lost::JudgedLost>,
    left: Vec<async_generators::JudgedLeft>,
    /// Who keeps what may be leaked.
    keeping: Keeping,
}

/// Looks at a process.
///
/// # Errors
/// What kept us from looking.
pub fn look(pid: Pid, settings: &Settings) -> Result<Report> {
    let captured_at = SystemTime::now();
    let session = Session::attach(pid, settings.timeout)?.within(settings.max_memory);
    let session = &session;
    thread::scope(|scope| {
        let (sender, begins) = mpsc::channel();
        let search =
            move || begins.recv().ok().map(|begin| call_sites::of_session(session, begin, &mut Followings::default()));
        let searching = settings.call_sites.then(|| scope.spawn(search));
        let search = searching.is_some().then_some(sender);
        let mut course = Course { captured_at, search, ..Course::new(session) };
        let Seen { last, earlier, mut keeping, stopped } = sightings(session, settings, &mut course)?;
        keeping.confirm(session, &last)?;
        let stands_still = settings.mode == Mode::Frozen || stopped;
        let judged = judged(&last, earlier.as_ref(), stands_still, keeping);
        let searched = searching.map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        let sites = match searched.flatten() {
            Some(searched) => {
                let (sites, skips) = searched?;
                course.skips.merge(&skips);
                sites
            }
            None => None,
        };
        let beside = Beside { sites: sites.as_ref(), kept: &Kept::default() };
        explain::report(session, settings, &mut course, &last, earlier.as_ref(), &judged, &beside)
    })
}

/// What a look has seen.
struct Seen {
    /// The sighting that is told of.
    last: Sighting,
    /// The one before, if what stayed the same since has settled.
    earlier: Option<Sighting>,
    keeping: Keeping,
    /// Whether the target was stopped by a signal, before it was seen and after.
    stopped: bool,
}

/// Sees the target once, or twice if there is something that may settle.
fn sightings(session: &Session, settings: &Settings, course: &mut Course) -> Result<Seen> {
    let was_stopped = session.target.is_stopped();
    let is_stopped = || session.target.is_stopped_after(was_stopped);
    let first = sight(session, settings, course)?;
    if let Some(search) = course.search.take() {
        let _ = search.send(Begin { places: first.observation.places.clone(), functions: None });
    }
    let unowned = unowned(&first).count() + unowned_lost(&first).count();
    let mut stopped = is_stopped();
    let settled = unowned == 0 && first.observation.islands.is_empty();
    let mut keeping = Keeping::default();
    let (last, earlier) = if settings.settle.is_zero() || stopped {
        if settings.retainers {
            keeping = Keeping::find(session, &first, &mut course.skips)?;
        }
        (first, None)
    } else if settled {
        let blocked = blocked::watch(session, &first, settings.settle)?;
        stopped = is_stopped();
        (Sighting { blocked: if stopped { Vec::new() } else { blocked }, ..first }, None)
    } else {
        let steps = blocked::steps(session, &first);
        let begun = Instant::now();
        if settings.retainers {
            // The time has to pass in any case.
            keeping = Keeping::find(session, &first, &mut course.skips)?;
        }
        wait(session, settings.settle.saturating_sub(begun.elapsed()))?;
        stopped = is_stopped();
        let mut last = sight(session, settings, course)?;
        let still = if stopped { Vec::new() } else { blocked::still_in(session, steps) };
        if !still.is_empty() {
            // What waits for a loop that cannot move does not stand still by itself.
            course.notes.push(
                "An event loop stayed in one callback between the two looks. Coroutines that wait meanwhile are judged as if \
                 there had been one look: nothing could have awaited them."
                    .to_owned(),
            );
        }
        let settled = !stopped && still.is_empty();
        if !settled {
            last.observation.ownership.compare_running(&first.observation.ownership);
        }
        (Sighting { blocked: blocked::conclude(session, &still), ..last }, Some(first).filter(|_| settled))
    };
    if stopped {
        course.notes.push(stopped_note());
    }
    Ok(Seen { last, earlier, keeping, stopped: was_stopped && stopped })
}

/// What does not move while nothing can move is no evidence.
fn stopped_note() -> String {
    "The process is stopped (SIGSTOP): nothing in it moves, so waiting for a second look shows nothing. \
     Continue it (`kill -CONT`) and look again."
        .to_owned()
}

/// Judges what was seen, beside what was seen earlier. `stands_still` says that each sighting was made of a target that stood still.
fn judged(last: &Sighting, earlier: Option<&Sighting>, stands_still: bool, keeping: Keeping) -> Judged {
    Judged {
        created: judge::judge_all(last, earlier, stands_still, &keeping),
        lost: lost::judge_lost(last, earlier, stands_still),
        left: async_generators::judge_left(last, earlier, stands_still),
        keeping,
    }
}

/// Created coroutines that no owner was found for.
fn unowned(sighting: &Sighting) -> impl Iterator<Item = &Generator> {
    let owners = &sighting.observation.ownership.owners;
    sighting
        .observation
        .created()
        .filter(|generator| sighting.created.contains(&generator.address) && !owners.contains_key(&generator.address))
}

/// Other subjects that no owner was found for.
fn unowned_lost(sighting: &Sighting) -> impl Iterator<Item = &Subject> {
    let owners = &sighting.observation.ownership.owners;
    let lost = sighting.lost.iter().filter_map(|address| sighting.observation.subjects.get(address));
    lost.filter(|subject| !subject.kind.is_somebodys_to_keep() || !owners.contains_key(&subject.address))
}

fn sight(session: &Session, settings: &Settings, course: &mut Course) -> Result<Sighting> {
    let sighting = match settings.mode {
        Mode::Frozen => frozen::sight(session, course)?,
        Mode::Verify | Mode::Nonblocking => running(session, settings, course)?,
    };
    course.skips.merge(&sighting.observation.skips);
    Ok(sighting)
}

/// Collects and observes while the target runs, and confirms.
fn running(session: &Session, settings: &Settings, course: &mut Course) -> Result<Sighting> {
    let places = session.places()?;
    let swept = match course.search.take() {
        None => collect::by_sweep(session, &places, &mut course.skips)?,
        Some(search) => {
            let mut swept = collect::by_sweep_with_functions(session, &places, &mut course.skips)?;
            // If it has ended there is nobody to be told.
            let _ = search.send(Begin { places: places.clone(), functions: swept.functions.take() });
            swept
        }
    };
    course.skips.add("bytes of memory", "unmapped while they were read", swept.unreadable);
    sight_of(session, settings, course, places, &swept.candidates, None)
}

/// Observes these candidates while the target runs, and confirms. `known` is given when they were not found just now: what else than
/// created coroutines was confirmed to be lost when they were.
fn sight_of(
    session: &Session,
    settings: &Settings,
    course: &mut Course,
    places: Vec<Place>,
    candidates: &[Candidate],
    known: Option<&FxHashSet<Address>>,
) -> Result<Sighting> {
    let mut observation = {
        // Tens of megabytes in a large program: gone before the next picture is taken.
        let pages = session.pages();
        collect::prefetch(session, &pages, candidates);
        let stop = || session.should_stop();
        let memory = Stoppable::new(&pages, &stop);
        let heap = session.heap(&memory);
        let mut observation = observe(&session.python, &heap, places, candidates);
        observation.read_waits(&heap);
        observation
    };
    session.check()?;
    session.target.check_alive()?;
    let owners = &observation.ownership.owners;
    let in_question: Vec<Generator> = observation
        .created()
        .filter(|generator| !owners.get(&generator.address).is_some_and(verdict::is_ordinary))
        .copied()
        .collect();
    let holding = (settings.mode == Mode::Verify)
        .then_some(confirm::Holding { pauses: &mut course.pauses, budget: settings.pause_budget });
    let in_question_at = in_question.iter().map(|generator| generator.address);
    let doubtful: FxHashSet<Address> =
        in_question_at.filter(|address| observation.unlinked.contains(address)).collect();
    let confirmed = confirm::confirm(session, &observation, in_question, holding)?;
    course.retries += confirmed.changed;
    // Copies of coroutines, and what is left of some, are not counted either.
    let is_one = |address: &Address| !doubtful.contains(address) || confirmed.created.contains(address);
    observation.generators.retain(|generator| is_one(&generator.address));
    course.skips.add(
        "coroutines",
        "not confirmed in a pause, because the target could not be held still in time",
        confirmed.not_held,
    );
    let torn = observation.torn_stacks.len().saturating_sub(confirmed.stacks.len());
    course.skips.add("thread stacks", "changed while they were read", torn as u64);
    observation.thread_frames.extend(confirmed.stacks);
    course.skips.add("coroutines", confirm::UNCHECKED, confirmed.unchecked);
    // Whoever has an async generator may have been made since: without a sweep for it, nothing new is said of one.
    let may_be_told = |subject: &&Subject| {
        known.is_none_or(|known| !async_generators::is_about_one(subject.kind) || known.contains(&subject.address))
    };
    let lost = observation.lost().filter(may_be_told).map(|subject| subject.address).collect();
    let mut sighting = Sighting::now(observation, confirmed.created, lost, Some(&session.target));
    recheck(session, &mut sighting, candidates, known.is_none(), course)?;
    Ok(sighting)
}

/// Asks once more about those that nobody seems to own: while the target runs, a coroutine that is handed from one owner to the next –
/// out of a queue, into a variable – can be missed on both sides. For what is no created coroutine this is the confirmation: nothing of it is
/// read in the pause, but what counts has to be there at both moments, with the same state and the same holders.
fn recheck(
    session: &Session,
    sighting: &mut Sighting,
    candidates: &[Candidate],
    may_sweep: bool,
    course: &mut Course,
) -> Result<()> {
    /// Long enough for a busy program to move on, too short to be waited for.
    const INTERVAL: Duration = Duration::from_millis(2);
    let in_question: Vec<Generator> = unowned(sighting).copied().collect();
    // Whoever owns one of these keeps it from being a finding; then there is nothing to confirm.
    let lost: Vec<Subject> = unowned_lost(sighting).copied().collect();
    if in_question.is_empty() && lost.is_empty() && sighting.observation.islands.is_empty() {
        return Ok(());
    }
    let swept;
    let candidates = if may_sweep && lost.iter().any(|subject| async_generators::is_about_one(subject.kind)) {
        // Whoever has it is older than it in most cases, may have been made behind the back of the first sweep all the same, and not all of
        // them are reached from the tasks: sought again, none that was there then is missed.
        swept = collect::by_sweep(session, &sighting.observation.places, &mut Skips::default())?;
        &swept.candidates
    } else {
        thread::sleep(INTERVAL);
        candidates
    };
    let again = {
        let pages = session.pages();
        let stop = || session.should_stop();
        let memory = Stoppable::new(&pages, &stop);
        let heap = session.heap(&memory);
        collect::prefetch(session, &pages, candidates);
        observe_again(&session.python, &heap, session.places()?, candidates, &sighting.observation)
    };
    session.check()?;
    session.target.check_alive()?;
    // Counts and references were not read at one moment: what they say has to be said twice.
    sighting.observation.islands.retain(|task| again.islands.contains(task));
    let of_created = in_question.iter().map(|generator| (generator.address, generator.code, SubjectKind::Created));
    let of_lost = lost.iter().map(|subject| (subject.address, subject.identity, subject.kind));
    let still: FxHashMap<Address, (SubjectKind, Address)> =
        again.subjects.values().map(|now| (now.address, (now.kind, now.identity))).collect();
    let moving = judge::moving_items(&again, &sighting.observation);
    for generator in async_generators::gone_on_with(&sighting.observation, &again) {
        sighting.lost.remove(&generator);
    }
    let owners = &mut sighting.observation.ownership.owners;
    for (address, identity, kind) in of_created.chain(of_lost) {
        if still.get(&address) != Some(&(kind, identity)) {
            sighting.created.remove(&address);
            sighting.lost.remove(&address);
            course.retries += 1;
        } else if let Some(owner) = again.ownership.owners.get(&address) {
            owners.entry(address).or_insert_with(|| owner.clone());
        } else if moving.contains(&address) {
            owners.entry(address).or_insert(Owner::MovingQueue);
        }
        // Evidence that a moment later is not there any more was none.
        if let Some(dead_ends) = sighting.observation.ownership.dead_ends.get_mut(&address) {
            let now = again.ownership.dead_ends.get(&address);
            dead_ends.retain(|dead_end| now.is_some_and(|now| now.contains(dead_end)));
        }
    }
    Ok(())
}

/// Waits, in short steps: a signal or the end of the target ends it.
fn wait(session: &Session, time: Duration) -> Result<()> {
    const STEP: Duration = Duration::from_millis(20);
    let end = Instant::now() + time;
    loop {
        session.check()?;
        session.target.check_alive()?;
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        thread::sleep(left.min(STEP));
    }
}
