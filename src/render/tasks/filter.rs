//! Which tasks are shown.

use std::fmt;

use rustc_hash::FxHashMap;

use super::super::{Scope, words};
use super::forest::is_finished;
use super::groups::Place;
use crate::report::{Report, Task, TaskState};

/// Which tasks are shown: those that match each kind of word that was given. Of one kind, one match is enough.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Name of the task.
    pub names: Vec<Pattern>,
    /// State. None given: in text the unfinished ones, in JSON all.
    pub states: Vec<TaskState>,
    /// Qualified name of the coroutine, or the function of any frame.
    pub functions: Vec<Pattern>,
    /// The file of any frame.
    pub files: Vec<Pattern>,
    /// What it waits for: the word of JSON, the words for people, or the type.
    pub waits_on: Vec<Pattern>,
    /// Whose tasks.
    pub scope: Scope,
    /// Only tasks of which at least so many stand at the same place in the same state.
    pub min_group: usize,
}

/// A part of a text, whatever its case; with `*` or `?` in it, the whole text with those standing for any text and any
/// character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// The pattern written like this.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_lowercase())
    }

    /// Whether this text matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        if self.0.contains(['*', '?']) { glob(&self.0, &text) } else { text.contains(&self.0) }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Takes time linear in the text for each `*`, whatever is in the way: it only ever goes back to the last `*`.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut in_text) = (0, 0);
    let mut last_star: Option<(usize, usize)> = None;
    while in_text < text.len() {
        match pattern.get(at) {
            Some('*') => {
                last_star = Some((at, in_text));
                at += 1;
            }
            Some(&c) if c == '?' || c == text[in_text] => {
                at += 1;
                in_text += 1;
            }
            _ => {
                let Some((star, taken)) = last_star else { return false };
                last_star = Some((star, taken + 1));
                at = star + 1;
                in_text = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|&c| c == '*')
}

impl Filter {
    /// Whether nothing was asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Which of these tasks are listed in text.
    pub(super) fn selection(&self, tasks: &[&Task]) -> Vec<bool> {
        self.select(tasks, |task| !is_finished(task.state))
    }

    /// Takes the other tasks out of a report, and says so in it. A filter that asks for nothing leaves it as it is.
    pub fn apply(&self, report: &mut Report) {
        if self.is_empty() {
            return;
        }
        let tasks: Vec<&Task> = report.tasks.iter().collect();
        let mut selected = self.select(&tasks, |_| true).into_iter();
        let before = report.tasks.len();
        report.tasks.retain(|_| selected.next().unwrap_or(false));
        let (left, before) =
            (words::grouped(report.tasks.len() as u64), words::counted(before as u64, "task", "tasks"));
        report.look.notes.push(format!("`tasks` has only what was asked for ({self}): {left} of {before}."));
    }

    fn select(&self, tasks: &[&Task], unasked: impl Fn(&Task) -> bool) -> Vec<bool> {
        let state = |task: &Task| {
            if self.states.is_empty() { unasked(task) } else { self.states.contains(&task.state) }
        };
        let mut selected: Vec<bool> = tasks.iter().map(|task| state(task) && self.matches(task)).collect();
        if self.min_group > 1 {
            let mut sizes: FxHashMap<Place<'_>, usize> = FxHashMap::default();
            for (task, _) in tasks.iter().zip(&selected).filter(|(_, selected)| **selected) {
                *sizes.entry(Place::of(task)).or_default() += 1;
            }
            for (task, selected) in tasks.iter().zip(&mut selected) {
                *selected &= sizes.get(&Place::of(task)).is_some_and(|&size| size >= self.min_group);
            }
        }
        selected
    }

    fn matches(&self, task: &Task) -> bool {
        let any = |patterns: &[Pattern], texts: &[&str]| {
            patterns.is_empty() || patterns.iter().any(|pattern| texts.iter().any(|text| pattern.matches(text)))
        };
        let frames = |patterns: &[Pattern], of: fn(&crate::report::Frame) -> &str| {
            patterns.iter().any(|pattern| task.stack.iter().any(|frame| pattern.matches(of(frame))))
        };
        let waits_on = task.waits_on.as_ref();
        self.scope.has_task(task)
            && any(&self.names, &[task.name.as_deref().unwrap_or_default()])
            && (any(&self.functions, &[task.qualname.as_deref().unwrap_or_default()])
                || frames(&self.functions, |frame| &frame.function))
            && (self.files.is_empty() || frames(&self.files, |frame| &frame.file))
            && match waits_on {
                Some(waits_on) => any(&self.waits_on, &[waits_on.what.word(), &waits_on.text, &waits_on.type_name]),
                None => self.waits_on.is_empty(),
            }
    }
}

/// The words that ask for this, as on the command line.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = Vec::new();
        let states: Vec<&str> = self.states.iter().map(|state| state.word()).collect();
        if !states.is_empty() {
            words.push(format!("--state {}", states.join(",")));
        }
        for (flag, patterns) in [
            ("--name", &self.names),
            ("--function", &self.functions),
            ("--file", &self.files),
            ("--waits-on", &self.waits_on),
        ] {
            words.extend(patterns.iter().map(|pattern| format!("{flag} {pattern}")));
        }
        if !self.scope.is_everything() {
            words.push(self.scope.to_string());
        }
        if self.min_group > 0 {
            words.push(format!("--min-group {}", self.min_group));
        }
        f.write_str(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("work", "app.Worker.run", true),
            ("worker.run", "app.Worker.run", true),
            ("", "", true),
            ("x", "app.Worker.run", false),
            ("worker*", "app.Worker.run", false),
            ("*worker*", "app.Worker.run", true),
            ("Task-?", "Task-7", true),
            ("Task-?", "Task-17", false),
            ("*", "", true),
            ("?", "", false),
            ("a*b*c", "aXbXbXc", true),
            ("a*b*c", "aXbXbX", false),
            ("*/mail.py", "/srv/app/mail.py", true),
            ("ä?", "Äß", true),
        ] {
            assert_eq!(Pattern::new(pattern).matches(text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_end() {
        let text = "a".repeat(20_000);
        assert!(!Pattern::new("*a*a*a*a*a*a*a*b").matches(&text));
    }
}
