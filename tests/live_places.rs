//! Interpreters in odd places and states: moved, stripped, deleted, replaced, embedded, stopped, forked, in another namespace,
//! with other allocators, with odd names in them.

mod support;

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use serde_json::Value;
use support::interpreters::{self, Interpreter};
use support::target::{Target, programs_for};
use support::{dump, health, note, truth};

const MODES: [&str; 3] = ["verify", "frozen", "nonblocking"];

/// The report of one mode, which must hold exactly what the target says.
#[track_caller]
fn assert_complete(target: &Target, pid: i32, mode: &str, what: &str) -> dump::Report {
    let mut words = dump::EVERYTHING.to_vec();
    words.extend(["--mode", mode]);
    let report = dump::report(pid, &words);
    assert_eq!(report.addresses(), truth::leaks(target.truth()), "{}, {what}, {mode}", target.label());
    report
}

/// The files that a process runs CPython from: its program, and libpython if that is a library.
fn interpreter_files(pid: i32) -> Vec<PathBuf> {
    let mut files = vec![std::fs::read_link(format!("/proc/{pid}/exe")).expect("our own child has a program")];
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).expect("our own child has mappings");
    let library = maps
        .lines()
        .filter_map(|line| line.find('/').map(|at| &line[at..]))
        .find(|path| Path::new(path).file_name().is_some_and(|name| name.to_string_lossy().starts_with("libpython")));
    files.extend(library.map(PathBuf::from));
    files
}

fn can_strip() -> bool {
    let found = Command::new("strip").arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        note("skipped: stripped interpreters (no strip), 1 skipped");
    }
    found
}

/// Where an interpreter finds its standard library when its program lies elsewhere.
fn home(interpreter: &Interpreter) -> String {
    let output = interpreter
        .command()
        .args(["-c", "import sys; sys.stdout.write(sys.base_prefix)"])
        .output()
        .expect("the interpreter runs");
    String::from_utf8(output.stdout).expect("a path")
}

/// A copy of an interpreter in a folder of its own, with a blank and a line feed in its path.
struct Moved {
    folder: tempfile::TempDir,
    /// The copies: the program, then libpython if there is one.
    files: Vec<PathBuf>,
    command: Command,
}

fn moved(interpreter: &Interpreter, strip: bool) -> Moved {
    let root = interpreter.root.clone().unwrap_or_else(|| "/".into());
    let original = Target::start(interpreter, "any_python.py", &[]);
    let originals = interpreter_files(original.pid());
    let folder = tempfile::Builder::new().prefix("odd place\n").tempdir_in(root.join("tmp")).expect("a folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("our own folder");
    let mut files = Vec::new();
    for file in &originals {
        let name = if files.is_empty() { "my app\n1".into() } else { file.file_name().expect("a file").to_owned() };
        let copy = folder.path().join(name);
        std::fs::copy(file, &copy).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        if strip {
            assert!(Command::new("strip").arg("-s").arg(&copy).status().is_ok_and(|status| status.success()));
        }
        files.push(copy);
    }
    let inside = |path: &Path| Path::new("/").join(path.strip_prefix(&root).expect("inside of the root"));
    let mut command = Interpreter { program: inside(&files[0]), ..interpreter.clone() }.command();
    command.env("PYTHONHOME", home(interpreter)).env("LD_LIBRARY_PATH", inside(folder.path()));
    Moved { folder, files, command }
}

#[test]
fn an_interpreter_that_is_moved_stripped_deleted_and_replaced() {
    let strip = can_strip();
    for interpreter in interpreters::all() {
        let mut moved = moved(&interpreter, strip);
        let (programs, copy) = programs_for(interpreter.root.as_deref());
        moved.command.arg(programs.join("leaks.py"));
        let label = format!("a moved and stripped {interpreter}");
        let mut target = Target::from_command(&label, moved.command, copy);
        let pid = target.pid();
        let now = interpreter_files(pid);
        assert!(now.iter().all(|file| file.to_string_lossy().contains("odd place")), "{label} runs from {now:?}");
        assert_complete(&target, pid, "verify", "with odd paths");
        for file in moved.files.iter().rev() {
            std::fs::remove_file(file).expect("our own copy");
            assert_complete(&target, pid, "verify", "with a file deleted");
        }
        // An upgrade: other files have taken the old paths.
        for file in &moved.files {
            std::fs::copy(env!("CARGO_BIN_EXE_coroscope"), file).expect("our own folder");
        }
        for mode in MODES {
            assert_complete(&target, pid, mode, "replaced");
        }
        drop(moved.folder);
        health::assert_unharmed(&mut target);
    }
}

#[test]
fn other_allocators() {
    for interpreter in interpreters::all() {
        for allocator in ["malloc", "debug", "malloc_debug", "pymalloc_debug"] {
            let words = format!("PYTHONMALLOC={allocator}");
            let target = Target::start_with(&interpreter, &[&words], "leaks.py", &[]);
            assert_complete(&target, target.pid(), "verify", allocator);
        }
    }
}

#[test]
fn development_mode_accuses_nobody_wrongly() {
    for interpreter in interpreters::all() {
        let target = Target::start_with(&interpreter, &["-X", "dev"], "leaks.py", &[]);
        for mode in ["verify", "frozen"] {
            assert_complete(&target, target.pid(), mode, "-X dev");
        }
        let target = Target::start_with(&interpreter, &["-X", "dev"], "healthy.py", &["blocked"]);
        let report = dump::report(target.pid(), &["--instances", "1000", "--settle", "100ms"]);
        assert_eq!(report.accused(), BTreeSet::new(), "{}: {:?}", target.label(), report.findings());
    }
}

#[test]
fn odd_names_and_sizes() {
    for interpreter in interpreters::all() {
        let target = Target::start(&interpreter, "names.py", &[]);
        for mode in ["verify", "frozen"] {
            let report = assert_complete(&target, target.pid(), mode, "odd names");
            let of = |label: &str| -> &Value {
                let wanted = target.truth()["leaks"][label][0].as_u64().unwrap_or_else(|| panic!("no {label}"));
                let has = |finding: &&Value| {
                    finding["instances"]
                        .as_array()
                        .is_some_and(|all| all.iter().any(|one| dump::address(&one["address"]) == wanted))
                };
                report.findings().iter().find(has).unwrap_or_else(|| panic!("{}: {label}", target.label()))
            };
            for (label, qualname, module, file) in [
                ("big", "big", Some("made at run time"), "<big\nfile>"),
                ("unicode", "名前", Some("made at run time"), "/パス/名.py"),
                ("latin 1", "café", Some("made at run time"), "/café.py"),
                ("beyond 16 bits", "f", Some("made at run time"), "/🐍.py"),
                ("surrogate", "undecodable", Some("made at run time"), "/\u{fffd}.py"),
                ("renamed", "red\u{1b}[31m\u{202e}\n", Some("__main__"), "names.py"),
                ("method", "Outer.Inner.method", Some("__main__"), "names.py"),
                ("nested", "Outer.make.<locals>.nested", Some("__main__"), "names.py"),
            ] {
                let finding = of(label);
                assert_eq!(finding["qualname"], qualname, "{}: {finding}", target.label());
                assert_eq!(finding["module"].as_str(), module, "{}: {finding}", target.label());
                let found = finding["definition"]["file"].as_str().unwrap_or_default();
                assert!(found == file || found.ends_with(&format!("/{file}")), "{}: {finding}", target.label());
            }
            assert!(
                of("big")["instances"][0]["size_bytes"].as_u64() > Some(24_000),
                "{}: {}",
                target.label(),
                of("big")
            );
            assert_eq!(of("no module")["qualname"], "homeless", "{}", target.label());
        }
        let output =
            dump::coroscope(&["dump", "--all", "--settle", "0s", "--color", "never", &target.pid().to_string()])
                .output()
                .expect("the program was built");
        let text = String::from_utf8(output.stdout).expect("text is UTF-8");
        assert!(text.contains("Outer.Inner.method"), "{}: {text}", target.label());
        let control = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(control), "{}: what can harm a terminal is escaped: {text:?}", target.label());
    }
}

/// Arguments of the first instance of a coroutine, as `name: type = value`.
fn arguments(report: &dump::Report, qualname: &str) -> Option<Vec<String>> {
    let finding = report.named(qualname).next().unwrap_or_else(|| panic!("no {qualname}"));
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let all = finding["instances"][0]["arguments"].as_array()?;
    Some(
        all.iter()
            .map(|one| format!("{}: {} = {}", text(&one["name"]), text(&one["type"]), text(&one["value"])))
            .collect(),
    )
}

#[test]
fn arguments_are_shown_when_asked_for_and_never_else() {
    for interpreter in interpreters::all() {
        let target = Target::start(&interpreter, "names.py", &[]);
        let pid = target.pid().to_string();
        for words in [&["--all", "--settle", "0s"][..], &["--all", "--settle", "0s", "--json"]] {
            let output = dump::coroscope(&["dump", &pid]).args(words).output().expect("the program was built");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            assert!(!String::from_utf8_lossy(&output.stdout).contains("hunter2"), "{} {words:?}", target.label());
        }
        assert_eq!(arguments(&dump::report(target.pid(), dump::EVERYTHING), "secret"), None);
        let text = dump::coroscope(&["dump", "--all", "--settle", "0s", "--locals", &pid]).output().expect("was built");
        assert!(String::from_utf8_lossy(&text.stdout).contains("hunter2"), "{}: shown when asked for", target.label());

        let mut words = dump::EVERYTHING.to_vec();
        words.push("--locals");
        let report = dump::report(target.pid(), &words);
        let shown = |qualname: &str| arguments(&report, qualname).unwrap_or_default();
        assert_eq!(shown("secret"), ["password: str = 'hunter2'"], "{}", target.label());
        assert_eq!(
            shown("takes"),
            [
                "a: str = 'Aé中'",
                "b: bool = True",
                "c: list = [1, (2,)]",
                "args: tuple = (None, 1.5, -7)",
                "more: dict = {'q': b'zz', 'h': <int>}"
            ],
            "{}",
            target.label()
        );
        assert_eq!(
            shown("big"),
            ["a: int = 2", "b: int = 3", "key: int = 5", "rest: tuple = (4,)", "more: dict = {'z': 6}"],
            "{}",
            target.label()
        );
        assert_eq!(
            shown("defaults"),
            ["a: int = 1", "b: int = 2", "key: str = 'k'", "rest: tuple = ()", "more: dict = {}"],
            "{}",
            target.label()
        );
        assert_eq!(shown("Outer.make.<locals>.nested"), ["x: int = 1", "y: int = 3"], "{}", target.label());
        assert_eq!(shown("partially"), ["x: int = 9", "y: int = 8"], "{}", target.label());
        let method = shown("Outer.Inner.method");
        assert_eq!(method.len(), 1, "{}: {method:?}", target.label());
        assert!(
            method[0].starts_with("self: __main__.Outer.Inner = <__main__.Outer.Inner at 0x"),
            "{}: {method:?}",
            target.label()
        );
    }
}

#[test]
fn recorded_origins() {
    for interpreter in interpreters::all() {
        for (word, depth) in [("1", 1), ("5", 5), ("debug", 10)] {
            let target = Target::start(&interpreter, "origins.py", &[word]);
            let report = assert_complete(&target, target.pid(), "verify", "recorded origins");
            let lines: Vec<u64> =
                target.truth()["lines"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
            let mut counts = std::collections::BTreeMap::new();
            for finding in report.named("fetch") {
                let origin =
                    finding["created_at"].as_array().unwrap_or_else(|| panic!("{}: {finding}", target.label()));
                assert!((1..=depth).contains(&origin.len()), "{}: {finding}", target.label());
                for place in origin {
                    assert_eq!(place["evidence"], "recorded", "{}: {finding}", target.label());
                }
                let innermost = &origin[0];
                let file = innermost["file"].as_str().unwrap_or_default();
                assert!(file.ends_with("/origins.py"), "{}: {finding}", target.label());
                let function = innermost["function"].as_str().unwrap_or_default().to_owned();
                let line = innermost["line"].as_u64().unwrap_or_default();
                *counts.entry((function, line)).or_insert(0) += finding["count"].as_u64().unwrap_or_default();
                if depth > 1 {
                    let callers: Vec<_> = origin.iter().filter_map(|place| place["function"].as_str()).collect();
                    let expected = if innermost["function"] == "here" {
                        &["here", "main"][..]
                    } else {
                        &["deeper", "there", "main"]
                    };
                    assert_eq!(callers.get(..expected.len()), Some(expected), "{}: {finding}", target.label());
                }
            }
            // `deeper` begins one line below `there`.
            let expected = [(("here".to_owned(), lines[0]), 2), (("deeper".to_owned(), lines[1] + 1), 1)];
            assert_eq!(counts, expected.into(), "{}: two places of one function are two findings", target.label());
            let depths = report.0["runtime"]["origin_tracking_depth"].as_array().cloned().unwrap_or_default();
            assert!(depths.contains(&Value::from(depth)), "{}: {depths:?}", target.label());
        }
    }
}

#[test]
fn a_stopped_process_is_read_and_stays_stopped() {
    for interpreter in interpreters::oldest_and_newest() {
        let mut target = Target::start(&interpreter, "leaks.py", &[]);
        let pid = nix::unistd::Pid::from_raw(target.pid());
        kill(pid, Signal::SIGSTOP).expect("our own child");
        let is_stopped = || {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
        };
        health::wait_until("the target is stopped", is_stopped);
        for mode in MODES {
            assert_complete(&target, target.pid(), mode, "stopped");
            health::wait_until("the target is stopped again", is_stopped);
            let report = dump::report(target.pid(), &["--settle", "50ms", "--mode", mode]);
            assert_eq!(report.0["look"]["settle_ms"], 0, "{}: waiting for it is no use", target.label());
            let notes = report.0["look"]["notes"].to_string();
            assert!(notes.contains("stopped (SIGSTOP)"), "{}: {notes}", target.label());
            health::wait_until("the target is stopped again", is_stopped);
        }
        kill(pid, Signal::SIGCONT).expect("our own child");
        health::assert_recovers(&mut target);
    }
}

#[test]
fn threads_that_come_and_go() {
    for interpreter in interpreters::oldest_and_newest() {
        let mut target = Target::start(&interpreter, "threads.py", &[]);
        for _ in 0..10 {
            for mode in MODES {
                assert_complete(&target, target.pid(), mode, "under thread churn");
            }
        }
        // Threads may be on their first or last step at any time: not stopped is enough.
        health::assert_recovers(&mut target);
    }
}

#[test]
fn another_pid_and_mount_namespace() {
    let tried = Command::new("unshare").args(["--pid", "--fork", "--mount-proc", "true"]).output();
    if !tried.is_ok_and(|output| output.status.success()) {
        note("skipped: another pid namespace (unshare is not there or not allowed), 1 skipped");
        return;
    }
    for interpreter in interpreters::oldest_and_newest() {
        let (programs, copy) = programs_for(interpreter.root.as_deref());
        let mut inner = interpreter.command();
        inner.arg(programs.join("leaks.py"));
        let mut command = Command::new("unshare");
        command
            .args(["--pid", "--fork", "--kill-child", "--mount-proc"])
            .arg(inner.get_program())
            .args(inner.get_args());
        let target = Target::from_command(&format!("{interpreter} in a pid namespace"), command, copy);
        let outer = target.pid();
        assert_eq!(target.truth()["pid"], 1, "{}: it is the first in there", target.label());
        let children = std::fs::read_to_string(format!("/proc/{outer}/task/{outer}/children")).expect("procfs");
        let pid = children.trim().parse().unwrap_or_else(|_| panic!("one child: {children}"));
        for mode in MODES {
            let report = assert_complete(&target, pid, mode, "by its outer pid");
            assert_eq!(report.0["target"]["pid"], pid);
        }
    }
}

#[test]
fn workers_are_reported_one_by_one() {
    for interpreter in interpreters::oldest_and_newest() {
        let mut target = Target::start(&interpreter, "prefork.py", &[]);
        let workers: Vec<i64> =
            target.truth()["workers"].as_array().into_iter().flatten().filter_map(Value::as_i64).collect();
        let pid = target.pid().to_string();
        let output =
            dump::coroscope(&["dump", "--json", "--children", "--settle", "0s", &pid]).output().expect("was built");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let document: Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
        assert_eq!(document["errors"], Value::Array(Vec::new()), "{}", target.label());
        let reports = document["reports"].as_array().expect("several reports");
        let found: Vec<(Option<i64>, u64)> = reports
            .iter()
            .map(|report| {
                let findings = report["findings"].as_array().into_iter().flatten();
                (report["target"]["pid"].as_i64(), findings.filter_map(|finding| finding["count"].as_u64()).sum())
            })
            .collect();
        let mut expected = vec![(Some(i64::from(target.pid())), 0)];
        expected.extend(workers.iter().zip([0, 4, 0]).map(|(worker, leaks)| (Some(*worker), leaks)));
        let mut sorted = found.clone();
        sorted.sort_unstable();
        expected.sort_unstable();
        assert_eq!(sorted, expected, "{}", target.label());
        assert_eq!(found[0].0, Some(i64::from(target.pid())), "{}: the parent comes first", target.label());
        health::assert_unharmed(&mut target);
    }
}

#[test]
fn a_program_that_replaces_itself_between_two_looks() {
    for interpreter in interpreters::oldest_and_newest() {
        let mut target = Target::start_with(&interpreter, &["-W", "ignore"], "replaces.py", &[]);
        assert_complete(&target, target.pid(), "verify", "before it is replaced");
        let pid = target.pid();
        let look = dump::coroscope(&["dump", "--json", "--settle", "1s", &pid.to_string()])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program was built");
        let renewed = target.ask_for_another_truth("replace");
        assert_eq!(renewed["pid"], pid, "the pid stays");
        let output = look.wait_with_output().expect("our own child");
        let said = String::from_utf8_lossy(&output.stderr);
        // Whether it fell between the two looks depends on the moment; that it is told well does not.
        let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
        if output.status.code() != Some(0) {
            assert_eq!(output.status.code(), Some(2), "{}: {said}", target.label());
            let kind = document["error"]["kind"].as_str().unwrap_or_default();
            assert!(matches!(kind, "process_gone" | "not_initialized" | "not_python"), "{}: {said}", target.label());
        }
        assert_complete(&target, target.pid(), "verify", "after it was replaced");
    }
}

/// Compiles `embed.c` against an interpreter; `None` where compiler, headers or library are missing.
fn embedded(interpreter: &Interpreter, folder: &Path) -> Option<PathBuf> {
    let program = interpreter.program.canonicalize().ok()?;
    let config = program.with_file_name(format!("python3.{}-config", interpreter.version.minor));
    let flags = |words: &[&str]| {
        let output = Command::new(&config).args(words).output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8(output.stdout).ok()?.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    };
    let built = folder.join("my server");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/targets/embed.c");
    let output = Command::new("cc")
        .arg(source)
        .args(flags(&["--includes"])?)
        .args(flags(&["--ldflags", "--embed"])?)
        .arg("-o")
        .arg(&built)
        .output()
        .ok()?;
    output.status.success().then_some(built)
}

#[test]
fn a_python_inside_of_another_program() {
    let mut skipped = 0;
    for interpreter in interpreters::all() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let built = if interpreter.root.is_none() { embedded(&interpreter, folder.path()) } else { None };
        let Some(built) = built else {
            skipped += 1;
            continue;
        };
        let home = home(&interpreter);
        let (programs, copy) = programs_for(None);
        let mut command = Command::new(built);
        command.arg(programs.join("leaks.py")).env("LD_LIBRARY_PATH", Path::new(&home).join("lib"));
        command.env("PYTHONHOME", &home).env("PYTHONPATH", &programs).env("PYTHONDONTWRITEBYTECODE", "1");
        let mut target = Target::from_command(&format!("{interpreter} in `my server`"), command, copy);
        for mode in MODES {
            assert_complete(&target, target.pid(), mode, "embedded");
        }
        let listed = dump::coroscope(&["list", "--json"]).output().expect("the program was built");
        let listed: Value = serde_json::from_slice(&listed.stdout).expect("a JSON document");
        let mut processes = listed["processes"].as_array().into_iter().flatten();
        let own = processes.find(|process| process["pid"] == target.pid());
        assert!(own.is_some_and(|own| own["readable"] == true), "{}: {own:?}", target.label());
        health::assert_unharmed(&mut target);
    }
    if skipped > 0 {
        note(&format!("skipped: embedding (no compiler, headers or library), {skipped} skipped"));
    }
}
