//! One sweep back: who refers to these objects, and to this memory that belongs to some container?
//!
//! A word that equals an address proves nothing – freed memory is full of them. So what it lies in is found out, and that is asked for its
//! references in the ordinary way ([`References`]): only what it then tells counts.

use super::super::session::Session;
use super::buffers::{Buffers, Families, MOST_NOTED, Noted, note};
use super::extent::Extent;
use crate::analysis::retention::{Holders, Step};
use crate::error::Result;
use crate::heap::blocks::{Block, Blocks};
use crate::heap::large_blocks::SMALLEST;
use crate::heap::references::{Edge, References};
use crate::heap::{Heap, TypeFlags};
use crate::memory::Address;
use crate::memory::sweep::{SweepOptions, View};
use crate::memory::words::{WordSet, sweep_words};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::ops::Range;

/// Bytes of a container that tell where its memory is.
const CONTAINER_HEAD: usize = 64;
/// Places of words remembered in one sweep.
const MOST_HITS: usize = 8 << 20;
/// Places of one word remembered by one thread: what so many refer to, the whole program shares.
const MOST_HITS_EACH: u32 = 50_000;
/// Low bits of a reference that may be a tag.
const TAG: u64 = 7;

/// Whether this is where an object has its type: a count of references stands before it.
fn is_type_word(view: View<'_>, at: usize) -> bool {
    let before = at.checked_sub(8).and_then(|before| view.word(before));
    before.is_some_and(|count| count > 0 && count < 1 << 32)
}

/// What has been learned by the sweeps so far.
pub(super) struct Search<'s, 'h, 'a> {
    pub(super) session: &'s Session,
    pub(super) heap: &'h Heap<'a>,
    pub(super) references: &'h References<'h, 'a>,
    pub(super) blocks: Blocks<'h, 'a>,
    pub(super) families: Families,
    extent: Extent,
    pub(super) threads: usize,
    pub(super) holders: Holders,
    /// Objects whose holders were or are looked for.
    sought: FxHashSet<u64>,
    /// Classes among them. Each of their instances has their address, and holds nothing by that.
    classes: FxHashSet<u64>,
    /// Blocks of containers' memory, by where they begin, that nobody was looked for yet.
    raw: BTreeMap<u64, Raw>,
    /// Such blocks that were looked for, and who was found to point to them.
    owners: FxHashMap<u64, Vec<Address>>,
    /// Words that lie in nothing known: where, by what they point to.
    pub(super) loose: FxHashMap<Address, Vec<Address>>,
    buffers: Option<Buffers>,
    /// Words that were more than are remembered.
    pub(super) passed_over: u64,
}

/// A block that belongs to some object and is none.
#[derive(Debug, Default)]
struct Raw {
    size: u64,
    /// What is sought and referred to from inside.
    targets: Vec<Address>,
}

/// What one thread of a sweep found.
#[derive(Default)]
struct Found {
    hits: Vec<(u64, u64)>,
    /// How many of them are the same word.
    counts: FxHashMap<u64, u32>,
    noted: Vec<Noted>,
    /// `bytearray`s whose memory may be a large block.
    bytearrays: Vec<Address>,
    passed_over: u64,
}

impl<'s, 'h, 'a> Search<'s, 'h, 'a> {
    pub(super) fn new(
        session: &'s Session,
        heap: &'h Heap<'a>,
        references: &'h References<'h, 'a>,
        families: Families,
        extent: Extent,
        threads: usize,
    ) -> Self {
        Self {
            session,
            heap,
            references,
            blocks: Blocks::new(heap),
            families,
            extent,
            threads,
            holders: Holders::default(),
            sought: FxHashSet::default(),
            classes: FxHashSet::default(),
            raw: BTreeMap::new(),
            owners: FxHashMap::default(),
            loose: FxHashMap::default(),
            buffers: None,
            passed_over: 0,
        }
    }

    /// Whether memory of containers is left to be looked for.
    pub(super) fn has_raw(&self) -> bool {
        !self.raw.is_empty()
    }

    /// Looks for the holders of these objects, and of the memory that earlier passes came upon.
    ///
    /// # Errors
    /// When the target has ended, or nobody wants the result any more.
    pub(super) fn pass(&mut self, objects: &[Address]) -> Result<()> {
        self.sought.extend(objects.iter().map(|object| object.get()));
        let classes = objects.iter().filter(|object| self.heap.is_a(**object, TypeFlags::TYPE));
        self.classes.extend(classes.map(|class| class.get()));
        let raw = std::mem::take(&mut self.raw);
        let granules = raw.iter().flat_map(|(start, raw)| (*start..start + raw.size).step_by(16));
        // Which containers have large memory need be learned once.
        let learn = self.buffers.is_none();
        let bytearray = self.heap.known().bytearray.filter(|_| self.extent.has_blocks());
        let types = self.families.types().chain(bytearray.map(Address::get)).filter(|_| learn);
        let wanted = WordSet::new(objects.iter().map(|object| object.get()).chain(granules).chain(types));
        let mut found = self.sweep(&self.extent.ranges, &wanted, learn);
        if learn {
            self.extent.leave_out_plain(self.heap, found.iter().flat_map(|part| &part.bytearrays).copied());
        }
        self.session.memory.skip(self.extent.plain());
        found.extend(self.sweep(&self.extent.blocks(), &wanted, learn));
        self.session.check()?;
        self.session.target.check_alive()?;
        let mut hits = Vec::new();
        let mut noted = Vec::new();
        for part in found {
            hits.extend(part.hits);
            noted.extend(part.noted);
            self.passed_over += part.passed_over;
        }
        if learn {
            self.buffers = Some(Buffers::new(self.heap, noted));
        }
        hits.sort_unstable();
        self.owners.extend(raw.keys().map(|start| (*start, Vec::new())));
        self.attribute(&hits, &raw);
        // What no object points to belongs to C code.
        for (start, raw) in raw {
            if self.owners.get(&start).is_some_and(Vec::is_empty) {
                raw.targets.iter().for_each(|target| self.loose.entry(*target).or_default().push(Address::new(start)));
            }
        }
        self.holders.explored(objects.iter().copied());
        self.session.check()
    }

    fn sweep(&self, ranges: &[Range<u64>], wanted: &WordSet, learn: bool) -> Vec<Found> {
        let layout = self.heap.layout();
        let bytearray = self.heap.known().bytearray.map_or(0, Address::get);
        let type_at = usize::try_from(layout.object.ob_type.offset().unwrap_or(8)).unwrap_or(8);
        let var_head = usize::try_from(layout.var_object.size).unwrap_or(0);
        let pools = layout.pool_geometry.is_some();
        let (sought, classes, families) = (&self.sought, &self.classes, &self.families);
        let each = |most: usize, bytes: usize| most.min(self.session.budget.words(bytes) / self.threads.max(1));
        let most_hits = each(MOST_HITS, size_of::<(u64, u64)>());
        let most_noted = each(MOST_NOTED, size_of::<Noted>());
        let options = SweepOptions {
            threads: self.threads,
            margin_before: CONTAINER_HEAD,
            margin_after: 2 * CONTAINER_HEAD,
            idle_priority: true,
        };
        let (found, _) = sweep_words(
            &self.session.memory,
            ranges,
            wanted,
            options,
            |window| vec![window],
            Found::default,
            |found: &mut Found, view, at, word| {
                if learn && let Some(family) = families.of(word) {
                    let container = at.checked_sub(type_at).and_then(|start| {
                        let address = view.base.get() + start as u64;
                        note(layout, Address::new(address), family, view.bytes.get(start..)?, pools)
                    });
                    if found.noted.len() < most_noted {
                        found.noted.extend(container);
                    }
                    // A class may be sought, too.
                    if !sought.contains(&word) {
                        return;
                    }
                }
                if learn && word == bytearray {
                    let object = at.checked_sub(type_at);
                    let allocated = object.and_then(|object| view.word(object + var_head));
                    if allocated.is_some_and(|allocated| allocated >= SMALLEST) && found.bytearrays.len() < most_noted {
                        found.bytearrays.extend(object.map(|object| view.base.offset(object as u64)));
                    }
                    if !sought.contains(&word) {
                        return;
                    }
                }
                if classes.contains(&word) && is_type_word(view, at) {
                    return;
                }
                let count = found.counts.entry(word).or_default();
                *count = count.saturating_add(1);
                if found.hits.len() < most_hits && *count <= MOST_HITS_EACH {
                    found.hits.push((view.base.get() + at as u64, word));
                } else {
                    found.passed_over += 1;
                }
            },
            || self.session.should_stop(),
        );
        found
    }

    /// Finds out what the words lie in, and asks it. `raw`: the memory that was sought.
    fn attribute(&mut self, hits: &[(u64, u64)], raw: &BTreeMap<u64, Raw>) {
        let mut asked: FxHashMap<Address, bool> = FxHashMap::default();
        for (at, word) in hits {
            let place = Address::new(*at);
            let target = self.target(*word);
            let (object, block) = match self.blocks.block_of(place) {
                Block::Pool { start, size } => (self.blocks.object_at(place), Some((start.get(), size))),
                Block::Other => {
                    let containers: Vec<Address> =
                        self.buffers.iter().flat_map(|buffers| buffers.containing(*at)).collect();
                    for container in &containers {
                        self.ask(*container, &mut asked);
                    }
                    // Memory that a container had once may be another object's now.
                    let is_theirs = |step: &Step| containers.contains(&step.holder);
                    if target.is_some_and(|target| self.holders.of(target).iter().any(is_theirs)) {
                        continue;
                    }
                    (self.blocks.object_at(place), None)
                }
            };
            match (object, block, target) {
                (Some(object), _, _) => {
                    let known = self.ask(object, &mut asked);
                    let Some((start, raw)) =
                        raw.range(..=*word).next_back().filter(|(start, raw)| *word < *start + raw.size)
                    else {
                        continue;
                    };
                    if let Some(owners) = self.owners.get_mut(start).filter(|owners| !owners.contains(&object)) {
                        owners.push(object);
                    }
                    // Its memory holds what is sought, and nobody knows how such an object uses its memory.
                    if !known && target.is_none() {
                        let edge = Edge::Word(at.saturating_sub(object.get()));
                        raw.targets.iter().for_each(|target| self.holders.add(*target, Step { holder: object, edge }));
                    }
                }
                (None, Some((start, size)), Some(target)) => match self.owners.get(&start).cloned() {
                    Some(owners) => owners.into_iter().for_each(|owner| _ = self.ask(owner, &mut asked)),
                    None => {
                        let raw = self.raw.entry(start).or_default();
                        raw.size = size;
                        raw.targets.push(target);
                    }
                },
                (None, None, Some(target)) => self.loose.entry(target).or_default().push(place),
                _ => {}
            }
        }
    }

    /// The object sought that a word refers to, whatever its tag.
    fn target(&self, word: u64) -> Option<Address> {
        [word, word & !TAG].into_iter().find(|word| self.sought.contains(word)).map(Address::new)
    }

    /// Asks an object for its references, once a pass, and notes those to what is sought. Returns whether it is of a kind whose references
    /// are known.
    fn ask(&mut self, holder: Address, asked: &mut FxHashMap<Address, bool>) -> bool {
        if let Some(known) = asked.get(&holder) {
            return *known;
        }
        // What was freed is kept for later use as it was, with its type and what it referred to (lists, tuples, frames): its count is
        // zero, or where the count was there is the address of the next one (3.14+).
        if !self.heap.looks_like_object(holder) {
            asked.insert(holder, true);
            return true;
        }
        let (sought, holders) = (&self.sought, &mut self.holders);
        // What cannot be read any more holds nothing any more.
        let known = self.references.visit_or_guess(holder, &mut |edge, target| {
            if sought.contains(&target.get()) {
                holders.add(target, Step { holder, edge });
            }
        });
        let known = known.unwrap_or(true);
        asked.insert(holder, known);
        known
    }
}
