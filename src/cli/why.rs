//! `coroscope why`: who holds an object, and what it holds alone.

use std::time::SystemTime;

use clap::Args;

use super::file_name::FileName;
use super::look_words::{Format, LookWords};
use super::output::Sink;
use super::output_words::OutputWords;
use super::{Ending, Surface, TEMPLATE, values};
use crate::error::{Error, ErrorKind, Result};
use crate::look::{self, Settings, What, WhySettings};
use crate::process::Pid;
use crate::render::{write_json, write_why};

/// The words of this verb.
#[derive(Debug, Clone, Args)]
#[command(
    about = "Show who keeps an object alive: the ways from a module, frame or task to it",
    long_about = None,
    before_help = "\
Examples:
  coroscope why 4242 0x7f3a5c01e2c0             an address from a report
  coroscope why 4242 fetch                      the oldest object of the finding about `fetch`
  coroscope why 4242 app.fetch --instance 2     the second oldest
  coroscope why 4242 unawaited_held:app.fetch   if there are several findings about it
  coroscope why 4242 app.fetch --paths 20       more ways on which it is held
  coroscope why 4242 app.fetch --json | jq '.paths[0].steps[].text'",
    after_help = "\
Each way is told with the root on top. Where a holder that is meant to live ends and the trouble may begin is marked.
All of memory is searched for references, while the process runs: it takes longer than `dump`, and holds the process no longer.
Exit codes: 0 looked, whatever was found; 2 could not look, or no such object, or several fit; 130 interrupted.

Next: `coroscope dump PID` for the addresses and names of what was never awaited.",
    help_template = TEMPLATE,
    mut_arg("locals", |arg| arg.hide(true)),
    mut_arg("instances", |arg| arg.hide(true)),
    mut_arg("retainers", |arg| arg.hide(true)),
    mut_arg("json", |arg| arg.help("The same as `--format json`"))
)]
pub(super) struct Words {
    /// Process to look at
    #[arg(value_name = "PID", value_parser = values::pid)]
    pub(super) pid: Pid,
    /// The object: its address as a report or `id()` has it, or the name of a finding's function
    ///
    /// A name is that of the function with its module or without, or the end of it; with the kind of the finding in front if
    /// that is needed: unawaited_held:app.fetch. The fingerprint of a finding does, too.
    #[arg(value_name = "OBJECT", value_parser = what)]
    what: What,
    /// Show at most this many ways on which it is held
    #[arg(long, value_name = "NUMBER", default_value_t = 5, value_parser = paths, help_heading = "What to show")]
    paths: usize,
    /// Which object of a finding, 1 is the oldest
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = instance, help_heading = "What to show")]
    instance: usize,
    #[command(flatten)]
    look: LookWords,
    #[command(flatten)]
    pub(super) output: OutputWords,
    /// Do not search the loaded code for calls: what was not recorded stays without a place of creation
    #[arg(long, help_heading = "How to look")]
    no_call_sites: bool,
}

fn what(word: &str) -> Result<What, String> {
    word.parse()
}

fn paths(word: &str) -> Result<usize, String> {
    /// More than a person reads, and less than memory has.
    const MOST: usize = 10_000;
    word.parse().ok().filter(|paths| (1..=MOST).contains(paths)).ok_or_else(|| format!("a number from 1 to {MOST}"))
}

fn instance(word: &str) -> Result<usize, String> {
    word.parse().ok().filter(|instance| *instance > 0).ok_or_else(|| "a number from 1 on".to_owned())
}

/// Runs it.
pub(super) fn run(words: &Words, surface: &Surface) -> Result<Ending> {
    let pid = words.pid;
    let name = words.output.file().map(|file| FileName::parse(file.as_os_str())).transpose()?;
    // Before the process is held still for a report that nobody would see.
    let (mut sink, style) = match name {
        Some(name) => (Sink::open(&name.for_report(pid, SystemTime::now()))?, &surface.file),
        None => (Sink::stdout(), &surface.stdout),
    };
    let settings = WhySettings {
        look: Settings { call_sites: !words.no_call_sites, ..words.look.settings() },
        paths: words.paths,
        instance: words.instance,
    };
    surface.say_verbosely(&format!(
        "looking at process {pid}: {}, settling {}, at most {}; then searching its memory for references",
        settings.look.mode,
        humantime::format_duration(settings.look.settle),
        humantime::format_duration(settings.look.timeout)
    ));
    let report = look::why(pid, &words.what, &settings)?;
    let mut bytes = Vec::new();
    match words.output.format() {
        Format::Text => write_why(&report, &mut bytes, style),
        Format::Json => write_json(&report, &mut bytes),
    }
    .map_err(|error| Error::new(ErrorKind::Internal, "cannot write the report down").caused_by(error))?;
    sink.write_all_of(&bytes)?;
    if let Some(file) = sink.commit()? {
        surface.say(&format!("report written to {}", file.display()));
    }
    Ok(Ending::Done)
}
