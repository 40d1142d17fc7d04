//! Looks at the processes a verb was given and writes a report of each: to one place, or each to a file of its own.

use std::io;
use std::time::{Duration, SystemTime};

use super::file_name::FileName;
use super::look_words::Format;
use super::output::Sink;
use super::output_words::OutputWords;
use super::target_words::{Look, TargetWords};
use super::{Ending, Surface};
use crate::error::{Error, ErrorKind, Result};
use crate::look::Settings;
use crate::render::{Json, Render, Style, write_json};
use crate::report::{Failure, Report, ReportsDocument};

/// What a verb does with each process.
pub(super) struct Job<'a> {
    pub(super) targets: &'a TargetWords,
    pub(super) settings: Settings,
    /// How long origin tracking is on before a look, if at all.
    pub(super) arm: Option<Duration>,
    pub(super) output: &'a OutputWords,
    /// The view for people.
    pub(super) text: &'a dyn Render,
    /// Takes out of a report what was not asked for, before it is written in this format. A view for people may do so itself, and get the whole report.
    pub(super) narrow: &'a dyn Fn(&mut Report, Format),
}

impl Job<'_> {
    /// Does it.
    pub(super) fn run(&self, surface: &Surface) -> Result<Ending> {
        let name = self.output.file().map(|file| FileName::parse(file.as_os_str())).transpose()?;
        match name {
            Some(name) if name.has_pid() => self.one_file_each(surface, &name),
            Some(name) => {
                let sink = Sink::open(&name.for_moment(SystemTime::now()))?;
                self.one_place(surface, sink, &surface.file)
            }
            None => self.one_place(surface, Sink::stdout(), &surface.stdout),
        }
    }

    fn look(&self) -> Look<'_> {
        Look { settings: &self.settings, arm: self.arm }
    }

    /// All reports to one place.
    fn one_place(&self, surface: &Surface, mut sink: Sink, style: &Style) -> Result<Ending> {
        let format = self.output.format();
        if let Some(pid) = self.targets.only_pid() {
            let report = self.look().at(pid, surface)?;
            sink.write_all_of(&self.rendered(report, style)?)?;
            return committed(sink, surface);
        }
        let (mut reports, mut failures, mut worst) = (Vec::new(), Vec::new(), None);
        let mut texts = 0;
        self.targets.for_each(self.look(), surface, |pid, outcome| {
            match outcome {
                Ok(report) if format == Format::Text => {
                    if texts > 0 {
                        sink.write_all_of(b"\n")?;
                    }
                    texts += 1;
                    sink.write_all_of(&self.rendered(report, style)?)?;
                }
                Ok(mut report) => {
                    (self.narrow)(&mut report, format);
                    reports.push(report);
                }
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
    fn one_file_each(&self, surface: &Surface, name: &FileName) -> Result<Ending> {
        let mut worst = None;
        self.targets.for_each(self.look(), surface, |pid, outcome| {
            let written = outcome.and_then(|report| {
                let mut sink = Sink::open(&name.for_report(pid, SystemTime::now()))?;
                sink.write_all_of(&self.rendered(report, &surface.file)?)?;
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

    fn rendered(&self, mut report: Report, style: &Style) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let format = self.output.format();
        (self.narrow)(&mut report, format);
        let written = match format {
            Format::Text => self.text.render(&report, &mut bytes, style),
            Format::Json => Json.render(&report, &mut bytes, style),
        };
        written.map_err(|error| unwritable(&error))?;
        Ok(bytes)
    }
}

fn unwritable(error: &io::Error) -> Error {
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
