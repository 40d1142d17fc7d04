//! Who holds a coroutine: paths from the roots and the words for them, for each of many ways to hold one
//! (`tests/targets/holders.py`), against what the collector of the target knows.

mod support;

use coroscope::analysis::retention::Root;
use coroscope::look::{Direction, Held, holders};
use coroscope::memory::Address;
use coroscope::process::Pid;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use support::dump::{self, EVERYTHING};
use support::interpreters::{self, Interpreter};
use support::target::Target;

/// Whether the collector tells a step from elsewhere than the object that holds.
fn is_named_difference(name: &str, interpreter: &Interpreter) -> bool {
    match name {
        // Releases from 3.13 on visit the values inside of an instance from the dict that shares them, once somebody asked for it.
        "hold_attribute_of_shown_dict" => interpreter.at_least(13),
        // The links of a cache are not known to the collector: the cache visits what they hold.
        "hold_lru_cache" => true,
        _ => false,
    }
}

fn address(value: &Value) -> Address {
    Address::new(value.as_u64().unwrap())
}

/// What the collector visits in those of the holders of all paths that it knows.
fn referents(target: &mut Target, held: &[Option<Held>]) -> BTreeMap<Address, BTreeSet<Address>> {
    let steps = held.iter().flatten().flat_map(|held| &held.path.steps);
    let holders: BTreeSet<String> = steps.map(|step| step.holder.get().to_string()).collect();
    let words: Vec<String> = holders.into_iter().collect();
    let answer = target.ask(&format!("referents {}", words.join(" ")));
    let of = |(holder, items): (&String, &Value)| {
        let items = items.as_array().unwrap().iter().map(address).collect();
        (Address::new(holder.parse().unwrap()), items)
    };
    answer.as_object().unwrap().iter().map(of).collect()
}

/// The path from the roots to each object.
fn from_roots(pid: Pid, objects: &[Address]) -> Vec<Option<Held>> {
    let found = holders(pid, Duration::from_secs(120), objects, Direction::FromRoots).unwrap();
    found.into_iter().map(|holders| holders.paths.into_iter().next()).collect()
}

/// Whether the words end as the target says; `null` stands for any.
fn ends_with(words: &[String], expected: &[Value]) -> bool {
    let Some(from) = words.len().checked_sub(expected.len()) else { return false };
    words[from..].iter().zip(expected).all(|(words, expected)| expected.is_null() || expected == words)
}

fn compare(interpreter: &Interpreter) -> Vec<String> {
    let mut target = Target::start(interpreter, "holders.py", &[]);
    let ways = target.truth()["ways"].as_array().unwrap().clone();
    assert!(ways.len() >= 100, "{interpreter}: {} ways", ways.len());
    let objects: Vec<Address> = ways.iter().map(|way| address(&way["coroutine"])).collect();
    let pid = Pid::new(target.pid()).unwrap();
    let held = from_roots(pid, &objects);
    let referents = referents(&mut target, &held);
    let mut wrong = Vec::new();
    for ((way, coroutine), held) in ways.iter().zip(objects).zip(held) {
        let name = way["name"].as_str().unwrap();
        let by_objects = way["by"] == "objects";
        let Some(Held { path, words }) = held else {
            if by_objects {
                wrong.push(format!("{interpreter}: {name} is not reached"));
            }
            continue;
        };
        assert!(by_objects, "{interpreter}: {name}: {words:?}");
        let expected = way["words"].as_array().unwrap();
        if !ends_with(&words, expected) {
            wrong.push(format!("{interpreter}: {name}: {words:?}, not {expected:?}"));
        }
        if is_named_difference(name, interpreter) {
            continue;
        }
        // Each step that the collector can judge is one that it knows.
        for (at, step) in path.steps.iter().enumerate() {
            let next = path.steps.get(at + 1).map_or(coroutine, |step| step.holder);
            if referents.get(&step.holder).is_some_and(|referents| !referents.contains(&next)) {
                wrong.push(format!("{interpreter}: {name}: {step:?} does not lead to {next}: {words:?}"));
            }
        }
        let last = path.steps.last().map(|step| step.holder);
        if let Some(holder) = way["holder"].as_u64().map(Address::new)
            && last != Some(holder)
        {
            wrong.push(format!("{interpreter}: {name}: {path:?} does not end at {holder}: {words:?}"));
        }
        // A frame that runs is no object to the collector of 3.11 and later.
        let judged = way["referrers"]
            .as_array()
            .is_some_and(|referrers| referrers.iter().map(address).any(|one| Some(one) == last));
        let known = last.and_then(|last| referents.get(&last)).is_some_and(|referents| referents.contains(&coroutine));
        if !judged && !known && !matches!(path.root, Root::Frame { .. }) {
            wrong.push(format!("{interpreter}: {name}: the collector knows other referrers: {way}, {path:?}"));
        }
    }
    wrong
}

#[test]
fn each_way_to_hold_a_coroutine_has_a_path_and_its_words() {
    let mut wrong = Vec::new();
    for interpreter in interpreters::all() {
        wrong.extend(compare(&interpreter));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn paths_that_are_alike_are_told_as_one() {
    for interpreter in interpreters::oldest_and_newest() {
        let target = Target::start(&interpreter, "holders.py", &[]);
        let many = &target.truth()["many"];
        let report = dump::report(target.pid(), EVERYTHING);
        let findings: Vec<&Value> = report.named(many["name"].as_str().unwrap()).collect();
        assert_eq!(findings.len(), 1, "{interpreter}: {findings:?}");
        assert_eq!(findings[0]["count"], 900, "{interpreter}");
        for field in ["retained_by", "also_retained_by"] {
            assert_eq!(findings[0][field], many[field], "{interpreter}");
        }
    }
}

#[test]
fn what_a_foreign_loop_is_going_to_call_is_reached() {
    for interpreter in interpreters::with_uvloop() {
        let target = Target::start(&interpreter, "holders_uvloop.py", &[]);
        let pid = Pid::new(target.pid()).unwrap();
        for (name, behind) in
            [("argument of a timer", "tuple[0]"), ("callback of a timer", "bound method coroutine.close")]
        {
            let coroutine = address(&target.truth()["held"][name]);
            let held = from_roots(pid, &[coroutine]).remove(0).unwrap_or_else(|| panic!("{interpreter}: {name}"));
            let words: Vec<&str> = held.words.iter().map(String::as_str).collect();
            assert_eq!(words[..2], ["event loop", "scheduled callback"], "{interpreter}");
            assert!(words[2].starts_with("C object uvloop.") && words[3] == behind, "{interpreter}: {words:?}");
            assert_eq!(words.len(), 4, "{interpreter}: {words:?}");
        }
    }
}
