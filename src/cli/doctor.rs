//! `coroscope doctor [PID…]`: whether a process can be read, what stands in the way, and the line to paste.

use std::io::Write;

use crate::error::{Error, ErrorKind, Result};
use crate::look;
use crate::process::permissions::{self, Check, Standing};
use crate::process::{Pid, Target};

/// Prints what decides over permission, for ourselves or for each of `pids`. Answers whether all of
/// them can be read and run a CPython that we know (true without any).
///
/// # Errors
/// [`ErrorKind::Output`] when `out` does not take it. A process that cannot be read is an answer, no error.
pub fn run(pids: &[Pid], out: &mut dyn Write) -> Result<bool> {
    print(pids, out).map_err(|error| Error::new(ErrorKind::Output, "cannot write the answer").caused_by(error))
}

fn print(pids: &[Pid], out: &mut dyn Write) -> std::io::Result<bool> {
    if pids.is_empty() {
        print_table(&permissions::examine(None), out)?;
        writeln!(out, "\nFor one process: `coroscope doctor PID`")?;
    }
    let mut all = true;
    for (index, &pid) in pids.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let opened = Target::open(pid);
        // A process that is not there has no table worth reading.
        if !matches!(opened.as_ref().map_err(Error::kind), Err(ErrorKind::NoSuchProcess)) {
            print_table(&permissions::examine(Some(pid)), out)?;
            writeln!(out)?;
        }
        match opened {
            Ok(target) => match look::python_version(pid) {
                Ok(version) => {
                    let name = target.name();
                    writeln!(out, "You can read {name}; it runs CPython {version}. Next: `coroscope dump {pid}`")?;
                }
                Err(error) => {
                    all = false;
                    let why = error.cause().unwrap_or(error.message());
                    writeln!(out, "You can read {}, but there is nothing to dump: {why}.", target.name())?;
                }
            },
            Err(error) => {
                all = false;
                writeln!(out, "{error}.")?;
                for hint in error.hints() {
                    // The hint repeats our own command line with more rights; what is wanted with those is a report.
                    writeln!(out, "hint: {}", hint.replacen(" doctor ", " dump ", 1))?;
                }
            }
        }
    }
    Ok(all)
}

fn print_table(checks: &[Check], out: &mut dyn Write) -> std::io::Result<()> {
    let width = |of: fn(&Check) -> &str| checks.iter().map(|check| of(check).chars().count()).max().unwrap_or_default();
    let (what, value) = (width(|check| check.what), width(|check| &check.value));
    for check in checks {
        let standing = match check.standing {
            Standing::Ok => "ok",
            Standing::Note => "note",
            Standing::Problem => "problem",
        };
        let line = format!(
            "{standing:<7}  {:<what$}  {:<value$}  {}",
            check.what,
            check.value,
            check.meaning.as_deref().unwrap_or_default()
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doctor(pids: &[Pid]) -> (bool, String) {
        let mut out = Vec::new();
        let all = run(pids, &mut out).expect("memory takes everything");
        (all, String::from_utf8(out).expect("is text"))
    }

    #[test]
    fn a_readable_process_that_is_not_python_is_no_target() {
        let (all, text) = doctor(&[Pid::own()]);
        assert!(!all, "{text}");
        assert!(text.contains("our rights"), "{text}");
        let last = text.lines().last().expect("has lines");
        assert!(last.starts_with(&format!("You can read process {} (", Pid::own())), "{text}");
        assert!(last.ends_with("but there is nothing to dump: no interpreter is mapped into it."), "{text}");
    }

    #[test]
    fn a_missing_process_needs_no_table() {
        let (all, text) = doctor(&[Pid::new(i32::MAX).expect("positive")]);
        assert!(!all);
        assert_eq!(
            text,
            "no process with pid 2147483647.\nhint: list the processes that can be read: `coroscope list`\n"
        );
    }

    #[test]
    fn the_table_is_aligned() {
        let check = |what, standing, value: &str, meaning: Option<&str>| Check {
            what,
            standing,
            value: value.to_owned(),
            meaning: meaning.map(str::to_owned),
        };
        let mut out = Vec::new();
        print_table(
            &[
                check("our rights", Standing::Ok, "with CAP_SYS_PTRACE", None),
                check("its user", Standing::Problem, "33", Some("not ours")),
            ],
            &mut out,
        )
        .expect("memory takes everything");
        let expected = "ok       our rights  with CAP_SYS_PTRACE\nproblem  its user    33                   not ours\n";
        assert_eq!(String::from_utf8(out).expect("is text"), expected);
    }

    #[test]
    fn without_a_pid_the_verb_says_what_comes_next() {
        let (all, text) = doctor(&[]);
        assert!(all && text.ends_with("\nFor one process: `coroscope doctor PID`\n"), "{text}");
    }
}
