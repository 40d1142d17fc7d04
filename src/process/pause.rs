//! Holds all threads of a process still, for a bounded time, and lets go on every way out.
//!
//! `PTRACE_SEIZE` attaches without a signal, `PTRACE_INTERRUPT` stops a thread, `PTRACE_DETACH` lets it
//! go on exactly where it was; the target's parent sees nothing of it (`ptrace(2)`). What matters:
//!
//! - No wait without a limit. A thread in an uninterruptible sleep stops when it wakes, and not before.
//! - Threads come and go while we attach, so the list is read until nobody new is in it.
//! - A signal that a thread was about to receive when it stopped is handed on when we let go.
//! - A process that was stopped before (SIGSTOP, SIGTSTP) stays stopped.
//! - Requests must come from the thread that attached, and when *that thread* ends the kernel lets go of
//!   all it held. This is the only way to let go of a thread that did not stop; therefore
//!   [`Pause::during`] gives every pause a thread of its own.
//!
//! What a pause costs the target is the time for which the threads stand still that have work to do. So all are attached before the
//! first one is stopped; those that sleep are stopped first, while the others still work; and those that work go on first. A program with a
//! hundred threads in a pool then loses little more than one with a single thread.
//!
//! A wait that is interrupted ends early in some system calls (`signal(7)`: `epoll_wait`), and CPython waits again for the rest, in whole milliseconds:
//! a loop that slept until a timer may wake up to 1 ms late, however short the pause. SIGSTOP and the freezer of control groups do the same.
//! SIGSTOP is also seen by the parent and outlasts us if we die; the freezer stops a whole control group, which is seldom one process.
//!
//! Whether all are held is asked with one `fstat(2)`: Linux counts the threads into the links of the directory `task`. To list
//! it again takes 2 µs a thread.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::marker::PhantomData;
use std::ops::Range;
use std::os::unix::fs::MetadataExt as _;
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::ptrace;

use super::permissions::{self, Operation};
use super::procfs::{self, Stat};
use super::{Pid, Target, Tid, priority, signals};
use crate::error::{Error, ErrorKind, Result};

/// Time for a pause, first and second try; it takes about a thousandth of it. A thread can be stopped only when it is its turn to run,
/// and on a machine with too much to do that takes a while, in which those that were stopped wait for it.
const LIMITS: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(250)];
/// How long another tracer is waited for.
const TRACER_PATIENCE: Duration = Duration::from_secs(1);
/// Time between two attempts to become the tracer.
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(2);
/// Refusals in a row for which nobody was found to be the tracer, until they are believed.
const UNEXPLAINED_REFUSALS: u32 = 10;

/// A thread works if it has used at least this part of the time that the busiest one has: it may be the one that the others wait for.
const WORKING_SHARE: u64 = 16;

/// A process whose threads all stand still. Dropping it lets them run on.
#[derive(Debug)]
pub struct Pause<'a> {
    target: &'a Target,
    /// Those that work last.
    threads: Vec<(Tid, Thread)>,
    begun: Instant,
    limit: Duration,
    /// Requests must come from the thread that attached: neither `Send` nor `Sync`.
    not_send: PhantomData<*const ()>,
}

/// What we know of a thread that we attached to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Thread {
    /// Attached, and runs on.
    Running,
    /// Stands still; on letting go it gets this signal (0: none).
    Stopped { signal: i32 },
    /// Stands still on its last steps.
    Exiting,
    /// Has ended, or was let go.
    Gone,
}

impl<'a> Pause<'a> {
    /// Holds `target` still while `work` runs, and says how long it stood still.
    ///
    /// All of it happens on a thread of its own: at normal priority until all stand still, then before others, if the system lets it. When that thread ends, the kernel lets
    /// go of whatever is still held, whatever happened: also of threads that could not be stopped. A panic of
    /// `work` goes on in the caller after that.
    ///
    /// Only one process can trace another. If somebody else does, he is given a second to let go: a sampling profiler, or
    /// another one of us, needs milliseconds.
    ///
    /// # Errors
    /// Those of [`begin`](Self::begin), and [`ErrorKind::Internal`] when no thread can be started.
    pub fn during<T: Send>(
        target: &'a Target,
        limit: Duration,
        work: impl FnOnce(&Pause<'a>) -> T + Send,
    ) -> Result<(T, Duration)> {
        let mut work = Some(work);
        let begun = Instant::now();
        // The tracer may be gone by the time we ask who it is: a few refusals in a row without one are forgiven.
        let mut unexplained = 0;
        loop {
            match Self::once(target, limit, &mut work) {
                Err(error) if error.kind() == ErrorKind::Permission && begun.elapsed() < TRACER_PATIENCE => {
                    unexplained = if procfs::tracer(target.pid()).is_some() { 0 } else { unexplained + 1 };
                    if unexplained > UNEXPLAINED_REFUSALS {
                        return Err(error);
                    }
                    signals::check()?;
                    thread::sleep(BETWEEN_ATTEMPTS);
                }
                outcome => return outcome,
            }
        }
    }

    /// Holds `target` still while `work` runs, for a time that a program in production can bear; where it could not be held within
    /// the first limit, a longer one is tried. `note` is told of each attempt, with the time that the target stood still (at most).
    ///
    /// # Errors
    /// Those of [`during`](Self::during): [`ErrorKind::Timeout`] after the second attempt.
    pub fn briefly<T: Send>(
        target: &'a Target,
        mut work: impl FnMut(&Pause<'a>) -> T + Send,
        mut note: impl FnMut(Duration),
    ) -> Result<T> {
        let mut attempt = |limit| {
            let begun = Instant::now();
            let outcome = Self::during(target, limit, &mut work);
            match &outcome {
                Ok((_, held)) => note(*held),
                Err(error) if error.kind() == ErrorKind::Timeout => note(begun.elapsed()),
                Err(_) => {}
            }
            outcome.map(|(outcome, _)| outcome)
        };
        let [first, second] = LIMITS;
        match attempt(first) {
            Err(error) if error.kind() == ErrorKind::Timeout => attempt(second),
            outcome => outcome,
        }
    }

    /// One attempt, on a thread of its own; takes `work` when the target stands still.
    fn once<T: Send, F: FnOnce(&Pause<'a>) -> T + Send>(
        target: &'a Target,
        limit: Duration,
        work: &mut Option<F>,
    ) -> Result<(T, Duration)> {
        let internal = || Error::new(ErrorKind::Internal, format!("cannot pause {}", target.name()));
        thread::scope(|scope| {
            let holder = thread::Builder::new().name("pause".into()).spawn_scoped(scope, || {
                // Threads inherit SCHED_IDLE. If there is no way back the pause is longer, and measured.
                priority::be_normal();
                let pause = Pause::begin(target, limit)?;
                // Not before: the threads of the target need the processor to come to their stop.
                priority::go_first();
                let work = work.take().ok_or_else(|| internal().caused_by("it was paused already"))?;
                let result = work(&pause);
                Ok((result, pause.end()))
            });
            let holder = holder.map_err(|error| internal().caused_by(error))?;
            holder.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// Stops all threads of `target`; at the latest after `limit` all of them run again or stand still.
    ///
    /// Call it on a thread that ends soon after: a thread of the target that could not be stopped stays
    /// attached until then, and would be caught when it wakes. [`during`](Self::during) sees to that.
    ///
    /// # Errors
    /// With nobody held any more: [`ErrorKind::Timeout`] with the thread that did not stop,
    /// [`ErrorKind::ProcessGone`], [`ErrorKind::Permission`] with the cause (also when a debugger has it
    /// already), [`ErrorKind::Interrupted`].
    pub fn begin(target: &'a Target, limit: Duration) -> Result<Self> {
        let tasks = format!("/proc/{}/task", target.pid());
        // Kept open: the directory of a pid that was given to another process is another directory.
        let tasks = File::open(&tasks).map(|directory| Tasks { path: tasks, directory }).map_err(|_| target.gone())?;
        target.check_alive()?;
        let mut pause = Self { target, threads: Vec::new(), begun: Instant::now(), limit, not_send: PhantomData };
        pause.stop_all(&tasks)?;
        Ok(pause)
    }

    /// The process that stands still.
    #[must_use]
    pub fn pid(&self) -> Pid {
        self.target.pid()
    }

    /// How long the target stands still by now.
    #[must_use]
    pub fn held_for(&self) -> Duration {
        self.begun.elapsed()
    }

    /// When the limit is reached.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.begun + self.limit
    }

    /// How many threads stand still.
    #[must_use]
    pub fn thread_count(&self) -> usize {
        self.threads.iter().filter(|(_, thread)| *thread != Thread::Gone).count()
    }

    /// To be asked between pieces of work: whether there is time left, and nobody wants us to stop.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] after the limit, [`ErrorKind::Interrupted`] after a signal.
    pub fn check(&self) -> Result<()> {
        signals::check()?;
        if self.held_for() < self.limit {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Timeout, format!("{} stood still for too long", self.target.name()))
            .caused_by(format!("the limit of {} is reached, it runs again", rounded(self.limit)))
            .hint("read it without a pause: `--mode nonblocking`, or give it more time: `--timeout`"))
    }

    /// Lets all threads run on. Returns how long the target stood still: from the first interrupt to the
    /// last thread let go.
    pub fn end(mut self) -> Duration {
        self.release();
        self.begun.elapsed()
    }

    fn stop_all(&mut self, tasks: &Tasks) -> Result<()> {
        self.attach_new(tasks)?;
        let working = self.sort_by_work();
        // Attaching stops nobody: the clock runs from the first interrupt.
        self.begun = Instant::now();
        self.stop(0..working)?;
        self.stop(working..self.threads.len())?;
        let mut short_rounds = 0;
        while tasks.count() != Some(self.thread_count()) {
            let known = self.threads.len();
            let listed = self.attach_new(tasks)?;
            self.stop(known..self.threads.len())?;
            if self.threads.len() == known {
                // Threads that end while the kernel lists them can hide others from the list; one that has ended and is not
                // removed yet is counted, and not ours. Three rounds must do.
                let complete = tasks.count().is_none_or(|count| count <= listed);
                short_rounds += 1;
                if complete || short_rounds >= 3 {
                    break;
                }
            }
            self.check_time()?;
        }
        let alive = |(_, thread): &(Tid, Thread)| matches!(thread, Thread::Stopped { .. });
        if self.threads.iter().any(alive) { Ok(()) } else { Err(self.target.gone()) }
    }

    /// Attaches to those threads in the list that are new. Returns the length of the list.
    fn attach_new(&mut self, tasks: &Tasks) -> Result<usize> {
        let listed = tasks.list().map_err(|_| self.target.gone())?;
        let known: HashSet<Tid> = self.threads.iter().map(|(tid, _)| *tid).collect();
        for tid in listed.iter().copied().filter(|tid| !known.contains(tid)) {
            self.attach(tid)?;
        }
        Ok(listed.len())
    }

    fn attach(&mut self, tid: Tid) -> Result<()> {
        // With TRACEEXIT a thread that ends stops once more, so that we can let go of it. Without it, it would
        // become a zombie that nobody but us can remove.
        match ptrace::seize(tid.nix(), ptrace::Options::PTRACE_O_TRACEEXIT) {
            Ok(()) => self.threads.push((tid, Thread::Running)),
            Err(Errno::ESRCH) => {}
            Err(errno) => {
                // The kernel also says EPERM of a thread that is about to end.
                match Stat::read_thread(self.target.pid(), tid) {
                    Ok(stat) if !stat.is_dead() => {
                        return Err(permissions::explain_denied(self.target.pid(), Operation::Pause, errno as i32));
                    }
                    _ => self.threads.push((tid, Thread::Gone)),
                }
            }
        }
        Ok(())
    }

    /// Puts the threads that work behind those that sleep, and the one that worked most last. Returns where those that work begin.
    fn sort_by_work(&mut self) -> usize {
        if self.threads.len() < 2 {
            return 0;
        }
        let pid = self.target.pid();
        // Where the kernel does not tell, the first thread counts as the one that works.
        let mut work: Vec<(u64, (Tid, Thread))> = self
            .threads
            .iter()
            .map(|&(tid, thread)| (procfs::cpu_time_ns(pid, tid).unwrap_or(u64::from(tid == pid)), (tid, thread)))
            .collect();
        work.sort_by_key(|(time, _)| *time);
        let most = work.last().map_or(0, |(time, _)| *time);
        let working = work.partition_point(|(time, _)| *time < most / WORKING_SHARE || *time == 0);
        self.threads = work.into_iter().map(|(_, thread)| thread).collect();
        working
    }

    /// Stops some of the threads, and waits until none of them runs.
    fn stop(&mut self, which: Range<usize>) -> Result<()> {
        for at in which.clone() {
            self.interrupt(at);
        }
        // Looks without a break at first: a thread stops within some 50 µs.
        let mut nap = Nap::default();
        let mut waiting: Vec<usize> = which.filter(|at| self.is_running(*at)).collect();
        while !waiting.is_empty() {
            waiting.retain(|&at| self.poll(at) == Thread::Running);
            if waiting.is_empty() {
                break;
            }
            self.check_time()?;
            nap.take();
        }
        Ok(())
    }

    fn is_running(&self, at: usize) -> bool {
        matches!(self.threads.get(at), Some((_, Thread::Running)))
    }

    fn interrupt(&mut self, at: usize) {
        let Some(&(tid, Thread::Running)) = self.threads.get(at) else { return };
        if ptrace::interrupt(tid.nix()).is_err() {
            // ESRCH: it has ended; there is nothing to wait for but its last word.
            self.poll(at);
        }
    }

    /// Looks once whether a running thread has stopped or ended.
    fn poll(&mut self, at: usize) -> Thread {
        let Some((tid, thread)) = self.threads.get_mut(at) else { return Thread::Gone };
        *thread = match sys::next_stop(*tid) {
            sys::Seen::Nothing => Thread::Running,
            sys::Seen::Stop { event: libc::PTRACE_EVENT_EXIT, .. } => Thread::Exiting,
            // Our interrupt, or a stop of the whole process (SIGSTOP) that outlasts us.
            sys::Seen::Stop { event: libc::PTRACE_EVENT_STOP, .. } => Thread::Stopped { signal: 0 },
            // It was about to receive a signal. It stands still as well, and gets the signal when we let go.
            sys::Seen::Stop { event: 0, signal } => Thread::Stopped { signal },
            sys::Seen::Stop { .. } => Thread::Stopped { signal: 0 },
            sys::Seen::Gone => {
                sys::reap(self.target.pid(), *tid);
                Thread::Gone
            }
        };
        *thread
    }

    fn check_time(&self) -> Result<()> {
        signals::check()?;
        if self.held_for() < self.limit {
            return Ok(());
        }
        let name = self.target.name();
        let running = |(_, thread): &&(Tid, Thread)| *thread == Thread::Running;
        let late: Vec<Tid> = self.threads.iter().filter(running).map(|(tid, _)| *tid).collect();
        let error = Error::new(ErrorKind::Timeout, format!("cannot pause {name} within {}", rounded(self.limit)));
        let Some(&tid) = late.first() else {
            return Err(error.caused_by("it starts threads faster than they can be stopped"));
        };
        let state = Stat::read_thread(self.target.pid(), tid).map_or('?', |stat| stat.state);
        let others = if late.len() > 1 { format!(" (and {} others)", late.len() - 1) } else { String::new() };
        let meaning = match state {
            'D' => "waits for a device, a network file system or a child of vfork, and cannot be interrupted",
            _ => "has not stopped",
        };
        Err(error
            .caused_by(format!("thread {tid}{others} in state {state} {meaning}"))
            .hint("read it without a pause: `--mode nonblocking`, or give it more time: `--timeout`"))
    }

    fn release(&mut self) {
        // Those that work first.
        let mut late: Vec<usize> = (0..self.threads.len()).rev().filter(|&at| !self.let_go(at)).collect();
        // What did not stop cannot be let go yet. Some of it is on its way out of a stop (SIGKILL), some on its
        // way into one: both take microseconds. The rest is left to the end of this thread.
        let patience = Instant::now() + Duration::from_millis(20);
        let mut nap = Nap::default();
        while !late.is_empty() && Instant::now() < patience {
            late.retain(|&at| {
                self.poll(at);
                !self.let_go(at)
            });
            nap.take();
        }
    }

    /// Whether a thread is let go: it runs on by itself, or it has ended.
    fn let_go(&mut self, at: usize) -> bool {
        let Some((tid, thread)) = self.threads.get_mut(at) else { return true };
        let signal = match *thread {
            Thread::Stopped { signal } => signal,
            Thread::Running | Thread::Exiting => 0,
            Thread::Gone => return true,
        };
        let free = sys::detach(*tid, signal).is_ok();
        if free {
            *thread = Thread::Gone;
        }
        free
    }
}

impl Drop for Pause<'_> {
    fn drop(&mut self) {
        self.release();
    }
}

/// A duration as people write it: a limit is often what is left of another one.
fn rounded(time: Duration) -> String {
    let whole_ms = Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    format!("{:?}", if whole_ms.is_zero() { time } else { whole_ms })
}

/// The directory of the threads of a process.
struct Tasks {
    path: String,
    directory: File,
}

impl Tasks {
    fn list(&self) -> io::Result<Vec<Tid>> {
        let mut tids = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            tids.extend(entry?.file_name().to_str().and_then(|name| name.parse::<Tid>().ok()));
        }
        Ok(tids)
    }

    /// How many threads there are, with those that have ended and are not removed yet. Linux counts them into the links of the directory.
    fn count(&self) -> Option<usize> {
        usize::try_from(self.directory.metadata().ok()?.nlink().checked_sub(2)?).ok()
    }
}

/// Waits between two looks: not at all at first, then longer and longer, up to a millisecond.
#[derive(Default)]
struct Nap {
    taken: u32,
}

impl Nap {
    fn take(&mut self) {
        // The target may need our processor to come to its stop: always give it away.
        if self.taken < 200 {
            thread::yield_now();
        } else {
            let doublings = ((self.taken - 200) / 8).min(6);
            thread::sleep(Duration::from_micros(16 << doublings));
        }
        self.taken += 1;
    }
}

/// The requests for which nix has no wrapper that knows real-time signals.
#[allow(unsafe_code)] // waitid(2) and ptrace(2) by number; nix turns a real-time signal into an error
mod sys {
    use super::{Errno, Pid, Tid};

    /// What a look at a thread found.
    pub(super) enum Seen {
        /// No news.
        Nothing,
        /// It stands still. `event` is 0 when it is about to receive `signal`.
        Stop { signal: i32, event: i32 },
        /// It has ended, or it is not ours.
        Gone,
    }

    /// Takes the next stop of a thread we are attached to, without waiting. Leaves the news of its end in
    /// place: if the target is our own child, that news belongs to whoever started it.
    pub(super) fn next_stop(tid: Tid) -> Seen {
        match wait(tid, libc::WSTOPPED) {
            Ok(None) => Seen::Nothing,
            Ok(Some(status)) => Seen::Stop { signal: status & 0xff, event: status >> 8 },
            Err(Errno::EINTR) => Seen::Nothing,
            Err(_) => Seen::Gone,
        }
    }

    /// Removes a thread that ended while we were attached. Not the first thread of a child of ours.
    pub(super) fn reap(pid: Pid, tid: Tid) {
        let parent = || super::Stat::read(pid).map(|stat| stat.parent);
        if tid != pid || parent().is_ok_and(|parent| parent != Pid::own().get()) {
            // Nothing to be done about a failure: it was not ours then.
            let _ = wait(tid, libc::WEXITED);
        }
    }

    fn wait(tid: Tid, what: i32) -> Result<Option<i32>, Errno> {
        let id = libc::id_t::try_from(tid.get()).map_err(|_| Errno::ECHILD)?;
        // SAFETY: all bytes zero is a valid `siginfo_t`, a C struct of integers.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        // SAFETY: `info` lives through the call, which writes nothing else.
        let outcome = unsafe { libc::waitid(libc::P_PID, id, &raw mut info, what | libc::WNOHANG | libc::__WALL) };
        Errno::result(outcome)?;
        // SAFETY: waitid has filled in the part of a child, or left it zero.
        let (pid, status) = unsafe { (info.si_pid(), info.si_status()) };
        Ok((pid != 0).then_some(status))
    }

    /// Lets a thread go on, with a signal or without (0).
    pub(super) fn detach(tid: Tid, signal: i32) -> Result<(), Errno> {
        let signal = std::ptr::without_provenance_mut::<libc::c_void>(usize::try_from(signal).unwrap_or_default());
        // SAFETY: PTRACE_DETACH takes numbers and touches no memory of ours.
        let outcome =
            unsafe { libc::ptrace(libc::PTRACE_DETACH, tid.get(), std::ptr::null_mut::<libc::c_void>(), signal) };
        Errno::result(outcome).map(drop)
    }
}
