//! What was seen of a coroutine that was called and never started, and of what surrounds it.

use crate::memory::Address;

/// A coroutine in state *created*, confirmed to be alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// Where it is.
    pub address: Address,
    /// Its code object: coroutines of one function share it.
    pub code: Address,
    /// `Py_REFCNT`.
    pub refcount: u64,
    /// What will, or may, start it.
    pub owner: Option<Owner>,
    /// References found that can never start it.
    pub dead_ends: Vec<DeadEnd>,
    /// Whether nothing reaches it: only circles of objects that nothing reaches hold it.
    pub unreachable: bool,
    /// What has it, if that is nothing but the remains of something.
    pub remains: Option<Remains>,
    /// How old it is known to be.
    pub age: Age,
}

/// Who owns a created coroutine: whoever is there to start it, or may be about to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Owner {
    /// A task that has not run yet drives it.
    Task,
    /// Somebody called `__await__`: it is inside of a `coroutine_wrapper`.
    Wrapper,
    /// It is the callback or an argument of something an event loop is about to call.
    Handle,
    /// It is held by a callback of a future that is not done.
    DoneCallback,
    /// It is on the stack of a frame, between its call and what is done with it.
    FrameStack {
        /// The function of that frame.
        function: String,
    },
    /// A variable of a frame holds it, by itself or in a container, and the frame may still use that variable.
    Variable {
        /// The variable's name.
        name: String,
        /// The function of that frame.
        function: String,
    },
    /// It is in a deque whose contents changed between two looks: somebody works through it.
    MovingQueue,
    /// It is an argument of another coroutine that was never started either.
    Unawaited {
        /// That other coroutine.
        outer: Address,
    },
    /// A context manager of `contextlib` goes on with it when it is left.
    ContextManager,
    /// A call of one of its methods, or of `anext()`, refers to it, and is not done.
    MethodCall,
    /// A call of one of its methods is under way.
    Iteration,
}

/// A reference to a coroutine that cannot start it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DeadEnd {
    /// A variable that its frame does not read again.
    UnusedVariable {
        /// The variable's name.
        name: String,
        /// The function of that frame.
        function: String,
    },
}

/// What is left of something that is over, and holds a coroutine that it can never await.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Remains {
    /// A frame whose call has ended; something, a traceback in most cases, keeps it.
    EndedFrame {
        /// The variable's name.
        name: String,
        /// The function of that frame.
        function: String,
    },
    /// A record of `logging` that has been written.
    LogRecord,
}

/// How old a coroutine is known to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Age {
    /// It could not be told.
    Unknown,
    /// The collector has not run since it was created.
    Young,
    /// It has survived a collection.
    Old,
}

/// What is known about all coroutines of one look together.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Settling {
    /// Seconds between the first and the second look; `None` without a second one.
    pub settled_s: Option<f64>,
    /// Whether the collector is switched off, so that nothing ever grows old.
    pub collector_disabled: bool,
}

/// What happened to the coroutines of one function between two looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Progress {
    /// How many were waiting at the first look, owned by nobody.
    pub before: u64,
    /// How many of those were started or had gone at the second.
    pub started: u64,
}
