//! From what was seen to the report: names, files, lines, sentences.
//!
//! Everything read here – names, code, line tables – does not change while an object lives; it is read while the target runs.

use super::arguments::arguments;
use super::distribution::Distributions;
use super::judge::Judged;
use super::observe::Skips;
use super::session::{Place, Session};
use super::{Course, Settings, Sighting};
use crate::analysis::fingerprint::fingerprint;
use crate::analysis::group::{Group, group};
use crate::asyncio::{Task, TaskState};
use crate::error::Result;
use crate::heap::{Frame, Generator, GeneratorState, Heap, OriginFrame};
use crate::memory::{Address, Stoppable};
use crate::process;
use crate::report::{
    self, Definition, Evidence, Finding, FindingCounts, HexAddress, Instance, Kind, Location, Look, REPORT_SCHEMA,
    Report, Runtime, Skipped, Source, Summary, Target, TaskCounts, Timestamp, Tool,
};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::{Cell, RefCell};

/// Stands where a name could not be read.
const UNREADABLE: &str = "<unreadable>";
/// Coroutines awaiting each other, in one task.
const DEEPEST_CHAIN: usize = 1000;
/// Bytes of text in the stacks of all tasks together; beyond it stacks are left out.
const MOST_STACK_TEXT: usize = 256 << 20;

/// Writes the report.
///
/// # Errors
/// When the target ended before its names were read.
pub(super) fn report(
    session: &Session,
    settings: &Settings,
    mut course: Course,
    last: &Sighting,
    earlier: Option<&Sighting>,
    judged: &[Judged],
) -> Result<Report> {
    let pages = session.pages();
    let stop = || session.should_stop();
    let memory = Stoppable::new(&pages, &stop);
    let heap = session.heap(&memory);
    let observation = &last.observation;
    let settled_s = earlier.map(|earlier| (last.at - earlier.at).as_secs_f64());
    let Explained { runtime, summary, findings, tasks, threads } =
        explain(Some(&session.target), &heap, settings, last, settled_s, judged);
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
            bytes_read: session.memory.bytes_read(),
            gc_objects: observation.gc_objects,
            retries: course.retries,
            settle_ms: settled_s
                .map_or(0, |seconds| std::time::Duration::from_secs_f64(seconds).as_millis().try_into().unwrap_or(0)),
            complete: skipped.is_empty(),
            skipped,
            notes: course.notes,
        },
        runtime,
        summary,
        findings,
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
    settled_s: Option<f64>,
    judged: &[Judged],
) -> Explained {
    let observation = &last.observation;
    let threads = observation.places.iter().flat_map(|place| &place.interpreter.threads);
    let explainer = Explainer {
        process,
        heap,
        frames: RefCell::default(),
        class_names: RefCell::default(),
        text_left: Cell::new(MOST_STACK_TEXT),
        native_ids: threads.filter_map(|thread| Some((thread.address, thread.native_id?))).collect(),
        loop_threads: observation.loops.iter().filter_map(|found| Some((found.address, found.thread?))).collect(),
    };
    let findings = explainer.findings(judged, settings, settled_s);
    let generators: FxHashMap<Address, &Generator> =
        observation.generators.iter().map(|generator| (generator.address, generator)).collect();
    let tasks: Vec<report::Task> = observation.tasks.iter().map(|task| explainer.task(task, &generators)).collect();
    let (coroutines, async_generators) = observation.counts();
    let summary =
        Summary { coroutines, async_generators, tasks: count_tasks(&tasks), findings: FindingCounts::of(&findings) };
    Explained { runtime: explainer.runtime(last), summary, findings, tasks, threads: explainer.threads(last) }
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

struct Explainer<'a, 'h> {
    process: Option<&'a process::Target>,
    heap: &'a Heap<'h>,
    /// Frames by code and position: thousands of tasks stand at the same few lines.
    frames: RefCell<FxHashMap<(Address, i64), report::Frame>>,
    class_names: RefCell<FxHashMap<Address, Option<String>>>,
    /// Bytes of text that stacks may still take.
    text_left: Cell<usize>,
    /// The system's numbers of threads, by thread state.
    native_ids: FxHashMap<Address, u64>,
    /// The thread states that loops run in.
    loop_threads: FxHashMap<Address, Address>,
}

impl Explainer<'_, '_> {
    fn findings(&self, judged: &[Judged], settings: &Settings, settled_s: Option<f64>) -> Vec<Finding> {
        let mut distributions = Distributions::new(self.process);
        let with_origin: Vec<_> = judged
            .iter()
            .map(|judged| {
                let origin = self.heap.origin(&judged.generator).ok().flatten().filter(|origin| !origin.is_empty());
                (judged.generator.code, judged.judgement.clone(), origin)
            })
            .collect();
        group(&with_origin)
            .iter()
            .map(|group| self.finding(group, judged, settings, settled_s, &mut distributions))
            .collect()
    }

    fn finding(
        &self,
        group: &Group<Vec<OriginFrame>>,
        judged: &[Judged],
        settings: &Settings,
        settled_s: Option<f64>,
        distributions: &mut Distributions<'_>,
    ) -> Finding {
        let members = || group.members.iter().filter_map(|at| judged.get(*at));
        let count = group.members.len() as u64;
        let first = members().next().map(|judged| judged.generator);
        let qualname = first
            .and_then(|generator| self.heap.generator_qualname(&generator).ok())
            .unwrap_or_else(|| UNREADABLE.to_owned());
        let module = first.and_then(|generator| self.module_of(&generator));
        let definition = self.definition(group.code);
        let file = definition.as_ref().map_or("", |definition| definition.file.as_str());
        let line = definition.as_ref().map_or(0, |definition| definition.line).to_string();
        Finding {
            fingerprint: fingerprint([
                Kind::UnawaitedHeld.word(),
                module.as_deref().unwrap_or(""),
                &qualname,
                file.rsplit('/').next().unwrap_or(file),
                &line,
            ]),
            kind: Kind::UnawaitedHeld,
            verdict: group.verdict,
            why: group.reason.sentence(settled_s),
            distribution: distributions.of(file),
            advice: group.reason.advice(),
            module,
            definition,
            count,
            created_at: group.origin.as_ref().map(|origin| origin.iter().map(recorded).collect()),
            retained_by: Vec::new(),
            warning: None,
            instances: members().take(settings.instances).map(|judged| self.instance(judged, settings)).collect(),
            instances_omitted: count.saturating_sub(settings.instances as u64),
            qualname,
        }
    }

    fn instance(&self, judged: &Judged, settings: &Settings) -> Instance {
        let generator = &judged.generator;
        Instance {
            address: HexAddress(generator.address.get()),
            age_s: judged.known_for_s,
            refcount: Some(generator.refcount),
            size_bytes: self.heap.generator_shallow_size(generator).ok(),
            arguments: if settings.locals { arguments(self.heap, generator) } else { None },
        }
    }

    /// The module that defines a coroutine's function: as the function says (3.11+), or its globals.
    fn module_of(&self, generator: &Generator) -> Option<String> {
        let by_function =
            self.heap.generator_function(generator).and_then(|function| self.heap.function_module(function));
        by_function.or_else(|| {
            let globals = self.heap.frame_globals(&generator.frame?)?;
            self.heap.label(self.heap.dict_value(globals, "__name__").ok()??).ok()
        })
    }

    fn definition(&self, code: Address) -> Option<Definition> {
        let code = self.heap.code(code).ok()?;
        Some(Definition { file: self.heap.code_file(&code).ok()?, line: u32::try_from(code.first_line).unwrap_or(0) })
    }

    fn frame(&self, frame: &Frame) -> Option<report::Frame> {
        let left = self.text_left.get();
        let found = Some(frame).filter(|_| left > 0).and_then(|frame| self.known_frame(frame))?;
        self.text_left.set(left.saturating_sub(found.function.len() + found.file.len()));
        Some(found)
    }

    fn known_frame(&self, frame: &Frame) -> Option<report::Frame> {
        let code = self.heap.code(frame.code).ok()?;
        let offset = self.heap.frame_offset(frame).unwrap_or(-1);
        if let Some(known) = self.frames.borrow().get(&(code.address, offset)) {
            return Some(known.clone());
        }
        let line = self.heap.code_line(&code, offset).ok().flatten();
        let found = report::Frame {
            function: self.heap.code_qualname(&code).unwrap_or_else(|_| UNREADABLE.to_owned()),
            file: self.heap.code_file(&code).unwrap_or_else(|_| UNREADABLE.to_owned()),
            line: line.and_then(|line| u32::try_from(line).ok()),
        };
        self.frames.borrow_mut().insert((code.address, offset), found.clone());
        Some(found)
    }

    fn task(&self, task: &Task, generators: &FxHashMap<Address, &Generator>) -> report::Task {
        let coroutine = task.coroutine.and_then(|coroutine| generators.get(&coroutine)).copied();
        let stack = self.await_chain(coroutine, generators);
        let thread = task.event_loop.and_then(|event_loop| self.loop_threads.get(&event_loop));
        let running = coroutine.is_some_and(|coroutine| coroutine.state == GeneratorState::Running);
        report::Task {
            address: HexAddress(task.address.get()),
            name: task.name(self.heap),
            qualname: coroutine.and_then(|coroutine| self.heap.generator_qualname(coroutine).ok()),
            state: match task.state {
                TaskState::Pending if running => report::TaskState::Running,
                TaskState::Pending => report::TaskState::Pending,
                TaskState::Cancelled => report::TaskState::Cancelled,
                TaskState::Finished => report::TaskState::Done,
                TaskState::Failed => report::TaskState::Failed,
            },
            started: coroutine.map(|coroutine| coroutine.state != GeneratorState::Created),
            event_loop: task.event_loop.map(|event_loop| HexAddress(event_loop.get())),
            thread: thread.and_then(|thread| self.native_id(*thread)),
            stack,
            waits_on: task.waiter.and_then(|waiter| {
                let type_name = self.class_name(waiter)?;
                Some(report::WaitsOn { address: HexAddress(waiter.get()), type_name })
            }),
            awaited_by: Vec::new(),
            context: None,
            created_at: None,
            exception: None,
        }
    }

    /// The name of an object's class, with its module.
    fn class_name(&self, object: Address) -> Option<String> {
        let class = self.heap.type_of(object).ok()?;
        let mut names = self.class_names.borrow_mut();
        names.entry(class).or_insert_with(|| self.heap.qualified_type_name(class).ok()).clone()
    }

    /// The frames from a task's coroutine inwards, outermost first: each awaits the next.
    fn await_chain(
        &self,
        outermost: Option<&Generator>,
        generators: &FxHashMap<Address, &Generator>,
    ) -> Vec<report::Frame> {
        let mut stack = Vec::new();
        let mut seen = FxHashSet::default();
        let mut at = outermost.copied();
        while let Some(generator) = at {
            if seen.len() >= DEEPEST_CHAIN || !seen.insert(generator.address) {
                break;
            }
            stack.extend(generator.frame.and_then(|frame| self.frame(&frame)));
            let awaited = self.heap.awaited_by(&generator).ok().flatten();
            at = awaited.and_then(|awaited| generators.get(&awaited)).map(|generator| **generator);
        }
        stack
    }

    fn native_id(&self, thread: Address) -> Option<u64> {
        self.native_ids.get(&thread).copied().filter(|id| *id != 0)
    }

    fn threads(&self, last: &Sighting) -> Vec<report::Thread> {
        let threads = last
            .observation
            .places
            .iter()
            .flat_map(|place| place.interpreter.threads.iter().map(|thread| (place.interpreter.id, thread)));
        threads
            .map(|(interpreter, thread)| {
                let frames = last.observation.thread_frames.get(&thread.address);
                report::Thread {
                    id: thread.id,
                    os_thread_id: thread.native_id.filter(|id| *id != 0),
                    name: None,
                    interpreter,
                    active: thread.native_id.filter(|id| *id != 0).and_then(|id| self.process?.thread_is_active(id)),
                    owns_gil: None,
                    frames: frames.into_iter().flatten().rev().filter_map(|frame| self.frame(frame)).collect(),
                }
            })
            .collect()
    }

    fn runtime(&self, last: &Sighting) -> Runtime {
        let observation = &last.observation;
        let depths = observation.places.iter().flat_map(|place| &place.interpreter.threads);
        let mut tasks_of: FxHashMap<Address, u64> = FxHashMap::default();
        for event_loop in observation.tasks.iter().filter_map(|task| task.event_loop) {
            *tasks_of.entry(event_loop).or_default() += 1;
        }
        let loops = observation.loops.iter().map(|event_loop| {
            let tasks = tasks_of.get(&event_loop.address).copied().unwrap_or(0);
            report::Loop {
                address: HexAddress(event_loop.address.get()),
                class: self.class_name(event_loop.address).unwrap_or_else(|| UNREADABLE.to_owned()),
                thread: event_loop.thread.and_then(|thread| self.native_id(thread)),
                running: event_loop.thread.is_some(),
                debug: event_loop.debug,
                ready: Some(event_loop.ready.len() as u64),
                scheduled: Some(event_loop.timers.len() as u64),
                tasks: Some(tasks),
            }
        });
        Runtime {
            origin_tracking_depth: depths.map(|thread| thread.origin_tracking_depth).collect(),
            warning_filters: observation.places.first().map(|place| self.warning_filters(place)).unwrap_or_default(),
            loops: loops.collect(),
        }
    }

    /// The filters that decide about warnings, written like the argument of `-W`.
    fn warning_filters(&self, place: &Place) -> Vec<String> {
        /// A program that keeps adding filters has other problems.
        const MOST: usize = 100;
        let layout = self.heap.layout();
        let Ok(filters) = self.heap.pointer(place.interpreter.address, layout.interpreter.warnings_filters) else {
            return Vec::new();
        };
        if self.heap.type_of(filters).ok() != self.heap.known().list {
            return Vec::new();
        }
        let items = self.heap.list_items(filters).unwrap_or_default();
        items.into_iter().take(MOST).filter_map(|filter| self.warning_filter(filter)).collect()
    }

    /// A filter is a tuple (action, message, category, module, line); message and module are None, a str or a compiled pattern.
    fn warning_filter(&self, filter: Address) -> Option<String> {
        let parts = self.heap.tuple_start(filter, 6).ok()?;
        let [action, message, category, module, line] = parts.as_slice() else { return None };
        let pattern = |part: Address| {
            if self.heap.is_none(part) {
                return String::new();
            }
            self.heap.label(part).unwrap_or_else(|_| "<pattern>".to_owned())
        };
        let line = self.heap.integer(*line).ok()?.filter(|line| *line != 0).map(|line| line.to_string());
        let category = self.heap.type_info(*category).ok()?.name.clone();
        let text =
            [self.heap.label(*action).ok()?, pattern(*message), category, pattern(*module), line.unwrap_or_default()];
        Some(text.join(":").trim_end_matches(':').to_owned())
    }
}

fn recorded(frame: &OriginFrame) -> Location {
    Location {
        file: frame.file.clone(),
        line: u32::try_from(frame.line).unwrap_or(0),
        function: Some(frame.function.clone()),
        evidence: Evidence::Recorded,
    }
}
