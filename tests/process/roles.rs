//! What this program does when a test starts it once more, as another process or another user.

use std::io::{BufRead as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::Duration;

use coroscope::process::pause::Pause;
use coroscope::process::{Pid, Target, signals};

use crate::support::copy_program;

const ROLE: &str = "COROSCOPE_TEST_ROLE";
const SUBJECT: &str = "COROSCOPE_TEST_PID";
/// More than any role needs.
const LONG: Duration = Duration::from_secs(600);

/// This test program again, in a role.
pub(crate) fn command(role: &str, pid: Pid) -> Command {
    start(&std::env::current_exe().expect("our own path"), role, pid)
}

fn start(program: &std::path::Path, role: &str, pid: Pid) -> Command {
    let mut command = Command::new(program);
    command.args(["--exact", "roles::play", "--ignored", "--nocapture", "--quiet"]);
    command.env(ROLE, role).env(SUBJECT, pid.to_string());
    command
}

/// This test program again, in a role, as a user without any rights. For root only.
pub(crate) fn command_as_nobody(role: &str, pid: Pid, folder: &tempfile::TempDir) -> Command {
    use std::os::unix::fs::PermissionsExt as _;
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder.path(), open).expect("our own folder");
    let copy = folder.path().join("roles");
    copy_program(&std::env::current_exe().expect("our own path"), &copy, 0o755);
    let mut command = start(&copy, role, pid);
    command.uid(NOBODY).gid(NOBODY).current_dir("/");
    command
}

/// The user without rights.
pub(crate) const NOBODY: u32 = 65534;

/// One line for the test that started us; the harness may have left its own words on the line before.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n@{line}").and_then(|()| out.flush()).expect("the test listens");
}

/// What a role has said.
pub(crate) fn said(process: &mut crate::support::Process) -> String {
    // The harness's own lines are few.
    for _ in 0..20 {
        if let Some(line) = process.line().strip_prefix('@') {
            return line.to_owned();
        }
    }
    panic!("the role has nothing to say");
}

#[test]
#[ignore = "played by other tests, which start this program again"]
fn play() {
    let role = std::env::var(ROLE).expect("a role is given");
    let pid: Pid = std::env::var(SUBJECT).expect("a pid is given").parse().expect("is a pid");
    match role.as_str() {
        "hold" => hold(pid),
        "hold_until_interrupted" => hold_until_interrupted(pid),
        "open" => match Target::open(pid) {
            Ok(_) => say("readable"),
            Err(error) => say(&format!("{}|{error}|{}", error.kind().word(), error.hints().join("|"))),
        },
        "images" => open_all_images(),
        "look_often" => look_often(pid),
        other => panic!("no role {other}"),
    }
}

fn hold(pid: Pid) {
    let target = Target::open(pid).expect("can be read");
    let pause = Pause::begin(&target, LONG).expect("can be paused");
    say("held");
    let _ = std::io::stdin().lock().read_line(&mut String::new());
    pause.end();
    say("let go");
}

fn hold_until_interrupted(pid: Pid) {
    signals::install(signals::Second::Ends).expect("handlers");
    let target = Target::open(pid).expect("can be read");
    let ((), _) = Pause::during(&target, LONG, |pause| {
        say("held");
        while pause.check().is_ok() {
            std::thread::sleep(Duration::from_millis(1));
        }
    })
    .expect("can be paused");
    let error = signals::check().expect_err("a signal ended the pause");
    say(&format!("{} {} {error}", error.kind().word(), error.kind().exit_code()));
    // From here on nobody polls any more: the second signal must end us all the same.
    loop {
        std::thread::park();
    }
}

fn open_all_images() {
    let target = Target::open(Pid::own()).expect("ourselves");
    for image in target.maps().expect("our own maps").images() {
        target.open_image(&image).unwrap_or_else(|error| panic!("{}: {error}", image.path.display()));
    }
    say("all open");
}

fn look_often(pid: Pid) {
    let descriptors = || std::fs::read_dir("/proc/self/fd").expect("our own descriptors").count();
    let before = descriptors();
    for _ in 0..200 {
        let target = Target::open(pid).expect("can be read");
        Pause::during(&target, LONG, |_| ()).expect("can be paused");
    }
    assert_eq!(descriptors(), before, "descriptors leak");
    say("200 looks");
}
