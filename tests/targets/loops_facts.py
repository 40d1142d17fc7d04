"""Loops in every state, in threads with names; tasks in contexts of every size."""
import _thread
import asyncio
import contextvars
import sys
import threading

from truth import EXTRA, serve_in_thread

KEEP = []
LOOPS = {}
CONTEXTS = {}
CREATED = {}
EXTRA.update(loops=LOOPS, contexts=CONTEXTS, created=CREATED)
if len(sys.argv) > 1:  # tasks written in Python
    asyncio.Task = asyncio.tasks.Task = asyncio.tasks._PyTask


async def parked(gate):
    await gate


def describe(loop, label, **facts):
    LOOPS[label] = dict(facts, address=id(loop))
    KEEP.append(loop)


def run(label, ready, configure):
    loop = asyncio.new_event_loop()
    facts = configure(loop)

    async def main():
        task = loop.create_task(parked(loop.create_future()))
        line = sys._getframe().f_lineno - 1
        KEEP.append(task)
        await asyncio.sleep(0)
        if loop.get_debug():
            CREATED[str(id(task))] = [line, "main"]
        describe(loop, label, running=True, closed=False, ident=threading.get_ident(), **facts)
        loop.call_soon(ready.set)
        await loop.create_future()

    loop.run_until_complete(main())


def plain(loop):
    KEEP.append(loop.call_later(1000, print))
    return {"debug": False, "slow": 0.1, "timers": 1, "due": 1000}


def debugged(loop):
    loop.set_debug(True)
    loop.slow_callback_duration = 0.25
    return {"debug": True, "slow": 0.25, "timers": 0, "due": None}


def with_cancelled_timers(loop):
    for delay in (100, 2000, 1500):
        KEEP.append(loop.call_later(delay, print))
    KEEP[-3].cancel()
    loop.slow_callback_duration = 2
    # The loop drops what was cancelled when it comes to the front.
    return {"debug": False, "slow": 2.0, "timers": 2, "due": 1500}


def start_loops():
    for label, configure in (("plain", plain), ("debugged", debugged), ("third, 名", with_cancelled_timers)):
        ready = threading.Event()
        threading.Thread(target=run, args=(label, ready, configure), name=label, daemon=True).start()
        ready.wait()


def stand_still():
    for label in ("open", "closed"):
        loop = asyncio.new_event_loop()
        KEEP.append(loop.create_task(parked(loop.create_future())))
        loop.run_until_complete(asyncio.sleep(0))
        facts = {"debug": False, "slow": 0.1, "timers": 0, "due": None, "ident": None}
        if label == "closed":
            loop.close()
        else:  # a loop that does not run drops nothing
            facts.update(with_cancelled_timers(loop), timers=3)
        describe(loop, label, running=False, closed=label == "closed", **facts)


class SlowLoop(asyncio.SelectorEventLoop):
    """Has the setting in its class."""

    slow_callback_duration = 0.75


def class_attribute():
    loop = SlowLoop()
    del loop.slow_callback_duration
    KEEP.append(loop.create_task(parked(loop.create_future())))
    facts = {"debug": False, "slow": 0.75, "timers": 0, "due": None, "ident": None}
    describe(loop, "class", running=False, closed=False, **facts)


class Plain:
    pass


VALUES = [1, "text", b"\x00by\xfftes", None, 2.5, (1, 2), [1, [2, [3, [4]]]], {"key": {"inner": 1}}, {7}, frozenset(), set()]


class Name(str):
    """A name whose hash makes that of its variable what we want, if the variable lies where we think."""

    def __hash__(self):
        pointer = Name.address
        rotated = (pointer >> 4) | ((pointer & 15) << 60)
        mixed = rotated ^ Name.wanted
        return mixed - (1 << 64) if mixed >> 63 else mixed


def colliding(count, wanted=0x1234567):
    """Variables of one hash, which end in collision nodes."""
    found = []
    Name.wanted = wanted
    for attempt in range(10000):
        probe = contextvars.ContextVar("probe")
        Name.address = id(probe)
        del probe
        variable = contextvars.ContextVar(Name("colliding %d" % len(found)))
        if hash(variable) == wanted:
            found.append(variable)
            if len(found) == count:
                return found
        else:
            KEEP.append(variable)
    raise AssertionError("no collisions")


def put(loop, label, context):
    """A task in this context."""
    task = context.run(loop.create_task, parked(loop.create_future()))
    KEEP.append((task, context))
    CONTEXTS[label] = {"task": id(task), "values": {var.name: repr(value) for var, value in context.items()}}


def contexts():
    loop = asyncio.new_event_loop()
    KEEP.append(loop)
    empty = contextvars.Context()
    put(loop, "none", empty)
    variables = [contextvars.ContextVar("variable %d" % number) for number in range(100)]
    one = empty.copy()
    one.run(variables[0].set, "only")
    put(loop, "one", one)
    many = one.copy()
    for number, variable in enumerate(variables):
        many.run(variable.set, VALUES[number % len(VALUES)] if number < 20 else number)
    put(loop, "hundred", many)
    nested = many.copy()
    nested.run(variables[50].set, "changed")
    put(loop, "nested", nested)
    collisions = one.copy()
    for number, variable in enumerate(colliding(3)):
        collisions.run(variable.set, number)
    put(loop, "collisions", collisions)
    instance = empty.copy()
    instance.run(contextvars.ContextVar("instance").set, Plain())
    instance.run(contextvars.ContextVar("class").set, Plain)
    put(loop, "instance", instance)


def without_name(started, stop):
    EXTRA["dummy"] = [threading.get_ident(), threading.current_thread().name]
    started.release()
    stop.acquire()


start_loops()
stand_still()
class_attribute()
contexts()
started, stop = _thread.allocate_lock(), _thread.allocate_lock()
started.acquire()
stop.acquire()
_thread.start_new_thread(without_name, (started, stop))
started.acquire()
names = {str(thread.ident): thread.name for thread in threading.enumerate()}
names[str(EXTRA["dummy"][0])] = EXTRA["dummy"][1]
EXTRA["threads"] = names
EXTRA["native"] = {str(thread.ident): thread.native_id for thread in threading.enumerate() if hasattr(thread, "native_id")}
serve_in_thread()
threading.Event().wait()
