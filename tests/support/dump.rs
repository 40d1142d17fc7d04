//! Runs `coroscope dump --json` and reads its report.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Command, Output, Stdio};

use nix::sys::signal::Signal;
use serde_json::Value;

/// The words that make a report complete and immediate: every instance listed, pending ones too, no second look.
pub const EVERYTHING: &[&str] = &["--instances", "1000000", "--all", "--settle", "0s"];

/// A report of one target.
pub struct Report(pub Value);

/// The program, with the words given, ready to be started.
pub fn coroscope(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_coroscope"));
    command.args(words).stdin(Stdio::null());
    for name in ["NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS"] {
        command.env_remove(name);
    }
    command
}

/// Runs `coroscope dump --json PID` with more words.
///
/// # Panics
///
/// If the program can't be started.
pub fn run(pid: i32, words: &[&str]) -> Output {
    coroscope(&["dump", "--json", &pid.to_string()]).args(words).output().expect("the program was built")
}

/// Waits until a started program handles SIGINT and SIGTERM: from then on it is ours to say how they end it.
///
/// # Panics
///
/// If it never does.
pub fn wait_until_it_listens(child: &Child) {
    let status = format!("/proc/{}/status", child.id());
    super::health::wait_until("the program catches SIGINT and SIGTERM", || {
        let status = std::fs::read_to_string(&status).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or_default();
        let caught = u64::from_str_radix(caught.trim(), 16).unwrap_or(0);
        [Signal::SIGINT, Signal::SIGTERM].iter().all(|signal| caught >> (*signal as i32 - 1) & 1 == 1)
    });
}

/// The report of a look that has to succeed.
///
/// # Panics
///
/// If the look failed or its output is not one JSON object with a report.
pub fn report(pid: i32, words: &[&str]) -> Report {
    let output = run(pid, words);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "dump {pid} {words:?}: {}\nstderr: {}\nstdout: {text}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    let value: Value =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("dump {pid} {words:?}: {error}: {text}"));
    assert_eq!(value["schema"], "coroscope.report/1", "{text}");
    Report(value)
}

/// What a failed look says in JSON: exit code, kind, message.
///
/// # Panics
///
/// If the look succeeded, or failed without saying why in JSON on standard output and in words on standard error.
pub fn failure(pid: i32, words: &[&str]) -> (Option<i32>, String, String) {
    let output = run(pid, words);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "dump {pid} {words:?} should have failed");
    assert!(stderr.starts_with("error: "), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    let value: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: stdout {:?}, stderr {stderr}", String::from_utf8_lossy(&output.stdout))
    });
    let error = &value["error"];
    let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    (output.status.code(), text("kind"), text("message"))
}

impl Report {
    /// The findings.
    pub fn findings(&self) -> &[Value] {
        self.0["findings"].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// The findings of unawaited coroutines that are alive.
    pub fn unawaited(&self) -> impl Iterator<Item = &Value> {
        self.findings()
            .iter()
            .filter(|finding| matches!(finding["kind"].as_str(), Some("unawaited_held" | "unawaited_cycle_garbage")))
    }

    /// Findings with this qualified name.
    pub fn named<'a>(&'a self, qualname: &'a str) -> impl Iterator<Item = &'a Value> {
        self.findings().iter().filter(move |finding| finding["qualname"] == qualname)
    }

    /// Addresses of the unawaited coroutines, each with its verdict.
    pub fn verdicts(&self) -> BTreeMap<u64, String> {
        let mut found = BTreeMap::new();
        for finding in self.unawaited() {
            let verdict = finding["verdict"].as_str().unwrap_or_default();
            for instance in finding["instances"].as_array().into_iter().flatten() {
                found.insert(address(&instance["address"]), verdict.to_owned());
            }
        }
        found
    }

    /// Addresses of the unawaited coroutines, whatever their verdict.
    pub fn addresses(&self) -> BTreeSet<u64> {
        self.verdicts().into_keys().collect()
    }

    /// Addresses of those that are called leaked or suspect.
    pub fn accused(&self) -> BTreeSet<u64> {
        self.verdicts().into_iter().filter(|(_, verdict)| verdict != "pending").map(|(address, _)| address).collect()
    }

    /// A number of the summary, as in `created` of `coroutines`.
    ///
    /// # Panics
    ///
    /// If the report does not have it.
    pub fn summary(&self, of: &str, state: &str) -> u64 {
        self.0["summary"][of][state]
            .as_u64()
            .unwrap_or_else(|| panic!("no summary.{of}.{state}: {}", self.0["summary"]))
    }

    /// Number of pauses of the look.
    ///
    /// # Panics
    ///
    /// If the report does not say.
    pub fn pauses(&self) -> u64 {
        self.0["look"]["pauses"]["count"].as_u64().unwrap_or_else(|| panic!("no pauses: {}", self.0["look"]))
    }
}

/// The number an address stands for: `"0x7f00"`.
///
/// # Panics
///
/// If it is not an address.
pub fn address(text: &Value) -> u64 {
    text.as_str()
        .and_then(|text| u64::from_str_radix(text.strip_prefix("0x")?, 16).ok())
        .unwrap_or_else(|| panic!("not an address: {text}"))
}
