//! Which CPython a process runs, where it begins, and how its memory is to be read.
//!
//! [`locate`] finds the interpreter in a process. [`layout`] holds CPython's structures as data: one table per minor
//! version. [`interpreters()`] lists the interpreters and threads of a runtime.
//! [`opcodes`] holds what is to be known of bytecode.

mod asyncio_debug;
pub mod elf;
mod interpreters;
mod known_types;
pub mod layout;
mod locate;
mod native_ids;
pub mod opcodes;
mod py_spy_adapter;
mod version;

pub use interpreters::{Interpreter, ListError, Thread, current_frame, interpreters};
pub use known_types::KnownTypes;
pub use locate::locate;
pub use native_ids::native_ids;
pub use version::{FIRST_MINOR, LAST_MINOR, Level, Version};

use crate::memory::Address;
use layout::Layout;

/// The CPython of a process.
#[derive(Debug, Clone)]
pub struct Python {
    /// Its version.
    pub version: Version,
    /// Whether it is a build without the global interpreter lock.
    pub free_threaded: bool,
    /// Where its structures have their fields.
    pub layout: Layout,
    /// Address of `_PyRuntime`.
    pub runtime: Address,
    /// The interpreter's own types.
    pub types: KnownTypes,
    /// Where the target's own word about its layout differed from our table.
    pub notes: Vec<String>,
}
