//! What the bodies of modules mention: code that ran when they were imported, and is not in memory any more.
//!
//! Only words are looked for, in lines that no `def` encloses. That sees too much rather than too little: a word that is
//! mentioned there is enough to doubt that all calls of a function are known.

use super::super::attribution::by_name;
use super::loaded::Loaded;
use crate::heap::Heap;
use crate::memory::Address;
use crate::process::Target;
use crate::report::BelongsTo;
use rustc_hash::FxHashSet;
use std::io::Read;
use std::path::Path;

/// Files beyond this are not read.
const LARGEST_FILE: u64 = 4 << 20;
/// All files together.
const MOST_TEXT: usize = 64 << 20;

/// The lines of all modules' bodies.
pub(super) struct Bodies {
    /// `None` if not all could be read.
    words: Option<FxHashSet<String>>,
}

impl Bodies {
    /// Reads the sources of all modules but those of the standard library, and those whose body is loaded still.
    pub(super) fn read(
        target: Option<&Target>,
        heap: &Heap<'_>,
        loaded: &Loaded,
        standard_library: Option<&str>,
        alive: &FxHashSet<Address>,
    ) -> Self {
        let mut words = FxHashSet::default();
        let mut read = 0;
        for dict in loaded.modules.values().filter(|dict| !alive.contains(dict)) {
            let file = heap.dict_value(*dict, "__file__").ok().flatten().and_then(|file| heap.label(file).ok());
            let Some(file) = file.filter(|file| by_name(standard_library, file) != BelongsTo::StandardLibrary) else {
                continue;
            };
            // What is not written in Python calls nothing when it is imported, as far as we care.
            if !file.ends_with(".py") && !file.ends_with(".pyc") {
                continue;
            }
            let mut bytes = Vec::new();
            let opened = target.and_then(|target| target.open_file(Path::new(&file)).ok());
            let complete = opened.is_some_and(|opened| opened.take(LARGEST_FILE + 1).read_to_end(&mut bytes).is_ok());
            read += bytes.len();
            if !complete || bytes.len() as u64 > LARGEST_FILE || read > MOST_TEXT {
                return Self { words: None };
            }
            for line in outside_of_functions(&String::from_utf8_lossy(&bytes)) {
                words.extend(words_of(&line).map(str::to_owned));
            }
        }
        Self { words: Some(words) }
    }

    /// Whether a name is mentioned, or may be.
    pub(super) fn may_mention(&self, name: &str) -> bool {
        self.words.as_ref().is_none_or(|words| words.contains(name))
    }
}

/// The lines that run when a module is imported, without imports, comments, long strings, and the names of what they define.
fn outside_of_functions(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    // How far the `def` around is indented; the quotes of the string we are in; whether an import goes on.
    let (mut def_at, mut quotes, mut importing) = (None, None, false);
    for line in text.lines() {
        let was_in_string = quotes.is_some();
        let code = without_long_strings(line, &mut quotes);
        let stripped = code.trim_start();
        if stripped.is_empty() || stripped.starts_with('#') {
            continue;
        }
        let indent = code.len() - stripped.len();
        if !was_in_string && def_at.is_some_and(|at| indent <= at) && !stripped.starts_with([')', ']', '}']) {
            def_at = None;
        }
        if importing {
            importing = !stripped.contains(')');
            continue;
        }
        if def_at.is_some() {
            continue;
        }
        if stripped.starts_with("import ") || stripped.starts_with("from ") {
            importing = stripped.contains('(') && !stripped.contains(')');
            continue;
        }
        let definition = stripped.strip_prefix("async ").unwrap_or(stripped);
        if let Some(rest) = definition.strip_prefix("def ") {
            def_at = Some(indent);
            // Defaults are computed now.
            found.extend(rest.split_once('(').map(|(_, rest)| rest.to_owned()));
        } else {
            found.push(without_target(stripped).to_owned());
        }
    }
    found
}

/// Takes out the one name that the line gives a value to.
fn without_target(line: &str) -> &str {
    let is_name = |text: &str| text.chars().all(|character| character.is_alphanumeric() || character == '_');
    line.split_once(" = ").filter(|(name, _)| is_name(name)).map_or(line, |(_, value)| value)
}

/// Takes out what lies between triple quotes.
fn without_long_strings(line: &str, quotes: &mut Option<&'static str>) -> String {
    let mut code = String::new();
    let mut rest = line;
    loop {
        match *quotes {
            Some(end) => match rest.split_once(end) {
                Some((_, behind)) => (rest, *quotes) = (behind, None),
                None => return code,
            },
            None => {
                let begins = ["\"\"\"", "'''"].into_iter().filter_map(|kind| Some((rest.find(kind)?, kind))).min();
                let Some((at, kind)) = begins else { return code + rest };
                code.push_str(rest.get(..at).unwrap_or_default());
                (rest, *quotes) = (rest.get(at + kind.len()..).unwrap_or_default(), Some(kind));
            }
        }
    }
}

/// Names in a line. One that makes up a whole string is none, nor is one that `partial()` gets: who keeps that has a reference,
/// and those are counted.
fn words_of(line: &str) -> impl Iterator<Item = &str> {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = line.get(at..)?;
            let start = at + rest.find(is_part)?;
            let end =
                line.get(start..)?.find(|character| !is_part(character)).map_or(line.len(), |length| start + length);
            at = end;
            let quoted =
                |character: Option<char>| character.is_some_and(|character| character == '"' || character == '\'');
            let before = line.get(..start).and_then(|before| before.chars().next_back());
            let behind = line.get(end..).and_then(|behind| behind.chars().next());
            let bound = line.get(..start).is_some_and(|before| before.ends_with("partial(")) && !line.contains(")(");
            let is_string = quoted(before) && before == behind;
            if !bound && !is_string {
                return line.get(start..end);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mentioned(text: &str) -> Vec<String> {
        outside_of_functions(text).iter().flat_map(|line| words_of(line)).map(str::to_owned).collect()
    }

    #[test]
    fn what_runs_at_import_is_seen_and_what_is_in_functions_is_not() {
        let text = "\
from jobs import (
    imported,
)
import other
'''text of the module'''
class A(base):
    attribute = called_in_class()
    async def method(self, x=default()):
        inside()
        \"\"\"
not_code()
        \"\"\"
        still_inside()

# a comment()
jobs = [called(), 'quoted']
if condition():
    nested(
        deeper())
half = functools.partial(bound, 1)
functools.partial(called_at_once)()
def f(
    a,
):
    hidden()
";
        let found = mentioned(text);
        for seen in ["base", "called_in_class", "default", "called", "condition", "nested", "deeper", "called_at_once"]
        {
            assert!(found.iter().any(|word| word == seen), "{seen} is not in {found:?}");
        }
        for hidden in [
            "imported",
            "other",
            "text",
            "inside",
            "not_code",
            "still_inside",
            "comment",
            "hidden",
            "quoted",
            "f",
            "method",
            "bound",
            "half",
            "jobs",
        ] {
            assert!(found.iter().all(|word| word != hidden), "{hidden} is in {found:?}");
        }
    }
}
