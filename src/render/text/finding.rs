//! One finding.

use std::io;

use super::super::style::Mark;
use super::super::words;
use super::super::{Line, Page, Role, Style};
use crate::report::{Evidence, Finding, Instance, Kind, Location, Report, Verdict};

/// Where the text of its rows begins.
const COLUMN: usize = 13;
/// Objects shown of one group; JSON has more.
const INSTANCES: usize = 3;

/// Writes one finding.
pub(super) fn write(page: &mut Page<'_>, report: &Report, finding: &Finding) -> io::Result<()> {
    let style = page.style();
    let lead = Line::new()
        .with(role(finding.verdict), format!("{} {}", mark(style, finding.verdict), finding.verdict))
        .plain("  ")
        .with(Role::Title, format!("{}{} ", words::grouped(finding.count), style.mark(Mark::Times)));
    let mut line = Line::new().with(Role::Function, full_name(finding));
    if let Some(definition) = &finding.definition {
        line.push(Role::Plain, "  ");
        line.push(Role::Place, format!("{}:{}", definition.file, definition.line));
    }
    if let Some(distribution) = &finding.distribution {
        line.push(Role::Faint, format!("  from {distribution}"));
    }
    page.hang(&lead, &line, 4)?;

    row(page, "why", &Line::new().plain(finding.why.as_str()))?;
    if let Some(warning) = &finding.warning {
        let place = format!("{}:{}", warning.file.as_deref().unwrap_or(&warning.module), warning.line);
        row(page, "warning", &Line::new().plain(format!("{}  ", warning.text)).with(Role::Place, place))?;
    }
    created(page, report, finding)?;
    if !finding.retained_by.is_empty() {
        let arrow = format!(" {} ", style.mark(Mark::Arrow));
        let mut path = Line::new();
        for (index, step) in finding.retained_by.iter().enumerate() {
            if index > 0 {
                path.push(Role::Faint, arrow.as_str());
            }
            path.push(Role::Plain, step.as_str());
        }
        row(page, "held by", &path)?;
    }
    instances(page, finding)?;
    row(page, "fix", &Line::new().with_commands(&finding.advice))
}

fn row(page: &mut Page<'_>, label: &str, line: &Line) -> io::Result<()> {
    page.row(4, label, COLUMN, line)
}

/// The words of this kind that follow a count.
pub(super) fn noun(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::UnawaitedHeld => ("coroutine never awaited", "coroutines never awaited"),
        Kind::UnawaitedCycleGarbage => ("unreachable coroutine never awaited", "unreachable coroutines never awaited"),
        Kind::DiscardedAlready => ("coroutine thrown away earlier", "coroutines thrown away earlier"),
        Kind::DiscardedCallSite => ("call that throws its coroutine away", "calls that throw their coroutine away"),
        Kind::GatherNeverAwaited => ("gather() never awaited", "gather() calls never awaited"),
        Kind::TaskExceptionNeverRetrieved => {
            ("task with an exception nobody retrieved", "tasks with an exception nobody retrieved")
        }
        Kind::TaskWeaklyHeld => ("task nobody holds", "tasks nobody holds"),
        Kind::TaskNeverStarted => ("task never started", "tasks never started"),
        Kind::AsyncgenAbandoned => ("async generator abandoned", "async generators abandoned"),
        Kind::AsyncgenNeverStarted => ("async generator never started", "async generators never started"),
        Kind::WarningsSuppressed => {
            ("filter that hides \"never awaited\" warnings", "filters that hide \"never awaited\" warnings")
        }
    }
}

pub(super) fn role(verdict: Verdict) -> Role {
    match verdict {
        Verdict::Leaked => Role::Leaked,
        Verdict::Suspect => Role::Suspect,
        Verdict::Pending => Role::Pending,
    }
}

pub(super) fn mark(style: &Style, verdict: Verdict) -> &'static str {
    style.mark(match verdict {
        Verdict::Leaked => Mark::Leaked,
        Verdict::Suspect => Mark::Suspect,
        Verdict::Pending => Mark::Pending,
    })
}

fn full_name(finding: &Finding) -> String {
    match finding.module.as_deref() {
        Some(module) if module != "__main__" && !module.is_empty() => format!("{module}.{}", finding.qualname),
        _ => finding.qualname.clone(),
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

fn created(page: &mut Page<'_>, report: &Report, finding: &Finding) -> io::Result<()> {
    let about_objects =
        !matches!(finding.kind, Kind::DiscardedAlready | Kind::DiscardedCallSite | Kind::WarningsSuppressed);
    let Some(places) = finding.created_at.as_deref().filter(|places| !places.is_empty()) else {
        let depths = &report.runtime.origin_tracking_depth;
        let off = !depths.is_empty() && depths.iter().all(|&depth| depth <= 0);
        return match (about_objects, off) {
            (false, _) => Ok(()),
            (true, true) => {
                row(page, "created", &Line::new().with(Role::Faint, "not recorded: origin tracking is off"))
            }
            (true, false) => row(page, "created", &Line::new().with(Role::Faint, "not recorded")),
        };
    };
    for (index, place) in places.iter().enumerate() {
        row(page, if index == 0 { "created" } else { "" }, &created_line(place))?;
    }
    Ok(())
}

fn created_line(place: &Location) -> Line {
    let mut line = Line::new().with(Role::Place, format!("{}:{}", place.file, place.line));
    if let Some(function) = &place.function {
        line.push(Role::Plain, format!(" in {function}"));
    }
    line.with(Role::Faint, format!("  ({})", evidence(place.evidence)))
}

fn instances(page: &mut Page<'_>, finding: &Finding) -> io::Result<()> {
    for (index, instance) in finding.instances.iter().take(INSTANCES).enumerate() {
        row(page, if index == 0 { "objects" } else { "" }, &instance_line(instance))?;
    }
    let shown = finding.instances.len().min(INSTANCES) as u64;
    let listed = finding.instances.len() as u64 + finding.instances_omitted;
    if shown > 0 && listed > shown {
        row(page, "", &Line::new().with(Role::Faint, format!("and {} more", words::grouped(listed - shown))))?;
    }
    Ok(())
}

fn instance_line(instance: &Instance) -> Line {
    let mut line = Line::new().plain(instance.address.to_string());
    if let Some(age) = instance.age_s {
        line.push(Role::Plain, format!("  at least {} old", words::seconds(age)));
    }
    if let Some(count) = instance.refcount {
        line.push(Role::Faint, format!("  {}", words::counted(count, "reference", "references")));
    }
    for argument in instance.arguments.iter().flatten() {
        let value = argument.value.as_deref().map_or_else(|| format!("<{}>", argument.type_name), str::to_owned);
        line.push(Role::Plain, format!("  {}={value}", argument.name));
    }
    line
}
