//! Names, files and lines of what was seen, each read once.

use super::super::attribution::{Attribution, Attributor, Files, Folders};
use super::super::observe::Observation;
use super::contexts::Contexts;
use crate::heap::{Frame, Generator, Heap, TracebackEntry};
use crate::memory::Address;
use crate::process;
use crate::report::{self, Definition};
use crate::runtime::{self, Thread};
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Stands where a name could not be read.
pub(super) const UNREADABLE: &str = "<unreadable>";
/// Bytes of text in the stacks of all tasks together; beyond it stacks are left out.
const MOST_STACK_TEXT: usize = 256 << 20;

/// Reads names, and remembers them.
pub(super) struct Names<'a, 'h> {
    pub(super) process: Option<&'a process::Target>,
    pub(super) heap: &'a Heap<'h>,
    /// Frames by code and position: thousands of tasks stand at the same few lines.
    frames: RefCell<FxHashMap<(Address, i64), report::Frame>>,
    class_names: RefCell<FxHashMap<Address, Option<String>>>,
    attributor: RefCell<Attributor>,
    /// The contexts of tasks.
    pub(super) contexts: Contexts,
    /// Bytes of text that stacks may still take.
    text_left: Cell<usize>,
    /// The system's numbers of threads, by thread state.
    native_ids: FxHashMap<Address, u64>,
    /// The thread states that loops run in.
    loop_threads: FxHashMap<Address, Address>,
}

impl<'a, 'h> Names<'a, 'h> {
    pub(super) fn new(
        process: Option<&'a process::Target>,
        heap: &'a Heap<'h>,
        observation: &Observation,
        locals: bool,
    ) -> Self {
        let sys_modules: Vec<Address> = observation.places.iter().map(|place| place.interpreter.modules).collect();
        let threads = observation.places.iter().flat_map(|place| &place.interpreter.threads).collect::<Vec<_>>();
        Self {
            process,
            heap,
            frames: RefCell::default(),
            class_names: RefCell::default(),
            attributor: RefCell::new(Attributor::new(Folders::read(heap, &sys_modules))),
            contexts: Contexts::new(locals),
            text_left: Cell::new(MOST_STACK_TEXT),
            native_ids: native_ids(process, heap, &threads),
            loop_threads: observation.loops.iter().filter_map(|found| Some((found.address, found.thread?))).collect(),
        }
    }

    /// The module that defines a coroutine's function: as the function says (3.11+), or its globals.
    pub(super) fn module_of(&self, generator: &Generator) -> Option<String> {
        let by_function =
            self.heap.generator_function(generator).and_then(|function| self.heap.function_module(function));
        by_function.or_else(|| self.module_of_globals(self.heap.frame_globals(&generator.frame?)?))
    }

    /// The module whose globals these are.
    pub(super) fn module_of_globals(&self, globals: Address) -> Option<String> {
        self.heap.label(self.heap.dict_value(globals, "__name__").ok()??).ok()
    }

    pub(super) fn definition(&self, code: Address) -> Option<Definition> {
        let code = self.heap.code(code).ok()?;
        Some(Definition { file: self.heap.code_file(&code).ok()?, line: u32::try_from(code.first_line).unwrap_or(0) })
    }

    /// Whose code a file is.
    pub(super) fn attribution(&self, file: &str) -> Rc<Attribution> {
        let files = self.process.map(|process| process as &dyn Files);
        self.attributor.borrow_mut().of(files, file)
    }

    pub(super) fn frame(&self, frame: &Frame) -> Option<report::Frame> {
        let left = self.text_left.get();
        let found = Some(frame).filter(|_| left > 0).and_then(|frame| self.known_frame(frame))?;
        self.text_left.set(left.saturating_sub(found.function.len() + found.file.len()));
        Some(found)
    }

    /// Where an entry of a traceback raised, or called what raised.
    pub(super) fn raised_at(&self, entry: &TracebackEntry) -> Option<report::Frame> {
        let code = self.heap.code(entry.frame.code).ok()?;
        let line = entry.line.or_else(|| self.heap.code_line(&code, entry.offset).ok().flatten());
        Some(report::Frame {
            function: self.heap.code_qualname(&code).ok()?,
            file: self.heap.code_file(&code).unwrap_or_else(|_| UNREADABLE.to_owned()),
            line: line.and_then(|line| u32::try_from(line).ok()),
        })
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

    /// The name of an object's class, with its module.
    pub(super) fn class_name(&self, object: Address) -> Option<String> {
        let class = self.heap.type_of(object).ok()?;
        let mut names = self.class_names.borrow_mut();
        names.entry(class).or_insert_with(|| self.heap.qualified_type_name(class).ok()).clone()
    }

    pub(super) fn native_id(&self, thread: Address) -> Option<u64> {
        self.native_ids.get(&thread).copied().filter(|id| *id != 0)
    }

    /// The system's number of the thread that an event loop runs in.
    pub(super) fn thread_of_loop(&self, event_loop: Address) -> Option<u64> {
        self.native_id(*self.loop_threads.get(&event_loop)?)
    }
}

/// The system's numbers of these threads, by thread state: as the states say, or (up to 3.10) as the C library does.
pub(in crate::look) fn native_ids(
    process: Option<&process::Target>,
    heap: &Heap<'_>,
    threads: &[&Thread],
) -> FxHashMap<Address, u64> {
    let known: FxHashMap<Address, u64> =
        threads.iter().filter_map(|thread| Some((thread.address, thread.native_id?))).collect();
    let Some(process) = process.filter(|_| known.is_empty()) else { return known };
    let mut identities: Vec<u64> = threads.iter().map(|thread| thread.id).collect();
    // A thread may have a state in more than one interpreter.
    identities.sort_unstable();
    identities.dedup();
    let numbers = process.inner_thread_ids().unwrap_or_default();
    let by_identity = runtime::native_ids(heap.memory(), &identities, &numbers);
    threads.iter().filter_map(|thread| Some((thread.address, *by_identity.get(&thread.id)?))).collect()
}
