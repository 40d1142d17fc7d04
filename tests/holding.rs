//! How an object is held: what is made of the references on the way to it, in real processes, against what the target says it has done.

mod support;

use std::collections::{BTreeSet, VecDeque};

use coroscope::analysis::holding::Holding;
use coroscope::analysis::retention::{Path, Root, Step};
use coroscope::heap::references::References;
use coroscope::look::holding;
use coroscope::memory::Address;
use serde_json::{Value, json};
use support::inside;
use support::interpreters::{self, Interpreter};
use support::target::Target;

/// References followed from the first object on.
const DEEPEST: usize = 4;

/// A shortest path.
fn path(references: &References<'_, '_>, from: Address, to: Address) -> Option<Path> {
    let mut seen = BTreeSet::from([from]);
    let mut to_do = VecDeque::from([(from, Vec::new())]);
    while let Some((holder, steps)) = to_do.pop_front() {
        let mut found = None;
        let visited = references.visit(holder, &mut |edge, target| {
            let steps: Vec<Step> = [steps.as_slice(), &[Step { holder, edge }]].concat();
            if target == to {
                found.get_or_insert(steps);
            } else if steps.len() < DEEPEST && seen.insert(target) {
                to_do.push_back((target, steps));
            }
        });
        if let (Ok(true), Some(steps)) = (visited, found) {
            return Some(Path { root: Root::Memory(from), steps });
        }
    }
    None
}

fn told(holding: &Holding) -> Value {
    match holding {
        Holding::Variable { code, function, name, is_parameter } => {
            json!(["variable", name, is_parameter, code.get(), function])
        }
        Holding::Stack { code } => json!(["stack", code.get()]),
        Holding::Closure { name } => json!(["closure", name]),
        Holding::Global { name } => json!(["global", name]),
        // The name of a slot is known to its class.
        Holding::Attribute { name: None } => json!(["attribute"]),
        Holding::Attribute { name } => json!(["attribute", name]),
        Holding::Item => json!(["item"]),
        Holding::Value { key } => json!(["value", key]),
        Holding::Bound => json!(["bound"]),
        Holding::Other => json!(["other"]),
    }
}

fn compare(interpreter: &Interpreter) -> (Vec<String>, usize) {
    let target = Target::start(interpreter, "holding.py", &[]);
    inside::with_references(&target, |heap, references| {
        let cases = target.truth()["cases"].as_array().unwrap();
        let mut wrong = Vec::new();
        for case in cases {
            let address = |at: usize| Address::new(case[at].as_u64().unwrap());
            let found = path(&references, address(1), address(2)).map(|path| (told(&holding(heap, &path)), path));
            if found.as_ref().is_none_or(|(found, _)| *found != case[3]) {
                wrong.push(format!("{interpreter}: {}: {found:?}, not {}", case[0], case[3]));
            }
        }
        (wrong, cases.len())
    })
}

#[test]
fn each_way_of_holding_is_recognised() {
    let mut wrong = Vec::new();
    for interpreter in interpreters::all() {
        let (different, cases) = compare(&interpreter);
        assert!(cases >= 20, "{interpreter}: only {cases} cases");
        wrong.extend(different);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
