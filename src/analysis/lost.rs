//! The verdicts on lost things that are no created coroutines: failed futures, `gather()`s, tasks of loops that do not run.
//!
//! All of them are asked first who holds them ([`Held`], [`hold`]); what follows from the answer differs from kind to kind.

use super::facts::{Age, DeadEnd, Owner, Settling};
use crate::report::{Kind, Verdict};

/// What is known about the references to a lost thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// `Py_REFCNT`.
    pub refcount: u64,
    /// Whoever may still come to it.
    pub owner: Option<Owner>,
    /// References that lead nowhere.
    pub dead_ends: Vec<DeadEnd>,
    /// References that come from the thing itself, or from what only it leads to.
    pub own: u64,
    /// How old it is known to be.
    pub age: Age,
}

/// Who holds a thing, as far as that can be told.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Hold {
    /// Somebody who may still come to it.
    Owner(Owner),
    /// All references to it are dead ends, or its own.
    DeadEnds(DeadEnd),
    /// Nothing but itself.
    Itself,
    /// Nobody who runs or waits; and it outlived the settling time and a collection.
    OutlivedCollection,
    /// Nobody who runs or waits; it outlived the settling time, and no collection was seen.
    OutlivedSettling,
    /// The same, and the collector is switched off.
    CollectorDisabled,
    /// Nobody who runs or waits; it survived a collection, and was looked at only once.
    OldSeenOnce,
    /// It was looked at only once, and is young or of unknown age.
    TooYoung,
}

/// Decides who holds a thing.
#[must_use]
pub fn hold(held: &Held, settling: Settling) -> Hold {
    if let Some(owner) = &held.owner {
        return Hold::Owner(owner.clone());
    }
    // Every reference is accounted for: time adds nothing to that.
    if held.dead_ends.len() as u64 + held.own == held.refcount {
        return held.dead_ends.first().map_or(Hold::Itself, |dead_end| Hold::DeadEnds(dead_end.clone()));
    }
    match (settling.settled_s, held.age) {
        (None, Age::Old) => Hold::OldSeenOnce,
        (None, Age::Young | Age::Unknown) => Hold::TooYoung,
        (Some(_), Age::Old) => Hold::OutlivedCollection,
        (Some(_), Age::Young | Age::Unknown) if settling.collector_disabled => Hold::CollectorDisabled,
        (Some(_), Age::Young | Age::Unknown) => Hold::OutlivedSettling,
    }
}

/// A failed future that nobody asked for its exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failed {
    /// A task.
    Task,
    /// A future that is no task. Protocols and pools keep such futures to remember how something ended, so that being kept is no evidence.
    Future,
    /// A future that is no task, with the error of a connection: protocols (`StreamReaderProtocol._closed`) keep it, and ask for it in the end.
    Connection,
}

/// Why a task that has not finished will not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LoopRest {
    /// Its loop is closed.
    Closed,
    /// The thread that ran its loop is gone, and did not stop the loop: as after a `fork()`.
    ThreadGone,
    /// Its loop does not run.
    NotRunning,
}

/// Why a verdict on a lost thing is what it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reason {
    /// A future or task failed, and nobody asked.
    Failed(Failed, Hold),
    /// A `gather()` nobody waits for.
    Gathering(Hold),
    /// A task that has not begun, and whether it was seen twice.
    NeverStarted(LoopRest, bool),
    /// A task that has begun, and whose loop will not go on.
    Stranded(LoopRest),
}

/// A verdict on a lost thing, and its reason.
pub type Judgement = super::verdict::Judgement<Reason>;

/// Judges a failed future or task that nobody asked for its exception.
#[must_use]
pub fn failed(what: Failed, held: &Held, settling: Settling) -> Judgement {
    let hold = hold(held, settling);
    let verdict = match (&hold, what) {
        (Hold::DeadEnds(_) | Hold::Itself, _) => Verdict::Leaked,
        (Hold::Owner(_) | Hold::TooYoung, _) | (_, Failed::Connection) => Verdict::Pending,
        (Hold::OutlivedCollection, Failed::Task) => Verdict::Leaked,
        (Hold::OutlivedCollection, Failed::Future)
        | (Hold::OutlivedSettling | Hold::CollectorDisabled | Hold::OldSeenOnce, Failed::Task | Failed::Future) => {
            Verdict::Suspect
        }
    };
    Judgement { verdict, reason: Reason::Failed(what, hold) }
}

/// Judges a `gather()` that has no callbacks and that no task waits for.
///
/// Only where every reference is accounted for it is lost. Programs keep what `gather()` returned – in an attribute, in a list – to cancel it in
/// the end, so that age is no evidence.
#[must_use]
pub fn gathering(held: &Held, settling: Settling) -> Judgement {
    let hold = hold(held, settling);
    let verdict = if matches!(hold, Hold::DeadEnds(_) | Hold::Itself) { Verdict::Leaked } else { Verdict::Pending };
    Judgement { verdict, reason: Reason::Gathering(hold) }
}

/// Judges a task that has not begun, of a loop that does not run; `settled` says that this was so at both looks.
#[must_use]
pub fn never_started(rest: LoopRest, settled: bool) -> Judgement {
    let verdict = match rest {
        LoopRest::Closed | LoopRest::ThreadGone => Verdict::Leaked,
        // Somebody may still run the loop.
        LoopRest::NotRunning if settled => Verdict::Suspect,
        LoopRest::NotRunning => Verdict::Pending,
    };
    Judgement { verdict, reason: Reason::NeverStarted(rest, settled) }
}

/// Judges a task that has begun, of a loop that does not run. A loop that stands still between two runs is ordinary.
#[must_use]
pub fn stranded(rest: LoopRest) -> Judgement {
    let verdict = match rest {
        LoopRest::Closed | LoopRest::ThreadGone => Verdict::Leaked,
        LoopRest::NotRunning => Verdict::Pending,
    };
    Judgement { verdict, reason: Reason::Stranded(rest) }
}

impl Hold {
    /// What this says about the holders, as one sentence or two; `settled_s` are the seconds between the two looks.
    fn sentence(&self, settled_s: Option<f64>) -> String {
        let settled = settled_s.map_or_else(|| "the settling time".to_owned(), |seconds| format!("{seconds:.1} s"));
        let nobody = "no running or waiting frame refers to it";
        match self {
            Self::Owner(Owner::Variable { name, function }) => {
                format!("The variable '{name}' of {function}() holds it, and that function may still use it.")
            }
            Self::Owner(Owner::FrameStack { function }) => format!("{function}() is working with it."),
            Self::Owner(Owner::MovingQueue) => "It is in a queue that somebody is working through.".to_owned(),
            Self::Owner(_) => "Something that is about to run holds it.".to_owned(),
            Self::DeadEnds(DeadEnd::UnusedVariable { name, function }) => format!(
                "Its only reference is the variable '{name}' of {function}(), which that function does not use again."
            ),
            Self::Itself => "Nothing refers to it but what it refers to itself.".to_owned(),
            Self::OutlivedCollection => {
                format!("It outlived {settled} of waiting and a garbage collection, and {nobody}.")
            }
            Self::OutlivedSettling => {
                format!(
                    "That did not change within {settled}, and {nobody}. It has outlived no garbage collection yet."
                )
            }
            Self::CollectorDisabled => format!(
                "That did not change within {settled}, and {nobody}. Garbage collection is switched off, so its age is not known."
            ),
            Self::OldSeenOnce => {
                format!("It outlived a garbage collection, and {nobody}. It was looked at only once.")
            }
            Self::TooYoung => "It was looked at only once, and may be too young to be judged.".to_owned(),
        }
    }
}

impl LoopRest {
    fn sentence(self) -> &'static str {
        match self {
            Self::Closed => "its event loop is closed",
            Self::ThreadGone => "the thread that ran its event loop is gone, as after `fork()`",
            Self::NotRunning => "no thread runs its event loop",
        }
    }
}

impl Reason {
    /// The kind of finding.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Failed(..) => Kind::TaskExceptionNeverRetrieved,
            Self::Gathering(_) => Kind::GatherNeverAwaited,
            Self::NeverStarted(..) => Kind::TaskNeverStarted,
            Self::Stranded(_) => Kind::TaskStranded,
        }
    }

    /// The reason as a sentence or two with its evidence; `settled_s` are the seconds between the two looks.
    #[must_use]
    pub fn sentence(&self, settled_s: Option<f64>) -> String {
        match self {
            Self::Failed(what, hold) => {
                let what = if *what == Failed::Task { "task" } else { "future" };
                format!("The {what} failed, and nobody has asked for its exception. {}", hold.sentence(settled_s))
            }
            Self::Gathering(hold) => {
                let holders = match hold {
                    Hold::Itself => "Only the tasks that it waits for refer to it.".to_owned(),
                    Hold::OutlivedCollection
                    | Hold::OutlivedSettling
                    | Hold::CollectorDisabled
                    | Hold::OldSeenOnce
                    | Hold::TooYoung => "Something holds it, and may await or cancel it.".to_owned(),
                    hold => hold.sentence(settled_s),
                };
                format!("Nothing waits for it. {holders}")
            }
            Self::NeverStarted(rest, settled) => {
                let settled = match (settled, settled_s) {
                    (true, Some(seconds)) if *rest == LoopRest::NotRunning => {
                        format!(" That did not change within {seconds:.1} s; it may be run yet.")
                    }
                    (false, _) if *rest == LoopRest::NotRunning => " It may be run yet.".to_owned(),
                    _ => String::new(),
                };
                format!("Not one line of it has run, and {}.{settled}", rest.sentence())
            }
            Self::Stranded(rest) => format!("It has begun and has not finished, and {}.", rest.sentence()),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> String {
        match self {
            Self::Failed(Failed::Task, _) => {
                "Await the task, or look at `task.exception()` in a done callback; or make it in a `TaskGroup`, which does both. \
                 And see to the error itself."
            }
            Self::Failed(Failed::Future | Failed::Connection, _) => {
                "Await the future, or look at `future.exception()`. And see to the error itself."
            }
            Self::Gathering(_) => {
                "Await it: `await asyncio.gather(...)`. Until then an error in one of its children reaches nobody."
            }
            Self::NeverStarted(LoopRest::NotRunning, _) => {
                "Run the loop, or make the task in the loop that runs: `asyncio.run_coroutine_threadsafe(f(), loop)` from another thread."
            }
            Self::NeverStarted(..) => {
                "Make the task before the loop is closed, in the loop that runs: `asyncio.run_coroutine_threadsafe(f(), loop)` from \
                 another thread."
            }
            Self::Stranded(LoopRest::ThreadGone) => {
                "Do not `fork()` while a loop runs: use `subprocess`, or the start method `spawn` of `multiprocessing`."
            }
            Self::Stranded(_) => {
                "Before the loop is closed, cancel its tasks and wait for them: `asyncio.run()` does both."
            }
        }
        .to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(age: Age) -> Held {
        Held { refcount: 2, owner: None, dead_ends: Vec::new(), own: 0, age }
    }

    fn unused() -> DeadEnd {
        DeadEnd::UnusedVariable { name: "t".into(), function: "main".into() }
    }

    const SETTLED: Settling = Settling { settled_s: Some(0.5), collector_disabled: false };
    const ONCE: Settling = Settling { settled_s: None, collector_disabled: false };

    #[test]
    fn an_owner_decides_before_all_else() {
        let owner = Owner::Variable { name: "t".into(), function: "main".into() };
        let owned = Held { owner: Some(owner), dead_ends: vec![unused(), unused()], ..held(Age::Old) };
        for what in [Failed::Task, Failed::Future, Failed::Connection] {
            assert_eq!(failed(what, &owned, SETTLED).verdict, Verdict::Pending);
        }
        assert_eq!(gathering(&owned, SETTLED).verdict, Verdict::Pending);
    }

    #[test]
    fn references_that_are_all_accounted_for_need_no_time() {
        let by_itself = Held { own: 2, ..held(Age::Young) };
        assert_eq!(hold(&by_itself, ONCE), Hold::Itself);
        let by_variable = Held { own: 1, dead_ends: vec![unused()], ..held(Age::Young) };
        assert_eq!(hold(&by_variable, ONCE), Hold::DeadEnds(unused()));
        for held in [by_itself, by_variable] {
            assert_eq!(failed(Failed::Future, &held, ONCE).verdict, Verdict::Leaked);
            assert_eq!(gathering(&held, ONCE).verdict, Verdict::Leaked);
        }
        let one_more = Held { own: 1, ..held(Age::Young) };
        assert_eq!(failed(Failed::Task, &one_more, ONCE).verdict, Verdict::Pending);
    }

    #[test]
    fn age_speaks_against_tasks_less_against_futures_and_never_against_connections_and_gathers() {
        let verdicts = |age, settling| {
            let held = held(age);
            [Failed::Task, Failed::Future, Failed::Connection]
                .map(|what| failed(what, &held, settling).verdict)
                .into_iter()
                .chain([gathering(&held, settling).verdict])
                .collect::<Vec<_>>()
        };
        use Verdict::{Leaked, Pending, Suspect};
        assert_eq!(verdicts(Age::Old, SETTLED), [Leaked, Suspect, Pending, Pending]);
        assert_eq!(verdicts(Age::Young, SETTLED), [Suspect, Suspect, Pending, Pending]);
        assert_eq!(verdicts(Age::Old, ONCE), [Suspect, Suspect, Pending, Pending]);
        assert_eq!(verdicts(Age::Unknown, ONCE), [Pending; 4]);
        let disabled = Settling { collector_disabled: true, ..SETTLED };
        assert_eq!(hold(&held(Age::Young), disabled), Hold::CollectorDisabled);
    }

    #[test]
    fn a_loop_that_may_run_again_strands_nobody() {
        assert_eq!(stranded(LoopRest::NotRunning).verdict, Verdict::Pending);
        assert_eq!(never_started(LoopRest::NotRunning, false).verdict, Verdict::Pending);
        assert_eq!(never_started(LoopRest::NotRunning, true).verdict, Verdict::Suspect);
        for rest in [LoopRest::Closed, LoopRest::ThreadGone] {
            assert_eq!(stranded(rest).verdict, Verdict::Leaked);
            assert_eq!(never_started(rest, false).verdict, Verdict::Leaked);
        }
    }

    #[test]
    fn a_sentence_tells_its_own_facts() {
        let failed = Reason::Failed(Failed::Task, Hold::DeadEnds(unused()));
        assert_eq!(
            failed.sentence(None),
            "The task failed, and nobody has asked for its exception. Its only reference is the variable 't' of main(), \
             which that function does not use again."
        );
        let idle = Reason::NeverStarted(LoopRest::NotRunning, true);
        assert_eq!(
            idle.sentence(Some(0.52)),
            "Not one line of it has run, and no thread runs its event loop. That did not change within 0.5 s; it may be run yet."
        );
        assert_eq!(
            Reason::Gathering(Hold::Itself).sentence(None),
            "Nothing waits for it. Only the tasks that it waits for refer to it."
        );
    }
}
