//! Which object is meant: by its address, or by the finding it belongs to.

use crate::error::{Error, ErrorKind, Result};
use crate::memory::Address;
use crate::report::{Evidence, Finding, Kind, Report};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error as Refusal;
use std::str::FromStr;

/// Findings listed where several fit.
const MOST_LISTED: usize = 20;

/// Which object is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The one at this address.
    Address(Address),
    /// One of those of a finding.
    Finding {
        /// What the finding is about, if that was said.
        kind: Option<Kind>,
        /// Its function: the qualified name with the module or without, or the end of it; or the finding's fingerprint.
        name: String,
    },
}

impl FromStr for What {
    type Err = String;

    /// `0x7f3a5c01e2c0` as reports have it, `139888123` as `id()` says it; `fetch`, `app.fetch`, `unawaited_held:app.fetch`.
    fn from_str(word: &str) -> std::result::Result<Self, String> {
        let address = |digits: &str, radix| {
            let number = u64::from_str_radix(digits, radix).ok().filter(|number| *number > 0 && number % 8 == 0);
            number
                .map(Address::new)
                .map(Self::Address)
                .ok_or_else(|| "this cannot be the address of an object".to_owned())
        };
        if let Some(digits) = word.strip_prefix("0x") {
            return address(digits, 16);
        }
        if word.bytes().all(|byte| byte.is_ascii_digit()) && !word.is_empty() {
            return address(word, 10);
        }
        let (kind, name) = match word.split_once(':') {
            None => (None, word),
            Some((kind, name)) => (Some(kind), name),
        };
        let kind = kind.map(|word| kind_of(word).ok_or_else(|| format!("`{word}` is no kind of finding")));
        if name.is_empty() {
            return Err("a name is missing: `unawaited_held:app.fetch`".to_owned());
        }
        Ok(Self::Finding { kind: kind.transpose()?, name: name.to_owned() })
    }
}

fn kind_of(word: &str) -> Option<Kind> {
    let word = IntoDeserializer::<Refusal>::into_deserializer(word);
    Kind::deserialize(word).ok()
}

/// The object that is meant, and the finding about it, if there is one. `instance`: which object of a finding, from 1, the oldest
/// first.
///
/// # Errors
/// When nothing fits, or several findings do.
pub(super) fn choose<'r>(report: &'r Report, what: &What, instance: usize) -> Result<(Address, Option<&'r Finding>)> {
    match what {
        What::Address(address) => {
            let about =
                |finding: &&Finding| finding.instances.iter().any(|instance| instance.address.0 == address.get());
            Ok((*address, report.findings.iter().find(about)))
        }
        What::Finding { kind, name } => {
            let finding = the_one(report, *kind, name)?;
            let mut instances: Vec<_> = finding.instances.iter().collect();
            // Of those that were known for equally long the report's order stays.
            instances.sort_by(|one, other| {
                let age = |age: Option<f64>| age.unwrap_or(-1.0);
                age(other.age_s).total_cmp(&age(one.age_s))
            });
            let chosen = instance.checked_sub(1).and_then(|at| instances.get(at)).ok_or_else(|| {
                let count = instances.len();
                let message = format!("there is no instance {instance} of {}", full_name(finding));
                Error::new(ErrorKind::NoSuchObject, message).caused_by(match count {
                    1 => "the finding has one object".to_owned(),
                    count => format!("the finding has {count} objects"),
                })
            })?;
            Ok((Address::new(chosen.address.0), Some(finding)))
        }
    }
}

/// The one finding with objects that has this name, fully if one has, else the one whose name ends so.
fn the_one<'r>(report: &'r Report, kind: Option<Kind>, name: &str) -> Result<&'r Finding> {
    let candidates = || {
        let of_kind = report.findings.iter().filter(move |finding| kind.is_none_or(|kind| finding.kind == kind));
        of_kind.filter(|finding| !finding.instances.is_empty())
    };
    let fits: [&dyn Fn(&Finding) -> bool; 3] = [
        &|finding| finding.fingerprint == name || full_name(finding) == name,
        &|finding| finding.qualname == name,
        &|finding| full_name(finding).strip_suffix(name).is_some_and(|before| before.ends_with('.')),
    ];
    let found = fits.iter().map(|fits| candidates().filter(|finding| fits(finding)).collect::<Vec<_>>());
    let found = found.into_iter().find(|found| !found.is_empty()).unwrap_or_default();
    match found[..] {
        [finding] => Ok(finding),
        [] => Err(nothing(report, kind, name)),
        _ => Err(several(report, name, &found)),
    }
}

fn nothing(report: &Report, kind: Option<Kind>, name: &str) -> Error {
    let pid = report.target.pid;
    let of_kind = kind.map(|kind| format!("{kind} ")).unwrap_or_default();
    let message = format!("process {pid} has no {of_kind}finding with objects named `{name}`");
    Error::new(ErrorKind::NoSuchObject, message)
        .hint(format!("`coroscope dump {pid} --all` lists what there is"))
        .hint("an object that is no finding is named by its address: `0x7f…` as reports have it, or what `id()` says")
}

fn several(report: &Report, name: &str, found: &[&Finding]) -> Error {
    let pid = report.target.pid;
    let message = format!("{} findings of process {pid} fit `{name}`", found.len());
    let error = Error::new(ErrorKind::Usage, message).caused_by("name one of their objects by its address");
    found.iter().take(MOST_LISTED).fold(error, |error, finding| {
        let address = finding.instances.first().map(|instance| instance.address.to_string()).unwrap_or_default();
        let place = finding.created_at.iter().flatten().find(|place| place.evidence <= Evidence::CallSite);
        let place = match (place, &finding.definition) {
            (Some(place), _) => format!(", created at {}:{}", place.file, place.line),
            (None, Some(definition)) => format!(", defined at {}:{}", definition.file, definition.line),
            (None, None) => String::new(),
        };
        error.hint(format!("`coroscope why {pid} {address}`  {}:{}{place}", finding.kind, full_name(finding)))
    })
}

fn full_name(finding: &Finding) -> String {
    match finding.module.as_deref() {
        Some(module) if !module.is_empty() => format!("{module}.{}", finding.qualname),
        _ => finding.qualname.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        let finding = |kind, name: &str| Ok(What::Finding { kind, name: name.to_owned() });
        let address = |number| Ok(What::Address(Address::new(number)));
        for (word, expected) in [
            ("0x7f3a5c01e2c0", address(0x7f3a_5c01_e2c0)),
            ("139888123456", address(139_888_123_456)),
            ("fetch", finding(None, "fetch")),
            ("app.jobs.Pool.<locals>.run", finding(None, "app.jobs.Pool.<locals>.run")),
            ("unawaited_held:app.fetch", finding(Some(Kind::UnawaitedHeld), "app.fetch")),
        ] {
            assert_eq!(word.parse::<What>(), expected, "{word}");
        }
        for word in
            ["", "0x", "0x7f3a5c01e2c1", "0", "12345", "0x10000000000000000", "leak:app.fetch", "unawaited_held:"]
        {
            assert!(word.parse::<What>().is_err(), "{word}");
        }
    }
}
