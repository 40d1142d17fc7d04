//! `str`, `bytes` and C strings.
//!
//! A string's characters follow its header when it is compact (all but a few odd ones), in 1, 2 or 4
//! bytes each, as `state.kind` says. Longer texts than wanted are cut, not refused: a label stays a label.

use super::{Fault, Heap, Result};
use crate::memory::Address;

/// Longest label we take: names, paths, messages.
pub(super) const LABEL: usize = 4096;

impl Heap<'_> {
    /// The text of a `str`, at most `limit` characters of it.
    ///
    /// # Errors
    /// When it is no string that makes sense.
    pub fn text(&self, object: Address, limit: usize) -> Result<String> {
        let layout = self.layout;
        let bytes = self.object_bytes(object, layout.unicode.size.max(layout.compact_unicode.size))?;
        let ascii = &layout.ascii;
        let length = ascii.length.u64_in(&bytes)?;
        let kind = ascii.state_kind.u64_in(&bytes)?;
        let compact = ascii.state_compact.u64_in(&bytes)? == 1;
        let is_ascii = ascii.state_ascii.u64_in(&bytes)? == 1;
        if !matches!(kind, 1 | 2 | 4) || (is_ascii && kind != 1) || length > i64::MAX.unsigned_abs() {
            return Err(Fault::implausible("str", object));
        }
        let data = match (compact, is_ascii) {
            (true, true) => object.offset(u64::from(ascii.size)),
            (true, false) => object.offset(u64::from(layout.compact_unicode.size)),
            (false, _) => layout.unicode.data.address_in(&bytes)?,
        };
        let characters = length.min(limit as u64);
        let bytes = self.memory.bytes(data, characters * kind, limit.saturating_mul(4))?;
        Ok(match kind {
            // Nearly all names.
            1 if bytes.is_ascii() => String::from_utf8(bytes).unwrap_or_default(),
            1 => bytes.iter().map(|byte| char::from(*byte)).collect(),
            2 => {
                let units = bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
                // UCS-2 holds no surrogate pairs; single surrogates (`surrogateescape`) have no place in UTF-8.
                units.map(|unit| char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
            }
            _ => bytes
                .chunks_exact(4)
                .map(|unit| u32::from_le_bytes([unit[0], unit[1], unit[2], unit[3]]))
                .map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect(),
        })
    }

    /// The text of a `str` that names something.
    ///
    /// # Errors
    /// As [`text`](Self::text).
    pub fn label(&self, object: Address) -> Result<String> {
        self.text(object, LABEL)
    }

    /// The contents of a `bytes` object, refused beyond `limit`.
    ///
    /// # Errors
    /// When it is longer or cannot be read.
    pub fn byte_string(&self, object: Address, limit: usize) -> Result<Vec<u8>> {
        let length = self.unsigned(object, self.layout.var_object.ob_size)?;
        Ok(self.memory.bytes(self.layout.bytes.ob_sval.at(object)?, length, limit)?)
    }
}
