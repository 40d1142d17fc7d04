//! The calls in a function's bytecode: what is called, and what becomes of the result.
//!
//! The bytecode is followed once, from its beginning to its end, with a stack of notes in place of values: where a value came
//! from, and which calls' results it may be. Where two ways join, what they do not agree on is unknown; so is everything where
//! an exception is handled. "Unknown" is always an answer. Pure: bytecode and opcode table in, calls out.

use super::variables::{Slots, Stores};
use crate::runtime::opcodes::{Flow, Instruction, Opcodes, Step};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Code with more calls than this is not followed: nobody wrote it by hand.
const MOST_CALLS: usize = 1 << 16;
/// Values on the stack beyond this are not followed (`co_stacksize` is smaller in anything but generated tables).
const DEEPEST_STACK: usize = 1 << 12;
/// Most functions get along with a stack of so many values.
const USUAL_STACK: usize = 16;
/// Bytes of code for each call, as a rule.
const BYTES_OF_CALL: usize = 64;
/// Attributes of attributes beyond this are unknown.
const LONGEST_CHAIN: usize = 8;

/// Where a value came from. Names, constants and slots are numbers in the code object's tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// Not known.
    Unknown,
    /// The null beside a callable, or the `self` of a method about to be called.
    Filler,
    /// A constant.
    Constant(u32),
    /// A small int.
    Number(u32),
    /// A variable of this function, by its slot.
    Local(u32),
    /// A variable that functions share, by its slot.
    Cell(u32),
    /// A global or built-in name.
    Global(u32),
    /// An attribute of something, and its name.
    Attribute(Owner, u32),
    /// An attribute of `super()`.
    SuperAttribute(u32),
    /// A module imported here.
    Module {
        /// Its name.
        name: u32,
        /// How many packages up the name begins: a number, or a constant.
        level: Owner,
        /// The constant with the names wanted of it.
        names: Option<u32>,
    },
    /// A function made here, from the code in this constant.
    Function(u32),
    /// The result of a call, by its place in [`Followed::calls`].
    Result(u32),
}

/// A source that another one is made of, by its place in [`Followed::owners`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Owner(u32);

/// What becomes of the result of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fate {
    /// It is awaited on the spot.
    Awaited,
    /// It becomes a variable of the function, by slot.
    Local(u32),
    /// It becomes a variable that functions share, by slot.
    Cell(u32),
    /// It becomes a global variable, by name.
    Global(u32),
    /// It becomes an attribute, by name.
    Attribute(u32),
    /// It becomes an item: `jobs[3] = …`.
    Item,
    /// It goes into a list, tuple, set or dict that is made here, or a comprehension.
    Container,
    /// It is an argument of another call, by that call's place and the argument's.
    Argument(u32, u32),
    /// It is returned.
    Returned,
    /// It is yielded.
    Yielded,
    /// Something is done with it that keeps nothing, such as a comparison or an attribute of it.
    Used,
    /// It is thrown away.
    Discarded,
    /// It was lost sight of.
    Unknown,
}

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The byte of its instruction.
    pub offset: usize,
    /// What is called.
    pub callee: Source,
    /// Its arguments without `self`, by position and then by name; `None` when a `*` or `**` is among them.
    pub arguments: Option<Vec<Source>>,
    /// What became of the result, each once: on different ways it can be different things.
    pub fates: Vec<Fate>,
}

impl Call {
    /// What becomes of the result, in one word: whatever keeps it comes before what does not.
    #[must_use]
    pub fn fate(&self) -> Fate {
        self.fates.iter().min().copied().unwrap_or(Fate::Unknown)
    }

    /// Whether the result is thrown away on every way.
    #[must_use]
    pub fn is_discarded(&self) -> bool {
        self.fates == [Fate::Discarded]
    }
}

/// What following a function's bytecode showed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Followed {
    /// All calls, in order.
    pub calls: Vec<Call>,
    /// What each variable of the function is given.
    pub stores: Stores,
    /// What was read and then not called: stored, passed on, put into something, or lost sight of. Variables and globals are named once.
    pub uses: Vec<Source>,
    /// The variables that are read anywhere, by slot; cells are not among them.
    pub reads: Slots,
    /// What attributes are of: each once, and behind those that it is made of.
    pub owners: Vec<Source>,
}

impl Followed {
    /// What an attribute is of.
    #[must_use]
    pub fn owner(&self, owner: Owner) -> Source {
        self.owners.get(owner.0 as usize).copied().unwrap_or(Source::Unknown)
    }
}

/// Follows bytecode, specialised or in the form the compiler wrote it. `first_cell` is the slot of the first cell where cells are counted
/// by themselves (3.8–3.10), else 0. `None` when not every byte is understood.
#[must_use]
pub fn follow(opcodes: &Opcodes, code: &[u8], first_cell: u32) -> Option<Followed> {
    let mut run = Run {
        first_cell,
        // About what code of this length has.
        calls: Vec::with_capacity(code.len() / BYTES_OF_CALL),
        stores: Vec::with_capacity(code.len() / BYTES_OF_CALL),
        uses: Vec::with_capacity(code.len() / BYTES_OF_CALL),
        stack: Some(Vec::with_capacity(USUAL_STACK)),
        nearest: usize::MAX,
        ..Run::default()
    };
    opcodes.each_instruction(code, |instruction| {
        if instruction.start >= run.nearest || run.stack.is_none() {
            run.arrive(instruction.start);
        }
        run.step(opcodes, instruction);
        let is_too_deep = run.stack.as_ref().is_some_and(|stack| stack.len() > DEEPEST_STACK);
        (run.calls.len() <= MOST_CALLS && !is_too_deep).then_some(())
    })?;
    let stores = Stores::new(run.stores);
    let assigned = |slot: u32| stores.of(slot).any(|source| source != Source::Unknown);
    // A variable that is given nothing of interest is of none.
    let uses = run.uses.into_iter().filter(|used| !matches!(used, Source::Local(slot) if !assigned(*slot))).collect();
    Some(Followed { calls: run.calls, uses, reads: run.reads, owners: run.owners.all, stores })
}

/// A value on the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Value {
    source: Source,
    /// Calls whose result it may be.
    results: Results,
}

/// Calls by their place, in order and each once. Nearly every value is the result of one or none, and needs no memory for that.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Results {
    None,
    One(u32),
    Many(Rc<[u32]>),
}

impl Results {
    fn as_slice(&self) -> &[u32] {
        match self {
            Self::None => &[],
            Self::One(call) => std::slice::from_ref(call),
            Self::Many(calls) => calls,
        }
    }

    fn with(self, other: &Self) -> Self {
        if other == &Self::None || self == *other {
            return self;
        }
        let mut calls = [self.as_slice(), other.as_slice()].concat();
        calls.sort_unstable();
        calls.dedup();
        match calls[..] {
            [only] => Self::One(only),
            _ => Self::Many(calls.into()),
        }
    }
}

impl Value {
    fn of(source: Source) -> Self {
        Self { source, results: Results::None }
    }
}

/// What attributes are of.
#[derive(Default)]
struct Owners {
    all: Vec<Source>,
    /// Their places.
    known: FxHashMap<Source, Owner>,
    /// How many attributes they are of each other.
    lengths: Vec<usize>,
}

impl Owners {
    fn add(&mut self, source: Source) -> Owner {
        if let Some(known) = self.known.get(&source) {
            return *known;
        }
        let owner = Owner(u32::try_from(self.all.len()).unwrap_or(u32::MAX));
        self.lengths.push(self.length(source));
        self.all.push(source);
        self.known.insert(source, owner);
        owner
    }

    /// How many attributes of attributes it is.
    fn length(&self, source: Source) -> usize {
        match source {
            Source::Attribute(owner, _) => 1 + self.lengths.get(owner.0 as usize).copied().unwrap_or(0),
            _ => 0,
        }
    }
}

#[derive(Default)]
struct Run {
    first_cell: u32,
    calls: Vec<Call>,
    /// What variables are given, in the order of the code.
    stores: Vec<(u32, Source)>,
    uses: Vec<Source>,
    /// Variables, cells and globals in `uses`.
    used: [Slots; 3],
    reads: Slots,
    owners: Owners,
    /// What is known of the stack: its upper part. `None` where nothing arrives.
    stack: Option<Vec<Value>>,
    /// Stacks that jumps bring to places further on.
    arriving: BTreeMap<usize, Vec<Value>>,
    /// The first of these places.
    nearest: usize,
}

impl Run {
    /// Joins what goes on from the instruction before with what jumps here.
    fn arrive(&mut self, start: usize) {
        let mut arrived = None;
        // What was to arrive before lies inside of an instruction, and never does.
        while let Some(place) = self.arriving.first_entry().filter(|place| *place.key() <= start) {
            let (at, stack) = place.remove_entry();
            arrived = (at == start).then_some(stack);
        }
        self.nearest = self.arriving.first_key_value().map_or(usize::MAX, |(place, _)| *place);
        let here = match (self.stack.take(), arrived) {
            (Some(one), Some(other)) => self.joined(one, other),
            (one, other) => one.or(other).unwrap_or_default(),
        };
        self.stack = Some(here);
    }

    fn joined(&mut self, mut one: Vec<Value>, mut other: Vec<Value>) -> Vec<Value> {
        let depth = one.len().min(other.len());
        for stack in [&mut one, &mut other] {
            let deeper = stack.len() - depth;
            stack.drain(..deeper).for_each(|value| self.spend(&value, Fate::Unknown));
        }
        let join = |(one, other): (Value, Value)| {
            if one == other {
                return one;
            }
            let results = one.results.with(&other.results);
            if one.source == other.source {
                return Value { source: one.source, results };
            }
            [one.source, other.source].into_iter().for_each(|source| self.note_use(source));
            Value { source: Source::Unknown, results }
        };
        one.into_iter().zip(other).map(join).collect()
    }

    fn push(&mut self, source: Source) {
        self.push_value(Value::of(source));
    }

    fn push_value(&mut self, value: Value) {
        self.stack.get_or_insert_default().push(value);
    }

    fn push_unknown(&mut self, count: usize) {
        (0..count.min(DEEPEST_STACK)).for_each(|_| self.push(Source::Unknown));
    }

    /// The topmost value; below what is known of the stack there are unknown ones.
    fn pop(&mut self) -> Value {
        self.stack.as_mut().and_then(Vec::pop).unwrap_or(Value::of(Source::Unknown))
    }

    /// A value is gone, and this became of it.
    fn spend(&mut self, value: &Value, fate: Fate) {
        self.settle(&value.results, fate);
        if fate != Fate::Discarded {
            self.note_use(value.source);
        }
    }

    fn note_use(&mut self, source: Source) {
        let [locals, cells, globals] = &mut self.used;
        let is_new = match source {
            Source::Local(slot) => locals.insert(slot),
            Source::Cell(slot) => cells.insert(slot),
            Source::Global(name) => name >= Slots::MOST || globals.insert(name),
            _ => is_reference(source),
        };
        if is_new {
            self.uses.push(source);
        }
    }

    fn settle(&mut self, results: &Results, fate: Fate) {
        for result in results.as_slice() {
            if let Some(call) = self.calls.get_mut(*result as usize)
                && !call.fates.contains(&fate)
            {
                if call.fates.is_empty() {
                    // Nearly every call has one.
                    call.fates.reserve_exact(1);
                }
                call.fates.push(fate);
            }
        }
    }

    fn spend_topmost(&mut self, count: usize, fate: Fate) {
        for _ in 0..count.min(DEEPEST_STACK) {
            let value = self.pop();
            self.spend(&value, fate);
        }
    }

    fn lose_all(&mut self) {
        let mut stack = self.stack.take().unwrap_or_default();
        stack.drain(..).for_each(|value| self.spend(&value, Fate::Unknown));
        self.stack = Some(stack);
    }

    fn read_local(&mut self, slot: u32) {
        self.reads.insert(slot);
        self.push(Source::Local(slot));
    }

    fn store_local(&mut self, slot: u32) {
        let value = self.pop();
        self.settle(&value.results, Fate::Local(slot));
        self.stores.push((slot, value.source));
    }

    fn attribute(&mut self, name: u32, called: bool) {
        let owner = self.pop();
        self.settle(&owner.results, Fate::Used);
        let source = if self.owners.length(owner.source) < LONGEST_CHAIN { owner.source } else { Source::Unknown };
        let owner = self.owners.add(source);
        self.push(Source::Attribute(owner, name));
        if called {
            self.push(Source::Filler);
        }
    }

    /// Uses the topmost values up as the arguments of the next call.
    fn arguments(&mut self, count: usize) -> Vec<Source> {
        let count = count.min(DEEPEST_STACK);
        let stack = self.stack.as_deref().unwrap_or_default();
        let known = stack.get(stack.len().saturating_sub(count)..).unwrap_or_default();
        let mut arguments = Vec::with_capacity(count);
        arguments.resize(count - known.len(), Source::Unknown);
        arguments.extend(known.iter().map(|value| value.source));
        let number = self.next_call();
        for position in (0..u32::try_from(count).unwrap_or(u32::MAX)).rev() {
            let value = self.pop();
            self.spend(&value, Fate::Argument(number, position));
        }
        arguments
    }

    fn next_call(&self) -> u32 {
        u32::try_from(self.calls.len()).unwrap_or(u32::MAX)
    }

    /// Calls what lies in the topmost words; the arguments are gone already.
    fn call(&mut self, offset: usize, words: u8, arguments: Option<Vec<Source>>) {
        let upper = self.pop();
        let mut callee = upper;
        if words == 2 {
            let lower = self.pop();
            // The null lies below the callable up to 3.12 and above it from 3.13 on.
            callee = if lower.source == Source::Filler { callee } else { lower };
        }
        self.settle(&callee.results, Fate::Used);
        let number = self.next_call();
        self.calls.push(Call { offset, callee: callee.source, arguments, fates: Vec::new() });
        self.push_value(Value { source: Source::Result(number), results: Results::One(number) });
    }

    fn step(&mut self, opcodes: &Opcodes, instruction: &Instruction) {
        let argument = instruction.argument;
        let count = usize::try_from(argument).unwrap_or(usize::MAX);
        let [first, second] = [argument >> 4, argument & 15];
        let mut after_jump = 0;
        let step = instruction.step;
        // Where a jump takes other things along than what is left behind it.
        let differs = matches!(instruction.opcode.flow, Flow::Branch(_))
            && matches!(step, Step::KeepOrPop | Step::Loop { .. } | Step::Send { .. });
        let before_jump = if differs { self.stack.clone() } else { None };
        match step {
            Step::Lost => self.lose_all(),
            Step::Take { pops, pushes } => {
                self.spend_topmost(pops.into(), Fate::Used);
                self.push_unknown(pushes.into());
            }
            Step::TakeCounted { more, pushes } => {
                self.spend_topmost(count.saturating_add(more.into()), Fate::Used);
                self.push_unknown(pushes.into());
            }
            Step::Pop => self.spend_topmost(1, Fate::Discarded),
            Step::DropBelow(below) => {
                let value = self.pop();
                self.spend_topmost(below.into(), Fate::Container);
                self.push_value(value);
            }
            Step::Duplicate(values) => {
                let values: Vec<Value> = (0..values).map(|_| self.pop()).collect();
                for value in values.iter().rev().chain(values.iter().rev()) {
                    self.push_value(value.clone());
                }
            }
            Step::Copy => {
                let value = self.place(count).map_or(Value::of(Source::Unknown), |value| value.clone());
                self.push_value(value);
            }
            Step::Swap => {
                let top = self.pop();
                match self.place(count.saturating_sub(1)) {
                    Some(place) => {
                        let other = std::mem::replace(place, top);
                        self.push_value(other);
                    }
                    None => {
                        self.push_value(top);
                        self.lose_all();
                    }
                }
            }
            Step::Rotate(values) => self.rotate(values.into()),
            Step::RotateCounted => self.rotate(count),
            Step::Keep => {}
            Step::Intrinsic => {
                /// `INTRINSIC_ASYNC_GEN_WRAP`
                const ASYNC_GEN_WRAP: u32 = 4;
                if argument != ASYNC_GEN_WRAP {
                    self.spend_topmost(1, Fate::Used);
                    self.push_unknown(1);
                }
            }
            Step::Null => self.push(Source::Filler),
            Step::Number => self.push(Source::Number(argument)),
            Step::Constant => self.push(Source::Constant(argument)),
            Step::Local => self.read_local(argument),
            Step::TwoLocals => [first, second].into_iter().for_each(|slot| self.read_local(slot)),
            Step::StoreLocal => self.store_local(argument),
            Step::StoreThenLocal => {
                self.store_local(first);
                self.read_local(second);
            }
            Step::StoreTwoLocals => [first, second].into_iter().for_each(|slot| self.store_local(slot)),
            Step::Cell => self.push(Source::Cell(self.first_cell.saturating_add(argument))),
            Step::StoreCell => {
                let slot = self.first_cell.saturating_add(argument);
                let value = self.pop();
                self.settle(&value.results, Fate::Cell(slot));
                self.stores.push((slot, value.source));
            }
            Step::Name => self.push(Source::Global(argument)),
            Step::NullAndGlobal | Step::GlobalAndNull => {
                let (name, with_null) = (argument >> 1, argument & 1 == 1);
                if with_null && step == Step::NullAndGlobal {
                    self.push(Source::Filler);
                }
                self.push(Source::Global(name));
                if with_null && step == Step::GlobalAndNull {
                    self.push(Source::Filler);
                }
            }
            Step::StoreName => self.spend_topmost(1, Fate::Global(argument)),
            Step::Attribute => self.attribute(argument, false),
            Step::Method => self.attribute(argument, true),
            Step::AttributeOrMethod => self.attribute(argument >> 1, argument & 1 == 1),
            Step::SuperAttribute => {
                self.spend_topmost(3, Fate::Used);
                self.push(Source::SuperAttribute(argument >> 2));
                if argument & 1 == 1 {
                    self.push(Source::Filler);
                }
            }
            Step::StoreAttribute => {
                self.spend_topmost(1, Fate::Used);
                self.spend_topmost(1, Fate::Attribute(argument));
            }
            Step::StoreItem => {
                self.spend_topmost(2, Fate::Used);
                self.spend_topmost(1, Fate::Item);
            }
            Step::Import { flags } => {
                let constant = |value: Value| match value.source {
                    Source::Constant(number) => Some(number),
                    _ => None,
                };
                let names = constant(self.pop());
                let level = self.pop().source;
                let level = self.owners.add(level);
                self.push(Source::Module { name: argument >> flags, level, names });
            }
            Step::ImportFrom => {
                let module = self.pop();
                let owner = self.owners.add(module.source);
                self.push_value(module);
                self.push(Source::Attribute(owner, argument));
            }
            Step::MakeFunction { names } => {
                self.spend_topmost(names.into(), Fate::Used);
                let code = self.pop();
                self.spend_topmost((argument & 15).count_ones() as usize, Fate::Container);
                self.push(made(&code));
            }
            Step::MakeBareFunction => {
                let code = self.pop();
                self.push(made(&code));
            }
            Step::Collect { more } => {
                self.spend_topmost(more.into(), Fate::Used);
                self.spend_topmost(count, Fate::Container);
                self.push_unknown(1);
            }
            Step::CollectPairs => {
                self.spend_topmost(count.saturating_mul(2), Fate::Container);
                self.push_unknown(1);
            }
            Step::Append(values) => self.spend_topmost(values.into(), Fate::Container),
            Step::Slice => {
                self.spend_topmost(count, Fate::Used);
                self.push_unknown(1);
            }
            Step::Format => {
                /// `FVS_HAVE_SPEC`
                const HAS_FORMAT: u32 = 4;
                self.spend_topmost(if argument & HAS_FORMAT == 0 { 1 } else { 2 }, Fate::Used);
                self.push_unknown(1);
            }
            Step::Unpack => {
                self.spend_topmost(1, Fate::Used);
                self.push_unknown(count);
            }
            Step::UnpackWithRest => {
                self.spend_topmost(1, Fate::Used);
                self.push_unknown((count & 255).saturating_add(count >> 8).saturating_add(1));
            }
            Step::Call { words, names } => {
                if names {
                    self.spend_topmost(1, Fate::Used);
                }
                let arguments = self.arguments(count);
                self.call(instruction.offset, words, Some(arguments));
            }
            Step::Spread { words } => {
                self.spend_topmost(1 + (count & 1), Fate::Container);
                self.call(instruction.offset, words, None);
            }
            Step::SpreadAll => {
                self.spend_topmost(2, Fate::Container);
                self.call(instruction.offset, 2, None);
            }
            Step::Await => {
                self.spend_topmost(1, Fate::Awaited);
                self.push_unknown(1);
            }
            Step::Yield => {
                self.spend_topmost(1, Fate::Yielded);
                self.push_unknown(1);
            }
            Step::Return => self.spend_topmost(1, Fate::Returned),
            Step::Loop { after_jump: more } => {
                after_jump = more;
                self.push_unknown(1);
            }
            Step::Send { after_jump: more } => {
                after_jump = more;
                self.spend_topmost(1, Fate::Used);
                self.push_unknown(1);
            }
            Step::KeepOrPop => self.spend_topmost(1, Fate::Used),
        }
        self.go_on(opcodes, instruction, step, before_jump, after_jump);
    }

    /// Sends the stack to where the instruction may jump to.
    fn go_on(
        &mut self,
        opcodes: &Opcodes,
        instruction: &Instruction,
        step: Step,
        before: Option<Vec<Value>>,
        after_jump: i8,
    ) {
        let brings = match instruction.opcode.flow {
            Flow::Next | Flow::Prefix => return,
            Flow::EndFinally => return self.lose_all(),
            Flow::Stop => {
                self.stack = None;
                return;
            }
            // Where an exception is handled, nothing is known of the stack.
            Flow::Guard | Flow::CallFinally => Some(Vec::new()),
            Flow::Jump(_) => self.stack.take(),
            Flow::Branch(_) => match step {
                Step::KeepOrPop => before,
                Step::Loop { .. } | Step::Send { .. } => before.map(|mut stack| {
                    // What is sent is used up, and a result comes.
                    let sends = matches!(step, Step::Send { .. });
                    stack.truncate(stack.len().saturating_sub(usize::from(sends)));
                    let more = after_jump + i8::from(sends);
                    for _ in 0..more.max(0) {
                        stack.push(Value::of(Source::Unknown));
                    }
                    stack.truncate(stack.len().saturating_sub(usize::from(more.min(0).unsigned_abs())));
                    stack
                }),
                _ => self.stack.clone(),
            },
        };
        // Backwards lies the head of a loop, whose stack is the same by construction.
        let target = opcodes.target(instruction).filter(|target| *target >= instruction.end);
        let (Some(target), Some(brings)) = (target, brings) else { return };
        let joined = match self.arriving.remove(&target) {
            Some(other) => self.joined(brings, other),
            None => brings,
        };
        self.arriving.insert(target, joined);
        self.nearest = self.nearest.min(target);
    }

    /// The value that is `count` from the top, beginning with 1.
    fn place(&mut self, count: usize) -> Option<&mut Value> {
        let stack = self.stack.as_mut()?;
        let at = stack.len().checked_sub(count.max(1))?;
        stack.get_mut(at)
    }

    fn rotate(&mut self, count: usize) {
        let top = self.pop();
        let stack = self.stack.get_or_insert_default();
        match stack.len().checked_sub(count.saturating_sub(1)) {
            Some(at) => stack.insert(at, top),
            // It goes below what is known.
            None => self.spend(&top, Fate::Unknown),
        }
    }
}

/// Whether it could be a function that somebody named.
fn is_reference(source: Source) -> bool {
    match source {
        Source::Unknown
        | Source::Filler
        | Source::Constant(_)
        | Source::Number(_)
        | Source::Result(_)
        | Source::Module { .. } => false,
        Source::Local(_)
        | Source::Cell(_)
        | Source::Global(_)
        | Source::Attribute(..)
        | Source::SuperAttribute(_)
        | Source::Function(_) => true,
    }
}

fn made(code: &Value) -> Source {
    match code.source {
        Source::Constant(number) => Source::Function(number),
        _ => Source::Unknown,
    }
}

#[cfg(test)]
#[path = "calls_tests.rs"]
mod tests;
