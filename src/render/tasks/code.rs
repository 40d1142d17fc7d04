//! Whose code a frame is: only the file tells, and it tells by where Python puts things.

use crate::report::Frame;

/// Whose code a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// The program's.
    Program,
    /// Of a package that was installed for it.
    Installed,
    /// The standard library's.
    Standard,
}

/// Whose code this frame is.
pub(super) fn whose(frame: &Frame) -> Whose {
    let file = frame.file.as_str();
    // Modules that are part of the executable: `<frozen importlib._bootstrap>`.
    if file.starts_with("<frozen ") {
        return Whose::Standard;
    }
    let mut standard = false;
    let mut parts = file.split('/').peekable();
    while let Some(part) = parts.next() {
        if part == "site-packages" || part == "dist-packages" {
            return Whose::Installed;
        }
        let next = parts.peek().copied().unwrap_or_default();
        standard |= part.starts_with("lib") && is_version_folder(next);
    }
    if standard { Whose::Standard } else { Whose::Program }
}

/// `python3.13`, `python3.13t`: the folder of one version's standard library.
fn is_version_folder(name: &str) -> bool {
    name.strip_prefix("python3.")
        .is_some_and(|minor| minor.trim_end_matches('t').chars().all(|c| c.is_ascii_digit()) && !minor.is_empty())
}

/// The frame at which a task stands, for its owner: the innermost one of the program, else of what it installed, else any.
pub(super) fn standing(stack: &[Frame]) -> Option<&Frame> {
    let innermost = |of: fn(Whose) -> bool| stack.iter().rev().find(|frame| of(whose(frame)));
    innermost(|whose| whose == Whose::Program).or_else(|| innermost(|whose| whose == Whose::Installed)).or(stack.last())
}

/// `app/mail.py:41`: the file with the folder it is in. A path that has no more than that stays absolute.
pub(super) fn short_place(frame: &Frame) -> String {
    let start = frame.file.rmatch_indices('/').nth(1).filter(|(at, _)| *at > 0).map_or(0, |(at, _)| at + 1);
    place(frame.file.get(start..).unwrap_or(&frame.file), frame.line)
}

/// `/srv/app/mail.py:41`.
pub(super) fn full_place(frame: &Frame) -> String {
    place(&frame.file, frame.line)
}

fn place(file: &str, line: Option<u32>) -> String {
    line.map_or_else(|| file.to_owned(), |line| format!("{file}:{line}"))
}

#[cfg(test)]
mod tests {
    use super::{Whose, short_place, standing, whose};
    use crate::report::Frame;

    fn frame(file: &str) -> Frame {
        Frame { function: "f".into(), file: file.into(), line: Some(3) }
    }

    #[test]
    fn the_folder_tells() {
        for (file, expected) in [
            ("/srv/app/mail.py", Whose::Program),
            ("mail.py", Whose::Program),
            ("<string>", Whose::Program),
            ("/opt/python3.13/app.py", Whose::Program),
            ("/usr/lib/python3.11/asyncio/queues.py", Whose::Standard),
            ("/root/.pyenv/versions/3.13.0/lib/python3.13t/asyncio/tasks.py", Whose::Standard),
            ("<frozen runpy>", Whose::Standard),
            ("/srv/venv/lib/python3.11/site-packages/aiohttp/web.py", Whose::Installed),
            ("/usr/lib/python3/dist-packages/aiohttp/web.py", Whose::Installed),
        ] {
            assert_eq!(whose(&frame(file)), expected, "{file}");
        }
    }

    #[test]
    fn a_task_stands_in_the_code_of_its_owner() {
        let library = frame("/usr/lib/python3.11/asyncio/queues.py");
        let installed = frame("/srv/venv/lib/python3.11/site-packages/aiohttp/web.py");
        let own = frame("/srv/app/mail.py");
        assert_eq!(standing(&[own.clone(), installed.clone(), library.clone()]), Some(&own));
        assert_eq!(standing(&[installed.clone(), library.clone()]), Some(&installed));
        assert_eq!(standing(std::slice::from_ref(&library)), Some(&library));
        assert_eq!(standing(&[]), None);
    }

    #[test]
    fn short_places_keep_the_folder() {
        assert_eq!(short_place(&frame("/srv/app/mail.py")), "app/mail.py:3");
        assert_eq!(short_place(&frame("/tmp/mail.py")), "/tmp/mail.py:3");
        assert_eq!(short_place(&frame("/mail.py")), "/mail.py:3");
        assert_eq!(short_place(&frame("mail.py")), "mail.py:3");
    }
}
