//! Words that are values: pids, durations, sizes.

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

/// A size in bytes with its unit, a power of 1024. A bare number is refused: some tools count in bytes, some in kilobytes.
pub(super) fn size(word: &str) -> Result<u64, String> {
    let refused = || "a size has a unit: 512K, 256M, 1G".to_owned();
    let (number, unit) = word.split_at(word.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(refused)?);
    let shift = match unit.to_ascii_lowercase().as_str() {
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        _ => return Err(refused()),
    };
    let number: u64 = number.parse().map_err(|_| refused())?;
    number.checked_mul(1 << shift).filter(|size| *size > 0).ok_or_else(refused)
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
    fn sizes() {
        assert_eq!(super::size("512K"), Ok(512 << 10));
        assert_eq!(super::size("256M"), Ok(256 << 20));
        assert_eq!(super::size("2gib"), Ok(2 << 30));
        for word in ["", "0", "256", "M", "0M", "-1M", "1.5G", "1T", "99999999999999G"] {
            assert!(super::size(word).is_err(), "{word}");
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
