//! `coroscope tasks` on a real process: two loops in two threads, each with tasks.

mod support;

use serde_json::Value;
use support::target::Target;
use support::{dump, health, interpreters};

/// What `coroscope tasks` writes about a target with these words.
fn tasks(target: &Target, words: &[&str]) -> String {
    let pid = target.pid().to_string();
    let mut command = dump::coroscope(&[&["tasks", pid.as_str()], words].concat());
    // The marks of the tree depend on the locale.
    let output = command.env("LC_ALL", "C.UTF-8").output().expect("the program starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{}: {stderr}", target.label());
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn tree_table_and_json_tell_the_same() {
    for interpreter in interpreters::oldest_and_newest() {
        let mut target = Target::start(&interpreter, "loops.py", &[]);
        let label = target.label().to_owned();

        let tree = tasks(&target, &[]);
        assert_eq!(tree.matches("3× parked").count(), 2, "{label}: one group in each loop: {tree}");
        assert_eq!(tree.lines().filter(|line| line.starts_with("loop asyncio.") && line.contains(" 0x")).count(), 2);

        let table = tasks(&target, &["--table", "--function", "parked"]);
        assert_eq!(
            table.lines().filter(|line| line.starts_with("0x") && line.contains("parked")).count(),
            6,
            "{table}"
        );

        let document: Value = serde_json::from_str(&tasks(&target, &["--json", "--function", "parked"])).unwrap();
        assert_eq!(document["schema"], "coroscope.report/1");
        assert_eq!(document["look"]["settle_ms"], 0, "{label}: nothing is judged");
        let listed = document["tasks"].as_array().unwrap();
        assert_eq!(listed.len(), 6, "{label}");
        for task in listed {
            assert_eq!(task["qualname"], "parked", "{label}");
            let address = task["address"].as_str().unwrap();
            assert!(table.contains(address), "{label}: {address} is not in the table");
        }
        let notes = document["look"]["notes"].as_array().unwrap();
        let said = notes.iter().filter_map(Value::as_str).any(|note| note.contains("--function parked"));
        assert!(said, "{label}: {notes:?}");

        health::assert_unharmed(&mut target);
    }
}
