//! The verdicts on async generators that nobody iterates over, and on calls of their methods that nobody awaits.
//!
//! An async generator that was begun and left keeps what its `finally` blocks would give back. But programs keep them on purpose: fixtures in
//! lists, streams in attributes. So `leaked` is said only where every reference is accounted for, or its loop is closed; age alone makes
//! no more than a suspicion. A call of a method is a small coroutine, and is judged like one.

use super::facts::{Age, DeadEnd, Owner, Settling};
use crate::report::{Kind, Verdict};

/// What is wrong, if something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Situation {
    /// An async generator that was begun, and is neither exhausted nor closed.
    Abandoned,
    /// An async generator that was never begun.
    NeverStarted,
    /// A call of `asend()`, `__anext__()`, `athrow()` or `aclose()` that was not awaited.
    MethodNeverAwaited,
}

/// What is known about one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Which it is.
    pub situation: Situation,
    /// `Py_REFCNT`.
    pub refcount: u64,
    /// Who may still go on with it.
    pub owner: Option<Owner>,
    /// References to it that lead nowhere.
    pub dead_ends: Vec<DeadEnd>,
    /// Whether nothing but a reference cycle holds it, which nothing outside reaches.
    pub unreachable: bool,
    /// Whether the event loop that it was begun in is closed.
    pub loop_closed: bool,
    /// How old it is known to be.
    pub age: Age,
}

/// Why a verdict is what it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reason {
    /// All references to it are dead ends.
    OnlyDeadEnds(DeadEnd),
    /// Only a reference cycle holds it.
    Unreachable,
    /// Its event loop is closed.
    LoopClosed,
    /// It outlived the settling time and a collection, and nobody who could go on with it was found.
    OutlivedCollection,
    /// It outlived the settling time; no collection was seen, or none will ever be.
    OutlivedSettling,
    /// It survived a collection, and was looked at only once.
    OldSeenOnce,
    /// It was looked at only once.
    TooYoung,
    /// Somebody may go on with it.
    Owned(Owner),
}

/// A verdict on one of them, and its reason.
pub type Judgement = super::verdict::Judgement<Reason>;

impl Situation {
    /// The kind of finding.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::Abandoned => Kind::AsyncgenAbandoned,
            Self::NeverStarted => Kind::AsyncgenNeverStarted,
            Self::MethodNeverAwaited => Kind::AsyncgenMethodNeverAwaited,
        }
    }
}

/// Whether something with this owner is worth a line in the report at all.
#[must_use]
pub fn is_ordinary(situation: Situation, owner: &Owner) -> bool {
    match owner {
        Owner::Variable { .. } | Owner::MovingQueue => false,
        // `async for` keeps what it iterates over on the stack.
        Owner::FrameStack { .. } => situation != Situation::MethodNeverAwaited,
        Owner::Task
        | Owner::Handle
        | Owner::DoneCallback
        | Owner::Wrapper
        | Owner::Unawaited { .. }
        | Owner::ContextManager
        | Owner::MethodCall
        | Owner::Iteration => true,
    }
}

/// Judges one of them.
#[must_use]
pub fn judge(left: &Left, settling: Settling) -> Judgement {
    let because = |verdict, reason| Judgement { verdict, reason };
    if left.unreachable {
        return because(Verdict::Leaked, Reason::Unreachable);
    }
    if let Some(owner) = &left.owner {
        return because(Verdict::Pending, Reason::Owned(owner.clone()));
    }
    if let Some(dead_end) = left.dead_ends.first()
        && left.dead_ends.len() as u64 == left.refcount
    {
        return because(Verdict::Leaked, Reason::OnlyDeadEnds(dead_end.clone()));
    }
    if left.loop_closed {
        return because(Verdict::Leaked, Reason::LoopClosed);
    }
    let old = left.age == Age::Old;
    let seen_twice = settling.settled_s.is_some();
    match left.situation {
        Situation::MethodNeverAwaited => match (seen_twice, old) {
            (true, true) => because(Verdict::Leaked, Reason::OutlivedCollection),
            (true, false) => because(Verdict::Suspect, Reason::OutlivedSettling),
            (false, true) => because(Verdict::Suspect, Reason::OldSeenOnce),
            (false, false) => because(Verdict::Pending, Reason::TooYoung),
        },
        Situation::Abandoned | Situation::NeverStarted => match (seen_twice, old) {
            (true, true) => because(Verdict::Suspect, Reason::OutlivedCollection),
            // Without a collector nothing grows old.
            (true, false) if settling.collector_disabled => because(Verdict::Suspect, Reason::OutlivedSettling),
            (true, false) => because(Verdict::Pending, Reason::OutlivedSettling),
            (false, true) => because(Verdict::Pending, Reason::OldSeenOnce),
            (false, false) => because(Verdict::Pending, Reason::TooYoung),
        },
    }
}

impl Reason {
    /// The reason as a sentence or two with its evidence; `settled_s` are the seconds between the two looks.
    #[must_use]
    pub fn sentence(&self, situation: Situation, settled_s: Option<f64>) -> String {
        let settled = settled_s.map_or_else(|| "the settling time".to_owned(), |seconds| format!("{seconds:.1} s"));
        let (fact, would) = match situation {
            Situation::Abandoned => {
                ("Begun, and neither exhausted nor closed, so its `finally` blocks have not run", "iterate over it")
            }
            Situation::NeverStarted => ("Called, and never iterated over", "iterate over it"),
            Situation::MethodNeverAwaited => ("Called, and never awaited", "await it"),
        };
        let nobody = format!("no task, callback or frame that could {would} was found");
        match self {
            Self::OnlyDeadEnds(DeadEnd::UnusedVariable { name, function }) => format!(
                "{fact}. Its only reference is the variable '{name}' of {function}(), which that function does not use again."
            ),
            Self::Unreachable => format!("{fact}. Only a reference cycle holds it, which nothing else refers to."),
            Self::LoopClosed => format!("{fact}. Its event loop is closed, and {nobody}."),
            Self::OutlivedCollection => {
                format!("{fact}. It outlived {settled} of waiting and a garbage collection, and {nobody}.")
            }
            Self::OutlivedSettling => {
                format!(
                    "{fact}. Nothing happened to it within {settled}, and {nobody}. It has outlived no garbage collection, so it may be young."
                )
            }
            Self::OldSeenOnce => {
                format!("{fact}. It outlived a garbage collection, and {nobody}. It was looked at only once.")
            }
            Self::TooYoung => format!("{fact}. It was looked at only once, and may be too young to be judged."),
            Self::Owned(owner) => match owner {
                Owner::Variable { name, function } => {
                    format!(
                        "{fact}. The variable '{name}' of {function}() holds it, and that function may still use it."
                    )
                }
                Owner::MovingQueue => format!("{fact}. It is in a queue that somebody is working through."),
                Owner::FrameStack { function } => {
                    format!("{fact}. {function}() has just called it, and has not yet done anything with it.")
                }
                _ => format!("{fact}. Somebody may be about to {would}."),
            },
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn advice(&self, situation: Situation) -> String {
        let cure = match situation {
            Situation::Abandoned => {
                "Close it where it is left: iterate inside of `async with contextlib.aclosing(generator)` (3.10+), or `await \
                 generator.aclose()` in a `finally`."
            }
            Situation::NeverStarted => "Iterate over it with `async for`, or do not call the function.",
            Situation::MethodNeverAwaited => "Await it where it is called.",
        };
        match self {
            Self::OnlyDeadEnds(_) | Self::Unreachable => cure.to_owned(),
            Self::LoopClosed => {
                format!("{cure} Before a loop is closed, run `loop.shutdown_asyncgens()`, as `asyncio.run()` does.")
            }
            Self::OutlivedCollection if situation == Situation::MethodNeverAwaited => cure.to_owned(),
            Self::OutlivedCollection | Self::OutlivedSettling => {
                format!("See who was to go on with it. If nobody is: {}", lower_first(cure))
            }
            Self::OldSeenOnce => format!("Look twice (`--settle 500ms`). If it is still there: {}", lower_first(cure)),
            Self::TooYoung | Self::Owned(_) => {
                format!("None yet. If it is still there in a minute: {}", lower_first(cure))
            }
        }
    }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITUATIONS: [Situation; 3] = [Situation::Abandoned, Situation::NeverStarted, Situation::MethodNeverAwaited];

    fn left(situation: Situation) -> Left {
        Left {
            situation,
            refcount: 1,
            owner: None,
            dead_ends: Vec::new(),
            unreachable: false,
            loop_closed: false,
            age: Age::Young,
        }
    }

    fn unused() -> DeadEnd {
        DeadEnd::UnusedVariable { name: "g".into(), function: "main".into() }
    }

    const SETTLED: Settling = Settling { settled_s: Some(0.5), collector_disabled: false };

    #[test]
    fn age_alone_is_evidence_for_calls_only() {
        for situation in SITUATIONS {
            let old = Left { age: Age::Old, ..left(situation) };
            let is_call = situation == Situation::MethodNeverAwaited;
            let expected = if is_call { Verdict::Leaked } else { Verdict::Suspect };
            assert_eq!(judge(&old, SETTLED).verdict, expected, "{situation:?}");
            let expected = if is_call { Verdict::Suspect } else { Verdict::Pending };
            assert_eq!(judge(&old, Settling::default()).verdict, expected, "{situation:?}");
            assert_eq!(judge(&left(situation), SETTLED).verdict, expected, "{situation:?}");
            assert_eq!(judge(&left(situation), Settling::default()).verdict, Verdict::Pending, "{situation:?}");
        }
    }

    #[test]
    fn accounted_references_need_no_age() {
        for situation in SITUATIONS {
            let dead = Left { dead_ends: vec![unused()], ..left(situation) };
            assert_eq!(judge(&dead, Settling::default()).reason, Reason::OnlyDeadEnds(unused()));
            let held_elsewhere = Left { refcount: 2, ..dead };
            assert_eq!(judge(&held_elsewhere, Settling::default()).verdict, Verdict::Pending);
            let unreachable = Left { unreachable: true, ..left(situation) };
            assert_eq!(judge(&unreachable, Settling::default()).verdict, Verdict::Leaked);
            let closed = Left { loop_closed: true, ..left(situation) };
            assert_eq!(judge(&closed, Settling::default()).reason, Reason::LoopClosed);
        }
    }

    #[test]
    fn whoever_may_use_it_makes_it_pending() {
        let owner = Owner::Variable { name: "g".into(), function: "main".into() };
        for situation in SITUATIONS {
            let owned = Left { owner: Some(owner.clone()), loop_closed: true, age: Age::Old, ..left(situation) };
            assert_eq!(judge(&owned, SETTLED).verdict, Verdict::Pending);
            assert!(!is_ordinary(situation, &owner));
            assert!(is_ordinary(situation, &Owner::Task));
        }
        let stack = Owner::FrameStack { function: "main".into() };
        assert!(is_ordinary(Situation::Abandoned, &stack));
        assert!(!is_ordinary(Situation::MethodNeverAwaited, &stack));
    }

    #[test]
    fn without_a_collector_a_suspicion_is_left() {
        let disabled = Settling { collector_disabled: true, ..SETTLED };
        assert_eq!(judge(&left(Situation::Abandoned), disabled).verdict, Verdict::Suspect);
    }

    #[test]
    fn a_sentence_tells_who_holds_it() {
        assert_eq!(
            Reason::OnlyDeadEnds(unused()).sentence(Situation::NeverStarted, None),
            "Called, and never iterated over. Its only reference is the variable 'g' of main(), which that function does \
             not use again."
        );
        assert!(Reason::TooYoung.advice(Situation::MethodNeverAwaited).ends_with("await it where it is called."));
    }
}
