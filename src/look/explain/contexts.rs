//! The context variables of tasks: their names and types always, their values only when asked for.
//!
//! A task copies the context it was created in, and copies share their mapping until one of them sets something: thousands of tasks
//! have a handful of mappings, and each is read once.

use super::super::values::represent;
use super::names::{Names, UNREADABLE};
use crate::heap::Heap;
use crate::memory::Address;
use crate::report::Variable;
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Bytes of text in the contexts of all tasks together; beyond it contexts are left out.
const MOST_TEXT: usize = 64 << 20;
/// Variables told of one context.
const MOST_VARIABLES: usize = 1000;

/// Reads contexts, and remembers them.
pub(super) struct Contexts {
    /// Whether values are wanted.
    values: bool,
    /// Bytes of text that contexts may still take.
    text_left: Cell<usize>,
    mappings: RefCell<FxHashMap<Address, Option<Rc<Known>>>>,
    variable_names: RefCell<FxHashMap<Address, String>>,
}

struct Known {
    variables: Vec<Variable>,
    text: usize,
}

impl Contexts {
    pub(super) fn new(values: bool) -> Self {
        Self {
            values,
            text_left: Cell::new(MOST_TEXT),
            mappings: RefCell::default(),
            variable_names: RefCell::default(),
        }
    }

    /// The variables that are set in a context, by name.
    pub(super) fn variables(&self, names: &Names<'_, '_>, context: Address) -> Option<Vec<Variable>> {
        let Some(mapping) = names.heap.context_mapping(context).ok()? else { return Some(Vec::new()) };
        let known = self.mappings.borrow().get(&mapping).cloned();
        let known = known.unwrap_or_else(|| {
            let read = self.read(names, mapping).map(Rc::new);
            self.mappings.borrow_mut().insert(mapping, read.clone());
            read
        })?;
        let left = self.text_left.get().checked_sub(known.text)?;
        self.text_left.set(left);
        Some(known.variables.clone())
    }

    fn read(&self, names: &Names<'_, '_>, mapping: Address) -> Option<Known> {
        let entries = names.heap.mapping_entries(mapping).ok()?;
        let variable = |(variable, value): (Address, Address)| Variable {
            name: self.name(names.heap, variable),
            type_name: names.class_name(value).unwrap_or_else(|| "?".to_owned()),
            value: if self.values { represent(names.heap, value) } else { None },
        };
        let mut variables: Vec<Variable> = entries.into_iter().take(MOST_VARIABLES).map(variable).collect();
        variables.sort_by(|a, b| a.name.cmp(&b.name));
        let length = |one: &Variable| {
            size_of::<Variable>() + one.name.len() + one.type_name.len() + one.value.as_ref().map_or(0, String::len)
        };
        Some(Known { text: variables.iter().map(length).sum(), variables })
    }

    fn name(&self, heap: &Heap<'_>, variable: Address) -> String {
        let mut names = self.variable_names.borrow_mut();
        let read = || heap.context_variable_name(variable).unwrap_or_else(|_| UNREADABLE.to_owned());
        names.entry(variable).or_insert_with(read).clone()
    }
}
