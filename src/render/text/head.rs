//! Which process this is, and the verdict.

use std::io;
use std::path::Path;

use super::super::style::Mark;
use super::super::words;
use super::super::{Line, Page, Role};
use super::kinds;
use crate::report::{Kind, Loop, Report, Target, Verdict};

/// Writes the first lines; `elsewhere` says whether calls in code of others count among the findings.
pub(super) fn write(page: &mut Page<'_>, report: &Report, elsewhere: bool) -> io::Result<()> {
    program_line(page, &report.target)?;
    page.blank()?;
    // A loop that is blocked is what to see to first: nothing else of it goes on.
    let mut lines = blocked_loops(page, report);
    lines.extend(verdicts(page, report, elsewhere));
    if lines.is_empty() {
        lines.push(nothing(page, report));
    }
    for line in lines {
        page.line(&line, 2)?;
    }
    Ok(())
}

/// Which process this is.
pub(in crate::render) fn program_line(page: &mut Page<'_>, target: &Target) -> io::Result<()> {
    let mut line = Line::new().with(Role::Title, program(target)).plain(format!("  pid {}", target.pid));
    line.push(
        Role::Plain,
        format!("  CPython {}{}", target.python, if target.free_threaded { " free-threaded" } else { "" }),
    );
    if let Some(uptime) = target.uptime_s {
        line.push(Role::Plain, format!("  up {}", words::seconds(uptime)));
    }
    page.line(&line, 2)
}

/// One line for each loop that does not get out of a callback.
pub(in crate::render) fn blocked_loops(page: &Page<'_>, report: &Report) -> Vec<Line> {
    let mark = page.style().mark(Mark::Leaked);
    let line = |event_loop: &Loop| {
        let blocked = event_loop.blocked.as_ref()?;
        let thread = event_loop.thread.map(|thread| format!(" in thread {thread}")).unwrap_or_default();
        let mut line = Line::new()
            .with(Role::Leaked, format!("{mark} the loop{thread} is blocked"))
            .plain(format!("  for at least {}", words::seconds(blocked.at_least_s)));
        if let Some(frame) = &blocked.frame {
            line.push(Role::Plain, format!(", in {}  ", frame.function));
            let place = frame.line.map_or_else(|| frame.file.clone(), |line| format!("{}:{line}", frame.file));
            line.push(Role::Place, place);
        }
        Some(line)
    };
    report.runtime.loops.iter().filter_map(line).collect()
}

/// What a person calls the program: the script or the module, not the interpreter.
fn program(target: &Target) -> String {
    let base = |path: &str| {
        Path::new(path).file_name().map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned())
    };
    let mut arguments = target.cmdline.iter().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "-" || argument == "-c" {
            return format!("python {argument}");
        }
        if argument == "--check-hash-based-pycs" {
            arguments.next();
        }
        if argument.starts_with("--") {
            continue;
        }
        let Some(letters) = argument.strip_prefix('-') else { return base(argument) };
        // Letters without a value can stand together, and before one with a value: `-Im http.server`, `-Xdev`.
        let option = letters.trim_start_matches(|c| "bBdEhiIOPqRsSuvVx".contains(c));
        match (option.chars().next(), option.get(1..)) {
            (Some('c'), _) => return "python -c".to_owned(),
            (Some('m'), Some("")) => {
                return format!("python -m {}", arguments.next().map_or("", String::as_str));
            }
            (Some('m'), Some(module)) => return format!("python -m {module}"),
            (Some('W' | 'X'), Some("")) => {
                arguments.next();
            }
            _ => {}
        }
    }
    let interpreter = target.cmdline.first().map(String::as_str).or(target.exe.as_deref());
    interpreter.map_or_else(|| "python".to_owned(), base)
}

/// One line per verdict and kind, the worst first.
fn verdicts(page: &Page<'_>, report: &Report, elsewhere: bool) -> Vec<Line> {
    let mut groups: Vec<(Verdict, Kind, u64, u64)> = Vec::new();
    for finding in report.findings.iter().filter(|finding| kinds::is_shown_first(finding, elsewhere)) {
        match groups.iter_mut().find(|group| (group.0, group.1) == (finding.verdict, finding.kind)) {
            Some(group) => (group.2, group.3) = (group.2.saturating_add(finding.count), group.3 + 1),
            None => groups.push((finding.verdict, finding.kind, finding.count, 1)),
        }
    }
    groups.sort_by_key(|&(verdict, kind, count, _)| (verdict, std::cmp::Reverse(count), kind));
    let style = page.style();
    let mut lines = Vec::new();
    for (verdict, kind, count, found) in groups {
        // Said by its loop.
        if kind == Kind::EventLoopBlocked && report.runtime.loops.iter().any(|event_loop| event_loop.blocked.is_some())
        {
            continue;
        }
        let (one, many) = kinds::noun(kind);
        let role = kinds::role(kind, verdict);
        let line = Line::new()
            .with(role, format!("{} {}", kinds::mark(style, kind, verdict), words::counted(count, one, many)))
            .plain("  ")
            .with(role, kinds::word(kind, verdict))
            .with(Role::Faint, format!(", {}", words::counted(found, "group", "groups")));
        lines.push(line);
    }
    lines
}

fn nothing(page: &Page<'_>, report: &Report) -> Line {
    let (coroutines, tasks) = (report.summary.coroutines.total(), report.summary.tasks.total());
    let looked_at = format!(
        "  looked at {} and {}",
        words::counted(coroutines, "coroutine", "coroutines"),
        words::counted(tasks, "task", "tasks")
    );
    let pending = report
        .findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Pending)
        .fold(0_u64, |sum, finding| sum.saturating_add(finding.count));
    let all_unawaited = report
        .findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Pending)
        .all(|finding| kinds::is_unawaited(finding.kind));
    let (role, mark, words) = match (report.look.complete, pending) {
        // Not "all is well": that much was found, and is not to be shown.
        (true, _) if report.findings_omitted > 0 => {
            let omitted = words::counted(report.findings_omitted, "finding is", "findings are");
            (Role::Pending, Mark::Pending, format!("nothing to show of what was asked for; {omitted} left out"))
        }
        (true, 0) => (Role::Good, Mark::Good, "no unawaited coroutines, no lost tasks".to_owned()),
        // Not "all is well": ten thousand jobs in a queue whose worker has died are pending, too.
        (true, _) if all_unawaited => {
            let waiting = words::counted(pending, "coroutine waits", "coroutines wait");
            (Role::Pending, Mark::Pending, format!("none is known to be forgotten; {waiting} to be awaited"))
        }
        (true, _) => {
            let waiting = words::counted(pending, "object is", "objects are");
            (Role::Pending, Mark::Pending, format!("nothing is known to be lost; {waiting} not judged yet"))
        }
        (false, _) => {
            let words = "nothing found in what could be read, which is not everything".to_owned();
            (Role::Suspect, Mark::Incomplete, words)
        }
    };
    Line::new().with(role, format!("{} {words}", page.style().mark(mark))).with(Role::Faint, looked_at)
}

#[cfg(test)]
mod tests {
    use super::program;
    use crate::report::{Source, Target};

    #[test]
    fn the_name_of_the_program() {
        for (cmdline, expected) in [
            (&["python3", "/srv/app/worker.py", "-m", "x"][..], "worker.py"),
            (&["python3", "-u", "-W", "ignore", "-Xdev", "worker.py"], "worker.py"),
            (&["python3", "-m", "http.server"], "python -m http.server"),
            (&["python3", "-Im", "http.server"], "python -m http.server"),
            (&["python3", "-mhttp.server"], "python -m http.server"),
            (&["python3", "-c", "import x"], "python -c"),
            (&["python3", "-"], "python -"),
            (&["python3", "--check-hash-based-pycs", "always", "a.py"], "a.py"),
            (&["/usr/bin/python3"], "python3"),
            (&["python3", "-é"], "python3"),
            (&["gunicorn: worker"], "gunicorn: worker"),
            (&[], "python3.13"),
        ] {
            let target = Target {
                pid: 1,
                source: Source::Live,
                exe: Some("/usr/bin/python3.13".into()),
                cmdline: cmdline.iter().map(|&word| word.into()).collect(),
                python: "3.13.1".into(),
                free_threaded: false,
                uptime_s: None,
                rss_bytes: None,
                threads: 1,
                interpreters: 1,
            };
            assert_eq!(program(&target), expected, "{cmdline:?}");
        }
    }
}
