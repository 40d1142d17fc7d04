"""Coroutines that only a loop of uvloop holds, whose handles are C structures. `held`: addresses by name."""
import asyncio

import truth
import uvloop

HELD = {}


async def job():
    pass


def held(name):
    coroutine = job()
    HELD[name] = id(coroutine)
    return coroutine


async def main():
    loop = asyncio.get_running_loop()
    loop.call_later(1e5, print, held("argument of a timer"))
    loop.call_later(1e5, held("callback of a timer").close)
    truth.EXTRA["held"] = HELD
    truth.serve_on(loop)
    await loop.create_future()


uvloop.install()
asyncio.run(main())
