//! Made-up answers to the question who holds an object.

use coroscope::report::{
    Definition, Evidence, HeldObject, HexAddress, HoldingPath, HoldingStep, Kind, Location, ObjectState,
    ReferenceCounts, Retained, RootKind, Tool, Verdict, WHY_SCHEMA, WhyReport,
};

/// A path of these steps, of which some are marked.
pub(crate) fn path(root: RootKind, texts: &[&str], last_sane: Option<usize>, suspect: Option<usize>) -> HoldingPath {
    let step = |(index, text): (usize, &&str)| HoldingStep {
        text: (*text).into(),
        address: HexAddress(0x7f3a_5c10_0000 + index as u64 * 0x40),
        type_name: Some(if index == 0 { "module" } else { "list" }.into()),
        last_sane: last_sane == Some(index),
        suspect: suspect == Some(index),
    };
    HoldingPath { root, steps: texts.iter().enumerate().map(step).collect() }
}

/// A coroutine that a list has.
pub(crate) fn held() -> WhyReport {
    let report = super::healthy();
    WhyReport {
        schema: WHY_SCHEMA.into(),
        tool: Tool { name: "coroscope".into(), version: "0.0.0".into() },
        captured_at: report.captured_at,
        target: report.target,
        look: report.look,
        object: HeldObject {
            address: HexAddress(0x7f3a_5c01_e000),
            type_name: "coroutine".into(),
            kind: Some(Kind::UnawaitedHeld),
            verdict: Some(Verdict::Leaked),
            qualname: Some("fetch".into()),
            module: Some("app".into()),
            state: Some(ObjectState::Created),
            definition: Some(Definition { file: "/srv/app/__init__.py".into(), line: 17 }),
            created_at: Some(vec![Location {
                source: Some("PENDING.append(fetch(url))".into()),
                ..Location::new("/srv/app/jobs.py".into(), 41, Some("schedule".into()), Evidence::CallSite)
            }]),
            refcount: Some(1),
            size_bytes: Some(480),
            retained: Some(Retained { bytes: 12_300, objects: 41, exact: true }),
        },
        paths: vec![path(RootKind::Module, &["module app.queue", "global 'PENDING'", "list[3]"], Some(1), Some(2))],
        unreachable: false,
        references: ReferenceCounts {
            count: Some(1),
            found: 1,
            not_found: Some(0),
            words_outside_of_objects: 0,
            complete: true,
            note: None,
        },
    }
}

/// A coroutine that is held in many ways, one of them long.
pub(crate) fn held_by_many() -> WhyReport {
    let mut report = held();
    let mut long = vec!["module app.tree".to_owned(), "global 'ROOT'".to_owned()];
    long.extend((0..14).map(|level| format!("attribute 'child_{level}' of app.tree.Node")));
    let long: Vec<&str> = long.iter().map(String::as_str).collect();
    report.paths.extend([
        path(
            RootKind::Frame,
            &["local 'waiting' in app.main() at app/main.py:9 (running, thread 4242)", "dict['a key']"],
            Some(0),
            Some(1),
        ),
        path(RootKind::Frame, &["local 'last' in app.main() at app/main.py:9 (running, thread 4242)"], None, Some(0)),
        path(RootKind::Memory, &["C memory", "C object _speedups.Ring"], None, None),
        path(RootKind::Module, &long, Some(1), Some(2)),
    ]);
    report.object.refcount = Some(9);
    report.object.retained = Some(Retained { bytes: 3_200_000, objects: 20_000, exact: false });
    report.references = ReferenceCounts {
        count: Some(9),
        found: 7,
        not_found: Some(2),
        words_outside_of_objects: 3,
        complete: true,
        note: Some(
            "2 references were not found: C code has it on its stack, in a register, or in memory of its own.".into(),
        ),
    };
    report
}

/// An object of no finding, which nothing leads to.
pub(crate) fn garbage() -> WhyReport {
    let mut report = held();
    report.object = HeldObject {
        type_name: "app.jobs.Pool".into(),
        kind: None,
        verdict: None,
        qualname: None,
        module: None,
        state: None,
        definition: None,
        created_at: None,
        ..report.object
    };
    report.paths.clear();
    report.unreachable = true;
    report
}
