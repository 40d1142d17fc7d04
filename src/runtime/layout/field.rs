//! One field of a C structure: where it is, how wide, and how to take its value out of foreign bytes.

use crate::memory::Address;
use std::fmt;

/// Why a field has no value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FieldError {
    /// This CPython has no such field.
    Absent,
    /// The field does not lie inside the bytes given, or is an array or a structure and has no single value.
    OutOfRange,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "this CPython has no such field",
            Self::OutOfRange => "the field does not lie inside the bytes read",
        })
    }
}

impl std::error::Error for FieldError {}

/// A field of a C structure: an offset from the structure's start and a size, both in bytes.
///
/// A bit field has the byte of its unit, a bit number counted from that byte's least significant bit
/// (it may be 8 and more) and a width in bits. CPython on Linux is little endian on all machines we read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Field {
    offset: u32,
    size: u32,
    bit: u8,
    width: u8,
}

impl Field {
    /// A field this CPython does not have.
    pub const ABSENT: Self = Self { offset: u32::MAX, size: 0, bit: 0, width: 0 };

    /// A field of `size` bytes at `offset`. Size 0 is a flexible array: it has a place and no length.
    #[must_use]
    pub const fn new(offset: u32, size: u32) -> Self {
        Self { offset, size, bit: 0, width: 0 }
    }

    /// A bit field: `width` bits from bit `bit` of the byte at `offset` on.
    #[must_use]
    pub const fn bits(offset: u32, bit: u8, width: u8) -> Self {
        Self { offset, size: (bit as u32 + width as u32).div_ceil(8), bit, width }
    }

    /// The same field of bytes that begin with it, for a read of nothing else.
    #[must_use]
    pub(crate) const fn alone(self) -> Self {
        if self.is_present() { Self { offset: 0, ..self } } else { self }
    }

    /// Whether this CPython has the field.
    #[must_use]
    pub const fn is_present(self) -> bool {
        self.offset != u32::MAX
    }

    /// Distance from the structure's start in bytes, or `None` if this CPython has no such field.
    #[must_use]
    pub const fn offset(self) -> Option<u64> {
        if self.is_present() { Some(self.offset as u64) } else { None }
    }

    /// Size in bytes: of a bit field, of the bytes its bits lie in; 0 for a flexible array.
    #[must_use]
    pub const fn size(self) -> u64 {
        self.size as u64
    }

    /// Bit number and width of a bit field.
    #[must_use]
    pub const fn bit_range(self) -> Option<(u8, u8)> {
        if self.width > 0 { Some((self.bit, self.width)) } else { None }
    }

    /// Moves the field to another offset. An absent field stays absent.
    pub(super) const fn move_to(&mut self, offset: u32) {
        if self.is_present() {
            self.offset = offset;
        }
    }

    /// Gives the field another size.
    pub(super) const fn resize(&mut self, size: u32) {
        if self.is_present() {
            self.size = size;
        }
    }

    /// Moves the field further on by so many bytes. An absent field stays absent.
    pub(super) const fn shift(&mut self, bytes: u32) {
        if self.is_present() {
            self.offset = self.offset.saturating_add(bytes);
        }
    }

    /// Where the structure's byte after this field is; `None` if the field is absent.
    #[must_use]
    pub const fn end(self) -> Option<u64> {
        if self.is_present() { Some(self.offset as u64 + self.size as u64) } else { None }
    }

    /// The address of the field in the structure at `base`.
    ///
    /// # Errors
    /// [`FieldError::Absent`].
    pub fn at(self, base: Address) -> Result<Address, FieldError> {
        self.offset().map(|offset| base.offset(offset)).ok_or(FieldError::Absent)
    }

    /// The field's value as an unsigned number; `bytes` begins where the structure begins.
    ///
    /// # Errors
    /// When the field is absent, does not lie inside `bytes`, or is wider than 8 bytes.
    #[inline]
    pub fn u64_in(self, bytes: &[u8]) -> Result<u64, FieldError> {
        let word = self.raw(bytes)?;
        match self.bit_range() {
            Some((bit, width)) if width < 64 => Ok((word >> (bit & 63)) & ((1 << width) - 1)),
            _ => Ok(word),
        }
    }

    /// The field's value as a signed number of its own size (a bit field is unsigned in C, and stays so).
    ///
    /// # Errors
    /// As [`u64_in`](Self::u64_in).
    pub fn i64_in(self, bytes: &[u8]) -> Result<i64, FieldError> {
        let value = self.u64_in(bytes)?.cast_signed();
        if self.width > 0 || self.size == 0 || self.size >= 8 {
            return Ok(value);
        }
        let unused = 64 - 8 * self.size;
        Ok((value << unused) >> unused)
    }

    /// The address the field holds; null is an address too.
    ///
    /// # Errors
    /// As [`u64_in`](Self::u64_in), and [`FieldError::OutOfRange`] for a field that is no word.
    #[inline]
    pub fn address_in(self, bytes: &[u8]) -> Result<Address, FieldError> {
        if self.is_present() && (self.size != 8 || self.width > 0) {
            return Err(FieldError::OutOfRange);
        }
        self.u64_in(bytes).map(Address::new)
    }

    /// The bytes of the field as a little-endian number.
    #[inline]
    fn raw(self, bytes: &[u8]) -> Result<u64, FieldError> {
        let start = self.offset().ok_or(FieldError::Absent)?;
        let rest = usize::try_from(start).ok().and_then(|start| bytes.get(start..)).ok_or(FieldError::OutOfRange)?;
        // Most fields are words, and fields are read by the million.
        if self.size == 8 {
            return rest.first_chunk().map(|word| u64::from_le_bytes(*word)).ok_or(FieldError::OutOfRange);
        }
        let mut word = [0; 8];
        let field = rest.get(..self.size as usize).filter(|field| !field.is_empty()).ok_or(FieldError::OutOfRange)?;
        word.get_mut(..field.len()).ok_or(FieldError::OutOfRange)?.copy_from_slice(field);
        Ok(u64::from_le_bytes(word))
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.offset(), self.bit_range()) {
            (None, _) => f.write_str("absent"),
            (Some(offset), None) => write!(f, "{offset}"),
            (Some(offset), Some((bit, _))) => write!(f, "{offset} bit {bit}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: [u8; 12] = [0xff, 0xfe, 0x01, 0x80, 1, 2, 3, 4, 5, 6, 7, 0x88];

    #[test]
    fn numbers_are_extended_by_their_own_size() {
        assert_eq!(Field::new(0, 1).u64_in(&BYTES), Ok(0xff));
        assert_eq!(Field::new(0, 1).i64_in(&BYTES), Ok(-1));
        assert_eq!(Field::new(0, 2).i64_in(&BYTES), Ok(-257));
        assert_eq!(Field::new(0, 4).u64_in(&BYTES), Ok(0x8001_feff));
        assert_eq!(Field::new(0, 4).i64_in(&BYTES), Ok(0x8001_feffu32.cast_signed().into()));
        assert_eq!(Field::new(4, 8).u64_in(&BYTES), Ok(0x8807_0605_0403_0201));
        assert_eq!(Field::new(4, 8).i64_in(&BYTES), Ok(0x8807_0605_0403_0201u64.cast_signed()));
    }

    #[test]
    fn bits_are_taken_from_the_least_significant_end_and_may_lie_in_later_bytes() {
        assert_eq!(Field::bits(3, 7, 1).u64_in(&BYTES), Ok(1));
        assert_eq!(Field::bits(2, 0, 1).u64_in(&BYTES), Ok(1));
        assert_eq!(Field::bits(2, 1, 3).u64_in(&BYTES), Ok(0));
        assert_eq!(Field::bits(0, 8, 3).u64_in(&BYTES), Ok(0b110));
        assert_eq!(Field::bits(0, 6, 4).u64_in(&BYTES), Ok(0b1011));
        assert_eq!(Field::bits(0, 6, 4).i64_in(&BYTES), Ok(0b1011), "bit fields are unsigned");
    }

    #[test]
    fn nothing_is_read_outside_the_bytes() {
        assert_eq!(Field::new(5, 8).u64_in(&BYTES), Err(FieldError::OutOfRange));
        assert_eq!(Field::new(12, 1).u64_in(&BYTES), Err(FieldError::OutOfRange));
        assert_eq!(Field::new(u32::MAX - 1, 8).u64_in(&BYTES), Err(FieldError::OutOfRange));
        assert_eq!(Field::bits(11, 8, 1).u64_in(&BYTES), Err(FieldError::OutOfRange));
        assert_eq!(Field::new(0, 8).u64_in(&[]), Err(FieldError::OutOfRange));
    }

    #[test]
    fn arrays_have_a_place_and_no_value() {
        assert_eq!(Field::new(0, 12).u64_in(&BYTES), Err(FieldError::OutOfRange));
        assert_eq!(Field::new(0, 0).u64_in(&BYTES), Err(FieldError::OutOfRange));
        assert_eq!(Field::new(0, 12).at(Address::new(0x1000)), Ok(Address::new(0x1000)));
    }

    #[test]
    fn only_words_are_addresses() {
        assert_eq!(Field::new(4, 8).address_in(&BYTES), Ok(Address::new(0x8807_0605_0403_0201)));
        assert_eq!(Field::new(4, 4).address_in(&BYTES), Err(FieldError::OutOfRange));
        assert_eq!(Field::bits(4, 0, 1).address_in(&BYTES), Err(FieldError::OutOfRange));
    }

    #[test]
    fn an_absent_field_has_no_place_no_value_and_cannot_be_moved() {
        let mut field = Field::ABSENT;
        field.move_to(8);
        field.shift(8);
        assert!(!field.is_present());
        assert_eq!(field.offset(), None);
        assert_eq!(field.end(), None);
        assert_eq!(field.at(Address::new(0x1000)), Err(FieldError::Absent));
        assert_eq!(field.u64_in(&BYTES), Err(FieldError::Absent));
        assert_eq!(field.i64_in(&BYTES), Err(FieldError::Absent));
        assert_eq!(field.address_in(&BYTES), Err(FieldError::Absent));
    }
}
