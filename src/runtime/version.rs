//! Which CPython it is.
//!
//! 3.13+ says so in the first words of `_PyRuntime`; 3.11+ exports `Py_Version`; before, the only trace
//! is the text buffer behind `Py_GetVersion()`, which the interpreter fills when it makes `sys.version`.

use std::fmt;

/// A version of CPython, as in `PY_VERSION_HEX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// 3.
    pub major: u8,
    /// 8 – 15.
    pub minor: u8,
    /// The patch release.
    pub micro: u8,
    /// What is released.
    pub level: Level,
    /// Number of the alpha, beta or candidate.
    pub serial: u8,
}

/// How finished a release is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Layouts may still change.
    Alpha,
    /// Layouts seldom change.
    Beta,
    /// Layouts do not change any more.
    Candidate,
    /// A release.
    Final,
}

/// The first minor version of CPython 3 we can read.
pub const FIRST_MINOR: u8 = 8;
/// The last one.
pub const LAST_MINOR: u8 = 15;

impl Version {
    /// From `PY_VERSION_HEX`: major, minor, micro, then 4 bits of level (0xA alpha … 0xF final) and 4 of serial.
    #[must_use]
    pub fn from_hex(hex: u64) -> Option<Self> {
        let [0, 0, 0, 0, major, minor, micro, release] = hex.to_be_bytes() else { return None };
        let level = match release >> 4 {
            0xa => Level::Alpha,
            0xb => Level::Beta,
            0xc => Level::Candidate,
            0xf => Level::Final,
            _ => return None,
        };
        (major == 2 || major == 3).then_some(Self { major, minor, micro, level, serial: release & 15 })
    }

    /// A final release with these numbers.
    #[must_use]
    pub fn from_parts(major: u64, minor: u64, micro: u64) -> Option<Self> {
        Some(Self {
            major: u8::try_from(major).ok().filter(|major| matches!(major, 2 | 3))?,
            minor: u8::try_from(minor).ok()?,
            micro: u8::try_from(micro).ok()?,
            level: Level::Final,
            serial: 0,
        })
    }

    /// From the text of `Py_GetVersion()`, such as `3.10.13 (main, Aug 24 2023, …`, anywhere in `bytes`.
    #[must_use]
    pub fn find_in(bytes: &[u8]) -> Option<Self> {
        // The build date in parentheses is what tells this text from other numbers.
        let mut rest = bytes;
        let mut passed = 0;
        while let Some(at) = rest.windows(2).position(|pair| pair == b" (") {
            let end = passed + at;
            let start = bytes
                .get(..end)?
                .iter()
                .rposition(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'.' || *byte == b'+'))
                .map_or(0, |before| before + 1);
            if let Some(version) = bytes.get(start..end).and_then(Self::parse) {
                return Some(version);
            }
            passed = end + 2;
            rest = bytes.get(passed..)?;
        }
        None
    }

    fn parse(word: &[u8]) -> Option<Self> {
        let word = std::str::from_utf8(word).ok()?.trim_end_matches('+');
        let mut parts = word.splitn(3, '.');
        let major = parts.next()?.parse().ok().filter(|major| matches!(major, 2 | 3))?;
        let minor = parts.next()?.parse().ok()?;
        let last = parts.next()?;
        let digits = last.find(|c: char| !c.is_ascii_digit()).unwrap_or(last.len());
        let micro = last.get(..digits)?.parse().ok()?;
        let (level, serial) = match last.get(digits..)? {
            "" => (Level::Final, 0),
            suffix => {
                let (level, serial) = [("rc", Level::Candidate), ("a", Level::Alpha), ("b", Level::Beta)]
                    .into_iter()
                    .find_map(|(word, level)| Some((level, suffix.strip_prefix(word)?)))?;
                (level, serial.parse().ok()?)
            }
        };
        Some(Self { major, minor, micro, level, serial })
    }

    /// Whether we have tables for it.
    #[must_use]
    pub fn is_supported(self) -> bool {
        self.major == 3 && (FIRST_MINOR..=LAST_MINOR).contains(&self.minor)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.micro)?;
        match self.level {
            Level::Alpha => write!(f, "a{}", self.serial),
            Level::Beta => write!(f, "b{}", self.serial),
            Level::Candidate => write!(f, "rc{}", self.serial),
            Level::Final => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_and_text_say_the_same() {
        for (hex, text) in
            [(0x030a_0df0, "3.10.13"), (0x030f_00a5, "3.15.0a5"), (0x030d_00c2, "3.13.0rc2"), (0x0207_12f0, "2.7.18")]
        {
            let version = Version::from_hex(hex).unwrap();
            assert_eq!(version.to_string(), text);
            let buffer = format!("\0\0junk (x) 1.2 {text}+ (main, Aug 24 2023, 12:59:26) [GCC]\0");
            assert_eq!(Version::find_in(buffer.as_bytes()), Some(version));
        }
    }

    #[test]
    fn nonsense_is_no_version() {
        for hex in [0, 0x030a_0d10, 0x0a0a_0df0, u64::MAX] {
            assert_eq!(Version::from_hex(hex), None, "{hex:#x}");
        }
        for text in
            ["", " (", "3.10 (main", "3.x.1 (main", "OpenSSL 3.0.11 [", "13.10.1 (main", "3.999.1 (", "3.1.2q7 ("]
        {
            assert_eq!(Version::find_in(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn support_ends_where_the_tables_end() {
        let supported = |hex| Version::from_hex(hex).unwrap().is_supported();
        assert!(supported(0x0308_00f0) && supported(0x030f_02f0));
        assert!(!supported(0x0307_10f0) && !supported(0x0310_00a1) && !supported(0x0207_12f0));
    }
}
