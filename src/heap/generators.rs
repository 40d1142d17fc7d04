//! Coroutines, async generators and generators: one structure (`_PyGenObject_HEAD`) in three types.
//!
//! The state of one that was never started is *created*; how that is written down was changed in 3.10, 3.11, 3.13
//! and 3.15 (see [`FrameStates`]).

use super::{CodeFlags, Fault, Frame, FrameOwner, Heap, Result};
use crate::memory::Address;
use crate::runtime::layout::{Field, FrameKind, FrameStates, Layout};

/// Which of the three types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GeneratorKind {
    /// `async def`.
    Coroutine,
    /// `async def` with `yield`.
    AsyncGenerator,
    /// `def` with `yield`; interesting where `types.coroutine` made it awaitable.
    Generator,
}

/// What it is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GeneratorState {
    /// Called, never started.
    Created,
    /// Waiting at an `await` or `yield`.
    Suspended,
    /// Running, or waiting in the middle of a running await chain.
    Running,
    /// Finished, closed, or still under construction.
    Closed,
}

/// A coroutine, async generator or generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generator {
    /// Where it is.
    pub address: Address,
    /// Which of the three types.
    pub kind: GeneratorKind,
    /// What it is doing.
    pub state: GeneratorState,
    /// `Py_REFCNT`.
    pub refcount: u64,
    /// Its code object.
    pub code: Address,
    /// Flags of its code object.
    pub flags: CodeFlags,
    /// Its frame; a closed one has none.
    pub frame: Option<Frame>,
    /// Whether an `asend`/`athrow` of this async generator is in progress.
    pub in_use: bool,
    qualname: Address,
    /// 3.13+: suspended in an await, says its state. `None` where only the bytecode tells.
    awaiting: Option<bool>,
}

/// An entry of `cr_origin`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OriginFrame {
    /// The file.
    pub file: String,
    /// The line.
    pub line: i64,
    /// The function's name.
    pub function: String,
}

/// The members of the three structures that they share.
struct Fields {
    frame: Field,
    running: Field,
    code: Field,
    qualname: Field,
    frame_state: Field,
    iframe: Field,
}

impl Heap<'_> {
    fn generator_fields(&self, kind: GeneratorKind) -> Fields {
        fields_of(self.layout, kind)
    }

    /// Bytes of such an object that [`generator`](Self::generator) reads.
    #[must_use]
    pub fn generator_size(&self, kind: GeneratorKind) -> u32 {
        u32::try_from(generator_kind_size(self.layout, kind).0).unwrap_or(0)
    }

    /// The type object of this kind.
    #[must_use]
    pub fn generator_type(&self, kind: GeneratorKind) -> Option<Address> {
        match kind {
            GeneratorKind::Coroutine => self.known.coroutine,
            GeneratorKind::AsyncGenerator => self.known.async_generator,
            GeneratorKind::Generator => self.known.generator,
        }
    }

    /// The kind of generator that `object` is, if it is one of the interpreter's own.
    #[must_use]
    pub fn generator_kind(&self, object: Address) -> Option<GeneratorKind> {
        let class = self.type_of(object).ok()?;
        [GeneratorKind::Coroutine, GeneratorKind::AsyncGenerator, GeneratorKind::Generator]
            .into_iter()
            .find(|kind| self.generator_type(*kind) == Some(class))
    }

    /// The generator at `address`.
    ///
    /// # Errors
    /// When there is none (any more): another type, no references, a state or code object that cannot be.
    pub fn generator(&self, address: Address, kind: GeneratorKind) -> Result<Generator> {
        let implausible = Fault::implausible("generator", address);
        let fields = self.generator_fields(kind);
        let bytes = self.object_bytes(address, self.generator_size(kind))?;
        if Some(self.layout.object.ob_type.address_in(&bytes)?) != self.generator_type(kind) {
            return Err(implausible);
        }
        let refcount = self.refcount_in(&bytes)?;
        if !is_plausible_refcount(refcount) {
            return Err(implausible);
        }
        let (state, frame, code, awaiting) = match (self.layout.frame_kind, self.layout.frame_states) {
            (FrameKind::Embedded, Some(states)) => {
                let (state, awaiting) =
                    embedded_state(states, fields.frame_state.i64_in(&bytes)?).ok_or(implausible)?;
                let at = fields.iframe.at(address)?;
                let head = fields.iframe.offset().and_then(|offset| usize::try_from(offset).ok()).unwrap_or(usize::MAX);
                let frame = self.embedded_frame(at, bytes.get(head..).unwrap_or_default());
                let code = match (fields.code.is_present(), &frame) {
                    (true, _) => fields.code.address_in(&bytes)?,
                    (false, Ok(frame)) => frame.code,
                    (false, Err(_)) => return Err(implausible),
                };
                if state == GeneratorState::Closed {
                    (state, None, code, awaiting)
                } else {
                    let frame = frame?;
                    if frame.owner != FrameOwner::Generator {
                        return Err(implausible);
                    }
                    (state, Some(frame), code, awaiting)
                }
            }
            _ => {
                let code = fields.code.address_in(&bytes)?;
                match fields.frame.address_in(&bytes)?.non_null() {
                    None => (GeneratorState::Closed, None, code, None),
                    Some(at) => {
                        let frame = self.frame(at)?;
                        // A frame knows its generator: what is left of a freed one belongs to nobody.
                        if self.pointer(at, self.layout.frame_object.f_gen)? != address {
                            return Err(implausible);
                        }
                        let running = fields.running.is_present() && fields.running.u64_in(&bytes)? != 0;
                        let state = self.frame_object_state(&frame, running)?.ok_or(implausible)?;
                        (state, Some(frame).filter(|_| state != GeneratorState::Closed), code, None)
                    }
                }
            }
        };
        let in_use = kind == GeneratorKind::AsyncGenerator
            && self.layout.async_generator.running_async.u64_in(&bytes)? & 0xff != 0;
        Ok(Generator {
            address,
            kind,
            state,
            refcount,
            code,
            flags: self.code(code)?.flags,
            frame,
            in_use,
            qualname: fields.qualname.address_in(&bytes)?,
            awaiting,
        })
    }

    /// The state of a generator whose frame is an object (3.8 – 3.10).
    fn frame_object_state(&self, frame: &Frame, running: bool) -> Result<Option<GeneratorState>> {
        let Some(states) = self.layout.frame_states else {
            // 3.8, 3.9: before the first instruction, f_lasti is −1.
            let started = self.frame_offset(frame)? >= 0;
            return Ok(Some(match (running, started) {
                (true, _) => GeneratorState::Running,
                (false, false) => GeneratorState::Created,
                (false, true) => GeneratorState::Suspended,
            }));
        };
        let state = self.signed(frame.address, self.layout.frame_object.f_state)?;
        Ok(match state {
            _ if state == i64::from(states.created) => Some(GeneratorState::Created),
            _ if state == i64::from(states.suspended) => Some(GeneratorState::Suspended),
            _ if state == i64::from(states.executing) => Some(GeneratorState::Running),
            // Returned, unwinding, raised, cleared: all on the way out.
            1..=4 => Some(GeneratorState::Closed),
            _ => None,
        })
    }

    /// `Py_REFCNT` of an object that can die, as it stands; in free-threaded builds it leaves references out. Whether references can be
    /// accounted for by it, [`exact_refcount`](Self::exact_refcount) says.
    ///
    /// # Errors
    /// When it cannot be read, or has none: then it is no living object.
    pub fn refcount(&self, object: Address) -> Result<u64> {
        let refcount = self.refcount_in(&self.object_bytes(object, self.layout.object.size)?)?;
        if is_plausible_refcount(refcount) { Ok(refcount) } else { Err(Fault::implausible("object", object)) }
    }

    /// References to an object, from its first bytes. In free-threaded builds the sum of both counts.
    pub(super) fn refcount_in(&self, bytes: &[u8]) -> Result<u64> {
        let object = &self.layout.object;
        if object.ob_ref_local.is_present() {
            // The low two bits of the shared count are flags (FACTS of `Include/object.h`, 3.13+).
            let shared = object.ob_ref_shared.i64_in(bytes)? >> 2;
            return Ok(object.ob_ref_local.u64_in(bytes)?.saturating_add_signed(shared));
        }
        Ok(self.layout.object.refcount_word().u64_in(bytes)?)
    }

    /// Its qualified name (of the object: a function may have been renamed after it was compiled).
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn generator_qualname(&self, generator: &Generator) -> Result<String> {
        self.label(generator.qualname)
    }

    /// The event loop in which an async generator was begun: the hook that is to finalise it is a bound method of the loop.
    #[must_use]
    pub fn async_generator_loop(&self, generator: &Generator) -> Option<Address> {
        let layout = &self.layout.async_generator;
        if generator.kind != GeneratorKind::AsyncGenerator {
            return None;
        }
        let field = if layout.finalizer.is_present() { layout.finalizer } else { layout.origin_or_finalizer };
        let hook = self.pointer(generator.address, field).ok()?.non_null()?;
        if Some(self.type_of(hook).ok()?) != self.known.method {
            return None;
        }
        let [_, event_loop] = self.method_parts(hook).ok()?;
        Some(event_loop)
    }

    /// The function it was made from, where the frame still knows (3.11+).
    #[must_use]
    pub fn generator_function(&self, generator: &Generator) -> Option<Address> {
        let frame = generator.frame?;
        let layout = &self.layout.interpreter_frame;
        let field = if layout.f_funcobj.is_present() { layout.f_funcobj } else { layout.f_func };
        let word = self.memory.word(field.at(frame.address).ok()?).ok()?;
        let function = self.untagged(word)?;
        (Some(self.type_of(function).ok()?) == self.known.function).then_some(function)
    }

    /// The globals of its frame, if it has one.
    #[must_use]
    pub fn frame_globals(&self, frame: &Frame) -> Option<Address> {
        let field = match self.layout.frame_kind {
            FrameKind::Embedded => self.layout.interpreter_frame.f_globals,
            FrameKind::FrameObject38 | FrameKind::FrameObject310 => self.layout.frame_object.f_globals,
        };
        self.pointer(frame.address, field).ok()?.non_null()
    }

    /// What a suspended one waits for: what `cr_await`, `gi_yieldfrom`, `ag_await` would say.
    ///
    /// # Errors
    /// When its frame or code cannot be read.
    pub fn awaited_by(&self, generator: &Generator) -> Result<Option<Address>> {
        let Some(frame) = generator.frame.filter(|_| generator.state == GeneratorState::Suspended) else {
            return Ok(None);
        };
        let awaits = match generator.awaiting {
            Some(awaits) => awaits,
            None => self.stands_at_await(&frame)?,
        };
        if !awaits {
            return Ok(None);
        }
        // 3.15 keeps a further word above the awaited object.
        self.frame_stack_value(&frame, u64::from(self.layout.await_stack_depth))
    }

    /// Whether the instruction at which a frame was suspended is an `await` or `yield from` (up to 3.12, where the state does not say).
    fn stands_at_await(&self, frame: &Frame) -> Result<bool> {
        /// 3.8 – 3.10.
        const YIELD_FROM: u8 = 72;
        let code = self.code(frame.code)?;
        // f_lasti and prev_instr are at the last instruction that ran; what decides is the one behind it.
        let next = self.frame_offset(frame)? + 2;
        let Ok(next) = u64::try_from(next) else { return Ok(false) };
        if next + 2 > code.code_length {
            return Ok(false);
        }
        let mut unit = [0; 2];
        self.memory.read(code.code_start.offset(next), &mut unit)?;
        Ok(match self.layout.frame_kind {
            FrameKind::FrameObject38 | FrameKind::FrameObject310 => unit[0] == YIELD_FROM,
            // RESUME with 2 (after `yield from`) or 3 (after `await`).
            FrameKind::Embedded => unit[1] >= 2,
        })
    }

    /// `cr_origin`: where it was created, innermost first; `None` where nobody wrote it down.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn origin(&self, generator: &Generator) -> Result<Option<Vec<OriginFrame>>> {
        /// `sys.set_coroutine_origin_tracking_depth` takes any number; a report needs no more.
        const DEEPEST: u64 = 64;
        let Some(origin) = self.origin_tuple(generator)? else { return Ok(None) };
        let mut frames = Vec::new();
        for entry in self.tuple_start(origin, DEEPEST)? {
            let parts = self.tuple_start(entry, 4)?;
            let [file, line, function] = parts.as_slice() else { return Err(Fault::implausible("cr_origin", entry)) };
            frames.push(OriginFrame {
                file: self.label(*file)?,
                line: self.integer(*line)?.unwrap_or(0),
                function: self.label(*function)?,
            });
        }
        Ok(Some(frames))
    }

    /// Whether it carries a `cr_origin`, without reading what stands there.
    #[must_use]
    pub fn has_origin(&self, coroutine: &Generator) -> bool {
        self.origin_tuple(coroutine).is_ok_and(|origin| origin.is_some())
    }

    fn origin_tuple(&self, generator: &Generator) -> Result<Option<Address>> {
        if generator.kind != GeneratorKind::Coroutine {
            return Ok(None);
        }
        let layout = &self.layout.coroutine;
        let field = if layout.origin_or_finalizer.is_present() { layout.origin_or_finalizer } else { layout.origin };
        let Some(origin) = self.pointer(generator.address, field)?.non_null() else { return Ok(None) };
        Ok((Some(self.type_of(origin)?) == self.known.tuple).then_some(origin))
    }

    /// Bytes it occupies itself, with its frame and the collector's head.
    ///
    /// # Errors
    /// When its code cannot be read.
    pub fn generator_shallow_size(&self, generator: &Generator) -> Result<u64> {
        let code = self.code(generator.code)?;
        let fields = self.generator_fields(generator.kind);
        let head = u64::from(self.layout.header_before_gc_object);
        let values = (code.slots + code.stack_size) * 8;
        Ok(match fields.iframe.offset() {
            Some(frame) => head + frame + self.layout.interpreter_frame.localsplus.offset().unwrap_or(0) + values,
            None => {
                let object = head + u64::from(self.generator_size(generator.kind));
                let frame = self.layout.frame_object.f_localsplus.offset().unwrap_or(0);
                object + generator.frame.map_or(0, |_| head + frame + values)
            }
        })
    }

    /// The coroutine inside a `coroutine_wrapper` (somebody called `__await__`).
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn wrapped_coroutine(&self, wrapper: Address) -> Result<Address> {
        self.pointer(wrapper, self.layout.coroutine_wrapper.cw_coroutine)
    }
}

fn fields_of(layout: &Layout, kind: GeneratorKind) -> Fields {
    macro_rules! fields {
        ($group:ident) => {{
            let group = &layout.$group;
            Fields {
                frame: group.frame,
                running: group.running,
                code: group.code,
                qualname: group.qualname,
                frame_state: group.frame_state,
                iframe: group.iframe,
            }
        }};
    }
    match kind {
        GeneratorKind::Coroutine => fields!(coroutine),
        GeneratorKind::AsyncGenerator => fields!(async_generator),
        GeneratorKind::Generator => fields!(generator),
    }
}

/// Bytes of an object of this kind without its variables, and whether its frame – and so the variables – is inside of it.
pub(super) fn generator_kind_size(layout: &Layout, kind: GeneratorKind) -> (u64, bool) {
    let size = match kind {
        GeneratorKind::Coroutine => layout.coroutine.size,
        GeneratorKind::AsyncGenerator => layout.async_generator.size,
        GeneratorKind::Generator => layout.generator.size,
    };
    let embedded = fields_of(layout, kind).iframe.offset().zip(layout.interpreter_frame.localsplus.offset());
    embedded.map_or((u64::from(size), false), |(frame, head)| (frame + head, true))
}

/// What `frame_state` says: the state, and (3.13+) whether it is suspended in an await.
fn embedded_state(states: FrameStates, value: i64) -> Option<(GeneratorState, Option<bool>)> {
    let is = |state: i8| value == i64::from(state);
    let is_one_of = |state: Option<i8>| state.is_some_and(is);
    let state_tells = states.suspended_yield_from.is_some();
    Some(if is(states.created) {
        (GeneratorState::Created, Some(false))
    } else if is_one_of(states.suspended_yield_from) || is_one_of(states.suspended_yield_from_locked) {
        (GeneratorState::Suspended, Some(true))
    } else if is(states.suspended) {
        (GeneratorState::Suspended, if state_tells { Some(false) } else { None })
    } else if is(states.executing) {
        (GeneratorState::Running, None)
    } else if is(states.cleared) || is_one_of(states.completed) {
        (GeneratorState::Closed, None)
    } else {
        return None;
    })
}

/// A living generator has at least one reference; freed memory has none, or a free-list pointer in that place.
pub(super) fn is_plausible_refcount(refcount: u64) -> bool {
    (1..1 << 31).contains(&refcount)
}
