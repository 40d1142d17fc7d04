//! `coroscope arm`: record where coroutines are created, in a process that runs, and undo it at the end.

use std::io::{self, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;

use super::arm_document::{Account, End};
use super::{Ending, Surface, TEMPLATE, arm_words, values};
use crate::arm::{self, Armed, Book, Carrying, Counter, Settings};
use crate::error::{Error, ErrorKind, Result};
use crate::process::{Pid, signals};
use crate::report::{ArmOutcome, ArmVerb, Report};

/// Time between two looks for new threads.
const POLL: Duration = Duration::from_millis(75);
/// Least time between two counts; one that takes long is made less often.
const COUNT_EVERY: Duration = Duration::from_secs(1);
/// What counting may take of a processor: one part of so many.
const COUNT_SHARE: u32 = 10;
/// Frames of the creation stack, unless somebody says otherwise: what asyncio's debug mode records.
const USUAL_DEPTH: u8 = 10;

/// The words of this verb.
#[derive(Debug, Clone, Args)]
#[command(
    about = "Record where coroutines are created in a running process, until Ctrl-C",
    long_about = None,
    before_help = "\
Examples:
  coroscope arm 4242                            until Ctrl-C; look at it from another terminal
  coroscope arm 4242 --duration 30s && coroscope dump 4242
  coroscope arm 4242 --depth 1                  only the line of the call: the cheapest
  coroscope dump 4242 --arm 10s                 arm, wait, look and restore in one go",
    after_help = "\
This writes to the target: 4 bytes for each of its threads, which are restored at the end. Coroutines that are created \
meanwhile carry the place of their creation, and keep it. Each write holds the target still for a moment.
Exit codes: 0 armed, and restored or left as wished; 2 could not, or should not; 130 interrupted before --duration was over.
If coroscope is killed with SIGKILL the target stays armed: `coroscope disarm PID`.

Next: `coroscope dump PID`.",
    help_template = TEMPLATE
)]
pub(super) struct Words {
    /// Process to arm
    #[arg(value_name = "PID", value_parser = values::pid)]
    pub(super) pid: Pid,
    /// How many frames of the creation stack to record, 1 to 64
    #[arg(long, value_name = "NUMBER", default_value_t = USUAL_DEPTH, value_parser = clap::value_parser!(u8).range(1..=64))]
    depth: u8,
    /// How long [default: until Ctrl-C]
    #[arg(long, value_name = "DURATION", value_parser = values::duration)]
    duration: Option<Duration>,
    /// Leave it armed at the end; without --duration, at once
    #[arg(long)]
    leave: bool,
    /// Also if something else has switched origin tracking on; its depth is restored at the end
    #[arg(long)]
    force: bool,
    /// Write what was done to stdout as JSON, at the end
    #[arg(long)]
    pub(super) json: bool,
}

/// Runs it.
pub(super) fn run(words: &Words, surface: &Surface) -> Result<Ending> {
    let pid = words.pid;
    let plan = arm::plan(pid, Settings { depth: words.depth, force: words.force })?;
    let until = match (words.leave, words.duration) {
        (true, None) => "for good".to_owned(),
        (_, duration) => arm_words::until(duration),
    };
    arm_words::announce(&plan, words.depth, &until, surface);
    let account = Account::begin(ArmVerb::Arm, pid, words.depth.into());
    let mut armed = plan.arm()?;
    surface.say(&format!("armed: {}", arm_words::threads(armed.threads())));
    let watched = match words.duration {
        None if words.leave => Ok(()),
        duration => watch(&mut armed, duration, surface),
    };
    let counter = words.json.then(|| armed.counter());
    let mut ended = end(words, armed, watched, surface);
    // Without a time a signal is how it ends. With one it was to go on.
    if ended.failure.is_none() && words.duration.is_some() {
        ended.failure = signals::check().err();
    }
    if words.json {
        let Ended { outcome, book, heirs, failure } = &ended;
        let end = End { outcome: *outcome, book: book.clone(), forked: heirs, error: failure.as_ref() };
        account.write(&end, counter.as_ref())?;
    }
    Ok(ended.failure.map_or(Ending::Done, |failure| {
        surface.write_error(&failure);
        Ending::Failed(failure.kind())
    }))
}

/// How it ended, and what was done to the target until then.
struct Ended {
    outcome: ArmOutcome,
    book: Book,
    heirs: Vec<Pid>,
    failure: Option<Error>,
}

/// Restores the target, or leaves it armed, and tells what came of it.
fn end(words: &Words, armed: Armed, watched: Result<()>, surface: &Surface) -> Ended {
    let pid = words.pid;
    let failure = watched.err();
    let mut book = armed.book().clone();
    if words.leave && failure.is_none() {
        let threads = arm_words::threads(armed.leave());
        surface.say(&format!("{threads} left armed; new threads will not be; `coroscope disarm {pid}` undoes it"));
        return Ended { outcome: ArmOutcome::LeftArmed, book, heirs: Vec::new(), failure };
    }
    match armed.restore() {
        Ok(undone) => {
            arm_words::tell(pid, &undone, surface);
            if failure.is_none() {
                surface.say(&format!("what was created meanwhile keeps its origin: `coroscope dump {pid}`"));
            }
            Ended { outcome: ArmOutcome::Restored, book: undone.book, heirs: undone.heirs, failure }
        }
        Err(error) => {
            // The memory that was written to is gone with the process.
            let has_ended = error.kind() == ErrorKind::ProcessGone;
            let outcome = if has_ended {
                book.all_ended();
                ArmOutcome::TargetEnded
            } else {
                ArmOutcome::NotRestored
            };
            // What went wrong first is the failure of the whole.
            let failure = match failure {
                None => error,
                Some(first) => {
                    if !has_ended {
                        surface.write_error(&error);
                    }
                    first
                }
            };
            Ended { outcome, book, heirs: Vec::new(), failure: Some(failure) }
        }
    }
}

/// Arms a process, waits, looks at it, and restores it before the report is given out.
pub(super) fn around(
    pid: Pid,
    time: Duration,
    surface: &Surface,
    look: impl FnOnce() -> Result<Report>,
) -> Result<Report> {
    let plan = arm::plan(pid, Settings { depth: USUAL_DEPTH, force: false })?;
    arm_words::announce(&plan, USUAL_DEPTH, &arm_words::until(Some(time)), surface);
    let mut armed = plan.arm()?;
    let looked = watch(&mut armed, Some(time), surface).and_then(|()| signals::check()).and_then(|()| look());
    let threads = armed.threads();
    let undone = undo(pid, armed, surface);
    let mut report = looked?;
    let time = humantime::format_duration(time);
    let threads = arm_words::threads(threads);
    let now = if undone { "is off again" } else { "could not be switched off again" };
    report.look.notes.push(format!(
        "Origin tracking was switched on in {threads} for {time} before this look (depth {USUAL_DEPTH}) and {now}. \
         Coroutines that are older do not have the place of their creation."
    ));
    Ok(report)
}

/// Restores, and tells what came of it; whether nothing stays armed.
fn undo(pid: Pid, armed: Armed, surface: &Surface) -> bool {
    match armed.restore() {
        Ok(undone) => {
            arm_words::tell(pid, &undone, surface);
            true
        }
        // The memory that was written to is gone with it.
        Err(error) if error.kind() == ErrorKind::ProcessGone => true,
        Err(error) => {
            surface.write_error(&error);
            false
        }
    }
}

/// Follows new threads, and shows how many coroutines carry their origin, until the time is up or a signal comes.
fn watch(armed: &mut Armed, time: Option<Duration>, surface: &Surface) -> Result<()> {
    let begun = Instant::now();
    let mut meter = Meter::new(surface, begun);
    let counted = Mutex::new(None);
    let over = AtomicBool::new(false);
    let counter = armed.counter();
    thread::scope(|scope| {
        // Also when something panics: the scope waits for its threads.
        let _over = Raise(&over);
        if meter.is_shown() {
            scope.spawn(|| count_again_and_again(&counter, &counted, &over));
        }
        loop {
            armed.follow()?;
            let left = time.map_or(POLL, |time| time.saturating_sub(begun.elapsed()));
            if signals::interrupted().is_some() || left.is_zero() {
                meter.end();
                return Ok(());
            }
            let latest = counted.lock().ok().and_then(|mut counted| counted.take());
            if let Some(carrying) = latest {
                meter.show(carrying, armed.threads());
            }
            thread::sleep(left.min(POLL));
        }
    })
}

/// Sets a flag when it is dropped.
struct Raise<'a>(&'a AtomicBool);

impl Drop for Raise<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn count_again_and_again(counter: &Counter, counted: &Mutex<Option<Carrying>>, over: &AtomicBool) {
    let stop = || over.load(Ordering::Relaxed) || signals::interrupted().is_some();
    while !stop() {
        let begun = Instant::now();
        // Whether the process is still there is found out by who follows it.
        let Ok(carrying) = counter.count(stop) else { return };
        if !stop()
            && let Ok(mut counted) = counted.lock()
        {
            *counted = Some(carrying);
        }
        let next = begun + (begun.elapsed() * COUNT_SHARE).max(COUNT_EVERY);
        while !stop() && Instant::now() < next {
            thread::sleep(POLL);
        }
    }
}

/// The line that says how many coroutines carry their origin: rewritten on a terminal, one after the other with `-v`.
struct Meter<'s> {
    surface: &'s Surface,
    begun: Instant,
    /// Columns of the terminal, if the line is rewritten.
    columns: Option<usize>,
    /// Length of the line that stands there.
    written: usize,
}

impl<'s> Meter<'s> {
    fn new(surface: &'s Surface, begun: Instant) -> Self {
        let columns = surface.stderr.width.filter(|_| !surface.quiet && !surface.verbose);
        Self { surface, begun, columns, written: 0 }
    }

    fn is_shown(&self) -> bool {
        self.columns.is_some() || self.surface.verbose
    }

    fn show(&mut self, carrying: Carrying, threads: usize) {
        let Carrying { with_origin, all } = carrying;
        let line = format!(
            "{with_origin} of {all} coroutines carry their origin; {} armed; {} s",
            arm_words::threads(threads),
            self.begun.elapsed().as_secs()
        );
        let Some(columns) = self.columns else {
            self.surface.say_verbosely(&line);
            return;
        };
        // The last column is left free: some terminals go to the next line when it is written.
        let line: String = line.chars().take(columns.saturating_sub(1)).collect();
        let mut stderr = io::stderr().lock();
        // Nobody is left to see it if stderr is gone. What is longer than the new line is covered with blanks.
        let _ = write!(stderr, "\r{line:width$}", width = self.written).and_then(|()| stderr.flush());
        self.written = line.len();
    }

    /// Leaves the line where it is.
    fn end(&mut self) {
        if self.written > 0 {
            self.written = 0;
            let _ = writeln!(io::stderr());
        }
    }
}

impl Drop for Meter<'_> {
    fn drop(&mut self) {
        self.end();
    }
}
