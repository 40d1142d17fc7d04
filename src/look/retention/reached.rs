//! What a forward search has reached, and how.
//!
//! Hundreds of thousands of objects with a step each: kept in one array in the order in which they were reached, and found by
//! an open-addressed table of numbers. That is 40 bytes and at most 16 for each.

use crate::analysis::retention::{Path, Root, Step};
use crate::heap::references::Edge;
use crate::memory::Address;

/// An object, and the step that led to it.
#[derive(Debug, Clone, Copy)]
struct Node {
    object: Address,
    /// How its holder holds it. Of a root, nothing.
    edge: Edge,
    /// The number of its holder; of a root, the number of the root.
    from: u32,
    /// Steps from the root.
    depth: u16,
    /// Whether it counts against the share of the program's modules.
    of_modules: bool,
}

/// Objects, each with the way on which it was reached first.
pub(in crate::look) struct Reached {
    nodes: Vec<Node>,
    roots: Vec<Root>,
    /// Numbers of nodes, each one more than it is; 0 is a free place. As many as a power of two.
    places: Vec<u32>,
    cut: bool,
}

/// Places of an empty table.
const FIRST_PLACES: usize = 1 << 10;

impl Reached {
    pub(super) fn new() -> Self {
        Self { nodes: Vec::new(), roots: Vec::new(), places: vec![0; FIRST_PLACES], cut: false }
    }

    /// Whether there is a way to this object.
    pub(in crate::look) fn contains(&self, object: Address) -> bool {
        self.number_of(object).is_some()
    }

    /// The path from its root to this object.
    pub(in crate::look) fn path_to(&self, object: Address) -> Option<Path> {
        let mut node = self.node(self.number_of(object)?)?;
        let mut steps = Vec::with_capacity(usize::from(node.depth));
        while node.depth > 0 {
            let holder = self.node(node.from)?;
            steps.push(Step { holder: holder.object, edge: node.edge });
            node = holder;
        }
        steps.reverse();
        Some(Path { root: *self.roots.get(usize::try_from(node.from).ok()?)?, steps })
    }

    /// How many objects were reached.
    pub(in crate::look) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn set_cut(&mut self) {
        self.cut = true;
    }

    /// Adds a root, unless it was reached already. Returns its number.
    pub(super) fn add_root(&mut self, object: Address, root: Root, of_modules: bool) -> Option<u32> {
        let from = u32::try_from(self.roots.len()).ok()?;
        let added = self.insert(Node { object, edge: Edge::Word(0), from, depth: 0, of_modules })?;
        self.roots.push(root);
        Some(added)
    }

    /// Adds what the object with the number `holder` holds, unless it was reached already. Returns its number.
    pub(super) fn add(&mut self, object: Address, holder: u32, edge: Edge) -> Option<u32> {
        let of = self.node(holder)?;
        self.insert(Node { object, edge, from: holder, depth: of.depth + 1, of_modules: of.of_modules })
    }

    pub(super) fn object(&self, number: u32) -> Option<Address> {
        self.node(number).map(|node| node.object)
    }

    /// Steps between the root and the object with this number.
    pub(super) fn depth(&self, number: u32) -> usize {
        self.node(number).map_or(usize::MAX, |node| usize::from(node.depth))
    }

    pub(super) fn is_of_modules(&self, number: u32) -> bool {
        self.node(number).is_some_and(|node| node.of_modules)
    }

    /// The root that has this number, if it is one.
    pub(super) fn root(&self, number: u32) -> Option<Root> {
        let node = self.node(number).filter(|node| node.depth == 0)?;
        self.roots.get(usize::try_from(node.from).ok()?).copied()
    }

    fn node(&self, number: u32) -> Option<&Node> {
        self.nodes.get(usize::try_from(number).ok()?)
    }

    fn number_of(&self, object: Address) -> Option<u32> {
        self.find(object).ok()
    }

    /// The number of an object, or the place in the table where it belongs.
    fn find(&self, object: Address) -> Result<u32, usize> {
        let mask = self.places.len() - 1;
        let mut place = hash(object) & mask;
        loop {
            let number = match self.places.get(place).copied() {
                Some(number) if number > 0 => number - 1,
                // The table has always room.
                _ => return Err(place),
            };
            if self.node(number).is_some_and(|node| node.object == object) {
                return Ok(number);
            }
            place = (place + 1) & mask;
        }
    }

    fn insert(&mut self, node: Node) -> Option<u32> {
        let place = self.find(node.object).err()?;
        let number = u32::try_from(self.nodes.len()).ok().filter(|number| *number < u32::MAX)?;
        *self.places.get_mut(place)? = number + 1;
        self.nodes.push(node);
        if self.nodes.len() * 2 > self.places.len() {
            self.grow();
        }
        Some(number)
    }

    fn grow(&mut self) {
        let length = self.places.len() * 2;
        let mut places = vec![0; length];
        for (number, node) in (1..).zip(&self.nodes) {
            let mut place = hash(node.object) & (length - 1);
            while places.get(place).is_some_and(|number| *number > 0) {
                place = (place + 1) & (length - 1);
            }
            if let Some(free) = places.get_mut(place) {
                *free = number;
            }
        }
        self.places = places;
    }
}

/// Addresses are multiples of 8 or 16 and lie close together: the upper half of a product spreads them.
fn hash(object: Address) -> usize {
    usize::try_from(object.get().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_object_keeps_its_first_way() {
        let mut reached = Reached::new();
        let at = |number: u64| Address::new(0x7f00_0000_0000 + number * 16);
        let module = reached.add_root(at(0), Root::Module(at(0)), true).unwrap();
        let dict = reached.add(at(1), module, Edge::Field("globals")).unwrap();
        for number in 2..5000 {
            assert!(reached.add(at(number), dict, Edge::Item(number)).is_some());
        }
        assert_eq!(reached.add(at(77), module, Edge::Key), None);
        assert_eq!(reached.add_root(at(78), Root::Task(at(78)), false), None);
        assert_eq!(reached.len(), 5000);
        assert!(reached.contains(at(4999)) && !reached.contains(at(5000)));
        assert_eq!(reached.path_to(at(5000)), None);
        let path = reached.path_to(at(77)).unwrap();
        assert_eq!(path.root, Root::Module(at(0)));
        let step = |holder, edge| Step { holder: at(holder), edge };
        assert_eq!(path.steps, [step(0, Edge::Field("globals")), step(1, Edge::Item(77))]);
        assert_eq!(reached.path_to(at(0)), Some(Path { root: Root::Module(at(0)), steps: Vec::new() }));
    }

    #[test]
    fn an_object_costs_less_than_64_bytes() {
        // The table grows when it is half full, to four numbers for each object.
        assert!(size_of::<Node>() + 4 * size_of::<u32>() < 64);
    }
}
