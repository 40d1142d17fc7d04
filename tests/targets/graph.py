"""Tasks that wait in every way there is, each named after its way; the program says what each one waits for and who waits for it.

Without arguments every task is suspended when the truth is told. `running`: a task answers from deep inside its own await chain.
`cycle`: tasks that wait for each other. `uncycle`: the same without the last await. `timed`: the same with a time limit. A second word `uvloop` runs these on uvloop.
"""
import asyncio
import gc
import socket
import sys
import threading
import types

import truth

WAITS = {}  # name -> {"what": word, "text": part of the text, "tasks": [names], "timed": bool}
AWAITED_BY = {}  # name -> [names], where anybody waits
RELEASE = threading.Event()
KEEP = []
NEW = sys.version_info


def expect(name, what, text="", tasks=(), timed=False):
    WAITS[name] = {"what": what, "text": text, "tasks": sorted(tasks), "timed": timed}
    for child in tasks:
        AWAITED_BY.setdefault(child, []).append(name)


def start(name, coroutine, make=None):
    loop = asyncio.get_event_loop_policy().get_event_loop() if NEW < (3, 10) else asyncio.get_running_loop()
    task = loop.create_task(coroutine) if make is None else make(coroutine, loop=loop)
    task.set_name(name)
    KEEP.append(task)
    return task


def future():
    made = asyncio.get_running_loop().create_future()
    KEEP.append(made)
    return made


async def idle():
    await future()


class Awaitable:
    def __await__(self):
        yield from wrapped().__await__()


async def wrapped():
    await future()


@types.coroutine
def generator_based():
    yield from Awaitable().__await__()


async def inner():
    await generator_based()


async def outer():
    await inner()


async def numbers():
    try:
        await future()
        yield 1
    finally:
        await future()


async def iterates():
    async for number in numbers():
        KEEP.append(number)


async def closes():
    async def one():
        try:
            yield 1
        finally:
            await future()

    generator = one()
    await generator.__anext__()
    await generator.aclose()


async def nexts():
    await anext(numbers(), None)  # noqa: F821 (3.10+)


async def waits_for_task(task):
    await task


async def gathers():
    first, second = start("gather-1", idle()), start("gather-2", idle())
    third, fourth = start("gather-3", idle()), start("gather-4", idle())
    await asyncio.gather(first, second, asyncio.gather(third, fourth))


async def waits():
    await asyncio.wait([start("wait-1", idle()), start("wait-2", idle())], timeout=1000)


async def limited(task):
    await asyncio.wait_for(task, 1000)


async def shields(task):
    await asyncio.shield(task)


async def completes():
    for one in asyncio.as_completed([start("as_completed-1", idle()), start("as_completed-2", idle())]):
        await one


async def groups():
    async with asyncio.TaskGroup() as group:
        for name in ("group-1", "group-2"):
            KEEP.append(group.create_task(idle(), name=name))


async def limits():
    async with asyncio.timeout(1000):
        await future()


async def locks(lock):
    async with lock:
        await future()


async def acquires(semaphore):
    await semaphore.acquire()


async def waits_on(thing):
    await thing.wait()


async def conditions(condition):
    async with condition:
        await condition.wait()


async def runs_in_executor():
    await asyncio.get_running_loop().run_in_executor(None, RELEASE.wait)


async def receives(one):
    await asyncio.get_running_loop().sock_recv(one, 1)


async def reads(reader):
    await reader.readline()


async def puts(queue):
    await queue.put(1)


async def joins(queue):
    await queue.join()


async def gets(queue):
    await queue.get()


async def told_by_callback(task):
    told = future()
    task.add_done_callback(lambda done: told.set_result(None))
    await told


async def everything():
    loop = asyncio.get_running_loop()
    start("chain", outer())
    expect("chain", "future", "a future")
    start("iterates", iterates())
    expect("iterates", "future")
    start("closes", closes())
    expect("closes", "future")
    if NEW >= (3, 10):
        start("nexts", nexts())
        expect("nexts", "future")
    start("task", waits_for_task(start("awaited", idle())))
    expect("task", "task", "task 'awaited'", ["awaited"])
    start("gather", gathers())
    expect("gather", "gather", "gather() of 3, 3 pending", ["gather-%d" % number for number in (1, 2, 3, 4)])
    start("wait", waits())
    expect("wait", "wait", "wait() for tasks 'wait-", ["wait-1", "wait-2"], True)
    start("wait_for", limited(start("limited", idle())))
    expect("wait_for", "wait_for", "wait_for() task 'limited', at most ", ["limited"], True)
    start("shield", shields(start("shielded", idle())))
    expect("shield", "shield", "shield() of task 'shielded'", ["shielded"])
    start("as_completed", completes())
    expect("as_completed", "wait", "as_completed(), tasks", ["as_completed-1", "as_completed-2"])
    start("sleep", asyncio.sleep(1000))
    expect("sleep", "sleep", "sleep(), ", timed=True)
    lock = asyncio.Lock()
    for name in ("lock-0", "lock-1", "lock-2"):
        start(name, locks(lock))
    expect("lock-0", "future")
    expect("lock-1", "lock", "Lock.acquire(), 2 wait")
    expect("lock-2", "lock", "Lock.acquire(), 2 wait")
    start("event", waits_on(asyncio.Event()))
    expect("event", "event", "Event.wait()")
    start("condition", conditions(asyncio.Condition()))
    expect("condition", "condition", "Condition.wait(), 1 wait")
    for name, semaphore in (("semaphore", asyncio.Semaphore(0)), ("bounded", asyncio.BoundedSemaphore(0))):
        start(name, acquires(semaphore))
        expect(name, "semaphore", "Semaphore.acquire(), 1 wait")
    start("get", gets(asyncio.Queue()))
    expect("get", "queue", "Queue.get() of an empty queue")
    full = asyncio.PriorityQueue(maxsize=1)
    full.put_nowait(1)
    start("put", puts(full))
    expect("put", "queue", "Queue.put() into a full queue of 1")
    start("join", joins(full))
    expect("join", "queue", "Queue.join(), 1 unfinished")
    start("executor", runs_in_executor())
    expect("executor", "executor", "an executor")
    ours, theirs = socket.socketpair()
    KEEP.extend((ours, theirs))
    ours.setblocking(False)
    start("socket", receives(ours))
    expect("socket", "socket", "sock_recv()")
    start("stream", reads(asyncio.StreamReader()))
    expect("stream", "stream", "StreamReader.readline()")
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "input()", stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    KEEP.append(child)
    start("process", waits_on(child))
    expect("process", "process", "Process.wait(), process %d" % child.pid)
    start("told", told_by_callback(start("teller", idle())))
    expect("told", "future", "a future that task 'teller' may complete", ["teller"])
    if NEW >= (3, 11):
        start("group", groups())
        expect("group", "task_group", "TaskGroup with 2 pending tasks", ["group-1", "group-2"])
        start("timeout", limits())
        expect("timeout", "future", "a future, at most ", timed=True)
        start("barrier", waits_on(asyncio.Barrier(3)))
        expect("barrier", "barrier", "Barrier.wait(), 1 of 3 there")
    python = asyncio.tasks._PyTask
    start("python", waits_for_task(start("python-awaited", idle(), python)), python)
    expect("python", "task", "task 'python-awaited'", ["python-awaited"])
    start("python-gather", gathers_python(), python)
    expect("python-gather", "gather", "gather() of 2, 2 pending", ["python-1", "python-2"])
    for _ in range(100):
        await asyncio.sleep(0)
    while not RELEASE._cond._waiters:
        await asyncio.sleep(0.001)


async def gathers_python():
    python = asyncio.tasks._PyTask
    await asyncio.gather(start("python-1", idle(), python), start("python-2", idle(), python))


def frame_facts(frame):
    code = frame.f_code
    return [getattr(code, "co_qualname", code.co_name), code.co_filename, frame.f_lineno]


def chain_of(item):
    """The target's own walk: `cr_await` and what corresponds to it."""
    found = []
    while item is not None:
        kind = type(item)
        if kind is types.CoroutineType:
            frame, item = item.cr_frame, item.cr_await
        elif kind is types.GeneratorType:
            frame, item = item.gi_frame, item.gi_yieldfrom
        elif kind is types.AsyncGeneratorType:
            frame, item = item.ag_frame, item.ag_await
        elif kind.__name__ in (
            "coroutine_wrapper", "async_generator_asend", "async_generator_athrow", "anext_awaitable"
        ):
            item = gc.get_referents(item)[0]
            continue
        else:
            break
        found.append(frame_facts(frame))
    return found


def facts(in_a_circle=False):
    found = {}
    for task in KEEP:
        if not isinstance(task, (asyncio.Task, asyncio.tasks._PyTask)):
            continue
        name = task.get_name()
        found[name] = {
            "address": id(task),
            "stack": chain_of(task.get_coro()),
            "waits": WAITS.get(name),
            "awaited_by": sorted(AWAITED_BY.get(name, [])),
        }
        if NEW >= (3, 14) and isinstance(task, asyncio.Future):
            if in_a_circle:  # which capture_call_graph() follows until the stack is used up
                parents = task._asyncio_awaited_by or ()
            else:
                parents = [parent.future for parent in asyncio.capture_call_graph(task).awaited_by]
            found[name]["graph"] = sorted(map(id, parents))
    truth.EXTRA["graph"] = found


def all_suspended():
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(everything())
    facts()
    truth.serve_on(loop)
    loop.run_forever()


def stop_here():
    frames, frame = [], sys._getframe()
    own = {}
    while frame is not None:
        frames.append(frame_facts(frame))
        if frame.f_code is running_outer.__code__:
            own = list(reversed(frames))
        frame = frame.f_back
    # The last frames are those in which the answers are given; compared is what comes before them.
    truth.EXTRA["running"] = {"address": id(asyncio.current_task()), "stack": own[:-1]}
    truth.serve()


async def running_numbers():
    stop_here()
    yield 1


async def running_inner():
    async for _ in running_numbers():
        pass


async def running_outer():
    await running_inner()


async def ring(names, limit, close):
    tasks = {}

    async def waits_for_next(name, follower):
        while follower not in tasks:
            await asyncio.sleep(0)
        if limit and name == names[0]:
            await asyncio.wait_for(asyncio.shield(tasks[follower]), 1000)
        elif name == names[-1]:
            if close:
                await asyncio.gather(tasks[follower])
            else:
                await future()
        else:
            await tasks[follower]

    for at, name in enumerate(names):
        tasks[name] = start(name, waits_for_next(name, names[(at + 1) % len(names)]))
    start("onlooker", waits_for_task(tasks[names[0]]))
    for _ in range(20):
        await asyncio.sleep(0)


def in_a_ring(limit, close):
    if "uvloop" in sys.argv:
        import uvloop

        loop = uvloop.new_event_loop()
    else:
        loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(ring(["A", "B", "C"], limit, close))
    facts(in_a_circle=True)
    truth.serve_on(loop)
    loop.run_forever()


if __name__ == "__main__":
    mode = sys.argv[1] if len(sys.argv) > 1 else ""
    if mode == "running":
        asyncio.run(running_outer())
    elif mode in ("cycle", "uncycle", "timed"):
        in_a_ring(mode == "timed", mode != "uncycle")
    else:
        all_suspended()
