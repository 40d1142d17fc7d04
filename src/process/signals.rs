//! SIGINT, SIGTERM and SIGHUP ask us to stop; long work polls for it and lets the target go first.
//!
//! A second signal ends us at once. The target is safe even then: the kernel detaches a tracer that
//! dies, and the threads it held run on (`ptrace(2)`).

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

use crate::error::{Error, ErrorKind, Result};

static RECEIVED: OnceLock<Arc<AtomicUsize>> = OnceLock::new();

/// Installs the handlers; a second call does nothing. For the program, not for the library.
///
/// # Errors
/// When the system refuses a handler.
pub fn install() -> io::Result<()> {
    let mut first = false;
    let received = RECEIVED.get_or_init(|| {
        first = true;
        Arc::default()
    });
    if !first {
        return Ok(());
    }
    let again = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        // Handlers run in the order in which they were registered: the first signal finds `again` unset.
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&again))?;
        flag::register(signal, Arc::clone(&again))?;
        flag::register_usize(signal, Arc::clone(received), usize::try_from(signal).unwrap_or_default())?;
    }
    Ok(())
}

/// The signal that asked us to stop, if one did.
#[must_use]
pub fn interrupted() -> Option<i32> {
    let number = RECEIVED.get()?.load(Ordering::Relaxed);
    i32::try_from(number).ok().filter(|&number| number != 0)
}

/// As [`interrupted`], for use with `?`.
///
/// # Errors
/// [`ErrorKind::Interrupted`] when a signal asked us to stop.
pub fn check() -> Result<()> {
    match interrupted() {
        Some(signal) => {
            let name = nix::sys::signal::Signal::try_from(signal).map_or("a signal", |signal| signal.as_str());
            Err(Error::new(ErrorKind::Interrupted(signal), format!("interrupted by {name}")))
        }
        None => Ok(()),
    }
}
