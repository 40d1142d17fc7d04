//! The fixed places of asyncio in one interpreter: the registries of tasks and the types, as module globals hold them.
//!
//! They are made when the modules are imported and stay, so they are looked up once and unpaused.

use crate::heap::references::ForeignTypes;
use crate::heap::{Heap, Result};
use crate::memory::Address;

/// Where asyncio of one interpreter keeps what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asyncio {
    /// Sets of weak references to tasks: the `data` of `asyncio.tasks._all_tasks` (3.8–3.11), `_scheduled_tasks` (3.12+),
    /// and (3.14+) of the C module's own set of tasks that are not asyncio's.
    pub weak_task_sets: Vec<Address>,
    /// Sets of tasks: `_eager_tasks` (3.12+), and (3.14+) the C module's eager tasks that are not asyncio's.
    pub task_sets: Vec<Address>,
    /// `asyncio.tasks._current_tasks`: loop → task (up to 3.13; later only for tasks written in Python).
    pub current_tasks: Option<Address>,
    /// `_asyncio.Task`.
    pub task_type: Option<Address>,
    /// `_asyncio.Future`.
    pub future_type: Option<Address>,
    /// `asyncio.tasks._PyTask`.
    pub python_task_type: Option<Address>,
    /// A class made by a `class` statement that every interpreter has: `ModuleSpec` of the import system.
    pub python_class: Option<Address>,
    /// `asyncio.futures._PyFuture`.
    pub python_future_type: Option<Address>,
    /// `asyncio.tasks._GatheringFuture`.
    pub gathering_type: Option<Address>,
    /// `asyncio.tasks._AsCompletedIterator` (3.13+; before, `as_completed()` is a generator).
    pub as_completed_type: Option<Address>,
    /// `concurrent.futures.Future`.
    pub concurrent_future_type: Option<Address>,
    /// `collections.deque`.
    pub deque_type: Option<Address>,
    /// `functools.partial`.
    pub partial_type: Option<Address>,
    /// The context managers of `contextlib` that have an async generator: what `@asynccontextmanager` returns, and `aclosing`.
    pub generator_managers: Vec<Address>,
    /// `_asyncio.FutureIter`, what `await future` runs (3.12+, where the module's state has it).
    pub future_iterator_type: Option<Address>,
    /// `_asyncio.TaskStepMethWrapper`, the callback that runs a task's next step (3.12+, as above).
    pub step_wrapper_type: Option<Address>,
}

impl Asyncio {
    /// Looks the places up in an interpreter's `sys.modules`; what is not imported is not there.
    #[must_use]
    pub fn find(heap: &Heap<'_>, modules: Address) -> Self {
        let entries = heap.dict_entries(modules).unwrap_or_default();
        let module = |name: &str| {
            let module = heap.find_named(&entries, name)?;
            (Some(heap.type_of(module).ok()?) == heap.known().module).then_some(module)
        };
        let globals = |name: &str| heap.module_globals(module(name)?);
        let mut found = Self::default();
        let of = |dict: Option<Address>, name: &str| heap.dict_value(dict?, name).ok().flatten();
        let collections = globals("_collections");
        found.deque_type = of(collections, "deque");
        found.partial_type = of(globals("_functools"), "partial").or_else(|| of(globals("functools"), "partial"));
        found.python_class = of(globals("_frozen_importlib"), "ModuleSpec");
        let tasks = globals("asyncio.tasks");
        let accelerator = module("_asyncio");
        let accelerator_globals = globals("_asyncio");
        found.task_type = of(accelerator_globals, "Task");
        found.future_type = of(accelerator_globals, "Future");
        found.python_task_type = of(tasks, "_PyTask");
        found.python_future_type = of(globals("asyncio.futures"), "_PyFuture");
        found.as_completed_type = of(tasks, "_AsCompletedIterator");
        found.gathering_type = of(tasks, "_GatheringFuture");
        found.concurrent_future_type = of(globals("concurrent.futures._base"), "Future");
        let contextlib = globals("contextlib");
        for name in ["_AsyncGeneratorContextManager", "aclosing"] {
            found.generator_managers.extend(of(contextlib, name));
        }
        found.current_tasks = of(tasks, "_current_tasks");
        for name in ["_all_tasks", "_scheduled_tasks"] {
            found.weak_task_sets.extend(of(tasks, name).and_then(|set| weak_set_data(heap, set).ok().flatten()));
        }
        found.task_sets.extend(of(tasks, "_eager_tasks"));
        if let Some(module) = accelerator {
            found.add_module_state(heap, module);
        }
        found
    }

    /// What is in the state of the C module only: types that it keeps to itself (3.12+), tasks of third parties
    /// (`asyncio._register_task`, 3.14+).
    fn add_module_state(&mut self, heap: &Heap<'_>, module: Address) {
        let layout = &heap.layout().asyncio_state;
        let Ok(Some(state)) = heap.pointer(module, heap.layout().module.md_state).map(Address::non_null) else {
            return;
        };
        // The state also names the types that the module shows: if those differ, it is not what we take it for.
        if self.task_type.is_some() && heap.pointer(state, layout.task_type).ok() == self.task_type {
            self.future_iterator_type = heap.pointer(state, layout.future_iterator_type).ok();
            self.step_wrapper_type = heap.pointer(state, layout.step_wrapper_type).ok();
        }
        if let Ok(set) = heap.pointer(state, layout.non_asyncio_tasks) {
            self.weak_task_sets.extend(weak_set_data(heap, set).ok().flatten());
        }
        if let Ok(Some(set)) = heap.pointer(state, layout.non_asyncio_eager_tasks).map(Address::non_null)
            && heap.type_of(set).ok() == heap.known().set
        {
            self.task_sets.push(set);
        }
    }

    /// The types that a reader of references has to be told of.
    #[must_use]
    pub fn foreign_types(&self) -> ForeignTypes {
        ForeignTypes {
            python_class: self.python_class.or(self.python_task_type),
            deque: self.deque_type,
            partial: self.partial_type,
            future: self.future_type,
            task: self.task_type,
            future_iterator: self.future_iterator_type,
            step_wrapper: self.step_wrapper_type,
        }
    }

    /// Whether this is a class of C tasks: `_asyncio.Task` or a subclass.
    #[must_use]
    pub fn is_c_task_class(&self, heap: &Heap<'_>, class: Address) -> bool {
        self.task_type.is_some_and(|task| heap.derives_from(class, &[task]))
    }
}

/// The set of weak references inside a `weakref.WeakSet`.
fn weak_set_data(heap: &Heap<'_>, weak_set: Address) -> Result<Option<Address>> {
    let data = heap.attribute(weak_set, "data")?;
    Ok(data.filter(|data| heap.type_of(*data).ok() == heap.known().set))
}
