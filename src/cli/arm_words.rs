//! What `arm`, `disarm` and `dump --arm` say: before they write, and after they have undone it.

use std::time::Duration;

use super::Surface;
use crate::arm::{Changed, Plan, Undone};
use crate::process::Pid;

/// What is going to be written where, and what it costs.
pub(super) fn announce(plan: &Plan, depth: u8, until: &str, surface: &Surface) {
    surface.say(&format!(
        "arming {}: writing {depth} to `coroutine_origin_tracking_depth` (4 bytes) of {}, {until}",
        plan.target_name(),
        threads(plan.threads())
    ));
    surface.say(&format!("cost: {} (docs/arm.md)", cost(depth)));
}

/// Until when, in words: as long as `duration`, or until somebody has had enough.
pub(super) fn until(duration: Option<Duration>) -> String {
    match duration {
        Some(time) => format!("for {}", humantime::format_duration(time)),
        None => "until Ctrl-C".to_owned(),
    }
}

/// Measured on CPython 3.8, 3.11, 3.14 and 3.15: `scripts/arm-cost`, docs/arm.md.
fn cost(depth: u8) -> &'static str {
    match depth {
        0..=1 => "meanwhile, calling and awaiting an empty coroutine function takes about 2 times as long",
        2..=4 => "meanwhile, calling and awaiting an empty coroutine function takes 2 to 5 times as long",
        5.. => "meanwhile, calling and awaiting an empty coroutine function takes 4 to 10 times as long",
    }
}

/// What was undone, and what was not.
pub(super) fn tell(pid: Pid, undone: &Undone, surface: &Surface) {
    let done = &undone.threads;
    let mut line = format!("restored: {} the old depth again", have(done.restored));
    if done.ended > 0 {
        line.push_str(&format!("; {} ended meanwhile", threads(done.ended)));
    }
    surface.say(&line);
    for Changed { thread, depth } in &done.changed {
        surface.say(&format!(
            "thread {thread} was left as it is: the program or a loop in debug mode has set its depth to {depth}; \
             if debug mode ends later, `coroscope disarm {pid}`"
        ));
    }
    for heir in &undone.heirs {
        surface.say(&format!("process {heir} was forked meanwhile and is armed, too: `coroscope disarm {heir}`"));
    }
}

/// `1 thread`, `2 threads`.
pub(super) fn threads(count: usize) -> String {
    format!("{count} thread{}", if count == 1 { "" } else { "s" })
}

fn have(count: usize) -> String {
    format!("{} {}", threads(count), if count == 1 { "has" } else { "have" })
}
