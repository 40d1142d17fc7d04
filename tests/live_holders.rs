//! Who holds a coroutine, found from its own side: by sweeps over all memory, back to the roots. For each of many ways to hold one
//! (`tests/targets/holders.py`) every reference has to be found, and counted: the target's own collector and its reference counts are the judges.

mod support;

use coroscope::analysis::retention::Root;
use coroscope::heap::references::Edge;
use coroscope::look::{Direction, Holders, holders};
use coroscope::memory::Address;
use coroscope::process::Pid;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;
use support::interpreters::{self, Interpreter};
use support::note;
use support::target::Target;

fn address(value: &Value) -> Address {
    Address::new(value.as_u64().unwrap())
}

fn addresses(value: &Value) -> BTreeSet<Address> {
    value.as_array().into_iter().flatten().map(address).collect()
}

/// What the words end with where that differs: from its own side a class that only its instances have is an end.
fn expected_words(name: &str, words: &[Value]) -> Vec<Value> {
    let passed_over = usize::from(name == "hold_attribute_of_local_class");
    words.iter().skip(passed_over).cloned().collect()
}

/// Whether a reference is known that cannot be found: up to 3.10 the arguments of a call lie on the stack of the frame that
/// calls, which does not tell how deep it is while it runs.
fn has_hidden_reference(name: &str, interpreter: &Interpreter) -> bool {
    !interpreter.at_least(11) && name == "hold_thread_local_variable"
}

/// Whether the collector knows one reference twice: from 3.13 on a dict that was asked for shares the values inside of its instance.
fn is_shared_dict(name: &str, interpreter: &Interpreter) -> bool {
    interpreter.at_least(13) && name == "hold_attribute_of_shown_dict"
}

/// Ways of which the sweeps do not find a path, and why: `lru_list_elem` of 3.8 and 3.9 is a type that was never made ready.
fn is_not_found(name: &str, interpreter: &Interpreter) -> bool {
    !interpreter.at_least(10) && matches!(name, "hold_lru_cache" | "hold_argument_of_cache")
}

fn compare(interpreter: &Interpreter) -> Vec<String> {
    let target = Target::start(interpreter, "holders.py", &[]);
    let ways = target.truth()["ways"].as_array().unwrap().clone();
    assert!(ways.len() >= 100, "{interpreter}: {} ways", ways.len());
    let objects: Vec<Address> = ways.iter().map(|way| address(&way["coroutine"])).collect();
    let pid = Pid::new(target.pid()).unwrap();
    let found = holders(pid, Duration::from_secs(240), &objects, Direction::FromObjects).unwrap();
    let mut wrong = Vec::new();
    for (way, found) in ways.iter().zip(found) {
        let name = way["name"].as_str().unwrap();
        let Holders { paths, direct, refcount, garbage, .. } = &found;
        let mut complain = |what: String| wrong.push(format!("{interpreter}: {name}: {what}: {found:?}"));
        let holders: BTreeSet<Address> = direct.iter().map(|step| step.holder).collect();
        let missing: Vec<Address> = addresses(&way["referrers"]).difference(&holders).copied().collect();
        // The variables of a frame that runs are no object from 3.11 on.
        let of_frames =
            paths.iter().filter(|held| matches!(held.path.root, Root::Frame { .. }) && held.path.steps.len() == 1);
        let of_frames = if interpreter.at_least(11) { of_frames.count() } else { 0 };
        // A word of a structure that is not known may borrow.
        let borrowed = direct.iter().filter(|step| matches!(step.edge, Edge::Word(_))).count();
        let known = (direct.len() + of_frames) as u64;
        let expected = expected_words(name, way["words"].as_array().unwrap());
        let ends = |words: &[String]| {
            let from = words.len().checked_sub(expected.len());
            let tail = from.and_then(|from| words.get(from..)).unwrap_or_default();
            tail.len() == expected.len()
                && tail.iter().zip(&expected).all(|(words, expected)| expected.is_null() || expected == words)
        };
        // The collector lets a cache speak for its links.
        if !missing.is_empty()
            && !is_shared_dict(name, interpreter)
            && !way["words"].to_string().contains("lru_cache of")
        {
            complain(format!("the collector knows of {missing:?}, too"));
        }
        if refcount.is_some_and(|count| known - borrowed as u64 > count) {
            complain("more holders than references".to_owned());
        }
        match way["by"].as_str().unwrap() {
            "nothing" if !garbage || !paths.is_empty() => complain("nothing holds it".to_owned()),
            "nothing" => {}
            _ if *garbage => complain("it is called garbage".to_owned()),
            "objects"
                if refcount.is_some_and(|count| known < count)
                    && !is_not_found(name, interpreter)
                    && !has_hidden_reference(name, interpreter) =>
            {
                complain("not all references were found".to_owned());
            }
            _ if !is_not_found(name, interpreter) && !paths.iter().any(|held| ends(&held.words)) => {
                complain(format!("no path ends with {expected:?}"));
            }
            _ => {}
        }
    }
    wrong
}

#[test]
fn every_reference_is_found_from_the_side_of_the_object() {
    let mut wrong = Vec::new();
    for interpreter in interpreters::all() {
        let mut found = compare(&interpreter);
        if !found.is_empty() {
            // Memory that is freed at that very moment can look alive. Not twice, in two processes.
            note(&format!("{interpreter}: asked again: {}", found.join("; ")));
            found = compare(&interpreter);
        }
        wrong.extend(found);
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n\n"));
}
