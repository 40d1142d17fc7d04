//! Does a frame still read a variable? Liveness of bytecode, from the place where the frame stands.
//!
//! A coroutine that only a local variable holds, in a frame that never reads that variable again, cannot be awaited
//! through it. "Never" has to be right, "maybe" need not be sharp: what cannot be told counts as *may read*. Not
//! seen are readers outside of the frame's own code, such as a debugger or another frame that takes `f_locals`.

use super::{Fault, Frame, Heap, Result, SlotKind};
use crate::memory::ReadReason;
use crate::runtime::opcodes::{self, Direction, Flow, Handlers, JumpScale, Locals, Opcode, Opcodes};

/// Bytecode longer than this is not followed.
const LONGEST: usize = 128 << 10;
/// Code with more handlers of exceptions, or calls of `finally` clauses, than this is not followed.
const MOST_HANDLERS: usize = 4096;

/// Code that uses one of these names may get at all local variables by other means than bytecode.
const READS_EVERYTHING: [&str; 10] =
    ["breakpoint", "currentframe", "dir", "eval", "exec", "f_locals", "_getframe", "locals", "set_trace", "vars"];
/// `super()` takes the first argument out of the frame.
const READS_FIRST_SLOT: &str = "super";

impl Heap<'_> {
    /// Whether `frame` may still read the variable in its slot number `slot` when it goes on, without giving it another value
    /// before. The frame has to be suspended, or in a call; `false` means that it will not.
    ///
    /// Variables that inner functions share count as read: those functions may run at any time. So does a variable
    /// whose value lies on the stack of a frame that does not tell how deep its stack is: the value may be an argument of
    /// the call. What lies on a stack of known depth ([`Heap::frame_stack`]) is for the caller to ask.
    ///
    /// # Errors
    /// When there is no such slot, or its code or position cannot be read.
    pub fn may_read_slot_again(&self, frame: &Frame, slot: usize) -> Result<bool> {
        /// An entry has four numbers of at most five bytes.
        const LONGEST_TABLE: usize = MOST_HANDLERS * 20;
        let code = self.code(frame.code)?;
        let slots = self.code_slots(&code)?;
        let kind = slots.get(slot).ok_or(Fault::implausible("slot", frame.address))?.kind;
        let Some(opcodes) = opcodes::for_minor(self.layout.minor) else { return Ok(true) };
        if kind != SlotKind::Local || code.code_length > LONGEST as u64 {
            return Ok(true);
        }
        for name in self.code_names(&code)?.iter() {
            if READS_EVERYTHING.contains(&name.as_str()) || (slot == 0 && name == READS_FIRST_SLOT) {
                return Ok(true);
            }
        }
        if self.frame_stack(frame)?.is_none() {
            let value = self.frame_slots(frame)?.get(slot).copied().flatten();
            if value.is_some() && self.frame_stack_place(frame)?.contains(&value) {
                return Ok(true);
            }
        }
        let position = self.frame_offset(frame)?;
        let slot = u32::try_from(slot).unwrap_or(u32::MAX);
        // Thousands of frames stand at the same place.
        if let Some(known) = code.known_live(position, slot) {
            return Ok(known);
        }
        let handlers = match opcodes.handlers {
            Handlers::Blocks => Vec::new(),
            Handlers::Table => {
                let table = self.pointer(code.address, self.layout.code.co_exceptiontable)?;
                match self.byte_string(table, LONGEST_TABLE) {
                    Err(Fault::Read(error)) if error.reason == ReadReason::TooLarge => return Ok(true),
                    bytes => bytes?,
                }
            }
        };
        let may_read = may_read_again(opcodes, &self.bytecode(&code)?, &handlers, position, slot);
        code.keep_live(position, slot, may_read);
        Ok(may_read)
    }
}

/// Whether code that goes on behind `position` may read a local variable before it gives it another value.
///
/// `position` is the last instruction that ran, or the next one to run: from 3.13 on it is the next for a suspended frame, and
/// the call itself for a frame that is in a call. So what the instruction there *reads* counts, what it *replaces* does not.
/// Any byte of it will do (3.11 and 3.12 point at the last cache unit of a call); a negative one is before the first.
///
/// `exception_table` is `co_exceptiontable`, empty up to 3.10.
pub(super) fn may_read_again(opcodes: &Opcodes, code: &[u8], exception_table: &[u8], position: i64, slot: u32) -> bool {
    Function::decode(opcodes, code, exception_table).is_none_or(|function| function.may_read(position, slot).is_none())
}

/// An instruction with its prefixes and caches.
#[derive(Clone, Copy)]
struct Instruction {
    start: usize,
    end: usize,
    argument: u32,
    opcode: Opcode,
}

/// Instructions from `start` to `end` whose exceptions are handled at `target`.
#[derive(Clone, Copy)]
struct Guarded {
    start: usize,
    end: usize,
    target: usize,
}

/// What an instruction does to one variable.
enum Access {
    Reads,
    Replaces,
    Nothing,
}

struct Function<'a> {
    opcodes: &'a Opcodes,
    instructions: Vec<Instruction>,
    guarded: Vec<Guarded>,
    /// 3.8: where a `finally` clause is called, the clause and what follows the call.
    finally_calls: Vec<(usize, usize)>,
}

/// Instructions that are reached and not yet looked at.
struct ToDo {
    known: Vec<bool>,
    next: Vec<usize>,
}

impl ToDo {
    /// `None` when there is no such instruction: code that ends without a return is none that we understand.
    fn push(&mut self, at: usize) -> Option<()> {
        if !std::mem::replace(self.known.get_mut(at)?, true) {
            self.next.push(at);
        }
        Some(())
    }
}

/// The frame will not read the variable. The absence of this word means that it may.
struct Never;

impl<'a> Function<'a> {
    /// `None` when not every byte is understood.
    fn decode(opcodes: &'a Opcodes, code: &[u8], exception_table: &[u8]) -> Option<Self> {
        if code.len() > LONGEST {
            return None;
        }
        let mut function = Self {
            opcodes,
            instructions: Vec::with_capacity(code.len() / 2),
            guarded: parse_exception_table(exception_table)?,
            finally_calls: Vec::new(),
        };
        let (mut start, mut at, mut prefix) = (0, 0, 0u32);
        while let Some([number, argument]) = code.get(at..at + 2) {
            let opcode = opcodes.get(*number)?;
            let argument = prefix << 8 | u32::from(*argument);
            at += 2;
            if opcode.flow == Flow::Prefix {
                // A fourth prefix would push the first one out.
                prefix = Some(argument).filter(|argument| argument >> 24 == 0)?;
                continue;
            }
            at += 2 * usize::from(opcode.caches);
            let instruction = Instruction { start, end: at, argument, opcode };
            match opcode.flow {
                Flow::Guard => {
                    let target = function.target(&instruction, Direction::Forward)?;
                    function.guarded.push(Guarded { start: at, end: target, target });
                }
                Flow::CallFinally => {
                    let clause = function.target(&instruction, Direction::Forward)?;
                    function.finally_calls.push((clause, at));
                }
                _ => {}
            }
            function.instructions.push(instruction);
            (start, prefix) = (at, 0);
        }
        let bounded = function.guarded.len() <= MOST_HANDLERS && function.finally_calls.len() <= MOST_HANDLERS;
        // A rest: half a unit, a prefix of nothing, caches beyond the end.
        (start == code.len() && bounded).then_some(function)
    }

    /// Follows every way on from `position`. `None` when one leads to a read, or to where we cannot follow.
    fn may_read(mut self, position: i64, slot: u32) -> Option<Never> {
        let mut to_do = ToDo { known: vec![false; self.instructions.len()], next: Vec::new() };
        match usize::try_from(position) {
            Err(_) => to_do.push(0)?,
            Ok(position) => {
                let current = self.containing(position)?;
                if let Access::Reads = self.access(current, slot)? {
                    return None;
                }
                // An exception that is thrown into a suspended frame comes from the instruction that suspended it; from 3.13
                // on that is the one before.
                for thrower in [Some(current), current.checked_sub(1)].into_iter().flatten() {
                    self.push_handlers(thrower, &mut to_do)?;
                }
                self.push_successors(current, &mut to_do)?;
            }
        }
        while let Some(at) = to_do.next.pop() {
            self.push_handlers(at, &mut to_do)?;
            match self.access(at, slot)? {
                Access::Reads => return None,
                Access::Replaces => {}
                Access::Nothing => self.push_successors(at, &mut to_do)?,
            }
        }
        Some(Never)
    }

    fn access(&self, at: usize, slot: u32) -> Option<Access> {
        let instruction = self.instructions.get(at)?;
        let only = instruction.argument == slot;
        let first = instruction.argument >> 4 == slot;
        let second = instruction.argument & 15 == slot;
        Some(match instruction.opcode.locals {
            Locals::Reads if only => Access::Reads,
            Locals::Replaces if only => Access::Replaces,
            Locals::ReadsTwo if first || second => Access::Reads,
            Locals::ReplacesTwo if first || second => Access::Replaces,
            Locals::ReplacesThenReads if first => Access::Replaces,
            Locals::ReplacesThenReads if second => Access::Reads,
            _ => Access::Nothing,
        })
    }

    /// Handlers that exceptions of an instruction lead to. Each has to be followed once only, so it is taken out.
    fn push_handlers(&mut self, at: usize, to_do: &mut ToDo) -> Option<()> {
        let Instruction { start, end, .. } = *self.instructions.get(at)?;
        let mut targets = Vec::new();
        self.guarded.retain(|guarded| {
            let applies = guarded.start < end && start < guarded.end;
            if applies {
                targets.push(guarded.target);
            }
            !applies
        });
        for target in targets {
            to_do.push(self.beginning(target)?)?;
        }
        Some(())
    }

    fn push_successors(&self, at: usize, to_do: &mut ToDo) -> Option<()> {
        let instruction = self.instructions.get(at)?;
        let (goes_on, elsewhere) = match instruction.opcode.flow {
            Flow::Next | Flow::Guard | Flow::EndFinally | Flow::Prefix => (true, None),
            Flow::Stop => (false, None),
            Flow::Jump(direction) => (false, Some(direction)),
            Flow::Branch(direction) => (true, Some(direction)),
            Flow::CallFinally => (true, Some(Direction::Forward)),
        };
        if goes_on {
            to_do.push(at + 1)?;
        }
        if let Some(direction) = elsewhere {
            to_do.push(self.beginning(self.target(instruction, direction)?)?)?;
        }
        if instruction.opcode.flow == Flow::EndFinally {
            // Which clause this is the end of is not written down; it begins before its end.
            for (clause, behind_call) in &self.finally_calls {
                if *clause <= instruction.start {
                    to_do.push(self.beginning(*behind_call)?)?;
                }
            }
        }
        Some(())
    }

    /// Where a jump leads to.
    fn target(&self, jump: &Instruction, direction: Direction) -> Option<usize> {
        let scale = match self.opcodes.jump_scale {
            JumpScale::Bytes => 1,
            JumpScale::Units => 2,
        };
        let distance = usize::try_from(jump.argument).ok()?.checked_mul(scale)?;
        match direction {
            Direction::Absolute => Some(distance),
            Direction::Forward => jump.end.checked_add(distance),
            Direction::Backward => jump.end.checked_sub(distance),
        }
    }

    /// The instruction that begins at this byte.
    fn beginning(&self, offset: usize) -> Option<usize> {
        self.instructions.binary_search_by_key(&offset, |instruction| instruction.start).ok()
    }

    /// The instruction that this byte is a part of.
    fn containing(&self, offset: usize) -> Option<usize> {
        let behind = self.instructions.partition_point(|instruction| instruction.start <= offset);
        let at = behind.checked_sub(1)?;
        (offset < self.instructions.get(at)?.end).then_some(at)
    }
}

/// `co_exceptiontable` (3.11+; `Objects/exception_handling_notes.txt`): start, length, target, depth and a bit, all but the
/// last in code units. `None` when it is cut off.
fn parse_exception_table(table: &[u8]) -> Option<Vec<Guarded>> {
    let mut bytes = table.iter().copied().peekable();
    let mut found = Vec::new();
    while bytes.peek().is_some() {
        let [start, length, target] = [number(&mut bytes)?, number(&mut bytes)?, number(&mut bytes)?];
        number(&mut bytes)?;
        found.push(Guarded { start: 2 * start, end: 2 * (start + length), target: 2 * target });
    }
    Some(found)
}

/// 6 bits a byte, the most significant first; bit 6 says that more follow. (Bit 7 marks the start of an entry.)
fn number(bytes: &mut impl Iterator<Item = u8>) -> Option<usize> {
    let mut value = 0;
    // 30 bits are more than any code has units.
    for _ in 0..5 {
        let byte = bytes.next()?;
        value = value << 6 | usize::from(byte & 63);
        if byte & 64 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
#[path = "liveness_tests.rs"]
mod tests;
