//! The order of tasks, and what to call one, or several.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::super::style::{Mark, Style};
use crate::report::{Report, Task};

/// The tasks by loop, then by name as a person sorts names: `Task-2` before `Task-10`. Does not depend on addresses where
/// names differ, so that two looks can be compared line by line.
pub(super) fn in_order(report: &Report) -> Vec<&Task> {
    let ranks: FxHashMap<_, _> =
        report.runtime.loops.iter().enumerate().map(|(rank, event_loop)| (event_loop.address, rank)).collect();
    let rank =
        |task: &Task| task.event_loop.and_then(|event_loop| ranks.get(&event_loop)).map_or(usize::MAX, |&rank| rank);
    let mut tasks: Vec<&Task> = report.tasks.iter().collect();
    tasks.sort_by_cached_key(|task| {
        let name = task.name.as_deref().unwrap_or_default();
        let (stem, number) = numbered(name);
        (rank(task), Reverse(!name.is_empty()), stem, number, name, task.address)
    });
    tasks
}

/// What comes before the number at the end of a name, and the number.
fn numbered(name: &str) -> (&str, u64) {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    (stem, name[stem.len()..].parse().unwrap_or(0))
}

/// What to call this task: its name, or its address.
pub(super) fn of(task: &Task) -> String {
    task.name.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| task.address.to_string())
}

/// What to call these tasks, which are in order: one by its name, two by both, more by the first and the last.
pub(super) fn of_all(tasks: &[&Task], style: &Style) -> String {
    match tasks {
        [] => String::new(),
        [task] => of(task),
        [first, .., last] => {
            let (first, last) = (of(first), of(last));
            if first == last {
                first
            } else if tasks.len() == 2 {
                format!("{first}, {last}")
            } else {
                format!("{first} {} {last}", style.mark(Mark::Gap))
            }
        }
    }
}
