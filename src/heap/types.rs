//! What a type says about its instances.

use super::text::LABEL;
use super::{Fault, Heap, Result};
use crate::memory::Address;
use rustc_hash::FxHashSet;
use std::rc::Rc;

/// Bits of `tp_flags` that we ask for. The numbers are part of CPython's stable ABI or have not changed since they appeared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeFlags(u64);

impl TypeFlags {
    /// A static type of the interpreter whose dict is kept in the interpreter state (3.12+).
    pub const STATIC_BUILTIN: Self = Self(1 << 1);
    /// The list of weak references to the object is managed, before the object (3.12+).
    pub const MANAGED_WEAKREF: Self = Self(1 << 3);
    /// Attribute values are kept behind the object (3.13+).
    pub const INLINE_VALUES: Self = Self(1 << 2);
    /// The object's dict is managed, before the object (3.11+; 3.12+ uses the same bit).
    pub const MANAGED_DICT: Self = Self(1 << 4);
    /// Made by a class statement or `PyType_FromSpec`.
    pub const HEAP_TYPE: Self = Self(1 << 9);
    /// Finished by `PyType_Ready`.
    pub const READY: Self = Self(1 << 12);
    /// The collector may track its instances, which have its head before them.
    pub const HAVE_GC: Self = Self(1 << 14);
    /// `int` and its subclasses.
    pub const INT: Self = Self(1 << 24);
    /// `list` and its subclasses.
    pub const LIST: Self = Self(1 << 25);
    /// `tuple` and its subclasses.
    pub const TUPLE: Self = Self(1 << 26);
    /// `bytes` and its subclasses.
    pub const BYTES: Self = Self(1 << 27);
    /// `str` and its subclasses.
    pub const STR: Self = Self(1 << 28);
    /// `dict` and its subclasses.
    pub const DICT: Self = Self(1 << 29);
    /// `BaseException` and its subclasses.
    pub const EXCEPTION: Self = Self(1 << 30);
    /// `type` and its subclasses.
    pub const TYPE: Self = Self(1 << 31);

    /// Whether all bits of `other` are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// What a type says about its instances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeInfo {
    /// Where the type is.
    pub address: Address,
    /// `tp_name`: the bare class name, or with the module for static types.
    pub name: String,
    /// Bytes of an instance.
    pub basic_size: u64,
    /// Bytes of each further item, for types of variable size.
    pub item_size: u64,
    /// `tp_flags`.
    pub flags: TypeFlags,
    /// `tp_dictoffset`; garbage-like where the dict is managed.
    pub dict_offset: i64,
    /// `tp_base`, null for `object`.
    pub base: Address,
    name_at: Address,
}

impl TypeInfo {
    /// Whether all is the same but for the name, of which only the place is.
    fn is_same(&self, other: &Self) -> bool {
        let numbers = |info: &Self| {
            (info.address, info.basic_size, info.item_size, info.flags, info.dict_offset, info.base, info.name_at)
        };
        numbers(self) == numbers(other)
    }
}

/// An instance beyond this is no Python object we know (the largest seen is uvloop's loop, 256 KB).
const LARGEST_BASIC_SIZE: u64 = 16 << 20;
/// Attributes kept behind an object beyond this are not believed (`SHARED_KEYS_MAX_SIZE` is 30).
const MOST_INLINE_VALUES: u64 = 254;
/// Bases of bases of a class beyond this are not believed.
const DEEPEST_BASES: usize = 64;

impl Heap<'_> {
    /// What the type at `address` says about its instances.
    ///
    /// # Errors
    /// When it is no type that makes sense.
    pub fn type_info(&self, address: Address) -> Result<Rc<TypeInfo>> {
        if let Some(info) = self.type_infos.borrow().get(&address) {
            return Ok(Rc::clone(info));
        }
        let layout = &self.layout.type_object;
        let bytes = self.object_bytes(address, layout.size)?;
        let mut info = TypeInfo {
            address,
            name: String::new(),
            basic_size: layout.tp_basicsize.u64_in(&bytes)?,
            item_size: layout.tp_itemsize.u64_in(&bytes)?,
            flags: TypeFlags(layout.tp_flags.u64_in(&bytes)?),
            dict_offset: layout.tp_dictoffset.i64_in(&bytes)?,
            base: layout.tp_base.address_in(&bytes)?,
            name_at: layout.tp_name.address_in(&bytes)?,
        };
        if let Some(kept) = self.kept.and_then(|kept| kept.type_info(address, |kept| info.is_same(kept))) {
            self.type_infos.borrow_mut().insert(address, Rc::clone(&kept));
            return Ok(kept);
        }
        info.name = String::from_utf8_lossy(&self.memory.c_string(info.name_at, LABEL)?).into_owned();
        let info = Rc::new(info);
        if info.basic_size > LARGEST_BASIC_SIZE || info.item_size > LARGEST_BASIC_SIZE {
            return Err(Fault::implausible("type", address));
        }
        if let Some(kept) = self.kept {
            kept.keep_type(&info);
        }
        self.type_infos.borrow_mut().insert(address, Rc::clone(&info));
        Ok(info)
    }

    /// The flags of the type at `address`, without the rest of what it says.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn type_flags(&self, address: Address) -> Result<TypeFlags> {
        match self.type_infos.borrow().get(&address) {
            Some(info) => Ok(info.flags),
            None => Ok(TypeFlags(self.unsigned(address, self.layout.type_object.tp_flags)?)),
        }
    }

    /// What the type of `object` says.
    ///
    /// # Errors
    /// As [`type_info`](Self::type_info).
    pub fn type_info_of(&self, object: Address) -> Result<Rc<TypeInfo>> {
        self.type_info(self.type_of(object)?)
    }

    /// Whether the object's type has these flags, such as [`TypeFlags::STR`].
    #[must_use]
    pub fn is_a(&self, object: Address, flags: TypeFlags) -> bool {
        self.type_info_of(object).is_ok_and(|info| info.flags.contains(flags))
    }

    /// Whether `class` is one of `ancestors` or derives from one by single inheritance of the C layout (`tp_base`),
    /// which is what decides whether the C fields of the ancestor are there.
    #[must_use]
    pub fn derives_from(&self, class: Address, ancestors: &[Address]) -> bool {
        let mut at = class;
        for _ in 0..DEEPEST_BASES {
            if ancestors.contains(&at) {
                return true;
            }
            match self.type_info(at) {
                Ok(info) if !info.base.is_null() => at = info.base,
                _ => return false,
            }
        }
        false
    }

    /// The classes in which attributes of `class` are looked up, itself first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn mro(&self, class: Address) -> Result<Vec<Address>> {
        self.tuple_start(self.pointer(class, self.layout.type_object.tp_mro)?, DEEPEST_BASES as u64)
    }

    /// The class's name with its module in front, as `app.jobs.Pool`; the bare name for built-in types.
    ///
    /// # Errors
    /// As [`type_info`](Self::type_info).
    pub fn qualified_type_name(&self, class: Address) -> Result<String> {
        let info = self.type_info(class)?;
        if !info.flags.contains(TypeFlags::HEAP_TYPE) {
            return Ok(info.name.clone());
        }
        let qualname = self
            .pointer(class, self.layout.heap_type.ht_qualname)
            .and_then(|name| self.label(name))
            .unwrap_or_else(|_| info.name.clone());
        let module = self
            .type_dict(class)
            .and_then(|dict| self.dict_value(dict, "__module__"))
            .ok()
            .flatten()
            .and_then(|module| self.label(module).ok());
        Ok(match module {
            Some(module) if module != "builtins" => format!("{module}.{qualname}"),
            _ => qualname,
        })
    }

    /// Bytes of the block that an object of a class of fixed size lies in, with what is kept before and behind it.
    ///
    /// # Errors
    /// As [`type_info`](Self::type_info).
    pub fn instance_block_of(&self, object: Address) -> Result<u64> {
        self.instance_block(self.type_of(object)?)
    }

    /// Bytes of the block that an instance of `class` lies in: what is kept before it, itself, and what is kept behind it.
    ///
    /// # Errors
    /// As [`type_info`](Self::type_info).
    pub(super) fn instance_block(&self, class: Address) -> Result<u64> {
        let info = self.type_info(class)?;
        let behind = self.inline_values_size(&info)?;
        Ok(u64::from(self.layout.header_before_gc_object) + self.preheader_size(info.flags) + info.basic_size + behind)
    }

    /// Bytes before an instance, and before its collector's head, where a dict or weak references are managed (`_PyType_PreHeaderSize`,
    /// 3.11+): two words.
    pub(super) fn preheader_size(&self, flags: TypeFlags) -> u64 {
        let dict = self.layout.managed_dict_before > 0 && flags.contains(TypeFlags::MANAGED_DICT);
        let weak_references = self.layout.managed_weakref_before > 0 && flags.contains(TypeFlags::MANAGED_WEAKREF);
        if dict || weak_references { 16 } else { 0 }
    }

    /// Bytes behind an instance of a class where its attributes are kept (`_PyInlineValuesSize`, 3.13+): a word, a word for each place that
    /// the shared keys have, and a byte for each, in whole words.
    pub(super) fn inline_values_size(&self, info: &TypeInfo) -> Result<u64> {
        if !info.flags.contains(TypeFlags::INLINE_VALUES) {
            return Ok(0);
        }
        let keys = self.pointer(info.address, self.layout.heap_type.ht_cached_keys)?;
        let places = self.shared_places(keys)?;
        Ok(8 + places * 8 + places.next_multiple_of(8))
    }

    /// Bytes before an object: the collector's head, and the managed words.
    pub(super) fn bytes_before(&self, info: &TypeInfo) -> u64 {
        let has_head = info.flags.contains(TypeFlags::HAVE_GC);
        let head = if has_head { u64::from(self.layout.header_before_gc_object) } else { 0 };
        head + self.preheader_size(info.flags)
    }

    /// How many values the next instance of a class has room for whose keys are shared (`shared_keys_usable_size`).
    pub(super) fn shared_places(&self, keys: Address) -> Result<u64> {
        let layout = &self.layout.dict_keys;
        let places = self.unsigned(keys, layout.dk_nentries)?.saturating_add(self.unsigned(keys, layout.dk_usable)?);
        Ok(places.min(MOST_INLINE_VALUES))
    }

    /// The classes that derive from `class`, over any number of steps, nearest first; at most `most` of them.
    ///
    /// `tp_subclasses` is a dict of weak references. Static types of the interpreter itself keep theirs elsewhere (3.12+) and
    /// have none here.
    #[must_use]
    pub fn subclasses(&self, class: Address, most: usize) -> Vec<Address> {
        self.subclasses_of(None, class, most)
    }

    /// The same, with those that static types of the interpreter have in the interpreter at this address.
    #[must_use]
    pub fn subclasses_in(&self, interpreter: Address, class: Address, most: usize) -> Vec<Address> {
        self.subclasses_of(Some(interpreter), class, most)
    }

    fn subclasses_of(&self, interpreter: Option<Address>, class: Address, most: usize) -> Vec<Address> {
        let mut found: Vec<Address> = Vec::new();
        let mut seen = FxHashSet::from_iter([class]);
        let mut next = 0;
        let mut at = Some(class);
        while let Some(class) = at {
            for subclass in self.direct_subclasses(interpreter, class).unwrap_or_default() {
                if found.len() < most && seen.insert(subclass) {
                    found.push(subclass);
                }
            }
            at = found.get(next).copied();
            next += 1;
        }
        found
    }

    fn direct_subclasses(&self, interpreter: Option<Address>, class: Address) -> Result<Vec<Address>> {
        let dict = self.pointer(class, self.layout.type_object.tp_subclasses)?;
        let dict = match interpreter {
            _ if self.layout.static_type_state.size == 0 => dict,
            _ if !self.type_info(class)?.flags.contains(TypeFlags::STATIC_BUILTIN) => dict,
            None => return Ok(Vec::new()),
            Some(interpreter) => {
                self.pointer(self.static_type_state(interpreter, class)?, self.layout.static_type_state.tp_subclasses)?
            }
        };
        let Some(dict) = dict.non_null() else { return Ok(Vec::new()) };
        if Some(self.type_of(dict)?) != self.known.dict {
            return Err(Fault::implausible("subclasses", class));
        }
        let references = self.dict_entries(dict)?.into_iter().map(|(_, reference)| reference);
        let classes = references.filter_map(|reference| self.weakly_referenced(reference).ok().flatten());
        Ok(classes.filter(|class| self.is_a(*class, TypeFlags::TYPE)).collect())
    }

    /// Where an interpreter keeps what is its own of a static type (3.12+). The type's `tp_subclasses` is its place in the
    /// array, counted from 1 (`static_builtin_index_get` of `Objects/typeobject.c`).
    fn static_type_state(&self, interpreter: Address, class: Address) -> Result<Address> {
        let layout = &self.layout;
        let index = self.unsigned(class, layout.type_object.tp_subclasses)?;
        let size = u64::from(layout.static_type_state.size);
        let states = layout.interpreter.types_builtins_initialized;
        let implausible = Fault::implausible("static type", class);
        if index == 0 || index.saturating_mul(size) > states.size() {
            return Err(implausible);
        }
        let state = states.at(interpreter)?.offset((index - 1) * size);
        if self.pointer(state, layout.static_type_state.type_address)? != class {
            return Err(implausible);
        }
        Ok(state)
    }

    /// The `__dict__` of a class made by a class statement or a spec. Static built-in types of 3.12+ keep theirs in the
    /// interpreter state and are refused.
    ///
    /// # Errors
    /// When it has none here.
    pub fn type_dict(&self, class: Address) -> Result<Address> {
        self.pointer(class, self.layout.type_object.tp_dict)?.non_null().ok_or(Fault::implausible("class dict", class))
    }
}
