//! The collector's lists: every object that can be part of a cycle hangs on one of them.
//!
//! Default builds put a `PyGC_Head` of two links before each tracked object. The lists are rings; outside of a collection each node's
//! back link leads to the node before it, so a walk can tell whether it is still on the list. During a collection (`collecting`
//! is 1) the links hold other things, and objects hang on lists that nothing leads to.

use super::{Fault, Heap, Result};
use crate::memory::Address;
use crate::runtime::layout::{GcKind, GcLocation};

/// Low bits of the links are flags (2 of `_gc_next`, 2 of `_gc_prev`).
const FLAGS: u64 = 3;
/// A list with more nodes than this is a circle that does not lead back to its head.
const LONGEST_LIST: u64 = 1 << 31;

/// One list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GcList {
    /// Address of its head.
    pub head: Address,
    /// Which one.
    pub generation: Generation,
}

/// Which list of the collector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// What was allocated since the last collection.
    Young,
    /// What has survived at least one.
    Old,
    /// `gc.freeze()`.
    Permanent,
}

impl Heap<'_> {
    /// The collector's state that serves `interpreter`.
    ///
    /// # Errors
    /// When this version keeps it nowhere we know.
    pub fn gc_state(&self, runtime: Address, interpreter: Address) -> Result<Address> {
        Ok(match self.layout.gc_location {
            GcLocation::Runtime => self.layout.runtime.gc.at(runtime)?,
            GcLocation::Interpreter => self.layout.interpreter.gc.at(interpreter)?,
        })
    }

    /// Whether a collection is going on.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn is_collecting(&self, gc: Address) -> Result<bool> {
        Ok(self.unsigned(gc, self.layout.gc.collecting)? != 0)
    }

    /// The lists, youngest first. Free-threaded builds have none.
    ///
    /// # Errors
    /// When the state of the collector does not make sense.
    pub fn gc_lists(&self, gc: Address) -> Result<Vec<GcList>> {
        let layout = &self.layout.gc;
        let step = u64::from(self.layout.gc_generation.size);
        let list = |head, generation| GcList { head, generation };
        let mut lists = match self.layout.gc_kind {
            GcKind::FreeThreaded => return Ok(Vec::new()),
            GcKind::Generational => {
                // Placed by the collector's own `generation0` when the interpreter was located.
                let first = layout.generations.at(gc)?;
                vec![
                    list(first, Generation::Young),
                    list(first.offset(step), Generation::Old),
                    list(first.offset(2 * step), Generation::Old),
                ]
            }
            GcKind::Incremental => {
                let old = layout.old.at(gc)?;
                vec![
                    list(layout.young.at(gc)?, Generation::Young),
                    list(old, Generation::Old),
                    list(old.offset(step), Generation::Old),
                ]
            }
        };
        lists.push(list(layout.permanent_generation.at(gc)?, Generation::Permanent));
        Ok(lists)
    }

    /// Visits the objects of a list, with their types, in order, at most `limit`; `visit` may end the walk by returning `false`.
    /// Returns whether the walk came back to the head.
    ///
    /// # Errors
    /// When a link is broken: the list was changed meanwhile, or a collection is going on.
    pub fn walk_gc_list(
        &self,
        list: GcList,
        limit: u64,
        mut visit: impl FnMut(Address, Address) -> bool,
    ) -> Result<bool> {
        /// A head of 16 bytes, and of the object the reference count and the type: one read a node is what a walk costs.
        const NODE: usize = 32;
        let before = usize::from(self.layout.header_before_gc_object);
        let mut previous = list.head;
        let mut node = self.gc_link(list.head)?.0;
        for _ in 0..limit.min(LONGEST_LIST) {
            if node == list.head {
                return Ok(true);
            }
            let mut bytes = [0; NODE];
            self.memory.read(node, &mut bytes)?;
            if self.back_link(&bytes)? != previous {
                return Err(Fault::implausible("back link of the collector's list", node));
            }
            let class = self.layout.object.ob_type.address_in(bytes.get(before..).unwrap_or_default())?;
            if !visit(node.offset(before as u64), class) {
                return Ok(false);
            }
            previous = node;
            node = self.next_link(&bytes)?;
        }
        Ok(node == list.head)
    }

    fn next_link(&self, head: &[u8]) -> Result<Address> {
        Ok(Address::new(self.layout.gc_head.gc_next.u64_in(head)? & !FLAGS))
    }

    fn back_link(&self, head: &[u8]) -> Result<Address> {
        Ok(Address::new(self.layout.gc_head.gc_prev.u64_in(head)? & !FLAGS))
    }

    /// Both links of a node, without their flags.
    fn gc_link(&self, node: Address) -> Result<(Address, Address)> {
        let mut bytes = [0; 16];
        self.memory.read(node, &mut bytes)?;
        Ok((self.next_link(&bytes)?, self.back_link(&bytes)?))
    }

    /// Whether the neighbours of an object on its list point back to it: then it is a living, tracked object, and no
    /// copy or remains of one. Says nothing during a collection.
    ///
    /// # Errors
    /// When it or a neighbour cannot be read.
    pub fn is_linked(&self, object: Address) -> Result<bool> {
        let before = u64::from(self.layout.header_before_gc_object);
        let head = object.checked_sub(before).ok_or(Fault::implausible("tracked object", object))?;
        let (next, back) = self.gc_link(head)?;
        if next.is_null() || back.is_null() {
            return Ok(false);
        }
        Ok(self.gc_link(next)?.1 == head && self.gc_link(back)?.0 == head)
    }

    /// Whether a tracked object lives, as far as the collector's lists tell: `None` while they are rearranged (`collecting`). Builds
    /// without such lists (free-threaded) have nothing to say against it.
    #[must_use]
    pub fn is_alive(&self, object: Address, collecting: bool) -> Option<bool> {
        if self.layout.header_before_gc_object == 0 {
            return Some(true);
        }
        (!collecting).then(|| self.is_linked(object).unwrap_or(false))
    }
}
