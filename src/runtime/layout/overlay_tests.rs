//! The overlays on blocks taken from real builds, and on blocks that lie.

use super::asyncio_debug::{apply_asyncio_debug, asyncio_debug_length};
use super::overlay::{Drift, OverlayError, apply_debug_offsets, apply_generation0, debug_offsets_length};
use super::validate::{Observed, validate};
use super::*;
use crate::error::{Error, ErrorKind};
use crate::memory::Address;

const COOKIE: u64 = 0x7970_6775_6265_6478;

/// `_PyRuntime` of an upstream build of 3.13.0.
#[rustfmt::skip]
const UPSTREAM_3_13_0: [u64; 73] = [
    COOKIE, 0x030d_00f0, 0, 283320, 608, 632, 194968, 7272, 7264, 7344, 7400, 7656, 7640, 7648, 16, 7752, 0, 7768, 7760, 304, 0,
    8, 16, 72, 152, 160, 232, 32, 80, 8, 0, 56, 72, 70, 208, 112, 120, 128, 136, 68, 52, 96, 104, 200, 16, 8, 416, 24, 88, 168,
    32, 24, 16, 40, 24, 16, 48, 32, 40, 24, 16, 32, 16, 24, 40, 16, 32, 64, 32, 16, 40, 240, 200,
];
/// `_PyRuntime` of Debian's 3.13.18.
#[rustfmt::skip]
const DEBIAN_3_13_18: [u64; 73] = [
    COOKIE, 0x030d_12f0, 0, 283408, 608, 632, 194984, 7272, 7264, 7344, 7400, 7656, 7640, 7648, 16, 7752, 0, 7768, 7760, 312, 0,
    8, 16, 72, 152, 160, 232, 32, 80, 8, 0, 56, 72, 70, 208, 112, 120, 128, 136, 68, 52, 96, 104, 200, 16, 8, 416, 24, 88, 168,
    32, 24, 16, 40, 24, 16, 48, 32, 40, 24, 16, 32, 16, 24, 40, 16, 32, 64, 32, 16, 40, 240, 200,
];
/// `_PyRuntime` of Debian's 3.14.10.
#[rustfmt::skip]
const DEBIAN_3_14_10: [u64; 95] = [
    COOKIE, 0x030e_0af0, 0, 316616, 784, 808, 225864, 7280, 7272, 7344, 7360, 7408, 7688, 7672, 7680, 16, 7784, 0, 7800, 7792,
    7992, 0, 832, 0, 8, 16, 72, 152, 160, 232, 32, 88, 8, 0, 56, 80, 74, 64, 0, 216, 112, 120, 128, 136, 68, 52, 96, 104, 208, 0,
    16, 8, 416, 24, 88, 168, 40, 32, 16, 40, 24, 16, 200, 24, 40, 32, 48, 32, 40, 24, 16, 32, 16, 24, 40, 16, 32, 64, 32, 16, 40,
    264, 192, 160, 24, 72, 67, 0, 8, 24, 304, 8076, 0, 4, 512,
];
/// `_PyRuntime` of Debian's 3.15.2, which is configured with the (disabled) JIT.
#[rustfmt::skip]
const DEBIAN_3_15_2: [u64; 111] = [
    COOKIE, 0x030f_02f0, 0, 346568, 912, 936, 226240, 7272, 7264, 7336, 7352, 7400, 7592, 7576, 7584, 16, 7736, 0, 7752, 7744,
    7944, 0, 888, 0, 8, 16, 72, 80, 88, 96, 176, 184, 256, 32, 36, 40, 136, 288, 0, 88, 8, 0, 56, 80, 74, 64, 0, 216, 112, 120,
    128, 136, 68, 52, 96, 104, 208, 0, 16, 8, 424, 24, 88, 168, 32, 288, 944, 888, 40, 32, 16, 40, 24, 16, 200, 24, 40, 32, 48,
    32, 40, 24, 16, 32, 16, 24, 40, 16, 32, 64, 32, 16, 40, 56, 176, 112, 120, 1120, 104, 160, 24, 72, 67, 0, 8, 24, 344, 8028,
    0, 4, 512,
];
/// Where some words are in the blocks above.
const VERSION: usize = 1;
const FREE_THREADED: usize = 2;
const INTERPRETER_MODULES_3_13: usize = 11;
const THREAD_SIZE_3_13: usize = 19;
const NATIVE_THREAD_ID_3_13: usize = 25;
const GC_SIZE_3_13: usize = 71;
const INTERPRETER_GC_3_14: usize = 11;
const GC_SIZE_3_14: usize = 81;

/// `.AsyncioDebug` of Debian's 3.14.10 and 3.15.2.
const ASYNCIO_3_14_10: [u64; 13] = [168, 136, 96, 108, 109, 128, 152, 225864, 10880, 936, 864, 872, 880];
const ASYNCIO_3_15_2: [u64; 13] = [168, 136, 96, 108, 109, 128, 152, 226240, 10856, 1104, 1024, 1032, 1048];

fn bytes(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn with<const N: usize>(mut words: [u64; N], changes: &[(usize, u64)]) -> Vec<u8> {
    for (index, value) in changes {
        words[*index] = *value;
    }
    bytes(&words)
}

fn layout(minor: u8, micro: u8) -> Layout {
    for_machine(minor, micro, false, false).expect("a supported version")
}

#[test]
fn blocks_have_the_length_of_their_version() {
    let lengths: Vec<usize> = (11..=17).map(debug_offsets_length).collect();
    assert_eq!(lengths, [0, 0, 584, 760, 888, 0, 0]);
    let lengths: Vec<usize> = (12..=17).map(asyncio_debug_length).collect();
    assert_eq!(lengths, [0, 0, 104, 104, 0, 0]);
}

#[test]
fn real_blocks_agree_with_the_tables() {
    for (minor, micro, block) in
        [(13, 0, &UPSTREAM_3_13_0[..]), (13, 18, &DEBIAN_3_13_18[..]), (14, 10, &DEBIAN_3_14_10[..])]
    {
        let table = layout(minor, micro);
        let mut changed = table.clone();
        assert_eq!(apply_debug_offsets(&mut changed, &bytes(block)), Ok(Vec::new()), "3.{minor}.{micro}");
        assert_eq!(changed, table, "3.{minor}.{micro}");
    }
}

#[test]
fn the_jit_makes_three_structures_of_3_15_larger_and_moves_nothing() {
    let table = layout(15, 2);
    let mut changed = table.clone();
    let drift = apply_debug_offsets(&mut changed, &bytes(&DEBIAN_3_15_2));
    let expected = vec![
        Drift { field: "runtime_state.size", table: 346560, target: 346568 },
        Drift { field: "interpreter_state.size", table: 226232, target: 226240 },
    ];
    assert_eq!(drift, Ok(expected));
    let drift = apply_asyncio_debug(&mut changed, &bytes(&ASYNCIO_3_15_2));
    assert_eq!(drift, Ok(vec![Drift { field: "asyncio_thread_state.size", table: 1096, target: 1104 }]));
    assert!(changed.fields().eq(table.fields()));
    assert_eq!(validate(&changed, &Observed::default()), Ok(()));
}

#[test]
fn a_plausible_word_that_puts_a_field_on_another_is_refused_by_validate() {
    let mut changed = layout(13, 0);
    let block = with(UPSTREAM_3_13_0, &[(NATIVE_THREAD_ID_3_13, 152)]);
    apply_debug_offsets(&mut changed, &block).expect("each word by itself is plausible");
    let refused = validate(&changed, &Observed::default()).expect_err("two fields in one place");
    assert_eq!((refused.structure, refused.field), ("PyThreadState", "thread_id"));
}

#[test]
fn a_block_may_be_longer_than_its_words() {
    let mut longer = bytes(&UPSTREAM_3_13_0);
    longer.extend([0xaa; 100]);
    assert_eq!(apply_debug_offsets(&mut layout(13, 0), &longer), Ok(Vec::new()));
}

#[test]
fn the_target_wins_over_the_table_and_takes_neighbours_along() {
    let mut changed = layout(13, 0);
    let block = with(UPSTREAM_3_13_0, &[(THREAD_SIZE_3_13, 328), (NATIVE_THREAD_ID_3_13, 176)]);
    let drift = apply_debug_offsets(&mut changed, &block).expect("a plausible block");
    assert_eq!(
        drift,
        [
            Drift { field: "thread_state.size", table: 304, target: 328 },
            Drift { field: "thread_state.native_thread_id", table: 160, target: 176 },
        ]
    );
    assert_eq!(changed.thread.size, 328);
    assert_eq!(changed.thread.native_thread_id.offset(), Some(176));
    assert_eq!(changed.thread.coroutine_origin_tracking_depth, Field::new(200, 4));
    assert_eq!(changed.thread.context, Field::new(224, 8));
    assert_eq!(changed.thread_impl.asyncio_running_loop, Field::new(328, 8));
    assert_eq!(changed.thread.thread_id.offset(), Some(152), "what is told stays as told");
}

#[test]
fn the_table_of_an_older_patch_release_becomes_that_of_the_target() {
    let mut changed = layout(13, 0);
    apply_debug_offsets(&mut changed, &bytes(&DEBIAN_3_13_18)).expect("a plausible block");
    assert_eq!(changed.thread_impl.asyncio_running_loop.offset(), Some(312));
}

#[test]
fn what_lies_behind_modules_moves_with_it() {
    let mut changed = layout(13, 0);
    let block = with(UPSTREAM_3_13_0, &[(INTERPRETER_MODULES_3_13, 7656 + 8)]);
    apply_debug_offsets(&mut changed, &block).expect("a plausible block");
    assert_eq!(changed.interpreter.warnings_filters.offset(), Some(10656 + 8));
    assert_eq!(changed.interpreter.types_builtins_initialized.offset(), Some(182_968 + 8));
    assert_eq!(changed.interpreter.gc.offset(), Some(7400));
}

#[test]
fn the_size_of_the_collectors_state_tells_which_collector_3_14_has() {
    // the block of 3.14.10 with the words that 3.14.0 has elsewhere
    let incremental = with(
        DEBIAN_3_14_10,
        &[(VERSION, 0x030e_00f0), (12, 7664), (13, 7648), (14, 7656), (22, 824), (GC_SIZE_3_14, 240)],
    );
    for micro in [0, 2, 10] {
        let mut changed = layout(14, micro);
        let drift = apply_debug_offsets(&mut changed, &incremental).expect("a plausible block");
        assert_eq!(changed.gc_kind, GcKind::Incremental);
        assert_eq!((changed.gc.young, changed.gc.old), (Field::new(24, 24), Field::new(48, 48)));
        assert_eq!(changed.interpreter.gc, Field::new(7408, 240));
        assert_eq!(changed.thread_impl.asyncio_running_loop.offset(), Some(856));
        assert_eq!(changed.interpreter.asyncio_tasks_head.offset(), Some(10848));
        assert_eq!(changed.micro, micro);
        let names: Vec<&str> = drift.iter().map(|drift| drift.field).filter(|name| *name == "gc.size").collect();
        assert_eq!(names.len(), usize::from(micro == 10), "{drift:?}");
    }
    for micro in [0, 10] {
        let mut changed = layout(14, micro);
        apply_debug_offsets(&mut changed, &bytes(&DEBIAN_3_14_10)).expect("a plausible block");
        assert_eq!(changed.gc_kind, GcKind::Generational);
        assert_eq!(changed.gc.generation0.offset(), Some(256));
        assert_eq!(changed.thread_impl.asyncio_running_loop.offset(), Some(864));
    }
}

#[test]
fn generation0_is_the_last_word_of_a_larger_state() {
    let mut changed = layout(14, 10);
    let block = with(DEBIAN_3_14_10, &[(GC_SIZE_3_14, 280), (INTERPRETER_GC_3_14, 7416)]);
    apply_debug_offsets(&mut changed, &block).expect("a plausible block");
    assert_eq!(changed.gc.generation0, Field::new(272, 8));
    assert_eq!(changed.interpreter.gc, Field::new(7416, 280));
    // up to 3.13 it is in the middle
    let mut changed = layout(13, 0);
    apply_debug_offsets(&mut changed, &with(UPSTREAM_3_13_0, &[(GC_SIZE_3_13, 256)])).expect("a plausible block");
    assert_eq!(changed.gc.generation0, Field::new(96, 8));
}

#[test]
fn blocks_of_something_else_are_refused_and_change_nothing() {
    let block = bytes(&UPSTREAM_3_13_0);
    let cases = [
        (13, block[..583].to_vec(), OverlayError::TooShort { needed: 584, given: 583 }),
        (13, Vec::new(), OverlayError::TooShort { needed: 584, given: 0 }),
        (12, block.clone(), OverlayError::NoBlock),
        (13, with(UPSTREAM_3_13_0, &[(0, 0)]), OverlayError::NotTheBlock),
        (
            13,
            with(UPSTREAM_3_13_0, &[(VERSION, 0x030e_00f0)]),
            OverlayError::OtherBuild { word: "version", expected: 0x30d, found: 0x30e },
        ),
        (
            13,
            with(UPSTREAM_3_13_0, &[(FREE_THREADED, 1)]),
            OverlayError::OtherBuild { word: "free_threaded", expected: 0, found: 1 },
        ),
    ];
    for (minor, block, expected) in cases {
        let table = layout(minor, 0);
        let mut changed = table.clone();
        assert_eq!(apply_debug_offsets(&mut changed, &block), Err(expected));
        assert_eq!(changed, table);
    }
}

#[test]
fn words_no_cpython_can_have_are_refused_by_name_and_change_nothing() {
    let cases = [
        (THREAD_SIZE_3_13, 0, "thread_state.size", 304),
        (THREAD_SIZE_3_13, u64::MAX, "thread_state.size", 304),
        (THREAD_SIZE_3_13, 1 << 20, "thread_state.size", 304),
        (NATIVE_THREAD_ID_3_13, 304, "thread_state.native_thread_id", 160),
        (NATIVE_THREAD_ID_3_13, 161, "thread_state.native_thread_id", 160),
        (NATIVE_THREAD_ID_3_13, u64::MAX, "thread_state.native_thread_id", 160),
        (INTERPRETER_MODULES_3_13, 194_968, "interpreter_state.imports_modules", 7656),
        (GC_SIZE_3_13, 1, "gc.size", 240),
    ];
    for (index, value, word, expected) in cases {
        let table = layout(13, 0);
        let mut changed = table.clone();
        let refused = apply_debug_offsets(&mut changed, &with(UPSTREAM_3_13_0, &[(index, value)]));
        assert_eq!(refused, Err(OverlayError::Implausible { word, expected, found: value }));
        assert_eq!(changed, table);
    }
}

#[test]
fn no_single_wrong_word_makes_a_panic() {
    for index in 0..DEBIAN_3_15_2.len() {
        for value in [0, 1, 7, 0xffff_ffff, 0x1_0000_0000, i64::MAX.cast_unsigned(), u64::MAX] {
            let mut changed = layout(15, 2);
            if apply_debug_offsets(&mut changed, &with(DEBIAN_3_15_2, &[(index, value)])).is_ok() {
                let _ = validate(&changed, &Observed::default());
            }
        }
    }
}

#[test]
fn asyncio_tells_where_its_fields_are() {
    let table = layout(14, 10);
    let mut changed = table.clone();
    assert_eq!(apply_asyncio_debug(&mut changed, &bytes(&ASYNCIO_3_14_10)), Ok(Vec::new()));
    assert_eq!(changed, table);

    // what 3.14.0 says, put over the table of 3.14.10
    let older = with(ASYNCIO_3_14_10, &[(7, 225_808), (8, 10848), (9, 912), (10, 856), (11, 864), (12, 872)]);
    let drift = apply_asyncio_debug(&mut changed, &older).expect("a plausible block");
    assert_eq!(drift.len(), 6);
    assert_eq!(drift[1], Drift { field: "asyncio_interpreter_state.asyncio_tasks_head", table: 10880, target: 10848 });
    assert_eq!(changed.interpreter.asyncio_tasks_head, Field::new(10848, 16));
    assert_eq!(changed.thread_impl.asyncio_running_loop, Field::new(856, 8));
    assert_eq!(changed.thread_impl.asyncio_running_task, Field::new(864, 8));
    assert_eq!(changed.thread_impl.asyncio_tasks_head, Field::new(872, 16));
    assert_eq!(changed.task, table.task);
}

#[test]
fn asyncio_blocks_that_cannot_be_are_refused() {
    let table = layout(14, 10);
    let mut changed = table.clone();
    let refused = apply_asyncio_debug(&mut changed, &with(ASYNCIO_3_14_10, &[(5, 168)]));
    let expected = OverlayError::Implausible { word: "asyncio_task_object.task_coro", expected: 128, found: 168 };
    assert_eq!(refused, Err(expected));
    let refused = apply_asyncio_debug(&mut changed, &bytes(&ASYNCIO_3_14_10)[..100]);
    assert_eq!(refused, Err(OverlayError::TooShort { needed: 104, given: 100 }));
    assert_eq!(changed, table);
    assert_eq!(apply_asyncio_debug(&mut layout(13, 0), &bytes(&ASYNCIO_3_14_10)), Err(OverlayError::NoBlock));
}

#[test]
fn the_collectors_own_pointer_tells_where_the_generations_are() {
    let gc = Address::new(0x7f00_0000_1ce8);
    // Debian's table on an upstream build, and the other way round
    for (micro, table, found) in [(18, 20, 24), (0, 24, 20)] {
        let mut changed = layout(13, micro);
        let drift = apply_generation0(&mut changed, gc, gc.offset(found));
        assert_eq!(drift, Ok(Some(Drift { field: "gc.generations", table, target: found })));
        assert_eq!(changed.gc.generations, Field::new(u32::try_from(found).expect("small"), 72));
    }
    let mut changed = layout(12, 1);
    assert_eq!(apply_generation0(&mut changed, gc, gc.offset(24)), Ok(None));
    assert_eq!(changed, layout(12, 1));
}

#[test]
fn a_pointer_out_of_the_collectors_state_is_refused() {
    let gc = Address::new(0x7f00_0000_1ce8);
    for wrong in [Address::NULL, gc.offset(22), gc.offset(240), gc.offset(176), Address::new(0x7f00_0000_1ce0)] {
        let mut changed = layout(13, 0);
        let refused = apply_generation0(&mut changed, gc, wrong);
        assert!(
            matches!(refused, Err(OverlayError::Implausible { word: "gc.generation0", expected: 24, .. })),
            "{wrong}"
        );
        assert_eq!(changed, layout(13, 0));
    }
}

#[test]
fn collectors_without_generations_have_no_such_pointer() {
    let gc = Address::new(0x7f00_0000_1ce8);
    assert_eq!(apply_generation0(&mut layout(14, 2), gc, Address::NULL), Ok(None));
    let mut free = for_machine(15, 2, true, false).expect("a supported version");
    assert_eq!(apply_generation0(&mut free, gc, Address::NULL), Ok(None));
}

#[test]
fn a_refusal_is_told_to_a_person() {
    let error = Error::from(OverlayError::Implausible { word: "thread_state.size", expected: 304, found: 1_048_576 });
    assert_eq!(error.kind(), ErrorKind::LayoutMismatch);
    assert_eq!(
        error.to_string(),
        "cannot use what this CPython says about its own structures: \
         `thread_state.size` is 1048576, which cannot be (our table says 304)"
    );
    assert_eq!(error.hints().len(), 1);
}
