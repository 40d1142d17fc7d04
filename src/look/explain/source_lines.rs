//! The lines of source that stand at the places of creation.
//!
//! Code objects have no text: it is read from the files they name, through the target's root, each file once. A file is what it is now; one
//! that was changed after the process had started is said to have been.

use crate::process::Target;
use crate::report::{Finding, Location, Task};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;

/// A file beyond this is not read.
const LARGEST_FILE: u64 = 8 << 20;
/// Files beyond this number are not read.
const MOST_FILES: usize = 2000;
/// Bytes read of all files together.
const MOST_BYTES: u64 = 256 << 20;
/// Characters told of one line.
const LONGEST_LINE: usize = 200;
/// Bytes of text told in all: thousands of tasks may have been created at the same line.
const MOST_TEXT: usize = 64 << 20;

/// Adds to each place of creation its line of source. Of findings first: they are what is asked for.
pub(super) fn add(target: &Target, findings: &mut [Finding], tasks: &mut [Task]) {
    let of_findings = findings.iter_mut().filter_map(|finding| finding.created_at.as_mut());
    let of_tasks = tasks.iter_mut().filter_map(|task| task.created_at.as_mut());
    let mut places: Vec<&mut Location> = of_findings.chain(of_tasks).flatten().collect();
    let mut wanted: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
    for place in &places {
        wanted.entry(&place.file).or_default().insert(place.line);
    }
    let read = read_all(target, wanted);
    let mut left = MOST_TEXT;
    for place in &mut places {
        let Some(file) = read.get(&place.file) else { continue };
        place.file_newer_than_process = file.is_newer;
        let line = file.lines.get(&place.line).filter(|line| line.len() <= left);
        left -= line.map_or(0, String::len);
        place.source = line.cloned();
    }
}

/// What was read of a file.
struct Read {
    is_newer: bool,
    lines: FxHashMap<u32, String>,
}

fn read_all(target: &Target, wanted: BTreeMap<&str, BTreeSet<u32>>) -> FxHashMap<String, Read> {
    let started = target.started_at();
    let mut left = MOST_BYTES;
    let mut found = FxHashMap::default();
    for (name, lines) in wanted.into_iter().filter(|(name, _)| is_path(name)).take(MOST_FILES) {
        let Ok(file) = target.open_code_file(Path::new(name)) else { continue };
        let Ok(metadata) = file.metadata() else { continue };
        if metadata.len() > LARGEST_FILE.min(left) {
            continue;
        }
        let changed = metadata.modified().ok();
        let is_newer =
            changed.zip(started).is_some_and(|(changed, started)| changed > started + Target::START_PRECISION);
        let mut bytes = Vec::new();
        if file.take(LARGEST_FILE).read_to_end(&mut bytes).is_err() {
            continue;
        }
        left = left.saturating_sub(bytes.len() as u64);
        found.insert(name.to_owned(), Read { is_newer, lines: pick(&bytes, &lines) });
    }
    found
}

/// `<string>`, `<frozen importlib._bootstrap>` and the like are no files.
fn is_path(name: &str) -> bool {
    !(name.is_empty() || name.starts_with('<') && name.ends_with('>'))
}

/// The lines with these numbers, from 1 on. Python ends a line at `\n`, `\r\n` and `\r`, and nowhere else. What is not UTF-8 is replaced.
fn pick(bytes: &[u8], wanted: &BTreeSet<u32>) -> FxHashMap<u32, String> {
    let mut found = FxHashMap::default();
    let mut rest = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    for number in 1..=wanted.last().copied().unwrap_or(0) {
        let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
        let (line, behind) = rest.split_at(end);
        if wanted.contains(&number) {
            found.extend(told(line).map(|line| (number, line)));
        }
        rest = match behind {
            [] => break,
            [b'\r', b'\n', behind @ ..] | [_, behind @ ..] => behind,
        };
    }
    found
}

fn told(line: &[u8]) -> Option<String> {
    // Each character has at most four bytes; the space before the text may be long.
    let text = line.trim_ascii();
    let text = String::from_utf8_lossy(text.get(..4 * LONGEST_LINE).unwrap_or(text));
    let cut: String = text.chars().take(LONGEST_LINE).collect();
    (!cut.is_empty()).then_some(cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_as_python_does() {
        let text = b"\xef\xbb\xbffirst\n\x0c  second \x0b\x1c\r\n\rfourth\x85\n\t\xff\xfe()\n";
        let picked = pick(text, &BTreeSet::from([0, 1, 2, 3, 4, 5, 6, 99]));
        let mut lines: Vec<(u32, &str)> = picked.iter().map(|(number, line)| (*number, line.as_str())).collect();
        lines.sort_unstable();
        let expected = [(1, "first"), (2, "second \u{b}\u{1c}"), (4, "fourth\u{fffd}"), (5, "\u{fffd}\u{fffd}()")];
        assert_eq!(lines, expected);
        assert!(pick(b"", &BTreeSet::from([1])).is_empty());
        assert_eq!(pick(b"no end", &BTreeSet::from([1]))[&1], "no end");
    }

    #[test]
    fn long_lines_are_cut_between_characters() {
        let line = "ä".repeat(300);
        assert_eq!(told(line.as_bytes()).unwrap(), "ä".repeat(200));
        assert_eq!(told(&[b' '; 5000]), None);
    }

    #[test]
    fn names_that_are_no_files() {
        for name in ["", "<string>", "<frozen importlib._bootstrap>", "<doctest app[0]>"] {
            assert!(!is_path(name), "{name}");
        }
        assert!(is_path("app.py") && is_path("<odd.py") && is_path("/srv/<x>/app.py"));
    }
}
