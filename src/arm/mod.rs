//! Origin tracking in a process that runs: where is each coroutine created from now on?
//!
//! CPython has a switch for it, `coroutine_origin_tracking_depth` in each thread state: a C `int`, read whenever a coroutine is created
//! (`_Py_MakeCoro`, `PyCoro_New`). `sys.set_coroutine_origin_tracking_depth` writes it from inside, we write it from outside. If it is
//! not zero, a new coroutine gets `cr_origin`: at most so many frames of the stack that called its function.
//!
//! The switch is per thread and a new thread starts with 0, so whoever arms must [follow](Armed::follow). asyncio's debug mode uses the same
//! switch: it saves the depth, writes 10, and writes the saved one back at the end.
//!
//! Every write happens while the target stands still, on a list of threads that was read in the same pause: see
//! [`process::write`](crate::process::write).

mod book;
mod carrying;
mod disarm;
mod ledger;
mod refusal;
mod subject;

pub use book::{Book, ThreadOutcome, ThreadRecord};
pub use carrying::{Carrying, Counter};
pub use disarm::{Disarmed, disarm};
pub use ledger::{Changed, Restored};

use crate::error::{Error, ErrorKind, Result};
use crate::process::{Pid, find, signals};
use ledger::Ledger;
use std::collections::HashSet;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};
use subject::Subject;

/// How long restoring is tried, against a machine with too much to do or a debugger that holds the target.
const RESTORE_LIMIT: Duration = Duration::from_secs(10);
/// Time between two attempts to restore.
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(20);

/// What to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How many frames of the creation stack each coroutine is to carry.
    pub depth: u8,
    /// Also where origin tracking is on already: it is given back at the end.
    pub force: bool,
}

/// A process that can be armed, and nothing is written yet.
pub struct Plan {
    subject: Subject,
    settings: Settings,
    threads: usize,
}

/// Finds out whether a process can be armed. Writes nothing and takes no pause.
///
/// # Errors
/// When the process cannot be read, and [`ErrorKind::Refused`] with the reason where it should not be armed.
pub fn plan(pid: Pid, settings: Settings) -> Result<Plan> {
    let subject = Subject::attach(pid)?;
    refusal::check_build(&subject)?;
    let interpreters = subject.interpreters()?;
    refusal::check_debug_mode(&subject, &subject.in_debug_mode(&interpreters))?;
    let words = subject.words_of(&interpreters)?;
    refusal::check_depths(&subject, &words, &settings)?;
    Ok(Plan { threads: words.len(), subject, settings })
}

impl Plan {
    /// How messages call the process.
    #[must_use]
    pub fn target_name(&self) -> String {
        self.subject.target.name()
    }

    /// How many threads will be written to.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Arms every thread there is.
    ///
    /// # Errors
    /// When the target cannot be held still or written to; then nothing stays written.
    pub fn arm(self) -> Result<Armed> {
        let mut armed = Armed {
            ledger: Ledger::new(i32::from(self.settings.depth)),
            children: find::descendants(self.subject.target.pid()).unwrap_or_default().into_iter().collect(),
            subject: Arc::new(self.subject),
            settings: self.settings,
            owes: true,
        };
        let Armed { subject, ledger, settings, .. } = &mut armed;
        let written = subject.hold(|words, target| {
            // They may have changed since the plan was made.
            refusal::check_depths(subject, words, settings)?;
            ledger.arm(words, settings.force, target).map_err(|error| subject.unwritten(error))
        });
        match written.and_then(|written| written) {
            Ok(()) => Ok(armed),
            Err(error) if armed.ledger.armed() == 0 => {
                armed.owes = false;
                Err(error)
            }
            // Dropping restores.
            Err(error) => Err(error),
        }
    }
}

/// A process that is armed. Dropping it restores; [`restore`](Self::restore) also says what came of it.
pub struct Armed {
    subject: Arc<Subject>,
    ledger: Ledger,
    settings: Settings,
    /// Descendants that were there before.
    children: HashSet<Pid>,
    /// Whether there is something to be undone.
    owes: bool,
}

/// What was undone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Undone {
    /// The threads.
    pub threads: Restored,
    /// Processes that were forked meanwhile by an armed thread, and inherited its depth.
    pub heirs: Vec<Pid>,
    /// What was done to each thread.
    pub book: Book,
}

impl Armed {
    /// What was done to each thread so far.
    #[must_use]
    pub fn book(&self) -> &Book {
        self.ledger.book()
    }

    /// How many threads were armed so far.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.ledger.armed()
    }

    /// Arms the threads that are new. Cheap where there are none: to be asked some ten times a second.
    ///
    /// # Errors
    /// When the process has ended or cannot be written to. That it could not be held still is no failure: the next time it may.
    pub fn follow(&mut self) -> Result<()> {
        let Ok(words) = self.subject.words() else { return self.subject.target.check_alive() };
        if self.ledger.knows_all(&words) {
            // A process that was replaced by `execve` or a new one under the same pid could look the same.
            return self.subject.target.check_alive();
        }
        let Self { subject, ledger, settings, .. } = self;
        match subject.hold(|words, target| ledger.arm(words, settings.force, target)) {
            Ok(written) => written.map_err(|error| subject.unwritten(error)),
            Err(error) if matches!(error.kind(), ErrorKind::ProcessGone | ErrorKind::NoSuchProcess) => Err(error),
            Err(_) => self.subject.target.check_alive(),
        }
    }

    /// What counts the coroutines that carry the place of their creation.
    #[must_use]
    pub fn counter(&self) -> Counter {
        Counter::new(&self.subject)
    }

    /// Gives every thread its old depth back. A signal that came is kept, and does not hinder it.
    ///
    /// # Errors
    /// When the target cannot be held still or written to in ten seconds: it then stays armed, and the hint undoes it. A process that has ended
    /// is [`ErrorKind::ProcessGone`].
    pub fn restore(mut self) -> Result<Undone> {
        let undone = self.put_back();
        // It was tried long enough, and the caller knows what came of it.
        self.owes = false;
        undone
    }

    /// Leaves the target armed. Returns how many threads are.
    #[must_use]
    pub fn leave(mut self) -> usize {
        self.owes = false;
        self.ledger.armed()
    }

    fn put_back(&mut self) -> Result<Undone> {
        let begun = Instant::now();
        let (mut signal, mut done) = (None, Restored::default());
        let outcome = loop {
            signal = signals::take().or(signal);
            let Self { subject, ledger, .. } = &mut *self;
            let held = subject.hold(|words, target| ledger.restore(words, &mut done, target));
            let error = match held {
                Ok(Ok(())) => break Ok(()),
                Ok(Err(error)) => subject.unwritten(error),
                Err(error) => error,
            };
            if let Err(gone) = subject.target.check_alive() {
                // Nothing is left that could be restored.
                self.owes = false;
                break Err(gone);
            }
            if begun.elapsed() >= RESTORE_LIMIT {
                break Err(self.still_armed(&error));
            }
            std::thread::sleep(BETWEEN_ATTEMPTS);
        };
        if let Some(signal) = signal {
            signals::put_back(signal);
        }
        outcome?;
        self.owes = false;
        Ok(Undone { threads: done, heirs: self.heirs(), book: self.ledger.book().clone() })
    }

    fn still_armed(&self, error: &Error) -> Error {
        let message = format!("{} is still armed", self.subject.target.name());
        Error::new(error.kind(), message)
            .caused_by(error)
            .hint(format!("as soon as it can be held still: `coroscope disarm {}`", self.subject.target.pid()))
    }

    /// New descendants with our depth. A forked process starts as a copy of the thread that forked it.
    fn heirs(&self) -> Vec<Pid> {
        let descendants = find::descendants(self.subject.target.pid()).unwrap_or_default();
        let ours = i32::from(self.settings.depth);
        let has_ours = |pid: &Pid| {
            let words = Subject::attach(*pid).ok().and_then(|heir| heir.words().ok()).unwrap_or_default();
            words.iter().any(|word| word.depth == ours)
        };
        descendants.into_iter().filter(|pid| !self.children.contains(pid)).filter(has_ours).collect()
    }
}

impl Drop for Armed {
    fn drop(&mut self) {
        if !self.owes {
            return;
        }
        if let Err(error) = self.put_back()
            && self.owes
        {
            // Whoever drops it without asking is on the way out because of something else, and this must be known too.
            let pid = self.subject.target.pid();
            let _ = writeln!(std::io::stderr(), "error: {error}\nhint: undo it with `coroscope disarm {pid}`");
        }
    }
}
