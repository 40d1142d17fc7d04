//! The program: all of it is in the library, see `coroscope::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    coroscope::cli::main()
}
