//! What can go wrong, told the way a person needs it: what failed — why — what to do.
//!
//! An [`Error`] has a kind, a message (with the pid and the program where there is one), at most one
//! cause (the system's own words, once) and hints (lines to paste). The kind alone gives the stable
//! word in JSON and the exit code: this is the only file that knows exit codes.

use std::fmt;

/// Result of everything that can keep us from looking.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Exit code of a look that succeeded, whatever it found.
pub const EXIT_OK: u8 = 0;

/// The class of a failure. Each has a stable word (for machines) and an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The words on the command line make no sense together.
    Usage,
    /// No process has this pid.
    NoSuchProcess,
    /// The process has ended and waits to be reaped: it has no memory any more.
    Zombie,
    /// A thread of the kernel: it has no memory of its own.
    KernelThread,
    /// The kernel refuses to let us read the process.
    Permission,
    /// The process runs, and no CPython is in it.
    NotPython,
    /// A Python we have no tables for (2.x, 3.7 and older, 3.16 and newer, other implementations).
    UnsupportedVersion,
    /// Another word size or byte order than ours.
    ForeignArchitecture,
    /// CPython is there, its runtime is not (yet, or no longer) initialised.
    NotInitialized,
    /// What we read contradicts the layout tables: refusing is better than guessing.
    LayoutMismatch,
    /// The process ended while we looked at it.
    ProcessGone,
    /// The process is there and its memory could not be read.
    Unreadable,
    /// A bounded wait ran out.
    Timeout,
    /// SIGINT or SIGTERM told us to stop; holds the number of the signal.
    Interrupted(i32),
    /// It could be done, and would do harm or no good.
    Refused,
    /// No object is at this address (any more), or nothing that was found has this name.
    NoSuchObject,
    /// The report could not be written.
    Output,
    /// A mistake of ours.
    Internal,
}

impl ErrorKind {
    /// The word that stands in `error.kind` of JSON output. Never changes its meaning.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::NoSuchProcess => "no_such_process",
            Self::Zombie => "zombie",
            Self::KernelThread => "kernel_thread",
            Self::Permission => "permission",
            Self::NotPython => "not_python",
            Self::UnsupportedVersion => "unsupported_version",
            Self::ForeignArchitecture => "foreign_architecture",
            Self::NotInitialized => "not_initialized",
            Self::LayoutMismatch => "layout_mismatch",
            Self::ProcessGone => "process_gone",
            Self::Unreadable => "unreadable",
            Self::Timeout => "timeout",
            Self::Interrupted(_) => "interrupted",
            Self::Refused => "refused",
            Self::NoSuchObject => "no_such_object",
            Self::Output => "output",
            Self::Internal => "internal",
        }
    }

    /// The exit code of the program that ends with this: 2 "could not look", 128 + signal when interrupted.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Interrupted(signal) => 128u8.saturating_add(u8::try_from(signal).unwrap_or(2)),
            _ => 2,
        }
    }
}

/// A failure, told to a person.
#[derive(Debug, Clone)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    cause: Option<String>,
    hints: Vec<String>,
}

impl Error {
    /// A failure of this kind; `message` says what failed, without a full stop.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), cause: None, hints: Vec::new() }
    }

    /// Adds why: the reason below this failure, in its own words.
    #[must_use]
    pub fn caused_by(mut self, cause: impl fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// Adds what to do: one sentence, with the line to paste in backticks.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The class of the failure.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What failed.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Why, if there is more to say than [`message`](Self::message).
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// What to do about it.
    #[must_use]
    pub fn hints(&self) -> &[String] {
        &self.hints
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(cause) = &self.cause {
            write!(f, ": {cause}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
