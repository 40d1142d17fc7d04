//! A picture of the pages that an examination looks at.
//!
//! The examination of a running target must not be done while it stands still: that would cost it
//! milliseconds. So it is done twice, by the same code. First while the target runs: every page that is
//! touched is fetched and remembered. Then the target is paused just long enough to read the remembered
//! pages once more, in runs ([`Pages::refresh`]), and the examination is repeated on that consistent
//! picture ([`Pages::seal`]): what it wants beyond the picture is not read.

use super::slabs::Slabs;
use super::{Address, Memory, Piece, ReadError, ReadReason};
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};

/// Reads of more than this many bytes go past a picture that is not of one moment.
const LARGE: usize = 4096;
/// Pages read at once by [`Pages::reading_ahead`]: what belongs together was often made together. Four take 1.4 times as long as one.
const AHEAD: usize = 4;

/// Copies of pages, fetched when first touched.
pub struct Pages<'m> {
    source: &'m (dyn Memory + Sync),
    page_size: u64,
    /// Its logarithm: a division would take longer than the rest of a small read.
    page_bits: u32,
    /// Most pages that are kept.
    limit: usize,
    when_full: WhenFull,
    /// Pages that are fetched with one that is missing, itself among them.
    ahead: usize,
    sealed: Cell<bool>,
    /// Whether it shows one moment: then nothing is read past it.
    refreshed: bool,
    inner: RefCell<Inner>,
}

/// What to do when [`Pages`] has reached its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// Forget everything and start again: right for one pass over a heap.
    Forget,
    /// Read without remembering: right for a picture, which then misses that page.
    Bypass,
}

struct Inner {
    /// Page number → number of the page in `store`.
    index: FxHashMap<u64, usize>,
    store: Slabs,
    recent: Recent,
    bypassed: u64,
}

/// Pages read of late, and their numbers in the store: nearly all reads are of these, and asking the index takes longer than the read.
struct Recent([Option<(u64, usize)>; Self::COUNT]);

impl Recent {
    /// A power of two. An object, its type, its code, its frame and what these refer to: so many pages are in use at a time.
    const COUNT: usize = 256;

    fn new() -> Self {
        Self([None; Self::COUNT])
    }

    fn place(page: u64) -> usize {
        usize::try_from(page % Self::COUNT as u64).unwrap_or(0)
    }

    fn find(&self, page: u64) -> Option<usize> {
        self.0.get(Self::place(page)).copied().flatten().filter(|(known, _)| *known == page).map(|(_, at)| at)
    }

    fn note(&mut self, page: u64, at: usize) {
        if let Some(place) = self.0.get_mut(Self::place(page)) {
            *place = Some((page, at));
        }
    }
}

/// Pages that follow each other in memory and, within one slab, in the store.
struct Run {
    page: u64,
    count: usize,
    at: usize,
}

impl Run {
    /// The runs in pairs of page and place in the store, which are in the order of their places.
    fn all(order: impl Iterator<Item = (u64, usize)>, of_slab: usize) -> Vec<Self> {
        let mut runs: Vec<Self> = Vec::new();
        for (page, at) in order {
            match runs.last_mut() {
                Some(run)
                    if run.at + run.count == at
                        && run.page.checked_add(run.count as u64) == Some(page)
                        && at % of_slab != 0 =>
                {
                    run.count += 1;
                }
                _ => runs.push(Self { page, count: 1, at }),
            }
        }
        runs
    }

    /// The pieces to be read for runs that are in the order of their places.
    fn pieces<'s>(runs: &[Self], store: &'s mut Slabs, page_size: u64) -> Vec<Piece<'s>> {
        let into = store.runs_mut(runs.iter().map(|run| (run.at, run.count)));
        let address = |run: &Self| Address::new(run.page.saturating_mul(page_size));
        runs.iter().zip(into).map(|(run, into)| Piece::new(address(run), into)).collect()
    }
}

/// Reads runs of pages. Returns the pages that cannot be read.
fn read_runs(source: &dyn Memory, page_size: u64, pieces: &mut [Piece<'_>]) -> Vec<u64> {
    source.read_pieces(pieces);
    let size = usize::try_from(page_size).unwrap_or(4096);
    let mut lost = Vec::new();
    for piece in pieces.iter_mut().filter(|piece| piece.outcome.is_err()) {
        let single = piece.into.len() == size;
        // Something in the run has gone: save what is still there, page by page.
        for (page, bytes) in (piece.address.get() / page_size..).zip(piece.into.chunks_exact_mut(size)) {
            if single || source.read(Address::new(page.saturating_mul(page_size)), bytes).is_err() {
                lost.push(page);
            }
        }
    }
    lost
}

/// A picture that is about to be read again: everything that this takes is made beforehand.
pub struct Refresh<'p> {
    source: &'p (dyn Memory + Sync),
    page_size: u64,
    pages: usize,
    pieces: Vec<Piece<'p>>,
    /// Pages that could not be read.
    lost: Vec<u64>,
    index: &'p mut FxHashMap<u64, usize>,
}

impl Refresh<'_> {
    /// Pages that will be read.
    #[must_use]
    pub fn pages(&self) -> usize {
        self.pages
    }

    /// Reads them. Meant for the moment in which the target stands still.
    pub fn read(&mut self) {
        self.lost = read_runs(self.source, self.page_size, &mut self.pieces);
    }

    /// Takes what could not be read out of the picture. To be asked when the target runs again.
    pub fn finish(self) -> Refreshed {
        for page in &self.lost {
            self.index.remove(page);
        }
        Refreshed { pages: self.pages, lost: self.lost.len() }
    }
}

/// What reading a picture again did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Refreshed {
    /// Pages read again.
    pub pages: usize,
    /// Pages that are not there any more; they have left the picture.
    pub lost: usize,
}

impl<'m> Pages<'m> {
    /// Page size of a picture: the unit in which the kernel maps memory on the platforms we know.
    pub const PICTURE_PAGE: u64 = 4096;
    /// Page size of a pass over the whole heap: fastest when nodes are visited in list order.
    pub const WALK_PAGE: u64 = 16384;

    /// An empty picture of `source`, in pages of `page_size` bytes (a power of two), at most `limit_bytes` in all.
    #[must_use]
    pub fn new(source: &'m (dyn Memory + Sync), page_size: u64, limit_bytes: u64, when_full: WhenFull) -> Self {
        debug_assert!(page_size.is_power_of_two());
        Self {
            source,
            page_size,
            page_bits: page_size.ilog2(),
            limit: usize::try_from(limit_bytes / page_size).unwrap_or(usize::MAX).max(1),
            when_full,
            ahead: 1,
            sealed: Cell::new(false),
            inner: RefCell::new(Inner {
                index: FxHashMap::default(),
                store: Slabs::new(usize::try_from(page_size).unwrap_or(4096)),
                recent: Recent::new(),
                bypassed: 0,
            }),
            refreshed: false,
        }
    }

    /// The same, which fetches those behind a missing page with it: for what is not going to be read again in a pause.
    #[must_use]
    pub fn reading_ahead(self) -> Self {
        Self { ahead: AHEAD, ..self }
    }

    /// Fetches the pages of all these ranges at once, in address order: cheaper than one at a time.
    pub fn prefetch(&self, ranges: impl IntoIterator<Item = (Address, u64)>) {
        if self.sealed.get() {
            return;
        }
        let mut wanted: Vec<u64> = Vec::new();
        // To know the ranges may take reading.
        for (address, length) in ranges {
            let first = address.get() >> self.page_bits;
            let last = address.offset(length.saturating_sub(1)).get() >> self.page_bits;
            // A range is one object: more than a few pages of it are read when asked for.
            let pages = first..=last.min(first.saturating_add(4));
            let inner = self.inner.borrow();
            wanted.extend(pages.filter(|page| inner.find(*page).is_none()));
        }
        wanted.sort_unstable();
        wanted.dedup();
        let mut inner = self.inner.borrow_mut();
        wanted.retain(|page| !inner.index.contains_key(page));
        let room = self.limit.saturating_sub(inner.index.len());
        wanted.truncate(room);
        inner.add(self.source, self.page_size, &wanted);
    }

    /// Lays the pages out in address order, so that [`refresh`](Self::refresh) reads them in as few pieces as
    /// possible and into memory that is already ours. Call it before the target is paused.
    pub fn prepare(&self) {
        let mut inner = self.inner.borrow_mut();
        let mut order: Vec<(u64, usize)> = inner.index.iter().map(|(page, at)| (*page, *at)).collect();
        order.sort_unstable();
        let mut store = Slabs::new(self.page_length());
        store.grow(order.len());
        for (to, (page, from)) in order.into_iter().enumerate() {
            if let (Some(into), Some(bytes)) = (store.page_mut(to), inner.store.page(from)) {
                into.copy_from_slice(bytes);
            }
            inner.index.insert(page, to);
        }
        inner.store = store;
        inner.recent = Recent::new();
    }

    /// Makes ready for reading every page of the picture again. Call it before the target is paused, and after [`prepare`](Self::prepare):
    /// what is left for the pause are the system calls, into memory that is already ours.
    pub fn plan(&mut self) -> Refresh<'_> {
        self.refreshed = true;
        let Inner { index, store, recent, .. } = self.inner.get_mut();
        *recent = Recent::new();
        let mut order: Vec<(usize, u64)> = index.iter().map(|(page, at)| (*at, *page)).collect();
        order.sort_unstable();
        let pages = order.len();
        let runs = Run::all(order.into_iter().map(|(at, page)| (page, at)), store.pages_of_slab());
        let pieces = Run::pieces(&runs, store, self.page_size);
        Refresh { source: self.source, page_size: self.page_size, pages, pieces, lost: Vec::new(), index }
    }

    /// Reads every page of the picture again.
    pub fn refresh(&mut self) -> Refreshed {
        let mut plan = self.plan();
        plan.read();
        plan.finish()
    }

    /// From now on, nothing is read from the source: the picture is what it is.
    pub fn seal(&self) {
        self.sealed.set(true);
    }

    /// Pages in the picture.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.borrow().index.len()
    }

    /// Whether the picture is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads that were not remembered because the limit was reached.
    #[must_use]
    pub fn bypassed(&self) -> u64 {
        self.inner.borrow().bypassed
    }

    fn page_length(&self) -> usize {
        // Page sizes are small constants.
        usize::try_from(self.page_size).unwrap_or(4096)
    }

    /// What `look` makes of so many bytes, if they lie in one page that was read of late.
    #[inline]
    fn recently_read<T>(&self, address: Address, length: usize, look: impl FnOnce(&[u8]) -> T) -> Option<T> {
        let page = address.get() >> self.page_bits;
        let skip = usize::try_from(address.get() & (self.page_size - 1)).ok()?;
        if page == 0 || length > self.page_length().saturating_sub(skip) {
            return None;
        }
        let inner = self.inner.borrow();
        let at = inner.recent.find(page)?;
        inner.store.bytes(at, skip, length).map(look)
    }

    /// Reads a part of `page` from the source, and remembers nothing.
    fn read_through(&self, page: u64, skip: usize, into: &mut [u8]) -> Result<(), ReadReason> {
        let address = Address::new(page * self.page_size + skip as u64);
        self.source.read(address, into).map_err(|error| error.reason)
    }

    /// Copies the part of `page` that begins at `skip` into `into`.
    fn copy(&self, page: u64, skip: usize, into: &mut [u8]) -> Result<(), ReadReason> {
        let mut inner = self.inner.borrow_mut();
        let at = match inner.find(page) {
            Some(at) => at,
            None if self.sealed.get() => return Err(ReadReason::NotRecorded),
            None => {
                if inner.index.len() >= self.limit {
                    match self.when_full {
                        WhenFull::Forget => {
                            inner.index.clear();
                            inner.store.truncate(0);
                            inner.recent = Recent::new();
                        }
                        WhenFull::Bypass => {
                            inner.bypassed += 1;
                            return self.read_through(page, skip, into);
                        }
                    }
                }
                let room = self.limit.saturating_sub(inner.index.len());
                match inner.fetch(self.source, self.page_size, page, self.ahead.min(room)) {
                    Ok(at) => at,
                    // Larger pages than the kernel's may reach beyond a mapping; what is wanted of them may be there all the same.
                    Err(_) if self.page_size > Self::PICTURE_PAGE => return self.read_through(page, skip, into),
                    Err(reason) => return Err(reason),
                }
            }
        };
        inner.recent.note(page, at);
        let bytes = inner.store.bytes(at, skip, into.len());
        into.copy_from_slice(bytes.ok_or(ReadReason::NotRecorded)?);
        Ok(())
    }
}

impl Inner {
    /// Where the page is in the store.
    fn find(&self, page: u64) -> Option<usize> {
        self.recent.find(page).or_else(|| self.index.get(&page).copied())
    }

    /// Fetches a page, and up to `ahead - 1` of those behind it.
    fn fetch(&mut self, source: &dyn Memory, page_size: u64, page: u64, ahead: usize) -> Result<usize, ReadReason> {
        let at = self.store.len();
        let of_slab = self.store.pages_of_slab();
        let missing = (page..).take(ahead.min(of_slab - at % of_slab)).take_while(|page| self.find(*page).is_none());
        let count = missing.count();
        if count > 1 {
            self.store.grow(count);
            let mut pieces = Run::pieces(&[Run { page, count, at }], &mut self.store, page_size);
            source.read_pieces(&mut pieces);
            if pieces.iter().all(|piece| piece.outcome.is_ok()) {
                self.index.extend((page..).zip(at..at + count));
                return Ok(at);
            }
            self.store.truncate(at);
        }
        self.store.grow(1);
        let into = self.store.page_mut(at).unwrap_or_default();
        match source.read(Address::new(page.saturating_mul(page_size)), into) {
            Ok(()) => {
                self.index.insert(page, at);
                Ok(at)
            }
            Err(error) => {
                self.store.truncate(at);
                Err(error.reason)
            }
        }
    }

    /// Adds these pages, which are sorted and not there yet.
    fn add(&mut self, source: &dyn Memory, page_size: u64, pages: &[u64]) {
        let first = self.store.len();
        self.store.grow(pages.len());
        let places = || pages.iter().copied().zip(first..);
        self.index.extend(places());
        let lost = self.fetch_all(source, page_size, places());
        lost.iter().for_each(|page| _ = self.index.remove(page));
    }

    /// Reads pages into their places, which are in order, in as few pieces as possible. Returns those that cannot be read.
    fn fetch_all(
        &mut self,
        source: &dyn Memory,
        page_size: u64,
        order: impl Iterator<Item = (u64, usize)>,
    ) -> Vec<u64> {
        let runs = Run::all(order, self.store.pages_of_slab());
        read_runs(source, page_size, &mut Run::pieces(&runs, &mut self.store, page_size))
    }
}

impl Memory for Pages<'_> {
    fn read(&self, address: Address, into: &mut [u8]) -> Result<(), ReadError> {
        if self.recently_read(address, into.len(), |bytes| into.copy_from_slice(bytes)).is_some() {
            return Ok(());
        }
        let wanted = into.len();
        let failed = |reason| ReadError { address, wanted, reason };
        if address.is_null() || address.get().checked_add(wanted as u64).is_none() {
            return Err(failed(ReadReason::BadAddress));
        }
        let size = self.page_length();
        // The items of a large container: looked at once, and not worth the room.
        if into.len() > LARGE && !self.sealed.get() && !self.refreshed {
            return self.source.read(address, into);
        }
        let mut at = address.get();
        let mut rest = into;
        while !rest.is_empty() {
            let page = at >> self.page_bits;
            let skip = usize::try_from(at & (self.page_size - 1)).unwrap_or(0);
            let length = rest.len().min(size - skip);
            let (part, behind) = rest.split_at_mut(length);
            self.copy(page, skip, part).map_err(failed)?;
            rest = behind;
            at += length as u64;
        }
        Ok(())
    }

    fn word(&self, address: Address) -> Result<u64, ReadError> {
        let word = |bytes: &[u8]| bytes.first_chunk::<8>().map(|word| u64::from_le_bytes(*word));
        if let Some(word) = self.recently_read(address, 8, word).flatten() {
            return Ok(word);
        }
        let mut bytes = [0; 8];
        self.read(address, &mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// Pieces of pages that are not in the picture are read past it: one after the other they would be all over memory.
    fn read_pieces(&self, pieces: &mut [Piece<'_>]) {
        let past = |piece: &Piece<'_>| {
            let page = piece.address.get() >> self.page_bits;
            !self.sealed.get() && !self.refreshed && self.inner.borrow().find(page).is_none()
        };
        let (mut outside, inside): (Vec<_>, Vec<_>) = pieces.iter_mut().partition(|piece| past(piece));
        for piece in inside {
            piece.outcome = self.read(piece.address, piece.into).map_err(|error| error.reason);
        }
        let mut read: Vec<Piece<'_>> =
            outside.iter_mut().map(|piece| Piece::new(piece.address, &mut *piece.into)).collect();
        self.source.read_pieces(&mut read);
        let outcomes: Vec<_> = read.into_iter().map(|piece| piece.outcome).collect();
        outside.into_iter().zip(outcomes).for_each(|(piece, outcome)| piece.outcome = outcome);
    }

    fn prefetch(&self, ranges: &mut dyn Iterator<Item = (Address, u64)>) {
        self.prefetch(ranges);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::SyntheticMemory;

    fn memory() -> SyntheticMemory {
        let mut memory = SyntheticMemory::new();
        memory.map(0x10000, (0..0x6000u32).map(|i| (i / 7) as u8).collect());
        memory
    }

    fn read(pages: &Pages<'_>, address: u64, length: usize) -> Result<Vec<u8>, ReadReason> {
        let mut bytes = vec![0; length];
        pages.read(Address::new(address), &mut bytes).map(|()| bytes).map_err(|error| error.reason)
    }

    #[test]
    fn shows_the_same_bytes_as_the_source_across_pages() {
        let memory = memory();
        let pages = Pages::new(&memory, 4096, 1 << 20, WhenFull::Bypass);
        for (address, length) in [(0x10ff0, 40), (0x11ff0, 4096)] {
            let mut expected = vec![0; length];
            memory.read(Address::new(address), &mut expected).unwrap();
            assert_eq!(read(&pages, address, length), Ok(expected));
        }
        assert_eq!(pages.len(), 3);
    }

    #[test]
    fn a_sealed_picture_keeps_its_time_and_reads_nothing_more() {
        let mut memory = memory();
        memory.write(0x12000, b"old");
        let pages = Pages::new(&memory, 4096, 1 << 20, WhenFull::Bypass);
        assert_eq!(read(&pages, 0x12000, 3), Ok(b"old".to_vec()));
        pages.seal();
        assert_eq!(read(&pages, 0x12000, 3), Ok(b"old".to_vec()));
        assert_eq!(read(&pages, 0x14000, 3), Err(ReadReason::NotRecorded));
        assert_eq!(pages.len(), 1);
    }

    #[test]
    fn refresh_reads_runs_and_singles_and_drops_what_is_gone() {
        struct Changing {
            before: SyntheticMemory,
            after: SyntheticMemory,
            now_after: std::sync::atomic::AtomicBool,
        }
        impl Memory for Changing {
            fn read(&self, address: Address, into: &mut [u8]) -> Result<(), ReadError> {
                if self.now_after.load(std::sync::atomic::Ordering::Relaxed) {
                    self.after.read(address, into)
                } else {
                    self.before.read(address, into)
                }
            }
        }
        let mut before = SyntheticMemory::new();
        let mut after = SyntheticMemory::new();
        for page in [0x20u64, 0x21, 0x22, 0x30, 0x40, 0x41] {
            before.map(page * 4096, vec![1; 4096]);
            if page != 0x41 {
                after.map(page * 4096, vec![page as u8; 4096]);
            }
        }
        let source = Changing { before, after, now_after: false.into() };
        let mut pages = Pages::new(&source, 4096, 1 << 20, WhenFull::Bypass);
        // Touched out of order, so that the order of the store differs from that of the addresses.
        for page in [0x41u64, 0x30, 0x22, 0x20, 0x40, 0x21] {
            assert_eq!(read(&pages, page * 4096, 1), Ok(vec![1]));
        }
        pages.prepare();
        source.now_after.store(true, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(pages.refresh(), Refreshed { pages: 6, lost: 1 });
        pages.seal();
        for page in [0x20u64, 0x21, 0x22, 0x30, 0x40] {
            assert_eq!(read(&pages, page * 4096 + 77, 1), Ok(vec![page as u8]), "page {page:#x}");
        }
        assert_eq!(read(&pages, 0x41 * 4096, 1), Err(ReadReason::NotRecorded));
    }

    #[test]
    fn gaps_of_pages_that_could_not_be_fetched_do_not_shift_the_rest() {
        let memory = memory();
        let mut pages = Pages::new(&memory, 4096, 1 << 20, WhenFull::Bypass);
        pages.prefetch([0x11000, 0x9000, 0x12000, 0x90000, 0x14000].map(|a| (Address::new(a), 8)));
        assert_eq!(pages.refresh(), Refreshed { pages: 3, lost: 0 });
        pages.seal();
        for address in [0x11000u64, 0x12000, 0x14000] {
            let mut expected = vec![0; 8];
            memory.read(Address::new(address), &mut expected).unwrap();
            assert_eq!(read(&pages, address, 8), Ok(expected));
        }
    }

    #[test]
    fn refresh_without_prepare_is_right_too() {
        let memory = memory();
        let mut pages = Pages::new(&memory, 4096, 1 << 20, WhenFull::Bypass);
        let expected: Vec<_> = [0x13000u64, 0x10000, 0x11000].iter().map(|a| read(&pages, *a, 8)).collect();
        pages.refresh();
        let again: Vec<_> = [0x13000u64, 0x10000, 0x11000].iter().map(|a| read(&pages, *a, 8)).collect();
        assert_eq!(again, expected);
    }

    #[test]
    fn limits_hold() {
        let memory = memory();
        let pages = Pages::new(&memory, 4096, 2 * 4096, WhenFull::Forget);
        for page in 0x10..0x16u64 {
            assert!(read(&pages, page * 4096, 8).is_ok());
            assert!(pages.len() <= 2);
        }
        let pages = Pages::new(&memory, 4096, 2 * 4096, WhenFull::Bypass);
        for page in 0x10..0x16u64 {
            assert!(read(&pages, page * 4096, 8).is_ok());
        }
        assert_eq!((pages.len(), pages.bypassed()), (2, 4));
    }

    #[test]
    fn large_pages_that_reach_beyond_a_mapping_do_not_hide_it() {
        let mut memory = SyntheticMemory::new();
        memory.map(0x41000, vec![7; 0x2000]);
        let pages = Pages::new(&memory, 0x4000, 1 << 20, WhenFull::Forget);
        assert_eq!(read(&pages, 0x41000, 16), Ok(vec![7; 16]));
        assert_eq!(read(&pages, 0x42ff0, 16), Ok(vec![7; 16]));
        assert_eq!(read(&pages, 0x40ff8, 16), Err(ReadReason::NotMapped));
    }

    #[test]
    fn ranges_may_be_found_by_reading() {
        let memory = memory();
        let pages = Pages::new(&memory, 4096, 1 << 20, WhenFull::Bypass);
        let found = (0..3u64).filter_map(|page| pages.word(Address::new(0x10000 + page * 0x2000)).ok());
        pages.prefetch(found.zip(0..).map(|(_, page)| (Address::new(0x10000 + page * 0x1000), 8)));
        assert_eq!(pages.len(), 4);
    }

    #[test]
    fn pieces_are_read_past_an_open_picture_and_out_of_a_closed_one() {
        let memory = memory();
        let mut pages = Pages::new(&memory, 4096, 1 << 20, WhenFull::Bypass);
        pages.prefetch([(Address::new(0x10000), 8)]);
        let pieces_of = |pages: &Pages<'_>| -> Vec<Result<[u8; 8], ReadReason>> {
            let addresses = [0x10010u64, 0x12010, 0x90000];
            let mut bytes = [[0; 8]; 3];
            let mut pieces: Vec<Piece<'_>> =
                addresses.iter().zip(&mut bytes).map(|(at, into)| Piece::new(Address::new(*at), into)).collect();
            pages.read_pieces(&mut pieces);
            let outcomes: Vec<_> = pieces.iter().map(|piece| piece.outcome).collect();
            outcomes.into_iter().zip(bytes).map(|(outcome, bytes)| outcome.map(|()| bytes)).collect()
        };
        let expected = |address: u64| {
            let mut bytes = [0; 8];
            memory.read(Address::new(address), &mut bytes).map(|()| bytes).map_err(|error| error.reason)
        };
        let all = [expected(0x10010), expected(0x12010), Err(ReadReason::NotMapped)];
        assert_eq!((pieces_of(&pages), pages.len()), (all.to_vec(), 1));
        pages.refresh();
        pages.seal();
        let closed = [expected(0x10010), Err(ReadReason::NotRecorded), Err(ReadReason::NotRecorded)];
        assert_eq!(pieces_of(&pages), closed.to_vec());
    }

    #[test]
    fn what_is_large_does_not_fill_the_picture() {
        let mut memory = SyntheticMemory::new();
        memory.map(0x10000, vec![7; 2 * LARGE]);
        let pages = Pages::new(&memory, 4096, 1 << 20, WhenFull::Bypass);
        assert_eq!(read(&pages, 0x10000, LARGE + 1), Ok(vec![7; LARGE + 1]));
        assert_eq!(pages.len(), 0);
    }

    #[test]
    fn a_failed_page_is_an_error_and_nothing_is_kept_of_it() {
        let memory = memory();
        let pages = Pages::new(&memory, 4096, 1 << 20, WhenFull::Bypass);
        assert_eq!(read(&pages, 0x15ff8, 16), Err(ReadReason::NotMapped));
        assert_eq!(read(&pages, 0x15ff8, 8).map(|bytes| bytes.len()), Ok(8));
        assert_eq!(read(&pages, 0, 8), Err(ReadReason::BadAddress));
        pages.prefetch([(Address::new(0x10000), 64), (Address::new(0x90000), 64)]);
        assert_eq!(pages.len(), 2);
    }
}
