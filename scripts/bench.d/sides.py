"""What is compared side by side: our own looks, the floor, and what people use today. Each is run on a target as it is,
in turns with the others, so that what disturbs one disturbs all."""

import functools
import shutil
import subprocess
import sys
import time

import floor
from interpreters import PROJECT, environment
from problems import Failed, Unusable
from runs import Run

PEERS = PROJECT / ".interpreters" / "bench-venv"
PACKAGES = ("py-spy", "pystack", "py-spy-asyncio")
INSTALL_LIMIT = 180

# What a program would do to find these coroutines in itself, done to it from outside by sys.remote_exec().
INJECTED = """\
import gc, inspect, os, types
coroutines = [thing for thing in gc.get_objects() if type(thing) is types.CoroutineType]
found = sum(inspect.getcoroutinestate(thing) == inspect.CORO_CREATED for thing in coroutines)
with open({answer!r} + ".new", "w") as file:
    file.write(str(found))
os.rename({answer!r} + ".new", {answer!r})
"""


class Side:
    """One way to look at a target. `check` says why it cannot be had, by an exception."""

    def __init__(self, name, shows, run, check=None):
        self.name, self.shows, self.run, self.check = name, shows, run, check


def coroscope(*words):
    return lambda bench, target: bench.coroscope.dump(target, *words)


def tasks(bench, target):
    run = bench.spawner.run(bench.coroscope.command(target, "tasks", "--json"), target)
    listed = len(run.report()["tasks"])
    if listed != target.truth["tasks"]:
        raise Failed("`coroscope tasks` listed %d of %d tasks" % (listed, target.truth["tasks"]))
    return run


def copied(threads):
    def run(bench, target):
        pieces = floor.pieces_of(target.pid)
        with target.watched() as stall:
            seconds, size = floor.copy(target.pid, pieces, threads)
        if size < 0.9 * sum(length for _, length in pieces):
            raise Failed("process_vm_readv copied only %d bytes of pid %d" % (size, target.pid))
        return Run(seconds, stall())

    return run


def in_process(question):
    def run(bench, target):
        seconds = target.ask(question)["seconds"]
        return Run(seconds, seconds)  # the loop stands still for all of it

    return run


def installed(program, *words):
    return lambda bench, target: bench.spawner.run([PEERS / "bin" / program, *words, target.pid], target)


def py_spy_asyncio(bench, target):
    # It looks for libraries under the paths that the target sees, so it has to run where that runs.
    program = target.folder / "py-spy-asyncio"
    if not program.exists():
        shutil.copy(PEERS / "bin" / program.name, program)
    words = (target.inside(program.name), "dump", "--asyncio", "--pid", target.pid)
    return lists_all_tasks(target, bench.spawner.run(target.interpreter.enter(target.pid, *words), target), "Task 0x")


def asyncio_ps(bench, target):
    command = target.interpreter.beside(target.pid, "-m", "asyncio", "ps", target.pid)
    return lists_all_tasks(target, bench.spawner.run(command, target), "\n%d " % target.pid)


def lists_all_tasks(target, run, mark):
    listed = run.output.count(mark)
    if listed < target.truth["tasks"]:
        raise Failed("it listed %d of %d tasks" % (listed, target.truth["tasks"]))
    return run


def remote_exec(bench, target):
    answer, script = target.folder / "injected.txt", target.folder / "injected.py"
    if answer.exists():
        answer.unlink()
    script.write_text(INJECTED.format(answer=target.inside(answer.name)))
    call = "import sys; sys.remote_exec(%d, %r)" % (target.pid, target.inside(script.name))
    with target.watched() as stall:
        began = time.perf_counter()
        run = bench.spawner.run(target.interpreter.beside(target.pid, "-c", call))
        target.wait_until("to run what was injected", answer.exists)
        run.wall = time.perf_counter() - began
    run.stall = stall()
    return run


def since(minor):
    def check(bench, target):
        if target.interpreter.version < (3, minor):
            raise Unusable("needs a target on CPython 3.%d" % minor)

    return check


def package(name):
    def check(bench, target):
        problem = install(bench.offline).get(name)
        if problem:
            raise Unusable(problem)

    return check


SIDES = [
    Side("coroscope dump --retainers none", "never-awaited coroutines, tasks", coroscope("--retainers", "none")),
    Side("coroscope dump", "the same, who holds them, where they are made", coroscope()),
    Side("coroscope tasks", "tasks, and who waits for whom", tasks),
    Side("copy, 1 thread", "nothing: the floor", copied(1)),
    Side("copy, 2 threads", "nothing: the floor", copied(2)),
    Side("in-process scan", "never-awaited coroutines", in_process("scan")),
    Side("in-process gc.get_referrers", "who refers to them", in_process("referrers")),
    Side("py-spy dump", "frames of threads", installed("py-spy", "dump", "--pid"), package("py-spy")),
    Side("pystack remote", "frames of threads", installed("pystack", "remote"), package("pystack")),
    Side("py-spy-asyncio dump", "tasks", py_spy_asyncio, package("py-spy-asyncio")),
    Side("python -m asyncio ps", "tasks", asyncio_ps, since(14)),
    Side("sys.remote_exec, scan", "never-awaited coroutines", remote_exec, since(14)),
]
SIDES = {side.name: side for side in SIDES}


@functools.lru_cache(None)
def install(offline):
    """Puts the peers into an ignored folder of this project, once. Returns why each that is not there is not."""
    missing = [name for name in PACKAGES if not (PEERS / "bin" / name).exists()]
    if not missing or offline:
        return {name: "not installed, and --offline" for name in missing}
    if not (PEERS / "bin" / "python").exists():
        made = subprocess.run([sys.executable, "-m", "venv", PEERS], capture_output=True, text=True, env=environment())
        if made.returncode:
            return dict.fromkeys(missing, "no virtual environment: " + last_line(made.stdout + made.stderr))
    problems = {}
    for name in missing:
        print("bench: installing %s into %s" % (name, PEERS.relative_to(PROJECT)), file=sys.stderr)
        pip = [PEERS / "bin" / "python", "-m", "pip", "install", "--quiet", "--only-binary", ":all:", name]
        try:
            said = subprocess.run(pip, capture_output=True, text=True, timeout=INSTALL_LIMIT, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            problems[name] = "pip took more than %d s" % INSTALL_LIMIT
            continue
        if said.returncode or not (PEERS / "bin" / name).exists():
            problems[name] = "pip could not install it: " + last_line(said.stderr)
    return problems


def last_line(text):
    return (text.strip().splitlines() or ["no message"])[-1]
