//! How long to leave a process alone between two looks.
//!
//! Whoever looks again and again must stay small beside the process: in time of a processor, and in time for which the process was held
//! still. Both are known after a look, so the time until the next one follows from them.

use std::time::Duration;

/// Of one processor, what is done at each look takes no more than one part in so many.
const SHARE_OF_LOOKS: u32 = 15;
/// Of one processor, what is not done at each look takes no more than one part in so many, each kind of it.
pub(super) const SHARE_OF_RATIONED: u32 = 80;
/// Of all time, the process is held still for no more than one part in so many: a millisecond in a second.
const SHARE_OF_TIME: u32 = 1000;

/// What has been spent since the last look began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spent {
    /// Time that has gone by.
    pub time: Duration,
    /// Time of processors that all our threads have used.
    pub processor: Duration,
    /// What part of that was for work that is not done at each look, and keeps to a share of its own: sweeps, searches for holders.
    pub rationed: Duration,
    /// Time for which the process was held still.
    pub paused: Duration,
}

impl Spent {
    /// Time to wait until the next look: it begins `interval` after the last one began, or later, so that looks keep to their share. Together
    /// with what is rationed that is less than a tenth of one processor in the long run.
    #[must_use]
    pub fn rest(&self, interval: Duration) -> Duration {
        let period = interval
            .max(self.processor.saturating_sub(self.rationed).saturating_mul(SHARE_OF_LOOKS))
            .max(self.paused.saturating_mul(SHARE_OF_TIME));
        period.saturating_sub(self.time)
    }
}

#[cfg(test)]
mod tests {
    use super::{SHARE_OF_LOOKS, SHARE_OF_RATIONED, Spent};
    use std::time::Duration;

    fn rest(interval: u64, time: u64, processor: u64, rationed: u64, paused_us: u64) -> Duration {
        let milliseconds = Duration::from_millis;
        let spent = Spent {
            time: milliseconds(time),
            processor: milliseconds(processor),
            rationed: milliseconds(rationed),
            paused: Duration::from_micros(paused_us),
        };
        spent.rest(milliseconds(interval))
    }

    #[test]
    fn a_cheap_look_keeps_the_interval() {
        assert_eq!(rest(1000, 30, 20, 0, 150), Duration::from_millis(970));
        assert_eq!(rest(1000, 0, 0, 0, 0), Duration::from_secs(1));
    }

    #[test]
    fn a_look_that_costs_more_makes_the_interval_longer() {
        // Two threads worked at once: 300 ms of processors are a fifteenth of 4.5 s.
        assert_eq!(rest(1000, 160, 300, 0, 0), Duration::from_millis(4340));
        assert_eq!(rest(0, 5, 4, 0, 0), Duration::from_millis(55));
    }

    #[test]
    fn what_has_a_share_of_its_own_does_not_count_twice() {
        assert_eq!(rest(1000, 260, 300, 280, 0), Duration::from_millis(740));
        assert_eq!(rest(0, 260, 300, 300, 0), Duration::ZERO);
    }

    #[test]
    fn all_shares_together_are_less_than_a_tenth() {
        let of_one = |share: u32| 1.0 / f64::from(share);
        // Sweeps, and searches for holders.
        assert!(of_one(SHARE_OF_LOOKS) + 2.0 * of_one(SHARE_OF_RATIONED) < 0.1);
    }

    #[test]
    fn pauses_take_no_more_than_a_millisecond_of_a_second() {
        assert_eq!(rest(1000, 20, 10, 0, 2500), Duration::from_millis(2480));
        assert_eq!(rest(0, 20, 1, 0, 100), Duration::from_millis(80));
    }

    #[test]
    fn a_look_that_took_longer_than_its_time_is_followed_at_once() {
        assert_eq!(rest(1000, 1500, 70, 0, 900), Duration::ZERO);
    }

    #[test]
    fn absurd_times_do_not_overflow() {
        let spent = Spent { processor: Duration::MAX, paused: Duration::MAX, ..Spent::default() };
        assert_eq!(spent.rest(Duration::MAX), Duration::MAX);
    }
}
