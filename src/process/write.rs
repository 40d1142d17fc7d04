//! The one place that writes into a target: four bytes, compared before and read back after.
//!
//! A write wants a [`Pause`] as its witness. Not because of the store – the word is aligned, and whoever reads it in the target reads the old
//! number or the new one – but because of the place: while the target runs, the structure that holds the word can be freed between our look at
//! it and our write, and the write would land in somebody else's memory. While it stands still, what was found in it stays where it is.
//!
//! `process_vm_writev(2)` keeps to the rights of the mapping: it does not write where the target itself could not. `/proc/PID/mem`,
//! which ignores them, is never used for writing.

use std::io::{IoSlice, IoSliceMut};

use nix::errno::Errno;
use nix::sys::uio::{RemoteIoVec, process_vm_readv, process_vm_writev};

use super::Pid;
use super::pause::Pause;

/// Bytes of the word that is written.
const SIZE: usize = 4;

/// Why a word was not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// A word lies at a multiple of four, and not at null.
    #[error("{0:#x} is no place of a word")]
    NoPlace(u64),
    /// Something else stands there than the caller knows. Nothing was written.
    #[error("the word at {address:#x} is {found}, where {expected} was expected")]
    Unexpected {
        /// Where.
        address: u64,
        /// What the caller takes it for.
        expected: u32,
        /// What it is.
        found: u32,
    },
    /// What was written does not stand there now.
    #[error("the word at {address:#x} is {found} after {written} was written")]
    NotKept {
        /// Where.
        address: u64,
        /// What was written.
        written: u32,
        /// What is there.
        found: u32,
    },
    /// Nothing is mapped there, or the target itself could not write there.
    #[error("{0:#x} is not writable")]
    NotWritable(u64),
    /// The process has ended.
    #[error("the process has ended")]
    ProcessGone,
    /// Any other refusal of the system.
    #[error("the kernel refuses to write: {0}")]
    Refused(Errno),
}

/// Replaces the word at `address` in the process that `pause` holds still, if it is `expected`.
///
/// # Errors
/// In all cases but [`WriteError::NotKept`] nothing was written.
pub fn replace_word(pause: &Pause<'_>, address: u64, expected: u32, new: u32) -> Result<(), WriteError> {
    replace(pause.pid(), address, expected, new)
}

fn replace(pid: Pid, address: u64, expected: u32, new: u32) -> Result<(), WriteError> {
    let place = place(address)?;
    let found = read(pid, address, place)?;
    if found != expected {
        return Err(WriteError::Unexpected { address, expected, found });
    }
    let bytes = new.to_le_bytes();
    let written = process_vm_writev(pid.nix(), &[IoSlice::new(&bytes)], &[place]);
    match written.map_err(|errno| refusal(errno, address))? {
        SIZE => {}
        _ => return Err(WriteError::NotWritable(address)),
    }
    match read(pid, address, place)? {
        found if found == new => Ok(()),
        found => Err(WriteError::NotKept { address, written: new, found }),
    }
}

/// An aligned word lies in one page: it is written whole or not at all.
fn place(address: u64) -> Result<RemoteIoVec, WriteError> {
    let base = usize::try_from(address).ok().filter(|&base| base != 0 && base.is_multiple_of(SIZE));
    base.map(|base| RemoteIoVec { base, len: SIZE }).ok_or(WriteError::NoPlace(address))
}

fn read(pid: Pid, address: u64, place: RemoteIoVec) -> Result<u32, WriteError> {
    let mut bytes = [0; SIZE];
    match process_vm_readv(pid.nix(), &mut [IoSliceMut::new(&mut bytes)], &[place]) {
        Ok(SIZE) => Ok(u32::from_le_bytes(bytes)),
        Ok(_) => Err(WriteError::NotWritable(address)),
        Err(errno) => Err(refusal(errno, address)),
    }
}

fn refusal(errno: Errno, address: u64) -> WriteError {
    match errno {
        Errno::EFAULT => WriteError::NotWritable(address),
        Errno::ESRCH => WriteError::ProcessGone,
        errno => WriteError::Refused(errno),
    }
}

#[cfg(test)]
mod tests {
    use std::ptr;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn at<T>(place: &T) -> u64 {
        ptr::from_ref(place).addr() as u64
    }

    #[test]
    fn a_word_is_replaced_only_if_it_is_the_expected_one() {
        let word = AtomicU32::new(7);
        let unexpected = WriteError::Unexpected { address: at(&word), expected: 8, found: 7 };
        assert_eq!(replace(Pid::own(), at(&word), 8, 9), Err(unexpected));
        assert_eq!(word.load(Ordering::SeqCst), 7);
        assert_eq!(replace(Pid::own(), at(&word), 7, 9), Ok(()));
        assert_eq!(word.load(Ordering::SeqCst), 9);
    }

    #[test]
    fn neighbours_stay() {
        let words = [1, 2, 3].map(AtomicU32::new);
        assert_eq!(replace(Pid::own(), at(&words[1]), 2, u32::MAX), Ok(()));
        assert_eq!(words.map(AtomicU32::into_inner), [1, u32::MAX, 3]);
    }

    #[test]
    fn memory_that_is_only_readable_stays_as_it_is() {
        static CONSTANT: u32 = 5;
        assert_eq!(replace(Pid::own(), at(&CONSTANT), 5, 6), Err(WriteError::NotWritable(at(&CONSTANT))));
        assert_eq!(CONSTANT, 5);
    }

    #[test]
    fn places_that_are_none() {
        let words = [0_u64; 2];
        for address in [0, at(&words) + 1, at(&words) + 2, u64::MAX] {
            assert_eq!(replace(Pid::own(), address, 0, 0), Err(WriteError::NoPlace(address)));
        }
        assert_eq!(replace(Pid::own(), 8, 0, 1), Err(WriteError::NotWritable(8)), "nothing is mapped there");
    }

    #[test]
    fn a_process_that_is_gone() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = i32::try_from(child.id()).ok().and_then(Pid::new).unwrap();
        child.wait().unwrap();
        assert_eq!(replace(pid, 4096, 0, 1), Err(WriteError::ProcessGone));
    }
}
