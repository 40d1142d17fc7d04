//! `int` and `float`.
//!
//! An int has digits of 30 bits. Up to 3.11 `ob_size` counts them and its sign is the number's; from 3.12 on
//! `lv_tag` holds the count above three bits, of which the low two are the sign (0 positive, 1 zero, 2 negative).

use super::{Fault, Heap, Result};
use crate::memory::Address;

/// Bits in a digit.
const SHIFT: u32 = 30;

impl Heap<'_> {
    /// The value of an `int` that fits into 64 bits with sign; `None` for a larger one.
    ///
    /// # Errors
    /// When it is no int that makes sense.
    pub fn integer(&self, object: Address) -> Result<Option<i64>> {
        let long = &self.layout.long;
        let (digits, negative) = if long.lv_tag.is_present() {
            let tag = self.unsigned(object, long.lv_tag)?;
            match tag & 3 {
                1 => return Ok(Some(0)),
                0 => (tag >> 3, false),
                2 => (tag >> 3, true),
                _ => return Err(Fault::implausible("int", object)),
            }
        } else {
            let size = self.signed(object, self.layout.var_object.ob_size)?;
            (size.unsigned_abs(), size < 0)
        };
        if digits > 3 {
            return if digits < 1 << 32 { Ok(None) } else { Err(Fault::implausible("int", object)) };
        }
        let bytes = self.memory.bytes(long.ob_digit.at(object)?, digits * 4, 12)?;
        let mut value = 0i128;
        for (i, digit) in (0u32..).zip(bytes.chunks_exact(4)) {
            value |= i128::from(u32::from_le_bytes([digit[0], digit[1], digit[2], digit[3]])) << (SHIFT * i);
        }
        Ok(i64::try_from(if negative { -value } else { value }).ok())
    }

    /// The value of a `float`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn float(&self, object: Address) -> Result<f64> {
        Ok(f64::from_bits(self.memory.word(self.layout.float.ob_fval.at(object)?)?))
    }

    /// The value of a `float`, or of an `int` where a number of either kind may stand; `None` for anything else.
    #[must_use]
    pub fn number(&self, object: Address) -> Option<f64> {
        let class = self.type_of(object).ok();
        if class.is_some() && class == self.known.float {
            return self.float(object).ok().filter(|value| value.is_finite());
        }
        if class.is_some() && class == self.known.int {
            // An int of a float's place counts seconds: far below 2⁵³.
            return self.integer(object).ok()?.and_then(|value| i32::try_from(value).ok()).map(f64::from);
        }
        None
    }
}
