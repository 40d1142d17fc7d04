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
            let finding = match fitting(&report.findings, *kind, name)[..] {
                [finding] => finding,
                [] => return Err(nothing(report, *kind, name)),
                ref found => return Err(several(report, name, found)),
            };
            Ok((object_of(finding, instance)?, Some(finding)))
        }
    }
}

/// An object of a finding, from 1, the oldest first; of those that were known for equally long the report's order stays.
fn object_of(finding: &Finding, instance: usize) -> Result<Address> {
    let mut instances: Vec<_> = finding.instances.iter().collect();
    let age = |age: Option<f64>| age.unwrap_or(-1.0);
    instances.sort_by(|one, other| age(other.age_s).total_cmp(&age(one.age_s)));
    let chosen = instance.checked_sub(1).and_then(|at| instances.get(at)).ok_or_else(|| {
        let message = format!("there is no instance {instance} of {}", full_name(finding));
        Error::new(ErrorKind::NoSuchObject, message).caused_by(match instances.len() {
            1 => "the finding has one object".to_owned(),
            count => format!("the finding has {count} objects"),
        })
    })?;
    Ok(Address::new(chosen.address.0))
}

/// The findings with objects that have this name: in full, else as the function's own, else as the end of it.
fn fitting<'r>(findings: &'r [Finding], kind: Option<Kind>, name: &str) -> Vec<&'r Finding> {
    let of_kind = |finding: &&Finding| !finding.instances.is_empty() && kind.is_none_or(|kind| finding.kind == kind);
    let fits: [&dyn Fn(&Finding) -> bool; 3] = [
        &|finding| finding.fingerprint == name || full_name(finding) == name,
        &|finding| finding.qualname == name,
        &|finding| full_name(finding).strip_suffix(name).is_some_and(|before| before.ends_with('.')),
    ];
    let found = fits.iter().map(|fits| findings.iter().filter(of_kind).filter(|finding| fits(finding)).collect());
    found.into_iter().find(|found: &Vec<_>| !found.is_empty()).unwrap_or_default()
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
    use crate::report::{HexAddress, Instance, Verdict};

    fn finding(kind: Kind, module: &str, qualname: &str, ages: &[Option<f64>]) -> Finding {
        let instance = |(index, age_s): (usize, &Option<f64>)| Instance {
            address: HexAddress(0x1000 + 16 * index as u64),
            age_s: *age_s,
            refcount: Some(1),
            size_bytes: None,
            arguments: None,
        };
        let text = serde_json::json!({
            "fingerprint": format!("print of {module}.{qualname}"),
            "kind": kind, "verdict": Verdict::Suspect, "why": "", "qualname": qualname, "module": module,
            "distribution": null, "definition": null, "count": ages.len(), "created_at": null, "warning": null, "advice": "",
        });
        let finding: Finding = serde_json::from_value(text).unwrap();
        Finding { instances: ages.iter().enumerate().map(instance).collect(), ..finding }
    }

    #[test]
    fn the_fullest_name_wins() {
        let held = Kind::UnawaitedHeld;
        let findings = [
            finding(held, "app", "fetch", &[None]),
            finding(held, "app", "Client.fetch", &[None]),
            finding(held, "lib", "Client.send", &[None]),
            finding(Kind::UnawaitedCycleGarbage, "lib", "Client.send", &[None]),
            finding(Kind::DiscardedCallSite, "app", "call", &[]),
        ];
        let found = |kind, name: &str| {
            let found = fitting(&findings, kind, name);
            found.iter().map(|found| (found.kind.word(), full_name(found))).collect::<Vec<_>>()
        };
        let one = |name: &str| vec![(held.word(), name.to_owned())];
        assert_eq!(found(None, "fetch"), one("app.fetch"), "the method's name only ends so");
        assert_eq!(found(None, "Client.fetch"), one("app.Client.fetch"));
        assert_eq!(found(None, "app.Client.fetch"), one("app.Client.fetch"));
        assert_eq!(found(None, "print of app.fetch"), one("app.fetch"));
        assert_eq!(found(None, "send").len(), 2);
        assert_eq!(found(Some(held), "send"), one("lib.Client.send"));
        for nothing in ["etch", "app.send", "call", ""] {
            assert_eq!(found(None, nothing), [], "{nothing}");
        }
    }

    #[test]
    fn the_oldest_comes_first() {
        let finding = finding(Kind::UnawaitedHeld, "app", "fetch", &[Some(0.5), None, Some(7.0), Some(0.5)]);
        let order: Vec<u64> = (1..=4).map(|instance| object_of(&finding, instance).unwrap().get() - 0x1000).collect();
        assert_eq!(order, [32, 0, 48, 16]);
        assert_eq!(object_of(&finding, 5).unwrap_err().kind(), ErrorKind::NoSuchObject);
        assert!(object_of(&finding, 0).is_err());
    }

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
