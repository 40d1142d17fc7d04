//! What the live tests share: interpreters of this machine, target programs that tell the truth about
//! themselves, and checks that a look did not harm them.
//!
//! Every integration test compiles this for itself and none uses all of it.
#![allow(dead_code, unreachable_pub)]

pub mod beside;
pub mod dump;
pub mod health;
pub mod inside;
pub mod interpreters;
pub mod target;
pub mod truth;

use std::io::Write as _;

/// Says something even if the test passes: libtest captures what the print macros write, and not this.
pub fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
