"""One coroutine held in each of many ways, and how a person would say it. CPython 3.8 to 3.15.

`ways`: the name of the way and of the coroutine's function, the address of the coroutine, the address of the object that holds it
(where that is an object the target can name), the words that the path to it ends with, and the referrers that the collector knows.
`by` is what it is held by: `objects`, `c` (memory that only C code knows the structure of), or `nothing` but itself. `many`: coroutines
that are held alike, and what that comes to in words. The command `referents` tells what the collector visits in objects.
"""
import asyncio
import atexit
import collections
import concurrent.futures
import contextvars
import ctypes
import enum
import functools
import gc
import itertools
import logging
import os
import queue
import sys
import threading
import types
import unittest.mock
import weakref

import truth

WAYS = []
FILE = os.path.basename(__file__)
STARTED = []  # threads that stand where they are to stand


def made(name):
    """A coroutine that was never started, of a function of its own."""
    line = len(WAYS) + len(NAMES) + 1
    NAMES.append(name)
    space = {"__name__": "holders"}
    exec(compile("\n" * line + "async def %s(): pass" % name, "/ways/holders.py", "exec"), space)
    return space[name]()


NAMES = []


def way(coroutine, *words, holder=None, by="objects"):
    """Notes that a coroutine is held, and no reference to it."""
    WAYS.append({
        "name": coroutine.__qualname__,
        "coroutine": id(coroutine),
        "holder": None if holder is None else id(holder),
        "words": list(words),
        "by": by,
    })
    return coroutine


def keep(name, item):
    """Makes a global variable."""
    globals()[name] = item
    return item


def line_of(text):
    with open(__file__) as source:
        return next(number for number, line in enumerate(source, 1) if line.strip() == text)


class Session:
    pass


class Color(enum.Enum):
    RED = 1


class Pending(list):
    pass


class Registry(dict):
    pass


class History(collections.deque):
    pass


class Pair(tuple):
    pass


Job = collections.namedtuple("Job", "name coro")


def containers():
    keep("GLOBAL", way(made("hold_global"), "module __main__", "global 'GLOBAL'", holder=globals()))

    def held(variable, name, container, *words):
        item = made(name)
        container = keep(variable, container(item))
        way(item, "global '%s'" % variable, *words, holder=container)

    held("LIST", "hold_list", lambda item: [None, item], "list[1]")
    held("LONG_LIST", "hold_long_list", lambda item: [None] * 5000 + [item], "list[5000]")
    held("TUPLE", "hold_tuple", lambda item: (item, None), "tuple[0]")
    held("TEXT_KEY", "hold_text_key", lambda item: {"user": item}, "dict['user']")
    held("LONG_KEY", "hold_long_key", lambda item: {"k" * 60: item}, "dict['" + "k" * 40 + "…']")
    held("NUMBER_KEY", "hold_number_key", lambda item: {1: 2, 42: item}, "dict[42]")
    held("NONE_KEY", "hold_none_key", lambda item: {None: item}, "dict[None]")
    held("TRUE_KEY", "hold_true_key", lambda item: {True: item}, "dict[True]")
    held("BYTES_KEY", "hold_bytes_key", lambda item: {b"\x00a": item}, "dict[b'\\x00a']")
    held("TUPLE_KEY", "hold_tuple_key", lambda item: {("a", 1): item}, "dict[('a', 1)]")
    held("ENUM_KEY", "hold_enum_key", lambda item: {Color.RED: item}, "dict[Color.RED]")
    held("CLASS_KEY", "hold_class_key", lambda item: {Session: item}, "dict[<class Session>]")
    session = keep("SESSION", Session())
    held("OBJECT_KEY", "hold_object_key", lambda item: {session: item}, "dict[<Session object>]")
    held("KEY", "hold_key", lambda item: {item: 1}, "dict key")
    held("SET", "hold_set", lambda item: {item}, "set")
    held("FROZENSET", "hold_frozenset", lambda item: frozenset([item, 1]), "frozenset")
    held("DEQUE", "hold_deque", lambda item: collections.deque([None, item]), "deque[1]")
    held("ORDERED", "hold_ordered", lambda item: collections.OrderedDict(k=item), "OrderedDict['k']")
    held("DEFAULT", "hold_defaultdict", lambda item: collections.defaultdict(list, k=item), "defaultdict['k']")
    held("COUNTER", "hold_counter", lambda item: collections.Counter([item]), "Counter key")
    held("PENDING", "hold_list_subclass", lambda item: Pending([item]), "__main__.Pending[0]")
    held("REGISTRY", "hold_dict_subclass", lambda item: Registry(k=item), "__main__.Registry['k']")
    held("HISTORY", "hold_deque_subclass", lambda item: History([item]), "__main__.History[0]")
    held("PAIR", "hold_tuple_subclass", lambda item: Pair([1, item]), "__main__.Pair[1]")
    held("JOB", "hold_namedtuple", lambda item: Job("a", item), "attribute 'coro' of __main__.Job")
    item = made("hold_nested")
    inner = [item]
    keep("NESTED", {"jobs": ({"late": inner},)})
    way(item, "global 'NESTED'", "dict['jobs']", "tuple[0]", "dict['late']", "list[0]", holder=inner)
    item = made("hold_weak_key")
    table = keep("WEAK_KEYS", weakref.WeakKeyDictionary({session: item}))
    way(item, "global 'WEAK_KEYS'", "WeakKeyDictionary[<Session object>]", holder=table.data)
    item = made("hold_list_iterator")
    inner = [item]
    keep("ITERATOR", iter(inner))
    way(item, "global 'ITERATOR'", "list_iterator", "list[0]", holder=inner)
    item = made("hold_mapping_proxy")
    inner = {"k": item}
    keep("PROXY", types.MappingProxyType(inner))
    way(item, "global 'PROXY'", "mappingproxy", "dict['k']", holder=inner)


class Pool:
    """An instance of it, or the class itself, holds something."""


class Slots:
    __slots__ = ("job", "other")


class SlotsAndDict(Slots):
    __slots__ = ("__dict__", "late")


class Meta(type):
    pass


class OfMeta(metaclass=Meta):
    pass


def instances():
    pool = keep("POOL", Pool())
    pool.jobs = way(made("hold_attribute"), "global 'POOL'", "attribute 'jobs' of __main__.Pool")
    WAYS[-1]["holder"] = id(pool) if sys.version_info >= (3, 11) else id(pool.__dict__)
    shown = keep("SHOWN_POOL", Pool())
    shown.first = 1
    vars(shown)["jobs"] = way(made("hold_attribute_of_shown_dict"), "global 'SHOWN_POOL'", "attribute 'jobs' of __main__.Pool")
    replaced = keep("REPLACED_POOL", Pool())
    item = made("hold_attribute_of_other_dict")
    replaced.__dict__ = {"jobs": item}
    way(item, "global 'REPLACED_POOL'", "attribute 'jobs' of __main__.Pool", holder=replaced.__dict__)
    many = keep("POOL_OF_MANY", Pool())
    for number in range(50):
        setattr(many, "a%d" % number, None)
    many.jobs = way(made("hold_one_of_many_attributes"), "global 'POOL_OF_MANY'", "attribute 'jobs' of __main__.Pool")
    slots = keep("SLOTS", Slots())
    slots.job = way(made("hold_slot"), "global 'SLOTS'", "attribute 'job' of __main__.Slots", holder=slots)
    slots = keep("SLOTS_AND_DICT", SlotsAndDict())
    slots.late = way(made("hold_late_slot"), "attribute 'late' of __main__.SlotsAndDict", holder=slots)
    slots.free = way(made("hold_attribute_beside_slots"), "attribute 'free' of __main__.SlotsAndDict")
    pending = keep("PENDING_TOO", Pending())
    pending.jobs = way(made("hold_attribute_of_list"), "attribute 'jobs' of __main__.Pending")
    Pool.CACHE = way(made("hold_class_attribute"), "class attribute 'CACHE' of __main__.Pool")
    OfMeta.CACHE = way(made("hold_attribute_of_special_class"), "class attribute 'CACHE' of __main__.OfMeta")

    def local_class():
        class Local:
            CACHE = [way(made("hold_attribute_of_local_class"), "global 'OF_LOCAL'",
                         "class attribute 'CACHE' of __main__.instances.<locals>.local_class.<locals>.Local", "list[0]")]

        return Local()

    keep("OF_LOCAL", local_class())
    WAYS[-1]["holder"] = id(type(globals()["OF_LOCAL"]).CACHE)
    space = keep("NAMESPACE", types.SimpleNamespace())
    space.job = way(made("hold_namespace"), "global 'NAMESPACE'", "attribute 'job' of types.SimpleNamespace")
    mock = keep("MOCK", unittest.mock.AsyncMock())
    mock.held = way(made("hold_mock"), "global 'MOCK'", "attribute 'held' of unittest.mock.AsyncMock")
    Pool.static = staticmethod(way(made("hold_staticmethod"), "class attribute 'static' of __main__.Pool", "staticmethod"))
    item = way(made("hold_property"), "class attribute 'shown' of __main__.Pool", "property",
               "functools.partial(print) argument 0")
    Pool.shown = property(functools.partial(print, item))
    item = way(made("hold_partialmethod"), "class attribute 'half' of __main__.Pool",
               "attribute 'args' of functools.partialmethod", "tuple[0]")
    Pool.half = functools.partialmethod(print, item)


def decorated(function):
    @functools.wraps(function)
    def wrapper():
        return function()

    return wrapper


def functions():
    item = made("hold_closure")

    def callback():
        return item

    keep("CALLBACK", callback)
    cell = callback.__closure__[0]
    way(item, "global 'CALLBACK'", "closure variable 'item' of __main__.functions.<locals>.callback()", holder=cell)
    # `item` itself is a cell, which goes on to be used below only by other names.
    argument = made("hold_default")

    def with_default(first, second=argument, third=None):
        pass

    keep("WITH_DEFAULT", with_default)
    way(argument, "default argument 'second' of __main__.functions.<locals>.with_default()",
        holder=with_default.__defaults__)
    argument = made("hold_keyword_default")

    def with_keyword(*, option=argument):
        pass

    keep("WITH_KEYWORD", with_keyword)
    way(argument, "default argument 'option' of __main__.functions.<locals>.with_keyword()",
        holder=with_keyword.__kwdefaults__)
    argument = made("hold_function_attribute")

    def plain():
        pass

    keep("PLAIN", plain).job = argument
    way(argument, "attribute 'job' of __main__.functions.<locals>.plain()", holder=plain.__dict__)
    argument = made("hold_wrapped")

    def inner(value=argument):
        pass

    keep("DECORATED", decorated(inner))
    way(argument, "global 'DECORATED'", None,
        "default argument 'value' of __main__.functions.<locals>.inner()", holder=inner.__defaults__)
    argument = made("hold_method_self")
    method = keep("METHOD", types.MethodType(made, argument))
    way(argument, "global 'METHOD'", "bound method __main__.made", holder=method)
    method = keep("METHOD_OF_POOL", types.MethodType(Queue.run, Queue()))
    method.__self__.jobs.append(way(made("hold_method_of_instance"), "bound method __main__.Queue.run",
                                    "attribute 'jobs' of __main__.Queue", "list[0]"))
    argument = made("hold_partial")
    half = keep("HALF", functools.partial(made, 1, argument))
    way(argument, "global 'HALF'", "functools.partial(__main__.made) argument 1")
    argument = made("hold_partial_keyword")
    keep("HALF_KEYWORD", functools.partial(print, end=argument))
    way(argument, "functools.partial(print) keyword 'end'", holder=globals()["HALF_KEYWORD"].keywords)
    argument = made("hold_partial_attribute")
    half.job = way(argument, "attribute 'job' of functools.partial(__main__.made)")
    argument = made("hold_send")
    send = keep("SEND", argument.send)
    way(argument, "global 'SEND'", "bound method coroutine.send", holder=send)
    argument = made("hold_append")
    items = [argument]
    keep("APPEND", items.append)
    way(argument, "global 'APPEND'", "bound method list.append", "list[0]", holder=items)
    argument = made("hold_namespace_of_function")
    space = {"held": argument}
    exec("def in_space(): pass", space)
    keep("IN_SPACE", space["in_space"])
    del space["in_space"]
    way(argument, "global 'IN_SPACE'", "global 'held' of in_space()", holder=space)
    argument = made("hold_wrapper")
    wrapper = keep("WRAPPER", argument.__await__())
    way(argument, "global 'WRAPPER'", "coroutine_wrapper", holder=wrapper)
    for name, variable, limit in [("hold_lru_cache", "CACHED", 8), ("hold_endless_cache", "CACHED_ALL", None)]:
        argument = made(name)
        keep(variable, functools.lru_cache(maxsize=limit)(Once(argument)))(1)
        way(argument, "global '%s'" % variable, "lru_cache of <Once object>")
    argument = made("hold_argument_of_cache")
    cached = keep("CACHED_ARGUMENT", functools.lru_cache(maxsize=8)(has_argument))
    cached(argument)
    way(argument, "global 'CACHED_ARGUMENT'", "lru_cache of __main__.has_argument()")
    module = sys.modules["made_up"] = types.ModuleType("made_up")
    argument = made("hold_other_module")
    module.held = argument
    way(argument, "module made_up", "global 'held'", holder=module.__dict__)


class Queue:
    def __init__(self):
        self.jobs = []

    def run(self):
        pass


def has_argument(argument):
    return 1


class Once:
    """Hands out what it was made with, and keeps nothing."""

    __slots__ = ("item",)

    def __init__(self, item):
        self.item = item

    def __call__(self, number):
        item = self.item
        del self.item
        return item


class Suspend:
    def __await__(self):
        yield


def generators():
    def place(frame, function):
        return "%s() at %s:%d (suspended)" % (function, FILE, frame.f_lineno)

    def generator(held):
        yield
        print(held)

    item = made("hold_generator_local")
    running = keep("GENERATOR", generator(item))
    next(running)
    way(item, "local 'held' in " + place(running.gi_frame, "__main__.generators.<locals>.generator"))
    item = made("hold_generator_argument")
    keep("CREATED_GENERATOR", generator(item))
    way(item, "argument 'held' of the generator __main__.generators.<locals>.generator(), not started")

    def with_cell(held):
        yield lambda: held

    item = made("hold_cell_of_generator")
    running = keep("GENERATOR_WITH_CELL", with_cell(item))
    next(running)
    way(item, "local 'held' in " + place(running.gi_frame, "__main__.generators.<locals>.with_cell"))

    async def coroutine(held):
        await Suspend()
        print(held)

    item = made("hold_coroutine_local")
    running = keep("COROUTINE", coroutine(item))
    running.send(None)
    way(item, "local 'held' in " + place(running.cr_frame, "__main__.generators.<locals>.coroutine"))
    item = made("hold_coroutine_argument")
    keep("CREATED_COROUTINE", coroutine(item))
    way(item, "argument 'held' of the unawaited coroutine __main__.generators.<locals>.coroutine()")

    async def on_stack():
        print(way(made("hold_stack")), await Suspend())

    running = keep("ON_STACK", on_stack())
    running.send(None)
    WAYS[-1]["words"] = ["on the stack of " + place(running.cr_frame, "__main__.generators.<locals>.on_stack")]

    async def deeper(items):
        await Suspend()

    async def only_deeper():
        await deeper([way(made("hold_local_of_awaited"))])

    running = keep("ONLY_DEEPER", only_deeper())
    running.send(None)
    inner = running.cr_await
    WAYS[-1]["words"] = ["global 'ONLY_DEEPER'",
                         "local 'items' in " + place(inner.cr_frame, "__main__.generators.<locals>.deeper"), "list[0]"]

    async def asynchronous(held):
        yield
        print(held)

    item = made("hold_async_generator_local")
    running = keep("ASYNC_GENERATOR", asynchronous(item))
    try:
        running.asend(None).send(None)
    except StopIteration:
        pass
    way(item, "local 'held' in " + place(running.ag_frame, "__main__.generators.<locals>.asynchronous"))
    item = made("hold_argument_of_asend")
    keep("ASEND", asynchronous(item).asend(None))
    way(item, "global 'ASEND'", "async_generator_asend",
        "argument 'held' of the async generator __main__.generators.<locals>.asynchronous(), not started")


class JobError(Exception):
    pass


def failing(held):
    raise JobError("failed")


def exceptions():
    error = keep("ERROR", JobError("text", way(made("hold_exception_argument"), "global 'ERROR'",
                                               "argument 1 of exception __main__.JobError")))
    error.payload = way(made("hold_exception_attribute"), "attribute 'payload' of exception __main__.JobError")
    item = made("hold_traceback")
    try:
        failing(item)
    except JobError as caught:
        # The first frame of the traceback is this one, which has no part in it.
        traceback = caught.__traceback__.tb_next
        keep("CAUGHT", caught.with_traceback(traceback))
        way(item, "global 'CAUGHT'", "exception __main__.JobError",
            "traceback at %s:%d in __main__.failing()" % (FILE, traceback.tb_lineno), "local 'held'")
    cause = ValueError(made("hold_cause"))
    outer = keep("CAUSED", KeyError("k"))
    outer.__cause__ = cause
    way(cause.args[0], "global 'CAUSED'", "cause of exception KeyError", "argument 0 of exception ValueError")
    stop = keep("STOP", StopIteration(made("hold_stop")))
    way(stop.value, "global 'STOP'", "value of exception StopIteration")
    if sys.version_info >= (3, 11):
        item = made("hold_exception_group")
        keep("EXCEPTION_GROUP", ExceptionGroup("several", [ValueError(1), ValueError(item)]))  # noqa: F821
        way(item, "global 'EXCEPTION_GROUP'", "exception 1 of exception ExceptionGroup",
            "argument 0 of exception ValueError")
    record = keep("RECORD", logging.LogRecord("a", 1, "b", 2, "c", (made("hold_record"), 1), None))
    way(record.args[0], "global 'RECORD'", "attribute 'args' of logging.LogRecord", "tuple[0]", holder=record.args)
    item = made("hold_frame_object")
    frame = keep("FRAME", ended_frame(item))
    way(item, "global 'FRAME'",
        "local 'held' in __main__.ended_frame() at %s:%d (ended)" % (FILE, frame.f_lineno))


def ended_frame(held):
    return sys._getframe()


REQUEST = contextvars.ContextVar("request")
LOCAL = threading.local()


class Target:
    """Dies with the process."""


def others():
    item = made("hold_context")
    context = keep("CONTEXT", contextvars.Context())
    context.run(REQUEST.set, item)
    way(item, "global 'CONTEXT'", "context variable 'request'")
    large = keep("LARGE_CONTEXT", contextvars.Context())
    for number in range(100):
        large.run(keep("VARIABLE%d" % number, contextvars.ContextVar("v%d" % number)).set, None)
    item = made("hold_large_context")
    large.run(REQUEST.set, item)
    way(item, "global 'LARGE_CONTEXT'", "context variable 'request'")
    LOCAL.job = way(made("hold_thread_local"), "global 'LOCAL'", "thread-local attribute 'job'")
    item = made("hold_finalizer")
    target = keep("FINALIZED", Target())
    weakref.finalize(target, print, item)
    way(item, "attribute 'args' of weakref.finalize._Info", "tuple[0]")
    item = made("hold_chain")
    inner = [item]
    keep("CHAIN", itertools.chain(inner, []))
    way(item, "global 'CHAIN'", "itertools.chain", "tuple_iterator", "tuple[0]", "list[0]", holder=inner)
    item = made("hold_enumerate")
    keep("ENUMERATE", enumerate([item]))
    way(item, "global 'ENUMERATE'", "enumerate", "list_iterator", "list[0]")
    item = made("hold_queue")
    jobs = keep("QUEUE", queue.Queue())
    jobs.put(item)
    way(item, "global 'QUEUE'", "queue.Queue[0]", holder=jobs.queue)
    item = made("hold_simple_queue")
    jobs = keep("SIMPLE_QUEUE", queue.SimpleQueue())
    jobs.put(item)
    way(item, "global 'SIMPLE_QUEUE'", "queue.SimpleQueue[0]")
    future = keep("CONCURRENT", concurrent.futures.Future())
    future.set_result(way(made("hold_concurrent_result"), "global 'CONCURRENT'",
                          "result of concurrent.futures.Future"))
    timer = keep("TIMER", threading.Timer(1e5, print, args=[made("hold_timer_thread")]))
    way(timer.args[0], "global 'TIMER'", "attribute 'args' of threading.Timer", "list[0]", holder=timer.args)
    handler = Handler()
    logging.getLogger("holders").addHandler(handler)
    handler.seen.append(way(made("hold_logging_handler"), "attribute 'seen' of __main__.Handler", "list[0]"))
    atexit.register(print, way(made("hold_atexit"), "tuple[0]", by="c"))
    item = made("hold_c_object")
    keep("C_OBJECT", ctypes.py_object(item))
    way(item, "global 'C_OBJECT'", "C object ctypes.py_object", by="c")
    for number in range(300):
        MANY.append(idle())
        MANY_BY_KEY["k%d" % (100 + number)] = [idle(), idle()]
    truth.EXTRA["many"] = {
        "name": "idle",
        "retained_by": ["module __main__", "global 'MANY_BY_KEY'", "dict['k100', 'k101', … 300 keys]", "list[0, 1]"],
        "also_retained_by": [{"path": ["module __main__", "global 'MANY'", "list[0..299]"], "count": 300}],
    }


async def idle():
    pass


MANY = []
MANY_BY_KEY = {}


def garbage():
    """Held by nothing but itself."""
    cycle = [way(made("hold_nobody"), by="nothing")]
    cycle.append(cycle)


class Handler(logging.Handler):
    def __init__(self):
        super().__init__()
        self.seen = []


def of_asyncio(loop):
    """Runs in the thread of the loop, and goes before the loop is idle."""
    future = keep("FUTURE", loop.create_future())
    future.set_result(way(made("hold_result"), "global 'FUTURE'", "result of Future", holder=future))
    failed = keep("FAILED", loop.create_future())
    failed.set_exception(ValueError(way(made("hold_failure"), "global 'FAILED'", "exception of Future",
                                        "argument 0 of exception ValueError")))
    failed.exception()
    waiting = keep("WAITING", loop.create_future())
    item = made("hold_callback")
    waiting.add_done_callback(functools.partial(print, item))
    way(item, "global 'WAITING'", "callback of Future", "functools.partial(print) argument 0")
    item = made("hold_second_callback")
    waiting.add_done_callback(functools.partial(print, item))
    way(item, "global 'WAITING'", "callback of Future", "functools.partial(print) argument 0")
    plain = keep("PLAIN_FUTURE", asyncio.futures._PyFuture(loop=loop))
    plain.set_result(way(made("hold_result_in_python"), "global 'PLAIN_FUTURE'", "result of Future"))
    jobs = keep("ASYNC_QUEUE", asyncio.Queue())
    jobs.put_nowait(None)
    item = made("hold_async_queue")
    jobs.put_nowait(item)
    way(item, "global 'ASYNC_QUEUE'", "asyncio.Queue[1]")
    jobs = keep("PRIORITY_QUEUE", asyncio.PriorityQueue())
    item = made("hold_priority_queue")
    jobs.put_nowait((1, item))
    way(item, "global 'PRIORITY_QUEUE'", "asyncio.PriorityQueue[0]", "tuple[1]")

    async def worker(held):
        await asyncio.sleep(1e6)
        print(held)

    item = made("hold_task_local")
    named(loop.create_task(worker(item)), "worker-task")
    way(item, "task 'worker-task'", "local 'held' in __main__.of_asyncio.<locals>.worker() at %s:%d (suspended)"
        % (FILE, line_of("await asyncio.sleep(1e6)")))

    async def returns(held):
        return held

    item = made("hold_task_result")
    task = keep("DONE_TASK", named(loop.create_task(returns(item)), "done-task"))
    way(item, "global 'DONE_TASK'", "result of task 'done-task'")
    item = made("hold_timer")
    loop.call_later(1e6, print, 0, item)
    way(item, "event loop", "timer", "argument 1 of TimerHandle")
    item = made("hold_timer_callback")
    loop.call_later(1e6, item.close)
    way(item, "event loop", "timer", "callback of TimerHandle", "bound method coroutine.close")
    item = made("hold_task_context")
    contextvars.copy_context().run(in_context, loop, item)
    way(item, "task 'context-task'", "context variable 'request'")
    return task


def in_context(loop, item):
    REQUEST.set(item)
    named(loop.create_task(asyncio.sleep(1e7)), "context-task")


def named(task, name):
    task.set_name(name)
    return task


def run_idle_loop():
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    of_asyncio(loop)
    loop.call_later(0.05, STARTED.append, "idle loop")
    loop.run_forever()


def run_blocked_loop():
    """Its ready queue stays as it is: the first callback does not come back."""
    loop = asyncio.new_event_loop()

    def blocks():
        STARTED.append("blocked loop")
        threading.Event().wait()

    item = made("hold_ready")
    loop.call_soon(blocks)
    loop.call_soon(print, item)
    way(item, "event loop", "ready queue", "argument 0 of Handle")
    del item
    loop.run_forever()


def waits_in_thread(held, numbers):
    numbers.append((threading.get_native_id(), id(held)))
    STARTED.append("thread")
    threading.Event().wait()  # the place of the thread
    print(held)


def start_threads():
    numbers = []
    for run in (run_idle_loop, run_blocked_loop):
        count = len(STARTED)
        threading.Thread(target=run, daemon=True).start()
        wait_for(lambda: len(STARTED) > count)
    thread = threading.Thread(target=lambda: waits_in_thread(made("hold_thread_local_variable"), numbers), daemon=True)
    thread.start()
    wait_for(lambda: numbers and thread.is_alive())
    line = line_of("threading.Event().wait()  # the place of the thread")
    WAYS.append({
        "name": "hold_thread_local_variable", "coroutine": numbers[0][1], "holder": None, "by": "objects",
        "words": ["local 'held' in __main__.waits_in_thread() at %s:%d (running, thread %d)" % (FILE, line, numbers[0][0])],
    })


def wait_for(condition):
    while not condition():
        threading.Event().wait(0.005)


def referents(*addresses):
    wanted = {int(address) for address in addresses}
    return {str(id(item)): [id(held) for held in gc.get_referents(item)] for item in gc.get_objects() if id(item) in wanted}


def tell_referrers():
    """What the collector knows: no frames that run, from 3.11 on."""
    by_address = {item["coroutine"]: item for item in WAYS}
    objects = gc.get_objects()
    own = [objects, sys._getframe()]
    for item in objects:
        if type(item) is types.CoroutineType and id(item) in by_address:
            referrers = gc.get_referrers(item)
            by_address[id(item)]["referrers"] = [id(one) for one in referrers if all(one is not mine for mine in own)]
            del referrers
    # A frame that is in a list of its own would keep all of them.
    own.clear()
    objects.clear()


def main():
    for hold in (containers, instances, functions, generators, exceptions, others):
        hold()
    gc.collect()
    gc.disable()
    garbage()
    start_threads()
    held = way(made("hold_main_local"), "local 'held' in __main__.main() at %s:%d (running, thread %d)"
               % (FILE, line_of("truth.serve({\"referents\": referents})"), os.getpid()))
    tell_referrers()
    truth.EXTRA["ways"] = WAYS
    truth.serve({"referents": referents})
    print(held)


main()
