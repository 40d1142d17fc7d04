"""Thousands of tasks (the argument says how many) in a loop of the main thread: most wait for a queue below a few coroutines, some for a
time, some for other tasks, one for a tenth of all. A hundred coroutines are forgotten beside them, so that a look has something to
confirm. Answers from a thread, so that no task runs."""
import asyncio
import gc
import sys
import threading

from truth import COUNTS, Heartbeat, leak, serve

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
KEEP = []
FORGOTTEN = []


async def receive(queue):
    return await queue.get()


async def handle(queue):
    return await receive(queue)


async def worker(queue):
    while True:
        await handle(queue)


async def waits(task):
    await task


async def sleeps():
    await asyncio.sleep(100_000)


async def gathers(tasks):
    await asyncio.gather(*tasks)


async def main():
    loop = asyncio.get_running_loop()
    queues = [asyncio.Queue() for _ in range(100)]
    gathered = COUNT // 10
    for number in range(COUNT - 2):  # the rest: this one, and the one that gathers
        kind = number % 10
        if kind < 7 or number < gathered:
            coroutine = worker(queues[number % len(queues)])
        elif kind < 9:
            coroutine = sleeps()
        else:
            coroutine = waits(KEEP[-1])
        KEEP.append(loop.create_task(coroutine))
    KEEP.append(loop.create_task(gathers(KEEP[:gathered])))
    FORGOTTEN.extend(leak("list", sleeps()) for _ in range(100))
    for _ in range(5):
        await asyncio.sleep(0)
    gc.collect()
    heart = Heartbeat()
    commands = {"heart": heart.take, "count": lambda: {"tasks": len(KEEP) + 1, "replies": COUNTS["replies"]}}
    threading.Thread(target=serve, args=(commands,), name="commands", daemon=True).start()
    await loop.create_future()


asyncio.run(main())
