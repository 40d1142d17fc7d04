//! Exceptions: their arguments, and the frames of their traceback.
//!
//! A traceback is a chain from the frame that caught it to the one that raised (`tb_next`). From 3.12 on `tb_lineno` may be -1: the line follows from
//! the position then (`Python/traceback.c`).

use super::{Fault, Frame, FrameOwner, Heap, Result, TypeFlags};
use crate::memory::Address;
use crate::runtime::layout::FrameKind;
use rustc_hash::FxHashSet;

/// Frames of one traceback beyond this are not looked at: recursion makes them equal.
const MOST_ENTRIES: usize = 4096;
/// Arguments of an exception beyond this are not looked at.
const MOST_ARGUMENTS: u64 = 16;

/// An entry of a traceback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TracebackEntry {
    /// The frame.
    pub frame: Frame,
    /// The byte offset of the instruction that raised, or called.
    pub offset: i64,
    /// The line, where it was written down.
    pub line: Option<i64>,
}

impl Heap<'_> {
    /// The first arguments an exception was made with (`args`).
    ///
    /// # Errors
    /// When it is no exception that makes sense.
    pub fn exception_arguments(&self, exception: Address) -> Result<Vec<Address>> {
        if !self.is_a(exception, TypeFlags::EXCEPTION) {
            return Err(Fault::implausible("exception", exception));
        }
        match self.pointer(exception, self.layout.base_exception.args)?.non_null() {
            Some(arguments) if self.is_a(arguments, TypeFlags::TUPLE) => self.tuple_start(arguments, MOST_ARGUMENTS),
            _ => Ok(Vec::new()),
        }
    }

    /// The entries of an exception's traceback, outermost first; empty if it was never raised.
    ///
    /// # Errors
    /// When it is no exception that makes sense. Entries that cannot be read end the chain.
    pub fn traceback(&self, exception: Address) -> Result<Vec<TracebackEntry>> {
        if !self.is_a(exception, TypeFlags::EXCEPTION) {
            return Err(Fault::implausible("exception", exception));
        }
        let layout = &self.layout.traceback;
        let mut entries = Vec::new();
        let mut seen = FxHashSet::default();
        let mut at = self.pointer(exception, self.layout.base_exception.traceback)?;
        while !at.is_null() && entries.len() < MOST_ENTRIES && seen.insert(at) {
            let Ok(bytes) = self.object_bytes(at, layout.size) else { break };
            if Some(self.layout.object.ob_type.address_in(&bytes)?) != self.known.traceback {
                break;
            }
            let Ok(frame) =
                layout.tb_frame.address_in(&bytes).map_err(Fault::from).and_then(|frame| self.frame_of_object(frame))
            else {
                break;
            };
            entries.push(TracebackEntry {
                frame,
                offset: layout.tb_lasti.i64_in(&bytes)?,
                line: Some(layout.tb_lineno.i64_in(&bytes)?).filter(|line| *line >= 0),
            });
            at = layout.tb_next.address_in(&bytes)?;
        }
        Ok(entries)
    }

    /// Whether a frame has come to its end: its variables are what is left, and nobody goes on with them.
    #[must_use]
    pub fn has_ended(&self, frame: &Frame) -> bool {
        let layout = &self.layout.frame_object;
        match self.layout.frame_kind {
            FrameKind::Embedded => frame.owner == FrameOwner::FrameObject,
            // A generator lets go of its frame at the end.
            FrameKind::FrameObject38 => {
                self.unsigned(frame.address, layout.f_executing) == Ok(0)
                    && self.pointer(frame.address, layout.f_gen) == Ok(Address::NULL)
            }
            // Returned, raised, cleared; 2 is on the way out.
            FrameKind::FrameObject310 => {
                self.signed(frame.address, layout.f_state).is_ok_and(|state| matches!(state, 1 | 3 | 4))
            }
        }
    }

    /// The frame that a frame object stands for.
    ///
    /// # Errors
    /// When it is no frame object that makes sense.
    pub fn frame_of_object(&self, object: Address) -> Result<Frame> {
        match self.layout.frame_kind {
            FrameKind::FrameObject38 | FrameKind::FrameObject310 => self.frame(object),
            FrameKind::Embedded => self.frame(self.pointer(object, self.layout.frame_object.f_frame)?),
        }
    }
}
