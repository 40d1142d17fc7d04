//! `coroscope tasks`: what every task waits for, and who waits for it.

use clap::{Args, ValueEnum};

use super::look_words::{Format, LookWords};
use super::output_words::OutputWords;
use super::reports::Job;
use super::scope_words::ScopeWords;
use super::target_words::TargetWords;
use super::{Ending, Surface, TEMPLATE};
use crate::error::Result;
use crate::render::{Filter, Pattern, Shape, Stacks, Tasks};
use crate::report::TaskState;

/// The words of this verb.
#[derive(Debug, Clone, Args)]
#[command(
    about = "Show what every asyncio task waits for, and who waits for it",
    long_about = None,
    before_help = "\
Examples:
  coroscope tasks 4242                            a tree of who awaits whom, equal tasks together
  coroscope tasks 4242 --table                    one line per task
  coroscope tasks 4242 --waits-on queue           only those that wait for a queue
  coroscope tasks 4242 --function 'handle_*' --stacks full
  coroscope tasks 4242 --min-group 100            only what is there in great number
  coroscope tasks 4242 --mine                     only tasks that run code of your own
  coroscope tasks 4242 --json --state failed | jq '.tasks[] | {name, exception}'",
    after_help = "\
TEXT is a part of the name, whatever its case; with * or ?, the whole name ('worker-?', '*/mail.py').
Words of one kind add up (--name a --name b: either), different kinds narrow (--name a --file b: both).
In a tree, tasks that lead to a match are shown in parentheses.
Nothing is judged, so there is one look. With `--settle 1s`, a blocked loop is recognised.
Exit codes: 0 looked, whatever was found; 2 could not look at one or more; 130 interrupted.

Next: `coroscope dump PID` for what was never awaited, and what is lost.",
    help_template = TEMPLATE,
    mut_arg("settle", |arg| arg.default_value("0").help("Look twice, so far apart; 0 for one look")),
    mut_arg("locals", |arg| arg.help("Show the values of context variables (private data of the target)")),
    mut_arg("instances", |arg| arg.hide(true)),
    mut_arg("json", |arg| arg.help("The same as `--format json`: the report, with the tasks that match"))
)]
pub(super) struct Words {
    #[command(flatten)]
    pub(super) targets: TargetWords,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    whose: ScopeWords,
    #[command(flatten)]
    look: LookWords,
    #[command(flatten)]
    pub(super) output: OutputWords,
    #[command(flatten)]
    layout: Layout,
}

/// Which tasks.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Which tasks")]
struct Which {
    /// Only tasks with this name (repeatable)
    #[arg(long, value_name = "TEXT")]
    name: Vec<String>,
    /// Only tasks in this state [default in text: pending and running]
    #[arg(long, value_name = "STATE", value_enum, value_delimiter = ',')]
    state: Vec<StateWord>,
    /// Only tasks with this coroutine or this function on their stack (repeatable)
    #[arg(long, value_name = "TEXT")]
    function: Vec<String>,
    /// Only tasks with this file on their stack (repeatable)
    #[arg(long, value_name = "TEXT")]
    file: Vec<String>,
    /// Only tasks that wait for this: queue, lock, sleep, gather, … (repeatable)
    #[arg(long, value_name = "TEXT")]
    waits_on: Vec<String>,
    /// Only tasks of which at least so many stand at the same place
    #[arg(long, value_name = "NUMBER", default_value_t = 0, hide_default_value = true)]
    min_group: usize,
}

/// How the text looks.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "How to lay it out")]
struct Layout {
    /// One line per task instead of a tree
    #[arg(long)]
    table: bool,
    /// Tell tasks that stand at the same place together [default of the tree]
    #[arg(long, conflicts_with = "no_group")]
    group: bool,
    /// Tell each task apart [default of the table]
    #[arg(long)]
    no_group: bool,
    /// How much of each stack a tree shows
    #[arg(long, value_name = "HOW", value_enum, default_value = "short")]
    stacks: StacksWord,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum StateWord {
    /// Not finished, and not running at this moment
    Pending,
    /// Running at this moment
    Running,
    /// Finished with a result
    Done,
    /// Finished with an exception
    Failed,
    /// Cancelled
    Cancelled,
}

impl From<StateWord> for TaskState {
    fn from(word: StateWord) -> Self {
        match word {
            StateWord::Pending => Self::Pending,
            StateWord::Running => Self::Running,
            StateWord::Done => Self::Done,
            StateWord::Failed => Self::Failed,
            StateWord::Cancelled => Self::Cancelled,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum StacksWord {
    /// Only the line of your code where the task stands
    None,
    /// Frames of your code and of installed packages, with short file names
    Short,
    /// All frames, whole file names, and where the task was created if that was recorded
    Full,
}

impl From<StacksWord> for Stacks {
    fn from(word: StacksWord) -> Self {
        match word {
            StacksWord::None => Self::None,
            StacksWord::Short => Self::Short,
            StacksWord::Full => Self::Full,
        }
    }
}

impl Which {
    fn filter(&self) -> Filter {
        let patterns = |words: &[String]| words.iter().map(|word| Pattern::new(word)).collect();
        let mut states: Vec<TaskState> = Vec::new();
        for state in self.state.iter().map(|&word| word.into()) {
            if !states.contains(&state) {
                states.push(state);
            }
        }
        Filter {
            names: patterns(&self.name),
            states,
            functions: patterns(&self.function),
            files: patterns(&self.file),
            waits_on: patterns(&self.waits_on),
            min_group: self.min_group,
            ..Filter::default()
        }
    }
}

/// Runs it.
pub(super) fn run(words: &Words, surface: &Surface) -> Result<Ending> {
    let filter = Filter { scope: words.whose.scope(), ..words.which.filter() };
    let layout = &words.layout;
    let view = Tasks {
        shape: if layout.table { Shape::Table } else { Shape::Tree },
        group: (layout.group || layout.no_group).then_some(layout.group),
        stacks: layout.stacks.into(),
        filter: filter.clone(),
    };
    let job = Job {
        targets: &words.targets,
        settings: words.look.settings(),
        arm: None,
        output: &words.output,
        text: &view,
        narrow: &|report, format| {
            if format == Format::Json {
                filter.apply(report);
            }
        },
    };
    job.run(surface)
}
