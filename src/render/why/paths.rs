//! The ways on which an object is held: one tree for each, which never branches.

use std::io;

use super::super::style::Mark;
use super::super::{Line, Page, Role, Style};
use super::head;
use crate::report::{HoldingPath, HoldingStep, WhyReport};

/// Levels that are indented. Deeper ones say their level instead.
const DEEPEST_INDENT: usize = 12;
/// Columns before a tree.
const MARGIN: usize = 2;
/// The narrowest room that is left for the text of a step beside its mark.
const NARROWEST: usize = 20;
/// What the marks mean.
const LEGEND: &str = "The last sane holder is meant to live as long as the program, or as what it is doing. The reference behind it is the first \
                      that may be the mistake: look for who should have taken it out there, or should not have put it in.";

/// Writes them all.
pub(super) fn write(page: &mut Page<'_>, report: &WhyReport) -> io::Result<()> {
    if report.paths.is_empty() {
        return page.line(&Line::new().with(Role::Suspect, nothing(report)), 2);
    }
    let target = Line::new()
        .with(Role::Function, head::name(&report.object))
        .with(Role::Faint, format!("  {}", report.object.address));
    for (index, path) in report.paths.iter().enumerate() {
        if index > 0 {
            page.blank()?;
        }
        write_path(page, path, &target)?;
    }
    if report.paths.iter().flat_map(|path| &path.steps).any(|step| step.suspect) {
        page.blank()?;
        page.line(&Line::new().with(Role::Faint, LEGEND), 0)?;
    }
    Ok(())
}

fn nothing(report: &WhyReport) -> &'static str {
    if report.unreachable {
        "Nothing leads to it: it is garbage, and lives until the garbage collector comes by."
    } else {
        "No way from a module, frame, task, loop or thread to it was found."
    }
}

fn write_path(page: &mut Page<'_>, path: &HoldingPath, target: &Line) -> io::Result<()> {
    let style = page.style();
    let lines: Vec<Line> = (path.steps.iter().map(|step| text(step).escaped(style))).chain([target.clone()]).collect();
    let leads: Vec<Line> = (0..lines.len()).map(|depth| lead(style, depth)).collect();
    // Marks stand below each other, where there is room.
    let widths = leads.iter().zip(&lines).map(|(lead, line)| lead.width() + line.width());
    let column = widths.take(path.steps.len()).max().unwrap_or(0) + 2;
    let marks: Vec<Line> = path.steps.iter().map(|step| mark(style, step)).collect();
    let widest = marks.iter().map(Line::width).max().unwrap_or(0);
    let aligned = style.width.is_none_or(|width| column + widest <= width);
    for (depth, (lead, line)) in leads.iter().zip(lines).enumerate() {
        let mut line = line;
        if let Some(mark) = marks.get(depth).filter(|mark| !mark.is_empty()) {
            let gap = if aligned { column.saturating_sub(lead.width() + line.width()) } else { 2 };
            line.push(Role::Plain, " ".repeat(gap));
            line.append(mark.clone());
        }
        let under =
            Line::new().plain(" ".repeat((lead.width() + 2).min(style.width.unwrap_or(80).saturating_sub(NARROWEST))));
        page.branch(lead, &line, &under)?;
    }
    Ok(())
}

fn text(step: &HoldingStep) -> Line {
    Line::new().plain(step.text.as_str())
}

/// What stands before a step: the root has no branch.
fn lead(style: &Style, depth: usize) -> Line {
    let margin = " ".repeat(MARGIN);
    if depth == 0 {
        return Line::new().plain(margin);
    }
    let levels = depth.min(DEEPEST_INDENT) - 1;
    let trunk = style.mark(Mark::NoTrunk).repeat(levels);
    let mut lead = Line::new().plain(margin).with(Role::Faint, format!("{trunk}{}", style.mark(Mark::LastBranch)));
    if depth > DEEPEST_INDENT {
        lead.push(Role::Faint, format!("level {depth}: "));
    }
    lead
}

fn mark(style: &Style, step: &HoldingStep) -> Line {
    let arrow = style.mark(Mark::Back);
    let mut line = Line::new();
    if step.last_sane {
        line.push(Role::Good, format!("{arrow} last sane holder"));
    }
    if step.suspect {
        line.push(Role::Suspect, format!("{arrow} suspect"));
    }
    line
}
