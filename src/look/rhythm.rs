//! How long to leave a process alone between two looks.
//!
//! Whoever looks again and again must stay small beside the process: in time of a processor, and in time for which the process was held
//! still. Both are known after a look, so the time until the next one follows from them.

use std::time::Duration;

/// Of one processor, the looks take no more than one part in so many.
const SHARE_OF_PROCESSOR: u32 = 10;
/// Of all time, the process is held still for no more than one part in so many: a millisecond in a second.
const SHARE_OF_TIME: u32 = 1000;

/// What has been spent since the last look began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spent {
    /// Time that has gone by.
    pub time: Duration,
    /// Time of processors that all our threads have used.
    pub processor: Duration,
    /// Time for which the process was held still.
    pub paused: Duration,
}

impl Spent {
    /// Time to wait until the next look: it begins `interval` after the last one began, or later, so that looks keep to their share.
    #[must_use]
    pub fn rest(&self, interval: Duration) -> Duration {
        let period = interval
            .max(self.processor.saturating_mul(SHARE_OF_PROCESSOR))
            .max(self.paused.saturating_mul(SHARE_OF_TIME));
        period.saturating_sub(self.time)
    }
}

#[cfg(test)]
mod tests {
    use super::Spent;
    use std::time::Duration;

    fn rest(interval: u64, time: u64, processor: u64, paused_us: u64) -> Duration {
        let milliseconds = Duration::from_millis;
        let spent = Spent {
            time: milliseconds(time),
            processor: milliseconds(processor),
            paused: Duration::from_micros(paused_us),
        };
        spent.rest(milliseconds(interval))
    }

    #[test]
    fn a_cheap_look_keeps_the_interval() {
        assert_eq!(rest(1000, 30, 20, 150), Duration::from_millis(970));
        assert_eq!(rest(1000, 0, 0, 0), Duration::from_secs(1));
    }

    #[test]
    fn a_look_that_costs_more_makes_the_interval_longer() {
        // Two threads worked at once: 300 ms of processors are a tenth of 3 s.
        assert_eq!(rest(1000, 160, 300, 0), Duration::from_millis(2840));
        assert_eq!(rest(0, 5, 4, 0), Duration::from_millis(35));
    }

    #[test]
    fn pauses_take_no_more_than_a_millisecond_of_a_second() {
        assert_eq!(rest(1000, 20, 10, 2500), Duration::from_millis(2480));
        assert_eq!(rest(0, 20, 1, 100), Duration::from_millis(80));
    }

    #[test]
    fn a_look_that_took_longer_than_its_time_is_followed_at_once() {
        assert_eq!(rest(1000, 1500, 90, 900), Duration::ZERO);
    }

    #[test]
    fn absurd_times_do_not_overflow() {
        let spent = Spent { time: Duration::ZERO, processor: Duration::MAX, paused: Duration::MAX };
        assert_eq!(spent.rest(Duration::MAX), Duration::MAX);
    }
}
