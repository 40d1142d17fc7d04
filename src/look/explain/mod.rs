//! From what was seen to the report: names, files, lines, sentences.
//!
//! Everything read here – names, code, line tables – does not change while an object lives; it is read while the target runs.

mod async_generators;
mod attribution;
mod blocked;
mod call_sites;
mod contexts;
mod creation;
mod cycles;
mod draft;
mod exceptions;
mod holder_site;
mod inner;
mod keepers;
mod lost;
mod names;
mod runtime;
mod source_lines;
mod suppressed;
mod tasks;
mod unawaited;
mod waits;
mod warnings;
mod weak;
mod why;

pub(super) use names::native_ids;
pub(super) use why::{Asked, why_report};

use super::call_sites::CallSites;
use super::observe::Skips;
use super::retention::Speaker;
use super::session::{Place, Session};
use super::{Course, Judged, Settings, Sighting};
use crate::error::Result;
use crate::heap::{Generator, Heap, Kept};
use crate::memory::{Address, Stoppable};
use crate::process;
use crate::report::{
    self, Finding, FindingCounts, Look, REPORT_SCHEMA, Report, Runtime, Skipped, Source, Summary, Target, TaskCounts,
    Timestamp, Tool,
};
use keepers::Keepers;
use names::Names;
use rustc_hash::FxHashMap;

/// What was found beside what was seen.
pub(super) struct Beside<'a> {
    /// Calls in the loaded code, if they were searched for.
    pub(super) sites: Option<&'a CallSites>,
    /// Code objects and types, which a look before may have read.
    pub(super) kept: &'a Kept,
}

/// Writes the report.
///
/// # Errors
/// When the target ended before its names were read.
pub(super) fn report(
    session: &Session,
    settings: &Settings,
    course: &mut Course,
    last: &Sighting,
    earlier: Option<&Sighting>,
    judged: &Judged,
    beside: &Beside<'_>,
) -> Result<Report> {
    let pages = session.pages();
    let stop = || session.should_stop();
    let memory = Stoppable::new(&pages, &stop);
    let heap = session.heap(&memory).keeping(beside.kept);
    let observation = &last.observation;
    let settled_s = earlier.map(|earlier| last.seconds_since(earlier));
    let Explained { runtime, summary, findings, tasks, threads } =
        explain(Some(&session.target), &heap, settings, last, earlier, judged, beside.sites);
    session.check()?;
    session.target.check_alive()?;
    let skipped = skipped(&course.skips);
    course.notes.sort();
    course.notes.dedup();
    Ok(Report {
        schema: REPORT_SCHEMA.to_owned(),
        tool: Tool::this(),
        captured_at: Timestamp(course.captured_at),
        target: target(session, &observation.places),
        look: Look {
            mode: settings.mode,
            collector: course.collector,
            total_ms: session.begun.elapsed().as_secs_f64() * 1000.0,
            pauses: course.pauses,
            swept_s_ago: course.swept_s_ago,
            bytes_read: session.bytes_read(),
            bytes_skipped: session.bytes_skipped(),
            gc_objects: observation.gc_objects,
            retries: course.retries,
            settle_ms: settled_s
                .map_or(0, |seconds| std::time::Duration::from_secs_f64(seconds).as_millis().try_into().unwrap_or(0)),
            complete: skipped.is_empty(),
            skipped,
            notes: course.notes.clone(),
        },
        runtime,
        summary,
        findings,
        findings_omitted: 0,
        tasks,
        threads,
    })
}

/// The parts of a report that are about the interpreter's own objects.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// Loops and settings.
    pub runtime: Runtime,
    /// Counts.
    pub summary: Summary,
    /// What was found.
    pub findings: Vec<Finding>,
    /// All tasks.
    pub tasks: Vec<report::Task>,
    /// All threads.
    pub threads: Vec<report::Thread>,
}

/// Names and places for all that was seen. Without a process around the memory, nobody can say which package a file belongs to.
pub(super) fn explain(
    process: Option<&process::Target>,
    heap: &Heap<'_>,
    settings: &Settings,
    last: &Sighting,
    earlier: Option<&Sighting>,
    judged: &Judged,
    sites: Option<&CallSites>,
) -> Explained {
    let observation = &last.observation;
    let settled_s = earlier.map(|earlier| last.seconds_since(earlier));
    let names = Names::new(process, heap, observation, settings.locals);
    let generators: FxHashMap<Address, &Generator> =
        observation.generators.iter().map(|generator| (generator.address, generator)).collect();
    let thread_number = |thread| names.native_id(thread);
    let keepers = Keepers { keeping: &judged.keeping, speaker: Speaker::new(heap, observation, &thread_number) };
    let waiting = waits::Waiting::new(&names, last);
    let creation = sites.map(|sites| call_sites::Creation::new(&names, sites, observation));
    let mut findings =
        unawaited::findings(&names, &judged.created, observation, settings, settled_s, creation.as_ref(), &keepers);
    findings.extend(sites.map(|sites| call_sites::findings(&names, sites)).unwrap_or_default());
    findings.extend(lost::findings(&names, &keepers, &judged.lost, observation, settings, settled_s));
    findings.extend(async_generators::findings(&names, &keepers, &judged.left, settings, settled_s));
    let held_earlier = earlier.map(|earlier| &earlier.observation.islands);
    findings.extend(weak::findings(&names, &waiting, last, held_earlier, &generators, settings, settled_s));
    findings.extend(blocked::findings(&names, last, settings));
    let runtime = runtime::runtime(&names, last);
    findings.extend(warnings::findings(&names, observation, sites));
    findings.extend(suppressed::findings(&names, observation));
    findings.extend(cycles::findings(&names, &waiting, &generators, settings, last, earlier));
    findings.iter_mut().for_each(|finding| attribution::attribute(&names, finding));
    findings.sort_by_key(|finding| (finding.verdict, std::cmp::Reverse(finding.count)));
    let mut tasks: Vec<report::Task> =
        observation.tasks.iter().map(|task| tasks::task(&names, &waiting, task, &generators)).collect();
    if let Some(process) = process {
        source_lines::add(process, &mut findings, &mut tasks);
    }
    let (coroutines, async_generators) = observation.counts();
    let summary =
        Summary { coroutines, async_generators, tasks: count_tasks(&tasks), findings: FindingCounts::of(&findings) };
    Explained { runtime, summary, findings, tasks, threads: runtime::threads(&names, observation) }
}

pub(super) fn skipped(skips: &Skips) -> Vec<Skipped> {
    let mut skipped: Vec<Skipped> = skips
        .0
        .iter()
        .map(|((what, why), count)| Skipped { what: (*what).to_owned(), count: *count, why: (*why).to_owned() })
        .collect();
    skipped.sort_by(|a, b| (&a.what, &a.why).cmp(&(&b.what, &b.why)));
    skipped
}

fn target(session: &Session, places: &[Place]) -> Target {
    let target = &session.target;
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Target {
        pid: target.pid().get(),
        source: Source::Live,
        exe: Some(target.exe().to_string_lossy().into_owned()).filter(|exe| !exe.is_empty()),
        cmdline: target.cmdline().to_vec(),
        python: session.python.version.to_string(),
        free_threaded: session.python.free_threaded,
        uptime_s: target.uptime_s(),
        rss_bytes: target.rss_bytes(),
        threads: count(places.iter().map(|place| place.interpreter.threads.len()).sum()),
        interpreters: count(places.len()),
    }
}

fn count_tasks(tasks: &[report::Task]) -> TaskCounts {
    let mut counts = TaskCounts::default();
    for task in tasks {
        match task.state {
            report::TaskState::Pending => counts.pending += 1,
            report::TaskState::Running => counts.running += 1,
            report::TaskState::Done => counts.done += 1,
            report::TaskState::Failed => counts.failed += 1,
            report::TaskState::Cancelled => counts.cancelled += 1,
        }
    }
    counts
}
