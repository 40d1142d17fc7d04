//! Words for lists, tuples, sets, dicts and deques, and for what derives from them.

use super::names::text_of;
use super::roles::Role;
use super::{Said, Speaker, Way, Words};
use crate::analysis::retention::Step;
use crate::heap::references::Edge;
use crate::memory::Address;

impl Speaker<'_, '_> {
    /// Says a step out of a container; nothing if it is one out of the rest of an object that is a container, too.
    pub(super) fn container(&self, way: &Way<'_>, at: usize, role: Role) -> Option<Said> {
        let Step { holder, edge } = way.step(at)?;
        let label = self.label_of(holder);
        let words = match (edge, role) {
            (Edge::Item(_), Role::Set) => Words::new(holder, label.to_string()),
            (Edge::Item(index), Role::Tuple) => match self.field_name(holder, index) {
                Some(name) => Words::new(holder, format!("attribute '{name}' of {label}")),
                None => Words::item(holder, &label, index),
            },
            (Edge::Item(index), Role::List | Role::Deque) => Words::item(holder, &label, index),
            // An ordered dict holds its keys once more, in their order.
            (Edge::Key | Edge::Item(_), Role::Dict) => Words::new(holder, format!("{label} key")),
            // The values of a dict may lie beside keys that it shares with other dicts.
            (Edge::Value(key) | Edge::Attribute(key), Role::Dict) => Words::value(holder, &label, self.key(key)),
            _ => return None,
        };
        Said::new(1, words)
    }

    /// The name of a field of a named tuple.
    fn field_name(&self, tuple: Address, index: u64) -> Option<String> {
        let heap = self.heap;
        let class = heap.type_of(tuple).ok()?;
        if Some(class) == heap.known().tuple {
            return None;
        }
        let fields = heap.class_attribute(class, "_fields").ok()??;
        if Some(heap.type_of(fields).ok()?) != heap.known().tuple {
            return None;
        }
        let name =
            heap.tuple_start(fields, index.checked_add(1)?).ok()?.into_iter().nth(usize::try_from(index).ok()?)?;
        (Some(heap.type_of(name).ok()?) == heap.known().str_type).then(|| text_of(heap, name))
    }
}
