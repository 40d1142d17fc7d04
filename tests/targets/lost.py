"""Lost things, one kind for each mode, and beside each its twin that is not lost.

Modes: `exceptions`, `garbage`, `gathers`, `results`, `loops`, `busy` (a loop that stands in one callback), `forked` (the truth is told by the child, in which the loop's thread is gone). What is lost stands in
`lost`, what is not in `kept`, both as label -> addresses; what was raised where in `raised`.
"""
import asyncio
import concurrent.futures
import gc
import os
import sys
import threading
import time

from truth import EXTRA, serve, serve_on

MODE = sys.argv[1] if len(sys.argv) > 1 else "exceptions"
KEEP = []
LOST = EXTRA.setdefault("lost", {})
KEPT = EXTRA.setdefault("kept", {})


def lost(label, thing):
    LOST.setdefault(label, []).append(id(thing))
    return thing


def kept(label, thing):
    KEPT.setdefault(label, []).append(id(thing))
    return thing


class Refused(Exception):
    pass


def deep(message):
    raise Refused(message)  # raised here


async def fails(message="no such job"):
    await asyncio.sleep(0)
    deep(message)


async def fails_with(error):
    raise error


async def fails_knowing_itself():
    me = lost("own traceback", asyncio.current_task())
    await asyncio.sleep(0)
    raise LookupError(len([me]))


async def parked(gate):
    await gate


async def job(number=0):
    return number


async def forever():
    """As `parked`, at a gate of its own: being cancelled, it cancels that."""
    KEEP.append(asyncio.get_running_loop().create_future())
    await KEEP[-1]


# Exceptions.


async def never_looks(gate):
    task = lost("unused variable", asyncio.ensure_future(fails()))
    await gate


async def will_await(gate):
    task = kept("awaited later", asyncio.ensure_future(fails()))
    await gate
    await task


async def will_wait(gate):
    tasks = [asyncio.ensure_future(fails()), asyncio.ensure_future(parked(gate))]
    kept("waited for", tasks[0])
    await asyncio.wait(tasks)


async def in_list(gate):
    tasks = [kept("list in a frame", asyncio.ensure_future(fails())) for _ in range(3)]
    await gate
    for task in tasks:
        await task


async def gathers(gate, **options):
    failing = kept("gathered %s" % options, asyncio.ensure_future(fails()))
    inner = asyncio.gather(failing, parked(gate), **options)
    del failing
    try:
        await asyncio.gather(inner, parked(gate), **options)
    except Refused:
        del inner
        await gate


async def gathers_many(gate):
    failing = [asyncio.ensure_future(fails()) for _ in range(200)]
    for task in failing:
        kept("gathered, many", task)
    failing.append(asyncio.ensure_future(parked(gate)))
    waiting = asyncio.gather(*failing, return_exceptions=True)
    del failing, task
    await waiting


async def groups(gate):
    try:
        async with asyncio.TaskGroup() as group:
            for number in range(3):
                kept("task group", group.create_task(fails(number)))
            kept("task group", group.create_task(forever()))
    except BaseException:
        pass
    await gate


async def looks(gate):
    task = kept("asked", asyncio.ensure_future(fails()))
    KEEP.append(task)
    await asyncio.wait([task])
    task.exception()
    await gate


async def cancels(gate):
    task = kept("cancelled", asyncio.ensure_future(forever()))
    KEEP.append(task)
    await asyncio.sleep(0)
    task.cancel()
    await gate


async def as_completed(gate):
    tasks = [asyncio.ensure_future(fails()), asyncio.ensure_future(job())]
    kept("as completed", tasks[0])
    for waiting in asyncio.as_completed(tasks):
        tasks = None
        try:
            await waiting
        except Refused:
            pass
        await gate


async def make_exceptions(loop, gate):
    for label, error in [
        ("attribute", ValueError("text")),
        ("attribute", KeyError("key")),
        ("attribute", OSError(2, "No such file")),
        ("attribute", LookupError()),
    ]:
        KEEP.append(lost(label, loop.create_task(fails_with(error))))
    for number in range(5):
        KEEP.append({number: lost("many", loop.create_task(fails("job %d" % number)))})
    KEEP.append(lost("Python task", asyncio.tasks._PyTask(fails(), loop=loop)))
    KEEP.append([lost("subclass", OwnTask(fails(), loop=loop))])
    bare = lost("bare future", loop.create_future())
    bare.set_exception(Refused("set"))
    KEEP.append(bare)
    closed = kept("future of a connection", loop.create_future())
    closed.set_exception(ConnectionResetError("gone"))
    KEEP.append(closed)
    for coroutine in [never_looks, will_await, will_wait, in_list, gathers_many, looks, cancels, as_completed]:
        KEEP.append(loop.create_task(coroutine(gate)))
    for options in [{}, {"return_exceptions": True}]:
        KEEP.append(loop.create_task(gathers(gate, **options)))
    if sys.version_info >= (3, 11):
        KEEP.append(loop.create_task(groups(gate)))
    await asyncio.sleep(0.05)


class OwnTask(asyncio.Task):
    pass


async def make_garbage(loop, gate):
    gc.disable()  # or it is gone
    KEEP.append(loop.create_task(fails_knowing_itself()))
    await asyncio.wait([KEEP[-1]])
    KEEP.pop()


# Gathers.


async def forgets_gather(gate):
    waiting = lost("unused variable", asyncio.gather(parked(gate), parked(gate)))
    await gate


async def awaits_gather(gate):
    waiting = kept("awaited now", asyncio.gather(parked(gate), parked(gate)))
    await waiting


async def awaits_gather_later(gate):
    waiting = kept("awaited later", asyncio.gather(parked(gate), parked(gate)))
    await gate
    await waiting


async def awaits_outer(gate):
    inner = kept("child of another", asyncio.gather(parked(gate)))
    outer = kept("outer, awaited", asyncio.gather(inner, parked(gate)))
    del inner
    await outer


async def awaits_shielded(gate):
    await asyncio.shield(kept("shielded", asyncio.gather(parked(gate))))


class Service:
    def __init__(self, gate):
        self.jobs = kept("attribute", asyncio.gather(parked(gate), parked(gate)))


async def make_gathers(loop, gate):
    lost("children only", asyncio.gather(parked(gate), parked(gate), job()))
    lost("children only, exceptions too", asyncio.gather(parked(gate), return_exceptions=True))
    KEEP.append(Service(gate))
    called = kept("has a callback", asyncio.gather(parked(gate)))
    called.add_done_callback(print)
    for coroutine in [forgets_gather, awaits_gather, awaits_gather_later, awaits_outer, awaits_shielded]:
        KEEP.append(loop.create_task(coroutine(gate)))
    await asyncio.sleep(0.05)


# Results.


async def returns_coroutine(label):
    work = job()
    (lost if label.startswith("lost") else kept)(label, work)
    return work


def calls(label):
    work = job()
    (lost if label.startswith("lost") else kept)(label, work)
    return work


async def awaits_result(gate):
    task = asyncio.ensure_future(returns_coroutine("kept task"))
    await gate
    await (await task)


async def make_results(loop, gate):
    pool = concurrent.futures.ThreadPoolExecutor(1)
    KEEP.append(pool)
    KEEP.append(loop.create_task(returns_coroutine("lost task")))
    KEEP.append(loop.run_in_executor(pool, calls, "lost future"))
    KEEP.append(pool.submit(calls, "lost concurrent future"))
    KEEP.append(loop.create_task(awaits_result(gate)))
    await asyncio.sleep(0)
    await asyncio.wait([KEEP[-3]])
    while not KEEP[-2].done():
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.05)


# Loops.


def make_loops():
    closed = asyncio.new_event_loop()
    gate = closed.create_future()
    KEEP.append(lost("begun, loop closed", closed.create_task(parked(gate))))
    closed.run_until_complete(asyncio.sleep(0))
    KEEP.append(lost("not begun, loop closed", closed.create_task(job())))
    closed.close()
    resting = asyncio.new_event_loop()
    gate = resting.create_future()
    KEEP.append(kept("begun, loop between two runs", resting.create_task(parked(gate))))
    resting.run_until_complete(asyncio.sleep(0))
    idle = asyncio.new_event_loop()
    KEEP.append(lost("not begun, loop does not run", idle.create_task(job())))
    KEEP.append(resting)


def blocked(loop):
    KEEP.append(kept("not begun, loop busy", loop.create_task(job())))
    gc.collect()
    serve()


def make_forked():
    """A process of which another thread runs a loop forks: in the child that thread is gone."""
    ready = threading.Event()

    async def second():
        loop = asyncio.get_running_loop()
        gate = loop.create_future()
        lost("begun, thread gone", asyncio.current_task())
        KEEP.append(lost("begun, thread gone", loop.create_task(parked(gate))))
        await asyncio.sleep(0)
        loop.call_soon(hold, loop)
        await gate

    def hold(loop):
        KEEP.append(lost("not begun, thread gone", loop.create_task(job())))
        ready.set()
        time.sleep(1e6)

    threading.Thread(target=asyncio.run, args=(second(),), name="second loop", daemon=True).start()
    ready.wait()
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        os._exit(0)
    EXTRA["forked"] = os.getpid()
    gc.collect()
    serve()


MAKERS = {"exceptions": make_exceptions, "garbage": make_garbage, "gathers": make_gathers, "results": make_results}


async def main():
    loop = asyncio.get_running_loop()
    gate = loop.create_future()
    if MODE == "busy":
        loop.call_soon(blocked, loop)
    else:
        if MODE in MAKERS:
            await MAKERS[MODE](loop, gate)
        if gc.isenabled():
            gc.collect()
        serve_on(loop)
    await gate


if MODE == "forked":
    make_forked()
else:
    if MODE == "loops":
        make_loops()
    asyncio.run(main())
