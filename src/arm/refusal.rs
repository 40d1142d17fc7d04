//! Where origin tracking is not switched on, because it would do harm, or no good.

use super::Settings;
use super::ledger::Word;
use super::subject::Subject;
use crate::error::{Error, ErrorKind, Result};
use crate::memory::Address;
use crate::runtime::{Level, Version};
use rustc_hash::FxHashSet;

/// Free-threaded builds in which the collector can meet a coroutine that is half-built while its origin is computed
/// (CPython issue 140431, repaired in 3.14.1 and in 3.15.0a2).
fn crashes_while_tracking(version: Version, free_threaded: bool) -> bool {
    let early_315 = version.minor == 15 && version.level == Level::Alpha && version.serial <= 1;
    free_threaded && ((version.minor == 14 && version.micro == 0) || early_315)
}

/// Refuses a build that origin tracking can crash.
pub(super) fn check_build(subject: &Subject) -> Result<()> {
    if !crashes_while_tracking(subject.python.version, subject.python.free_threaded) {
        return Ok(());
    }
    Err(refused(subject)
        .caused_by(format!(
            "origin tracking can crash the garbage collector of free-threaded CPython {} (gh-140431)",
            subject.python.version
        ))
        .hint("upgrade the target to CPython 3.14.1 or newer"))
}

/// Refuses a process in which a loop runs in debug mode.
pub(super) fn check_debug_mode(subject: &Subject, debugging: &FxHashSet<Address>) -> Result<()> {
    if debugging.is_empty() {
        return Ok(());
    }
    let pid = subject.target.pid();
    Err(refused(subject)
        .caused_by(
            "an event loop runs in debug mode: it records where coroutines are created already, and would overwrite what we write",
        )
        .hint(format!("the places are in the report: `coroscope dump {pid}`")))
}

/// Refuses depths that are none, and those of somebody else.
pub(super) fn check_depths(subject: &Subject, words: &[Word], settings: &Settings) -> Result<()> {
    if let Some(word) = words.iter().find(|word| !word.is_plausible()) {
        let message = format!("the origin tracking depth of {} is not where we know it", subject.target.name());
        return Err(Error::new(ErrorKind::LayoutMismatch, message)
            .caused_by(format!("thread {} has {} there, and a depth is 0 to 1000", word.thread, word.depth)));
    }
    match words.iter().find(|word| word.depth != 0) {
        Some(word) if !settings.force => {
            let pid = subject.target.pid();
            Err(refused(subject)
                .caused_by(format!(
                    "thread {} has origin tracking on already, with depth {}: the program, a loop in debug mode, or an earlier \
                     `arm` that was killed",
                    word.thread, word.depth
                ))
                .hint(format!("to see what is recorded: `coroscope dump {pid}`"))
                .hint(format!("if an earlier `arm` left it: `coroscope disarm {pid}`"))
                .hint("to take it over, and give it back at the end: add `--force`"))
        }
        _ => Ok(()),
    }
}

fn refused(subject: &Subject) -> Error {
    Error::new(ErrorKind::Refused, format!("{} was not armed", subject.target.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_that_crash() {
        let version = |hex| Version::from_hex(hex).unwrap();
        for (hex, free_threaded, expected) in [
            (0x030e_00f0, true, true),
            (0x030e_00f0, false, false),
            (0x030e_01f0, true, false),
            (0x030e_00c2, true, true),
            (0x030d_00f0, true, false),
            (0x030f_00a1, true, true),
            (0x030f_00a2, true, false),
            (0x030f_00f0, true, false),
        ] {
            assert_eq!(crashes_while_tracking(version(hex), free_threaded), expected, "{hex:#x} {free_threaded}");
        }
    }
}
