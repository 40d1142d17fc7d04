//! Types in the interpreter itself whose structure is a few words, and the same in all versions but for words at the end.
//!
//! Each is taken for what its name says only if it lies where the interpreter has its own static types.

use super::{Row, row};

/// Objects of these hold nothing that could hold a third: numbers, text, and code, whose constants are numbers and text.
pub(super) const LEAVES: [&str; 14] = [
    "object",
    "str",
    "bytes",
    "bytearray",
    "int",
    "bool",
    "float",
    "complex",
    "range",
    "NoneType",
    "NotImplementedType",
    "ellipsis",
    "code",
    "PyCapsule",
];

pub(super) const ROWS: &[Row] = &[
    // `Objects/funcobject.c`: `staticmethod`, `classmethod`.
    row("staticmethod", &[2], &[("callable", 0), ("dict", 1)]),
    row("classmethod", &[2], &[("callable", 0), ("dict", 1)]),
    // `Objects/descrobject.c`: `propertyobject` (3.10+: the name, a `str`, behind the doc), `wrapperobject`, `PyDescrObject`.
    row("property", &[5, 6], &[("getter", 0), ("setter", 1), ("deleter", 2), ("doc", 3)]),
    row("method-wrapper", &[2], &[("descriptor", 0), ("self", 1)]),
    row("wrapper_descriptor", &[5], &[("class", 0)]),
    row("method_descriptor", &[5], &[("class", 0)]),
    row("classmethod_descriptor", &[5], &[("class", 0)]),
    row("getset_descriptor", &[4], &[("class", 0)]),
    row("member_descriptor", &[4], &[("class", 0)]),
    // `Include/cpython/methodobject.h`: `PyCMethodObject` (3.9+), which goes on where `PyCFunctionObject` ends.
    row("builtin_method", &[6], &[("self", 1), ("module", 2), ("class", 5)]),
    // `Include/cpython/classobject.h`: `PyInstanceMethodObject`.
    row("instancemethod", &[1], &[("function", 0)]),
    // `Objects/typeobject.c`: `superobject`.
    row("super", &[3], &[("class", 0), ("self", 1), ("class of self", 2)]),
    // `Objects/sliceobject.c`.
    row("slice", &[3], &[("start", 0), ("stop", 1), ("step", 2)]),
    // `Objects/enumobject.c`: `enumobject`, `reversedobject`.
    row("enumerate", &[4, 5], &[("iterator", 1), ("result", 2), ("index", 3)]),
    row("reversed", &[2], &[("sequence", 1)]),
    // `Python/bltinmodule.c`: `zipobject`, `mapobject`, `filterobject`.
    row("zip", &[3, 4], &[("iterators", 1), ("result", 2)]),
    row("map", &[2, 3], &[("iterators", 0), ("function", 1)]),
    row("filter", &[2], &[("function", 0), ("iterator", 1)]),
    // `Objects/iterobject.c` and the files of the sequences: an index, and the sequence, null once it is exhausted.
    row("iterator", &[2], &[("sequence", 1)]),
    row("callable_iterator", &[2], &[("callable", 0), ("sentinel", 1)]),
    row("list_iterator", &[2], &[("sequence", 1)]),
    row("list_reverseiterator", &[2], &[("sequence", 1)]),
    row("tuple_iterator", &[2], &[("sequence", 1)]),
    row("str_iterator", &[2], &[("sequence", 1)]),
    row("str_ascii_iterator", &[2], &[("sequence", 1)]),
    row("bytes_iterator", &[2], &[("sequence", 1)]),
    row("bytearray_iterator", &[2], &[("sequence", 1)]),
    // `Objects/setobject.c`: `setiterobject`.
    row("set_iterator", &[4], &[("set", 0)]),
    // `Objects/dictobject.c`: `_PyDictViewObject`, `dictiterobject`.
    row("dict_keys", &[1], &[("mapping", 0)]),
    row("dict_values", &[1], &[("mapping", 0)]),
    row("dict_items", &[1], &[("mapping", 0)]),
    row("dict_keyiterator", &[5], &[("mapping", 0), ("result", 3)]),
    row("dict_valueiterator", &[5], &[("mapping", 0), ("result", 3)]),
    row("dict_itemiterator", &[5], &[("mapping", 0), ("result", 3)]),
    row("dict_reversekeyiterator", &[5], &[("mapping", 0), ("result", 3)]),
    row("dict_reversevalueiterator", &[5], &[("mapping", 0), ("result", 3)]),
    row("dict_reverseitemiterator", &[5], &[("mapping", 0), ("result", 3)]),
    // `Objects/odictobject.c`: `_odictobject`, views as above, `odictiter`.
    row("collections.OrderedDict", &[12], &[("dict", 10)]).ordered_dict(),
    row("odict_keys", &[1], &[("mapping", 0)]),
    row("odict_values", &[1], &[("mapping", 0)]),
    row("odict_items", &[1], &[("mapping", 0)]),
    row("odict_iterator", &[6], &[("mapping", 1), ("key", 4), ("result", 5)]),
    // `Objects/genobject.c`: `_PyAsyncGenWrappedValue`.
    row("async_generator_wrapped_value", &[1], &[("value", 0)]),
    // `Objects/memoryobject.c`: the memory view, and the buffer it shares with others, which holds the owner of the bytes.
    row("memoryview", &[16], &[("buffer", 1)]),
    row("managedbuffer", &[12], &[("owner", 3)]),
    // `Objects/frameobject.c`: `PyFrameLocalsProxyObject` (3.13+).
    row("FrameLocalsProxy", &[1], &[("frame", 0)]),
    // `Python/context.c`: `PyContextVar`, `PyContextToken`. What a variable remembers of its last value is borrowed.
    row("ContextVar", &[6], &[("name", 0), ("default", 1)]),
    row("_contextvars.ContextVar", &[6], &[("name", 0), ("default", 1)]),
    row("Token", &[4], &[("context", 0), ("variable", 1), ("old value", 2)]),
    row("_contextvars.Token", &[4], &[("context", 0), ("variable", 1), ("old value", 2)]),
    // `Include/weakrefobject.h`: a proxy is a weak reference, and holds no more than its callback. Its size grew twice.
    row("weakproxy", &[5], &[("callback", 1)]),
    row("weakcallableproxy", &[5], &[("callback", 1)]),
    row("weakref.ProxyType", &[5, 6, 7], &[("callback", 1)]),
    row("weakref.CallableProxyType", &[5, 6, 7], &[("callback", 1)]),
    // `Objects/namespaceobject.c`.
    row("types.SimpleNamespace", &[1], &[("dict", 0)]),
    // `Objects/genericaliasobject.c`, `Objects/unionobject.c`.
    row("types.GenericAlias", &[4, 6], &[("origin", 0), ("arguments", 1), ("parameters", 2)]),
    row("types.UnionType", &[2], &[("arguments", 0), ("parameters", 1)]),
    row(
        "typing.Union",
        &[5],
        &[("arguments", 0), ("hashable arguments", 1), ("unhashable arguments", 2), ("parameters", 3)],
    ),
    // `Objects/templateobject.c`, `Objects/interpolationobject.c` (3.14+).
    row("string.templatelib.Template", &[2], &[("strings", 0), ("interpolations", 1)]),
    row("string.templatelib.Interpolation", &[4], &[("value", 0), ("expression", 1), ("conversion", 2), ("format", 3)]),
];
