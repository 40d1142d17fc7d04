//! The tasks of a process, judged by what the process says of them itself: the registry (`asyncio.all_tasks()` and what that misses),
//! `Task.get_stack()`, the walk over `cr_await`, `asyncio.capture_call_graph` – and by what the standard library's own tool
//! prints of the same process (`python -m asyncio ps` and `pstree`, 3.14 and newer).

mod support;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use support::dump::{self, Report};
use support::interpreters::{self, Interpreter};
use support::target::Target;
use support::{beside, health, note};

const MODES: [&str; 3] = ["verify", "nonblocking", "frozen"];

/// What differs, each as a line that says so.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn compare(&mut self, what: &str, ours: &Value, theirs: &Value) {
        if ours != theirs {
            self.0.push(format!("{what}: {ours}, but the target says {theirs}"));
        }
    }

    fn require(&mut self, fulfilled: bool, what: impl FnOnce() -> String) {
        if !fulfilled {
            self.0.push(what());
        }
    }

    /// Adds those of one target.
    fn add(&mut self, label: &str, found: Self) {
        self.0.extend(found.0.into_iter().map(|line| format!("{label}: {line}")));
    }

    #[track_caller]
    fn assert_none(self) {
        assert!(self.0.is_empty(), "{} differences\n  {}", self.0.len(), self.0.join("\n  "));
    }
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value[name].as_array().into_iter().flatten()
}

fn addresses<'a>(values: impl IntoIterator<Item = &'a Value>) -> BTreeSet<u64> {
    values.into_iter().filter_map(Value::as_u64).collect()
}

/// Addresses in a list of a report.
fn reported(value: &Value, name: &str) -> BTreeSet<u64> {
    list(value, name).map(dump::address).collect()
}

/// The tasks of a report by their addresses.
fn by_address(report: &Report) -> BTreeMap<u64, &Value> {
    list(&report.0, "tasks").map(|task| (dump::address(&task["address"]), task)).collect()
}

/// A stack as the target writes it.
fn frames(task: &Value) -> Vec<Value> {
    list(task, "stack").map(as_written).collect()
}

/// A frame as the target writes it: function, file, line.
fn as_written(frame: &Value) -> Value {
    ["function", "file", "line"].map(|field| frame[field].clone()).to_vec().into()
}

/// Everything the target says about its tasks, and everything we say about them.
struct Comparison<'a> {
    interpreter: &'a Interpreter,
    facts: &'a Value,
    report: &'a Report,
    labels: BTreeMap<u64, &'a str>,
    found: Differences,
}

impl<'a> Comparison<'a> {
    fn new(interpreter: &'a Interpreter, facts: &'a Value, report: &'a Report) -> Self {
        let label = |task: &'a Value| Some((task["address"].as_u64()?, task["label"].as_str()?));
        let labels = list(facts, "tasks").filter_map(label).collect();
        Self { interpreter, facts, report, labels, found: Differences::default() }
    }

    fn names(&self, tasks: &BTreeSet<u64>) -> Vec<String> {
        tasks
            .iter()
            .map(|task| self.labels.get(task).map_or_else(|| format!("{task:#x}"), |label| (*label).to_owned()))
            .collect()
    }

    fn differences(mut self) -> Differences {
        self.registry();
        let ours = by_address(self.report);
        for theirs in list(self.facts, "tasks") {
            if let Some(ours) = theirs["address"].as_u64().and_then(|address| ours.get(&address)) {
                self.task(ours, theirs);
                self.waits_on(ours, theirs);
                self.awaited_by(ours, theirs);
                self.exception(ours, theirs);
            }
        }
        self.found
    }

    /// All tasks, and no others; each loop with its tasks.
    fn registry(&mut self) {
        let ours: BTreeSet<u64> = by_address(self.report).into_keys().collect();
        let theirs: BTreeSet<u64> = self.labels.keys().copied().collect();
        let (missing, unknown) = (self.names(&(&theirs - &ours)), self.names(&(&ours - &theirs)));
        self.found.require(missing.is_empty(), || format!("tasks we do not have: {missing:?}"));
        self.found.require(unknown.is_empty(), || format!("tasks that do not exist: {unknown:?}"));
        let loops: BTreeMap<u64, &Value> =
            list(&self.report.0["runtime"], "loops").map(|found| (dump::address(&found["address"]), found)).collect();
        for event_loop in list(self.facts, "loops") {
            let name = event_loop["name"].as_str().unwrap_or_default().to_owned();
            let of_loop = |task: &&Value| {
                task["loop"].as_str().is_some() && dump::address(&task["loop"]) == event_loop["address"]
            };
            let ours =
                list(&self.report.0, "tasks").filter(of_loop).map(|task| dump::address(&task["address"])).collect();
            let missing = self.names(&(&addresses(list(event_loop, "all_tasks")) - &ours));
            self.found
                .require(missing.is_empty(), || format!("asyncio.all_tasks() of the {name} loop has {missing:?} too"));
            let Some(found) = event_loop["address"].as_u64().and_then(|address| loops.get(&address)) else {
                self.found.require(false, || format!("no {name} loop"));
                continue;
            };
            self.found.compare(&format!("whether the {name} loop runs"), &found["running"], &true.into());
            if self.interpreter.at_least(11) || !found["thread"].is_null() {
                self.found.compare(&format!("thread of the {name} loop"), &found["thread"], &event_loop["thread"]);
            }
        }
        let count = list(self.facts, "loops").count();
        self.found.require(loops.len() == count, || format!("{} loops, there are {count}", loops.len()));
    }

    fn task(&mut self, ours: &Value, theirs: &Value) {
        let label = theirs["label"].as_str().unwrap_or_default();
        let mut fields = vec!["class", "state"];
        // A class that only the registry knows need not keep its name, its coroutine and its loop where asyncio does.
        if theirs["foreign"] != true {
            fields.extend(["name", "qualname", "started"]);
        }
        if self.interpreter.at_least(11) || !ours["thread"].is_null() {
            fields.push("thread");
        }
        for field in fields {
            self.found.compare(&format!("{field} of `{label}`"), &ours[field], &theirs[field]);
        }
        let event_loop = ours["loop"].as_str().map(|_| dump::address(&ours["loop"]));
        self.found.compare(&format!("loop of `{label}`"), &event_loop.into(), &theirs["loop"]);
        if theirs["foreign"] == true {
            return;
        }
        let stack = frames(ours);
        self.found.compare(&format!("stack of `{label}`"), &stack.clone().into(), &theirs["stack"]);
        // `get_stack()` stops at the first frame, the call graph at the first thing that is no coroutine.
        for (what, known) in [("get_stack()", &theirs["get_stack"]), ("the call graph", &theirs["graph"]["stack"])] {
            let known: Vec<_> = known.as_array().cloned().unwrap_or_default();
            self.found.require(stack.starts_with(&known), || {
                format!("stack of `{label}`: {stack:?}, but {what} says {known:?}")
            });
        }
    }

    fn waits_on(&mut self, ours: &Value, theirs: &Value) {
        let label = theirs["label"].as_str().unwrap_or_default();
        let waits = &ours["waits_on"];
        if let Some(expected) = theirs["waits"].as_str() {
            self.found.compare(&format!("what `{label}` waits on"), &waits["what"], &expected.into());
            self.found.require(waits["text"].as_str().is_some_and(|text| !text.is_empty()), || {
                format!("no words for what `{label}` waits on: {waits}")
            });
        }
        if theirs["state"] != "pending" || theirs["started"] == false {
            self.found.require(waits.is_null(), || format!("`{label}` waits for nothing: {waits}"));
        }
        let awaited = self.partners(theirs, "edges", 0, 1);
        let missing = self.names(&(&awaited - &reported(waits, "tasks")));
        self.found.require(missing.is_empty(), || format!("`{label}` waits for {missing:?} too: {waits}"));
    }

    fn awaited_by(&mut self, ours: &Value, theirs: &Value) {
        let label = theirs["label"].as_str().unwrap_or_default();
        let found = reported(ours, "awaited_by");
        let certain = self.partners(theirs, "edges", 1, 0);
        let graph = addresses(list(&theirs["graph"], "awaited_by"));
        let missing = self.names(&(&(&certain | &graph) - &found));
        self.found.require(missing.is_empty(), || format!("`{label}` is awaited by {missing:?} too"));
        let possible = &(&certain | &graph) | &self.partners(theirs, "maybe", 1, 0);
        let wrong = self.names(&(&found - &possible));
        self.found.require(wrong.is_empty(), || format!("`{label}` is not awaited by {wrong:?}"));
    }

    fn exception(&mut self, ours: &Value, theirs: &Value) {
        let label = theirs["label"].as_str().unwrap_or_default();
        let (found, expected) = (&ours["exception"], &theirs["exception"]);
        if expected.is_null() {
            self.found.require(found.is_null(), || format!("`{label}` has not failed: {found}"));
            return;
        }
        let type_name = found["type"].as_str().unwrap_or_default().rsplit('.').next();
        self.found.compare(&format!("exception of `{label}`"), &type_name.into(), &expected["type"]);
        for field in ["message", "retrieved"] {
            self.found.compare(&format!("{field} of the exception of `{label}`"), &found[field], &expected[field]);
        }
        let raised_at = as_written(&found["raised_at"]);
        self.found.compare(&format!("place of the exception of `{label}`"), &raised_at, &expected["raised_at"]);
    }

    /// The tasks at one end of the edges that have `task` at their other end.
    fn partners(&self, task: &Value, of: &str, own: usize, other: usize) -> BTreeSet<u64> {
        list(self.facts, of)
            .filter(|edge| edge[own] == task["address"])
            .filter_map(|edge| edge[other].as_u64())
            .collect()
    }
}

fn look(target: &Target, mode: &str) -> Report {
    dump::report(target.pid(), &["--all", "--instances", "1000000", "--settle", "0s", "--mode", mode])
}

#[test]
fn tasks_are_what_they_say_they_are() {
    let mut found = Differences::default();
    for interpreter in interpreters::all() {
        for what_runs in ["spinning", "locked"] {
            let mut target = Target::start(&interpreter, "tasks.py", &[what_runs]);
            for mode in MODES {
                // In the first round nobody has asked the tasks for their names yet: until then they are numbers (3.12 and newer).
                let report = look(&target, mode);
                let facts = target.ask("tasks");
                let label = format!("{interpreter}, {what_runs}, {mode}");
                found.add(&label, Comparison::new(&interpreter, &facts, &report).differences());
            }
            health::assert_unharmed(&mut target);
        }
    }
    found.assert_none();
}

/// The findings that accuse, each as its kind and the addresses it is about.
fn accused(report: &Report) -> BTreeMap<String, BTreeSet<u64>> {
    let mut found: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    for finding in report.findings().iter().filter(|finding| finding["verdict"] != "pending") {
        let instances = list(finding, "instances").map(|instance| dump::address(&instance["address"]));
        found.entry(finding["kind"].as_str().unwrap_or_default().to_owned()).or_default().extend(instances);
    }
    found
}

#[test]
fn of_all_these_tasks_only_the_lost_ones_are_findings() {
    let mut wrong = Differences::default();
    for interpreter in interpreters::all() {
        for what_runs in ["spinning", "locked"] {
            let mut target = Target::start(&interpreter, "tasks.py", &[what_runs]);
            let report = dump::report(target.pid(), &["--all", "--instances", "1000000", "--settle", "250ms"]);
            let facts = target.ask("tasks");
            let label = format!("{interpreter}, {what_runs}");
            let unseen = addresses(list(&facts, "unseen"));
            assert!(!unseen.is_empty(), "{label}: a task failed unseen");
            let mut found = accused(&report);
            let reported = found.remove("task_exception_never_retrieved").unwrap_or_default();
            wrong.require(reported == unseen, || format!("{label}: failed unseen: {unseen:x?}, we say {reported:x?}"));
            // The third loop does not get out of its task, and others wait for it to.
            let blocked = found.remove("event_loop_blocked").is_some();
            wrong.require(blocked, || format!("{label}: the third loop is blocked"));
            wrong.require(found.is_empty(), || format!("{label}: also called lost: {found:x?}"));
        }
    }
    wrong.assert_none();
}

#[test]
fn the_view_of_tasks_has_the_same() {
    for interpreter in interpreters::oldest_and_newest() {
        let target = Target::start(&interpreter, "tasks.py", &["locked"]);
        let pid = target.pid().to_string();
        let output = dump::coroscope(&["tasks", "--json", &pid]).output().expect("the program was built");
        assert!(output.status.success(), "{}: {}", target.label(), String::from_utf8_lossy(&output.stderr));
        let view =
            Report(serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{interpreter}: {error}")));
        let (view, dump) = (by_address(&view), look(&target, "verify"));
        let dump = by_address(&dump);
        assert_eq!(view.keys().collect::<Vec<_>>(), dump.keys().collect::<Vec<_>>(), "{}", target.label());
        for (address, task) in &dump {
            assert_eq!(frames(view[address]), frames(task), "{}: {address:#x}", target.label());
            assert_eq!(view[address]["awaited_by"], task["awaited_by"], "{}: {address:#x}", target.label());
        }
        // Finished ones are counted, and listed when they are asked for.
        let words = ["tasks", "--table", "--no-group", "--state", "pending,running,done,failed,cancelled", &pid];
        let table = dump::coroscope(&words).output().expect("the program was built");
        let table = String::from_utf8_lossy(&table.stdout).into_owned();
        let missing: Vec<_> = dump.keys().filter(|address| !table.contains(&format!("{address:#x}"))).collect();
        assert!(missing.is_empty(), "{}: the table lacks {missing:x?}\n{table}", target.label());
    }
}

/// The rows of `python -m asyncio ps` before they are laid out as a table.
const ROWS: &str = "import json, sys
from asyncio import tools
print(json.dumps(tools.build_task_table(tools.get_all_awaited_by(int(sys.argv[1])))))
";

/// The address a row names in hexadecimal digits.
fn task_of(cell: &Value) -> u64 {
    cell.as_str().and_then(|text| u64::from_str_radix(text.trim_start_matches("0x"), 16).ok()).unwrap_or(0)
}

/// Function names of a stack, outermost first, as a row names them: innermost first, with arrows.
fn functions(cell: &Value) -> Vec<String> {
    let mut names: Vec<_> =
        cell.as_str().unwrap_or_default().split(" -> ").filter(|name| !name.is_empty()).map(str::to_owned).collect();
    names.reverse();
    names
}

fn functions_of(task: &Value) -> Vec<String> {
    list(task, "stack").map(|frame| frame["function"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Whether a name of the tool is that of a task. The one of 3.14 writes NUL for names it cannot read (not Latin 1).
fn same_name(ours: &Value, theirs: &Value) -> bool {
    let is_unread = |name: &str| !name.is_empty() && name.trim_matches('\0').is_empty();
    ours == theirs || theirs.as_str().is_some_and(is_unread)
}

#[test]
fn all_that_asyncio_ps_and_pstree_print_is_there() {
    let mut skipped = 0;
    let mut all = Differences::default();
    let capable: Vec<_> =
        interpreters::all().into_iter().filter(|found| found.at_least(14) && !found.free_threaded).collect();
    for interpreter in &capable {
        let Some(mut target) = beside::start(interpreter, "tasks.py", &[]) else {
            skipped += 1;
            continue;
        };
        let pid = target.pid().to_string();
        let report = look(&target, "verify");
        let rows = match beside::output(interpreter, &target, &["-c", ROWS, &pid]) {
            Ok(rows) => rows,
            Err(why) => {
                note(&format!("{interpreter}: its own tool fails: {}", why.trim()));
                skipped += 1;
                continue;
            }
        };
        let rows: Value =
            serde_json::from_str(&rows).unwrap_or_else(|error| panic!("{}: {error}: {rows}", target.label()));
        let rows: Vec<_> = rows.as_array().cloned().unwrap_or_default();
        assert!(rows.len() > 50, "{}: the tool sees tasks: {rows:?}", target.label());
        let ours = by_address(&report);
        let mut found = Differences::default();
        for row in &rows {
            // tid, task id, task name, coroutine stack, awaiter chain, awaiter name, awaiter id
            let Some(task) = ours.get(&task_of(&row[1])) else {
                found.require(false, || format!("a task we do not have: {row}"));
                continue;
            };
            found.require(same_name(&task["name"], &row[2]), || format!("name of {row}: {}", task["name"]));
            found.compare(&format!("thread of {row}"), &task["thread"], &row[0]);
            let stack = functions_of(task);
            found.require(stack.starts_with(&functions(&row[3])), || format!("stack of {row}: {stack:?}"));
            let awaiter = task_of(&row[6]);
            if awaiter != 0 {
                found.require(reported(task, "awaited_by").contains(&awaiter), || {
                    format!("awaiter of {row}: {}", task["awaited_by"])
                });
                let Some(awaiter) = ours.get(&awaiter) else {
                    found.require(false, || format!("an awaiter we do not have: {row}"));
                    continue;
                };
                found.require(same_name(&awaiter["name"], &row[5]), || {
                    format!("awaiter's name of {row}: {}", awaiter["name"])
                });
                let stack = functions_of(awaiter);
                found
                    .require(stack.starts_with(&functions(&row[4])), || format!("awaiter's stack of {row}: {stack:?}"));
            }
        }
        let table = beside::output(interpreter, &target, &["-m", "asyncio", "ps", &pid]);
        let table = table.unwrap_or_else(|why| panic!("{}: {why}", target.label()));
        let printed = |row: &Value| {
            let cells: Vec<_> = row.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            table.lines().any(|line| cells.iter().all(|cell| line.contains(cell)))
        };
        assert!(rows.iter().all(printed), "{}: the tool prints these rows: {table}", target.label());
        // The tree is made of the same rows; what it adds are files and lines.
        let tree = beside::output(interpreter, &target, &["-m", "asyncio", "pstree", &pid]);
        let tree = tree.unwrap_or_else(|why| panic!("{}: {why}", target.label()));
        let names: BTreeSet<_> = ours.values().filter_map(|task| task["name"].as_str()).collect();
        let frames: BTreeSet<_> = ours.values().flat_map(|task| list(task, "stack")).map(as_pstree_writes).collect();
        let mut nodes = 0;
        for line in tree.lines() {
            let node = line.trim_start_matches(['│', '├', '└', '─', ' ']);
            let name = node.strip_prefix("(T)").map(|name| name.trim_start().trim_matches('\0'));
            let known = name.map_or_else(|| frames.contains(node), |name| names.contains(name) || name.is_empty());
            found.require(known, || format!("pstree prints {node:?}"));
            nodes += 1;
        }
        assert!(nodes > rows.len(), "{}: {tree}", target.label());
        all.add(&interpreter.label, found);
        health::assert_unharmed(&mut target);
    }
    all.assert_none();
    if capable.is_empty() || skipped > 0 {
        note(&format!(
            "skipped: `asyncio ps` and `pstree` (no CPython 3.14 or newer, or namespaces not allowed), {} skipped",
            skipped.max(1)
        ));
    }
}

fn as_pstree_writes(frame: &Value) -> String {
    let text = |name: &str| frame[name].as_str().unwrap_or_default().to_owned();
    format!("{} {}:{}", text("function"), text("file"), frame["line"])
}
