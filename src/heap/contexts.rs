//! `contextvars.Context`: which variables are set in it, and to what.
//!
//! A context refers to a persistent hash trie (`PyHamtObject`, `Python/hamt.c`, the same in 3.8–3.15). Copies share it until one of
//! them sets a variable, and its nodes never change once they are shared. There are three kinds: bitmap nodes of pairs (key, value), in
//! which a null key stands before a child; array nodes of 32 children; collision nodes of pairs whose keys have one hash.

use super::{Fault, Heap, Result};
use crate::memory::Address;

/// Variables of one context beyond this are left out.
const MOST_VARIABLES: usize = 1 << 16;
/// Nodes of one trie beyond this are not looked at.
const MOST_NODES: usize = 1 << 16;
/// A trie has at most 7 levels of 5 bits of the hash, and collision nodes below them.
const DEEPEST: usize = 10;
/// Children of an array node (`HAMT_ARRAY_NODE_SIZE`).
const ARRAY_CHILDREN: u64 = 32;

impl Heap<'_> {
    /// The mapping of a context, by which equal contexts can be known; `None` for one that has no mapping yet.
    ///
    /// # Errors
    /// When it is no context that makes sense.
    pub fn context_mapping(&self, context: Address) -> Result<Option<Address>> {
        let Some(mapping) = self.pointer(context, self.layout.context.ctx_vars)?.non_null() else { return Ok(None) };
        if Some(self.type_of(mapping)?) != self.known.hamt {
            return Err(Fault::implausible("context", context));
        }
        Ok(Some(mapping))
    }

    /// The entries of a context's mapping: the `ContextVar` and its value.
    ///
    /// # Errors
    /// When it is no mapping that makes sense.
    pub fn mapping_entries(&self, mapping: Address) -> Result<Vec<(Address, Address)>> {
        let known = self.known;
        let implausible = Fault::implausible("context", mapping);
        let mut found = Vec::new();
        let mut nodes = 0;
        let mut open = vec![(self.pointer(mapping, self.layout.hamt.h_root)?, 0)];
        while let Some((node, depth)) = open.pop() {
            nodes += 1;
            if depth > DEEPEST || nodes > MOST_NODES {
                return Err(implausible);
            }
            let class = Some(self.type_of(node)?);
            if class == known.hamt_array {
                let children = self.memory.bytes(self.layout.hamt_array.a_array.at(node)?, ARRAY_CHILDREN * 8, 4096)?;
                open.extend(words(&children).filter(|child| !child.is_null()).map(|child| (child, depth + 1)));
                continue;
            }
            let pairs = match class {
                class if class == known.hamt_bitmap => self.layout.hamt_bitmap.b_array,
                class if class == known.hamt_collision => self.layout.hamt_collision.c_array,
                _ => return Err(implausible),
            };
            let count = self.unsigned(node, self.layout.var_object.ob_size)?;
            if count % 2 != 0 || count > MOST_VARIABLES as u64 * 2 {
                return Err(implausible);
            }
            let pairs = self.memory.bytes(pairs.at(node)?, count * 8, MOST_VARIABLES * 16)?;
            let pairs: Vec<Address> = words(&pairs).collect();
            for pair in pairs.chunks_exact(2) {
                match *pair {
                    [key, child] if key.is_null() => open.push((child, depth + 1)),
                    [variable, value] if found.len() < MOST_VARIABLES => found.push((variable, value)),
                    _ => return Ok(found),
                }
            }
        }
        Ok(found)
    }

    /// The name of a `ContextVar`.
    ///
    /// # Errors
    /// When it is none.
    pub fn context_variable_name(&self, variable: Address) -> Result<String> {
        self.label(self.pointer(variable, self.layout.context_var.var_name)?)
    }
}

fn words(bytes: &[u8]) -> impl Iterator<Item = Address> + '_ {
    bytes.chunks_exact(8).filter_map(|word| Some(Address::new(u64::from_le_bytes(word.try_into().ok()?))))
}
