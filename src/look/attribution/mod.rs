//! Whose code a file is: the program's own, of an installed package – which one, in which version – or of the standard library.
//!
//! The standard library is the folder that `os` lies in. Installers fill folders named `site-packages` (Debian: `dist-packages`), or any folder of
//! `sys.path` (`pip install --target`); beside the code lies a folder `NAME-VERSION.dist-info`, and its `RECORD` lists the files (PEP 376, PEP 627):
//! see [`site`]. What is installed in place (editable) lies where its sources are, and is the program's own like everything else outside of these
//! folders. Files are read through the target's own root.

mod files;
mod record;
mod site;

#[cfg(test)]
mod tests;

use crate::heap::Heap;
use crate::memory::Address;
use crate::report::BelongsTo;
pub(super) use files::Files;
use rustc_hash::FxHashMap;
use site::Site;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Entries of `sys.path` beyond this are passed over.
const MOST_ENTRIES: usize = 1000;
/// Files beyond this number are not remembered.
const MOST_FILES: usize = 1 << 20;

/// Whose code a file is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Attribution {
    pub(super) belongs_to: BelongsTo,
    /// The package that it was installed with.
    pub(super) distribution: Option<Distribution>,
}

/// An installed package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Distribution {
    pub(super) name: String,
    pub(super) version: Option<String>,
}

/// Where a program has its modules from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Folders {
    /// That of the standard library.
    pub(super) standard_library: Option<String>,
    /// The absolute entries of `sys.path`.
    pub(super) search_path: Vec<PathBuf>,
}

impl Folders {
    /// As the modules `os` and `sys` say, that these dicts of modules (`sys.modules`) have.
    pub(super) fn read(heap: &Heap<'_>, sys_modules: &[Address]) -> Self {
        let search_path = sys_modules.iter().filter_map(|modules| {
            let globals = heap.imported_globals(*modules, "sys")?;
            let entries = heap.dict_value(globals, "path").ok()??;
            (heap.type_of(entries).ok() == heap.known().list).then(|| heap.list_items(entries).ok())?
        });
        let entries = search_path.flatten().take(MOST_ENTRIES).filter_map(|entry| heap.label(entry).ok());
        let mut search_path: Vec<PathBuf> = entries.map(PathBuf::from).filter(|entry| entry.is_absolute()).collect();
        search_path.sort_unstable();
        search_path.dedup();
        Self { standard_library: standard_library(heap, sys_modules), search_path }
    }
}

/// The folder of the standard library: that which `os` lies in.
pub(super) fn standard_library(heap: &Heap<'_>, sys_modules: &[Address]) -> Option<String> {
    let globals = sys_modules.iter().find_map(|modules| heap.imported_globals(*modules, "os"))?;
    let file = heap.label(heap.dict_value(globals, "__file__").ok()??).ok()?;
    Some(file.rsplit_once('/')?.0.to_owned())
}

/// Whose code a file is, as far as its name tells.
pub(super) fn by_name(standard_library: Option<&str>, file: &str) -> BelongsTo {
    let below = |folder: &str| file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    if Path::new(file).parent().is_some_and(|folder| folder.iter().any(|part| part.to_str().is_some_and(is_site))) {
        BelongsTo::Installed
    } else if file.starts_with("<frozen ") || standard_library.is_some_and(below) {
        BelongsTo::StandardLibrary
    } else if file.is_empty() {
        BelongsTo::Unknown
    } else {
        BelongsTo::Own
    }
}

/// Whether this is the name of a folder that installers fill.
fn is_site(name: &str) -> bool {
    matches!(name, "site-packages" | "dist-packages")
}

/// Answers for many files of one target.
#[derive(Debug, Default)]
pub(super) struct Attributor {
    folders: Folders,
    known: FxHashMap<String, Rc<Attribution>>,
    sites: FxHashMap<PathBuf, Site>,
}

impl Attributor {
    pub(super) fn new(folders: Folders) -> Self {
        Self { folders, ..Self::default() }
    }

    /// Whose code a file is; without `files` (nobody is there to read them from) only its name tells.
    pub(super) fn of(&mut self, files: Option<&dyn Files>, file: &str) -> Rc<Attribution> {
        if let Some(known) = self.known.get(file) {
            return Rc::clone(known);
        }
        let found = Rc::new(self.find(files, file));
        if self.known.len() < MOST_FILES {
            self.known.insert(file.to_owned(), Rc::clone(&found));
        }
        found
    }

    fn find(&mut self, files: Option<&dyn Files>, file: &str) -> Attribution {
        let belongs_to = by_name(self.folders.standard_library.as_deref(), file);
        let is_path = !(file.starts_with('<') && file.ends_with('>'));
        if belongs_to == BelongsTo::Installed || (belongs_to == BelongsTo::Own && is_path) {
            for (site, inside) in self.places_of(Path::new(file)) {
                let Some(files) = files else { break };
                let known = self.sites.entry(site).or_insert_with_key(|site| Site::read(files, site));
                if let Some(found) = known.distribution_of(files, &inside) {
                    let belongs_to = if found.is_local { BelongsTo::Own } else { BelongsTo::Installed };
                    return Attribution { belongs_to, distribution: Some(found.distribution) };
                }
            }
        }
        // Compiled from Cython or the like, with a name that only its builder can make sense of.
        let is_foreign = belongs_to == BelongsTo::Own && is_path && !is_python(Path::new(file));
        Attribution { belongs_to: if is_foreign { BelongsTo::Unknown } else { belongs_to }, distribution: None }
    }

    /// The folders, innermost first, in which an installer may have put a file, and its path inside of each.
    fn places_of(&self, file: &Path) -> Vec<(PathBuf, PathBuf)> {
        let named = |folder: &Path| folder.file_name().and_then(|name| name.to_str()).is_some_and(is_site);
        if file.is_relative() && !is_python(file) {
            // Cython names files as they lay when it was built: relative to the folder of all packages.
            let sites = self.folders.search_path.iter().filter(|entry| named(entry));
            return sites.map(|site| (site.clone(), file.to_owned())).collect();
        }
        let is_place = |folder: &&Path| {
            let library = self.folders.standard_library.as_deref().map(Path::new);
            named(folder) || (self.folders.search_path.iter().any(|entry| entry == *folder) && library != Some(*folder))
        };
        let inside = |folder: &Path| Some((folder.to_owned(), file.strip_prefix(folder).ok()?.to_owned()));
        file.ancestors().skip(1).filter(is_place).filter_map(inside).collect()
    }
}

/// Whether a file is of Python: scripts need no ending.
fn is_python(file: &Path) -> bool {
    file.extension().is_none_or(|ending| ending == "py" || ending == "pyc" || ending == "pyw")
}
