//! Which Python processes there are, and whether they can be looked at.

use super::session::Session;
use crate::error::Result;
use crate::memory::Stoppable;
use crate::process::Pid;
use crate::process::find::{all_processes, command, descendants};
use crate::process::maps::Maps;
use crate::report::ListedProcess;
use std::path::Path;
use std::time::Duration;

/// One process of a list may not take longer.
const LIMIT: Duration = Duration::from_secs(5);

/// The Python processes of this machine, by pid; we ourselves are none.
#[must_use]
pub fn list() -> Vec<ListedProcess> {
    let mut pids = all_processes().unwrap_or_default();
    pids.sort_unstable();
    pids.into_iter().filter(|pid| *pid != Pid::own() && looks_like_python(*pid)).map(listed).collect()
}

/// The descendants of a process that run Python, by pid.
#[must_use]
pub fn python_descendants(pid: Pid) -> Vec<Pid> {
    let mut pids = descendants(pid).unwrap_or_default();
    pids.sort_unstable();
    pids.retain(|pid| looks_like_python(*pid));
    pids
}

/// The version of CPython that a process runs, if it can be looked at.
///
/// # Errors
/// What keeps us from looking.
pub fn python_version(pid: Pid) -> Result<String> {
    Session::attach(pid, LIMIT).map(|session| session.python.version.to_string())
}

/// Whether a process has an interpreter in it, as far as can be told without reading its memory: by its mappings if we may
/// see those, else by its names.
fn looks_like_python(pid: Pid) -> bool {
    let is_python = |path: &Path| {
        path.file_name().is_some_and(|name| {
            let name = name.to_string_lossy();
            name.starts_with("python") || name.starts_with("libpython")
        })
    };
    match Maps::read(pid) {
        Ok(maps) if !maps.regions().is_empty() => {
            // An interpreter linked into another program has no such name, but imports modules that have.
            let path_tells = |path: &Path| is_python(path) || path.to_string_lossy().contains(".cpython-3");
            maps.images().iter().any(|image| path_tells(&image.path))
        }
        // The kernel's own threads, and the dead, have no mappings.
        Ok(_) => false,
        Err(_) => command(pid).first().is_some_and(|program| is_python(Path::new(program))),
    }
}

fn listed(pid: Pid) -> ListedProcess {
    let mut process = ListedProcess {
        pid: pid.get(),
        version: None,
        command: command(pid).join(" "),
        readable: false,
        why_not: None,
        loops: None,
        tasks: None,
    };
    match counts(pid, &mut process) {
        Ok(()) => process.readable = true,
        // The pid and the command stand in front of it: the cause is what is new.
        Err(error) => process.why_not = Some(error.cause().unwrap_or(error.message()).to_owned()),
    }
    process
}

fn counts(pid: Pid, process: &mut ListedProcess) -> Result<()> {
    let session = Session::attach(pid, LIMIT)?;
    process.version = Some(session.python.version.to_string());
    let places = session.places()?;
    let pages = session.pages();
    let stop = || session.should_stop();
    let memory = Stoppable::new(&pages, &stop);
    let heap = session.heap(&memory);
    let (mut loops, mut tasks) = (0, 0);
    for place in &places {
        let registered = place.asyncio.registered_tasks(&heap, &place.interpreter).addresses;
        let found: Vec<_> = registered.iter().filter_map(|task| place.asyncio.task(&heap, *task).ok()).collect();
        tasks += found.len() as u64;
        let mut task_loops: Vec<_> = found.iter().filter_map(|task| task.event_loop).collect();
        let running =
            place.interpreter.threads.iter().filter_map(|thread| place.asyncio.running_loop(&heap, thread).ok()?);
        task_loops.extend(running);
        task_loops.sort_unstable();
        task_loops.dedup();
        loops += task_loops.len() as u64;
    }
    session.check()?;
    process.loops = Some(loops);
    process.tasks = Some(tasks);
    Ok(())
}
