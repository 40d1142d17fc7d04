//! Calls in the loaded code: those that made what was found, and those that throw their coroutine away.

use super::super::call_sites::{CallSites, Held, Origins, Question, Site, holding};
use super::super::judge::Judged;
use super::super::observe::Observation;
use super::draft::About;
use super::keepers::Keepers;
use super::names::{Names, UNREADABLE};
use crate::analysis::facts::DeadEnd;
use crate::analysis::fingerprint::fingerprint;
use crate::analysis::group::by_key;
use crate::analysis::holding::Holding;
use crate::analysis::verdict::Reason;
use crate::heap::{Code, Generator, Position};
use crate::memory::Address;
use crate::report::{Evidence, Finding, Frame, Kind, Location, Verdict};
use crate::runtime::opcodes;
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

/// Findings about places beyond this number are not told.
const MOST_PLACES: usize = 10_000;
/// Coroutines of one function that are asked about.
const MOST_MEMBERS: usize = 10_000;

/// Says of coroutines where they were made.
pub(super) struct Creation<'a, 'h> {
    names: &'a Names<'a, 'h>,
    origins: Origins<'a, 'h>,
    /// How many coroutines hold each function.
    holding: FxHashMap<Address, u64>,
}

impl<'a, 'h> Creation<'a, 'h> {
    pub(super) fn new(names: &'a Names<'a, 'h>, sites: &'a CallSites, observation: &Observation) -> Self {
        let mut holding: FxHashMap<Address, u64> = FxHashMap::default();
        for function in observation.generators.iter().filter_map(|generator| names.heap.generator_function(generator)) {
            *holding.entry(function).or_default() += 1;
        }
        Self { names, origins: Origins::new(sites, names.heap, names.process), holding }
    }

    /// Where coroutines of one function were made: one place, or several of which it was one. `None` when that is not known for sure of all
    /// of them. What is held in one way is asked for together: how it is held rules calls out.
    pub(super) fn of<'j>(
        &self,
        members: impl Iterator<Item = &'j Judged>,
        keepers: &Keepers<'_, '_>,
    ) -> Option<Vec<Location>> {
        let with_holding = members.take(MOST_MEMBERS).map(|member| {
            let path = keepers.keeping.path(member.generator.address);
            (path.map(|path| holding(self.names.heap, path)), member)
        });
        let mut found: Vec<Location> = Vec::new();
        for (holding, members) in by_key(with_holding) {
            let places = self.of_alike(&members, holding)?;
            found.extend(places);
        }
        let mut seen = FxHashSet::default();
        found.retain(|location| seen.insert(location.clone()));
        (!found.is_empty()).then_some(found)
    }

    fn of_alike(&self, members: &[&Judged], holding: Option<Holding>) -> Option<Vec<Location>> {
        let first = *members.first()?;
        let function = |generator: &Generator| self.names.heap.generator_function(generator);
        let held = held(&first.judgement.reason);
        let (code, of_first) = (first.generator.code, function(&first.generator));
        let (mut same_function, mut same_holder) = (true, true);
        for member in members {
            same_function &= function(&member.generator) == of_first;
            same_holder &= self::held(&member.judgement.reason) == held;
        }
        let function = of_first.filter(|_| same_function);
        let question = Question {
            code,
            function,
            coroutines: function.and_then(|function| self.holding.get(&function).copied()).unwrap_or(0),
            held: if same_holder { held } else { Held::Unknown },
            holdings: holding.into_iter().collect(),
        };
        let found: Vec<Location> =
            self.origins.of(&question).into_iter().filter_map(|site| location(self.names, site)).collect();
        (!found.is_empty()).then_some(found)
    }
}

fn held(reason: &Reason) -> Held {
    match reason {
        Reason::OnlyDeadEnds(DeadEnd::UnusedVariable { name, function }) => {
            Held::Variable { name: name.clone(), function: function.clone() }
        }
        _ => Held::Unknown,
    }
}

fn position(names: &Names<'_, '_>, site: &Site) -> Option<(Rc<Code>, Position)> {
    let code = names.heap.code(site.caller).ok()?;
    let position = names.heap.code_position(&code, i64::try_from(site.offset).ok()?).ok()?;
    Some((code, position))
}

/// The line of a call; `None` when the compiler gave it none.
fn location(names: &Names<'_, '_>, site: &Site) -> Option<Location> {
    let (code, position) = position(names, site)?;
    let (file, line) = (names.heap.code_file(&code).ok()?, u32::try_from(position.line?).ok()?);
    let column = position.column.and_then(|column| u32::try_from(column).ok()?.checked_add(1));
    Some(Location { column, ..Location::new(file, line, names.heap.code_qualname(&code).ok(), Evidence::CallSite) })
}

/// A finding for each line that throws coroutines of a function away.
pub(super) fn findings(names: &Names<'_, '_>, sites: &CallSites) -> Vec<Finding> {
    let mut places: FxHashMap<(Address, Location), Vec<&Site>> = FxHashMap::default();
    for site in sites.sites.iter().filter(|site| site.discarded) {
        let Some(location) = location(names, site) else { continue };
        // Calls beside each other in one line are one place.
        let same_line = Location { column: None, ..location };
        let at_line = places.entry((site.callee, same_line)).or_default();
        // Functions that share their code have the same calls.
        if at_line.iter().all(|other| (other.caller, other.offset) != (site.caller, site.offset)) {
            at_line.push(site);
        }
    }
    let mut findings: Vec<Finding> = places
        .into_iter()
        .take(MOST_PLACES)
        .filter_map(|((callee, location), sites)| finding(names, callee, location, &sites))
        .collect();
    findings.sort_by(|one, other| place(one).cmp(&place(other)));
    findings
}

fn place(finding: &Finding) -> Option<(&str, Option<u32>, &str)> {
    finding.position.as_ref().map(|position| (position.file.as_str(), position.line, finding.qualname.as_str()))
}

fn finding(names: &Names<'_, '_>, callee: Address, location: Location, sites: &[&Site]) -> Option<Finding> {
    let first = *sites.first()?;
    let code = names.heap.code(callee).ok()?;
    let caller = names.heap.code(first.caller).ok()?;
    let function = first.function;
    let module = function.and_then(|function| names.heap.function_module(function));
    // 3.11+ code knows its qualified name, a function always does.
    let qualname = function
        .and_then(|function| names.heap.function_qualname(function))
        .or_else(|| names.heap.code_qualname(&code).ok())
        .unwrap_or_else(|| UNREADABLE.to_owned());
    let file = location.file.clone();
    let in_function = location.function.clone().unwrap_or_default();
    let column = first_column(names, sites);
    let kind = Kind::DiscardedCallSite;
    let fingerprint = fingerprint([
        kind.word(),
        module.as_deref().unwrap_or(""),
        &qualname,
        About::file_name(&file),
        &in_function,
        &location.line.to_string(),
    ]);
    let about = About { qualname, module, definition: names.definition(callee) };
    Some(Finding {
        why: why(names, &caller),
        advice:
            "Write `await` in front of the call, or give the coroutine to `asyncio.create_task()` and keep the task."
                .to_owned(),
        count: sites.len() as u64,
        position: Some(Frame { function: in_function, file, line: Some(location.line) }),
        created_at: Some(vec![Location { column, ..location }]),
        ..about.finding_named(fingerprint, kind, Verdict::Suspect)
    })
}

fn first_column(names: &Names<'_, '_>, sites: &[&Site]) -> Option<u32> {
    sites.iter().filter_map(|site| location(names, site)?.column).min()
}

fn why(names: &Names<'_, '_>, caller: &Code) -> String {
    let ran = match has_run(names, caller) {
        Some(true) => " The function that calls has run.",
        Some(false) => " The function that calls has not run yet, as far as its bytecode shows.",
        None => "",
    };
    format!("The coroutine is thrown away where it is called: nothing in it will ever run.{ran}")
}

/// Whether code has ever run: from 3.13 on its first instructions become other ones then. `None` where nothing tells.
fn has_run(names: &Names<'_, '_>, code: &Code) -> Option<bool> {
    let minor = names.heap.layout().minor;
    if minor < 13 {
        return None;
    }
    let opcodes = opcodes::for_minor(minor)?;
    let bytes = names.heap.bytecode(code).ok()?;
    let resumed = opcodes.resume?;
    let mut at = 0;
    while let Some(number) = bytes.get(at) {
        let opcode = opcodes.get(*number)?;
        if opcodes.base(*number)? == resumed {
            // While somebody traces it stands for neither.
            return opcodes.is_specialised(*number).then_some(true).or((*number == resumed).then_some(false));
        }
        at += 2 + 2 * usize::from(opcode.caches);
    }
    None
}
