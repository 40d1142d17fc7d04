//! Whose code something is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whose code something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BelongsTo {
    /// The program's own: it lies outside of the folders that installers fill, or was installed from a folder of sources.
    Own,
    /// It is not known.
    #[default]
    Unknown,
    /// Of an installed package.
    Installed,
    /// Of Python's standard library.
    StandardLibrary,
}

impl BelongsTo {
    /// The word in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Unknown => "unknown",
            Self::Installed => "installed",
            Self::StandardLibrary => "standard_library",
        }
    }

    /// Whether it is known to be somebody else's code.
    #[must_use]
    pub fn is_third_party(self) -> bool {
        matches!(self, Self::Installed | Self::StandardLibrary)
    }
}

/// The name of a distribution as installers compare it: without case, and runs of `-`, `_` and `.` are one `-` (PEP 503).
#[must_use]
pub fn normalized_distribution(name: &str) -> String {
    let mut normalized = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '-' | '_' | '.' if normalized.ends_with('-') => {}
            '-' | '_' | '.' => normalized.push('-'),
            other => normalized.extend(other.to_lowercase()),
        }
    }
    normalized
}

#[cfg(test)]
mod tests {
    use super::normalized_distribution;

    #[test]
    fn names_are_compared_as_installers_do() {
        for (name, normalized) in [
            ("Typing_Extensions", "typing-extensions"),
            ("zope.interface", "zope-interface"),
            ("ruamel.-_yaml", "ruamel-yaml"),
            ("PyYAML", "pyyaml"),
            ("", ""),
        ] {
            assert_eq!(normalized_distribution(name), normalized);
        }
    }
}
