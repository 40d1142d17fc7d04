//! What every task of a process waits for, and who waits for it: as a tree of who awaits whom, or as a table.
//!
//! A view like the others: what a task waits for and who awaits it stand in the report, nothing is worked out here but
//! the order and the groups. Foreign graphs can have circles and chains of any length, so nothing here recurses.

mod code;
mod filter;
mod forest;
mod groups;
mod names;
mod phrases;
mod table;
mod tree;

pub use filter::{Filter, Pattern};

use std::io;

use super::text::{counts, head, look, next};
use super::{Line, Page, Render, Role, Style};
use crate::report::{Report, Task, TaskState};
use forest::Forest;

/// The tasks for a person.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    /// Tree or table.
    pub shape: Shape,
    /// Whether tasks that stand at the same place are told together; null for the custom of the shape: a tree groups, a table
    /// does not.
    pub group: Option<bool>,
    /// How much of each stack is shown.
    pub stacks: Stacks,
    /// Which tasks are shown.
    pub filter: Filter,
}

/// How the tasks are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shape {
    /// Who awaits whom: under each task those it waits for.
    #[default]
    Tree,
    /// One line per task.
    Table,
}

/// How much of a stack is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stacks {
    /// Only the line of the program at which the task stands.
    None,
    /// The frames of the program and of what it has installed, with short file names.
    #[default]
    Short,
    /// All frames, with whole file names, and where the task was created if that was recorded.
    Full,
}

impl Render for Tasks {
    fn render(&self, report: &Report, out: &mut dyn io::Write, style: &Style) -> io::Result<()> {
        let mut page = Page::new(out, style);
        head::program_line(&mut page, &report.target)?;
        for line in head::blocked_loops(&page, report) {
            page.line(&line, 2)?;
        }
        let shown = self.write_tasks(&mut page, report)?;
        page.blank()?;
        counts::tasks(&mut page, report)?;
        self.write_omitted(&mut page, report, shown)?;
        look::write(&mut page, &report.look)?;
        next::after_tasks(&mut page, report)
    }
}

impl Tasks {
    /// The tree of all tasks, finished ones too, with all that is known of each.
    pub(super) fn of_all_states() -> Self {
        let states =
            vec![TaskState::Running, TaskState::Pending, TaskState::Done, TaskState::Failed, TaskState::Cancelled];
        Self { filter: Filter { states, ..Filter::default() }, stacks: Stacks::Full, ..Self::default() }
    }

    /// Writes the tasks alone. Returns how many tasks that were.
    pub(super) fn write_tasks(&self, page: &mut Page<'_>, report: &Report) -> io::Result<usize> {
        let tasks = names::in_order(report);
        let selected = self.filter.selection(&tasks);
        let shown = selected.iter().filter(|selected| **selected).count();
        if shown == 0 {
            page.blank()?;
            page.line(&Line::new().with(Role::Faint, self.nothing(&tasks)), 2)?;
            return Ok(0);
        }
        match self.shape {
            Shape::Tree => {
                let forest = Forest::of(&tasks);
                tree::Tree::new(self, report, &tasks, &forest, &selected).write(page)?;
            }
            Shape::Table => table::write(page, report, &tasks, &selected, self.group.unwrap_or(false))?,
        }
        Ok(shown)
    }

    fn nothing(&self, tasks: &[&Task]) -> &'static str {
        match (tasks.is_empty(), self.filter.is_empty()) {
            (true, _) => "no tasks",
            (false, true) => "no task is unfinished",
            (false, false) => "no task matches",
        }
    }

    /// Says which tasks are not listed, and how to see them.
    fn write_omitted(&self, page: &mut Page<'_>, report: &Report, shown: usize) -> io::Result<()> {
        let omitted = report.tasks.len() - shown;
        if omitted == 0 {
            return Ok(());
        }
        let line = Line::new().plain(super::words::counted(shown as u64, "task", "tasks"));
        let line = if self.filter.is_empty() {
            line.with_commands(&format!(
                "; {} finished: `--state done,failed,cancelled` lists those",
                super::words::grouped(omitted as u64)
            ))
        } else {
            line.plain(format!(" of {}: ", super::words::grouped(report.tasks.len() as u64)))
                .plain(self.filter.to_string())
        };
        page.row(0, "listed", super::text::COLUMN, &line)
    }
}
