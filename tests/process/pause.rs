//! Holding still, and letting go on every way out.

use std::fs;
use std::process::Command;
use std::time::Duration;

use coroscope::error::ErrorKind;
use coroscope::process::pause::Pause;
use coroscope::process::{Pid, Target};

use crate::roles::{command, said};
use crate::support::{Process, assert_free, signal, state, threads, wait_until};

const LIMIT: Duration = Duration::from_secs(30);

fn open(process: &Process) -> Target {
    Target::open(process.pid()).expect("can be read")
}

/// All threads that are not dead stand still, held by us.
#[track_caller]
fn assert_held(pid: Pid) {
    let threads: Vec<_> = threads(pid).into_iter().filter(|(state, _)| !matches!(state, 'Z' | 'X')).collect();
    assert!(!threads.is_empty(), "process {pid} is there");
    assert!(threads.iter().all(|(state, tracer)| *state == 't' && *tracer != "0"), "{threads:?}");
}

#[test]
fn a_sleeping_process() {
    let child = Process::sleep();
    let target = open(&child);
    let (count, held) = Pause::during(&target, LIMIT, |pause| {
        assert_held(child.pid());
        assert!(pause.check().is_ok() && pause.deadline() > std::time::Instant::now());
        pause.thread_count()
    })
    .expect("can be paused");
    assert_eq!(count, 1);
    assert!(held > Duration::ZERO);
    assert_free(child.pid());
}

#[test]
fn threads_that_come_and_go() {
    let Some(python) = Process::python(
        "import threading
def churn():
    while True:
        threads = [threading.Thread(target=lambda: None) for _ in range(8)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
for _ in range(4): threading.Thread(target=churn).start()
print('ready', flush=True)
churn()",
    ) else {
        return;
    };
    let target = open(&python);
    for _ in 0..50 {
        Pause::during(&target, LIMIT, |_| {
            assert_held(python.pid());
            let before = target.threads().expect("runs");
            assert_held(python.pid());
            assert_eq!(target.threads().expect("runs"), before, "nobody comes or goes while we hold it");
        })
        .expect("can be paused");
        assert_free(python.pid());
    }
}

#[test]
fn many_threads() {
    let Some(python) = Process::python(
        "import threading, time
for _ in range(200): threading.Thread(target=time.sleep, args=(600,)).start()
print('ready', flush=True)
time.sleep(600)",
    ) else {
        return;
    };
    let target = open(&python);
    let (count, _) = Pause::during(&target, LIMIT, |pause| {
        assert_held(python.pid());
        pause.thread_count()
    })
    .expect("can be paused");
    assert_eq!(count, 201);
    assert_free(python.pid());
}

#[test]
fn a_stopped_process_stays_stopped() {
    let child = Process::sleep();
    let target = open(&child);
    child.signal("STOP");
    child.wait_for_state("T");
    for _ in 0..5 {
        Pause::during(&target, LIMIT, |_| assert_held(child.pid())).expect("can be paused");
        child.wait_for_state("T");
    }
    assert!(threads(child.pid()).iter().all(|(_, tracer)| tracer == "0"));
    child.signal("CONT");
    child.wait_for_state("S");
}

#[test]
fn stop_and_continue_while_we_hold_it() {
    let child = Process::sleep();
    let target = open(&child);
    Pause::during(&target, LIMIT, |_| child.signal("STOP")).expect("can be paused");
    child.wait_for_state("T");
    Pause::during(&target, LIMIT, |_| child.signal("CONT")).expect("can be paused");
    child.wait_for_state("S");
    assert_free(child.pid());
}

/// Counts every single delivery of a real-time signal (these queue) by the byte that CPython's own handler writes.
const COUNT_SIGNALS: &str = "import os, signal, sys, threading, time
number = signal.SIGRTMIN + 3
read, write = os.pipe()
os.set_blocking(write, False)
signal.signal(number, lambda *_: None)
signal.set_wakeup_fd(write)
count = 0
def drain():
    global count
    while True:
        count += len(os.read(read, 65536))
threading.Thread(target=drain, daemon=True).start()
def answer():
    for line in sys.stdin: print(count, flush=True)
threading.Thread(target=answer, daemon=True).start()
print('ready', flush=True)
while True: time.sleep(0.001)";

#[test]
fn no_signal_is_lost() {
    let Some(mut python) = Process::python(COUNT_SIGNALS) else { return };
    let target = open(&python);
    let script = format!(
        "import os, signal, time
for _ in range(3000):
    os.kill({}, signal.SIGRTMIN + 3)
    time.sleep(0.0001)",
        python.pid()
    );
    let mut sender = Process::start(Command::new("python3").args(["-c", &script]));
    let mut pauses = 0;
    let status = loop {
        Pause::during(&target, LIMIT, |_| ()).expect("can be paused");
        pauses += 1;
        if let Some(status) = sender.child.try_wait().expect("our own child") {
            break status;
        }
    };
    assert!(status.success());
    assert!(pauses > 1);
    let mut count = String::new();
    wait_until("3000 signals", || {
        python.tell("count");
        count = python.line();
        count == "3000"
    });
    assert_free(python.pid());
}

#[test]
fn a_signal_while_we_hold_it_arrives_afterwards() {
    let Some(mut python) = Process::python(COUNT_SIGNALS) else { return };
    let target = open(&python);
    Pause::during(&target, LIMIT, |_| {
        signal(python.pid(), "RTMIN+3");
        assert_held(python.pid());
    })
    .expect("can be paused");
    wait_until("the signal", || {
        python.tell("count");
        python.line() == "1"
    });
}

#[test]
fn a_process_that_is_killed_while_we_hold_it() {
    let mut child = Process::sleep();
    let target = open(&child);
    Pause::during(&target, LIMIT, |_| child.signal("KILL")).expect("can be paused");
    // Its end is news for whoever started it, which is us in another role: it must not be lost.
    let status = child.child.wait().expect("our own child");
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9));
    assert_eq!(target.check_alive().expect_err("is gone").kind(), ErrorKind::ProcessGone);
    let error = Pause::during(&target, LIMIT, |_| ()).expect_err("is gone");
    assert_eq!(error.kind(), ErrorKind::ProcessGone);
}

#[test]
fn a_process_of_somebody_else_that_is_killed_while_we_hold_it() {
    let mut shell = Process::start(Command::new("sh").args(["-c", "sleep 600 & echo $!; wait $!; echo $?; read line"]));
    let pid: Pid = shell.line().parse().expect("a pid");
    wait_until("sleep runs", || fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name == "sleep\n"));
    let target = Target::open(pid).expect("can be read");
    Pause::during(&target, LIMIT, |_| signal(pid, "KILL")).expect("can be paused");
    shell.expect("137");
    wait_until("it is reaped", || state(pid).is_none());
}

#[test]
fn a_panic_lets_go() {
    let child = Process::sleep();
    let target = open(&child);
    let caught = std::panic::catch_unwind(|| Pause::during(&target, LIMIT, |_| panic!("in the pause")));
    assert_eq!(caught.err().and_then(|panic| panic.downcast_ref::<&str>().copied()), Some("in the pause"));
    assert_free(child.pid());
}

#[test]
fn a_tracer_that_is_killed_lets_go() {
    let child = Process::sleep();
    let mut holder = Process::start(&mut command("hold", child.pid()));
    assert_eq!(said(&mut holder), "held");
    assert_held(child.pid());
    holder.signal("KILL");
    child.wait_for_state("S");
    assert_free(child.pid());
}

#[test]
fn an_interrupt_lets_go_and_a_second_one_ends() {
    let child = Process::sleep();
    let mut holder = Process::start(&mut command("hold_until_interrupted", child.pid()));
    assert_eq!(said(&mut holder), "held");
    assert_held(child.pid());
    holder.signal("INT");
    assert_eq!(said(&mut holder), "interrupted 130 interrupted by SIGINT");
    assert_free(child.pid());
    holder.signal("INT");
    assert_eq!(holder.child.wait().expect("our own child").code(), Some(130));
}

#[test]
fn a_process_that_is_traced_already() {
    let child = Process::sleep();
    let mut holder = Process::start(&mut command("hold", child.pid()));
    assert_eq!(said(&mut holder), "held");
    let target = open(&child); // reading goes beside a debugger
    let error = Pause::during(&target, LIMIT, |_| ()).expect_err("is held by another");
    assert_eq!(error.kind(), ErrorKind::Permission);
    let text = format!("cannot pause process {} (sleep): it is already traced by process ", child.pid());
    assert!(error.to_string().starts_with(&text), "{error}");
    assert!(error.hints()[0].contains("`--mode nonblocking`"), "{error:?}");
    assert_held(child.pid());
    holder.tell("let go");
    assert_eq!(said(&mut holder), "let go");
    assert_free(child.pid());
    Pause::during(&target, LIMIT, |_| ()).expect("nobody holds it any more");
}

#[test]
fn another_tracer_is_waited_for() {
    let child = Process::sleep();
    let mut holder = Process::start(&mut command("hold", child.pid()));
    assert_eq!(said(&mut holder), "held");
    let target = open(&child);
    let (begins, begun) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            begins.send(()).expect("the test waits for this");
            Pause::during(&target, LIMIT, |_| assert_held(child.pid()))
        });
        begun.recv().expect("the thread begins");
        holder.tell("let go");
        assert_eq!(said(&mut holder), "let go");
        waiter.join().expect("no panic").expect("the other has let go");
    });
    assert_free(child.pid());
}

#[test]
fn a_thread_that_cannot_be_stopped() {
    // A parent in vfork waits, deaf to everything, until its child has started its program; the child waits for
    // the other end of a FIFO first.
    let folder = tempfile::tempdir().expect("a folder");
    let fifo = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().expect("mkfifo(1)").success());
    let script = format!(
        "import os, threading, time
threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
print('ready', flush=True)
os.posix_spawn('/bin/true', ['true'], {{}}, file_actions=[(os.POSIX_SPAWN_OPEN, 0, {:?}, os.O_RDONLY, 0)])
print('spawned', flush=True)
time.sleep(600)",
        fifo.to_str().expect("is UTF-8")
    );
    let Some(mut python) = Process::python(&script) else { return };
    python.wait_for_state("D");
    let target = open(&python);
    let limit = Duration::from_millis(30);
    let error = Pause::during(&target, limit, |_| ()).expect_err("cannot be stopped");
    assert_eq!(error.kind(), ErrorKind::Timeout);
    let text = format!("cannot pause {} within 30ms: thread {} in state D waits ", target.name(), python.pid());
    assert!(error.to_string().starts_with(&text), "{error}");
    assert!(threads(python.pid()).iter().all(|(_, tracer)| tracer == "0"), "nobody stays attached");
    fs::write(&fifo, "").expect("opens the other end");
    python.expect("spawned");
    assert_free(python.pid());
}

#[test]
fn the_limit_is_told_to_who_asks() {
    let child = Process::sleep();
    let target = open(&child);
    let (kind, _) = Pause::during(&target, Duration::from_millis(200), |pause| {
        wait_until("the limit", || pause.held_for() >= Duration::from_millis(200));
        pause.check().expect_err("is over the limit").kind()
    })
    .expect("can be paused");
    assert_eq!(kind, ErrorKind::Timeout);
    assert_free(child.pid());
}

#[test]
fn two_hundred_looks_leave_no_trace() {
    let child = Process::sleep();
    let mut looker = Process::start(&mut command("look_often", child.pid()));
    assert_eq!(said(&mut looker), "200 looks");
    assert!(looker.child.wait().expect("our own child").success());
    assert_free(child.pid());
}

/// Prints how long a target stands still. `cargo test --release --test process measure -- --ignored --nocapture`
#[test]
#[ignore = "a measurement, not a test"]
fn measure() {
    for count in [1, 10, 100, 1000] {
        let script = format!(
            "import threading, time
threading.stack_size(65536)
for _ in range({}): threading.Thread(target=time.sleep, args=(600,)).start()
print('ready', flush=True)
time.sleep(600)",
            count - 1
        );
        let Some(python) = Process::python(&script) else { return };
        let target = open(&python);
        let mut held: Vec<Duration> =
            (0..41).map(|_| Pause::during(&target, LIMIT, |_| ()).expect("can be paused").1).collect();
        held.sort_unstable();
        println!("{count:>5} threads: median {:?}, shortest {:?}, longest {:?}", held[20], held[0], held[40]);
    }
}
