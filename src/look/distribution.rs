//! Which installed package a file of code belongs to.
//!
//! Installers put packages side by side into `site-packages` (Debian: `dist-packages`), each with a folder `NAME-VERSION.dist-info`. The
//! folder's `top_level.txt` says which names it brings; without one, the names usually agree. Read through the target's own root.

use crate::process::Target;
use rustc_hash::FxHashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Folders beyond this number are not looked through.
const MOST_ENTRIES: usize = 10_000;
/// A `top_level.txt` beyond this is not read.
const LARGEST_FILE: u64 = 1 << 16;

/// Answers for many files of one target.
#[derive(Debug, Default)]
pub(super) struct Distributions {
    known: FxHashMap<(PathBuf, String), Option<String>>,
}

impl Distributions {
    /// The package that installed a `file` of `target`, if an installer did. Without a process nobody knows.
    pub(super) fn of(&mut self, target: Option<&Target>, file: &str) -> Option<String> {
        let (site, name) = split(file)?;
        let key = (site, name);
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let found = find(target, &key.0, &key.1);
        self.known.insert(key, found.clone());
        found
    }
}

fn find(target: Option<&Target>, site: &Path, top_level: &str) -> Option<String> {
    let target = target?;
    let inside = site.strip_prefix("/").ok()?;
    let folder = PathBuf::from(format!("/proc/{}/root", target.pid())).join(inside);
    let mut by_name = None;
    for entry in std::fs::read_dir(folder).ok()?.flatten().take(MOST_ENTRIES) {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(stem) = name.strip_suffix(".dist-info").or_else(|| name.strip_suffix(".egg-info")) else {
            continue;
        };
        let distribution = stem.split('-').next().unwrap_or(stem);
        if normalized(distribution) == normalized(top_level) {
            by_name = Some(distribution.to_owned());
        }
        let listed = target.open_file(&site.join(&name).join("top_level.txt")).ok().and_then(|file| {
            let mut text = String::new();
            file.take(LARGEST_FILE).read_to_string(&mut text).ok().map(|_| text)
        });
        if listed.is_some_and(|text| text.lines().any(|line| line.trim() == top_level)) {
            return Some(distribution.to_owned());
        }
    }
    by_name
}

/// Names of distributions are compared without case, and `-`, `_` and `.` are the same (PEP 503).
fn normalized(name: &str) -> String {
    name.to_lowercase().replace(['-', '.'], "_")
}

/// The folder of installed packages that a file lies in, and the name directly below it.
fn split(file: &str) -> Option<(PathBuf, String)> {
    let path = Path::new(file);
    let site = path
        .ancestors()
        .find(|folder| folder.file_name().is_some_and(|name| name == "site-packages" || name == "dist-packages"))?;
    let below = path.strip_prefix(site).ok()?.components().next()?.as_os_str().to_string_lossy().into_owned();
    let name = below.strip_suffix(".py").unwrap_or(&below).to_owned();
    Some((site.to_owned(), name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_below_site_packages_counts() {
        let split = |file: String| super::split(&file).map(|(site, name)| (site.to_string_lossy().into_owned(), name));
        let site = "/app/.venv/lib/python3.12/site-packages".to_owned();
        assert_eq!(split(format!("{site}/aiohttp/client.py")), Some((site.clone(), "aiohttp".into())));
        assert_eq!(split(format!("{site}/six.py")), Some((site, "six".into())));
        let debian = "/usr/lib/python3/dist-packages".to_owned();
        assert_eq!(split(format!("{debian}/yaml/a/b.py")), Some((debian, "yaml".into())));
        assert_eq!(split("/app/main.py".into()), None);
        assert_eq!(split("<string>".into()), None);
    }

    #[test]
    fn names_are_compared_as_installers_do() {
        assert_eq!(normalized("Typing.Extensions"), normalized("typing-extensions"));
    }
}
