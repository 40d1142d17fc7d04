//! Words for names: globals of modules, attributes of instances and classes.

use super::names::text_of;
use super::roles::Role;
use super::{Said, Speaker, Way, Words};
use crate::analysis::retention::Step;
use crate::heap::references::Edge;
use crate::memory::Address;

/// The name of an attribute, and how many steps lead out of it.
pub(super) struct Attribute {
    pub(super) name: String,
    pub(super) steps: usize,
}

impl Speaker<'_, '_> {
    /// Says a step out of the dict of a module or class.
    pub(super) fn namespace(&self, way: &Way<'_>, at: usize, role: Role) -> Option<Said> {
        let holder = way.step(at)?.holder;
        if role == Role::Class {
            let name = self.attribute_at(way, at)?;
            let text = format!("class attribute '{}' of {}", name.name, self.class_label(holder));
            return Said::new(name.steps, Words::new(holder, text));
        }
        let is_root = at == 0;
        let of = if is_root { String::new() } else { format!(" of module {}", self.module_label(holder)) };
        match (way.edge(at)?, way.edge(at + 1)) {
            (Edge::Field("globals"), Some(Edge::Value(key) | Edge::Attribute(key))) => {
                Said::new(2, Words::new(holder, format!("global '{}'{of}", text_of(self.heap, key))))
            }
            (Edge::Field("globals"), _) => Said::new(1, Words::new(holder, format!("globals{of}"))),
            _ => None,
        }
    }

    /// Says a step out of an instance.
    pub(super) fn attribute(&self, way: &Way<'_>, at: usize, role: Role) -> Option<Said> {
        let Step { holder, edge } = way.step(at)?;
        if let Some(Attribute { name, steps }) = self.attribute_at(way, at) {
            if role == Role::WeakCollection
                && name == "data"
                && let Some(Edge::Value(key)) = way.edge(at + steps)
            {
                return Said::new(steps + 1, Words::value(holder, &self.label_of(holder), self.key(key)));
            }
            return Said::new(steps, self.attribute_words(holder, role, &name));
        }
        match (role, edge) {
            (Role::Cell, Edge::Field("contents")) => Said::new(1, Words::new(holder, "cell")),
            (Role::ThreadLocal, Edge::Field(_)) => self.thread_local(way, at),
            _ => None,
        }
    }

    fn attribute_words(&self, holder: Address, role: Role, name: &str) -> Words {
        let text = match role {
            Role::ThreadLocal => format!("thread-local attribute '{name}'"),
            Role::Exception => format!("attribute '{name}' of exception {}", self.label_of(holder)),
            Role::Function => format!("attribute '{name}' of {}", self.function_label(holder)),
            Role::Partial => format!("attribute '{name}' of {}", self.callable_label(holder)),
            Role::Task => format!("attribute '{name}' of {}", self.task_label(holder)),
            _ => format!("attribute '{name}' of {}", self.label_of(holder)),
        };
        Words::new(holder, text)
    }

    /// The values of all threads lie in dicts of their own, which the object has by way of another dict.
    fn thread_local(&self, way: &Way<'_>, at: usize) -> Option<Said> {
        let holder = way.step(at)?.holder;
        let mut last = None;
        for further in at + 1..way.len() {
            let Some(step) = way.step(further).filter(|step| self.role(step.holder) == Role::Dict) else { break };
            last = Some((further, step.edge));
        }
        match last? {
            (further, Edge::Value(key)) => {
                let name = self.heap.text(key, 256).ok()?;
                Said::new(further + 1 - at, Words::new(holder, format!("thread-local attribute '{name}'")))
            }
            _ => None,
        }
    }

    /// The attribute by which the step `at` leads out of an object, wherever this version keeps it.
    pub(super) fn attribute_at(&self, way: &Way<'_>, at: usize) -> Option<Attribute> {
        let Step { holder, edge } = way.step(at)?;
        match edge {
            Edge::Attribute(name) => Some(Attribute { name: text_of(self.heap, name), steps: 1 }),
            Edge::Slot(offset) => {
                Some(Attribute { name: self.heap.slot_name(self.heap.type_of(holder).ok()?, offset).ok()??, steps: 1 })
            }
            Edge::Field("dict") => match way.edge(at + 1)? {
                Edge::Value(name) | Edge::Attribute(name) => {
                    Some(Attribute { name: text_of(self.heap, name), steps: 2 })
                }
                _ => None,
            },
            _ => None,
        }
    }
}
