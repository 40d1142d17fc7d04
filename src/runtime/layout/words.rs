//! Blocks of 64-bit words in which CPython describes itself: which of our fields each word sets, and how far a word
//! is believed.
//!
//! Shared by the debug offsets ([`overlay`](super::overlay)) and `.AsyncioDebug`
//! ([`asyncio_debug`](super::asyncio_debug)).

use super::{Field, Layout};
use crate::error::{Error, ErrorKind};
use std::fmt;

/// A place where the target differs from our table. The target is right.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Drift {
    /// The word, as CPython names it: `interpreter_state.gc`.
    pub field: &'static str,
    /// What our table says, in bytes.
    pub table: u64,
    /// What the target says, in bytes.
    pub target: u64,
}

impl Drift {
    /// Whether something we read is elsewhere. Else only a size differs: builds with the (disabled) JIT end some structures
    /// one word later, and nobody needs to hear that.
    #[must_use]
    pub fn moves_a_field(&self) -> bool {
        !self.field.ends_with(".size")
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {} in this build, {} in our table", self.field, self.target, self.table)
    }
}

/// Why a block of words is not put over the table. The layout is left as it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OverlayError {
    /// This version has no such block.
    NoBlock,
    /// The block is cut short.
    TooShort {
        /// Bytes it has in this version.
        needed: usize,
        /// Bytes given.
        given: usize,
    },
    /// It does not begin with the mark of such a block.
    NotTheBlock,
    /// It describes another version, or another kind of build, than the layout was made for.
    OtherBuild {
        /// What differs: `version` or `free_threaded`.
        word: &'static str,
        /// What the layout was made for.
        expected: u64,
        /// What the block says.
        found: u64,
    },
    /// A word that no CPython can have.
    Implausible {
        /// The word, as CPython names it.
        word: &'static str,
        /// What our table says.
        expected: u64,
        /// What the block says.
        found: u64,
    },
}

impl fmt::Display for OverlayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBlock => f.write_str("this CPython does not describe itself"),
            Self::TooShort { needed, given } => write!(f, "{given} of {needed} bytes are there"),
            Self::NotTheBlock => f.write_str("it does not begin with `xdebugpy`"),
            Self::OtherBuild { word, expected, found } => {
                write!(f, "`{word}` is {found:#x}, where the version found says {expected:#x}")
            }
            Self::Implausible { word, expected, found } => {
                write!(f, "`{word}` is {found}, which cannot be (our table says {expected})")
            }
        }
    }
}

impl std::error::Error for OverlayError {}

impl From<OverlayError> for Error {
    fn from(error: OverlayError) -> Self {
        Self::new(ErrorKind::LayoutMismatch, "cannot use what this CPython says about its own structures")
            .caused_by(error)
            .hint("report this, with the output of `python3 -VV` and where that Python comes from")
    }
}

/// What a word sets.
pub(super) enum Sets {
    /// Nothing we read.
    Nothing,
    /// The offset of a field. Where our table has no such field, the word is passed over: builds fill words they
    /// have no use for with 0.
    Offset(fn(&mut Layout) -> &mut Field),
    /// The size of a structure.
    Size(fn(&mut Layout) -> &mut u32),
}

/// One word of a block.
pub(super) struct Word {
    /// The minor version that introduced it.
    pub(super) since: u8,
    /// `structure.field`, as CPython names it; `structure.size` precedes the fields it bounds.
    pub(super) name: &'static str,
    pub(super) sets: Sets,
}

/// Largest structure we believe in. `PyInterpreterState`, the largest by far, has 0.4 MB.
const MAX_STRUCTURE: u64 = 16 << 20;

/// Bytes the words of a minor version take.
pub(super) fn length(words: &[Word], minor: u8) -> usize {
    8 * words.iter().filter(|word| word.since <= minor).count()
}

/// The words of the layout's version with their values from `bytes`.
pub(super) fn values<'a>(
    words: &'a [Word],
    minor: u8,
    bytes: &'a [u8],
) -> Result<impl Iterator<Item = (&'a Word, u64)> + use<'a>, OverlayError> {
    let needed = length(words, minor);
    if needed == 0 {
        return Err(OverlayError::NoBlock);
    }
    if bytes.len() < needed {
        return Err(OverlayError::TooShort { needed, given: bytes.len() });
    }
    let words = words.iter().filter(move |word| word.since <= minor);
    Ok(words.zip(bytes.as_chunks::<8>().0).map(|(word, value)| (word, u64::from_le_bytes(*value))))
}

/// Puts the words of a block over `layout`, and says where they differ from it.
pub(super) fn apply(words: &[Word], layout: &mut Layout, bytes: &[u8]) -> Result<Vec<Drift>, OverlayError> {
    let mut changed = layout.clone();
    let mut drift = Vec::new();
    let mut structure = ("", MAX_STRUCTURE);
    for (word, value) in values(words, layout.minor, bytes)? {
        let name = word.name.split('.').next().unwrap_or_default();
        if structure.0 != name {
            structure = (name, MAX_STRUCTURE);
        }
        let table = match word.sets {
            Sets::Nothing => continue,
            Sets::Size(of) => {
                let size = of(&mut changed);
                let table = u64::from(*size);
                if value < 8 || value > MAX_STRUCTURE.min(4 * table + 4096) {
                    return Err(OverlayError::Implausible { word: word.name, expected: table, found: value });
                }
                structure.1 = structure.1.min(value);
                *size = u32::try_from(value).unwrap_or(*size);
                table
            }
            Sets::Offset(of) => {
                let field = of(&mut changed);
                let Some(table) = field.offset() else { continue };
                let fits = value.saturating_add(field.size()) <= structure.1 && value % alignment(*field) == 0;
                match u32::try_from(value) {
                    Ok(offset) if fits => field.move_to(offset),
                    _ => return Err(OverlayError::Implausible { word: word.name, expected: table, found: value }),
                }
                table
            }
        };
        if table != value {
            drift.push(Drift { field: word.name, table, target: value });
        }
    }
    *layout = changed;
    Ok(drift)
}

/// What a C compiler aligns such a field to at least. Arrays and structures may be packed to 4 (Debian's `PyGC_Head`).
pub(super) fn alignment(field: Field) -> u64 {
    match (field.bit_range(), field.size()) {
        (None, size @ (1 | 2 | 4 | 8)) => size,
        (None, size) if size > 8 => 4,
        _ => 1,
    }
}
