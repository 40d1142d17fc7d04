//! Room for copies, where a copy into it is fast.
//!
//! Processors tell a load from the stores before it by the low twelve bits of the address first. Where bytes go to a place whose low bits
//! are a little ahead of those they come from, each load of the copy seems to want what has just been stored, and the copy takes three
//! times as long: 2.6 instead of 8.8 GB/s (AMD EPYC, `rep movsb` in the kernel, 1 to 31 bytes ahead). `malloc` puts what is large 16 bytes
//! behind the start of a page, which makes this the rule for whole pages rather than the exception.

use super::Address;

/// Bytes of a page, after which the low bits of addresses are the same again.
const PAGE: usize = 4096;
/// A place this far ahead of the source is far enough.
const AHEAD: usize = 64;

/// Zeroed bytes that begin on a page.
#[derive(Debug)]
pub(super) struct Room {
    bytes: Vec<u8>,
    start: usize,
    length: usize,
}

impl Room {
    /// `length` bytes.
    pub(super) fn new(length: usize) -> Self {
        let bytes = vec![0; length + PAGE];
        let start = bytes.as_ptr().align_offset(PAGE).min(PAGE);
        Self { bytes, start, length }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(self.start..self.start + self.length).unwrap_or_default()
    }

    /// `length` of them, from `skip` on.
    pub(super) fn part(&self, skip: usize, length: usize) -> Option<&[u8]> {
        if skip + length > self.length {
            return None;
        }
        self.bytes.get(self.start + skip..self.start + skip + length)
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.start..self.start + self.length).unwrap_or_default()
    }
}

/// How many bytes of `room` to pass over, at most [`MOST_LEAD`], so that a copy from `source` does not go a little ahead of it.
pub(super) fn lead(room: &[u8], source: Address) -> usize {
    let to = room.as_ptr().addr();
    let from = usize::try_from(source.get() % PAGE as u64).unwrap_or(0);
    match to.wrapping_sub(from) % PAGE {
        ahead @ 1..AHEAD => AHEAD - ahead,
        _ => 0,
    }
}

/// The most that [`lead`] asks for.
pub(super) const MOST_LEAD: usize = AHEAD;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_begins_on_a_page_and_has_its_length() {
        for length in [0, 1, 4096, 300_000] {
            let mut room = Room::new(length);
            assert_eq!((room.bytes().len(), room.bytes_mut().len()), (length, length));
            assert_eq!(room.bytes().as_ptr().addr() % PAGE, 0);
            assert_eq!((room.part(0, length), room.part(1, length)), (Some(room.bytes()), None));
        }
    }

    #[test]
    fn no_copy_goes_to_a_place_a_little_ahead_of_where_it_comes_from() {
        let room = Room::new(2 * PAGE);
        for to in 0..PAGE {
            for from in [0x7f00_0000_0000u64, 0x7f00_0000_0010, 0x7f00_0000_0ff8, 0x5555_5555_5008] {
                let lead = lead(&room.bytes()[to..], Address::new(from));
                let ahead = (to + lead).wrapping_sub(from as usize) % PAGE;
                assert!(lead <= MOST_LEAD && (ahead == 0 || ahead >= AHEAD), "{to} {from:x}: {lead}");
            }
        }
    }
}
