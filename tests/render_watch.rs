//! The lines of `watch` for made-up reports: what is new, grows, shrinks and goes.

mod synthetic;

use std::time::Duration;

use coroscope::render::{Scope, Style, Watch};
use coroscope::report::{Collector, Mode, Report, Skipped, Verdict};

const ASCII: Style = Style { color: false, unicode: false, width: None };
const NARROW: Style = Style { color: false, unicode: true, width: Some(60) };
const COLOR: Style = Style { color: true, unicode: true, width: None };

fn report(findings: &[(&str, Verdict, u64)]) -> Report {
    let findings = findings.iter().map(|(name, verdict, count)| synthetic::held(name, *verdict, *count)).collect();
    synthetic::with_findings(synthetic::healthy(), findings)
}

fn told(watch: &mut Watch, report: &Report, style: &Style) -> String {
    let mut bytes = Vec::new();
    watch.write(report, Duration::from_micros(16_040), &mut bytes, style).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn a_story(style: &Style) -> String {
    let mut watch = Watch::default();
    let mut between = report(&[("fetch", Verdict::Leaked, 18), ("send", Verdict::Suspect, 2)]);
    (between.look.collector, between.look.swept_s_ago) = (Collector::Known, Some(4.04));
    let mut incomplete = report(&[("fetch", Verdict::Leaked, 12_000)]);
    incomplete.look.complete = false;
    incomplete.look.mode = Mode::Nonblocking;
    incomplete.look.skipped =
        vec![Skipped { what: "coroutines".into(), count: 3, why: "their memory went away".into() }];
    let looks = [
        report(&[("fetch", Verdict::Suspect, 15), ("early", Verdict::Pending, 1)]),
        report(&[("fetch", Verdict::Leaked, 15)]),
        between.clone(),
        between,
        incomplete.clone(),
        incomplete,
        report(&[]),
    ];
    looks.iter().map(|report| told(&mut watch, report, style)).collect()
}

#[test]
fn a_story_of_seven_looks() {
    insta::assert_snapshot!(a_story(&Style::PLAIN));
}

#[test]
fn ascii_only() {
    let text = a_story(&ASCII);
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn narrow_terminal() {
    insta::assert_snapshot!(a_story(&NARROW));
}

#[test]
fn colour_adds_no_meaning() {
    let mut plain = String::new();
    let mut rest = a_story(&COLOR);
    assert!(rest.contains('\u{1b}'), "{rest}");
    while let Some(start) = rest.find('\u{1b}') {
        plain.push_str(&rest[..start]);
        let end = start + rest[start..].find('m').expect("a sequence of colours ends with m") + 1;
        rest = rest[end..].to_owned();
    }
    assert_eq!(plain + &rest, a_story(&Style::PLAIN));
}

#[test]
fn what_stays_is_told_once() {
    let mut watch = Watch::default();
    let same = report(&[("fetch", Verdict::Leaked, 15)]);
    assert!(told(&mut watch, &same, &Style::PLAIN).lines().count() > 2);
    assert_eq!(told(&mut watch, &same, &Style::PLAIN).lines().count(), 1);
}

#[test]
fn what_was_not_asked_for_is_not_told() {
    let mut watch = Watch::new(Scope::new(false, &["aiohttp".to_owned()]));
    let text = told(&mut watch, &report(&[("fetch", Verdict::Leaked, 15)]), &Style::PLAIN);
    assert!(text.contains("0 leaked") && !text.contains("fetch"), "{text}");
}
