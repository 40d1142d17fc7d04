"""Two loops that create coroutines when asked, and threads that start, ask and end when told to.

Argument `debug`: the loop of the main thread runs in debug mode. Arguments `depth N`: the main thread tracks origins from the start.
Commands: `make` makes a coroutine in each loop and tells its address and `cr_origin`; `depths` tells the depth of both threads;
`churn N` runs N threads one after the other, each of which makes a coroutine; `start` a thread that stays and answers to `make`;
`fork` a child that lives as long as we do; `set_depth N` sets
that of the main thread.
"""
import asyncio
import os
import queue
import sys
import threading
import time

from truth import EXTRA, leak, serve_on

KEEP = []
LOOPS = {}
EXTRA_THREADS = []


async def fetch(number):
    return number


def create(number):
    return fetch(number)


def facts(coroutine):
    KEEP.append(coroutine)
    origin = coroutine.cr_origin
    return {"address": id(coroutine), "origin": None if origin is None else [list(frame) for frame in origin]}


def make_here(label):
    return facts(leak(label, create(0)))


def in_loop(loop, function, *arguments):
    done = queue.Queue()
    loop.call_soon_threadsafe(lambda: done.put(function(*arguments)))
    return done.get(timeout=60)


def make():
    made = {"first": make_here("first"), "second": in_loop(LOOPS["second"], make_here, "second")}
    for number, (ask, answer) in enumerate(EXTRA_THREADS):
        ask.put(None)
        made["thread %d" % number] = answer.get(timeout=60)
    return made


def depths():
    read = sys.get_coroutine_origin_tracking_depth
    return {"first": read(), "second": in_loop(LOOPS["second"], read)}


def start():
    ask, answer = queue.Queue(), queue.Queue()

    def run():
        while True:
            ask.get()
            answer.put(make_here("thread"))

    threading.Thread(target=run, name="extra", daemon=True).start()
    EXTRA_THREADS.append((ask, answer))
    return {"threads": threading.active_count()}


def churn(count):
    made = []

    def run():
        time.sleep(0.001)
        made.append(create(1))

    for _ in range(int(count)):
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    armed = sum(coroutine.cr_origin is not None for coroutine in made)
    for coroutine in made:
        coroutine.close()
    return {"made": len(made), "with_origin": armed}


def fork():
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        while os.getppid() == parent:
            time.sleep(0.05)
        os._exit(0)
    return {"child": pid}


def set_depth(depth):
    sys.set_coroutine_origin_tracking_depth(int(depth))
    return {"depth": int(depth)}


def run_second(ready):
    async def second():
        LOOPS["second"] = asyncio.get_running_loop()
        ready.set()
        await asyncio.get_running_loop().create_future()

    asyncio.run(second())


async def main():
    ready = threading.Event()
    threading.Thread(target=run_second, args=(ready,), name="second loop", daemon=True).start()
    ready.wait()
    EXTRA["line"] = create.__code__.co_firstlineno + 1
    EXTRA["file"] = create.__code__.co_filename
    commands = {"make": make, "depths": depths, "churn": churn, "start": start, "fork": fork, "set_depth": set_depth}
    loop = asyncio.get_running_loop()
    serve_on(loop, commands)
    await loop.create_future()


if sys.argv[1:2] == ["depth"]:
    sys.set_coroutine_origin_tracking_depth(int(sys.argv[2]))
asyncio.run(main(), debug=sys.argv[1:2] == ["debug"])
