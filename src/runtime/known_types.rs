//! The types that belong to the interpreter itself, by address.
//!
//! A name is no identity: Cython 0.29 calls its coroutine type `coroutine` too. The interpreter's own static types
//! are those whose `PyTypeObject` lies in the data of the image that holds the runtime; there each name occurs once.
//! Most of them are not exported, so they are found by looking through that data for words that point to `type`.

use super::layout::Layout;
use crate::memory::{Address, Memory};
use rustc_hash::FxHashMap;
use std::ops::Range;

/// Data of an image beyond this is not searched (the largest seen has 3 MB).
const DATA_LIMIT: u64 = 64 << 20;
/// Words that look like the type of a type beyond this number are not looked at (there are about 300 static types).
const MOST_HITS: usize = 1 << 16;
/// Longest name of a static type.
const NAME_LIMIT: usize = 64;

macro_rules! known_types {
    ($($field:ident = $name:literal,)+) => {
        /// Addresses of the interpreter's own types; `None` where this version has no such type or it was not found.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct KnownTypes {
            $(#[doc = concat!("`", $name, "`")] pub $field: Option<Address>,)+
            /// All that were found, those without a field of their own too.
            names: FxHashMap<String, Address>,
        }

        impl KnownTypes {
            fn from_names(names: FxHashMap<String, Address>) -> Self {
                Self { $($field: names.get($name).copied(),)+ names }
            }
        }
    };
}

known_types! {
    type_type = "type",
    coroutine = "coroutine",
    generator = "generator",
    async_generator = "async_generator",
    coroutine_wrapper = "coroutine_wrapper",
    asend = "async_generator_asend",
    athrow = "async_generator_athrow",
    anext_awaitable = "anext_awaitable",
    code = "code",
    frame = "frame",
    function = "function",
    method = "method",
    static_method = "staticmethod",
    class_method = "classmethod",
    builtin_function = "builtin_function_or_method",
    cell = "cell",
    tuple = "tuple",
    list = "list",
    dict = "dict",
    set = "set",
    frozenset = "frozenset",
    list_iterator = "list_iterator",
    tuple_iterator = "tuple_iterator",
    str_type = "str",
    bytes = "bytes",
    bytearray = "bytearray",
    int = "int",
    bool_type = "bool",
    float = "float",
    none_type = "NoneType",
    module = "module",
    mapping_proxy = "mappingproxy",
    member_descriptor = "member_descriptor",
    traceback = "traceback",
    object = "object",
    weak_reference = "weakref.ReferenceType",
    weak_reference_38 = "weakref",
    context = "_contextvars.Context",
    context_38 = "Context",
    hamt = "hamt",
    hamt_bitmap = "hamt_bitmap_node",
    hamt_array = "hamt_array_node",
    hamt_collision = "hamt_collision_node",
}

impl KnownTypes {
    /// The interpreter's own static type of this name (`tp_name`), if it has one: a type of the same name elsewhere is another.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<Address> {
        self.names.get(name).copied()
    }

    /// Finds the static types in `data` (the writable segments of the image), all of which have `type_type` as their type.
    #[must_use]
    pub fn find(memory: &dyn Memory, layout: &Layout, data: &[Range<u64>], type_type: Address) -> Self {
        let type_at = layout.object.ob_type.offset().unwrap_or(8);
        let needle = type_type.get().to_le_bytes();
        let mut names: FxHashMap<String, Address> = FxHashMap::default();
        let mut hits = 0;
        for range in data {
            let length = range.end.saturating_sub(range.start).min(DATA_LIMIT);
            for (start, bytes) in readable(memory, range.start, length) {
                let words = bytes.chunks_exact(8).enumerate().filter(|(_, word)| *word == needle);
                for (index, _) in words {
                    hits += 1;
                    if hits > MOST_HITS {
                        return Self::from_names(names);
                    }
                    let Some(at) = (start + index as u64 * 8).checked_sub(type_at) else { continue };
                    let object = Address::new(at);
                    let name = layout
                        .type_object
                        .tp_name
                        .at(object)
                        .ok()
                        .and_then(|at| memory.pointer(at).ok())
                        .and_then(|name| memory.c_string(name, NAME_LIMIT).ok())
                        .and_then(|name| String::from_utf8(name).ok());
                    if let Some(name) = name.filter(|name| !name.is_empty()) {
                        // The first one wins: a copy can only lie behind the original.
                        names.entry(name).or_insert(object);
                    }
                }
            }
        }
        Self::from_names(names)
    }
}

/// Reads a range in pieces, so that a hole costs only its piece.
fn readable(memory: &dyn Memory, start: u64, length: u64) -> impl Iterator<Item = (u64, Vec<u8>)> + '_ {
    const PIECE: u64 = 64 << 10;
    (0..length.div_ceil(PIECE)).filter_map(move |index| {
        let at = start + index * PIECE;
        let wanted = PIECE.min(start + length - at);
        memory.bytes(Address::new(at), wanted, usize::MAX).ok().map(|bytes| (at, bytes))
    })
}
