//! Refuses a layout that contradicts what the target shows: better no answer than a wrong one.
//!
//! The evidence costs nothing: `tp_basicsize` of well-known types is compared with the table. It catches builds with
//! `Py_TRACE_REFS`, patches of vendors, and tables keyed to the wrong version. From 3.11 on, `tp_basicsize` of
//! generators and coroutines is the offset of the embedded frame plus the offset of its first local variable; that of
//! code objects is where the bytecode begins.
//!
//! Fields are checked against each other as well, because part of a layout may come from the target
//! ([`overlay`](super::overlay)): inside their structure, aligned, and not on top of each other.

use super::words::alignment;
use super::{Field, FrameKind, Layout};
use crate::error::{Error, ErrorKind};
use std::fmt;

/// `tp_basicsize` of types, as read in the target; `None` where the type was not found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Observed {
    /// `coroutine` (`PyCoro_Type`).
    pub coroutine: Option<u64>,
    /// `async_generator` (`PyAsyncGen_Type`).
    pub async_generator: Option<u64>,
    /// `generator` (`PyGen_Type`).
    pub generator: Option<u64>,
    /// `code` (`PyCode_Type`).
    pub code: Option<u64>,
    /// `function` (`PyFunction_Type`).
    pub function: Option<u64>,
    /// `method` (`PyMethod_Type`).
    pub method: Option<u64>,
    /// `module` (`PyModule_Type`).
    pub module: Option<u64>,
    /// `type` (`PyType_Type`).
    pub type_object: Option<u64>,
    /// `tuple` (`PyTuple_Type`).
    pub tuple: Option<u64>,
    /// `list` (`PyList_Type`).
    pub list: Option<u64>,
    /// `dict` (`PyDict_Type`).
    pub dict: Option<u64>,
    /// `set` (`PySet_Type`).
    pub set: Option<u64>,
    /// `collections.deque`.
    pub deque: Option<u64>,
    /// `functools.partial`.
    pub partial: Option<u64>,
    /// `Context` (`PyContext_Type`).
    pub context: Option<u64>,
    /// `weakref.ref` (`_PyWeakref_RefType`).
    pub weak_reference: Option<u64>,
    /// `_asyncio.Task`.
    pub task: Option<u64>,
    /// `_asyncio.Future`.
    pub future: Option<u64>,
}

/// A contradiction, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LayoutMismatch {
    /// The `y` of CPython 3.y.z.
    pub minor: u8,
    /// The `z` of CPython 3.y.z.
    pub micro: u8,
    /// Whether the layout is that of a free-threaded build.
    pub free_threaded: bool,
    /// The C structure.
    pub structure: &'static str,
    /// Its field; `tp_basicsize` for the size of the type's instances.
    pub field: &'static str,
    /// What contradicts what.
    pub contradiction: Contradiction,
}

/// What contradicts what in a [`LayoutMismatch`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Contradiction {
    /// The target shows another size than the table.
    Size {
        /// What the table says.
        expected: u64,
        /// What the target shows.
        found: u64,
    },
    /// The field ends behind its structure.
    Outside {
        /// Size of the structure.
        limit: u64,
        /// Where the field ends.
        found: u64,
    },
    /// The field's offset is not a multiple of what its size demands.
    Misaligned {
        /// The multiple demanded.
        alignment: u64,
        /// The offset.
        found: u64,
    },
    /// The field begins inside another one.
    Overlap {
        /// The other field.
        other: &'static str,
        /// Where the other one ends.
        limit: u64,
        /// Where this one begins.
        found: u64,
    },
}

impl fmt::Display for LayoutMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}.{}` ", self.structure, self.field)?;
        match self.contradiction {
            Contradiction::Size { expected, found } => write!(f, "is {found}, and our table says {expected}"),
            Contradiction::Outside { limit, found } => {
                write!(f, "ends at {found}, and the structure has {limit} bytes")
            }
            Contradiction::Misaligned { alignment, found } => {
                write!(f, "is at {found}, which is no multiple of {alignment}")
            }
            Contradiction::Overlap { other, limit, found } => {
                write!(f, "is at {found}, inside `{other}`, which ends at {limit}")
            }
        }
    }
}

impl std::error::Error for LayoutMismatch {}

impl From<LayoutMismatch> for Error {
    fn from(mismatch: LayoutMismatch) -> Self {
        let build = if mismatch.free_threaded { " (free-threaded)" } else { "" };
        let message = format!(
            "the structures of this CPython 3.{}.{}{build} are not the ones we know",
            mismatch.minor, mismatch.micro
        );
        Self::new(ErrorKind::LayoutMismatch, message)
            .caused_by(mismatch)
            .hint("report this, with the output of `python3 -VV` and where that Python comes from (a debug or patched build?)")
    }
}

/// Compares the layout with what was seen in the target, and with itself.
///
/// # Errors
/// The first contradiction found.
pub fn validate(layout: &Layout, observed: &Observed) -> Result<(), LayoutMismatch> {
    for (structure, seen, expected) in basic_sizes(layout, observed) {
        if let Some(found) = seen
            && found != expected
        {
            let contradiction = Contradiction::Size { expected, found };
            return Err(mismatch(layout, structure, "tp_basicsize", contradiction));
        }
    }
    for (structure, size) in layout.sizes() {
        consistent(layout, structure, u64::from(size))?;
    }
    Ok(())
}

/// Structure, what was seen, and what the table says.
fn basic_sizes(layout: &Layout, observed: &Observed) -> [(&'static str, Option<u64>, u64); 18] {
    let generator = |size: u32, iframe: Field| match layout.frame_kind {
        FrameKind::FrameObject38 | FrameKind::FrameObject310 => u64::from(size),
        FrameKind::Embedded => {
            iframe.offset().unwrap_or_default() + layout.interpreter_frame.localsplus.offset().unwrap_or_default()
        }
    };
    let code = layout.code.co_code_adaptive.offset().unwrap_or(u64::from(layout.code.size));
    let of = u64::from;
    [
        ("PyCoroObject", observed.coroutine, generator(layout.coroutine.size, layout.coroutine.iframe)),
        (
            "PyAsyncGenObject",
            observed.async_generator,
            generator(layout.async_generator.size, layout.async_generator.iframe),
        ),
        ("PyGenObject", observed.generator, generator(layout.generator.size, layout.generator.iframe)),
        ("PyCodeObject", observed.code, code),
        ("PyFunctionObject", observed.function, of(layout.function.size)),
        ("PyMethodObject", observed.method, of(layout.method.size)),
        ("PyModuleObject", observed.module, of(layout.module.size)),
        ("PyHeapTypeObject", observed.type_object, of(layout.heap_type.size)),
        ("PyTupleObject", observed.tuple, layout.tuple.ob_item.offset().unwrap_or_default()),
        ("PyListObject", observed.list, of(layout.list.size)),
        ("PyDictObject", observed.dict, of(layout.dict.size)),
        ("PySetObject", observed.set, of(layout.set.size)),
        ("dequeobject", observed.deque, of(layout.deque.size)),
        ("partialobject", observed.partial, of(layout.partial.size)),
        ("PyContext", observed.context, of(layout.context.size)),
        ("PyWeakReference", observed.weak_reference, of(layout.weak_reference.size)),
        ("TaskObj", observed.task, of(layout.task.size)),
        ("FutureObj", observed.future, of(layout.future.size)),
    ]
}

/// Fields of one structure: inside it, aligned, apart.
fn consistent(layout: &Layout, structure: &'static str, size: u64) -> Result<(), LayoutMismatch> {
    let refuse = |field, contradiction| Err(mismatch(layout, structure, field, contradiction));
    let mut places = Vec::new();
    for (_, name, field) in layout.fields().filter(|(of, ..)| *of == structure) {
        let (Some(start), Some(end)) = (field.offset(), field.end()) else { continue };
        if end > size {
            return refuse(name, Contradiction::Outside { limit: size, found: end });
        }
        let alignment = alignment(field);
        if start % alignment != 0 {
            return refuse(name, Contradiction::Misaligned { alignment, found: start });
        }
        // bit fields share their bytes, and 3.14's reference count shares its word with the flags
        if field.bit_range().is_none() && name != "ob_refcnt_full" {
            places.push((start, end, name));
        }
    }
    places.sort_unstable();
    for pair in places.windows(2) {
        if let [(_, limit, other), (found, _, name)] = *pair
            && found < limit
        {
            return refuse(name, Contradiction::Overlap { other, limit, found });
        }
    }
    Ok(())
}

fn mismatch(
    layout: &Layout,
    structure: &'static str,
    field: &'static str,
    contradiction: Contradiction,
) -> LayoutMismatch {
    let (minor, micro, free_threaded) = (layout.minor, layout.micro, layout.free_threaded);
    LayoutMismatch { minor, micro, free_threaded, structure, field, contradiction }
}
