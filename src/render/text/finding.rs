//! One finding.

use std::collections::BTreeMap;
use std::io;

use super::super::style::Mark;
use super::super::words;
use super::super::{Line, Page, Role};
use super::kinds;
use crate::report::{BelongsTo, Evidence, Finding, Frame, Instance, Kind, Location, Report};

/// Where the text of its rows begins.
const COLUMN: usize = 13;
/// Objects shown of one group; JSON has more.
const INSTANCES: usize = 3;
/// Ways shown on which others of a group are kept; JSON has more.
const WAYS: usize = 3;
/// Lines shown of those that may have created an object; JSON has more.
const CANDIDATES: usize = 5;
/// Why a line of source may be another one than the one that runs.
const CHANGED: &str = "file changed since the process started";

/// Writes findings: those with the same reason and the same cure stand together, and both are said once.
pub(super) fn write_all(page: &mut Page<'_>, report: &Report, findings: &[&Finding]) -> io::Result<()> {
    let mut blocks: Vec<Vec<&Finding>> = Vec::new();
    for &finding in findings {
        let same = |block: &&mut Vec<&Finding>| block.first().is_some_and(|first| said_together(first, finding));
        match blocks.iter_mut().find(same) {
            Some(block) => block.push(finding),
            None => blocks.push(vec![finding]),
        }
    }
    for block in blocks {
        page.blank()?;
        for finding in &block {
            write(page, report, finding)?;
        }
        let Some(first) = block.first() else { continue };
        let all = if block.len() > 1 { format!("all {}: ", words::grouped(block.len() as u64)) } else { String::new() };
        row(page, "why", &Line::new().with(Role::Faint, all.as_str()).plain(first.why.as_str()))?;
        row(page, "fix", &Line::new().with(Role::Faint, all).with_commands(&first.advice))?;
    }
    Ok(())
}

/// Writes findings, those of each package under a line of their own: the program's own first, then by name of the package, the standard library last.
pub(super) fn write_by_distribution(page: &mut Page<'_>, report: &Report, findings: &[&Finding]) -> io::Result<()> {
    let mut packages: BTreeMap<(BelongsTo, Option<String>), Vec<&Finding>> = BTreeMap::new();
    for &finding in findings {
        let name = kinds::others(finding).filter(|_| finding.distribution.is_some());
        packages.entry((finding.belongs_to, name)).or_default().push(finding);
    }
    for ((belongs_to, name), findings) in packages {
        let name = match (belongs_to, name) {
            (BelongsTo::Own, _) => "your code".to_owned(),
            (BelongsTo::StandardLibrary, _) => "standard library".to_owned(),
            (BelongsTo::Installed, Some(name)) => name,
            (BelongsTo::Installed, None) => "installed, of no known package".to_owned(),
            (BelongsTo::Unknown, _) => "not known whose".to_owned(),
        };
        let count = words::counted(findings.len() as u64, "group", "groups");
        page.blank()?;
        page.line(&Line::new().with(Role::Title, name).with(Role::Faint, format!("  {count}")), 2)?;
        write_all(page, report, &findings)?;
    }
    Ok(())
}

fn said_together(one: &Finding, other: &Finding) -> bool {
    (one.verdict, one.kind, &one.why, &one.advice) == (other.verdict, other.kind, &other.why, &other.advice)
}

fn write(page: &mut Page<'_>, report: &Report, finding: &Finding) -> io::Result<()> {
    let style = page.style();
    let lead = Line::new()
        .with(kinds::role(finding.kind, finding.verdict), kinds::marked(style, finding.kind, finding.verdict))
        .plain("  ")
        .with(Role::Title, format!("{}{} ", words::grouped(finding.count), style.mark(Mark::Times)));
    let mut line = Line::new().with(Role::Function, full_name(finding));
    if let Some(definition) = &finding.definition {
        line.push(Role::Plain, "  ");
        line.push(Role::Place, format!("{}:{}", definition.file, definition.line));
    }
    if let Some(others) = kinds::others(finding) {
        line.push(Role::Faint, format!("  [{others}]"));
    }
    page.hang(&lead, &line, 4)?;

    if let Some(warning) = &finding.warning {
        let line = Line::new().plain(format!("{}  ", warning.text));
        let file = warning.file.as_deref().or(warning.module.as_deref());
        let line = match file.zip(warning.line) {
            Some((file, number)) => line.with(Role::Place, format!("{file}:{number}")),
            None => line.with(Role::Faint, "line unknown: recorded once for the whole process"),
        };
        row(page, "warning", &line)?;
    }
    if let Some(exception) = &finding.exception {
        let message = exception.message.as_deref().map(|message| format!(": {message}")).unwrap_or_default();
        let line = Line::new().with(Role::Leaked, format!("{}{message}", exception.type_name));
        row(page, "raised", &at(line, exception.raised_at.as_ref().or(finding.position.as_ref())))?;
    } else if let Some(position) = &finding.position {
        let mut line = at(Line::new(), Some(position));
        let called = called_there(finding);
        if called.is_some_and(|place| place.file_newer_than_process) {
            line.push(Role::Faint, format!("  ({CHANGED})"));
        }
        row(page, kinds::position(finding.kind), &line)?;
        called.map_or(Ok(()), |place| source(page, place))?;
    }
    created(page, report, finding)?;
    held(page, finding)?;
    for (index, inner) in finding.inner.iter().enumerate() {
        let mut line = Line::new().plain(format!("{}{} ", words::grouped(inner.count), style.mark(Mark::Times)));
        line.push(Role::Function, name_in(inner.module.as_deref(), &inner.qualname));
        if let Some(definition) = &inner.definition {
            line.push(Role::Place, format!("  {}:{}", definition.file, definition.line));
        }
        line.push(Role::Faint, "  (an argument, waits with it)");
        row(page, if index == 0 { "with" } else { "" }, &line)?;
    }
    instances(page, finding)
}

/// Who keeps the objects: root first.
fn held(page: &mut Page<'_>, finding: &Finding) -> io::Result<()> {
    if finding.retained_by.is_empty() {
        return Ok(());
    }
    row(page, "held by", &path(page, &finding.retained_by))?;
    for way in finding.also_retained_by.iter().take(WAYS) {
        let count = format!("  ({} of them)", words::grouped(way.count));
        row(page, "", &path(page, &way.path).with(Role::Faint, count))?;
    }
    if let Some(more) = finding.also_retained_by.len().checked_sub(WAYS).filter(|more| *more > 0) {
        let words = format!("and {} in JSON", words::counted(more as u64, "more way", "more ways"));
        row(page, "", &Line::new().with(Role::Faint, words))?;
    }
    Ok(())
}

/// What holds an object, root first.
pub(in crate::render) fn path(page: &Page<'_>, steps: &[String]) -> Line {
    let arrow = format!(" {} ", page.style().mark(Mark::Arrow));
    let mut path = Line::new();
    for (index, step) in steps.iter().enumerate() {
        if index > 0 {
            path.push(Role::Faint, arrow.as_str());
        }
        path.push(Role::Plain, step.as_str());
    }
    path
}

/// The line with a frame after it: its place, and the function it is in.
fn at(mut line: Line, frame: Option<&Frame>) -> Line {
    let Some(frame) = frame else { return line };
    if !line.is_empty() {
        line.push(Role::Plain, "  ");
    }
    let place = frame.line.map_or_else(|| frame.file.clone(), |line| format!("{}:{line}", frame.file));
    line.with(Role::Place, place).plain(format!(" in {}", frame.function))
}

fn row(page: &mut Page<'_>, label: &str, line: &Line) -> io::Result<()> {
    page.row(4, label, COLUMN, line)
}

/// The name of a finding's function, with its module.
pub(in crate::render) fn full_name(finding: &Finding) -> String {
    name_in(finding.module.as_deref(), &finding.qualname)
}

fn name_in(module: Option<&str>, qualname: &str) -> String {
    match module {
        Some(module) if module != "__main__" && !module.is_empty() => format!("{module}.{qualname}"),
        _ => qualname.to_owned(),
    }
}

/// How we know a place, for a person.
pub(super) fn evidence(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Recorded => "recorded",
        Evidence::CallSite => "deduced from a call in the code",
        Evidence::Holder => "deduced from what holds it",
        Evidence::Definition => "only where it is defined",
    }
}

/// The call that a finding about a call is about: its position says where it is.
fn called_there(finding: &Finding) -> Option<&Location> {
    finding.created_at.as_ref()?.first().filter(|_| finding.kind == Kind::DiscardedCallSite)
}

/// The line of source, below the place it stands at.
fn source(page: &mut Page<'_>, place: &Location) -> io::Result<()> {
    let Some(source) = &place.source else { return Ok(()) };
    let style = page.style();
    // One line: of code the beginning says most.
    let mut line = Line::new().with(Role::Faint, format!("  {source}")).escaped(style);
    if let Some(width) = style.width {
        line = line.cut(width.saturating_sub(COLUMN), style.mark(Mark::Gap));
    }
    row(page, "", &line)
}

/// Where it was created, if that is known. If nothing of that kind was recorded at all, it is said once, at the end.
fn created(page: &mut Page<'_>, report: &Report, finding: &Finding) -> io::Result<()> {
    if finding.kind == Kind::DiscardedCallSite {
        // Its position says it.
        return Ok(());
    }
    let Some(places) = finding.created_at.as_deref().filter(|places| !places.is_empty()) else {
        let missed = kinds::has_origin(finding.kind) && !nothing_is_recorded(report);
        return if missed { row(page, "created", &Line::new().with(Role::Faint, "not recorded")) } else { Ok(()) };
    };
    write_places(page, places)
}

/// Where something was created: a stack, innermost first, or lines of which it was one.
pub(in crate::render) fn write_places(page: &mut Page<'_>, places: &[Location]) -> io::Result<()> {
    let deduced = places.iter().filter(|place| place.evidence == Evidence::CallSite).count();
    if deduced > 1 {
        return candidates(page, places);
    }
    for (index, place) in places.iter().enumerate() {
        row(page, if index == 0 { "created" } else { "" }, &created_line(place, evidence(place.evidence)))?;
        source(page, place)?;
    }
    Ok(())
}

/// Deduced places are no stack: one of them it was. Calls on one line are told together.
fn candidates(page: &mut Page<'_>, places: &[Location]) -> io::Result<()> {
    let mut lines: Vec<(&Location, usize)> = Vec::new();
    for place in places {
        let same = |(known, _): &&mut (&Location, usize)| {
            (&known.file, known.line, &known.function) == (&place.file, place.line, &place.function)
        };
        match lines.iter_mut().find(same) {
            Some((_, count)) => *count += 1,
            None => lines.push((place, 1)),
        }
    }
    for (index, (place, count)) in lines.iter().take(CANDIDATES).enumerate() {
        let count = if *count == 1 { "one".to_owned() } else { count.to_string() };
        let how = format!("{count} of {} calls in the code", places.len());
        row(page, if index == 0 { "created" } else { "" }, &created_line(place, &how))?;
        source(page, place)?;
    }
    if let Some(more) = lines.len().checked_sub(CANDIDATES).filter(|more| *more > 0) {
        let words = format!("and {} in JSON", words::counted(more as u64, "more line", "more lines"));
        row(page, "", &Line::new().with(Role::Faint, words))?;
    }
    Ok(())
}

fn nothing_is_recorded(report: &Report) -> bool {
    let depths = &report.runtime.origin_tracking_depth;
    !depths.is_empty() && depths.iter().all(|&depth| depth <= 0)
}

/// Whether there are findings of which the place of creation is missing because the target does not record it.
pub(super) fn origins_are_missing(report: &Report, findings: &[&Finding]) -> bool {
    nothing_is_recorded(report)
        && findings.iter().any(|finding| kinds::has_origin(finding.kind) && finding.created_at.is_none())
}

fn created_line(place: &Location, how: &str) -> Line {
    let mut line = Line::new().with(Role::Place, format!("{}:{}", place.file, place.line));
    if let Some(function) = &place.function {
        line.push(Role::Plain, format!(" in {function}"));
    }
    let changed = if place.file_newer_than_process { format!("; {CHANGED}") } else { String::new() };
    line.with(Role::Faint, format!("  ({how}{changed})"))
}

/// On one line, unless there are arguments to show.
fn instances(page: &mut Page<'_>, finding: &Finding) -> io::Result<()> {
    let shown = finding.instances.get(..INSTANCES).unwrap_or(&finding.instances);
    let listed = finding.instances.len() as u64 + finding.instances_omitted;
    let more = listed - shown.len() as u64;
    if shown.is_empty() {
        return Ok(());
    }
    if shown.iter().all(|instance| instance.arguments.is_none()) {
        let mut line = Line::new();
        for (index, instance) in shown.iter().enumerate() {
            line.push(Role::Plain, format!("{}{}", if index > 0 { "  " } else { "" }, instance.address));
        }
        if more > 0 {
            line.push(Role::Faint, format!("  and {} more", words::grouped(more)));
        }
        let youngest =
            finding.instances.iter().map(|instance| instance.age_s).reduce(|one, other| Some(one?.min(other?)));
        if let Some(age) = youngest.flatten() {
            line.push(Role::Faint, format!("  at least {} old", words::seconds(age)));
        }
        return row(page, "objects", &line);
    }
    for (index, instance) in shown.iter().enumerate() {
        row(page, if index == 0 { "objects" } else { "" }, &instance_line(instance))?;
    }
    if more > 0 {
        row(page, "", &Line::new().with(Role::Faint, format!("and {} more", words::grouped(more))))?;
    }
    Ok(())
}

fn instance_line(instance: &Instance) -> Line {
    let mut line = Line::new().plain(instance.address.to_string());
    for argument in instance.arguments.iter().flatten() {
        let value = argument.value.as_deref().map_or_else(|| format!("<{}>", argument.type_name), str::to_owned);
        line.push(Role::Plain, format!("  {}={value}", argument.name));
    }
    line
}
