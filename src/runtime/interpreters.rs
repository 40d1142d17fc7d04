//! The interpreters of a runtime and their threads.
//!
//! `interpreters.head` is the newest interpreter, `next` leads to the older ones, the main one is the last. Each
//! has its own list of threads; a subinterpreter may have none.

use super::Python;
use super::layout::{Field, FieldError};
use crate::memory::{Address, Memory, ReadError};
use rustc_hash::FxHashSet;

/// Interpreters beyond this are not believed.
const MOST_INTERPRETERS: usize = 4096;
/// Threads beyond this are not believed (the kernel's own limit is lower on most machines).
const MOST_THREADS: usize = 1 << 17;

/// `PyThreadState._status.active` (3.12+): set when the thread has taken the lock, cleared before it gives the lock back.
const ACTIVE: u64 = 1 << 4;

/// A CPython interpreter: the main one, or a subinterpreter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpreter {
    /// Where its state is.
    pub address: Address,
    /// Its id; the main one has 0.
    pub id: i64,
    /// `sys.modules`.
    pub modules: Address,
    /// Its threads, newest first.
    pub threads: Vec<Thread>,
}

/// A thread state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// Where the state is.
    pub address: Address,
    /// Number of the state itself: an interpreter gives each number once, while addresses and the ids below are used again.
    pub state_id: u64,
    /// `threading.get_ident()`: on Linux the address of the C library's thread structure.
    pub id: u64,
    /// Number of the system's thread (3.11+); 0 while the thread has not run yet.
    pub native_id: Option<u64>,
    /// The innermost frame, null when no Python code runs.
    pub frame: Address,
    /// The dict of per-thread data (`PyThreadState.dict`), null until somebody wants it.
    pub dict: Address,
    /// Whether it holds the global interpreter lock; `None` where there is none.
    pub holds_gil: Option<bool>,
    /// How many frames of a creation stack are recorded for each new coroutine.
    pub origin_tracking_depth: i32,
}

/// Why the list of interpreters or threads could not be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// Its memory could not be read.
    #[error("{0}")]
    Read(#[from] ReadError),
    /// This CPython has no such field.
    #[error("this CPython has no such field")]
    Field(FieldError),
    /// The list does not end where a list of its kind must.
    #[error("the list of {0} does not end")]
    Endless(&'static str),
    /// A thread claims to belong to another interpreter than the one that lists it.
    #[error("the thread state at {0} belongs to another interpreter")]
    Stranger(Address),
}

impl From<FieldError> for ListError {
    fn from(error: FieldError) -> Self {
        Self::Field(error)
    }
}

/// All interpreters, the newest first. While the target runs, threads come and go: an error means "look again".
///
/// # Errors
/// When a list cannot be followed to its end.
pub fn interpreters(python: &Python, memory: &dyn Memory) -> Result<Vec<Interpreter>, ListError> {
    let layout = &python.layout;
    let mut found = Vec::new();
    let mut seen = FxHashSet::default();
    let current = if layout.runtime.gilstate_tstate_current.is_present() {
        Some(pointer(memory, python.runtime, layout.runtime.gilstate_tstate_current)?)
    } else {
        None
    };
    let mut at = pointer(memory, python.runtime, layout.runtime.interpreters_head)?;
    while !at.is_null() {
        if found.len() >= MOST_INTERPRETERS || !seen.insert(at) {
            return Err(ListError::Endless("interpreters"));
        }
        found.push(Interpreter {
            address: at,
            id: number(memory, at, layout.interpreter.id)?.cast_signed(),
            modules: pointer(memory, at, layout.interpreter.modules)?,
            threads: threads(python, memory, at, current)?,
        });
        at = pointer(memory, at, layout.interpreter.next)?;
    }
    Ok(found)
}

/// The threads of an interpreter; `current` is the one that holds the lock, where the runtime knows (up to 3.11).
fn threads(
    python: &Python,
    memory: &dyn Memory,
    interpreter: Address,
    current: Option<Address>,
) -> Result<Vec<Thread>, ListError> {
    let layout = &python.layout;
    let fields = &layout.thread;
    let mut found = Vec::new();
    let mut seen = FxHashSet::default();
    let mut at = pointer(memory, interpreter, layout.interpreter.tstate_head)?;
    while !at.is_null() {
        if found.len() >= MOST_THREADS || !seen.insert(at) {
            return Err(ListError::Endless("threads"));
        }
        let bytes = memory.bytes(at, u64::from(fields.size), 1 << 16)?;
        if fields.interp.address_in(&bytes)? != interpreter {
            return Err(ListError::Stranger(at));
        }
        let frame = innermost_frame(python, memory, &bytes)?;
        found.push(Thread {
            address: at,
            state_id: fields.id.u64_in(&bytes)?,
            id: fields.thread_id.u64_in(&bytes)?,
            native_id: if fields.native_thread_id.is_present() {
                Some(fields.native_thread_id.u64_in(&bytes)?)
            } else {
                None
            },
            frame,
            dict: fields.dict.address_in(&bytes)?,
            holds_gil: match current {
                _ if python.free_threaded => None,
                Some(current) => Some(current == at),
                None if fields.status.is_present() => Some(fields.status.u64_in(&bytes)? & ACTIVE != 0),
                None => None,
            },
            origin_tracking_depth: i32::try_from(fields.coroutine_origin_tracking_depth.i64_in(&bytes)?).unwrap_or(0),
        });
        at = fields.next.address_in(&bytes)?;
    }
    Ok(found)
}

/// The innermost frame that a thread state points to; `bytes` are those of the state.
fn innermost_frame(python: &Python, memory: &dyn Memory, bytes: &[u8]) -> Result<Address, ListError> {
    let fields = &python.layout.thread;
    Ok(if fields.current_frame.is_present() {
        fields.current_frame.address_in(bytes)?
    } else if fields.frame.is_present() {
        fields.frame.address_in(bytes)?
    } else {
        // 3.11, 3.12: through a structure on the C stack.
        match fields.cframe.address_in(bytes)?.non_null() {
            Some(cframe) => pointer(memory, cframe, python.layout.cframe.current_frame)?,
            None => Address::NULL,
        }
    })
}

/// The innermost frame of a thread at this moment, null when no Python code runs in it.
///
/// # Errors
/// When its state cannot be read.
pub fn current_frame(python: &Python, memory: &dyn Memory, thread: Address) -> Result<Address, ListError> {
    innermost_frame(python, memory, &memory.bytes(thread, u64::from(python.layout.thread.size), 1 << 16)?)
}

fn pointer(memory: &dyn Memory, base: Address, field: Field) -> Result<Address, ListError> {
    Ok(memory.pointer(field.at(base)?)?)
}

fn number(memory: &dyn Memory, base: Address, field: Field) -> Result<u64, ListError> {
    Ok(memory.word(field.at(base)?)?)
}
