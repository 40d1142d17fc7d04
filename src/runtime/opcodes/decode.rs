//! Bytecode in the form the compiler wrote it, cut into instructions.

use super::{Decoded, Direction, Flow, JumpScale, Opcode, Opcodes, Step};

/// An instruction with its prefixes and caches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instruction {
    /// Its first byte: that of its first prefix, if it has any.
    pub start: usize,
    /// The byte of the opcode itself: the position that line tables and frames speak of.
    pub offset: usize,
    /// The first byte behind it and its caches.
    pub end: usize,
    /// The number of its opcode, in the form the compiler wrote.
    pub number: u8,
    /// Its argument, prefixes included.
    pub argument: u32,
    /// What is to be known about the opcode.
    pub opcode: Opcode,
    /// What it does to the stack.
    pub step: Step,
}

impl Opcodes {
    /// Cuts bytecode into instructions, in order; specialised and instrumented opcodes become those whose work they do. `None` when not
    /// every byte is understood, or as soon as `take` has seen enough.
    #[must_use]
    pub fn each_instruction(&self, code: &[u8], mut take: impl FnMut(&Instruction) -> Option<()>) -> Option<()> {
        let (mut start, mut at, mut prefix) = (0, 0, 0u32);
        while let Some([number, argument]) = code.get(at..at + 2) {
            let Decoded { number, opcode, step } = self.decoded[usize::from(*number)]?;
            let argument = prefix << 8 | u32::from(*argument);
            let offset = at;
            at += 2;
            if opcode.flow == Flow::Prefix {
                // A fourth prefix would push the first one out.
                prefix = Some(argument).filter(|argument| argument >> 24 == 0)?;
                continue;
            }
            at += 2 * usize::from(opcode.caches);
            take(&Instruction { start, offset, end: at, number, argument, opcode, step })?;
            (start, prefix) = (at, 0);
        }
        // A rest: half a unit, a prefix of nothing, caches beyond the end.
        (start == code.len()).then_some(())
    }

    /// The byte that an instruction may jump to. `None` when it does not jump, or out of reach.
    #[must_use]
    pub fn target(&self, instruction: &Instruction) -> Option<usize> {
        let direction = match instruction.opcode.flow {
            Flow::Jump(direction) | Flow::Branch(direction) => direction,
            Flow::Guard | Flow::CallFinally => Direction::Forward,
            Flow::Next | Flow::Stop | Flow::EndFinally | Flow::Prefix => return None,
        };
        let scale = match self.jump_scale {
            JumpScale::Bytes => 1,
            JumpScale::Units => 2,
        };
        let distance = usize::try_from(instruction.argument).ok()?.checked_mul(scale)?;
        match direction {
            Direction::Absolute => Some(distance),
            Direction::Forward => instruction.end.checked_add(distance),
            Direction::Backward => instruction.end.checked_sub(distance),
        }
    }
}
