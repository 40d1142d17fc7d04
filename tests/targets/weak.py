"""Tasks that nothing holds, and their twins that somebody does. CPython 3.8 to 3.15.

`weak`: label -> addresses of tasks that only their own island holds; `strong`: those that are held otherwise. The collector is off,
or else it would end the first kind; with the word `collecting` it is on, and has nothing to do yet.
"""
import asyncio
import contextvars
import functools
import gc
import socket
import sys
import threading
import weakref

import truth

WEAK = {}
STRONG = {}
KEPT = []  # what the twins are held by
LINES = {}


def weak(label, task):
    WEAK.setdefault(label, []).append(id(task))


def strong(label, task):
    STRONG.setdefault(label, []).append(id(task))


async def waits_for(future):
    await future


async def waits_for_own():
    await asyncio.get_running_loop().create_future()


async def waits_deeper(depth):
    if depth:
        return await waits_deeper(depth - 1)
    local = {"self": [asyncio.current_task()]}
    await asyncio.get_running_loop().create_future()
    return local


async def waits_in_handler():
    try:
        raise ValueError
    except ValueError:
        await asyncio.get_running_loop().create_future()


async def waits_for_event(event):
    await event.wait()


async def waits_for_queue(queue):
    await queue.get()


async def waits_for_children():
    await asyncio.gather(waits_for_own(), waits_for_own())


async def waits_for_child():
    await asyncio.ensure_future(waits_for_own())


async def keeps_children(children):
    for _ in range(2):
        children.append(asyncio.ensure_future(waits_for_own()))
    await asyncio.wait(children)


async def iterates():
    async def items():
        yield await asyncio.get_running_loop().create_future()

    async for _ in items():
        pass


class Worker:
    """Holds its task, and is held by it."""

    def __init__(self):
        self.event = asyncio.Event()
        self.task = asyncio.ensure_future(self.run())

    async def run(self):
        await self.event.wait()


class SlottedWorker:
    __slots__ = ("event", "task", "__weakref__")

    def __init__(self):
        self.event = asyncio.Event()
        self.task = asyncio.ensure_future(self.run())

    async def run(self):
        await self.event.wait()


async def make(loop):
    weak("own future", loop.create_task(waits_for_own()))
    for _ in range(5):
        weak("several", loop.create_task(waits_for_own()))
    weak("deeper", loop.create_task(waits_deeper(4)))
    weak("in a handler", loop.create_task(waits_in_handler()))
    weak("own event", loop.create_task(waits_for_event(asyncio.Event())))
    weak("own queue", loop.create_task(waits_for_queue(asyncio.Queue())))
    weak("children", loop.create_task(waits_for_children()))
    weak("child", loop.create_task(waits_for_child()))
    weak("kept children", loop.create_task(keeps_children([])))
    weak("iterates", loop.create_task(iterates()))
    weak("in Python", asyncio.tasks._PyTask(waits_for_own(), loop=loop))
    shared = asyncio.Event()
    for _ in range(3):
        weak("shared event", loop.create_task(waits_for_event(shared)))
    del shared
    worker = Worker()
    weak("worker", worker.task)
    weakly = weakref.ref(worker)
    KEPT.append(weakly)
    worker = SlottedWorker()
    weak("slotted worker", worker.task)
    del worker
    task = loop.create_task(waits_for_own())
    task.add_done_callback(functools.partial(print, [task]))
    weak("its own callback", task)
    task = loop.create_task(waits_for_own())
    KEPT.append(weakref.WeakSet([task]))
    KEPT.append(weakref.WeakValueDictionary(a=task))
    weak("a WeakSet", task)
    del task

    task = loop.create_task(waits_for_own())
    KEPT.append({task})
    strong("in a set", task)
    future = loop.create_future()
    KEPT.append(future)
    strong("future kept", loop.create_task(waits_for(future)))
    strong("deeper, awaited by a kept task", loop.create_task(waits_for(future)))
    strong("sleeps", loop.create_task(asyncio.sleep(1000)))
    strong("with a timeout", loop.create_task(asyncio.wait_for(loop.create_future(), 1000)))
    event = asyncio.Event()
    KEPT.append(lambda: event)
    strong("event in a closure", loop.create_task(waits_for_event(event)))
    queue = asyncio.Queue()
    KEPT.append(queue.put_nowait)
    strong("queue in a bound method", loop.create_task(waits_for_queue(queue)))
    child = asyncio.ensure_future(asyncio.sleep(1000))
    strong("child sleeps", loop.create_task(waits_for(child)))
    strong("gather of sleepers", loop.create_task(waits_for(asyncio.gather(asyncio.sleep(1000), asyncio.sleep(1000)))))
    strong("gather with one sleeper", loop.create_task(waits_for(asyncio.gather(waits_for_own(), asyncio.sleep(1000)))))
    children = []
    KEPT.append(children)
    strong("children kept", loop.create_task(keeps_children(children)))
    worker = Worker()
    KEPT.append(worker)
    strong("worker kept", worker.task)
    worker = SlottedWorker()
    KEPT.append(iter([worker]))
    strong("worker in an iterator", worker.task)
    variable = contextvars.ContextVar("variable")
    context = contextvars.copy_context()
    context.run(variable.set, loop.create_task(waits_for_own()))
    KEPT.append(context)
    strong("in a context", context[variable])
    one, other = socket.socketpair()
    for end in (one, other):
        end.setblocking(False)
    strong("reads a socket", loop.create_task(loop.sock_recv(one, 1)))
    KEPT.append(other)
    strong("in a thread", loop.create_task(waits_for(loop.run_in_executor(None, threading.Event().wait, 1000))))
    task = loop.create_task(waits_for_own())
    loop.call_later(1000, print, task)
    strong("in a timer", task)
    task = loop.create_task(waits_for_own())
    threading.Thread(target=lambda kept: threading.Event().wait(), args=(task,), daemon=True).start()
    strong("in a thread's frame", task)
    task = loop.create_task(waits_for_own())
    suspended = keeps(task)
    next(suspended)
    KEPT.append(suspended)
    strong("in a generator", task)
    del task
    await asyncio.sleep(0.05)


def keeps(task):
    yield
    print(task)


def main():
    gc.collect()
    if "collecting" in sys.argv:
        gc.set_threshold(1 << 20)
    else:
        gc.disable()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(make(loop))
    truth.EXTRA.update(weak=WEAK, strong=STRONG)
    truth.serve_on(loop, {"collect": lambda: {"collected": gc.collect()}})
    loop.run_forever()


main()
