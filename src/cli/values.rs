//! Words that are values: pids, durations.

use std::time::Duration;

use crate::process::Pid;

/// A decimal pid.
pub(super) fn pid(word: &str) -> Result<Pid, String> {
    word.parse()
        .ok()
        .and_then(Pid::new)
        .ok_or_else(|| "a pid is a positive decimal number, as `ps` shows it".to_owned())
}

/// A duration with its unit. A bare number is refused, except 0: some tools count in seconds, some in milliseconds.
pub(super) fn duration(word: &str) -> Result<Duration, String> {
    humantime::parse_duration(word).map_err(|_| "a duration has a unit: 500ms, 2s, 1m".to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    #[test]
    fn pids() {
        assert_eq!(super::pid("4242").unwrap().get(), 4242);
        for word in ["", "0", "-1", "0x10", "12a", "99999999999"] {
            assert!(super::pid(word).is_err(), "{word}");
        }
    }

    #[test]
    fn durations() {
        assert_eq!(super::duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(super::duration("1m 30s"), Ok(Duration::from_secs(90)));
        assert_eq!(super::duration("0"), Ok(Duration::ZERO));
        for word in ["", "5", "5 parsecs", "-1s", "99999999999999999999s"] {
            assert!(super::duration(word).is_err(), "{word}");
        }
    }
}
