//! Words for event loops, handles, futures, tasks and queues.
//!
//! What is written in C has fields, what is written in Python has attributes for the same: `_result` and the result are one.

use super::roles::Role;
use super::{Said, Speaker, Way, Words};
use crate::analysis::retention::{Root, Step};
use crate::heap::references::Edge;

impl Speaker<'_, '_> {
    /// Says a step out of one of them.
    pub(super) fn waiting(&self, way: &Way<'_>, at: usize, role: Role) -> Option<Said> {
        let Step { holder, edge } = way.step(at)?;
        let (name, steps) = match (edge, self.attribute_at(way, at)) {
            (_, Some(attribute)) => (attribute.name, attribute.steps),
            (Edge::Field(name), None) => (name.to_owned(), 1),
            (Edge::Item(index), None) if role == Role::SimpleQueue => {
                return Said::new(1, Words::item(holder, &self.label_of(holder), index));
            }
            _ => return None,
        };
        let item = match way.edge(at + steps) {
            Some(Edge::Item(index)) => Some(index),
            _ => None,
        };
        match role {
            Role::Queue | Role::SimpleQueue => {
                if !["_queue", "queue", "items"].contains(&name.as_str()) {
                    return None;
                }
                Said::new(steps + 1, Words::item(holder, &self.label_of(holder), item?))
            }
            Role::Loop => {
                let what = match name.as_str() {
                    "_ready" => "ready queue",
                    "_scheduled" => "timer",
                    _ => return None,
                };
                let of = if way.path.root == Root::Loop(holder) { "" } else { " of event loop" };
                Said::new(steps + usize::from(item.is_some()), Words::new(holder, format!("{what}{of}")))
            }
            Role::Handle => {
                let label = self.label_of(holder);
                match (name.as_str(), item) {
                    ("_callback", _) => Said::new(steps, Words::new(holder, format!("callback of {label}"))),
                    ("_args", Some(index)) => {
                        Said::new(steps + 1, Words::new(holder, format!("argument {index} of {label}")))
                    }
                    ("_context", _) => Said::new(steps, Words::new(holder, format!("context of {label}"))),
                    _ => None,
                }
            }
            _ => self.future(way, at, role, &name, steps),
        }
    }

    fn future(&self, way: &Way<'_>, at: usize, role: Role, name: &str, steps: usize) -> Option<Said> {
        let holder = way.step(at)?.holder;
        let is_root = at == 0 && way.path.root == Root::Task(holder);
        let label = if role == Role::Task { self.task_label(holder) } else { self.label_of(holder).to_string() };
        let what = match name {
            // A task goes on with these: what they hold says enough.
            "coroutine" | "_coro" | "context" | "_context" if is_root => return Said::nothing(steps),
            "coroutine" | "_coro" => return Said::new(steps, Words::new(holder, label)),
            "result" | "_result" => "result",
            "exception" | "_exception" => "exception",
            "callback" => "callback",
            "callbacks" | "_callbacks" | "_done_callbacks" => {
                // A list of pairs: the callback and its context.
                let items =
                    (steps..steps + 2).take_while(|further| matches!(way.edge(at + further), Some(Edge::Item(_))));
                let steps = steps + items.count();
                return Said::new(steps, Words::new(holder, format!("callback of {label}")));
            }
            "waiter" | "_fut_waiter" => "future awaited",
            _ if matches!(way.edge(at)?, Edge::Field(field) if field != "dict") => name,
            _ => return None,
        };
        let of = if what == "future awaited" { "by" } else { "of" };
        Said::new(steps, Words::new(holder, format!("{what} {of} {label}")))
    }
}
