//! What `arm` and `disarm` did, as a JSON document on stdout.

use std::time::{Duration, Instant, SystemTime};

use super::output::Sink;
use crate::arm::{self, Book, Counter, ThreadRecord};
use crate::error::{Error, ErrorKind, Result};
use crate::process::Pid;
use crate::render::write_json;
use crate::report::{
    ArmDocument, ArmOutcome, ArmVerb, ArmedThread, CarriedOrigins, Failure, HexAddress, ThreadOutcome, Timestamp, Tool,
};

/// How long coroutines are counted for the document.
const COUNT_LIMIT: Duration = Duration::from_secs(10);

/// What is known from the beginning on.
pub(super) struct Account {
    verb: ArmVerb,
    pid: Pid,
    depth: u16,
    began_at: SystemTime,
    began: Instant,
}

/// How it ended.
pub(super) struct End<'e> {
    pub(super) outcome: ArmOutcome,
    pub(super) book: Book,
    pub(super) forked: &'e [Pid],
    pub(super) error: Option<&'e Error>,
}

impl Account {
    /// To be called before anything is written.
    pub(super) fn begin(verb: ArmVerb, pid: Pid, depth: u16) -> Self {
        Self { verb, pid, depth, began_at: SystemTime::now(), began: Instant::now() }
    }

    /// Writes the document. Coroutines are counted now: what they carry, they keep.
    pub(super) fn write(&self, end: &End<'_>, counter: Option<&Counter>) -> Result<()> {
        let took = self.began.elapsed();
        let document = ArmDocument {
            schema: ArmDocument::SCHEMA.to_owned(),
            tool: Tool::this(),
            verb: self.verb,
            pid: self.pid.get(),
            began_at: Timestamp(self.began_at),
            took_s: took.as_secs_f64(),
            depth: self.depth,
            outcome: end.outcome,
            threads: end.book.threads.iter().map(thread).collect(),
            threads_omitted: end.book.omitted,
            coroutines: counter.and_then(count),
            forked: end.forked.iter().map(|pid| pid.get()).collect(),
            error: end.error.map(|error| Failure::new(Some(self.pid.get()), error)),
        };
        let mut bytes = Vec::new();
        write_json(&document, &mut bytes)
            .map_err(|error| Error::new(ErrorKind::Internal, "cannot write the document down").caused_by(error))?;
        Sink::stdout().write_all_of(&bytes)
    }
}

fn thread(record: &ThreadRecord) -> ArmedThread {
    let (outcome, found) = match record.outcome {
        arm::ThreadOutcome::Armed => (ThreadOutcome::Armed, None),
        arm::ThreadOutcome::Restored => (ThreadOutcome::Restored, None),
        arm::ThreadOutcome::Ended => (ThreadOutcome::Ended, None),
        arm::ThreadOutcome::Changed(depth) => (ThreadOutcome::Changed, Some(depth)),
        arm::ThreadOutcome::Disarmed => (ThreadOutcome::Disarmed, None),
        arm::ThreadOutcome::Unchanged => (ThreadOutcome::Unchanged, None),
        arm::ThreadOutcome::LeftAlone => (ThreadOutcome::LeftAlone, None),
    };
    ArmedThread {
        thread: record.thread,
        interpreter: record.interpreter,
        address: HexAddress(record.address.get()),
        before: record.before,
        found,
        started_meanwhile: record.is_new,
        outcome,
    }
}

/// `None` when the target has ended, or there are too many to be counted in time.
fn count(counter: &Counter) -> Option<CarriedOrigins> {
    let until = Instant::now() + COUNT_LIMIT;
    // A signal is how `arm` usually ends: it is no reason not to count.
    let stop = || Instant::now() >= until;
    let counted = counter.count(stop).ok().filter(|_| !stop())?;
    Some(CarriedOrigins { with_origin: counted.with_origin, all: counted.all })
}
