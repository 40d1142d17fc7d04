//! Where reports go: stdout that may be closed or full, and files that are written whole or not at all.

mod program;

use std::fs::{self, OpenOptions};
use std::process::Stdio;

use program::{coroscope, run};

const NOBODY: &str = "4194999";

#[test]
fn a_reader_that_went_away_is_no_failure() {
    for words in [&["completions", "bash"][..], &["man", "dump"], &["list"], &["doctor"], &["--help"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let child = coroscope(words).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{words:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{words:?}");
    }
}

#[test]
fn a_full_disk_is_a_failure() {
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let child = coroscope(&["man", "dump"]).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.starts_with("error: cannot write to stdout\n  caused by: "), "{stderr}");
}

#[test]
fn stderr_that_is_gone_changes_nothing() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = coroscope(&["dump", NOBODY]).stderr(writer).status().unwrap();
    assert_eq!(status.code(), Some(2));
}

#[test]
fn a_failed_look_keeps_the_file_that_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    fs::write(&path, "before").unwrap();
    let name = path.to_str().unwrap();
    for words in
        [&["dump", NOBODY, "-o", name][..], &["dump", NOBODY, "4194998", "-o", name], &["dump", NOBODY, "-o", name]]
    {
        let ran = run(&mut coroscope(words));
        assert_eq!(ran.code, Some(2));
        assert_eq!(ran.stdout, "", "the file was to take the document, not stdout");
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), "before");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
}

/// No target is held still for a report that cannot be written.
#[test]
fn a_place_that_cannot_be_written_fails_before_the_look() {
    for name in ["/proc/report.json", "/nowhere/at/all/report.json", "/proc"] {
        let ran = run(&mut coroscope(&["dump", NOBODY, "--output", name]));
        assert_eq!(ran.code, Some(2));
        assert!(ran.stderr.starts_with(&format!("error: cannot write to {name}\n")), "{}", ran.stderr);
    }
}

#[test]
fn a_dash_is_stdout() {
    let ran = run(&mut coroscope(&["dump", NOBODY, "--json", "-o", "-"]));
    assert!(ran.stdout.contains("coroscope.error/1"), "{}", ran.stdout);
}
