//! The table: one line per task, or per group of those that stand at the same place.

use std::io;

use rustc_hash::FxHashMap;
use unicode_width::UnicodeWidthStr;

use super::super::style::Mark;
use super::super::words;
use super::super::{Line, Page, Role, Style};
use super::groups::Place;
use super::{code, names, phrases, tree};
use crate::report::{HexAddress, Report, Task};

/// Between two columns.
const GUTTER: usize = 2;
/// Awaiters that are named; the rest is counted.
const AWAITERS: usize = 3;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Count,
    Address,
    Name,
    State,
    Coroutine,
    WaitsOn,
    AwaitedBy,
    StandsAt,
    Loop,
    Thread,
}

impl Column {
    fn title(self) -> &'static str {
        match self {
            Self::Count => "COUNT",
            Self::Address => "ADDRESS",
            Self::Name => "NAME",
            Self::State => "STATE",
            Self::Coroutine => "COROUTINE",
            Self::WaitsOn => "WAITS ON",
            Self::AwaitedBy => "AWAITED BY",
            Self::StandsAt => "STANDS AT",
            Self::Loop => "LOOP",
            Self::Thread => "THREAD",
        }
    }

    /// How narrow it may become; numbers and addresses stay whole.
    fn narrowest(self) -> usize {
        match self {
            Self::Count | Self::Address | Self::Loop | Self::Thread => usize::MAX,
            Self::State => 9,
            Self::AwaitedBy => 10,
            Self::Name | Self::Coroutine => 12,
            Self::StandsAt => 14,
            Self::WaitsOn => 16,
        }
    }
}

/// What is left out where there is no room, in this order.
const EXPENDABLE: [Column; 3] = [Column::StandsAt, Column::Thread, Column::Loop];

/// Writes the table.
pub(super) fn write(
    page: &mut Page<'_>,
    report: &Report,
    tasks: &[&Task],
    selected: &[bool],
    group: bool,
) -> io::Result<()> {
    let style = page.style();
    let shown = tasks.iter().zip(selected).filter(|(_, selected)| **selected).map(|(task, _)| *task);
    let rows: Vec<Vec<&Task>> = if group { by_place(shown) } else { shown.map(|task| vec![task]).collect() };
    let by_address: FxHashMap<HexAddress, &Task> = tasks.iter().map(|task| (task.address, *task)).collect();

    let several_loops = report.runtime.loops.len() > 1;
    let mut columns = vec![if group { Column::Count } else { Column::Address }];
    columns.extend([
        Column::Name,
        Column::State,
        Column::Coroutine,
        Column::WaitsOn,
        Column::AwaitedBy,
        Column::StandsAt,
    ]);
    if several_loops {
        columns.push(Column::Loop);
    }
    columns.push(Column::Thread);
    let cells: Vec<Vec<Line>> = rows
        .iter()
        .map(|row| columns.iter().map(|&column| cell(column, row, &by_address, style).escaped(style)).collect())
        .collect();
    let widths = fitted(&columns, &cells, style.width);

    page.blank()?;
    let titles = columns.iter().map(|column| Line::new().with(Role::Label, column.title())).collect::<Vec<_>>();
    write_row(page, &columns, &titles, &widths)?;
    for row in &cells {
        write_row(page, &columns, row, &widths)?;
    }
    Ok(())
}

/// Tasks that stand at the same place, the order that of the first of each.
fn by_place<'a>(tasks: impl Iterator<Item = &'a Task>) -> Vec<Vec<&'a Task>> {
    let mut rows: Vec<Vec<&Task>> = Vec::new();
    let mut row_of: FxHashMap<Place<'_>, usize> = FxHashMap::default();
    for task in tasks {
        let row = *row_of.entry(Place::of(task)).or_insert(rows.len());
        match rows.get_mut(row) {
            Some(row) => row.push(task),
            None => rows.push(vec![task]),
        }
    }
    rows
}

fn cell(column: Column, row: &[&Task], by_address: &FxHashMap<HexAddress, &Task>, style: &Style) -> Line {
    let line = Line::new();
    let Some(&first) = row.first() else { return line };
    let dash = || "-".to_owned();
    match column {
        Column::Count => line.with(Role::Title, words::grouped(row.len() as u64)),
        Column::Address => line.plain(first.address.to_string()),
        Column::Name => line.with(Role::Title, if first.name.is_some() { names::of_all(row, style) } else { dash() }),
        Column::State => line.with(tree::state_role(first.state), phrases::state(row)),
        Column::Coroutine => line.with(Role::Function, phrases::coroutine(first)),
        Column::WaitsOn => line.plain(phrases::waits_on(row).unwrap_or_else(dash)),
        Column::AwaitedBy => line.plain(awaiters(row, by_address, style)),
        Column::StandsAt => line.with(Role::Place, code::standing(&first.stack).map_or_else(dash, code::short_place)),
        Column::Loop => line.plain(first.event_loop.map_or_else(dash, |event_loop| event_loop.to_string())),
        Column::Thread => line.plain(first.thread.map_or_else(dash, |thread| thread.to_string())),
    }
}

/// Names of the tasks that wait for these; the address of one that has no name or is not in the report.
fn awaiters(row: &[&Task], by_address: &FxHashMap<HexAddress, &Task>, style: &Style) -> String {
    let mut awaiters: Vec<HexAddress> = row.iter().flat_map(|task| task.awaited_by.iter().copied()).collect();
    awaiters.sort_unstable();
    awaiters.dedup();
    if awaiters.is_empty() {
        return "-".into();
    }
    let name =
        |address: &HexAddress| by_address.get(address).map_or_else(|| address.to_string(), |task| names::of(task));
    let mut text = awaiters.iter().take(AWAITERS).map(name).collect::<Vec<_>>().join(", ");
    if awaiters.len() > AWAITERS {
        let more = words::grouped((awaiters.len() - AWAITERS) as u64);
        text.push_str(&format!(" {} {more} more", style.mark(Mark::Gap)));
    }
    text
}

/// The width of each column; null for one that is left out. Off a terminal all are as wide as they need to be.
fn fitted(columns: &[Column], cells: &[Vec<Line>], width: Option<usize>) -> Vec<Option<usize>> {
    let needed = |index: usize| {
        cells.iter().filter_map(|row| row.get(index)).map(Line::width).chain([columns[index].title().width()]).max()
    };
    let mut widths: Vec<Option<usize>> = (0..columns.len()).map(needed).collect();
    let Some(width) = width else { return widths };
    let taken = |widths: &[Option<usize>]| widths.iter().flatten().map(|width| width + GUTTER).sum::<usize>() - GUTTER;
    let least = |widths: &[Option<usize>]| {
        let narrow = |(column, width): (&Column, &Option<usize>)| Some((*width)?.min(column.narrowest()) + GUTTER);
        columns.iter().zip(widths).filter_map(narrow).sum::<usize>() - GUTTER
    };
    for expendable in EXPENDABLE {
        if least(&widths) > width
            && let Some(index) = columns.iter().position(|&column| column == expendable)
        {
            widths[index] = None;
        }
    }
    while taken(&widths) > width {
        // The widest gives way first, so that narrow ones stay whole.
        let can = |&index: &usize| widths[index].is_some_and(|width| width > columns[index].narrowest());
        let Some(widest) = (0..columns.len()).filter(can).max_by_key(|&index| widths[index]) else { break };
        widths[widest] = widths[widest].map(|width| width - 1);
    }
    widths
}

fn write_row(page: &mut Page<'_>, columns: &[Column], cells: &[Line], widths: &[Option<usize>]) -> io::Result<()> {
    let gap = page.style().mark(Mark::Gap);
    let mut line = Line::new();
    let mut padding = 0;
    for ((column, cell), width) in columns.iter().zip(cells).zip(widths) {
        let Some(width) = *width else { continue };
        line.push(Role::Plain, " ".repeat(padding));
        // The end of a path says most, and the begin of all else.
        let cell = cell.clone();
        let cell = if *column == Column::StandsAt { cell.shortened(width, gap) } else { cell.cut(width, gap) };
        padding = width.saturating_sub(cell.width()) + GUTTER;
        line.append(cell);
    }
    page.line_as_it_is(&line)
}
