//! Where coroutines that live were made, as far as the calls in the code tell for sure.
//!
//! A wrong line is worse than none. So an answer is given only if every way to the function is known: every reference to it is accounted
//! for, no code passes it on, nobody makes up its name, and no body of a module, which is gone once it ran, mentions it.
//! What remains is the list of calls that do not await the coroutine at once: it was made by one of them.

use super::held::candidate;
use super::text::Bodies;
use super::{CallSites, Possible, Site};
use crate::analysis::calls::Fate;
use crate::analysis::holding::{Agreement, Candidate, Holding, agreements};
use crate::heap::{Code, CodeFlags, Heap};
use crate::memory::Address;
use crate::process::Target;
use rustc_hash::FxHashSet;
use std::cell::OnceCell;

/// More candidates than this are no answer.
const MOST_CANDIDATES: usize = 16;

/// What is known of who holds a coroutine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::look) enum Held {
    /// Nothing.
    Unknown,
    /// Only this variable of a function does.
    Variable {
        /// The variable's name.
        name: String,
        /// The function's qualified name.
        function: String,
    },
}

/// The coroutines that are asked about: all of one function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::look) struct Question {
    /// Their code.
    pub(in crate::look) code: Address,
    /// Their function, if it is known and the same for all.
    pub(in crate::look) function: Option<Address>,
    /// How many references to that function are coroutines'.
    pub(in crate::look) coroutines: u64,
    pub(in crate::look) held: Held,
    /// How they are held, each way in which all of them are; empty where that is not known.
    pub(in crate::look) holdings: Vec<Holding>,
}

/// Answers questions, and remembers what it had to read for that.
pub(in crate::look) struct Origins<'a, 'h> {
    sites: &'a CallSites,
    heap: &'a Heap<'h>,
    target: Option<&'a Target>,
    bodies: OnceCell<Bodies>,
}

impl<'a, 'h> Origins<'a, 'h> {
    pub(in crate::look) fn new(sites: &'a CallSites, heap: &'a Heap<'h>, target: Option<&'a Target>) -> Self {
        Self { sites, heap, target, bodies: OnceCell::new() }
    }

    /// The calls one of which made these coroutines: one is the answer, several are candidates, none is no answer.
    pub(in crate::look) fn of(&self, question: &Question) -> Vec<&'a Site> {
        let sites = || {
            self.sites
                .by_callee
                .get(&question.code)
                .into_iter()
                .flatten()
                .filter_map(|at| self.sites.sites.get(*at))
                .filter(|site| match (site.function, question.function) {
                    (Some(one), Some(other)) => one == other,
                    _ => true,
                })
        };
        if let Held::Variable { name, function } = &question.held {
            // A variable that is given a value at one place only has it from there, whatever other ways there are.
            let stored: Vec<&Site> = sites().filter(|site| self.stores_only(site, name, function)).collect();
            if stored.len() == 1 {
                return stored;
            }
        }
        // What is awaited at once is nobody's forgotten coroutine, and what is thrown away at once does not live.
        let mut found: Vec<&Site> = sites().filter(|site| site.fate != Fate::Awaited && !site.discarded).collect();
        found.sort_by_key(|site| (site.fate, site.caller, site.offset));
        found.dedup_by_key(|site| (site.caller, site.offset));
        self.rule_out(&mut found, &question.holdings);
        if found.is_empty() || found.len() > MOST_CANDIDATES || !self.all_ways_are_known(question) {
            return Vec::new();
        }
        found
    }

    /// Takes out the calls whose result cannot have got to where it is held.
    fn rule_out(&self, found: &mut Vec<&Site>, holdings: &[Holding]) {
        if holdings.is_empty() {
            return;
        }
        let candidates: Vec<Candidate> = found.iter().map(|site| candidate(self.heap, site)).collect();
        let said: Vec<Vec<Agreement>> = holdings.iter().map(|holding| agreements(holding, &candidates)).collect();
        let mut place = 0..;
        found.retain(|_| {
            let at = place.next().unwrap_or(usize::MAX);
            said.iter().all(|said| said.get(at) != Some(&Agreement::Contradicts))
        });
    }

    fn stores_only(&self, site: &Site, name: &str, function: &str) -> bool {
        let is_variable = site
            .variable
            .as_ref()
            .is_some_and(|variable| variable.stores == 1 && !variable.is_parameter && variable.name == name);
        let caller = || self.heap.code(site.caller).and_then(|code| self.heap.code_qualname(&code));
        is_variable && caller().is_ok_and(|caller| caller == function)
    }

    fn all_ways_are_known(&self, question: &Question) -> bool {
        let loaded = &self.sites.loaded;
        let Ok(code) = self.heap.code(question.code) else { return false };
        let functions: Vec<Address> = match question.function {
            Some(function) => vec![function],
            None => loaded.functions.values().filter(|one| one.code == question.code).map(|one| one.address).collect(),
        };
        if functions.iter().any(|function| self.sites.escaped.contains(function)) {
            return false;
        }
        // Whoever makes a function may hand it on to somebody who calls it: as a decorator does. One that ended up with a name is
        // called by that; one that did not, by whoever has it.
        let is_handed_on = self.sites.escaped.contains(&question.code);
        if is_handed_on && functions.iter().any(|function| loaded.names_of(*function).next().is_none()) {
            return false;
        }
        // Free-threaded builds spread a reference count over several words.
        // A function that is gone may have been anywhere; one that was made behind the back of the sweep may be anywhere.
        let all_are_known = functions.iter().all(|function| loaded.functions.contains_key(function));
        if self.heap.layout().free_threaded || functions.is_empty() || !all_are_known {
            return false;
        }
        // Up to 3.10 a coroutine holds its code, not its function.
        let by_coroutines = if self.heap.layout().minor >= 11 { question.coroutines } else { 0 };
        let accounted =
            functions.iter().map(|function| loaded.references.get(function).copied().unwrap_or(0)).sum::<u64>();
        let counted =
            functions.iter().filter_map(|function| Some(loaded.functions.get(function)?.refcount)).sum::<u64>();
        if counted > accounted + by_coroutines {
            return false;
        }
        let names: FxHashSet<Address> = functions.iter().flat_map(|function| loaded.names_of(*function)).collect();
        if names.is_empty() {
            // Only inner functions can reach it, and theirs are all in the code. Unless it is in a class that nothing names.
            return functions.iter().all(|function| loaded.classes_of(*function).is_empty());
        }
        // The interpreter itself calls those: `async with`, `obj()`.
        if names
            .iter()
            .any(|name| self.heap.label(*name).is_ok_and(|name| name.starts_with("__") && name.ends_with("__")))
        {
            return false;
        }
        if self.sites.dynamic || names.iter().any(|name| self.sites.escaped_names.contains(name)) {
            return false;
        }
        let possible = |name: &Address| self.sites.possible.get(name).into_iter().flatten();
        if names.iter().flat_map(possible).any(|call| could_make(call, &code)) {
            return false;
        }
        self.no_body_mentions(&functions, &names)
    }

    fn no_body_mentions(&self, functions: &[Address], names: &FxHashSet<Address>) -> bool {
        let loaded = &self.sites.loaded;
        let is_known_body = |globals: Address| {
            self.sites.bodies.contains(&globals) || loaded.modules.values().any(|dict| *dict == globals)
        };
        let all_known = functions
            .iter()
            .filter_map(|function| loaded.functions.get(function))
            .all(|function| is_known_body(function.globals));
        if !all_known {
            return false;
        }
        let library = self.sites.standard_library.as_deref();
        let bodies =
            self.bodies.get_or_init(|| Bodies::read(self.target, self.heap, loaded, library, &self.sites.bodies));
        names.iter().all(|name| self.heap.label(*name).is_ok_and(|name| !bodies.may_mention(&name)))
    }
}

/// Whether a call of something unknown by the right name could have made a coroutine of this code that lives on.
fn could_make(call: &Possible, code: &Code) -> bool {
    let keeps = !matches!(call.fate, Fate::Awaited | Fate::Used | Fate::Discarded);
    let takes_any = code.flags.contains(CodeFlags::VARARGS) || code.flags.contains(CodeFlags::VARKEYWORDS);
    // `self` may be among the parameters or not.
    let fits = call.arguments.is_none_or(|arguments| arguments <= code.parameters);
    keeps && (takes_any || fits)
}
