//! Frames: of generators, and of running threads.
//!
//! Up to 3.10 a frame is an object (`PyFrameObject`); from 3.11 on it is a bare structure (`_PyInterpreterFrame`), inside the
//! generator or on the thread's own stack of frames. Either way it has a code object, a position and slots.

use super::{Fault, Heap, Result};
use crate::memory::Address;
use crate::runtime::layout::FrameKind;
use rustc_hash::FxHashSet;

/// Frames of one thread beyond this are not followed (`sys.setrecursionlimit` may be high; C stacks are not).
const DEEPEST_STACK: usize = 10_000;

/// Who owns an embedded frame (`_PyInterpreterFrame.owner`, 3.11+).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameOwner {
    /// A thread's stack, or (up to 3.10) a frame object.
    Thread,
    /// A generator, coroutine or async generator.
    Generator,
    /// A frame object that outlived its call.
    FrameObject,
    /// An entry frame of the interpreter's own: no Python code.
    Interpreter,
}

/// A frame: what runs, where it stands, where its values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Where it is.
    pub address: Address,
    /// Its code object, not yet looked at.
    pub code: Address,
    /// Who owns it.
    pub owner: FrameOwner,
    /// Where its slots begin.
    pub slots: Address,
    position: Position,
    stack: Stack,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    /// Bytes from the start of the bytecode; negative before the first instruction.
    Offset(i64),
    /// The address of an instruction.
    Instruction(Address),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stack {
    /// The first slot beyond the top (3.8, 3.9, 3.14+), null while the frame runs on some versions.
    Top { bottom: Option<Address>, top: Address },
    /// Values from `bottom` on (3.10); negative while the frame runs.
    Depth { bottom: Address, depth: i64 },
    /// Slots in use, variables included (3.11–3.13); negative while the frame runs.
    Slots(i64),
}

impl Heap<'_> {
    /// The frame at `address`.
    ///
    /// # Errors
    /// When it is no frame that makes sense.
    pub fn frame(&self, address: Address) -> Result<Frame> {
        match self.layout.frame_kind {
            FrameKind::FrameObject38 | FrameKind::FrameObject310 => self.frame_object(address),
            FrameKind::Embedded => {
                let size = u32::try_from(self.layout.interpreter_frame.localsplus.offset().unwrap_or(0)).unwrap_or(0);
                self.embedded_frame(address, &self.object_bytes(address, size)?)
            }
        }
    }

    fn frame_object(&self, address: Address) -> Result<Frame> {
        let layout = &self.layout.frame_object;
        let slots = layout.f_localsplus.at(address)?;
        let size = u32::try_from(layout.f_localsplus.offset().unwrap_or(0)).unwrap_or(0);
        let bytes = self.object_bytes(address, size)?;
        if Some(self.layout.object.ob_type.address_in(&bytes)?) != self.known.frame {
            return Err(Fault::implausible("frame object", address));
        }
        let lasti = layout.f_lasti.i64_in(&bytes)?;
        let bottom = layout.f_valuestack.address_in(&bytes)?;
        let (position, stack) = if self.layout.frame_kind == FrameKind::FrameObject310 {
            // 3.10 counts code units of two bytes.
            (
                if lasti < 0 { -1 } else { lasti * 2 },
                Stack::Depth { bottom, depth: layout.f_stackdepth.i64_in(&bytes)? },
            )
        } else {
            (lasti, Stack::Top { bottom: Some(bottom), top: layout.f_stacktop.address_in(&bytes)? })
        };
        Ok(Frame {
            address,
            code: layout.f_code.address_in(&bytes)?,
            owner: FrameOwner::Thread,
            slots,
            position: Position::Offset(position),
            stack,
        })
    }

    /// As [`frame`](Self::frame), for an embedded frame whose bytes are at hand.
    pub(super) fn embedded_frame(&self, address: Address, bytes: &[u8]) -> Result<Frame> {
        let layout = &self.layout.interpreter_frame;
        let implausible = Fault::implausible("frame", address);
        // FRAME_OWNED_BY_*: unchanged since 3.11; 3.14 names 3 "interpreter" and 3.15 adds one behind it.
        let owner = match layout.owner.u64_in(bytes)? {
            0 => FrameOwner::Thread,
            1 => FrameOwner::Generator,
            2 => FrameOwner::FrameObject,
            3 | 4 => FrameOwner::Interpreter,
            _ => return Err(implausible),
        };
        let code = if layout.f_executable.is_present() {
            // Null or no object while an entry frame is being set up.
            self.untagged(layout.f_executable.u64_in(bytes)?).unwrap_or(Address::NULL)
        } else {
            layout.f_code.address_in(bytes)?
        };
        let instruction = if layout.instr_ptr.is_present() { layout.instr_ptr } else { layout.prev_instr };
        let stack = if layout.stackpointer.is_present() {
            Stack::Top { bottom: None, top: layout.stackpointer.address_in(bytes)? }
        } else {
            Stack::Slots(layout.stacktop.i64_in(bytes)?)
        };
        Ok(Frame {
            address,
            code,
            owner,
            slots: layout.localsplus.at(address)?,
            position: Position::Instruction(instruction.address_in(bytes)?),
            stack,
        })
    }

    /// Byte offset of the instruction a frame stands at: the last one that ran. Negative before the first.
    ///
    /// # Errors
    /// When its code is none, or the position lies outside of it (free-threaded builds run thread-local copies of code).
    pub fn frame_offset(&self, frame: &Frame) -> Result<i64> {
        match frame.position {
            Position::Offset(offset) => Ok(offset),
            Position::Instruction(instruction) => {
                let code = self.code(frame.code)?;
                // A unit before the first is legal: 3.11 and 3.12 point there before a function starts.
                let offset = instruction.get().wrapping_sub(code.code_start.get()).cast_signed();
                let length = i64::try_from(code.code_length).unwrap_or(i64::MAX);
                if (-2..=length).contains(&offset) {
                    Ok(offset)
                } else {
                    Err(Fault::implausible("position", frame.address))
                }
            }
        }
    }

    /// The values in the slots of a frame: its variables, in the order of [`Heap::code_slots`]; `None` where unbound.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn frame_slots(&self, frame: &Frame) -> Result<Vec<Option<Address>>> {
        self.values(frame.slots, self.code(frame.code)?.slots)
    }

    /// The values of the slots of a frame, and behind them those on its stack; and how many slots there are. Nothing of the stack when the
    /// frame runs and keeps the depth to itself.
    ///
    /// # Errors
    /// When the slots cannot be read.
    pub fn frame_values(&self, frame: &Frame) -> Result<(Vec<Option<Address>>, usize)> {
        let count = self.code(frame.code)?.slots;
        let slots = usize::try_from(count).unwrap_or(usize::MAX);
        let stack = self.frame_stack_extent(frame).ok().flatten().filter(|(_, depth)| *depth > 0);
        // The stack is behind the slots; only a frame object could say something else.
        if let Some((bottom, depth)) = stack
            && bottom == frame.slots.offset(count * 8)
            && let Ok(values) = self.values(frame.slots, count + depth)
        {
            return Ok((values, slots));
        }
        let mut values = self.values(frame.slots, count)?;
        let stack = stack.and_then(|(bottom, depth)| self.values(bottom, depth).ok());
        values.extend(stack.unwrap_or_default());
        Ok((values, slots))
    }

    /// So many values of a frame, one after the other.
    fn values(&self, start: Address, count: u64) -> Result<Vec<Option<Address>>> {
        /// Few frames have more, and fewer need no memory of their own to be read into.
        const FEW: u64 = 32;
        let values = |bytes: &[u8]| bytes.chunks_exact(8).map(|word| self.slot(word)).collect();
        match u32::try_from(count * 8) {
            Ok(0) => Ok(Vec::new()),
            Ok(size) if count <= FEW => self.object_bytes(start, size).map(|bytes| values(&bytes)),
            _ => Ok(values(&self.memory.bytes(start, count * 8, usize::MAX)?)),
        }
    }

    fn slot(&self, word: &[u8]) -> Option<Address> {
        let word = u64::from_le_bytes(word.try_into().ok()?);
        self.untagged(word)
    }

    /// The values on the stack of a frame, bottom first; `None` when the frame runs and keeps the depth to itself.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn frame_stack(&self, frame: &Frame) -> Result<Option<Vec<Option<Address>>>> {
        let Some((bottom, depth)) = self.frame_stack_extent(frame)? else { return Ok(None) };
        self.values(bottom, depth).map(Some)
    }

    /// The value `from_top` below the top of a frame's stack (1: the one on top); `None` where there is none, or the frame keeps the depth
    /// to itself.
    pub(super) fn frame_stack_value(&self, frame: &Frame, from_top: u64) -> Result<Option<Address>> {
        let Some((bottom, depth)) = self.frame_stack_extent(frame)? else { return Ok(None) };
        let Some(at) = depth.checked_sub(from_top).filter(|at| *at < depth) else { return Ok(None) };
        Ok(self.untagged(self.memory.word(bottom.offset(at * 8))?))
    }

    /// Where the stack of a frame begins, and how many words are on it; `None` when the frame keeps the depth to itself.
    pub(super) fn frame_stack_extent(&self, frame: &Frame) -> Result<Option<(Address, u64)>> {
        let code = self.code(frame.code)?;
        let behind_slots = frame.slots.offset(code.slots * 8);
        let (bottom, depth) = match frame.stack {
            Stack::Top { top, .. } if top.is_null() => return Ok(None),
            Stack::Top { bottom, top } => {
                let bottom = bottom.unwrap_or(behind_slots);
                let bytes = top.get().checked_sub(bottom.get()).ok_or(Fault::implausible("stack", frame.address))?;
                (bottom, bytes / 8)
            }
            Stack::Depth { depth, .. } | Stack::Slots(depth) if depth < 0 => return Ok(None),
            Stack::Depth { bottom, depth } => (bottom, depth.unsigned_abs()),
            Stack::Slots(used) => {
                let used = used.unsigned_abs();
                (behind_slots, used.checked_sub(code.slots).ok_or(Fault::implausible("stack", frame.address))?)
            }
        };
        // One word more than the compiler says: an entry of the interpreter may lie on top.
        if depth > code.stack_size + 1 {
            return Err(Fault::implausible("stack", frame.address));
        }
        Ok(Some((bottom, depth)))
    }

    /// What lies in the place of a frame's stack, used or not: for a frame that keeps the depth to itself. Some
    /// of it may be left over from before.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn frame_stack_place(&self, frame: &Frame) -> Result<Vec<Option<Address>>> {
        let code = self.code(frame.code)?;
        self.values(frame.slots.offset(code.slots * 8), code.stack_size)
    }

    /// The frames of a running thread, innermost first, without the interpreter's own; `first` is where its thread state points.
    /// The second value tells whether the chain was followed to its end.
    #[must_use]
    pub fn frame_chain(&self, first: Address) -> (Vec<Frame>, bool) {
        let mut frames = Vec::new();
        let mut seen = FxHashSet::default();
        let mut at = first;
        let previous = match self.layout.frame_kind {
            FrameKind::Embedded => self.layout.interpreter_frame.previous,
            FrameKind::FrameObject38 | FrameKind::FrameObject310 => self.layout.frame_object.f_back,
        };
        for _ in 0..DEEPEST_STACK {
            if at.is_null() {
                return (frames, true);
            }
            if !seen.insert(at) {
                return (frames, false);
            }
            match self.frame(at) {
                Ok(frame) => {
                    if frame.owner != FrameOwner::Interpreter && self.type_of(frame.code).ok() == self.known.code {
                        frames.push(frame);
                    }
                }
                Err(_) => return (frames, false),
            }
            match self.pointer(at, previous) {
                Ok(next) => at = next,
                Err(_) => return (frames, false),
            }
        }
        (frames, false)
    }
}
