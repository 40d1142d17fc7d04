"""Tasks of every shape: in three loops in three threads, awaiting in every way there is, and what each of them is.

The third loop does not turn: one of its tasks runs. With `spinning` (the default) that is a loop in Python, with `locked` it
waits for a lock. Asked for `tasks`, the program says everything it knows of its tasks by its own means: the registry, the walk over
`cr_await`, `Task.get_stack()`, on 3.14 and newer `asyncio.capture_call_graph`.
"""
import asyncio
import contextlib
import gc
import inspect
import sys
import threading
import time
import types

from truth import COUNTS, serve

MODE = sys.argv[1] if len(sys.argv) > 1 else "spinning"
GATE = threading.Event()  # never set
LOOPS = {}  # name -> (loop, thread)
TASKS = {}  # label -> task
EDGES = []  # (waiting task, task it waits for): must be found
MAYBE = []  # the same where no version of CPython says so by itself
WAITS = {}  # label -> what the task waits for, in the words of the report
KEEP = []
UNSEEN = []  # failed, and nobody will ever ask; a gather that is not done yet will ask its children
FOREIGN = []  # tasks of a class that only the registry knows


def note(label, task, waits=None):
    assert label not in TASKS, label
    TASKS[label] = task
    if waits:
        WAITS[label] = waits
    return task


def waits_for(waiting, *labels):
    EDGES.extend((waiting, label) for label in labels)


async def parked(gate):
    await gate


async def returns(value):
    return value


async def raises(text):
    raise ValueError(text)


async def alone():
    """Waits for a future of its own: who is cancelled cancels what it waits for."""
    await asyncio.get_running_loop().create_future()


async def stubborn():
    """Does not let itself be cancelled."""
    while True:
        try:
            await alone()
        except asyncio.CancelledError:
            pass


async def deep(levels, gate):
    if levels:
        return await deep(levels - 1, gate)
    await gate


# Generators that are awaited


@types.coroutine
def legacy(gate):
    return (yield from gate)


@types.coroutine
def legacy_over_coroutine(gate):
    yield from parked(gate)


async def awaits_legacy(gate):
    await legacy(gate)


async def awaits_legacy_over_coroutine(gate):
    await legacy_over_coroutine(gate)


# Objects with `__await__`


class ByGenerator:
    def __init__(self, gate):
        self.gate = gate

    def __await__(self):
        yield from self.gate.__await__()


class ByWrapper(ByGenerator):
    def __await__(self):
        return parked(self.gate).__await__()


class ByFuture(ByGenerator):
    def __await__(self):
        return self.gate.__await__()


async def awaits_object(thing):
    await thing


# Async generators


async def numbers(gate):
    yield 1
    await gate
    yield 2


async def numbers_of_numbers(gate):
    async for number in numbers(gate):
        yield number


async def catches(gate):
    try:
        yield 1
    except ValueError:
        await gate


async def closes_slowly(gate):
    try:
        yield 1
    finally:
        await gate


async def loops_over(things):
    async for _ in things:
        pass


async def sends(things):
    await things.asend(None)
    await things.asend(2)


async def throws(things):
    await things.asend(None)
    await things.athrow(ValueError("thrown"))


async def closes(things):
    await things.asend(None)
    await things.aclose()


async def asks_for_next(things):
    await anext(things)  # noqa: F821 (3.10 and newer)
    await anext(things, None)  # noqa: F821


@contextlib.asynccontextmanager
async def manager(enter, leave):
    if enter is not None:
        await enter
    yield 1
    if leave is not None:
        await leave


async def enters(gate):
    async with manager(gate, None):
        pass


async def is_inside(gate):
    async with manager(None, None):
        await gate


async def leaves(gate):
    async with manager(None, gate):
        pass


# What tasks wait for


async def gathers(*things, **options):
    try:
        await asyncio.gather(*things, **options)
    except ValueError:
        await asyncio.get_running_loop().create_future()


async def gathers_nested(first, second, third):
    await asyncio.gather(first, asyncio.gather(second, third, return_exceptions=True))


async def waits(tasks, return_when):
    await asyncio.wait(tasks, return_when=return_when)


async def waits_with_limit(task):
    await asyncio.wait_for(task, 100000)


async def shields(task):
    await asyncio.shield(task)


async def takes_as_completed(tasks):
    for task in asyncio.as_completed(tasks):
        await task


async def sleeps():
    await asyncio.sleep(100000)


async def locks(lock):
    async with lock:
        pass


async def watches(event):
    await event.wait()


async def notices(condition):
    async with condition:
        await condition.wait()


async def counts(semaphore):
    async with semaphore:
        pass


async def gets(queue):
    await queue.get()


async def puts(queue):
    await queue.put(1)


async def works_elsewhere(loop):
    await loop.run_in_executor(None, GATE.wait)


async def group_of(parent, gate):
    async with asyncio.TaskGroup() as group:
        note(parent + ": first", group.create_task(parked(gate), name="first child"))
        note(parent + ": second", group.create_task(sleeps()))
        note(parent + ": done", group.create_task(returns(1)))
        note(parent + ": cancelled", group.create_task(alone())).cancel()


async def nested_groups(parent, gate):
    async with asyncio.TaskGroup() as group:
        note(parent + ": inner", group.create_task(group_of(parent + ": inner", gate)), "task_group")


async def failing_group(parent):
    async with asyncio.TaskGroup() as group:
        note(parent + ": stubborn", group.create_task(stubborn()))
        await asyncio.sleep(0)
        note(parent + ": fails", group.create_task(raises("in a group")))


async def cancelled_group(parent):
    async with asyncio.TaskGroup() as group:
        note(parent + ": stubborn", group.create_task(stubborn()))


# Tasks of other classes


class Special(asyncio.Task):
    """A subclass with attributes of its own, like frameworks have them."""

    request = "GET /"


class Slotted(asyncio.Task):
    __slots__ = ("extra",)


class SpecialPython(asyncio.tasks._PyTask):
    pass


class Foreign(asyncio.Future):
    """A task that is no `asyncio.Task`: it drives its coroutine itself."""

    def __init__(self, coroutine, loop):
        super().__init__(loop=loop)
        self._coro = coroutine
        self._foreign_name = "a foreign task"
        asyncio._register_task(self)
        loop.call_soon(self._step)

    def get_coro(self):
        return self._coro

    def get_name(self):
        return self._foreign_name

    def _step(self, _=None):
        try:
            waiter = self._coro.send(None)
        except StopIteration as stop:
            self.set_result(stop.value)
        else:
            waiter._asyncio_future_blocking = False
            waiter.add_done_callback(self._step)


async def start_first(loop):
    gate = loop.create_future()

    def start(label, coroutine, waits=None, **options):
        return note(label, loop.create_task(coroutine, **options), waits)

    start("name unset", parked(gate), "future")
    start("name set", parked(gate), name="a name")
    start("name in other letters", parked(gate), name="имя 名前 🐍")
    start("name is empty", parked(gate), name="")
    start("renamed", parked(gate)).set_name("another name")
    note("name is a number", Special(parked(gate), loop=loop)).set_name(7)
    start("name asked for", parked(gate)).get_name()

    note("subclass", Special(parked(gate), loop=loop, name="special"))
    note("subclass with slots", Slotted(parked(gate), loop=loop)).extra = 1
    note("in Python", asyncio.tasks._PyTask(parked(gate), loop=loop, name="in Python"), "future")
    note("subclass in Python", SpecialPython(deep(3, gate), loop=loop))
    FOREIGN.append("foreign")
    note("foreign", Foreign(parked(gate), loop))

    start("deep", deep(60, gate), "future")
    start("legacy", awaits_legacy(gate))
    start("legacy over a coroutine", awaits_legacy_over_coroutine(gate))
    start("__await__ is a generator", awaits_object(ByGenerator(gate)))
    start("__await__ is a coroutine's", awaits_object(ByWrapper(gate)))
    start("__await__ is a future's", awaits_object(ByFuture(gate)))
    start("async for", loops_over(numbers(gate)))
    start("async for of async for", loops_over(numbers_of_numbers(gate)))
    start("asend", sends(numbers(gate)))
    start("athrow", throws(catches(gate)))
    start("aclose", closes(closes_slowly(gate)))
    if sys.version_info >= (3, 10):
        start("anext", asks_for_next(numbers(gate)))
    start("enters a context manager", enters(gate))
    start("inside a context manager", is_inside(gate))
    start("leaves a context manager", leaves(gate))

    start("one", parked(gate))
    start("awaits one", awaits_object(TASKS["one"]), "task")
    start("awaits one too", awaits_object(TASKS["one"]), "task")
    start("awaits who awaits one", awaits_object(TASKS["awaits one"]), "task")
    waits_for("awaits one", "one")
    waits_for("awaits one too", "one")
    waits_for("awaits who awaits one", "awaits one")
    python = asyncio.tasks._PyTask(awaits_object(TASKS["one"]), loop=loop)
    note("in Python awaits one", python, "task")
    waits_for("in Python awaits one", "one")
    start("awaits one in Python", awaits_object(TASKS["in Python"]), "task")
    waits_for("awaits one in Python", "in Python")

    children = [start("gathered %d" % number, parked(gate)) for number in range(3)]
    start("gathers", gathers(*children), "gather")
    waits_for("gathers", "gathered 0", "gathered 1", "gathered 2")
    children = [start("nested %d" % number, parked(gate)) for number in range(2)]
    fails = start("nested fails", raises("in a nested gather"))
    start("gathers nested", gathers_nested(children[0], children[1], fails), "gather")
    waits_for("gathers nested", "nested 0", "nested 1")
    fails = start("fails in gather", raises("in gather"))
    children = [start("with one that fails", parked(gate)), fails]
    start("gathers with exceptions", gathers(*children, return_exceptions=True), "gather")
    waits_for("gathers with exceptions", "with one that fails")
    fails = start("ends a gather", raises("ends a gather"))
    start("gather that failed", gathers(fails, start("left over", parked(gate))), "future")

    if sys.version_info >= (3, 11):
        start("group", group_of("group", gate), "task_group")
        waits_for("group", "group: first", "group: second")
        start("groups", nested_groups("groups", gate), "task_group")
        waits_for("groups", "groups: inner")
        waits_for("groups: inner", "groups: inner: first", "groups: inner: second")
        start("failing group", failing_group("failing group"), "task_group")
        waits_for("failing group", "failing group: stubborn")
        start("cancelled group", cancelled_group("cancelled group"), "task_group")
        waits_for("cancelled group", "cancelled group: stubborn")

    for when in (asyncio.ALL_COMPLETED, asyncio.FIRST_COMPLETED, asyncio.FIRST_EXCEPTION):
        children = [start("%s %d" % (when, number), parked(gate)) for number in range(2)]
        start("wait " + when, waits(set(children), when), "wait")
        waits_for("wait " + when, when + " 0", when + " 1")
    start("limited", parked(gate))
    start("wait_for", waits_with_limit(TASKS["limited"]), "wait_for")
    waits_for("wait_for", "limited")
    start("shielded", parked(gate))
    start("shield", shields(TASKS["shielded"]), "shield")
    waits_for("shield", "shielded")
    children = [start("completed %d" % number, parked(gate)) for number in range(2)]
    start("as_completed", takes_as_completed(children))
    MAYBE.extend([("as_completed", "completed 0"), ("as_completed", "completed 1")])

    start("sleep", sleeps(), "sleep")
    lock, condition, semaphore = asyncio.Lock(), asyncio.Condition(), asyncio.Semaphore(0)
    KEEP.extend([lock, condition, semaphore])
    await lock.acquire()
    start("lock", locks(lock), "lock")
    start("event", watches(asyncio.Event()), "event")
    start("condition", notices(condition), "condition")
    start("semaphore", counts(semaphore), "semaphore")
    full = asyncio.Queue(1)
    full.put_nowait(0)
    start("queue get", gets(asyncio.Queue()), "queue")
    start("queue put", puts(full), "queue")
    start("executor", works_elsewhere(loop), "executor")

    start("done", returns(1))
    start("failed, retrieved", raises("retrieved"))
    start("failed", raises("nobody asked"))
    UNSEEN.append("failed")
    start("cancelled", alone())
    await asyncio.sleep(0)
    TASKS["cancelled"].cancel()
    for _ in range(5):
        await asyncio.sleep(0)
    TASKS["failed, retrieved"].exception()
    if sys.version_info >= (3, 11):
        TASKS["cancelled group"].cancel()
    for _ in range(10):
        await asyncio.sleep(0)
    # The standard library's own tool sees no other thread than the main one before 3.15: so this loop runs in that one.
    threading.Thread(target=answer_when_idle, args=(threading.get_ident(),), name="commands", daemon=True).start()


async def start_second(loop, ready):
    gate = loop.create_future()
    if sys.version_info >= (3, 12):
        note("eager", asyncio.eager_task_factory(loop, parked(gate), name="eager"))
        if sys.version_info >= (3, 13):  # 3.12.1 crashes when such a task is asked for its coroutine, which is gone
            note("eager and done", asyncio.eager_task_factory(loop, returns(1), name="eager and done"))
        note("eager without a name", asyncio.Task(parked(gate), loop=loop, eager_start=True))
        note("eager subclass", Special(deep(2, gate), loop=loop, eager_start=True))
        note("eager in Python", asyncio.tasks._PyTask(parked(gate), loop=loop, eager_start=True))
    for number in range(3):
        note("of the second loop %d" % number, loop.create_task(deep(number, gate)))
    note("gathers in the second loop", loop.create_task(gathers(*[TASKS["of the second loop %d" % n] for n in range(3)])), "gather")
    waits_for("gathers in the second loop", *["of the second loop %d" % number for number in range(3)])
    note("in Python, of the second loop", asyncio.tasks._PyTask(parked(gate), loop=loop))
    for _ in range(5):
        await asyncio.sleep(0)
    ready.set()


class Busy:
    """Synchronous code below a task, which does not come back."""

    def __init__(self, begun):
        self.begun = begun

    def work(self):
        def innermost():
            self.begun.set()
            if MODE == "locked":
                GATE.wait()
            while True: pass  # noqa: E701 (one line, so that the position is known)

        innermost()


async def runs_inner(begun):
    Busy(begun).work()


@types.coroutine
def runs_legacy(begun):
    yield from runs_inner(begun)


async def runs_numbers(begun):
    await runs_legacy(begun)
    yield 1


async def runs(begun):
    async for _ in runs_numbers(begun):
        pass


async def start_third(loop, begun):
    gate = loop.create_future()
    note("suspended beside one that runs", loop.create_task(parked(gate)))
    await asyncio.sleep(0)
    note("runs", loop.create_task(runs(begun)))
    note("awaits who runs", loop.create_task(awaits_object(TASKS["runs"])), "task")
    # This one runs before "runs" does, so that the other can wait for it already.
    loop._ready.rotate(1)
    waits_for("awaits who runs", "runs")
    note("never started", loop.create_task(returns(1)))
    note("never started, in Python", asyncio.tasks._PyTask(returns(1), loop=loop))


async def main(name, start, *arguments):
    loop = asyncio.get_running_loop()
    LOOPS[name] = (loop, threading.get_native_id(), threading.get_ident())
    note("main of the %s loop" % name, asyncio.tasks.current_task())
    await start(loop, *arguments)
    await loop.create_future()


def run_in_thread(name, start, ready):
    threading.Thread(target=lambda: asyncio.run(main(name, start, ready)), name=name + " loop", daemon=True).start()
    assert ready.wait(60), name


def answer_when_idle(thread):
    """Begins to answer when a loop has nothing to do any more."""
    while sys._current_frames()[thread].f_code.co_name != "select":
        time.sleep(0.001)
    gc.collect()
    serve({"tasks": tell_tasks})


# The truth

WALKED = {
    types.CoroutineType: ("cr_frame", "cr_await"),
    types.GeneratorType: ("gi_frame", "gi_yieldfrom"),
    types.AsyncGeneratorType: ("ag_frame", "ag_await"),
}
STEPS = ("coroutine_wrapper", "async_generator_asend", "async_generator_athrow", "anext_awaitable")


def frame_facts(frame):
    code = frame.f_code
    return [getattr(code, "co_qualname", code.co_name), code.co_filename, frame.f_lineno]


def walk(awaited):
    """Frames from a coroutine inwards, and the type of what the innermost one waits for. Goes through the objects that say
    nothing about what they await by asking the collector."""
    frames = []
    while awaited is not None:
        if type(awaited) in WALKED:
            frame, inner = (getattr(awaited, name) for name in WALKED[type(awaited)])
            if frame is not None:
                frames.append(frame_facts(frame))
            awaited = inner
        elif type(awaited).__name__ in STEPS:
            followed = [one for one in gc.get_referents(awaited) if type(one) in WALKED or type(one).__name__ in STEPS]
            assert len(followed) == 1, (awaited, followed)
            awaited = followed[0]
        else:
            break
    return frames, type(awaited).__name__


def thread_frames(thread, coroutine):
    """Frames of a thread from a coroutine's frame inwards."""
    frame, frames = sys._current_frames()[thread], []
    while frame is not None:
        frames.append(frame_facts(frame))
        if frame.f_code is coroutine.cr_code:
            return frames[::-1]
        frame = frame.f_back
    raise AssertionError(coroutine)


def tasks_around(futures):
    """Tasks among futures, and those that wait for the others."""
    found, left, seen = [], list(futures), set()
    while left:
        graph = left.pop()
        if id(graph.future) in seen:
            continue
        seen.add(id(graph.future))
        if isinstance(graph.future, asyncio.Task):
            found.append(id(graph.future))
        else:
            left.extend(graph.awaited_by)
    return sorted(found)


def task_facts(label, task):
    coroutine = task.get_coro()
    loop = task.get_loop()
    name = next(name for name in LOOPS if LOOPS[name][0] is loop)
    running = coroutine is not None and inspect.getcoroutinestate(coroutine) == "CORO_RUNNING"
    if not task.done():
        state = "running" if running else "pending"
    elif task.cancelled():
        state = "cancelled"
    else:  # not `exception()`: asking would mark the exception as retrieved
        state = "done" if task._exception is None else "failed"
    awaited = None
    if running:
        stack = thread_frames(LOOPS[name][2], coroutine)
    else:
        stack, awaited = walk(coroutine)
    facts = {
        "label": label,
        "address": id(task),
        "class": "%s.%s" % (type(task).__module__, type(task).__qualname__),
        "name": task.get_name(),
        "qualname": None if coroutine is None else coroutine.__qualname__,
        "state": state,
        "started": None if coroutine is None else inspect.getcoroutinestate(coroutine) != "CORO_CREATED",
        "loop": id(loop),
        "thread": LOOPS[name][1],
        "stack": stack,
        "awaited": awaited,
        "waits": WAITS.get(label),
        "foreign": label in FOREIGN,
    }
    if state == "failed":
        error = task._exception
        innermost = error.__traceback__
        while innermost.tb_next is not None:
            innermost = innermost.tb_next
        facts["exception"] = {
            "type": type(error).__name__,
            "message": str(error),
            "retrieved": not task._log_traceback,
            "raised_at": frame_facts(innermost.tb_frame)[:2] + [innermost.tb_lineno],
        }
    if isinstance(task, (asyncio.Task, asyncio.tasks._PyTask)) and not task.done():
        own = [frame_facts(frame) for frame in task.get_stack()]
        # Of a task that runs, these are the frames of its thread from outside in, down to its coroutine.
        facts["get_stack"] = own[-1:]
    if hasattr(asyncio, "capture_call_graph") and isinstance(task, asyncio.Task) and not running:
        graph = asyncio.capture_call_graph(task)
        facts["graph"] = {
            "stack": [frame_facts(entry.frame) for entry in graph.call_stack][::-1],
            "awaited_by": tasks_around(graph.awaited_by),
        }
    return facts


def tell_tasks():
    facts = []
    for label in TASKS:
        facts.append(task_facts(label, TASKS[label]))
    return {
        "tasks": facts,
        "edges": [[id(TASKS[label]) for label in edge] for edge in EDGES],
        "maybe": [[id(TASKS[label]) for label in edge] for edge in MAYBE],
        "unseen": [id(TASKS[label]) for label in UNSEEN],
        "loops": [
            {
                "name": name,
                "address": id(loop),
                "thread": thread,
                "all_tasks": sorted(id(task) for task in asyncio.all_tasks(loop)),
            }
            for name, (loop, thread, _) in LOOPS.items()
        ],
        "replies": COUNTS["replies"],
    }


run_in_thread("second", start_second, threading.Event())
run_in_thread("third", start_third, threading.Event())
asyncio.run(main("first", start_first))
