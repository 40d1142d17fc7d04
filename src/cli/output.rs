//! Where a report goes: stdout, or a file that is written whole or not at all.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::fd::AsFd as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use tempfile::NamedTempFile;

use crate::error::{Error, ErrorKind, Result};

/// A place that takes a report. What was written to a file appears under its name by [`commit`](Sink::commit); a sink
/// that is dropped without it leaves no trace, and what was there before stays.
#[derive(Debug)]
pub(super) enum Sink {
    /// stdout.
    Stdout,
    /// A new file beside the one it will replace: only within one file system is a rename all or nothing.
    Replacing { file: NamedTempFile, path: PathBuf },
    /// A pipe or a device, which must not be replaced by a file.
    Through { file: File, path: PathBuf },
}

impl Sink {
    /// Writes to stdout.
    pub(super) fn stdout() -> Self {
        Self::Stdout
    }

    /// Writes to the file with this name; `-` is stdout. Fails at once if the file cannot be made, before any
    /// target is held still for a report that nobody would see.
    pub(super) fn open(name: &Path) -> Result<Self> {
        if name.as_os_str() == "-" {
            return Ok(Self::Stdout);
        }
        // A symbolic link stays one: the file it leads to is replaced.
        let path = fs::canonicalize(name).unwrap_or_else(|_| name.to_owned());
        match fs::metadata(&path) {
            Ok(there) if there.is_dir() => Err(failed(&path, "it is a directory")),
            Ok(there) if !there.is_file() => {
                let file = OpenOptions::new().write(true).open(&path).map_err(|error| failed(&path, error))?;
                Ok(Self::Through { file, path })
            }
            Ok(there) => Self::replacing(path, there.permissions()),
            // As `open` would make it; the umask still applies.
            Err(_) => Self::replacing(path, Permissions::from_mode(0o666)),
        }
    }

    fn replacing(path: PathBuf, permissions: Permissions) -> Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mode = permissions.mode();
        let file = (tempfile::Builder::new().prefix(".coroscope-").permissions(permissions).tempfile_in(folder))
            .map_err(|error| failed(&path, plain(&error)))?;
        // The umask must not take from a file the permissions it had before.
        if path.exists() {
            fs::set_permissions(file.path(), Permissions::from_mode(mode)).map_err(|error| failed(&path, error))?;
        }
        Ok(Self::Replacing { file, path })
    }

    /// Writes these bytes. That the reader went away is no failure.
    pub(super) fn write_all_of(&mut self, bytes: &[u8]) -> Result<()> {
        self.write_to_reader(bytes).map(drop)
    }

    /// Writes these bytes, and says whether somebody is still there to read more.
    pub(super) fn write_to_reader(&mut self, bytes: &[u8]) -> Result<bool> {
        let (written, name) = match self {
            Self::Stdout => {
                let mut stdout = io::stdout().lock();
                (stdout.write_all(bytes).and_then(|()| stdout.flush()), Path::new("stdout"))
            }
            Self::Replacing { file, path } => (file.write_all(bytes), path.as_path()),
            Self::Through { file, path } => (file.write_all(bytes), path.as_path()),
        };
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            written => written.map(|()| true).map_err(|error| failed(name, error)),
        }
    }

    /// Makes what was written appear under its name. Returns the file, if it is one.
    pub(super) fn commit(self) -> Result<Option<PathBuf>> {
        match self {
            Self::Stdout => Ok(None),
            Self::Through { path, .. } => Ok(Some(path)),
            Self::Replacing { file, path } => {
                file.as_file().sync_all().map_err(|error| failed(&path, error))?;
                file.persist(&path).map_err(|error| failed(&path, error.error))?;
                Ok(Some(path))
            }
        }
    }
}

/// Whether nobody reads our stdout any more: it is a pipe, and its other end is closed (`poll(2)`: `POLLERR`).
pub(super) fn stdout_is_closed() -> bool {
    let stdout = io::stdout();
    let mut polled = [PollFd::new(stdout.as_fd(), PollFlags::empty())];
    // What cannot be polled is noticed when it is written to.
    poll(&mut polled, PollTimeout::ZERO).is_ok()
        && polled[0].revents().is_some_and(|events| events.contains(PollFlags::POLLERR))
}

/// What the system said, without the name of the temporary file that `tempfile` adds to it.
fn plain(error: &io::Error) -> String {
    let words = error.to_string();
    words.split_once(" at path ").map_or(words.as_str(), |(words, _)| words).to_owned()
}

fn failed(path: &Path, cause: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Output, format!("cannot write to {}", path.display())).caused_by(cause)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::Sink;

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        fs::write(&path, "before").unwrap();

        let mut dropped = Sink::open(&path).unwrap();
        dropped.write_all_of(b"half").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        drop(dropped);
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");

        let mut sink = Sink::open(&path).unwrap();
        sink.write_all_of(b"whole").unwrap();
        sink.commit().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "whole");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_replaced_file_keeps_its_permissions_and_a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&path, "before").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o646)).unwrap();
        symlink(&path, &link).unwrap();
        let mut sink = Sink::open(&link).unwrap();
        sink.write_all_of(b"after").unwrap();
        sink.commit().unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "after");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o646);
    }

    #[test]
    fn a_device_is_not_replaced() {
        let mut sink = Sink::open("/dev/null".as_ref()).unwrap();
        sink.write_all_of(b"gone").unwrap();
        sink.commit().unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[test]
    fn a_missing_folder_is_told_without_our_temporary_name() {
        let folder = tempfile::tempdir().unwrap();
        let error = Sink::open(&folder.path().join("no/report.json")).unwrap_err();
        assert_eq!(error.cause(), Some("No such file or directory (os error 2)"));
    }

    #[test]
    fn a_directory_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Sink::open(folder.path()).unwrap_err().to_string().contains("directory"));
    }
}
