//! Names of files that are made of the pid and the time.

use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::time::SystemTime;

use crate::error::{Error, ErrorKind, Result};
use crate::process::Pid;

/// A file name with places for the pid and the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileName {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(Vec<u8>),
    Pid,
    Time,
}

impl FileName {
    pub(super) fn parse(name: &OsStr) -> Result<Self> {
        let mut parts = Vec::new();
        let mut literal = Vec::new();
        let mut bytes = name.as_bytes().iter();
        while let Some(&byte) = bytes.next() {
            if byte != b'%' {
                literal.push(byte);
                continue;
            }
            let part = match bytes.next() {
                Some(b'%') => {
                    literal.push(b'%');
                    continue;
                }
                Some(b'p') => Part::Pid,
                Some(b't') => Part::Time,
                _ => {
                    let message = format!("`{}` has a % that means nothing", name.display());
                    return Err(Error::new(ErrorKind::Usage, message)
                        .hint("%p is the pid, %t is the time, %% is a % in the name"));
                }
            };
            parts.push(Part::Literal(std::mem::take(&mut literal)));
            parts.push(part);
        }
        parts.push(Part::Literal(literal));
        Ok(Self { parts })
    }

    pub(super) fn has_pid(&self) -> bool {
        self.parts.contains(&Part::Pid)
    }

    pub(super) fn for_report(&self, pid: Pid, moment: SystemTime) -> PathBuf {
        self.filled(&pid.to_string(), moment)
    }

    pub(super) fn for_moment(&self, moment: SystemTime) -> PathBuf {
        self.filled("", moment)
    }

    fn filled(&self, pid: &str, moment: SystemTime) -> PathBuf {
        let mut bytes = Vec::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => bytes.extend_from_slice(literal),
                Part::Pid => bytes.extend_from_slice(pid.as_bytes()),
                Part::Time => bytes.extend_from_slice(compact(moment).as_bytes()),
            }
        }
        PathBuf::from(std::ffi::OsString::from_vec(bytes))
    }
}

/// `20260131T235959Z`: sorts by time, and has no colon, which some file systems refuse.
fn compact(moment: SystemTime) -> String {
    let text = humantime::format_rfc3339_seconds(moment).to_string();
    text.chars().filter(|c| !matches!(c, '-' | ':')).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::{Duration, SystemTime};

    use super::FileName;
    use crate::process::Pid;

    #[test]
    fn places_in_file_names() {
        let moment = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let pid = Pid::new(42).unwrap();
        let name = FileName::parse("a-%p-%t-100%%.json".as_ref()).unwrap();
        assert!(name.has_pid());
        assert_eq!(name.for_report(pid, moment), Path::new("a-42-20231114T221320Z-100%.json"));
        assert!(!FileName::parse("%%p".as_ref()).unwrap().has_pid());
        for name in ["%", "a%x", "%%%"] {
            assert!(FileName::parse(name.as_ref()).is_err(), "{name}");
        }
    }
}
