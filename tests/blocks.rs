//! What addresses in real processes lie in: each word of an object belongs to that object, and memory of tables and arrays to none
//! (`tests/targets/blocks.py`).

mod support;

use std::collections::BTreeMap;

use coroscope::heap::Heap;
use coroscope::heap::blocks::Blocks;
use coroscope::memory::regions::may_hold_objects;
use coroscope::memory::{Address, LiveMemory};
use coroscope::process::maps::Maps;
use coroscope::process::{Pid, Target as Process};
use coroscope::runtime;
use serde_json::Value;
use support::interpreters::{self, Interpreter};
use support::note;
use support::target::Target;

/// Farther behind its beginning an object outside of pools is not found.
const REACH: u64 = 64 << 10;

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

/// Every word from `start` to `end`; of much memory, some of them, in odd steps.
fn words(start: u64, end: u64) -> impl Iterator<Item = u64> {
    const MOST: u64 = 48;
    let step = (end.saturating_sub(start) / 8 / MOST) | 1;
    (start..end.saturating_sub(7)).step_by(usize::try_from(8 * step).unwrap())
}

/// Counts of what is right, and lines about what is not.
#[derive(Default)]
struct Verdict {
    right: usize,
    wrong: BTreeMap<String, usize>,
}

impl Verdict {
    fn add(&mut self, right: bool, what: impl FnOnce() -> String) {
        if right {
            self.right += 1;
        } else {
            *self.wrong.entry(what()).or_default() += 1;
        }
    }
}

fn check(interpreter: &Interpreter, words_for: &[&str]) -> (Verdict, Verdict) {
    let target = Target::start_with(interpreter, words_for, "blocks.py", &[]);
    let pid = Pid::new(target.pid()).unwrap();
    let process = Process::open(pid).unwrap();
    let memory = LiveMemory::new(pid);
    let python = runtime::locate(&process, &memory).unwrap();
    let heap = Heap::new(&memory, &python.layout, &python.types);
    let blocks = Blocks::new(&heap);
    let maps = Maps::read(pid).unwrap();
    let mut inside = Verdict::default();
    for object in target.truth()["objects"].as_array().unwrap() {
        let [address, before, size] = [0, 1, 2].map(|part| number(&object[part]));
        // Constants of the interpreter's image are found only if they are types.
        let region = maps.regions().iter().find(|region| (region.start..region.end).contains(&address)).unwrap();
        if !may_hold_objects(region) && !object[3].as_str().unwrap().ends_with("type") {
            continue;
        }
        for at in words(address - before, address + size.min(REACH - 64)) {
            let found = blocks.object_at(Address::new(at));
            inside.add(found == Some(Address::new(address)), || {
                let side = if at < address { "before" } else { "inside" };
                let other = found.map(|found| heap.type_info_of(found).map(|info| info.name.clone()));
                format!(
                    "{side} {} of {size} bytes: {other:?} ({:?})",
                    object[3],
                    blocks.block_of(Address::new(address))
                )
            });
        }
    }
    let mut outside = Verdict::default();
    let mut expect_none = |what: &str, start: u64, bytes: u64| {
        for at in words(start, start + bytes) {
            let found = blocks.object_at(Address::new(at));
            outside.add(found.is_none(), || {
                let other = found.map(|found| {
                    (
                        i128::from(found.get()) - i128::from(start),
                        heap.type_info_of(found).map(|info| info.name.clone()),
                    )
                });
                format!("{what} of {bytes} bytes, at {}: {other:?}", at - start)
            });
        }
    };
    let layout = heap.layout();
    for raw in target.truth()["raw"].as_array().unwrap() {
        let what = raw[0].as_str().unwrap();
        let field = match what {
            "list" => layout.list.ob_item,
            "dict" => layout.dict.ma_keys,
            "set" => layout.set.table,
            _ => layout.deque.leftblock,
        };
        let start = heap.pointer(Address::new(number(&raw[1])), field).unwrap();
        expect_none(what, start.get(), number(&raw[2]));
    }
    for buffer in target.truth()["buffers"].as_array().unwrap() {
        expect_none("buffer", number(&buffer[0]), number(&buffer[1]));
    }
    (inside, outside)
}

#[test]
fn each_word_belongs_to_its_object_and_tables_to_none() {
    let mut wrong = Vec::new();
    let mut runs = Vec::new();
    for interpreter in interpreters::all() {
        runs.push((interpreter.clone(), Vec::new()));
        if [8, 12, 14].contains(&interpreter.version.minor) && !interpreter.free_threaded {
            runs.push((interpreter.clone(), vec!["PYTHONMALLOC=debug"]));
            runs.push((interpreter, vec!["PYTHONMALLOC=malloc"]));
        }
    }
    for (interpreter, words_for) in runs {
        let (inside, outside) = check(&interpreter, &words_for);
        note(&format!("{interpreter} {words_for:?}: {} words in objects, {} in none", inside.right, outside.right));
        assert!(inside.right > 10_000, "{interpreter} {words_for:?}: {:#?}", inside.wrong);
        assert!(outside.right > 10_000, "{interpreter} {words_for:?}: {:#?}", outside.wrong);
        // Without pools, what an object left behind in the unused part of a buffer can look alive: whoever uses the answer asks the object.
        let tolerated = if words_for.contains(&"PYTHONMALLOC=malloc") { outside.right / 1000 } else { 0 };
        let mistaken: usize = outside.wrong.values().sum();
        if (1..=tolerated).contains(&mistaken) {
            note(&format!("{interpreter} {words_for:?}: tolerated: {:?}", outside.wrong));
        }
        let outside = if mistaken <= tolerated { Verdict::default() } else { outside };
        for (verdict, what) in [(inside, "in an object"), (outside, "in none")] {
            let lines = verdict
                .wrong
                .into_iter()
                .map(|(line, count)| format!("{interpreter} {words_for:?} {what}: {line} x{count}"));
            wrong.extend(lines);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
