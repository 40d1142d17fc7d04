//! What a task waits for: the await chain's innermost frames tell, else the future itself.

use super::chain::{Chain, await_chain};
use super::graph::{AwaitGraph, Callbacks, await_graph};
use super::roles::{Role, Roles};
use super::sites::Site;
use super::timers::Timers;
use super::{Asyncio, EventLoop, Task, TaskState};
use crate::heap::{Frame, Generator, Heap, Result};
use crate::memory::Address;
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

/// Frames of all chains together; beyond it chains are cut.
const MOST_FRAMES: usize = 1 << 21;
/// Tasks that are named as waited for, in all.
const MOST_WAITED_FOR: usize = 1 << 21;
/// Children of all gathers together whose state is read.
const MOST_CHILDREN: usize = 1 << 21;

/// What a task waits for.
#[derive(Debug, Clone, PartialEq)]
pub struct Wait {
    /// The future or task that wakes it.
    pub future: Address,
    /// What that is to the program.
    pub kind: WaitKind,
    /// The lock, queue, event, group… behind it.
    pub object: Option<Address>,
    /// When a timer ends the wait, in seconds of the loop's clock (CLOCK_MONOTONIC).
    pub ends_at: Option<f64>,
    /// Whether some timer has a hand on it, whatever it will do.
    pub may_be_ended: bool,
    /// The tasks whose end it waits for.
    pub tasks: Arc<[Address]>,
}

/// What is waited for, as the program would call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaitKind {
    /// A future of which nothing more is known, and the function of asyncio that waits for it.
    Future {
        /// Such as `Server.serve_forever`.
        function: Option<String>,
    },
    /// Another task.
    Task,
    /// `gather()`.
    Gather {
        /// All that it gathers.
        children: u64,
        /// Those that are not done.
        pending: u64,
    },
    /// `asyncio.wait()`.
    Wait,
    /// `as_completed()`.
    AsCompleted,
    /// `wait_for()`.
    WaitFor,
    /// `shield()`.
    Shield,
    /// The end of the children of a task group.
    TaskGroup {
        /// Those that are not done.
        pending: Option<u64>,
    },
    /// `sleep()`.
    Sleep,
    /// `Lock.acquire()`.
    Lock {
        /// How many wait for it.
        waiters: Option<u64>,
    },
    /// `Event.wait()`.
    Event,
    /// `Condition.wait()`.
    Condition {
        /// How many wait for it.
        waiters: Option<u64>,
    },
    /// `Semaphore.acquire()`.
    Semaphore {
        /// How many wait for it.
        waiters: Option<u64>,
    },
    /// `Barrier.wait()`.
    Barrier {
        /// How many have come.
        count: Option<i64>,
        /// How many have to.
        parties: Option<i64>,
    },
    /// `Queue.get()`.
    QueueGet,
    /// `Queue.put()`.
    QueuePut {
        /// How many items it may have.
        maxsize: Option<i64>,
    },
    /// `Queue.join()`.
    QueueJoin {
        /// Items that were taken out and not reported as done, or are still in.
        unfinished: Option<i64>,
    },
    /// A method of a stream.
    Stream {
        /// Such as `StreamReader.readline`.
        function: String,
    },
    /// A socket.
    Socket {
        /// Such as `BaseSelectorEventLoop.sock_recv`.
        function: String,
    },
    /// Work in another thread or process.
    Executor {
        /// `PENDING`, `RUNNING`.
        state: Option<String>,
    },
    /// A child process.
    Process {
        /// Such as `Process.wait`.
        function: String,
        /// Its number.
        pid: Option<i64>,
    },
}

impl WaitKind {
    /// Whether asyncio itself completes the wait when the tasks have ended, and nobody else does.
    #[must_use]
    pub fn ends_with_tasks(&self) -> bool {
        matches!(
            self,
            Self::Task | Self::Gather { .. } | Self::Wait | Self::WaitFor | Self::Shield | Self::TaskGroup { .. }
        )
    }
}

/// What is known about the waiting of all tasks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Waits {
    /// By task: its await chain. Of tasks that run the chain ends where the thread's frames begin.
    pub chains: FxHashMap<Address, Chain>,
    /// By task: what it waits for.
    pub waits: FxHashMap<Address, Wait>,
    /// By task: the tasks that wait for it.
    pub awaited_by: FxHashMap<Address, Vec<Address>>,
    /// Whether there was too much to follow.
    pub cut: bool,
}

/// Reads chains, waits and the graph of `tasks`. `find` gives the generators that are known already.
#[must_use]
pub fn waits(
    heap: &Heap<'_>,
    asyncios: &[&Asyncio],
    tasks: &[Task],
    loops: &[EventLoop],
    find: impl Fn(Address) -> Option<Generator>,
) -> Waits {
    let roles = Roles::new(heap, asyncios, tasks.iter().map(|task| task.address).collect());
    let callbacks = Callbacks::new(heap, &roles);
    let graph = await_graph(&callbacks, tasks);
    let timers = Timers::of(heap, &roles, &callbacks, loops);
    let reader = Reader {
        heap,
        roles: &roles,
        callbacks: &callbacks,
        graph: &graph,
        timers: &timers,
        sites: RefCell::default(),
        kinds: RefCell::default(),
        children_left: Cell::new(MOST_CHILDREN),
    };
    let mut found = Waits { cut: graph.cut, ..Waits::default() };
    let mut frames_left = MOST_FRAMES;
    let mut waited_for_left = MOST_WAITED_FOR;
    for task in tasks.iter().filter(|task| task.state == TaskState::Pending) {
        let mut chain = task.coroutine.map(|coroutine| await_chain(heap, coroutine, &find)).unwrap_or_default();
        chain.frames.truncate(frames_left);
        frames_left -= chain.frames.len();
        found.cut |= chain.cut || frames_left == 0;
        if let Some(future) = task.waiter {
            let mut wait = reader.wait(task.address, future, &chain);
            match waited_for_left.checked_sub(wait.tasks.len()) {
                Some(left) => waited_for_left = left,
                None => {
                    wait.tasks = Arc::new([]);
                    wait.may_be_ended = true;
                    found.cut = true;
                }
            }
            found.waits.insert(task.address, wait);
        }
        found.chains.insert(task.address, chain);
    }
    found.awaited_by = graph.awaited_by;
    found
}

struct Reader<'a, 'h> {
    heap: &'a Heap<'h>,
    roles: &'a Roles<'a, 'h>,
    callbacks: &'a Callbacks<'a, 'h>,
    graph: &'a AwaitGraph,
    timers: &'a Timers,
    /// By code object.
    sites: RefCell<FxHashMap<Address, Option<Rc<Site>>>>,
    /// By lock, queue, future…: thousands may wait for one.
    kinds: RefCell<FxHashMap<(Address, Option<Address>), WaitKind>>,
    /// Children of gathers whose state may still be read.
    children_left: Cell<usize>,
}

impl Reader<'_, '_> {
    fn wait(&self, task: Address, future: Address, chain: &Chain) -> Wait {
        let mut site: Option<(Rc<Site>, &Frame)> = None;
        for frame in chain.frames.iter().rev() {
            let Some(outer) = self.site(frame.code) else { break };
            if site.as_ref().is_none_or(|(inner, _)| outer.says_more_than(inner)) {
                site = Some((outer, frame));
            }
        }
        let object = site.as_ref().and_then(|(_, frame)| self.self_of(frame));
        let key = (object.unwrap_or(future), site.as_ref().map(|(_, frame)| frame.code));
        let by_site = site.as_ref().and_then(|(site, _)| {
            if let Some(known) = self.kinds.borrow().get(&key) {
                return Some(known.clone());
            }
            let kind = self.kind_of_site(site, object)?;
            self.kinds.borrow_mut().insert(key, kind.clone());
            Some(kind)
        });
        let is_method = !matches!(
            by_site,
            None | Some(
                WaitKind::Sleep
                    | WaitKind::Wait
                    | WaitKind::WaitFor
                    | WaitKind::AsCompleted
                    | WaitKind::Executor { .. }
            )
        );
        let kind = by_site.unwrap_or_else(|| {
            let function = match site.as_ref().map(|(site, _)| &**site) {
                Some(Site::Other(function)) => Some(function.clone()),
                _ => None,
            };
            self.kind_of_future(future, function)
        });
        let tasks: Arc<[Address]> = if self.roles.of(future) == Role::Task {
            Arc::new([future])
        } else {
            self.graph.completed_by.get(&future).cloned().unwrap_or_else(|| Arc::new([]))
        };
        Wait {
            future,
            kind,
            object: object.filter(|_| is_method),
            ends_at: self.timers.end(task, future),
            may_be_ended: self.timers.may_end(task, future),
            tasks,
        }
    }

    fn site(&self, code: Address) -> Option<Rc<Site>> {
        let mut sites = self.sites.borrow_mut();
        sites.entry(code).or_insert_with(|| Site::of(self.heap, code).ok().flatten().map(Rc::new)).clone()
    }

    /// The first variable of a frame; the content, if inner functions use it.
    fn self_of(&self, frame: &Frame) -> Option<Address> {
        let value = self.heap.frame_slots(frame).ok()?.first().copied().flatten()?;
        if self.heap.type_of(value).ok() == self.heap.known().cell {
            return self.heap.cell_contents(value).ok().flatten();
        }
        Some(value)
    }

    fn kind_of_site(&self, site: &Site, object: Option<Address>) -> Option<WaitKind> {
        let size = |name| object.and_then(|object| self.size(object, name));
        let number = |name| object.and_then(|object| self.number(object, name));
        Some(match site {
            Site::Lock(class) => {
                let class = class.clone().or_else(|| self.lock_class(object?));
                match class.as_deref()? {
                    "Event" => WaitKind::Event,
                    "Condition" => WaitKind::Condition { waiters: size("_waiters") },
                    "Semaphore" | "BoundedSemaphore" => WaitKind::Semaphore { waiters: size("_waiters") },
                    "Barrier" => WaitKind::Barrier { count: number("_count"), parties: number("_parties") },
                    _ => WaitKind::Lock { waiters: size("_waiters") },
                }
            }
            Site::QueueGet => WaitKind::QueueGet,
            Site::QueuePut => WaitKind::QueuePut { maxsize: number("_maxsize") },
            Site::QueueJoin => WaitKind::QueueJoin { unfinished: number("_unfinished_tasks") },
            Site::Sleep => WaitKind::Sleep,
            Site::WaitFor => WaitKind::WaitFor,
            Site::Wait => WaitKind::Wait,
            Site::AsCompleted => WaitKind::AsCompleted,
            Site::TaskGroup => WaitKind::TaskGroup { pending: size("_tasks") },
            Site::Stream(function) => WaitKind::Stream { function: self.with_class(function, object) },
            Site::Socket(function) => WaitKind::Socket { function: function.clone() },
            Site::Process(function) => {
                WaitKind::Process { function: self.with_class(function, object), pid: object.and_then(|o| self.pid(o)) }
            }
            Site::Executor => WaitKind::Executor { state: None },
            Site::Inside | Site::Other(_) => return None,
        })
    }

    fn kind_of_future(&self, future: Address, function: Option<String>) -> WaitKind {
        if self.roles.of(future) == Role::Task {
            return WaitKind::Task;
        }
        if self.timers.is_sleep(future) {
            return WaitKind::Sleep;
        }
        if let Some(known) = self.kinds.borrow().get(&(future, None)) {
            return known.clone();
        }
        let kind = self.gather(future).or_else(|| self.by_callbacks(future)).unwrap_or(WaitKind::Future { function });
        self.kinds.borrow_mut().insert((future, None), kind.clone());
        kind
    }

    /// `_GatheringFuture` keeps its children.
    fn gather(&self, future: Address) -> Option<WaitKind> {
        if self.heap.type_info_of(future).ok()?.name != "_GatheringFuture" {
            return None;
        }
        let children = self.heap.attribute(future, "_children").ok().flatten()?;
        let children = self.heap.list_items(children).ok()?;
        self.children_left.set(self.children_left.get().checked_sub(children.len())?);
        let is_pending =
            |child: &&Address| self.roles.future(**child).is_ok_and(|child| child.state == TaskState::Pending);
        let pending = children.iter().filter(is_pending).count() as u64;
        Some(WaitKind::Gather { children: children.len() as u64, pending })
    }

    /// A future that stands for something else has a callback that passes cancellation on.
    fn by_callbacks(&self, future: Address) -> Option<WaitKind> {
        let known = self.heap.known();
        for callback in self.roles.callbacks(future).ok()? {
            if self.heap.type_of(callback).ok() != known.function {
                continue;
            }
            match self.callbacks.function_name(callback).as_deref() {
                Some("_outer_done_callback") => return Some(WaitKind::Shield),
                Some("_call_check_cancel") if !self.graph.completed_by.contains_key(&future) => {
                    let state = self.concurrent_future_of(callback).ok().flatten();
                    let state = state.and_then(|source| self.heap.attribute(source, "_state").ok().flatten());
                    return Some(WaitKind::Executor { state: state.and_then(|state| self.heap.label(state).ok()) });
                }
                _ => {}
            }
        }
        None
    }

    fn concurrent_future_of(&self, callback: Address) -> Result<Option<Address>> {
        for cell in self.heap.function_referents(callback)? {
            if Some(self.heap.type_of(cell)?) == self.heap.known().cell
                && let Some(value) = self.heap.cell_contents(cell)?
                && self.roles.of(value) == Role::ConcurrentFuture
            {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// Which of the classes in `locks.py` an object has, or a subclass of which.
    fn lock_class(&self, object: Address) -> Option<String> {
        let names = self.roles.class_names(self.heap.type_of(object).ok()?);
        names.iter().find_map(|name| name.strip_prefix("asyncio.locks.").map(str::to_owned))
    }

    /// Puts the class before a bare function name (3.8–3.10), if `object` is of one of asyncio's.
    fn with_class(&self, function: &str, object: Option<Address>) -> String {
        let class = object.filter(|_| !function.contains('.')).and_then(|object| {
            let names = self.roles.class_names(self.heap.type_of(object).ok()?);
            names.iter().find_map(|name| Some(name.strip_prefix("asyncio.")?.split_once('.')?.1.to_owned()))
        });
        class.map_or_else(|| function.to_owned(), |class| format!("{class}.{function}"))
    }

    /// Items of a container that an object has as attribute; none, if the attribute is `None`.
    fn size(&self, object: Address, name: &str) -> Option<u64> {
        let container = self.heap.attribute(object, name).ok().flatten()?;
        if self.heap.is_none(container) {
            return Some(0);
        }
        if self.heap.type_of(container).ok() == self.heap.known().set {
            return Some(self.heap.set_items(container).ok()?.len() as u64);
        }
        let layout = self.heap.layout();
        self.roles.is_deque(container).then(|| self.heap.unsigned(container, layout.var_object.ob_size).ok()).flatten()
    }

    fn number(&self, object: Address, name: &str) -> Option<i64> {
        let value = self.heap.attribute(object, name).ok().flatten()?;
        self.heap.is_a(value, crate::heap::TypeFlags::INT).then(|| self.heap.integer(value).ok().flatten()).flatten()
    }

    /// The number of a child process: a `Process` has it, or its transport.
    fn pid(&self, object: Address) -> Option<i64> {
        self.number(object, "pid").or_else(|| self.number(object, "_pid"))
    }
}
