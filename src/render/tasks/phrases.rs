//! What is said about one task, or about several that stand at the same place.

use super::super::words;
use crate::report::{Task, WaitsOn};

/// `pending`, `pending, not started`, `failed: ValueError: no`.
pub(super) fn state(tasks: &[&Task]) -> String {
    let Some(first) = tasks.first() else { return String::new() };
    let mut text = first.state.word().to_owned();
    if first.started == Some(false) {
        text.push_str(", not started");
    }
    if let Some(exception) = &first.exception {
        text.push_str(": ");
        text.push_str(&exception.type_name);
        let has = |task: &Task, message: &str| {
            task.exception.as_ref().is_some_and(|exception| exception.message.as_deref() == Some(message))
        };
        if let Some(message) = &exception.message
            && tasks.iter().all(|task| has(task, message))
        {
            text.push_str(": ");
            text.push_str(message);
        }
    }
    text
}

/// What they wait for: the words of the report if they agree, else what those have in common.
pub(super) fn waits_on(tasks: &[&Task]) -> Option<String> {
    let all: Vec<&WaitsOn> = tasks.iter().filter_map(|task| task.waits_on.as_ref()).collect();
    let (first, rest) = all.split_first()?;
    if rest.is_empty() {
        return Some(one(first));
    }
    if !first.text.is_empty() && rest.iter().all(|other| other.text == first.text) {
        return Some(first.text.clone());
    }
    let head = head(&first.text);
    let mut text = if !head.is_empty() && rest.iter().all(|other| self::head(&other.text) == head) {
        head.to_owned()
    } else if rest.iter().all(|other| other.type_name == first.type_name) {
        first.type_name.clone()
    } else {
        first.what.word().replace('_', " ")
    };
    let times: Option<Vec<f64>> = all.iter().map(|waits_on| waits_on.time_left_s).collect();
    if let Some(times) = times {
        let least = times.iter().copied().fold(f64::INFINITY, f64::min).max(0.0);
        let most = times.iter().copied().fold(f64::NEG_INFINITY, f64::max).max(0.0);
        text.push_str(&format!(", {} to {} left", words::seconds(least), words::seconds(most)));
    }
    Some(text)
}

fn one(waits_on: &WaitsOn) -> String {
    if waits_on.text.is_empty() {
        format!("{} {}", waits_on.type_name, waits_on.address)
    } else {
        waits_on.text.clone()
    }
}

/// What is called, without the circumstances: `Queue.get()` of `Queue.get() of an empty queue`.
fn head(text: &str) -> &str {
    text.find("()").map_or_else(|| text.split([' ', ',']).next().unwrap_or_default(), |at| &text[..at + 2])
}

/// What the coroutine is called; null where only the address of the task is known.
pub(super) fn coroutine(task: &Task) -> &str {
    task.qualname.as_deref().unwrap_or("?")
}

#[cfg(test)]
mod tests {
    use super::head;

    #[test]
    fn heads() {
        for (text, expected) in [
            ("sleep(), 3.2 s left", "sleep()"),
            ("Queue.get() of an empty queue", "Queue.get()"),
            ("gather() of 3 tasks, 2 pending", "gather()"),
            ("TaskGroup with 2 pending tasks", "TaskGroup"),
            ("Task 'Task-5'", "Task"),
            ("", ""),
        ] {
            assert_eq!(head(text), expected);
        }
    }
}
