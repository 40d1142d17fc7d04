//! CPython's opcodes as data: how long an instruction is, which variables it touches, where it goes on.
//!
//! There is one table per minor version; the numbers have not changed within one since its first release (the magic
//! number of `.pyc` files stands for that). From 3.11 on, code in memory holds *specialised* opcodes and cache units,
//! and from 3.12 on *instrumented* opcodes: the tables have all of them. `scripts/opcodes/generate.py` writes the
//! tables, `tests/opcodes.rs` compares them with what the interpreters say. They hold what is asked of them and no more.

mod decode;
mod steps;
mod words;

mod cp310;
mod cp311;
mod cp312;
mod cp313;
mod cp314;
mod cp315;
mod cp38;
mod cp39;

pub use decode::Instruction;
pub use steps::Step;

/// The opcodes of CPython 3.`minor`, or `None` if there is no table for it.
#[must_use]
pub fn for_minor(minor: u8) -> Option<&'static Opcodes> {
    Some(match minor {
        8 => &cp38::TABLE,
        9 => &cp39::TABLE,
        10 => &cp310::TABLE,
        11 => &cp311::TABLE,
        12 => &cp312::TABLE,
        13 => &cp313::TABLE,
        14 => &cp314::TABLE,
        15 => &cp315::TABLE,
        _ => return None,
    })
}

/// The opcodes of one minor version.
#[derive(Debug)]
pub struct Opcodes {
    /// What the argument of a jump counts.
    pub jump_scale: JumpScale,
    /// Where handlers of exceptions are written down.
    pub handlers: Handlers,
    /// Opcodes that stand in place of others for tracing tools (3.12+).
    pub events: Option<Events>,
    /// `RESUME`: where functions begin, and go on (3.11+).
    pub resume: Option<u8>,
    by_number: [Option<Opcode>; 256],
    /// Of variants: the number of the opcode that they do the work of.
    bases: [Option<u8>; 256],
    /// Both, and what it does to the stack, of each number: one question for each instruction of a whole program.
    decoded: [Option<Decoded>; 256],
}

/// An opcode in the form the compiler wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Decoded {
    number: u8,
    opcode: Opcode,
    step: Step,
}

/// Opcodes for tracing tools begin here or above (`MIN_INSTRUMENTED_OPCODE` is 237 in 3.12, 236 in 3.13, 234 in 3.14, 233 in 3.15);
/// specialised ones end below (218 in 3.15).
const FIRST_INSTRUMENTED: u8 = 230;

/// Opcodes that tell tracing tools of a line or an instruction; what stood there before lies in `_PyCoMonitoringData`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Events {
    /// `INSTRUMENTED_LINE`.
    pub line: u8,
    /// `INSTRUMENTED_INSTRUCTION`.
    pub instruction: u8,
}

/// What is to be known about an opcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opcode {
    /// Code units of two bytes behind the instruction that are no instructions.
    pub caches: u8,
    /// What it does to local variables.
    pub locals: Locals,
    /// Where it goes on.
    pub flow: Flow,
}

/// What the argument of a jump counts. Its instructions take two bytes in all versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JumpScale {
    /// Bytes (3.8, 3.9).
    Bytes,
    /// Code units of two bytes (3.10+).
    Units,
}

/// Where handlers of exceptions are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handlers {
    /// In instructions that enter a block (3.8–3.10): [`Flow::Guard`].
    Blocks,
    /// In `co_exceptiontable` (3.11+).
    Table,
}

/// What an instruction does to local variables. Cells and variables of outer functions are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Locals {
    /// Nothing.
    Untouched,
    /// Reads the slot that the argument numbers.
    Reads,
    /// Gives it another value, or none, without a look at the old one.
    Replaces,
    /// Reads two slots; each has four bits of the argument, the first the upper ones.
    ReadsTwo,
    /// Gives two slots other values.
    ReplacesTwo,
    /// Gives the first slot another value, then reads the second.
    ReplacesThenReads,
}

/// Where an instruction goes on, besides the handler of an exception that it may raise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// With the next one.
    Next,
    /// Nowhere: it returns or raises.
    Stop,
    /// Somewhere else.
    Jump(Direction),
    /// With the next one, or somewhere else.
    Branch(Direction),
    /// With the next one; from there on, and before the place further on that its argument tells, exceptions
    /// are handled at that place (3.8–3.10).
    Guard,
    /// With a `finally` clause further on, which returns behind this instruction (3.8).
    CallFinally,
    /// With the next one, or where the clause was called from (3.8).
    EndFinally,
    /// With the next one, whose argument it makes longer (`EXTENDED_ARG`).
    Prefix,
}

/// From where the argument of a jump counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the beginning of the code.
    Absolute,
    /// On from the end of the instruction, its caches included.
    Forward,
    /// Back from the end of the instruction, its caches included.
    Backward,
}

/// A line of a table: number, cache units, what it does to variables, where it goes on.
type Row = (u8, u8, Locals, Flow);

impl Opcodes {
    /// `plain` ones have no caches, touch no variable and go on with the next. `variants` are pairs: a specialised or
    /// instrumented opcode, and the one whose work it does. `does` says what the latter do to the stack.
    const fn new(
        jump_scale: JumpScale,
        handlers: Handlers,
        plain: &[u8],
        rows: &[Row],
        variants: &[u8],
        does: &[(u8, Step)],
    ) -> Self {
        let mut by_number = [None; 256];
        let mut at = 0;
        while at < plain.len() {
            by_number[plain[at] as usize] = Some(Opcode { caches: 0, locals: Locals::Untouched, flow: Flow::Next });
            at += 1;
        }
        at = 0;
        while at < rows.len() {
            let (number, caches, locals, flow) = rows[at];
            by_number[number as usize] = Some(Opcode { caches, locals, flow });
            at += 1;
        }
        let mut bases = [None; 256];
        at = 0;
        while at + 1 < variants.len() {
            bases[variants[at] as usize] = Some(variants[at + 1]);
            at += 2;
        }
        let mut steps = [None; 256];
        at = 0;
        while at < does.len() {
            steps[does[at].0 as usize] = Some(does[at].1);
            at += 1;
        }
        let mut decoded = [None; 256];
        at = 0;
        while at < decoded.len() {
            if by_number[at].is_some() {
                let base = match bases[at] {
                    Some(base) => base as usize,
                    None => at,
                };
                if let Some(opcode) = by_number[base] {
                    let step = match steps[base] {
                        Some(step) => step,
                        None => Step::Lost,
                    };
                    // There are no more than 256.
                    decoded[at] = Some(Decoded { number: base as u8, opcode, step });
                }
            }
            at += 1;
        }
        Self { jump_scale, handlers, events: None, resume: None, by_number, bases, decoded }
    }

    /// Says by which opcodes code tells of itself while it runs.
    const fn telling(self, events: Option<Events>, resume: Option<u8>) -> Self {
        Self { events, resume, ..self }
    }

    /// The opcode with this number. `None` for an unknown one, and for those that stand in place of another and do not tell
    /// of which: `INSTRUMENTED_LINE`, `INSTRUMENTED_INSTRUCTION` (3.12+, while somebody traces), `ENTER_EXECUTOR` (3.13+).
    #[must_use]
    pub fn get(&self, number: u8) -> Option<Opcode> {
        self.by_number[usize::from(number)]
    }

    /// The number of the opcode that the compiler wrote where `number` stands now: itself, unless that is a specialised or
    /// instrumented one. `None` for what [`get`](Self::get) does not know either.
    #[must_use]
    pub fn base(&self, number: u8) -> Option<u8> {
        self.get(number)?;
        Some(self.bases[usize::from(number)].unwrap_or(number))
    }

    /// Whether this is what the interpreter has made of another opcode when it ran it, and no tracing tool had a part in it.
    #[must_use]
    pub fn is_specialised(&self, number: u8) -> bool {
        // Opcodes for tracing tools have the highest numbers from 3.12 on.
        self.bases[usize::from(number)].is_some() && self.events.is_none_or(|_| number < FIRST_INSTRUMENTED)
    }
}
