"""Objects of which it is asked who holds them. CPython 3.8 to 3.15.

`objects`: name, address. What holds them is written down in `tests/live_why.rs`.
"""
import asyncio
import ctypes
import gc
import sys
import threading
import types

import truth

gc.disable()  # the garbage is to stay

OBJECTS = {}
PENDING = []
SHARED = [None]


def named(name, item):
    OBJECTS[name] = id(item)
    return item


class Pool:
    kept = {}

    def __init__(self):
        self.jobs = []


POOL = Pool()


async def fetch(url):
    pass


async def notify(user, mail):
    pass


async def many(first, second=None):
    pass


async def counted():
    pass


async def stored():
    pass


async def local():
    pass


async def of_task():
    pass


def text(size):
    return "".join(str(i) for i in range(size))


def in_thread(started):
    here = [named("in a running frame", local())]
    started.set()
    threading.Event().wait()
    print(here)


async def works(started):
    mine = {"k": named("in a frame of a task", of_task())}
    started.set()
    await asyncio.Event().wait()
    print(mine)


def elsewhere(module):
    """A function of the same name in another module."""
    space = types.ModuleType(module)
    sys.modules[module] = space
    exec("async def send(): pass\nKEPT = [send()]\n", space.__dict__)


async def main():
    for i in range(3):
        PENDING.append(named("fetch %d" % i, fetch(i)))
    named("list", PENDING)
    both = named("held twice", many([text(1000) for _ in range(5)], second=SHARED))
    Pool.kept["key"] = both
    POOL.jobs.append(both)
    del both
    POOL.last = named("attribute", notify(1, text(1000)))
    global COUNTED
    COUNTED = named("counted once more", counted())
    POOL.stored = stored()
    named("stored", POOL.stored)
    # A reference that no memory shows.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(COUNTED))
    elsewhere("one")
    elsewhere("two")
    circle = {}
    circle["self"] = circle
    named("garbage", circle)
    del circle
    started = threading.Event()
    threading.Thread(target=in_thread, args=(started,), daemon=True).start()
    started.wait()
    begun = asyncio.Event()
    task = asyncio.ensure_future(works(begun))
    await begun.wait()
    named("task", task)
    truth.EXTRA["objects"] = OBJECTS
    truth.serve_on(asyncio.get_running_loop())
    await asyncio.Event().wait()
    print(task)


asyncio.run(main())
