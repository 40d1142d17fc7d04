//! The findings about coroutines that are gone.

use super::super::call_sites::CallSites;
use super::super::observe::Observation;
use super::creation;
use super::draft::About;
use super::names::Names;
use crate::analysis::fingerprint::fingerprint;
use crate::heap::{CodeFlags, DiscardedCoroutine, DiscardedOnce, OriginFrame};
use crate::memory::Address;
use crate::report::{Finding, Kind, Location, Verdict, Warning};
use rustc_hash::{FxHashMap, FxHashSet};

/// Findings of one kind beyond this are not listed.
const MOST: usize = 1000;
const ADVICE: &str = "Await it where it is called. If that line does not call it, search for its calls; `coroscope arm` makes Python write down \
                      where the next one is created.";

pub(super) fn findings(names: &Names<'_, '_>, observation: &Observation, sites: Option<&CallSites>) -> Vec<Finding> {
    let interpreters = || observation.places.iter().map(|place| &place.interpreter);
    let discarded: Vec<DiscardedCoroutine> =
        interpreters().flat_map(|interpreter| names.heap.discarded_coroutines(interpreter)).take(MOST).collect();
    // What a module remembers as well is known better from there.
    let known: FxHashSet<&str> = discarded.iter().map(|coroutine| coroutine.text.as_str()).collect();
    let once = interpreters().flat_map(|interpreter| names.heap.discarded_once(interpreter));
    let once: Vec<DiscardedOnce> =
        once.filter(|coroutine| !known.contains(coroutine.text.as_str())).take(MOST).collect();
    let wanted = discarded.iter().map(|one| one.qualname.as_str()).chain(once.iter().map(|one| one.qualname.as_str()));
    let functions = Functions::named(names, sites, &wanted.collect());
    let found = discarded.iter().map(|coroutine| discarded_already(names, coroutine, &functions));
    found.chain(once.iter().map(|coroutine| discarded_once(names, coroutine, &functions))).collect()
}

/// The loaded coroutine functions that have the names of coroutines that are gone.
struct Functions(FxHashMap<String, Vec<Address>>);

impl Functions {
    fn named(names: &Names<'_, '_>, sites: Option<&CallSites>, wanted: &FxHashSet<&str>) -> Self {
        let mut found: FxHashMap<String, Vec<Address>> = FxHashMap::default();
        let functions = sites.filter(|_| !wanted.is_empty()).into_iter().flat_map(CallSites::functions);
        let is_coroutine =
            |code: Address| names.heap.code(code).is_ok_and(|code| code.flags.contains(CodeFlags::COROUTINE));
        for function in functions.filter(|function| is_coroutine(function.code)) {
            let qualname = names.heap.function_qualname(function.address);
            if let Some(qualname) = qualname.filter(|qualname| wanted.contains(qualname.as_str())) {
                found.entry(qualname).or_default().push(function.address);
            }
        }
        Self(found)
    }

    /// The function and its code, if there is only one of this name: in the module in question, else anywhere. Functions that share
    /// their code count once.
    fn only(&self, names: &Names<'_, '_>, qualname: &str, module: Option<&str>) -> Option<(Address, Address)> {
        let all = self.0.get(qualname)?;
        let in_module: Vec<Address> = all
            .iter()
            .copied()
            .filter(|function| module.is_some() && names.heap.function_module(*function).as_deref() == module)
            .collect();
        let among = if in_module.is_empty() { all } else { &in_module };
        let code = |function: Address| names.heap.function_code(function).ok();
        let first = *among.iter().min()?;
        among.iter().all(|other| code(*other) == code(first)).then_some((first, code(first)?))
    }
}

/// What was thrown away: as the function says, if it is still loaded and the only one of its name.
fn about(names: &Names<'_, '_>, qualname: &str, function: Option<(Option<String>, Address)>) -> About {
    let (module, code) = function.unzip();
    About {
        qualname: qualname.to_owned(),
        module: module.flatten(),
        definition: code.and_then(|code| names.definition(code)),
    }
}

fn discarded_already(names: &Names<'_, '_>, coroutine: &DiscardedCoroutine, functions: &Functions) -> Finding {
    let DiscardedCoroutine { qualname, module, line, .. } = coroutine;
    let line = u32::try_from(*line).unwrap_or(0);
    let mut why = format!(
        "Python warned that it was thrown away while line {line} of module {module} was executing: that is where it died, \
         which need not be where it was made."
    );
    if coroutine.stale {
        why.push_str(" The warning filters have changed since, so it is from before that.");
    }
    let in_globals =
        names.heap.function_code_named(coroutine.globals, qualname).map(|code| (Some(module.clone()), code));
    let function = in_globals.or_else(|| {
        let (function, code) = functions.only(names, qualname, Some(module))?;
        Some((names.heap.function_module(function), code))
    });
    let fingerprint = fingerprint([Kind::DiscardedAlready.word(), module, qualname, &line.to_string()]);
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
        ..about(names, qualname, function).finding_named(fingerprint, Kind::DiscardedAlready, Verdict::Leaked)
    }
}

/// One that is remembered for the whole process, and not by a module.
fn discarded_once(names: &Names<'_, '_>, coroutine: &DiscardedOnce, functions: &Functions) -> Finding {
    let DiscardedOnce { qualname, text, origin } = coroutine;
    let function = functions.only(names, qualname, None);
    let function = function.map(|(function, code)| (names.heap.function_module(function), code));
    let fingerprint = fingerprint([Kind::DiscardedAlready.word(), "onceregistry", qualname]);
    let about = about(names, qualname, function);
    Finding {
        why: "A warning was given that it was thrown away. It was recorded once for the whole process (`warnings.onceregistry`): in which \
              module and line is not known."
            .to_owned(),
        created_at: created_at(origin),
        warning: Some(Warning { module: None, file: None, line: None, text: text.clone() }),
        advice: ADVICE.to_owned(),
        ..about.finding_named(fingerprint, Kind::DiscardedAlready, Verdict::Leaked)
    }
}

fn created_at(origin: &[OriginFrame]) -> Option<Vec<Location>> {
    (!origin.is_empty()).then(|| creation::recorded(origin))
}
