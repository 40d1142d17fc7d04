//! Who holds an object, as text, for made-up answers and for each kind of place it can go to.

mod synthetic;

use coroscope::render::{Style, write_why};
use coroscope::report::{Mode, Pauses, RootKind, WhyReport};
use synthetic::why::{garbage, held, held_by_many, path};

const ASCII: Style = Style { color: false, unicode: false, width: None };
const NARROW: Style = Style { color: false, unicode: true, width: Some(60) };
const COLOR: Style = Style { color: true, unicode: true, width: None };

fn text(report: &WhyReport, style: &Style) -> String {
    let mut bytes = Vec::new();
    write_why(report, &mut bytes, style).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn one_way() {
    insta::assert_snapshot!(text(&held(), &Style::PLAIN));
}

#[test]
fn many_ways() {
    insta::assert_snapshot!(text(&held_by_many(), &Style::PLAIN));
}

#[test]
fn many_ways_in_a_narrow_terminal() {
    let text = text(&held_by_many(), &NARROW);
    assert!(text.lines().all(|line| line.chars().count() <= 60 || line.contains("coroscope why")), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn ascii_only() {
    let text = text(&held_by_many(), &ASCII);
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn garbage_and_what_was_not_found() {
    insta::assert_snapshot!(text(&garbage(), &Style::PLAIN));
    let mut report = garbage();
    report.unreachable = false;
    assert!(
        text(&report, &Style::PLAIN).contains("\nNo way from a module, frame, task, loop or thread to it was found.\n")
    );
}

#[test]
fn colours_change_nothing_but_colours() {
    let colored = text(&held_by_many(), &COLOR);
    assert!(colored.contains('\x1b'));
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), text(&held_by_many(), &Style::PLAIN));
}

#[test]
fn hostile_names_stay_names() {
    let mut report = held();
    report.object.qualname = Some("a\x1b]0;owned\x07".into());
    report.paths = vec![path(RootKind::Module, &["module \x1b[2J", "global 'x\n  \u{202e}'"], Some(0), Some(1))];
    let text = text(&report, &Style::PLAIN);
    assert!(!text.contains('\x1b') && !text.contains('\x07') && !text.contains('\u{202e}'), "{text}");
    assert!(text.contains("  module \\x1b[2J") && text.contains("global 'x\\n  \\u202e'"), "{text}");
}

#[test]
fn marks_stand_below_each_other() {
    let report = text(&held(), &Style::PLAIN);
    let column = |mark: &str| {
        let line = report.lines().find(|line| line.contains(mark)).unwrap();
        line.split('←').next().unwrap().chars().count()
    };
    assert_eq!(column("last sane holder"), column("suspect"));
}

#[test]
fn a_look_that_never_paused_says_so() {
    let mut report = held();
    report.look.mode = Mode::Nonblocking;
    report.look.pauses = Pauses::default();
    assert!(text(&report, &Style::PLAIN).contains("never paused"));
}
