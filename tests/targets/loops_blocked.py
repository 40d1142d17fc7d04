"""A loop that does not get out of a callback, in the way its first argument says; or one that does. The rest of the arguments are
`python` (tasks written in Python) and `uvloop`."""
import asyncio
import gc
import hashlib
import re
import sys
import threading
import time

from truth import EXTRA, leak, serve_in_thread

WAY = sys.argv[1]
KEEP = []


async def fetch(number):
    return number


async def parked(gate):
    await gate


def in_sleep():
    if WAY == "overdue":
        time.sleep(0.1)  # until the timer is
    serve_in_thread()
    time.sleep(3600)


def in_c_code():
    serve_in_thread()
    hashlib.pbkdf2_hmac("sha256", b"x", b"y", 2_000_000_000)


def in_c_code_with_the_lock():
    serve_in_thread()
    re.match("(a+)+b", "a" * 64)  # tries 2**64 ways, and nobody else runs meanwhile


def in_a_lock():
    lock = threading.Lock()
    lock.acquire()
    serve_in_thread()
    lock.acquire()


def step(number):
    return number + 1


def in_python():
    serve_in_thread()
    number = 0
    while True:
        number = step(number)


BLOCK = {
    "sleep": in_sleep,
    "c": in_c_code,
    "regex": in_c_code_with_the_lock,
    "lock": in_a_lock,
    "python": in_python,
    "callback": in_sleep,
    "alone": in_sleep,
    "overdue": in_sleep,
    "cancelled": in_sleep,
    "forgotten": in_sleep,
}.get(WAY)


async def handler():
    BLOCK()


async def busy():
    """Takes all the time there is, in small pieces."""
    while True:
        end = time.perf_counter() + 0.0005
        while time.perf_counter() < end:
            step(0)
        await asyncio.sleep(0)


async def main():
    loop = asyncio.get_running_loop()
    EXTRA["loop"] = id(loop)
    KEEP.append([loop.create_task(parked(loop.create_future())) for _ in range(3)])
    await asyncio.sleep(0)
    if WAY == "idle":
        serve_in_thread()
    elif WAY == "busy":
        KEEP.append([loop.create_task(busy()) for _ in range(3)])
        await asyncio.sleep(0.01)
        serve_in_thread()
    else:
        if WAY == "forgotten":
            KEEP.append(leak("list", fetch(0)))
            gc.collect()
        if WAY == "overdue":
            KEEP.append([loop.call_later(0.05, print), loop.call_later(3600, print)])
        if WAY == "callback":
            loop.call_soon(BLOCK)
        else:
            task = loop.create_task(handler())
            EXTRA["task"] = id(task)
            KEEP.append(task)
        if WAY == "cancelled":
            for _ in range(3):
                loop.call_soon(print).cancel()
        elif WAY not in ("alone", "overdue"):
            for _ in range(7):
                loop.call_soon(print)
    await loop.create_future()


if "python" in sys.argv[2:]:
    asyncio.Task = asyncio.tasks.Task = asyncio.tasks._PyTask
if "uvloop" in sys.argv[2:]:
    import uvloop

    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
loop = asyncio.new_event_loop()
loop.run_until_complete(main())
