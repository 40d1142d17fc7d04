//! Calls in the loaded code that make a coroutine: where they are, and what becomes of it.
//!
//! All functions of the process are found by their type, in the sweep that finds the coroutines, too; their code is followed
//! ([`calls`](crate::analysis::calls)), and what is called is looked up. Nothing here needs a pause: code and names seldom change,
//! and what changes while it is read costs that place. `docs/origins.md` says when a place is believed.

mod held;
mod loaded;
mod origins;
mod resolve;
mod text;

pub use held::holding;
pub(super) use origins::{Held, Origins, Question};

use super::attribution;
use super::collect;
use super::observe::{Skips, frames_of_threads, is_collecting};
use super::session::{Place, Session};
use crate::analysis::calls::{Call, Fate, Followed, Source, follow};
use crate::error::Result;
use crate::heap::candidates::{Candidate, Wanted};
use crate::heap::{Code, CodeFlags, Frame, Function, Heap, SlotKind, SlotName};
use crate::memory::{Address, Stoppable};
use crate::report::BelongsTo;
use crate::runtime::opcodes::{self, Opcodes};
use loaded::{Loaded, MethodKind};
use resolve::{Resolver, Scope, Thing, parameters};
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

/// Functions in functions in functions … beyond this are not followed.
const DEEPEST_NESTING: usize = 8;
/// Code longer than this is not followed.
const LONGEST_CODE: u64 = 1 << 20;
/// Code objects followed in all, each once for each function that would make it.
const MOST_UNITS: usize = 1 << 20;
/// Places beyond this are not remembered.
const MOST_SITES: usize = 200_000;

/// A call that makes a coroutine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Site {
    /// The code it is in.
    pub(super) caller: Address,
    /// The byte of its instruction.
    pub(super) offset: usize,
    pub(super) fate: Fate,
    /// Whether that is all that becomes of the coroutine, on every way.
    pub(super) is_sole: bool,
    /// Whether the coroutine is thrown away on every way.
    pub(super) discarded: bool,
    /// The variable it becomes, if it becomes one.
    pub(super) variable: Option<Variable>,
    /// The name of the attribute or global that it becomes, or by which the call that gets it is known.
    pub(super) name: Option<Address>,
    /// Whether nothing else is called here, whoever runs the code.
    pub(super) is_certain: bool,
    /// The code of the coroutine.
    pub(super) callee: Address,
    /// The coroutine's function, if it is known which of those that share the code.
    pub(super) function: Option<Address>,
}

/// A variable that a coroutine becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable {
    pub(super) name: String,
    /// At how many places it is given a value.
    pub(super) stores: usize,
    pub(super) is_parameter: bool,
    /// Whether functions share it.
    pub(super) is_shared: bool,
    /// Whether the function may read it.
    pub(super) is_read: bool,
}

/// A call of an attribute of something unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Possible {
    fate: Fate,
    /// Arguments without `self`, if they can be counted.
    arguments: Option<u64>,
}

/// All calls that make coroutines, and what speaks against knowing all of them.
pub(super) struct CallSites {
    pub(super) sites: Vec<Site>,
    /// By the code of the coroutine.
    by_callee: FxHashMap<Address, Vec<usize>>,
    /// By name: calls of an attribute of something unknown.
    possible: FxHashMap<Address, Vec<Possible>>,
    /// Functions, and code of functions, that are read and then not called.
    escaped: FxHashSet<Address>,
    /// Names of attributes that are read of something unknown and then not called, or that stand in a `getattr`.
    escaped_names: FxHashSet<Address>,
    /// Whether code of the program itself looks functions up by names that it makes up.
    dynamic: bool,
    /// Bodies of modules that are loaded themselves, by their globals.
    bodies: FxHashSet<Address>,
    loaded: Loaded,
    standard_library: Option<String>,
}

impl CallSites {
    /// All loaded functions, in no order.
    pub(super) fn functions(&self) -> impl Iterator<Item = &Function> {
        self.loaded.functions.values()
    }
}

/// What a search begins with.
pub(super) struct Begin {
    pub(super) places: Vec<Place>,
    /// What may be functions, where the sweep for coroutines has met them, too.
    pub(super) functions: Option<Vec<Candidate>>,
}

/// What a search came up with: `None` when there was no time, or the instructions of this version are not known.
pub(super) type Searched = (Option<CallSites>, Skips);

/// Finds all of them: in the functions that the sweep for coroutines met, or else in those of a sweep of its own.
///
/// # Errors
/// When the target has ended, or nobody wants the result any more.
pub(super) fn of_session(session: &Session, begin: Begin, followings: &mut Followings) -> Result<Searched> {
    let pages = session.pages();
    let stop = || session.should_stop();
    let memory = Stoppable::new(&pages, &stop);
    let heap = session.heap(&memory);
    let Begin { places, functions } = begin;
    let candidates = match functions {
        Some(found) => found,
        None => {
            let mut wanted = Wanted::functions(&session.python.types);
            places.iter().for_each(|place| wanted.note_allocation(&heap, place.interpreter.modules));
            collect::sweep_for(session, &wanted)?.candidates
        }
    };
    collect::prefetch(session, &pages, &candidates);
    let (frames, _) = frames_of_threads(&heap, &places);
    let functions = MayBeFunctions {
        candidates: &candidates,
        collecting: is_collecting(&session.python, &heap, &places),
        frames: frames.into_values().flatten().collect(),
    };
    let fresh = session.heap(&session.memory);
    let mut skips = Skips::default();
    let found = scan(&heap, &fresh, &places, &functions, followings, &mut skips, &stop);
    session.check()?;
    Ok((found, skips))
}

/// What may be functions, and how to find out.
pub(super) struct MayBeFunctions<'a> {
    pub(super) candidates: &'a [Candidate],
    /// Lists of the collector are not whole now.
    pub(super) collecting: bool,
    /// What the threads run, bodies of modules among it.
    pub(super) frames: Vec<Frame>,
}

/// Finds all of them. `fresh` reads the same objects as `heap` and remembers nothing.
pub(super) fn scan(
    heap: &Heap<'_>,
    fresh: &Heap<'_>,
    places: &[Place],
    functions: &MayBeFunctions<'_>,
    followings: &mut Followings,
    skips: &mut Skips,
    stop: &dyn Fn() -> bool,
) -> Option<CallSites> {
    let opcodes = opcodes::for_minor(heap.layout().minor)?;
    let loaded = Loaded::read(heap, places, functions.candidates, functions.collecting);
    skips.add("functions", "more than are searched for calls", loaded.passed_over);
    let sys_modules: Vec<Address> = places.iter().map(|place| place.interpreter.modules).collect();
    let words = Words::find(heap, places);
    let standard_library = attribution::standard_library(heap, &sys_modules);
    let mut briefs = FxHashMap::default();
    briefs.reserve(loaded.codes.len());
    let mut scan = Scan {
        heap,
        fresh,
        opcodes,
        resolver: Resolver::new(heap, loaded, sys_modules, words.ancestors.clone()),
        words,
        briefs,
        nested: Vec::new(),
        codes: FxHashMap::default(),
        table: Vec::new(),
        followings,
        own: FxHashMap::default(),
        seen: FxHashSet::default(),
        refused: FxHashSet::default(),
        units_left: MOST_UNITS,
        found: Found::default(),
        standard_library,
    };
    let frames = &functions.frames;
    let mut functions: Vec<Address> = scan.resolver.loaded.functions.keys().copied().collect();
    functions.sort_unstable();
    for (number, function) in functions.iter().enumerate() {
        if number % 64 == 0 && stop() {
            return None;
        }
        scan.function(*function);
    }
    let mut bodies = FxHashSet::default();
    for frame in frames {
        let Some(globals) = heap.frame_globals(frame) else { continue };
        let Ok(code) = heap.code(frame.code) else { continue };
        if !code.flags.contains(CodeFlags::OPTIMIZED) {
            bodies.insert(globals);
            scan.unit(frame.code, globals, Vec::new(), Vec::new(), 0);
        }
    }
    skips.add("functions", "their code is compiled further and cannot be read back", scan.refused.len() as u64);
    let Found { sites, possible, escaped, escaped_names, dynamic } = scan.found;
    let mut by_callee: FxHashMap<Address, Vec<usize>> = FxHashMap::default();
    for (number, site) in sites.iter().enumerate() {
        by_callee.entry(site.callee).or_default().push(number);
    }
    Some(CallSites {
        sites,
        by_callee,
        possible,
        escaped,
        escaped_names,
        dynamic,
        bodies,
        loaded: scan.resolver.loaded,
        standard_library: scan.standard_library,
    })
}

/// Names of functions that find other functions by name.
#[derive(Default)]
struct Words {
    /// `getattr`
    by_name: FxHashSet<Address>,
    /// `super`
    ancestors: FxHashSet<Address>,
    /// `globals`, `eval`, `exec`, `attrgetter`, `methodcaller`, `getmembers`
    anything: FxHashSet<Address>,
    /// What reads variables without naming them: `locals`, `eval`, `sys._getframe`…
    variables: FxHashSet<Address>,
}

impl Words {
    fn find(heap: &Heap<'_>, places: &[Place]) -> Self {
        let mut words = Self::default();
        for place in places {
            for (module, names) in [
                ("builtins", &["getattr", "super", "globals", "eval", "exec"][..]),
                ("operator", &["attrgetter", "methodcaller"]),
                ("inspect", &["getmembers"]),
            ] {
                let Some(dict) = heap.imported_globals(place.interpreter.modules, module) else { continue };
                let entries = heap.dict_entries(dict).unwrap_or_default();
                for name in names {
                    let key = entries.iter().map(|(key, _)| *key).find(|key| heap.is_text(*key, name));
                    let list = match *name {
                        "getattr" => &mut words.by_name,
                        "super" => &mut words.ancestors,
                        _ => &mut words.anything,
                    };
                    list.extend(key);
                }
            }
            for (module, names) in [
                ("builtins", &["locals", "vars", "dir", "eval", "exec"][..]),
                ("sys", &["_getframe", "_current_frames"]),
                ("inspect", &["currentframe", "stack"]),
            ] {
                let Some(dict) = heap.imported_globals(place.interpreter.modules, module) else { continue };
                let entries = heap.dict_entries(dict).unwrap_or_default();
                let keys = entries.iter().map(|(key, _)| *key);
                words.variables.extend(keys.filter(|key| names.iter().any(|name| heap.is_text(*key, name))));
            }
        }
        words
    }

    fn has(&self, name: Address) -> bool {
        self.by_name.contains(&name) || self.anything.contains(&name)
    }
}

#[derive(Default)]
struct Found {
    sites: Vec<Site>,
    possible: FxHashMap<Address, Vec<Possible>>,
    escaped: FxHashSet<Address>,
    escaped_names: FxHashSet<Address>,
    dynamic: bool,
}

/// What is found out about every code object.
#[derive(Debug, Clone, Copy)]
struct Brief {
    /// Whether it, or code in it, may have something to do with coroutines.
    relevant: bool,
    /// Whether it is a coroutine's.
    is_coroutine: bool,
    /// The name of its file.
    file: Address,
    /// Its first code object in [`Scan::nested`], and how many there are.
    nested: (usize, usize),
}

/// What is read of those that may have something to do with coroutines.
struct CodeFacts {
    code: Rc<Code>,
    names: Rc<[Address]>,
    constants: Rc<[Address]>,
    slots: Rc<[SlotName]>,
}

/// Bytecode that was followed before: it stays the same while its code object lives, and that is known by its numbers, as in
/// [`Kept`](crate::heap::Kept).
#[derive(Default)]
pub(in crate::look) struct Followings(FxHashMap<Address, (Rc<Code>, Option<Rc<Followed>>)>);

impl Followings {
    /// Code objects beyond this number are followed again each time.
    const MOST: usize = 1 << 16;

    fn of(&mut self, code: &Rc<Code>, follow: impl FnOnce() -> Option<Followed>) -> Option<Rc<Followed>> {
        if let Some((known, followed)) = self.0.get(&code.address)
            && known == code
        {
            return followed.clone();
        }
        let followed = follow().map(Rc::new);
        if self.0.len() < Self::MOST || self.0.contains_key(&code.address) {
            self.0.insert(code.address, (Rc::clone(code), followed.clone()));
        }
        followed
    }
}

struct Scan<'a, 'h> {
    heap: &'a Heap<'h>,
    fresh: &'a Heap<'h>,
    opcodes: &'static Opcodes,
    words: Words,
    resolver: Resolver<'a, 'h>,
    /// `None` of what is no code, and of what is being read.
    briefs: FxHashMap<Address, Option<Brief>>,
    /// The code objects among the constants of others, those of one beside each other.
    nested: Vec<Address>,
    codes: FxHashMap<Address, Option<Rc<CodeFacts>>>,
    /// Room for the table that is being read.
    table: Vec<Address>,
    followings: &'a mut Followings,
    /// Whether a file is the program's own, by its name.
    own: FxHashMap<Address, bool>,
    /// Sites found: caller, offset, callee, function.
    seen: FxHashSet<(Address, usize, Address, Option<Address>)>,
    refused: FxHashSet<Address>,
    units_left: usize,
    found: Found,
    standard_library: Option<String>,
}

impl Scan<'_, '_> {
    fn function(&mut self, address: Address) {
        let Some(function) = self.resolver.loaded.functions.get(&address).copied() else { return };
        let cells = match function.closure {
            Some(_) => self.heap.function_cells(&function).unwrap_or_default(),
            None => Vec::new(),
        };
        let contents: Vec<Vec<Thing>> = cells
            .into_iter()
            .map(|cell| self.heap.cell_contents(cell).ok().flatten().map(Thing::Object).into_iter().collect())
            .collect();
        let calls_cells = !contents.is_empty() && !self.resolver.coroutines_of(&contents.concat()).is_empty();
        let Some(brief) = self.brief(function.code, DEEPEST_NESTING) else { return };
        if !brief.relevant && !calls_cells {
            return;
        }
        if calls_cells && !self.is_still(&function, &contents.concat()) {
            return;
        }
        let Some(facts) = self.facts(function.code) else { return };
        let free = (0..).zip(facts.slots.iter()).filter(|(_, slot)| slot.kind == SlotKind::Free);
        let free: Vec<(u32, Vec<Thing>)> = free.map(|(number, _)| number).zip(contents).collect();
        let classes = self.resolver.loaded.classes_of(address);
        self.unit(function.code, function.globals, free, classes, 0);
    }

    /// Whether a function, and the functions in its cells, are still those that were read. Functions inside of functions come and
    /// go while they are looked at; what was read of the cells of one that had gone is another's, and a call that never was.
    fn is_still(&self, function: &Function, contents: &[Thing]) -> bool {
        let same = |known: &Function| {
            self.fresh
                .function(known.address)
                .is_ok_and(|now| (now.code, now.globals, now.closure) == (known.code, known.globals, known.closure))
        };
        let in_cells = contents.iter().filter_map(|thing| match thing {
            Thing::Object(object) => self.resolver.loaded.functions.get(object),
            _ => None,
        });
        same(function) && in_cells.into_iter().all(same)
    }

    fn brief(&mut self, address: Address, depth: usize) -> Option<Brief> {
        if let Some(known) = self.briefs.get(&address) {
            return *known;
        }
        let brief = self.read_brief(address, depth);
        self.briefs.insert(address, brief);
        brief
    }

    fn read_brief(&mut self, address: Address, depth: usize) -> Option<Brief> {
        let heap = self.heap;
        let head = match self.resolver.loaded.codes.get(&address) {
            Some(head) => *head,
            None => heap.code_head(address).ok()?,
        };
        heap.code_table(head.names, &mut self.table).ok()?;
        let interesting = &self.resolver.loaded.interesting;
        let mut relevant = self.table.iter().any(|name| interesting.contains(name))
            // Of others it does not matter what they find by its name.
            || (self.table.iter().any(|name| self.words.has(*name)) && self.is_own(head.file));
        heap.code_table(head.constants, &mut self.table).ok()?;
        let first = self.nested.len();
        let is_code =
            |constant: &&Address| heap.type_of(**constant).is_ok_and(|class| Some(class) == heap.known().code);
        self.nested.extend(self.table.iter().filter(is_code));
        let nested = first..self.nested.len();
        if let Some(depth) = depth.checked_sub(1)
            && !nested.is_empty()
        {
            // Code that claims to be among its own constants comes to an end here.
            self.briefs.insert(address, None);
            for at in nested.clone() {
                let inner = self.nested.get(at).copied().and_then(|inner| self.brief(inner, depth));
                relevant |= inner.is_some_and(|inner| inner.relevant || inner.is_coroutine);
            }
        }
        let is_coroutine = head.flags.contains(CodeFlags::COROUTINE);
        Some(Brief { relevant, is_coroutine, file: head.file, nested: (first, nested.len()) })
    }

    fn facts(&mut self, address: Address) -> Option<Rc<CodeFacts>> {
        if let Some(known) = self.codes.get(&address) {
            return known.clone();
        }
        let facts = self.read_facts(address).map(Rc::new);
        self.codes.insert(address, facts.clone());
        facts
    }

    fn read_facts(&mut self, address: Address) -> Option<CodeFacts> {
        let heap = self.heap;
        let code = heap.code(address).ok()?;
        let [names, constants] =
            code.tables().map(|table| heap.code_table(table, &mut self.table).map(|()| self.table.as_slice().into()));
        let slots = heap.code_slot_names(&code).ok()?;
        Some(CodeFacts { code, names: names.ok()?, constants: constants.ok()?, slots: slots.into() })
    }

    fn followed(&mut self, code: &Rc<Code>, slots: &[SlotName]) -> Option<Rc<Followed>> {
        let (heap, opcodes) = (self.heap, self.opcodes);
        let followed = self.followings.of(code, || {
            let bytes =
                if code.code_length > LONGEST_CODE { None } else { heap.untraced_bytecode(code).ok().flatten() };
            // Up to 3.10 cells are counted by themselves, behind the local variables.
            let first_cell = match heap.layout().minor {
                ..=10 => slots.iter().take_while(|slot| slot.kind == SlotKind::Local).count(),
                _ => 0,
            };
            follow(opcodes, &bytes?, u32::try_from(first_cell).unwrap_or(0))
        });
        if followed.is_none() {
            self.refused.insert(code.address);
        }
        followed
    }

    /// One code object with what it may refer to, and the code of the functions that it would make.
    fn unit(
        &mut self,
        address: Address,
        globals: Address,
        free: Vec<(u32, Vec<Thing>)>,
        classes: Vec<(Address, MethodKind)>,
        depth: usize,
    ) {
        let Some(left) = self.units_left.checked_sub(1) else { return };
        self.units_left = left;
        let (Some(brief), Some(facts)) = (self.brief(address, DEEPEST_NESTING), self.facts(address)) else { return };
        let slots = Rc::clone(&facts.slots);
        let Some(followed) = self.followed(&facts.code, &slots) else { return };
        let (count, first_parameter) = parameters(self.heap, &facts.code, &slots);
        let scope = Scope {
            code: Rc::clone(&facts.code),
            followed,
            names: Rc::clone(&facts.names),
            constants: Rc::clone(&facts.constants),
            globals,
            free,
            parameters: count,
            first_parameter,
            classes,
        };
        self.calls(&scope, &slots);
        self.uses(&scope, &slots);
        if depth >= DEEPEST_NESTING {
            return;
        }
        let (first, count) = brief.nested;
        for at in first..first + count {
            let Some(nested) = self.nested.get(at).copied() else { break };
            let (Some(inner), Some(of_inner)) = (self.brief(nested, DEEPEST_NESTING), self.facts(nested)) else {
                continue;
            };
            let mut free: Vec<(u32, Vec<Thing>)> = Vec::new();
            for (number, slot) in (0..).zip(of_inner.slots.iter()).filter(|(_, slot)| slot.kind == SlotKind::Free) {
                let outer =
                    // Names of variables are interned.
                    (0..).zip(slots.iter()).filter(|(_, outer)| outer.name == slot.name && outer.kind != SlotKind::Local);
                let things = outer.flat_map(|(number, _)| self.resolver.things(&scope, Source::Cell(number))).collect();
                free.push((number, things));
            }
            if inner.relevant || free.iter().any(|(_, things)| !self.resolver.coroutines_of(things).is_empty()) {
                self.unit(nested, globals, free, Vec::new(), depth + 1);
            }
        }
    }

    fn calls(&mut self, scope: &Scope, slots: &[SlotName]) {
        let looks_up = scope.names.iter().any(|name| self.words.has(*name));
        for (number, call) in (0u32..).zip(&scope.followed.calls) {
            if looks_up {
                self.look_up(scope, number, call);
            }
            if self.is_plain_global(scope, call.callee) {
                continue;
            }
            let things = self.resolver.things(scope, call.callee);
            if things.is_empty() {
                if let Some(name) = attribute_name(scope, call.callee)
                    && self.resolver.loaded.interesting.contains(&name)
                {
                    let arguments = call.arguments.as_ref().map(|arguments| arguments.len() as u64);
                    self.found.possible.entry(name).or_default().push(Possible { fate: call.fate(), arguments });
                }
                continue;
            }
            for (callee, function) in self.resolver.coroutines_of(&things) {
                let is_new = self.seen.insert((scope.code.address, call.offset, callee, function));
                if !is_new || self.found.sites.len() >= MOST_SITES {
                    continue;
                }
                let fate = call.fate();
                let variable = match fate {
                    Fate::Local(slot) | Fate::Cell(slot) => self.variable(scope, slots, slot),
                    _ => None,
                };
                let name = match fate {
                    Fate::Global(name) | Fate::Attribute(name) => scope.name(name),
                    Fate::Argument(outer, _) => {
                        scope.followed.calls.get(outer as usize).and_then(|outer| called_name(scope, outer.callee))
                    }
                    _ => None,
                };
                self.found.sites.push(Site {
                    caller: scope.code.address,
                    offset: call.offset,
                    fate,
                    is_sole: call.fates.len() == 1,
                    discarded: call.is_discarded(),
                    variable,
                    name,
                    is_certain: things.len() == 1 && is_same_for_all(&scope.followed, call.callee),
                    callee,
                    function,
                });
            }
        }
    }

    fn variable(&self, scope: &Scope, slots: &[SlotName], slot: u32) -> Option<Variable> {
        let variable = slots.get(slot as usize)?;
        Some(Variable {
            name: self.heap.variable_name(variable.name).ok()?,
            stores: scope.followed.stores.of(slot).len(),
            is_parameter: slot < scope.parameters,
            is_shared: variable.kind != SlotKind::Local,
            is_read: scope.followed.reads.contains(slot)
                || scope.names.iter().any(|name| self.words.variables.contains(name)),
        })
    }

    /// Whether it is a global under whose name no coroutine function can be had anywhere: most are.
    fn is_plain_global(&self, scope: &Scope, source: Source) -> bool {
        match source {
            Source::Global(name) => {
                scope.name(name).is_none_or(|name| !self.resolver.loaded.interesting.contains(&name))
            }
            _ => false,
        }
    }

    /// Functions that get away: they can be called from where we do not see it.
    fn uses(&mut self, scope: &Scope, slots: &[SlotName]) {
        let followed = Rc::clone(&scope.followed);
        // A variable that is given several things is not followed.
        let several = followed.stores.several();
        // From 3.13 on the cell of a variable is read like a variable when a function that shares it is made. What that one does
        // with it is in its own code.
        let is_cell = |source: &Source| match *source {
            Source::Local(slot) => slots.get(slot as usize).is_some_and(|slot| slot.kind != SlotKind::Local),
            _ => false,
        };
        for source in followed.uses.iter().copied().filter(|source| !is_cell(source)).chain(several) {
            if self.is_plain_global(scope, source) {
                continue;
            }
            let things = self.resolver.things(scope, source);
            if things.is_empty() {
                self.found.escaped_names.extend(
                    attribute_name(scope, source).filter(|name| self.resolver.loaded.interesting.contains(name)),
                );
            }
            for (code, function) in self.resolver.coroutines_of(&things) {
                self.found.escaped.insert(function.unwrap_or(code));
            }
        }
    }

    /// Whether a file is the program's own.
    fn is_own(&mut self, file: Address) -> bool {
        let (heap, library) = (self.heap, self.standard_library.as_deref());
        *self.own.entry(file).or_insert_with(|| {
            heap.label(file).is_ok_and(|file| attribution::by_name(library, &file) == BelongsTo::Own)
        })
    }

    /// Whether this call finds functions by name.
    fn look_up(&mut self, scope: &Scope, number: u32, call: &Call) {
        let name = match call.callee {
            Source::Global(name) | Source::Attribute(_, name) => scope.name(name),
            _ => None,
        };
        let Some(name) = name.filter(|name| self.words.has(*name)) else { return };
        let file = self.briefs.get(&scope.code.address).copied().flatten().map(|brief| brief.file);
        if !file.is_some_and(|file| self.is_own(file)) {
            return;
        }
        if self.words.anything.contains(&name) {
            self.found.dynamic = true;
            return;
        }
        match call.arguments.as_ref().and_then(|arguments| arguments.get(1)) {
            Some(Source::Constant(constant)) => {
                self.found.escaped_names.extend(scope.constants.get(*constant as usize));
            }
            _ => self.found.dynamic |= may_be_called(scope, number, call),
        }
    }
}

/// Whether the result of a call may be called itself, here or by somebody who gets it.
fn may_be_called(scope: &Scope, number: u32, call: &Call) -> bool {
    let is_result = |source: Source| match source {
        Source::Result(result) => result == number,
        Source::Local(slot) | Source::Cell(slot) => {
            scope.followed.stores.of(slot).any(|source| source == Source::Result(number))
        }
        _ => false,
    };
    let calls = &scope.followed.calls;
    let called = calls.iter().any(|other| is_result(other.callee) && other.fates != [Fate::Awaited]);
    let kept = call.fates.iter().any(|fate| match fate {
        Fate::Returned | Fate::Yielded | Fate::Container | Fate::Item | Fate::Attribute(_) | Fate::Global(_) => true,
        Fate::Argument(outer, _) => calls.get(*outer as usize).is_some_and(|outer| match outer.callee {
            Source::Global(name) => scope.name(name).is_none(),
            _ => true,
        }),
        _ => false,
    });
    called || kept
}

/// The name by which something is called.
fn called_name(scope: &Scope, callee: Source) -> Option<Address> {
    match callee {
        Source::Global(name) => scope.name(name),
        other => attribute_name(scope, other),
    }
}

/// Whether whoever runs the code calls the same: it is not what a closure or a caller has brought.
fn is_same_for_all(followed: &Followed, callee: Source) -> bool {
    match callee {
        Source::Global(_) | Source::Module { .. } | Source::Function(_) => true,
        Source::Attribute(owner, _) => is_same_for_all(followed, followed.owner(owner)),
        _ => false,
    }
}

/// The name of an attribute.
fn attribute_name(scope: &Scope, source: Source) -> Option<Address> {
    match source {
        Source::Attribute(_, name) | Source::SuperAttribute(name) => scope.name(name),
        _ => None,
    }
}
