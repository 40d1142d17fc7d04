//! The facts as a table: what is so, and whether it stands in the way.

use super::facts::{Container, Facts, Subject};

/// Whether something stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It does not.
    Ok,
    /// It may, or it changes how things are done.
    Note,
    /// It does.
    Problem,
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was looked at.
    pub what: &'static str,
    /// Whether it stands in the way.
    pub standing: Standing,
    /// Its present value.
    pub value: String,
    /// What it means, or what to do, if there is more to say.
    pub meaning: Option<String>,
}

impl Check {
    fn new(what: &'static str, standing: Standing, value: impl Into<String>, meaning: &str) -> Self {
        let meaning = (!meaning.is_empty()).then(|| meaning.to_owned());
        Self { what, standing, value: value.into(), meaning }
    }
}

/// The table for these facts. A line that cannot matter here is left out.
pub(super) fn examine(facts: &Facts) -> Vec<Check> {
    let mut checks = vec![capability(facts), yama(facts)];
    checks.extend(seccomp(facts));
    checks.extend(confinement(facts));
    checks.extend(container(facts));
    if let Some(target) = &facts.target {
        checks.extend(owner(facts, target));
        checks.extend(dumpable(facts, target));
        checks.push(tracer(target));
        checks.extend(namespaces(facts, target));
    }
    checks
}

fn capability(facts: &Facts) -> Check {
    let own = &facts.own;
    let user = if own.user == 0 { "root".to_owned() } else { format!("user {}", own.user) };
    let value = format!("{} CAP_SYS_PTRACE ({user})", if own.may_trace() { "with" } else { "without" });
    match (own.may_trace(), own.in_first_user_namespace) {
        (true, true) => Check::new("our rights", Standing::Ok, value, ""),
        (true, false) => Check::new(
            "our rights",
            Standing::Note,
            value,
            "in a user namespace of our own: only processes inside count",
        ),
        (false, false) => Check::new(
            "our rights",
            Standing::Note,
            value,
            "in a user namespace of our own: only this user's processes inside",
        ),
        (false, true) if own.sudo_helps() => {
            Check::new("our rights", Standing::Note, value, "only processes of this user; `sudo` may give it")
        }
        (false, true) => {
            Check::new("our rights", Standing::Note, value, "only processes of this user; `sudo` cannot give it here")
        }
    }
}

fn yama(facts: &Facts) -> Check {
    const WHAT: &str = "kernel.yama.ptrace_scope";
    let child = facts.target.as_ref().is_some_and(|target| target.is_our_descendant);
    let value = facts.ptrace_scope.map_or_else(|| "not there".to_owned(), |scope| scope.to_string());
    match facts.ptrace_scope {
        None | Some(0) => Check::new(WHAT, Standing::Ok, value, ""),
        Some(3) => Check::new(WHAT, Standing::Problem, value, "nobody may trace anything until the next boot"),
        Some(_) if facts.own.may_trace() => {
            Check::new(WHAT, Standing::Ok, value, "does not concern those with CAP_SYS_PTRACE")
        }
        Some(1) if child => Check::new(WHAT, Standing::Ok, value, "it descends from us"),
        Some(1) => Check::new(WHAT, Standing::Problem, value, "child processes only"),
        Some(_) => Check::new(WHAT, Standing::Problem, value, "only with CAP_SYS_PTRACE"),
    }
}

fn seccomp(facts: &Facts) -> Option<Check> {
    let mode = facts.own.seccomp;
    (mode != 0).then(|| Check::new("seccomp", Standing::Note, format!("mode {mode}"), "may block the calls we need"))
}

fn confinement(facts: &Facts) -> Option<Check> {
    let label = facts.own.confined_by.as_ref()?;
    Some(Check::new("security module", Standing::Note, label.clone(), "may block the calls we need"))
}

fn container(facts: &Facts) -> Option<Check> {
    let value = match &facts.container {
        Some(Container::Kubernetes { pod }) => format!("Kubernetes, pod {pod}"),
        Some(Container::Docker) => "Docker".to_owned(),
        Some(Container::Podman) => "Podman".to_owned(),
        Some(Container::Other) => "yes".to_owned(),
        None if !facts.own.in_first_pid_namespace => "a pid namespace of our own".to_owned(),
        None => return None,
    };
    Some(Check::new("container", Standing::Note, value, "pids are those counted in here"))
}

fn owner(facts: &Facts, target: &Subject) -> Option<Check> {
    const WHAT: &str = "its user";
    let users = target.users?;
    let mut different = users.to_vec();
    different.dedup();
    let value = different.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if facts.own.is_outside(users) {
        return Some(Check::new(WHAT, Standing::Problem, value, "outside of our user namespace"));
    }
    if users.iter().all(|&user| user == facts.own.user) {
        return Some(Check::new(WHAT, Standing::Ok, value, ""));
    }
    Some(match facts.own.may_trace() {
        true => Check::new(WHAT, Standing::Ok, value, "not ours; CAP_SYS_PTRACE covers that"),
        false => Check::new(WHAT, Standing::Problem, value, "not ours"),
    })
}

fn dumpable(facts: &Facts, target: &Subject) -> Option<Check> {
    const WHAT: &str = "dumpable";
    Some(match (target.dumpable?, facts.own.may_trace()) {
        (true, _) => Check::new(WHAT, Standing::Ok, "yes", ""),
        (false, true) => Check::new(WHAT, Standing::Ok, "no", "CAP_SYS_PTRACE covers that"),
        (false, false) => Check::new(WHAT, Standing::Problem, "no", "it changed its user, or asked for that"),
    })
}

fn tracer(target: &Subject) -> Check {
    match &target.tracer {
        None => Check::new("traced by", Standing::Ok, "nobody", ""),
        Some((tracer, name)) => Check::new(
            "traced by",
            Standing::Problem,
            format!("process {tracer} ({name})"),
            "it cannot be paused; `--mode nonblocking` does without",
        ),
    }
}

fn namespaces(facts: &Facts, target: &Subject) -> Vec<Check> {
    let mut checks = Vec::new();
    if target.other_pid_namespace == Some(true) {
        let value = target.inner_pid.map_or_else(|| "another".to_owned(), |pid| format!("another, where it is {pid}"));
        checks.push(Check::new("pid namespace", Standing::Note, value, "it runs in a container"));
    }
    if target.same_user_namespace == Some(false) {
        let covered = facts.own.may_trace() && facts.own.in_first_user_namespace;
        let standing = if covered { Standing::Ok } else { Standing::Problem };
        let meaning = if covered { "CAP_SYS_PTRACE covers that" } else { "our rights do not count there" };
        checks.push(Check::new("user namespace", standing, "another", meaning));
    }
    checks
}

#[cfg(test)]
mod tests {
    use super::super::facts::Own;
    use super::*;

    fn facts() -> Facts {
        Facts {
            ptrace_scope: Some(1),
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
                arguments: Vec::new(),
            },
            container: None,
            target: None,
        }
    }

    fn table(facts: &Facts) -> Vec<(&'static str, Standing, String)> {
        examine(facts).into_iter().map(|check| (check.what, check.standing, check.value)).collect()
    }

    #[test]
    fn without_a_process_only_we_are_examined() {
        let expected = [
            ("our rights", Standing::Note, "without CAP_SYS_PTRACE (user 1000)".to_owned()),
            ("kernel.yama.ptrace_scope", Standing::Problem, "1".to_owned()),
        ];
        assert_eq!(table(&facts()), expected);
    }

    #[test]
    fn every_obstacle_has_a_line() {
        let mut facts = facts();
        facts.own.seccomp = 2;
        facts.own.confined_by = Some("docker-default (enforce)".into());
        facts.container = Some(Container::Docker);
        facts.target = Some(Subject {
            users: Some([0, 33, 33]),
            dumpable: Some(false),
            tracer: Some((7, "strace".into())),
            same_user_namespace: Some(false),
            other_pid_namespace: Some(true),
            inner_pid: Some(1),
            ..Subject::default()
        });
        let expected = [
            ("our rights", Standing::Note, "without CAP_SYS_PTRACE (user 1000)".to_owned()),
            ("kernel.yama.ptrace_scope", Standing::Problem, "1".to_owned()),
            ("seccomp", Standing::Note, "mode 2".to_owned()),
            ("security module", Standing::Note, "docker-default (enforce)".to_owned()),
            ("container", Standing::Note, "Docker".to_owned()),
            ("its user", Standing::Problem, "0, 33".to_owned()),
            ("dumpable", Standing::Problem, "no".to_owned()),
            ("traced by", Standing::Problem, "process 7 (strace)".to_owned()),
            ("pid namespace", Standing::Note, "another, where it is 1".to_owned()),
            ("user namespace", Standing::Problem, "another".to_owned()),
        ];
        assert_eq!(table(&facts), expected);
    }

    #[test]
    fn a_user_namespace_is_not_mistaken_for_our_user() {
        let mut facts = facts();
        facts.own.user = 65534;
        facts.own.in_first_user_namespace = false;
        facts.target = Some(Subject { users: Some([65534; 3]), ..Subject::default() });
        let owner = examine(&facts).into_iter().find(|check| check.what == "its user").expect("is in the table");
        assert_eq!(
            (owner.standing, owner.meaning.as_deref()),
            (Standing::Problem, Some("outside of our user namespace"))
        );
    }

    #[test]
    fn the_capability_removes_obstacles() {
        let mut facts = facts();
        facts.own.effective = 0x8_0000;
        facts.own.user = 0;
        facts.target = Some(Subject {
            users: Some([33; 3]),
            dumpable: Some(false),
            same_user_namespace: Some(false),
            ..Subject::default()
        });
        assert!(examine(&facts).iter().all(|check| check.standing == Standing::Ok), "{:#?}", examine(&facts));
        facts.ptrace_scope = Some(3);
        assert_eq!(examine(&facts)[1].standing, Standing::Problem, "nothing removes this one");
    }
}
