//! The findings about async generators, and about calls of their methods.

use super::super::Settings;
use super::super::async_generators::JudgedLeft;
use super::draft::About;
use super::keepers::Keepers;
use super::names::Names;
use crate::analysis::async_generators::Situation;
use crate::analysis::group::by_key;
use crate::heap::MethodCall;
use crate::heap::candidates::AsyncGeneratorMethod;
use crate::memory::Address;
use crate::report::{self, Finding, HexAddress, Instance, Verdict};

/// What is one finding: the situation, the code of the generator, the method that was called, where the generator stands, and the verdict.
type Key = (Situation, Address, Option<&'static str>, Option<report::Frame>, Verdict);

pub(super) fn findings(
    names: &Names<'_, '_>,
    keepers: &Keepers<'_, '_>,
    judged: &[JudgedLeft],
    settings: &Settings,
    settled_s: Option<f64>,
) -> Vec<Finding> {
    let key = |one: &JudgedLeft| -> Key {
        let position = match one.situation {
            Situation::Abandoned => one.generator.frame.and_then(|frame| names.frame(&frame)),
            Situation::NeverStarted | Situation::MethodNeverAwaited => None,
        };
        let method = one.call.map(|call| method_name(names, &call));
        (one.situation, one.generator.code, method, position, one.judgement.verdict)
    };
    let mut findings: Vec<Finding> = by_key(judged.iter().map(|one| (key(one), one)))
        .into_iter()
        .filter_map(|(key, members)| finding(names, keepers, key, &members, settings, settled_s))
        .collect();
    findings.sort_by_key(|finding| (finding.verdict, std::cmp::Reverse(finding.count)));
    findings
}

fn finding(
    names: &Names<'_, '_>,
    keepers: &Keepers<'_, '_>,
    (situation, _, method, position, verdict): Key,
    members: &[&JudgedLeft],
    settings: &Settings,
    settled_s: Option<f64>,
) -> Option<Finding> {
    let first = members.first()?;
    let reason = &first.judgement.reason;
    let mut about = About::generator(names, &first.generator);
    if let Some(method) = method {
        about.qualname = format!("{}.{method}", about.qualname);
    }
    let (retained_by, also_retained_by) = keepers.of(members.iter().map(|member| member.address));
    Some(Finding {
        retained_by,
        also_retained_by,
        why: reason.sentence(situation, settled_s),
        advice: reason.advice(situation),
        count: members.len() as u64,
        position,
        instances: members.iter().take(settings.instances).map(|member| instance(names, member)).collect(),
        instances_omitted: (members.len() as u64).saturating_sub(settings.instances as u64),
        ..about.finding(situation.kind(), verdict)
    })
}

fn instance(names: &Names<'_, '_>, judged: &JudgedLeft) -> Instance {
    let size = match judged.call {
        Some(_) => None,
        None => names.heap.generator_shallow_size(&judged.generator).ok(),
    };
    Instance {
        address: HexAddress(judged.address.get()),
        age_s: judged.known_for_s,
        refcount: names.heap.exact_refcount(judged.address).ok().flatten(),
        size_bytes: size,
        arguments: None,
    }
}

/// The method that was called. `__anext__()` sends nothing, not even `None`; `aclose()` throws nothing of the caller's.
fn method_name(names: &Names<'_, '_>, call: &MethodCall) -> &'static str {
    let layout = names.heap.layout();
    let is_null = |field| names.heap.pointer(call.address, field).is_ok_and(Address::is_null);
    match call.method {
        AsyncGeneratorMethod::Send if is_null(layout.asend.ags_sendval) => "__anext__",
        AsyncGeneratorMethod::Send => "asend",
        AsyncGeneratorMethod::Throw if layout.athrow.agt_args.is_present() && is_null(layout.athrow.agt_args) => {
            "aclose"
        }
        AsyncGeneratorMethod::Throw if layout.athrow.agt_typ.is_present() && is_null(layout.athrow.agt_typ) => "aclose",
        AsyncGeneratorMethod::Throw => "athrow",
        AsyncGeneratorMethod::Next => "__anext__",
    }
}
