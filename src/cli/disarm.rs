//! `coroscope disarm`: switch origin tracking off, whoever left it on.

use clap::Args;

use super::arm_document::{Account, End};
use super::{Ending, Surface, TEMPLATE, arm_words, values};
use crate::arm::{self, Changed};
use crate::error::Result;
use crate::process::Pid;
use crate::report::{ArmOutcome, ArmVerb};

/// The words of this verb.
#[derive(Debug, Clone, Args)]
#[command(
    about = "Switch that off again, after `arm --leave` or an `arm` that was killed",
    long_about = None,
    before_help = "\
Examples:
  coroscope disarm 4242
  coroscope disarm 4242 --depth 1               not off, but what the program had set itself",
    after_help = "\
This writes to the target: 4 bytes for each of its threads that has another depth. A thread in which a loop runs in debug mode \
is left as it is. Coroutines keep the origins they have.

Next: `coroscope dump PID`.",
    help_template = TEMPLATE
)]
pub(super) struct Words {
    /// Process to disarm
    #[arg(value_name = "PID", value_parser = values::pid)]
    pub(super) pid: Pid,
    /// The depth to write, 0 to 1000
    #[arg(long, value_name = "NUMBER", default_value_t = 0, value_parser = clap::value_parser!(u16).range(..=1000))]
    depth: u16,
    /// Write what was done to stdout as JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Runs it.
pub(super) fn run(words: &Words, surface: &Surface) -> Result<Ending> {
    let account = Account::begin(ArmVerb::Disarm, words.pid, words.depth);
    let done = arm::disarm(words.pid, words.depth)?;
    let depth = words.depth;
    for Changed { thread, depth: before } in &done.changed {
        surface.say(&format!("thread {thread}: depth {before} before, {depth} now"));
    }
    for Changed { thread, depth } in &done.debugging {
        surface.say(&format!("thread {thread}: depth {depth}, left as it is: a loop runs there in debug mode"));
    }
    for Changed { thread, depth } in &done.implausible {
        surface.say(&format!("thread {thread}: {depth}, left as it is: that is no depth"));
    }
    let (changed, unchanged) = (done.changed.len(), done.unchanged);
    surface.say(&format!(
        "process {}: {} changed, {unchanged} had depth {depth} already",
        words.pid,
        arm_words::threads(changed)
    ));
    if words.json {
        let end = End { outcome: ArmOutcome::Disarmed, book: done.book, forked: &[], error: None };
        account.write(&end, None)?;
    }
    Ok(Ending::Done)
}
