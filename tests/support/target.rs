//! Starts the programs of `tests/targets/` and talks with them.

use std::io::{BufRead as _, BufReader, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::interpreters::Interpreter;

/// How long a target may take for one answer. Big heaps on a busy machine are slow to make.
const ANSWER_LIMIT: Duration = Duration::from_secs(120);

/// A Python process that told the truth about itself and waits for questions. Dropping it ends it.
pub struct Target {
    label: String,
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    stderr: std::fs::File,
    truth: Value,
    // The copy of the programs inside of another root; removed with the target.
    _copy: Option<TempDir>,
}

impl Target {
    /// Starts `tests/targets/NAME` and waits for its line of truth.
    ///
    /// # Panics
    ///
    /// If the program ends or says nothing in time; with what it wrote on standard error.
    pub fn start(interpreter: &Interpreter, name: &str, arguments: &[&str]) -> Self {
        Self::start_with(interpreter, &[], name, arguments)
    }

    /// As [`start`](Self::start), with words for the interpreter: options, and variables as `NAME=value`.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    pub fn start_with(interpreter: &Interpreter, words: &[&str], name: &str, arguments: &[&str]) -> Self {
        let label = format!("{} {name} {} on {interpreter}", words.join(" "), arguments.join(" "));
        let (folder, copy) = programs_for(interpreter.root.as_deref());
        let mut command = interpreter.command();
        for word in words {
            match word.split_once('=') {
                Some((variable, value)) if !variable.starts_with('-') => command.env(variable, value),
                _ => command.arg(word),
            };
        }
        command.arg(folder.join(name)).args(arguments);
        Self::from_command(&label, command, copy)
    }

    /// Starts a command that becomes a target; `copy` is kept as long as it.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    pub fn from_command(label: &str, mut command: Command, copy: Option<TempDir>) -> Self {
        let label = label.trim().to_owned();
        let mut stderr = tempfile::tempfile().expect("a temporary file");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr.try_clone().expect("a second handle of a file"))
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {label}: {error}"));
        let stdin = child.stdin.take();
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            while stdout.read_line(&mut line).is_ok_and(|read| read > 0) {
                if sender.send(std::mem::take(&mut line)).is_err() {
                    break;
                }
            }
        });
        // From here on dropping ends the child, also if the first line never comes.
        stderr.rewind().expect("a file can be read from its start");
        let mut target = Self { label, child, stdin, lines, stderr, truth: Value::Null, _copy: copy };
        target.truth = target.read_answer("its truth");
        target
    }

    /// The process, as this machine counts it.
    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("a pid fits")
    }

    /// What the target said when everything was made.
    pub fn truth(&self) -> &Value {
        &self.truth
    }

    /// What it is and where it runs, for messages.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Sends a line and returns the line that answers it.
    ///
    /// # Panics
    ///
    /// If there is no answer in time, or it tells of an error.
    pub fn ask(&mut self, question: &str) -> Value {
        let stdin = self.stdin.as_mut().expect("stdin is open until the end");
        writeln!(stdin, "{question}").unwrap_or_else(|error| panic!("cannot ask {}: {error}", self.label));
        let answer = self.read_answer(question);
        assert!(answer.get("error").is_none(), "{}: {answer}", self.label);
        answer
    }

    /// Sends a line after which the target tells its truth anew, and takes that.
    ///
    /// # Panics
    ///
    /// As [`ask`](Self::ask).
    pub fn ask_for_another_truth(&mut self, question: &str) -> Value {
        self.truth = self.ask(question);
        self.truth.clone()
    }

    /// Whether the process is still there.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Kills the process and leaves it unreaped: a zombie, until this is dropped.
    pub fn become_zombie(&mut self) {
        let _ = self.child.kill();
        let stat = format!("/proc/{}/stat", self.pid());
        super::health::wait_until("the killed target is a zombie", || {
            std::fs::read_to_string(&stat)
                .is_ok_and(|stat| stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z')))
        });
    }

    fn read_answer(&mut self, what: &str) -> Value {
        match self.lines.recv_timeout(ANSWER_LIMIT) {
            Ok(line) => {
                serde_json::from_str(&line).unwrap_or_else(|error| panic!("{}: {what}: {error}: {line}", self.label))
            }
            Err(error) => {
                let mut said = String::new();
                let _ = self.stderr.read_to_string(&mut said);
                panic!("{} did not tell {what} ({error}); its standard error:\n{said}", self.label)
            }
        }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The folder of the programs as an interpreter in `root` sees it; a copy if that is not ours.
pub fn programs_for(root: Option<&Path>) -> (PathBuf, Option<TempDir>) {
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/targets");
    match root {
        None => (programs, None),
        Some(root) => {
            let (folder, copy) = copy_into(root, &programs);
            (folder, Some(copy))
        }
    }
}

/// Copies the programs to where an interpreter in another root can read them; returns the folder as it is named there.
fn copy_into(root: &Path, programs: &Path) -> (PathBuf, TempDir) {
    let copy = tempfile::Builder::new()
        .prefix("coroscope-targets-")
        .tempdir_in(root.join("tmp"))
        .expect("a folder in the root");
    for entry in std::fs::read_dir(programs).expect("the folder of the targets").filter_map(Result::ok) {
        if entry.path().is_file() {
            std::fs::copy(entry.path(), copy.path().join(entry.file_name())).expect("a copy of a target");
        }
    }
    let inside = Path::new("/").join(copy.path().strip_prefix(root).expect("the folder is inside of the root"));
    (inside, copy)
}
