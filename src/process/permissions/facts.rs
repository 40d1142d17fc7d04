//! What decides over permission, read from the live system. Nothing here judges.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::super::procfs::{self, Stat, Status};
use super::Pid;

/// Bit of `CAP_SYS_PTRACE` in the capability sets (`linux/capability.h`).
const CAP_SYS_PTRACE: u64 = 1 << 19;
/// What the kernel shows for users it cannot translate into our user namespace.
const UNKNOWN_USER: u32 = 65534;
/// Inode numbers of the first namespaces are part of the kernel's ABI (`linux/proc_ns.h`).
const FIRST_USER_NAMESPACE: u64 = 0xEFFF_FFFD;
const FIRST_PID_NAMESPACE: u64 = 0xEFFF_FFFC;

/// Everything a verdict rests on. What could not be read is `None`.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// `kernel.yama.ptrace_scope`; the file does not exist where the module is not built in or not on.
    pub(super) ptrace_scope: Option<u8>,
    pub(super) own: Own,
    pub(super) container: Option<Container>,
    pub(super) target: Option<Subject>,
}

/// Ourselves.
#[derive(Debug, Clone)]
pub(super) struct Own {
    /// Effective user.
    pub(super) user: u32,
    pub(super) effective: u64,
    /// What `sudo` could give us at most.
    pub(super) bounding: u64,
    pub(super) no_new_privileges: bool,
    /// 0 off, 1 strict, 2 filter.
    pub(super) seccomp: u64,
    pub(super) in_first_user_namespace: bool,
    pub(super) in_first_pid_namespace: bool,
    /// Label of the security module (AppArmor, SELinux…), if one confines us.
    pub(super) confined_by: Option<String>,
    /// Full path of our program: `sudo` drops PATH.
    pub(super) program: String,
    pub(super) arguments: Vec<String>,
}

impl Own {
    pub(super) fn may_trace(&self) -> bool {
        self.effective & CAP_SYS_PTRACE != 0
    }

    /// Whether more rights are to be had from `sudo` here.
    pub(super) fn sudo_helps(&self) -> bool {
        self.bounding & CAP_SYS_PTRACE != 0 && !self.no_new_privileges
    }

    /// Whether `sudo` is kept from giving what the bounding set would allow.
    pub(super) fn sudo_is_kept_from_it(&self) -> bool {
        self.bounding & CAP_SYS_PTRACE != 0 && self.no_new_privileges
    }

    /// Whether a process of these users is outside of our user namespace, where nobody has a number for us.
    pub(super) fn is_outside(&self, users: [u32; 3]) -> bool {
        !self.in_first_user_namespace && users.contains(&UNKNOWN_USER)
    }

    /// Our own command line again, with the rights of root.
    pub(super) fn privileged_line(&self) -> String {
        let words = std::iter::once(&self.program).chain(&self.arguments);
        words.fold("sudo".to_owned(), |line, word| line + " " + &quoted(word))
    }
}

/// Where we run, if it is not plainly a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Container {
    Kubernetes { pod: String },
    Docker,
    Podman,
    Other,
}

/// The process in question.
#[derive(Debug, Clone, Default)]
pub(super) struct Subject {
    pub(super) comm: Option<String>,
    /// Real, effective, saved.
    pub(super) users: Option<[u32; 3]>,
    pub(super) permitted: u64,
    /// `PR_GET_DUMPABLE`, told by who owns its files in `/proc`; unknown for processes of root.
    pub(super) dumpable: Option<bool>,
    /// Who traces it already.
    pub(super) tracer: Option<(u64, String)>,
    pub(super) is_our_descendant: bool,
    /// The kernel does not show the namespaces of a process we may not read.
    pub(super) same_user_namespace: Option<bool>,
    pub(super) other_pid_namespace: Option<bool>,
    /// Its own number, where it counts differently.
    pub(super) inner_pid: Option<u32>,
}

impl Facts {
    pub(super) fn collect(pid: Option<Pid>) -> Self {
        let number =
            |path: &str| procfs::read(path).ok().and_then(|text| String::from_utf8(text).ok()?.trim().parse().ok());
        Self {
            ptrace_scope: number("/proc/sys/kernel/yama/ptrace_scope"),
            own: own(),
            container: container(
                &procfs::read("/proc/self/cgroup")
                    .map(|text| String::from_utf8_lossy(&text).into_owned())
                    .unwrap_or_default(),
                |path| Path::new(path).exists(),
                |name| std::env::var_os(name).is_some(),
            ),
            target: pid.map(subject),
        }
    }
}

fn own() -> Own {
    let status = Status::own().unwrap_or_default();
    let mut arguments = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let called = arguments.next().unwrap_or_default();
    let program = std::env::current_exe().map_or(called, |path| path.to_string_lossy().into_owned());
    Own {
        user: nix::unistd::geteuid().as_raw(),
        effective: status.hex("CapEff").unwrap_or_default(),
        bounding: status.hex("CapBnd").unwrap_or_default(),
        no_new_privileges: status.number("NoNewPrivs") == Some(1),
        seccomp: status.number("Seccomp").unwrap_or_default(),
        in_first_user_namespace: namespace("self", "user") == Some(FIRST_USER_NAMESPACE),
        in_first_pid_namespace: namespace("self", "pid") == Some(FIRST_PID_NAMESPACE),
        confined_by: label("self"),
        program,
        arguments: arguments.collect(),
    }
}

fn subject(pid: Pid) -> Subject {
    let who = pid.to_string();
    let status = Status::read(pid).unwrap_or_default();
    let users = <[u32; 3]>::try_from(status.numbers("Uid").get(..3).unwrap_or_default()).ok();
    let numbers = status.numbers("NSpid");
    // The links need the right that is in question; the list of numbers shows nested namespaces without.
    let other_pid_namespace = match (namespace(&who, "pid"), namespace("self", "pid")) {
        (Some(its), Some(ours)) => Some(its != ours),
        _ => (numbers.len() > 1).then_some(true),
    };
    let tracer = procfs::tracer(pid).map(|tracer| {
        let pid = i32::try_from(tracer).ok().and_then(Pid::new);
        (tracer, pid.and_then(|pid| Stat::read(pid).ok()).map_or_else(|| "?".to_owned(), |stat| stat.comm))
    });
    // proc_pid(5): files of a process that is not dumpable belong to root, the directory does not.
    let owner = fs::metadata(format!("/proc/{pid}/status")).ok().map(|file| file.uid());
    Subject {
        comm: Stat::read(pid).ok().map(|stat| stat.comm),
        users,
        permitted: status.hex("CapPrm").unwrap_or_default(),
        dumpable: users.zip(owner).filter(|(users, _)| users[1] != 0).map(|(users, owner)| owner == users[1]),
        tracer,
        is_our_descendant: super::super::find::descendants(Pid::own()).is_ok_and(|below| below.contains(&pid)),
        same_user_namespace: namespace(&who, "user").zip(namespace("self", "user")).map(|(its, ours)| its == ours),
        other_pid_namespace,
        inner_pid: numbers.last().copied().filter(|_| numbers.len() > 1),
    }
}

fn namespace(who: &str, kind: &str) -> Option<u64> {
    fs::metadata(format!("/proc/{who}/ns/{kind}")).ok().map(|namespace| namespace.ino())
}

fn label(who: &str) -> Option<String> {
    let text = procfs::read(format!("/proc/{who}/attr/current")).ok()?;
    let text = String::from_utf8_lossy(&text);
    let label = text.trim_end_matches(['\0', '\n']);
    (!label.is_empty() && !label.starts_with("unconfined") && !label.contains(":unconfined_t:"))
        .then(|| label.to_owned())
}

fn container(cgroup: &str, exists: impl Fn(&str) -> bool, has_variable: impl Fn(&str) -> bool) -> Option<Container> {
    if has_variable("KUBERNETES_SERVICE_HOST")
        || exists("/var/run/secrets/kubernetes.io/serviceaccount")
        || cgroup.contains("kubepods")
    {
        let name =
            procfs::read("/proc/sys/kernel/hostname").map(|text| String::from_utf8_lossy(&text).trim().to_owned());
        // Kubernetes gives the containers of a pod the pod's name as host name.
        return Some(Container::Kubernetes { pod: name.unwrap_or_else(|_| "POD".to_owned()) });
    }
    if exists("/run/.containerenv") || cgroup.contains("libpod") {
        return Some(Container::Podman);
    }
    if exists("/.dockerenv") || cgroup.contains("docker") {
        return Some(Container::Docker);
    }
    (cgroup.contains("containerd") || cgroup.contains("/lxc")).then_some(Container::Other)
}

/// A word as the shell wants it.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:=@%+,".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_the_shell() {
        assert_eq!(quoted("/usr/local/bin/coroscope"), "/usr/local/bin/coroscope");
        assert_eq!(quoted("--output=%p.json"), "--output=%p.json");
        assert_eq!(quoted("my file"), "'my file'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted("$(reboot)"), "'$(reboot)'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn containers_are_known_by_their_signs() {
        let none = |_: &str| false;
        assert_eq!(container("0::/user.slice/session-1.scope\n", none, none), None);
        assert_eq!(container("12:cpu:/docker/3f2a\n", none, none), Some(Container::Docker));
        assert_eq!(container("0::/\n", |path| path == "/.dockerenv", none), Some(Container::Docker));
        assert_eq!(container("0::/\n", |path| path == "/run/.containerenv", none), Some(Container::Podman));
        assert_eq!(container("1:name=systemd:/lxc/web\n", none, none), Some(Container::Other));
        let kubernetes = |found: Option<Container>| matches!(found, Some(Container::Kubernetes { .. }));
        assert!(kubernetes(container("11:cpu:/kubepods/besteffort/pod1/2\n", none, none)));
        assert!(kubernetes(container("0::/\n", none, |name| name == "KUBERNETES_SERVICE_HOST")));
        let mounted = |path: &str| path == "/var/run/secrets/kubernetes.io/serviceaccount" || path == "/.dockerenv";
        assert!(kubernetes(container("", mounted, none)), "the more telling sign wins");
    }

    #[test]
    fn facts_of_a_child_of_ours() {
        let mut child = std::process::Command::new("sleep").arg("600").spawn().expect("sleep is everywhere");
        let facts = Facts::collect(i32::try_from(child.id()).ok().and_then(Pid::new));
        child.kill().and_then(|()| child.wait()).expect("our own child");
        let subject = facts.target.expect("was asked for");
        let own = nix::unistd::geteuid().as_raw();
        assert_eq!((facts.own.user, subject.users), (own, Some([own; 3])));
        assert!(subject.is_our_descendant);
        assert_eq!((subject.tracer, subject.other_pid_namespace), (None, Some(false)));
        assert!(subject.dumpable.is_none_or(|dumpable| dumpable || own == 0));
        assert!(facts.own.program.starts_with('/'));
    }
}
