//! The findings about tasks that wait for each other in a circle.
//!
//! A circle is a deadlock if each of its tasks waits for nothing but the circle, in a way that only the end of tasks completes. A timer
//! (`timeout()`, `wait_for()`), a future of the program's own, or another task on which one of them waits as well may break it.

use super::super::{Settings, Sighting};
use super::draft::About;
use super::names::{Names, UNREADABLE};
use super::waits::Waiting;
use crate::analysis::await_cycles::cycles;
use crate::analysis::fingerprint::fingerprint;
use crate::asyncio::{Task, TaskState, Wait, WaitKind};
use crate::heap::Generator;
use crate::memory::Address;
use crate::report::{self, Finding, HexAddress, Instance, Kind, Verdict};
use rustc_hash::{FxHashMap, FxHashSet};

/// Tasks of a circle that are said by name.
const NAMED: usize = 8;

pub(super) fn findings(
    names: &Names<'_, '_>,
    waiting: &Waiting<'_, '_, '_>,
    generators: &FxHashMap<Address, &Generator>,
    settings: &Settings,
    last: &Sighting,
    earlier: Option<&Sighting>,
) -> Vec<Finding> {
    let waits = &last.observation.waits.waits;
    let tasks: FxHashMap<Address, &Task> = last.observation.tasks.iter().map(|task| (task.address, task)).collect();
    let writer = Writer { names, waiting, generators, settings, last, earlier };
    let mut found: Vec<Finding> = cycles(&edges(waits))
        .into_iter()
        .filter_map(|cycle| {
            let path: Vec<&Task> = cycle.path.iter().filter_map(|node| tasks.get(node)).copied().collect();
            let others: Vec<&Task> = cycle.others.iter().filter_map(|node| tasks.get(node)).copied().collect();
            let still = path.iter().chain(&others).all(|task| writer.still_waits(task));
            (still && !path.is_empty()).then(|| writer.finding(path, &others))
        })
        .collect();
    found.sort_by(|one, other| (one.verdict, &one.why).cmp(&(other.verdict, &other.why)));
    found
}

/// Who waits for whom, over the futures between: ten thousand tasks that wait for one future of ten thousand others are so many
/// edges, not their product.
fn edges(waits: &FxHashMap<Address, Wait>) -> Vec<(Address, Address)> {
    let mut edges = Vec::new();
    let mut seen = FxHashSet::default();
    for (task, wait) in waits {
        edges.push((*task, wait.future));
        if !matches!(wait.kind, WaitKind::Task) && seen.insert(wait.future) {
            let between = wait.tasks.iter().filter(|child| **child != wait.future);
            edges.extend(between.map(|child| (wait.future, *child)));
        }
    }
    edges
}

struct Writer<'a, 'n, 'h> {
    names: &'a Names<'n, 'h>,
    waiting: &'a Waiting<'a, 'n, 'h>,
    generators: &'a FxHashMap<Address, &'a Generator>,
    settings: &'a Settings,
    last: &'a Sighting,
    earlier: Option<&'a Sighting>,
}

/// What may still end a circle.
enum Exit {
    /// A timer has a hand on this task.
    Timer(Address),
    /// This task waits for something else as well, or in a way that others may end.
    Other(Address),
    /// It was not there at the first look.
    New,
}

impl Writer<'_, '_, '_> {
    /// Reads once more whether a task waits for what it waited for: while the target runs, edges that never were there at the
    /// same time could look like a circle.
    fn still_waits(&self, task: &Task) -> bool {
        self.last.observation.places.iter().any(|place| {
            place
                .asyncio
                .task(self.names.heap, task.address)
                .is_ok_and(|now| now.waiter == task.waiter && now.state == TaskState::Pending)
        })
    }

    fn exit(&self, members: &FxHashSet<Address>) -> Option<Exit> {
        let waits = &self.last.observation.waits.waits;
        let mut of_members: Vec<(&Address, &Wait)> = waits.iter().filter(|(task, _)| members.contains(task)).collect();
        of_members.sort_unstable_by_key(|(task, _)| **task);
        for (task, wait) in &of_members {
            if wait.may_be_ended {
                return Some(Exit::Timer(**task));
            }
        }
        for (task, wait) in &of_members {
            let gathers_more =
                matches!(wait.kind, WaitKind::Gather { pending, .. } if pending > wait.tasks.len() as u64);
            if gathers_more || !wait.kind.ends_with_tasks() || wait.tasks.iter().any(|child| !members.contains(child)) {
                return Some(Exit::Other(**task));
            }
        }
        let earlier = self.earlier?;
        let was = |(task, wait): &(&Address, &Wait)| {
            earlier.observation.waits.waits.get(task).is_some_and(|before| before.future == wait.future)
        };
        (!of_members.iter().all(was)).then_some(Exit::New)
    }

    fn finding(&self, mut path: Vec<&Task>, others: &[&Task]) -> Finding {
        // The same circle begins with the same task in every run: addresses differ, names of functions do not.
        let by_name = |task: &&Task| (self.qualname(task), self.waiting.task_name(task.address), task.address);
        let first = (0..path.len()).min_by_key(|at| path.get(*at).map(by_name)).unwrap_or(0);
        path.rotate_left(first);
        let members: FxHashSet<Address> = path.iter().chain(others).map(|task| task.address).collect();
        let exit = self.exit(&members);
        let coroutine = path.first().and_then(|task| self.generators.get(&task.coroutine?)).copied();
        let definition = coroutine.and_then(|coroutine| self.names.definition(coroutine.code));
        let mut qualnames: Vec<String> = path.iter().chain(others).map(|task| self.qualname(task)).collect();
        let qualname = qualnames.first().cloned().unwrap_or_else(|| UNREADABLE.to_owned());
        qualnames.sort_unstable();
        qualnames.dedup();
        let module = coroutine.and_then(|coroutine| self.names.module_of(coroutine));
        let about = About { qualname, module, definition };
        let parts = [Kind::TaskAwaitCycle.word(), About::file_name(about.file())];
        let fingerprint = fingerprint(parts.into_iter().chain(qualnames.iter().map(String::as_str)));
        let verdict = if exit.is_none() { Verdict::Leaked } else { Verdict::Suspect };
        let known_for_s = self.earlier.filter(|_| !matches!(exit, Some(Exit::New)));
        let known_for_s = known_for_s.map(|earlier| self.last.seconds_since(earlier));
        let count = members.len() as u64;
        Finding {
            why: self.why(&path, others.len(), exit.as_ref()),
            count,
            position: path.first().and_then(|task| self.position(task)),
            instances: path
                .iter()
                .chain(others)
                .take(self.settings.instances)
                .map(|task| Instance {
                    address: HexAddress::from(task.address),
                    age_s: known_for_s,
                    refcount: None,
                    size_bytes: None,
                    arguments: None,
                })
                .collect(),
            instances_omitted: count.saturating_sub(self.settings.instances as u64),
            advice:
                "Take one await out of the circle: no task may await, directly or through `gather()`, `wait()` or a \
                     task group, a task that waits for it. To free the program now, cancel one of them."
                    .to_owned(),
            ..about.finding_named(fingerprint, Kind::TaskAwaitCycle, verdict)
        }
    }

    fn qualname(&self, task: &Task) -> String {
        let coroutine = task.coroutine.and_then(|coroutine| self.generators.get(&coroutine));
        let qualname = coroutine.and_then(|coroutine| self.names.heap.generator_qualname(coroutine).ok());
        qualname.unwrap_or_else(|| UNREADABLE.to_owned())
    }

    /// The line of the program in which a task waits: asyncio's own are left out, as long as there is another.
    fn position(&self, task: &Task) -> Option<report::Frame> {
        let coroutine = task.coroutine.and_then(|coroutine| self.generators.get(&coroutine)).copied();
        let stack = self.waiting.stack(task, coroutine);
        stack.iter().rev().find(|frame| !frame.file.contains("/asyncio/")).or(stack.last()).cloned()
    }

    fn why(&self, path: &[&Task], others: usize, exit: Option<&Exit>) -> String {
        let name = |task: &Task| self.waiting.task_name(task.address);
        let mut names: Vec<String> = path.iter().take(NAMED).map(|task| name(task)).collect();
        if path.len() > NAMED {
            names.push(format!("{} more, the last of which", path.len() - NAMED));
        }
        names.extend(path.first().map(|task| name(task)));
        let mut why = names.join(" waits for ");
        if others > 0 {
            let more = if others == 1 { "1 more task is".to_owned() } else { format!("{others} more tasks are") };
            why.push_str(&format!("; {more} entangled in it"));
        }
        why.push_str(&match exit {
            None => ": none of them can go on before another one does, and no timer ends it.".to_owned(),
            Some(Exit::Timer(task)) => {
                format!(
                    ": none of them can go on before a timer ends what {} waits for.",
                    self.waiting.task_name(*task)
                )
            }
            Some(Exit::Other(task)) => {
                format!(": only something else that {} waits for may end it.", self.waiting.task_name(*task))
            }
            Some(Exit::New) => ": none of them can go on, but at the first look they were not there yet.".to_owned(),
        });
        why
    }
}
