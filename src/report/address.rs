//! An address as JSON carries it.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An address in the target. In JSON a string such as `"0x7f3a5c01e2c0"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HexAddress(pub u64);

impl From<crate::memory::Address> for HexAddress {
    fn from(address: crate::memory::Address) -> Self {
        Self(address.get())
    }
}

impl fmt::Display for HexAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl Serialize for HexAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HexAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.strip_prefix("0x")
            .and_then(|digits| u64::from_str_radix(digits, 16).ok())
            .map(Self)
            .ok_or_else(|| de::Error::custom(format_args!("not a hex address: {text}")))
    }
}

impl JsonSchema for HexAddress {
    fn schema_name() -> Cow<'static, str> {
        "HexAddress".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^0x[0-9a-f]{1,16}$",
            "description": "An address in the target, in hex digits: many JSON readers lose the low bits of a 64-bit number."
        })
    }
}

#[cfg(test)]
mod tests {
    use super::HexAddress;

    #[test]
    fn goes_through_json_without_loss() {
        let address = HexAddress(0xffff_ffff_ffff_fff1);
        let text = serde_json::to_string(&address).unwrap();
        assert_eq!(text, "\"0xfffffffffffffff1\"");
        assert_eq!(serde_json::from_str::<HexAddress>(&text).unwrap(), address);
    }

    #[test]
    fn refuses_what_is_no_address() {
        for text in ["\"7f\"", "\"0x\"", "\"0xg\"", "\"0x10000000000000000\"", "12"] {
            assert!(serde_json::from_str::<HexAddress>(text).is_err(), "{text}");
        }
    }
}
