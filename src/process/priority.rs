//! Sweeping must not be noticed: it runs under `SCHED_IDLE`, which takes only time nobody else wants.
//!
//! There may be no way back: to leave `SCHED_IDLE` an unprivileged thread needs an `RLIMIT_NICE` that
//! most machines do not grant (`sched(7)`). So a thread that has become idle stays so and ends, and
//! the thread that holds the target still is another one ([`Pause::during`](super::pause::Pause::during)).
//!
//! On a machine where somebody always wants time that would take for ever. Whoever gets nothing so is joined by threads that give way
//! nearly as far, but get their small share in any case ([`nearly_give_way`]).
//!
//! In a pause it is the other way round: whoever takes the processor from us then keeps the target waiting, on a busy machine for
//! milliseconds. So the thread that holds it goes first, where the system grants that (`CAP_SYS_NICE` or `RLIMIT_NICE`, `setpriority(2)`).
//! That is a matter of weight, not of real time.

use std::io;
use std::thread;

/// What happened when a thread asked for another priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It has the wanted priority now.
    Changed,
    /// It had it before, or a policy the user chose that is not ours to change (`chrt`).
    Kept,
    /// The system refused; holds the error number. The work goes on at the old priority.
    Refused(i32),
}

impl Outcome {
    /// One sentence for the user, if there is something to say.
    #[must_use]
    pub fn note(self) -> Option<String> {
        match self {
            Self::Changed | Self::Kept => None,
            Self::Refused(errno) => {
                Some(format!("could not change our own priority: {}", io::Error::from_raw_os_error(errno)))
            }
        }
    }
}

/// Makes the calling thread give way to everybody. For a thread that sweeps, and then ends.
pub fn give_way() -> Outcome {
    match policy() {
        libc::SCHED_OTHER | libc::SCHED_BATCH => set_policy(libc::SCHED_IDLE),
        _ => Outcome::Kept,
    }
}

/// Makes the calling thread one of little weight. Beside one that wants all it can get, nice 14 gives it a twenty-fifth of the processor.
pub fn nearly_give_way(nice: i32) -> Outcome {
    match policy() {
        libc::SCHED_OTHER | libc::SCHED_BATCH => set_nice(nice),
        _ => Outcome::Kept,
    }
}

/// Brings the calling thread back to normal priority if it is idle (threads inherit that).
pub fn be_normal() -> Outcome {
    match policy() {
        libc::SCHED_IDLE => set_policy(libc::SCHED_OTHER),
        _ => Outcome::Kept,
    }
}

/// Puts the calling thread before others of normal priority; back to normal at least, if it is idle. For a thread that holds the target still, and
/// then ends.
pub fn go_first() -> Outcome {
    /// The most weight there is: `setpriority(2)`.
    const FIRST: i32 = -20;
    match be_normal() {
        Outcome::Refused(errno) => Outcome::Refused(errno),
        _ => match policy() {
            libc::SCHED_OTHER => set_nice(FIRST),
            _ => Outcome::Kept,
        },
    }
}

/// Runs `work` on a thread of its own that gives way to everybody, and waits for it.
/// A panic of `work` goes on in the caller.
///
/// # Errors
/// When no thread can be started.
pub fn in_background<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<(T, Outcome)> {
    thread::scope(|scope| {
        let background = thread::Builder::new().name("sweep".into()).spawn_scoped(scope, || {
            let outcome = give_way();
            (work(), outcome)
        })?;
        Ok(background.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

#[allow(unsafe_code)] // sched_getscheduler(2) has no wrapper in nix
fn policy() -> i32 {
    // SAFETY: takes a number (0: the calling thread) and touches no memory of ours.
    unsafe { libc::sched_getscheduler(0) }
}

#[allow(unsafe_code)] // setpriority(2) has no wrapper in nix
fn set_nice(nice: i32) -> Outcome {
    // SAFETY: takes numbers (0: on Linux, the calling thread alone) and touches no memory of ours.
    match unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, nice) } {
        0 => Outcome::Changed,
        _ => Outcome::Refused(nix::errno::Errno::last_raw()),
    }
}

#[allow(unsafe_code)] // sched_setscheduler(2) has no wrapper in nix
fn set_policy(policy: i32) -> Outcome {
    let parameters = libc::sched_param { sched_priority: 0 };
    // SAFETY: `parameters` lives through the call, which only reads it.
    match unsafe { libc::sched_setscheduler(0, policy, &raw const parameters) } {
        0 => Outcome::Changed,
        _ => Outcome::Refused(nix::errno::Errno::last_raw()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_background_thread_is_idle() {
        let before = policy();
        let (inside, outcome) = in_background(policy).expect("a thread");
        assert_eq!((inside, outcome), (libc::SCHED_IDLE, Outcome::Changed));
        assert_eq!(policy(), before);
    }

    #[test]
    fn a_thread_of_little_weight_is_alone_in_that() {
        let before = nice();
        let (outcome, inside) = thread::spawn(|| (nearly_give_way(14), nice())).join().expect("no panic");
        assert_eq!((outcome, inside), (Outcome::Changed, 14));
        assert_eq!(nice(), before);
    }

    #[test]
    fn an_idle_thread_comes_back_or_says_why_not() {
        let ((), outcome) = in_background(|| {
            assert_eq!(give_way(), Outcome::Kept, "it is idle already");
            match be_normal() {
                Outcome::Changed => assert_eq!(policy(), libc::SCHED_OTHER),
                refused => assert!(refused.note().is_some_and(|note| note.contains("priority")), "{refused:?}"),
            }
        })
        .expect("a thread");
        assert_eq!(outcome, Outcome::Changed);
    }

    #[test]
    fn a_thread_that_goes_first_is_alone_in_that_and_works_all_the_same_if_it_may_not() {
        let before = nice();
        let (outcome, inside) = thread::spawn(|| (go_first(), nice())).join().expect("no panic");
        match outcome {
            Outcome::Changed => assert_eq!(inside, -20),
            // Somebody without the right to it, or a policy that the user chose.
            Outcome::Refused(_) | Outcome::Kept => assert_eq!(inside, before),
        }
        assert_eq!(nice(), before);
    }

    #[allow(unsafe_code)] // getpriority(2) has no wrapper in nix
    fn nice() -> i32 {
        // SAFETY: takes numbers (0: the calling thread) and touches no memory of ours.
        unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) }
    }

    #[test]
    #[should_panic(expected = "inside")]
    fn a_panic_goes_on_in_the_caller() {
        let _ = in_background(|| panic!("inside"));
    }
}
