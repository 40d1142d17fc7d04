//! The text report, whole, for made-up reports and for each kind of place it can go to.

mod synthetic;

use coroscope::error::{Error, ErrorKind};
use coroscope::render::{Render, Scope, Style, Text, write_failure, write_list};
use coroscope::report::{BelongsTo, Evidence, Kind, ListedProcess, Location, Mode, Pauses, Report, Verdict};

const ASCII: Style = Style { color: false, unicode: false, width: None };
const NARROW: Style = Style { color: false, unicode: true, width: Some(60) };
const COLOR: Style = Style { color: true, unicode: true, width: None };

fn text(report: &Report, style: &Style, all: bool) -> String {
    let mut bytes = Vec::new();
    Text { all, next: true, ..Text::default() }.render(report, &mut bytes, style).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn nothing_found() {
    insta::assert_snapshot!(text(&synthetic::healthy(), &Style::PLAIN, false));
}

#[test]
fn ten_thousand_leaks_of_three_functions() {
    let text = text(&synthetic::many(), &Style::PLAIN, false);
    assert!(text.lines().count() < 45, "grouped, not listed");
    insta::assert_snapshot!(text);
}

#[test]
fn sixteen_groups_of_one_reason_fit_on_a_screen() {
    let findings =
        (0..16).map(|n| synthetic::held(&format!("job_{n}"), coroscope::report::Verdict::Leaked, 3)).collect();
    let text = text(&synthetic::with_findings(synthetic::healthy(), findings), &Style::PLAIN, false);
    assert_eq!(text.matches("Never started").count(), 1, "{text}");
    assert_eq!(text.matches("    fix ").count(), 1, "{text}");
    assert!(text.lines().count() < 50, "{text}");
}

#[test]
fn calls_on_one_line_are_told_together() {
    let place = |line| Location::new("/srv/app/mail.py".into(), line, Some("send_all".into()), Evidence::CallSite);
    let mut finding = synthetic::held("send", coroscope::report::Verdict::Leaked, 3);
    finding.created_at = Some([7, 7, 9, 7, 11, 12, 13, 14].map(place).into());
    let text = text(&synthetic::with_findings(synthetic::healthy(), vec![finding]), &Style::PLAIN, false);
    for line in [
        "    created  /srv/app/mail.py:7 in send_all  (3 of 8 calls in the code)",
        "             /srv/app/mail.py:9 in send_all  (one of 8 calls in the code)",
        "             and 1 more line in JSON",
    ] {
        assert!(text.lines().any(|found| found == line), "{line:?} is not in:\n{text}");
    }
    assert!(!text.contains("mail.py:14"), "{text}");
}

#[test]
fn everything_listed() {
    insta::assert_snapshot!(text(&synthetic::full(), &Style::PLAIN, true));
}

#[test]
fn each_kind_has_words_that_fit() {
    let text = text(&synthetic::lost(), &Style::PLAIN, false);
    assert!(
        text.contains("✗ the loop in thread 4242 is blocked  for at least 0.5 s, in poll  /srv/app/poll.py:88"),
        "{text}"
    );
    for word in ["✗ unseen  2×", "✗ lost  3×", "✗ deadlocked  2×", "✗ blocked  1×", "✗ leaked  1×", "? suspect  1×"]
    {
        assert!(text.contains(word), "{word}: {text}");
    }
    assert!(!text.contains("no unawaited coroutines"), "{text}");
    insta::assert_snapshot!(text);
}

/// One finding of each owner, and calls that throw their coroutine away.
fn of_several_packages() -> Report {
    let mut findings = Vec::new();
    let mut add = |qualname: &str, belongs_to, package: Option<(&str, &str)>| {
        let mut finding = synthetic::held(qualname, Verdict::Leaked, 2);
        finding.belongs_to = belongs_to;
        finding.distribution = package.map(|(name, _)| name.into());
        finding.distribution_version = package.map(|(_, version)| version.into());
        findings.push(finding);
    };
    add("read", BelongsTo::Installed, Some(("zipkin", "0.1")));
    add("ClientSession.close", BelongsTo::Installed, Some(("aiohttp", "3.9.1")));
    add("copied", BelongsTo::Installed, None);
    add("sleep", BelongsTo::StandardLibrary, None);
    add("notify", BelongsTo::Own, None);
    add("checkout", BelongsTo::Own, Some(("shop", "0.1")));
    add("<unreadable>", BelongsTo::Unknown, None);
    for (qualname, belongs_to, package) in
        [("own_call", BelongsTo::Own, None), ("their_call", BelongsTo::Installed, Some("aiohttp"))]
    {
        let mut finding = synthetic::held(qualname, Verdict::Suspect, 1);
        finding.kind = Kind::DiscardedCallSite;
        finding.belongs_to = belongs_to;
        finding.distribution = package.map(Into::into);
        finding.distribution_version = package.map(|_| "3.9.1".into());
        finding.instances.clear();
        findings.push(finding);
    }
    synthetic::with_findings(synthetic::healthy(), findings)
}

fn created(report: &mut Report, qualname: &str, evidence: Evidence, places: &[BelongsTo]) {
    let finding = report.findings.iter_mut().find(|finding| finding.qualname == qualname).unwrap();
    let place = |belongs_to: &BelongsTo| Location {
        belongs_to: *belongs_to,
        ..Location::new("/srv/app/main.py".into(), 7, None, evidence)
    };
    finding.created_at = Some(places.iter().map(place).collect());
}

/// What is left of a report.
fn left(report: &Report, scope: &Scope) -> Vec<String> {
    let mut report = report.clone();
    let (before, summary) = (report.findings.len() as u64, report.summary);
    scope.apply(&mut report);
    assert_eq!(report.findings.len() as u64 + report.findings_omitted, before);
    assert_eq!(report.summary, summary, "the counts stay");
    report.findings.into_iter().map(|finding| finding.qualname).collect()
}

#[test]
fn findings_of_others_say_whose_they_are() {
    let text = text(&of_several_packages(), &Style::PLAIN, false);
    for line in [
        "  ✗ leaked  2× app.mail.ClientSession.close  /srv/app/mail.py:41  [aiohttp 3.9.1]",
        "  ✗ leaked  2× app.mail.copied  /srv/app/mail.py:41  [installed]",
        "  ✗ leaked  2× app.mail.sleep  /srv/app/mail.py:41  [stdlib]",
        "  ✗ leaked  2× app.mail.notify  /srv/app/mail.py:41",
        "  ✗ leaked  2× app.mail.checkout  /srv/app/mail.py:41",
        "  ? suspect  1× app.mail.own_call  /srv/app/mail.py:41",
    ] {
        assert!(text.lines().any(|found| found == line.trim_start()), "{line:?} is not in:\n{text}");
    }
    assert!(!text.contains("their_call"), "off the first screen: {text}");
    assert!(text.contains("1 call throws its coroutine away in code of others  --all lists them"), "{text}");
}

#[test]
fn findings_by_distribution() {
    let view = Text { by_distribution: true, elsewhere: true, next: true, ..Text::default() };
    let mut bytes = Vec::new();
    view.render(&of_several_packages(), &mut bytes, &Style::PLAIN).unwrap();
    insta::assert_snapshot!(String::from_utf8(bytes).unwrap());
}

#[test]
fn mine_is_what_is_not_known_to_be_of_others() {
    let mine = Scope::new(true, &[]);
    let mut report = of_several_packages();
    assert_eq!(left(&report, &mine).len(), 8, "nobody knows who called them; but the call is known to be theirs");
    for qualname in ["read", "ClientSession.close", "copied", "sleep", "notify"] {
        created(&mut report, qualname, Evidence::Recorded, &[BelongsTo::Installed]);
    }
    assert_eq!(left(&report, &mine), ["notify", "checkout", "<unreadable>", "own_call"]);
    report.findings[1].created_at = None;
    report.findings[1].kind = Kind::TaskExceptionNeverRetrieved;
    assert_eq!(left(&report, &mine).len(), 4, "a task of theirs is theirs");
    assert_eq!(left(&report, &Scope::default()).len(), 9);

    use BelongsTo::{Installed, Own, StandardLibrary};
    let with = |qualname: &str, evidence, places: &[BelongsTo]| {
        let mut report = of_several_packages();
        created(&mut report, qualname, evidence, places);
        left(&report, &mine).iter().any(|found| found == qualname)
    };
    // `session.close()` in the program's own code, without `await`.
    assert!(with("ClientSession.close", Evidence::Recorded, &[Own, Installed]));
    assert!(with("ClientSession.close", Evidence::Recorded, &[StandardLibrary, Own]));
    assert!(with("ClientSession.close", Evidence::CallSite, &[Installed, Own]), "it may have been that one");
    assert!(!with("ClientSession.close", Evidence::Recorded, &[Installed, Own]), "every stack begins in own code");
    assert!(!with("ClientSession.close", Evidence::CallSite, &[Installed]));
    assert!(!with("sleep", Evidence::Recorded, &[Installed, Own]));
    assert!(!with("sleep", Evidence::Recorded, &[StandardLibrary]));
    assert!(with("sleep", Evidence::CallSite, &[Own]));
    // That a package has it in a variable does not say who made it.
    assert!(with("ClientSession.close", Evidence::Holder, &[Installed]));
    assert!(with("sleep", Evidence::Holder, &[StandardLibrary]));
    assert!(with("sleep", Evidence::Holder, &[Own]));
    // Own code stays own, whoever called it.
    assert!(with("notify", Evidence::Recorded, &[Installed]));
}

#[test]
fn distributions_are_named_as_installers_do() {
    let of = |names: &[&str], mine| {
        let names: Vec<String> = names.iter().map(|&name| name.into()).collect();
        left(&of_several_packages(), &Scope::new(mine, &names))
    };
    assert_eq!(of(&["AioHTTP"], false), ["ClientSession.close", "their_call"]);
    assert_eq!(of(&["zipkin", "shop"], false), ["read", "checkout"]);
    assert_eq!(of(&["aiohttp", "shop"], true), ["ClientSession.close", "checkout"], "the call is known to be theirs");
    assert_eq!(of(&["aio-http"], false), [] as [&str; 0]);
}

#[test]
fn what_was_left_out_is_said() {
    let mut report = of_several_packages();
    Scope::new(true, &["Nobody".into()]).apply(&mut report);
    let text = text(&report, &Style::PLAIN, false);
    assert!(text.contains("… nothing to show of what was asked for; 9 findings are left out"), "{text}");
    let note = "Only what was asked for (`--mine --distribution nobody`) is listed: 0 of 9 findings.";
    assert_eq!(report.look.notes, [note]);
    assert!(text.contains(note), "{text}");
    assert!(!text.contains('✓'), "{text}");
}

#[test]
fn tasks_that_wait_to_be_judged_are_no_coroutines() {
    let mut finding = synthetic::held("poll", coroscope::report::Verdict::Pending, 4);
    finding.kind = coroscope::report::Kind::TaskStranded;
    let text = text(&synthetic::with_findings(synthetic::healthy(), vec![finding]), &Style::PLAIN, false);
    assert!(text.contains("… nothing is known to be lost; 4 objects are not judged yet"), "{text}");
}

#[test]
fn a_blocked_loop_is_named_even_if_nothing_else_is_wrong() {
    let mut report = synthetic::lost();
    report.findings.clear();
    let text = text(&report, &Style::PLAIN, false);
    assert!(text.contains("✗ the loop in thread 4242 is blocked"), "{text}");
    assert!(!text.contains("✓"), "{text}");
}

#[test]
fn an_incomplete_look_does_not_say_all_is_well() {
    let text = text(&synthetic::incomplete(), &Style::PLAIN, false);
    assert!(!text.contains('✓'));
    insta::assert_snapshot!(text);
}

#[test]
fn nothing_but_pending_is_not_nothing() {
    let findings = vec![synthetic::held("just_born", coroscope::report::Verdict::Pending, 4)];
    let text = text(&synthetic::with_findings(synthetic::healthy(), findings), &Style::PLAIN, false);
    assert!(text.contains("… none is known to be forgotten; 4 coroutines wait to be awaited"), "{text}");
    assert!(text.contains("coroscope dump 4242 --all --settle 5s"), "{text}");
}

#[test]
fn a_look_without_pause_says_that_it_may_be_torn() {
    let mut report = synthetic::healthy();
    report.look.mode = Mode::Nonblocking;
    report.look.pauses = Pauses::default();
    assert!(text(&report, &Style::PLAIN, false).contains("nonblocking, never paused, so possibly torn"));
}

#[test]
fn hostile_names_stay_names() {
    for style in [Style::PLAIN, ASCII, NARROW] {
        let text = text(&synthetic::hostile(), &style, true);
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        assert!(!text.contains('\u{202e}'));
    }
    insta::assert_snapshot!(text(&synthetic::hostile(), &Style::PLAIN, false));
}

#[test]
fn narrow_terminal() {
    let text = text(&synthetic::many(), &NARROW, false);
    for line in text.lines() {
        // A command is never shortened: it must work when pasted.
        assert!(line.chars().count() <= 60 || line.contains("coroscope"), "{line}");
    }
    insta::assert_snapshot!(text);
}

#[test]
fn long_paths_lose_their_middle_only_on_a_terminal() {
    let mut report = synthetic::many();
    let file = format!("/srv/{}/mail.py", "a/very/deep/folder/".repeat(10));
    report.findings[0].definition.as_mut().unwrap().file.clone_from(&file);
    assert!(text(&report, &Style::PLAIN, false).contains(&file));
    let narrow = text(&report, &NARROW, false);
    assert!(!narrow.contains(&file));
    assert!(narrow.contains("/mail.py:41"), "the end of a path says most: {narrow}");
}

#[test]
fn ascii_only() {
    let text = text(&synthetic::full(), &ASCII, true);
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn colour_adds_no_meaning() {
    let report = synthetic::full();
    let colored = text(&report, &COLOR, true);
    assert!(colored.contains("\x1b["));
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), text(&report, &Style::PLAIN, true));
}

#[test]
fn failures() {
    let error = Error::new(ErrorKind::Permission, "cannot read process 4242 (gunicorn)")
        .caused_by("ptrace is limited to child processes (ptrace_scope is 1)")
        .hint("run `sudo /usr/local/bin/coroscope dump 4242`")
        .hint("or start the program\x1b[2J through us");
    let mut bytes = Vec::new();
    write_failure(&error, &mut bytes, &Style::PLAIN).unwrap();
    write_failure(&error, &mut bytes, &NARROW).unwrap();
    insta::assert_snapshot!(String::from_utf8(bytes).unwrap());
}

#[test]
fn list_of_processes() {
    let process = |pid, version: Option<&str>, why_not: Option<&str>| ListedProcess {
        pid,
        version: version.map(Into::into),
        command: "python3 /srv/app/worker.py --queue mail --verbose --threads 12".into(),
        readable: why_not.is_none(),
        why_not: why_not.map(Into::into),
        loops: version.map(|_| 1),
        tasks: version.map(|_| 1500),
    };
    let processes =
        [process(7, Some("3.13.1"), None), process(4_194_303, None, Some("it belongs to another user (uid 33)"))];
    let mut bytes = Vec::new();
    write_list(&processes, &mut bytes, &Style::PLAIN).unwrap();
    write_list(&processes, &mut bytes, &NARROW).unwrap();
    write_list(&[], &mut bytes, &Style::PLAIN).unwrap();
    insta::assert_snapshot!(String::from_utf8(bytes).unwrap());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(128))]

    /// Whatever a target names its things, and however narrow the terminal: no panic, and nothing a terminal would obey.
    #[test]
    fn any_name_at_any_width(
        name in "\\PC{0,40}|[\\x00-\\x{9f} ]{0,20}|[\u{202a}-\u{202e} 漢\u{301}]{0,90}",
        width in 0_usize..130,
        unicode: bool,
        count: u64,
    ) {
        let mut finding = synthetic::held("f", coroscope::report::Verdict::Leaked, 1);
        finding.qualname.clone_from(&name);
        finding.retained_by = vec![name.clone(), name.clone()];
        finding.advice.clone_from(&name);
        finding.count = count;
        finding.definition.as_mut().unwrap().file = format!("/{name}/{name}");
        finding.instances_omitted = count / 2;
        let mut report = synthetic::full();
        report.target.cmdline = vec![name.clone(), name];
        report.findings = vec![finding.clone(), finding];
        let text = text(&report, &Style { color: false, unicode, width: Some(width) }, true);
        proptest::prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        proptest::prop_assert!(unicode || text.is_ascii(), "{text:?}");
    }
}
