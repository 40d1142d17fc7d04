//! What happens to a process that is looked at again and again: a line for each look, and below it what has changed since the one before.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Duration;

use super::style::Mark;
use super::text::{finding, head, kinds};
use super::{Line, Page, Role, Scope, Style, words};
use crate::report::{Collector, Finding, Kind, Mode, Report, Summary, Verdict};

/// Sentences that were told are remembered up to this number.
const MOST_TOLD: usize = 1000;

/// The view of all looks together: it remembers what it has shown.
#[derive(Debug, Default)]
pub struct Watch {
    scope: Scope,
    before: BTreeMap<Key, u64>,
    /// Lines of findings that are shown now, for when they have gone.
    shown: BTreeMap<Key, Line>,
    told: BTreeSet<String>,
    begun: bool,
}

/// What findings are known by from one look to the next.
type Key = (Verdict, Kind, String);

impl Watch {
    /// A view of what is asked for.
    #[must_use]
    pub fn new(scope: Scope) -> Self {
        Self { scope, ..Self::default() }
    }

    /// Writes what one look says; `processor` is the time of processors that it took us.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(
        &mut self,
        report: &Report,
        processor: Duration,
        out: &mut dyn io::Write,
        style: &Style,
    ) -> io::Result<()> {
        let mut page = Page::new(out, style);
        if !std::mem::replace(&mut self.begun, true) {
            head::program_line(&mut page, &report.target)?;
        }
        let is_shown = |finding: &&Finding| kinds::is_shown_first(finding, true) && self.scope.has(finding);
        let findings: Vec<&Finding> = report.findings.iter().filter(is_shown).collect();
        page.line(&look(&page, report, &findings, processor), 2)?;
        self.notes(&mut page, report)?;
        self.changes(&mut page, &findings)
    }

    /// What was not seen, and what is to be known of all looks: each sentence once.
    fn notes(&mut self, page: &mut Page<'_>, report: &Report) -> io::Result<()> {
        let skipped = report.look.skipped.iter().map(|skipped| format!("not seen: {}, {}", skipped.what, skipped.why));
        for sentence in skipped.chain(report.look.notes.iter().cloned()) {
            if self.told.contains(&sentence) || self.told.len() >= MOST_TOLD {
                continue;
            }
            page.hang(&Line::new().plain("  "), &Line::new().with(Role::Faint, sentence.as_str()), 4)?;
            self.told.insert(sentence);
        }
        Ok(())
    }

    /// What is new, has grown or shrunk, or has gone.
    fn changes(&mut self, page: &mut Page<'_>, findings: &[&Finding]) -> io::Result<()> {
        let mut now: BTreeMap<Key, (u64, &Finding)> = BTreeMap::new();
        for found in findings {
            let key = (found.verdict, found.kind, found.fingerprint.clone());
            let (count, _) = now.entry(key).or_insert((0, found));
            *count = count.saturating_add(found.count);
        }
        let mut changes: Vec<(&Key, u64, u64)> = Vec::new();
        for (key, (count, _)) in &now {
            changes.push((key, self.before.get(key).copied().unwrap_or(0), *count));
        }
        changes
            .extend(self.before.iter().filter(|(key, _)| !now.contains_key(*key)).map(|(key, count)| (key, *count, 0)));
        changes.retain(|(_, before, count)| before != count);
        // What comes is worth more than what goes.
        changes.sort_by_key(|(key, before, count)| (count < before, key.0, Reverse(count.abs_diff(*before)), *key));
        for (key, before, count) in changes {
            let marked = kinds::marked(page.style(), key.1, key.0);
            let change =
                format!("{}{}", if count > before { '+' } else { '-' }, words::grouped(count.abs_diff(before)));
            let lead = Line::new().plain(format!("{change:>7}  ")).with(kinds::role(key.1, key.0), marked);
            let times = format!("  {}{} ", words::grouped(count), page.style().mark(Mark::Times));
            let mut line = Line::new().plain(times);
            line.append(match now.get(key) {
                Some((_, found)) => about(page, found),
                None => self.shown.get(key).cloned().unwrap_or_default(),
            });
            page.hang(&lead, &line, 9)?;
        }
        self.before = now.iter().map(|(key, (count, _))| (key.clone(), *count)).collect();
        self.shown = now.iter().map(|(key, (_, found))| (key.clone(), name(found))).collect();
        Ok(())
    }
}

/// The line of one look.
fn look(page: &Page<'_>, report: &Report, findings: &[&Finding], processor: Duration) -> Line {
    let style = page.style();
    let and = style.mark(Mark::And);
    let objects = |verdict| {
        findings
            .iter()
            .filter(|finding| finding.verdict == verdict && finding.kind != Kind::WarningsSuppressed)
            .fold(0_u64, |sum, finding| sum.saturating_add(finding.count))
    };
    let (leaked, suspect) = (objects(Verdict::Leaked), objects(Verdict::Suspect));
    let role = |count, role| if count > 0 { role } else { Role::Plain };
    let at = humantime::format_rfc3339_seconds(report.captured_at.0);
    let mut line = Line::new()
        .with(Role::Title, at.to_string())
        .with(role(leaked, Role::Leaked), format!("  {} leaked", words::grouped(leaked)))
        .with(Role::Faint, and)
        .with(role(suspect, Role::Suspect), format!("{} suspect", words::grouped(suspect)))
        .with(Role::Faint, and)
        .plain(format!("{} never started", words::grouped(report.summary.coroutines.created)))
        .with(Role::Faint, and)
        .plain(tasks(&report.summary))
        .with(Role::Faint, and)
        .with(Role::Faint, cost(report, processor, style.unicode));
    if let Some(ago) = report.look.swept_s_ago.filter(|_| report.look.collector == Collector::Known) {
        line.push(Role::Faint, format!("{and}swept {} ago", words::seconds(ago)));
    }
    if !report.look.complete {
        line.push(Role::Faint, and);
        line.push(Role::Suspect, format!("{} incomplete", style.mark(Mark::Incomplete)));
    }
    line
}

/// `tasks 14 pending, 1 running`
fn tasks(summary: &Summary) -> String {
    let tasks = &summary.tasks;
    let states = [
        (tasks.pending, "pending"),
        (tasks.running, "running"),
        (tasks.done, "done"),
        (tasks.failed, "failed"),
        (tasks.cancelled, "cancelled"),
    ];
    let states = states.iter().filter(|(count, _)| *count > 0);
    let said: Vec<String> = states.map(|(count, state)| format!("{} {state}", words::grouped(*count))).collect();
    if said.is_empty() { "no tasks".to_owned() } else { format!("tasks {}", said.join(", ")) }
}

/// `took 12.1 ms, cpu 9.0 ms, paused 150 µs`
fn cost(report: &Report, processor: Duration, unicode: bool) -> String {
    let microseconds = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    let took = Duration::try_from_secs_f64(report.look.total_ms / 1000.0).unwrap_or_default();
    let paused = match report.look.mode {
        Mode::Nonblocking => "never paused".to_owned(),
        Mode::Verify | Mode::Frozen => {
            format!("paused {}", words::microseconds(report.look.pauses.total_us, unicode))
        }
    };
    let (took, processor) = (microseconds(took), microseconds(processor));
    format!("took {}, cpu {}, {paused}", words::microseconds(took, unicode), words::microseconds(processor, unicode))
}

/// Its name and where it is, and who holds it.
fn about(page: &Page<'_>, found: &Finding) -> Line {
    let mut line = name(found);
    if !found.retained_by.is_empty() {
        line.push(Role::Faint, "  held by ");
        line.append(finding::path(page, &found.retained_by));
    }
    line
}

fn name(found: &Finding) -> Line {
    let line = Line::new().with(Role::Function, finding::full_name(found));
    let place = match (&found.position, &found.definition) {
        (Some(position), _) => Some((&position.file, position.line)),
        (None, Some(definition)) => Some((&definition.file, Some(definition.line))),
        (None, None) => None,
    };
    match place {
        Some((file, Some(number))) => line.plain("  ").with(Role::Place, format!("{file}:{number}")),
        Some((file, None)) => line.plain("  ").with(Role::Place, file.as_str()),
        None => line,
    }
}
