//! Which CPython a process runs, and how its memory is to be read.
//!
//! [`layout`] holds CPython's structures as data: one table per minor version.

pub mod elf;
mod known_types;
pub mod layout;
mod version;

pub use known_types::KnownTypes;
pub use version::{Level, Version};
