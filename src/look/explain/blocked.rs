//! The finding about event loops that do not get out of a callback.

use super::super::blocked::Blocked;
use super::super::{Settings, Sighting};
use super::draft::About;
use super::names::{Names, UNREADABLE};
use crate::heap::{CodeFlags, Frame};
use crate::report::{self, Finding, HexAddress, Instance, Kind, Verdict};

/// What a loop's entry says of its being blocked.
pub(super) fn blocked(names: &Names<'_, '_>, found: &Blocked) -> report::Blocked {
    report::Blocked {
        at_least_s: found.at_least_s,
        at_most_s: found.at_most_s,
        task: found.task.map(|task| HexAddress(task.get())),
        frame: found.frames.first().and_then(|frame| names.frame(frame)),
    }
}

/// One finding for each function that blocks loops.
pub(super) fn findings(names: &Names<'_, '_>, last: &Sighting, settings: &Settings) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for found in &last.blocked {
        let finding = finding(names, last, found);
        // Two loops in the same function: their places may differ, the cure does not.
        match findings.iter_mut().find(|known| known.fingerprint == finding.fingerprint) {
            Some(known) => {
                known.count += 1;
                known.instances.extend(finding.instances);
            }
            None => findings.push(finding),
        }
    }
    for finding in &mut findings {
        finding.instances.truncate(settings.instances);
        finding.instances_omitted = finding.count.saturating_sub(finding.instances.len() as u64);
    }
    findings
}

fn finding(names: &Names<'_, '_>, last: &Sighting, found: &Blocked) -> Finding {
    let entry = entry(names, found);
    let named = entry.and_then(|frame| names.frame(frame));
    let qualname = named.map_or_else(|| UNREADABLE.to_owned(), |frame| frame.function);
    let module = entry.and_then(|frame| {
        // It may have ended since: then another frame lies there.
        names.heap.frame(frame.address).ok().filter(|now| now.code == frame.code)?;
        names.module_of_globals(names.heap.frame_globals(frame)?)
    });
    let about = About { qualname, module, definition: entry.and_then(|frame| names.definition(frame.code)) };
    Finding {
        why: why(names, last, found),
        advice: "Move what blocks out of the loop's thread: `await asyncio.to_thread(...)`, or \
                 `loop.run_in_executor()` with a process pool for work of the processor; or use its asynchronous \
                 counterpart, such as `asyncio.sleep()` and `asyncio.Lock`."
            .to_owned(),
        position: found.frames.first().and_then(|frame| names.frame(frame)),
        instances: vec![Instance {
            address: HexAddress(found.event_loop.get()),
            age_s: Some(found.at_least_s),
            refcount: None,
            size_bytes: None,
            arguments: None,
        }],
        ..about.finding(Kind::EventLoopBlocked, Verdict::Suspect)
    }
}

/// The frame in which the callback began: of a task its outermost coroutine, else the outermost frame that is not the loop's own.
fn entry<'f>(names: &Names<'_, '_>, found: &'f Blocked) -> Option<&'f Frame> {
    let is = |frame: &Frame, last_name: &str| {
        names.frame(frame).is_some_and(|frame| frame.function.rsplit('.').next() == Some(last_name))
    };
    let frames = found.frames.as_slice();
    // A loop that is written in C shows no frame of its own.
    let round = frames.iter().position(|frame| is(frame, "_run_once"));
    let inner = round.and_then(|round| frames.get(..round)).unwrap_or(frames);
    let coroutine = |frame: &&Frame| {
        names.heap.code(frame.code).is_ok_and(|code| {
            code.flags.contains(CodeFlags::COROUTINE) || code.flags.contains(CodeFlags::ITERABLE_COROUTINE)
        })
    };
    let of_task = found.task.and_then(|_| inner.iter().rev().find(coroutine));
    let outermost = || match inner.split_last() {
        // `Handle._run` calls the callback.
        Some((last, rest)) if round.is_some() && is(last, "_run") => rest.last(),
        other => other.map(|(last, _)| last),
    };
    of_task.or_else(outermost).or_else(|| frames.first())
}

fn why(names: &Names<'_, '_>, last: &Sighting, found: &Blocked) -> String {
    let most = found.at_most_s.map_or_else(String::new, |most| format!(", at most {most:.1} s"));
    let whose = found.task.and_then(|task| {
        let task = last.observation.tasks.iter().find(|known| known.address == task)?;
        Some(format!(" of the task {}", task.name(names.heap)?))
    });
    let callbacks = match found.waiting.ready {
        0 => None,
        1 => Some("1 callback waits".to_owned()),
        count => Some(format!("{count} callbacks wait")),
    };
    let timers = match found.waiting.overdue {
        0 => None,
        1 => Some("1 timer is overdue".to_owned()),
        count => Some(format!("{count} timers are overdue")),
    };
    let waiting: Vec<String> = callbacks.into_iter().chain(timers).collect();
    format!(
        "The event loop has been in the same callback{} for at least {:.1} s{most}, while {}.",
        whose.unwrap_or_default(),
        found.at_least_s,
        waiting.join(" and ")
    )
}
