//! What the parts of a look take, counted: system calls, bytes, pages, allocations. Run it with `cargo bench --bench counts`.
//!
//! The numbers are exact. They depend on the source, on the versions of the dependencies and of the compiler (whose library decides when a vector
//! grows), and not on the machine, its load, or the day. So the outputs of two commits can be compared line by line with `diff`. `tests/counts.rs`
//! asserts those of them that are promises.
//!
//! The process is made up in memory of our own, and read by the calls that read any other. Each kind of its content is made ten times as much
//! in turn, which shows what grows with what. Instructions are not counted: that needs counters of the processor, which virtual machines often
//! do not have, or a simulator.

#[path = "../tests/counting/mod.rs"]
mod counting;
mod inputs;
#[path = "../tests/synth_heap/mod.rs"]
mod synth_heap;
#[path = "../tests/synthetic/mod.rs"]
mod synthetic;

use allocation_counter::measure;
use coroscope::analysis::calls::follow;
use coroscope::heap::candidates::Candidate;
use coroscope::render::write_json;
use coroscope::runtime::opcodes;
use counting::{Counts, MadeUp, Mix, Spread};
use std::io;
use synth_heap::Build;

const SMALL: Mix = Mix { leaks: 1_000, tasks: 100, others: 10_000, small_pools: 100, ..Mix::NOTHING };

/// The small process, and what is changed in the others.
const MIXES: [(&str, Mix); 6] = [
    ("1,000 leaks, 100 tasks, 10,000 others", SMALL),
    ("10 times the other objects", Mix { others: 10 * SMALL.others, ..SMALL }),
    ("10 times the pools of small blocks", Mix { small_pools: 10 * SMALL.small_pools, ..SMALL }),
    ("10 times the leaks", Mix { leaks: 10 * SMALL.leaks, ..SMALL }),
    ("each leak in a page of its own", Mix { spread: Spread::Scattered, ..SMALL }),
    ("10 times the tasks", Mix { tasks: 10 * SMALL.tasks, ..SMALL }),
];

fn main() {
    // What `cargo bench` says to a harness (`--bench`) changes nothing here.
    for (version, build) in [("3.8", Build::V38), ("3.13", Build::V313), ("3.14 free-threaded", Build::V314t)] {
        println!("CPython {version}");
        let processes = MIXES.map(|(what, mix)| (what, MadeUp::new(build, mix)));
        head("sweep for coroutines and tasks");
        let found: Vec<Vec<Candidate>> = processes
            .iter()
            .map(|(what, process)| {
                let (found, counts) = process.sweep();
                line(what, found.len(), counts);
                found
            })
            .collect();
        head("examination of what it found");
        for ((what, process), found) in processes.iter().zip(&found) {
            line(what, found.len(), process.examine(found).1);
        }
        head("in the pause: the leaks are read again");
        for ((what, process), found) in processes.iter().zip(&found) {
            let mut leaks = found.clone();
            leaks.retain(|found| process.leaks().binary_search(&found.address).is_ok());
            line(what, leaks.len(), process.read_again(&leaks));
        }
        if !build.is_free_threaded() {
            head("walk of the collector's lists");
            for (what, process) in &processes {
                let (_, objects, counts) = process.walk();
                line(what, usize::try_from(objects).unwrap_or(usize::MAX), counts);
            }
        }
        println!();
    }
    println!("Without a process");
    head("JSON: what writes it");
    for count in [1_000, 10_000] {
        line(&format!("{count} tasks, {count} leaks"), 2 * count, written(count));
    }
    head("bytecode that is followed");
    for (minor, statements) in [(8, 100), (8, 1_000), (13, 100), (13, 1_000)] {
        let calls = inputs::calls_of(statements);
        line(&format!("3.{minor}, {calls} calls of functions"), calls, followed(minor, statements));
    }
}

fn head(what: &str) {
    println!(
        "\n  {what:<48}{:>8}{:>8}{:>12}{:>8}{:>13}{:>8}{:>12}",
        "objects", "calls", "bytes", "pages", "allocations", "each", "peak bytes"
    );
}

/// `each` are the allocations for each of the objects that were found, examined or written. A dash stands for none, and for what is not counted.
fn line(what: &str, objects: usize, counts: Counts) {
    let number = |number: u64| if number == 0 { "-".to_owned() } else { number.to_string() };
    let Counts { calls, bytes, pages, allocations, peak } = counts;
    let [calls, bytes, pages, total, peak] = [calls, bytes, pages as u64, allocations, peak].map(number);
    let each = if allocations == 0 { total.clone() } else { format!("{:.2}", allocations as f64 / objects as f64) };
    println!("    {what:<46}{objects:>8}{calls:>8}{bytes:>12}{pages:>8}{total:>13}{each:>8}{peak:>12}");
}

/// Counts what is written, and forgets it.
#[derive(Default)]
struct Sink {
    calls: u64,
    bytes: u64,
}

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.calls += 1;
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn written(count: usize) -> Counts {
    let report = inputs::report(count);
    let mut sink = Sink::default();
    let allocated = measure(|| write_json(&report, &mut sink).expect("nothing is written to a disk"));
    Counts {
        calls: sink.calls,
        bytes: sink.bytes,
        pages: 0,
        allocations: allocated.count_total,
        peak: allocated.bytes_max,
    }
}

fn followed(minor: u8, statements: usize) -> Counts {
    let code = inputs::bytecode(minor, statements);
    let opcodes = opcodes::for_minor(minor).expect("the instructions of this version are known");
    let mut calls = 0;
    let allocated = measure(|| calls = follow(opcodes, &code, 2).map_or(0, |followed| followed.calls.len()));
    assert_eq!(calls, inputs::calls_of(statements), "3.{minor}");
    Counts {
        bytes: code.len() as u64,
        allocations: allocated.count_total,
        peak: allocated.bytes_max,
        ..Counts::default()
    }
}
