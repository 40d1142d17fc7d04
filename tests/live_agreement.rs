//! `verify` says what `frozen` says of a process that stands still, in every scenario of the tests.
//!
//! The two find objects in different ways – a sweep of memory, and a walk along the collector's lists – and read them at different
//! moments. Only if nothing moves do they have to agree, and then in everything: findings, tasks, loops, threads, counts.
//!
//! Every target is asked in two ways, because each shows what the other can't:
//!
//! - *Stopped* by a signal, wherever it was. That is the strict one: nothing moves for certain, also in programs that are never idle, and
//!   it meets them in the middle of anything – a collection, a call. But a look at a stopped process is one look: nothing settles.
//! - *Idle*, if the program is so by itself, with two looks and the rules that need them. Idle is proven by looking once more: a
//!   difference counts if `verify` says the same before and after `frozen`; if it does not, something moved, and all is asked again.
//!   The rules are the same in all versions, so this is asked of all scenarios on the newest interpreter, and of a handful on all.

mod agreement;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;

use agreement::scenarios::{HANDFUL, NO_PROGRAMS, Rest, RunsOn, SCENARIOS, Scenario};
use agreement::{Program, differences};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use support::dump::{self, Report};
use support::interpreters::{self, Interpreter};
use support::{health, note};

/// How often a target that should be idle is asked before the test fails because it moves.
const ATTEMPTS: usize = 5;
/// Targets at a time for each processor: they wait for a look to settle most of the time.
const TARGETS_PER_PROCESSOR: usize = 2;

fn look(pid: i32, mode: &str, settle: &str) -> Report {
    dump::report(pid, &["--mode", mode, "--all", "--instances", "1000000", "--settle", settle, "--timeout", "60s"])
}

/// A process that was stopped, until it is dropped.
struct Stopped(Pid);

impl Stopped {
    fn new(pid: i32) -> Self {
        kill(Pid::from_raw(pid), Signal::SIGSTOP).expect("our own child");
        let stopped = Self(Pid::from_raw(pid));
        health::wait_until("all threads are stopped", || states(pid).iter().all(|state| *state == 'T'));
        stopped
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        let _ = kill(self.0, Signal::SIGCONT);
    }
}

/// The letters that `/proc` has for the states of the threads of a process.
fn states(pid: i32) -> Vec<char> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).expect("the process is there").flatten();
    let stats = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("stat")).ok());
    stats.filter_map(|stat| stat.rsplit_once(") ")?.1.chars().next()).collect()
}

/// What a look says of coroutines it could not check against the collector's lists: in the middle of a collection.
fn unchecked(report: &Report) -> Vec<&Value> {
    let skipped = report.0["look"]["skipped"].as_array().into_iter().flatten();
    skipped.filter(|skipped| skipped["why"].as_str().is_some_and(|why| why.contains("collector's lists"))).collect()
}

fn compare_stopped(pid: i32) -> Vec<String> {
    let _stopped = Stopped::new(pid);
    let (verify, frozen) = (look(pid, "verify", "0s"), look(pid, "frozen", "0s"));
    let mut found = differences(&verify.0, &frozen.0);
    if unchecked(&verify) != unchecked(&frozen) {
        found.push(format!("not checked: {:?}, {:?}", unchecked(&verify), unchecked(&frozen)));
    }
    found
}

fn compare_idle(pid: i32) -> Vec<String> {
    for _ in 0..ATTEMPTS {
        let verify = look(pid, "verify", "100ms");
        let frozen = look(pid, "frozen", "100ms");
        let found = differences(&verify.0, &frozen.0);
        // Or else the same would be compared with itself.
        let collectors = [&verify, &frozen].map(|report| report.0["look"]["collector"].as_str().unwrap_or_default());
        let expected = if frozen.0["target"]["free_threaded"] == true { "sweep" } else { "walk" };
        assert_eq!(collectors, ["sweep", expected], "{pid}");
        if found.is_empty() || differences(&verify.0, &look(pid, "verify", "100ms").0).is_empty() {
            return found;
        }
    }
    vec![format!("it moves all the time: {ATTEMPTS} times `verify` did not say twice the same")]
}

/// A scenario on an interpreter.
struct Run {
    scenario: Scenario,
    interpreter: Interpreter,
    /// Whether it is asked while it idles, too.
    idle: bool,
}

/// Differences between the modes in a scenario, each with where it was met.
fn compare(Run { scenario, interpreter, idle }: &Run) -> Vec<String> {
    let program = Program::start(scenario, interpreter);
    let mut found = Vec::new();
    for pid in program.pids() {
        let mut add = |how: &str, differences: Vec<String>| {
            let label = program.target.label();
            found.extend(differences.into_iter().map(|difference| format!("{label}, {how}: {difference}")));
        };
        add("stopped", compare_stopped(pid));
        if *idle && scenario.rest == Rest::Idle {
            add("idle", compare_idle(pid));
        }
    }
    found
}

/// Compares the modes in these scenarios, several at a time.
fn assert_agreement(mut runs: Vec<Run>) {
    assert!(!runs.is_empty());
    let count = runs.len();
    runs.reverse();
    let (runs, found) = (Mutex::new(runs), Mutex::new(Vec::new()));
    let workers = TARGETS_PER_PROCESSOR * std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let Some(run) = runs.lock().expect("nobody panics with it").pop() else { break };
                    let differences = compare(&run);
                    found.lock().expect("nobody panics with it").extend(differences);
                }
            });
        }
    });
    let found = found.into_inner().expect("nobody panics with it");
    note(&format!("the modes agree in {count} runs but for {} things", found.len()));
    assert!(found.is_empty(), "{count} runs, (verify, frozen) differ:\n  {}", found.join("\n  "));
}

/// The oldest interpreter, 3.12, and the newest, preferably those that have lists of objects: without them `frozen` sweeps, too.
fn three() -> Vec<Interpreter> {
    let mut found = interpreters::all();
    if found.iter().any(|interpreter| !interpreter.free_threaded) {
        found.retain(|interpreter| !interpreter.free_threaded);
    }
    let last = found.len().saturating_sub(1);
    let middle = found.iter().position(|interpreter| interpreter.version.minor == 12);
    if middle.is_none() {
        note("skipped: the modes on 3.12 (not found), 1 skipped");
    }
    let chosen: BTreeSet<usize> = [0, middle.unwrap_or(0), last].into();
    found.into_iter().enumerate().filter(|(at, _)| chosen.contains(at)).map(|(_, interpreter)| interpreter).collect()
}

fn runs(interpreters: &[Interpreter], runs_on: RunsOn) -> Vec<Run> {
    let mut runs = Vec::new();
    for (at, interpreter) in interpreters.iter().enumerate() {
        let is_last = at + 1 == interpreters.len();
        let scenarios = SCENARIOS.iter().filter(|scenario| scenario.runs_on == runs_on && (is_last || !scenario.slow));
        runs.extend(scenarios.map(|scenario| Run {
            scenario: *scenario,
            interpreter: interpreter.clone(),
            idle: is_last,
        }));
    }
    runs
}

#[test]
fn every_scenario() {
    let mut all = runs(&three(), RunsOn::Any);
    all.extend(runs(&interpreters::with_uvloop(), RunsOn::Uvloop));
    all.extend(runs(&interpreters::with_frameworks(), RunsOn::Frameworks));
    assert_agreement(all);
}

#[test]
fn a_handful_on_every_interpreter() {
    let is_chosen = |scenario: &&Scenario| HANDFUL.contains(&(scenario.program, scenario.arguments, scenario.python));
    let scenarios: Vec<&Scenario> = SCENARIOS.iter().filter(is_chosen).collect();
    assert_eq!(scenarios.len(), HANDFUL.len());
    // On the newest of the three they were asked already.
    let done = three().pop().map(|interpreter| interpreter.label);
    let others = interpreters::all().into_iter().filter(|interpreter| Some(&interpreter.label) != done.as_ref());
    let runs = others.flat_map(|interpreter| {
        let run =
            move |scenario: &&Scenario| Run { scenario: **scenario, interpreter: interpreter.clone(), idle: true };
        scenarios.iter().map(run).collect::<Vec<_>>()
    });
    let runs: Vec<Run> = runs.collect();
    if runs.is_empty() {
        note("skipped: the modes on other interpreters (none found), 1 skipped");
    } else {
        assert_agreement(runs);
    }
}

#[test]
fn every_target_is_a_scenario() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/targets");
    let files = std::fs::read_dir(folder).expect("the folder of the targets").flatten();
    let files = files.filter(|file| file.path().is_file()).map(|file| file.file_name().into_string().expect("UTF-8"));
    let named = SCENARIOS.iter().map(|scenario| scenario.program).chain(NO_PROGRAMS.iter().map(|(file, _)| *file));
    assert_eq!(files.collect::<BTreeSet<_>>(), named.map(str::to_owned).collect::<BTreeSet<_>>());
    let twice = NO_PROGRAMS.iter().filter(|(file, _)| SCENARIOS.iter().any(|scenario| scenario.program == *file));
    assert_eq!(twice.count(), 0);
}

/// Arguments that are written down in the other live tests; numbers do not count, which say how much there is to be of something.
#[test]
fn every_argument_of_the_live_tests_is_a_scenario() {
    let in_words = |arguments: &[&str]| {
        let words = arguments.iter().filter(|word| word.parse::<u64>().is_err());
        words.map(|word| (*word).to_owned()).collect::<Vec<_>>()
    };
    let mut known: BTreeMap<&str, BTreeSet<Vec<String>>> = BTreeMap::new();
    for scenario in SCENARIOS {
        known.entry(scenario.program).or_default().insert(in_words(scenario.arguments));
    }
    let mut seen = 0;
    let mut unknown = BTreeSet::new();
    let tests = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")).expect("the tests").flatten();
    for test in tests.filter(|test| test.path().extension().is_some_and(|extension| extension == "rs")) {
        let text = std::fs::read_to_string(test.path()).expect("a source file");
        for (program, arguments) in SCENARIOS.iter().flat_map(|scenario| calls(&text, scenario.program)) {
            seen += 1;
            if !known.get(program).is_some_and(|known| known.contains(&in_words(&arguments))) {
                unknown.insert(format!("{program} {}", arguments.join(" ")));
            }
        }
    }
    assert!(seen >= 40, "{seen}");
    assert_eq!(unknown, BTreeSet::new());
}

/// Where a source file names a target and its arguments, as in `"leaks.py", &["cycle"]`, if all of them are written out.
fn calls<'a>(text: &'a str, program: &'a str) -> Vec<(&'a str, Vec<&'a str>)> {
    let beginning = format!("\"{program}\", &[");
    let lists = text.split(&beginning).skip(1).filter_map(|rest| Some(rest.split_once(']')?.0));
    let words = |list: &'a str| -> Option<Vec<&'a str>> {
        let words = list.split(',').map(str::trim).filter(|word| !word.is_empty());
        words.map(|word| word.strip_prefix('"')?.strip_suffix('"')).collect()
    };
    lists.filter_map(|list| Some((program, words(list)?))).collect()
}
