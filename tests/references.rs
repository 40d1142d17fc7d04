//! The strong references of objects: what the library reads in real processes, against what the collector of the target
//! itself visits (`gc.get_referents`; `tests/targets/references.py`).

mod support;

use std::collections::BTreeMap;

use coroscope::asyncio::Asyncio;
use coroscope::heap::references::References;
use coroscope::heap::{Heap, TypeFlags};
use coroscope::memory::{Address, LiveMemory};
use coroscope::process::{Pid, Target as Process};
use coroscope::runtime;
use support::interpreters::{self, Interpreter};
use support::target::Target;

/// How often each object is referred to.
type Counts = BTreeMap<u64, usize>;

/// Objects of which less is told than the collector visits, or something else, and why that does no harm.
fn is_named_difference(label: &str, interpreter: &Interpreter) -> bool {
    match label {
        // Each key is held twice: by the dict, and by the list that keeps the order. The second is not told.
        "ordered dict" => true,
        // 3.9, 3.10: the exception state of a cancelled task is not told.
        "task, cancelled" => (9..=10).contains(&interpreter.version.minor),
        // Some releases keep code, or the whole frame, until a closed generator dies.
        "generator, closed" => interpreter.at_least(12),
        // The values lie inside of the instance, and a dict shares them. Told for the instance, with the dict; releases
        // of 3.13 differ in which of the two the collector visits them from.
        "instance whose dict was asked for" | "dict of an instance" => interpreter.at_least(13),
        _ => false,
    }
}

/// Differences between what is read and what the target tells, as lines; and how many objects were the same.
fn compare(interpreter: &Interpreter) -> (Vec<String>, usize) {
    let target = Target::start(interpreter, "references.py", &[]);
    let pid = Pid::new(target.pid()).unwrap();
    let process = Process::open(pid).unwrap();
    let memory = LiveMemory::new(pid);
    let python = runtime::locate(&process, &memory).unwrap();
    let heap = Heap::new(&memory, &python.layout, &python.types);
    let modules = runtime::interpreters(&python, &memory).unwrap()[0].modules;
    let references = References::new(&heap, &[Asyncio::find(&heap, modules).foreign_types()]);
    let atom = |object: Address| {
        let known = heap.known();
        let class = heap.type_of(object).ok();
        [TypeFlags::INT, TypeFlags::STR, TypeFlags::BYTES, TypeFlags::TYPE].iter().any(|f| heap.is_a(object, *f))
            || class == known.none_type
            || class == known.float
    };
    let mut different = Vec::new();
    let mut same = 0;
    for object in target.truth()["objects"].as_array().unwrap() {
        let label = object[0].as_str().unwrap();
        let mut expected = Counts::new();
        for referent in object[3].as_array().unwrap() {
            *expected.entry(referent.as_u64().unwrap()).or_default() += 1;
        }
        let mut found = Counts::new();
        let mut edges = BTreeMap::new();
        let known = references.visit(Address::new(object[1].as_u64().unwrap()), &mut |edge, target| {
            if !atom(target) {
                *found.entry(target.get()).or_default() += 1;
                edges.insert(target.get(), edge);
            }
        });
        if known != Ok(true) {
            different.push(format!("{interpreter}: {label} ({}): {known:?}", object[2]));
        } else if found != expected && !is_named_difference(label, interpreter) {
            let name = |address: u64| heap.type_info_of(Address::new(address)).map(|info| info.name.clone());
            let list = |these: &Counts, those: &Counts| -> Vec<String> {
                these
                    .iter()
                    .filter(|(at, count)| those.get(at) != Some(count))
                    .map(|(at, count)| format!("{:?} x{count} {:?}", name(*at), edges.get(at)))
                    .collect()
            };
            different.push(format!(
                "{interpreter}: {label}: ours {:?}, the collector's {:?}",
                list(&found, &expected),
                list(&expected, &found)
            ));
        } else {
            same += 1;
        }
    }
    (different, same)
}

#[test]
fn every_object_refers_to_what_the_collector_visits() {
    let mut wrong = Vec::new();
    for interpreter in interpreters::all() {
        let (different, same) = compare(&interpreter);
        assert!(same > 100, "{interpreter}: only {same} objects are the same: {different:#?}");
        wrong.extend(different);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
