//! Which of asyncio's own functions a frame belongs to: the innermost frames of an await chain tell what is waited for.
//!
//! A function is known by its file (`…/asyncio/locks.py`) and its name. Up to 3.10 code does not know its class; there the type of
//! the first variable, `self`, has to tell.

use crate::heap::{Heap, Result};
use crate::memory::Address;

/// What asyncio's function waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Site {
    /// `acquire` or `wait` in `locks.py`; the class, where code knows it.
    Lock(Option<String>),
    QueueGet,
    QueuePut,
    QueueJoin,
    Sleep,
    WaitFor,
    /// `asyncio.wait()`
    Wait,
    AsCompleted,
    TaskGroup,
    /// A method of a stream, by name.
    Stream(String),
    /// A method of the loop that waits for a socket, by name.
    Socket(String),
    /// A method of a child process, by name.
    Process(String),
    /// anyio's threads.
    Executor,
    /// A future's own `__await__` and the like: says nothing.
    Inside,
    /// Any other function of asyncio, by name.
    Other(String),
}

impl Site {
    /// The site of a code object; `None` if it is not asyncio's.
    pub(super) fn of(heap: &Heap<'_>, code: Address) -> Result<Option<Self>> {
        let code = heap.code(code)?;
        let path = heap.code_file(&code)?;
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", &path));
        let qualname = heap.code_qualname(&code)?;
        let (class, name) = match qualname.rsplit_once('.') {
            Some((class, name)) => (class.rsplit('.').next(), name),
            None => (None, qualname.as_str()),
        };
        if folder.ends_with("anyio/_backends") {
            return Ok(match name {
                "__aexit__" if class.is_none_or(|class| class == "TaskGroup") => Some(Self::TaskGroup),
                "run_sync_in_worker_thread" => Some(Self::Executor),
                _ => None,
            });
        }
        if folder.rsplit('/').next() != Some("asyncio") {
            return Ok(None);
        }
        let own = || qualname.clone();
        Ok(Some(match (file, name) {
            ("futures.py", _) | (_, "__aenter__" | "_wrap_awaitable" | "__acquire_ctx") => Self::Inside,
            ("locks.py", _) => Self::Lock(class.map(str::to_owned)),
            ("queues.py", "get") => Self::QueueGet,
            ("queues.py", "put") => Self::QueuePut,
            ("queues.py", "join") => Self::QueueJoin,
            ("tasks.py", "sleep") => Self::Sleep,
            ("tasks.py", "wait_for" | "_cancel_and_wait") => Self::WaitFor,
            ("tasks.py", "wait" | "_wait") => Self::Wait,
            ("tasks.py", "_wait_for_one") => Self::AsCompleted,
            ("tasks.py", "__anext__") => Self::AsCompleted,
            ("taskgroups.py", _) => Self::TaskGroup,
            ("streams.py", _) => Self::Stream(own()),
            (_, name) if name.starts_with("sock_") => Self::Socket(own()),
            ("subprocess.py", _) | ("base_subprocess.py", "_wait") => Self::Process(own()),
            _ => Self::Other(own()),
        }))
    }

    /// Whether this function, which awaits the other, says better what is waited for.
    pub(super) fn says_more_than(&self, inner: &Self) -> bool {
        match (self, inner) {
            (_, Self::Inside) => true,
            // A barrier waits for its condition, `join()` for an event, `as_completed()` for a queue.
            (Self::Lock(Some(class)), Self::Lock(_)) => class == "Barrier",
            (Self::QueueJoin, Self::Lock(_)) | (Self::AsCompleted, Self::QueueGet) => true,
            (Self::Process(_), _) => true,
            (Self::TaskGroup, Self::Wait | Self::Other(_)) => true,
            (Self::Stream(_), Self::Stream(_) | Self::Other(_)) => true,
            (Self::Socket(_), Self::Socket(_)) | (Self::Other(_), Self::Other(_)) => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Site;

    /// The site that a chain of asyncio's functions, innermost first, ends up with.
    fn told_by(sites: &[Site]) -> Site {
        let mut told = sites[0].clone();
        for outer in &sites[1..] {
            if outer.says_more_than(&told) {
                told = outer.clone();
            }
        }
        told
    }

    #[test]
    fn the_innermost_function_tells_unless_it_is_a_means() {
        let lock = |class: &str| Site::Lock(Some(class.to_owned()));
        // A condition that was notified waits for its lock again.
        assert_eq!(told_by(&[lock("Lock"), lock("Condition")]), lock("Lock"));
        assert_eq!(told_by(&[lock("Condition"), lock("Condition"), lock("Barrier")]), lock("Barrier"));
        assert_eq!(told_by(&[lock("Event"), Site::QueueJoin]), Site::QueueJoin);
        assert_eq!(told_by(&[Site::QueueGet, Site::AsCompleted]), Site::AsCompleted);
        assert_eq!(told_by(&[Site::QueueGet, Site::WaitFor]), Site::QueueGet);
        assert_eq!(told_by(&[Site::Inside, Site::Sleep]), Site::Sleep);
    }
}
