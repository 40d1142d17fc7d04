//! Why an object could not be read.

use crate::memory::{Address, ReadError, ReadReason};
use crate::runtime::layout::FieldError;

/// Why an object could not be read. Costs that object, and is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Its memory could not be read.
    #[error("{0}")]
    Read(ReadError),
    /// This CPython has no such field.
    #[error("this CPython has no such field")]
    Field(FieldError),
    /// What was read cannot be what it should be.
    #[error("the {what} at {at} is not plausible")]
    Implausible {
        /// What should have been there.
        what: &'static str,
        /// Where.
        at: Address,
    },
}

impl Fault {
    /// What was read at `at` cannot be a `what`.
    #[must_use]
    pub const fn implausible(what: &'static str, at: Address) -> Self {
        Self::Implausible { what, at }
    }

    /// A stable word for the class of the fault, for counters.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Read(error) => error.reason.word(),
            Self::Field(_) => "no_such_field",
            Self::Implausible { .. } => "implausible",
        }
    }

    /// Whether a sealed picture lacked the bytes: another picture may have them.
    #[must_use]
    pub fn is_missing_from_picture(&self) -> bool {
        matches!(self, Self::Read(ReadError { reason: ReadReason::NotRecorded, .. }))
    }
}

impl From<ReadError> for Fault {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl From<FieldError> for Fault {
    fn from(error: FieldError) -> Self {
        Self::Field(error)
    }
}
