//! A process that exists, runs, fits our architecture and lets us read it.

use std::ffi::OsStr;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};
use nix::unistd::{SysconfVar, sysconf};

use super::maps::{Image, Maps, RegionKind, split_deleted};
use super::permissions::{self, Operation};
use super::procfs::{self, Stat, Status};
use super::{Pid, Tid};
use crate::error::{Error, ErrorKind, Result};

/// A process that can be read. Holding this value does not keep the process alive, nor still.
#[derive(Debug)]
pub struct Target {
    pid: Pid,
    comm: String,
    start: Start,
    exe: PathBuf,
    exe_deleted: bool,
    cmdline: Vec<String>,
}

/// What stays as long as a pid means the same program: the first number changes when the pid is given
/// to a new process, the others when the process replaces its program (`execve`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Start {
    time: u64,
    code: u64,
    stack: u64,
}

impl From<&Stat> for Start {
    fn from(stat: &Stat) -> Self {
        Self { time: stat.start_time, code: stat.start_code, stack: stat.start_stack }
    }
}

impl Target {
    /// Finds the process and makes sure that it can be read, which is tried on one byte of it.
    ///
    /// # Errors
    /// Each with its own kind: no such process, zombie, thread of the kernel, no permission (with the
    /// cause and a line to paste), another architecture, or ended while we looked.
    pub fn open(pid: Pid) -> Result<Self> {
        // A process in the middle of `execve` (it was just started) has half of its new face: look again.
        for _ in 0..50 {
            match Self::open_once(pid)? {
                Some(target) => return Ok(target),
                None => thread::sleep(Duration::from_millis(2)),
            }
        }
        let comm = Stat::read(pid).map(|stat| stat.comm).unwrap_or_default();
        Err(gone(pid, &comm).caused_by("it replaces its program again and again"))
    }

    /// `None` if it replaced its program meanwhile.
    fn open_once(pid: Pid) -> Result<Option<Self>> {
        let stat = Stat::read(pid).map_err(|error| missing(pid, &error))?;
        let name = format!("process {pid} ({})", stat.comm);
        if let Some(leader) = Status::read(pid).ok().and_then(|status| status.number("Tgid"))
            && i32::try_from(leader).is_ok_and(|leader| leader != pid.get())
        {
            return Err(Error::new(ErrorKind::NoSuchProcess, format!("no process with pid {pid}"))
                .caused_by(format!("{pid} is a thread of process {leader}"))
                .hint(format!("use {leader}")));
        }
        if stat.is_kernel_thread() {
            return Err(Error::new(ErrorKind::KernelThread, format!("{name} is a thread of the kernel"))
                .caused_by("it has no program and no memory of its own"));
        }
        if stat.is_dead() {
            return Err(zombie(&name, &stat));
        }
        let exe = match fs::read_link(format!("/proc/{pid}/exe")) {
            Ok(exe) => exe,
            Err(error) => return Err(refused_or_gone(pid, &stat.comm, Operation::Files, &error)),
        };
        let maps = Maps::read(pid).map_err(|error| refused_or_gone(pid, &stat.comm, Operation::Files, &error))?;
        check_readable(pid, &stat.comm, &maps)?;
        let (exe_without_mark, marked) = split_deleted(&exe);
        // A living file may be called "x (deleted)" as well: ask the file, not its name.
        let exe_deleted = marked && !same_file(pid, &exe);
        let target = Self {
            pid,
            comm: stat.comm.clone(),
            start: Start::from(&stat),
            exe: if exe_deleted { exe_without_mark } else { exe },
            exe_deleted,
            cmdline: cmdline(pid),
        };
        target.check_architecture(&maps)?;
        match Stat::read(pid) {
            Ok(stat) if stat.start_time != target.start.time || stat.is_dead() => Err(target.gone()),
            Ok(stat) => Ok((Start::from(&stat) == target.start && target.start.code != 0).then_some(target)),
            Err(_) => Err(target.gone()),
        }
    }

    /// Its number.
    #[must_use]
    pub const fn pid(&self) -> Pid {
        self.pid
    }

    /// The kernel's short name of the program, for messages.
    #[must_use]
    pub fn comm(&self) -> &str {
        &self.comm
    }

    /// How messages call it: `process 4242 (gunicorn)`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("process {} ({})", self.pid, self.comm)
    }

    /// Ticks after boot at which it started; with the pid this is unique until the next boot.
    #[must_use]
    pub const fn start_time(&self) -> u64 {
        self.start.time
    }

    /// Path of its program as the target's root has it.
    #[must_use]
    pub fn exe(&self) -> &Path {
        &self.exe
    }

    /// Whether the file of the program has lost its name, as after an upgrade.
    #[must_use]
    pub const fn exe_deleted(&self) -> bool {
        self.exe_deleted
    }

    /// Its command line, word by word; bytes that are no UTF-8 are replaced. A program may rewrite it.
    #[must_use]
    pub fn cmdline(&self) -> &[String] {
        &self.cmdline
    }

    /// Whether the pid still means the program that was opened.
    #[must_use]
    pub fn is_same(&self) -> bool {
        Stat::read(self.pid).is_ok_and(|stat| !stat.is_dead() && Start::from(&stat) == self.start)
    }

    /// As [`is_same`](Self::is_same), with words.
    ///
    /// # Errors
    /// [`ErrorKind::ProcessGone`] when it has ended, or has replaced its program by `execve`.
    pub fn check_alive(&self) -> Result<()> {
        match Stat::read(self.pid) {
            Ok(stat) if Start::from(&stat) == self.start && !stat.is_dead() => Ok(()),
            // Without memory, on its last steps: that is the end, not another program.
            Ok(stat) if stat.start_time == self.start.time && !stat.is_dead() && stat.start_code != 0 => Err(self
                .gone()
                .caused_by(format!("it has replaced its program, and is now {}", stat.comm))
                .hint("start again: the pid is the same")),
            _ => Err(self.gone()),
        }
    }

    /// Whether the whole process was stopped (SIGSTOP, SIGTSTP) and waits to be continued. To be asked while nobody holds it.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        Stat::read(self.pid).is_ok_and(|stat| stat.state == 'T')
    }

    /// The same of a process that was held meanwhile, if it is known whether it was stopped before: when it is let go its threads have to
    /// be given a processor each to stop again, and on a busy machine that takes its time.
    #[must_use]
    pub fn is_stopped_after(&self, before: bool) -> bool {
        /// Far longer than it takes, and not to be waited for where the process was continued meanwhile.
        const PATIENCE: Duration = Duration::from_millis(250);
        const BETWEEN: Duration = Duration::from_millis(1);
        let begun = Instant::now();
        while !self.is_stopped() {
            if !before || begun.elapsed() > PATIENCE {
                return false;
            }
            std::thread::sleep(BETWEEN);
        }
        true
    }

    /// The failure that the process went away under our hands.
    #[must_use]
    pub fn gone(&self) -> Error {
        gone(self.pid, &self.comm)
    }

    /// Seconds since it started.
    #[must_use]
    pub fn uptime_s(&self) -> Option<f64> {
        let text = String::from_utf8(procfs::read("/proc/uptime").ok()?).ok()?;
        let since_boot: f64 = text.split_ascii_whitespace().next()?.parse().ok()?;
        let ticks_per_second = sysconf(SysconfVar::CLK_TCK).ok()??;
        #[expect(clippy::cast_precision_loss, reason = "ticks since boot are far below 2^53")]
        let started = self.start.time as f64 / ticks_per_second as f64;
        Some((since_boot - started).max(0.0))
    }

    /// Bytes of its memory that are present, as the kernel estimates them.
    #[must_use]
    pub fn rss_bytes(&self) -> Option<u64> {
        let text = String::from_utf8(procfs::read(format!("/proc/{}/statm", self.pid)).ok()?).ok()?;
        let pages: u64 = text.split_ascii_whitespace().nth(1)?.parse().ok()?;
        pages.checked_mul(u64::try_from(sysconf(SysconfVar::PAGE_SIZE).ok()??).ok()?)
    }

    /// How many threads it has at the moment.
    #[must_use]
    pub fn thread_count(&self) -> Option<u64> {
        Stat::read(self.pid).ok().map(|stat| stat.threads)
    }

    /// Its threads at the moment, in the kernel's order.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn threads(&self) -> io::Result<Vec<Tid>> {
        let mut threads = Vec::new();
        for entry in fs::read_dir(format!("/proc/{}/task", self.pid))? {
            threads.extend(entry?.file_name().to_str().and_then(|name| name.parse::<Tid>().ok()));
        }
        Ok(threads)
    }

    /// The numbers its threads have for themselves: other ones than for us, when it counts processes otherwise than we do.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn inner_thread_ids(&self) -> io::Result<Vec<u64>> {
        let differs = self.pid_namespace_differs();
        let inner = |tid: Tid| {
            if differs {
                let numbers = Status::read_thread(self.pid, tid).ok()?.numbers("NSpid");
                return numbers.last().copied().map(u64::from);
            }
            u64::try_from(tid.get()).ok()
        };
        Ok(self.threads()?.into_iter().filter_map(inner).collect())
    }

    /// Whether a thread runs, or waits for a processor, instead of for something to happen. `tid` is the number the thread has
    /// for itself, so nothing can be said when the target counts processes otherwise than we do.
    #[must_use]
    pub fn thread_is_active(&self, tid: u64) -> Option<bool> {
        if self.pid_namespace_differs() {
            return None;
        }
        remoteprocess::Thread::new(i32::try_from(tid).ok()?).ok()?.active().ok()
    }

    /// Its mappings at the moment.
    ///
    /// # Errors
    /// [`ErrorKind::ProcessGone`], or [`ErrorKind::Permission`] when it gave up rights meanwhile.
    pub fn maps(&self) -> Result<Maps> {
        let maps =
            Maps::read(self.pid).map_err(|error| refused_or_gone(self.pid, &self.comm, Operation::Files, &error))?;
        if maps.regions().is_empty() { Err(self.gone()) } else { Ok(maps) }
    }

    /// Whether paths of the target mean other files than ours: `chroot`, or another mount namespace.
    #[must_use]
    pub fn has_other_root(&self) -> bool {
        let root = fs::metadata(format!("/proc/{}/root", self.pid)).ok().map(|root| identity(&root));
        let own = fs::metadata("/").ok().map(|root| identity(&root));
        root != own || self.namespace_differs("mnt")
    }

    /// Whether the target counts processes otherwise than we do.
    #[must_use]
    pub fn pid_namespace_differs(&self) -> bool {
        self.namespace_differs("pid")
    }

    fn namespace_differs(&self, kind: &str) -> bool {
        let of = |who: &str| fs::read_link(format!("/proc/{who}/ns/{kind}")).ok();
        of(&self.pid.to_string()) != of("self")
    }

    /// The pid by which the target knows itself, if its namespace differs from ours.
    #[must_use]
    pub fn inner_pid(&self) -> Option<Pid> {
        let numbers = Status::read(self.pid).ok()?.numbers("NSpid");
        let innermost = Pid::new(i32::try_from(*numbers.last()?).ok()?)?;
        (numbers.len() > 1).then_some(innermost)
    }

    /// Opens a file by the path the *target* knows it by. Symbolic links are followed inside its root.
    /// If the target has mapped this very path, the file must be the mapped one.
    ///
    /// # Errors
    /// Those of `open(2)`; [`io::ErrorKind::InvalidInput`] for what is no regular file, and
    /// [`io::ErrorKind::NotFound`] when another file has taken the place of the mapped one.
    pub fn open_file(&self, path: &Path) -> io::Result<File> {
        let file = self.open_in_root(path)?;
        let images = Maps::read(self.pid)?.images();
        let mut mapped = images.iter().filter(|image| image.path == path).peekable();
        if mapped.peek().is_none() || mapped.any(|image| self.is_file_of(&file, image)) {
            return Ok(file);
        }
        Err(io::Error::new(io::ErrorKind::NotFound, "another file has taken the place of the mapped one"))
    }

    /// Opens the file behind a mapping, also one that was deleted or replaced meanwhile, if the kernel lets us.
    ///
    /// # Errors
    /// When no way leads to the very file that is mapped; the text names the ways tried.
    pub fn open_image(&self, image: &Image) -> io::Result<File> {
        let mut tried = Vec::new();
        // Exact, and needs CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE.
        if let Some(region) = image.regions.first() {
            match open_regular(format!("/proc/{}/map_files/{:x}-{:x}", self.pid, region.start, region.end).as_ref()) {
                Ok(file) => return Ok(file),
                Err(error) => tried.push(format!("map_files: {error}")),
            }
        }
        match open_regular(format!("/proc/{}/exe", self.pid).as_ref()) {
            Ok(file) if self.is_file_of(&file, image) => return Ok(file),
            Ok(_) => {}
            Err(error) => tried.push(format!("exe: {error}")),
        }
        if image.deleted {
            tried.push("its path: the file was deleted".to_owned());
        } else {
            match self.open_in_root(&image.path) {
                Ok(file) if self.is_file_of(&file, image) => return Ok(file),
                Ok(_) => tried.push("its path: another file is there now".to_owned()),
                Err(error) => tried.push(format!("its path: {error}")),
            }
        }
        Err(io::Error::new(io::ErrorKind::NotFound, tried.join("; ")))
    }

    pub(super) fn open_in_root(&self, path: &Path) -> io::Result<File> {
        // O_NONBLOCK: opening a FIFO must not wait for its other end.
        only_regular(self.open_with(path, OFlag::O_NOCTTY | OFlag::O_NONBLOCK)?)
    }

    pub(super) fn open_folder_in_root(&self, path: &Path) -> io::Result<File> {
        self.open_with(path, OFlag::O_DIRECTORY)
    }

    fn open_with(&self, path: &Path, flags: OFlag) -> io::Result<File> {
        let relative = path.strip_prefix("/").map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        let root = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_PATH | libc::O_DIRECTORY)
            .open(format!("/proc/{}/root", self.pid))?;
        let how = OpenHow::new()
            .flags(OFlag::O_RDONLY | OFlag::O_CLOEXEC | flags)
            .resolve(ResolveFlag::RESOLVE_IN_ROOT | ResolveFlag::RESOLVE_NO_MAGICLINKS);
        match openat2(&root, relative, how) {
            Ok(file) => Ok(File::from(file)),
            // Before Linux 5.6, and under seccomp filters that are older than the call.
            Err(Errno::ENOSYS | Errno::EPERM) => {
                let path = Path::new(&format!("/proc/{}/root", self.pid)).join(relative);
                OpenOptions::new().read(true).custom_flags(flags.bits()).open(path)
            }
            Err(errno) => Err(errno.into()),
        }
    }

    /// Whether an open file is the mapped one. Device and inode tell, except on overlayfs and btrfs, whose
    /// device numbers in maps differ from those of `stat(2)`: there the first page is compared with memory.
    fn is_file_of(&self, file: &File, image: &Image) -> bool {
        let Ok(metadata) = file.metadata() else { return false };
        let (device, inode) = identity(&metadata);
        let same_device = image.device == (libc::major(device), libc::minor(device));
        if same_device && image.inode == inode {
            return true;
        }
        // Anonymous device numbers have major number 0.
        let virtual_device = image.device.0 == 0 && libc::major(device) == 0;
        !image.deleted && virtual_device && self.first_page_equals(file, image)
    }

    fn first_page_equals(&self, file: &File, image: &Image) -> bool {
        const PAGE: usize = 4096;
        let untouched = |region: &&super::maps::Region| region.offset == 0 && region.read && !region.write;
        let Some(region) = image.regions.iter().find(untouched) else { return false };
        let (mut on_disk, mut in_memory) = ([0; PAGE], [0; PAGE]);
        let memory = File::open(format!("/proc/{}/mem", self.pid));
        file.read_exact_at(&mut on_disk, 0).is_ok()
            && memory.is_ok_and(|memory| memory.read_exact_at(&mut in_memory, region.start).is_ok())
            && on_disk == in_memory
    }

    fn check_architecture(&self, maps: &Maps) -> Result<()> {
        let mut header = [0; 20];
        let path = format!("/proc/{}/exe", self.pid);
        // A program may be executable and not readable; then its header is still in memory.
        let read = File::open(path).and_then(|file| file.read_exact_at(&mut header, 0)).or_else(|_| {
            let mapped = maps.images().into_iter().find(|image| image.path == self.exe);
            let start = mapped.map(|image| image.start()).ok_or(io::ErrorKind::NotFound)?;
            File::open(format!("/proc/{}/mem", self.pid))?.read_exact_at(&mut header, start)
        });
        match read.ok().and_then(|()| foreign_architecture(&header)) {
            Some(what) => Err(Error::new(ErrorKind::ForeignArchitecture, format!("cannot read {}", self.name()))
                .caused_by(format!("it is {what}, and this program is built for {}", std::env::consts::ARCH))),
            None => Ok(()),
        }
    }
}

/// What stands in the way, if the ELF header of a program is not of our kind. Anything that is no ELF
/// header is not judged here: the kernel runs it, so an interpreter of the kernel's choice does.
fn foreign_architecture(header: &[u8; 20]) -> Option<String> {
    const CLASS_64: u8 = 2;
    const LITTLE_ENDIAN: u8 = 1;
    let own_machine: u16 = if cfg!(target_arch = "aarch64") { 183 } else { 62 };
    if header[..4] != *b"\x7fELF" {
        return None;
    }
    let (class, order) = (header[4], header[5]);
    let machine = match order {
        LITTLE_ENDIAN => u16::from_le_bytes([header[18], header[19]]),
        _ => u16::from_be_bytes([header[18], header[19]]),
    };
    if class == CLASS_64 && order == LITTLE_ENDIAN && machine == own_machine {
        return None;
    }
    let bits = match class {
        1 => "32-bit",
        CLASS_64 => "64-bit",
        _ => "strange",
    };
    let machine = match machine {
        3 => "x86".to_owned(),
        8 => "mips".to_owned(),
        20 | 21 => "powerpc".to_owned(),
        22 => "s390".to_owned(),
        40 => "arm".to_owned(),
        62 => "x86_64".to_owned(),
        183 => "aarch64".to_owned(),
        243 => "riscv".to_owned(),
        258 => "loongarch".to_owned(),
        other => format!("machine {other}"),
    };
    Some(format!("a {bits} program for {machine}"))
}

/// Tries one byte, by the ways we read memory: the rights of a file in `/proc` do not tell it.
fn check_readable(pid: Pid, comm: &str, maps: &Maps) -> Result<()> {
    let readable = |region: &&super::maps::Region| region.read && !matches!(region.kind, RegionKind::Special(_));
    let Some(region) = maps.regions().iter().find(readable) else { return Err(gone(pid, comm)) };
    let refused = match read_byte(pid, region.start) {
        // EFAULT: it was unmapped since; the permission is checked before.
        Ok(()) | Err(Errno::EFAULT) => return Ok(()),
        Err(errno) => errno,
    };
    if refused == Errno::ESRCH {
        return Err(gone(pid, comm));
    }
    match File::open(format!("/proc/{pid}/mem")) {
        Ok(_) => Ok(()),
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Err(gone(pid, comm)),
        Err(_) => Err(permissions::explain_denied(pid, Operation::Memory, refused as i32)),
    }
}

fn read_byte(pid: Pid, address: u64) -> nix::Result<()> {
    let mut byte = [0; 1];
    let base = usize::try_from(address).map_err(|_| Errno::EFAULT)?;
    let remote = nix::sys::uio::RemoteIoVec { base, len: 1 };
    nix::sys::uio::process_vm_readv(pid.nix(), &mut [io::IoSliceMut::new(&mut byte)], &[remote]).map(|_| ())
}

fn gone(pid: Pid, comm: &str) -> Error {
    Error::new(ErrorKind::ProcessGone, format!("process {pid} ({comm}) ended while we looked at it"))
}

fn zombie(name: &str, stat: &Stat) -> Error {
    let error = Error::new(ErrorKind::Zombie, format!("{name} has ended"));
    if stat.threads > 1 {
        return error.caused_by(format!(
            "its first thread is gone, {} others still run; without the first one its memory cannot be found",
            stat.threads - 1
        ));
    }
    error.caused_by(format!("it is a zombie: its parent, process {}, has not yet asked how it ended", stat.parent))
}

/// Why there is no `/proc/PID`: no such process, or a `/proc` that hides it.
fn missing(pid: Pid, error: &io::Error) -> Error {
    // ESRCH comes from reading the file of a process that has just ended.
    let absent = matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ESRCH));
    let exists = !matches!(nix::sys::signal::kill(pid.nix(), None), Err(Errno::ESRCH));
    if absent && !exists {
        return Error::new(ErrorKind::NoSuchProcess, format!("no process with pid {pid}"))
            .hint("list the processes that can be read: `coroscope list`");
    }
    permissions::explain_denied(pid, Operation::Find, error.raw_os_error().unwrap_or(libc::EACCES))
}

fn refused_or_gone(pid: Pid, comm: &str, operation: Operation, error: &io::Error) -> Error {
    match error.raw_os_error() {
        Some(errno @ (libc::EACCES | libc::EPERM)) => permissions::explain_denied(pid, operation, errno),
        Some(libc::ENOENT | libc::ESRCH) => gone(pid, comm),
        _ => Error::new(ErrorKind::Unreadable, format!("cannot read process {pid} ({comm})")).caused_by(error),
    }
}

pub(super) fn cmdline(pid: Pid) -> Vec<String> {
    let bytes = procfs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    // `setproctitle` leaves a tail of NULs behind the new title.
    let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    if end == 0 {
        return Vec::new();
    }
    bytes[..end].split(|&byte| byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect()
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// Whether the target's program is the file that its root has under this path.
fn same_file(pid: Pid, path: &Path) -> bool {
    let mut in_root = OsStr::new(&format!("/proc/{pid}/root")).to_owned();
    in_root.push(OsStr::from_bytes(path.as_os_str().as_bytes()));
    let of = |path: &Path| fs::metadata(path).ok().map(|file| identity(&file));
    let exe = of(format!("/proc/{pid}/exe").as_ref());
    exe.is_some() && exe == of(in_root.as_ref())
}

fn open_regular(path: &Path) -> io::Result<File> {
    only_regular(OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path)?)
}

fn only_regular(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(class: u8, order: u8, machine: u16) -> [u8; 20] {
        let mut header = [0; 20];
        header[..4].copy_from_slice(b"\x7fELF");
        (header[4], header[5]) = (class, order);
        let bytes = if order == 1 { machine.to_le_bytes() } else { machine.to_be_bytes() };
        header[18..].copy_from_slice(&bytes);
        header
    }

    #[test]
    fn a_process_is_stopped_until_it_is_continued() {
        let mut child = std::process::Command::new("sleep").arg("600").spawn().unwrap();
        let number = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
        let target = Target::open(Pid::new(number.as_raw()).unwrap()).unwrap();
        let send = |signal| nix::sys::signal::kill(number, signal).unwrap();
        let wait_until_stopped_is = |expected| {
            let begun = Instant::now();
            while target.is_stopped() != expected {
                assert!(begun.elapsed() < Duration::from_secs(30), "stopped: {expected}");
                std::thread::yield_now();
            }
        };
        send(nix::sys::signal::SIGSTOP);
        wait_until_stopped_is(true);
        let stopped = target.is_stopped_after(true);
        send(nix::sys::signal::SIGCONT);
        wait_until_stopped_is(false);
        let continued = !target.is_stopped_after(true);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(stopped && continued, "{stopped}, {continued}");
    }

    #[test]
    fn the_thread_that_asks_is_active() {
        let own = Target::open(Pid::own()).unwrap();
        let tid = u64::try_from(nix::unistd::gettid().as_raw()).unwrap();
        assert_eq!(own.thread_is_active(tid), Some(true));
        assert_eq!(own.thread_is_active(u64::from(u32::MAX)), None);
    }

    #[test]
    fn foreign_programs_are_named() {
        let (own, other, name) = if cfg!(target_arch = "aarch64") { (183, 62, "x86_64") } else { (62, 183, "aarch64") };
        let verdict = |class, order, machine| foreign_architecture(&header(class, order, machine));
        assert_eq!(verdict(2, 1, own), None);
        assert_eq!(verdict(2, 1, other).as_deref(), Some(format!("a 64-bit program for {name}").as_str()));
        assert_eq!(verdict(1, 1, 3).as_deref(), Some("a 32-bit program for x86"));
        assert_eq!(verdict(1, 1, 62).as_deref(), Some("a 32-bit program for x86_64"), "the x32 ABI");
        assert_eq!(verdict(2, 2, 22).as_deref(), Some("a 64-bit program for s390"));
        assert_eq!(verdict(9, 1, 9999).as_deref(), Some("a strange program for machine 9999"));
        assert_eq!(foreign_architecture(b"#!/bin/sh\nexec pytho"), None, "no ELF header, no verdict");
    }

    #[test]
    fn we_can_open_ourselves() {
        let target = Target::open(Pid::own()).expect("our own process");
        assert!(target.is_same());
        assert_eq!(target.exe(), std::env::current_exe().expect("our own path"));
        assert!(!target.exe_deleted() && !target.has_other_root() && !target.pid_namespace_differs());
        assert_eq!(target.cmdline().first().map(String::as_str), std::env::args().next().as_deref());
        assert!(target.uptime_s().is_some() && target.rss_bytes() > Some(0));
        assert!(target.threads().is_ok_and(|threads| threads.contains(&Pid::own())));
        let maps = target.maps().expect("our own maps");
        let images = maps.images();
        let own = images.iter().find(|image| image.path == target.exe()).expect("our program is mapped");
        let file = target.open_image(own).expect("our own program");
        assert_eq!(file.metadata().map(|file| file.ino()).ok(), Some(own.inode));
        assert!(target.open_file(target.exe()).is_ok());
        let refused = target.open_file(Path::new("/dev/null")).map_err(|error| error.kind());
        assert!(matches!(refused, Err(io::ErrorKind::InvalidInput)), "{refused:?}");
    }

    #[test]
    fn nobody_has_the_largest_pid() {
        // Linux never goes beyond 2^22.
        let error = Target::open(Pid::new(i32::MAX).expect("positive")).expect_err("no such process");
        assert_eq!(error.kind(), ErrorKind::NoSuchProcess);
        assert_eq!(error.to_string(), "no process with pid 2147483647");
    }
}
