//! What instructions do to the interpreter's stack of values.
//!
//! Only as far as somebody who follows a value needs it: which values go, which come, and what becomes of those that go.
//! `scripts/opcodes/generate.py` compares the counts with `dis.stack_effect` of each interpreter.

/// What an instruction does to the stack. "The argument" is that of the instruction; the top of the stack is its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Not said: what lies on the stack afterwards is not known.
    Lost,
    /// Uses the topmost values up and puts new ones there.
    Take {
        /// How many go.
        pops: u8,
        /// How many come.
        pushes: u8,
    },
    /// As `Take`; as many more go as the argument says.
    TakeCounted {
        /// How many go besides.
        more: u8,
        /// How many come.
        pushes: u8,
    },
    /// Throws the topmost value away.
    Pop,
    /// Throws away what lies below the topmost value.
    DropBelow(u8),
    /// Puts copies of the topmost values there.
    Duplicate(u8),
    /// Puts a copy there of the value that the argument counts from the top, beginning with 1.
    Copy,
    /// Exchanges the topmost value with the one that the argument counts.
    Swap,
    /// Moves the topmost value below as many others, less one.
    Rotate(u8),
    /// As `Rotate`, by the argument.
    RotateCounted,
    /// Another form of the same value.
    Keep,
    /// As `Keep` for the argument 4 (the wrapper of what an async generator yields), else the value is used up and another one comes.
    Intrinsic,
    /// The null that stands beside a callable without `self`.
    Null,
    /// A constant, by its number.
    Constant,
    /// The argument itself, as an int (3.14+).
    Number,
    /// A local variable.
    Local,
    /// Two local variables, four bits of the argument each.
    TwoLocals,
    /// The topmost value becomes a local variable.
    StoreLocal,
    /// The topmost value becomes a local variable, then another one is read.
    StoreThenLocal,
    /// The two topmost values become local variables.
    StoreTwoLocals,
    /// What a cell holds: a variable that functions share. Up to 3.10 cells are counted behind the local variables.
    Cell,
    /// The topmost value goes into a cell.
    StoreCell,
    /// A global variable, or another name outside of the function.
    Name,
    /// A global variable by the argument without its lowest bit, which says that a null stands below (3.11, 3.12).
    NullAndGlobal,
    /// The same, with the null above (3.13+).
    GlobalAndNull,
    /// The topmost value gets a name outside of the function.
    StoreName,
    /// An attribute of the topmost value.
    Attribute,
    /// An attribute that will be called: the method and `self`, or null and what was found.
    Method,
    /// As `Method` if the lowest bit of the argument is set, which is no part of the name's number (3.12+).
    AttributeOrMethod,
    /// An attribute of `super()`, of which three parts lie on the stack; the two lowest bits of the argument are flags, the first of
    /// them as in `AttributeOrMethod`.
    SuperAttribute,
    /// The second value from the top becomes an attribute of the topmost one.
    StoreAttribute,
    /// The third value from the top becomes an item of the second.
    StoreItem,
    /// A module, from its level and the list of names on the stack.
    Import {
        /// How many of the lowest bits of the argument are no part of the name's number: they say whether it is lazy (3.15+).
        flags: u8,
    },
    /// A name of the module on the stack, which stays.
    ImportFrom,
    /// A function from its code (and up to 3.10 its name), and from as many further values as bits are set in the argument.
    MakeFunction {
        /// Values above the code.
        names: u8,
    },
    /// A function from its code alone (3.13+).
    MakeBareFunction,
    /// A container of as many values as the argument says, and `more` that are none of its items.
    Collect {
        /// Tuples of keys, which lie above the values.
        more: u8,
    },
    /// A dict of as many keys and values as the argument says.
    CollectPairs,
    /// The topmost values go into a container further down.
    Append(u8),
    /// A slice of two or three values.
    Slice,
    /// A text of a value and perhaps a format.
    Format,
    /// The items of a sequence.
    Unpack,
    /// The same, with a list of the rest.
    UnpackWithRest,
    /// Calls what lies below the arguments that the argument counts.
    Call {
        /// Words below the arguments: the callable, and from 3.11 on null or `self`.
        words: u8,
        /// Whether a tuple of names lies above the arguments.
        names: bool,
    },
    /// Calls what lies below a tuple of arguments, and a dict of more if the lowest bit of the argument is set.
    Spread {
        /// Words below the arguments.
        words: u8,
    },
    /// The same; the dict may be null, but is always there (3.14+).
    SpreadAll,
    /// The topmost value is awaited.
    Await,
    /// The topmost value is yielded, and another one comes back.
    Yield,
    /// The topmost value is returned.
    Return,
    /// The next item of an iterator, which stays; when there is none it jumps.
    Loop {
        /// How many values there are more, or less, when it jumps.
        after_jump: i8,
    },
    /// Sends the topmost value to the awaited one below it; jumps when that has finished.
    Send {
        /// As in `Loop`.
        after_jump: i8,
    },
    /// Jumps with the topmost value, or goes on without it.
    KeepOrPop,
}
