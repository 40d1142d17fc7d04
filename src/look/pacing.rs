//! How much is read in one pause, and how long the target runs until the next.
//!
//! What a pause costs is what it takes to stop and let go, which depends on the threads of the target, and what it takes to read
//! a page: about 0.7 µs where pages follow each other. Both are measured in each pause, for the next one.

use std::time::Duration;

/// What stopping and letting go takes, until it is measured.
const FIRST_OVERHEAD: Duration = Duration::from_micros(100);
/// What a page takes, until it is measured.
const FIRST_PAGE_NS: u64 = 1000;
/// Of the time that is left to read, this part (in fourths) is planned for: not every page is equally quick.
const PLANNED_FOURTHS: u32 = 3;
/// Between two pauses the target runs on for so many times the length of the one before.
const GAP: u32 = 5;
/// The longest gap: after a pause that was long because the machine is busy, it is no use to wait for seconds.
const LONGEST_GAP: Duration = Duration::from_millis(50);

/// The pace of the pauses of one confirmation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    budget: Duration,
    overhead: Duration,
    page_ns: u64,
    last: Option<Duration>,
}

impl Pace {
    /// No pause is to be longer than `budget`, where that can be helped.
    pub(super) fn new(budget: Duration) -> Self {
        Self { budget, overhead: FIRST_OVERHEAD, page_ns: FIRST_PAGE_NS, last: None }
    }

    /// Pages to read in the next pause, with `taken` of the time used for something else. At least one; and a pause reads for at least as
    /// long as it takes to stop and let go: with smaller pieces there would be more pauses, and more of them would be lost time.
    pub(super) fn pages(&self, taken: Duration) -> usize {
        let left = self.budget.saturating_sub(self.overhead).saturating_sub(taken);
        let time = (left * PLANNED_FOURTHS / 4).max(self.overhead);
        let pages = time.as_nanos() / u128::from(self.page_ns);
        usize::try_from(pages).unwrap_or(usize::MAX).max(1)
    }

    /// Learns from a pause: how long the target stood still, for how long of it `pages` were read.
    pub(super) fn learn(&mut self, held: Duration, reading: Duration, pages: usize) {
        // The machine may have had something else to do: the shortest is what it takes.
        let overhead = held.saturating_sub(reading);
        self.overhead = if self.last.is_some() { self.overhead.min(overhead) } else { overhead };
        self.last = Some(held);
        if let Some(page) = reading.as_nanos().checked_div(pages as u128) {
            self.page_ns = u64::try_from(page).unwrap_or(u64::MAX).max(1);
        }
    }

    /// How long the target runs before it is held again.
    pub(super) fn gap(&self) -> Duration {
        self.last.map_or(Duration::ZERO, |held| (held * GAP).min(LONGEST_GAP.max(held)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn us(time: u64) -> Duration {
        Duration::from_micros(time)
    }

    #[test]
    fn before_anything_is_measured_a_careful_guess_is_made() {
        let pace = Pace::new(us(2000));
        assert_eq!(pace.pages(Duration::ZERO), 1425);
        assert_eq!(pace.pages(us(1000)), 675);
        assert_eq!(pace.gap(), Duration::ZERO);
    }

    #[test]
    fn the_next_pause_is_as_long_as_the_last_one_allows() {
        let mut pace = Pace::new(us(2000));
        pace.learn(us(1200), us(1000), 500);
        assert_eq!(pace.pages(Duration::ZERO), 675); // 3/4 of 1.8 ms, 2 µs a page
        assert_eq!(pace.gap(), us(6000));
        // A processor that was away while the target stopped is not the rule.
        pace.learn(us(9000), us(1000), 1000);
        assert_eq!(pace.pages(Duration::ZERO), 1350);
        assert_eq!(pace.gap(), us(45_000));
        pace.learn(us(40_000), us(1000), 1000);
        assert_eq!(pace.gap(), us(50_000));
    }

    #[test]
    fn a_budget_that_cannot_be_kept_makes_no_endless_row_of_pauses() {
        let mut pace = Pace::new(Duration::from_nanos(1));
        assert_eq!(pace.pages(Duration::ZERO), 100);
        // A thousand threads.
        pace.learn(us(10_100), us(100), 100);
        assert_eq!(pace.pages(Duration::ZERO), 10_000);
        // Nothing was to be read, and the clock did not move.
        pace.learn(Duration::ZERO, Duration::ZERO, 0);
        assert_eq!(pace.pages(Duration::ZERO), 1);
    }
}
