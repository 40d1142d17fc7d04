//! The verdict on one coroutine, and its reason.
//!
//! `leaked` needs evidence: nothing that refers to it can start it; or it outlived the settling time and a collection while
//! nothing that runs has to do with it. A false alarm costs more than a late one, so everything that could still start it makes it
//! `pending`, and lack of evidence makes it `suspect`.

use super::facts::{Age, Created, DeadEnd, Owner, Progress, Remains, Settling};
use crate::report::Verdict;

/// Why a verdict is what it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Nothing reaches it.
    Unreachable,
    /// All references to it are dead ends.
    OnlyDeadEnds(DeadEnd),
    /// What has it is left of something that is over.
    OnlyRemains(Remains),
    /// It outlived the settling time and a collection, and nobody who could start it was found.
    OutlivedCollection,
    /// It outlived the settling time; the collector has not run since.
    OutlivedSettling,
    /// It outlived the settling time; the collector is switched off, so it has no other age.
    CollectorDisabled,
    /// Others of its function were started meanwhile.
    OthersWereStarted(Progress),
    /// It survived a collection, and was looked at only once.
    OldSeenOnce,
    /// It outlived the settling time and a collection, and not all of memory was swept since it was made: whoever could start it may be as new.
    NotSweptSince,
    /// It was looked at only once, and is young or of unknown age.
    TooYoung,
    /// Somebody may start it.
    Owned(Owner),
}

/// A verdict and its reason: of a created coroutine, or with its own kind of reason of anything else.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Judgement<R = Reason> {
    /// How sure it is that it is lost.
    pub verdict: Verdict,
    /// Why.
    pub reason: R,
}

/// Whether a coroutine with this owner is worth a line in the report at all.
///
/// What a task or a handle drives is ordinary. A coroutine inside another one that was never awaited is not a second mistake.
#[must_use]
pub fn is_ordinary(owner: &Owner) -> bool {
    matches!(owner, Owner::Task | Owner::Handle | Owner::DoneCallback | Owner::Unawaited { .. })
}

/// Judges one created coroutine; `progress` is what happened to the others of its function.
#[must_use]
pub fn judge(created: &Created, settling: Settling, progress: Progress) -> Judgement {
    let because = |verdict, reason| Judgement { verdict, reason };
    if let Some(owner) = &created.owner {
        return because(Verdict::Pending, Reason::Owned(owner.clone()));
    }
    if created.unreachable {
        return because(Verdict::Leaked, Reason::Unreachable);
    }
    // Every reference is accounted for, and none can start it: time adds nothing to that.
    if let Some(dead_end) = created.dead_ends.first()
        && created.dead_ends.len() as u64 == created.refcount
    {
        return because(Verdict::Leaked, Reason::OnlyDeadEnds(dead_end.clone()));
    }
    if let Some(remains) = &created.remains {
        return because(Verdict::Leaked, Reason::OnlyRemains(remains.clone()));
    }
    if settling.settled_s.is_none() {
        return match created.age {
            Age::Old => because(Verdict::Suspect, Reason::OldSeenOnce),
            Age::Young | Age::Unknown => because(Verdict::Pending, Reason::TooYoung),
        };
    }
    if progress.started > 0 {
        return because(Verdict::Suspect, Reason::OthersWereStarted(progress));
    }
    match created.age {
        Age::Old => because(Verdict::Leaked, Reason::OutlivedCollection),
        _ if settling.collector_disabled => because(Verdict::Suspect, Reason::CollectorDisabled),
        Age::Young | Age::Unknown => because(Verdict::Suspect, Reason::OutlivedSettling),
    }
}

impl Reason {
    /// The reason as a sentence or two with its evidence; `settled_s` are the seconds between the two looks. It speaks of one and of
    /// many alike, so that a view can say it once for several findings.
    #[must_use]
    pub fn sentence(&self, settled_s: Option<f64>) -> String {
        const NOBODY: &str = "no task, callback or frame that could start it was found";
        let settled = settled_s.map_or_else(|| "the settling time".to_owned(), |seconds| format!("{seconds:.1} s"));
        match self {
            Self::Unreachable => {
                "Never started, and only objects that refer to each other in circles have it; nothing that lives reaches them.".to_owned()
            }
            Self::OnlyDeadEnds(DeadEnd::UnusedVariable { name, function }) => format!(
                "Never started, and its only reference is the variable '{name}' of {function}(), which that function does not use again."
            ),
            Self::OnlyRemains(Remains::EndedFrame { name, function }) => format!(
                "Never started, and all that has it is the variable '{name}' of a call of {function}() that has ended."
            ),
            Self::OnlyRemains(Remains::LogRecord) => {
                "Never started, and all that has it is a record of a log.".to_owned()
            }
            Self::OutlivedCollection => {
                format!("Never started. It outlived {settled} of waiting and a garbage collection, and {NOBODY}.")
            }
            Self::OutlivedSettling => format!(
                "Not started within {settled}, and {NOBODY}. It has outlived no garbage collection yet, so it may be young."
            ),
            Self::CollectorDisabled => format!(
                "Not started within {settled}, and {NOBODY}. Garbage collection is switched off, so its age is not known."
            ),
            Self::OthersWereStarted(Progress { before, started }) => format!(
                "Not started, but {started} of {before} of this function were started or dropped within {settled}: a slow worker may get to it."
            ),
            Self::OldSeenOnce => {
                format!("Never started. It outlived a garbage collection, and {NOBODY}. It was looked at only once.")
            }
            Self::NotSweptSince => {
                format!(
                    "Never started. It outlived {settled} of waiting and a garbage collection, and {NOBODY} so far. It is new since \
                     all of memory was searched, and so may be whoever starts it."
                )
            }
            Self::TooYoung => {
                "Not started yet. It was looked at only once, and may be too young to be judged.".to_owned()
            }
            Self::Owned(owner) => match owner {
                Owner::Task => "A task that has not run yet will start it.".to_owned(),
                Owner::Wrapper => "Somebody called its `__await__()`, and may be about to go on.".to_owned(),
                Owner::Handle => "An event loop is about to call a callback that was given it.".to_owned(),
                Owner::DoneCallback => "A callback that waits for a future holds it.".to_owned(),
                Owner::FrameStack { function } => {
                    format!("{function}() has just called it, and has not yet done anything with it.")
                }
                Owner::Variable { name, function } => {
                    format!("The variable '{name}' of {function}() holds it, and that function may still use it.")
                }
                Owner::MovingQueue => "It is in a queue that somebody is working through.".to_owned(),
                Owner::ContextManager => "A context manager holds it, and goes on with it when it is left.".to_owned(),
                Owner::MethodCall | Owner::Iteration => "A call of one of its methods is not done.".to_owned(),
                Owner::Unawaited { .. } => {
                    "It was given to another coroutine that was never awaited either.".to_owned()
                }
            },
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> String {
        const CURE: &str = "await it where it is called, or give it to `asyncio.create_task()` and keep the task";
        match self {
            Self::OnlyDeadEnds(DeadEnd::UnusedVariable { name, .. }) => format!(
                "Await it (`await {name}`, or at the call), or give it to `asyncio.create_task()` and keep the task."
            ),
            Self::Unreachable => format!(
                "The collector will throw it away, and Python will warn then, if at all. Find the call: {CURE}."
            ),
            Self::OnlyRemains(Remains::EndedFrame { .. }) => {
                "An error between the call and the `await` leaves it behind. Await it where it is called; where the error may come before, close it \
                 (`coroutine.close()`), and do not keep exceptions with their tracebacks."
                    .to_owned()
            }
            Self::OnlyRemains(Remains::LogRecord) => {
                "Log the result, not the coroutine: await it first.".to_owned()
            }
            Self::OutlivedCollection => {
                "Await it where it is called, or give it to `asyncio.create_task()` and keep the task. \
                                         If a worker was to await it, see whether that still runs."
                    .to_owned()
            }
            Self::OutlivedSettling | Self::CollectorDisabled | Self::OthersWereStarted(_) => {
                format!("Look again in a minute. If the same objects are still there: {CURE}.")
            }
            Self::NotSweptSince => format!("Wait until all of memory has been searched again. If it is still there: {CURE}."),
            Self::OldSeenOnce => format!("Look twice (`--settle 500ms`). If it is still there: {CURE}."),
            Self::TooYoung | Self::Owned(_) => format!("None yet. If it is still there in a minute: {CURE}."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Address;

    fn created(age: Age) -> Created {
        Created {
            address: Address::new(0x1000),
            code: Address::new(0x2000),
            refcount: 1,
            owner: None,
            dead_ends: Vec::new(),
            unreachable: false,
            remains: None,
            age,
        }
    }

    fn settled() -> Settling {
        Settling { settled_s: Some(0.5), collector_disabled: false }
    }

    const STILL: Progress = Progress { before: 1, started: 0 };

    fn verdict(created: &Created, settling: Settling, progress: Progress) -> Verdict {
        judge(created, settling, progress).verdict
    }

    #[test]
    fn leaked_needs_age_and_settling() {
        for age in [Age::Unknown, Age::Young] {
            assert_eq!(verdict(&created(age), Settling::default(), STILL), Verdict::Pending);
            assert_eq!(verdict(&created(age), settled(), STILL), Verdict::Suspect);
        }
        assert_eq!(verdict(&created(Age::Old), Settling::default(), STILL), Verdict::Suspect);
        assert_eq!(verdict(&created(Age::Old), settled(), STILL), Verdict::Leaked);
    }

    #[test]
    fn what_nothing_living_has_is_leaked_at_once() {
        for age in [Age::Unknown, Age::Young, Age::Old] {
            let unreachable = Created { unreachable: true, ..created(age) };
            assert_eq!(verdict(&unreachable, Settling::default(), STILL), Verdict::Leaked);
            let remains = Created { remains: Some(Remains::LogRecord), ..created(age) };
            assert_eq!(verdict(&remains, Settling::default(), STILL), Verdict::Leaked);
            let owned = Created { owner: Some(Owner::Wrapper), ..remains };
            assert_eq!(verdict(&owned, settled(), STILL), Verdict::Pending, "an owner counts more");
        }
    }

    #[test]
    fn any_owner_makes_it_pending() {
        for owner in [
            Owner::Task,
            Owner::Wrapper,
            Owner::Handle,
            Owner::DoneCallback,
            Owner::FrameStack { function: "f".into() },
            Owner::Variable { name: "c".into(), function: "f".into() },
            Owner::MovingQueue,
            Owner::Unawaited { outer: Address::new(8) },
        ] {
            let owned = Created { owner: Some(owner), ..created(Age::Old) };
            assert_eq!(verdict(&owned, settled(), STILL), Verdict::Pending);
        }
    }

    #[test]
    fn a_dead_end_is_proof_only_if_it_is_the_only_reference() {
        let dead_end = DeadEnd::UnusedVariable { name: "c".into(), function: "main".into() };
        let held = Created { dead_ends: vec![dead_end], ..created(Age::Young) };
        assert_eq!(verdict(&held, Settling::default(), STILL), Verdict::Leaked);
        assert_eq!(verdict(&Created { refcount: 2, ..held }, Settling::default(), STILL), Verdict::Pending);
    }

    #[test]
    fn where_others_move_on_nothing_is_leaked() {
        let moving = Progress { before: 5, started: 1 };
        assert_eq!(verdict(&created(Age::Old), settled(), moving), Verdict::Suspect);
    }

    #[test]
    fn a_disabled_collector_leaves_a_suspicion() {
        let disabled = Settling { collector_disabled: true, ..settled() };
        let judgement = judge(&created(Age::Young), disabled, STILL);
        assert_eq!(judgement, Judgement { verdict: Verdict::Suspect, reason: Reason::CollectorDisabled });
    }

    #[test]
    fn a_sentence_tells_its_own_numbers() {
        let moving = Reason::OthersWereStarted(Progress { before: 12, started: 5 });
        assert_eq!(
            moving.sentence(Some(0.52)),
            "Not started, but 5 of 12 of this function were started or dropped within 0.5 s: a slow worker may get to it."
        );
        let dead_end = DeadEnd::UnusedVariable { name: "c".into(), function: "main".into() };
        let unused = Reason::OnlyDeadEnds(dead_end);
        assert_eq!(
            unused.sentence(None),
            "Never started, and its only reference is the variable 'c' of main(), which that function does not use again."
        );
        assert!(unused.advice().contains("`await c`"));
    }

    #[test]
    fn a_second_look_is_advised_only_to_those_who_took_one_look() {
        assert!(Reason::OldSeenOnce.advice().contains("--settle"));
        assert!(!Reason::OutlivedCollection.advice().contains("--settle"));
    }
}
