//! What is rendered and followed: made up, and the same each time.
#![allow(dead_code)] // each program uses another part of it

use crate::synthetic;
use coroscope::report::{HexAddress, Report};

/// A report of so many tasks, and as many leaks of one kind, each with all that can be known.
pub(crate) fn report(count: usize) -> Report {
    let mut report = synthetic::full();
    let task = report.tasks.remove(0);
    report.tasks = (0..count as u64)
        .map(|number| {
            let mut task = task.clone();
            task.address = HexAddress(0x7f3a_5c02_0000 + number * 0x100);
            task.name = Some(format!("Task-{number}"));
            task
        })
        .collect();
    let leaked = &mut report.findings[0];
    let instance = leaked.instances[0].clone();
    leaked.count = count as u64;
    leaked.instances_omitted = 0;
    leaked.instances = (0..count as u64)
        .map(|number| {
            let mut instance = instance.clone();
            instance.address = HexAddress(0x7f3a_6000_0000 + number * 0x100);
            instance
        })
        .collect();
    report
}

/// Calls in a [`bytecode`] of so many statements.
pub(crate) const fn calls_of(statements: usize) -> usize {
    2 * statements
}

/// The bytecode of a function of so many lines `f(); self.g(x)`, with the numbers that `dis` of CPython 3.8 or 3.13 shows.
pub(crate) fn bytecode(minor: u8, statements: usize) -> Vec<u8> {
    let (statement, end): (Vec<u8>, &[u8]) = match minor {
        // LOAD_GLOBAL 0, CALL_FUNCTION 0, POP_TOP; LOAD_FAST 0, LOAD_METHOD 1, LOAD_FAST 1, CALL_METHOD 1, POP_TOP
        8 => (vec![116, 0, 131, 0, 1, 0, 124, 0, 160, 1, 124, 1, 161, 1, 1, 0], &[100, 0, 83, 0]),
        // The same with LOAD_ATTR and CALL, and their caches.
        13 => {
            let parts = [
                &[91, 1][..],
                &[0; 8],
                &[53, 0],
                &[0; 6],
                &[32, 0, 85, 0, 82, 3],
                &[0; 18],
                &[85, 1, 53, 1],
                &[0; 6],
                &[32, 0],
            ];
            (parts.concat(), &[85, 0, 36, 0])
        }
        _ => panic!("no bytecode is written down for 3.{minor}"),
    };
    [statement.repeat(statements).as_slice(), end].concat()
}
