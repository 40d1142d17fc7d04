//! `coroscope dump`: look at processes and write what was found.

use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::Args;

use super::look_words::{Format, LookWords};
use super::output::Sink;
use super::{Ending, Surface, TEMPLATE, terminal, values};
use crate::error::{Error, ErrorKind, Result};
use crate::look;
use crate::process::Pid;
use crate::render::{Json, Render, Style, Text, write_json};
use crate::report::{Failure, Report, ReportsDocument};

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
  coroscope dump 4242 --json | jq '.findings[] | {verdict, qualname, count}'
  coroscope dump 4242 -o report.json            the ending selects the format
  coroscope dump --children 4242 -o '%p.json'   a process and its workers, one file each",
    after_help = "\
The target is not changed or restarted. By default it is held still once, for microseconds to a few milliseconds.
Exit codes: 0 looked, whatever was found; 2 could not look at one or more; 130 interrupted.

Next: `coroscope doctor PID` if a process cannot be read.",
    help_template = TEMPLATE
)]
pub(super) struct Words {
    /// Processes to look at
    #[arg(value_name = "PID", value_parser = values::pid, required_unless_present = "pid")]
    pids: Vec<Pid>,
    /// Process to look at (repeatable)
    #[arg(short, long, value_name = "PID", value_parser = values::pid)]
    pid: Vec<Pid>,
    /// Also look at all descendants that are CPython
    #[arg(long)]
    children: bool,
    #[command(flatten)]
    look: LookWords,
    #[command(flatten)]
    shape: Shape,
}

/// What the report looks like, and where it goes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "What to write")]
struct Shape {
    /// Format of the report [default: text, or what the ending of --output says]
    #[arg(long, value_name = "FORMAT", value_enum, conflicts_with = "json")]
    format: Option<Format>,
    /// The same as `--format json`
    #[arg(long)]
    json: bool,
    /// Write to this file, whole or not at all; %p is the pid, %t the time, - is stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// In text, also list what is not judged yet, and all tasks and threads
    #[arg(long)]
    all: bool,
}

impl Words {
    /// Every process named, once, in order.
    fn targets(&self) -> Vec<Pid> {
        let mut targets = Vec::new();
        for &pid in self.pids.iter().chain(&self.pid) {
            if !targets.contains(&pid) {
                targets.push(pid);
            }
        }
        targets
    }

    /// The process, if the words name just one: then the document is one report, else one of several. It
    /// does not depend on how many children there happen to be.
    pub(super) fn only_pid(&self) -> Option<Pid> {
        match self.targets()[..] {
            [pid] if !self.children => Some(pid),
            _ => None,
        }
    }

    /// Whether a JSON document is to stand on stdout.
    pub(super) fn json_on_stdout(&self) -> bool {
        self.format() == Format::Json && self.file().is_none()
    }

    /// The file to write to, unless it is stdout.
    fn file(&self) -> Option<&Path> {
        self.shape.output.as_deref().filter(|name| name.as_os_str() != "-")
    }

    fn format(&self) -> Format {
        match (self.shape.json, self.shape.format) {
            (true, _) => Format::Json,
            (_, Some(format)) => format,
            _ => match self.file().and_then(|file| terminal::ending(file.as_os_str())).as_deref() {
                Some("json") => Format::Json,
                _ => Format::Text,
            },
        }
    }
}

/// Runs it.
pub(super) fn run(words: &Words, surface: &Surface) -> Result<Ending> {
    let name = words.file().map(|file| FileName::parse(file.as_os_str())).transpose()?;
    match name {
        Some(name) if name.has_pid() => one_file_each(words, surface, &name),
        Some(name) => {
            let sink = Sink::open(&name.for_moment(SystemTime::now()))?;
            one_place(words, surface, sink, &surface.file)
        }
        None => one_place(words, surface, Sink::stdout(), &surface.stdout),
    }
}

/// All reports to one place.
fn one_place(words: &Words, surface: &Surface, mut sink: Sink, style: &Style) -> Result<Ending> {
    let format = words.format();
    let text = Text { all: words.shape.all, next: true };
    if let Some(pid) = words.only_pid() {
        let report = look_at(pid, words, surface)?;
        sink.write_all_of(&rendered(&report, format, text, style)?)?;
        return committed(sink, surface);
    }
    let (mut reports, mut failures, mut worst) = (Vec::new(), Vec::new(), None);
    let mut texts = 0;
    for_each(words, surface, |pid, outcome| {
        match outcome {
            Ok(report) if format == Format::Text => {
                if texts > 0 {
                    sink.write_all_of(b"\n")?;
                }
                texts += 1;
                sink.write_all_of(&rendered(&report, format, text, style)?)?;
            }
            Ok(report) => reports.push(report),
            Err(error) => {
                surface.write_error(&error);
                failures.push(Failure::new(Some(pid.get()), &error));
                worst = Some(worse(worst, error.kind()));
            }
        }
        Ok(())
    })?;
    // A file is worth replacing only by a report.
    let worth_keeping = texts > 0 || !reports.is_empty();
    if format == Format::Json {
        let mut bytes = Vec::new();
        write_json(&ReportsDocument::new(reports, failures), &mut bytes).map_err(|error| unwritable(&error))?;
        sink.write_all_of(&bytes)?;
    }
    if worth_keeping {
        committed(sink, surface)?;
    }
    Ok(worst.map_or(Ending::Done, Ending::Failed))
}

/// Each report to a file of its own.
fn one_file_each(words: &Words, surface: &Surface, name: &FileName) -> Result<Ending> {
    let mut worst = None;
    let text = Text { all: words.shape.all, next: true };
    for_each(words, surface, |pid, outcome| {
        let written = outcome.and_then(|report| {
            let mut sink = Sink::open(&name.for_report(pid, SystemTime::now()))?;
            sink.write_all_of(&rendered(&report, words.format(), text, &surface.file)?)?;
            committed(sink, surface)
        });
        if let Err(error) = written {
            surface.write_error(&error);
            worst = Some(worse(worst, error.kind()));
        }
        Ok(())
    })?;
    Ok(worst.map_or(Ending::Done, Ending::Failed))
}

/// Looks at every target in turn, until we are told to stop.
fn for_each(words: &Words, surface: &Surface, mut take: impl FnMut(Pid, Result<Report>) -> Result<()>) -> Result<()> {
    let mut seen = Vec::new();
    for named in words.targets() {
        let children = if words.children { look::python_descendants(named) } else { Vec::new() };
        let has_children = !children.is_empty();
        for pid in std::iter::once(named).chain(children) {
            if seen.contains(&pid) {
                continue;
            }
            seen.push(pid);
            let outcome = look_at(pid, words, surface);
            match outcome.as_ref().map_err(Error::kind) {
                // A shell that started the workers was not meant, its children were.
                Err(ErrorKind::NotPython) if pid == named && has_children => {
                    surface.say_verbosely(&format!("process {pid} is not Python; its children are"));
                }
                Err(ErrorKind::NotPython) if words.children && pid == named => take(
                    pid,
                    outcome
                        .map_err(|error| error.hint("none of its descendants is CPython either, or we cannot see it")),
                )?,
                Err(ErrorKind::Interrupted(_)) => return take(pid, outcome),
                _ => take(pid, outcome)?,
            }
        }
    }
    Ok(())
}

fn look_at(pid: Pid, words: &Words, surface: &Surface) -> Result<Report> {
    let settings = words.look.settings();
    surface.say_verbosely(&format!(
        "looking at process {pid}: {}, settling {}, at most {}",
        settings.mode,
        humantime::format_duration(settings.settle),
        humantime::format_duration(settings.timeout)
    ));
    look::look(pid, &settings)
}

fn rendered(report: &Report, format: Format, text: Text, style: &Style) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let view: &dyn Render = match format {
        Format::Text => &text,
        Format::Json => &Json,
    };
    view.render(report, &mut bytes, style).map_err(|error| unwritable(&error))?;
    Ok(bytes)
}

fn unwritable(error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Internal, "cannot write the report down").caused_by(error)
}

fn committed(sink: Sink, surface: &Surface) -> Result<Ending> {
    if let Some(file) = sink.commit()? {
        surface.say(&format!("report written to {}", file.display()));
    }
    Ok(Ending::Done)
}

/// An interruption outweighs all else: the exit code must say that not every target was tried.
fn worse(before: Option<ErrorKind>, now: ErrorKind) -> ErrorKind {
    match before {
        Some(kind @ ErrorKind::Interrupted(_)) => kind,
        _ => now,
    }
}

/// A file name with places for the pid and the time.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FileName {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(Vec<u8>),
    Pid,
    Time,
}

impl FileName {
    fn parse(name: &OsStr) -> Result<Self> {
        let mut parts = Vec::new();
        let mut literal = Vec::new();
        let mut bytes = name.as_bytes().iter();
        while let Some(&byte) = bytes.next() {
            if byte != b'%' {
                literal.push(byte);
                continue;
            }
            let part = match bytes.next() {
                Some(b'%') => {
                    literal.push(b'%');
                    continue;
                }
                Some(b'p') => Part::Pid,
                Some(b't') => Part::Time,
                _ => {
                    let message = format!("`{}` has a % that means nothing", name.display());
                    return Err(Error::new(ErrorKind::Usage, message)
                        .hint("%p is the pid, %t is the time, %% is a % in the name"));
                }
            };
            parts.push(Part::Literal(std::mem::take(&mut literal)));
            parts.push(part);
        }
        parts.push(Part::Literal(literal));
        Ok(Self { parts })
    }

    fn has_pid(&self) -> bool {
        self.parts.contains(&Part::Pid)
    }

    fn for_report(&self, pid: Pid, moment: SystemTime) -> PathBuf {
        self.filled(&pid.to_string(), moment)
    }

    fn for_moment(&self, moment: SystemTime) -> PathBuf {
        self.filled("", moment)
    }

    fn filled(&self, pid: &str, moment: SystemTime) -> PathBuf {
        let mut bytes = Vec::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => bytes.extend_from_slice(literal),
                Part::Pid => bytes.extend_from_slice(pid.as_bytes()),
                Part::Time => bytes.extend_from_slice(compact(moment).as_bytes()),
            }
        }
        PathBuf::from(std::ffi::OsString::from_vec(bytes))
    }
}

/// `20260131T235959Z`: sorts by time, and has no colon, which some file systems refuse.
fn compact(moment: SystemTime) -> String {
    let text = humantime::format_rfc3339_seconds(moment).to_string();
    text.chars().filter(|c| !matches!(c, '-' | ':')).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::{Duration, SystemTime};

    use super::FileName;
    use crate::process::Pid;

    #[test]
    fn places_in_file_names() {
        let moment = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let pid = Pid::new(42).unwrap();
        let name = FileName::parse("a-%p-%t-100%%.json".as_ref()).unwrap();
        assert!(name.has_pid());
        assert_eq!(name.for_report(pid, moment), Path::new("a-42-20231114T221320Z-100%.json"));
        assert!(!FileName::parse("%%p".as_ref()).unwrap().has_pid());
        for name in ["%", "a%x", "%%%"] {
            assert!(FileName::parse(name.as_ref()).is_err(), "{name}");
        }
    }
}
