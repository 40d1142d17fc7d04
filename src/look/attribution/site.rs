//! One folder of packages, and which of them a file in it belongs to.
//!
//! A package has a folder `*.dist-info` in it, older ones `*.egg-info` (a file, where only distutils had a hand in it). The list of files says what
//! belongs to it: `RECORD`, or `installed-files.txt`. Only where there is none – Debian leaves it out – the name counts: that of the package, or one in
//! its `top_level.txt`. A name that several packages share (a namespace) tells nothing then: no name is better than a wrong one.

use super::{Distribution, Files, is_site, record};
use crate::report::normalized_distribution;
use rustc_hash::FxHashSet;
use std::path::{Path, PathBuf};

/// A list of files longer than this is not read: the largest packages have 2 MB.
const LONGEST_RECORD: u64 = 8 << 20;
/// Lists of files of one folder together.
const MOST_RECORDS: u64 = 128 << 20;
/// Other files longer than this are not read.
const LONGEST_TEXT: u64 = 1 << 20;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) distribution: Distribution,
    /// Whether it was installed from a folder of sources on this machine.
    pub(super) is_local: bool,
}

/// A folder with packages in it.
#[derive(Debug)]
pub(super) struct Site {
    folder: PathBuf,
    /// Whether installers alone put things there. Elsewhere, `*.egg-info` lies beside the sources of what is being worked on.
    is_installers: bool,
    packages: Vec<Package>,
    /// Bytes of lists that may still be read.
    left: u64,
}

/// A package, as far as it was asked for.
#[derive(Debug)]
struct Package {
    /// The name of its folder.
    folder: String,
    /// That without its ending.
    stem: String,
    normalized: String,
    files: Option<List>,
    found: Option<Found>,
}

/// The files of a package.
#[derive(Debug)]
enum List {
    Files(FxHashSet<String>),
    /// There is no list; these are the names it brings.
    Names(FxHashSet<String>),
}

impl Site {
    pub(super) fn read(files: &dyn Files, folder: &Path) -> Self {
        let is_installers = folder.file_name().and_then(|name| name.to_str()).is_some_and(is_site);
        let package = |name: String| {
            let egg = if is_installers { name.strip_suffix(".egg-info") } else { None };
            let stem = name.strip_suffix(".dist-info").or(egg)?.to_owned();
            let normalized = normalized_distribution(&record::name_and_version(&stem).0);
            Some(Package { folder: name, stem, normalized, files: None, found: None })
        };
        let mut packages: Vec<Package> = files.names(folder).into_iter().filter_map(package).collect();
        // The order of a folder is nobody's intention.
        packages.sort_unstable_by(|one, other| one.folder.cmp(&other.folder));
        Self { folder: folder.to_owned(), is_installers, packages, left: MOST_RECORDS }
    }

    /// The package that a file of this folder belongs to; `inside` is its path from here.
    pub(super) fn distribution_of(&mut self, files: &dyn Files, inside: &Path) -> Option<Found> {
        let first = inside.iter().next()?.to_str()?;
        // An egg is a folder with one package in it, named like one.
        if let Some(stem) = first.strip_suffix(".egg").filter(|_| self.is_installers) {
            let (name, version) = record::name_and_version(stem);
            return Some(Found { distribution: Distribution { name, version }, is_local: false });
        }
        let top = [".py", ".pyc", ".pyw"].iter().find_map(|ending| first.strip_suffix(ending)).unwrap_or(first);
        let normalized = normalized_distribution(top);
        let inside = inside.to_str()?;
        // Most packages are named like what they bring: their lists are read first, and mostly no others.
        let mut order: Vec<usize> = (0..self.packages.len()).collect();
        order.sort_by_key(|at| self.packages.get(*at).is_none_or(|package| package.normalized != normalized));
        let mut by_name = Vec::new();
        for at in order {
            let package = self.packages.get_mut(at)?;
            match package.list(files, &self.folder, &mut self.left) {
                List::Files(listed) => {
                    if listed.contains(inside) || listed.contains(&format!("{inside}c")) {
                        return Some(package.found(files, &self.folder));
                    }
                }
                List::Names(names) => {
                    if self.is_installers && (names.contains(top) || package.normalized == normalized) {
                        by_name.push(at);
                    }
                }
            }
        }
        match by_name.as_slice() {
            [only] => Some(self.packages.get_mut(*only)?.found(files, &self.folder)),
            _ => None,
        }
    }
}

impl Package {
    fn list(&mut self, files: &dyn Files, site: &Path, left: &mut u64) -> &List {
        let folder = site.join(&self.folder);
        self.files.get_or_insert_with(|| {
            let read = |name: &str| files.text(&folder.join(name), LONGEST_RECORD.min(*left));
            let listed = read("RECORD").map(|text| (text.len(), record::listed(&text)));
            let listed =
                listed.or_else(|| read("installed-files.txt").map(|text| (text.len(), record::listed_beside(&text))));
            if let Some((bytes, listed)) = listed {
                *left = left.saturating_sub(bytes as u64);
                return List::Files(listed);
            }
            let names = files.text(&folder.join("top_level.txt"), LONGEST_TEXT).unwrap_or_default();
            List::Names(names.lines().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect())
        })
    }

    fn found(&mut self, files: &dyn Files, site: &Path) -> Found {
        let folder = site.join(&self.folder);
        let read = |name: &str| files.text(&folder.join(name), LONGEST_TEXT);
        let found = self.found.get_or_insert_with(|| {
            let metadata = read("METADATA").or_else(|| read("PKG-INFO")).unwrap_or_default();
            let (name, version) = record::name_and_version(&self.stem);
            let distribution = Distribution {
                name: record::field(&metadata, "Name").unwrap_or(name),
                version: record::field(&metadata, "Version").or(version),
            };
            let is_local =
                read("direct_url.json").is_some_and(|url| record::is_local(&url, read("INSTALLER").as_deref()));
            Found { distribution, is_local }
        });
        found.clone()
    }
}
