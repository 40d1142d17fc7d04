//! The strong references of objects: what the library reads in real processes, against what the collector of the target
//! itself visits (`gc.get_referents`; `tests/targets/references.py`).

mod support;

use std::collections::{BTreeMap, BTreeSet};

use coroscope::heap::references::{Edge, References};
use coroscope::heap::{Heap, TypeFlags};
use coroscope::memory::Address;
use serde_json::Value;
use support::inside;
use support::interpreters::{self, Interpreter};
use support::target::Target;

/// How often each object is referred to.
type Counts = BTreeMap<u64, usize>;

/// Objects of which less is told than the collector visits, or something else, and why that does no harm.
fn is_named_difference(label: &str, interpreter: &Interpreter) -> bool {
    match label {
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

/// What is asked in one target.
struct Asked<'a> {
    interpreter: &'a Interpreter,
    truth: &'a Value,
    heap: &'a Heap<'a>,
    references: References<'a, 'a>,
    wrong: Vec<String>,
}

/// Starts the target on an interpreter and has its objects looked at. Returns what is wrong.
fn ask(interpreter: &Interpreter, look: impl FnOnce(&mut Asked<'_>)) -> Vec<String> {
    let target = Target::start(interpreter, "references.py", &[]);
    inside::with_references(&target, |heap, references| {
        let mut asked = Asked { interpreter, truth: target.truth(), heap, references, wrong: Vec::new() };
        look(&mut asked);
        asked.wrong
    })
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn address(value: &Value) -> Address {
    Address::new(value.as_u64().unwrap())
}

impl Asked<'_> {
    fn note(&mut self, label: &Value, what: impl std::fmt::Display) {
        self.wrong.push(format!("{}: {label}: {what}", self.interpreter));
    }

    /// What the target leaves out of its lists.
    fn is_left_out(&self, object: Address, types: bool) -> bool {
        let known = self.heap.known();
        let class = self.heap.type_of(object).ok();
        [TypeFlags::INT, TypeFlags::STR, TypeFlags::BYTES].iter().any(|f| self.heap.is_a(object, *f))
            || (!types && self.heap.is_a(object, TypeFlags::TYPE))
            || class == known.none_type
            || class == known.float
    }

    fn edges(&self, object: Address) -> Vec<(Edge, Address)> {
        let mut edges = Vec::new();
        let known = self.references.visit(object, &mut |edge, target| edges.push((edge, target)));
        assert_eq!(known, Ok(true), "{}", self.interpreter);
        edges
    }

    /// Compares the references of one object. Returns whether they are the same.
    fn compare(&mut self, object: &Value) -> bool {
        let (label, at) = (&object["label"], address(&object["address"]));
        let types = object["types"].as_bool().unwrap();
        let mut expected = Counts::new();
        for referent in list(&object["referents"]) {
            *expected.entry(referent.as_u64().unwrap()).or_default() += 1;
        }
        let mut edges = Vec::new();
        let known = self.references.visit(at, &mut |edge, target| edges.push((edge, target)));
        if known != Ok(true) {
            self.note(label, format_args!("{}: {known:?}", object["type"]));
            return false;
        }
        let mut guessed = Vec::new();
        let certain = self.references.visit_or_guess(at, &mut |edge, target| guessed.push((edge, target)));
        if certain != Ok(true) || guessed != edges {
            self.note(label, format_args!("{certain:?}, guessed {guessed:?}, visited {edges:?}"));
        }
        for (name, value) in object["fields"].as_object().unwrap() {
            if !edges
                .iter()
                .any(|(edge, to)| matches!(edge, Edge::Field(field) if field == name) && *to == address(value))
            {
                self.note(label, format_args!("no field {name} in {edges:?}"));
            }
        }
        let mut found = Counts::new();
        for (_, target) in edges.iter().filter(|(_, target)| !self.is_left_out(*target, types)) {
            *found.entry(target.get()).or_default() += 1;
        }
        if found == expected || is_named_difference(label.as_str().unwrap(), self.interpreter) {
            return found == expected;
        }
        let name = |at: u64| self.heap.type_info_of(Address::new(at)).map(|info| info.name.clone());
        let list = |these: &Counts, those: &Counts| -> Vec<String> {
            let different = these.iter().filter(|(at, count)| those.get(at) != Some(count));
            different
                .map(|(at, count)| {
                    let edge = edges.iter().find(|(_, target)| target.get() == *at);
                    format!("{:?} x{count} {:?}", name(*at), edge.map(|(edge, _)| edge))
                })
                .collect()
        };
        let different = format!("ours {:?}, the collector's {:?}", list(&found, &expected), list(&expected, &found));
        self.note(label, different);
        false
    }
}

#[test]
fn every_object_refers_to_what_the_collector_visits() {
    let mut wrong = Vec::new();
    for interpreter in interpreters::all() {
        wrong.extend(ask(&interpreter, |asked| {
            let mut same = 0;
            for object in list(&asked.truth["objects"]) {
                same += usize::from(asked.compare(object));
            }
            assert!(same > 250, "{interpreter}: only {same} objects are the same: {:#?}", asked.wrong);
        }));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_subclass_of_a_container_is_told_as_the_container() {
    for interpreter in interpreters::all() {
        let wrong = ask(&interpreter, |asked| {
            for pair in list(&asked.truth["pairs"]) {
                let [plain, mine] = [1, 2].map(|at| asked.edges(address(&pair[at])));
                assert!(!plain.is_empty());
                // Beside the same, an instance may have a dict of its own.
                let mine: Vec<_> = mine.into_iter().filter(|(edge, _)| *edge != Edge::Field("dict")).collect();
                if plain != mine {
                    asked.note(&pair[0], format_args!("{plain:?}, the subclass's {mine:?}"));
                }
            }
        });
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

#[test]
fn of_an_unknown_structure_only_a_guess_tells() {
    for interpreter in interpreters::all() {
        let wrong = ask(&interpreter, |asked| {
            for object in list(&asked.truth["unknown"]) {
                let (label, at) = (&object["label"], address(&object["address"]));
                let mut visited = Vec::new();
                let known = asked.references.visit(at, &mut |edge, target| visited.push((edge, target)));
                if known != Ok(object["certain"].as_bool().unwrap()) || !visited.is_empty() {
                    asked.note(label, format_args!("{known:?} {visited:?}"));
                }
                let mut guessed = Vec::new();
                let certain = asked.references.visit_or_guess(at, &mut |edge, target| guessed.push((edge, target)));
                if certain != Ok(false) {
                    asked.note(label, format_args!("guessed {certain:?}"));
                }
                for held in list(&object["holds"]) {
                    if !guessed.iter().any(|(_, target)| *target == address(held)) {
                        asked.note(label, format_args!("{held} is not in {guessed:?}"));
                    }
                }
                for (edge, target) in guessed {
                    let info = asked.heap.type_info_of(target).unwrap();
                    if info.name.contains("weak") {
                        asked.note(label, format_args!("{edge:?} leads to a weak reference"));
                    }
                    if list(&object["holds"]).is_empty() && !asked.is_left_out(target, false) {
                        asked.note(label, format_args!("{edge:?} leads to {info:?}"));
                    }
                }
            }
        });
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

#[test]
fn parts_of_objects_have_the_names_of_the_source() {
    for interpreter in interpreters::all() {
        let wrong = ask(&interpreter, |asked| {
            let names = &asked.truth["names"];
            let text = |names: &Value| -> Vec<String> {
                list(names).iter().map(|name| name.as_str().unwrap().to_owned()).collect()
            };
            for function in list(&names["closure"]) {
                let found = asked.heap.closure_names(address(&function[0]));
                assert_eq!(found, Ok(text(&function[1])), "{interpreter}");
            }
            for function in list(&names["defaults"]) {
                let found = asked.heap.default_names(address(&function[0]));
                assert_eq!(found, Ok(text(&function[1])), "{interpreter}");
            }
            for item in list(&names["slots"]) {
                let object = address(&item[0]);
                let class = asked.heap.type_of(object).unwrap();
                let mut found = BTreeSet::new();
                for (edge, target) in asked.edges(object) {
                    if let Edge::Slot(offset) = edge {
                        found.insert((asked.heap.slot_name(class, offset).unwrap().unwrap(), target));
                    }
                }
                let slots = item[1].as_object().unwrap();
                let expected = slots.iter().map(|(name, value)| (name.clone(), address(value))).collect();
                assert_eq!(found, expected, "{interpreter}");
                assert_eq!(asked.heap.slot_name(class, 1 << 20), Ok(None), "{interpreter}");
            }
        });
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
