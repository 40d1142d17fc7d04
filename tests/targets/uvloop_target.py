"""A loop that is not asyncio's own: handles and timers live in C structures of uvloop."""
import asyncio
import functools
import gc

import uvloop

from truth import leak, owned, serve_on

KEEP = []


async def fetch(number):
    return number


async def parked(gate):
    await gate


async def main():
    loop = asyncio.get_running_loop()
    gate = loop.create_future()
    KEEP.append([leak("list", fetch(number)) for number in range(4)])
    KEEP.append([loop.create_task(parked(gate)) for _ in range(3)])
    loop.call_later(100000, loop.create_task, owned("timer", fetch(1)))
    loop.call_later(100000, functools.partial(loop.create_task, owned("partial in a timer", fetch(2))))
    await asyncio.sleep(0)
    gc.collect()
    serve_on(loop)
    await gate


uvloop.install()
asyncio.run(main())
