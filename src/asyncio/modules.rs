//! The fixed places of asyncio in one interpreter: the registries of tasks and the types, as module globals hold them.
//!
//! They are made when the modules are imported and stay, so they are looked up once and unpaused.

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
}

/// The module object that `sys.modules` has under this name, if it is imported.
#[must_use]
pub fn imported_module(heap: &Heap<'_>, modules: Address, name: &str) -> Option<Address> {
    let module = heap.dict_value(modules, name).ok()??;
    (Some(heap.type_of(module).ok()?) == heap.known().module).then_some(module)
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
        let globals =
            |name: &str| module(name).and_then(|module| heap.pointer(module, heap.layout().module.md_dict).ok());
        let mut found = Self::default();
        let of = |dict: Option<Address>, name: &str| heap.dict_value(dict?, name).ok().flatten();
        let collections = globals("_collections");
        found.deque_type = of(collections, "deque");
        found.partial_type = of(globals("_functools"), "partial").or_else(|| of(globals("functools"), "partial"));
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

    /// Tasks of third parties (`asyncio._register_task`) are in the state of the C module only (3.14+).
    fn add_module_state(&mut self, heap: &Heap<'_>, module: Address) {
        let layout = &heap.layout().asyncio_state;
        if !layout.non_asyncio_tasks.is_present() {
            return;
        }
        let Ok(Some(state)) = heap.pointer(module, heap.layout().module.md_state).map(Address::non_null) else {
            return;
        };
        if let Ok(set) = heap.pointer(state, layout.non_asyncio_tasks) {
            self.weak_task_sets.extend(weak_set_data(heap, set).ok().flatten());
        }
        if let Ok(Some(set)) = heap.pointer(state, layout.non_asyncio_eager_tasks).map(Address::non_null)
            && heap.type_of(set).ok() == heap.known().set
        {
            self.task_sets.push(set);
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
