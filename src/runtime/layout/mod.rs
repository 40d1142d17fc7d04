//! CPython's memory layouts as data.
//!
//! There is one table per minor version ([`for_version`] picks it). Each starts from its predecessor and lists
//! only what changed. A reader never asks for a version: it takes fields from the [`Layout`] and matches on its
//! kinds of behaviour.

mod behaviour;
mod field;
mod groups;

pub use behaviour::{FrameKind, FrameStates, GcKind, GcLocation, LineTable, ManagedDict, PoolGeometry, TaskRegistry};
pub use field::{Field, FieldError};
pub use groups::*;

/// The layout of CPython 3.`minor`.`micro`, or `None` if we have no table for that minor version (or for a
/// free-threaded build of it).
#[must_use]
pub fn for_version(minor: u8, micro: u8, free_threaded: bool) -> Option<Layout> {
    let _ = (minor, micro, free_threaded);
    None
}
