//! The scenarios: every program of `tests/targets/`, with each of the arguments that other live tests give it.

/// A program in a state it comes to by itself.
#[derive(Clone, Copy)]
pub(crate) struct Scenario {
    /// File in `tests/targets/`.
    pub(crate) program: &'static str,
    /// What it is told.
    pub(crate) arguments: &'static [&'static str],
    /// Words for the interpreter: options, and variables as `NAME=value`.
    pub(crate) python: &'static [&'static str],
    /// The interpreters that can run it.
    pub(crate) runs_on: RunsOn,
    /// Whether it needs seconds to begin: one interpreter is enough then.
    pub(crate) slow: bool,
    /// Whether it stands still by itself.
    pub(crate) rest: Rest,
}

/// The interpreters that can run a program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunsOn {
    /// All.
    Any,
    /// Those with uvloop.
    Uvloop,
    /// Those with the frameworks of `scripts/frameworks`.
    Frameworks,
}

/// Whether a program stands still once it has told its truth.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Nothing in it moves until it is asked something.
    Idle,
    /// Something in it moves all the time, so that it has to be stopped.
    Moves,
}

/// Files of `tests/targets/` that are no program of their own, and why.
pub(crate) const NO_PROGRAMS: &[(&str, &str)] = &[
    ("embed.c", "runs another target in a Python inside of another program; in memory the two are alike"),
    ("framework.py", "a module of the frameworks' programs"),
    ("referring_types.py", "a module of references.py"),
    ("truth.py", "a module of all others"),
];

/// Enough for the interpreters between: program, arguments, words for the interpreter.
pub(crate) const HANDFUL: &[(&str, &[&str], &[&str])] = &[
    ("asyncgens.py", &[], &[]),
    ("graph.py", &[], &["-W", "ignore"]),
    ("healthy.py", &["blocked"], &[]),
    ("holding.py", &[], &[]),
    ("keeping.py", &[], &[]),
    ("leaks.py", &[], &[]),
    ("loops.py", &[], &[]),
    ("lost.py", &["garbage"], &[]),
    ("weak.py", &[], &[]),
];

const fn idle(program: &'static str, arguments: &'static [&'static str]) -> Scenario {
    Scenario { program, arguments, python: &[], runs_on: RunsOn::Any, slow: false, rest: Rest::Idle }
}

const fn moves(program: &'static str, arguments: &'static [&'static str]) -> Scenario {
    Scenario { rest: Rest::Moves, ..idle(program, arguments) }
}

impl Scenario {
    const fn with(self, python: &'static [&'static str]) -> Self {
        Self { python, ..self }
    }

    const fn slow(self) -> Self {
        Self { slow: true, ..self }
    }

    const fn on(self, runs_on: RunsOn) -> Self {
        Self { runs_on, ..self }
    }
}

/// All of them.
pub(crate) const SCENARIOS: &[Scenario] = &[
    idle("again.py", &[]),
    idle("any_python.py", &[]),
    idle("arming.py", &[]),
    idle("arming.py", &["debug"]),
    idle("arming.py", &["depth", "3"]),
    idle("asyncgens.py", &[]),
    idle("asyncgens.py", &["closed"]),
    idle("attribution.py", &["tree"]),
    idle("attribution.py", &["tree", "recorded"]),
    idle("attribution.py", &["installed"]).on(RunsOn::Frameworks),
    idle("blocks.py", &[]),
    idle("blocks.py", &[]).with(&["PYTHONMALLOC=malloc"]).slow(),
    idle("bytecode.py", &[]).slow(),
    idle("bytecode.py", &["statements"]).slow(),
    idle("bytecode.py", &["traced"]).slow(),
    idle("call_sites.py", &["plainly"]),
    idle("call_sites.py", &["recorded"]),
    idle("call_sites.py", &["recorded", "traps"]),
    idle("call_sites.py", &["traps"]),
    moves("churn.py", &[]),
    moves("churn.py", &["50"]),
    moves("collecting.py", &[]),
    idle("discarded.py", &["default"]),
    idle("discarded.py", &["default"]).with(&["-W", "ignore::RuntimeWarning"]),
    idle("discarded.py", &["default"]).with(&["-X", "dev"]),
    idle("discarded.py", &["ignore"]),
    idle("discarded.py", &["once"]),
    idle("discarded.py", &["some"]),
    idle("discarded.py", &["tracked"]),
    idle("framework_aiohttp.py", &[]).on(RunsOn::Frameworks),
    idle("framework_anyio.py", &[]).on(RunsOn::Frameworks),
    // uvicorn looks ten times a second whether it is to end.
    moves("framework_fastapi.py", &["asyncio"]).on(RunsOn::Frameworks),
    moves("framework_fastapi.py", &["uvloop"]).on(RunsOn::Frameworks),
    idle("graph.py", &[]).with(&["-W", "ignore"]),
    idle("graph.py", &["cycle"]),
    idle("graph.py", &["cycle", "uvloop"]).on(RunsOn::Uvloop),
    idle("graph.py", &["running"]).with(&["-W", "ignore"]),
    idle("graph.py", &["timed"]),
    idle("graph.py", &["timed", "uvloop"]).on(RunsOn::Uvloop),
    idle("graph.py", &["uncycle"]),
    idle("healthy.py", &[]),
    idle("healthy.py", &["blocked"]),
    idle("healthy.py", &["blocked"]).with(&["-X", "dev"]),
    moves("healthy.py", &["queue"]),
    idle("healthy.py", &["slow"]),
    idle("holders.py", &[]),
    idle("holders_uvloop.py", &[]).on(RunsOn::Uvloop),
    idle("holding.py", &[]),
    idle("keeping.py", &[]),
    moves("keeping.py", &["consumed"]),
    idle("large_blocks.py", &[]).with(&["MALLOC_MMAP_THRESHOLD_=131072"]),
    idle("large_blocks.py", &[]).with(&["MALLOC_MMAP_THRESHOLD_=131072", "PYTHONMALLOC=malloc"]).slow(),
    idle("leaks.py", &[]),
    idle("leaks.py", &[]).with(&["-X", "dev"]),
    idle("leaks.py", &[]).with(&["PYTHONMALLOC=malloc"]),
    idle("leaks.py", &["cycle"]),
    idle("liveness.py", &[]),
    idle("liveness.py", &["traced"]).slow(),
    idle("loops.py", &[]),
    idle("loops_blocked.py", &["alone"]),
    moves("loops_blocked.py", &["busy"]),
    moves("loops_blocked.py", &["busy", "uvloop"]).on(RunsOn::Uvloop),
    idle("loops_blocked.py", &["callback"]),
    idle("loops_blocked.py", &["cancelled"]),
    // C code that runs has a place in Python all the same, and stays there.
    idle("loops_blocked.py", &["c"]),
    idle("loops_blocked.py", &["c", "uvloop"]).on(RunsOn::Uvloop),
    idle("loops_blocked.py", &["forgotten"]),
    idle("loops_blocked.py", &["idle"]),
    idle("loops_blocked.py", &["idle", "uvloop"]).on(RunsOn::Uvloop),
    idle("loops_blocked.py", &["lock"]),
    idle("loops_blocked.py", &["lock", "uvloop"]).on(RunsOn::Uvloop),
    idle("loops_blocked.py", &["overdue"]),
    moves("loops_blocked.py", &["python"]),
    moves("loops_blocked.py", &["python", "uvloop"]).on(RunsOn::Uvloop),
    idle("loops_blocked.py", &["regex"]),
    idle("loops_blocked.py", &["regex", "uvloop"]).on(RunsOn::Uvloop),
    idle("loops_blocked.py", &["sleep"]),
    idle("loops_blocked.py", &["sleep", "python"]),
    idle("loops_blocked.py", &["sleep", "uvloop"]).on(RunsOn::Uvloop),
    idle("loops_facts.py", &[]),
    idle("loops_facts.py", &["python"]),
    idle("loops_lock.py", &["idle"]),
    moves("loops_lock.py", &["spinning"]),
    idle("lost.py", &["busy"]),
    idle("lost.py", &["exceptions"]),
    idle("lost.py", &["exceptions"]).with(&["PYTHONASYNCIODEBUG=1"]),
    idle("lost.py", &["forked"]),
    idle("lost.py", &["garbage"]),
    idle("lost.py", &["gathers"]),
    idle("lost.py", &["loops"]),
    idle("lost.py", &["results"]),
    idle("many.py", &["300", "1000", "7"]),
    moves("many_tasks.py", &["1000"]),
    idle("names.py", &[]),
    idle("origins.py", &["1"]),
    idle("origins.py", &["5"]),
    idle("origins.py", &["debug"]),
    idle("plain.py", &[]),
    idle("prefork.py", &[]),
    idle("references.py", &[]),
    idle("replaces.py", &[]),
    idle("retained.py", &[]).slow(),
    idle("sources.py", &[]),
    idle("subinterp.py", &[]),
    moves("tasks.py", &[]),
    idle("tasks.py", &["locked"]),
    moves("threads.py", &[]),
    idle("uvloop_target.py", &[]).on(RunsOn::Uvloop),
    idle("weak.py", &[]),
    idle("weak.py", &["collecting"]),
    idle("why.py", &[]),
];
