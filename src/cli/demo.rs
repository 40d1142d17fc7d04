//! `coroscope demo`: starts a small leaky program with the machine's own `python3`, looks at it, and
//! says what there is to see.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use clap::Args;
use tempfile::TempDir;

use super::look_words::{Format, LookWords};
use super::output::Sink;
use super::{Ending, Surface, TEMPLATE};
use crate::error::{Error, ErrorKind, Result};
use crate::look;
use crate::process::{Pid, signals};
use crate::render::{Json, Line, Page, Render, Role, Text};
use crate::report::{Report, Verdict};

const PROGRAM: &str = include_str!("demo.py");
/// The name under which the program appears in the report.
const PROGRAM_NAME: &str = "notifications.py";
/// How long the interpreter may take to start: generous, for machines that are busy or cold.
const START_LIMIT: Duration = Duration::from_secs(20);
/// How often a wait asks whether a signal told us to stop.
const POLL: Duration = Duration::from_millis(50);

/// What the program does wrong, and right: function, and a sentence.
const MISTAKES: [(&str, &str); 4] = [
    ("send_email", "put into a list, `outbox.pending`, that nobody empties"),
    ("build_report", "stored in a dict where the report was meant to be"),
    ("write_audit", "kept by a callback; origin tracking was on, so the report knows the line that made it"),
    ("send_receipt", "in a local variable of a suspended function, which does not use it again"),
];
const RIGHT: [(&str, &str); 2] =
    [("send_push", "awaited by `asyncio.gather()`"), ("send_digest", "stored in a variable first, then awaited")];

/// The words of this verb.
#[derive(Debug, Clone, Args)]
#[command(
    about = "Start a small leaky program, look at it, and explain what there is to see",
    long_about = None,
    before_help = "\
Examples:
  coroscope demo
  coroscope demo --python /usr/bin/python3.12
  coroscope demo --keep                         leaves it running, to try `dump` on it",
    after_help = "Next: `coroscope list`, then `coroscope dump PID` on a process of your own.",
    help_template = TEMPLATE
)]
pub(super) struct Words {
    /// The interpreter to start it with
    #[arg(long, value_name = "PATH", default_value = "python3")]
    python: PathBuf,
    /// Keep the program running until you press enter
    #[arg(long)]
    keep: bool,
    #[command(flatten)]
    look: LookWords,
    /// Format of the report; JSON comes without the explanation
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text", conflicts_with = "json")]
    format: Format,
    /// The same as `--format json`
    #[arg(long)]
    json: bool,
    /// Also list what is not judged yet, and all tasks and threads
    #[arg(long)]
    all: bool,
}

impl Words {
    pub(super) fn json(&self) -> bool {
        self.json || self.format == Format::Json
    }
}

/// Runs it.
pub(super) fn run(words: &Words, surface: &Surface) -> Result<Ending> {
    let python = Interpreter::ask(&words.python)?;
    surface.say_verbosely(&format!("starting the demo program with {} ({})", python.path.display(), python.version));
    let program = Program::start(&python)?;
    let settings = look::Settings { call_sites: true, ..words.look.settings() };
    let report = look::look(program.pid, &settings)?;

    let mut bytes = Vec::new();
    if words.json() {
        Json.render(&report, &mut bytes, &surface.stdout)
    } else {
        (Text { all: words.all, next: words.keep, ..Text::default() }.render(&report, &mut bytes, &surface.stdout))
            .and_then(|()| explain(&report, &mut Page::new(&mut bytes, &surface.stdout)))
    }
    .map_err(|error| Error::new(ErrorKind::Internal, "cannot write the report down").caused_by(error))?;
    Sink::stdout().write_all_of(&bytes)?;
    if words.keep {
        let pid = program.pid;
        surface.write_stderr(&format!("the program runs on as pid {pid}: try `coroscope dump {pid}`; enter ends it"));
        wait_for_enter()?;
    }
    Ok(Ending::Done)
}

fn explain(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    page.blank()?;
    page.line(&Line::new().with(Role::Title, "What there is to see"), 2)?;
    let width = MISTAKES.iter().chain(&RIGHT).map(|(name, _)| name.len()).max().unwrap_or_default();
    let shown_as =
        |name: &str| report.findings.iter().find(|finding| finding.qualname == name).map(|finding| finding.verdict);
    let column = width + 4;
    for (name, sentence) in MISTAKES {
        let (role, word) = match shown_as(name) {
            Some(verdict @ (Verdict::Leaked | Verdict::Suspect)) => (Role::Leaked, verdict.word()),
            Some(Verdict::Pending) => (Role::Pending, Verdict::Pending.word()),
            None => (Role::Suspect, "not found"),
        };
        page.row(2, name, column, &judged(role, word, sentence))?;
    }
    for (name, sentence) in RIGHT {
        let (role, word) = match shown_as(name) {
            None => (Role::Good, "fine"),
            Some(verdict) => (Role::Suspect, verdict.word()),
        };
        page.row(2, name, column, &judged(role, word, sentence))?;
    }
    page.blank()?;
    let sentence = "Python itself says nothing about any of these while they are alive: its warning comes when the \
                    object is destroyed, far from the mistake. The program was neither changed nor restarted.";
    page.line(&Line::new().plain(sentence), 0)?;
    page.blank()?;
    let next = Line::new().with(Role::Command, "coroscope list").with(Role::Faint, "  shows your own Python processes");
    page.row(0, "next", 6, &next)
}

fn judged(role: Role, word: &str, sentence: &str) -> Line {
    // As wide as the longest word, "not found".
    Line::new().with(role, word).plain(" ".repeat(11_usize.saturating_sub(word.len()))).with_commands(sentence)
}

/// An interpreter that can run the program.
struct Interpreter {
    path: PathBuf,
    version: String,
}

impl Interpreter {
    /// Asks `python` who it is. The answer names the real executable: what is called `python3` may be a script
    /// that starts it.
    fn ask(python: &Path) -> Result<Self> {
        const QUESTION: &str = "import sys, platform; print(sys.executable); print(platform.python_implementation()); \
                                print('.'.join(map(str, sys.version_info[:3])))";
        let cannot = |why: String| {
            Error::new(ErrorKind::NotPython, format!("cannot start the demo with `{}`", python.display()))
                .caused_by(why)
                .hint("name a CPython of version 3.8 to 3.15: `coroscope demo --python /path/to/python3`")
        };
        let mut command = Command::new(python);
        command.args(["-E", "-c", QUESTION]);
        let running = Running::start(command).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => cannot("there is no such program on the PATH".into()),
            _ => cannot(error.to_string()),
        })?;
        let lines = running.lines(3)?;
        let [path, implementation, version] = &lines[..] else {
            return Err(cannot(running.last_words().unwrap_or_else(|| "it does not answer like Python 3".into())));
        };
        let minor = version.strip_prefix("3.").and_then(|rest| rest.split('.').next()?.parse::<u32>().ok());
        if implementation != "CPython" || !minor.is_some_and(|minor| (8..=15).contains(&minor)) {
            return Err(cannot(format!("it is {implementation} {version}")));
        }
        Ok(Self { path: path.into(), version: version.clone() })
    }
}

/// The leaky program, running. It ends with this value, and also if we die before: its stdin closes then.
struct Program {
    pid: Pid,
    _running: Running,
    _folder: TempDir,
}

impl Program {
    fn start(python: &Interpreter) -> Result<Self> {
        let cannot = |why: String| Error::new(ErrorKind::Internal, "cannot start the demo program").caused_by(why);
        let folder = tempfile::Builder::new().prefix("coroscope-demo-").tempdir();
        let folder = folder.map_err(|error| cannot(error.to_string()))?;
        let file = folder.path().join(PROGRAM_NAME);
        fs::write(&file, PROGRAM).map_err(|error| cannot(error.to_string()))?;
        let mut command = Command::new(&python.path);
        command.args(["-I", "-B"]).arg(&file);
        let running = Running::start(command).map_err(|error| cannot(error.to_string()))?;
        let lines = running.lines(1)?;
        let pid = (lines.first())
            .and_then(|line| line.strip_prefix("ready ")?.parse().ok())
            .and_then(Pid::new)
            .ok_or_else(|| cannot(running.last_words().unwrap_or_else(|| "it ended before it was ready".into())))?;
        Ok(Self { pid, _running: running, _folder: folder })
    }
}

/// A child with pipes to it. Dropping it ends it.
struct Running {
    child: Child,
    lines: mpsc::Receiver<String>,
    stderr: File,
}

impl Running {
    fn start(mut command: Command) -> io::Result<Self> {
        // A file, not a pipe: nobody has to empty it while the child runs.
        let stderr = tempfile::tempfile()?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(stderr.try_clone()?);
        let mut child = command.spawn()?;
        let (sender, lines) = mpsc::channel();
        if let Some(stdout) = child.stdout.take() {
            // Ends when the child does, or when nobody listens any more.
            std::thread::spawn(move || {
                for line in BufReader::new(stdout).lines().map_while(io::Result::ok) {
                    if sender.send(line).is_err() {
                        break;
                    }
                }
            });
        }
        Ok(Self { child, lines, stderr })
    }

    /// The next lines it prints; fewer if it ends or takes too long.
    fn lines(&self, count: usize) -> Result<Vec<String>> {
        let end = Instant::now() + START_LIMIT;
        let mut lines = Vec::new();
        while lines.len() < count && Instant::now() < end {
            signals::check()?;
            match self.lines.recv_timeout(POLL) {
                Ok(line) => lines.push(line),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        Ok(lines)
    }

    /// The last line it wrote to stderr: in a traceback, the one that says what happened.
    fn last_words(&self) -> Option<String> {
        use std::os::unix::fs::FileExt;
        let mut buffer = vec![0; 64 * 1024];
        let length = self.stderr.read_at(&mut buffer, 0).ok()?;
        let text = String::from_utf8_lossy(&buffer[..length]);
        text.lines().rev().find(|line| !line.trim().is_empty()).map(str::to_owned)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody to tell about either.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for a line, the end of stdin, or a signal.
fn wait_for_enter() -> Result<()> {
    let (sender, entered) = mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let _ = io::stdin().lock().read_line(&mut line);
        let _ = sender.send(());
    });
    while let Err(RecvTimeoutError::Timeout) = entered.recv_timeout(POLL) {
        signals::check()?;
    }
    Ok(())
}
