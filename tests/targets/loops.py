"""Two loops in two threads, each with tasks and with coroutines that were forgotten."""
import asyncio
import gc
import threading

from truth import EXTRA, leak, serve_on

KEEP = []


async def fetch(number):
    return number


async def parked(gate):
    await gate


async def holds_local(gate, label):
    kept = leak(label, fetch(0))  # never touched again
    await gate
    return None


def start(loop, label):
    gate = loop.create_future()
    KEEP.append([leak(label, fetch(number)) for number in range(2)])
    KEEP.append([loop.create_task(parked(gate)) for _ in range(3)])
    KEEP.append(loop.create_task(holds_local(gate, label + " local")))
    return gate


def run_second(ready):
    async def second():
        loop = asyncio.get_running_loop()
        gate = start(loop, "second")
        await asyncio.sleep(0)
        EXTRA["loops"] = [id(loop)]
        ready.set()
        await gate

    asyncio.run(second())


async def main():
    loop = asyncio.get_running_loop()
    ready = threading.Event()
    threading.Thread(target=run_second, args=(ready,), name="second loop", daemon=True).start()
    ready.wait()
    gate = start(loop, "first")
    await asyncio.sleep(0)
    EXTRA["loops"].append(id(loop))
    gc.collect()
    serve_on(loop)
    await gate


asyncio.run(main())
