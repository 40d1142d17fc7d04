//! The arguments of a coroutine that was never started: bound, and not yet touched. Private, so only read when asked for.

use super::values::represent;
use crate::heap::{Generator, Heap, SlotKind};
use crate::report::Variable;

/// Variables shown of a frame (a function takes at most so many arguments by position).
const MOST_VARIABLES: usize = 256;

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
            value: represent(heap, value),
        })
    });
    let mut variables: Vec<Variable> = variables.collect();
    // Before 3.11 the cell of a parameter lies behind all variables, and its place among them is empty.
    variables.sort_by_key(|variable| slots.iter().position(|slot| slot.name == variable.name));
    Some(variables)
}
