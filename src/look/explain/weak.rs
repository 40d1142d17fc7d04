//! The findings about tasks that nothing holds: those of one coroutine function that wait at one line are one finding.

use super::super::{Settings, Sighting};
use super::draft::About;
use super::names::Names;
use super::waits::Waiting;
use crate::analysis::group::by_key;
use crate::analysis::weak::{WeaklyHeld, advice, judge, sentence};
use crate::asyncio::Task;
use crate::heap::Generator;
use crate::memory::Address;
use crate::report::{self, Finding, HexAddress, Instance, Kind};
use rustc_hash::{FxHashMap, FxHashSet};

/// What is one finding: the code of the coroutine, where it stands, and what was seen.
type Key = (Address, Option<report::Frame>, WeaklyHeld);

pub(super) fn findings(
    names: &Names<'_, '_>,
    waiting: &Waiting<'_, '_, '_>,
    last: &Sighting,
    earlier: Option<&FxHashSet<Address>>,
    generators: &FxHashMap<Address, &Generator>,
    settings: &Settings,
    settled_s: Option<f64>,
) -> Vec<Finding> {
    let key = |task: &Task| -> Option<Key> {
        let coroutine = generators.get(&task.coroutine?).copied()?;
        let seen = WeaklyHeld { in_all_looks: earlier.is_none_or(|earlier| earlier.contains(&task.address)) };
        Some((coroutine.code, waiting.stack(task, Some(coroutine)).pop(), seen))
    };
    let tasks = last.observation.tasks.iter().filter(|task| last.observation.islands.contains(&task.address));
    let mut findings: Vec<Finding> = by_key(tasks.filter_map(|task| Some((key(task)?, task))))
        .into_iter()
        .filter_map(|((_, position, seen), tasks)| {
            let first = tasks.first().and_then(|task| generators.get(&task.coroutine?))?;
            Some(Finding {
                why: sentence(seen),
                advice: advice(),
                count: tasks.len() as u64,
                position,
                instances: tasks
                    .iter()
                    .take(settings.instances)
                    .map(|task| Instance {
                        address: HexAddress(task.address.get()),
                        age_s: settled_s.filter(|_| seen.in_all_looks),
                        refcount: names.heap.exact_refcount(task.address).ok().flatten(),
                        size_bytes: None,
                        arguments: None,
                    })
                    .collect(),
                instances_omitted: (tasks.len() as u64).saturating_sub(settings.instances as u64),
                ..About::generator(names, first).finding(Kind::TaskWeaklyHeld, judge(seen))
            })
        })
        .collect();
    findings.sort_by(|a, b| {
        let key = |finding: &Finding| (finding.verdict, std::cmp::Reverse(finding.count), finding.qualname.clone());
        key(a).cmp(&key(b)).then_with(|| a.position.as_ref().map(|f| f.line).cmp(&b.position.as_ref().map(|f| f.line)))
    });
    findings
}
