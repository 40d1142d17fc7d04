//! Who waits for whom: from a task forward, over its done callbacks, to the tasks that wake up when it is done.
//!
//! A task that awaits a future leaves a callback there: `TaskWakeupMethWrapper` (3.8, 3.9), the built-in function `task_wakeup`, or the
//! method `Task.__wakeup` of a task written in Python. `gather()`, `wait()`, `shield()`, `wait_for()` (up to 3.11), task groups and
//! `as_completed()` put a future of their own between; it is in a closure cell, a partial's argument, or an attribute of
//! the object whose method is called. From 3.14 on futures also keep `awaited_by`, which says the same for most of these.

use super::roles::{Role, Roles};
use super::{Task, TaskState};
use crate::heap::{Heap, Result};
use crate::memory::Address;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// A partial of a partial of a callback: beyond this it is not followed.
const DEEPEST_CALLBACK: usize = 4;
/// Futures between one task and those that wait for it.
const MOST_FUTURES_BETWEEN: usize = 4096;
/// Futures that wait for an item of one queue.
const MOST_GETTERS: usize = 4096;
/// Steps from future to future or task in all. Thousands of tasks that all wait for the same thousands end here.
const MOST_STEPS: usize = 1 << 21;
/// Longest name of a built-in function we compare.
const LONGEST_BUILTIN: usize = 64;

/// Callbacks that look back from an outer future to an inner one: no way forward.
const LOOK_BACK: [&str; 2] = ["_outer_done_callback", "_call_check_cancel"];

/// Who waits for whom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct AwaitGraph {
    /// By task: the tasks that wait for it.
    pub(super) awaited_by: FxHashMap<Address, Vec<Address>>,
    /// By future, in between: the tasks whose end may complete it.
    pub(super) completed_by: FxHashMap<Address, Arc<[Address]>>,
    /// Whether there was too much to follow.
    pub(super) cut: bool,
}

/// What a callback leads to.
#[derive(Debug, Default)]
struct Targets {
    /// Tasks that it wakes up.
    tasks: Vec<Address>,
    /// Tasks that are said to wait, whether they do so now or not: the parent of a task group.
    declared: Vec<Address>,
    /// Futures that it completes, or may.
    futures: Vec<Address>,
}

/// Reads callbacks, each once.
pub(super) struct Callbacks<'a, 'h> {
    heap: &'a Heap<'h>,
    roles: &'a Roles<'a, 'h>,
    by_callback: RefCell<FxHashMap<Address, Rc<Targets>>>,
    by_future: RefCell<FxHashMap<Address, Rc<Targets>>>,
    /// By definition of a built-in function: whether it is `task_wakeup`.
    wakes_task: RefCell<FxHashMap<Address, bool>>,
}

/// The graph of all pending `tasks`.
pub(super) fn await_graph(callbacks: &Callbacks<'_, '_>, tasks: &[Task]) -> AwaitGraph {
    let mut graph = AwaitGraph::default();
    let mut completed_by: FxHashMap<Address, Vec<Address>> = FxHashMap::default();
    let mut steps_left = MOST_STEPS;
    for task in tasks.iter().filter(|task| task.state == TaskState::Pending) {
        let Ok(future) = callbacks.roles.future(task.address) else { continue };
        let mut awaiting: Vec<Address> = future.awaited_by;
        awaiting.truncate(steps_left);
        steps_left -= awaiting.len();
        graph.cut |= steps_left == 0;
        let mut seen: FxHashSet<Address> = awaiting.iter().copied().collect();
        seen.insert(task.address);
        let mut found = Vec::new();
        let mut level: Vec<Rc<Targets>> =
            future.callbacks.iter().map(|callback| callbacks.callback(*callback)).collect();
        while let Some(targets) = level.pop() {
            let size = targets.tasks.len() + targets.declared.len() + targets.futures.len();
            let Some(left) = steps_left.checked_sub(size).filter(|_| found.len() < MOST_FUTURES_BETWEEN) else {
                graph.cut = true;
                break;
            };
            steps_left = left;
            awaiting.extend(targets.tasks.iter().chain(&targets.declared).filter(|task| seen.insert(**task)));
            for future in targets.futures.iter().filter(|future| seen.insert(**future)) {
                found.push(*future);
                level.push(callbacks.future(*future));
            }
        }
        for future in found {
            completed_by.entry(future).or_default().push(task.address);
        }
        if !awaiting.is_empty() {
            graph.awaited_by.insert(task.address, awaiting);
        }
    }
    graph.completed_by = completed_by.into_iter().map(|(future, tasks)| (future, tasks.into())).collect();
    graph
}

impl<'a, 'h> Callbacks<'a, 'h> {
    pub(super) fn new(heap: &'a Heap<'h>, roles: &'a Roles<'a, 'h>) -> Self {
        Self {
            heap,
            roles,
            by_callback: RefCell::default(),
            by_future: RefCell::default(),
            wakes_task: RefCell::default(),
        }
    }

    /// Where the callbacks of a future lead.
    fn future(&self, future: Address) -> Rc<Targets> {
        if let Some(known) = self.by_future.borrow().get(&future) {
            return Rc::clone(known);
        }
        let mut targets = Targets::default();
        for callback in self.roles.callbacks(future).unwrap_or_default() {
            let led = self.callback(callback);
            targets.tasks.extend(&led.tasks);
            targets.declared.extend(&led.declared);
            targets.futures.extend(&led.futures);
        }
        let targets = Rc::new(targets);
        self.by_future.borrow_mut().insert(future, Rc::clone(&targets));
        targets
    }

    /// Where one callback leads. Ten thousand children of a `gather()` share theirs.
    fn callback(&self, callback: Address) -> Rc<Targets> {
        if let Some(known) = self.by_callback.borrow().get(&callback) {
            return Rc::clone(known);
        }
        let mut targets = Targets::default();
        // What cannot be read leads nowhere.
        let _ = self.follow(callback, DEEPEST_CALLBACK, &mut targets);
        let targets = Rc::new(targets);
        self.by_callback.borrow_mut().insert(callback, Rc::clone(&targets));
        targets
    }

    fn follow(&self, callback: Address, depth: usize, targets: &mut Targets) -> Result<()> {
        let (heap, known) = (self.heap, self.heap.known());
        let class = heap.type_of(callback)?;
        let is = |one: Option<Address>| one == Some(class);
        if is(known.builtin_function) {
            let Some(bound) = heap.builtin_self(callback)? else { return Ok(()) };
            if self.roles.of(bound) != Role::Task {
                self.party(bound, targets)?;
            } else if self.wakes_task(callback) {
                // Any other, such as `cancel`, may end the task: that is not what it waits for.
                targets.tasks.push(bound);
            }
        } else if is(known.method) {
            let [function, bound] = heap.method_parts(callback)?;
            if self.roles.of(bound) == Role::Task {
                if self.function_name(function).as_deref() == Some("__wakeup") {
                    targets.tasks.push(bound);
                }
            } else {
                self.party(bound, targets)?;
            }
        } else if is(known.function) {
            if self.function_name(callback).is_some_and(|name| LOOK_BACK.contains(&name.as_str())) {
                return Ok(());
            }
            for referent in heap.function_referents(callback)? {
                let value = if Some(heap.type_of(referent)?) == known.cell {
                    heap.cell_contents(referent)?
                } else {
                    Some(referent)
                };
                if let Some(value) = value {
                    self.party(value, targets)?;
                }
            }
        } else if self.roles.is_partial(class) {
            if depth == 0 {
                return Ok(());
            }
            let layout = &heap.layout().partial;
            let bytes = heap.object_bytes(callback, layout.size)?;
            self.follow(layout.func.address_in(&bytes)?, depth - 1, targets)?;
            for argument in heap.tuple_start(layout.args.address_in(&bytes)?, 16)? {
                self.party(argument, targets)?;
            }
        } else if heap.type_info(class)?.name == "TaskWakeupMethWrapper" {
            targets.tasks.extend(heap.pointer(callback, heap.layout().wakeup_wrapper.ww_task)?.non_null());
        }
        Ok(())
    }

    /// What somebody has a hand on when a callback is called: whom does it let go on?
    fn party(&self, object: Address, targets: &mut Targets) -> Result<()> {
        let attribute = |name| -> Result<Option<Address>> {
            let value = self.heap.attribute(object, name)?;
            Ok(value.filter(|value| !self.heap.is_none(*value)))
        };
        match self.roles.of(object) {
            Role::Future | Role::ConcurrentFuture => targets.futures.push(object),
            Role::TaskGroup => {
                targets.futures.extend(attribute("_on_completed_fut")?);
                targets.declared.extend(attribute("_parent_task")?);
            }
            Role::Queue => self.getters(object, targets)?,
            Role::AsCompleted => {
                if let Some(queue) = attribute("_done")? {
                    self.getters(queue, targets)?;
                }
                targets.declared.extend(attribute("_cur_task")?);
            }
            Role::Task | Role::Other => {}
        }
        Ok(())
    }

    /// The futures of those that wait for an item of a queue.
    fn getters(&self, queue: Address, targets: &mut Targets) -> Result<()> {
        let Some(getters) = self.heap.attribute(queue, "_getters")? else { return Ok(()) };
        if self.roles.is_deque(getters) {
            let getters = self.heap.deque_items(getters)?;
            targets.futures.extend(getters.into_iter().take(MOST_GETTERS));
        }
        Ok(())
    }

    /// The name a function was compiled with; without its class.
    pub(super) fn function_name(&self, function: Address) -> Option<String> {
        let code = self.heap.function_code(function).ok()?;
        self.heap.code_name(&*self.heap.code(code).ok()?).ok()
    }

    fn wakes_task(&self, function: Address) -> bool {
        let layout = self.heap.layout();
        let Ok(definition) = self.heap.pointer(function, layout.builtin_function.m_ml) else { return false };
        *self.wakes_task.borrow_mut().entry(definition).or_insert_with(|| {
            let name = self.heap.pointer(definition, layout.method_def.ml_name);
            let name = name.and_then(|name| Ok(self.heap.memory().c_string(name, LONGEST_BUILTIN)?));
            name.is_ok_and(|name| name == b"task_wakeup")
        })
    }
}
