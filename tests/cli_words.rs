//! Wrong words, failures and their exit codes.

mod program;

use program::{coroscope, run};
use serde_json::Value;

/// Larger than any pid: the kernel's limit is 2^22.
const NOBODY: &str = "4194999";

#[test]
fn wrong_words_end_with_2_and_say_so_on_stderr() {
    for words in [
        &[][..],
        &["dump"],
        &["dump", "abc"],
        &["dump", "-1"],
        &["dump", "0"],
        &["dump", "1", "--mode", "fast"],
        &["dump", "1", "--mode", "frozen", "--nonblocking"],
        &["dump", "1", "--settle", "5"],
        &["dump", "1", "--json", "--format", "text"],
        &["dump", "1", "--color", "sometimes"],
        &["dump", "1", "-v", "-q"],
        &["dump", "1", "-o", "%x.json"],
        &["dump", "1", "--arm", "5"],
        &["arm"],
        &["arm", "1", "2"],
        &["arm", "1", "--depth", "0"],
        &["arm", "1", "--depth", "65"],
        &["arm", "1", "--duration", "5"],
        &["disarm"],
        &["disarm", "1", "--depth", "1001"],
        &["disarm", "1", "--depth", "-1"],
        &["tasks"],
        &["tasks", "1", "--state", "asleep"],
        &["tasks", "1", "--group", "--no-group"],
        &["tasks", "1", "--stacks", "some"],
        &["tasks", "1", "--min-group", "-1"],
        &["why", "1"],
        &["why", "fetch"],
        &["why", "1", ""],
        &["why", "1", "0x7f3a5c01e2c1"],
        &["why", "1", "17"],
        &["why", "1", "leak:fetch"],
        &["why", "1", "fetch", "--paths", "0"],
        &["why", "1", "fetch", "--instance", "0"],
        &["why", "1", "fetch", "notify"],
        // Verbs are not abbreviated: a new one must not change what an old script means.
        &["dum", "1"],
        &["d", "1"],
        &["man", "nothing"],
        &["completions", "tcl"],
    ] {
        let ran = run(&mut coroscope(words));
        assert_eq!(ran.code, Some(2), "{words:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{words:?}");
        assert!(!ran.stderr.is_empty(), "{words:?}");
    }
}

#[test]
fn no_such_process() {
    for words in [
        &["dump", NOBODY][..],
        &["arm", NOBODY],
        &["disarm", NOBODY],
        &["dump", "-p", NOBODY],
        &["dump", "--pid", NOBODY, "--nonblocking"],
        &["tasks", NOBODY],
        &["why", NOBODY, "fetch"],
        &["why", NOBODY, "0x7f3a5c01e2c0", "--nonblocking"],
        &["tasks", NOBODY, "--table", "--name", "x"],
    ] {
        let ran = run(&mut coroscope(words));
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
        assert!(ran.stderr.starts_with(&format!("error: no process with pid {NOBODY}\n")), "{}", ran.stderr);
        assert!(ran.stderr.contains("hint: "), "{}", ran.stderr);
    }
}

#[test]
fn failures_in_json() {
    for words in [&["dump", NOBODY, "--json"][..], &["tasks", NOBODY, "--json"], &["why", NOBODY, "fetch", "--json"]] {
        let ran = run(&mut coroscope(words));
        assert_eq!(ran.code, Some(2));
        assert!(ran.stderr.starts_with("error: "), "people read stderr too");
        let document: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(document["schema"], "coroscope.error/1");
        assert_eq!(document["error"]["kind"], "no_such_process");
        assert_eq!(document["error"]["pid"], 4_194_999);
        assert!(document["error"]["hints"].as_array().is_some_and(|hints| !hints.is_empty()));
    }
}

#[test]
fn several_targets_make_one_document() {
    let second = "4194998";
    for words in [
        &["dump", NOBODY, second, "--json"][..],
        &["tasks", NOBODY, second, "--json"],
        &["dump", "-p", NOBODY, "-p", second, NOBODY, "--format", "json"],
    ] {
        let ran = run(&mut coroscope(words));
        assert_eq!(ran.code, Some(2));
        let document: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(document["schema"], "coroscope.reports/1");
        assert_eq!(document["reports"].as_array().map(Vec::len), Some(0));
        assert_eq!(document["errors"].as_array().map(Vec::len), Some(2), "each once");
        assert_eq!(ran.stderr.matches("error: ").count(), 2, "{}", ran.stderr);
    }
}

/// The shape of the document depends on the words, not on how many children there happen to be.
#[test]
fn children_make_a_document_of_several() {
    let ran = run(&mut coroscope(&["dump", "--children", NOBODY, "--json"]));
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["schema"], "coroscope.reports/1");
}

#[test]
fn verbose_and_quiet() {
    let loud = run(&mut coroscope(&["dump", NOBODY, "-vv", "--settle", "2s"]));
    assert!(loud.stderr.contains("verify, settling 2s, at most 30s"), "{}", loud.stderr);
    let once = run(&mut coroscope(&["tasks", NOBODY, "-v"]));
    assert!(once.stderr.contains("verify, settling 0s, at most 30s"), "{}", once.stderr);
    let quiet = run(&mut coroscope(&["-q", "dump", NOBODY]));
    assert!(quiet.stderr.starts_with("error: "), "{}", quiet.stderr);
}

#[test]
fn colours() {
    let error = |command: &mut std::process::Command| run(command).stderr;
    let plain = error(&mut coroscope(&["dump", NOBODY]));
    assert!(!plain.contains('\x1b'), "no colour off a terminal");
    let colored = error(&mut coroscope(&["dump", NOBODY, "--color", "always"]));
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), plain);
    assert!(colored.contains('\x1b'));
    for (variables, flag, expected) in [
        (&[("FORCE_COLOR", "1")][..], None, true),
        (&[("CLICOLOR_FORCE", "1")], None, true),
        (&[("FORCE_COLOR", "1"), ("NO_COLOR", "1")], None, false),
        (&[("FORCE_COLOR", "1")], Some("never"), false),
        (&[("NO_COLOR", "1")], Some("always"), true),
        (&[("NO_COLOR", "1")], Some("auto"), false),
        (&[("TERM", "dumb")], None, false),
    ] {
        let mut command = coroscope(&["dump", NOBODY]);
        command.args(flag.map(|flag| format!("--color={flag}"))).envs(variables.iter().copied());
        assert_eq!(error(&mut command).contains('\x1b'), expected, "{variables:?} {flag:?}");
    }
}
