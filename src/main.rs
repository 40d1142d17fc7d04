//! `coroscope dump PID`: which coroutines a running Python process called and never awaited.
//!
//! All of it is in the library, so that tests and other programs can use it: see [`coroscope::cli`] for the command line, and
//! [`coroscope::look`] for a look from Rust.

use std::process::ExitCode;

fn main() -> ExitCode {
    coroscope::cli::main()
}
