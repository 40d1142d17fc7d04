//! Whole help texts, so that no word on the command line changes by accident.

mod program;

use program::{coroscope, run};

fn help(arguments: &[&str]) -> String {
    let ran = run(&mut coroscope(arguments));
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    ran.stdout
}

macro_rules! help_is_a_snapshot {
    ($($name:ident: $($word:literal)*;)*) => {$(
        #[test]
        fn $name() {
            insta::assert_snapshot!(help(&[$($word),*]));
        }
    )*};
}

help_is_a_snapshot! {
    short: "-h";
    long: "--help";
    dump_short: "dump" "-h";
    dump_long: "dump" "--help";
    tasks_short: "tasks" "-h";
    tasks_long: "tasks" "--help";
    why_short: "why" "-h";
    why_long: "why" "--help";
    watch_short: "watch" "-h";
    watch_long: "watch" "--help";
    list_long: "list" "--help";
    doctor_long: "doctor" "--help";
    arm_long: "arm" "--help";
    disarm_long: "disarm" "--help";
    demo_short: "demo" "-h";
    completions_long: "completions" "--help";
    man_long: "man" "--help";
}

#[test]
fn every_help_has_examples_and_the_next_command() {
    for verb in ["dump", "tasks", "why", "watch", "list", "doctor", "arm", "disarm", "demo", "completions", "man"] {
        let help = help(&[verb, "--help"]);
        assert!(help.lines().nth(2) == Some("Examples:"), "{verb}: {help}");
        assert!(help.trim_end().lines().last().is_some_and(|line| line.starts_with("Next: ")), "{verb}: {help}");
    }
}

#[test]
fn version() {
    assert_eq!(help(&["--version"]), format!("coroscope {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn completions_know_the_verbs() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = help(&["completions", shell]);
        assert!(script.contains("dump") && script.contains("nonblocking"), "{shell}");
        assert!(script.contains("tasks") && script.contains("waits-on"), "{shell}");
    }
}

#[test]
fn manual_pages() {
    let page = help(&["man"]);
    assert!(page.contains(".TH coroscope") && page.contains("SUBCOMMANDS"), "{page}");
    let page = help(&["man", "tasks"]);
    assert!(page.contains(".TH coroscope-tasks") && page.contains("\\-\\-waits\\-on"), "{page}");
    let page = help(&["man", "dump"]);
    assert!(page.contains(".TH coroscope-dump"), "{page}");
    assert!(page.contains("\\-\\-settle"), "{page}");
    assert!(page.contains(".SH EXAMPLES\n.nf\n  coroscope dump 4242\n"), "{page}");
}
