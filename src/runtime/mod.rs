//! Which CPython a process runs, and how its memory is to be read.
//!
//! [`layout`] holds CPython's structures as data: one table per minor version.

pub mod elf;
pub mod layout;
mod version;

pub use version::{Level, Version};
