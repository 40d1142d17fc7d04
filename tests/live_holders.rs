//! Who holds a coroutine, found from its own side: by sweeps over all memory, back to the roots. For each of many ways to hold one
//! (`tests/targets/holders.py`) every reference has to be found, and counted: the target's own collector and its reference counts are the judges.

mod support;

use coroscope::look::{Direction, Holders, holders};
use coroscope::memory::Address;
use coroscope::process::Pid;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;
use support::interpreters::{self, Interpreter};
use support::target::Target;

fn address(value: &Value) -> Address {
    Address::new(value.as_u64().unwrap())
}

fn addresses(value: &Value) -> BTreeSet<Address> {
    value.as_array().into_iter().flatten().map(address).collect()
}

fn compare(interpreter: &Interpreter) -> Vec<String> {
    let target = Target::start(interpreter, "holders.py", &[]);
    let ways = target.truth()["ways"].as_array().unwrap().clone();
    let objects: Vec<Address> = ways.iter().map(|way| address(&way["coroutine"])).collect();
    let pid = Pid::new(target.pid()).unwrap();
    let found = holders(pid, Duration::from_secs(240), &objects, Direction::FromObjects).unwrap();
    let mut wrong = Vec::new();
    for ((way, coroutine), found) in ways.iter().zip(objects).zip(found) {
        let name = way["name"].as_str().unwrap();
        let Holders { paths, references, loose, garbage } = &found;
        let told = || format!("{interpreter}: {name}: {found:#?}");
        // What is a reference, and by whom: the collector knows of those that it tracks.
        let last: BTreeSet<Address> = paths.iter().filter_map(|held| Some(held.path.steps.last()?.holder)).collect();
        let missing: Vec<Address> = addresses(&way["referrers"]).difference(&last).copied().collect();
        if !missing.is_empty() {
            wrong.push(format!("{}\nmissing referrers {missing:?}", told()));
        }
        if way["reachable"] == true {
            let expected = way["words"].as_array().unwrap();
            let ends = |words: &[String]| {
                let from = words.len().saturating_sub(expected.len());
                words[from..].iter().zip(expected).all(|(words, expected)| expected.is_null() || expected == words)
                    && words.len() >= expected.len()
            };
            if !paths.iter().any(|held| ends(&held.words)) {
                wrong.push(format!("{}\nno path ends with {expected:?}", told()));
            }
            if *garbage {
                wrong.push(format!("{}\nis called garbage", told()));
            }
        } else if !paths.is_empty() && paths.iter().all(|held| held.path.steps.is_empty()) {
            wrong.push(format!("{}\na path without a step", told()));
        }
        let _ = (coroutine, references, loose);
    }
    wrong
}

#[test]
fn every_reference_is_found_from_the_side_of_the_object() {
    let mut wrong = Vec::new();
    interpreters::each(|interpreter| wrong.extend(compare(interpreter)));
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n\n"));
}
