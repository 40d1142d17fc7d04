//! SIGINT, SIGTERM and SIGHUP ask us to stop; long work polls for it and lets the target go first.
//!
//! A second signal ends us at once. The target is safe even then: the kernel detaches a tracer that
//! dies, and the threads it held run on (`ptrace(2)`). Only who has changed something in the target is [patient](Second):
//! that must be undone first.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

use crate::error::{Error, ErrorKind, Result};

static RECEIVED: OnceLock<Arc<AtomicUsize>> = OnceLock::new();

/// What a second signal does, when a first one has asked us to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Second {
    /// Ends us at once.
    Ends,
    /// Nothing more than the first: there is something to be undone, in a bounded time.
    Waits,
}

/// Installs the handlers; a second call does nothing. For the program, not for the library.
///
/// # Errors
/// When the system refuses a handler.
pub fn install(second: Second) -> io::Result<()> {
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
        if second == Second::Ends {
            // Handlers run in the order in which they were registered: the first signal finds `again` unset.
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&again))?;
            flag::register(signal, Arc::clone(&again))?;
        }
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

/// Takes the signal that asked us to stop, so that what is still to be done is not interrupted by it.
pub fn take() -> Option<i32> {
    let number = RECEIVED.get()?.swap(0, Ordering::Relaxed);
    i32::try_from(number).ok().filter(|&number| number != 0)
}

/// Puts back a signal that was [taken](take), unless another one came meanwhile.
pub fn put_back(signal: i32) {
    if let (Some(received), Ok(number)) = (RECEIVED.get(), usize::try_from(signal)) {
        // Whichever it is that stays: we were asked to stop.
        let _ = received.compare_exchange(0, number, Ordering::Relaxed, Ordering::Relaxed);
    }
}
