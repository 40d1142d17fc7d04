"""Objects that keep others alive, and what would be freed with each. CPython 3.8 to 3.15.

`sizes`: label, address, and what `sys.getsizeof` says. `cases`: label, address, how many objects it keeps alive if that is
known from how it was made, and the truth: the bytes that were given back to the allocator when a child of this process dropped it.
"""
import asyncio  # where coroscope learns of types that the interpreter does not show
import collections
import functools
import gc
import os
import struct
import sys
import tracemalloc
import types
import warnings

import truth

gc.collect()  # empties the lists of blocks kept for later use, which tracemalloc would not know
tracemalloc.start(1)
warnings.simplefilter("ignore")

FREE_THREADED = not getattr(sys, "_is_gil_enabled", lambda: True)()
KEPT = []  # second holders
MADE = {}  # label -> function that makes the object
CASES = {}  # label -> the object
COUNTS = {}  # label -> objects freed, if known
HELD = set()  # labels of objects that others hold: dropping them frees nothing


class Thing:
    pass


class Slots:
    __slots__ = ("first", "second")


class Registry(Thing):
    def handler(self):
        return self


REGISTRY = Registry()
NAMES = ["a%d" % i for i in range(70)]
REGISTRY.entries = {"e%d" % i: [REGISTRY, i] for i in range(1000)}


def text(size=100, start=[0]):
    """A string that nobody else has."""
    start[0] += 1
    return ("%d-" % start[0]) * size


def number(start=[1 << 40]):
    """A number that nobody else has; results of arithmetic are given a digit more than they need."""
    start[0] += 1
    return struct.unpack("q", struct.pack("q", start[0]))[0]


def case(label, count=None, held=False):
    def add(make):
        if held:
            HELD.add(label)
        MADE[label] = make
        COUNTS[label] = count
        return make
    return add


@case("list of strings", 51)
def _():
    return [text() for _ in range(50)]


@case("list of strings, half of them shared", 26)
def _():
    made = [text() for _ in range(50)]
    KEPT.append(made[::2])
    return made


@case("list held by another", 2, held=True)
def _():
    made = [text()]
    KEPT.append([made])
    return made


@case("nested dicts")
def _():
    return {text(1): {text(1): {number(): text(i)} for i in range(20)} for _ in range(5)}


@case("nested dicts, one of them shared")
def _():
    made = {text(1): {text(1): {number(): text(i)} for i in range(20)} for _ in range(5)}
    KEPT.append(next(iter(made.values())))
    return made


@case("unicode", 4)
def _():
    return (text(3) + "\u00e9", text(3) + "\u20ac", text(3) + "\U0001f40d")


@case("numbers and bytes", 5)
def _():
    return [number(), number() * 0.5, bytes(text(7), "ascii"), bytearray(1000)]


@case("instance")
def _():
    made = Thing()
    made.a = text()
    made.b = [None]
    return made


@case("instance with a shared part")
def _():
    made = Thing()
    made.a = text()
    made.b = [text()]
    KEPT.append(made.b)
    return made


@case("instance whose dict was asked for")
def _():
    made = Thing()
    made.a = text()
    made.__dict__
    return made


@case("instance with many attributes")
def _():
    made = Thing()
    for name in NAMES:
        setattr(made, name, number())
    return made


class Rare(Thing):
    pass


@case("one of the first instances of its class")
def _():
    made = Rare()
    made.a = text()
    return made


class Numbers(int):
    pass


class Text(str):
    pass


class Items(list):
    pass


class Table(dict):
    pass


@case("subclasses of what the interpreter has", 4)
def _():
    return [Text("abc"), Items((None,)), Table(a=None)]


@case("slots", 3)
def _():
    made = Slots()
    made.first = text()
    made.second = Slots()
    return made


@case("sets")
def _():
    return [{number() for _ in range(40)}, frozenset([number()]), {text(1)}]


@case("deque", 201)
def _():
    return collections.deque(number() for _ in range(200))


@case("circle of two", 4)
def _():
    one, two = [text()], [text()]
    one.append(two)
    two.append(one)
    return one


@case("circle of two, held from outside", 1, held=True)
def _():
    one, two = [], [text()]
    one.append(two)
    two.append(one)
    KEPT.append(two)
    return one


@case("circle behind")
def _():
    inner = Thing()
    inner.own = inner
    inner.data = text()
    return (inner, text())


@case("circle behind, held from outside", 2)
def _():
    inner = Thing()
    inner.own = inner
    inner.data = text()
    KEPT.append(inner)
    return (inner, text())


@case("part of the program", 2)
def _():
    return [REGISTRY, text(), REGISTRY.entries]


async def wait(a, b=None):
    local = [a]
    await Suspend()
    return local


class Suspend:
    __slots__ = ()

    def __await__(self):
        yield self


@case("coroutine, never started")
def _():
    return wait([text() for _ in range(100)], b={text(1): number()})


@case("coroutine, never started, its argument shared")
def _():
    argument = [text() for _ in range(100)]
    KEPT.append(argument)
    return wait(argument, b={text(1): number()})


@case("coroutine, suspended")
def _():
    made = wait(wait(text()))
    made.send(None)
    return made


@case("coroutine with the program as argument")
def _():
    return wait(REGISTRY, b=text())


@case("generator")
def _():
    def generate(a):
        b = [a]
        yield b
    made = generate(text())
    next(made)
    return made


@case("function with a closure")
def _():
    captured = text()

    def function(a=text()):
        return captured
    return [function]


@case("partial")
def _():
    return functools.partial(wait, text(), b=[text()])


@case("bound method", 2)
def _():
    return [REGISTRY.handler]


@case("many tuples", 9001)
def _():
    return [(number(), number()) for _ in range(3000)]


def freed(label):
    """The bytes that are given back when the object is dropped, as a child of ours sees it."""
    reader, writer = os.pipe()
    child = os.fork()
    if child:
        os.close(writer)
        said = os.read(reader, 100)
        os.close(reader)
        os.waitpid(child, 0)
        return int(said)
    try:
        # What is made at first use, and what is kept for later use, is there before we count. None of it is in what counts.
        MADE[label]()
        results = {"nothing": 0, label: 0}
        for which in ("nothing", "nothing", label):
            CASES["nothing"] = None
            gc.collect()
            before = tracemalloc.get_traced_memory()[0]
            del CASES[which]
            gc.collect()
            results[which] = before - tracemalloc.get_traced_memory()[0]
        os.write(writer, b"%d" % (results[label] - results["nothing"]))
    finally:
        os._exit(0)


def sizes():
    async def nothing():
        pass

    async def items():
        yield

    def failed():
        try:
            raise ValueError(1)
        except ValueError as error:
            return error

    grown = list(range(100))
    shrunk = list(range(100))
    del shrunk[10:]
    error = failed()
    shown = Thing()
    shown.a = 1
    shown.__dict__
    replaced = Thing()
    replaced.__dict__ = {"a": 1}
    utf8 = text(2) + "\u00e9"
    utf8.encode()
    made = [
        [], [1], grown, shrunk, (), (1, 2, 3), {}, {"a": 1}, {1: 2}, {i: i for i in range(1000)},
        {"k%d" % i: i for i in range(300)}, dict.fromkeys(range(100000)), set(), {1, 2}, set(range(1000)), frozenset("abc"),
        collections.OrderedDict(), collections.OrderedDict((i, i) for i in range(50)), collections.Counter("abcabc"), Table(), 
        collections.defaultdict(list, a=1), collections.deque(), collections.deque(range(1000)), collections.deque(maxlen=3),
        "", "abc", text(), text(2) + "\u00e9", utf8, text(2) + "\u20ac", text(2) + "\U0001f40d", Text("abc"), Text("\u20ac"),
        b"", b"abc" * 100, bytearray(), bytearray(1000), 1, 1 << 29, 1 << 30, -(1 << 500), Numbers(1 << 40), 0.5, 1j, True, None,
        Thing(), shown, replaced, REGISTRY, Slots(), Items([1]), sizes, lambda a=1: a, REGISTRY.handler, len, [].append,
        functools.partial(sizes, 1), nothing(), wait([1]), items(), (i for i in ()), types.CellType(1), error,
        error.__traceback__, object(), slice(1), range(3), iter([]), types.ModuleType("m"), memoryview(b"abc"),
        types.SimpleNamespace(a=1), types.MappingProxyType({}), property(sizes), staticmethod(sizes), MADE["coroutine, suspended"](),
    ]
    return made


# The more instances a class has had, the less room for attributes it gives to new ones, down to what is needed.
for kind in (Thing, Text, Items, Table):
    for _ in range(40):
        kind()
for name, make in MADE.items():
    gc.collect()
    CASES[name] = make()
SIZED = sizes()
truth.truth()  # asks for frames, which are objects from then on
gc.collect()
truth.EXTRA["sizes"] = [
    ["%d: %s" % (number, type(item).__name__), id(item), sys.getsizeof(item)] for number, item in enumerate(SIZED)
]
truth.EXTRA["cases"] = [
    [label, id(CASES[label]), COUNTS[label], None if FREE_THREADED or label in HELD else freed(label)] for label in MADE
]
truth.serve()
