"""Objects of every type whose references coroscope reads, and what the collector visits in each. CPython 3.8 to 3.15.

`objects`: what `gc.get_referents` says, atoms left out, and types where they are not what counts; `fields`: what some fields hold.
`unknown`: objects of types whose structure coroscope does not know. `pairs`: containers, and instances of subclasses that are to be
told alike. `names`: what parts of functions and slots are called.
"""
import asyncio
import collections
import contextvars
import functools
import gc
import sys
import types
import weakref

import referring_types
import truth

OBJECTS = []
UNKNOWN = []
ATOMS = (str, int, float, bytes, bool, type(None))


class Thing:
    pass


def thing():
    return Thing()


def add(label, item, held=None, types=False, fields=None):
    """`held` where the collector does not tell what is held, `types` where types count, `fields` by their name."""
    OBJECTS.append((label, item, held, types or isinstance(item, type), fields or {}))
    return item


def unknown(label, item, certain, holds):
    """An object of unknown structure; `certain`: coroscope knows that nothing in it leads back to it."""
    UNKNOWN.append((label, item, certain, holds))


def containers():
    twice = thing()
    add("tuple", (twice, twice, thing()))
    add("empty tuple", ())
    items = add("list", [thing(), twice, thing(), twice])
    items.pop(0)
    add("empty list", [])
    table = add("dict with str keys", {"a": thing(), "b": twice, "c": thing()})
    del table["a"]
    table = add("dict with other keys", {thing(): thing(), (1, 2): twice, "s": thing()})
    del table["s"]
    large = add("large dict", {i: thing() for i in range(1000)})
    for i in range(0, 1000, 3):
        del large[i]
    add("copied dict", dict(large))
    items = add("set", {thing() for _ in range(40)})
    for _ in range(20):
        items.pop()
    add("frozenset", frozenset([thing(), thing()]))
    queue = add("deque", collections.deque(thing() for _ in range(300)))
    for _ in range(90):
        queue.popleft()
    queue.rotate(7)
    queue.append(twice)
    queue.append(twice)
    add("empty deque", collections.deque())
    iterated = add("list iterator", iter([thing(), thing()]))
    next(iterated)
    add("tuple iterator", iter((thing(),)))
    ended = add("exhausted iterator", iter([thing()]))
    list(ended)
    add("mapping proxy", types.MappingProxyType({"a": thing()}))


class Slots:
    __slots__ = ("first", "second", "empty")


class SlotsAndDict(Slots):
    __slots__ = ("third", "__dict__", "__weakref__")


class DictToo(Slots):
    pass


class MyList(list):
    pass


class MyDict(dict):
    pass


class MyTuple(tuple):
    pass


class MyInt(int):
    pass


class MyError(ValueError):
    __slots__ = ("more",)


class MyQueue(collections.deque):
    __slots__ = ("extra",)


class MyRef(weakref.ref):
    __slots__ = ("key",)


def instances():
    plain = add("instance", thing())
    plain.a = thing()
    plain.b = plain.c = thing()
    add("instance without attributes", thing())
    shown = add("instance whose dict was asked for", thing())
    shown.a = thing()
    add("dict of an instance", shown.__dict__)
    grown = add("instance with a key added through its dict", thing())
    grown.a = thing()
    grown.__dict__["zz"] = thing()
    add("dict with an added key", grown.__dict__)
    replaced = add("instance with another dict", thing())
    replaced.a = thing()
    replaced.__dict__ = {"b": thing()}
    large = add("instance with many attributes", thing())
    for i in range(70):
        setattr(large, "a%d" % i, thing())
    deleted = add("instance with a deleted attribute", thing())
    deleted.a = thing()
    deleted.b = thing()
    del deleted.a
    for label, kind in [("slots", Slots), ("slots and a dict", SlotsAndDict), ("a dict over slots", DictToo)]:
        item = add(label, kind())
        item.first = item.second = thing()
        if kind is not Slots:
            item.more = thing()
        if kind is SlotsAndDict:
            item.third = thing()
    item = add("list subclass", MyList([thing()]))
    item.more = thing()
    item = add("dict subclass", MyDict(a=thing()))
    item.more = thing()
    item = add("tuple subclass", MyTuple((thing(), thing(), thing())))
    item.more = thing()
    item = add("int subclass", MyInt(1 << 70))
    item.more = thing()
    item = add("deque subclass", MyQueue([thing()]))
    item.extra = thing()
    item = add("weak reference subclass", MyRef(plain, lambda _: None))
    item.key = thing()
    add("weak reference", weakref.ref(plain, functools.partial(print, thing())))
    add("weak reference without callback", weakref.ref(plain))
    add("module", types.ModuleType("made_up"))


def functions():
    captured, other = thing(), thing()

    def function(a, b=thing(), *, c=other, d=captured):
        return captured, other

    function.attribute = thing()
    add("function", function)
    add("cell", function.__closure__[0])
    add("empty cell", types.CellType())
    add("lambda", lambda: None)
    add("method", types.MethodType(function, thing()))
    add("builtin method", [thing()].append)
    add("builtin function", len)
    add("partial", functools.partial(function, thing(), thing(), c=thing()))
    item = add("partial with attributes", functools.partial(print))
    item.more = thing()


def exceptions():
    def fail(local):
        raise MyError(local, thing())

    try:
        try:
            fail(thing())
        except MyError as error:
            error.more = thing()
            error.attribute = thing()
            add("exception", error)
            add("traceback", error.__traceback__)
            add("frame of a call that failed", error.__traceback__.tb_next.tb_frame)
            raise KeyError(thing()) from error
    except KeyError as error:
        add("exception with a cause", error)
    add("exception that was not raised", OSError(thing()))


def generators():
    def generator(a, b=None):
        c = [a]
        yield c
        try:
            raise MyError(thing())
        except MyError:
            yield c
        for _ in [a, b]:
            print("", c, (yield c), end="")
        return

    add("generator, created", generator(thing()))
    item = add("generator, suspended", generator(thing(), thing()))
    next(item)
    item = add("generator, in an except clause", generator(thing()))
    next(item)
    next(item)
    item = add("generator, with values on its stack", generator(thing()))
    for _ in range(3):
        next(item)
    item = add("generator, closed", generator(thing()))
    item.close()
    item = add("generator whose frame was asked for", generator(thing()))
    next(item)
    add("frame of a generator", item.gi_frame)
    nested = thing()

    def closing():
        def inner():
            return nested, outer

        outer = thing()
        yield inner

    item = add("generator with cells", closing())
    next(item)


class Suspend:
    def __await__(self):
        yield self


async def coroutine(a, depth=0):
    local = {"k": a}
    if depth:
        return await coroutine(local, depth - 1)
    return print(a, [local], await Suspend(), local)


async def async_generator(a):
    b = [a]
    yield b
    await Suspend()
    yield a


def coroutines():
    add("coroutine, created", coroutine(thing()))
    for depth in (0, 1):
        item = add("coroutine, suspended %d" % depth, coroutine(thing(), depth))
        item.send(None)
    add("coroutine wrapper", coroutine(thing()).__await__())
    add("async generator, created", async_generator(thing()))
    item = add("async generator, suspended", async_generator(thing()))
    try:
        item.asend(None).send(None)
    except StopIteration:
        pass
    add("asend", item.asend(None))
    add("asend with a value", item.asend(thing()))
    add("athrow", item.athrow(MyError))
    add("aclose", item.aclose())
    item = add("async generator, in an await", async_generator(thing()))
    try:
        item.asend(None).send(None)
    except StopIteration:
        pass
    add("asend, begun", item.asend(thing())).send(None)
    if sys.version_info >= (3, 10):
        add("anext", anext(async_generator(thing()), thing()))  # noqa: F821


def contexts():
    variables = [contextvars.ContextVar("v%d" % i) for i in range(120)]
    add("context variables", variables)
    for count in (0, 1, 20, 120):
        context = contextvars.copy_context()
        for variable in variables[:count]:
            context.run(variable.set, thing())
        add("context of %d" % count, context)
        level = gc.get_referents(context)
        for depth in range(4):
            level = [item for item in level if "hamt" in type(item).__name__.lower()]
            for item in level:
                add("part %d of a context of %d" % (depth, count), item)
            level = [inner for item in level for inner in gc.get_referents(item)]


class MyFuture(asyncio.Future):
    pass


class MyTask(asyncio.Task):
    pass


def of_asyncio(loop):
    async def waits(future):
        await future

    async def fails():
        raise MyError(thing())

    future = add("future", loop.create_future())
    for _ in range(3):
        future.add_done_callback(functools.partial(print, thing()))
    done = add("future, done", loop.create_future())
    done.set_result(thing())
    mine = add("future subclass", MyFuture(loop=loop))
    mine.more = thing()
    plain = add("future in Python", asyncio.futures._PyFuture(loop=loop))
    plain.add_done_callback(print)
    item = loop.create_future()
    add("future iterator", item.__await__()).send(None)
    tasks = [add("task", loop.create_task(waits(loop.create_future())))]
    several = loop.create_future()
    for _ in range(3):
        tasks.append(add("task, one of three", loop.create_task(waits(several))))
    tasks.append(add("task that failed", loop.create_task(fails())))
    tasks.append(add("task subclass", MyTask(waits(loop.create_future()), loop=loop)))
    tasks[-1].more = thing()
    tasks.append(add("task in Python", asyncio.tasks._PyTask(waits(loop.create_future()), loop=loop)))
    cancelled = add("task, cancelled", loop.create_task(waits(loop.create_future())))
    add("awaited by three", several)
    loop.run_until_complete(asyncio.sleep(0.01))
    cancelled.cancel()
    loop.run_until_complete(asyncio.sleep(0.01))
    tasks[-1].get_coro()
    waiter = loop.create_future()
    task = loop.create_task(waits(waiter))
    loop.run_until_complete(asyncio.sleep(0.01))
    add("wakeup", waiter._callbacks[0][0])
    add("handle", loop.call_soon(print, thing()))
    add("timer handle", loop.call_later(1000, print, thing()))
    loop.create_task(waits(waiter))
    for handle in loop._ready:
        if "Step" in type(handle._callback).__name__:
            add("step", handle._callback)
    add("another task", task)
    add("queue", asyncio.Queue())
    add("event", asyncio.Event())
    add("gather", asyncio.gather(waits(loop.create_future()), waits(loop.create_future()), return_exceptions=True)
        if sys.version_info < (3, 10) else asyncio.Lock())
    return tasks


class Private:
    __slots__ = ("shown", "__hidden")


class PrivateToo(Private):
    __slots__ = ("__hidden", "more")


def names():
    """Names: of slots by class and offset, of free variables and of parameters with defaults by function."""
    outer, other = thing(), thing()

    def plain(a, b):
        return a

    def closing(a, b=outer, c=other, *rest, d=outer, **more):
        local = other

        def inner():
            return local, a

        return inner, outer

    closure = [(function, list(function.__code__.co_freevars)) for function in (plain, closing, closing(1)[0])]
    defaults = [(plain, []), (closing, ["b", "c"]), (lambda a, b=1: a, ["b"])]
    slots = []
    for kind in (Private, PrivateToo):
        item = kind()
        members = [name for one in kind.__mro__ for name in one.__dict__
                   if isinstance(one.__dict__[name], types.MemberDescriptorType)]
        for name in members:
            setattr(item, name, thing())
        slots.append((item, {name: id(getattr(item, name)) for name in members}))
    KEPT.extend([closure, defaults, slots])
    return {
        "closure": [[id(function), names] for function, names in closure],
        "defaults": [[id(function), names] for function, names in defaults],
        "slots": [[id(item), found] for item, found in slots],
    }


KEPT = []


def referents(item, held, types):
    left_out = ATOMS if types else ATOMS + (type,)
    found = [one for one in (gc.get_referents(item) if held is None else held) if not isinstance(one, left_out)]
    kind = type(item)
    # Instances of classes made while the program runs refer to their class, which is not told.
    if types and held is None and kind.__flags__ & (1 << 9) and kind in found:
        found.remove(kind)
    return [id(one) for one in found]


def main():
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    for make in (containers, instances, functions, exceptions, generators, coroutines, contexts):
        make()
    of_all = referring_types
    for make in (of_all.of_classes, of_all.of_descriptors, of_all.of_iterators, of_all.of_itertools, of_all.of_functools,
                 of_all.of_threads, of_all.of_types, of_all.of_mappings, of_all.of_exceptions):
        KEPT.append(make(add))
    truth.EXTRA["pairs"], pairs = of_all.of_subclasses(add)
    KEPT.append((pairs, of_all.of_unknown_types(unknown)))
    truth.EXTRA["names"] = names()
    keep = of_asyncio(loop)
    truth.truth()  # asks for frames, which then exist
    truth.EXTRA["objects"] = [
        {"label": label, "address": id(item), "type": type(item).__name__, "referents": referents(item, held, types),
         "types": types, "fields": {name: id(value) for name, value in fields.items()}}
        for label, item, held, types, fields in OBJECTS
    ]
    truth.EXTRA["unknown"] = [
        {"label": label, "address": id(item), "type": type(item).__name__, "certain": certain,
         "holds": [id(one) for one in holds]}
        for label, item, certain, holds in UNKNOWN
    ]
    truth.EXTRA["kept"] = len(keep)
    truth.serve()


main()
