//! What tasks wait for and who waits for them, in words.

use super::super::Sighting;
use super::super::observe::Observation;
use super::names::{Names, UNREADABLE};
use crate::asyncio::{Task, Wait, WaitKind};
use crate::heap::{Frame, Generator, GeneratorState};
use crate::memory::Address;
use crate::report::{self, Awaited, HexAddress};
use rustc_hash::FxHashMap;
use std::cell::RefCell;

/// Names of tasks that are said in one text.
const NAMED: usize = 3;
/// Characters of a task's name in a text.
const LONGEST_NAME: usize = 60;

/// Writes what tasks wait for.
pub(super) struct Waiting<'a, 'n, 'h> {
    names: &'a Names<'n, 'h>,
    observation: &'a Observation,
    /// The loops' time at the moment of the look; `None` without a process around the memory.
    now: Option<f64>,
    /// Frames of threads: the thread, and which one of its frames, innermost first.
    running: FxHashMap<Address, (Address, usize)>,
    tasks: FxHashMap<Address, &'a Task>,
    task_names: RefCell<FxHashMap<Address, Option<String>>>,
}

impl<'a, 'n, 'h> Waiting<'a, 'n, 'h> {
    pub(super) fn new(names: &'a Names<'n, 'h>, sighting: &'a Sighting) -> Self {
        let observation = &sighting.observation;
        let frames = observation.thread_frames.iter().flat_map(|(thread, frames)| {
            frames.iter().enumerate().map(move |(at, frame)| (frame.address, (*thread, at)))
        });
        Self {
            names,
            observation,
            now: sighting.monotonic_s,
            running: frames.collect(),
            tasks: observation.tasks.iter().map(|task| (task.address, task)).collect(),
            task_names: RefCell::default(),
        }
    }

    /// The await chain, outermost first; of a task that runs, the frames of its thread from its coroutine inwards.
    pub(super) fn stack(&self, task: &Task, coroutine: Option<&Generator>) -> Vec<report::Frame> {
        let in_thread =
            coroutine.filter(|coroutine| coroutine.state == GeneratorState::Running).and_then(|coroutine| {
                let (thread, at) = self.running.get(&coroutine.frame?.address)?;
                self.observation.thread_frames.get(thread)?.get(..=*at)
            });
        let named = |frame: &Frame| self.names.frame(frame);
        match in_thread {
            Some(frames) => frames.iter().rev().filter_map(named).collect(),
            None => {
                let chain = self.observation.waits.chains.get(&task.address);
                chain.map(|chain| chain.frames.iter().filter_map(named).collect()).unwrap_or_default()
            }
        }
    }

    /// What a task waits for.
    pub(super) fn waits_on(&self, task: &Task) -> Option<report::WaitsOn> {
        let wait = self.observation.waits.waits.get(&task.address)?;
        // To a tenth of a millisecond: the look itself took longer.
        let left = wait.ends_at.zip(self.now).map(|(end, now)| ((end - now) * 1e4).round() / 1e4);
        Some(report::WaitsOn {
            address: HexAddress(wait.future.get()),
            type_name: self.names.class_name(wait.future).unwrap_or_else(|| UNREADABLE.to_owned()),
            what: what(&wait.kind),
            text: self.text(wait, left),
            object: wait.object.map(HexAddress::from),
            time_left_s: left,
            tasks: addresses(&wait.tasks),
        })
    }

    /// The tasks that wait for a task.
    pub(super) fn awaited_by(&self, task: &Task) -> Vec<HexAddress> {
        self.observation.waits.awaited_by.get(&task.address).map(|tasks| addresses(tasks)).unwrap_or_default()
    }

    /// The name of a task as a text says it: `'Task-5'`.
    pub(super) fn task_name(&self, task: Address) -> String {
        let mut names = self.task_names.borrow_mut();
        let name = names.entry(task).or_insert_with(|| self.tasks.get(&task)?.name(self.names.heap));
        match name {
            Some(name) if name.chars().count() > LONGEST_NAME => {
                format!("'{}…'", name.chars().take(LONGEST_NAME).collect::<String>())
            }
            Some(name) => format!("'{name}'"),
            None => format!("at {task}"),
        }
    }

    /// One, two or three tasks by name, more by number.
    fn tasks(&self, tasks: &[Address]) -> String {
        match tasks {
            [task] => format!("task {}", self.task_name(*task)),
            [] => "something that is no task".to_owned(),
            _ if tasks.len() <= NAMED => {
                let names: Vec<String> = tasks.iter().map(|task| self.task_name(*task)).collect();
                format!("tasks {}", names.join(", "))
            }
            _ => format!("{} tasks", tasks.len()),
        }
    }

    fn text(&self, wait: &Wait, left: Option<f64>) -> String {
        let mut text = match &wait.kind {
            WaitKind::Future { function: Some(function) } => format!("{function}()"),
            WaitKind::Future { function: None } if wait.tasks.is_empty() => "a future".to_owned(),
            WaitKind::Future { function: None } => format!("a future that {} may complete", self.tasks(&wait.tasks)),
            WaitKind::Task => self.tasks(&wait.tasks),
            WaitKind::Gather { children, pending } => format!("gather() of {children}, {pending} pending"),
            WaitKind::Wait => format!("wait() for {}", self.tasks(&wait.tasks)),
            WaitKind::AsCompleted => format!("as_completed(), {}", self.tasks(&wait.tasks)),
            WaitKind::WaitFor => format!("wait_for() {}", self.tasks(&wait.tasks)),
            WaitKind::Shield => format!("shield() of {}", self.tasks(&wait.tasks)),
            WaitKind::TaskGroup { pending: Some(1) } => "TaskGroup with 1 pending task".to_owned(),
            WaitKind::TaskGroup { pending: Some(pending) } => format!("TaskGroup with {pending} pending tasks"),
            WaitKind::TaskGroup { pending: None } => "TaskGroup".to_owned(),
            WaitKind::Sleep => "sleep()".to_owned(),
            WaitKind::Lock { waiters } => format!("Lock.acquire(){}", waiting(*waiters)),
            WaitKind::Event => "Event.wait()".to_owned(),
            WaitKind::Condition { waiters } => format!("Condition.wait(){}", waiting(*waiters)),
            WaitKind::Semaphore { waiters } => format!("Semaphore.acquire(){}", waiting(*waiters)),
            WaitKind::Barrier { count: Some(count), parties: Some(parties) } => {
                format!("Barrier.wait(), {count} of {parties} there")
            }
            WaitKind::Barrier { .. } => "Barrier.wait()".to_owned(),
            WaitKind::QueueGet => "Queue.get() of an empty queue".to_owned(),
            WaitKind::QueuePut { maxsize: Some(maxsize) } => format!("Queue.put() into a full queue of {maxsize}"),
            WaitKind::QueuePut { maxsize: None } => "Queue.put() into a full queue".to_owned(),
            WaitKind::QueueJoin { unfinished: Some(unfinished) } => format!("Queue.join(), {unfinished} unfinished"),
            WaitKind::QueueJoin { unfinished: None } => "Queue.join()".to_owned(),
            WaitKind::Stream { function } | WaitKind::Socket { function } => format!("{function}()"),
            WaitKind::Executor { state } => match state.as_deref() {
                Some("PENDING") => "an executor: waits for a free worker".to_owned(),
                Some("RUNNING") => "an executor: a worker is at it".to_owned(),
                _ => "an executor".to_owned(),
            },
            WaitKind::Process { function, pid: Some(pid) } => format!("{function}(), process {pid}"),
            WaitKind::Process { function, pid: None } => format!("{function}()"),
        };
        if let Some(left) = left {
            let limit = if matches!(wait.kind, WaitKind::Sleep) { "" } else { "at most " };
            text.push_str(&if left >= 0.0 {
                format!(", {limit}{left:.1} s left")
            } else {
                format!(", overdue by {:.1} s", -left)
            });
        }
        text
    }
}

fn addresses(tasks: &[Address]) -> Vec<HexAddress> {
    tasks.iter().copied().map(HexAddress::from).collect()
}

fn waiting(count: Option<u64>) -> String {
    count.map(|count| format!(", {count} wait")).unwrap_or_default()
}

fn what(kind: &WaitKind) -> Awaited {
    match kind {
        WaitKind::Future { .. } => Awaited::Future,
        WaitKind::Task => Awaited::Task,
        WaitKind::Gather { .. } => Awaited::Gather,
        WaitKind::Wait | WaitKind::AsCompleted => Awaited::Wait,
        WaitKind::WaitFor => Awaited::WaitFor,
        WaitKind::Shield => Awaited::Shield,
        WaitKind::TaskGroup { .. } => Awaited::TaskGroup,
        WaitKind::Sleep => Awaited::Sleep,
        WaitKind::Lock { .. } => Awaited::Lock,
        WaitKind::Event => Awaited::Event,
        WaitKind::Condition { .. } => Awaited::Condition,
        WaitKind::Semaphore { .. } => Awaited::Semaphore,
        WaitKind::Barrier { .. } => Awaited::Barrier,
        WaitKind::QueueGet | WaitKind::QueuePut { .. } | WaitKind::QueueJoin { .. } => Awaited::Queue,
        WaitKind::Stream { .. } => Awaited::Stream,
        WaitKind::Socket { .. } => Awaited::Socket,
        WaitKind::Executor { .. } => Awaited::Executor,
        WaitKind::Process { .. } => Awaited::Process,
    }
}
