//! A picture of the pages that an examination looks at.
//!
//! The examination of a running target must not be done while it stands still: that would cost it
//! milliseconds. So it is done twice, by the same code. First while the target runs: every page that is
//! touched is fetched and remembered. Then the target is paused just long enough to read the remembered
//! pages once more, in runs ([`Pages::refresh`]), and the examination is repeated on that consistent
//! picture ([`Pages::seal`]): what it wants beyond the picture is noted, not read.

use super::{Address, Memory, Piece, ReadError, ReadReason};
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};

/// Copies of pages, fetched when first touched.
pub struct Pages<'m> {
    source: &'m (dyn Memory + Sync),
    page_size: u64,
    /// Most pages that are kept.
    limit: usize,
    when_full: WhenFull,
    sealed: Cell<bool>,
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

#[derive(Default)]
struct Inner {
    /// Page number → index of the page in `store`.
    index: FxHashMap<u64, usize>,
    store: Vec<u8>,
    missed: Vec<u64>,
    bypassed: u64,
}

/// Pages that follow each other in memory and in the store.
struct Run {
    page: u64,
    count: usize,
    at: usize,
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
        self.source.read_pieces(&mut self.pieces);
        self.lost.clear();
        let size = usize::try_from(self.page_size).unwrap_or(4096);
        for piece in self.pieces.iter_mut().filter(|piece| piece.outcome.is_err()) {
            // Something in the run has gone: save what is still there, page by page.
            for (page, bytes) in (piece.address.get() / self.page_size..).zip(piece.into.chunks_exact_mut(size)) {
                if self.source.read(Address::new(page * self.page_size), bytes).is_err() {
                    self.lost.push(page);
                }
            }
        }
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
            limit: usize::try_from(limit_bytes / page_size).unwrap_or(usize::MAX).max(1),
            when_full,
            sealed: Cell::new(false),
            inner: RefCell::default(),
        }
    }

    /// Fetches the pages of all these ranges at once, in address order: cheaper than one at a time.
    pub fn prefetch(&self, ranges: impl IntoIterator<Item = (Address, u64)>) {
        let mut wanted: Vec<u64> = ranges
            .into_iter()
            .flat_map(|(address, length)| {
                let first = address.get() / self.page_size;
                let last = address.offset(length.saturating_sub(1)).get() / self.page_size;
                // A range is one object: more than a few pages of it are read when asked for.
                first..=last.min(first.saturating_add(4))
            })
            .collect();
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
        let size = self.page_length();
        let mut store = Vec::with_capacity(order.len() * size);
        for (to, (page, from)) in order.into_iter().enumerate() {
            store.extend_from_slice(inner.store.get(from * size..(from + 1) * size).unwrap_or_default());
            inner.index.insert(page, to);
        }
        inner.store = store;
    }

    /// Makes ready for reading every page of the picture again. Call it before the target is paused, and after [`prepare`](Self::prepare):
    /// what is left for the pause are the system calls, into memory that is already ours.
    pub fn plan(&mut self) -> Refresh<'_> {
        let size = self.page_length();
        let page_size = self.page_size;
        let Inner { index, store, .. } = self.inner.get_mut();
        let mut order: Vec<(usize, u64)> = index.iter().map(|(page, at)| (*at, *page)).collect();
        order.sort_unstable();
        // Neighbours in memory that are neighbours in the store too are one piece.
        let mut runs: Vec<Run> = Vec::new();
        for (at, page) in &order {
            match runs.last_mut() {
                Some(run) if run.at + run.count == *at && run.page + run.count as u64 == *page => run.count += 1,
                _ => runs.push(Run { page: *page, count: 1, at: *at }),
            }
        }
        let mut pieces = Vec::with_capacity(runs.len());
        let mut rest = store.as_mut_slice();
        let mut passed = 0;
        for run in &runs {
            // Pages that could not be fetched have left gaps in the store.
            let (_, behind) = std::mem::take(&mut rest).split_at_mut((run.at - passed) * size);
            let (into, behind) = behind.split_at_mut(run.count * size);
            rest = behind;
            passed = run.at + run.count;
            pieces.push(Piece::new(Address::new(run.page * page_size), into));
        }
        Refresh { source: self.source, page_size, pages: order.len(), pieces, lost: Vec::new(), index }
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

    /// Opens the picture again, and fetches the pages that were missed while it was sealed. Returns how many those were.
    pub fn unseal(&self) -> usize {
        self.sealed.set(false);
        let mut inner = self.inner.borrow_mut();
        let mut missed = std::mem::take(&mut inner.missed);
        missed.sort_unstable();
        missed.dedup();
        inner.add(self.source, self.page_size, &missed);
        missed.len()
    }

    /// Whether something was wanted that the sealed picture does not show.
    #[must_use]
    pub fn has_missed(&self) -> bool {
        !self.inner.borrow().missed.is_empty()
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

    /// Reads a part of `page` from the source, and remembers nothing.
    fn read_through(&self, page: u64, skip: usize, into: &mut [u8]) -> Result<(), ReadReason> {
        let address = Address::new(page * self.page_size + skip as u64);
        self.source.read(address, into).map_err(|error| error.reason)
    }

    /// Copies the part of `page` that begins at `skip` into `into`.
    fn copy(&self, page: u64, skip: usize, into: &mut [u8]) -> Result<(), ReadReason> {
        let size = self.page_length();
        let mut inner = self.inner.borrow_mut();
        let at = match inner.index.get(&page) {
            Some(at) => *at,
            None if self.sealed.get() => {
                inner.missed.push(page);
                return Err(ReadReason::NotRecorded);
            }
            None => {
                if inner.index.len() >= self.limit {
                    match self.when_full {
                        WhenFull::Forget => {
                            inner.index.clear();
                            inner.store.clear();
                        }
                        WhenFull::Bypass => {
                            inner.bypassed += 1;
                            return self.read_through(page, skip, into);
                        }
                    }
                }
                match inner.fetch(self.source, self.page_size, page) {
                    Ok(at) => at,
                    // Larger pages than the kernel's may reach beyond a mapping; what is wanted of them may be there all the same.
                    Err(_) if self.page_size > Self::PICTURE_PAGE => return self.read_through(page, skip, into),
                    Err(reason) => return Err(reason),
                }
            }
        };
        let from = at * size + skip;
        let bytes = inner.store.get(from..from + into.len()).ok_or(ReadReason::NotRecorded)?;
        into.copy_from_slice(bytes);
        Ok(())
    }
}

impl Inner {
    fn fetch(&mut self, source: &dyn Memory, page_size: u64, page: u64) -> Result<usize, ReadReason> {
        let size = usize::try_from(page_size).unwrap_or(4096);
        let at = self.store.len() / size;
        self.store.resize((at + 1) * size, 0);
        let into = self.store.get_mut(at * size..).unwrap_or_default();
        match source.read(Address::new(page.saturating_mul(page_size)), into) {
            Ok(()) => {
                self.index.insert(page, at);
                Ok(at)
            }
            Err(error) => {
                self.store.truncate(at * size);
                Err(error.reason)
            }
        }
    }

    fn add(&mut self, source: &dyn Memory, page_size: u64, pages: &[u64]) {
        let size = usize::try_from(page_size).unwrap_or(4096);
        let first = self.store.len() / size;
        self.store.resize((first + pages.len()) * size, 0);
        let into = self.store.get_mut(first * size..).unwrap_or_default();
        let mut pieces: Vec<Piece<'_>> = pages
            .iter()
            .zip(into.chunks_exact_mut(size))
            .map(|(page, bytes)| Piece::new(Address::new(page.saturating_mul(page_size)), bytes))
            .collect();
        source.read_pieces(&mut pieces);
        let outcomes: Vec<bool> = pieces.iter().map(|piece| piece.outcome.is_ok()).collect();
        for (i, (page, ok)) in pages.iter().zip(outcomes).enumerate() {
            if ok {
                self.index.insert(*page, first + i);
            }
        }
    }
}

impl Memory for Pages<'_> {
    fn read(&self, address: Address, into: &mut [u8]) -> Result<(), ReadError> {
        let wanted = into.len();
        let failed = |reason| ReadError { address, wanted, reason };
        if address.is_null() || address.get().checked_add(wanted as u64).is_none() {
            return Err(failed(ReadReason::BadAddress));
        }
        let size = self.page_length();
        let mut at = address.get();
        let mut rest = into;
        while !rest.is_empty() {
            let page = at / self.page_size;
            let skip = usize::try_from(at % self.page_size).unwrap_or(0);
            let length = rest.len().min(size - skip);
            let (part, behind) = rest.split_at_mut(length);
            self.copy(page, skip, part).map_err(failed)?;
            rest = behind;
            at += length as u64;
        }
        Ok(())
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
        let mut expected = vec![0; 9000];
        memory.read(Address::new(0x10ff0), &mut expected).unwrap();
        assert_eq!(read(&pages, 0x10ff0, 9000), Ok(expected));
        assert_eq!(pages.len(), 4);
    }

    #[test]
    fn a_sealed_picture_keeps_its_time_and_notes_what_it_lacks() {
        let mut memory = memory();
        memory.write(0x12000, b"old");
        let pages = Pages::new(&memory, 4096, 1 << 20, WhenFull::Bypass);
        assert_eq!(read(&pages, 0x12000, 3), Ok(b"old".to_vec()));
        pages.seal();
        assert_eq!(read(&pages, 0x12000, 3), Ok(b"old".to_vec()));
        assert!(!pages.has_missed());
        assert_eq!(read(&pages, 0x14000, 3), Err(ReadReason::NotRecorded));
        assert!(pages.has_missed());
        assert_eq!(pages.unseal(), 1);
        assert!(read(&pages, 0x14000, 3).is_ok());
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
