//! Objects of all kinds, as CPython writes them.

use super::numbers as n;
use super::{Build, Synth};

/// A code object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Code {
    pub(crate) address: u64,
    /// Its first instruction.
    pub(crate) start: u64,
    /// Slots for variables.
    pub(crate) slots: u64,
}

/// What a coroutine is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Created,
    /// At a plain `yield`.
    Suspended,
    /// At an `await`.
    Awaiting(u64),
    Running,
    Closed,
}

/// What a coroutine is made of.
#[derive(Debug, Clone)]
pub(crate) struct Coroutine<'a> {
    pub(crate) class: u64,
    pub(crate) code: Code,
    pub(crate) state: State,
    pub(crate) locals: &'a [u64],
    pub(crate) qualname: &'a str,
    pub(crate) function: u64,
    /// `cr_origin`, or null.
    pub(crate) origin: u64,
}

/// Line of `def` of every function made here; an await stands two lines below.
pub(crate) const FIRST_LINE: u32 = 40;
/// Words on a frame's stack.
const STACK_SIZE: u64 = 4;
/// Instruction units: what has run last when a frame waits in an await, and in a plain yield.
const AWAIT_UNIT: u64 = 4;
const YIELD_UNIT: u64 = 6;

impl Synth {
    fn size_at(&self) -> u64 {
        self.at(n::OBJECT_SIZE)
    }

    /// A `str`: compact ASCII, or compact with two bytes a character.
    pub(crate) fn text(&mut self, text: &str) -> u64 {
        let class = self.type_of("str");
        let (kind, data, bytes): (u64, u64, Vec<u8>) = if text.is_ascii() {
            (1, self.at(n::STR_DATA), text.bytes().collect())
        } else {
            (2, self.at(n::STR_WIDE_DATA), text.encode_utf16().flat_map(u16::to_le_bytes).collect())
        };
        let object = self.plain(class, (data + bytes.len() as u64 + 8).max(96));
        self.set(object, n::STR_LENGTH, text.chars().count() as u64);
        let ascii = u64::from(text.is_ascii());
        // Free-threaded builds give `interned` a byte of its own.
        let state = if self.build.is_free_threaded() {
            kind << 8 | 1 << 11 | ascii << 12
        } else {
            kind << 2 | 1 << 5 | ascii << 6 | 1 << 7
        };
        self.set32(object, n::STR_STATE, u32::try_from(state).unwrap());
        self.put_bytes(object + data, &bytes);
        object
    }

    pub(crate) fn byte_string(&mut self, bytes: &[u8]) -> u64 {
        let data = self.at(n::BYTES_DATA);
        let object = self.plain(self.type_of("bytes"), data + bytes.len() as u64 + 1);
        self.put(object + self.size_at(), bytes.len() as u64);
        self.put_bytes(object + data, bytes);
        object
    }

    /// An `int` below 2³⁰.
    pub(crate) fn int(&mut self, value: u32) -> u64 {
        let object = self.plain(self.type_of("int"), self.size_at() + 16);
        // Up to 3.11 the number of digits; from 3.12 on that above three bits, the low two of which say "zero" as 1.
        let size = match (self.build >= Build::V312, value) {
            (true, 0) => 1,
            (true, _) => 1 << 3,
            (false, value) => u64::from(value != 0),
        };
        self.put(object + self.size_at(), size);
        self.put32(object + self.size_at() + 8, value);
        object
    }

    pub(crate) fn none(&mut self) -> u64 {
        if let Some(none) = self.singletons.get("None") {
            return *none;
        }
        let none = self.plain(self.type_of("NoneType"), self.size_at());
        self.singletons.insert("None", none);
        none
    }

    pub(crate) fn tuple(&mut self, items: &[u64]) -> u64 {
        let first = self.at(n::TUPLE_ITEM);
        let object = self.tracked(self.type_of("tuple"), first + 8 * items.len() as u64);
        self.put(object + self.size_at(), items.len() as u64);
        self.put_words(object + first, items);
        object
    }

    pub(crate) fn put_words(&mut self, at: u64, words: &[u64]) {
        for (i, word) in (0..).zip(words) {
            self.put(at + 8 * i, *word);
        }
    }

    pub(crate) fn list(&mut self, items: &[u64]) -> u64 {
        let object = self.tracked(self.type_of("list"), self.at(n::LIST_SIZE));
        let table = self.alloc(8 * items.len() as u64);
        self.put(object + self.size_at(), items.len() as u64);
        self.set(object, n::LIST_ITEM, table);
        self.put_words(table, items);
        object
    }

    /// A keys object. `kind`: 0 keys of any type, 1 `str` keys, 2 split. Up to 3.10 there is one kind of entry.
    pub(crate) fn keys(&mut self, entries: &[(u64, u64)], kind: u8) -> u64 {
        let log2 = 3u8.max(u8::try_from((entries.len() * 2).next_power_of_two().trailing_zeros()).unwrap());
        let indices = self.at(n::DK_INDICES);
        let general = kind == 0 || !self.has(n::DK_KIND);
        let width = if general { 24 } else { 16 };
        let index_bytes = 1u64 << log2;
        let keys = self.alloc(indices + index_bytes + width * (index_bytes * 2 / 3).max(entries.len() as u64));
        self.put(keys, 1);
        if self.has(n::DK_KIND) {
            self.put8(keys + 8, log2);
            self.put8(keys + self.at(n::DK_LOG2_INDEX_BYTES), log2);
            self.put8(keys + self.at(n::DK_KIND), kind);
        } else {
            self.set(keys, n::DK_SIZE, index_bytes);
        }
        self.set(keys, n::DK_NENTRIES, entries.len() as u64);
        for (i, (key, value)) in (0..).zip(entries) {
            let at = keys + indices + index_bytes + width * i;
            if general {
                self.put_words(at, &[0x1234_5678_9abc, *key, *value]);
            } else {
                self.put_words(at, &[*key, *value]);
            }
        }
        keys
    }

    pub(crate) fn dict_of(&mut self, keys: u64, values: u64) -> u64 {
        let object = self.tracked(self.type_of("dict"), self.at(n::DICT_SIZE));
        self.set(object, n::DICT_KEYS, keys);
        self.set(object, n::DICT_VALUES, values);
        object
    }

    /// A combined dict with keys of any type.
    pub(crate) fn dict(&mut self, entries: &[(u64, u64)]) -> u64 {
        let keys = self.keys(entries, 0);
        self.dict_of(keys, 0)
    }

    /// A combined dict with `str` keys.
    pub(crate) fn names(&mut self, entries: &[(&str, u64)]) -> u64 {
        let entries: Vec<(u64, u64)> = entries.iter().map(|(name, value)| (self.text(name), *value)).collect();
        let keys = self.keys(&entries, 1);
        self.dict_of(keys, 0)
    }

    /// A dict whose keys are shared.
    pub(crate) fn split_dict(&mut self, entries: &[(&str, u64)]) -> u64 {
        let names: Vec<(u64, u64)> = entries.iter().map(|(name, _)| (self.text(name), 0)).collect();
        let keys = self.keys(&names, 2);
        let values: Vec<u64> = entries.iter().map(|(_, value)| *value).collect();
        let first = if self.has(n::VALUES_FIRST) { self.at(n::VALUES_FIRST) } else { 0 };
        let table = self.alloc(first + 8 * values.len() as u64);
        self.put_words(table + first, &values);
        self.dict_of(keys, table)
    }

    /// A `set`, with an entry that was removed.
    pub(crate) fn set_of(&mut self, items: &[u64]) -> u64 {
        let object = self.tracked(self.type_of("set"), self.at(n::SET_SIZE));
        let size = (items.len() as u64 + 2).next_power_of_two().max(8);
        let table = self.alloc(16 * size);
        let dummy = self.none();
        self.put_words(table, &[dummy, u64::MAX]);
        for (i, item) in (1..).zip(items) {
            self.put_words(table + 16 * i, &[*item, 77]);
        }
        self.set(object, n::SET_MASK, size - 1);
        self.set(object, n::SET_TABLE, table);
        object
    }

    /// A `deque` over several blocks; begins at slot 60 of the first.
    pub(crate) fn deque(&mut self, class: u64, items: &[u64]) -> u64 {
        let object = self.tracked(class, self.at(n::DEQUE_SIZE));
        // BLOCK: leftlink, 64 items, rightlink.
        let mut block = self.alloc(66 * 8);
        self.set(object, n::DEQUE_LEFTBLOCK, block);
        self.set(object, n::DEQUE_LEFTINDEX, 60);
        self.put(object + self.size_at(), items.len() as u64);
        let mut slot = 60;
        for item in items {
            if slot == 64 {
                let next = self.alloc(66 * 8);
                self.put(block + 65 * 8, next);
                self.put(next, block);
                (block, slot) = (next, 0);
            }
            self.put(block + 8 + 8 * slot, *item);
            slot += 1;
        }
        object
    }

    pub(crate) fn cell(&mut self, contents: u64) -> u64 {
        let object = self.tracked(self.type_of("cell"), self.size_at() + 8);
        self.set(object, n::CELL_REF, contents);
        object
    }

    pub(crate) fn weak_reference(&mut self, to: u64) -> u64 {
        let object = self.tracked(self.type_of("weakref"), self.at(n::WEAKREF_SIZE));
        self.set(object, n::WR_OBJECT, to);
        object
    }

    pub(crate) fn module(&mut self, globals: u64) -> u64 {
        let object = self.tracked(self.type_of("module"), self.at(n::MODULE_SIZE));
        self.set(object, n::MD_DICT, globals);
        object
    }

    /// A class. `dict_offset`: where instances have their dict.
    pub(crate) fn class(&mut self, name: &str, base: u64, flags: u64, basic_size: u64, dict_offset: u64) -> u64 {
        let class = self.tracked(self.type_of("type"), self.at(n::HEAP_TYPE_SIZE));
        let c_name = self.c_string(name);
        let qualname = self.text(name.rsplit('.').next().unwrap());
        let module = self.text("made.up");
        let dict = self.names(&[("__module__", module)]);
        let mro = self.tuple(&[class, base]);
        const HEAP_TYPE: u64 = 1 << 9;
        self.set(class, n::TP_NAME, c_name);
        self.set(class, n::HT_QUALNAME, qualname);
        self.set(class, n::TP_FLAGS, HEAP_TYPE | flags);
        self.set(class, n::TP_BASICSIZE, basic_size);
        self.set(class, n::TP_BASE, base);
        self.set(class, n::TP_DICT, dict);
        self.set(class, n::TP_DICTOFFSET, dict_offset);
        self.set(class, n::TP_MRO, mro);
        class
    }

    /// An instance with its attributes in a dict, of a class made for it.
    pub(crate) fn instance(&mut self, class_name: &str, attributes: &[(&str, u64)]) -> u64 {
        let head = self.size_at();
        let class = self.class(class_name, self.type_of("object"), 0, head + 8, head);
        let object = self.tracked(class, head + 8);
        let dict = self.names(attributes);
        self.put(object + head, dict);
        object
    }

    /// An instance whose attributes are kept beside the class's shared keys, the way each version does (3.11+).
    pub(crate) fn managed_instance(&mut self, class_name: &str, attributes: &[(&str, u64)]) -> u64 {
        assert!(self.build >= Build::V311);
        const MANAGED_DICT: u64 = 1 << 4;
        const INLINE_VALUES: u64 = 1 << 2;
        let head = self.size_at();
        let inline = self.build >= Build::V313;
        let flags = MANAGED_DICT | if inline { INLINE_VALUES } else { 0 };
        let class = self.class(class_name, self.type_of("object"), flags, head, 0);
        let names: Vec<(u64, u64)> = attributes.iter().map(|(name, _)| (self.text(name), 0)).collect();
        let keys = self.keys(&names, 2);
        self.set(class, n::HT_CACHED_KEYS, keys);
        let values: Vec<u64> = attributes.iter().map(|(_, value)| *value).collect();
        let first = self.at(n::VALUES_FIRST);
        let size = first + 8 * values.len() as u64;
        let object = self.tracked(class, head + size);
        let table = if inline { object + head } else { self.alloc(size) };
        self.put_words(table + first, &values);
        if inline {
            self.put8(table + self.at(n::VALUES_VALID), 1);
        } else if self.build == Build::V311 {
            self.put(object - 32, table);
        } else {
            // 3.12: the lowest bit says that it is no dict.
            self.put(object - 24, table - 1);
        }
        object
    }

    /// Gives a class an attribute in `__slots__`; its value is at `offset` in instances.
    pub(crate) fn slot_descriptor(&mut self, offset: u64) -> u64 {
        let member = self.alloc(40);
        // PyMemberDef: name, type (Py_T_OBJECT_EX is 16), offset.
        self.put32(member + 8, 16);
        self.put(member + 16, offset);
        let descriptor = self.tracked(self.type_of("member_descriptor"), self.at(n::D_MEMBER) + 8);
        self.set(descriptor, n::D_MEMBER, member);
        descriptor
    }

    /// A function's code: instructions that stand for what matters, a line table, names of variables.
    pub(crate) fn code(&mut self, qualname: &str, flags: u32, variables: &[&str]) -> Code {
        let mut units = [[9u8, 0]; 16];
        // What follows an await: YIELD_FROM itself up to 3.10, RESUME 3 from 3.11 on.
        units[usize::try_from(AWAIT_UNIT + 1).unwrap()] =
            if self.build.has_embedded_frames() { [151, 3] } else { [72, 0] };
        let bytecode = units.as_flattened();
        // The first 8 bytes belong to the line of `def`, the rest two lines below.
        let lines: &[u8] = match self.build {
            Build::V38 | Build::V39 => &[8, 2],
            Build::V310 => &[8, 0, 24, 2],
            _ => &[0x80 | 3, 0, 0x80 | 12 << 3 | 7, 0, 0, 0x80 | 3, 0],
        };
        let lines = self.byte_string(lines);
        let file = self.text("/srv/app/jobs.py");
        let bare = self.text(qualname.rsplit('.').next().unwrap());
        let full = self.text(qualname);
        let names: Vec<u64> = variables.iter().map(|name| self.text(name)).collect();
        let names = self.tuple(&names);
        let empty = self.tuple(&[]);
        let inline = self.has(n::CO_CODE_ADAPTIVE);
        let size = self.at(n::CODE_SIZE) + if inline { bytecode.len() as u64 } else { 0 };
        let code = self.plain(self.type_of("code"), size);
        let slots = variables.len() as u64;
        let start = if inline {
            self.put(code + self.size_at(), bytecode.len() as u64 / 2);
            code + self.at(n::CO_CODE_ADAPTIVE)
        } else {
            let object = self.byte_string(bytecode);
            self.set(code, n::CO_CODE, object);
            object + self.at(n::BYTES_DATA)
        };
        self.put_bytes(start, bytecode);
        let count = u32::try_from(slots).unwrap();
        self.set32(code, n::CO_ARGCOUNT, count.min(1));
        self.set32(code, n::CO_NLOCALS, count);
        self.set32(code, n::CO_NLOCALSPLUS, count);
        self.set32(code, n::CO_STACKSIZE, u32::try_from(STACK_SIZE).unwrap());
        self.set32(code, n::CO_FLAGS, flags);
        self.set32(code, n::CO_FIRSTLINENO, FIRST_LINE);
        for (row, value) in [
            (n::CO_NAMES, empty),
            (n::CO_VARNAMES, names),
            (n::CO_CELLVARS, empty),
            (n::CO_FREEVARS, empty),
            (n::CO_LOCALSPLUSNAMES, names),
            (n::CO_FILENAME, file),
            (n::CO_NAME, bare),
            (n::CO_QUALNAME, full),
            (n::CO_LINES, lines),
        ] {
            self.set(code, row, value);
        }
        let kinds = self.byte_string(&vec![0x20; variables.len()]);
        self.set(code, n::CO_LOCALSPLUSKINDS, kinds);
        Code { address: code, start, slots }
    }

    pub(crate) fn function(&mut self, code: Code, module: &str, globals: u64, closure: u64) -> u64 {
        let object = self.tracked(self.type_of("function"), self.at(n::FUNC_SIZE));
        let module = self.text(module);
        self.set(object, n::FUNC_CODE, code.address);
        self.set(object, n::FUNC_GLOBALS, globals);
        self.set(object, n::FUNC_MODULE, module);
        self.set(object, n::FUNC_CLOSURE, closure);
        object
    }

    /// The word that stands for a reference in a frame.
    pub(crate) fn reference(&self, object: u64) -> u64 {
        // Tagged: null is the word 1; what the frame only borrows carries bit 0.
        if self.build.has_tagged_references() { object | 1 } else { object }
    }

    /// A coroutine, async generator or generator with its frame.
    pub(crate) fn coroutine(&mut self, made_of: &Coroutine<'_>) -> u64 {
        let name = self.text(made_of.qualname.rsplit('.').next().unwrap());
        let qualname = self.text(made_of.qualname);
        let object = if self.build.has_embedded_frames() {
            self.with_embedded_frame(made_of)
        } else {
            self.with_frame_object(made_of)
        };
        self.set(object, n::GEN_NAME, name);
        self.set(object, n::GEN_QUALNAME, qualname);
        self.set(object, n::GEN_CODE, made_of.code.address);
        self.set(object, n::CORO_ORIGIN, made_of.origin);
        object
    }

    fn with_frame_object(&mut self, made_of: &Coroutine<'_>) -> u64 {
        let object = self.tracked(made_of.class, self.at(n::AG_SIZE));
        if made_of.state == State::Closed {
            return object;
        }
        let frame = self.frame_object(made_of.code, 0, made_of.locals);
        self.set(frame, n::F_GEN, object);
        let globals = if made_of.function == 0 { 0 } else { self.word(made_of.function + self.at(n::FUNC_GLOBALS)) };
        self.set(frame, n::F_GLOBALS, globals);
        self.set(object, n::GEN_FRAME, frame);
        let stack = self.word(frame + self.at(n::F_VALUESTACK));
        let counts_units = self.build == Build::V310;
        let unit = |unit: u64| u32::try_from(if counts_units { unit } else { 2 * unit }).unwrap();
        // 3.10: created −2, suspended −1, running 0. Before, the position tells: −1 is "not started".
        let (lasti, state, depth) = match made_of.state {
            State::Created => (u32::MAX, -2i8, 0),
            State::Suspended => (unit(YIELD_UNIT), -1, 0),
            State::Awaiting(awaited) => {
                self.put(stack, awaited);
                (unit(AWAIT_UNIT), -1, 1)
            }
            State::Running | State::Closed => (unit(2), 0, -1i32),
        };
        let running = made_of.state == State::Running;
        self.set32(frame, n::F_LASTI, lasti);
        if self.has(n::F_STATE) {
            self.put8(frame + self.at(n::F_STATE), state.cast_unsigned());
        }
        self.set32(frame, n::F_STACKDEPTH, depth.cast_unsigned());
        self.set(frame, n::F_STACKTOP, if running { 0 } else { stack + 8 * u64::from(depth.unsigned_abs()) });
        if self.has(n::GEN_RUNNING) {
            self.put8(object + self.at(n::GEN_RUNNING), u8::from(running));
        }
        object
    }

    /// A `PyFrameObject` (up to 3.10) with its variables.
    pub(crate) fn frame_object(&mut self, code: Code, back: u64, locals: &[u64]) -> u64 {
        let first = self.at(n::F_LOCALSPLUS);
        let frame = self.tracked(self.type_of("frame"), first + 8 * (code.slots + STACK_SIZE));
        self.set(frame, n::F_BACK, back);
        self.set(frame, n::F_CODE, code.address);
        self.set(frame, n::F_VALUESTACK, frame + first + 8 * code.slots);
        self.set(frame, n::F_STACKTOP, frame + first + 8 * code.slots);
        self.put_words(frame + first, locals);
        frame
    }

    fn with_embedded_frame(&mut self, made_of: &Coroutine<'_>) -> u64 {
        let head = self.at(n::GEN_IFRAME);
        let first = self.at(n::IF_LOCALSPLUS);
        let size = head + first + 8 * (made_of.code.slots + STACK_SIZE);
        let object = self.tracked(made_of.class, size);
        self.embedded_frame(object + head, made_of.code, made_of.function, made_of.locals);
        let frame = object + head;
        // FRAME_OWNED_BY_GENERATOR
        self.put8(frame + self.at(n::IF_OWNER), 1);
        let stack = frame + first + 8 * made_of.code.slots;
        let code = made_of.code;
        let (unit, words) = match made_of.state {
            // 3.11, 3.12: at RETURN_GENERATOR; later: behind it.
            State::Created => (u64::from(self.build >= Build::V313), 0),
            State::Suspended => (YIELD_UNIT, 1),
            State::Awaiting(awaited) => {
                // 3.15 has a further word on top: here the null reference.
                let null = self.reference(0);
                self.put_words(stack, &[awaited, null]);
                (AWAIT_UNIT, if self.build >= Build::V315 && self.build != Build::V314t { 2 } else { 1 })
            }
            State::Running | State::Closed => (2, 0),
        };
        self.put(frame + self.at(n::IF_INSTRUCTION), code.start + 2 * unit);
        if self.has(n::IF_STACKTOP) {
            let depth =
                if made_of.state == State::Running { u32::MAX } else { u32::try_from(code.slots + words).unwrap() };
            self.set32(frame, n::IF_STACKTOP, depth);
        } else {
            let top = if made_of.state == State::Running { 0 } else { stack + 8 * words };
            self.set(frame, n::IF_STACKPOINTER, top);
        }
        let state = self.frame_state(made_of.state);
        self.put8(object + self.at(n::GEN_FRAME_STATE), state.cast_unsigned());
        object
    }

    /// What `gi_frame_state` is (3.11+): renumbered in 3.13, and again in 3.15.
    pub(crate) fn frame_state(&self, state: State) -> i8 {
        let [created, suspended, awaiting, running, closed] = match self.build {
            Build::V311 | Build::V312 => [-2, -1, -1, 0, 4],
            Build::V315 | Build::V315t => [0, 1, 2, 4, 5],
            _ => [-3, -2, -1, 0, 4],
        };
        match state {
            State::Created => created,
            State::Suspended => suspended,
            State::Awaiting(_) => awaiting,
            State::Running => running,
            State::Closed => closed,
        }
    }

    /// Fills a `_PyInterpreterFrame` (3.11+) at `frame`.
    pub(crate) fn embedded_frame(&mut self, frame: u64, code: Code, function: u64, locals: &[u64]) {
        let first = self.at(n::IF_LOCALSPLUS);
        let null = self.reference(0);
        let function = self.reference(function);
        let executable = self.reference(code.address);
        self.set(frame, n::IF_CODE, executable);
        self.set(frame, n::IF_FUNC, function);
        self.set(frame, n::IF_INSTRUCTION, code.start + 2);
        for slot in 0..code.slots + STACK_SIZE {
            self.put(frame + first + 8 * slot, null);
        }
        self.put_words(frame + first, locals);
        let stack = frame + first + 8 * code.slots;
        self.set(frame, n::IF_STACKPOINTER, stack);
        if self.has(n::IF_STACKTOP) {
            self.set32(frame, n::IF_STACKTOP, u32::try_from(code.slots).unwrap());
        }
    }

    /// A frame of the running thread, called by `back`.
    pub(crate) fn thread_frame(&mut self, code: Code, back: u64, locals: &[u64]) -> u64 {
        if self.build.has_embedded_frames() {
            let frame = self.alloc(self.at(n::IF_LOCALSPLUS) + 8 * (code.slots + STACK_SIZE));
            self.embedded_frame(frame, code, 0, locals);
            self.set(frame, n::IF_PREVIOUS, back);
            frame
        } else {
            let frame = self.frame_object(code, back, locals);
            if self.build == Build::V310 {
                self.set32(frame, n::F_STACKDEPTH, u32::MAX);
            } else {
                self.set(frame, n::F_STACKTOP, 0);
            }
            frame
        }
    }

    /// Makes `frame` the one the thread runs.
    pub(crate) fn run(&mut self, frame: u64) {
        let thread = self.thread;
        if self.has(n::TS_CURRENT_FRAME) {
            self.set(thread, n::TS_CURRENT_FRAME, frame);
        } else if self.has(n::TS_FRAME) {
            self.set(thread, n::TS_FRAME, frame);
        } else {
            // _PyCFrame, on the C stack: 3.11 {use_tracing u8, current_frame +8}, 3.12 {current_frame +0}.
            let cframe = self.alloc(24);
            self.put(cframe + if self.build == Build::V311 { 8 } else { 0 }, frame);
            self.set(thread, n::TS_CFRAME, cframe);
        }
    }

    pub(crate) fn wrapper(&mut self, coroutine: u64) -> u64 {
        let object = self.tracked(self.type_of("coroutine_wrapper"), self.at(n::CW_COROUTINE) + 8);
        self.set(object, n::CW_COROUTINE, coroutine);
        object
    }

    /// A task of the C module.
    pub(crate) fn task(&mut self, class: u64, coroutine: u64, event_loop: u64, name: u64) -> u64 {
        let object = self.tracked(class, self.at(n::TASK_SIZE));
        self.set(object, n::TASK_CORO, coroutine);
        self.set(object, n::TASK_LOOP, event_loop);
        self.set(object, n::TASK_NAME, name);
        object
    }
}
