//! From a wish (a pid) to a process that can be read, and held still for a bounded time.
//!
//! Nothing here knows Python. What it relies on is Linux: procfs (`proc(5)`), `ptrace(2)` with
//! `PTRACE_SEIZE`, and `process_vm_readv(2)`. One file writes into a target: [`mod@write`].
//!
//! - [`Target`] is a process that exists, runs, fits our architecture and lets us read it.
//! - [`maps`] says what lies where in its address space.
//! - [`pause`] holds all its threads still, and lets go on every way out.
//! - [`mod@write`] replaces a word of a target that stands still, if it is what the caller expects.
//! - [`permissions`] says why the kernel refuses, and what to paste.
//! - [`find`] lists processes; [`priority`] and [`signals`] concern ourselves.

mod clock;
mod code_files;
pub mod find;
pub mod maps;
pub mod pause;
pub mod permissions;
pub mod priority;
mod procfs;
pub mod signals;
mod target;
pub mod write;

pub use clock::{own_cpu_time, own_thread_cpu_time};
pub use target::Target;

use std::fmt;
use std::str::FromStr;

/// The number of a process, as the `/proc` that we see counts it. Always positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pid(i32);

/// The number of a thread. The first thread of a process has the process's number.
pub type Tid = Pid;

impl Pid {
    /// The process with this number, or `None` if it cannot be one: `kill(2)` and `waitpid(2)` give zero
    /// and negative numbers the meaning "many processes".
    #[must_use]
    pub const fn new(pid: i32) -> Option<Self> {
        if pid > 0 { Some(Self(pid)) } else { None }
    }

    /// Ourselves.
    #[must_use]
    pub fn own() -> Self {
        Self(nix::unistd::getpid().as_raw())
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> i32 {
        self.0
    }

    fn nix(self) -> nix::unistd::Pid {
        nix::unistd::Pid::from_raw(self.0)
    }
}

impl fmt::Display for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The words that were to be a pid, and are none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a pid: a positive number is needed")]
pub struct NotAPid(String);

impl FromStr for Pid {
    type Err = NotAPid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // `parse` takes a sign as well; "+42" is more likely a slip than a pid.
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits
            .then(|| text.parse().ok().and_then(Self::new))
            .flatten()
            .ok_or_else(|| NotAPid(text.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::Pid;

    #[test]
    fn a_pid_is_a_positive_number() {
        assert_eq!("4242".parse(), Ok(Pid(4242)));
        assert_eq!("2147483647".parse(), Ok(Pid(i32::MAX)));
        for wrong in ["", "0", "-1", "+7", "1.5", " 1", "2147483648", "99999999999999999999", "python", "٣"] {
            let error = wrong.parse::<Pid>().expect_err(wrong);
            assert!(error.to_string().starts_with(&format!("`{wrong}` is not a pid")), "{error}");
        }
    }
}
