//! Whether a frame reads a variable again: what the library finds in frames of real processes, against what was
//! written down by hand beside the source (`tests/targets/liveness.py`).

mod support;

use std::collections::BTreeMap;

use coroscope::heap::{Frame, GeneratorKind, Heap};
use coroscope::memory::{Address, LiveMemory};
use coroscope::process::{Pid, Target as Process};
use coroscope::runtime;
use serde_json::Value;
use support::interpreters::{self, Interpreter};
use support::target::Target;

/// For each variable of a frame, `function.variable`: whether it is to be, and whether it is, read again.
type Answers = BTreeMap<String, (bool, bool)>;

fn look(interpreter: &Interpreter, arguments: &[&str]) -> Answers {
    let target = Target::start(interpreter, "liveness.py", arguments);
    let process = Process::open(Pid::new(target.pid()).unwrap()).unwrap();
    let memory = LiveMemory::new(Pid::new(target.pid()).unwrap());
    let python = runtime::locate(&process, &memory).unwrap_or_else(|error| panic!("{}: {error}", target.label()));
    let heap = Heap::new(&memory, &python.layout, &python.types);
    let mut answers = Answers::new();
    for item in target.truth()["frames"].as_array().unwrap() {
        let address = Address::new(item["address"].as_u64().unwrap());
        let kind = match item["kind"].as_str().unwrap() {
            "coroutine" => GeneratorKind::Coroutine,
            "async_generator" => GeneratorKind::AsyncGenerator,
            _ => GeneratorKind::Generator,
        };
        let label = format!("{}: {}", target.label(), item["name"]);
        let generator = heap.generator(address, kind).unwrap_or_else(|error| panic!("{label}: {error}"));
        let frame = generator.frame.unwrap_or_else(|| panic!("{label} has no frame"));
        ask(&heap, &frame, item["name"].as_str().unwrap(), &item["expected"], &mut answers);
    }
    let interpreters = runtime::interpreters(&python, &memory).unwrap();
    let (frames, complete) = heap.frame_chain(interpreters[0].threads[0].frame);
    assert!(complete, "{}: the frames of the thread", target.label());
    for (name, expected) in target.truth()["running"].as_object().unwrap() {
        let frame = frames
            .iter()
            .find(|frame| heap.code(frame.code).and_then(|code| heap.code_qualname(&code)).is_ok_and(|is| is == *name))
            .unwrap_or_else(|| panic!("{}: {name} is not among the frames of the thread", target.label()));
        ask(&heap, frame, name, expected, &mut answers);
    }
    answers
}

fn ask(heap: &Heap<'_>, frame: &Frame, function: &str, expected: &Value, answers: &mut Answers) {
    let names = heap.code_slots(&heap.code(frame.code).unwrap()).unwrap();
    let values = heap.frame_slots(frame).unwrap();
    let stack = heap.frame_stack(frame).unwrap().unwrap_or_default();
    for (name, expected) in expected.as_object().unwrap() {
        // Up to 3.10 a parameter that an inner function shares has two slots.
        let slots: Vec<usize> = (0..names.len()).filter(|slot| names[*slot].name == *name).collect();
        assert!(!slots.is_empty(), "{function} has no variable {name}");
        let found = slots.iter().any(|slot| {
            let is_on_stack = values[*slot].is_some() && stack.contains(&values[*slot]);
            is_on_stack || heap.may_read_slot_again(frame, *slot).unwrap_or_else(|error| panic!("{function}: {error}"))
        });
        let before = answers.insert(format!("{function}.{name}"), (expected.as_bool().unwrap(), found));
        assert_eq!(before, None, "two functions {function}");
    }
}

fn where_they_differ(answers: &Answers) -> Vec<String> {
    let differ = answers.iter().filter(|(_, (expected, found))| expected != found);
    differ.map(|(name, (expected, _))| format!("{name} (expected {expected})")).collect()
}

#[test]
fn every_variable_is_read_again_or_not_as_its_name_says() {
    let mut wrong = Vec::new();
    for interpreter in interpreters::all() {
        let answers = look(&interpreter, &[]);
        assert!(answers.len() > 130, "{interpreter}: only {} variables", answers.len());
        wrong.extend(where_they_differ(&answers).iter().map(|what| format!("{interpreter}: {what}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn nothing_is_called_dead_because_somebody_traces() {
    for interpreter in interpreters::all() {
        let answers = look(&interpreter, &["traced"]);
        if interpreter.at_least(12) {
            // Instrumented opcodes hide what stood there, so more than is true counts as read; less never does.
            let missed: Vec<_> = answers.iter().filter(|(_, (expected, found))| *expected && !found).collect();
            assert!(missed.is_empty(), "{interpreter}: {missed:?}");
        } else {
            assert_eq!(where_they_differ(&answers), Vec::<String>::new(), "{interpreter}");
        }
    }
}
