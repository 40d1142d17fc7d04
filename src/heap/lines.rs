//! From a position in bytecode to a line of source.
//!
//! Three formats: `co_lnotab` (3.8, 3.9), ranges in `co_linetable` (3.10), locations with columns (3.11+, described in
//! CPython's `Objects/locations.md`). Pure functions on the table's bytes.

use crate::runtime::layout::LineTable;

/// The line of the instruction at byte `offset` (negative: not started, the line of `def`); `None` when the table has no line there.
#[must_use]
pub(super) fn line_at(format: LineTable, table: &[u8], first_line: i64, offset: i64) -> Option<i64> {
    match format {
        LineTable::Lnotab if offset < 0 => Some(first_line),
        LineTable::Lnotab => Some(lnotab(table, first_line, offset)),
        LineTable::Ranges310 if offset < 0 => Some(first_line),
        LineTable::Ranges310 => ranges(table, first_line, offset),
        LineTable::Locations311 => locations(table, first_line, offset.max(0)),
    }
}

fn lnotab(table: &[u8], first_line: i64, offset: i64) -> i64 {
    let (mut line, mut address) = (first_line, 0i64);
    for pair in table.chunks_exact(2) {
        address += i64::from(pair[0]);
        if address > offset {
            break;
        }
        line += i64::from(pair[1].cast_signed());
    }
    line
}

fn ranges(table: &[u8], first_line: i64, offset: i64) -> Option<i64> {
    /// A range without a line.
    const NO_LINE: i8 = -128;
    let (mut line, mut start) = (first_line, 0i64);
    for pair in table.chunks_exact(2) {
        let step = pair[1].cast_signed();
        if step != NO_LINE {
            line += i64::from(step);
        }
        let end = start + i64::from(pair[0]);
        if (start..end).contains(&offset) {
            return (step != NO_LINE).then_some(line);
        }
        start = end;
    }
    None
}

fn locations(table: &[u8], first_line: i64, offset: i64) -> Option<i64> {
    let mut bytes = table.iter().copied();
    let (mut line, mut start) = (first_line, 0i64);
    while let Some(head) = bytes.next() {
        let code = (head >> 3) & 15;
        let end = start + (i64::from(head & 7) + 1) * 2;
        let has_line = match code {
            // No location.
            15 => false,
            // Long form: line step, end line, column, end column.
            14 => {
                line = line.checked_add(signed(&mut bytes)?)?;
                for _ in 0..3 {
                    unsigned(&mut bytes)?;
                }
                true
            }
            // No columns.
            13 => {
                line = line.checked_add(signed(&mut bytes)?)?;
                true
            }
            // One line: the step is in the code, two columns follow.
            10..=12 => {
                line = line.checked_add(i64::from(code) - 10)?;
                bytes.next()?;
                bytes.next()?;
                true
            }
            // Short form: the same line, columns in one byte.
            _ => {
                bytes.next()?;
                true
            }
        };
        if (start..end).contains(&offset) {
            return has_line.then_some(line);
        }
        start = end;
    }
    None
}

/// 6 bits a byte, least significant first; bit 6 says that more follow.
fn unsigned(bytes: &mut impl Iterator<Item = u8>) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..60).step_by(6) {
        let byte = bytes.next()?;
        value |= u64::from(byte & 63) << shift;
        if byte & 64 == 0 {
            return Some(value);
        }
    }
    None
}

/// Bit 0 is the sign.
fn signed(bytes: &mut impl Iterator<Item = u8>) -> Option<i64> {
    let value = unsigned(bytes)?;
    let magnitude = (value >> 1).cast_signed();
    Some(if value & 1 == 1 { -magnitude } else { magnitude })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lnotab_steps_forward_and_back() {
        // Lines 10, 11 (from byte 4), 9 (from byte 8), and a step longer than one pair can hold.
        let table = [4, 1, 4, 0xfe, 255, 0, 10, 100];
        let line = |offset| line_at(LineTable::Lnotab, &table, 10, offset);
        assert_eq!(
            [-1, 0, 3, 4, 7, 8, 260, 272, 273, 9999].map(line),
            [10, 10, 10, 11, 11, 9, 9, 9, 109, 109].map(Some)
        );
    }

    #[test]
    fn ranges_of_3_10_may_have_no_line() {
        let table = [4, 0, 2, 0x80, 6, 2, 2, 0xff];
        let line = |offset| line_at(LineTable::Ranges310, &table, 20, offset);
        assert_eq!([-1, 0, 3].map(line), [Some(20); 3]);
        assert_eq!([4, 5].map(line), [None; 2]);
        assert_eq!([6, 11].map(line), [Some(22); 2]);
        assert_eq!(line(12), Some(21));
        assert_eq!(line(14), None);
    }

    #[test]
    fn locations_of_3_11_in_every_form() {
        let entry = |code: u8, units: u8| 0x80 | code << 3 | (units - 1);
        let table = [
            &[entry(0, 1), 0x11][..],                // bytes 0–1, line 5, short form
            &[entry(11, 2), 4, 9],                   // bytes 2–5, line 6, one-line form
            &[entry(13, 1), 3],                      // bytes 6–7, line 5 (step −1), no columns
            &[entry(14, 8), 0x40 | 20, 10, 0, 1, 2], // bytes 8–23, step +330 as a two-byte number, long form
            &[entry(15, 1)],                         // bytes 24–25, no location
            &[entry(12, 1), 0, 0],                   // bytes 26–27, two lines further
        ]
        .concat();
        let line = |offset| line_at(LineTable::Locations311, &table, 5, offset);
        assert_eq!([-1, 0, 1].map(line), [Some(5); 3]);
        assert_eq!([2, 5].map(line), [Some(6); 2]);
        assert_eq!([6, 7].map(line), [Some(5); 2]);
        assert_eq!([8, 23].map(line), [Some(5 + 330); 2]);
        assert_eq!(line(24), None);
        assert_eq!(line(26), Some(5 + 332));
        assert_eq!(line(28), None);
    }

    #[test]
    fn cut_off_tables_have_no_line() {
        for table in [&[][..], &[0xf0], &[0xf0, 0x7f, 0x7f], &[0x80], &[0xf0; 40]] {
            for format in [LineTable::Locations311, LineTable::Ranges310] {
                let _ = line_at(format, table, 1, 1000);
            }
            assert_eq!(line_at(LineTable::Locations311, table, 1, 1 << 40), None);
        }
    }
}
