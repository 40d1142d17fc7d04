//! The files that a target's code is from, as the target would find them.
//!
//! What a code object calls its file is a text of the target's choosing: an absolute path, one relative to the folder the program was started
//! in, or no path at all. Paths are followed inside of the target's root (`openat2(2)`, `RESOLVE_IN_ROOT`).
//!
//! Somebody with more rights than the target must not read on its behalf what it could not read itself: a line of such a file would get
//! into a report that is shown around.

use std::fs::{File, Metadata, read_dir, read_link};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::procfs::Status;
use super::target::Target;

impl Target {
    /// Opens the file that code of the target says it is from. A relative path begins in the folder that the target works in now.
    ///
    /// # Errors
    /// Those of `open(2)`; [`io::ErrorKind::InvalidInput`] for what is no regular file or no path, and
    /// [`io::ErrorKind::PermissionDenied`] for what the target itself may not read.
    pub fn open_code_file(&self, path: &Path) -> io::Result<File> {
        self.if_readable(self.open_in_root(&self.absolute(path)?)?)
    }

    /// The names in a folder that code of the target is from, in no order; `most` at most, and those that are UTF-8.
    ///
    /// # Errors
    /// As [`open_code_file`](Self::open_code_file).
    pub fn list_code_folder(&self, path: &Path, most: usize) -> io::Result<Vec<String>> {
        let folder = self.if_readable(self.open_folder_in_root(&self.absolute(path)?)?)?;
        // What is listed is what was opened, whatever its path leads to by now.
        let entries = read_dir(format!("/proc/self/fd/{}", folder.as_raw_fd()))?;
        let names = entries.take(most).filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        Ok(names.collect())
    }

    fn absolute(&self, path: &Path) -> io::Result<PathBuf> {
        if path.is_absolute() {
            return Ok(path.to_owned());
        }
        Ok(self.working_folder().ok_or(io::ErrorKind::NotFound)?.join(path))
    }

    fn if_readable(&self, file: File) -> io::Result<File> {
        let status = Status::read(self.pid())?;
        if may_read(&status, &file.metadata()?) { Ok(file) } else { Err(io::ErrorKind::PermissionDenied.into()) }
    }

    /// When it started, by the clock that files are stamped with. The kernel tells both parts of it in hundredths of a second: it is off by
    /// [`START_PRECISION`](Self::START_PRECISION) at most, unless that clock was set meanwhile.
    #[must_use]
    pub fn started_at(&self) -> Option<SystemTime> {
        SystemTime::now().checked_sub(Duration::try_from_secs_f64(self.uptime_s()?).ok()?)
    }

    /// By how much [`started_at`](Self::started_at) may be off.
    pub const START_PRECISION: Duration = Duration::from_millis(50);

    /// The folder it works in, as its root has it.
    fn working_folder(&self) -> Option<PathBuf> {
        let link = |name: &str| read_link(format!("/proc/{}/{name}", self.pid())).ok();
        // With `chroot` the folder is told as we see it, the root included.
        Some(Path::new("/").join(link("cwd")?.strip_prefix(link("root")?).ok()?))
    }
}

/// Whether a process may read a file, as far as owner, group and mode tell. Access control lists can only make that an answer "no" too many.
fn may_read(process: &Status, file: &Metadata) -> bool {
    // Real, effective, saved, and the one for files.
    let for_files = |name: &str| process.numbers(name).get(3).copied();
    let (Some(user), Some(group)) = (for_files("Uid"), for_files("Gid")) else { return false };
    let mode = file.mode();
    if user == 0 {
        true
    } else if user == file.uid() {
        mode & 0o400 != 0
    } else if group == file.gid() || process.numbers("Groups").contains(&file.gid()) {
        mode & 0o040 != 0
    } else {
        mode & 0o004 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Pid;
    use std::io::Read as _;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn files_of_code_are_found_as_the_target_would() {
        let own = Target::open(Pid::own()).expect("our own process");
        // Tests run in the folder of the package.
        let mut text = String::new();
        own.open_code_file(Path::new("src/../src/lib.rs")).expect("a relative path").read_to_string(&mut text).unwrap();
        assert_eq!(text, std::fs::read_to_string("src/lib.rs").unwrap());
        let absolute = std::env::current_dir().unwrap().join("src/lib.rs");
        assert!(own.open_code_file(&absolute).is_ok());
        for (path, kind) in [
            ("/dev/null", io::ErrorKind::InvalidInput),
            ("src", io::ErrorKind::InvalidInput),
            ("src/lib.rs/inside.py", io::ErrorKind::NotADirectory),
            ("<string>", io::ErrorKind::NotFound),
        ] {
            assert_eq!(own.open_code_file(Path::new(path)).map_err(|error| error.kind()).err(), Some(kind), "{path}");
        }
    }

    #[test]
    fn folders_of_code_are_listed_as_the_target_would() {
        let own = Target::open(Pid::own()).expect("our own process");
        let absolute = std::env::current_dir().unwrap().join("src/process");
        for folder in [Path::new("src/../src/process"), &absolute] {
            let names = own.list_code_folder(folder, 1000).expect("a folder");
            assert!(names.iter().any(|name| name == "code_files.rs"), "{names:?}");
        }
        assert_eq!(own.list_code_folder(&absolute, 2).map(|names| names.len()).ok(), Some(2));
        for path in ["src/lib.rs", "/dev/null", "nowhere"] {
            assert!(own.list_code_folder(Path::new(path), 9).is_err(), "{path}");
        }
    }

    #[test]
    fn what_the_target_may_not_read_is_not_read_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.py");
        std::fs::write(&path, "x").unwrap();
        let (user, group) = (std::fs::metadata(&path).unwrap().uid(), std::fs::metadata(&path).unwrap().gid());
        let (other_user, other_group) = (user + 1, group + 1);
        let process = |user: u32, group: u32, groups: &str| {
            Status::from(format!("Uid:\t9\t9\t9\t{user}\nGid:\t9\t9\t9\t{group}\nGroups:\t{groups} \n").as_str())
        };
        let in_groups = format!("7 {group}");
        let may = |mode: u32, status: &Status| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            may_read(status, &std::fs::metadata(&path).unwrap())
        };
        let stranger = process(other_user, other_group, "7 8");
        assert!(may(0o644, &stranger) && !may(0o640, &stranger) && !may(0o600, &stranger));
        for member in [process(other_user, group, ""), process(other_user, other_group, &in_groups)] {
            assert!(may(0o640, &member) && !may(0o604, &member) && !may(0o600, &member));
        }
        if user != 0 {
            let owner = process(user, other_group, "");
            assert!(may(0o600, &owner) && !may(0o044, &owner));
        }
        assert!(may(0o000, &process(0, 0, "")), "root may read everything");
        assert!(!may(0o644, &Status::from("Name:\tx\n")), "who it is, is not known");
    }

    #[test]
    fn it_started_when_it_started() {
        let own = Target::open(Pid::own()).expect("our own process");
        let started = own.started_at().expect("the kernel tells");
        let limit = SystemTime::now() + Target::START_PRECISION;
        assert!(started <= limit && started > limit - Duration::from_secs(24 * 3600));
    }
}
