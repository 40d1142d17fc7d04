//! Where on a path from a root the trouble begins: the last holder that is meant to live, and the first reference behind it.
//!
//! A path begins with what lives as long as the program, or as what it is doing: a module, a class, a loop, a thread, a frame that runs,
//! a task that will go on. What such a one refers to by itself – a global variable, a class attribute, a local variable – somebody wrote a
//! name for, so it is meant to be there as well. The last of these on the path is the *last sane holder*. What it holds in turn may be right
//! or wrong; the first reference behind it is the first that may be the mistake: the *suspect*. The object in question is never sane.
//! (The method is that of `LeakCanary`, which marks the references between the last object that should be alive and the first that should not.)

/// Which steps of a path are marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks {
    /// The step that leads to the last holder that is meant to live; `None` if the path begins with the suspect.
    pub last_sane: Option<usize>,
    /// The step that may be the mistake; `None` if nothing on the path is known to be meant to live.
    pub suspect: Option<usize>,
}

/// Marks a path, given for each step, root first, whether its holder is one that lives as long as the program, or as what it is doing.
#[must_use]
pub fn mark(lives: &[bool]) -> Marks {
    let Some(last) = lives.iter().rposition(|lives| *lives) else { return Marks::default() };
    // What the last step leads to is the object in question.
    let suspect = (last + 1).min(lives.len() - 1);
    Marks { last_sane: suspect.checked_sub(1), suspect: Some(suspect) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(lives: &[bool]) -> (Option<usize>, Option<usize>) {
        let Marks { last_sane, suspect } = mark(lives);
        (last_sane, suspect)
    }

    #[test]
    fn what_a_variable_refers_to_is_sane_and_its_items_are_suspect() {
        // module app → global 'PENDING' → list[3]
        assert_eq!(marks(&[true, true, false]), (Some(1), Some(2)));
        // … → attribute '_jobs' → deque[3]
        assert_eq!(marks(&[true, true, false, false]), (Some(1), Some(2)));
    }

    #[test]
    fn a_variable_that_refers_to_the_object_itself_is_suspect() {
        // module app → global 'last'
        assert_eq!(marks(&[true, true]), (Some(0), Some(1)));
        // local 'x' in main(), running
        assert_eq!(marks(&[true]), (None, Some(0)));
    }

    #[test]
    fn the_last_that_lives_counts() {
        // module app → global 'registry' → dict['x'] → task → local 'jobs' → list[0]
        assert_eq!(marks(&[true, true, false, true, false]), (Some(3), Some(4)));
        // … → class attribute 'last' of app.Pool
        assert_eq!(marks(&[true, false, true]), (Some(1), Some(2)));
    }

    #[test]
    fn where_nothing_is_known_to_live_nothing_is_marked() {
        assert_eq!(marks(&[]), (None, None));
        assert_eq!(marks(&[false, false]), (None, None));
    }
}
