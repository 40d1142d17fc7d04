//! Children to look at, and waiting for conditions.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use coroscope::process::Pid;

/// How long a condition may take on a crowded machine before the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// A child of the test. Ends with it, and is reaped.
pub(crate) struct Process {
    pub(crate) child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self::try_start(command).unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"))
    }

    pub(crate) fn try_start(command: &mut Command) -> std::io::Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().expect("is piped"));
        Ok(Self { child, stdin, stdout })
    }

    /// A process that sleeps until the test ends.
    pub(crate) fn sleep() -> Self {
        Self::start(Command::new("sleep").arg("600"))
    }

    /// A Python program, ready when it has printed `ready`. `None`, and a skip, where there is no Python.
    pub(crate) fn python(script: &str) -> Option<Self> {
        match Self::try_start(Command::new("python3").args(["-c", script])) {
            Ok(mut python) => {
                python.expect("ready");
                Some(python)
            }
            Err(error) => {
                skip(&format!("no python3: {error}"));
                None
            }
        }
    }

    pub(crate) fn pid(&self) -> Pid {
        i32::try_from(self.child.id()).ok().and_then(Pid::new).expect("a pid")
    }

    /// The next line it prints.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("its output can be read");
        line.trim_end().to_owned()
    }

    #[track_caller]
    pub(crate) fn expect(&mut self, wanted: &str) {
        assert_eq!(self.line(), wanted);
    }

    pub(crate) fn tell(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("is open");
        writeln!(stdin, "{line}").and_then(|()| stdin.flush()).expect("it reads its input");
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(self.pid(), name);
    }

    /// Waits until the first thread is in one of these states.
    #[track_caller]
    pub(crate) fn wait_for_state(&self, wanted: &str) {
        let pid = self.pid();
        wait_until(&format!("state {wanted}"), || state(pid).is_some_and(|state| wanted.contains(state)));
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal by `kill(1)`, which knows real-time signals too.
pub(crate) fn signal(pid: Pid, name: &str) {
    let status = Command::new("kill").args(["-s", name, &pid.to_string()]).status().expect("kill(1) is everywhere");
    assert!(status.success(), "cannot send {name} to {pid}");
}

#[track_caller]
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain for: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The state letter of a process (of its first thread).
pub(crate) fn state(pid: Pid) -> Option<char> {
    field(&format!("/proc/{pid}/status"), "State:")?.chars().next()
}

fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
}

/// State letter and tracer of every thread that is there.
pub(crate) fn threads(pid: Pid) -> Vec<(char, String)> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    tasks
        .filter_map(|task| {
            let path = format!("{}/status", task.ok()?.path().display());
            let state = field(&path, "State:")?.chars().next()?;
            Some((state, field(&path, "TracerPid:")?))
        })
        .collect()
}

/// Nobody holds any thread: none is traced, and none stands still.
#[track_caller]
pub(crate) fn assert_free(pid: Pid) {
    // A thread that was let go becomes runnable at once and shows it a moment later.
    wait_until("no thread stopped", || threads(pid).iter().all(|(state, _)| !matches!(state, 't' | 'T')));
    let threads = threads(pid);
    assert!(!threads.is_empty(), "process {pid} is there");
    assert!(threads.iter().all(|(_, tracer)| tracer == "0"), "somebody is traced: {threads:?}");
}

static SKIPPED: AtomicUsize = AtomicUsize::new(0);

/// Says that a test could not be done here; past the harness, which shows the output of failures only.
pub(crate) fn skip(why: &str) {
    let count = SKIPPED.fetch_add(1, Ordering::Relaxed) + 1;
    let name = std::thread::current().name().unwrap_or("a test").to_owned();
    let _ = writeln!(std::io::stderr(), "skipped ({count} so far): {name}: {why}");
}

/// Whether we are root; a skip if not.
pub(crate) fn root_or_skip() -> bool {
    let root = nix::unistd::geteuid().is_root();
    if !root {
        skip("needs root");
    }
    root
}

/// Path of a program on PATH.
pub(crate) fn which(program: &str) -> std::path::PathBuf {
    std::env::var_os("PATH")
        .iter()
        .flat_map(std::env::split_paths)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("{program} is not on PATH"))
}

/// Copies a program, readable and executable for those that `mode` says.
pub(crate) fn copy_program(from: &Path, to: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::copy(from, to).expect("copy a program");
    fs::set_permissions(to, fs::Permissions::from_mode(mode)).expect("set its mode");
}
