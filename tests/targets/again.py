"""Forgets coroutines when it is told to, and lets go of them again. CPython 3.8 to 3.15.

`leak N` forgets N more, `collect` runs the collector, `finish N` awaits the last N, `drop` closes all that are left; each answers with
the truth of then. The collector is off: what is new stays in its youngest generation until `collect`.
"""
import asyncio
import gc

import truth

KEPT = []


async def forgotten(number):
    return number


async def waits():
    await asyncio.get_running_loop().create_future()


def leak(number):
    KEPT.extend(truth.leak("list", forgotten(each)) for each in range(int(number)))
    return truth.truth()


def collect():
    gc.collect()
    return truth.truth()


def finish(number):
    for _ in range(int(number)):
        coroutine = KEPT.pop()
        truth.LEAKS["list"].remove(id(coroutine))
        try:
            coroutine.send(None)
        except StopIteration:
            pass
    return truth.truth()


def drop():
    truth.LEAKS.clear()
    while KEPT:
        KEPT.pop().close()
    return truth.truth()


async def main():
    gc.disable()
    tasks = [asyncio.ensure_future(waits()) for _ in range(3)]
    leak(5)
    gc.collect()
    truth.serve_on(asyncio.get_running_loop(), {"leak": leak, "collect": collect, "finish": finish, "drop": drop})
    await asyncio.gather(*tasks)


asyncio.run(main())
