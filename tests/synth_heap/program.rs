//! A whole small asyncio program in memory: one of everything that a look reads.

use super::numbers as n;
use super::{Build, Code, Coroutine, List, State, Synth};
use coroscope::heap::GeneratorKind;
use coroscope::heap::candidates::{Candidate, CandidateKind};
use coroscope::memory::Address;

/// The heap, and where in it lies what.
pub(crate) struct Program {
    pub(crate) synth: Synth,
    pub(crate) code: Code,
    /// Created, held by a list that is a module's global.
    pub(crate) leaked: u64,
    /// Created, driven by a task that has not run yet.
    pub(crate) of_task: u64,
    /// Created, argument of a callback that is ready.
    pub(crate) of_handle: u64,
    /// Created, inside a `coroutine_wrapper`.
    pub(crate) wrapped: u64,
    /// Created, in a list in a variable of a frame of the running thread.
    pub(crate) of_frame: u64,
    /// Created, in a deque.
    pub(crate) queued: u64,
    /// Waits for `inner`.
    pub(crate) outer: u64,
    pub(crate) inner: u64,
    pub(crate) running: u64,
    pub(crate) closed: u64,
    pub(crate) async_generator: u64,
    pub(crate) task: u64,
    pub(crate) event_loop: u64,
    pub(crate) origin: u64,
    pub(crate) queue: u64,
    pub(crate) deque_type: u64,
    pub(crate) wrapper: u64,
    /// The innermost frame of the thread.
    pub(crate) frame: u64,
}

/// `async def`, `async def` with `yield`.
pub(crate) const COROUTINE: u32 = 0x80;
pub(crate) const ASYNC_GENERATOR: u32 = 0x200;

impl Program {
    pub(crate) fn new(build: Build, base: u64) -> Self {
        let mut s = Synth::new(build, base);
        s.list = List::Middle;
        let module_name = s.text("app.jobs");
        let globals = s.names(&[("__name__", module_name)]);
        let code = s.code("Jobs.work", COROUTINE, &["self", "item"]);
        let agen_code = s.code("Jobs.items", ASYNC_GENERATOR, &["self", "item"]);
        let cell = s.cell(0);
        let closure = s.tuple(&[cell]);
        let function = s.function(code, "app.jobs", globals, closure);
        let argument = s.text("größe");
        let none = s.none();
        let null = s.reference(0);
        let line = s.int(17);
        let file = s.text("/srv/app/main.py");
        let caller = s.text("main");
        let entry = s.tuple(&[file, line, caller]);
        let origin = s.tuple(&[entry]);
        let class = s.type_of("coroutine");
        let make = |s: &mut Synth, state, locals: &[u64], origin| {
            s.coroutine(&Coroutine { class, code, state, locals, qualname: "Jobs.work", function, origin })
        };
        s.list = List::Old;
        let leaked = make(&mut s, State::Created, &[argument, none], origin);
        let of_task = make(&mut s, State::Created, &[argument, null], 0);
        let of_handle = make(&mut s, State::Created, &[argument, null], 0);
        let wrapped = make(&mut s, State::Created, &[argument, null], 0);
        let of_frame = make(&mut s, State::Created, &[argument, null], 0);
        s.list = List::Young;
        let queued = make(&mut s, State::Created, &[argument, null], 0);
        let inner = make(&mut s, State::Suspended, &[argument, null], 0);
        let outer = make(&mut s, State::Awaiting(inner), &[argument, null], 0);
        let running = make(&mut s, State::Running, &[argument, null], 0);
        let closed = make(&mut s, State::Closed, &[argument, null], 0);
        s.list = List::Permanent;
        let async_generator = s.coroutine(&Coroutine {
            class: s.type_of("async_generator"),
            code: agen_code,
            state: State::Suspended,
            locals: &[argument, null],
            qualname: "Jobs.items",
            function,
            origin: 0,
        });
        s.list = List::Young;
        let wrapper = s.wrapper(wrapped);
        let pending = s.list(&[leaked]);
        let app_globals = s.names(&[("PENDING", pending), ("__name__", module_name)]);
        let app = s.module(app_globals);

        let object = s.type_of("object");
        let head = s.at(n::OBJECT_SIZE);
        let deque_type = s.class("collections.deque", object, 0, s.at(n::DEQUE_SIZE), 0);
        let partial_type = s.class("functools.partial", object, 0, head + 48, 0);
        let future_type = s.class("_asyncio.Future", object, 0, s.at(n::FUTURE_SIZE), 0);
        let task_type = s.class("_asyncio.Task", future_type, 0, s.at(n::TASK_SIZE), 0);
        let queue = s.deque(deque_type, &[none, none, none, none, none, queued]);

        // A handle has its callback and arguments in slots behind the head.
        let handle_type = s.class("asyncio.events.Handle", object, 0, head + 16, 0);
        let (callback_slot, args_slot) = (s.slot_descriptor(head), s.slot_descriptor(head + 8));
        let handle_dict = s.names(&[("_callback", callback_slot), ("_args", args_slot)]);
        s.set(handle_type, n::TP_DICT, handle_dict);
        let handle = s.tracked(handle_type, head + 16);
        let args = s.tuple(&[of_handle]);
        s.put(handle + head, function);
        s.put(handle + head + 8, args);
        let ready = s.deque(deque_type, &[handle]);
        let scheduled = s.list(&[]);
        let class_name = "asyncio.unix_events._UnixSelectorEventLoop";
        let attributes = [("_ready", ready), ("_scheduled", scheduled), ("_debug", none)];
        let event_loop = if build >= Build::V311 {
            s.managed_instance(class_name, &attributes)
        } else {
            s.instance(class_name, &attributes)
        };

        // 3.12+: a number stands for "Task-<number>".
        let name = if build >= Build::V312 { s.int(7) } else { s.text("Task-7") };
        let task = s.task(task_type, of_task, event_loop, name);
        let outer_task = s.task(task_type, outer, event_loop, name);
        let tasks = [task, outer_task];
        let listed: &[u64] = if s.has(n::TASK_NODE) { &[] } else { &tasks };
        let references: Vec<u64> = listed.iter().map(|task| s.weak_reference(*task)).collect();
        let data = s.set_of(&references);
        let weak_set = s.instance("_weakrefset.WeakSet", &[("data", data)]);
        let eager = s.set_of(&[]);
        let current = s.dict(&[]);
        let registry = if build >= Build::V312 { "_scheduled_tasks" } else { "_all_tasks" };
        let tasks_globals = s.names(&[(registry, weak_set), ("_eager_tasks", eager), ("_current_tasks", current)]);
        let asyncio_globals = s.names(&[("Task", task_type), ("Future", future_type)]);
        let collections_globals = s.names(&[("deque", deque_type)]);
        let functools_globals = s.split_dict(&[("partial", partial_type)]);
        let modules = [
            ("app", app),
            ("asyncio.tasks", s.module(tasks_globals)),
            ("_asyncio", s.module(asyncio_globals)),
            ("_collections", s.module(collections_globals)),
            ("_functools", s.module(functools_globals)),
        ];
        let modules = s.names(&modules);
        s.set(s.interpreter, n::IS_MODULES, modules);
        if s.has(n::TASK_NODE) {
            s.link_tasks(&tasks);
        }
        if s.has(n::TS_RUNNING_LOOP) {
            s.set(s.thread, n::TS_RUNNING_LOOP, event_loop);
        } else {
            // Up to 3.11 a holder with the loop behind its head; 3.12 the loop itself.
            let held = if build >= Build::V312 {
                event_loop
            } else {
                let holder_type = s.class("_RunningLoopHolder", object, 0, 24, 0);
                let holder = s.tracked(holder_type, 24);
                s.put(holder + 16, event_loop);
                holder
            };
            let dict = s.names(&[("__asyncio_running_event_loop__", held)]);
            s.set(s.thread, n::TS_DICT, dict);
        }
        let variable = s.list(&[of_frame]);
        let plain_code = s.code("main", 0, &["jobs", "unused"]);
        let caller = s.thread_frame(plain_code, 0, &[variable, null]);
        let frame = s.thread_frame(plain_code, caller, &[none, null]);
        s.run(frame);
        s.link();
        Self {
            synth: s,
            code,
            leaked,
            of_task,
            of_handle,
            wrapped,
            of_frame,
            queued,
            outer,
            inner,
            running,
            closed,
            async_generator,
            task,
            event_loop,
            origin,
            queue,
            deque_type,
            wrapper,
            frame,
        }
    }

    /// What a sweep would come up with.
    pub(crate) fn candidates(&self) -> Vec<Candidate> {
        let coroutine = CandidateKind::Generator(GeneratorKind::Coroutine);
        let mut found: Vec<(u64, CandidateKind)> = [
            self.leaked,
            self.of_task,
            self.of_handle,
            self.wrapped,
            self.of_frame,
            self.queued,
            self.outer,
            self.inner,
            self.running,
            self.closed,
        ]
        .map(|address| (address, coroutine))
        .to_vec();
        found.push((self.async_generator, CandidateKind::Generator(GeneratorKind::AsyncGenerator)));
        found.push((self.wrapper, CandidateKind::CoroutineWrapper));
        found.push((self.queue, CandidateKind::Deque));
        found.into_iter().map(|(address, kind)| Candidate { address: Address::new(address), kind }).collect()
    }
}

impl Synth {
    /// Puts tasks on their thread's list (3.14+): a ring of nodes inside of them.
    fn link_tasks(&mut self, tasks: &[u64]) {
        let head = self.thread + self.at(n::TS_TASKS);
        let mut ring = vec![head];
        ring.extend(tasks.iter().map(|task| task + self.at(n::TASK_NODE)));
        for (at, node) in ring.iter().enumerate() {
            let next = ring[(at + 1) % ring.len()];
            self.put(*node, next);
            self.put(next + 8, *node);
        }
    }
}
