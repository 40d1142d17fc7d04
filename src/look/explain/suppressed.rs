//! The findings about warning filters that hide what was never awaited.

use super::super::observe::Observation;
use super::draft::About;
use super::names::Names;
use crate::analysis::fingerprint::fingerprint;
use crate::analysis::patterns::Matches;
use crate::analysis::warning_filters::{Hidden, hiding, option_of};
use crate::heap::{Heap, WarningFilter, WarningOptions};
use crate::report::{Finding, Kind, Verdict};
use crate::runtime::Interpreter;
use rustc_hash::FxHashSet;

/// Findings beyond this are not listed.
const MOST: usize = 100;
/// Modules beyond this are not compared with filters.
const MOST_MODULES: usize = 20_000;
/// Modules that are told by name.
const NAMED: usize = 3;

pub(super) fn findings(names: &Names<'_, '_>, observation: &Observation) -> Vec<Finding> {
    let mut seen = FxHashSet::default();
    let of_interpreter = observation.places.iter().flat_map(|place| of_interpreter(names.heap, &place.interpreter));
    of_interpreter.filter(|finding| seen.insert(finding.fingerprint.clone())).take(MOST).collect()
}

fn of_interpreter(heap: &Heap<'_>, interpreter: &Interpreter) -> Vec<Finding> {
    let filters = heap.warning_filters(interpreter);
    let is_about_some = filters.iter().any(|filter| filter.action == "ignore" && !filter.is_about_all_modules());
    let modules = if is_about_some { modules(heap, interpreter) } else { Vec::new() };
    let hiding = hiding(&filters, &modules);
    if hiding.is_empty() {
        return Vec::new();
    }
    let options = heap.warning_options(interpreter);
    hiding.iter().filter_map(|hidden| finding(&filters, hidden, &options)).collect()
}

fn modules(heap: &Heap<'_>, interpreter: &Interpreter) -> Vec<String> {
    let entries = heap.dict_entries(interpreter.modules).unwrap_or_default();
    let mut found: Vec<String> =
        entries.into_iter().take(MOST_MODULES).filter_map(|(name, _)| heap.label(name).ok()).collect();
    found.sort();
    found
}

fn finding(filters: &[WarningFilter], hidden: &Hidden, options: &WarningOptions) -> Option<Finding> {
    let filter = filters.get(hidden.filter)?;
    let text = filter.text();
    let kind = Kind::WarningsSuppressed;
    let option = option_of(filter, &options.options);
    let fingerprint = fingerprint([kind.word(), &text]);
    Some(Finding {
        why: why(filters, hidden, &text, options, option),
        advice: advice(option.is_some()),
        ..About { qualname: text, module: None, definition: None }.finding_named(fingerprint, kind, Verdict::Suspect)
    })
}

fn why(
    filters: &[WarningFilter],
    hidden: &Hidden,
    text: &str,
    options: &WarningOptions,
    option: Option<&str>,
) -> String {
    let hides = if hidden.texts == Matches::Undecided { "may hide" } else { "hides" };
    let mut why = format!("The warning filter `{text}` {hides} \"coroutine … was never awaited\"");
    if hidden.texts == Matches::Depends {
        why.push_str(" of coroutines with certain names");
    }
    if let Some(modules) = &hidden.modules {
        why.push_str(&format!(" in {}", named(modules)));
    }
    why.push_str(": what is thrown away leaves no trace, neither in the log nor for us.");
    let shown_by: Vec<String> =
        hidden.shown_by.iter().filter_map(|at| Some(format!("`{}`", filters.get(*at)?.text()))).take(NAMED).collect();
    if !shown_by.is_empty() {
        why.push_str(&format!(" Except where a filter before it decides: {}.", shown_by.join(", ")));
    }
    // Without flags `sys` could not be read, and nobody knows who set the filter.
    match (option, options.dev_mode) {
        (Some(option), _) => {
            why.push_str(&format!(" It is from `-W` or PYTHONWARNINGS: `sys.warnoptions` has `{option}`."));
        }
        (None, Some(_)) => why.push_str(" The program has set it: no word of `-W` or PYTHONWARNINGS says so."),
        (None, None) => {}
    }
    if options.dev_mode == Some(true) {
        why.push_str(" Development mode is on, but its own filter, which shows all warnings, comes later.");
    }
    why
}

/// `module app`, `modules app, lib and 3 more`.
fn named(modules: &[String]) -> String {
    let first = modules.get(..NAMED).unwrap_or(modules).join(", ");
    match modules.len().checked_sub(NAMED).filter(|more| *more > 0) {
        Some(more) => format!("modules {first} and {more} more"),
        None if modules.len() == 1 => format!("module {first}"),
        None => format!("modules {first}"),
    }
}

fn advice(is_option: bool) -> String {
    let narrower = if is_option {
        "Give `-W` or PYTHONWARNINGS a narrower filter, such as `ignore::DeprecationWarning`, or"
    } else {
        "Make the filter narrower, so that it does not match RuntimeWarning from asyncio code, or"
    };
    format!("{narrower} put `warnings.filterwarnings(\"default\", \"coroutine\", RuntimeWarning)` after it.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::FilterPattern;

    fn said(options: &WarningOptions, hidden: &Hidden) -> Finding {
        let filter = |action: &str| WarningFilter {
            action: action.into(),
            message: FilterPattern::Any,
            category: "RuntimeWarning".into(),
            module: FilterPattern::Any,
            line: 0,
        };
        finding(&[filter("default"), filter("ignore")], hidden, options).unwrap()
    }

    fn hidden(texts: Matches, modules: Option<&[&str]>, shown_by: &[usize]) -> Hidden {
        let modules = modules.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        Hidden { filter: 1, texts, modules, shown_by: shown_by.into() }
    }

    #[test]
    fn it_is_said_what_is_hidden_and_who_says_so() {
        let outside = WarningOptions { options: vec!["ignore::RuntimeWarning".into()], dev_mode: Some(false) };
        let found = said(&outside, &hidden(Matches::Always, None, &[]));
        assert_eq!(
            found.why,
            "The warning filter `ignore::RuntimeWarning` hides \"coroutine … was never awaited\": what is thrown away leaves no trace, \
             neither in the log nor for us. It is from `-W` or PYTHONWARNINGS: `sys.warnoptions` has `ignore::RuntimeWarning`."
        );
        assert!(found.advice.starts_with("Give `-W`"), "{}", found.advice);
        let inside = WarningOptions { options: Vec::new(), dev_mode: Some(true) };
        let found = said(&inside, &hidden(Matches::Depends, Some(&["a", "b", "c", "d", "e"]), &[0]));
        for part in [
            "hides \"coroutine … was never awaited\" of coroutines with certain names in modules a, b, c and 2 more: what",
            " Except where a filter before it decides: `default::RuntimeWarning`. The program has set it",
            " Development mode is on",
        ] {
            assert!(found.why.contains(part), "{part:?} is not in {:?}", found.why);
        }
        assert!(found.advice.starts_with("Make the filter narrower"), "{}", found.advice);
        let unknown = said(&WarningOptions::default(), &hidden(Matches::Undecided, Some(&["a"]), &[]));
        assert!(unknown.why.contains(" may hide ") && unknown.why.contains(" in module a: "), "{}", unknown.why);
        assert!(unknown.why.ends_with("nor for us."), "{}", unknown.why);
    }
}
