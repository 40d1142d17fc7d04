//! The clock that `loop.time()` of asyncio's own loops reads: CLOCK_MONOTONIC, the same in all processes of a machine (unless they live
//! in a time namespace of their own).

use nix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// Seconds on CLOCK_MONOTONIC; `None` if the system refuses.
#[must_use]
pub fn monotonic_s() -> Option<f64> {
    clock_gettime(ClockId::CLOCK_MONOTONIC).ok().map(|now| Duration::from(now).as_secs_f64())
}
