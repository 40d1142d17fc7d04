//! The clock of timers, as a target reads it.
//!
//! `loop.time()` is `time.monotonic()`, which is `CLOCK_MONOTONIC`. All processes of a machine share it, except those in a time namespace of
//! their own (`time_namespaces(7)`, Linux 5.6): `/proc/PID/timens_offsets` tells what the kernel adds for them.

use super::procfs;
use super::target::Target;
use nix::time::{ClockId, clock_gettime};
use std::fs::read_link;
use std::time::Duration;

/// The processor time that all threads of this very process have used so far.
#[must_use]
pub fn own_cpu_time() -> Duration {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map(Duration::from).unwrap_or_default()
}

/// The processor time that the calling thread has used so far.
#[must_use]
pub fn own_thread_cpu_time() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map(Duration::from).unwrap_or_default()
}

impl Target {
    /// What `CLOCK_MONOTONIC` says in the target at this moment, in seconds. `None` when the target has another clock than we do, and
    /// the distance is not known.
    #[must_use]
    pub fn monotonic_s(&self) -> Option<f64> {
        let now = clock_gettime(ClockId::CLOCK_MONOTONIC).ok()?;
        let distance = self.clock_distance_s()?;
        #[expect(clippy::cast_precision_loss, reason = "seconds since boot are far below 2^53")]
        let now = now.tv_sec() as f64 + now.tv_nsec() as f64 / 1e9;
        Some(now + distance)
    }

    /// Seconds by which the target's clock is ahead of ours.
    fn clock_distance_s(&self) -> Option<f64> {
        let clock_of = |who: &str| read_link(format!("/proc/{who}/ns/time")).ok();
        let target = self.pid().to_string();
        if clock_of(&target) == clock_of("self") {
            return Some(0.0);
        }
        Some(monotonic_offset_s(&target)? - monotonic_offset_s("self")?)
    }
}

/// What the kernel adds to the clock for this process. The file tells it for the process's *children*, whose clock may be another one.
fn monotonic_offset_s(who: &str) -> Option<f64> {
    let link = |name: &str| read_link(format!("/proc/{who}/ns/{name}")).ok();
    if link("time") != link("time_for_children") {
        return None;
    }
    parse_offset(&String::from_utf8(procfs::read(format!("/proc/{who}/timens_offsets")).ok()?).ok()?)
}

/// The line `monotonic SECONDS NANOSECONDS`.
fn parse_offset(text: &str) -> Option<f64> {
    let mut words = text.lines().find_map(|line| line.strip_prefix("monotonic"))?.split_ascii_whitespace();
    let (seconds, nanoseconds) = (words.next()?.parse::<i32>().ok()?, words.next()?.parse::<i32>().ok()?);
    Some(f64::from(seconds) + f64::from(nanoseconds) / 1e9)
}

#[cfg(test)]
mod tests {
    use super::parse_offset;

    #[test]
    fn offsets_are_read_as_the_kernel_writes_them() {
        let text = "monotonic      -86400 500000000\nboottime            7         0\n";
        assert_eq!(parse_offset(text), Some(-86399.5));
        assert_eq!(parse_offset("boottime            7         0\n"), None);
        assert_eq!(parse_offset("monotonic          x         0\n"), None);
    }
}
