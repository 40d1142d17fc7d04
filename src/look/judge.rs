//! From one or two sightings to facts about each created coroutine, and from those to verdicts.

use super::keeping::Keeping;
use super::observe::Observation;
use super::ownership::Ownership;
use super::{Sighting, unowned};
use crate::analysis::facts::{Age, Created, DeadEnd, Owner, Progress, Settling};
use crate::analysis::verdict::{Judgement, is_ordinary, judge};
use crate::heap::Generator;
use crate::memory::Address;
use rustc_hash::{FxHashMap, FxHashSet};

/// A created coroutine and the verdict on it.
pub(super) struct Judged {
    pub(super) generator: Generator,
    pub(super) judgement: Judgement,
    /// Seconds for which it is known to wait, if it was seen twice.
    pub(super) known_for_s: Option<f64>,
}

/// Judges all created coroutines that are worth a line.
///
/// `stands_still` says that each sighting was made of a target that stood still.
pub(super) fn judge_all(
    last: &Sighting,
    earlier: Option<&Sighting>,
    stands_still: bool,
    keeping: &Keeping,
) -> Vec<Judged> {
    let settled_s = earlier.map(|earlier| last.seconds_since(earlier));
    let known: FxHashMap<Address, Address> =
        earlier.into_iter().flat_map(unowned).map(|generator| (generator.address, generator.code)).collect();
    let settling = Settling { settled_s, collector_disabled: last.observation.collector_disabled() };
    let progress = progress(last, earlier);
    let mut moving = earlier.map(|earlier| moving_items(&last.observation, &earlier.observation)).unwrap_or_default();
    moving.extend(keeping.in_moving_containers());
    let ownership = &last.observation.ownership;
    let mut judged = Vec::new();
    for generator in last.observation.created().filter(|generator| last.created.contains(&generator.address)) {
        let mut owner = ownership.owners.get(&generator.address).cloned();
        if owner.as_ref().is_some_and(is_ordinary) {
            continue;
        }
        if owner.is_none() && moving.contains(&generator.address) {
            owner = Some(Owner::MovingQueue);
        }
        let outlived = known.get(&generator.address) == Some(&generator.code);
        let since = earlier.filter(|_| outlived);
        let age = age(last, since, generator.address);
        let (dead_ends, may_use) = dead_ends(ownership, since, generator.address, stands_still);
        owner = owner.or(may_use);
        let created = Created {
            address: generator.address,
            code: generator.code,
            refcount: generator.refcount,
            owner,
            dead_ends,
            unreachable: keeping.is_garbage(generator.address),
            remains: keeping.remains(generator.address).cloned(),
            age,
        };
        // What was not there at the first sighting has not settled, whatever the clock says.
        let settling = if outlived { settling } else { Settling { settled_s: None, ..settling } };
        let progress = progress.get(&generator.code).copied().unwrap_or_default();
        judged.push(Judged {
            generator: *generator,
            judgement: judge(&created, settling, progress),
            known_for_s: settled_s.filter(|_| outlived),
        });
    }
    judged
}

/// How old something is known to be; `since` is the earlier sighting, if it was there then.
pub(super) fn age(last: &Sighting, since: Option<&Sighting>, address: Address) -> Age {
    match &last.observation.young {
        // What was there at the earlier sighting, too, and has outlived a collection since, is another one at the same place.
        Some(young) if young.contains(&address) => Age::Young,
        Some(_) => Age::Old,
        None if last.old.contains(&address) => Age::Old,
        None if since.is_some_and(|earlier| earlier.observation.collections != last.observation.collections) => {
            Age::Old
        }
        None => Age::Unknown,
    }
}

/// The references to something that lead nowhere, and an owner if one of them may lead somewhere after all; `since` is the earlier
/// sighting, if it was there then.
pub(super) fn dead_ends(
    ownership: &Ownership,
    since: Option<&Sighting>,
    address: Address,
    stands_still: bool,
) -> (Vec<DeadEnd>, Option<Owner>) {
    let mut dead_ends = Vec::new();
    let mut owner = None;
    for found in ownership.dead_ends.get(&address).into_iter().flatten() {
        let stood_still = stands_still
            || !found.running
            || since.is_some_and(|earlier| earlier.observation.ownership.has_dead_end(address, found));
        if stood_still {
            dead_ends.push(found.dead_end.clone());
        } else {
            // A frame that runs may do anything next.
            let DeadEnd::UnusedVariable { name, function } = found.dead_end.clone();
            owner = owner.or(Some(Owner::Variable { name, function }));
        }
    }
    (dead_ends, owner)
}

/// By code object: of the coroutines that nobody owned at the first sighting, how many have been started or are gone.
fn progress(last: &Sighting, earlier: Option<&Sighting>) -> FxHashMap<Address, Progress> {
    let waiting: FxHashMap<Address, Address> =
        last.observation.created().map(|generator| (generator.address, generator.code)).collect();
    let mut progress: FxHashMap<Address, Progress> = FxHashMap::default();
    for generator in earlier.into_iter().flat_map(unowned) {
        let of_function = progress.entry(generator.code).or_default();
        of_function.before += 1;
        of_function.started += u64::from(waiting.get(&generator.address) != Some(&generator.code));
    }
    progress
}

/// Coroutines in deques of which the front changed between two observations: somebody takes from them.
pub(super) fn moving_items(last: &Observation, earlier: &Observation) -> FxHashSet<Address> {
    let before = &earlier.ownership.deques;
    let moved = |(deque, items): &(&Address, &Vec<Address>)| {
        before.get(*deque).is_some_and(|before| before.first() != items.first())
    };
    last.ownership.deques.iter().filter(moved).flat_map(|(_, items)| items.iter().copied()).collect()
}
