"""Creates and awaits far more than 100 000 coroutines a second, beside some that are forgotten for good.

Arguments: number of forgotten coroutines (default 5).
"""
import asyncio
import sys
import time

from truth import Heartbeat, leak, serve_in_thread

PARKED = []
CREATED = [0]
HEART = Heartbeat()


async def noop():
    pass


async def relay(work):
    return await work


async def parked(number):
    return number


async def churn(loop):
    """Short lives of several kinds: awaited at once, handed on, kept in a list for a moment, made into tasks."""
    while True:
        for _ in range(2000):
            await noop()
        for _ in range(300):
            await relay(noop())
        for _ in range(20):
            works = [noop() for _ in range(10)]
            for work in works:
                await work
        await asyncio.gather(*[noop() for _ in range(20)])
        CREATED[0] += 2000 + 600 + 200 + 20
        await asyncio.sleep(0)


def rate():
    """Coroutines created per second, over a tenth of a second."""
    start, created = time.monotonic(), CREATED[0]
    time.sleep(0.1)
    return {"per_second": int((CREATED[0] - created) / (time.monotonic() - start))}


async def main():
    for number in range(int(sys.argv[1]) if len(sys.argv) > 1 else 5):
        PARKED.append(leak("parked", parked(number)))
    serve_in_thread({"rate": rate, "heart": HEART.take})
    await churn(asyncio.get_running_loop())


asyncio.run(main())
