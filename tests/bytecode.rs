//! What the compiler wrote, and where in the source it stands: for every function of much of the standard library, specialised
//! and traced, what the library reads out of the process is what the interpreter says (`co_code`, `co_positions()`).

mod support;

use coroscope::heap::Heap;
use coroscope::memory::{Address, LiveMemory, Pages, WhenFull};
use coroscope::process::{Pid, Target as Process};
use coroscope::runtime;
use serde_json::Value;
use support::interpreters::{self, Interpreter};
use support::target::Target;

/// How much of the target is kept: more than its code needs.
const PICTURE: u64 = 256 << 20;

#[derive(Default)]
struct Seen {
    code: usize,
    positions: usize,
    /// Code whose bytes in memory are not those the compiler wrote.
    changed: usize,
    untold: Vec<String>,
}

fn compare(interpreter: &Interpreter, words: &[&str]) -> Seen {
    let target = Target::start(interpreter, "bytecode.py", words);
    let process = Process::open(Pid::new(target.pid()).unwrap()).unwrap();
    let memory = LiveMemory::new(Pid::new(target.pid()).unwrap());
    let python = runtime::locate(&process, &memory).unwrap_or_else(|error| panic!("{}: {error}", target.label()));
    let pages = Pages::new(&memory, Pages::PICTURE_PAGE, PICTURE, WhenFull::Bypass);
    let heap = Heap::new(&pages, &python.layout, &python.types);
    let mut seen = Seen::default();
    for item in target.truth()["code"].as_array().unwrap() {
        let label = format!("{}: {}", target.label(), item["name"]);
        let code = heap.code(Address::new(item["address"].as_u64().unwrap())).unwrap();
        let expected = unhex(item["co_code"].as_str().unwrap());
        seen.code += 1;
        match heap.base_bytecode(&code).unwrap() {
            Some(found) => assert!(found == expected, "{label}: another co_code"),
            None => seen.untold.push(label.clone()),
        }
        seen.changed += usize::from(heap.bytecode(&code).unwrap() != expected);
        for (unit, position) in item["positions"].as_array().into_iter().flatten().enumerate() {
            let found = heap.code_position(&code, i64::try_from(unit * 2).unwrap()).unwrap();
            let line_and_more: Vec<Value> = if interpreter.at_least(11) {
                vec![found.line.into(), found.end_line.into(), found.column.into(), found.end_column.into()]
            } else {
                vec![found.line.into()]
            };
            assert_eq!(*position, Value::Array(line_and_more), "{label}: unit {unit}");
            seen.positions += 1;
        }
    }
    seen
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn bytecode_maps_back_to_what_the_compiler_wrote() {
    for interpreter in interpreters::all() {
        let seen = compare(&interpreter, &[]);
        assert!(seen.code > 3000 && seen.positions > 10_000, "{interpreter}: only {} code objects", seen.code);
        assert!(seen.untold.is_empty(), "{interpreter}: {:?}", seen.untold);
        assert_eq!(seen.changed > 100, interpreter.at_least(11), "{interpreter}: {} specialised", seen.changed);
    }
}

#[test]
fn bytecode_that_is_traced_maps_back_too() {
    for interpreter in interpreters::all().into_iter().filter(|interpreter| interpreter.at_least(12)) {
        let seen = compare(&interpreter, &["traced"]);
        let version = interpreter.version;
        // The format of one table changed between these releases, and nobody has said in which.
        let unknown = version.minor == 13 && (1..=4).contains(&version.micro);
        assert!(seen.untold.is_empty() || unknown, "{interpreter}: {:?}", seen.untold);
    }
}
