//! References of generators, coroutines and async generators, and of frame objects: what their variables and stacks hold.
//!
//! Up to 3.10 a generator holds a frame object, and that holds the rest. From 3.11 on the frame is a part of the generator; a frame
//! object that Python code asked for then only stands for it, unless it has outlived its call and has the frame inside itself.

use super::{Edge, References, tell};
use crate::heap::{Frame, FrameOwner, GeneratorKind, Result};
use crate::memory::Address;
use crate::runtime::layout::{Field, FrameKind};

impl References<'_, '_> {
    pub(super) fn generator(
        &self,
        object: Address,
        kind: GeneratorKind,
        visit: &mut dyn FnMut(Edge, Address),
    ) -> Result<()> {
        let generator = self.heap.generator(object, kind)?;
        let layout = self.heap.layout();
        let (exception, finalizer, code, frame) = match kind {
            GeneratorKind::Coroutine => {
                (layout.coroutine.exc_state, Field::ABSENT, layout.coroutine.code, layout.coroutine.frame)
            }
            GeneratorKind::Generator => {
                (layout.generator.exc_state, Field::ABSENT, layout.generator.code, layout.generator.frame)
            }
            GeneratorKind::AsyncGenerator => {
                let fields = &layout.async_generator;
                let finalizer =
                    if fields.finalizer.is_present() { fields.finalizer } else { fields.origin_or_finalizer };
                (fields.exc_state, finalizer, fields.code, fields.frame)
            }
        };
        let bytes = self.heap.object_bytes(object, self.heap.generator_size(kind))?;
        for (name, field) in [("finalizer", finalizer), ("code", code), ("frame", frame)] {
            tell(visit, Edge::Field(name), Self::pointer_in(&bytes, field)?);
        }
        self.handled_exception(&bytes, exception, visit)?;
        if layout.frame_kind == FrameKind::Embedded
            && let Some(frame) = generator.frame
        {
            self.embedded(&frame, visit)?;
        }
        Ok(())
    }

    /// The exception that a generator is handling: up to 3.10 type, value and traceback, since then the value.
    fn handled_exception(&self, bytes: &[u8], state: Field, visit: &mut dyn FnMut(Edge, Address)) -> Result<()> {
        let value = self.heap.layout().err_stack_item.exc_value.offset();
        let (Some(value), Some(state)) = (value, state.offset()) else { return Ok(()) };
        let at = |offset: u64| usize::try_from(state + offset).unwrap_or(usize::MAX - 8);
        tell(visit, Edge::Field("handled exception"), super::word(bytes, at(value))?);
        if value > 0 {
            tell(visit, Edge::Field("handled exception type"), super::word(bytes, at(0))?);
            tell(visit, Edge::Field("handled traceback"), super::word(bytes, at(value + 8))?);
        }
        Ok(())
    }

    /// What a frame that is no object itself (3.11+) holds.
    fn embedded(&self, frame: &Frame, visit: &mut dyn FnMut(Edge, Address)) -> Result<()> {
        let layout = &self.heap.layout().interpreter_frame;
        let size = u32::try_from(layout.localsplus.offset().unwrap_or(0)).unwrap_or(0);
        let bytes = self.heap.object_bytes(frame.address, size)?;
        for (name, field) in [("locals", layout.f_locals), ("frame object", layout.frame_obj)] {
            tell(visit, Edge::Field(name), Self::pointer_in(&bytes, field)?);
        }
        for (name, field) in [
            ("code", layout.f_code),
            ("code", layout.f_executable),
            ("function", layout.f_func),
            ("function", layout.f_funcobj),
        ] {
            tell(visit, Edge::Field(name), self.counted(Self::pointer_in(&bytes, field)?));
        }
        self.variables(frame, visit)
    }

    /// Variables and stack of a frame. Of one that keeps the depth of its stack to itself, the stack is left out.
    fn variables(&self, frame: &Frame, visit: &mut dyn FnMut(Edge, Address)) -> Result<()> {
        let slots = self.heap.code(frame.code)?.slots;
        self.words(frame.slots, slots, |index, word| tell(visit, Edge::Variable(index), self.counted(word)))?;
        match self.heap.frame_stack_extent(frame)? {
            Some((bottom, depth)) => {
                self.words(bottom, depth, |index, word| tell(visit, Edge::Stack(index), self.counted(word)))
            }
            None => Ok(()),
        }
    }

    /// The address in a word of a frame, null if the word does not count as a reference: from 3.14 on a word with its low bit
    /// set borrows, or is no address at all.
    fn counted(&self, word: u64) -> u64 {
        const TAG: u64 = 3;
        if self.heap.layout().tagged_references && word & TAG != 0 { 0 } else { word }
    }

    pub(super) fn frame_object(&self, object: Address, visit: &mut dyn FnMut(Edge, Address)) -> Result<()> {
        let layout = &self.heap.layout().frame_object;
        let size = layout.f_localsplus.offset().and_then(|at| u32::try_from(at).ok()).unwrap_or(layout.size);
        let bytes = self.heap.object_bytes(object, size)?;
        let mut fields = vec![("back", layout.f_back), ("trace", layout.f_trace)];
        let embedded = self.heap.layout().frame_kind == FrameKind::Embedded;
        if embedded {
            fields.extend([("extra locals", layout.f_extra_locals), ("locals cache", layout.f_locals_cache)]);
        } else {
            fields.extend([
                ("code", layout.f_code),
                ("builtins", layout.f_builtins),
                ("globals", layout.f_globals),
                ("locals", layout.f_locals),
            ]);
        }
        for (name, field) in fields {
            tell(visit, Edge::Field(name), Self::pointer_in(&bytes, field)?);
        }
        if !embedded {
            return self.variables(&self.heap.frame(object)?, visit);
        }
        let Some(inner) = Address::new(Self::pointer_in(&bytes, layout.f_frame)?).non_null() else { return Ok(()) };
        let frame = self.heap.frame(inner)?;
        if frame.owner == FrameOwner::FrameObject { self.embedded(&frame, visit) } else { Ok(()) }
    }
}
