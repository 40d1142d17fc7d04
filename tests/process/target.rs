//! Whom we can open, and what each of the others is called.

use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use coroscope::error::ErrorKind;
use coroscope::process::{Pid, Target, find};

use crate::support::{Process, copy_program, root_or_skip, skip, state, wait_until, which};

#[test]
fn a_zombie() {
    let child = Process::start(&mut Command::new("true"));
    child.wait_for_state("Z");
    let error = Target::open(child.pid()).expect_err("has ended");
    assert_eq!(error.kind(), ErrorKind::Zombie);
    let text =
        format!("process {} (true) has ended: it is a zombie: its parent, process {}, ", child.pid(), Pid::own());
    assert!(error.to_string().starts_with(&text), "{error}");
}

#[test]
fn a_first_thread_that_has_ended_before_the_others() {
    let Some(python) = Process::python(
        "import ctypes, threading, time
threading.Thread(target=time.sleep, args=(600,)).start()
print('ready', flush=True)
ctypes.CDLL(None).pthread_exit(None)",
    ) else {
        return;
    };
    python.wait_for_state("Z");
    let error = Target::open(python.pid()).expect_err("no memory to be found");
    assert_eq!(error.kind(), ErrorKind::Zombie);
    assert!(error.to_string().contains("its first thread is gone, 1 others still run"), "{error}");
}

#[test]
fn a_thread_of_the_kernel() {
    let pid = Pid::new(2).expect("positive");
    if !fs::read_to_string("/proc/2/comm").is_ok_and(|comm| comm == "kthreadd\n") {
        return skip("process 2 is not of the kernel here");
    }
    let error = Target::open(pid).expect_err("has no memory");
    assert_eq!(error.kind(), ErrorKind::KernelThread);
    assert_eq!(
        error.to_string(),
        "process 2 (kthreadd) is a thread of the kernel: it has no program and no memory of its own"
    );
}

#[test]
fn a_process_that_has_ended() {
    let mut child = Process::sleep();
    let target = Target::open(child.pid()).expect("runs");
    assert!(target.is_same());
    child.child.kill().expect("our own child");
    child.wait_for_state("Z");
    assert!(!target.is_same());
    assert_eq!(target.check_alive().expect_err("a zombie is gone").kind(), ErrorKind::ProcessGone);
    child.child.wait().expect("our own child");
    assert!(!target.is_same());
    let error = target.check_alive().expect_err("is gone");
    assert_eq!(error.kind(), ErrorKind::ProcessGone);
    assert_eq!(error.to_string(), format!("process {} (sleep) ended while we looked at it", child.pid()));
    assert_eq!(target.maps().expect_err("is gone").kind(), ErrorKind::ProcessGone);
}

#[test]
fn the_number_of_a_thread() {
    let (tell, told) = std::sync::mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let (send, receive) = std::sync::mpsc::channel();
        scope.spawn(move || {
            send.send(nix::unistd::gettid().as_raw()).expect("is received");
            let _ = told.recv();
        });
        let tid = Pid::new(receive.recv().expect("is sent")).expect("positive");
        let error = Target::open(tid).expect_err("no process");
        assert_eq!(error.kind(), ErrorKind::NoSuchProcess);
        let text = format!("no process with pid {tid}: {tid} is a thread of process {}", Pid::own());
        assert_eq!((error.to_string(), error.hints()), (text, [format!("use {}", Pid::own())].as_slice()));
        drop(tell);
    });
}

#[test]
fn a_process_that_replaces_its_program() {
    let mut shell = Process::start(Command::new("sh").args(["-c", "echo ready; read line; exec sleep 600"]));
    shell.expect("ready");
    let target = Target::open(shell.pid()).expect("runs");
    assert!(target.check_alive().is_ok());
    shell.tell("go");
    let comm = format!("/proc/{}/comm", shell.pid());
    wait_until("exec", || fs::read_to_string(&comm).is_ok_and(|name| name == "sleep\n"));
    let error = target.check_alive().expect_err("is another program");
    assert_eq!(error.kind(), ErrorKind::ProcessGone);
    assert!(error.to_string().ends_with("it has replaced its program, and is now sleep"), "{error}");
}

#[test]
fn a_program_of_another_word_size() {
    // mov eax, 29 (pause); int 0x80; jmp to the first instruction: an ELF file of 32 bits for x86.
    const CODE: [u8; 9] = [0xb8, 29, 0, 0, 0, 0xcd, 0x80, 0xeb, 0xf7];
    let mut elf = Vec::new();
    elf.extend_from_slice(b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0");
    for half in [2u16, 3] {
        elf.extend_from_slice(&half.to_le_bytes()); // executable, 80386
    }
    for word in [1u32, 0x0804_8054, 52, 0, 0] {
        elf.extend_from_slice(&word.to_le_bytes()); // version, entry, program headers, sections, flags
    }
    for half in [52u16, 32, 1, 0, 0, 0] {
        elf.extend_from_slice(&half.to_le_bytes()); // sizes and counts
    }
    let size = u32::try_from(84 + CODE.len()).expect("is small");
    for word in [1, 0, 0x0804_8000, 0x0804_8000, size, size, 5, 0x1000] {
        elf.extend_from_slice(&word.to_le_bytes()); // one segment, readable and executable
    }
    elf.extend_from_slice(&CODE);

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("thirty-two");
    fs::write(&path, elf).expect("write a program");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("our own file");
    let mut child = match Process::try_start(&mut Command::new(&path)) {
        Ok(child) => child,
        Err(error) => return skip(&format!("this kernel runs no 32-bit programs: {error}")),
    };
    let error = Target::open(child.pid()).expect_err("is foreign");
    if child.child.try_wait().expect("our own child").is_some() {
        return skip("this kernel starts 32-bit programs and ends them");
    }
    assert_eq!(error.kind(), ErrorKind::ForeignArchitecture);
    let text = format!("cannot read process {} (thirty-two): it is a 32-bit program for x86, and ", child.pid());
    assert!(error.to_string().starts_with(&text), "{error}");
}

#[test]
fn a_deleted_and_a_replaced_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sleeper (deleted)");
    let original = fs::read(which("sleep")).expect("readable");
    copy_program(&which("sleep"), &path, 0o755);
    let child = Process::start(Command::new(&path).arg("600"));
    let pid = child.pid();
    let contents = |target: &Target| {
        let maps = target.maps().expect("runs");
        let inode = fs::metadata(format!("/proc/{pid}/exe")).expect("runs").ino();
        let image = maps.images().into_iter().find(|image| image.inode == inode).expect("its program is mapped");
        let mut bytes = Vec::new();
        target.open_image(&image).and_then(|mut file| file.read_to_end(&mut bytes)).expect("can be opened");
        bytes
    };

    let target = Target::open(pid).expect("runs");
    assert!(!target.exe_deleted(), "its name only looks like that");
    assert_eq!(target.exe(), path);
    assert_eq!(contents(&target), original);

    fs::remove_file(&path).expect("our own file");
    let target = Target::open(pid).expect("runs on");
    assert!(target.exe_deleted());
    assert_eq!(target.exe(), path);
    assert_eq!(contents(&target), original);

    fs::write(&path, "another program").expect("our own folder");
    let target = Target::open(pid).expect("runs on");
    assert!(target.exe_deleted());
    assert_eq!(contents(&target), original);
    let taken = target.open_file(&path).map_err(|error| error.kind());
    assert!(matches!(taken, Err(io::ErrorKind::NotFound)), "{taken:?}");
}

#[test]
fn another_root() {
    if !root_or_skip() {
        return;
    }
    // A root with nothing but what `sleep` has mapped.
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let model = Process::sleep();
    wait_until("all it needs is mapped", || state(model.pid()) == Some('S'));
    let images = Target::open(model.pid()).expect("runs").maps().expect("runs").images();
    let loaders = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"].map(Path::new);
    for path in images.iter().map(|image| image.path.as_path()).chain(loaders).filter(|path| path.is_file()) {
        let inside = root.join(path.strip_prefix("/").expect("is absolute"));
        fs::create_dir_all(inside.parent().expect("has one")).expect("our own folder");
        copy_program(path, &inside, 0o755);
    }
    // Mapped under its real name, looked up by the loader under another: give it both.
    let sleep = fs::canonicalize(which("sleep")).expect("exists");
    for image in &images {
        let name = image.path.file_name().expect("a file has a name");
        for folder in ["lib", "lib64", "usr/lib"] {
            fs::create_dir_all(root.join(folder)).expect("our own folder");
            copy_program(&image.path, &root.join(folder).join(name), 0o755);
        }
    }
    fs::write(root.join("inside"), "from inside").expect("our own folder");
    symlink("/inside", root.join("link")).expect("our own folder");
    symlink("/etc/passwd", root.join("outside")).expect("our own folder");

    let child = Process::start(Command::new("chroot").arg(root).arg(&sleep).arg("600"));
    let comm = format!("/proc/{}/comm", child.pid());
    wait_until("chroot has started sleep", || {
        assert!(state(child.pid()) != Some('Z'), "sleep does not run in its new root");
        fs::read_to_string(&comm).is_ok_and(|name| name == "sleep\n")
    });
    wait_until("sleep is loaded", || state(child.pid()) == Some('S'));
    let target = Target::open(child.pid()).expect("runs");
    assert!(target.has_other_root());
    for image in target.maps().expect("runs").images() {
        target.open_image(&image).unwrap_or_else(|error| panic!("{}: {error}", image.path.display()));
    }
    let mut text = String::new();
    let read = target.open_file(Path::new("/link")).and_then(|mut file| file.read_to_string(&mut text));
    assert!(read.is_ok() && text == "from inside", "{read:?} {text}");
    let outside = target.open_file(Path::new("/outside")).map_err(|error| error.kind());
    assert!(matches!(outside, Err(io::ErrorKind::NotFound)), "a link must not lead out of the target's root");
    let above = target.open_file(Path::new("/../../../../etc/passwd")).map_err(|error| error.kind());
    assert!(matches!(above, Err(io::ErrorKind::NotFound)), "nor must `..`");
}

#[test]
fn another_pid_namespace() {
    if !root_or_skip() {
        return;
    }
    let unshare = Process::start(Command::new("unshare").args(["--pid", "--fork", "sleep", "600"]));
    let mut inner = None;
    wait_until("the process inside", || {
        inner = find::descendants(unshare.pid()).expect("/proc").into_iter().next();
        inner.is_some_and(|pid| fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name == "sleep\n"))
    });
    let target = Target::open(inner.expect("was found")).expect("runs");
    assert!(target.pid_namespace_differs());
    assert_eq!(target.inner_pid(), Pid::new(1));
    drop(target);
    // It ends with its parent's death only by us.
    crate::support::signal(inner.expect("was found"), "KILL");
}

#[test]
fn all_generations() {
    let mut shell =
        Process::start(Command::new("sh").args(["-c", "sh -c 'sleep 600 & echo $!; wait' & echo $!; wait"]));
    let mut pids: Vec<Pid> = (0..2).map(|_| shell.line().parse().expect("a pid")).collect();
    pids.sort_unstable();
    let mut found = find::descendants(shell.pid()).expect("/proc");
    found.sort_unstable();
    assert_eq!(found, pids);
    for pid in pids {
        crate::support::signal(pid, "KILL");
    }
}
