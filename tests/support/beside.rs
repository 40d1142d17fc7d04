//! Runs tools of a target's own interpreter beside the target: `python -m asyncio ps`, which reads only processes of its own
//! minor version, and needs procfs and the target's files under the paths the target knows.

use std::process::Command;

use super::interpreters::Interpreter;
use super::target::{Target, programs_for};

/// A target beside which tools can run: one in another root gets a mount namespace of its own, with procfs in that root. `None`
/// where that is not allowed.
pub fn start(interpreter: &Interpreter, name: &str, arguments: &[&str]) -> Option<Target> {
    let Some(root) = &interpreter.root else { return Some(Target::start(interpreter, name, arguments)) };
    let mount = format!("--mount-proc={}", root.canonicalize().ok()?.join("proc").display());
    let allowed = Command::new("unshare").args([&mount, "true"]).output().is_ok_and(|output| output.status.success());
    if !allowed {
        return None;
    }
    let (folder, copy) = programs_for(Some(root));
    let mut command = Command::new("unshare");
    command.arg(mount).arg("chroot").arg(root).arg(&interpreter.program).arg(folder.join(name)).args(arguments);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    Some(Target::from_command(&format!("{name} {} on {interpreter}", arguments.join(" ")), command, copy))
}

/// A command that becomes the target's own interpreter, where the target runs.
pub fn command(interpreter: &Interpreter, target: &Target) -> Command {
    let mut command = match &interpreter.root {
        None => interpreter.command(),
        Some(_) => {
            let mut command = Command::new("nsenter");
            command.args(["--target", &target.pid().to_string(), "--mount", "--root"]).arg(&interpreter.program);
            command
        }
    };
    command.env("PYTHONIOENCODING", "utf-8");
    command
}

/// Standard output of the target's own interpreter.
///
/// # Errors
/// What it said when it failed.
pub fn output(interpreter: &Interpreter, target: &Target, words: &[&str]) -> Result<String, String> {
    let output = command(interpreter, target).args(words).output().map_err(|error| error.to_string())?;
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(stdout.into_owned()) } else { Err(format!("{stdout}{stderr}")) }
}
