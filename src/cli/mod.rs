//! The command line: words become settings, settings become calls. One file per verb.
//!
//! The report goes to stdout and all else to stderr. A reader that goes away (`… | head`) is no failure.

mod arm;
mod arm_document;
mod arm_words;
mod completions;
mod demo;
mod disarm;
pub mod doctor;
mod dump;
mod file_name;
mod list;
mod look_words;
mod man;
mod output;
mod output_words;
mod reports;
mod scope_words;
mod target_words;
mod tasks;
mod terminal;
mod values;
mod watch;
mod why;

use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::error::{EXIT_OK, Error, ErrorKind, Result};
use crate::process::{Pid, signals};
use crate::render::{self, Style, write_failure, write_json, write_json_line};
use crate::report::{ErrorDocument, Failure};
use output::Sink;
use terminal::ColorChoice;

/// Examples come before options: most readers look for one and leave.
const TEMPLATE: &str = "{about-with-newline}\n{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}\n";

#[derive(Debug, Parser)]
#[command(
    name = "coroscope",
    version,
    about = "Finds the coroutines a running Python process called and never awaited",
    long_about = None,
    before_help = "\
Examples:
  coroscope demo                      see it work on a small leaky program
  coroscope list                      which Python processes are there
  coroscope dump 4242                 look at one of them, without changing or restarting it
  coroscope tasks 4242                what every task waits for
  coroscope why 4242 app.fetch        who keeps what was found there
  coroscope watch 4242                what is new, grows and goes, as long as it runs
  coroscope dump 4242 --json | jq .summary
  sudo coroscope dump 4242            a process of somebody else",
    after_help = "\
CPython 3.8 to 3.15 on Linux. The report goes to stdout, all else to stderr.
Exit codes: 0 looked, whatever was found; 2 wrong words, or could not look; 130 interrupted.

Next: `coroscope demo`, or `coroscope help dump` for all options of the main verb.",
    help_template = TEMPLATE,
    subcommand_required = true,
    arg_required_else_help = true,
    infer_subcommands = false,
    disable_help_subcommand = false,
    max_term_width = 100
)]
struct Words {
    #[command(flatten)]
    manner: Manner,
    #[command(subcommand)]
    verb: Verb,
}

/// How we speak, whatever the verb.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Everywhere")]
struct Manner {
    /// When to use colours
    ///
    /// The flag wins over NO_COLOR, that over FORCE_COLOR and CLICOLOR_FORCE. `auto` means: on a terminal that is not
    /// TERM=dumb.
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value = "auto")]
    color: ColorChoice,
    /// Use ASCII marks only, and escape all other characters
    ///
    /// Without it, the locale decides (LC_ALL, LC_CTYPE, LANG).
    #[arg(long, global = true)]
    ascii: bool,
    /// Say on stderr what is being done
    #[arg(short, long, global = true, conflicts_with = "quiet", action = clap::ArgAction::Count)]
    verbose: u8,
    /// Say nothing on stderr but errors
    #[arg(short, long, global = true)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Dump(dump::Words),
    Tasks(tasks::Words),
    Why(why::Words),
    Watch(watch::Words),
    List(list::Words),
    #[command(
        about = "Say why a process cannot be read, and print the line that cures it",
        before_help = "Examples:\n  coroscope doctor\n  coroscope doctor 4242",
        after_help = "Next: `coroscope dump PID`.",
        help_template = TEMPLATE
    )]
    Doctor {
        /// Processes to examine; without one, only what holds for all of them
        #[arg(value_name = "PID", value_parser = values::pid)]
        pids: Vec<Pid>,
    },
    Arm(arm::Words),
    Disarm(disarm::Words),
    Demo(demo::Words),
    Completions(completions::Words),
    Man(man::Words),
}

impl Verb {
    /// Who writes into a target must undo it, however impatient the user is.
    fn second_signal(&self) -> signals::Second {
        match self {
            Self::Arm(_) => signals::Second::Waits,
            Self::Dump(words) if words.arms() => signals::Second::Waits,
            _ => signals::Second::Ends,
        }
    }
}

/// What a verb can show, and where.
#[derive(Debug, Clone)]
struct Surface {
    stdout: Style,
    stderr: Style,
    /// For files: no colour unless it was asked for by the flag, no width.
    file: Style,
    verbose: bool,
    quiet: bool,
}

impl Surface {
    fn new(manner: &Manner) -> Self {
        let environment = terminal::Environment::read();
        let style = |place| terminal::style(place, manner.color, manner.ascii, &environment);
        Self {
            stdout: style(terminal::Place::Stream(terminal::stdout_width())),
            stderr: style(terminal::Place::Stream(terminal::stderr_width())),
            file: style(terminal::Place::File),
            verbose: manner.verbose > 0,
            quiet: manner.quiet,
        }
    }

    /// Says what is being done, to those who want to know.
    fn say_verbosely(&self, words: &str) {
        if self.verbose {
            self.write_stderr(words);
        }
    }

    /// Says something on stderr that is no error.
    fn say(&self, words: &str) {
        if !self.quiet {
            self.write_stderr(words);
        }
    }

    fn write_stderr(&self, words: &str) {
        let mut stderr = io::stderr().lock();
        // Nobody is left to hear that stderr is gone.
        let _ = render::Page::new(&mut stderr, &self.stderr).line(&render::Line::new().with_commands(words), 2);
    }

    fn write_error(&self, error: &Error) {
        let _ = write_failure(error, &mut io::stderr().lock(), &self.stderr);
    }
}

/// How a verb ended that has said all there is to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Done,
    /// Some of the work failed, and each failure was told.
    Failed(ErrorKind),
}

/// Runs the program with the words it was started with.
#[must_use]
pub fn main() -> ExitCode {
    panic::set_hook(Box::new(|panic| {
        let _ = writeln!(
            io::stderr(),
            "coroscope crashed: {panic}\n\
             This is a mistake of ours, not yours. Please report it with these lines, the command you typed and the\n\
             version of Python in the target. The target runs on."
        );
    }));
    let words = match Words::try_parse() {
        Ok(words) => words,
        Err(error) => {
            // Help and version come this way too, with exit code 0.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let surface = Surface::new(&words.manner);
    if let Err(error) = signals::install(words.verb.second_signal()) {
        surface.say_verbosely(&format!("signals end us at once, as no handler could be installed: {error}"));
    }
    let ended = panic::catch_unwind(AssertUnwindSafe(|| run(&words.verb, &surface)));
    ExitCode::from(match ended {
        Ok(Ok(Ending::Done)) => EXIT_OK,
        Ok(Ok(Ending::Failed(kind))) => kind.exit_code(),
        Ok(Err(error)) => {
            surface.write_error(&error);
            write_error_document(&words.verb, &error);
            error.kind().exit_code()
        }
        Err(_) => {
            write_error_document(&words.verb, &Error::new(ErrorKind::Internal, "coroscope crashed"));
            ErrorKind::Internal.exit_code()
        }
    })
}

fn run(verb: &Verb, surface: &Surface) -> Result<Ending> {
    match verb {
        Verb::Dump(words) => dump::run(words, surface),
        Verb::Tasks(words) => tasks::run(words, surface),
        Verb::Why(words) => why::run(words, surface),
        Verb::Watch(words) => watch::run(words, surface),
        Verb::List(words) => list::run(words, surface),
        Verb::Doctor { pids } => {
            let mut text = Vec::new();
            let fine = doctor::run(pids, &mut text)?;
            Sink::stdout().write_all_of(&text)?;
            Ok(if fine { Ending::Done } else { Ending::Failed(ErrorKind::Permission) })
        }
        Verb::Arm(words) => arm::run(words, surface),
        Verb::Disarm(words) => disarm::run(words, surface),
        Verb::Demo(words) => demo::run(words, surface),
        Verb::Completions(words) => completions::run(words, Words::command()),
        Verb::Man(words) => man::run(words, Words::command()),
    }
}

/// Where a JSON document was to stand on stdout, a failure stands there as one.
fn write_error_document(verb: &Verb, error: &Error) {
    let pid = match verb {
        Verb::Dump(words) if words.output.json_on_stdout() => words.targets.only_pid().map(Pid::get),
        Verb::Tasks(words) if words.output.json_on_stdout() => words.targets.only_pid().map(Pid::get),
        Verb::Arm(words) if words.json => Some(words.pid.get()),
        Verb::Disarm(words) if words.json => Some(words.pid.get()),
        Verb::Why(words) if words.output.json_on_stdout() => Some(words.pid.get()),
        Verb::Watch(words) if words.json => {
            let document = ErrorDocument::new(Failure::new(words.only_pid().map(Pid::get), error));
            let _ = write_json_line(&document, &mut io::stdout().lock());
            return;
        }
        Verb::Demo(words) if words.json() => None,
        Verb::List(words) if words.json() => None,
        _ => return,
    };
    let mut stdout = io::stdout().lock();
    // The exit code and stderr tell the failure; that stdout cannot be written may be the failure itself.
    let _ = write_json(&ErrorDocument::new(Failure::new(pid, error)), &mut stdout).and_then(|()| stdout.flush());
}
