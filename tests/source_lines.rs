//! The line of source at a place of creation: told where the file can be read, and never from what is no ordinary file.

mod support;

use std::path::{Path, PathBuf};

use serde_json::Value;
use support::dump::{self, EVERYTHING};
use support::interpreters::{self, Interpreter};
use support::target::Target;

/// Removes a folder that a target made.
struct Folder(PathBuf);

impl Folder {
    fn of(interpreter: &Interpreter, target: &Target) -> Self {
        let root = interpreter.root.as_deref().unwrap_or(Path::new("/"));
        Self(root.join(target.truth()["folder"].as_str().unwrap().trim_start_matches('/')))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn each_kind_of_file() {
    for interpreter in interpreters::all() {
        let target = Target::start(&interpreter, "sources.py", &[]);
        let _folder = Folder::of(&interpreter, &target);
        let report = dump::report(target.pid(), EVERYTHING);
        let expected = target.truth()["expected"].as_object().unwrap();
        assert!(expected.len() >= 17, "{expected:?}");
        for (name, source) in expected {
            let finding = report.named(name).next().unwrap_or_else(|| panic!("{}: no {name}", target.label()));
            let place = &finding["created_at"][0];
            assert_eq!(&place["source"], source, "{}: {name}: {place}", target.label());
            let is_changed = target.truth()["changed"].as_array().unwrap().iter().any(|changed| changed == name);
            assert_eq!(place["file_newer_than_process"], is_changed, "{}: {name}: {place}", target.label());
        }
        let output = dump::coroscope(&["dump", &target.pid().to_string(), "--all", "--settle", "0s"]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        for line in ["               KEEP.append(fetch())", r"               a\x1b[2J\u202eb"] {
            assert!(text.lines().any(|found| found == line), "{}: {line:?} is not in\n{text}", target.label());
        }
        assert_eq!(text.matches("file changed since the process started").count(), 1, "{text}");
    }
}

#[test]
fn places_that_were_recorded_and_those_that_were_deduced() {
    for interpreter in interpreters::all() {
        for (program, words) in [("origins.py", ["debug"]), ("call_sites.py", ["plainly"])] {
            let target = Target::start(&interpreter, program, &words);
            let _folder = (program == "call_sites.py").then(|| Folder::of(&interpreter, &target));
            let report = dump::report(target.pid(), EVERYTHING);
            let lists = [report.findings(), report.0["tasks"].as_array().unwrap()];
            let places: Vec<&Value> = lists
                .into_iter()
                .flatten()
                .flat_map(|one| one["created_at"].as_array().into_iter().flatten())
                .collect();
            assert!(places.len() >= 4, "{}: {places:?}", target.label());
            for place in places {
                let inside = Path::new(place["file"].as_str().unwrap().trim_start_matches('/'));
                let root = interpreter.root.as_deref().unwrap_or(Path::new("/"));
                let text = std::fs::read_to_string(root.join(inside)).unwrap();
                let line = text.lines().nth(usize::try_from(place["line"].as_u64().unwrap()).unwrap() - 1);
                assert_eq!(place["source"].as_str(), line.map(str::trim), "{}: {place}", target.label());
            }
        }
    }
}
