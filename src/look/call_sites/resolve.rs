//! From a note about a value ([`Source`]) to the object it is: through globals, closures, modules, classes, instances.
//!
//! What is found is what is there now. A name that meant something else when the code ran leads to another function, and that
//! one's line is not given: it is looked for in the code, not remembered.

use super::loaded::{Loaded, MethodKind};
use crate::analysis::calls::{Followed, Source};
use crate::heap::{Code, CodeFlags, Heap, SlotKind, SlotName, TypeFlags};
use crate::memory::Address;
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

/// A variable that was given another variable that was …
const DEEPEST: usize = 12;
/// Things a name may mean: methods of many subclasses. Beyond it nothing is said.
const MOST_THINGS: usize = 64;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Thing {
    /// This object.
    Object(Address),
    /// Some instance of this very class.
    InstanceOf(Address),
    /// Some instance of this class or of one that derives from it.
    SelfOf(Address),
    /// This class or one that derives from it.
    ClassOf(Address),
    /// A function made of this code.
    Code(Address),
}

/// A function's code, with what it may refer to.
pub(super) struct Scope {
    pub(super) code: Rc<Code>,
    pub(super) followed: Rc<Followed>,
    pub(super) names: Rc<[Address]>,
    pub(super) constants: Rc<[Address]>,
    pub(super) globals: Address,
    /// What variables shared with outer functions hold, by slot.
    pub(super) free: Vec<(u32, Vec<Thing>)>,
    /// Slots below are parameters.
    pub(super) parameters: u32,
    /// The slot of the first parameter, and of the cell it may be moved to.
    pub(super) first_parameter: Vec<u32>,
    /// The classes that have the function in their dict.
    pub(super) classes: Vec<(Address, MethodKind)>,
}

pub(super) struct Resolver<'a, 'h> {
    pub(super) heap: &'a Heap<'h>,
    pub(super) loaded: Loaded,
    /// `sys.modules` of each interpreter.
    pub(super) sys_modules: Vec<Address>,
    /// The name `super`, in each interpreter.
    super_names: FxHashSet<Address>,
    mros: FxHashMap<Address, Rc<[Address]>>,
    /// By class: the classes that derive from it.
    derived: FxHashMap<Address, Vec<Address>>,
    instantiable: FxHashMap<Address, bool>,
    /// Whether a class has a name in its own dict.
    has_name: FxHashMap<(Address, &'static str), bool>,
    /// What things have under a name.
    attributes: FxHashMap<(Thing, Address), Rc<[Thing]>>,
    /// What `sys.modules` has under a name.
    imports: FxHashMap<String, Option<Address>>,
}

impl<'a, 'h> Resolver<'a, 'h> {
    pub(super) fn new(
        heap: &'a Heap<'h>,
        loaded: Loaded,
        sys_modules: Vec<Address>,
        super_names: FxHashSet<Address>,
    ) -> Self {
        let mut resolver = Self {
            heap,
            loaded,
            sys_modules,
            super_names,
            mros: FxHashMap::default(),
            derived: FxHashMap::default(),
            instantiable: FxHashMap::default(),
            has_name: FxHashMap::default(),
            attributes: FxHashMap::default(),
            imports: FxHashMap::default(),
        };
        let classes: Vec<Address> = resolver.loaded.classes.keys().copied().collect();
        for class in classes {
            for base in resolver.mro(class).iter().skip(1) {
                resolver.derived.entry(*base).or_default().push(class);
            }
        }
        resolver
    }

    fn mro(&mut self, class: Address) -> Rc<[Address]> {
        let heap = self.heap;
        let mro = self.mros.entry(class).or_insert_with(|| heap.mro(class).unwrap_or_default().into());
        Rc::clone(mro)
    }

    /// What a value is; nothing if that is not known.
    pub(super) fn things(&mut self, scope: &Scope, source: Source) -> Vec<Thing> {
        let mut found = Vec::new();
        self.find(scope, source, DEEPEST, &mut found);
        distinct(found)
    }

    /// Puts what a value is behind what is found already.
    fn find(&mut self, scope: &Scope, source: Source, depth: usize, found: &mut Vec<Thing>) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match source {
            Source::Unknown | Source::Filler | Source::Constant(_) | Source::Number(_) => {}
            Source::Global(name) => {
                let global = scope.name(name).and_then(|name| self.global(scope.globals, name));
                found.extend(global.map(Thing::Object));
            }
            Source::Local(slot) | Source::Cell(slot) => self.variable(scope, slot, depth, found),
            Source::Function(constant) => {
                found.extend(scope.constants.get(constant as usize).map(|code| Thing::Code(*code)));
            }
            Source::Attribute(owner, name) => {
                let owner = scope.followed.owner(owner);
                if self.is_super(scope, owner) {
                    return self.of_ancestors(scope, name, found);
                }
                let Some(name) = scope.name(name) else { return };
                let mut owners = Vec::new();
                self.find(scope, owner, depth, &mut owners);
                for owner in distinct(owners) {
                    found.extend_from_slice(&self.attribute(owner, name));
                }
            }
            Source::SuperAttribute(name) => self.of_ancestors(scope, name, found),
            Source::Result(call) => {
                let Some(call) = scope.followed.calls.get(call as usize) else { return };
                let mut callees = Vec::new();
                self.find(scope, call.callee, depth, &mut callees);
                found.extend(callees.into_iter().filter_map(|callee| self.made_by(callee)));
            }
            Source::Module { name, level, names } => {
                found.extend(self.imported(scope, name, scope.followed.owner(level), names).map(Thing::Object));
            }
        }
    }

    /// Whether it is `super()`, which has opcodes of its own from 3.12 on.
    fn is_super(&self, scope: &Scope, source: Source) -> bool {
        let Source::Result(call) = source else { return false };
        scope.followed.calls.get(call as usize).is_some_and(|call| {
            let is_super = matches!(call.callee, Source::Global(name) if
                scope.name(name).is_some_and(|name| self.super_names.contains(&name) && self.global(scope.globals, name).is_none()));
            is_super && call.arguments.as_ref().is_some_and(Vec::is_empty)
        })
    }

    /// What `super()` finds under a name.
    fn of_ancestors(&mut self, scope: &Scope, name: u32, found: &mut Vec<Thing>) {
        let Some(name) = scope.name(name) else { return };
        for (class, _) in &scope.classes {
            let ancestors = self.mro(*class);
            found.extend(self.in_classes(ancestors.get(1..).unwrap_or_default(), name).map(Thing::Object));
            // A class that derives from this one and others may have something between.
            for derived in self.derived.get(class).cloned().unwrap_or_default() {
                let mro = self.mro(derived);
                let behind = mro.iter().position(|at| at == class).map_or(0, |at| at + 1);
                found.extend(self.in_classes(mro.get(behind..).unwrap_or_default(), name).map(Thing::Object));
            }
        }
    }

    fn global(&self, globals: Address, name: Address) -> Option<Address> {
        self.loaded.namespaces.get(&globals)?.get(name)
    }

    /// A parameter is known if it is `self`, another variable if it is given a value at one place only.
    fn variable(&mut self, scope: &Scope, slot: u32, depth: usize, found: &mut Vec<Thing>) {
        if let Some((_, things)) = scope.free.iter().find(|(free, _)| *free == slot) {
            found.extend_from_slice(things);
            return;
        }
        let mut stores = scope.followed.stores.of(slot);
        if scope.first_parameter.contains(&slot) {
            if stores.len() == 0 {
                found.extend(scope.classes.iter().filter_map(|(class, kind)| match kind {
                    MethodKind::Plain => Some(Thing::SelfOf(*class)),
                    MethodKind::Class => Some(Thing::ClassOf(*class)),
                    MethodKind::Static => None,
                }));
            }
            return;
        }
        if slot >= scope.parameters
            && stores.len() == 1
            && let Some(only) = stores.next()
        {
            self.find(scope, only, depth, found);
        }
    }

    fn attribute(&mut self, owner: Thing, name: Address) -> Rc<[Thing]> {
        if let Some(known) = self.attributes.get(&(owner, name)) {
            return Rc::clone(known);
        }
        let found: Rc<[Thing]> = self.new_attribute(owner, name).into();
        self.attributes.insert((owner, name), Rc::clone(&found));
        found
    }

    fn new_attribute(&mut self, owner: Thing, name: Address) -> Vec<Thing> {
        let found = match owner {
            Thing::Code(_) => Vec::new(),
            Thing::InstanceOf(class) => self.in_class(class, name).into_iter().collect(),
            Thing::SelfOf(class) | Thing::ClassOf(class) => {
                let mut found: Vec<Address> = self.in_class(class, name).into_iter().collect();
                for derived in self.derived.get(&class).cloned().unwrap_or_default() {
                    found.extend(self.in_class(derived, name));
                }
                found
            }
            Thing::Object(object) => return self.attribute_of_object(object, name).into_iter().collect(),
        };
        found.into_iter().map(Thing::Object).collect()
    }

    fn attribute_of_object(&mut self, object: Address, name: Address) -> Option<Thing> {
        if let Some(dict) = self.loaded.modules.get(&object) {
            return self.loaded.namespaces.get(dict)?.get(name).map(Thing::Object);
        }
        let class = self.heap.type_of(object).ok()?;
        if self.heap.is_a(object, TypeFlags::TYPE) {
            return self.in_class(object, name).map(Thing::Object);
        }
        if !self.heap.type_info(class).ok()?.flags.contains(TypeFlags::HEAP_TYPE) {
            return None;
        }
        let entries = self.heap.instance_entries(object).unwrap_or_default();
        let own = entries.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        own.or_else(|| self.in_class(class, name)).map(Thing::Object)
    }

    /// What the class, or one it derives from, has under a name.
    fn in_class(&mut self, class: Address, name: Address) -> Option<Address> {
        let mro = self.mro(class);
        self.in_classes(&mro, name)
    }

    fn in_classes(&mut self, classes: &[Address], name: Address) -> Option<Address> {
        let heap = self.heap;
        let value = classes.iter().find_map(|class| self.loaded.in_class(heap, *class, name))?;
        Some(self.loaded.inside_method(value))
    }

    /// What calling a class makes: an instance, unless the class says otherwise.
    fn made_by(&mut self, callee: Thing) -> Option<Thing> {
        let Thing::Object(class) = callee else { return None };
        if let Some(is) = self.instantiable.get(&class) {
            return is.then_some(Thing::InstanceOf(class));
        }
        let heap = self.heap;
        let metaclass = heap.type_of(class).ok()?;
        let is = heap.type_info(metaclass).is_ok_and(|info| info.flags.contains(TypeFlags::TYPE))
            && heap.type_flags(class).is_ok_and(|flags| flags.contains(TypeFlags::HEAP_TYPE))
            && !self.has(class, "__new__")
            && !self.has(metaclass, "__call__");
        self.instantiable.insert(class, is);
        is.then_some(Thing::InstanceOf(class))
    }

    /// Whether a class, or one it derives from, that was made by a class statement has this name in its dict.
    fn has(&mut self, class: Address, name: &'static str) -> bool {
        let heap = self.heap;
        self.mro(class).iter().any(|class| {
            *self.has_name.entry((*class, name)).or_insert_with(|| {
                let is_heap = heap.type_flags(*class).is_ok_and(|flags| flags.contains(TypeFlags::HEAP_TYPE));
                is_heap && heap.type_dict(*class).is_ok_and(|dict| matches!(heap.dict_value(dict, name), Ok(Some(_))))
            })
        })
    }

    /// A module imported inside of a function: `import a.b`, `from a.b import c`, `from . import c`.
    fn imported(&mut self, scope: &Scope, name: u32, level: Source, names: Option<u32>) -> Option<Address> {
        let heap = self.heap;
        let name = heap.label(scope.name(name)?).ok()?;
        let level = match level {
            Source::Number(level) => i64::from(level),
            Source::Constant(at) => heap.integer(*scope.constants.get(at as usize)?).ok()??,
            _ => return None,
        };
        let full = match level {
            0 => name,
            up => {
                let package = heap.dict_value(scope.globals, "__package__").ok()??;
                let package = heap.label(package).ok()?;
                let mut parts: Vec<&str> = package.split('.').collect();
                parts.truncate(parts.len().checked_sub(usize::try_from(up).ok()?.checked_sub(1)?)?);
                if !name.is_empty() {
                    parts.push(&name);
                }
                parts.join(".")
            }
        };
        let has_names = names.and_then(|at| scope.constants.get(at as usize)).is_some_and(|at| !heap.is_none(*at));
        let wanted = if has_names { full.as_str() } else { full.split('.').next().unwrap_or(&full) };
        if let Some(known) = self.imports.get(wanted) {
            return *known;
        }
        let found = self.sys_modules.iter().find_map(|modules| heap.dict_value(*modules, wanted).ok().flatten());
        self.imports.insert(wanted.to_owned(), found);
        found
    }

    /// The code of coroutines that calling these things makes, each with the function if that is known.
    pub(super) fn coroutines_of(&self, things: &[Thing]) -> Vec<(Address, Option<Address>)> {
        things
            .iter()
            .filter_map(|thing| match thing {
                Thing::Object(object) => {
                    let function = self.loaded.makes_coroutine(*object)?;
                    Some((self.loaded.functions.get(&function)?.code, Some(function)))
                }
                Thing::Code(code) => {
                    let is_coroutine = self.heap.code(*code).ok()?.flags.contains(CodeFlags::COROUTINE);
                    is_coroutine.then_some((*code, None))
                }
                Thing::InstanceOf(_) | Thing::SelfOf(_) | Thing::ClassOf(_) => None,
            })
            .collect()
    }
}

/// Each thing once; nothing if there are too many.
fn distinct(mut things: Vec<Thing>) -> Vec<Thing> {
    things.sort_unstable();
    things.dedup();
    if things.len() > MOST_THINGS { Vec::new() } else { things }
}

impl Scope {
    pub(super) fn name(&self, number: u32) -> Option<Address> {
        self.names.get(number as usize).copied()
    }
}

/// The slots that are parameters: how many, and those in which the first may be.
pub(super) fn parameters(heap: &Heap<'_>, code: &Code, slots: &[SlotName]) -> (u32, Vec<u32>) {
    let more =
        [CodeFlags::VARARGS, CodeFlags::VARKEYWORDS].into_iter().filter(|flag| code.flags.contains(*flag)).count();
    let count = u32::try_from(code.parameters).unwrap_or(u32::MAX).saturating_add(u32::try_from(more).unwrap_or(0));
    let mut first = Vec::new();
    if code.parameters > 0
        && let Some(slot) = slots.first()
    {
        first.push(0);
        // Up to 3.10 a parameter that inner functions use has a second slot, for its cell.
        let cell = slots.iter().position(|other| other.kind == SlotKind::Cell && other.name == slot.name);
        first.extend(cell.filter(|_| heap.layout().minor < 11).and_then(|at| u32::try_from(at).ok()));
    }
    (count, first)
}
