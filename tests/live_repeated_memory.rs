//! Many looks take no more memory than a few. Alone in its program: what is measured is all of it.

mod support;

use std::time::Duration;

use coroscope::look::{Repeated, Settings, Sweeps};
use coroscope::process::Pid;
use coroscope::report::Mode;
use support::interpreters;
use support::target::Target;

/// Bytes of ours that are present.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("procfs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
}

#[test]
fn two_hundred_looks_take_no_more_memory_than_twenty() {
    let mut target = Target::start(&interpreters::newest(), "again.py", &[]);
    let settings = Settings {
        mode: Mode::Verify,
        // Sightings are kept for that long: far longer than the test takes.
        settle: Duration::from_secs(3600),
        timeout: Duration::from_secs(60),
        pause_budget: Duration::from_millis(2),
        max_memory: Settings::DEFAULT_MEMORY,
        locals: false,
        instances: 10,
        retainers: true,
        call_sites: false,
    };
    let mut process =
        Repeated::attach(Pid::new(target.pid()).expect("a pid"), settings, Sweeps::Rationed).expect("a process");
    let mut early = 0;
    for number in 0..200 {
        // Something comes and goes between any two.
        target.ask(if number % 2 == 0 { "leak 50" } else { "drop" });
        let report = process.look().expect("a look");
        assert!(report.look.total_ms > 0.0);
        if number == 20 {
            early = resident();
        }
    }
    let late = resident();
    support::note(&format!("{} kB after 20 looks, {} kB after 200", early >> 10, late >> 10));
    assert!(late < early + (8 << 20), "{early} bytes after 20 looks, {late} after 200");
}
