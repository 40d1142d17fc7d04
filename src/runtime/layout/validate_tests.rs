//! What `validate` lets pass, and that every lie is refused by its name.

use super::validate::{Contradiction, LayoutMismatch, Observed, validate};
use super::*;
use crate::error::{Error, ErrorKind};

fn layout(minor: u8, micro: u8) -> Layout {
    for_machine(minor, micro, false, false).expect("a supported version")
}

/// `__basicsize__` of the types, in the order of `observed`, as these interpreters tell it themselves.
#[rustfmt::skip]
const BASIC_SIZES: &[((u8, u8), [u64; 18])] = &[
    ((8, 18), [104, 120, 96, 176, 120, 48, 56, 880, 24, 40, 48, 200, 80, 64, 48, 56, 144, 104]),
    ((9, 18), [104, 120, 96, 176, 120, 48, 56, 880, 24, 40, 48, 200, 80, 64, 48, 56, 184, 144]),
    ((10, 13), [96, 112, 88, 176, 128, 48, 56, 888, 24, 40, 48, 200, 80, 64, 48, 56, 192, 152]),
    ((11, 7), [152, 152, 152, 184, 136, 48, 56, 904, 24, 40, 48, 200, 216, 64, 48, 64, 176, 128]),
    ((12, 1), [144, 144, 144, 192, 144, 48, 56, 920, 24, 40, 48, 200, 216, 64, 48, 64, 176, 128]),
    ((13, 0), [144, 144, 144, 200, 144, 48, 56, 928, 24, 40, 48, 200, 216, 64, 48, 64, 144, 104]),
    ((13, 18), [144, 144, 144, 200, 144, 48, 56, 928, 24, 40, 48, 200, 216, 64, 48, 64, 144, 104]),
    ((14, 10), [152, 152, 152, 208, 152, 48, 56, 936, 32, 40, 48, 200, 216, 80, 48, 64, 168, 112]),
    ((15, 2), [152, 152, 152, 208, 152, 48, 104, 944, 32, 40, 48, 200, 216, 80, 48, 64, 168, 112]),
];

fn observed(sizes: [u64; 18]) -> Observed {
    let [
        coroutine,
        async_generator,
        generator,
        code,
        function,
        method,
        module,
        type_object,
        tuple,
        list,
        dict,
        set,
        deque,
        partial,
        context,
        weak_reference,
        task,
        future,
    ] = sizes.map(Some);
    Observed {
        coroutine,
        async_generator,
        generator,
        code,
        function,
        method,
        module,
        type_object,
        tuple,
        list,
        dict,
        set,
        deque,
        partial,
        context,
        weak_reference,
        task,
        future,
    }
}

const STRUCTURES: [&str; 18] = [
    "PyCoroObject",
    "PyAsyncGenObject",
    "PyGenObject",
    "PyCodeObject",
    "PyFunctionObject",
    "PyMethodObject",
    "PyModuleObject",
    "PyHeapTypeObject",
    "PyTupleObject",
    "PyListObject",
    "PyDictObject",
    "PySetObject",
    "dequeobject",
    "partialobject",
    "PyContext",
    "PyWeakReference",
    "TaskObj",
    "FutureObj",
];

#[test]
fn real_interpreters_pass() {
    for ((minor, micro), sizes) in BASIC_SIZES {
        assert_eq!(validate(&layout(*minor, *micro), &observed(*sizes)), Ok(()), "3.{minor}.{micro}");
    }
}

#[test]
fn all_tables_are_consistent_in_themselves() {
    for minor in 8..=15 {
        for micro in [0, 2, 5, 10, 18] {
            for (free_threaded, aarch64) in [(false, false), (false, true), (true, false), (true, true)] {
                if let Some(layout) = for_machine(minor, micro, free_threaded, aarch64) {
                    assert_eq!(validate(&layout, &Observed::default()), Ok(()), "3.{minor}.{micro}");
                }
            }
        }
    }
}

#[test]
fn each_size_that_differs_is_refused_by_its_structure() {
    for ((minor, micro), sizes) in BASIC_SIZES {
        for (index, structure) in STRUCTURES.into_iter().enumerate() {
            let mut lie = *sizes;
            lie[index] += 16; // what Py_TRACE_REFS adds to every object
            let expected = LayoutMismatch {
                minor: *minor,
                micro: *micro,
                free_threaded: false,
                structure,
                field: "tp_basicsize",
                contradiction: Contradiction::Size { expected: sizes[index], found: lie[index] },
            };
            assert_eq!(validate(&layout(*minor, *micro), &observed(lie)), Err(expected));
        }
    }
}

#[test]
fn the_table_of_a_neighbouring_version_is_refused() {
    for pair in BASIC_SIZES.windows(2) {
        let ((minor, micro), sizes) = (pair[0].0, pair[1].1);
        if minor != pair[1].0.0 {
            assert!(validate(&layout(minor, micro), &observed(sizes)).is_err(), "3.{minor}");
            assert!(validate(&layout(pair[1].0.0, 0), &observed(pair[0].1)).is_err(), "3.{minor}");
        }
    }
}

/// What `validate` says about a layout with one field put elsewhere.
fn refused(change: impl FnOnce(&mut Layout)) -> (&'static str, &'static str, Contradiction) {
    let mut layout = layout(13, 0);
    change(&mut layout);
    let mismatch = validate(&layout, &Observed::default()).expect_err("a lie");
    (mismatch.structure, mismatch.field, mismatch.contradiction)
}

#[test]
fn a_field_behind_its_structure_is_refused() {
    let outside = Contradiction::Outside { limit: 144, found: 152 };
    assert_eq!(refused(|layout| layout.task.task_coro = Field::new(144, 8)), ("TaskObj", "task_coro", outside));
    let outside = Contradiction::Outside { limit: 16, found: u64::from(u32::MAX) + 7 };
    let far = Field::new(u32::MAX - 1, 8);
    assert_eq!(refused(|layout| layout.object.ob_type = far), ("PyObject", "ob_type", outside));
}

#[test]
fn a_field_that_cannot_be_there_by_alignment_is_refused() {
    let misaligned = Contradiction::Misaligned { alignment: 8, found: 124 };
    assert_eq!(refused(|layout| layout.task.task_coro = Field::new(124, 8)), ("TaskObj", "task_coro", misaligned));
    let misaligned = Contradiction::Misaligned { alignment: 4, found: 22 };
    let lists = Field::new(22, 72);
    assert_eq!(refused(|layout| layout.gc.generations = lists), ("_gc_runtime_state", "generations", misaligned));
}

#[test]
fn fields_on_top_of_each_other_are_refused() {
    let overlap = Contradiction::Overlap { other: "task_coro", limit: 136, found: 128 };
    assert_eq!(refused(|layout| layout.task.task_coro = Field::new(128, 8)), ("TaskObj", "task_name", overlap));
    let overlap = Contradiction::Overlap { other: "gc", limit: 7664, found: 7640 };
    let grown = Field::new(7400, 264);
    assert_eq!(refused(|layout| layout.interpreter.gc = grown), ("PyInterpreterState", "sysdict", overlap));
}

#[test]
fn a_mismatch_is_told_to_a_person() {
    let observed = Observed { coroutine: Some(160), ..Observed::default() };
    let mismatch = validate(&layout(13, 5), &observed).expect_err("another size");
    let error = Error::from(mismatch);
    assert_eq!(error.kind(), ErrorKind::LayoutMismatch);
    assert_eq!(
        error.to_string(),
        "the structures of this CPython 3.13.5 are not the ones we know: \
         `PyCoroObject.tp_basicsize` is 160, and our table says 144"
    );
    assert_eq!(error.hints().len(), 1);
}
