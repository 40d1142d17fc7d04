//! The small text files of `/proc/PID`: `stat` and `status`.
//!
//! Formats: `proc_pid_stat(5)`, `proc_pid_status(5)`. The program's name in `stat` may hold blanks and
//! parentheses, so fields are counted from the *last* parenthesis.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use super::Pid;

/// More than any of these files holds; a limit against a `/proc` that is not one.
const LIMIT: u64 = 1 << 20;

/// Reads a small file, whole.
pub(crate) fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LIMIT).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The process that traces one of the threads of `pid`, if any: each has a tracer of its own.
pub(crate) fn tracer(pid: Pid) -> Option<u64> {
    /// A process with more threads than this is not searched further.
    const MOST: usize = 10_000;
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    let tids = threads.flatten().take(MOST).filter_map(|entry| entry.file_name().to_str()?.parse::<Pid>().ok());
    let mut tracers = tids.filter_map(|tid| Status::read_thread(pid, tid).ok()?.number("TracerPid"));
    let tracer = tracers.find(|tracer| *tracer != 0)?;
    // What the kernel names is the thread that traces.
    let leader =
        i32::try_from(tracer).ok().and_then(Pid::new).and_then(|tracer| Status::read(tracer).ok()?.number("Tgid"));
    Some(leader.unwrap_or(tracer))
}

/// Time that a thread has spent on a processor, in nanoseconds: the first number in `/proc/PID/task/TID/schedstat`. Not all kernels have it.
pub(crate) fn cpu_time_ns(pid: Pid, tid: Pid) -> Option<u64> {
    let bytes = read(format!("/proc/{pid}/task/{tid}/schedstat")).ok()?;
    std::str::from_utf8(&bytes).ok()?.split_ascii_whitespace().next()?.parse().ok()
}

/// What we use of `/proc/PID/stat`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stat {
    /// Name of the program, at most 15 bytes.
    pub(crate) comm: String,
    /// `R`, `S`, `D`, `T`, `t`, `Z`, `X`, `I`…
    pub(crate) state: char,
    pub(crate) parent: i32,
    /// Flags of the kernel, `PF_…`.
    pub(crate) flags: u64,
    pub(crate) threads: u64,
    /// Ticks after boot at which it started.
    pub(crate) start_time: u64,
    /// Where its program and its first stack begin; 0 for those who may not read it. Chosen anew at
    /// every `execve`, which keeps pid and start time.
    pub(crate) start_code: u64,
    pub(crate) start_stack: u64,
}

const PF_KTHREAD: u64 = 0x0020_0000;

impl Stat {
    pub(crate) fn read(pid: Pid) -> io::Result<Self> {
        Self::read_at(&format!("/proc/{pid}/stat"))
    }

    pub(crate) fn read_thread(pid: Pid, tid: Pid) -> io::Result<Self> {
        Self::read_at(&format!("/proc/{pid}/task/{tid}/stat"))
    }

    fn read_at(path: &str) -> io::Result<Self> {
        Self::parse(&read(path)?)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("cannot parse {path}")))
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let open = bytes.iter().position(|&byte| byte == b'(')?;
        let close = bytes.iter().rposition(|&byte| byte == b')')?;
        let comm = String::from_utf8_lossy(bytes.get(open + 1..close)?).into_owned();
        let rest = std::str::from_utf8(bytes.get(close + 1..)?).ok()?;
        // proc_pid_stat(5) counts from 1; the first field after the name is number 3.
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        let number = |index: usize| fields.get(index - 3)?.parse::<u64>().ok();
        Some(Self {
            comm,
            state: fields.first()?.chars().next()?,
            parent: fields.get(1)?.parse().ok()?,
            flags: number(9)?,
            threads: number(20)?,
            start_time: number(22)?,
            start_code: number(26)?,
            start_stack: number(28)?,
        })
    }

    /// Dead, and only its number is left.
    pub(crate) fn is_dead(&self) -> bool {
        matches!(self.state, 'Z' | 'X' | 'x')
    }

    pub(crate) fn is_kernel_thread(&self) -> bool {
        self.flags & PF_KTHREAD != 0
    }
}

/// `/proc/PID/status`: lines of `Name:\tvalue`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Status(String);

impl Status {
    pub(crate) fn read(pid: Pid) -> io::Result<Self> {
        read(format!("/proc/{pid}/status")).map(|bytes| Self(String::from_utf8_lossy(&bytes).into_owned()))
    }

    pub(crate) fn read_thread(pid: Pid, tid: Pid) -> io::Result<Self> {
        read(format!("/proc/{pid}/task/{tid}/status")).map(|bytes| Self(String::from_utf8_lossy(&bytes).into_owned()))
    }

    pub(crate) fn own() -> io::Result<Self> {
        // The thread's own file: capabilities and seccomp belong to threads.
        read("/proc/thread-self/status").map(|bytes| Self(String::from_utf8_lossy(&bytes).into_owned()))
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        // The program's name comes first and may hold anything but a line feed (that is escaped).
        self.0.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
    }

    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.field(name)?.split_ascii_whitespace().next()?.parse().ok()
    }

    pub(crate) fn numbers(&self, name: &str) -> Vec<u32> {
        self.field(name)
            .map_or_else(Vec::new, |text| text.split_ascii_whitespace().map_while(|word| word.parse().ok()).collect())
    }

    pub(crate) fn hex(&self, name: &str) -> Option<u64> {
        u64::from_str_radix(self.field(name)?, 16).ok()
    }
}

#[cfg(test)]
impl From<&str> for Status {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = "S 77 4242 77 0 -1 4194304 100 0 0 0 1 2 0 0 20 0 3 0 123456 9000000 500 18446744073709551615 \
                        4194304 4198400 140722000000000 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0";

    #[test]
    fn the_name_may_look_like_the_rest_of_the_line() {
        for name in ["python3", "a) R 1 (b", "(", ")", "", "tmux: server", "new\nline"] {
            let stat = Stat::parse(format!("4242 ({name}) {REST}\n").as_bytes()).expect(name);
            assert_eq!(stat.comm, name);
            assert_eq!((stat.state, stat.parent, stat.threads), ('S', 77, 3));
            assert_eq!((stat.start_time, stat.start_code, stat.start_stack), (123_456, 4_194_304, 140_722_000_000_000));
            assert!(!stat.is_dead() && !stat.is_kernel_thread());
        }
    }

    #[test]
    fn a_cut_line_is_refused() {
        let whole = format!("4242 (python3) {REST}");
        let needed = whole.find(" 140722000000000").expect("is there");
        for length in 0..=needed {
            assert_eq!(Stat::parse(&whole.as_bytes()[..length]), None, "{length} bytes");
        }
        assert_eq!(Stat::parse(b") ("), None);
    }

    #[test]
    fn our_own_files_are_understood() {
        let own = Pid::own();
        let stat = Stat::read(own).expect("our own stat");
        assert!(stat.start_time > 0 && stat.start_stack > 0 && stat.threads > 0);
        let status = Status::read(own).expect("our own status");
        assert_eq!(status.number("Tgid"), u64::try_from(own.get()).ok());
        assert_eq!(status.numbers("Uid").len(), 4);
        assert!(status.hex("CapEff").is_some());
        assert_eq!(status.field("NoSuchLine"), None);
    }

    #[test]
    fn a_thread_that_works_has_used_the_processor() {
        let own = Pid::own();
        let told = Path::new(&format!("/proc/{own}/schedstat")).exists();
        let time = cpu_time_ns(own, own);
        assert_eq!(time.is_some(), told);
        assert!(time.is_none_or(|time| time > 0));
        assert_eq!(cpu_time_ns(own, Pid::new(i32::MAX).expect("positive")), None);
    }

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let status =
            Status::from("Name:\tUid: 5\nUid:\t1000\t1001\t1002\t1003\nCapEff:\t000001ffffffffff\nVmRSS:\t  12 kB\n");
        assert_eq!(status.numbers("Uid"), [1000, 1001, 1002, 1003]);
        assert_eq!(status.hex("CapEff"), Some(0x1ff_ffff_ffff));
        assert_eq!(status.number("VmRSS"), Some(12));
        assert_eq!(status.field("Ui"), None);
    }
}
