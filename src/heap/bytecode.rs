//! Bytecode in the form the compiler wrote it: what `co_code` of the code object is.
//!
//! From 3.11 on the interpreter changes code while it runs it: opcodes become specialised ones, and the cache units behind them are
//! filled. From 3.12 on tracing tools put further opcodes in their place, and what stood there is kept in
//! `_PyCoMonitoringData`: the opcode of a traced line in `lines`, that of a traced instruction in
//! `per_instruction_opcodes`. This takes all of it back, as CPython's `_PyCode_GetCode()` does.

use super::{Code, Heap, Result};
use crate::memory::Address;
use crate::runtime::opcodes::{self, Opcodes};

/// Bytes of the entry of an instruction in `lines`; `None` if that differs inside the version and is not known for this release.
enum LineEntries {
    /// 3.12, 3.13.0: the opcode and a step of lines.
    Two,
    /// 3.13.5+, 3.14+: the first byte of the table says how many bytes an entry has, the first of which is the opcode.
    Told,
    /// 3.13.1 to 3.13.4.
    Unknown,
}

impl Heap<'_> {
    /// The bytecode as the compiler wrote it: `co_code`, byte for byte. `None` when that cannot be told, as for code that has
    /// been compiled further (`ENTER_EXECUTOR`, off by default).
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn base_bytecode(&self, code: &Code) -> Result<Option<Vec<u8>>> {
        let Some(mut bytes) = self.untraced_bytecode(code)? else { return Ok(None) };
        if !self.layout.code.co_code_adaptive.is_present() {
            return Ok(Some(bytes));
        }
        let Some(opcodes) = opcodes::for_minor(self.layout.minor) else { return Ok(None) };
        Ok(undo_specialisation(opcodes, &mut bytes).map(|()| bytes))
    }

    /// The bytecode as it runs, specialised, without what tracing tools have put there: enough for whoever cuts it into instructions
    /// ([`Opcodes::each_instruction`]). `None` when that cannot be told.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn untraced_bytecode(&self, code: &Code) -> Result<Option<Vec<u8>>> {
        let mut bytes = self.bytecode(code)?;
        if !self.layout.code.co_code_adaptive.is_present() {
            return Ok(Some(bytes));
        }
        let Some(opcodes) = opcodes::for_minor(self.layout.minor) else { return Ok(None) };
        if let Some(events) = opcodes.events
            && bytes.chunks_exact(2).any(|unit| [events.line, events.instruction].contains(&unit[0]))
            && self.undo_events(code, opcodes, &mut bytes)?.is_none()
        {
            return Ok(None);
        }
        Ok(Some(bytes))
    }

    /// Puts the opcodes back in whose place those stand that tell tracing tools of lines and instructions.
    fn undo_events(&self, code: &Code, opcodes: &Opcodes, bytes: &mut [u8]) -> Result<Option<()>> {
        let (Some(events), layout) = (opcodes.events, &self.layout.co_monitoring) else { return Ok(None) };
        let units = bytes.len() / 2;
        let (mut lines, mut instructions) = (None, None);
        // Without tools there are none: a cache unit had the same number by chance.
        if let Some(monitoring) = self.pointer(code.address, self.layout.code.co_monitoring)?.non_null() {
            if let Some(at) = self.pointer(monitoring, layout.lines)?.non_null() {
                lines = self.line_opcodes(at, units)?;
            }
            if let Some(at) = self.pointer(monitoring, layout.per_instruction_opcodes)?.non_null() {
                instructions = Some(self.memory.bytes(at, units as u64, usize::MAX)?);
            }
        }
        let mut at = 0;
        while let Some(place) = bytes.get_mut(at * 2) {
            if *place == events.line {
                let Some(original) = lines.as_ref().and_then(|lines| lines.get(at)) else { return Ok(None) };
                *place = *original;
            }
            if *place == events.instruction {
                let Some(original) = instructions.as_ref().and_then(|all| all.get(at)) else { return Ok(None) };
                *place = *original;
            }
            // Cache units may hold any number.
            let Some(opcode) = opcodes.get(*place) else { return Ok(None) };
            at += 1 + usize::from(opcode.caches);
        }
        Ok(Some(()))
    }

    /// The opcodes that the table of traced lines has kept, one for each code unit.
    fn line_opcodes(&self, lines: Address, units: usize) -> Result<Option<Vec<u8>>> {
        let entries = match (self.layout.minor, self.layout.micro) {
            (12, _) | (13, 0) => LineEntries::Two,
            (13, 1..=4) => LineEntries::Unknown,
            _ => LineEntries::Told,
        };
        let (start, width) = match entries {
            LineEntries::Two => (lines, 2),
            LineEntries::Told => {
                (lines.offset(1), u64::from(self.memory.bytes(lines, 1, 1)?.first().copied().unwrap_or(0)))
            }
            LineEntries::Unknown => return Ok(None),
        };
        if !(1..=8).contains(&width) {
            return Ok(None);
        }
        let bytes = self.memory.bytes(start, width * units as u64, usize::MAX)?;
        Ok(Some(bytes.iter().step_by(usize::try_from(width).unwrap_or(1)).copied().collect()))
    }
}

/// `None` when there is an opcode of which it is not known what it stands for.
fn undo_specialisation(opcodes: &Opcodes, bytes: &mut [u8]) -> Option<()> {
    let mut at = 0;
    while at + 1 < bytes.len() {
        let number = bytes.get_mut(at)?;
        *number = opcodes.base(*number)?;
        let caches = 2 * usize::from(opcodes.get(*number)?.caches);
        at += 2;
        bytes.get_mut(at..at + caches)?.fill(0);
        at += caches;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caches_are_emptied_and_variants_become_what_they_stand_for() {
        // 3.12: CALL_PY_EXACT_ARGS (specialised, three caches), POP_TOP; numbers as `dis` of 3.12 says.
        let opcodes = opcodes::for_minor(12).unwrap();
        let specialised = (0..=255).find(|number| *number != 171 && opcodes.base(*number) == Some(171)).unwrap();
        let mut bytes = [specialised, 1, 9, 9, 9, 9, 9, 9, 1, 0];
        assert_eq!(undo_specialisation(opcodes, &mut bytes), Some(()));
        assert_eq!(bytes, [171, 1, 0, 0, 0, 0, 0, 0, 1, 0]);
    }

    #[test]
    fn code_that_ends_inside_of_caches_is_none() {
        let opcodes = opcodes::for_minor(12).unwrap();
        assert_eq!(undo_specialisation(opcodes, &mut [171, 1, 0, 0]), None);
        assert_eq!(undo_specialisation(opcodes, &mut [0, 0]), None, "a cache where an instruction should be");
    }
}
