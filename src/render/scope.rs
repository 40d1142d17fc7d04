//! Whose findings and tasks are asked for.

use std::fmt;

use super::words;
use crate::report::{BelongsTo, Evidence, Finding, Kind, Location, Report, Task, normalized_distribution};

/// Whose findings and tasks are asked for. Both kinds of words narrow; of several distributions, one match is enough.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Not what is known to be of others: made by their code, or about it.
    pub mine: bool,
    /// Only what belongs to one of these installed packages, by normalised name.
    distributions: Vec<String>,
}

impl Scope {
    /// What is asked for by these words.
    #[must_use]
    pub fn new(mine: bool, distributions: &[String]) -> Self {
        Self { mine, distributions: distributions.iter().map(|name| normalized_distribution(name)).collect() }
    }

    /// Whether everything is.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// Whether certain packages are.
    #[must_use]
    pub fn names_distributions(&self) -> bool {
        !self.distributions.is_empty()
    }

    /// Takes the other findings out of a report, and says so in it. The counts of its summary stay.
    pub fn apply(&self, report: &mut Report) {
        if self.is_everything() {
            return;
        }
        let before = report.findings.len() as u64;
        report.findings.retain(|finding| self.has(finding));
        let left = report.findings.len() as u64;
        report.findings_omitted += before - left;
        let (left, before) = (words::grouped(left), words::counted(before, "finding", "findings"));
        report.look.notes.push(format!("Only what was asked for (`{self}`) is listed: {left} of {before}."));
    }

    /// Whether this finding is asked for.
    pub(super) fn has(&self, finding: &Finding) -> bool {
        (!self.mine || is_mine(finding)) && self.has_distribution(finding.distribution.as_deref())
    }

    /// Whether this task is asked for.
    pub(super) fn has_task(&self, task: &Task) -> bool {
        (!self.mine || !task.belongs_to.is_third_party()) && self.has_distribution(task.distribution.as_deref())
    }

    fn has_distribution(&self, name: Option<&str>) -> bool {
        self.distributions.is_empty()
            || name.is_some_and(|name| self.distributions.contains(&normalized_distribution(name)))
    }
}

/// Whether a finding is the program's own: it is about its own code, or its own code made what is lost. `session.close()` without `await` is a
/// coroutine of a package, and the mistake of whoever called it; where nobody knows who that was, it is not taken for somebody else's.
fn is_mine(finding: &Finding) -> bool {
    if !finding.belongs_to.is_third_party() {
        return true;
    }
    let all = finding.created_at.as_deref().unwrap_or_default();
    let is_own = |belongs_to| belongs_to == BelongsTo::Own;
    if all.iter().any(|place| place.evidence != Evidence::Recorded && is_own(place.belongs_to)) {
        // Of candidates it may have been that one.
        return true;
    }
    // Whoever holds it, and where it is defined, does not tell who made it.
    let made_there = |place: &&Location| matches!(place.evidence, Evidence::Recorded | Evidence::CallSite);
    let places: Vec<&Location> = all.iter().filter(made_there).collect();
    // Every stack begins in own code; what counts is the innermost that is not Python's own.
    let creator = places.iter().find(|place| place.belongs_to != BelongsTo::StandardLibrary);
    creator.map_or(places.is_empty() && is_of_a_call(finding.kind), |place| is_own(place.belongs_to))
}

/// Whether it is about something that a call made, whoever called.
fn is_of_a_call(kind: Kind) -> bool {
    match kind {
        Kind::UnawaitedHeld
        | Kind::UnawaitedCycleGarbage
        | Kind::CoroutineAsResult
        | Kind::DiscardedAlready
        | Kind::AsyncgenNeverStarted
        | Kind::AsyncgenAbandoned
        | Kind::AsyncgenMethodNeverAwaited
        | Kind::GatherNeverAwaited => true,
        Kind::DiscardedCallSite
        | Kind::TaskExceptionNeverRetrieved
        | Kind::TaskWeaklyHeld
        | Kind::TaskNeverStarted
        | Kind::TaskStranded
        | Kind::TaskAwaitCycle
        | Kind::EventLoopBlocked
        | Kind::WarningsSuppressed => false,
    }
}

/// The words that ask for this, as on the command line.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mine = self.mine.then(|| "--mine".to_owned());
        let named = self.distributions.iter().map(|name| format!("--distribution {name}"));
        f.write_str(&mine.into_iter().chain(named).collect::<Vec<_>>().join(" "))
    }
}
