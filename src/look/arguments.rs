//! The arguments of a coroutine that was never started: bound, and not yet touched. Private, so only read when asked for.
//!
//! Values are written by us from the bytes we read; nothing of the target runs. Only built-in types are shown, short.

use crate::heap::{Generator, Heap, SlotKind, TypeFlags};
use crate::memory::Address;
use crate::report::Variable;

/// Longest text shown of a value, in characters.
const LONGEST: usize = 80;
/// Variables shown of a frame (a function takes at most so many arguments by position).
const MOST_VARIABLES: usize = 256;
/// Items shown of a container.
const MOST_ITEMS: usize = 4;
/// Containers in containers.
const DEEPEST: usize = 2;

/// Names, types and values of the arguments.
pub(super) fn arguments(heap: &Heap<'_>, generator: &Generator) -> Option<Vec<Variable>> {
    let frame = generator.frame?;
    let code = heap.code(generator.code).ok()?;
    let slots = heap.code_slots(&code).ok()?;
    let values = heap.frame_slots(&frame).ok()?;
    let variables = slots.iter().zip(values).take(MOST_VARIABLES).filter_map(|(slot, value)| {
        // Free variables belong to another function; other locals are not bound yet.
        let value = value.filter(|_| slot.kind != SlotKind::Free)?;
        let value = match heap.type_of(value).ok() {
            // A parameter that an inner function uses is in a cell already.
            class if class.is_some() && class == heap.known().cell => heap.cell_contents(value).ok()??,
            _ => value,
        };
        let class = heap.type_of(value).and_then(|class| heap.qualified_type_name(class));
        Some(Variable {
            name: slot.name.clone(),
            type_name: class.unwrap_or_else(|_| "?".to_owned()),
            value: represent(heap, value, 0),
        })
    });
    let mut variables: Vec<Variable> = variables.collect();
    // Before 3.11 the cell of a parameter lies behind all variables, and its place among them is empty.
    variables.sort_by_key(|variable| slots.iter().position(|slot| slot.name == variable.name));
    Some(variables)
}

/// A short form of a value of a built-in type.
pub(super) fn represent(heap: &Heap<'_>, object: Address, depth: usize) -> Option<String> {
    let known = heap.known();
    let class = Some(heap.type_of(object).ok()?);
    if class == known.none_type {
        return Some("None".to_owned());
    }
    if let Some(flag) = heap.boolean(object) {
        return Some(if flag { "True" } else { "False" }.to_owned());
    }
    if class == known.int {
        return heap.integer(object).ok()?.map(|value| value.to_string());
    }
    if class == known.float {
        return heap.float(object).ok().map(|value| format!("{value:?}"));
    }
    if class == known.str_type {
        let text = heap.text(object, LONGEST + 1).ok()?;
        let short: String = text.chars().take(LONGEST).collect();
        let dots = if short.len() < text.len() { "..." } else { "" };
        return Some(format!("'{short}'{dots}"));
    }
    if class == known.bytes {
        return heap.is_a(object, TypeFlags::BYTES).then(|| {
            heap.unsigned(object, heap.layout().var_object.ob_size)
                .map_or_else(|_| "b'...'".to_owned(), |n| format!("<{n} bytes>"))
        });
    }
    let (open, close, items) = if class == known.tuple {
        ("(", ")", heap.tuple_items(object).ok()?)
    } else if class == known.list {
        ("[", "]", heap.list_items(object).ok()?)
    } else if class == known.dict {
        let count = heap.dict_entries(object).ok()?.len();
        return Some(if count == 0 { "{}".to_owned() } else { format!("{{...{count}}}") });
    } else {
        return None;
    };
    if depth >= DEEPEST {
        return Some(format!("{open}...{close}"));
    }
    let mut parts: Vec<String> = items
        .iter()
        .take(MOST_ITEMS)
        .map(|item| represent(heap, *item, depth + 1).unwrap_or_else(|| "...".to_owned()))
        .collect();
    if items.len() > MOST_ITEMS {
        parts.push(format!("... {} more", items.len() - MOST_ITEMS));
    }
    // Python writes a tuple of one with a comma, too.
    let close = if class == known.tuple && items.len() == 1 { ",)" } else { close };
    Some(format!("{open}{}{close}", parts.join(", ")))
}
