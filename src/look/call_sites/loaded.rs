//! The functions of a process and the names they go by: dicts of modules and classes, closures, partials.
//!
//! Names of attributes and globals are interned, so the address of a `str` stands for the name, and no text is read here.

use super::super::session::Place;
use crate::heap::candidates::{Candidate, CandidateKind};
use crate::heap::{CodeFlags, CodeHead, Function, Heap, TypeFlags};
use crate::memory::Address;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::hash_map::Entry;

/// Functions beyond this are passed over, and counted.
pub(super) const MOST_FUNCTIONS: usize = 200_000;
/// Names in all dicts together beyond this are passed over.
const MOST_NAMES: usize = 4_000_000;
/// A partial of a partial of …
const DEEPEST_PARTIAL: usize = 8;

/// A dict of names: the addresses of the `str` and of the value, by the former.
#[derive(Debug)]
pub(super) struct Namespace(Box<[(Address, Address)]>);

impl Namespace {
    fn new(mut entries: Vec<(Address, Address)>) -> Self {
        // Half of all names are in classes of a dozen: the order takes less than a table of hashes.
        entries.sort_unstable_by_key(|(name, _)| *name);
        Self(entries.into())
    }

    /// The value that goes by a name.
    pub(super) fn get(&self, name: Address) -> Option<Address> {
        let at = self.0.binary_search_by_key(&name, |(name, _)| *name).ok()?;
        self.0.get(at).map(|(_, value)| *value)
    }
}

/// How a class has a function in its dict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MethodKind {
    Plain,
    Static,
    Class,
}

/// A class that has a function in its dict, and how.
pub(super) type Class = (Address, MethodKind);

/// What a value in a namespace is, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Calling it calls this.
    Calls(Address),
    /// The same, by way of a `staticmethod` or `classmethod` in a class.
    Method(Address, MethodKind),
    Class,
    Module,
    Other,
}

/// What instances of a class are, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ClassKind {
    Static,
    Class,
    Partial,
    BoundMethod,
    Module,
    /// A class itself.
    Type,
    /// What `functools.lru_cache` makes.
    Cached,
    Other,
}

/// Functions and names.
#[derive(Default)]
pub(super) struct Loaded {
    pub(super) functions: FxHashMap<Address, Function>,
    /// Those of the functions that make coroutines.
    coroutine_functions: FxHashSet<Address>,
    /// What was read of the functions' code.
    pub(super) codes: FxHashMap<Address, CodeHead>,
    /// By dict.
    pub(super) namespaces: FxHashMap<Address, Namespace>,
    /// Names of what calls something when it is called, and the value.
    callables: Vec<(Address, Address)>,
    /// Module object and its dict.
    pub(super) modules: FxHashMap<Address, Address>,
    /// Classes made by class statements, with their dict.
    pub(super) classes: FxHashMap<Address, Address>,
    /// The classes that have a function in their dict: nearly always one.
    classes_of: FxHashMap<Address, (Class, Vec<Class>)>,
    /// References to coroutine functions that are names, cells and the like: found, and of a kind that calls nothing by itself.
    pub(super) references: FxHashMap<Address, u64>,
    /// Names under which something can be had that makes a coroutine when it is called.
    pub(super) interesting: FxHashSet<Address>,
    /// Those names, by coroutine function.
    names: FxHashMap<Address, Vec<Address>>,
    /// Of values that call something.
    kinds: FxHashMap<Address, Kind>,
    /// What instances of a class are, by class.
    class_kinds: FxHashMap<Address, ClassKind>,
    partial_types: Vec<Address>,
    pub(super) passed_over: u64,
}

impl Loaded {
    /// Reads all that the candidates and the modules of `places` lead to.
    pub(super) fn read(heap: &Heap<'_>, places: &[Place], candidates: &[Candidate], collecting: bool) -> Self {
        let mut loaded = Self {
            partial_types: places.iter().filter_map(|place| place.asyncio.partial_type).collect(),
            ..Self::default()
        };
        loaded.read_functions(heap, candidates, collecting);
        let globals: FxHashSet<Address> = loaded.functions.values().map(|function| function.globals).collect();
        let mut dicts: Vec<(Address, Option<Address>)> = globals.into_iter().map(|dict| (dict, None)).collect();
        for place in places {
            for (_, module) in heap.dict_entries(place.interpreter.modules).unwrap_or_default() {
                dicts.extend(loaded.add_module(heap, module).map(|dict| (dict, None)));
            }
        }
        loaded.classes_of.reserve(loaded.functions.len() / 2);
        loaded.read_namespaces(heap, dicts);
        loaded.count_references_of_functions(heap);
        loaded.find_interesting();
        loaded
    }

    fn read_functions(&mut self, heap: &Heap<'_>, candidates: &[Candidate], collecting: bool) {
        let is_function = |candidate: &&Candidate| candidate.kind == CandidateKind::Function;
        let mut found: Vec<Function> = Vec::with_capacity(candidates.len().min(MOST_FUNCTIONS));
        for candidate in candidates.iter().filter(is_function) {
            if found.len() >= MOST_FUNCTIONS {
                self.passed_over += 1;
                continue;
            }
            let Ok(function) = heap.function(candidate.address) else { continue };
            // What a freed function leaves behind looks like one.
            if heap.is_alive(function.address, collecting) != Some(false) {
                found.push(function);
            }
        }
        prefetch_codes(heap, &found);
        self.functions.reserve(found.len());
        self.codes.reserve(found.len());
        for function in found {
            let code = match self.codes.get(&function.code) {
                Some(code) => *code,
                None => {
                    let Ok(code) = heap.code_head(function.code) else { continue };
                    self.codes.insert(function.code, code);
                    code
                }
            };
            if code.flags.contains(CodeFlags::COROUTINE) {
                self.coroutine_functions.insert(function.address);
            }
            self.functions.insert(function.address, function);
        }
        prefetch_tables(heap, self.codes.values());
    }

    fn add_module(&mut self, heap: &Heap<'_>, module: Address) -> Option<Address> {
        if let Some(dict) = self.modules.get(&module) {
            return Some(*dict);
        }
        let dict = heap.module_globals(module)?;
        self.modules.insert(module, dict);
        Some(dict)
    }

    /// Reads dicts of modules and classes, and those of the modules and classes named in them. A dict comes with the class it belongs to.
    fn read_namespaces(&mut self, heap: &Heap<'_>, to_do: Vec<(Address, Option<Address>)>) {
        let mut names = 0;
        let mut next = to_do;
        while !next.is_empty() {
            // What lies on one level is fetched together.
            let mut level = std::mem::take(&mut next);
            level.sort_unstable();
            level.dedup_by_key(|(dict, _)| *dict);
            level.retain(|(dict, _)| !self.namespaces.contains_key(dict));
            heap.prefetch_dicts(level.iter().map(|(dict, _)| *dict));
            let mut read = Vec::with_capacity(level.len());
            for (dict, class) in level {
                if names > MOST_NAMES || !heap.is_a(dict, TypeFlags::DICT) {
                    continue;
                }
                let Ok(entries) = heap.dict_entries(dict) else { continue };
                names += entries.len();
                read.push((dict, class, entries));
            }
            heap.prefetch_heads(read.iter().flat_map(|(_, _, entries)| entries).map(|(_, value)| *value));
            for (dict, class, entries) in read {
                for (name, value) in &entries {
                    let (kind, method) = match self.kind(heap, *value) {
                        Kind::Method(inner, method) => (Kind::Calls(inner), method),
                        kind => (kind, MethodKind::Plain),
                    };
                    match kind {
                        Kind::Calls(function) => {
                            self.callables.push((*name, *value));
                            if let Some(class) = class {
                                let class = (class, method);
                                match self.classes_of.entry(function) {
                                    Entry::Vacant(place) => _ = place.insert((class, Vec::new())),
                                    Entry::Occupied(mut known) => known.get_mut().1.push(class),
                                }
                            }
                            if function == *value {
                                self.count_references(function, 1);
                            }
                        }
                        Kind::Class if !self.classes.contains_key(value) => {
                            next.extend(self.add_class(heap, *value).map(|dict| (dict, Some(*value))));
                        }
                        Kind::Module if !self.modules.contains_key(value) => {
                            next.extend(self.add_module(heap, *value).map(|dict| (dict, None)));
                        }
                        _ => {}
                    }
                }
                self.namespaces.insert(dict, Namespace::new(entries));
            }
        }
    }

    fn add_class(&mut self, heap: &Heap<'_>, class: Address) -> Option<Address> {
        if !heap.type_flags(class).ok()?.contains(TypeFlags::HEAP_TYPE) {
            return None;
        }
        let dict = heap.type_dict(class).ok()?;
        self.classes.insert(class, dict);
        Some(dict)
    }

    /// What a class has under a name in its own dict, which is read now if it was not met before.
    pub(super) fn in_class(&mut self, heap: &Heap<'_>, class: Address, name: Address) -> Option<Address> {
        let dict = match self.classes.get(&class) {
            Some(dict) => *dict,
            None => self.add_class(heap, class)?,
        };
        if !self.namespaces.contains_key(&dict) {
            self.read_namespaces(heap, vec![(dict, Some(class))]);
        }
        self.namespaces.get(&dict)?.get(name)
    }

    fn kind(&mut self, heap: &Heap<'_>, value: Address) -> Kind {
        let Ok(class) = heap.type_of(value) else { return Kind::Other };
        // Nearly all values are functions or nothing of interest, and their types few: that is asked first.
        if Some(class) == heap.known().function {
            return if self.functions.contains_key(&value) { Kind::Calls(value) } else { Kind::Other };
        }
        match self.class_kind(heap, class) {
            ClassKind::Other => Kind::Other,
            ClassKind::Module => Kind::Module,
            ClassKind::Type => Kind::Class,
            class => {
                if let Some(kind) = self.kinds.get(&value) {
                    return *kind;
                }
                let kind = self.new_kind(heap, value, class).unwrap_or(Kind::Other);
                if matches!(kind, Kind::Calls(_) | Kind::Method(..)) {
                    self.kinds.insert(value, kind);
                }
                kind
            }
        }
    }

    fn class_kind(&mut self, heap: &Heap<'_>, class: Address) -> ClassKind {
        if let Some(kind) = self.class_kinds.get(&class) {
            return *kind;
        }
        let known = heap.known();
        let is = |other: Option<Address>| other == Some(class);
        let kind = if is(known.static_method) {
            ClassKind::Static
        } else if is(known.class_method) {
            ClassKind::Class
        } else if self.partial_types.contains(&class) {
            ClassKind::Partial
        } else if is(known.method) {
            ClassKind::BoundMethod
        } else if is(known.module) {
            ClassKind::Module
        } else {
            match heap.type_info(class) {
                Ok(info) if info.flags.contains(TypeFlags::TYPE) => ClassKind::Type,
                Ok(info) if info.name.ends_with("_lru_cache_wrapper") => ClassKind::Cached,
                _ => ClassKind::Other,
            }
        };
        self.class_kinds.insert(class, kind);
        kind
    }

    /// Counts the references of what is met for the first time, too.
    fn new_kind(&mut self, heap: &Heap<'_>, value: Address, class: ClassKind) -> Option<Kind> {
        let (inner, kind, held) = match class {
            ClassKind::Static => {
                let inner = heap.wrapped_by_method_kind(value).ok()?;
                (inner, Kind::Method(inner, MethodKind::Static), 1)
            }
            ClassKind::Class => {
                let inner = heap.wrapped_by_method_kind(value).ok()?;
                (inner, Kind::Method(inner, MethodKind::Class), 1)
            }
            ClassKind::Partial => {
                let inner = heap.partial_function(value).ok()?;
                (inner, Kind::Calls(inner), 1)
            }
            ClassKind::BoundMethod => {
                let [inner, _] = heap.method_parts(value).ok()?;
                (inner, Kind::Calls(inner), 1)
            }
            ClassKind::Cached => {
                let inner = heap.attribute(value, "__wrapped__").ok()??;
                // The wrapper itself, and its `__wrapped__`.
                (inner, Kind::Calls(inner), 2)
            }
            ClassKind::Module | ClassKind::Type | ClassKind::Other => return None,
        };
        self.count_references(inner, held);
        Some(kind)
    }

    /// References from closures, and from `__wrapped__` of functions.
    fn count_references_of_functions(&mut self, heap: &Heap<'_>) {
        let mut cells: FxHashSet<Address> = FxHashSet::default();
        let mut held = Vec::new();
        heap.prefetch_heads(self.functions.values().filter_map(|function| function.closure));
        for function in self.functions.values() {
            if function.closure.is_some() {
                cells.extend(heap.function_cells(function).unwrap_or_default());
            }
            let wrapped = function.dict.and_then(|dict| heap.dict_value(dict, "__wrapped__").ok().flatten());
            held.extend(wrapped.filter(|wrapped| self.functions.contains_key(wrapped)));
        }
        heap.prefetch_heads(cells.iter().copied());
        held.extend(cells.into_iter().filter_map(|cell| heap.cell_contents(cell).ok().flatten()));
        for function in held {
            if self.functions.contains_key(&function) {
                self.count_references(function, 1);
            } else {
                // What a cell holds may lead to a function as well.
                self.kind(heap, function);
            }
        }
    }

    /// Only how those of coroutine functions are held is ever asked.
    fn count_references(&mut self, function: Address, count: u64) {
        if self.coroutine_functions.contains(&function) {
            *self.references.entry(function).or_default() += count;
        }
    }

    /// The classes that have a function in their dict.
    pub(super) fn classes_of(&self, function: Address) -> Vec<Class> {
        let classes = self.classes_of.get(&function);
        classes.into_iter().flat_map(|(first, more)| std::iter::once(first).chain(more)).copied().collect()
    }

    fn find_interesting(&mut self) {
        let mut names: FxHashMap<Address, Vec<Address>> = FxHashMap::default();
        for (name, value) in std::mem::take(&mut self.callables) {
            if let Some(function) = self.makes_coroutine(value) {
                names.entry(function).or_default().push(name);
            }
        }
        self.interesting = names.values().flatten().copied().collect();
        self.names = names;
    }

    /// The names of modules and classes that lead to a coroutine function.
    pub(super) fn names_of(&self, function: Address) -> impl Iterator<Item = Address> + '_ {
        self.names.get(&function).into_iter().flatten().copied()
    }

    /// The coroutine function that is called when this object is called directly.
    pub(super) fn makes_coroutine(&self, object: Address) -> Option<Address> {
        let mut at = object;
        for _ in 0..DEEPEST_PARTIAL {
            if self.functions.contains_key(&at) {
                return self.coroutine_functions.contains(&at).then_some(at);
            }
            match self.kinds.get(&at)? {
                Kind::Calls(inner) | Kind::Method(inner, _) => at = *inner,
                Kind::Class | Kind::Module | Kind::Other => return None,
            }
        }
        None
    }

    /// The inside of a `staticmethod` or `classmethod`.
    pub(super) fn inside_method(&self, object: Address) -> Address {
        match self.kinds.get(&object) {
            Some(Kind::Method(inner, _)) => *inner,
            _ => object,
        }
    }
}

/// Fetches the pages of the functions' code objects together.
fn prefetch_codes(heap: &Heap<'_>, functions: &[Function]) {
    let size = u64::from(heap.layout().code.size);
    heap.memory().prefetch(&mut functions.iter().map(|function| (function.code, size)));
}

/// The same for what they need of these.
fn prefetch_tables<'c>(heap: &Heap<'_>, codes: impl Iterator<Item = &'c CodeHead>) {
    let head = u64::from(heap.layout().tuple.size).saturating_add(64);
    heap.memory().prefetch(&mut codes.flat_map(|code| [(code.names, head), (code.constants, head)]));
}
