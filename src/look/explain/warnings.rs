//! The findings about coroutines that are gone.

use super::super::observe::Observation;
use super::draft::About;
use super::names::Names;
use crate::analysis::fingerprint::fingerprint;
use crate::heap::{DiscardedCoroutine, DiscardedOnce, OriginFrame};
use crate::report::{Evidence, Finding, Kind, Location, Verdict, Warning};
use rustc_hash::FxHashSet;

/// Findings of one kind beyond this are not listed.
const MOST: usize = 1000;
const ADVICE: &str = "Await it where it is called. If that line does not call it, search for its calls; `coroscope arm` makes Python write down \
                      where the next one is created.";

pub(super) fn findings(names: &Names<'_, '_>, observation: &Observation) -> Vec<Finding> {
    let interpreters = || observation.places.iter().map(|place| &place.interpreter);
    let discarded: Vec<DiscardedCoroutine> =
        interpreters().flat_map(|interpreter| names.heap.discarded_coroutines(interpreter)).take(MOST).collect();
    // What a module remembers as well is known better from there.
    let known: FxHashSet<&str> = discarded.iter().map(|coroutine| coroutine.text.as_str()).collect();
    let once = interpreters().flat_map(|interpreter| names.heap.discarded_once(interpreter));
    let once: Vec<DiscardedOnce> =
        once.filter(|coroutine| !known.contains(coroutine.text.as_str())).take(MOST).collect();
    let found = discarded.iter().map(|coroutine| discarded_already(names, coroutine));
    found.chain(once.iter().map(discarded_once)).collect()
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
    let fingerprint = fingerprint([Kind::DiscardedAlready.word(), module, qualname, &line.to_string()]);
    // Only a function that was found says where it is defined.
    let module_of_function = definition.is_some().then(|| module.clone());
    let about = About { qualname: qualname.clone(), module: module_of_function, definition };
    Finding {
        why,
        created_at: created_at(&coroutine.origin),
        warning: Some(Warning {
            module: Some(module.clone()),
            file: coroutine.file.clone(),
            line: Some(line),
            text: coroutine.text.clone(),
        }),
        advice: ADVICE.to_owned(),
        ..about.finding_named(fingerprint, Kind::DiscardedAlready, Verdict::Leaked)
    }
}

/// One that is remembered for the whole process, and not by a module.
fn discarded_once(coroutine: &DiscardedOnce) -> Finding {
    let DiscardedOnce { qualname, text, origin } = coroutine;
    let kind = Kind::DiscardedAlready;
    let fingerprint = fingerprint([kind.word(), "onceregistry", qualname]);
    let about = About { qualname: qualname.clone(), module: None, definition: None };
    Finding {
        why: "A warning was given that it was thrown away. It was recorded once for the whole process (`warnings.onceregistry`): in which \
              module and line is not known."
            .to_owned(),
        created_at: created_at(origin),
        warning: Some(Warning { module: None, file: None, line: None, text: text.clone() }),
        advice: ADVICE.to_owned(),
        ..about.finding_named(fingerprint, kind, Verdict::Leaked)
    }
}

fn created_at(origin: &[OriginFrame]) -> Option<Vec<Location>> {
    let location = |frame: &OriginFrame| {
        let line = u32::try_from(frame.line).unwrap_or(0);
        Location::new(frame.file.clone(), line, Some(frame.function.clone()), Evidence::Recorded)
    };
    (!origin.is_empty()).then(|| origin.iter().map(location).collect())
}
