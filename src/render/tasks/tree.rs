//! The tree: under each task those it waits for.

use std::io;

use rustc_hash::FxHashSet;

use super::super::style::Mark;
use super::super::words;
use super::super::{Line, Page, Role};
use super::code::{self, Whose};
use super::forest::Forest;
use super::{Stacks, Tasks, groups, names, phrases};
use crate::report::{Frame, Report, Task, TaskState, Variable};

/// Levels that are indented. Deeper ones say their level instead: a chain of ten thousand must not be twenty thousand columns wide.
const DEEPEST_INDENT: usize = 12;
/// Frames of one stack that are shown of a long one, from its begin and from its end; the rest is counted.
const FIRST_FRAMES: usize = 3;
const LAST_FRAMES: usize = 6;
/// Things of a kind that are listed of a group; the rest is counted.
const LISTED: usize = 3;

/// What is needed to draw.
pub(super) struct Tree<'a> {
    view: &'a Tasks,
    report: &'a Report,
    tasks: &'a [&'a Task],
    forest: &'a Forest,
    selected: &'a [bool],
    visible: Vec<bool>,
    shapes: Vec<usize>,
    locals: bool,
}

/// Groups that stand beside each other, and where.
struct Level {
    groups: std::vec::IntoIter<Vec<usize>>,
    /// What stands before the branch of each.
    trunk: String,
}

impl<'a> Tree<'a> {
    pub(super) fn new(
        view: &'a Tasks,
        report: &'a Report,
        tasks: &'a [&'a Task],
        forest: &'a Forest,
        selected: &'a [bool],
    ) -> Self {
        let mut visible = selected.to_vec();
        for &index in forest.top_down.iter().rev().filter(|&&index| selected[index] || forest.parent(index).is_some()) {
            if let Some(parent) = forest.parent(index) {
                visible[parent] |= visible[index];
            }
        }
        let shapes = if view.group.unwrap_or(true) {
            groups::shapes(tasks, forest, &visible, selected)
        } else {
            (0..tasks.len()).collect()
        };
        // Values are there only if they were asked for; the names alone say little, and are in the JSON.
        let locals =
            (tasks.iter().flat_map(|task| task.context.iter().flatten())).any(|variable| variable.value.is_some());
        Self { view, report, tasks, forest, selected, visible, shapes, locals }
    }

    pub(super) fn write(&self, page: &mut Page<'_>) -> io::Result<()> {
        let roots = groups::by_shape(self.only_visible(&self.forest.roots), &self.shapes);
        let several_loops = self.report.runtime.loops.len() > 1;
        let mut levels: Vec<Level> = Vec::new();
        let (mut loop_before, mut was_tall) = (None, true);
        for root in roots {
            let event_loop = root.first().map(|&first| self.tasks[first].event_loop);
            let tall = self.children(&root).next().is_some()
                || root.iter().any(|&index| !self.forest.elsewhere[index].is_empty());
            if several_loops && loop_before != event_loop {
                page.blank()?;
                page.line(&Line::new().with(Role::Title, self.loop_title(event_loop.flatten())), 2)?;
            } else if was_tall || tall {
                page.blank()?;
            }
            (loop_before, was_tall) = (event_loop, tall);
            levels.push(Level { groups: vec![root].into_iter(), trunk: String::new() });
            while let Some(level) = levels.last_mut() {
                let Some(group) = level.groups.next() else {
                    levels.pop();
                    continue;
                };
                let last = level.groups.as_slice().is_empty();
                let trunk = level.trunk.clone();
                let depth = levels.len() - 1;
                let below = self.write_group(page, &group, &trunk, depth, last)?;
                let children = groups::by_shape(self.children(&group), &self.shapes);
                levels.push(Level { groups: children.into_iter(), trunk: below });
            }
        }
        Ok(())
    }

    fn loop_title(&self, address: Option<crate::report::HexAddress>) -> String {
        let event_loop = address
            .and_then(|address| self.report.runtime.loops.iter().find(|event_loop| event_loop.address == address));
        let Some(event_loop) = event_loop else { return "no event loop known".to_owned() };
        let thread = event_loop.thread.map(|thread| format!(" in thread {thread}")).unwrap_or_default();
        let state = if event_loop.running { "running" } else { "not running" };
        format!("loop {} {}, {state}{thread}", event_loop.class, event_loop.address)
    }

    fn only_visible<'b>(&'b self, indices: &'b [usize]) -> impl Iterator<Item = usize> + 'b {
        indices.iter().copied().filter(|&index| self.visible[index])
    }

    /// All that stand under the members of a group.
    fn children<'b>(&'b self, group: &'b [usize]) -> impl Iterator<Item = usize> + 'b {
        group.iter().flat_map(|&index| self.only_visible(&self.forest.children[index]))
    }

    /// Writes one group. Returns what stands before the branches under it.
    fn write_group(
        &self,
        page: &mut Page<'_>,
        group: &[usize],
        trunk: &str,
        depth: usize,
        last: bool,
    ) -> io::Result<String> {
        let style = page.style();
        let indented = (1..=DEEPEST_INDENT).contains(&depth);
        let branch = if indented { style.mark(if last { Mark::LastBranch } else { Mark::Branch }) } else { "" };
        let rest = if indented { style.mark(if last { Mark::NoTrunk } else { Mark::Trunk }) } else { "" };
        let under = format!("{trunk}{rest}");
        let elsewhere = self.elsewhere(group);
        let goes_on = self.children(group).next().is_some() || !elsewhere.is_empty();
        // Rows stand right of the line that leads down to the next branch.
        let rows = format!(
            "{under}{}",
            style.mark(if goes_on && depth < DEEPEST_INDENT { Mark::Trunk } else { Mark::NoTrunk })
        );

        let mut lead = Line::new().with(Role::Faint, format!("{trunk}{branch}"));
        if depth > DEEPEST_INDENT {
            lead.push(Role::Faint, format!("level {depth}: "));
        }
        let wrapped = Line::new().with(Role::Faint, format!("{rows} "));
        let members: Vec<&Task> = group.iter().map(|&index| self.tasks[index]).collect();
        let shown = group.first().is_some_and(|&first| self.selected[first]);
        let frames = if shown { self.frames(&members) } else { Vec::new() };
        page.branch(&lead, &self.head(page, group, &members, shown, frames.is_empty()), &wrapped)?;
        if shown {
            let row = |page: &mut Page<'_>, line: &Line| {
                page.branch(
                    &Line::new().with(Role::Faint, format!("{rows} ")),
                    line,
                    &Line::new().with(Role::Faint, format!("{rows}   ")),
                )
            };
            for frame in &frames {
                row(page, frame)?;
            }
            for line in self.details(group, &members) {
                row(page, &line)?;
            }
        }
        self.write_elsewhere(page, group, &elsewhere, &under)?;
        Ok(under)
    }

    fn head(&self, page: &Page<'_>, group: &[usize], members: &[&Task], shown: bool, with_place: bool) -> Line {
        let style = page.style();
        let Some(first) = members.first() else { return Line::new() };
        let mut line = Line::new();
        if !shown {
            // A task that leads to one that was asked for.
            let count = if members.len() > 1 {
                format!("{}{} ", words::grouped(members.len() as u64), style.mark(Mark::Times))
            } else {
                String::new()
            };
            return line.with(
                Role::Faint,
                format!("({count}{}  {})", phrases::coroutine(first), names::of_all(members, style)),
            );
        }
        if members.len() > 1 {
            line.push(Role::Title, format!("{}{} ", words::grouped(members.len() as u64), style.mark(Mark::Times)));
        }
        line.push(Role::Function, phrases::coroutine(first));
        line.push(Role::Plain, "  ");
        line.push(Role::Title, names::of_all(members, style));
        line.push(Role::Plain, "  ");
        line.push(state_role(first.state), phrases::state(members));
        if let Some(waits_on) = phrases::waits_on(members) {
            line.push(Role::Plain, ", waits on ");
            line.push(Role::Plain, waits_on);
        }
        if self.in_circle(group) {
            line.push(Role::Suspect, ", in a circle");
        }
        if with_place && let Some(frame) = code::standing(&first.stack) {
            line.push(Role::Plain, "  ");
            line.push(Role::Place, self.place(frame));
        }
        if members.len() == 1 {
            line.push(Role::Faint, format!("  {}", first.address));
        }
        line
    }

    /// Whether a member waits for one that stands above it.
    fn in_circle(&self, group: &[usize]) -> bool {
        group.iter().any(|&index| self.forest.elsewhere[index].iter().any(|&other| self.forest.is_above(other, index)))
    }

    fn place(&self, frame: &Frame) -> String {
        if self.view.stacks == Stacks::Full { code::full_place(frame) } else { code::short_place(frame) }
    }

    /// The frames to show, outermost first. One that is alone stands on the line of its task.
    fn frames(&self, members: &[&Task]) -> Vec<Line> {
        let Some(first) = members.first() else { return Vec::new() };
        let mut frames: Vec<&Frame> = match self.view.stacks {
            Stacks::None => Vec::new(),
            Stacks::Full => first.stack.iter().collect(),
            Stacks::Short => first.stack.iter().filter(|frame| code::whose(frame) != Whose::Standard).collect(),
        };
        if self.view.stacks == Stacks::Short && frames.len() < 2 {
            frames.clear();
        }
        let left_out = frames.len().saturating_sub(FIRST_FRAMES + LAST_FRAMES);
        // Leaving out one saves nothing.
        let left_out = if self.view.stacks == Stacks::Short && left_out > 1 { left_out } else { 0 };
        let mut lines = Vec::new();
        for (index, frame) in frames.iter().enumerate() {
            if left_out > 0 && index == FIRST_FRAMES {
                lines.push(Line::new().with(Role::Faint, format!("{} more frames", words::grouped(left_out as u64))));
            }
            if left_out == 0 || index < FIRST_FRAMES || index >= FIRST_FRAMES + left_out {
                lines.push(Line::new().plain(frame.function.as_str()).plain("  ").with(Role::Place, self.place(frame)));
            }
        }
        lines
    }

    /// Who awaits them that is not in the report, where they were created, their context.
    fn details(&self, group: &[usize], members: &[&Task]) -> Vec<Line> {
        let mut lines = Vec::new();
        let Some(first) = members.first() else { return lines };
        if let Some(place) = first.exception.as_ref().and_then(|exception| exception.raised_at.as_ref()) {
            lines.push(
                Line::new()
                    .with(Role::Label, "raised  ")
                    .plain(place.function.as_str())
                    .plain("  ")
                    .with(Role::Place, self.place(place)),
            );
        }
        // An awaiter that is not in the report: no line of the tree shows it.
        if members.len() == 1 && !group.iter().any(|&index| self.forest.awaited[index]) && !first.awaited_by.is_empty()
        {
            let awaiters: Vec<String> = first.awaited_by.iter().take(LISTED).map(ToString::to_string).collect();
            lines.push(Line::new().with(Role::Label, "awaited by  ").plain(awaiters.join("  ")));
        }
        if self.view.stacks == Stacks::Full {
            for place in first.created_at.iter().flatten() {
                let function = place.function.as_ref().map(|function| format!(" in {function}")).unwrap_or_default();
                let place = Line::new()
                    .with(Role::Label, "created  ")
                    .with(Role::Place, format!("{}:{}", place.file, place.line));
                lines.push(place.plain(function));
            }
        }
        if self.locals {
            for task in members.iter().take(LISTED) {
                let of = if members.len() > 1 { format!(" of {}", names::of(task)) } else { String::new() };
                let mut line = Line::new().with(Role::Label, format!("context{of}"));
                for variable in task.context.iter().flatten() {
                    line.push(Role::Plain, format!("  {}", valued(variable)));
                }
                lines.push(line);
            }
            if members.len() > LISTED {
                let more = words::grouped((members.len() - LISTED) as u64);
                lines.push(Line::new().with(Role::Faint, format!("and {more} more  (--no-group shows each)")));
            }
        }
        lines
    }

    /// The tasks the members of a group wait for that stand neither under it nor are left out.
    fn elsewhere(&self, group: &[usize]) -> Vec<usize> {
        if group.iter().all(|&index| self.forest.elsewhere[index].is_empty()) {
            return Vec::new();
        }
        let members: FxHashSet<usize> = group.iter().copied().collect();
        let mut elsewhere: Vec<usize> = (group.iter())
            .flat_map(|&index| self.only_visible(&self.forest.elsewhere[index]))
            .filter(|&other| !self.forest.parent(other).is_some_and(|parent| members.contains(&parent)))
            .collect();
        elsewhere.sort_unstable();
        elsewhere.dedup();
        elsewhere
    }

    fn write_elsewhere(
        &self,
        page: &mut Page<'_>,
        group: &[usize],
        elsewhere: &[usize],
        under: &str,
    ) -> io::Result<()> {
        let style = page.style();
        let arrow = style.mark(Mark::Arrow);
        let lead = Line::new().with(Role::Faint, format!("{under}{arrow} "));
        let wrapped = Line::new().with(Role::Faint, format!("{under}    "));
        for &other in elsewhere.iter().take(LISTED) {
            let line = Line::new().with(Role::Title, names::of(self.tasks[other])).plain("  ");
            let circle = group.iter().any(|&index| self.forest.is_above(other, index));
            let line = if circle {
                line.with(Role::Suspect, "above: a circle, these tasks wait for each other")
            } else {
                line.with(Role::Faint, "listed elsewhere, several tasks wait for it")
            };
            page.branch(&lead, &line, &wrapped)?;
        }
        if let Some(more) = elsewhere.len().checked_sub(LISTED).filter(|&more| more > 0) {
            let line = Line::new()
                .with(Role::Faint, format!("{} more that are listed elsewhere", words::grouped(more as u64)));
            page.branch(&lead, &line, &wrapped)?;
        }
        Ok(())
    }
}

fn valued(variable: &Variable) -> String {
    let value = variable.value.as_deref().map_or_else(|| format!("<{}>", variable.type_name), str::to_owned);
    format!("{}={value}", variable.name)
}

/// The meaning of a state.
pub(super) fn state_role(state: TaskState) -> Role {
    match state {
        TaskState::Running => Role::Good,
        TaskState::Failed => Role::Leaked,
        TaskState::Cancelled => Role::Suspect,
        TaskState::Pending | TaskState::Done => Role::Plain,
    }
}
