//! A short form of a value, written by us from the bytes we read: nothing of the target runs.
//!
//! Built-in types are written as Python would; of everything else only its class and place are told.

use crate::heap::{Heap, TypeFlags};
use crate::memory::Address;

/// Longest text shown of a `str`, in characters, or of a `bytes`, in bytes.
const LONGEST: usize = 80;
/// Items shown of a container.
const MOST_ITEMS: usize = 4;
/// Containers in containers.
const DEEPEST: usize = 2;
/// Items of a container beyond this are not counted: what is in it is not told.
const LARGEST: u64 = 100_000;

/// A short form of a value; `None` when it cannot be read.
pub(super) fn represent(heap: &Heap<'_>, object: Address) -> Option<String> {
    value(heap, object, 0)
}

fn value(heap: &Heap<'_>, object: Address, depth: usize) -> Option<String> {
    let known = heap.known();
    let class = heap.type_of(object).ok()?;
    if let Some(scalar) = scalar(heap, object, class) {
        return Some(scalar);
    }
    let class_is = |one: Option<Address>| one == Some(class);
    if class_is(known.tuple) || class_is(known.list) || class_is(known.set) || class_is(known.frozenset) {
        return sequence(heap, object, class, depth);
    }
    if class_is(known.dict) {
        return dict(heap, object, depth);
    }
    if heap.is_a(object, TypeFlags::TYPE) {
        return Some(format!("<class '{}'>", heap.qualified_type_name(object).ok()?));
    }
    Some(format!("<{} at {object}>", heap.qualified_type_name(class).ok()?))
}

/// Values that hold no others.
fn scalar(heap: &Heap<'_>, object: Address, class: Address) -> Option<String> {
    let known = heap.known();
    let class = Some(class);
    if class == known.none_type {
        return Some("None".to_owned());
    }
    if let Some(flag) = heap.boolean(object) {
        return Some(if flag { "True" } else { "False" }.to_owned());
    }
    if class == known.int {
        // A larger one than 64 bits hold.
        return heap
            .integer(object)
            .ok()
            .map(|value| value.map_or_else(|| "<int>".to_owned(), |value| value.to_string()));
    }
    if class == known.float {
        return heap
            .float(object)
            .ok()
            .map(|value| if value.is_nan() { "nan".to_owned() } else { format!("{value:?}") });
    }
    if class == known.str_type {
        let text = heap.text(object, LONGEST + 1).ok()?;
        let short: String = text.chars().take(LONGEST).collect();
        let dots = if short.len() < text.len() { "..." } else { "" };
        return Some(format!("'{short}'{dots}"));
    }
    if class == known.bytes {
        let length = heap.unsigned(object, heap.layout().var_object.ob_size).ok()?;
        return Some(match heap.byte_string(object, LONGEST) {
            Ok(bytes) => format!("b'{}'", bytes.escape_ascii()),
            Err(_) => format!("<{length} bytes>"),
        });
    }
    None
}

fn sequence(heap: &Heap<'_>, object: Address, class: Address, depth: usize) -> Option<String> {
    let known = heap.known();
    let class = Some(class);
    let is_set = class == known.set || class == known.frozenset;
    let size = if is_set { heap.layout().set.used } else { heap.layout().var_object.ob_size };
    let count = heap.unsigned(object, size).ok()?;
    let (open, close) = match class {
        class if class == known.tuple => ("(", ")"),
        class if class == known.list => ("[", "]"),
        class if class == known.set && count == 0 => ("set(", ")"),
        class if class == known.set => ("{", "}"),
        _ if count == 0 => ("frozenset(", ")"),
        _ => ("frozenset({", "})"),
    };
    if count > 0 && (depth >= DEEPEST || count > LARGEST) {
        return Some(format!("{open}...{close}"));
    }
    let items = match class {
        class if class == known.tuple => heap.tuple_start(object, MOST_ITEMS as u64),
        class if class == known.list => heap.list_items(object),
        _ => heap.set_items(object),
    };
    let parts = items.ok()?.into_iter().take(MOST_ITEMS).map(|item| inner(heap, item, depth)).collect();
    // Python writes a tuple of one with a comma, too.
    let close = if class == known.tuple && count == 1 { ",)" } else { close };
    Some(format!("{open}{}{close}", joined(parts, count)))
}

fn dict(heap: &Heap<'_>, object: Address, depth: usize) -> Option<String> {
    let count = heap.unsigned(object, heap.layout().dict.ma_used).ok()?;
    if count > 0 && (depth >= DEEPEST || count > LARGEST) {
        return Some("{...}".to_owned());
    }
    let entries = heap.dict_entries(object).ok()?.into_iter().take(MOST_ITEMS);
    let parts = entries.map(|(key, value)| format!("{}: {}", inner(heap, key, depth), inner(heap, value, depth)));
    Some(format!("{{{}}}", joined(parts.collect(), count)))
}

fn inner(heap: &Heap<'_>, item: Address, depth: usize) -> String {
    value(heap, item, depth + 1).unwrap_or_else(|| "...".to_owned())
}

/// The parts that are shown, of `count`.
fn joined(mut parts: Vec<String>, count: u64) -> String {
    let left = count.saturating_sub(parts.len() as u64);
    if left > 0 {
        parts.push(format!("... {left} more"));
    }
    parts.join(", ")
}
