//! Checks that a target is as it was: nobody traces or stops it, and it goes on.

use std::path::Path;
use std::time::{Duration, Instant};

use super::target::Target;

/// How long to wait for a condition before a test fails.
const CONDITION_LIMIT: Duration = Duration::from_secs(30);

/// Waits for a condition.
///
/// # Panics
///
/// If it does not come true within half a minute.
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < CONDITION_LIMIT, "waited {CONDITION_LIMIT:?} in vain until {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Whether any process has this path in its command line.
pub fn somebody_runs(path: &Path) -> bool {
    let path = path.to_str().expect("UTF-8");
    let processes = std::fs::read_dir("/proc").expect("/proc").flatten();
    processes
        .filter_map(|process| std::fs::read(process.path().join("cmdline")).ok())
        .any(|cmdline| String::from_utf8_lossy(&cmdline).contains(path))
}

/// Threads of a process that are stopped or traced, each as a line that says so.
pub fn harmed_threads(pid: i32) -> Vec<String> {
    let mut found = Vec::new();
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else {
        return vec![format!("process {pid} is gone")];
    };
    for thread in threads.filter_map(Result::ok) {
        // A thread may end between the two calls; one that is gone is not harmed.
        let Ok(status) = std::fs::read_to_string(thread.path().join("status")) else { continue };
        let field =
            |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim).unwrap_or_default();
        let (state, tracer) = (field("State:"), field("TracerPid:"));
        if state.starts_with(['t', 'T']) || tracer != "0" {
            found.push(format!("thread {}: state {state}, traced by {tracer}", thread.file_name().to_string_lossy()));
        }
    }
    found
}

/// Asserts that nobody traces or stops the target any more and that it answers, and goes on answering.
///
/// # Panics
///
/// If it was harmed.
pub fn assert_unharmed(target: &mut Target) {
    assert!(target.is_alive(), "{} has ended", target.label());
    let harmed = harmed_threads(target.pid());
    assert!(harmed.is_empty(), "{}: {harmed:?}", target.label());
    let replies = |target: &mut Target| target.ask("beat")["replies"].as_u64();
    let first = replies(target);
    let second = replies(target);
    assert!(first.is_some() && second > first, "{} stands still: {first:?}, then {second:?}", target.label());
}

/// Like [`assert_unharmed`], for a target whose tracer was just killed: the kernel lets go of the threads shortly after.
///
/// # Panics
///
/// If it was harmed.
pub fn assert_recovers(target: &mut Target) {
    let pid = target.pid();
    wait_until("nobody traces the target", || harmed_threads(pid).is_empty());
    assert_unharmed(target);
}

/// Open file descriptors of this process.
///
/// # Panics
///
/// Without procfs.
pub fn open_descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("procfs").count()
}
