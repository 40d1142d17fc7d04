//! coroscope attaches to a running CPython process (3.8 – 3.15, Linux) and answers what nobody else
//! answers from outside: which coroutines were called and never awaited, and are sitting in memory.
//!
//! The program `coroscope` is a thin shell around this library. What it prints is a view of [`report::Report`]; a program of
//! yours gets the same from [`look::look`]:
//!
//! ```no_run
//! use coroscope::look::{Settings, look};
//! use coroscope::process::Pid;
//! use coroscope::report::{Mode, Verdict};
//! use std::time::Duration;
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let pid = Pid::new(4242).ok_or("a pid is positive")?;
//!     let settings = Settings {
//!         mode: Mode::Verify,
//!         settle: Duration::from_millis(500),
//!         timeout: Duration::from_secs(30),
//!         pause_budget: Duration::from_millis(2),
//!         max_memory: Settings::DEFAULT_MEMORY,
//!         locals: false,
//!         instances: 10,
//!         retainers: true,
//!         call_sites: true,
//!     };
//!     let report = look(pid, &settings)?;
//!     for finding in report.findings.iter().filter(|finding| finding.verdict == Verdict::Leaked) {
//!         println!("{} times {}: {}", finding.count, finding.qualname, finding.why);
//!     }
//!     // Nothing found proves something only if nothing was missed.
//!     assert!(report.look.complete);
//!     Ok(())
//! }
//! ```
//!
//! A failure is an [`error::Error`]: what failed, why, and a line to paste. A look holds the target for moments, writes nothing into
//! it, and lets it go on every way out.
//!
//! # Stages
//!
//! Each stage uses those to its left, never one to its right:
//!
//! ```text
//! process → memory → runtime → heap → asyncio → analysis → report → render
//! ```
//!
//! [`look`] conducts them, [`cli`] turns words into settings. `docs/architecture.md` follows one `dump` through all of them, file by file.
//!
//! The JSON is a contract (`docs/schema.md`). The Rust interface is not yet: before 1.0 it may change with any minor version.

pub mod analysis;
pub mod arm;
pub mod asyncio;
pub mod cli;
pub mod error;
pub mod heap;
pub mod look;
pub mod memory;
pub mod process;
pub mod render;
pub mod report;
pub mod runtime;
