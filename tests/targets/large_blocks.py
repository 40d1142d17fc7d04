"""Large blocks of memory: buffers full of what looks like headers and coroutines, and containers that hold forgotten coroutines.

Tells where the memory of each lies: "plain" holds no references, "holding" may. Needs a fixed threshold of malloc
(MALLOC_MMAP_THRESHOLD_), or some of it comes from elsewhere.
"""
import array
import ctypes
import struct
import sys

from truth import EXTRA, leak, serve

MEGABYTE = 1 << 20
KEEP = []
PLAIN = []
HOLDING = []


async def fetch(number):
    return number


def start_of(buffer):
    return ctypes.addressof((ctypes.c_char * 1).from_buffer(buffer))


def pointer_in(owner, offset):
    return ctypes.c_uint64.from_address(id(owner) + offset).value


def decoys(size):
    """Pages that begin as large chunks do: 16 bytes before them, and behind the header of an object that holds them."""
    page = bytearray(4096)
    for at in (0, 4080, 4064, 4048):
        struct.pack_into("<QQ", page, at, 0, 64 * MEGABYTE + 4096 + 2)
    return bytes(page) * (size // 4096)


def copies(of, size):
    """The bytes of an object, over and over, as far apart as they are aligned."""
    step = (of.__sizeof__() + 32) // 16 * 16
    return ctypes.string_at(id(of) - 16, step) * (size // step)


def buffers(leaked):
    text = decoys(64 * MEGABYTE)
    for content in (text, copies(leaked, 16 * MEGABYTE)):
        buffer = bytearray(content)
        KEEP.append(buffer)
        PLAIN.append(["bytearray", start_of(buffer), len(buffer), id(buffer)])
        KEEP.append(content)
        PLAIN.append(["bytes", id(content), len(content), id(content)])
    string = "\u20ac" * (8 * MEGABYTE)
    KEEP.append(string)
    PLAIN.append(["str", id(string), 16 * MEGABYTE, id(string)])
    # Nothing is known of memory of extensions.
    numbers = array.array("Q", bytes(4 * MEGABYTE))
    KEEP.append(numbers)
    HOLDING.append(["array", numbers.buffer_info()[0], 4 * MEGABYTE])


def containers():
    items = [None] * 40000
    items[20000] = leak("item", fetch(1))
    KEEP.append(items)
    # The structure of a list ends with the address of its items and their number.
    HOLDING.append(["list", pointer_in(items, list.__basicsize__ - 16), 40000 * 8])
    entries = {number: None for number in range(40000)}
    entries[30000] = leak("value", fetch(2))
    KEEP.append(entries)
    members = set(range(100000))
    members.add(leak("member", fetch(3)))
    KEEP.append(members)
    row = tuple(items[:15000] + [leak("row", fetch(4))] + items[:15000])
    KEEP.append(row)
    HOLDING.append(["tuple", id(row), 30001 * 8])
    # Item arrays with headers between the items, as no interpreter makes them and an extension may.
    objects = (ctypes.py_object * 40000)()
    words = ctypes.cast(objects, ctypes.POINTER(ctypes.c_uint64))
    first = ctypes.addressof(objects)
    for page in range(first + 4096 - first % 4096, first + 40000 * 8 - 8192, 4096):
        words[(page - first) // 8 + 1] = 64 * MEGABYTE + 2
    objects[35555] = leak("object", fetch(5))
    KEEP.append(objects)
    HOLDING.append(["objects", first, 40000 * 8])


def huge_frame():
    """A coroutine that is a large block itself (from 3.11 on: up to 3.10 its frame is another object)."""
    lines = ["async def huge():"] + [" v%d = 0" % number for number in range(20000)]
    scope = {}
    exec("\n".join(lines), scope)
    KEEP.append(leak("huge", scope["huge"]()))


def main():
    first = leak("first", fetch(0))
    KEEP.append(first)
    containers()
    huge_frame()
    buffers(first)
    # Arenas that lie in front of the buffers.
    KEEP.append([[number] for number in range(100000)])
    KEEP.append(leak("last", fetch(6)))
    EXTRA["plain"] = PLAIN
    EXTRA["holding"] = HOLDING
    serve()


main()
