//! The objects of a target, read with the library's own readers.

use coroscope::asyncio::Asyncio;
use coroscope::heap::Heap;
use coroscope::heap::references::References;
use coroscope::memory::LiveMemory;
use coroscope::process::{Pid, Target as Process};
use coroscope::runtime;

use super::target::Target;

/// Runs `check` with the heap of a target, and a reader of references.
///
/// # Panics
///
/// If the interpreter is not found.
pub fn with_references<T>(target: &Target, check: impl for<'a> FnOnce(&'a Heap<'a>, References<'a, 'a>) -> T) -> T {
    let pid = Pid::new(target.pid()).unwrap();
    let process = Process::open(pid).unwrap();
    let memory = LiveMemory::new(pid);
    let python = runtime::locate(&process, &memory).unwrap();
    let heap = Heap::new(&memory, &python.layout, &python.types);
    let modules = runtime::interpreters(&python, &memory).unwrap()[0].modules;
    check(&heap, References::new(&heap, &[Asyncio::find(&heap, modules).foreign_types()]))
}
