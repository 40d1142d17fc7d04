//! The only place that names py-spy: where an interpreter begins when none of its symbols are left.
//!
//! py-spy also looks for the interpreter by searching the program's data for something that behaves like one. Its
//! answer is an interpreter state; from 3.9 on that points back to the runtime we start from.

use super::layout;
use super::version::Version;
use crate::memory::{Address, Memory};
use crate::process::Target;
use py_spy::{Config, PythonSpy};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What py-spy found.
pub(super) struct Found {
    pub(super) runtime: Address,
    pub(super) version: Version,
}

/// Asks py-spy, if the process has anything to do with Python at all: the search is too slow to try on everybody.
pub(super) fn find(target: &Target, memory: &dyn Memory) -> Option<Found> {
    let smells = target.comm().contains("py")
        || target.exe().to_string_lossy().contains("py")
        || target.maps().is_ok_and(|maps| {
            maps.images().iter().any(|image| image.path.to_string_lossy().to_lowercase().contains("python"))
        });
    if !smells {
        return None;
    }
    // Not a matter of trust but of bounds: it was written for processes that are Python.
    let spy = catch_unwind(AssertUnwindSafe(|| {
        let config = Config { blocking: py_spy::config::LockingStrategy::NonBlocking, ..Config::default() };
        PythonSpy::new(target.pid().get(), &config)
    }));
    let spy = spy.ok()?.ok()?;
    let version = Version::from_parts(spy.version.major, spy.version.minor, spy.version.patch)?;
    let table = layout::for_version(version.minor, version.micro, false)?;
    let interpreter = Address::new(spy.addresses.interpreter_address as u64);
    let runtime = memory.pointer(table.interpreter.runtime.at(interpreter).ok()?).ok()?.non_null()?;
    Some(Found { runtime, version })
}
