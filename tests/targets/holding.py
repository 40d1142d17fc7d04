"""Coroutines held in many ways. The truth has for each: a label, the object to begin at, the coroutine, and how it is held in the end."""
import asyncio
import collections
import functools
import types

from truth import EXTRA, leak, serve

CASES = []
KEEP = []
IDS = {}  # asking a frame for its variables would make another holder


async def fetch():
    pass


def made():
    return leak("held", fetch())


def case(label, start, coroutine, *held):
    KEEP.append(start)
    CASES.append([label, id(start), coroutine if type(coroutine) is int else id(coroutine), list(held)])


class Plain:
    pass


class Slotted:
    __slots__ = ("job",)


def containers():
    one = made()
    case("list", [None, one], one, "item")
    one = made()
    case("tuple", (one, []), one, "item")
    one = made()
    case("deque", collections.deque([1, one]), one, "item")
    one = made()
    case("set", {one}, one, "item")
    one = made()
    case("dict", {"key": one}, one, "value", "key")
    one = made()
    case("dict by number", {7: one}, one, "value", None)


def attributes():
    global A_GLOBAL
    one = Plain()
    one.job = made()
    case("attribute", one, one.job, "attribute", "job")
    one = Plain()
    one.__dict__["job"] = made()
    case("attribute in a dict", one, one.job, "attribute", "job")
    one = Slotted()
    one.job = made()
    case("slot", one, one.job, "attribute")
    A_GLOBAL = made()
    module = types.ModuleType("module")
    module.job = A_GLOBAL
    case("global", module, module.job, "global", "job")

    def uses_globals():
        return A_GLOBAL

    function = types.FunctionType(uses_globals.__code__, {"A_GLOBAL": A_GLOBAL})
    case("global by function", function, A_GLOBAL, "global", "A_GLOBAL")


def arguments(loop):
    one = made()
    case("partial", functools.partial(print, one), one, "bound")
    one = made()
    case("partial by name", functools.partial(print, end=one), one, "value", "end")
    one = made()
    case("handle", loop.call_later(10000, print, one), one, "bound")


def closures():
    first, second = made(), made()

    def inner():
        return first, second

    case("closure", inner, second, "closure", "second")


async def waits(given, future):
    local = made()
    IDS["local"] = id(local)
    await future


async def waits_with_cell(future):
    shared = made()

    def inner():
        return shared

    case("cell of a frame", asyncio.current_task().get_coro(), shared, "closure", "shared")
    await future


async def waits_in_call(future):
    print(stacked(), await future)


def stacked():
    one = made()
    IDS["stacked"] = id(one)
    return one


def fails():
    unused = made()
    IDS["unused"] = id(unused)
    raise ValueError


async def main():
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    containers()
    attributes()
    arguments(loop)
    closures()
    one = made()
    unstarted = leak("unstarted", waits(one, future))
    case("argument", unstarted, one, "variable", "given", True, id(waits.__code__), "waits")
    task = loop.create_task(waits(None, future))
    await asyncio.sleep(0)
    case("variable of a coroutine", task.get_coro(), IDS["local"], "variable", "local", False, id(waits.__code__), "waits")
    with_cell = loop.create_task(waits_with_cell(future))
    await asyncio.sleep(0)
    calling = loop.create_task(waits_in_call(future))
    await asyncio.sleep(0)
    case("stack of a coroutine", calling.get_coro(), IDS["stacked"], "stack", id(waits_in_call.__code__))
    try:
        fails()
    except ValueError as error:
        frame = error.__traceback__.tb_next.tb_frame
        held = "variable", "unused", False, id(fails.__code__), "fails"
        case("frame of a traceback", frame, IDS["unused"], *held)
        KEEP.append(error)
    KEEP.extend([task, with_cell, calling])
    EXTRA["cases"] = CASES
    serve()


asyncio.run(main())
