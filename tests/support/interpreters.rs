//! Finds the CPython interpreters of this machine.
//!
//! Places, in this order: `COROSCOPE_PYTHONS` (programs or root file systems, separated by colons), `PATH`, pyenv, and the
//! root file systems below `.interpreters/` that `scripts/interpreters` makes (run through chroot, which needs root). One
//! interpreter found in several ways counts once.

use std::collections::HashSet;
use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::sync::{Once, OnceLock};
use std::time::Duration;

/// The minor versions of CPython 3 that coroscope supports.
pub const SUPPORTED: std::ops::RangeInclusive<u8> = 8..=15;

/// How long an interpreter may take to say its version.
const PROBE_LIMIT: Duration = Duration::from_secs(30);

/// Runs on every Python since 2.6.
const PROBE: &str = "import sys
try:
    name = sys.implementation.name
except AttributeError:
    name = 'cpython'
try:
    import sysconfig
    free_threaded = bool(sysconfig.get_config_var('Py_GIL_DISABLED'))
except Exception:
    free_threaded = False
debian = any('dist-packages' in path for path in sys.path)
print('%d %d %d %s %d %d %s' % (tuple(sys.version_info[:3]) + (name, free_threaded, debian, sys.executable)))
";

/// A Python version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The 3 of 3.14.10.
    pub major: u8,
    /// The 14 of 3.14.10.
    pub minor: u8,
    /// The 10 of 3.14.10.
    pub micro: u8,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.micro)
    }
}

/// An interpreter that can be started.
#[derive(Debug, Clone)]
pub struct Interpreter {
    /// What a person calls it, as in `3.13.18 (chroot sid)`.
    pub label: String,
    /// What it says it is.
    pub version: Version,
    /// Built without the global interpreter lock.
    pub free_threaded: bool,
    /// Built by Debian, whose layouts differ in places.
    pub debian: bool,
    /// The program, as it is named inside of `root`.
    pub program: PathBuf,
    /// The root file system it lives in, if that is not ours.
    pub root: Option<PathBuf>,
}

impl Interpreter {
    /// A command that becomes this interpreter: chroot calls exec, so that the child's pid is the interpreter's.
    /// Variables that change how Python behaves are not handed on.
    pub fn command(&self) -> Command {
        let mut command = match &self.root {
            None => Command::new(&self.program),
            Some(root) => {
                let mut command = Command::new("chroot");
                command.arg(root).arg(&self.program);
                command
            }
        };
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PYTHON") {
                command.env_remove(name);
            }
        }
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }

    /// Whether this is CPython 3.`minor` or newer.
    pub fn at_least(&self, minor: u8) -> bool {
        self.version.minor >= minor
    }

    /// Whether the interpreter can import a module.
    pub fn can_import(&self, module: &str) -> bool {
        let mut command = self.command();
        command.args(["-c", &format!("import {module}")]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }
}

impl fmt::Display for Interpreter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label)
    }
}

/// Every interpreter of this machine that coroscope supports, oldest first, with the matrix printed once.
///
/// Fails the test if there is none: a live test without an interpreter would be a test that cannot fail.
pub fn all() -> Vec<Interpreter> {
    matrix_note();
    let found: Vec<_> = discovered().iter().filter(|found| is_supported(found)).cloned().collect();
    assert!(
        !found.is_empty(),
        "no CPython 3.8 to 3.15 on this machine: run scripts/interpreters, or set COROSCOPE_PYTHONS"
    );
    found
}

/// The interpreters for tests that need not run everywhere: the oldest and the newest.
pub fn oldest_and_newest() -> Vec<Interpreter> {
    let mut found = all();
    if found.len() > 2 {
        found.drain(1..found.len() - 1);
    }
    found
}

/// The newest interpreter of this machine.
pub fn newest() -> Interpreter {
    all().pop().unwrap_or_else(|| unreachable!("all() does not return an empty list"))
}

/// Pythons that coroscope has to refuse: 2.x, and 3.7 and older.
pub fn unsupported() -> Vec<Interpreter> {
    let first = Version { major: 3, minor: *SUPPORTED.start(), micro: 0 };
    let found: Vec<_> = discovered().iter().filter(|found| found.version < first).cloned().collect();
    if found.is_empty() {
        super::note("skipped: refusing Python 2 and 3.7 (none found), 1 skipped");
    }
    found
}

/// Interpreters that can import uvloop: those of [`all`], and the virtual environments below `.interpreters/venvs`.
pub fn with_uvloop() -> Vec<Interpreter> {
    let mut found: Vec<_> = all().into_iter().filter(|found| found.can_import("uvloop")).collect();
    found.extend(virtual_environments(".interpreters/venvs", "uvloop"));
    if found.is_empty() {
        super::note("skipped: uvloop (no interpreter can import it), 1 skipped");
    }
    found
}

/// Interpreters with asyncio frameworks: the virtual environments that `scripts/frameworks` makes.
pub fn with_frameworks() -> Vec<Interpreter> {
    let found = virtual_environments(".interpreters/venvs/frameworks", "aiohttp, anyio, fastapi, httpx, uvicorn");
    if found.is_empty() {
        super::note("skipped: frameworks (scripts/frameworks has made no environment), 1 skipped");
    }
    found
}

/// The environments in a folder of this project that can import some modules.
fn virtual_environments(folder: &str, modules: &str) -> Vec<Interpreter> {
    let probed = children(&project().join(folder)).into_iter().filter_map(|venv| probe(&venv.join("bin/python"), None));
    probed
        .filter(|found| is_supported(found) && found.can_import(modules))
        .map(|found| Interpreter { label: format!("{} (venv)", found.version), ..found })
        .collect()
}

/// Prints what was found, and which of the supported versions were not; once per test program.
pub fn matrix_note() {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        let found: Vec<_> = discovered().iter().filter(|found| is_supported(found)).collect();
        let labels: Vec<_> = found.iter().map(|found| found.label.as_str()).collect();
        super::note(&format!("interpreters: {} ({})", labels.len(), labels.join(", ")));
        let lacking: Vec<_> = SUPPORTED
            .filter(|minor| found.iter().all(|found| found.version.minor != *minor))
            .map(|minor| format!("3.{minor} (not found)"))
            .collect();
        if !lacking.is_empty() {
            super::note(&format!("skipped: {} ({})", lacking.len(), lacking.join(", ")));
        }
    });
}

fn is_supported(found: &Interpreter) -> bool {
    found.version.major == 3 && SUPPORTED.contains(&found.version.minor)
}

/// Everything found, supported or not, oldest first. Asked for once per test program.
fn discovered() -> &'static [Interpreter] {
    static FOUND: OnceLock<Vec<Interpreter>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let mut found: Vec<Interpreter> = Vec::new();
        let mut known = HashSet::new();
        for (program, root) in candidates() {
            let Some(interpreter) = probe(&program, root.as_deref()) else { continue };
            let inside = interpreter.program.strip_prefix("/").unwrap_or(&interpreter.program);
            let outside =
                interpreter.root.as_ref().map_or_else(|| interpreter.program.clone(), |root| root.join(inside));
            if known.insert((std::fs::canonicalize(&outside).unwrap_or(outside), interpreter.version)) {
                found.push(interpreter);
            }
        }
        found.sort_by_key(|found| found.version);
        found
    })
}

/// Programs that may be Pythons, each with the root file system it has to be run in.
fn candidates() -> Vec<(PathBuf, Option<PathBuf>)> {
    let mut found = Vec::new();
    let named = std::env::var_os("COROSCOPE_PYTHONS").unwrap_or_default();
    for place in std::env::split_paths(&named).filter(|place| !place.as_os_str().is_empty()) {
        if place.is_dir() { add_root(&mut found, &place) } else { found.push((place, None)) }
    }
    for folder in std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()) {
        found.extend(pythons_in(&folder).into_iter().map(|program| (program, None)));
    }
    let pyenv = std::env::var_os("PYENV_ROOT")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".pyenv")));
    for version in pyenv.map(|pyenv| children(&pyenv.join("versions"))).unwrap_or_default() {
        // The 2.x versions of pyenv have no python3.
        let program =
            ["bin/python3", "bin/python2"].map(|name| version.join(name)).into_iter().find(|program| program.exists());
        found.extend(program.map(|program| (program, None)));
    }
    for root in children(&project().join(".interpreters")) {
        add_root(&mut found, &root);
    }
    found
}

/// Adds the interpreters of a root file system, and says so if they can't be run.
fn add_root(found: &mut Vec<(PathBuf, Option<PathBuf>)>, root: &Path) {
    let programs = pythons_in(&root.join("usr/bin"));
    if programs.is_empty() {
        return;
    }
    if !nix::unistd::geteuid().is_root() {
        super::note(&format!("skipped: {} in {} (chroot needs root)", programs.len(), root.display()));
        return;
    }
    for program in programs {
        let inside = Path::new("/").join(program.strip_prefix(root).unwrap_or(&program));
        found.push((inside, Some(root.to_owned())));
    }
}

/// Programs of a folder that are named like a Python 3: `python3`, `python3.14`, `python3.14t`; not `python3-config`.
fn pythons_in(folder: &Path) -> Vec<PathBuf> {
    let is_python = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some(rest) = name.strip_prefix("python3") else { return false };
        let rest = rest.strip_suffix('t').unwrap_or(rest);
        rest.is_empty() || rest.strip_prefix('.').is_some_and(|minor| minor.parse::<u8>().is_ok())
    };
    children(folder).into_iter().filter(is_python).collect()
}

/// Asks a program what it is. `None` if it is no Python that works.
fn probe(program: &Path, root: Option<&Path>) -> Option<Interpreter> {
    let unknown = Interpreter {
        label: String::new(),
        version: Version { major: 0, minor: 0, micro: 0 },
        free_threaded: false,
        debian: false,
        program: program.to_owned(),
        root: root.map(Path::to_owned),
    };
    let said = output_within(unknown.command().args(["-c", PROBE]), PROBE_LIMIT)?;
    let mut words = said.trim().splitn(7, ' ');
    let mut number = || words.next()?.parse::<u8>().ok();
    let version = Version { major: number()?, minor: number()?, micro: number()? };
    if words.next()? != "cpython" {
        return None;
    }
    let free_threaded = words.next()? == "1";
    let debian = words.next()? == "1";
    let executable = words.next().filter(|path| !path.is_empty()).map(PathBuf::from)?;
    let mut label = version.to_string();
    if free_threaded {
        label.push('t');
    }
    if let Some(name) = root.and_then(Path::file_name) {
        label = format!("{label} (chroot {})", name.to_string_lossy());
    } else if debian {
        label.push_str(" (Debian)");
    }
    Some(Interpreter { label, version, free_threaded, debian, program: executable, ..unknown })
}

/// Standard output of a command that ends well within the limit. A command that does not is killed.
fn output_within(command: &mut Command, limit: Duration) -> Option<String> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let mut stdout = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        let _ = sender.send(stdout.read_to_string(&mut text).ok().map(|_| text));
    });
    let text = receiver.recv_timeout(limit).ok().flatten();
    if text.is_none() {
        let _ = child.kill();
    }
    let status = child.wait().ok()?;
    text.filter(|_| status.success())
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())).collect())
        .unwrap_or_default();
    found.sort();
    found
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
