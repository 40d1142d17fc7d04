//! Small CPython heaps made by hand, byte by byte, for every family of builds.
//!
//! This deliberately does **not** use the layout tables of the program: offsets come from [`numbers`], constants are typed in here. A
//! wrong offset would otherwise be wrong on both sides, and the tests green.
#![allow(dead_code, unused_imports)] // each test program uses another part of it

pub(crate) mod numbers;
mod objects;
mod program;

pub(crate) use objects::{Code, Coroutine, State};
pub(crate) use program::Program;

use coroscope::memory::{Address, SyntheticMemory};
use coroscope::runtime::layout::for_version;
use coroscope::runtime::{KnownTypes, Python, Version};
use numbers::{NO, Row};
use std::collections::BTreeMap;

/// A build of CPython: a column of [`numbers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Build {
    V38,
    V39,
    V310,
    V311,
    V312,
    /// 3.13 as upstream has it.
    V313,
    /// 3.13 as Debian has it: the lists of generations lie 4 bytes lower.
    V313Debian,
    /// 3.14.0–3.14.4, with the incremental collector.
    V314Incremental,
    V314,
    V315,
    V314t,
    V315t,
}

impl Build {
    pub(crate) const ALL: [Self; 12] = [
        Self::V38,
        Self::V39,
        Self::V310,
        Self::V311,
        Self::V312,
        Self::V313,
        Self::V313Debian,
        Self::V314Incremental,
        Self::V314,
        Self::V315,
        Self::V314t,
        Self::V315t,
    ];

    /// Those whose collector has lists.
    pub(crate) fn with_lists() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|build| !build.is_free_threaded())
    }

    /// Minor version and patch release.
    pub(crate) const fn release(self) -> (u8, u8) {
        match self {
            Self::V38 => (8, 18),
            Self::V39 => (9, 18),
            Self::V310 => (10, 13),
            Self::V311 => (11, 7),
            Self::V312 => (12, 1),
            Self::V313 => (13, 0),
            Self::V313Debian => (13, 18),
            Self::V314Incremental => (14, 2),
            Self::V314 | Self::V314t => (14, 10),
            Self::V315 | Self::V315t => (15, 2),
        }
    }

    pub(crate) const fn is_free_threaded(self) -> bool {
        matches!(self, Self::V314t | Self::V315t)
    }

    /// Whether frames are structures inside of generators, not objects.
    pub(crate) fn has_embedded_frames(self) -> bool {
        self >= Self::V311
    }

    /// Whether references in frames carry tags.
    pub(crate) fn has_tagged_references(self) -> bool {
        self >= Self::V314Incremental
    }
}

/// A collector's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    Young,
    Middle,
    Old,
    Permanent,
    /// On none: not tracked.
    None,
}

/// The heap under construction: one block of memory.
pub(crate) struct Synth {
    pub(crate) build: Build,
    pub(crate) base: u64,
    pub(crate) bytes: Vec<u8>,
    pub(crate) types: BTreeMap<&'static str, u64>,
    /// Where the data of the interpreter's image – its static types – ends.
    data_end: u64,
    lists: [Vec<u64>; 4],
    /// The list that new objects go to.
    pub(crate) list: List,
    pub(crate) runtime: u64,
    pub(crate) interpreter: u64,
    pub(crate) thread: u64,
    singletons: BTreeMap<&'static str, u64>,
}

/// Bytes of the runtime's, an interpreter's and a thread's state that hold any field of interest.
const STATE_SIZE: u64 = 20_000;

const STATIC_TYPES: [(&str, u64); 37] = [
    ("type", 1 << 31),
    ("object", 0),
    ("coroutine", 0),
    ("generator", 0),
    ("async_generator", 0),
    ("coroutine_wrapper", 0),
    ("async_generator_asend", 0),
    ("async_generator_athrow", 0),
    ("anext_awaitable", 0),
    ("code", 0),
    ("frame", 0),
    ("function", 0),
    ("method", 0),
    ("builtin_function_or_method", 0),
    ("cell", 0),
    ("tuple", 1 << 26),
    ("list", 1 << 25),
    ("dict", 1 << 29),
    ("set", 0),
    ("frozenset", 0),
    ("list_iterator", 0),
    ("tuple_iterator", 0),
    ("str", 1 << 28),
    ("bytes", 1 << 27),
    ("int", 1 << 24),
    ("bool", 1 << 24),
    ("float", 0),
    ("NoneType", 0),
    ("module", 0),
    ("member_descriptor", 0),
    ("weakref", 0),
    ("hamt", 0),
    ("hamt_bitmap_node", 0),
    ("hamt_array_node", 0),
    ("hamt_collision_node", 0),
    ("zip", 0),
    ("collections.OrderedDict", 1 << 29),
];

impl Synth {
    /// An empty heap whose block will lie at `base`.
    pub(crate) fn new(build: Build, base: u64) -> Self {
        assert_eq!(base % 4096, 0);
        let mut synth = Self {
            build,
            base,
            bytes: Vec::new(),
            types: BTreeMap::new(),
            data_end: 0,
            lists: Default::default(),
            list: List::Young,
            runtime: 0,
            interpreter: 0,
            thread: 0,
            singletons: BTreeMap::new(),
        };
        synth.make_types();
        synth.make_state();
        synth
    }

    /// The number of this build; fails for a field it does not have.
    pub(crate) fn at(&self, row: Row) -> u64 {
        let number = row[self.build as usize];
        assert_ne!(number, NO, "no such field in {:?}", self.build);
        number
    }

    pub(crate) fn has(&self, row: Row) -> bool {
        row[self.build as usize] != NO
    }

    /// Zeroed bytes at a multiple of 16.
    pub(crate) fn alloc(&mut self, size: u64) -> u64 {
        let at = self.bytes.len().next_multiple_of(16);
        self.bytes.resize(at + usize::try_from(size).unwrap(), 0);
        self.base + at as u64
    }

    pub(crate) fn put_bytes(&mut self, at: u64, bytes: &[u8]) {
        let from = usize::try_from(at - self.base).unwrap();
        self.bytes[from..from + bytes.len()].copy_from_slice(bytes);
    }

    pub(crate) fn put(&mut self, at: u64, word: u64) {
        self.put_bytes(at, &word.to_le_bytes());
    }

    pub(crate) fn put32(&mut self, at: u64, word: u32) {
        self.put_bytes(at, &word.to_le_bytes());
    }

    pub(crate) fn put8(&mut self, at: u64, byte: u8) {
        self.put_bytes(at, &[byte]);
    }

    pub(crate) fn word(&self, at: u64) -> u64 {
        let from = usize::try_from(at - self.base).unwrap();
        u64::from_le_bytes(self.bytes[from..from + 8].try_into().unwrap())
    }

    /// Writes a field of the structure at `base`, if this build has it.
    pub(crate) fn set(&mut self, base: u64, row: Row, word: u64) {
        if self.has(row) {
            self.put(base + self.at(row), word);
        }
    }

    fn set32(&mut self, base: u64, row: Row, word: u32) {
        if self.has(row) {
            self.put32(base + self.at(row), word);
        }
    }

    pub(crate) fn type_of(&self, name: &str) -> u64 {
        self.types[name]
    }

    /// An object's head: one reference, and its type.
    fn head(&mut self, object: u64, class: u64) {
        if self.build.is_free_threaded() {
            // ob_ref_local: one reference of the owning thread.
            self.put32(object + 12, 1);
        } else {
            self.put(object, 1);
        }
        self.put(object + self.at(numbers::OB_TYPE), class);
    }

    /// An object the collector does not know.
    pub(crate) fn plain(&mut self, class: u64, size: u64) -> u64 {
        let object = self.alloc(size);
        self.head(object, class);
        object
    }

    /// An object on the present list, with room for what lies before it.
    pub(crate) fn tracked(&mut self, class: u64, size: u64) -> u64 {
        // Two words for the collector; two more for a managed dict and weak references.
        let object = self.alloc(32 + size) + 32;
        self.head(object, class);
        self.track(object);
        object
    }

    fn track(&mut self, object: u64) {
        if self.list == List::None {
            return;
        }
        if self.build.is_free_threaded() {
            self.put8(object + 11, 1);
        } else {
            self.lists[self.list as usize].push(object);
        }
    }

    fn make_types(&mut self) {
        let size = self.at(numbers::HEAP_TYPE_SIZE);
        for (name, flags) in STATIC_TYPES {
            let class = self.alloc(size);
            let type_type = self.types.get("type").copied().unwrap_or(class);
            self.head(class, type_type);
            self.types.insert(name, class);
            self.set(class, numbers::TP_FLAGS, flags);
            self.set(class, numbers::TP_BASICSIZE, 64);
            self.set(class, numbers::TP_BASE, self.types.get("object").copied().unwrap_or(0));
        }
        self.alloc(4096);
        self.bytes.resize(self.bytes.len().next_multiple_of(4096), 0);
        self.data_end = self.base + self.bytes.len() as u64;
        for (name, _) in STATIC_TYPES {
            let text = self.c_string(name);
            self.set(self.types[name], numbers::TP_NAME, text);
        }
        let object = self.types["object"];
        self.set(object, numbers::TP_BASE, 0);
    }

    pub(crate) fn c_string(&mut self, text: &str) -> u64 {
        let at = self.alloc(text.len() as u64 + 1);
        self.put_bytes(at, text.as_bytes());
        at
    }

    fn make_state(&mut self) {
        self.runtime = self.alloc(STATE_SIZE);
        self.interpreter = self.alloc(STATE_SIZE);
        self.thread = self.alloc(STATE_SIZE);
        let (runtime, interpreter, thread) = (self.runtime, self.interpreter, self.thread);
        self.set(runtime, numbers::RT_INTERPRETERS, interpreter);
        self.set(runtime, numbers::RT_MAIN, interpreter);
        self.set(interpreter, numbers::IS_THREADS, thread);
        self.set(thread, numbers::TS_INTERP, interpreter);
        self.set(thread, numbers::TS_ID, 0x7f00_1234_5000);
        for (base, head) in [(interpreter, numbers::IS_TASKS), (thread, numbers::TS_TASKS)] {
            if self.has(head) {
                let at = base + self.at(head);
                self.put(at, at);
                self.put(at + 8, at);
            }
        }
        if !self.build.is_free_threaded() {
            let gc = self.gc();
            self.set32(gc, numbers::GC_ENABLED, 1);
            let first = gc + self.at(numbers::GC_GENERATIONS);
            self.set(gc, numbers::GC_GENERATION0, first);
        }
    }

    /// The collector's state: 3.8 has it in the runtime.
    pub(crate) fn gc(&self) -> u64 {
        if self.has(numbers::RT_GC) {
            self.runtime + self.at(numbers::RT_GC)
        } else {
            self.interpreter + self.at(numbers::IS_GC)
        }
    }

    pub(crate) fn list_heads(&self) -> [u64; 4] {
        let first = self.gc() + self.at(numbers::GC_GENERATIONS);
        // A generation has 24 bytes: two links, threshold, count.
        [first, first + 24, first + 48, self.gc() + self.at(numbers::GC_PERMANENT)]
    }

    /// Ties the lists together. To be called once, at the end.
    pub(crate) fn link(&mut self) {
        if self.build.is_free_threaded() {
            return;
        }
        // The incremental collector marks the old space in bit 0 of `_gc_next`, also of living nodes.
        let flag = u64::from(self.build == Build::V314Incremental);
        let lists = self.lists.clone();
        for (head, objects) in self.list_heads().into_iter().zip(lists) {
            let mut ring = vec![head];
            ring.extend(objects.iter().map(|object| object - 16));
            for (at, node) in ring.iter().enumerate() {
                let next = ring[(at + 1) % ring.len()];
                self.put(*node, next | flag);
                self.put(next + 8, *node);
            }
        }
    }

    /// Objects on the lists.
    pub(crate) fn tracked_objects(&self) -> Vec<u64> {
        self.lists.iter().flatten().copied().collect()
    }

    pub(crate) fn memory(&self) -> SyntheticMemory {
        let mut memory = SyntheticMemory::new();
        memory.map(self.base, self.bytes.clone());
        memory
    }

    /// The data of the interpreter's image.
    pub(crate) fn data(&self) -> std::ops::Range<u64> {
        self.base..self.data_end
    }

    /// What the program knows of this build, its types found in `memory`.
    pub(crate) fn python(&self) -> Python {
        let (minor, micro) = self.build.release();
        let layout = for_version(minor, micro, self.build.is_free_threaded()).unwrap();
        let data = self.base..self.data_end;
        let types = KnownTypes::find(&self.memory(), &layout, &[data], Address::new(self.type_of("type")));
        Python {
            version: Version::from_parts(3, minor.into(), micro.into()).unwrap(),
            free_threaded: self.build.is_free_threaded(),
            layout,
            runtime: Address::new(self.runtime),
            types,
            notes: Vec::new(),
        }
    }
}
