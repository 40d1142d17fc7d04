//! The files of a target, as far as attribution asks for them.

use crate::process::Target;
use std::io::Read as _;
use std::path::Path;

/// Reads folders and small files by the paths that the target knows them by.
pub(in crate::look) trait Files {
    /// The names in a folder; none if it cannot be read.
    fn names(&self, folder: &Path) -> Vec<String>;

    /// The text of a file, unless it is longer than `most` bytes or cannot be read.
    fn text(&self, file: &Path, most: u64) -> Option<String>;
}

/// Names in one folder beyond this are passed over.
const MOST_NAMES: usize = 20_000;

impl Files for Target {
    fn names(&self, folder: &Path) -> Vec<String> {
        self.list_code_folder(folder, MOST_NAMES).unwrap_or_default()
    }

    fn text(&self, file: &Path, most: u64) -> Option<String> {
        let opened = self.open_code_file(file).ok()?;
        if opened.metadata().ok()?.len() > most {
            return None;
        }
        let mut bytes = Vec::new();
        opened.take(most).read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }
}
