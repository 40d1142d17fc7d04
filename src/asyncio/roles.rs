//! What an object is to asyncio, by its class: task, future, queue, task group.
//!
//! C classes are known by address. Those written in Python are known by module and name along their line of first bases.

use super::{Asyncio, Future};
use crate::heap::{Heap, Result};
use crate::memory::Address;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;

/// Bases of bases of a class beyond this are not believed.
const DEEPEST_BASES: usize = 64;
/// Callbacks of one `concurrent.futures.Future`.
const MOST_CALLBACKS: usize = 4096;

/// What an object is to asyncio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Task,
    /// A future that is no task.
    Future,
    /// `concurrent.futures.Future`.
    ConcurrentFuture,
    Queue,
    /// A task group of asyncio or anyio.
    TaskGroup,
    /// What `as_completed()` returns (3.13+).
    AsCompleted,
    Other,
}

/// Tells roles, and remembers them by class.
pub(super) struct Roles<'a, 'h> {
    heap: &'a Heap<'h>,
    /// One for each interpreter.
    asyncios: &'a [&'a Asyncio],
    /// Registered tasks: some are tasks by registration only.
    tasks: FxHashSet<Address>,
    by_class: RefCell<FxHashMap<Address, Role>>,
    names: RefCell<FxHashMap<Address, Vec<String>>>,
}

impl<'a, 'h> Roles<'a, 'h> {
    pub(super) fn new(heap: &'a Heap<'h>, asyncios: &'a [&'a Asyncio], tasks: FxHashSet<Address>) -> Self {
        Self { heap, asyncios, tasks, by_class: RefCell::default(), names: RefCell::default() }
    }

    pub(super) fn of(&self, object: Address) -> Role {
        let Ok(class) = self.heap.type_of(object) else { return Role::Other };
        if let Some(role) = self.by_class.borrow().get(&class) {
            // The class of a task by registration has no role of its own.
            return if *role == Role::Other && self.tasks.contains(&object) { Role::Task } else { *role };
        }
        let role = self.of_class(class);
        self.by_class.borrow_mut().insert(class, role);
        self.of(object)
    }

    fn of_class(&self, class: Address) -> Role {
        if self.asyncios.iter().any(|asyncio| asyncio.is_c_task_class(self.heap, class)) {
            return Role::Task;
        }
        if self.asyncios.iter().any(|asyncio| asyncio.is_c_future_class(self.heap, class)) {
            return Role::Future;
        }
        let known = |name: &String| match name.as_str() {
            "asyncio.tasks.Task" => Some(Role::Task),
            "asyncio.futures.Future" => Some(Role::Future),
            "concurrent.futures._base.Future" => Some(Role::ConcurrentFuture),
            "asyncio.queues.Queue" => Some(Role::Queue),
            "asyncio.taskgroups.TaskGroup" | "anyio._backends._asyncio.TaskGroup" => Some(Role::TaskGroup),
            "asyncio.tasks._AsCompletedIterator" => Some(Role::AsCompleted),
            _ => None,
        };
        self.class_names(class).iter().find_map(known).unwrap_or(Role::Other)
    }

    /// The names of a class and of its line of first bases, with their modules.
    pub(super) fn class_names(&self, class: Address) -> Vec<String> {
        if let Some(names) = self.names.borrow().get(&class) {
            return names.clone();
        }
        let mut names = Vec::new();
        let mut at = Some(class);
        while let Some(base) = at.filter(|_| names.len() < DEEPEST_BASES) {
            names.extend(self.heap.qualified_type_name(base));
            at = self.heap.type_info(base).ok().and_then(|info| info.base.non_null());
        }
        self.names.borrow_mut().insert(class, names.clone());
        names
    }

    /// What a future or task says of itself.
    pub(super) fn future(&self, address: Address) -> Result<Future> {
        let class = self.heap.type_of(address)?;
        let own = self.asyncios.iter().find(|asyncio| asyncio.is_c_future_class(self.heap, class));
        match own.or(self.asyncios.first()) {
            Some(asyncio) => asyncio.future(self.heap, address),
            None => Err(crate::heap::Fault::implausible("future", address)),
        }
    }

    /// The callbacks of a future of either kind.
    pub(super) fn callbacks(&self, future: Address) -> Result<Vec<Address>> {
        if self.of(future) != Role::ConcurrentFuture {
            return Ok(self.future(future)?.callbacks);
        }
        let callbacks = self.heap.attribute(future, "_done_callbacks")?;
        let callbacks = callbacks.filter(|list| self.heap.type_of(*list).ok() == self.heap.known().list);
        let callbacks = callbacks.map_or(Ok(Vec::new()), |list| self.heap.list_items(list))?;
        Ok(callbacks.into_iter().take(MOST_CALLBACKS).collect())
    }

    pub(super) fn is_partial(&self, class: Address) -> bool {
        self.asyncios.iter().any(|asyncio| asyncio.partial_type == Some(class))
    }

    pub(super) fn is_deque(&self, object: Address) -> bool {
        let class = self.heap.type_of(object).ok();
        class.is_some() && self.asyncios.iter().any(|asyncio| asyncio.deque_type == class)
    }
}
