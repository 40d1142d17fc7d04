//! What two looks at a process that stands still have to say alike, and the scenarios in which they are asked.

pub(crate) mod scenarios;

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::interpreters::Interpreter;
use crate::support::target::Target;

/// What passes by itself, and how it was looked: everything else is to be the same. One of these is no time: whether a thread is
/// `active`. Who was held is about to run when let go again, and on a busy machine still is when it is asked whether it runs.
const PASSING: [&str; 10] = [
    "active",
    "age_s",
    "at_least_s",
    "at_most_s",
    "captured_at",
    "look",
    "next_timer_s",
    "rss_bytes",
    "time_left_s",
    "uptime_s",
];

/// Differences beyond this are not told one by one.
const MOST_TOLD: usize = 12;

/// A scenario on an interpreter, under way; the folder it may have made for its files goes with it.
pub(crate) struct Program {
    pub(crate) target: Target,
    folder: Option<PathBuf>,
}

impl Program {
    /// Starts it.
    pub(crate) fn start(scenario: &scenarios::Scenario, interpreter: &Interpreter) -> Self {
        let target = Target::start_with(interpreter, scenario.python, scenario.program, scenario.arguments);
        let root = interpreter.root.clone().unwrap_or_else(|| "/".into());
        let folder = target.truth()["folder"].as_str().map(|folder| root.join(folder.trim_start_matches('/')));
        Self { target, folder }
    }

    /// Its process, and those it has forked.
    pub(crate) fn pids(&self) -> BTreeSet<i32> {
        let truth = self.target.truth();
        let forked = truth["workers"].as_array().into_iter().flatten().chain([&truth["pid"]]);
        let forked = forked.filter_map(Value::as_i64).filter_map(|pid| i32::try_from(pid).ok());
        forked.chain([self.target.pid()]).collect()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// Where two reports differ, a line each; what passes by itself is left out.
pub(crate) fn differences(one: &Value, other: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(one, other, "", &mut found);
    let omitted = found.len().saturating_sub(MOST_TOLD);
    found.truncate(MOST_TOLD);
    if omitted > 0 {
        found.push(format!("and {omitted} more"));
    }
    found
}

fn compare(one: &Value, other: &Value, path: &str, found: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(left), Value::Object(right)) => {
            let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            for key in keys.into_iter().filter(|key| !PASSING.contains(&key.as_str())) {
                compare(&one[key], &other[key], &format!("{path}.{key}"), found);
            }
        }
        (Value::Array(left), Value::Array(right)) => {
            if left.len() != right.len() {
                found.push(format!("{path}: {} entries, {} entries", left.len(), right.len()));
            }
            for (at, (one, other)) in left.iter().zip(right).enumerate() {
                compare(one, other, &format!("{path}[{at}]"), found);
            }
        }
        (Value::String(left), Value::String(right))
            if (path.ends_with(".text") || path.ends_with(".why")) && without_times(left) == without_times(right) => {}
        _ if one != other => found.push(format!("{path}: {one}, {other}")),
        _ => {}
    }
}

/// A sentence with the times in it made equal: `waits 3.2 s` and `waits 3.3 s`.
fn without_times(text: &str) -> String {
    let mut words: Vec<&str> = text.split(' ').collect();
    for at in 1..words.len() {
        let is_unit = ["ms", "s", "min", "h", "d"].contains(&words[at].trim_end_matches([',', '.', ';', ':', ')']));
        if is_unit && words[at - 1].parse::<f64>().is_ok() {
            (words[at - 1], words[at]) = ("some", "time");
        }
    }
    words.join(" ")
}

#[test]
fn times_pass_and_all_else_counts() {
    let report = |why: &str, line: u64, age: f64| {
        let finding = serde_json::json!({"why": why, "line": line, "instances": [{"age_s": age}]});
        serde_json::json!({"findings": [finding], "captured_at": age})
    };
    let one = report("It outlived 0.5 s of waiting.", 7, 0.5);
    assert_eq!(differences(&one, &report("It outlived 12 s of waiting.", 7, 0.6)), [""; 0]);
    assert_eq!(differences(&one, &report("It outlived 12 m of waiting.", 7, 0.6)).len(), 1);
    let moved = report("It outlived 0.5 s of waiting.", 8, 0.6);
    assert_eq!(differences(&one, &moved), [".findings[0].line: 7, 8"]);
    let none = serde_json::json!({"findings": []});
    assert_eq!(differences(&one, &none), [".findings: 1 entries, 0 entries"]);
}
