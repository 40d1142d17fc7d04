//! The types that belong to the interpreter itself, by address.
//!
//! A name is no identity: Cython 0.29 calls its coroutine type `coroutine` too. The interpreter's own static types
//! are those whose `PyTypeObject` lies in the data of the image that holds the runtime; there each name occurs once.
//! Most of them are not exported, so they are found by looking through that data for words that point to `type`.

use super::layout::Layout;
use crate::memory::{Address, Memory, Piece};
use rustc_hash::FxHashMap;
use std::ops::Range;

/// Data of an image beyond this is not searched (the largest seen has 3 MB).
const DATA_LIMIT: u64 = 64 << 20;
/// Words that look like the type of a type beyond this number are not looked at (there are about 300 static types).
const MOST_HITS: usize = 1 << 16;
/// Longest name of a static type.
const NAME_LIMIT: usize = 64;
/// Bytes read of every name at once; most are shorter.
const NAME_START: usize = 32;

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
        let mut objects: Vec<Address> = Vec::new();
        for range in data {
            let length = range.end.saturating_sub(range.start).min(DATA_LIMIT);
            for (start, bytes) in readable(memory, range.start, length) {
                let words = bytes.chunks_exact(8).enumerate().filter(|(_, word)| *word == needle);
                let starts = words.filter_map(|(index, _)| (start + index as u64 * 8).checked_sub(type_at));
                objects.extend(starts.map(Address::new).take(MOST_HITS.saturating_sub(objects.len())));
            }
        }
        let name_places = objects.iter().map(|object| layout.type_object.tp_name.at(*object).unwrap_or_default());
        let pointers = read_each::<8>(memory, name_places);
        let texts: Vec<Address> = pointers
            .iter()
            .map(|found| found.map_or(Address::NULL, |bytes| Address::new(u64::from_le_bytes(bytes))))
            .collect();
        let starts = read_each::<NAME_START>(memory, texts.iter().copied());
        let mut names: FxHashMap<String, Address> = FxHashMap::default();
        for ((object, text), start) in objects.into_iter().zip(texts).zip(starts) {
            let short = start.and_then(|start| Some(start.get(..start.iter().position(|byte| *byte == 0)?)?.to_vec()));
            // Longer than most, or at the end of what is mapped.
            let name = short.or_else(|| memory.c_string(text, NAME_LIMIT).ok());
            let name = name.and_then(|name| String::from_utf8(name).ok()).filter(|name| !name.is_empty());
            if let Some(name) = name {
                // The first one wins: a copy can only lie behind the original.
                names.entry(name).or_insert(object);
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

/// `N` bytes at each of these places, with a few system calls for all of them; `None` where they cannot be read.
fn read_each<const N: usize>(memory: &dyn Memory, places: impl Iterator<Item = Address>) -> Vec<Option<[u8; N]>> {
    let places: Vec<Address> = places.collect();
    let mut found = vec![[0; N]; places.len()];
    let mut pieces: Vec<Piece<'_>> =
        places.iter().zip(&mut found).map(|(place, bytes)| Piece::new(*place, bytes)).collect();
    memory.read_pieces(&mut pieces);
    let whole: Vec<bool> = pieces.iter().map(|piece| piece.outcome.is_ok()).collect();
    found.into_iter().zip(whole).map(|(bytes, whole)| whole.then_some(bytes)).collect()
}
