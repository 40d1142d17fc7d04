//! The words and marks for each kind of finding. JSON says `leaked`, `suspect` or `pending` of all of them; for a person a blocked loop is
//! not "leaked".

use super::super::style::Mark;
use super::super::{Role, Style};
use crate::report::{BelongsTo, Finding, Kind, Verdict};

/// The words of this kind that follow a count.
pub(in crate::render) fn noun(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::UnawaitedHeld => ("coroutine never awaited", "coroutines never awaited"),
        Kind::UnawaitedCycleGarbage => ("unreachable coroutine never awaited", "unreachable coroutines never awaited"),
        Kind::DiscardedAlready => ("coroutine thrown away earlier", "coroutines thrown away earlier"),
        Kind::DiscardedCallSite => ("call that throws its coroutine away", "calls that throw their coroutine away"),
        Kind::GatherNeverAwaited => ("gather() never awaited", "gather() calls never awaited"),
        Kind::TaskExceptionNeverRetrieved => ("exception that nobody retrieved", "exceptions that nobody retrieved"),
        Kind::TaskWeaklyHeld => ("task that nothing holds", "tasks that nothing holds"),
        Kind::TaskNeverStarted => ("task that was never started", "tasks that were never started"),
        Kind::AsyncgenAbandoned => ("async generator begun and left", "async generators begun and left"),
        Kind::AsyncgenNeverStarted => ("async generator never begun", "async generators never begun"),
        Kind::WarningsSuppressed => {
            ("filter that hides \"never awaited\" warnings", "filters that hide \"never awaited\" warnings")
        }
        Kind::TaskStranded => ("task whose loop will not run again", "tasks whose loop will not run again"),
        Kind::TaskAwaitCycle => ("task that waits for itself", "tasks that wait for each other in a circle"),
        Kind::EventLoopBlocked => ("event loop blocked", "event loops blocked"),
        Kind::CoroutineAsResult => ("coroutine handed over as a result", "coroutines handed over as results"),
        Kind::AsyncgenMethodNeverAwaited => {
            ("async generator method never awaited", "async generator methods never awaited")
        }
    }
}

/// What a finding of this kind is called, given how sure it is.
pub(super) fn word(kind: Kind, verdict: Verdict) -> &'static str {
    match (verdict, kind) {
        (Verdict::Pending, _) => Verdict::Pending.word(),
        // Seen to be so over two looks. `suspect` in JSON only since it is no loss.
        (_, Kind::EventLoopBlocked) => "blocked",
        (Verdict::Suspect, _) => Verdict::Suspect.word(),
        (
            Verdict::Leaked,
            Kind::UnawaitedHeld
            | Kind::UnawaitedCycleGarbage
            | Kind::CoroutineAsResult
            | Kind::AsyncgenNeverStarted
            | Kind::AsyncgenAbandoned
            | Kind::AsyncgenMethodNeverAwaited
            | Kind::DiscardedCallSite,
        ) => Verdict::Leaked.word(),
        // It is gone: nothing of it is left to be leaked.
        (Verdict::Leaked, Kind::DiscardedAlready) => "discarded",
        (Verdict::Leaked, Kind::TaskExceptionNeverRetrieved) => "unseen",
        (Verdict::Leaked, Kind::TaskAwaitCycle) => "deadlocked",
        (Verdict::Leaked, Kind::WarningsSuppressed) => "hidden",
        (
            Verdict::Leaked,
            Kind::GatherNeverAwaited | Kind::TaskWeaklyHeld | Kind::TaskNeverStarted | Kind::TaskStranded,
        ) => "lost",
    }
}

/// The meaning of a finding of this kind.
pub(in crate::render) fn role(kind: Kind, verdict: Verdict) -> Role {
    match (verdict, kind) {
        (Verdict::Pending, _) => Role::Pending,
        (Verdict::Leaked, _) | (_, Kind::EventLoopBlocked) => Role::Leaked,
        (Verdict::Suspect, _) => Role::Suspect,
    }
}

/// Its mark.
pub(super) fn mark(style: &Style, kind: Kind, verdict: Verdict) -> &'static str {
    style.mark(match (verdict, kind) {
        (Verdict::Pending, _) => Mark::Pending,
        (Verdict::Leaked, _) | (_, Kind::EventLoopBlocked) => Mark::Leaked,
        (Verdict::Suspect, _) => Mark::Suspect,
    })
}

/// Its mark and its word: `✗ leaked`.
pub(in crate::render) fn marked(style: &Style, kind: Kind, verdict: Verdict) -> String {
    format!("{} {}", mark(style, kind, verdict), word(kind, verdict))
}

/// The label of the place where it stands.
pub(super) fn position(kind: Kind) -> &'static str {
    match kind {
        Kind::TaskExceptionNeverRetrieved => "raised",
        Kind::EventLoopBlocked => "blocked",
        Kind::DiscardedCallSite => "called",
        Kind::AsyncgenAbandoned => "left at",
        _ => "waits at",
    }
}

/// Whether it is worth the first screen: judged, and not about a call in an installed package or the standard library, which is for others to mend –
/// unless these were asked for (`elsewhere`).
pub(in crate::render) fn is_shown_first(finding: &Finding, elsewhere: bool) -> bool {
    finding.verdict != Verdict::Pending && (elsewhere || !is_elsewhere(finding))
}

/// Whether it is a call that throws its coroutine away, in code of others.
pub(super) fn is_elsewhere(finding: &Finding) -> bool {
    finding.kind == Kind::DiscardedCallSite && finding.belongs_to.is_third_party()
}

/// Whose code it is about, if that is not the program's own.
pub(super) fn others(finding: &Finding) -> Option<String> {
    match (finding.belongs_to, &finding.distribution, &finding.distribution_version) {
        (BelongsTo::Own | BelongsTo::Unknown, _, _) => None,
        (BelongsTo::StandardLibrary, _, _) => Some("stdlib".to_owned()),
        (BelongsTo::Installed, Some(name), Some(version)) => Some(format!("{name} {version}")),
        (BelongsTo::Installed, Some(name), None) => Some(name.clone()),
        (BelongsTo::Installed, None, _) => Some("installed".to_owned()),
    }
}

/// Whether the interpreter can record where such an object was created (`cr_origin`): coroutines alone have that.
pub(super) fn has_origin(kind: Kind) -> bool {
    matches!(kind, Kind::UnawaitedHeld | Kind::UnawaitedCycleGarbage | Kind::CoroutineAsResult)
}

/// Whether it is about coroutines, or async generators, that wait to be awaited.
pub(super) fn is_unawaited(kind: Kind) -> bool {
    has_origin(kind) || matches!(kind, Kind::AsyncgenNeverStarted | Kind::AsyncgenMethodNeverAwaited)
}

/// Whether the list of tasks says more about it.
pub(super) fn is_about_tasks(kind: Kind) -> bool {
    match kind {
        Kind::GatherNeverAwaited
        | Kind::TaskExceptionNeverRetrieved
        | Kind::TaskWeaklyHeld
        | Kind::TaskNeverStarted
        | Kind::TaskStranded
        | Kind::TaskAwaitCycle
        | Kind::EventLoopBlocked => true,
        Kind::UnawaitedHeld
        | Kind::UnawaitedCycleGarbage
        | Kind::DiscardedAlready
        | Kind::DiscardedCallSite
        | Kind::AsyncgenAbandoned
        | Kind::AsyncgenNeverStarted
        | Kind::WarningsSuppressed
        | Kind::CoroutineAsResult
        | Kind::AsyncgenMethodNeverAwaited => false,
    }
}
