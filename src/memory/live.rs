//! The memory of a running process.
//!
//! `process_vm_readv(2)` reads without stopping anybody and takes up to [`IOV_MAX`] pieces in one call.
//! It ends at the first piece it cannot read and says so only by a short count, so a piece that failed
//! is read once more by itself to learn the reason, and the rest goes on behind it. Where a sandbox
//! forbids the call, `/proc/PID/mem` gives the same bytes.

use super::{Address, Memory, Piece, ReadError, ReadReason};
use crate::process::Pid;
use nix::errno::Errno;
use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use std::fs::File;
use std::io::IoSliceMut;
use std::os::unix::fs::FileExt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Most pieces the kernel takes in one call (`UIO_MAXIOV`).
const IOV_MAX: usize = 1024;

/// Reads another process's memory; shared between threads.
#[derive(Debug)]
pub struct LiveMemory {
    pid: Pid,
    /// Opened when `process_vm_readv` turns out to be forbidden.
    mem_file: OnceLock<Option<File>>,
    call_forbidden: AtomicBool,
    bytes_read: AtomicU64,
    bytes_skipped: AtomicU64,
    calls: AtomicU64,
}

impl LiveMemory {
    /// The memory of process `pid`. Opens nothing: a process that cannot be read says so at the first read.
    #[must_use]
    pub fn new(pid: Pid) -> Self {
        Self {
            pid,
            mem_file: OnceLock::new(),
            call_forbidden: AtomicBool::new(false),
            bytes_read: AtomicU64::new(0),
            bytes_skipped: AtomicU64::new(0),
            calls: AtomicU64::new(0),
        }
    }

    /// Bytes taken from the target so far.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }

    /// Bytes that somebody knew he need not read so far.
    #[must_use]
    pub fn bytes_skipped(&self) -> u64 {
        self.bytes_skipped.load(Ordering::Relaxed)
    }

    /// Counts bytes that are known to hold nothing of what is sought.
    pub fn skip(&self, bytes: u64) {
        self.bytes_skipped.fetch_add(bytes, Ordering::Relaxed);
    }

    /// System calls made for it so far.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Reads as much as there is, from `address` on: fewer bytes than `into` holds where a mapping ends.
    ///
    /// # Errors
    /// When not even the first byte can be read.
    pub fn read_some(&self, address: Address, into: &mut [u8]) -> Result<usize, ReadReason> {
        if into.is_empty() {
            return Ok(0);
        }
        if address.is_null() || address.get().checked_add(into.len() as u64).is_none() {
            return Err(ReadReason::BadAddress);
        }
        if !self.call_forbidden.load(Ordering::Relaxed) {
            let remote = [self.remote(address, into.len())];
            match self.call(&mut [IoSliceMut::new(into)], &remote) {
                Ok(count) => return Ok(count),
                Err(Errno::EPERM | Errno::ENOSYS) => match self.read_file(address, into) {
                    Ok(count) => {
                        self.call_forbidden.store(true, Ordering::Relaxed);
                        return Ok(count);
                    }
                    Err(_) => return Err(ReadReason::Permission),
                },
                Err(errno) => return Err(reason(errno)),
            }
        }
        self.read_file(address, into)
    }

    fn remote(&self, address: Address, len: usize) -> RemoteIoVec {
        // An address beyond our own word size cannot be read: base 0 fails as unmapped.
        RemoteIoVec { base: usize::try_from(address.get()).unwrap_or(0), len }
    }

    fn call(&self, local: &mut [IoSliceMut<'_>], remote: &[RemoteIoVec]) -> Result<usize, Errno> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let count = process_vm_readv(nix::unistd::Pid::from_raw(self.pid.get()), local, remote)?;
        self.bytes_read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }

    fn read_file(&self, address: Address, into: &mut [u8]) -> Result<usize, ReadReason> {
        let file = self.mem_file.get_or_init(|| File::open(format!("/proc/{}/mem", self.pid)).ok());
        let Some(file) = file else { return Err(ReadReason::Permission) };
        self.calls.fetch_add(1, Ordering::Relaxed);
        match file.read_at(into, address.get()) {
            // End of file: the address space is gone, and the process with it.
            Ok(0) => Err(ReadReason::ProcessGone),
            Ok(count) => {
                self.bytes_read.fetch_add(count as u64, Ordering::Relaxed);
                Ok(count)
            }
            Err(error) => Err(match error.raw_os_error() {
                // /proc/PID/mem says EIO for what process_vm_readv calls EFAULT.
                Some(libc::EIO) => ReadReason::NotMapped,
                Some(errno) => reason(Errno::from_raw(errno)),
                None => ReadReason::Os(0),
            }),
        }
    }

    /// One call for a batch of at most [`IOV_MAX`] pieces; returns how many of them are done with.
    fn read_batch(&self, pieces: &mut [Piece<'_>]) -> usize {
        let remote: Vec<RemoteIoVec> = pieces.iter().map(|p| self.remote(p.address, p.into.len())).collect();
        let mut local: Vec<IoSliceMut<'_>> = pieces.iter_mut().map(|p| IoSliceMut::new(p.into)).collect();
        let mut got = self.call(&mut local, &remote).unwrap_or(0);
        let mut done = 0;
        for piece in pieces.iter_mut() {
            if got < piece.into.len() {
                break;
            }
            got -= piece.into.len();
            piece.outcome = Ok(());
            done += 1;
        }
        if let Some(piece) = pieces.get_mut(done) {
            piece.outcome = self.read(piece.address, piece.into).map_err(|error| error.reason);
            done += 1;
        }
        done
    }
}

impl Memory for LiveMemory {
    fn read(&self, address: Address, into: &mut [u8]) -> Result<(), ReadError> {
        let wanted = into.len();
        let mut done = 0;
        while done < wanted {
            // A short read ends at a page that cannot be read, or at one that was just being changed: go on behind it.
            let rest = into.get_mut(done..).unwrap_or_default();
            match self.read_some(address.offset(done as u64), rest) {
                Ok(count) if count > 0 => done += count,
                Ok(_) => return Err(ReadError { address, wanted, reason: ReadReason::NotMapped }),
                Err(reason) => return Err(ReadError { address, wanted, reason }),
            }
        }
        Ok(())
    }

    fn read_pieces(&self, pieces: &mut [Piece<'_>]) {
        let mut rest = pieces;
        while !rest.is_empty() {
            let batch = rest.len().min(IOV_MAX);
            let done = self.read_batch(rest.get_mut(..batch).unwrap_or_default()).max(1);
            rest = rest.get_mut(done..).unwrap_or_default();
        }
    }
}

fn reason(errno: Errno) -> ReadReason {
    match errno {
        Errno::EFAULT | Errno::ENOMEM => ReadReason::NotMapped,
        Errno::ESRCH => ReadReason::ProcessGone,
        Errno::EPERM | Errno::EACCES => ReadReason::Permission,
        other => ReadReason::Os(other as i32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> LiveMemory {
        LiveMemory::new(Pid::own())
    }

    fn address_of<T>(value: &[T]) -> Address {
        Address::new(value.as_ptr() as u64)
    }

    #[test]
    fn reads_exactly_what_is_there() {
        let data: Vec<u8> = (0..=255).collect();
        let memory = own();
        let mut copy = vec![0; data.len()];
        memory.read(address_of(&data), &mut copy).unwrap();
        assert_eq!(copy, data);
        assert_eq!(memory.bytes_read(), 256);
    }

    #[test]
    fn null_and_wrapping_addresses_are_refused_without_a_call() {
        let memory = own();
        let mut byte = [0; 16];
        for address in [0, u64::MAX - 3] {
            let error = memory.read(Address::new(address), &mut byte).unwrap_err();
            assert_eq!(error.reason, ReadReason::BadAddress);
        }
        assert_eq!(memory.calls(), 0);
    }

    #[test]
    fn one_bad_piece_costs_only_itself() {
        let data = [7u8; 64];
        let memory = own();
        let mut buffers = vec![[0u8; 64]; 2500];
        let bad = [3usize, 1024, 1500, 2499];
        let mut pieces: Vec<Piece<'_>> = buffers
            .iter_mut()
            .enumerate()
            .map(|(i, b)| Piece::new(if bad.contains(&i) { Address::new(8) } else { address_of(&data) }, b))
            .collect();
        memory.read_pieces(&mut pieces);
        for (i, piece) in pieces.iter().enumerate() {
            let expected = if bad.contains(&i) { Err(ReadReason::NotMapped) } else { Ok(()) };
            assert_eq!(piece.outcome, expected, "piece {i}");
        }
        drop(pieces);
        assert!(buffers.iter().enumerate().all(|(i, b)| bad.contains(&i) || *b == data));
    }

    #[test]
    fn the_file_gives_the_same_bytes_as_the_call() {
        let data: Vec<u8> = (0..4096u32).map(|i| (i * 7) as u8).collect();
        let memory = own();
        memory.call_forbidden.store(true, Ordering::Relaxed);
        let mut copy = vec![0; data.len()];
        memory.read(address_of(&data), &mut copy).unwrap();
        assert_eq!(copy, data);
        let error = memory.read(Address::new(8), &mut copy).unwrap_err();
        assert_eq!(error.reason, ReadReason::NotMapped);
    }

    #[test]
    fn a_process_that_is_gone_says_so() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        child.wait().unwrap();
        let error = LiveMemory::new(Pid::new(pid).unwrap()).read(Address::new(4096), &mut [0]).unwrap_err();
        assert_eq!(error.reason, ReadReason::ProcessGone);
    }
}
