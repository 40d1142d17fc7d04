//! Reads what a target said about itself (`tests/targets/truth.py`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Addresses of the objects of a kind (`coroutine`, `async_generator`, `generator`) in a state.
pub fn in_state(truth: &Value, kind: &str, state: &str) -> BTreeSet<u64> {
    list(truth, "coroutines")
        .filter(|item| item["kind"] == kind && item["state"] == state)
        .filter_map(|item| item["address"].as_u64())
        .collect()
}

/// Addresses of everything that can be awaited as a coroutine, in a state: generators of `types.coroutine` too.
pub fn awaitable_in_state(truth: &Value, state: &str) -> BTreeSet<u64> {
    list(truth, "coroutines")
        .filter(|item| item["kind"] == "coroutine" || item["iterable_coroutine"] == true)
        .filter(|item| item["state"] == state)
        .filter_map(|item| item["address"].as_u64())
        .collect()
}

/// Every coroutine, async generator and generator, with its state: equal for two truths if nothing moved in between.
pub fn states(truth: &Value) -> BTreeMap<u64, String> {
    list(truth, "coroutines")
        .filter_map(|item| Some((item["address"].as_u64()?, item["state"].as_str()?.to_owned())))
        .collect()
}

/// Addresses of the coroutines that nobody will ever await.
pub fn leaks(truth: &Value) -> BTreeSet<u64> {
    labelled(truth, "leaks").into_keys().collect()
}

/// Addresses of the coroutines that somebody will await, each with the words that say who.
pub fn owned(truth: &Value) -> BTreeMap<u64, String> {
    labelled(truth, "owned")
}

/// Addresses of the tasks in a state.
pub fn tasks_in_state(truth: &Value, state: &str) -> BTreeSet<u64> {
    list(truth, "tasks").filter(|task| task["state"] == state).filter_map(|task| task["address"].as_u64()).collect()
}

/// The facts of the object at an address.
pub fn object(truth: &Value, address: u64) -> Option<&Value> {
    list(truth, "coroutines").find(|item| item["address"] == address)
}

/// Addresses the target put under labels, each with its label; `of` is `leaks` or `owned`.
pub fn labelled(truth: &Value, of: &str) -> BTreeMap<u64, String> {
    let mut found = BTreeMap::new();
    for (label, addresses) in truth[of].as_object().into_iter().flatten() {
        for address in addresses.as_array().into_iter().flatten().filter_map(Value::as_u64) {
            found.insert(address, label.clone());
        }
    }
    found
}

fn list<'a>(truth: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    truth[name].as_array().into_iter().flatten()
}
