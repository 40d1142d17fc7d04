//! Code objects: where a function is defined, what its variables are called, where its bytecode lies.

use super::lines::{Position, line_at, position_at};
use super::{Fault, Heap, ObjectBytes, Result};
use crate::memory::Address;
use crate::runtime::layout::LineTable;
use rustc_hash::FxHashMap;
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

/// Bytecode beyond this is not believed (16 MB; the largest function seen has 2 MB).
const MOST_CODE_BYTES: u64 = 16 << 20;
/// Variables of a function beyond this are not believed.
const MOST_SLOTS: u64 = 1 << 16;

/// Line tables beyond this are not believed.
const LARGEST_LINE_TABLE: usize = 16 << 20;

/// Longest name of a variable we take, in characters.
const LONGEST_NAME: usize = 256;

/// Bits of `co_flags`; they have not changed since they appeared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeFlags(u64);

impl CodeFlags {
    /// Its names are variables of its own (`CO_OPTIMIZED`): a function, not the body of a class or module.
    pub const OPTIMIZED: Self = Self(0x1);
    /// Has `*args`.
    pub const VARARGS: Self = Self(0x4);
    /// Has `**kwargs`.
    pub const VARKEYWORDS: Self = Self(0x8);
    /// `async def` without `yield`: the flag the interpreter itself asks before it warns.
    pub const COROUTINE: Self = Self(0x80);
    /// A generator that `types.coroutine` has made awaitable.
    pub const ITERABLE_COROUTINE: Self = Self(0x100);
    /// `async def` with `yield`.
    pub const ASYNC_GENERATOR: Self = Self(0x200);

    /// Whether all bits of `other` are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// The numbers of a code object, and what was read of its names and tables so far: none of it changes while it lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// Where it is.
    pub address: Address,
    /// `co_flags`.
    pub flags: CodeFlags,
    /// `co_firstlineno`: the line of `def`, or of the first decorator.
    pub first_line: i64,
    /// Positional and keyword-only parameters, without `*args` and `**kwargs`.
    pub parameters: u64,
    /// Slots for local variables, cells and free variables.
    pub slots: u64,
    /// Most values its stack can hold.
    pub stack_size: u64,
    /// Where the bytecode begins.
    pub code_start: Address,
    /// Bytes of bytecode.
    pub code_length: u64,
    name: Address,
    qualname: Option<Address>,
    file: Address,
    line_table: Address,
    names: Address,
    constants: Address,
    read: AlreadyRead,
}

/// What was read of a code object already. Two code objects are the same or not whatever was read of them.
#[derive(Debug, Clone, Default)]
struct AlreadyRead {
    qualname: OnceCell<Rc<str>>,
    file: OnceCell<Rc<str>>,
    line_table: OnceCell<Rc<[u8]>>,
    slots: OnceCell<Rc<[Slot]>>,
    names: OnceCell<Rc<[String]>>,
    /// By position and slot: see [`Heap::may_read_slot_again`].
    live: RefCell<FxHashMap<(i64, u32), bool>>,
}

impl PartialEq for AlreadyRead {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for AlreadyRead {}

/// What tells whether a code object is worth being read as a whole: most are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeHead {
    /// `co_flags`.
    pub flags: CodeFlags,
    /// The tuple of names that its instructions use (`co_names`).
    pub names: Address,
    /// The tuple of constants that its instructions use (`co_consts`).
    pub constants: Address,
    /// The name of the file it was compiled from (`co_filename`), which the code of one file shares.
    pub file: Address,
}

impl Code {
    /// The tuples that its instructions take names and constants from: `co_names`, `co_consts`.
    #[must_use]
    pub fn tables(&self) -> [Address; 2] {
        [self.names, self.constants]
    }

    /// Answers about variables at a position beyond this number are not kept.
    const MOST_LIVE: usize = 4096;

    /// What was found out before about a variable at a position.
    pub(super) fn known_live(&self, position: i64, slot: u32) -> Option<bool> {
        self.read.live.borrow().get(&(position, slot)).copied()
    }

    /// Keeps what was found out.
    pub(super) fn keep_live(&self, position: i64, slot: u32, may_read: bool) {
        let mut live = self.read.live.borrow_mut();
        if live.len() < Self::MOST_LIVE {
            live.insert((position, slot), may_read);
        }
    }
}

/// The value of `cell`, made now if it was not made before.
fn once<T: Clone>(cell: &OnceCell<T>, make: impl FnOnce() -> Result<T>) -> Result<T> {
    if let Some(known) = cell.get() {
        return Ok(known.clone());
    }
    let made = make()?;
    // Nobody else can have been faster.
    let _ = cell.set(made.clone());
    Ok(made)
}

/// What a slot of a frame is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotKind {
    /// A local variable or parameter.
    Local,
    /// A variable of this function that inner functions use: the slot holds a cell.
    Cell,
    /// A parameter that inner functions use: it may hold the value or, already, a cell.
    ParameterCell,
    /// A variable of an outer function: the slot holds a cell.
    Free,
}

/// A slot of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The variable's name.
    pub name: String,
    /// What the slot holds.
    pub kind: SlotKind,
}

/// A slot of a frame, with the `str` object of its variable's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotName {
    /// The name.
    pub name: Address,
    /// What the slot holds.
    pub kind: SlotKind,
}

impl Heap<'_> {
    /// The numbers of the code object at `address`.
    ///
    /// # Errors
    /// When it is none: its type is not `code`, or its numbers make no sense.
    pub fn code(&self, address: Address) -> Result<Rc<Code>> {
        if let Some(code) = self.codes.borrow().get(&address) {
            return Ok(Rc::clone(code));
        }
        let layout = &self.layout.code;
        let bytes = self.code_bytes(address)?;
        let (code_start, code_length) = if layout.co_code_adaptive.is_present() {
            let units = self.layout.var_object.ob_size.u64_in(&bytes)?;
            (layout.co_code_adaptive.at(address)?, units.saturating_mul(2))
        } else {
            let object = layout.co_code.address_in(&bytes)?;
            (self.layout.bytes.ob_sval.at(object)?, self.unsigned(object, self.layout.var_object.ob_size)?)
        };
        let slots = if layout.co_nlocalsplus.is_present() {
            layout.co_nlocalsplus.u64_in(&bytes)?
        } else {
            // Up to 3.10 cells and free variables follow the locals and are counted by their tuples of names.
            let mut slots = layout.co_nlocals.u64_in(&bytes)?;
            for names in [layout.co_cellvars, layout.co_freevars] {
                let names = names.address_in(&bytes)?;
                slots = slots.saturating_add(self.unsigned(names, self.layout.var_object.ob_size)?);
            }
            slots
        };
        let line_table = match self.layout.line_table {
            LineTable::Lnotab => layout.co_lnotab,
            LineTable::Ranges310 | LineTable::Locations311 => layout.co_linetable,
        };
        let code = Code {
            address,
            flags: CodeFlags(layout.co_flags.u64_in(&bytes)?),
            first_line: layout.co_firstlineno.i64_in(&bytes)?,
            parameters: layout.co_argcount.u64_in(&bytes)? + layout.co_kwonlyargcount.u64_in(&bytes)?,
            slots,
            stack_size: layout.co_stacksize.u64_in(&bytes)?,
            code_start,
            code_length,
            name: layout.co_name.address_in(&bytes)?,
            qualname: if layout.co_qualname.is_present() { Some(layout.co_qualname.address_in(&bytes)?) } else { None },
            file: layout.co_filename.address_in(&bytes)?,
            line_table: line_table.address_in(&bytes)?,
            names: layout.co_names.address_in(&bytes)?,
            constants: layout.co_consts.address_in(&bytes)?,
            read: AlreadyRead::default(),
        };
        if code.code_length > MOST_CODE_BYTES || code.slots > MOST_SLOTS || code.stack_size > MOST_SLOTS {
            return Err(Fault::implausible("code object", address));
        }
        let code = match self.kept {
            Some(kept) => kept.code(code),
            None => Rc::new(code),
        };
        self.codes.borrow_mut().insert(address, Rc::clone(&code));
        Ok(code)
    }

    /// The bytes of the code object at `address`.
    fn code_bytes(&self, address: Address) -> Result<ObjectBytes> {
        let bytes = self.object_bytes(address, self.layout.code.size)?;
        if Some(self.layout.object.ob_type.address_in(&bytes)?) != self.known.code {
            return Err(Fault::implausible("code object", address));
        }
        Ok(bytes)
    }

    /// The first that is to be known of the code object at `address`.
    ///
    /// # Errors
    /// When it is none: its type is not `code`, or its numbers make no sense.
    pub fn code_head(&self, address: Address) -> Result<CodeHead> {
        let layout = &self.layout.code;
        let bytes = self.code_bytes(address)?;
        if layout.co_stacksize.u64_in(&bytes)? > MOST_SLOTS {
            return Err(Fault::implausible("code object", address));
        }
        Ok(CodeHead {
            flags: CodeFlags(layout.co_flags.u64_in(&bytes)?),
            names: layout.co_names.address_in(&bytes)?,
            constants: layout.co_consts.address_in(&bytes)?,
            file: layout.co_filename.address_in(&bytes)?,
        })
    }

    /// The first items of a code object's names or constants, as many as are believed, in the place of what `items` has.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn code_table(&self, table: Address, items: &mut Vec<Address>) -> Result<()> {
        self.tuple_start_into(table, MOST_SLOTS, items)
    }

    /// The qualified name of the function it was compiled from; before 3.11 code knows only the bare name.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn code_qualname(&self, code: &Code) -> Result<String> {
        let name = once(&code.read.qualname, || Ok(self.label(code.qualname.unwrap_or(code.name))?.into()))?;
        Ok(name.as_ref().to_owned())
    }

    /// The bare name of the function it was compiled from.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn code_name(&self, code: &Code) -> Result<String> {
        self.label(code.name)
    }

    /// The file it was compiled from, as the compiler was told.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn code_file(&self, code: &Code) -> Result<String> {
        let file = once(&code.read.file, || Ok(self.label(code.file)?.into()))?;
        Ok(file.as_ref().to_owned())
    }

    /// The line of the instruction at byte `offset`; `None` when the compiler gave it none.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub fn code_line(&self, code: &Code, offset: i64) -> Result<Option<i64>> {
        let table = self.line_table(code)?;
        Ok(line_at(self.layout.line_table, &table, code.first_line, offset))
    }

    fn line_table(&self, code: &Code) -> Result<Rc<[u8]>> {
        once(&code.read.line_table, || Ok(self.byte_string(code.line_table, LARGEST_LINE_TABLE)?.into()))
    }

    /// The place of the instruction at byte `offset`, with columns where this version has them.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub fn code_position(&self, code: &Code, offset: i64) -> Result<Position> {
        let table = self.line_table(code)?;
        Ok(position_at(self.layout.line_table, &table, code.first_line, offset))
    }

    /// The bytecode as it lies in memory, specialised and instrumented.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn bytecode(&self, code: &Code) -> Result<Vec<u8>> {
        Ok(self.memory.bytes(code.code_start, code.code_length, 16 << 20)?)
    }

    /// The names that its instructions use for globals and attributes (`co_names`).
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn code_names(&self, code: &Code) -> Result<Rc<[String]>> {
        once(&code.read.names, || self.tuple_items(code.names)?.into_iter().map(|name| self.label(name)).collect())
    }

    /// The names and kinds of the slots, in the order of the frame.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn code_slots(&self, code: &Code) -> Result<Rc<[Slot]>> {
        once(&code.read.slots, || Ok(self.read_slots(code)?.into()))
    }

    fn read_slots(&self, code: &Code) -> Result<Vec<Slot>> {
        let names = self.code_slot_names(code)?;
        names.iter().map(|slot| Ok(Slot { name: self.variable_name(slot.name)?, kind: slot.kind })).collect()
    }

    /// The text of a variable's name.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn variable_name(&self, name: Address) -> Result<String> {
        self.text(name, LONGEST_NAME)
    }

    /// The same as [`code_slots`](Self::code_slots) with the names unread: they are interned, so that their addresses tell them apart.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn code_slot_names(&self, code: &Code) -> Result<Vec<SlotName>> {
        let layout = &self.layout.code;
        let named = |names: Address, kind| -> Result<Vec<SlotName>> {
            Ok(self.tuple_start(names, MOST_SLOTS)?.into_iter().map(|name| SlotName { name, kind }).collect())
        };
        if !layout.co_localsplusnames.is_present() {
            let mut slots = named(self.pointer(code.address, layout.co_varnames)?, SlotKind::Local)?;
            slots.extend(named(self.pointer(code.address, layout.co_cellvars)?, SlotKind::Cell)?);
            slots.extend(named(self.pointer(code.address, layout.co_freevars)?, SlotKind::Free)?);
            return Ok(slots);
        }
        // CO_FAST_LOCAL, CO_FAST_CELL, CO_FAST_FREE: unchanged since 3.11; further bits were added below them.
        const LOCAL: u8 = 0x20;
        const CELL: u8 = 0x40;
        const FREE: u8 = 0x80;
        let mut slots = named(self.pointer(code.address, layout.co_localsplusnames)?, SlotKind::Local)?;
        let kinds = self.byte_string(self.pointer(code.address, layout.co_localspluskinds)?, 1 << 16)?;
        for (slot, kind) in slots.iter_mut().zip(kinds) {
            slot.kind = match (kind & LOCAL != 0, kind & CELL != 0, kind & FREE != 0) {
                (_, _, true) => SlotKind::Free,
                (true, true, _) => SlotKind::ParameterCell,
                (false, true, _) => SlotKind::Cell,
                _ => SlotKind::Local,
            };
        }
        Ok(slots)
    }
}
