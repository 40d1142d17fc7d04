//! Bytes at an address of somebody else: bounded, counted, and with the reason when there are none.
//!
//! One trait, [`Memory`], and several sources behind it. Nothing here interprets what it reads, and
//! nothing foreign ever becomes a Rust struct, bool, enum or reference: callers take integers out of
//! byte slices, at checked offsets.

mod address;
mod live;
pub mod malloc;
mod pagemap;
mod pages;
pub mod regions;
mod room;
mod slabs;
mod stoppable;
mod stream;
pub mod sweep;
mod synthetic;
#[cfg(test)]
pub(crate) mod test_support;
pub mod words;

pub use address::Address;
pub use live::LiveMemory;
pub use pages::{Pages, Refresh, Refreshed, WhenFull};
pub use stoppable::Stoppable;
pub use synthetic::SyntheticMemory;

use std::fmt;

/// Why some bytes could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReadError {
    /// Where the read was to begin.
    pub address: Address,
    /// How many bytes were wanted.
    pub wanted: usize,
    /// What kept them from us.
    pub reason: ReadReason,
}

/// What kept bytes from us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReadReason {
    /// Nothing is mapped there (any more), or it is mapped without read permission.
    NotMapped,
    /// The address is null, misaligned where it must not be, or the range wraps around.
    BadAddress,
    /// The process has ended.
    ProcessGone,
    /// The kernel refuses.
    Permission,
    /// More was asked for than any sane object needs.
    TooLarge,
    /// The bytes are there and were not part of this picture of the process (see `memory::replay`).
    NotRecorded,
    /// Whoever wanted to know has stopped asking: time is up, or a signal came.
    Stopped,
    /// Any other error number of the system.
    Os(i32),
}

impl ReadReason {
    /// A stable word, for counters and JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NotMapped => "not_mapped",
            Self::BadAddress => "bad_address",
            Self::ProcessGone => "process_gone",
            Self::Permission => "permission",
            Self::TooLarge => "too_large",
            Self::NotRecorded => "not_recorded",
            Self::Stopped => "stopped",
            Self::Os(_) => "os_error",
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot read {} bytes at {}: ", self.wanted, self.address)?;
        match self.reason {
            ReadReason::NotMapped => f.write_str("nothing is mapped there"),
            ReadReason::BadAddress => f.write_str("not an address"),
            ReadReason::ProcessGone => f.write_str("the process has ended"),
            ReadReason::Permission => f.write_str("the kernel refuses"),
            ReadReason::TooLarge => f.write_str("more than any object needs"),
            ReadReason::NotRecorded => f.write_str("not part of this picture"),
            ReadReason::Stopped => f.write_str("the look was stopped"),
            ReadReason::Os(errno) => write!(f, "{}", std::io::Error::from_raw_os_error(errno)),
        }
    }
}

impl std::error::Error for ReadError {}

/// One piece of a scatter read.
#[derive(Debug)]
pub struct Piece<'a> {
    /// Where to read.
    pub address: Address,
    /// Where to put it; the piece is as long as this.
    pub into: &'a mut [u8],
    /// Set by the read: whether *all* bytes of `into` were filled.
    pub outcome: std::result::Result<(), ReadReason>,
}

impl<'a> Piece<'a> {
    /// A piece that is not read yet.
    pub fn new(address: Address, into: &'a mut [u8]) -> Self {
        Self { address, into, outcome: Err(ReadReason::NotRecorded) }
    }
}

/// A source of bytes.
///
/// Reads are exact: either all bytes or a reason. The target may run while we read, so two reads
/// need not fit together; whoever needs that pauses it first.
pub trait Memory {
    /// Fills `into` with the bytes at `address`.
    ///
    /// # Errors
    /// When not *all* bytes could be read; `into` then holds nothing to rely on.
    fn read(&self, address: Address, into: &mut [u8]) -> std::result::Result<(), ReadError>;

    /// Reads many pieces with as few system calls as possible; each piece keeps its own outcome.
    /// Callers sort pieces by address where they can: it is two to four times faster.
    fn read_pieces(&self, pieces: &mut [Piece<'_>]) {
        for piece in pieces {
            piece.outcome = self.read(piece.address, piece.into).map_err(|error| error.reason);
        }
    }

    /// Says that these ranges – address, length – will be read soon, for sources that fetch many at once cheaper than one by one.
    fn prefetch(&self, _ranges: &mut dyn Iterator<Item = (Address, u64)>) {}

    /// The word (8 bytes, little endian) at `address`.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn word(&self, address: Address) -> std::result::Result<u64, ReadError> {
        let mut bytes = [0; 8];
        self.read(address, &mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// The address stored at `address`; null is an address too.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn pointer(&self, address: Address) -> std::result::Result<Address, ReadError> {
        self.word(address).map(Address::new)
    }

    /// `length` bytes at `address`, refused beyond `limit`.
    ///
    /// # Errors
    /// As [`read`](Self::read), and [`ReadReason::TooLarge`].
    fn bytes(&self, address: Address, length: u64, limit: usize) -> std::result::Result<Vec<u8>, ReadError> {
        let wanted = usize::try_from(length).unwrap_or(usize::MAX);
        if wanted > limit {
            return Err(ReadError { address, wanted, reason: ReadReason::TooLarge });
        }
        let mut bytes = vec![0; wanted];
        self.read(address, &mut bytes)?;
        Ok(bytes)
    }

    /// The bytes from `address` up to the first zero byte, at most `limit`; fewer where memory ends.
    ///
    /// # Errors
    /// When not even the first byte can be read.
    fn c_string(&self, address: Address, limit: usize) -> std::result::Result<Vec<u8>, ReadError> {
        // Aligned pieces never cross a page: the next one may not be mapped.
        const PIECE: u64 = 64;
        let mut text = Vec::new();
        let mut at = address;
        while text.len() < limit {
            let length = PIECE - at.get() % PIECE;
            let piece = match self.bytes(at, length, limit.max(64)) {
                Ok(piece) => piece,
                Err(error) if text.is_empty() => return Err(error),
                Err(_) => break,
            };
            if let Some(end) = piece.iter().position(|byte| *byte == 0) {
                text.extend(piece.into_iter().take(end));
                break;
            }
            text.extend(piece);
            at = at.offset(length);
        }
        text.truncate(limit);
        Ok(text)
    }
}
