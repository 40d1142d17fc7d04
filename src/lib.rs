//! coroscope attaches to a running CPython process (3.8 – 3.15, Linux) and answers what nobody else
//! answers from outside: which coroutines were called and never awaited, and are sitting in memory.
//!
//! Each stage uses those to its left, never one to its right:
//!
//! ```text
//! process → memory → runtime → heap → asyncio → analysis → report → render
//! ```
//!
//! `docs/architecture.md` follows one `dump` through all of them, file by file.

pub mod analysis;
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
