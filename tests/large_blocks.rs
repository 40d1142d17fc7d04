//! Large blocks of real processes (`tests/targets/large_blocks.py`): what is left out is known to hold nothing, whatever its bytes
//! look like, and nothing is missed that lies in the others.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use coroscope::heap::Heap;
use coroscope::heap::large_blocks::{fills, large_blocks};
use coroscope::look::{Direction, holders};
use coroscope::memory::{Address, LiveMemory};
use coroscope::process::{Pid, Target as Process};
use coroscope::runtime;
use serde_json::Value;
use support::interpreters::{self, Interpreter};
use support::target::Target;
use support::{dump, health, note, truth};

/// Keeps glibc from serving larger requests from its heaps once such a block was freed.
const FIXED_THRESHOLD: &str = "MALLOC_MMAP_THRESHOLD_=131072";

fn start(interpreter: &Interpreter, more: &[&str]) -> Target {
    Target::start_with(interpreter, &[&[FIXED_THRESHOLD], more].concat(), "large_blocks.py", &[])
}

fn listed<'a>(target: &'a Target, of: &str) -> impl Iterator<Item = (&'a str, u64, u64, u64)> {
    target.truth()[of].as_array().unwrap().iter().map(|entry| {
        let number = |at: usize| entry[at].as_u64().unwrap_or_default();
        (entry[0].as_str().unwrap(), number(1), number(2), number(3))
    })
}

/// Which of the large allocations lie in a block that was found, and which of them are known to hold no references.
fn found(target: &Target) -> (BTreeSet<String>, BTreeSet<String>) {
    let pid = Pid::new(target.pid()).unwrap();
    let process = Process::open(pid).unwrap();
    let memory = LiveMemory::new(pid);
    let python = runtime::locate(&process, &memory).unwrap();
    let heap = Heap::new(&memory, &python.layout, &python.types);
    let blocks = large_blocks(&memory, &python.layout, &process.maps().unwrap());
    let (mut known, mut plain) = (BTreeSet::new(), BTreeSet::new());
    for (name, start, length, owner) in listed(target, "plain").chain(listed(target, "holding")) {
        let Some(block) = blocks.iter().find(|block| block.contains(&start)) else { continue };
        assert!(start + length <= block.end, "{}: {name} reaches out of its block", target.label());
        assert!(start - block.start < 4096, "{}: {name} does not begin with its block", target.label());
        known.insert(name.to_owned());
        let of_bytearray = heap.bytearray_buffer_at(Address::new(owner)).ok().flatten();
        if heap.is_plain(block) || of_bytearray.is_some_and(|(start, length)| fills(block, start, length)) {
            plain.insert(name.to_owned());
        }
    }
    (known, plain)
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn blocks_are_found_and_only_bytes_and_text_count_as_plain() {
    for interpreter in interpreters::all() {
        for more in [&[][..], &["-X", "dev"]] {
            let target = start(&interpreter, more);
            let (known, plain) = found(&target);
            let label = target.label();
            if interpreter.free_threaded {
                // Objects and their memory lie in mimalloc's segments there.
                assert!(plain.is_empty(), "{label}: {plain:?}");
                continue;
            }
            // The smaller ones may have found room beside memory of the interpreter's own.
            assert!(known.is_superset(&names(&["array", "bytearray", "bytes", "str"])), "{label}: {known:?}");
            assert!(
                known.iter().any(|name| ["list", "objects", "tuple"].contains(&name.as_str())),
                "{label}: {known:?}"
            );
            assert_eq!(plain, names(&["bytearray", "bytes", "str"]), "{label}");
        }
    }
}

#[test]
fn leaks_beside_large_buffers_and_in_large_containers_are_found() {
    for interpreter in interpreters::oldest_and_newest() {
        for more in [&[][..], &["-X", "dev"], &["PYTHONMALLOC=malloc"]] {
            let mut target = start(&interpreter, more);
            let report = dump::report(target.pid(), dump::EVERYTHING);
            assert_eq!(report.addresses(), truth::leaks(target.truth()), "{}", target.label());
            let skipped = report.0["look"]["bytes_skipped"].as_u64().unwrap();
            let buffers: u64 = listed(&target, "plain").map(|(_, _, length, _)| length - 4096).sum();
            if interpreter.free_threaded {
                note(&format!("{interpreter}: {skipped} bytes passed over"));
            } else {
                assert!(skipped >= buffers, "{}: {skipped} of {buffers}", target.label());
            }
            health::assert_unharmed(&mut target);
        }
    }
}

#[test]
fn holders_in_large_containers_are_found_from_their_objects() {
    for interpreter in interpreters::oldest_and_newest() {
        let target = start(&interpreter, &[]);
        let leaks = truth::labelled(target.truth(), "leaks");
        let objects: Vec<Address> = leaks.keys().copied().map(Address::new).collect();
        let pid = Pid::new(target.pid()).unwrap();
        let found = holders(pid, Duration::from_secs(240), &objects, Direction::FromObjects).unwrap();
        let held: BTreeMap<&str, bool> =
            leaks.values().map(String::as_str).zip(found.iter().map(|found| !found.direct.is_empty())).collect();
        let missed: Vec<&str> = held.iter().filter(|(_, held)| !**held).map(|(name, _)| *name).collect();
        assert_eq!(missed, [""; 0], "{}", target.label());
        assert!(held.len() >= 8, "{}", Value::from(held.len()));
    }
}
