//! `coroscope watch`: look at one process again and again, and tell what has changed.

use std::io;
use std::time::Duration;

use clap::Args;

use super::look_words::LookWords;
use super::output::{Sink, stdout_is_closed};
use super::scope_words::ScopeWords;
use super::{Ending, Surface, TEMPLATE, values};
use crate::error::{Error, ErrorKind, Result};
use crate::look::{Repeated, Settings, Sweeps};
use crate::process::Pid;
use crate::render::{Scope, Watch, write_json_line};
use crate::report::{ErrorDocument, Failure, Report};

/// The words of this verb.
#[derive(Debug, Clone, Args)]
#[command(
    about = "Look at a running process again and again, and tell what is new, grows and goes",
    long_about = None,
    before_help = "\
Examples:
  coroscope watch 4242
  coroscope watch 4242 --interval 10s --count 60     for ten minutes
  coroscope watch 4242 --mine                        only what your own code forgets
  coroscope watch 4242 --nonblocking                 never hold the process, not even for a millisecond
  coroscope watch 4242 --json | jq -c '[.captured_at, .summary.findings.leaked]'",
    after_help = "\
A line tells the time of the look, what was counted, and what the look cost; below it stands what has changed since the one before.
Looks take at most a tenth of one processor, and hold the process for at most a millisecond in a second: else the next one is later.
Not all of memory is searched at each look: docs/watch.md says when, and what can be missed until then.
Exit codes: 0 the process has ended, or `--count` is reached; 2 could not look; 130 interrupted.

Next: `coroscope why PID NAME` for who keeps what grows.",
    help_template = TEMPLATE,
    mut_arg("settle", |arg| arg.help("Time that has to lie between two looks for one to judge what the other saw")),
    mut_arg("timeout", |arg| arg.help("Give up on a look after this time; the next one comes all the same"))
)]
pub(super) struct Words {
    /// Process to look at
    #[arg(value_name = "PID", value_parser = values::pid, required_unless_present = "pid", conflicts_with = "pid")]
    process: Option<Pid>,
    /// Process to look at
    #[arg(short, long, value_name = "PID", value_parser = values::pid)]
    pid: Option<Pid>,
    /// Time from the beginning of a look to that of the next one
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = values::duration, help_heading = "How often")]
    interval: Duration,
    /// End after this number of looks
    #[arg(
        long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..), help_heading = "How often"
    )]
    count: Option<u64>,
    #[command(flatten)]
    look: LookWords,
    #[command(flatten)]
    whose: ScopeWords,
    /// A report of each look on a line of its own (JSON Lines): docs/schema.md
    #[arg(long, help_heading = "What to write")]
    pub(super) json: bool,
    /// Search the loaded code for calls: where coroutines were made, and which calls throw theirs away
    #[arg(long, help_heading = "How to look")]
    call_sites: bool,
}

impl Words {
    /// The process that is meant.
    pub(super) fn only_pid(&self) -> Option<Pid> {
        self.process.or(self.pid)
    }
}

/// Runs it.
pub(super) fn run(words: &Words, surface: &Surface) -> Result<Ending> {
    let Some(pid) = words.only_pid() else {
        return Err(Error::new(ErrorKind::Usage, "no process is named"));
    };
    let settings = Settings { call_sites: words.call_sites, ..words.look.settings() };
    surface.say_verbosely(&format!(
        "looking at process {pid} every {}: {}",
        humantime::format_duration(words.interval),
        settings.mode
    ));
    let mut process = Repeated::attach(pid, settings, Sweeps::Rationed)?;
    let mut telling = Telling::new(pid, words, surface);
    let mut left = words.count;
    loop {
        let looked = process.look();
        let processor = process.spent().processor;
        if !telling.tell(looked, processor)? {
            return Ok(Ending::Done);
        }
        left = left.map(|left| left.saturating_sub(1));
        if left == Some(0) {
            return Ok(telling.ending());
        }
        if let Err(error) = process.wait(process.spent().rest(words.interval), || !stdout_is_closed()) {
            return telling.end(error);
        }
        if stdout_is_closed() {
            return Ok(Ending::Done);
        }
    }
}

/// What has been told so far.
struct Telling<'a> {
    pid: Pid,
    json: bool,
    scope: Scope,
    text: Watch,
    surface: &'a Surface,
    sink: Sink,
    looked: bool,
    /// Why the last look failed, if it did.
    failed: Option<ErrorKind>,
}

impl<'a> Telling<'a> {
    fn new(pid: Pid, words: &Words, surface: &'a Surface) -> Self {
        let scope = words.whose.scope();
        Self {
            pid,
            json: words.json,
            text: Watch::new(scope.clone()),
            scope,
            surface,
            sink: Sink::stdout(),
            looked: false,
            failed: None,
        }
    }

    /// Tells of one look. Whether there is to be another one.
    fn tell(&mut self, looked: Result<Report>, processor: Duration) -> Result<bool> {
        let mut bytes = Vec::new();
        let written = match looked {
            Ok(mut report) => {
                self.looked = true;
                if self.failed.take().is_some() {
                    self.surface.say("it can be looked at again");
                }
                if self.json {
                    self.scope.apply(&mut report);
                    write_json_line(&report, &mut bytes)
                } else {
                    self.text.write(&report, processor, &mut bytes, &self.surface.stdout)
                }
            }
            Err(error) if is_for_the_moment(error.kind()) => {
                if self.failed.replace(error.kind()) != Some(error.kind()) {
                    self.surface.write_error(&error);
                    self.surface.say("looking again");
                }
                if self.json { self.write_failure(&error, &mut bytes) } else { Ok(()) }
            }
            Err(error) => return self.end(error).map(|_| false),
        };
        written.map_err(|error| Error::new(ErrorKind::Internal, "cannot write the report down").caused_by(error))?;
        self.sink.write_to_reader(&bytes)
    }

    fn write_failure(&self, error: &Error, out: &mut dyn io::Write) -> io::Result<()> {
        write_json_line(&ErrorDocument::new(Failure::new(Some(self.pid.get()), error)), out)
    }

    /// What it means that there can be no other look.
    fn end(&self, error: Error) -> Result<Ending> {
        let has_ended = matches!(error.kind(), ErrorKind::ProcessGone | ErrorKind::NoSuchProcess | ErrorKind::Zombie);
        if !self.looked || !has_ended {
            return Err(error);
        }
        // Nothing went wrong: it was watched to its end.
        let why = error.cause().map(|cause| format!(": {cause}")).unwrap_or_default();
        self.surface.say(&format!("{}{why}", error.message()));
        error.hints().iter().for_each(|hint| self.surface.say(hint));
        Ok(Ending::Done)
    }

    fn ending(&self) -> Ending {
        match self.failed {
            Some(kind) if !self.looked => Ending::Failed(kind),
            _ => Ending::Done,
        }
    }
}

/// Whether the next look may succeed where this one failed.
fn is_for_the_moment(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Timeout | ErrorKind::Unreadable)
}
