//! A name for a finding that is the same in other runs and in other processes of the same code.

/// Folds what identifies a finding – its kind, and where its function is defined – into 16 hex digits (64-bit FNV-1a).
///
/// Addresses, counts, verdicts and times are no part of it: they differ from run to run.
#[must_use]
pub fn fingerprint<'p>(parts: impl IntoIterator<Item = &'p str>) -> String {
    const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mut hash = OFFSET_BASIS;
    for part in parts {
        // The separator keeps ("ab", "c") from ("a", "bc").
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(PRIME);
        }
    }
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_a_contract_and_does_not_change() {
        assert_eq!(fingerprint(["unawaited_held", "app", "send"]), fingerprint(["unawaited_held", "app", "send"]));
        assert_eq!(fingerprint([]), "cbf29ce484222325");
        assert_eq!(fingerprint(["a"]), "089bc907b544c769");
    }

    #[test]
    fn parts_are_kept_apart() {
        assert_ne!(fingerprint(["ab", "c"]), fingerprint(["a", "bc"]));
        assert_ne!(fingerprint(["a", ""]), fingerprint(["a"]));
    }
}
