//! What the place we write to can show: decided once, from the flags and the environment.

use std::env;
use std::ffi::OsStr;
use std::io::{IsTerminal, stderr, stdout};

use clap::ValueEnum;
use terminal_size::terminal_size_of;

use crate::render::Style;

/// Width assumed for a terminal that does not say its own.
const USUAL_WIDTH: usize = 80;

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorChoice {
    Auto,
    Always,
    Never,
}

/// Where text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// stdout or stderr, with its width if it is a terminal.
    Stream(Option<usize>),
    /// A file named by the user.
    File,
}

/// The variables that decide.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Environment {
    pub(super) no_color: bool,
    pub(super) force_color: bool,
    pub(super) dumb: bool,
    pub(super) utf8: bool,
}

impl Environment {
    pub(super) fn read() -> Self {
        Self::from(|name| env::var_os(name).and_then(|value| value.into_string().ok()).unwrap_or_default())
    }

    fn from(value: impl Fn(&str) -> String) -> Self {
        let forces = |name| !matches!(value(name).as_str(), "" | "0");
        // The first that is set decides (locale(7)); none set is the "C" locale.
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().map(&value).find(|value| !value.is_empty());
        let locale = locale.unwrap_or_default().to_ascii_lowercase();
        Self {
            no_color: !value("NO_COLOR").is_empty(),
            force_color: forces("FORCE_COLOR") || forces("CLICOLOR_FORCE"),
            dumb: value("TERM") == "dumb",
            utf8: locale.contains("utf-8") || locale.contains("utf8"),
        }
    }
}

/// What `place` can show.
pub(super) fn style(place: Place, choice: ColorChoice, ascii: bool, environment: &Environment) -> Style {
    let automatic = match place {
        Place::File => false,
        Place::Stream(_) if environment.no_color => false,
        Place::Stream(_) if environment.force_color => true,
        Place::Stream(width) => width.is_some() && !environment.dumb,
    };
    Style {
        color: match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => automatic,
        },
        unicode: environment.utf8 && !ascii,
        width: match place {
            Place::Stream(width) => width,
            Place::File => None,
        },
    }
}

/// Columns of stdout if it is a terminal.
pub(super) fn stdout_width() -> Option<usize> {
    stdout().is_terminal().then(|| terminal_size_of(stdout()).map_or(USUAL_WIDTH, |(width, _)| usize::from(width.0)))
}

/// Columns of stderr if it is a terminal.
pub(super) fn stderr_width() -> Option<usize> {
    stderr().is_terminal().then(|| terminal_size_of(stderr()).map_or(USUAL_WIDTH, |(width, _)| usize::from(width.0)))
}

/// The ending of a file name, in lower case.
pub(super) fn ending(name: &OsStr) -> Option<String> {
    std::path::Path::new(name).extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::{ColorChoice, Environment, Place, style};

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::from(|name| {
            variables.iter().find(|(key, _)| *key == name).map_or_else(String::new, |(_, value)| (*value).to_owned())
        })
    }

    fn color(choice: ColorChoice, place: Place, variables: &[(&str, &str)]) -> bool {
        style(place, choice, false, &environment(variables)).color
    }

    #[test]
    fn who_decides_about_colour() {
        use ColorChoice::{Always, Auto, Never};
        const TERMINAL: Place = Place::Stream(Some(80));
        const PIPE: Place = Place::Stream(None);
        for (choice, place, variables, expected) in [
            (Auto, TERMINAL, &[][..], true),
            (Auto, PIPE, &[], false),
            (Auto, Place::File, &[], false),
            (Auto, TERMINAL, &[("NO_COLOR", "1")], false),
            (Auto, TERMINAL, &[("NO_COLOR", "")], true),
            (Auto, TERMINAL, &[("TERM", "dumb")], false),
            (Auto, PIPE, &[("FORCE_COLOR", "1")], true),
            (Auto, PIPE, &[("FORCE_COLOR", "0")], false),
            (Auto, PIPE, &[("CLICOLOR_FORCE", "1")], true),
            (Auto, PIPE, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
            (Auto, Place::File, &[("FORCE_COLOR", "1")], false),
            (Auto, TERMINAL, &[("FORCE_COLOR", "1"), ("TERM", "dumb")], true),
            (Always, PIPE, &[("NO_COLOR", "1")], true),
            (Always, Place::File, &[], true),
            (Never, TERMINAL, &[("FORCE_COLOR", "1")], false),
        ] {
            assert_eq!(color(choice, place, variables), expected, "{choice:?} {place:?} {variables:?}");
        }
    }

    #[test]
    fn who_decides_about_unicode() {
        for (variables, expected) in [
            (&[][..], false),
            (&[("LANG", "C")], false),
            (&[("LANG", "C.UTF-8")], true),
            (&[("LANG", "de_DE.utf8")], true),
            (&[("LANG", "de_DE.utf8"), ("LC_ALL", "C")], false),
            (&[("LANG", "C"), ("LC_CTYPE", "en_US.UTF-8")], true),
        ] {
            let environment = environment(variables);
            assert_eq!(style(Place::File, ColorChoice::Auto, false, &environment).unicode, expected, "{variables:?}");
            assert!(!style(Place::File, ColorChoice::Auto, true, &environment).unicode, "--ascii wins");
        }
    }
}
