//! Which process this is, and the verdict.

use std::io;
use std::path::Path;

use super::super::style::Mark;
use super::super::words;
use super::super::{Line, Page, Role};
use super::finding;
use crate::report::{Report, Target, Verdict};

/// Writes the first lines.
pub(super) fn write(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let target = &report.target;
    let mut line = Line::new().with(Role::Title, program(target)).plain(format!("  pid {}", target.pid));
    line.push(
        Role::Plain,
        format!("  CPython {}{}", target.python, if target.free_threaded { " free-threaded" } else { "" }),
    );
    if let Some(uptime) = target.uptime_s {
        line.push(Role::Plain, format!("  up {}", words::seconds(uptime)));
    }
    page.line(&line, 2)?;
    page.blank()?;
    let verdicts = verdicts(page, report);
    for line in verdicts {
        page.line(&line, 2)?;
    }
    Ok(())
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

/// One line per verdict and kind, the worst first; or that there is nothing.
fn verdicts(page: &Page<'_>, report: &Report) -> Vec<Line> {
    let mut groups: Vec<(Verdict, crate::report::Kind, u64, u64)> = Vec::new();
    for finding in report.findings.iter().filter(|finding| finding.verdict != Verdict::Pending) {
        match groups.iter_mut().find(|group| (group.0, group.1) == (finding.verdict, finding.kind)) {
            Some(group) => (group.2, group.3) = (group.2.saturating_add(finding.count), group.3 + 1),
            None => groups.push((finding.verdict, finding.kind, finding.count, 1)),
        }
    }
    groups.sort_by_key(|&(verdict, kind, count, _)| (verdict, std::cmp::Reverse(count), kind));
    if groups.is_empty() {
        return vec![nothing(page, report)];
    }
    let style = page.style();
    let line = |&(verdict, kind, count, found): &(Verdict, _, _, _)| {
        let (one, many) = finding::noun(kind);
        let role = finding::role(verdict);
        Line::new()
            .with(role, format!("{} {}", finding::mark(style, verdict), words::counted(count, one, many)))
            .plain("  ")
            .with(role, verdict.word())
            .with(Role::Faint, format!(", {}", words::counted(found, "group", "groups")))
    };
    groups.iter().map(line).collect()
}

fn nothing(page: &Page<'_>, report: &Report) -> Line {
    let (coroutines, tasks) = (report.summary.coroutines.total(), report.summary.tasks.total());
    let looked_at = format!(
        "  looked at {} and {}",
        words::counted(coroutines, "coroutine", "coroutines"),
        words::counted(tasks, "task", "tasks")
    );
    let pending = report.findings.iter().fold(0_u64, |sum, finding| sum.saturating_add(finding.count));
    let (role, mark, words) = match (report.look.complete, pending) {
        (true, 0) => (Role::Good, Mark::Good, "no unawaited coroutines".to_owned()),
        // Not "all is well": ten thousand jobs in a queue whose worker has died are pending, too.
        (true, _) => {
            let waiting = words::counted(pending, "coroutine waits", "coroutines wait");
            (Role::Pending, Mark::Pending, format!("none is known to be forgotten; {waiting} to be awaited"))
        }
        (false, _) => {
            let words = "no unawaited coroutines in what could be read, which is not everything".to_owned();
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
