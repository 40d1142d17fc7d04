//! The tables against numbers written down independently of them, and the traps of the versions one by one.

use super::*;

/// "This version has no such field" in the tables below.
const N: u64 = u64::MAX;

/// The versions of the columns below: minor and micro.
const COLUMNS: [(u8, u8); 8] = [(8, 18), (9, 18), (10, 13), (11, 7), (12, 1), (13, 18), (14, 10), (15, 2)];

/// Offsets on `x86_64`, checked against debug information and living processes of these versions.
#[rustfmt::skip]
const OFFSETS: &[(&str, &str, [u64; 8])] = &[
    ("_PyRuntimeState", "interpreters.head", [32, 32, 32, 40, 40, 632, 808, 936]),
    ("_PyRuntimeState", "interpreters.main", [40, 40, 40, 48, 48, 640, 816, 944]),
    ("_PyRuntimeState", "initialized", [12, 12, 12, 16, 16, 600, 776, 904]),
    ("PyInterpreterState", "next", [0, 0, 0, 0, 0, 7264, 7272, 7264]),
    ("PyInterpreterState", "id", [16, 24, 24, 48, 8, 7272, 7280, 7272]),
    ("PyInterpreterState", "tstate_head", [8, 8, 8, 16, 72, 7344, 7344, 7336]),
    ("PyInterpreterState", "gc", [N, 616, 616, 648, 112, 7400, 7408, 7400]),
    ("PyInterpreterState", "modules", [56, 856, 856, 888, 944, 7656, 7688, 7592]),
    ("PyInterpreterState", "sysdict", [72, 872, 872, 904, 352, 7640, 7672, 7576]),
    ("PyInterpreterState", "warnings.filters_version", [2696, 3528, 3480, 3528, 3920, 10688, 10768, 10744]),
    ("PyInterpreterState", "types.builtins.initialized", [N, N, N, N, 373704, 182968, 180240, 180264]),
    ("PyInterpreterState", "types.for_extensions.initialized", [N, N, N, N, N, 192584, 189856, 190024]),
    ("PyInterpreterState", "asyncio_tasks_head", [N, N, N, N, N, N, 10880, 10856]),
    ("PyThreadState", "next", [8, 8, 8, 8, 8, 8, 8, 8]),
    ("PyThreadState", "frame", [24, 24, 24, N, N, N, N, N]),
    ("PyThreadState", "cframe", [N, N, 48, 56, 56, N, N, N]),
    ("PyThreadState", "current_frame", [N, N, N, N, N, 72, 72, 72]),
    ("PyThreadState", "dict", [152, 152, 152, 128, 112, 128, 128, 152]),
    ("PyThreadState", "thread_id", [176, 176, 176, 152, 136, 152, 152, 176]),
    ("PyThreadState", "native_thread_id", [N, N, N, 160, 144, 160, 160, 184]),
    ("PyThreadState", "coroutine_origin_tracking_depth", [216, 216, 216, 200, 184, 184, 184, 208]),
    ("PyThreadState", "context", [240, 240, 240, 224, 208, 208, 208, 232]),
    ("_PyThreadStateImpl", "asyncio_running_loop", [N, N, N, N, N, 312, 864, 1024]),
    ("_PyThreadStateImpl", "asyncio_running_task", [N, N, N, N, N, N, 872, 1032]),
    ("_PyThreadStateImpl", "asyncio_tasks_head", [N, N, N, N, N, N, 880, 1048]),
    ("_gc_runtime_state", "enabled", [12, 12, 12, 12, 12, 12, 12, 0]),
    ("_gc_runtime_state", "generations", [24, 24, 24, 24, 24, 20, 24, 8]),
    ("_gc_runtime_state", "generation0", [96, 96, 96, 96, 96, 96, 256, 168]),
    ("_gc_runtime_state", "permanent_generation", [104, 104, 104, 104, 104, 104, 96, 80]),
    ("_gc_runtime_state", "collecting", [200, 200, 200, 200, 200, 200, 192, 112]),
    ("PyCoroObject", "frame", [16, 16, 16, N, N, N, N, N]),
    ("PyCoroObject", "running", [24, 24, N, N, N, N, N, N]),
    ("PyCoroObject", "code", [32, 32, 24, 16, N, N, N, N]),
    ("PyCoroObject", "weakreflist", [40, 40, 32, 24, 16, 16, 16, 16]),
    ("PyCoroObject", "name", [48, 48, 40, 32, 24, 24, 24, 24]),
    ("PyCoroObject", "qualname", [56, 56, 48, 40, 32, 32, 32, 32]),
    ("PyCoroObject", "origin", [96, 96, 88, N, N, N, N, N]),
    ("PyCoroObject", "origin_or_finalizer", [N, N, N, 64, 56, 56, 56, 56]),
    ("PyCoroObject", "frame_state", [N, N, N, 75, 67, 67, 67, 67]),
    ("PyCoroObject", "iframe", [N, N, N, 80, 72, 72, 72, 72]),
    ("PyAsyncGenObject", "finalizer", [96, 96, 88, N, N, N, N, N]),
    ("PyAsyncGenObject", "hooks_inited", [104, 104, 96, 72, 64, 64, 64, 64]),
    ("PyAsyncGenObject", "closed", [108, 108, 100, 73, 65, 65, 65, 65]),
    ("PyAsyncGenObject", "running_async", [112, 112, 104, 74, 66, 66, 66, 66]),
    ("PyFrameObject", "f_back", [24, 24, 24, 16, 16, 16, 16, 16]),
    ("PyFrameObject", "f_code", [32, 32, 32, N, N, N, N, N]),
    ("PyFrameObject", "f_valuestack", [64, 64, 64, N, N, N, N, N]),
    ("PyFrameObject", "f_stacktop", [72, 72, N, N, N, N, N, N]),
    ("PyFrameObject", "f_stackdepth", [N, N, 80, N, N, N, N, N]),
    ("PyFrameObject", "f_lasti", [104, 104, 96, N, N, N, N, N]),
    ("PyFrameObject", "f_state", [N, N, 108, N, N, N, N, N]),
    ("PyFrameObject", "f_localsplus", [360, 360, 352, N, N, N, N, N]),
    ("PyFrameObject", "f_frame", [N, N, N, 24, 24, 24, 24, 24]),
    ("_PyInterpreterFrame", "f_code", [N, N, N, 32, 0, N, N, N]),
    ("_PyInterpreterFrame", "f_executable", [N, N, N, N, N, 0, 0, 0]),
    ("_PyInterpreterFrame", "previous", [N, N, N, 48, 8, 8, 8, 8]),
    ("_PyInterpreterFrame", "f_func", [N, N, N, 0, N, N, N, N]),
    ("_PyInterpreterFrame", "f_funcobj", [N, N, N, N, 16, 16, 16, 16]),
    ("_PyInterpreterFrame", "f_locals", [N, N, N, 24, 40, 40, 40, 40]),
    ("_PyInterpreterFrame", "frame_obj", [N, N, N, 40, 48, 48, 48, 48]),
    ("_PyInterpreterFrame", "prev_instr", [N, N, N, 56, 56, N, N, N]),
    ("_PyInterpreterFrame", "instr_ptr", [N, N, N, N, N, 56, 56, 56]),
    ("_PyInterpreterFrame", "stacktop", [N, N, N, 64, 64, 64, N, N]),
    ("_PyInterpreterFrame", "stackpointer", [N, N, N, N, N, N, 64, 64]),
    ("_PyInterpreterFrame", "owner", [N, N, N, 69, 70, 70, 74, 74]),
    ("_PyInterpreterFrame", "localsplus", [N, N, N, 72, 72, 72, 80, 80]),
    ("TaskObj", "task_loop", [16, 16, 16, 16, 16, 16, 16, 16]),
    ("TaskObj", "task_callback0", [24, 24, 24, 24, 24, 24, 24, 24]),
    ("TaskObj", "task_context0", [32, 32, 32, 32, 32, 32, 32, 32]),
    ("TaskObj", "task_callbacks", [40, 40, 40, 40, 40, 40, 40, 40]),
    ("TaskObj", "task_exception", [48, 48, 48, 48, 48, 48, 48, 48]),
    ("TaskObj", "task_exception_tb", [N, N, 56, 56, 56, 56, 56, 56]),
    ("TaskObj", "task_result", [56, 56, 64, 64, 64, 64, 64, 64]),
    ("TaskObj", "task_source_tb", [64, 64, 72, 72, 72, 72, 72, 72]),
    ("TaskObj", "task_awaited_by", [N, N, N, N, N, N, 96, 96]),
    ("TaskObj", "task_state", [72, 80, 88, 88, 88, 96, 104, 104]),
    ("TaskObj", "task_is_task", [N, N, N, N, N, N, 108, 108]),
    ("TaskObj", "task_awaited_by_is_set", [N, N, N, N, N, N, 109, 109]),
    ("TaskObj", "task_log_tb", [76, 84, 92, 92, 92, 100, 110, 110]),
    ("TaskObj", "task_must_cancel", [136, 176, 184, 160, 160, 100, 110, 110]),
    ("TaskObj", "task_log_destroy_pending", [140, 180, 188, 164, 164, 100, 110, 110]),
    ("TaskObj", "dict", [88, 96, 104, 104, 104, N, N, N]),
    ("TaskObj", "task_fut_waiter", [104, 144, 152, 128, 128, 112, 120, 120]),
    ("TaskObj", "task_coro", [112, 152, 160, 136, 136, 120, 128, 128]),
    ("TaskObj", "task_name", [120, 160, 168, 144, 144, 128, 136, 136]),
    ("TaskObj", "task_context", [128, 168, 176, 152, 152, 136, 144, 144]),
    ("TaskObj", "task_node", [N, N, N, N, N, N, 152, 152]),
];

/// Sizes on `x86_64`, checked in the same way.
#[rustfmt::skip]
const SIZES: &[(&str, [u32; 8])] = &[
    ("_gc_runtime_state", [240, 240, 240, 240, 240, 240, 264, 176]),
    ("PyCoroObject", [104, 104, 96, 88, 80, 80, 160, 160]),
    ("TaskObj", [144, 184, 192, 176, 176, 144, 168, 168]),
    ("FutureObj", [104, 144, 152, 128, 128, 104, 112, 112]),
];

fn layout(minor: u8, micro: u8) -> Layout {
    for_machine(minor, micro, false, false).expect("a supported version")
}

fn free_threaded(minor: u8, micro: u8) -> Layout {
    for_machine(minor, micro, true, false).expect("a supported version")
}

fn offset(layout: &Layout, structure: &str, field: &str) -> u64 {
    let found = layout.fields().find(|(of, name, _)| *of == structure && *name == field);
    let (.., field) = found.unwrap_or_else(|| panic!("no field {structure}.{field}"));
    field.offset().unwrap_or(N)
}

fn states(layout: &Layout) -> [Option<i8>; 7] {
    let states = layout.frame_states.expect("frame states");
    [
        Some(states.created),
        Some(states.suspended),
        states.suspended_yield_from,
        states.suspended_yield_from_locked,
        Some(states.executing),
        states.completed,
        Some(states.cleared),
    ]
}

#[test]
fn every_version_has_the_offsets_written_down() {
    for (column, (minor, micro)) in COLUMNS.into_iter().enumerate() {
        let layout = layout(minor, micro);
        for (structure, field, offsets) in OFFSETS {
            assert_eq!(offset(&layout, structure, field), offsets[column], "3.{minor} {structure}.{field}");
        }
        for (structure, sizes) in SIZES {
            let size = layout.sizes().find(|(name, _)| name == structure).map(|(_, size)| size);
            assert_eq!(size, Some(sizes[column]), "3.{minor} sizeof({structure})");
        }
    }
}

#[test]
fn versions_without_a_table_have_no_layout() {
    for (minor, free_threaded) in [(0, false), (7, false), (16, false), (255, false), (8, true), (12, true), (16, true)]
    {
        assert!(for_version(minor, 0, free_threaded).is_none(), "3.{minor} {free_threaded}");
    }
}

#[test]
fn every_patch_release_has_a_layout_that_knows_its_name() {
    for minor in 8..=15 {
        for micro in 0..=255 {
            let layout = for_version(minor, micro, false).expect("a supported version");
            assert_eq!((layout.minor, layout.micro, layout.free_threaded), (minor, micro, false));
        }
    }
    for minor in 13..=15 {
        for micro in 0..=255 {
            let layout = for_version(minor, micro, true).expect("a supported version");
            assert_eq!((layout.minor, layout.micro, layout.free_threaded), (minor, micro, true));
        }
    }
}

#[test]
fn frame_states_are_renumbered_in_3_13_and_in_3_15() {
    assert_eq!(layout(8, 18).frame_states, None);
    assert_eq!(layout(9, 18).frame_states, None);
    for minor in 10..=12 {
        assert_eq!(states(&layout(minor, 0)), [Some(-2), Some(-1), None, None, Some(0), Some(1), Some(4)], "3.{minor}");
    }
    for minor in 13..=14 {
        let expected = [Some(-3), Some(-2), Some(-1), None, Some(0), Some(1), Some(4)];
        assert_eq!(states(&layout(minor, 0)), expected, "3.{minor}");
        assert_eq!(states(&free_threaded(minor, 0)), expected, "3.{minor}t");
    }
    // 0 is "executing" above and "created" here
    let expected = [Some(0), Some(1), Some(2), Some(3), Some(4), None, Some(5)];
    assert_eq!(states(&layout(15, 2)), expected);
    assert_eq!(states(&free_threaded(15, 2)), expected);
}

#[test]
fn kinds_of_behaviour_change_when_they_should() {
    let kinds = |minor| {
        let layout = layout(minor, 99);
        (layout.frame_kind, layout.line_table, layout.managed_dict, layout.task_registry, layout.gc_location)
    };
    use FrameKind::{Embedded, FrameObject38, FrameObject310};
    use GcLocation::{Interpreter, Runtime};
    use LineTable::{Lnotab, Locations311, Ranges310};
    use TaskRegistry::{AllTasksWeakSet, LinkedLists, ScheduledTasksWeakSet};
    assert_eq!(kinds(8), (FrameObject38, Lnotab, ManagedDict::None, AllTasksWeakSet, Runtime));
    assert_eq!(kinds(9), (FrameObject38, Lnotab, ManagedDict::None, AllTasksWeakSet, Interpreter));
    assert_eq!(kinds(10), (FrameObject310, Ranges310, ManagedDict::None, AllTasksWeakSet, Interpreter));
    assert_eq!(kinds(11), (Embedded, Locations311, ManagedDict::ValuesPointer311, AllTasksWeakSet, Interpreter));
    assert_eq!(kinds(12), (Embedded, Locations311, ManagedDict::TaggedPointer312, ScheduledTasksWeakSet, Interpreter));
    assert_eq!(kinds(13), (Embedded, Locations311, ManagedDict::Inline313, ScheduledTasksWeakSet, Interpreter));
    for minor in 14..=15 {
        assert_eq!(kinds(minor), (Embedded, Locations311, ManagedDict::Inline313, LinkedLists, Interpreter));
    }
    for minor in 8..=15 {
        let layout = layout(minor, 99);
        assert_eq!(layout.tagged_references, minor >= 14, "3.{minor}");
        assert_eq!(layout.immortal_objects, minor >= 12, "3.{minor}");
        assert_eq!(layout.await_stack_depth, if minor >= 15 { 2 } else { 1 }, "3.{minor}");
        assert_eq!(layout.header_before_gc_object, 16, "3.{minor}");
        assert_eq!(layout.gc_kind, GcKind::Generational, "3.{minor}");
        assert_eq!(layout.managed_dict_before, if minor >= 11 { 24 } else { 0 }, "3.{minor}");
        assert_eq!(layout.managed_weakref_before, if minor >= 12 { 32 } else { 0 }, "3.{minor}");
        let geometry = layout.pool_geometry.expect("pymalloc");
        let expected = if minor >= 10 { (1 << 20, 16 << 10) } else { (256 << 10, 4 << 10) };
        assert_eq!((geometry.arena_size, geometry.pool_size), expected, "3.{minor}");
    }
}

#[test]
fn tuples_have_their_items_at_32_from_3_14_on() {
    for minor in 8..=15 {
        assert_eq!(layout(minor, 0).tuple.ob_item.offset(), Some(if minor >= 14 { 32 } else { 24 }), "3.{minor}");
    }
}

#[test]
fn task_flags_are_ints_up_to_3_12_and_bits_after() {
    assert_eq!(layout(12, 1).task.task_log_tb, Field::new(92, 4));
    assert_eq!(layout(12, 1).task.task_must_cancel, Field::new(160, 4));
    assert_eq!(layout(13, 0).task.task_log_tb, Field::bits(100, 0, 1));
    assert_eq!(layout(13, 0).task.task_must_cancel, Field::bits(100, 2, 1));
    assert_eq!(layout(14, 10).task.task_must_cancel, Field::bits(110, 2, 1));
    assert_eq!(layout(15, 2).task.task_log_destroy_pending, Field::bits(110, 3, 1));
}

#[test]
fn wakeup_wrappers_exist_in_3_8_and_3_9_only() {
    for minor in 8..=15 {
        let expected = (minor <= 9).then_some(16);
        assert_eq!(layout(minor, 0).wakeup_wrapper.ww_task.offset(), expected, "3.{minor}");
        assert_eq!(layout(minor, 0).step_wrapper.sw_task.offset(), Some(16), "3.{minor}");
    }
}

#[test]
fn generations_of_3_13_are_where_the_distribution_has_them() {
    assert_eq!(layout(13, 0).gc.generations.offset(), Some(24));
    assert_eq!(layout(13, 5).gc.generations.offset(), Some(20));
    assert_eq!(layout(13, 18).gc.generations.offset(), Some(20));
    for micro in [0, 5, 18] {
        assert_eq!(layout(13, micro).gc.generation0.offset(), Some(96));
        assert_eq!(layout(13, micro).gc.permanent_generation.offset(), Some(104));
    }
}

#[test]
fn the_thread_state_of_3_13_grows() {
    for (micro, size) in [(0, 304), (5, 304), (15, 312), (18, 312)] {
        let layout = layout(13, micro);
        assert_eq!(layout.thread.size, size);
        assert_eq!(layout.thread_impl.asyncio_running_loop.offset(), Some(u64::from(size)));
    }
}

#[test]
fn early_3_14_has_the_incremental_collector() {
    for micro in 0..=4 {
        let layout = layout(14, micro);
        assert_eq!(layout.gc_kind, GcKind::Incremental);
        assert_eq!(layout.gc.size, 240);
        assert_eq!(layout.gc.young, Field::new(24, 24));
        assert_eq!(layout.gc.old, Field::new(48, 48));
        assert_eq!(layout.gc.permanent_generation, Field::new(96, 24));
        assert_eq!(layout.gc.visited_space, Field::new(232, 4));
        assert_eq!(layout.gc.collecting, Field::new(192, 4));
        assert!(!layout.gc.generations.is_present() && !layout.gc.generation0.is_present());
        assert_eq!(layout.interpreter.asyncio_tasks_head.offset(), Some(10848));
        assert_eq!(layout.interpreter.modules.offset(), Some(7688 - 24));
        assert_eq!(layout.thread_impl.asyncio_running_loop.offset(), Some(856));
        assert_eq!(layout.thread_impl.asyncio_tasks_head.offset(), Some(872));
    }
    let later = layout(14, 5);
    assert_eq!((later.gc_kind, later.gc.size), (GcKind::Generational, 264));
    assert_eq!(later.gc.generation0.offset(), Some(256));
}

#[test]
fn free_threaded_builds_have_a_head_of_32_bytes_and_no_collector_header() {
    for minor in 13..=15 {
        let (default, free) = (layout(minor, 0), free_threaded(minor, 0));
        assert_eq!(free.gc_kind, GcKind::FreeThreaded, "3.{minor}t");
        assert_eq!(free.header_before_gc_object, 0, "3.{minor}t");
        assert_eq!(free.pool_geometry, None, "3.{minor}t");
        assert_eq!((free.managed_dict_before, free.managed_weakref_before), (8, 16), "3.{minor}t");
        assert_eq!(free.object.size, 32, "3.{minor}t");
        assert_eq!(free.object.ob_type, Field::new(24, 8), "3.{minor}t");
        assert_eq!(free.object.ob_tid, Field::new(0, 8), "3.{minor}t");
        assert_eq!(free.object.ob_gc_bits, Field::new(11, 1), "3.{minor}t");
        assert_eq!(free.object.ob_ref_local, Field::new(12, 4), "3.{minor}t");
        assert_eq!(free.object.ob_ref_shared, Field::new(16, 8), "3.{minor}t");
        assert!(!free.object.ob_refcnt.is_present(), "3.{minor}t");
        assert_eq!(free.tuple.ob_item.offset(), default.tuple.ob_item.offset().map(|at| at + 16), "3.{minor}t");
        assert_eq!(free.coroutine.frame_state.offset(), Some(83), "3.{minor}t");
        assert_eq!(free.ascii.state.offset(), Some(48), "3.{minor}t");
    }
    // `interned` is a byte of its own from 3.14 on
    assert_eq!(free_threaded(13, 0).ascii.state_kind, Field::bits(48, 2, 3));
    for minor in 14..=15 {
        let ascii = free_threaded(minor, 0).ascii;
        assert_eq!(ascii.state_kind, Field::bits(48, 8, 3));
        assert_eq!(ascii.state_compact, Field::bits(48, 11, 1));
        assert_eq!(ascii.state_ascii, Field::bits(48, 12, 1));
    }
    assert_eq!(layout(14, 10).ascii.state_kind, Field::bits(32, 2, 3));
    assert_eq!(layout(14, 10).ascii.state_compact, Field::bits(32, 5, 1));
    assert_eq!(layout(14, 10).ascii.state_ascii, Field::bits(32, 6, 1));
}

#[test]
fn origin_depth_and_context_keep_their_distance_from_the_thread_id() {
    for minor in 13..=15 {
        for layout in [layout(minor, 0), layout(minor, 99), free_threaded(minor, 0), free_threaded(minor, 99)] {
            let thread = layout.thread.native_thread_id.offset().expect("a thread id");
            assert_eq!(layout.thread.coroutine_origin_tracking_depth.offset(), Some(thread + 24));
            assert_eq!(layout.thread.context.offset(), Some(thread + 48));
        }
    }
}

#[test]
fn aarch64_moves_fields_behind_the_interpreter_lock_and_nothing_else() {
    let aarch64 = for_machine(14, 10, false, true).expect("a supported version");
    assert_eq!(aarch64.interpreter.asyncio_tasks_head.offset(), Some(10896));
    assert_eq!(aarch64.interpreter.warnings_filters_version.offset(), Some(10784));
    assert_eq!(aarch64.interpreter.modules.offset(), Some(7688));
    let aarch64 = for_machine(12, 1, false, true).expect("a supported version");
    assert_eq!(aarch64.interpreter.types_builtins_initialized.offset(), Some(373_720));
    // which mimalloc a free-threaded build holds makes a difference, too
    for (micro, expected) in [(0, 17632), (2, 17272)] {
        let aarch64 = for_machine(15, micro, true, true).expect("a supported version");
        assert_eq!(aarch64.interpreter.asyncio_tasks_head.offset(), Some(expected));
    }
    for minor in 8..=15 {
        let (here, there) = (layout(minor, 0), for_machine(minor, 0, false, true).expect("a supported version"));
        for ((structure, name, ours), (.., theirs)) in here.fields().zip(there.fields()) {
            if structure != "PyInterpreterState" && name != "gilstate.tstate_current" {
                assert_eq!(ours, theirs, "3.{minor} {structure}.{name}");
            }
        }
    }
}

#[test]
fn a_field_is_there_in_some_version() {
    let layouts: Vec<Layout> = (8..=15).flat_map(|minor| [layout(minor, 0), layout(minor, 99)]).collect();
    let free: Vec<Layout> = (13..=15).map(|minor| free_threaded(minor, 99)).collect();
    for (structure, name, _) in layouts[0].fields() {
        let present = |layout: &Layout| offset(layout, structure, name) != N;
        assert!(layouts.iter().chain(&free).any(present), "{structure}.{name} is in no table");
    }
}
