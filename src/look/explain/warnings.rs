//! The findings about coroutines that are gone, and about filters that hide such.

use super::super::observe::Observation;
use super::draft::About;
use super::names::Names;
use crate::analysis::fingerprint::fingerprint;
use crate::heap::DiscardedCoroutine;
use crate::report::{Evidence, Finding, Kind, Location, Runtime, Verdict, Warning};

/// Findings of one kind beyond this are not listed.
const MOST: usize = 1000;

pub(super) fn findings(names: &Names<'_, '_>, observation: &Observation, runtime: &Runtime) -> Vec<Finding> {
    let discarded = observation.places.iter().flat_map(|place| names.heap.discarded_coroutines(&place.interpreter));
    let mut findings: Vec<_> = discarded.take(MOST).map(|coroutine| discarded_already(names, &coroutine)).collect();
    findings.extend(suppressing_filter(&runtime.warning_filters).map(suppressed));
    findings
}

fn discarded_already(names: &Names<'_, '_>, coroutine: &DiscardedCoroutine) -> Finding {
    let DiscardedCoroutine { qualname, module, line, .. } = coroutine;
    let line = u32::try_from(*line).unwrap_or(0);
    let code = names.heap.function_code_named(coroutine.globals, qualname);
    let definition = code.and_then(|code| names.definition(code));
    let mut why = format!(
        "Python warned that it was thrown away while line {line} of module {module} was executing: that is where it died, \
         which need not be where it was made."
    );
    if coroutine.stale {
        why.push_str(" The warning filters have changed since, so it is from before that.");
    }
    let location = |frame: &crate::heap::OriginFrame| {
        let line = u32::try_from(frame.line).unwrap_or(0);
        Location::new(frame.file.clone(), line, Some(frame.function.clone()), Evidence::Recorded)
    };
    let fingerprint = fingerprint([Kind::DiscardedAlready.word(), module, qualname, &line.to_string()]);
    // Only a function that was found says where it is defined.
    let module_of_function = definition.is_some().then(|| module.clone());
    let about = About { qualname: qualname.clone(), module: module_of_function, definition };
    Finding {
        why,
        distribution: names.distribution(coroutine.file.as_deref().unwrap_or_default()),
        created_at: (!coroutine.origin.is_empty()).then(|| coroutine.origin.iter().map(location).collect()),
        warning: Some(Warning {
            module: module.clone(),
            file: coroutine.file.clone(),
            line,
            text: coroutine.text.clone(),
        }),
        advice: "Await it where it is called. If that line does not call it, search for its calls; `coroscope arm` makes Python \
                 write down where the next one is created."
            .to_owned(),
        ..about.finding_named(fingerprint, Kind::DiscardedAlready, Verdict::Leaked)
    }
}

/// The filter that decides about the warning, if it hides it from every module: the first that fits. One with a pattern for the text that we do not
/// understand, or for one module only, is passed over.
fn suppressing_filter(filters: &[String]) -> Option<&String> {
    let decides = |filter: &&String| {
        let parts: Vec<&str> = filter.split(':').collect();
        let part = |at: usize| parts.get(at).copied().unwrap_or_default();
        let message = part(1);
        let about_us = message.is_empty() || (message.starts_with("coroutine") && message.len() <= "coroutine '".len());
        parts.len() <= 3 && about_us && matches!(part(2), "RuntimeWarning" | "Warning")
    };
    filters.iter().find(decides).filter(|filter| filter.starts_with("ignore:"))
}

fn suppressed(filter: &String) -> Finding {
    let about = About { qualname: filter.clone(), module: None, definition: None };
    let fingerprint = fingerprint([Kind::WarningsSuppressed.word(), filter]);
    Finding {
        why: format!(
            "The warning filter `{filter}` hides \"coroutine … was never awaited\": what is thrown away leaves no trace, neither in \
             the log nor for us."
        ),
        advice: "Make the filter narrower, so that it does not match RuntimeWarning from asyncio code, or put \
                 `warnings.filterwarnings(\"default\", \"coroutine\", RuntimeWarning)` after it."
            .to_owned(),
        ..about.finding_named(fingerprint, Kind::WarningsSuppressed, Verdict::Suspect)
    }
}

#[cfg(test)]
mod tests {
    use super::suppressing_filter;

    #[test]
    fn which_filter_decides() {
        let decides = |filters: &[&str]| {
            let filters: Vec<String> = filters.iter().map(|filter| (*filter).to_owned()).collect();
            suppressing_filter(&filters).cloned()
        };
        let usual = ["default::DeprecationWarning:__main__", "ignore::DeprecationWarning", "ignore::ResourceWarning"];
        assert_eq!(decides(&usual), None);
        assert_eq!(decides(&[]), None);
        for hiding in ["ignore::Warning", "ignore::RuntimeWarning", "ignore:coroutine:RuntimeWarning"] {
            assert_eq!(decides(&[usual[0], hiding]).as_deref(), Some(hiding));
            assert_eq!(decides(&["error::RuntimeWarning", hiding]), None, "the first that fits decides");
            assert_eq!(decides(&["error::UserWarning", hiding]).as_deref(), Some(hiding));
        }
        for other in [
            "ignore:overflow:RuntimeWarning",
            "ignore:<pattern>:RuntimeWarning",
            "ignore::RuntimeWarning:numpy",
            "ignore::RuntimeWarning::12",
            "always::RuntimeWarning",
        ] {
            assert_eq!(decides(&[other]), None, "{other}");
        }
    }
}
