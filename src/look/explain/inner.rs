//! Coroutines that are arguments of others that were never awaited: they wait with those, and are told under them.

use super::super::observe::Observation;
use super::draft::About;
use super::names::Names;
use crate::analysis::facts::Owner;
use crate::analysis::group::by_key;
use crate::heap::Generator;
use crate::memory::Address;
use crate::report::InnerCoroutines;
use rustc_hash::FxHashMap;

/// Coroutines in coroutines in coroutines … beyond this are not followed.
const DEEPEST: usize = 64;

/// Inner coroutines by the outermost one.
pub(super) struct Inner<'o> {
    by_outermost: FxHashMap<Address, Vec<&'o Generator>>,
}

impl<'o> Inner<'o> {
    pub(super) fn new(observation: &'o Observation) -> Self {
        let owners = &observation.ownership.owners;
        let outer_of = |coroutine: Address| match owners.get(&coroutine) {
            Some(Owner::Unawaited { outer }) => Some(*outer),
            _ => None,
        };
        let mut by_outermost: FxHashMap<Address, Vec<&'o Generator>> = FxHashMap::default();
        for generator in observation.created() {
            let Some(mut outermost) = outer_of(generator.address) else { continue };
            for _ in 0..DEEPEST {
                match outer_of(outermost) {
                    Some(outer) => outermost = outer,
                    None => break,
                }
            }
            by_outermost.entry(outermost).or_default().push(generator);
        }
        Self { by_outermost }
    }

    /// Those that these have, by function, in the order in which they are met.
    pub(super) fn of(&self, names: &Names<'_, '_>, outermost: impl Iterator<Item = Address>) -> Vec<InnerCoroutines> {
        let inner = outermost.filter_map(|outer| self.by_outermost.get(&outer)).flatten();
        by_key(inner.map(|generator| (generator.code, *generator)))
            .into_iter()
            .filter_map(|(_, generators)| {
                let about = About::generator(names, generators.first()?);
                Some(InnerCoroutines {
                    qualname: about.qualname,
                    module: about.module,
                    definition: about.definition,
                    count: generators.len() as u64,
                })
            })
            .collect()
    }
}
