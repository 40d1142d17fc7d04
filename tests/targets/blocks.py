"""Objects of all types of a real process, where their memory is, and memory that belongs to none. CPython 3.8 to 3.15.

`objects`: address, bytes before it, bytes of it at least, type. `raw`: what kind of container, its address, bytes of its table or
array at least. `buffers`: address and bytes of memory that holds numbers which look like objects.
"""
import array
import asyncio
import collections
import decimal
import functools
import gc
import json
import logging
import re
import struct
import sys
import types

import truth

KEEP = []
OF_EACH_TYPE = 40
GENERATORS = (types.CoroutineType, types.AsyncGeneratorType, types.GeneratorType)
HEAP_TYPE = 1 << 9
WORD = struct.calcsize("P")


class Plain:
    pass


class Slots:
    __slots__ = tuple("slot%03d" % i for i in range(120))


class Small:
    __slots__ = ()


class Meta(type):
    pass


class WithMeta(metaclass=Meta):
    __slots__ = ("a", "b")


class MyInt(int):
    pass


class MyTuple(tuple):
    pass


class MyDict(dict):
    pass


class MyStr(str):
    pass


def with_many_variables(kind):
    names = ["v%03d" % i for i in range(150)]
    body = ["%sdef function(a):" % kind] + ["    %s = [a]" % name for name in names]
    body += ["    yield a" if kind == "" else "    await a", "    return %s" % ", ".join(names)]
    space = {}
    exec("\n".join(body), space)
    return space["function"]


class Suspend:
    def __await__(self):
        yield self


def make():
    for i in range(60):
        item = Plain()
        item.a = i
        KEEP.extend([item, Small(), WithMeta(), MyInt(1 << i), MyTuple(range(i)), MyDict(a=i), MyStr("x" * i)])
        KEEP.extend([tuple(range(i)), "a" * i, "\u00e9" * i, "\u20ac" * i, "\U0001f600" * i, b"b" * i, 3 ** (10 * i), i / 7])
        KEEP.extend([(Plain, i), (Small,), (int, float, i), (WithMeta,) * i, [Small] * i, {Plain: Small, i: int}])
        KEEP.extend([{Small, int, i}, {str(i): Plain}, {j: Small for j in range(i)}, {j: j for j in range(i)}])
        KEEP.extend([[float] * i, [Plain()] * i, collections.deque([Small] * i), bytearray(i)])
    for size in (70, 500, 2000, 7000):
        KEEP.extend([tuple([Plain()] * size), tuple(range(size)), b"b" * (8 * size), "a" * (8 * size), 1 << (60 * size)])
        KEEP.extend([(Small, int) * (size // 2), [Small, 1] * size, {i: Small for i in range(size)}])
        KEEP.extend([{float: 1, int: 2, i: float} for i in range(3)] + [set(range(size)), [Plain, int] * size])
        KEEP.append({type("Made%d" % i, (), {}): float for i in range(size // 20)})
    item = Slots()
    KEEP.append(item)
    running = with_many_variables("")(1)
    next(running)
    waiting = with_many_variables("async ")(Suspend())
    waiting.send(None)
    ended = with_many_variables("")(1)
    ended.close()
    KEEP.extend([running, waiting, ended, with_many_variables("async ")(1), with_many_variables("")(1)])
    KEEP.extend([running.gi_frame, waiting.cr_frame])
    KEEP.extend([re.compile("a(b|c)*" * 30), decimal.Decimal(3) ** 90, functools.partial(print, 1), memoryview(b"abc")])
    KEEP.extend([asyncio.new_event_loop(), logging.getLogger("x"), iter([1]), range(9), slice(1, 2), 3j, sys.flags])
    KEEP.extend([struct.Struct("3Q"), types.SimpleNamespace(a=1), Exception(1), json.JSONDecoder()])


def size(item):
    kind = type(item)
    if isinstance(item, type):
        return kind.__basicsize__ if item.__flags__ & HEAP_TYPE else 256
    if kind in GENERATORS:
        prefix = {types.CoroutineType: "cr_", types.AsyncGeneratorType: "ag_"}.get(kind, "gi_")
        code = getattr(item, prefix + "code")
        # A closed one may have nothing left that tells how large its frame was.
        inside = sys.version_info >= (3, 11) and getattr(item, prefix + "frame") is not None
        return kind.__basicsize__ + (WORD * (code.co_nlocals + code.co_stacksize) if inside else 0)
    if kind in (str, int, types.FrameType):
        return kind.__sizeof__(item)
    if isinstance(item, tuple):
        return kind.__basicsize__ + WORD * tuple.__len__(item)
    if kind is bytes:
        return kind.__basicsize__ + len(item)
    return kind.__basicsize__


def before(item):
    """What `sys.getsizeof` adds: the collector's head, and from 3.12 on the words before that."""
    is_static = isinstance(item, type) and not item.__flags__ & HEAP_TYPE
    return 0 if is_static else sys.getsizeof(item) - type(item).__sizeof__(item)


def raw(item):
    kind = type(item)
    if kind is list and item:
        return "list", WORD * len(item)
    if kind is set and set.__sizeof__(item) > set.__basicsize__:
        return "set", set.__sizeof__(item) - set.__basicsize__
    if kind is dict and len(item) > 1 and any(type(key) is not str for key in item):
        return "dict", dict.__sizeof__(item) - dict.__basicsize__
    if kind is collections.deque:
        return "deque", 66 * WORD
    return None


def main():
    make()
    seen = collections.Counter()
    chosen = []
    for item in KEEP + object.__subclasses__() + gc.get_objects():
        kind = type(item)
        if seen[kind] < OF_EACH_TYPE or id(item) % 1024 < 80 or any(item is one for one in KEEP[-40:]):
            seen[kind] += 1
            chosen.append(item)
    chosen += KEEP
    unique = {id(item): item for item in chosen if item is not chosen and item is not seen and item is not KEEP}
    words = {"objects": [], "raw": [], "buffers": []}
    for item in unique.values():
        if isinstance(item, types.FrameType) and item not in KEEP or type(item) is int and item < 257:
            continue  # frames that will have gone, and numbers that are kept in the interpreter's image
        words["objects"].append([id(item), before(item), size(item), type(item).__name__])
        found = raw(item)
        if found:
            words["raw"].append([found[0], id(item), found[1]])
    for length in (100, 5000, 40000):
        # A reference count of one and a type, over and over; and the same as an entry of a dict's table has them.
        numbers = array.array("Q", [1, id(float), 0, 7, 1, id(object), id(int), id(float)] * (length // 8))
        KEEP.append(numbers)
        words["buffers"].append([numbers.buffer_info()[0], len(numbers) * numbers.itemsize])
    KEEP.append(unique)
    truth.EXTRA.update(words)
    truth.serve()


main()
