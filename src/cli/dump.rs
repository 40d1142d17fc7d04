//! `coroscope dump`: look at processes and write what was found.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::look_words::LookWords;
use super::output_words::OutputWords;
use super::reports::Job;
use super::scope_words::ScopeWords;
use super::target_words::TargetWords;
use super::{Ending, Surface, TEMPLATE, values};
use crate::error::Result;
use crate::look::Settings;
use crate::render::Text;

/// The words of this verb.
#[derive(Debug, Clone, Args)]
#[command(
    about = "Look at running processes and report the coroutines that were never awaited",
    long_about = None,
    before_help = "\
Examples:
  coroscope dump 4242
  coroscope dump 4242 --locals                  also the arguments they were called with
  coroscope dump 4242 --nonblocking             never hold the process, not even for a millisecond
  coroscope dump 4242 --mine                    only what your own code forgets
  coroscope dump 4242 --by distribution         whose it is, calls in installed packages too
  coroscope dump 4242 --arm 10s                 record where they are created, then look
  coroscope dump 4242 --json | jq '.findings[] | {verdict, qualname, count}'
  coroscope dump 4242 -o report.json            the ending selects the format
  coroscope dump --children 4242 -o '%p.json'   a process and its workers, one file each",
    after_help = "\
The target is not restarted, and not changed unless `--arm` says so. By default it is held still once, for microseconds to a few milliseconds.
Exit codes: 0 looked, whatever was found; 2 could not look at one or more; 130 interrupted.

Next: `coroscope doctor PID` if a process cannot be read.",
    help_template = TEMPLATE
)]
pub(super) struct Words {
    #[command(flatten)]
    pub(super) targets: TargetWords,
    #[command(flatten)]
    look: LookWords,
    #[command(flatten)]
    whose: ScopeWords,
    /// Record where coroutines are created for this time before the look: see `coroscope help arm`
    ///
    /// Writes to the target, and restores it before the report is written.
    #[arg(long, value_name = "DURATION", value_parser = values::duration, help_heading = "How to look")]
    arm: Option<Duration>,
    #[command(flatten)]
    pub(super) output: OutputWords,
    /// In text, also list what is not judged yet, and all tasks and threads
    #[arg(long, help_heading = "What to write")]
    all: bool,
    /// In text, the findings of each package together, and calls in installed packages too
    #[arg(long, value_name = "WHAT", value_enum, help_heading = "What to write")]
    by: Option<ByWord>,
    /// Do not search the loaded code for calls: what was not recorded stays without a place of creation
    #[arg(long, help_heading = "How to look")]
    no_call_sites: bool,
}

/// What findings are told together by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ByWord {
    /// Your own code first, then each installed package, then the standard library
    Distribution,
}

impl Words {
    /// Whether the target is written to.
    pub(super) fn arms(&self) -> bool {
        self.arm.is_some()
    }
}

/// Runs it.
pub(super) fn run(words: &Words, surface: &Surface) -> Result<Ending> {
    let scope = words.whose.scope();
    let by_distribution = words.by == Some(ByWord::Distribution);
    let text = Text {
        all: words.all,
        next: true,
        by_distribution,
        // Whoever asks for a package wants to see it.
        elsewhere: by_distribution || scope.names_distributions(),
    };
    let job = Job {
        targets: &words.targets,
        settings: Settings { call_sites: !words.no_call_sites, ..words.look.settings() },
        arm: words.arm,
        output: &words.output,
        text: &text,
        narrow: &|report, _| scope.apply(report),
    };
    job.run(surface)
}
