//! How large objects are, and what would be freed with them: what the library reads in real processes, against what the target
//! itself says (`tests/targets/retained.py`): `sys.getsizeof`, and the bytes that its allocator got back when a child dropped the object.

mod support;

use coroscope::asyncio::Asyncio;
use coroscope::heap::Heap;
use coroscope::heap::references::References;
use coroscope::look;
use coroscope::memory::{Address, LiveMemory};
use coroscope::process::{Pid, Target as Process};
use coroscope::runtime;
use support::interpreters::{self, Interpreter};
use support::target::Target;

/// Runs `check` with the heap of a target that made all the objects.
fn with_target(interpreter: &Interpreter, check: impl FnOnce(&Target, &Heap<'_>, &References<'_, '_>)) {
    let target = Target::start(interpreter, "retained.py", &[]);
    let pid = Pid::new(target.pid()).unwrap();
    let process = Process::open(pid).unwrap();
    let memory = LiveMemory::new(pid);
    let python = runtime::locate(&process, &memory).unwrap();
    let heap = Heap::new(&memory, &python.layout, &python.types);
    let modules = runtime::interpreters(&python, &memory).unwrap()[0].modules;
    let references = References::new(&heap, &[Asyncio::find(&heap, modules).foreign_types()]);
    check(&target, &heap, &references);
}

#[test]
fn objects_are_as_large_as_they_say() {
    let mut wrong = Vec::new();
    for interpreter in interpreters::all() {
        with_target(&interpreter, |target, heap, _| {
            let sizes = target.truth()["sizes"].as_array().unwrap();
            assert!(sizes.len() > 70, "{interpreter}: {}", sizes.len());
            for size in sizes {
                let object = Address::new(size[1].as_u64().unwrap());
                let (ours, theirs) = (heap.object_size(object), size[2].as_u64());
                if ours.ok() != theirs {
                    wrong.push(format!("{interpreter}: {}: ours {ours:?}, getsizeof {theirs:?}", size[0]));
                }
            }
        });
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_freed_is_what_the_allocator_gets_back() {
    let mut wrong = Vec::new();
    for interpreter in interpreters::all() {
        with_target(&interpreter, |target, heap, references| {
            let cases = target.truth()["cases"].as_array().unwrap();
            assert!(cases.len() > 25, "{interpreter}: {}", cases.len());
            for case in cases {
                let object = Address::new(case[1].as_u64().unwrap());
                let found = look::retained(heap, references, object, &|_| false);
                let bytes_fit = case[3].as_u64().is_none_or(|freed| freed == found.bytes);
                let count_fits = case[2].as_u64().is_none_or(|count| count == found.objects);
                if !(bytes_fit && count_fits && found.exact) {
                    wrong.push(format!("{interpreter}: {}: {found:?}, truth {} in {}", case[0], case[3], case[2]));
                }
            }
        });
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
