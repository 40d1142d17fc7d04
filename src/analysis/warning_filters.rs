//! Which warning filters hide that a coroutine was never awaited.
//!
//! Of the filters the first that fits decides (`warnings.warn_explicit`). The warning is a `RuntimeWarning` with the text
//! `coroutine 'NAME' was never awaited`, of the module whose code was executing when the coroutine died.

use super::patterns::{Matches, Pattern, Template};
use crate::heap::{FilterPattern, WarningFilter};

/// Steps of comparing that all filters together may take: patterns and modules are the target's, and may be anything.
const MOST_STEPS: usize = 5_000_000;

/// What a filter hides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hidden {
    /// Which filter, by its place in the list.
    pub filter: usize,
    /// Whether it hides the warning whatever the coroutine is called. Never [`Matches::Never`].
    pub texts: Matches,
    /// The modules in which it does; `None`: in all.
    pub modules: Option<Vec<String>>,
    /// Filters before it that show the warning in some cases, by their places.
    pub shown_by: Vec<usize>,
}

/// The filters that hide the warning, or may hide it, in a process that has these modules. A filter about one line is passed over: whoever
/// writes that means it. So is one about modules of which none is loaded.
#[must_use]
pub fn hiding(filters: &[WarningFilter], modules: &[String]) -> Vec<Hidden> {
    let Some(warning) = Template::open("coroutine '", "' was never awaited") else { return Vec::new() };
    let mut steps = MOST_STEPS;
    let (mut found, mut shown_by) = (Vec::new(), Vec::new());
    for (place, filter) in filters.iter().enumerate() {
        if filter.line != 0 || !matches!(filter.category.as_str(), "RuntimeWarning" | "Warning") {
            continue;
        }
        let texts = fits(&filter.message, &warning, &mut steps);
        let in_modules = (!filter.is_about_all_modules()).then(|| modules_of(&filter.module, modules, &mut steps));
        if texts == Matches::Never || in_modules.as_ref().is_some_and(Vec::is_empty) {
            continue;
        }
        let decides = texts == Matches::Always && in_modules.is_none();
        if filter.action == "ignore" {
            found.push(Hidden { filter: place, texts, modules: in_modules, shown_by: shown_by.clone() });
        } else {
            shown_by.push(place);
        }
        if decides {
            break;
        }
    }
    found
}

fn fits(pattern: &FilterPattern, text: &Template, steps: &mut usize) -> Matches {
    match pattern {
        FilterPattern::Any => Matches::Always,
        // No filter knows the name.
        FilterPattern::Exactly(_) => Matches::Never,
        FilterPattern::Matches { pattern, flags } => Pattern::new(pattern, *flags).matches(text, steps),
        FilterPattern::Unreadable => Matches::Undecided,
    }
}

/// Those of the modules that a filter is about for sure.
fn modules_of(pattern: &FilterPattern, modules: &[String], steps: &mut usize) -> Vec<String> {
    match pattern {
        FilterPattern::Any => modules.to_vec(),
        FilterPattern::Exactly(name) => modules.iter().filter(|module| *module == name).cloned().collect(),
        FilterPattern::Matches { pattern, flags } => {
            let pattern = Pattern::new(pattern, *flags);
            let mut is_meant = |module: &str| {
                *steps > 0
                    && Template::known(module).is_some_and(|name| pattern.matches(&name, steps) == Matches::Always)
            };
            modules.iter().filter(|module| is_meant(module)).cloned().collect()
        }
        FilterPattern::Unreadable => Vec::new(),
    }
}

/// The word of `-W` or `PYTHONWARNINGS` that made this filter, if one did: `ACTION:MESSAGE:CATEGORY:MODULE:LINE`, where message and
/// module are literal texts, which `warnings` makes patterns of, or (3.15+) expressions between slashes.
#[must_use]
pub fn option_of<'o>(filter: &WarningFilter, options: &'o [String]) -> Option<&'o str> {
    options.iter().map(String::as_str).find(|option| {
        let mut parts = option.splitn(5, ':').map(str::trim);
        let mut part = || parts.next().unwrap_or_default();
        let (action, message, category, module, line) = (part(), part(), part(), part(), part());
        let category = category.rsplit('.').next().unwrap_or_default();
        // An action may be cut short.
        let same_action =
            if action.is_empty() { filter.action == "default" } else { filter.action.starts_with(action) };
        same_action
            && filter.category == if category.is_empty() { "Warning" } else { category }
            && is_made_of(&filter.message, message, "")
            && (is_made_of(&filter.module, module, r"\Z") || is_made_of(&filter.module, module, r"\z"))
            && line.parse().unwrap_or(0) == filter.line
    })
}

/// Whether `warnings` makes this pattern of a part of an option; `end` is what it adds.
fn is_made_of(pattern: &FilterPattern, part: &str, end: &str) -> bool {
    match pattern {
        FilterPattern::Any => part.is_empty(),
        FilterPattern::Exactly(text) => !part.is_empty() && text == part,
        FilterPattern::Matches { pattern, .. } => {
            let literal = pattern.strip_suffix(end).map(|pattern| pattern.replace('\\', ""));
            let expression = part.strip_prefix('/').and_then(|part| part.strip_suffix('/'));
            !part.is_empty() && (literal.as_deref() == Some(part) || expression == Some(pattern.as_str()))
        }
        FilterPattern::Unreadable => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> FilterPattern {
        if text.is_empty() { FilterPattern::Any } else { FilterPattern::Matches { pattern: text.into(), flags: 34 } }
    }

    /// `ACTION|MESSAGE|CATEGORY|MODULE|LINE`
    fn filter(text: &str) -> WarningFilter {
        let mut parts = text.split('|');
        let mut part = || parts.next().unwrap_or_default();
        let (action, message) = (part().to_owned(), pattern(part()));
        let (category, module) = (part().to_owned(), pattern(part()));
        WarningFilter { action, message, category, module, line: part().parse().unwrap_or(0) }
    }

    fn hidden(filters: &[&str]) -> Vec<Hidden> {
        let filters: Vec<WarningFilter> = filters.iter().map(|text| filter(text)).collect();
        hiding(&filters, &["app".to_owned(), "app.jobs".to_owned(), "os".to_owned()])
    }

    fn of(filter: usize, texts: Matches) -> Hidden {
        Hidden { filter, texts, modules: None, shown_by: Vec::new() }
    }

    #[test]
    fn the_first_filter_that_fits_decides() {
        let usual = ["default||DeprecationWarning|__main__", "ignore||DeprecationWarning", "ignore||ResourceWarning"];
        assert_eq!(hidden(&usual), []);
        assert_eq!(hidden(&[]), []);
        for hiding in
            ["ignore||Warning", "ignore||RuntimeWarning", "ignore|coroutine|RuntimeWarning", "ignore|.*awaited|Warning"]
        {
            assert_eq!(hidden(&[usual[0], hiding]), [of(1, Matches::Always)], "{hiding}");
            for other in ["error||RuntimeWarning", "default|coroutine|Warning", "always||Warning"] {
                assert_eq!(hidden(&[other, hiding]), [], "{other}");
            }
            for other in ["error||UserWarning", "always|overflow|RuntimeWarning", "error||RuntimeWarning||3"] {
                assert_eq!(hidden(&[other, hiding]), [of(1, Matches::Always)], "{other}");
            }
            assert_eq!(
                hidden(&[hiding, "ignore||Warning"]),
                [of(0, Matches::Always)],
                "what is behind it has no effect"
            );
        }
        for other in [
            "ignore|overflow|RuntimeWarning",
            "ignore|(overflow|invalid value) encountered|RuntimeWarning",
            "ignore||RuntimeWarning|numpy",
            "ignore||RuntimeWarning||12",
            "always||RuntimeWarning",
        ] {
            assert_eq!(hidden(&[other]), [], "{other}");
        }
    }

    #[test]
    fn filters_about_some_names_or_some_modules() {
        assert_eq!(hidden(&["ignore|coroutine 'poll'|RuntimeWarning"]), [of(0, Matches::Depends)]);
        assert_eq!(hidden(&["ignore|(?=c)|RuntimeWarning"]), [of(0, Matches::Undecided)]);
        let modules = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
        let found = hidden(&[
            "ignore||Warning|app",
            "default||RuntimeWarning|app\\.jobs\\Z",
            "ignore||Warning|.*",
            "ignore||Warning",
        ]);
        let expected = [
            Hidden { modules: modules(&["app", "app.jobs"]), ..of(0, Matches::Always) },
            Hidden { shown_by: vec![1], ..of(2, Matches::Always) },
        ];
        assert_eq!(found, expected);
        assert_eq!(hidden(&[r"ignore||RuntimeWarning|app\Z"])[0].modules, modules(&["app"]));
    }

    #[test]
    fn a_pattern_that_cannot_be_read_is_not_decided() {
        let mut unread = filter("ignore||RuntimeWarning");
        unread.message = FilterPattern::Unreadable;
        assert_eq!(hiding(&[unread.clone()], &[]), [of(0, Matches::Undecided)]);
        assert_eq!(unread.text(), "ignore:<pattern>:RuntimeWarning");
        unread.module = FilterPattern::Unreadable;
        assert_eq!(hiding(&[unread], &["app".to_owned()]), []);
    }

    #[test]
    fn where_a_filter_is_from() {
        let options: Vec<String> =
            ["default", "i", "ignore:a b.c:RuntimeWarning:mod", "error::app.MyWarning::7", "ignore:/x|y/:Warning"]
                .map(str::to_owned)
                .into();
        for (text, expected) in [
            ("default||Warning", Some("default")),
            ("ignore||Warning", Some("i")),
            (r"ignore|a\ b\.c|RuntimeWarning|mod\Z", Some("ignore:a b.c:RuntimeWarning:mod")),
            (r"ignore|a\ b\.c|RuntimeWarning|mod\z", Some("ignore:a b.c:RuntimeWarning:mod")),
            (r"ignore|a\ b\.c|RuntimeWarning", None),
            ("error||MyWarning||7", Some("error::app.MyWarning::7")),
            ("error||MyWarning", None),
            ("ignore||RuntimeWarning", None),
            ("always||Warning", None),
        ] {
            assert_eq!(option_of(&filter(text), &options), expected, "{text}");
        }
        let expression = WarningFilter { message: pattern("x|y"), ..filter("ignore||Warning") };
        assert_eq!(option_of(&expression, &options), Some("ignore:/x|y/:Warning"));
    }
}
