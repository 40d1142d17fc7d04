//! CPython's memory layouts as data.
//!
//! There is one table per minor version, and [`for_version`] picks it. Each starts from its predecessor and lists
//! only what changed, with the reason. A reader never asks for a version: it takes fields from the [`Layout`] and
//! matches on its kinds of behaviour.
//!
//! From 3.13 on the target itself says where some of its fields are: [`overlay`] puts that over the table,
//! [`asyncio_debug`] does the same for asyncio from 3.14 on. [`validate`] then refuses a layout that contradicts
//! what the target shows.
//!
//! On aarch64 all objects and threads are laid out as on `x86_64`. In the interpreter state, fields behind the lock
//! move: warnings and the arrays of static types (3.12+), and the list of tasks. The tables know both.
//!
//! `docs/adding-a-cpython-version.md` says what a new version needs.

pub mod asyncio_debug;
pub mod overlay;
pub mod validate;

mod behaviour;
mod field;
mod groups;
mod words;

mod cp310;
mod cp311;
mod cp312;
mod cp313;
mod cp313t;
mod cp314;
mod cp314t;
mod cp315;
mod cp315t;
mod cp38;
mod cp39;

pub use behaviour::{FrameKind, FrameStates, GcKind, GcLocation, LineTable, ManagedDict, PoolGeometry, TaskRegistry};
pub use field::{Field, FieldError};
pub use groups::*;

/// The tables, oldest first: minor version, what changed from the line above, what the free-threaded build changes.
const TABLES: [(u8, Table, Option<Table>); 8] = [
    (8, cp38::TABLE, None),
    (9, cp39::TABLE, None),
    (10, cp310::TABLE, None),
    (11, cp311::TABLE, None),
    (12, cp312::TABLE, None),
    (13, cp313::TABLE, Some(cp313t::TABLE)),
    (14, cp314::TABLE, Some(cp314t::TABLE)),
    (15, cp315::TABLE, Some(cp315t::TABLE)),
];

/// What one version changes in the layout of its predecessor.
struct Table {
    /// The changes, as measured for one patch release.
    changes: fn(&mut Layout),
    /// What another patch release has elsewhere.
    for_micro: fn(&mut Layout, u8),
    /// What is elsewhere on aarch64.
    for_aarch64: fn(&mut Layout, u8),
}

/// The layout of CPython 3.`minor`.`micro`, or `None` if there is no table for that minor version, or none for a
/// free-threaded build of it. A patch release that was never measured gets the nearest table.
#[must_use]
pub fn for_version(minor: u8, micro: u8, free_threaded: bool) -> Option<Layout> {
    for_machine(minor, micro, free_threaded, cfg!(target_arch = "aarch64"))
}

/// Whether there is a table for CPython 3.`minor`.
fn has_table(minor: u8) -> bool {
    TABLES.iter().any(|(table_minor, ..)| *table_minor == minor)
}

fn for_machine(minor: u8, micro: u8, free_threaded: bool, aarch64: bool) -> Option<Layout> {
    let last = TABLES.iter().position(|(table_minor, ..)| *table_minor == minor)?;
    let (_, default_build, free_threaded_build) = &TABLES[last];
    let mut layout = Layout::EMPTY;
    for (_, table, _) in &TABLES[..=last] {
        (table.changes)(&mut layout);
    }
    let table = if free_threaded {
        let table = free_threaded_build.as_ref()?;
        (table.changes)(&mut layout);
        table
    } else {
        default_build
    };
    (table.for_micro)(&mut layout, micro);
    if aarch64 {
        (table.for_aarch64)(&mut layout, micro);
    }
    layout.minor = minor;
    layout.micro = micro;
    layout.free_threaded = free_threaded;
    Some(layout)
}

#[cfg(test)]
mod overlay_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod validate_tests;
