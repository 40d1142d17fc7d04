//! The verdict on a task that nothing but weak references and its own island holds.

use crate::report::Verdict;

/// What was seen of such a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WeaklyHeld {
    /// Whether every look saw it so, the first one included. Else somebody held it a moment ago, or it is new.
    pub in_all_looks: bool,
}

/// How sure it is that the task is lost.
///
/// That nothing holds it is counted, not guessed: what the count says twice needs no further evidence. Once may be the moment
/// between two owners.
#[must_use]
pub fn judge(task: WeaklyHeld) -> Verdict {
    if task.in_all_looks { Verdict::Leaked } else { Verdict::Pending }
}

/// The reason as a sentence or two with its evidence.
#[must_use]
pub fn sentence(task: WeaklyHeld) -> String {
    const FACT: &str = "Nothing but weak references leads to this task: it, its coroutine and what it waits for are held \
                        only by each other.";
    if task.in_all_looks {
        format!(
            "{FACT} Nobody can complete what it waits for, and the garbage collector will destroy it while it is pending."
        )
    } else {
        format!("{FACT} It was not so at the first look, so somebody may be about to take it.")
    }
}

/// What to do about it.
#[must_use]
pub fn advice() -> String {
    "Keep a reference to the task until it is done (a set, with `task.add_done_callback(tasks.discard)`; or \
     `asyncio.TaskGroup`), and one to the future it waits for where somebody completes that."
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_is_evidence_and_once_is_none() {
        assert_eq!(judge(WeaklyHeld { in_all_looks: true }), Verdict::Leaked);
        assert_eq!(judge(WeaklyHeld { in_all_looks: false }), Verdict::Pending);
        assert!(sentence(WeaklyHeld { in_all_looks: true }).contains("destroy it"));
        assert!(!sentence(WeaklyHeld { in_all_looks: false }).contains("destroy it"));
    }
}
