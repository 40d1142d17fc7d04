//! What bites whoever reads CPython from outside, on memory made by hand: each trap has a test that falls into it if the reader does.

mod synth_heap;

use coroscope::asyncio::Asyncio;
use coroscope::heap::candidates::Wanted;
use coroscope::heap::{Generator, GeneratorKind, GeneratorState, Heap};
use coroscope::look::{Settings, examine};
use coroscope::memory::{Address, SyntheticMemory};
use coroscope::report::{Finding, Mode, Verdict};
use coroscope::runtime::layout::{for_version, overlay};
use coroscope::runtime::{Python, interpreters};
use std::time::Duration;
use synth_heap::{Build, Code, Coroutine, List, Program, State, Synth, numbers};

const BASE: u64 = 0x5600_0000_0000;

fn settings() -> Settings {
    Settings {
        mode: Mode::Nonblocking,
        settle: Duration::ZERO,
        timeout: Duration::from_secs(10),
        pause_budget: Duration::from_millis(2),
        max_memory: Settings::DEFAULT_MEMORY,
        locals: true,
        instances: 100,
        retainers: true,
        call_sites: true,
    }
}

/// A heap with nothing but what `fill` puts into it.
fn heap<T>(build: Build, fill: impl FnOnce(&mut Synth) -> T) -> (SyntheticMemory, Python, T) {
    let mut synth = Synth::new(build, BASE);
    let made = fill(&mut synth);
    synth.link();
    (synth.memory(), synth.python(), made)
}

fn coroutine(synth: &mut Synth, state: State) -> u64 {
    let code = synth.code("work", 0x80, &["item"]);
    let none = synth.none();
    made_of(synth, code, state, none)
}

fn made_of(synth: &mut Synth, code: Code, state: State, argument: u64) -> u64 {
    let class = synth.type_of("coroutine");
    let locals = [argument];
    synth.coroutine(&Coroutine { class, code, state, locals: &locals, qualname: "work", function: 0, origin: 0 })
}

fn read(memory: &SyntheticMemory, python: &Python, address: u64) -> coroscope::heap::Result<Generator> {
    Heap::new(memory, &python.layout, &python.types).generator(Address::new(address), GeneratorKind::Coroutine)
}

fn addresses(found: &[u64]) -> Vec<Address> {
    found.iter().copied().map(Address::new).collect()
}

#[test]
fn a_whole_program_is_read_alike_in_every_build() {
    for build in Build::ALL {
        let program = Program::new(build, BASE);
        let (memory, python) = (program.synth.memory(), program.synth.python());
        let candidates = build.is_free_threaded().then(|| program.candidates());
        let found = examine(&python, &memory, candidates.as_deref(), &settings()).unwrap();
        let explained = &found.explained;
        let counts = explained.summary.coroutines;
        assert_eq!((counts.created, counts.suspended, counts.running, counts.closed), (6, 2, 1, 1), "{build:?}");
        assert_eq!(explained.summary.async_generators.suspended, 1, "{build:?}");
        let told = |address: u64| {
            let holds = |finding: &&Finding| finding.instances.iter().any(|instance| instance.address.0 == address);
            explained.findings.iter().find(holds)
        };
        assert_eq!(told(program.of_task), None, "{build:?}");
        assert_eq!(told(program.of_handle), None, "{build:?}");
        for owned in [program.wrapped, program.of_frame, program.queued] {
            assert_eq!(told(owned).unwrap().verdict, Verdict::Pending, "{build:?}");
        }
        let leaked = told(program.leaked).unwrap();
        // Free-threaded builds have no generations: nobody can say that it is old before a second look.
        let verdict = if build.is_free_threaded() { Verdict::Pending } else { Verdict::Suspect };
        assert_eq!(leaked.verdict, verdict, "{build:?}");
        assert_eq!((leaked.qualname.as_str(), leaked.module.as_deref()), ("Jobs.work", Some("app.jobs")));
        assert_eq!(leaked.definition.as_ref().unwrap().line, 40);
        let origin = leaked.created_at.as_ref().unwrap();
        assert_eq!((origin[0].file.as_str(), origin[0].line), ("/srv/app/main.py", 17), "{build:?}");
        let arguments = leaked.instances[0].arguments.as_ref().unwrap();
        assert_eq!(arguments[0].value.as_deref(), Some("'größe'"), "{build:?}");
        let stack: Vec<Option<u32>> = explained.tasks[1].stack.iter().map(|frame| frame.line).collect();
        assert_eq!(stack, [Some(42), Some(42)], "{build:?}: outer awaits inner");
        assert_eq!(explained.tasks[0].name.as_deref(), Some("Task-7"), "{build:?}");
        assert_eq!(explained.runtime.loops.len(), 1, "{build:?}");
        assert_eq!(explained.threads[0].frames.len(), 2, "{build:?}");
        assert_eq!(found.skipped, [], "{build:?}");
    }
}

#[test]
fn frame_states_are_not_mixed_up_between_versions() {
    // 0 is "running" up to 3.14 and "created" from 3.15 on; 4 is "closed" up to 3.14 and "running" from 3.15 on.
    let states = [State::Created, State::Suspended, State::Running, State::Closed];
    let expected =
        [GeneratorState::Created, GeneratorState::Suspended, GeneratorState::Running, GeneratorState::Closed];
    for build in Build::ALL {
        let (memory, python, made) = heap(build, |synth| states.map(|state| coroutine(synth, state)));
        assert_eq!(made.map(|made| read(&memory, &python, made).unwrap().state), expected, "{build:?}");
    }
}

#[test]
fn a_zeroed_frame_state_is_created_in_3_15_only() {
    for build in Build::ALL.into_iter().filter(|build| build.has_embedded_frames()) {
        let (memory, python, made) = heap(build, |synth| {
            let made = coroutine(synth, State::Suspended);
            synth.put8(made + synth.at(numbers::GEN_FRAME_STATE), 0);
            made
        });
        let created = read(&memory, &python, made).unwrap().state == GeneratorState::Created;
        assert_eq!(created, matches!(build, Build::V315 | Build::V315t), "{build:?}");
    }
}

#[test]
fn a_frame_state_that_no_version_has_is_refused() {
    for build in Build::ALL.into_iter().filter(|build| build.has_embedded_frames()) {
        for state in [0x7fu8, 0x80, 6, 0xf0] {
            let (memory, python, made) = heap(build, |synth| {
                let made = coroutine(synth, State::Created);
                synth.put8(made + synth.at(numbers::GEN_FRAME_STATE), state);
                made
            });
            assert!(read(&memory, &python, made).is_err(), "{build:?} {state}");
        }
    }
}

#[test]
fn the_awaited_object_is_found_below_the_extra_word_of_3_15() {
    for build in Build::ALL {
        let (memory, python, (outer, inner)) = heap(build, |synth| {
            let inner = coroutine(synth, State::Suspended);
            (coroutine(synth, State::Awaiting(inner)), inner)
        });
        let heap = Heap::new(&memory, &python.layout, &python.types);
        let awaited = |address| heap.awaited_by(&read(&memory, &python, address).unwrap()).unwrap();
        assert_eq!(awaited(outer), Some(Address::new(inner)), "{build:?}");
        assert_eq!(awaited(inner), None, "{build:?}: a plain yield awaits nothing");
    }
}

#[test]
fn generations_are_where_the_collector_itself_says() {
    // Debian's 3.13 has them 4 bytes lower. Read with upstream's table, its own pointer must put that right.
    for (heap_of, table_of) in [(Build::V313Debian, Build::V313), (Build::V313, Build::V313Debian)] {
        let program = Program::new(heap_of, BASE);
        let (memory, mut python) = (program.synth.memory(), program.synth.python());
        let (minor, micro) = table_of.release();
        python.layout = for_version(minor, micro, false).unwrap();
        let gc = Address::new(program.synth.gc());
        let wanted = Wanted::of(&python.types, [None]);
        let before = Heap::new(&memory, &python.layout, &python.types).walk(&[gc], &wanted, || false);
        assert!(before.is_err(), "the trap is open: {before:?}");
        let generation0 = Address::new(program.synth.list_heads()[0]);
        overlay::apply_generation0(&mut python.layout, gc, generation0).unwrap();
        let walked = Heap::new(&memory, &python.layout, &python.types).walk(&[gc], &wanted, || false).unwrap();
        assert_eq!(walked.objects, program.synth.tracked_objects().len() as u64);
    }
}

#[test]
fn every_list_is_walked_the_permanent_one_too() {
    for build in Build::with_lists() {
        let (memory, python, made) = heap(build, |synth| {
            [List::Young, List::Middle, List::Old, List::Permanent].map(|list| {
                synth.list = list;
                coroutine(synth, State::Created)
            })
        });
        let heap = Heap::new(&memory, &python.layout, &python.types);
        let gc = heap.gc_state(python.runtime, interpreter(&python, &memory)).unwrap();
        let walked = heap.walk(&[gc], &Wanted::of(&python.types, [None]), || false).unwrap();
        let found: Vec<Address> = walked.candidates.iter().map(|candidate| candidate.address).collect();
        // 3.14.2: bit 0 is set on every `_gc_next`, towards the head too, and is no part of the address.
        assert_eq!(found, addresses(&made), "{build:?}");
        let lists = heap.gc_lists(gc).unwrap();
        assert!(lists.iter().all(|list| heap.walk_gc_list(*list, u64::MAX, |_, _| true) == Ok(true)), "{build:?}");
    }
}

fn interpreter(python: &Python, memory: &SyntheticMemory) -> Address {
    interpreters(python, memory).unwrap().first().unwrap().address
}

#[test]
fn a_collection_in_progress_breaks_the_walk_and_nothing_else() {
    for build in Build::with_lists() {
        let mut program = Program::new(build, BASE);
        let gc = program.synth.gc();
        program.synth.put32(gc + program.synth.at(numbers::GC_COLLECTING), 1);
        // While it counts, `_gc_prev` holds copies of reference counts above two bits of flags.
        for object in program.synth.tracked_objects() {
            program.synth.put(object - 8, 1 << 2 | 2);
        }
        let (memory, python) = (program.synth.memory(), program.synth.python());
        let heap = Heap::new(&memory, &python.layout, &python.types);
        let gc = Address::new(gc);
        assert_eq!(heap.is_collecting(gc), Ok(true), "{build:?}");
        assert!(heap.walk(&[gc], &Wanted::of(&python.types, [None]), || false).is_err(), "{build:?}");
        let by_walk = examine(&python, &memory, None, &settings()).unwrap();
        assert_eq!(by_walk.skipped.first().map(|skipped| skipped.what.as_str()), Some("the collector's lists"));
        let by_sweep = examine(&python, &memory, Some(&program.candidates()), &settings()).unwrap();
        assert_eq!(by_sweep.explained.summary.coroutines.created, 6, "{build:?}");
    }
}

#[test]
fn tags_of_references_are_no_part_of_an_address() {
    for build in Build::ALL {
        let (memory, python, (made, argument)) = heap(build, |synth| {
            let code = synth.code("work", 0x80, &["a", "b", "c", "d", "e", "f"]);
            let argument = synth.none();
            let class = synth.type_of("coroutine");
            // Owned, borrowed, null, a small int in the word itself, 3.15's error mark.
            let locals = if build.has_tagged_references() {
                [argument, argument | 1, 1, 0x2b << 2 | 3, 2, 0]
            } else {
                [argument, argument, 0, 0, 0, 0]
            };
            let qualname = "work";
            let made =
                Coroutine { class, code, state: State::Created, locals: &locals, qualname, function: 0, origin: 0 };
            (synth.coroutine(&made), argument)
        });
        let heap = Heap::new(&memory, &python.layout, &python.types);
        let slots = heap.frame_slots(&read(&memory, &python, made).unwrap().frame.unwrap()).unwrap();
        let argument = Some(Address::new(argument));
        assert_eq!(slots, [argument, argument, None, None, None, None], "{build:?}");
    }
}

#[test]
fn a_name_that_is_a_number_names_the_task() {
    for build in [Build::V312, Build::V313, Build::V314Incremental, Build::V315, Build::V315t] {
        let program = Program::new(build, BASE);
        let (memory, python) = (program.synth.memory(), program.synth.python());
        let heap = Heap::new(&memory, &python.layout, &python.types);
        let interpreter = interpreters(&python, &memory).unwrap().remove(0);
        let asyncio = Asyncio::find(&heap, interpreter.modules);
        let registered = asyncio.registered_tasks(&heap, &interpreter);
        assert_eq!((registered.addresses.len(), registered.faults), (2, Vec::new()), "{build:?}");
        let task = asyncio.task(&heap, Address::new(program.task)).unwrap();
        assert_eq!(task.name(&heap).as_deref(), Some("Task-7"), "{build:?}");
        assert_eq!(task.coroutine, Some(Address::new(program.of_task)), "{build:?}");
    }
}

#[test]
fn tuples_keep_their_hash_before_their_items_from_3_14_on() {
    for build in Build::ALL {
        let (memory, python, (tuple, items)) = heap(build, |synth| {
            let items = [synth.int(1), synth.int(0), synth.int(1 << 29)];
            let tuple = synth.tuple(&items);
            if build >= Build::V314Incremental {
                synth.put(tuple + synth.at(numbers::OBJECT_SIZE) + 8, 0xdead_beef);
            }
            (tuple, items)
        });
        let heap = Heap::new(&memory, &python.layout, &python.types);
        let found = heap.tuple_items(Address::new(tuple)).unwrap();
        assert_eq!(found, addresses(&items), "{build:?}");
        let values: Vec<_> = found.iter().map(|item| heap.integer(*item).unwrap()).collect();
        assert_eq!(values, [Some(1), Some(0), Some(1 << 29)], "{build:?}");
    }
}

#[test]
fn a_foreign_type_called_coroutine_is_no_coroutine() {
    for build in Build::ALL {
        let (memory, python, (foreign, genuine)) = heap(build, |synth| {
            // Cython 0.29 calls its type so, too.
            let class = synth.class("coroutine", synth.type_of("object"), 0, 200, 0);
            let code = synth.code("work", 0x80, &["item"]);
            let made =
                Coroutine { class, code, state: State::Created, locals: &[], qualname: "work", function: 0, origin: 0 };
            let foreign = synth.coroutine(&made);
            (foreign, synth.coroutine(&Coroutine { class: synth.type_of("coroutine"), ..made }))
        });
        let heap = Heap::new(&memory, &python.layout, &python.types);
        assert!(read(&memory, &python, genuine).is_ok(), "{build:?}");
        assert!(read(&memory, &python, foreign).is_err(), "{build:?}");
        assert_eq!(heap.generator_kind(Address::new(foreign)), None, "{build:?}");
        assert_eq!(heap.type_info_of(Address::new(foreign)).unwrap().name, "coroutine", "{build:?}");
    }
}

#[test]
fn what_is_left_of_a_freed_coroutine_is_none() {
    for build in Build::with_lists() {
        let (memory, python, made) = heap(build, |synth| {
            let free_list = synth.alloc(16);
            [0, free_list].map(|refcount| {
                synth.list = List::None;
                let made = coroutine(synth, State::Created);
                synth.put(made, refcount);
                made
            })
        });
        for made in made {
            assert!(read(&memory, &python, made).is_err(), "{build:?}");
        }
    }
}

#[test]
fn a_copy_of_a_coroutines_bytes_is_not_linked() {
    for build in Build::with_lists() {
        let mut program = Program::new(build, BASE);
        let synth = &mut program.synth;
        // A `bytes`, a buffer, an old stack: the same bytes, head and all, at another place.
        let copy = synth.alloc(512) + 32;
        for at in 0..59u64 {
            let word = synth.word(program.leaked - 32 + 8 * at);
            synth.put(copy - 32 + 8 * at, word);
        }
        let (memory, python) = (synth.memory(), synth.python());
        let heap = Heap::new(&memory, &python.layout, &python.types);
        assert_eq!(heap.is_linked(Address::new(program.leaked)), Ok(true), "{build:?}");
        assert_eq!(heap.is_linked(Address::new(copy)), Ok(false), "{build:?}");
    }
}
