//! From a position in bytecode to a line of source, and from 3.11 on to columns in it.
//!
//! Three formats: `co_lnotab` (3.8, 3.9), ranges in `co_linetable` (3.10), locations with columns (3.11+, described in
//! CPython's `Objects/locations.md`). Pure functions on the table's bytes.

use crate::runtime::layout::LineTable;

/// A place in a source file, as `co_positions()` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// The first line, beginning with 1; `None` when the compiler gave the instruction none.
    pub line: Option<i64>,
    /// The last line (3.11+).
    pub end_line: Option<i64>,
    /// Bytes of UTF-8 in front of it in its first line (3.11+; not with `-X no_debug_ranges`).
    pub column: Option<u64>,
    /// Bytes of UTF-8 up to its end in its last line.
    pub end_column: Option<u64>,
}

/// The place of the instruction at byte `offset` (negative: not started); up to 3.10 only its line.
#[must_use]
pub(super) fn position_at(format: LineTable, table: &[u8], first_line: i64, offset: i64) -> Position {
    match format {
        LineTable::Locations311 => locations(table, first_line, offset.max(0)).unwrap_or_default(),
        _ => Position { line: line_at(format, table, first_line, offset), ..Position::default() },
    }
}

/// The line of the instruction at byte `offset` (negative: not started, the line of `def`); `None` when the table has no line there.
#[must_use]
pub(super) fn line_at(format: LineTable, table: &[u8], first_line: i64, offset: i64) -> Option<i64> {
    match format {
        LineTable::Lnotab if offset < 0 => Some(first_line),
        LineTable::Lnotab => Some(lnotab(table, first_line, offset)),
        LineTable::Ranges310 if offset < 0 => Some(first_line),
        LineTable::Ranges310 => ranges(table, first_line, offset),
        LineTable::Locations311 => locations(table, first_line, offset.max(0))?.line,
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

fn locations(table: &[u8], first_line: i64, offset: i64) -> Option<Position> {
    let mut bytes = table.iter().copied();
    let (mut line, mut start) = (first_line, 0i64);
    while let Some(head) = bytes.next() {
        let code = (head >> 3) & 15;
        let end = start + (i64::from(head & 7) + 1) * 2;
        let mut found = Position::default();
        let mut on_one_line = |line, columns: Option<(u64, u64)>| {
            found = Position {
                line: Some(line),
                end_line: Some(line),
                column: columns.map(|(from, _)| from),
                end_column: columns.map(|(_, to)| to),
            };
        };
        match code {
            // No location.
            15 => {}
            // Long form: line step, end line, column, end column.
            14 => {
                line = line.checked_add(signed(&mut bytes)?)?;
                let lines = i64::try_from(unsigned(&mut bytes)?).ok()?;
                // One more than they are: 0 says that there is none.
                let [column, end_column] = [unsigned(&mut bytes)?, unsigned(&mut bytes)?].map(|n| n.checked_sub(1));
                found = Position { line: Some(line), end_line: Some(line.checked_add(lines)?), column, end_column };
            }
            // No columns.
            13 => {
                line = line.checked_add(signed(&mut bytes)?)?;
                on_one_line(line, None);
            }
            // One line: the step is in the code, two columns follow.
            10..=12 => {
                line = line.checked_add(i64::from(code) - 10)?;
                on_one_line(line, Some((u64::from(bytes.next()?), u64::from(bytes.next()?))));
            }
            // Short form: the same line, columns in one byte, with the upper bits of the first in the code.
            _ => {
                let columns = bytes.next()?;
                let from = u64::from(code << 3 | columns >> 4);
                on_one_line(line, Some((from, from + u64::from(columns & 15))));
            }
        }
        if (start..end).contains(&offset) {
            return Some(found);
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
    fn columns_of_3_11_in_every_form() {
        let entry = |code: u8, units: u8| 0x80 | code << 3 | (units - 1);
        let table = [
            &[entry(3, 1), 0x45][..],               // columns 28 to 33
            &[entry(10, 1), 200, 210],              // the same line, columns in full
            &[entry(13, 1), 2],                     // a line further, no columns
            &[entry(14, 1), 2, 3, 0x40 | 1, 2, 11], // a line further to three lines behind it, columns 128 and 10
            &[entry(14, 1), 0, 0, 0, 0],            // no columns, the long way
            &[entry(15, 1)],
        ]
        .concat();
        let at = |offset| {
            let found = position_at(LineTable::Locations311, &table, 7, offset);
            (found.line, found.end_line, found.column, found.end_column)
        };
        assert_eq!(at(0), (Some(7), Some(7), Some(28), Some(33)));
        assert_eq!(at(3), (Some(7), Some(7), Some(200), Some(210)));
        assert_eq!(at(4), (Some(8), Some(8), None, None));
        assert_eq!(at(6), (Some(9), Some(12), Some(128), Some(10)));
        assert_eq!(at(8), (Some(9), Some(9), None, None));
        assert_eq!(at(10), (None, None, None, None));
        assert_eq!(at(12), (None, None, None, None));
        let before = position_at(LineTable::Lnotab, &[4, 1], 10, 4);
        assert_eq!(before, Position { line: Some(11), ..Position::default() });
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
