//! From facts to a cause and its cure. Pure.

use super::Operation;
use super::facts::{Container, Facts, Own, Subject};

/// Why, and what to do about it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) cause: Option<String>,
    /// Sentences with a line to paste; the best one first.
    pub(super) hints: Vec<String>,
}

impl Verdict {
    fn new(cause: impl Into<String>, hints: impl IntoIterator<Item = String>) -> Self {
        Self { cause: Some(cause.into()), hints: hints.into_iter().collect() }
    }
}

/// The one cause that explains a refusal best.
pub(super) fn judge(facts: &Facts, operation: Operation) -> Verdict {
    let unknown = Subject::default();
    let target = facts.target.as_ref().unwrap_or(&unknown);
    if operation == Operation::Find {
        return Verdict::new("it exists, and `/proc` hides it from us (mount option `hidepid`)", rights(facts));
    }
    if operation == Operation::Pause
        && let Some((tracer, name)) = &target.tracer
    {
        return Verdict::new(
            format!("it is already traced by process {tracer} ({name})"),
            [format!("end process {tracer} first, or read without a pause: `--mode nonblocking`")],
        );
    }
    if facts.ptrace_scope == Some(3) {
        return Verdict::new(
            "nobody may trace anything (/proc/sys/kernel/yama/ptrace_scope is 3)",
            ["this can be changed by a reboot only: `echo kernel.yama.ptrace_scope=1 | sudo tee \
              /etc/sysctl.d/60-ptrace.conf`, then reboot"
                .to_owned()],
        );
    }
    if facts.own.may_trace() { refused_in_spite(facts, target) } else { refused_for_lack(facts, target) }
}

/// We hold the capability, and it did not help.
fn refused_in_spite(facts: &Facts, target: &Subject) -> Verdict {
    let own = &facts.own;
    if !own.in_first_user_namespace && target.same_user_namespace != Some(true) {
        return Verdict::new(
            "our CAP_SYS_PTRACE counts in our own user namespace only, and the process is outside of it",
            [outside(facts)],
        );
    }
    filtered(facts).unwrap_or_default()
}

fn refused_for_lack(facts: &Facts, target: &Subject) -> Verdict {
    let own = &facts.own;
    let hints = rights(facts);
    if target.users.is_some_and(|users| own.is_outside(users)) {
        return Verdict::new("it belongs to a user outside of our user namespace", [outside(facts)]);
    }
    if let Some(users) = target.users
        && users.iter().any(|&user| user != own.user)
    {
        let whose = match users {
            [real, effective, saved] if real == effective && effective == saved => match real {
                0 => "root".to_owned(),
                _ => format!("user {real}"),
            },
            [real, effective, saved] => format!("users {real}, {effective} and {saved} (real, effective, saved)"),
        };
        return Verdict::new(format!("it belongs to {whose}, and we are user {}", own.user), hints);
    }
    if target.dumpable == Some(false) {
        return Verdict::new(
            "it is not dumpable: it changed its user, was started from a file nobody may read, or asked for that \
             (PR_SET_DUMPABLE)",
            hints,
        );
    }
    if target.permitted & !own.effective != 0 {
        return Verdict::new("it has capabilities that we have not", hints);
    }
    match facts.ptrace_scope {
        Some(2) => {
            return Verdict::new(
                "ptrace is limited to those with CAP_SYS_PTRACE (/proc/sys/kernel/yama/ptrace_scope is 2)",
                hints,
            );
        }
        Some(1) if !target.is_our_descendant => {
            let lower = own
                .sudo_helps()
                .then(|| "or allow it to all processes of a user: `sudo sysctl kernel.yama.ptrace_scope=0`".to_owned());
            return Verdict::new(
                "ptrace is limited to child processes (/proc/sys/kernel/yama/ptrace_scope is 1)",
                hints.into_iter().chain(lower),
            );
        }
        _ => {}
    }
    if target.same_user_namespace == Some(false) {
        return Verdict::new("it is in another user namespace, where our rights do not count", [outside(facts)]);
    }
    filtered(facts).unwrap_or(Verdict { cause: None, hints })
}

/// What refuses without regard to who we are.
fn filtered(facts: &Facts) -> Option<Verdict> {
    let own = &facts.own;
    if own.seccomp != 0 {
        let cure = match facts.container {
            Some(Container::Kubernetes { .. }) => kubernetes(facts),
            _ => "container engines older than Docker 19.03 block these calls: start the container with `docker run \
                  --cap-add SYS_PTRACE --security-opt seccomp=unconfined …`, or run on the host"
                .to_owned(),
        };
        return Some(Verdict::new(format!("a seccomp filter is on (mode {})", own.seccomp), [cure]));
    }
    let label = own.confined_by.as_ref()?;
    Some(Verdict::new(
        format!("a security module confines us (label {label})"),
        ["see `journalctl -k | grep -iE 'apparmor|avc'` for the rule, or run outside of the confinement".to_owned()],
    ))
}

/// How to get the right to trace, here.
fn rights(facts: &Facts) -> Vec<String> {
    vec![match &facts.container {
        _ if facts.own.sudo_helps() => format!("run `{}`", facts.own.privileged_line()),
        _ if facts.own.sudo_is_kept_from_it() => {
            format!(
                "no_new_privs is set, so sudo cannot help here; in another shell, run `{}`",
                facts.own.privileged_line()
            )
        }
        Some(Container::Kubernetes { .. }) => kubernetes(facts),
        Some(Container::Docker) => docker("docker", &facts.own),
        Some(Container::Podman) => docker("podman", &facts.own),
        Some(Container::Other) | None => outside(facts),
    }]
}

fn kubernetes(facts: &Facts) -> String {
    let pod = match &facts.container {
        Some(Container::Kubernetes { pod }) => pod.as_str(),
        _ => "POD",
    };
    format!(
        "run `kubectl debug -it {pod} --image=IMAGE --target=CONTAINER --profile=general` and start {} there (the \
         profiles `baseline` and `restricted` will not do)",
        facts.own.program
    )
}

fn docker(engine: &str, own: &Own) -> String {
    format!(
        "start the container with `{engine} run --cap-add SYS_PTRACE …` (compose: `cap_add: [SYS_PTRACE]`), or run {} \
         on the host, with the pid that the host counts",
        own.program
    )
}

fn outside(facts: &Facts) -> String {
    format!(
        "on the host, outside of this container or sandbox, run `{}` (with the pid the host counts)",
        facts.own.privileged_line()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const PTRACE: u64 = 0x8_0000;

    /// An ordinary user on an ordinary machine without Yama; the target is a process of the same user.
    fn plain() -> Facts {
        Facts {
            ptrace_scope: None,
            own: Own {
                user: 1000,
                effective: 0,
                bounding: u64::MAX,
                no_new_privileges: false,
                seccomp: 0,
                in_first_user_namespace: true,
                in_first_pid_namespace: true,
                confined_by: None,
                program: "/opt/coroscope".into(),
                arguments: vec!["dump".into(), "4242".into()],
            },
            container: None,
            target: Some(Subject {
                comm: Some("gunicorn".into()),
                users: Some([1000; 3]),
                dumpable: Some(true),
                ..Subject::default()
            }),
        }
    }

    fn with(change: impl FnOnce(&mut Facts, &mut Subject)) -> Facts {
        let mut facts = plain();
        let mut target = facts.target.take().expect("has one");
        change(&mut facts, &mut target);
        facts.target = Some(target);
        facts
    }

    #[track_caller]
    fn expect(facts: &Facts, operation: Operation, cause: &str, hints: &[&str]) {
        let verdict = judge(facts, operation);
        assert_eq!(verdict.cause.as_deref(), Some(cause));
        assert_eq!(verdict.hints, hints);
    }

    const SUDO: &str = "run `sudo /opt/coroscope dump 4242`";

    #[test]
    fn yama_1() {
        let facts = with(|facts, _| facts.ptrace_scope = Some(1));
        expect(
            &facts,
            Operation::Memory,
            "ptrace is limited to child processes (/proc/sys/kernel/yama/ptrace_scope is 1)",
            &[SUDO, "or allow it to all processes of a user: `sudo sysctl kernel.yama.ptrace_scope=0`"],
        );
    }

    #[test]
    fn yama_1_does_not_concern_children() {
        let facts = with(|facts, target| {
            facts.ptrace_scope = Some(1);
            target.is_our_descendant = true;
        });
        assert_eq!(judge(&facts, Operation::Memory), Verdict { cause: None, hints: vec![SUDO.into()] });
    }

    #[test]
    fn yama_2_and_3() {
        let facts = with(|facts, target| {
            facts.ptrace_scope = Some(2);
            target.is_our_descendant = true;
        });
        let cause = "ptrace is limited to those with CAP_SYS_PTRACE (/proc/sys/kernel/yama/ptrace_scope is 2)";
        expect(&facts, Operation::Memory, cause, &[SUDO]);
        let facts = with(|facts, _| {
            facts.ptrace_scope = Some(3);
            facts.own.effective = u64::MAX;
        });
        let hint = "this can be changed by a reboot only: `echo kernel.yama.ptrace_scope=1 | sudo tee \
                    /etc/sysctl.d/60-ptrace.conf`, then reboot";
        expect(
            &facts,
            Operation::Memory,
            "nobody may trace anything (/proc/sys/kernel/yama/ptrace_scope is 3)",
            &[hint],
        );
    }

    #[test]
    fn another_user() {
        let facts = with(|_, target| target.users = Some([0; 3]));
        expect(&facts, Operation::Files, "it belongs to root, and we are user 1000", &[SUDO]);
        let facts = with(|_, target| target.users = Some([33; 3]));
        expect(&facts, Operation::Memory, "it belongs to user 33, and we are user 1000", &[SUDO]);
        let facts = with(|_, target| target.users = Some([1000, 0, 0]));
        let cause = "it belongs to users 1000, 0 and 0 (real, effective, saved), and we are user 1000";
        expect(&facts, Operation::Memory, cause, &[SUDO]);
    }

    #[test]
    fn another_user_comes_before_yama() {
        // Lowering ptrace_scope would not help, so it is not proposed.
        let facts = with(|facts, target| {
            facts.ptrace_scope = Some(1);
            target.users = Some([33; 3]);
        });
        expect(&facts, Operation::Memory, "it belongs to user 33, and we are user 1000", &[SUDO]);
    }

    #[test]
    fn not_dumpable() {
        let facts = with(|_, target| target.dumpable = Some(false));
        let cause = "it is not dumpable: it changed its user, was started from a file nobody may read, or asked for \
                     that (PR_SET_DUMPABLE)";
        expect(&facts, Operation::Memory, cause, &[SUDO]);
    }

    #[test]
    fn more_capabilities_than_we_have() {
        let facts = with(|_, target| target.permitted = 1 << 10);
        expect(&facts, Operation::Memory, "it has capabilities that we have not", &[SUDO]);
    }

    #[test]
    fn root_of_a_container_without_the_capability() {
        let root = |container| {
            with(|facts, target| {
                facts.own.user = 0;
                facts.own.effective = 0xa804_25fb; // Docker's default set
                facts.own.bounding = 0xa804_25fb;
                facts.container = Some(container);
                target.users = Some([33; 3]);
            })
        };
        let cause = "it belongs to user 33, and we are user 0";
        let docker = "start the container with `docker run --cap-add SYS_PTRACE …` (compose: `cap_add: [SYS_PTRACE]`), \
                      or run /opt/coroscope on the host, with the pid that the host counts";
        expect(&root(Container::Docker), Operation::Memory, cause, &[docker]);
        expect(
            &root(Container::Podman),
            Operation::Memory,
            cause,
            &[docker.replace("docker run", "podman run").as_str()],
        );
        let kubernetes = "run `kubectl debug -it web-7d4 --image=IMAGE --target=CONTAINER --profile=general` and start \
                          /opt/coroscope there (the profiles `baseline` and `restricted` will not do)";
        expect(&root(Container::Kubernetes { pod: "web-7d4".into() }), Operation::Memory, cause, &[kubernetes]);
        let host = "on the host, outside of this container or sandbox, run `sudo /opt/coroscope dump 4242` (with the \
                    pid the host counts)";
        expect(&root(Container::Other), Operation::Memory, cause, &[host]);
    }

    #[test]
    fn sudo_is_not_proposed_where_it_cannot_help() {
        let facts = with(|facts, target| {
            facts.own.no_new_privileges = true;
            target.users = Some([0; 3]);
        });
        let hint =
            "no_new_privs is set, so sudo cannot help here; in another shell, run `sudo /opt/coroscope dump 4242`";
        expect(&facts, Operation::Memory, "it belongs to root, and we are user 1000", &[hint]);
    }

    #[test]
    fn a_capability_of_another_user_namespace() {
        let facts = with(|facts, target| {
            facts.own.effective = u64::MAX;
            facts.own.in_first_user_namespace = false;
            target.users = Some([65534; 3]);
        });
        let cause = "our CAP_SYS_PTRACE counts in our own user namespace only, and the process is outside of it";
        let hint = "on the host, outside of this container or sandbox, run `sudo /opt/coroscope dump 4242` (with the \
                    pid the host counts)";
        expect(&facts, Operation::Memory, cause, &[hint]);
        let facts = with(|_, target| target.same_user_namespace = Some(false));
        expect(&facts, Operation::Memory, "it is in another user namespace, where our rights do not count", &[hint]);
        let facts = with(|facts, target| {
            facts.own.in_first_user_namespace = false;
            target.users = Some([65534; 3]);
        });
        expect(&facts, Operation::Memory, "it belongs to a user outside of our user namespace", &[hint]);
    }

    #[test]
    fn a_seccomp_filter() {
        let facts = with(|facts, _| {
            facts.own.effective = PTRACE;
            facts.own.seccomp = 2;
            facts.container = Some(Container::Docker);
        });
        let hint = "container engines older than Docker 19.03 block these calls: start the container with `docker run \
                    --cap-add SYS_PTRACE --security-opt seccomp=unconfined …`, or run on the host";
        expect(&facts, Operation::Pause, "a seccomp filter is on (mode 2)", &[hint]);
    }

    #[test]
    fn a_security_module() {
        let facts = with(|facts, _| {
            facts.own.effective = PTRACE;
            facts.own.confined_by = Some("docker-default (enforce)".into());
        });
        let hint = "see `journalctl -k | grep -iE 'apparmor|avc'` for the rule, or run outside of the confinement";
        expect(&facts, Operation::Memory, "a security module confines us (label docker-default (enforce))", &[hint]);
    }

    #[test]
    fn traced_already() {
        let facts = with(|facts, target| {
            facts.own.effective = PTRACE;
            target.tracer = Some((77, "gdb".into()));
        });
        let hint = "end process 77 first, or read without a pause: `--mode nonblocking`";
        expect(&facts, Operation::Pause, "it is already traced by process 77 (gdb)", &[hint]);
        assert_eq!(judge(&facts, Operation::Memory), Verdict::default(), "reading goes beside a debugger");
    }

    #[test]
    fn hidden() {
        let facts = Facts { target: None, ..plain() };
        let cause = "it exists, and `/proc` hides it from us (mount option `hidepid`)";
        expect(&facts, Operation::Find, cause, &[SUDO]);
    }

    #[test]
    fn no_usual_cause() {
        let all_powerful = with(|facts, _| facts.own.effective = u64::MAX);
        assert_eq!(judge(&all_powerful, Operation::Memory), Verdict::default());
        assert_eq!(judge(&plain(), Operation::Memory), Verdict { cause: None, hints: vec![SUDO.into()] });
    }
}
