//! Numbers as a person reads them.

use std::time::Duration;

/// `1 coroutine`, `3 coroutines`.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// `10,000`: digits in threes, so that nobody counts zeros.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1.5 s`, `2 min 4 s`, `3 h 12 min`, `5 d 2 h`: two units at most.
pub(super) fn seconds(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "?".into();
    }
    if seconds < 59.95 {
        return format!("{seconds:.1} s");
    }
    // Saturates for absurd values instead of failing.
    let whole = Duration::try_from_secs_f64(seconds).map_or(u64::MAX, |duration| duration.as_secs());
    let (minutes, hours, days) = (whole / 60 % 60, whole / 3600 % 24, whole / 86400);
    match (days, hours) {
        (0, 0) => format!("{minutes} min {} s", whole % 60),
        (0, _) => format!("{hours} h {minutes} min"),
        _ => format!("{} d {hours} h", grouped(days)),
    }
}

/// `430 µs` (`430 us` without Unicode), `2.1 ms`, `1.5 s`.
pub(super) fn microseconds(us: u64, unicode: bool) -> String {
    match us {
        0..=999 => format!("{us} {}", if unicode { "µs" } else { "us" }),
        1000..=999_999 => format!("{}.{} ms", us / 1000, us % 1000 / 100),
        _ => format!("{}.{} s", grouped(us / 1_000_000), us % 1_000_000 / 100_000),
    }
}

/// `512 B`, `1.5 MB`: powers of 1000.
pub(super) fn bytes(bytes: u64) -> String {
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let (mut unit, mut name) = (1000, "kB");
    for (larger, larger_name) in [(1_000_000, "MB"), (1_000_000_000, "GB"), (1_000_000_000_000, "TB")] {
        if bytes >= larger {
            (unit, name) = (larger, larger_name);
        }
    }
    format!("{}.{} {name}", grouped(bytes / unit), bytes % unit / (unit / 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(counted(1, "task", "tasks"), "1 task");
        assert_eq!(counted(10_000, "task", "tasks"), "10,000 tasks");
        assert_eq!(grouped(123), "123");
        assert_eq!(grouped(u64::MAX), "18,446,744,073,709,551,615");
    }

    #[test]
    fn times() {
        assert_eq!(seconds(0.04), "0.0 s");
        assert_eq!(seconds(59.94), "59.9 s");
        assert_eq!(seconds(124.9), "2 min 4 s");
        assert_eq!(seconds(7440.0), "2 h 4 min");
        assert_eq!(seconds(442_800.0), "5 d 3 h");
        assert_eq!(seconds(f64::NAN), "?");
        assert_eq!(seconds(1e300), "213,503,982,334,601 d 7 h");
        assert_eq!(microseconds(999, true), "999 µs");
        assert_eq!(microseconds(999, false), "999 us");
        assert_eq!(microseconds(2_190, true), "2.1 ms");
        assert_eq!(microseconds(1_500_000, true), "1.5 s");
    }

    #[test]
    fn sizes() {
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_550), "1.5 kB");
        assert_eq!(bytes(318_400_000), "318.4 MB");
        assert_eq!(bytes(u64::MAX), "18,446,744.0 TB");
    }
}
