//! What can be reached from what cannot go away: a search forward, so that a search backward from an object in question can stop
//! where it meets what was reached here.
//!
//! Breadth first, from all roots at once. What a person would name first is preferred by a head start: an object that the globals of
//! the program's own modules lead to is told by that way, also if a frame or a task leads to it in a few steps less. Roots
//! themselves are entered from nowhere else.
//!
//! Not followed: what holds nothing (numbers, text, code), weak references, and what says more about the program's making than
//! about who holds what (the `back` of frames, annotations, the method resolution order). Base classes, the classes of instances,
//! and globals of functions that belong to no module are followed last.

use super::super::attribution::{by_name, standard_library};
use super::super::observe::Observation;
use super::reached::Reached;
use crate::analysis::retention::Root;
use crate::asyncio::{EventLoop, TaskState};
use crate::heap::references::{Edge, References};
use crate::heap::{Frame, Heap, TypeFlags};
use crate::memory::Address;
use crate::report::BelongsTo;
use crate::runtime::Thread;
use crate::runtime::layout::{Field, FrameKind};
use rustc_hash::{FxHashMap, FxHashSet};

/// How far a search may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::look) struct Limits {
    /// Objects that are remembered.
    pub(in crate::look) objects: usize,
    /// A container with more items is reached, and not entered.
    pub(in crate::look) container_items: u64,
    /// Steps from a root.
    pub(in crate::look) depth: usize,
}

impl Limits {
    /// As far as is cheap: most of what leaks is not far from a module, and what is further is found from the other side.
    pub(in crate::look) const NEAR_ROOTS: Self = Self { objects: 200_000, container_items: 100_000, depth: 24 };

    /// The same for a target with so many bytes in memory: what the search from the other side, which reads all of that, finds in less time
    /// is left to it. To come to an object takes about 1 µs, to read 16 KiB from end to end takes as long.
    pub(in crate::look) fn near_roots(rss_bytes: Option<u64>) -> Self {
        const BYTES_IN_THE_TIME: u64 = 16 << 10;
        const FEWEST: usize = 50_000;
        let worth = rss_bytes.and_then(|bytes| usize::try_from(bytes / BYTES_IN_THE_TIME).ok());
        let most = Self::NEAR_ROOTS.objects;
        Self { objects: worth.map_or(most, |worth| worth.clamp(FEWEST, most)), ..Self::NEAR_ROOTS }
    }
}

/// Steps by which other roots come after the program's own modules.
mod behind {
    pub(super) const INSTALLED_MODULE: usize = 1;
    pub(super) const FRAME: usize = 6;
    pub(super) const TASK: usize = 6;
    pub(super) const LOOP: usize = 7;
    pub(super) const STANDARD_MODULE: usize = 8;
    pub(super) const THREAD: usize = 8;
    pub(super) const INTERPRETER: usize = 9;
    /// A step that is a last resort.
    pub(super) const DETOUR: usize = 10;
}

/// Of the objects that may be remembered, modules of the program and of packages may take this part: the rest is for all else.
const SHARE_OF_MODULES: (usize, usize) = (3, 4);
/// Exceptions that one thread handles at once; more are not believed.
const MOST_HANDLED: usize = 256;
/// How many objects are fetched and entered together. Between them it is asked whether to go on.
const TOGETHER: usize = 256;
/// How many references are looked at together.
const MOST_HELD: usize = 4096;
/// Bytes of an object that are read in most cases.
const WORTH_FETCHING: u64 = 64;
/// Fields that are of no use.
const USELESS: [&str; 9] = ["annotate", "annotations", "back", "bases", "builtins", "code", "mro", "name", "qualname"];

/// How a loop that is not asyncio's own holds what it is going to call.
pub(super) const SCHEDULED: &str = "scheduled callback";

/// Searches from the roots: `sys.modules`, the frames of the threads, tasks and loops that go on, thread states, interpreters.
/// `stop` is asked now and then. Where certain objects are `wanted`, the search ends when it has come to all of them.
pub(in crate::look) fn reach(
    heap: &Heap<'_>,
    references: &References<'_, '_>,
    observation: &Observation,
    limits: &Limits,
    wanted: &FxHashSet<Address>,
    stop: &dyn Fn() -> bool,
) -> Reached {
    let mut search = Search {
        heap,
        references,
        limits: Limits { depth: limits.depth.min(usize::from(u16::MAX)), ..*limits },
        reached: Reached::new(),
        of_modules: 0,
        levels: Vec::new(),
        kinds: FxHashMap::default(),
        classes: FxHashSet::default(),
        deques: observation.places.iter().filter_map(|place| place.asyncio.deque_type).collect(),
        globals: FxHashSet::default(),
        frames: FxHashMap::default(),
        threads: FxHashMap::default(),
        loops: FxHashMap::default(),
        handles: FxHashSet::default(),
        found: Vec::new(),
        wanted,
        missing: wanted.len(),
    };
    search.start(observation);
    search.go(stop);
    search.reached
}

/// What has to be known of an object before it is entered, by its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Holds nothing.
    Nothing,
    /// As many items as this field says.
    Container(Field),
    Other,
}

struct Search<'s, 'h, 'a> {
    heap: &'s Heap<'a>,
    references: &'s References<'h, 'a>,
    limits: Limits,
    reached: Reached,
    /// How many of those were reached from modules that are not of the standard library.
    of_modules: usize,
    /// Numbers of what is to be entered, by the steps from the root, the root's handicap included.
    levels: Vec<Vec<u32>>,
    kinds: FxHashMap<Address, Kind>,
    /// The classes of what was reached.
    classes: FxHashSet<Address>,
    deques: Vec<Address>,
    /// The dicts of the modules.
    globals: FxHashSet<Address>,
    frames: FxHashMap<Address, &'s Frame>,
    threads: FxHashMap<Address, &'s Thread>,
    loops: FxHashMap<Address, &'s EventLoop>,
    /// Handles of loops that are not asyncio's own.
    handles: FxHashSet<Address>,
    /// What was found in the object that is being looked at.
    found: Vec<(Edge, Address)>,
    wanted: &'s FxHashSet<Address>,
    /// How many of those were not reached yet.
    missing: usize,
}

impl<'s> Search<'s, '_, '_> {
    fn start(&mut self, observation: &'s Observation) {
        self.start_from_modules(observation);
        for (thread, frames) in &observation.thread_frames {
            for frame in frames {
                self.frames.insert(frame.address, frame);
                self.root(frame.address, Root::Frame { thread: *thread }, behind::FRAME);
            }
        }
        let running = observation.loops.iter().filter(|event_loop| event_loop.thread.is_some());
        self.loops = running.map(|event_loop| (event_loop.address, event_loop)).collect();
        for task in observation.tasks.iter().filter(|task| task.state == TaskState::Pending) {
            let goes_on = task.event_loop.is_some_and(|event_loop| self.loops.contains_key(&event_loop));
            if goes_on && !observation.islands.contains(&task.address) {
                self.root(task.address, Root::Task(task.address), behind::TASK);
            }
        }
        for event_loop in observation.loops.iter().filter(|event_loop| event_loop.thread.is_some()) {
            self.root(event_loop.address, Root::Loop(event_loop.address), behind::LOOP);
        }
        for place in &observation.places {
            for thread in &place.interpreter.threads {
                self.threads.insert(thread.address, thread);
                self.root(thread.address, Root::Thread(thread.address), behind::THREAD);
            }
            let interpreter = place.interpreter.address;
            self.root(interpreter, Root::Interpreter(interpreter), behind::INTERPRETER);
        }
    }

    fn start_from_modules(&mut self, observation: &Observation) {
        let heap = self.heap;
        let sys_modules: Vec<Address> = observation.places.iter().map(|place| place.interpreter.modules).collect();
        let library = standard_library(heap, &sys_modules);
        let mut modules = Vec::new();
        for modules_of_one in &sys_modules {
            for (_, module) in heap.dict_entries(*modules_of_one).unwrap_or_default() {
                if heap.is_none(module) {
                    continue;
                }
                let globals = heap.module_globals(module);
                self.globals.extend(globals);
                modules.push((handicap(heap, globals, library.as_deref()), module));
            }
        }
        modules.sort_by_key(|(handicap, _)| *handicap);
        for (handicap, module) in modules {
            self.root(module, Root::Module(module), handicap);
        }
    }

    fn root(&mut self, object: Address, root: Root, handicap: usize) {
        let of_modules = handicap <= behind::INSTALLED_MODULE;
        if let Some(number) = self.reached.add_root(object, root, of_modules) {
            self.put(handicap, number);
        }
    }

    fn put(&mut self, level: usize, number: u32) {
        if self.levels.len() <= level {
            self.levels.resize_with(level + 1, Vec::new);
        }
        if let Some(numbers) = self.levels.get_mut(level) {
            numbers.push(number);
        }
    }

    fn go(&mut self, stop: &dyn Fn() -> bool) {
        let mut level = 0;
        while level < self.levels.len() {
            // What is found goes to later levels.
            let numbers = self.levels.get_mut(level).map(std::mem::take).unwrap_or_default();
            for some in numbers.chunks(TOGETHER) {
                if stop() || self.is_full() {
                    self.reached.set_cut();
                    return;
                }
                let objects = some.iter().filter_map(|number| self.reached.object(*number));
                self.heap.memory().prefetch(&mut objects.map(|object| (object, WORTH_FETCHING)));
                let mut held = Vec::new();
                for number in some {
                    self.look_at_number(*number);
                    held.extend(self.found.drain(..).map(|(edge, target)| (*number, edge, target)));
                    if held.len() >= MOST_HELD {
                        self.hold_all(level, &mut held);
                    }
                }
                self.hold_all(level, &mut held);
                if self.has_all() {
                    return;
                }
            }
            level += 1;
        }
    }

    /// Whether nothing more can be remembered.
    fn is_full(&self) -> bool {
        self.reached.len() >= self.limits.objects
    }

    /// Whether all that is wanted was reached.
    fn has_all(&self) -> bool {
        self.missing == 0 && !self.wanted.is_empty()
    }

    /// Finds what the object with this number holds.
    fn look_at_number(&mut self, number: u32) {
        self.found.clear();
        let Some(object) = self.reached.object(number) else { return };
        if self.reached.depth(number) >= self.limits.depth {
            self.reached.set_cut();
            return;
        }
        match self.reached.root(number) {
            Some(Root::Frame { .. }) => self.look_at_frame(object),
            Some(Root::Thread(_)) => self.look_at_thread(object),
            Some(Root::Interpreter(_)) => self.look_at_interpreter(object),
            Some(Root::Loop(_)) => self.look_at_loop(object),
            _ if self.handles.contains(&object) => self.look_at_handle(object),
            _ => self.look_at(object),
        }
    }

    /// Adds what was found, in its order. The classes of all are read at once: they lie all over memory.
    fn hold_all(&mut self, level: usize, held: &mut Vec<(u32, Edge, Address)>) {
        let mut targets: Vec<Address> = held.iter().map(|(_, _, target)| *target).collect();
        targets.sort_unstable();
        targets.dedup();
        let classes = self.heap.types_of(&targets);
        for (holder, edge, target) in held.drain(..) {
            let class = targets.binary_search(&target).ok().and_then(|at| *classes.get(at)?);
            if let Some(class) = class.filter(|_| !self.has_all()) {
                self.hold(holder, level, edge, target, class);
            }
        }
    }

    /// Adds `target`, if there is a point in that.
    fn hold(&mut self, holder: u32, level: usize, edge: Edge, target: Address, class: Address) {
        // Most of what is held is text and numbers: their class is asked first, which is cheaper than to look for them among all others.
        let kind = self.kind(class);
        if kind == Kind::Nothing || self.reached.contains(target) {
            return;
        }
        let of_modules = self.reached.is_of_modules(holder);
        let (part, whole) = SHARE_OF_MODULES;
        if self.is_full() || (of_modules && self.of_modules >= self.limits.objects / whole * part) {
            self.reached.set_cut();
            return;
        }
        let Some(number) = self.reached.add(target, holder, edge) else { return };
        self.of_modules += usize::from(of_modules);
        self.missing -= usize::from(!self.wanted.is_empty() && self.wanted.contains(&target));
        let is_detour = matches!(edge, Edge::Field("class" | "base" | "globals")) && self.is_last_resort(edge, holder);
        let level = level + if is_detour { behind::DETOUR } else { 1 };
        if self.has_too_many(kind, target) {
            self.reached.set_cut();
        } else {
            self.put(level, number);
        }
        if self.classes.insert(class)
            && self.heap.type_info(class).is_ok_and(|info| info.flags.contains(TypeFlags::HEAP_TYPE))
            && let Ok(class_of_class) = self.heap.type_of(class)
        {
            // Who is met first holds the class for all of its kind.
            self.hold(number, level, Edge::Field("class"), class, class_of_class);
        }
    }

    /// The globals of a module are no detour.
    fn is_last_resort(&self, edge: Edge, holder: u32) -> bool {
        edge != Edge::Field("globals") || !matches!(self.reached.root(holder), Some(Root::Module(_)))
    }

    fn has_too_many(&self, kind: Kind, object: Address) -> bool {
        let Kind::Container(count) = kind else { return false };
        self.heap.unsigned(object, count).is_ok_and(|count| count > self.limits.container_items)
    }

    /// What objects of this class are.
    fn kind(&mut self, class: Address) -> Kind {
        if let Some(kind) = self.kinds.get(&class) {
            return *kind;
        }
        let kind = self.new_kind(class).unwrap_or(Kind::Nothing);
        self.kinds.insert(class, kind);
        kind
    }

    fn new_kind(&self, class: Address) -> Option<Kind> {
        /// The links of an `lru_cache`, which are not traversed: the cache itself visits what they hold.
        const LINK: &str = "functools._lru_list_elem";
        let (heap, known, layout) = (self.heap, self.heap.known(), self.heap.layout());
        let info = heap.type_info(class).ok()?;
        let is = |flags| info.flags.contains(flags);
        let is_set = [known.set, known.frozenset].into_iter().flatten().any(|set| heap.derives_from(class, &[set]));
        let is_traversed =
            || heap.pointer(class, layout.type_object.tp_traverse).is_ok_and(|traverse| !traverse.is_null());
        Some(if is(TypeFlags::LIST) || is(TypeFlags::TUPLE) || heap.derives_from(class, &self.deques) {
            Kind::Container(layout.var_object.ob_size)
        } else if is(TypeFlags::DICT) {
            Kind::Container(layout.dict.ma_used)
        } else if is_set {
            Kind::Container(layout.set.used)
        } else if Some(class) == known.code || !(is(TypeFlags::HEAP_TYPE) || is_traversed() || info.name == LINK) {
            Kind::Nothing
        } else {
            Kind::Other
        })
    }

    fn look_at(&mut self, object: Address) {
        let heap = self.heap;
        let Ok(class) = heap.type_of(object) else { return };
        let (found, globals) = (&mut self.found, &self.globals);
        // What cannot be read has changed, or is none: its part is left out.
        let _ = self.references.visit(object, &mut |edge, target| {
            let useless = match edge {
                Edge::Field("globals") => globals.contains(&target) && Some(class) != heap.known().module,
                Edge::Field(name) => USELESS.contains(&name),
                _ => false,
            };
            if !useless {
                found.push((edge, target));
            }
        });
    }

    fn look_at_frame(&mut self, address: Address) {
        let Some(frame) = self.frames.get(&address).copied() else { return };
        let heap = self.heap;
        let (mut slots, count) = heap.frame_values(frame).unwrap_or_default();
        let stack = slots.split_off(count.min(slots.len()));
        for (number, value) in (0..).zip(slots) {
            self.found.extend(value.map(|value| (Edge::Variable(number), value)));
        }
        for (number, value) in (0..).zip(stack) {
            self.found.extend(value.map(|value| (Edge::Stack(number), value)));
        }
        let (of_frame, of_object) = (&heap.layout().interpreter_frame, &heap.layout().frame_object);
        let fields = match heap.layout().frame_kind {
            FrameKind::Embedded => {
                [("locals", of_frame.f_locals), ("function", of_frame.f_funcobj), ("function", of_frame.f_func)]
            }
            FrameKind::FrameObject38 | FrameKind::FrameObject310 => {
                [("locals", of_object.f_locals), ("globals", of_object.f_globals), ("trace", of_object.f_trace)]
            }
        };
        for (name, field) in fields {
            let word = field.at(address).ok().and_then(|at| heap.memory().word(at).ok());
            let value = word.and_then(|word| heap.untagged(word)).filter(|value| !self.globals.contains(value));
            self.found.extend(value.map(|value| (Edge::Field(name), value)));
        }
    }

    fn look_at_thread(&mut self, address: Address) {
        let heap = self.heap;
        let layout = &heap.layout().thread;
        let dict = self.threads.get(&address).and_then(|thread| thread.dict.non_null());
        self.found.extend(dict.map(|dict| (Edge::Field("dict"), dict)));
        for (name, field) in [
            ("context", layout.context),
            ("raised exception", layout.current_exception),
            ("raised exception", layout.curexc_value),
            ("async generator hook", layout.async_gen_firstiter),
            ("async generator hook", layout.async_gen_finalizer),
        ] {
            let value = heap.pointer(address, field).ok().and_then(Address::non_null);
            self.found.extend(value.map(|value| (Edge::Field(name), value)));
        }
        let item = &heap.layout().err_stack_item;
        let mut at = heap.pointer(address, layout.exc_info).unwrap_or(Address::NULL);
        for _ in 0..MOST_HANDLED {
            let Ok(value) = heap.pointer(at, item.exc_value) else { break };
            self.found.extend(value.non_null().map(|value| (Edge::Field("handled exception"), value)));
            match heap.pointer(at, item.previous_item).ok().and_then(Address::non_null) {
                Some(previous) => at = previous,
                None => break,
            }
        }
    }

    fn look_at_interpreter(&mut self, address: Address) {
        let layout = &self.heap.layout().interpreter;
        for (name, field) in [
            ("dict", layout.dict),
            ("warnings filters", layout.warnings_filters),
            ("warnings registry", layout.warnings_once_registry),
        ] {
            let value = self.heap.pointer(address, field).ok().and_then(Address::non_null);
            self.found.extend(value.map(|value| (Edge::Field(name), value)));
        }
    }

    /// What a loop is going to call. asyncio's own loops have it in attributes; of others it was found by other means.
    fn look_at_loop(&mut self, address: Address) {
        self.look_at(address);
        if let Some(event_loop) = self.loops.get(&address).filter(|_| self.found.is_empty()) {
            let handles = event_loop.ready.iter().chain(&event_loop.timers).map(|scheduled| scheduled.handle);
            self.handles.extend(handles.clone());
            self.found.extend(handles.map(|handle| (Edge::Field(SCHEDULED), handle)));
        }
    }

    /// A handle of such a loop is a C structure. It holds its callback, or nothing would call that.
    fn look_at_handle(&mut self, address: Address) {
        let found = &mut self.found;
        let _ = self.references.visit_or_guess(address, &mut |edge, target| found.push((edge, target)));
    }
}

/// How far a module comes behind the program's own.
fn handicap(heap: &Heap<'_>, globals: Option<Address>, library: Option<&str>) -> usize {
    let Some(entries) = globals.and_then(|globals| heap.dict_entries(globals).ok()) else {
        return behind::INSTALLED_MODULE;
    };
    let file = heap.find_named(&entries, "__file__").and_then(|file| heap.label(file).ok());
    match file {
        Some(file) => match by_name(library, &file) {
            BelongsTo::Own => 0,
            BelongsTo::Installed => behind::INSTALLED_MODULE,
            BelongsTo::StandardLibrary | BelongsTo::Unknown => behind::STANDARD_MODULE,
        },
        // Without a file: part of the interpreter, or made by the program itself, such as `__main__` of `python -c`.
        None if heap.find_named(&entries, "__spec__").is_none_or(|spec| heap.is_none(spec)) => 0,
        None => behind::STANDARD_MODULE,
    }
}
