//! `list` and `doctor` on real processes: what can be looked at, what cannot, and why.

mod support;

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use support::interpreters;
use support::target::Target;
use support::{dump, note};

/// A copy of the program where every user can reach it.
struct Copy {
    _folder: tempfile::TempDir,
    program: PathBuf,
}

/// `None`, and a note, if we cannot become another user.
fn copy_for_nobody(what: &str) -> Option<Copy> {
    if !nix::unistd::geteuid().is_root() {
        note(&format!("skipped: {what} as another user (needs root), 1 skipped"));
        return None;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("our own folder");
    let program = folder.path().join("coroscope");
    std::fs::copy(env!("CARGO_BIN_EXE_coroscope"), &program).expect("the program was built");
    Some(Copy { _folder: folder, program })
}

impl Copy {
    fn run_as_nobody(&self, words: &[&str]) -> Output {
        let mut command = Command::new(&self.program);
        command.args(words).current_dir("/").stdin(Stdio::null()).uid(65534).gid(65534);
        command.output().expect("the copy runs")
    }
}

/// The entry of a process in the output of `list --json`.
#[track_caller]
fn entry(output: &Output, pid: i32) -> Value {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", output.status);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    assert_eq!(document["schema"], "coroscope.list/1", "{document}");
    let mut processes = document["processes"].as_array().into_iter().flatten();
    processes.find(|process| process["pid"] == pid).unwrap_or_else(|| panic!("no {pid} in {document}")).clone()
}

fn list(words: &[&str]) -> Output {
    dump::coroscope(&["list"]).args(words).output().expect("the program was built")
}

fn doctor(pid: i32) -> Output {
    dump::coroscope(&["doctor", &pid.to_string()]).output().expect("the program was built")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn what_can_be_looked_at() {
    let targets: Vec<Target> =
        interpreters::all().iter().map(|interpreter| Target::start(interpreter, "loops.py", &[])).collect();
    let versions: Vec<String> = interpreters::all().iter().map(|found| found.version.to_string()).collect();
    let json = list(&["--json"]);
    let table = text(&list(&[]).stdout);
    for (target, version) in targets.iter().zip(&versions) {
        let found = entry(&json, target.pid());
        assert_eq!(found["version"].as_str(), Some(version.as_str()), "{}: {found}", target.label());
        assert_eq!(found["readable"], true, "{}: {found}", target.label());
        assert_eq!(found["why_not"], Value::Null, "{}: {found}", target.label());
        // Two loops with three parked tasks, one that holds a local, and one main task each.
        assert_eq!((&found["loops"], &found["tasks"]), (&2.into(), &10.into()), "{}: {found}", target.label());
        assert!(found["command"].as_str().is_some_and(|words| words.contains("loops.py")), "{found}");
        let start = format!("{:>8}  {version:<10} {:>5} {:>7}  ", target.pid(), 2, 10);
        let line = table.lines().find(|line| line.starts_with(&start));
        assert!(line.is_some_and(|line| line.contains("loops.py")), "{}: {table}", target.label());
    }
}

#[test]
fn pythons_that_are_too_old() {
    for interpreter in interpreters::unsupported() {
        let target = Target::start(&interpreter, "any_python.py", &[]);
        let found = entry(&list(&["--json"]), target.pid());
        assert_eq!(found["readable"], false, "{interpreter}: {found}");
        let why = found["why_not"].as_str().unwrap_or_default();
        assert!(why.contains("3.8 to 3.15") && why.contains(&interpreter.version.to_string()), "{interpreter}: {why}");
        let output = doctor(target.pid());
        let said = text(&output.stdout);
        assert_eq!(output.status.code(), Some(2), "{said}");
        let last = said.lines().last().unwrap_or_default();
        assert!(last.contains("nothing to dump") && last.contains(&interpreter.version.to_string()), "{said}");
    }
}

#[test]
fn what_belongs_to_somebody_else() {
    let Some(copy) = copy_for_nobody("list and doctor") else { return };
    let target = Target::start(&interpreters::newest(), "plain.py", &[]);
    let found = entry(&copy.run_as_nobody(&["list", "--json"]), target.pid());
    assert_eq!((&found["readable"], &found["version"]), (&false.into(), &Value::Null), "{found}");
    assert!(found["why_not"].as_str().is_some_and(|why| why.contains("root") && why.contains("65534")), "{found}");
    let table = text(&copy.run_as_nobody(&["list"]).stdout);
    assert!(table.contains("cannot be read: it belongs to root"), "{table}");

    let output = copy.run_as_nobody(&["doctor", &target.pid().to_string()]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.lines().any(|line| line.starts_with("problem") && line.contains("its user")), "{said}");
    // sudo drops PATH: the line to paste has the whole path.
    let paste = format!("hint: run `sudo {} dump {}`", copy.program.display(), target.pid());
    assert!(said.lines().any(|line| line == paste), "{said}");
}

#[test]
fn doctor_on_the_living_the_dead_and_the_traced() {
    let mut target = Target::start(&interpreters::newest(), "plain.py", &[]);
    let pid = target.pid();
    let output = doctor(pid);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(!said.contains("problem"), "{said}");
    let last = said.lines().last().unwrap_or_default();
    let version = interpreters::newest().version;
    assert!(last.starts_with(&format!("You can read process {pid} (")), "{said}");
    assert!(last.contains(&version.to_string()) && last.ends_with(&format!("`coroscope dump {pid}`")), "{said}");

    // A tracer must be a thread that stays: requests come from it alone.
    let id = nix::unistd::Pid::from_raw(pid);
    nix::sys::ptrace::seize(id, nix::sys::ptrace::Options::empty()).expect("our own child");
    let said = text(&doctor(pid).stdout);
    nix::sys::ptrace::interrupt(id).expect("it is traced by us");
    nix::sys::wait::waitpid(id, Some(nix::sys::wait::WaitPidFlag::__WALL)).expect("it stops");
    nix::sys::ptrace::detach(id, None).expect("it stands still");
    let traced = said.lines().find(|line| line.contains("traced by")).unwrap_or_default();
    assert!(traced.starts_with("problem") && traced.contains(&format!("process {}", std::process::id())), "{said}");
    assert!(traced.contains("`--mode nonblocking`"), "{said}");
    support::health::assert_recovers(&mut target);

    target.become_zombie();
    let output = doctor(pid);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stdout).contains("zombie"), "{}", text(&output.stdout));
    drop(target);
    let output = doctor(pid);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stdout).starts_with(&format!("no process with pid {pid}")), "{}", text(&output.stdout));
}
