"""What a target knows about itself, and how it is asked. Shared by all targets; CPython 3.8 to 3.15.

A target prints one line of JSON when everything it wanted to make exists (`ready`), then answers one line
of JSON for each line on its standard input: `truth` (the same again, counted anew), `names` (names of the tasks), `beat`
(proof of life), and what the target itself adds. It ends when its standard input does.

Does not import asyncio: one target is a process without it.
"""
import gc
import inspect
import json
import opcode
import os
import sys
import threading
import types

LEAKS = {}  # label -> [addresses] of coroutines that nobody will ever await
OWNED = {}  # label -> [addresses] of coroutines that are created, and that somebody will await
FROZEN = []  # coroutines hidden by gc.freeze(), which gc.get_objects() does not list
COUNTS = {"replies": 0}
EXTRA = {}  # more for the line of truth


def leak(label, coroutine):
    LEAKS.setdefault(label, []).append(id(coroutine))
    return coroutine


def owned(label, coroutine):
    OWNED.setdefault(label, []).append(id(coroutine))
    return coroutine


def _async_generator_state(generator):
    frame = generator.ag_frame
    if frame is None:
        return "closed"
    # Not `ag_running`, which `inspect` goes by: it says that an asend() is under way, and that may be suspended too. None
    # of ours executes while a command is answered.
    if sys.version_info >= (3, 12):
        created = not generator.ag_suspended
    elif sys.version_info >= (3, 11):
        created = generator.ag_code.co_code[frame.f_lasti] == opcode.opmap["RETURN_GENERATOR"]
    else:
        created = frame.f_lasti == -1
    return "created" if created else "suspended"


def _facts(item):
    kind = type(item)
    if kind is types.CoroutineType:
        name, prefix, state = "coroutine", "cr_", inspect.getcoroutinestate(item).split("_")[-1].lower()
        awaited = item.cr_await
    elif kind is types.AsyncGeneratorType:
        name, prefix, state = "async_generator", "ag_", _async_generator_state(item)
        awaited = item.ag_await
    else:
        name, prefix, state = "generator", "gi_", inspect.getgeneratorstate(item).split("_")[-1].lower()
        awaited = item.gi_yieldfrom
    code = getattr(item, prefix + "code")
    frame = getattr(item, prefix + "frame")
    return {
        "address": id(item),
        "kind": name,
        "state": state,
        "qualname": item.__qualname__,
        "file": code.co_filename.encode("utf-8", "replace").decode(),  # a lone surrogate is no JSON
        "definition_line": code.co_firstlineno,
        "line": None if frame is None else frame.f_lineno,
        "await": 0 if awaited is None else id(awaited),
        "iterable_coroutine": bool(code.co_flags & inspect.CO_ITERABLE_COROUTINE),
    }


def _objects(kinds):
    found = {}
    for item in gc.get_objects() + FROZEN:
        if type(item) in kinds:
            found[id(item)] = item
    return list(found.values())


def _tasks():
    tasks = sys.modules.get("asyncio.tasks")
    if tasks is None:
        return []
    found = []
    for item in gc.get_objects() + FROZEN:
        if issubclass(type(item), (tasks.Task, tasks._PyTask)):
            found.append(item)
    return found


def _task_facts(task):
    if not task.done():
        state = "pending"
    elif task.cancelled():
        state = "cancelled"
    else:  # not `exception()`: asking would mark the exception as retrieved
        state = "done" if task._exception is None else "failed"
    coroutine = task.get_coro()
    return {
        "address": id(task),
        "coroutine": 0 if coroutine is None else id(coroutine),
        "state": state,
        "loop": id(task.get_loop()),
        "python": not type(task).__module__.startswith("_"),
    }


def truth():
    """Everything the collector knows. Uses no generators of its own, which would be counted."""
    coroutines = []
    for item in _objects((types.CoroutineType, types.AsyncGeneratorType, types.GeneratorType)):
        coroutines.append(_facts(item))
    tasks = []
    for task in _tasks():
        tasks.append(_task_facts(task))
    facts = {
        "pid": os.getpid(),
        "version": list(sys.version_info[:3]),
        "coroutines": coroutines,
        "tasks": tasks,
        "leaks": LEAKS,
        "owned": OWNED,
        "frozen": gc.get_freeze_count(),
    }
    facts.update(EXTRA)
    return facts


def names():
    """Names of the tasks. Apart from the rest, because asking makes the name of a task that was never asked."""
    found = {}
    for task in _tasks():
        found[str(id(task))] = task.get_name()
    return found


def _say(facts):
    data = (json.dumps(facts) + "\n").encode()
    while data:
        data = data[os.write(1, data):]


def _answer(line, commands):
    words = line.split()
    COUNTS["replies"] += 1
    if not words:
        return
    if words[0] == "truth":
        _say(truth())
    elif words[0] == "names":
        _say(names())
    elif words[0] == "beat":
        _say(dict(COUNTS))
    elif words[0] in commands:
        _say(commands[words[0]](*words[1:]))
    else:
        _say({"error": "unknown command " + words[0]})


def _serve(commands):
    pending = b""
    while True:
        data = os.read(0, 65536)
        if not data:
            os._exit(0)
        pending += data
        while b"\n" in pending:
            line, pending = pending.split(b"\n", 1)
            _answer(line.decode(), commands)


def serve(commands=None):
    """Stands still in a read of standard input, in the calling thread."""
    _say(truth())
    _serve(commands or {})


def serve_in_thread(commands=None):
    """Answers from a thread of its own; the caller goes on."""
    _say(truth())
    threading.Thread(target=_serve, args=(commands or {},), name="commands", daemon=True).start()


def serve_on(loop, commands=None):
    """Answers from a callback of the loop, which stands still in its selector between two commands."""
    pending = [b""]

    def readable():
        data = os.read(0, 65536)
        if not data:
            os._exit(0)
        pending[0] += data
        while b"\n" in pending[0]:
            line, pending[0] = pending[0].split(b"\n", 1)
            _answer(line.decode(), commands or {})

    loop.add_reader(0, readable)
    # From a callback, so that no coroutine is running when the first truth is told.
    loop.call_soon(lambda: _say(truth()))


class Heartbeat:
    """A thread that wakes every half millisecond and remembers the longest time it did not."""

    def __init__(self):
        self.beats = 0
        self.longest = 0.0
        threading.Thread(target=self._run, name="heartbeat", daemon=True).start()

    def _run(self):
        import time

        last = time.monotonic()
        while True:
            time.sleep(0.0005)
            now = time.monotonic()
            self.longest = max(self.longest, now - last - 0.0005)
            self.beats += 1
            last = now

    def take(self):
        """Beats so far, and the longest stall since the last call."""
        longest, self.longest = self.longest, 0.0
        return {"beats": self.beats, "longest_stall_us": int(longest * 1e6)}
