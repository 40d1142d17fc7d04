//! Room for copies of pages that never moves, and is used again.
//!
//! Memory fresh from the kernel costs more to touch than the data that is copied into it, and a vector that grows copies all it holds.
//! So pages are kept in slabs, and a picture that is done with leaves its slabs to the next.

use super::room::Room;
use std::sync::{Mutex, PoisonError};

/// Bytes of a slab: a multiple of every page size that pictures have.
pub(super) const SLAB: usize = 256 << 10;
/// Slabs kept for the next picture.
const MOST_SPARE: usize = (64 << 20) / SLAB;

static SPARE: Mutex<Vec<Room>> = Mutex::new(Vec::new());

fn take() -> Room {
    let spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner).pop();
    spare.unwrap_or_else(|| Room::new(SLAB))
}

/// Keeps of these slabs as many as there may be.
fn keep(spare: &mut Vec<Room>, slabs: &mut Vec<Room>) {
    let room = MOST_SPARE.saturating_sub(spare.len());
    spare.extend(slabs.drain(..).take(room));
}

/// Pages of one size, by number.
#[derive(Debug)]
pub(super) struct Slabs {
    page: usize,
    /// Logarithm of the pages of one slab: pages are found millions of times, and a division takes longer than the rest of it.
    bits: u32,
    slabs: Vec<Room>,
    pages: usize,
}

impl Slabs {
    /// No pages yet. `page` is a power of two and at most [`SLAB`].
    pub(super) fn new(page: usize) -> Self {
        let page = page.clamp(1, SLAB);
        Self { page, bits: (SLAB / page).ilog2(), slabs: Vec::new(), pages: 0 }
    }

    /// How many pages there are.
    pub(super) fn len(&self) -> usize {
        self.pages
    }

    /// Pages of one slab, which follow each other in memory.
    pub(super) fn pages_of_slab(&self) -> usize {
        1 << self.bits
    }

    /// The slab a page is in, and where it begins there.
    fn place(&self, number: usize) -> (usize, usize) {
        (number >> self.bits, (number & (self.pages_of_slab() - 1)) * self.page)
    }

    /// Makes room for `count` more pages, of any content.
    pub(super) fn grow(&mut self, count: usize) {
        self.pages += count;
        while self.slabs.len() * self.pages_of_slab() < self.pages {
            self.slabs.push(take());
        }
    }

    /// Forgets all pages from this number on; the room stays.
    pub(super) fn truncate(&mut self, pages: usize) {
        self.pages = self.pages.min(pages);
    }

    /// The bytes of a page.
    pub(super) fn page(&self, number: usize) -> Option<&[u8]> {
        let (slab, at) = self.place(number);
        self.slabs.get(slab)?.bytes().get(at..at + self.page)
    }

    /// Some of the bytes of a page.
    pub(super) fn bytes(&self, number: usize, skip: usize, length: usize) -> Option<&[u8]> {
        let (slab, at) = self.place(number);
        self.slabs.get(slab)?.part(at + skip, length)
    }

    /// The bytes of a page, to be written.
    pub(super) fn page_mut(&mut self, number: usize) -> Option<&mut [u8]> {
        let (slab, at) = self.place(number);
        self.slabs.get_mut(slab)?.bytes_mut().get_mut(at..at + self.page)
    }

    /// The bytes of runs of pages (first number, count), each within one slab; in order, none twice.
    pub(super) fn runs_mut(&mut self, runs: impl Iterator<Item = (usize, usize)>) -> Vec<&mut [u8]> {
        let (page, of_slab) = (self.page, self.pages_of_slab());
        let mut found = Vec::new();
        let mut slabs = self.slabs.iter_mut().enumerate();
        let mut rest: &mut [u8] = &mut [];
        let (mut slab, mut passed) = (None, 0);
        for (first, count) in runs {
            while slab != Some(first / of_slab) {
                let Some((number, bytes)) = slabs.next() else { return found };
                (slab, passed, rest) = (Some(number), 0, bytes.bytes_mut());
            }
            let skip = first % of_slab - passed;
            let (_, behind) = std::mem::take(&mut rest).split_at_mut(skip * page);
            let (bytes, behind) = behind.split_at_mut(count * page);
            (rest, passed) = (behind, passed + skip + count);
            found.push(bytes);
        }
        found
    }
}

impl Drop for Slabs {
    fn drop(&mut self) {
        keep(&mut SPARE.lock().unwrap_or_else(PoisonError::into_inner), &mut self.slabs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_apart_and_stay_where_they_are() {
        let mut slabs = Slabs::new(4096);
        slabs.grow(200);
        for number in 0..200 {
            slabs.page_mut(number).unwrap().fill(number as u8);
        }
        slabs.grow(1);
        assert!((0..200).all(|number| slabs.page(number).unwrap().iter().all(|byte| *byte == number as u8)));
        assert_eq!((slabs.len(), slabs.page(100).unwrap().len()), (201, 4096));
        slabs.truncate(3);
        assert_eq!(slabs.len(), 3);
    }

    #[test]
    fn runs_are_the_bytes_of_their_pages() {
        let mut slabs = Slabs::new(4096);
        slabs.grow(200);
        (0..200).for_each(|number| slabs.page_mut(number).unwrap().fill(number as u8));
        let runs = [(0, 2), (2, 1), (5, 3), (63, 1), (64, 64), (199, 1)];
        let found = slabs.runs_mut(runs.iter().copied());
        let seen: Vec<(u8, usize)> = found.iter().map(|bytes| (bytes[0], bytes.len() / 4096)).collect();
        assert_eq!(seen, [(0, 2), (2, 1), (5, 3), (63, 1), (64, 64), (199, 1)]);
    }

    #[test]
    fn slabs_are_kept_up_to_a_limit() {
        let slabs = |count: usize| -> Vec<Room> { (0..count).map(|_| Room::new(1)).collect() };
        let mut spare = Vec::new();
        keep(&mut spare, &mut slabs(3));
        assert_eq!(spare.len(), 3);
        let mut more = slabs(MOST_SPARE);
        keep(&mut spare, &mut more);
        assert_eq!((spare.len(), more.len()), (MOST_SPARE, 0));
    }

    #[test]
    fn a_slab_is_as_large_as_all_others() {
        let mut slabs = Slabs::new(16384);
        slabs.grow(17);
        assert_eq!((slabs.slabs.len(), slabs.pages_of_slab() * 16384), (2, SLAB));
        assert!(slabs.slabs.iter().all(|slab| slab.bytes().len() == SLAB));
    }
}
