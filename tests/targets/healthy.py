"""The negative twin of leaks.py: the same shapes, and every coroutine has somebody who will await it.

Without an argument the loop waits in its selector. With `blocked` it stands inside a callback, so that tasks and
handles that were scheduled have not run yet. With `queue` a consumer takes coroutines from a queue all the time, with `slow`
it has taken one from a queue of several and is still busy with it.
"""
import asyncio
import contextlib
import functools
import gc
import sys
import threading

from truth import owned, serve, serve_on

MODE = sys.argv[1] if len(sys.argv) > 1 else "idle"
KEEP = []  # tasks, futures, iterators; never a bare coroutine
GATE = threading.Event()  # never set


async def job(number=0):
    await asyncio.sleep(0)
    return number


async def parked(gate):
    await gate


async def awaits_local(gate):
    later = owned("local awaited later", job())
    await gate
    return await later


async def awaits_argument(work, gate):
    await gate
    return await work


async def awaits_from_list(gate):
    works = [owned("list in a frame", job(1)), owned("list in a frame", job(2))]
    await gate
    for work in works:
        await work


async def awaits_by_gather(gate):
    works = [owned("gathered later", job(number)) for number in range(3)]
    await gate
    return await asyncio.gather(*works)


@contextlib.asynccontextmanager
async def manager(work):
    yield 1
    await work


async def uses_manager(gate):
    async with manager(owned("context manager", job())):
        await gate


async def numbers(gate):
    yield 1
    await gate
    yield 2


async def loops_over(gate):
    async for _ in numbers(gate):
        pass


async def in_group(gate):
    async with asyncio.TaskGroup() as group:
        group.create_task(parked(gate))
        group.create_task(job())


def blocks(work):
    GATE.wait()
    asyncio.run(work)


def run_second_loop(ready):
    async def second():
        loop = asyncio.get_running_loop()
        gate = loop.create_future()
        KEEP.extend([loop.create_task(parked(gate)), loop.create_task(awaits_local(gate))])
        loop.call_later(100000, loop.create_task, owned("timer of the second loop", job()))
        await asyncio.sleep(0)
        ready.set()
        await gate

    asyncio.run(second())


async def start_everything(loop):
    gate = loop.create_future()

    wrapped = owned("wrapper", job()).__await__()
    KEEP.append(wrapped)

    starting = [
        parked(gate),
        awaits_local(gate),
        awaits_argument(owned("argument", job()), gate),
        awaits_from_list(gate),
        awaits_by_gather(gate),
        uses_manager(gate),
        loops_over(gate),
        asyncio.wait_for(parked(gate), 100000),
    ]
    if sys.version_info >= (3, 11):
        starting.append(in_group(gate))
    KEEP.extend([loop.create_task(coroutine) for coroutine in starting])
    KEEP.append(asyncio.shield(parked(gate)))
    KEEP.append(asyncio.gather(parked(gate), parked(gate), return_exceptions=True))
    KEEP.append(asyncio.tasks._PyTask(parked(gate), loop=loop))
    if sys.version_info >= (3, 12):
        KEEP.append(asyncio.eager_task_factory(loop, parked(gate), name="eager"))

    for begun in (True, False):
        jobs = hands_out(owned("variable of a generator, begun: %s" % begun, job()))
        if begun:
            next(jobs)
        KEEP.append(jobs)

    loop.call_later(100000, loop.create_task, owned("timer", job()))
    loop.call_later(100000, functools.partial(loop.create_task, owned("partial in a timer", job())))
    work = owned("closure of a timer", job())
    loop.call_later(100000, lambda: loop.create_task(work))
    follow_up = owned("closure of a done callback", job())
    gate.add_done_callback(lambda _: loop.create_task(follow_up))
    KEEP.append(loop.run_in_executor(None, blocks, owned("executor", job())))

    ready = threading.Event()
    threading.Thread(target=run_second_loop, args=(ready,), name="second loop", daemon=True).start()
    await loop.run_in_executor(None, ready.wait)
    for _ in range(5):
        await asyncio.sleep(0)
    gc.collect()


def schedule_without_running(loop):
    """What a loop has to do next when one of its callbacks blocks: nothing of this has begun."""
    gate = loop.create_future()
    KEEP.append(loop.create_task(owned("task not started", job())))
    KEEP.append(asyncio.tasks._PyTask(owned("Python task not started", job()), loop=loop))
    KEEP.append(loop.create_task(asyncio.wait_for(owned("argument of wait_for not started", job()), 100000)))
    owned("wait_for not started", KEEP[-1].get_coro())
    KEEP.append(asyncio.shield(owned("shield not started", job()), **old_loop(loop)))
    KEEP.append(asyncio.gather(owned("gather not started", job(1)), owned("gather not started", job(2)), **old_loop(loop)))
    KEEP.append(loop.create_task(awaits_argument(owned("argument not started", job()), gate)))
    owned("task with an argument not started", KEEP[-1].get_coro())
    loop.call_soon(loop.create_task, owned("ready handle", job()))
    done = loop.create_future()
    done.add_done_callback(functools.partial(lambda work, _: loop.create_task(work), owned("done callback", job())))
    done.set_result(None)
    work = owned("run_coroutine_threadsafe", job())
    other = threading.Thread(target=lambda work: KEEP.append(asyncio.run_coroutine_threadsafe(work, loop)), args=(work,))
    other.start()
    other.join()


def old_loop(loop):
    """`gather` and `shield` need the loop said before 3.10, when no task is running."""
    return {"loop": loop} if sys.version_info < (3, 10) else {}


def hands_out(work):
    yield None
    yield work


async def consume(queue):
    while True:
        work = await queue.get()
        await asyncio.sleep(0.005)  # slower than the producers, so that the queue is always full
        await work


async def consume_slowly(queue):
    while True:
        work = await queue.get()
        await asyncio.sleep(100000)
        await work


class Worker:
    def __init__(self, queue):
        self.jobs = queue

    async def run(self):
        while True:
            work = await self.jobs.get()
            await asyncio.sleep(100000)
            await work


async def produce(queue):
    while True:
        await queue.put(job())
        await asyncio.sleep(0.001)


def blocked(loop):
    schedule_without_running(loop)
    gc.collect()
    serve()


async def main():
    loop = asyncio.get_running_loop()
    if MODE == "slow":
        for number, consumer in enumerate((consume_slowly, lambda queue: Worker(queue).run())):
            queue = asyncio.Queue()
            for _ in range(5):
                queue.put_nowait(owned("slow queue %d" % number, job()))
            KEEP.append(loop.create_task(consumer(queue)))
        await asyncio.sleep(0)
        gc.collect()
    elif MODE == "queue":
        queue = asyncio.Queue(8)
        KEEP.extend([loop.create_task(produce(queue)), loop.create_task(produce(queue)), loop.create_task(consume(queue))])
    else:
        await start_everything(loop)
    if MODE == "blocked":
        loop.call_soon(blocked, loop)
    else:
        serve_on(loop)
    await loop.create_future()


asyncio.run(main())
