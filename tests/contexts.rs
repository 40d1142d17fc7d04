//! Contexts on memory made by hand: tries of every kind of node, and such as no interpreter makes.
//!
//! The structures are those of `Include/internal/pycore_hamt.h` and `pycore_context.h`, typed in here: behind the object's head a
//! context has two words (`ctx_prev`, `ctx_vars`), a variable its name, a trie its root; a bitmap and a collision node have their
//! number of words, a word with the bitmap or hash, and the words; an array node has 32 children.

mod synth_heap;

use coroscope::heap::{Heap, Result};
use coroscope::memory::Address;
use synth_heap::{Build, Synth, numbers};

const BASE: u64 = 0x5600_0000_0000;

/// A trie under construction.
struct Trie {
    synth: Synth,
    head: u64,
}

impl Trie {
    fn new(build: Build) -> Self {
        let synth = Synth::new(build, BASE);
        let head = synth.at(numbers::OBJECT_SIZE);
        Self { synth, head }
    }

    fn variable(&mut self, name: &str) -> u64 {
        let name = self.synth.text(name);
        let variable = self.synth.plain(self.synth.type_of("object"), self.head + 32);
        self.synth.put(variable + self.head, name);
        variable
    }

    /// A node of pairs: `hamt_bitmap_node` or `hamt_collision_node`.
    fn pairs(&mut self, class: &str, pairs: &[(u64, u64)]) -> u64 {
        let node = self.synth.plain(self.synth.type_of(class), self.head + 16 + 16 * pairs.len() as u64);
        self.synth.put(node + self.head, 2 * pairs.len() as u64);
        for (at, (key, value)) in (0..).zip(pairs) {
            self.synth.put(node + self.head + 16 + 16 * at, *key);
            self.synth.put(node + self.head + 24 + 16 * at, *value);
        }
        node
    }

    /// An array node with these children.
    fn array(&mut self, children: &[(u64, u64)]) -> u64 {
        let node = self.synth.plain(self.synth.type_of("hamt_array_node"), self.head + 33 * 8);
        for (at, child) in children {
            self.synth.put(node + self.head + 8 * at, *child);
        }
        node
    }

    fn context(&mut self, root: u64) -> u64 {
        let trie = self.synth.plain(self.synth.type_of("hamt"), self.head + 24);
        self.synth.put(trie + self.head, root);
        let context = self.synth.plain(self.synth.type_of("object"), self.head + 32);
        self.synth.put(context + self.head + 8, trie);
        context
    }

    fn read_root(&mut self, root: u64) -> Result<Vec<(String, u64)>> {
        let context = self.context(root);
        self.read(context)
    }

    /// The names of the variables and the values, sorted.
    fn read(&self, context: u64) -> Result<Vec<(String, u64)>> {
        let (memory, python) = (self.synth.memory(), self.synth.python());
        let heap = Heap::new(&memory, &python.layout, &python.types);
        let Some(mapping) = heap.context_mapping(Address::new(context))? else { return Ok(Vec::new()) };
        let entries = heap.mapping_entries(mapping)?;
        let mut found = Vec::new();
        for (variable, value) in entries {
            found.push((heap.context_variable_name(variable)?, value.get()));
        }
        found.sort();
        Ok(found)
    }
}

#[test]
fn every_kind_of_node_is_followed() {
    for build in Build::ALL {
        let mut trie = Trie::new(build);
        let [a, b, c, d, e] = ["a", "b", "c", "d", "é"].map(|name| trie.variable(name));
        let collision = trie.pairs("hamt_collision_node", &[(b, 0x200), (c, 0x300)]);
        let inner = trie.pairs("hamt_bitmap_node", &[(0, collision), (d, 0x400)]);
        let last = trie.pairs("hamt_bitmap_node", &[(e, 0x500)]);
        let array = trie.array(&[(0, inner), (31, last)]);
        let root = trie.pairs("hamt_bitmap_node", &[(a, 0x100), (0, array)]);
        let context = trie.context(root);
        let expected = [("a", 0x100), ("b", 0x200), ("c", 0x300), ("d", 0x400), ("é", 0x500)];
        let expected: Vec<(String, u64)> = expected.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        assert_eq!(trie.read(context), Ok(expected), "{build:?}");
    }
}

#[test]
fn an_empty_context_has_nothing_in_it() {
    for build in Build::ALL {
        let mut trie = Trie::new(build);
        let root = trie.pairs("hamt_bitmap_node", &[]);
        let context = trie.context(root);
        assert_eq!(trie.read(context), Ok(Vec::new()), "{build:?}");
        // While it is made, it has no trie yet.
        trie.synth.put(context + trie.head + 8, 0);
        assert_eq!(trie.read(context), Ok(Vec::new()), "{build:?}");
    }
}

#[test]
fn a_trie_that_contradicts_itself_is_refused() {
    for build in [Build::V38, Build::V313, Build::V315, Build::V315t] {
        let mut trie = Trie::new(build);
        let a = trie.variable("a");
        // A ring.
        let ring = trie.pairs("hamt_bitmap_node", &[(a, 0x100), (0, 0)]);
        trie.synth.put(ring + trie.head + 16 + 24, ring);
        assert!(trie.read_root(ring).is_err(), "{build:?}: a ring");
        // Arrays in arrays without end: 32 children each.
        let array = trie.array(&[]);
        for at in 0..32 {
            trie.synth.put(array + trie.head + 8 * at, array);
        }
        assert!(trie.read_root(array).is_err(), "{build:?}: a ring that fans out");
        for words in [1, 3, u64::MAX, 1 << 40] {
            let node = trie.pairs("hamt_bitmap_node", &[(a, 0x100)]);
            trie.synth.put(node + trie.head, words);
            assert!(trie.read_root(node).is_err(), "{build:?}: {words} words");
        }
        // The root is a string.
        let text = trie.synth.text("no node");
        assert!(trie.read_root(text).is_err(), "{build:?}: no node");
        let context = trie.context(text);
        trie.synth.put(context + trie.head + 8, text);
        assert!(trie.read(context).is_err(), "{build:?}: no trie");
    }
}
