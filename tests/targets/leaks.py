"""Coroutines that were called and never awaited, one in each kind of holder, beside things that only look like it.

Argument `cycle` adds one that nothing can reach any more (and switches the collector off, so that it stays).
"""
import asyncio
import collections
import gc
import sys
import types

from truth import FROZEN, leak, serve_on


async def in_frozen():
    pass


async def in_list(number):
    await asyncio.sleep(number)


async def in_dict(key, value=None):
    await asyncio.sleep(0)
    return key, value


async def in_tuple(*args, **kwargs):
    return args, kwargs


async def in_set():
    pass


async def in_deque(number):
    return number


async def in_attribute():
    pass


async def in_slot():
    pass


async def in_closure():
    pass


async def in_global():
    pass


async def in_default():
    pass


async def in_local():
    pass


async def in_cycle():
    pass


async def original_name():
    pass


# First of all: gc.freeze() hides everything that exists by then.
FROZEN.append(leak("frozen", in_frozen()))
gc.freeze()


class Service:
    """Forgets to await its own methods."""

    def __init__(self):
        self.pending = leak("attribute", in_attribute())
        self.sent = [leak("method", self.send(1)), leak("method", self.send(2))]
        self.made = [leak("class method", self.connect()), leak("static method", self.ping())]

    async def send(self, message):
        await asyncio.sleep(message)

    @classmethod
    async def connect(cls):
        return cls

    @staticmethod
    async def ping():
        pass


class Slotted:
    __slots__ = ("job",)


def remember():
    job = leak("closure", in_closure())

    def later():
        return job

    return later


def make_default(job=leak("default", in_default())):
    return job


def nested():
    async def inner(number):
        return number

    return [leak("nested", inner(number)) for number in range(2)]


def renamed():
    job = leak("renamed", original_name())
    job.__qualname__ = "Renamed.on_purpose"
    job.__name__ = "on_purpose"
    return job


@types.coroutine
def generator_based(value):
    yield value


async def numbers():
    for number in range(3):
        yield number


async def holds_local(gate):
    kept = leak("local", in_local())  # never touched again
    await gate
    return None


async def awaits(gate):
    await gate


async def awaits_awaits(gate):
    await awaits(gate)


async def finishes():
    return 1


LIST, DICT, TUPLE, SET, DEQUE = [], {}, (), set(), collections.deque()
GLOBAL = None
KEEP = []  # what is no leak


async def in_queue():
    pass


async def only_puts(queue, gate):
    """A producer whose consumer has died: it holds the queue, and will never take anything out of it."""
    while True:
        await gate
        queue.put_nowait(None)


def build(loop):
    global TUPLE, GLOBAL
    LIST.extend([leak("list", in_list(number)) for number in range(3)])
    DICT["one"] = leak("dict", in_dict("one"))
    DICT[2] = leak("dict", in_dict(2, value="two"))
    TUPLE = (1, leak("tuple", in_tuple(1, 2, three=3)), "x")
    SET.add(leak("set", in_set()))
    DEQUE.extend([leak("deque", in_deque(number)) for number in range(70)])
    GLOBAL = leak("global", in_global())
    slotted = Slotted()
    slotted.job = leak("slot", in_slot())
    call = lambda: leak("lambda", in_list(9))  # noqa: E731
    queue = asyncio.Queue()
    queue.put_nowait(leak("queue", in_queue()))
    KEEP.append(loop.create_task(only_puts(queue, loop.create_future())))
    LIST.extend([slotted, Service(), remember(), nested(), renamed(), call()])

    # Not leaks: generators (of either kind), async generators, and coroutines that are suspended, finished or closed.
    gate = loop.create_future()
    suspended_generator = generator_based(2)
    next(suspended_generator)
    suspended = awaits_awaits(loop.create_future())  # its own: a future that was sent by hand can't be awaited by a task
    suspended.send(None)
    closed = finishes()
    closed.close()
    finished = finishes()
    try:
        finished.send(None)
    except StopIteration:
        pass
    started = numbers()
    try:
        started.asend(None).send(None)
    except StopIteration:
        pass
    KEEP.extend([generator_based(1), suspended_generator, numbers(), started, suspended, closed, finished])
    KEEP.extend([loop.create_task(holds_local(gate)), loop.create_task(awaits_awaits(gate))])


def build_cycle():
    gc.disable()
    cycle = [leak("cycle", in_cycle())]
    cycle.append(cycle)


async def main():
    loop = asyncio.get_running_loop()
    build(loop)
    await asyncio.sleep(0)  # the tasks have begun
    await asyncio.sleep(0)
    gc.collect()
    if "cycle" in sys.argv[1:]:
        build_cycle()
    serve_on(loop)
    await loop.create_future()


asyncio.run(main())
