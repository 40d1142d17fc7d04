//! How much memory an object keeps alive: what would be freed with it, and how large that is.

use crate::analysis::retained::Doomed;
use crate::heap::references::{Edge, References};
use crate::heap::{Heap, TypeFlags};
use crate::memory::Address;
use rustc_hash::FxHashMap;

/// References that lead to what a whole program shares: nothing behind them is freed with one object.
const SHARED: [&str; 8] = ["back", "builtins", "code", "globals", "handled exception type", "loop", "module", "type"];

/// What would be freed with an object, it itself included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retained {
    /// Their sizes together.
    pub bytes: u64,
    /// How many they are.
    pub objects: u64,
    /// Whether that is all. If not, it is at least as much: something could not be read, has a type whose references are not known, or
    /// there was too much to look at; and in free-threaded builds reference counts do not tell.
    pub exact: bool,
}

/// What would be freed if `object` were freed, whoever holds it. Of what `is_held` says so, it is known that something else holds
/// it, too; that shortens the search. When `most` objects were met, the search ends, and it is at least what was found. Classes, modules and
/// code are taken for held.
#[must_use]
pub fn retained(
    heap: &Heap<'_>,
    references: &References<'_, '_>,
    object: Address,
    most: usize,
    is_held: &dyn Fn(Address) -> bool,
) -> Retained {
    let mut doomed = Doomed::new();
    let mut objects = vec![object];
    let mut numbers = FxHashMap::from_iter([(object, 0)]);
    let mut opaque = Vec::new();
    let mut found = Vec::new();
    let mut exact = !heap.layout().free_threaded;
    while let Some(number) = doomed.pop() {
        if doomed.met() >= most {
            exact = false;
            break;
        }
        let Some(at) = objects.get(number).copied() else { break };
        found.clear();
        let known = references.visit(at, &mut |edge, target| {
            if !matches!(edge, Edge::Field(name) if SHARED.contains(&name)) {
                found.push(target);
            }
        });
        if known != Ok(true) {
            opaque.push(number);
            continue;
        }
        for target in &found {
            let to = *numbers.entry(*target).or_insert_with(|| {
                objects.push(*target);
                doomed.meet(count(heap, *target).filter(|_| !is_held(*target)))
            });
            doomed.refer(number, to);
        }
    }
    let freed = doomed.freed();
    let mut bytes = 0_u64;
    for number in &freed {
        match objects.get(*number).map(|object| heap.object_size(*object)) {
            Some(Ok(size)) => bytes = bytes.saturating_add(size),
            _ => exact = false,
        }
    }
    exact &= opaque.iter().all(|number| freed.binary_search(number).is_err());
    Retained { bytes, objects: freed.len() as u64, exact }
}

/// The reference count of what can be freed with an object.
fn count(heap: &Heap<'_>, object: Address) -> Option<u64> {
    let class = heap.type_of(object).ok()?;
    let known = heap.known();
    let shared = [known.module, known.code].contains(&Some(class));
    if shared || heap.type_info(class).ok()?.flags.contains(TypeFlags::TYPE) {
        return None;
    }
    heap.exact_refcount(object).ok()?
}
