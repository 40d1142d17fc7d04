//! Who holds an object: paths from a root of the heap to it.
//!
//! A root is held by no other object that matters: a module, a frame that runs, a task, an event loop. What is on no path from a root is
//! garbage, which lives until the collector comes by. References that do not count (weak ones) are no part of a path.

use crate::heap::references::Edge;
use crate::memory::Address;

/// Where a path begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Root {
    /// A module that `sys.modules` has.
    Module(Address),
    /// A frame on the stack of a thread. The first step's holder is the frame, which is no object from 3.11 on.
    Frame {
        /// The thread state.
        thread: Address,
    },
    /// A task that its loop will go on with.
    Task(Address),
    /// An event loop that runs.
    Loop(Address),
    /// A thread state: its context, the exception it handles, its thread-local values.
    Thread(Address),
    /// A class that the interpreter made, or that is reached from nowhere else.
    Class(Address),
    /// An interpreter: what it keeps for itself.
    Interpreter(Address),
    /// A word of memory that belongs to no object: a variable of C code, its stack, a structure of an extension.
    Memory(Address),
}

/// One step of a path: how an object holds the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Step {
    /// The object that holds (of [`Root::Frame`], the frame).
    pub holder: Address,
    /// How it holds the holder of the next step, or at the last step the object in question.
    pub edge: Edge,
}

/// One way on which an object is held, root first. Without steps, the root itself is the holder.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path {
    /// Where it begins.
    pub root: Root,
    /// From the root to the object.
    pub steps: Vec<Step>,
}
