"""The floor: what it takes to copy the memory in which objects can be, and nothing else.

Streams through one small buffer per thread that is used again, because fresh memory costs more than the copy. ctypes
lets go of the interpreter lock during a call, so the threads do run side by side.
"""

import array
import ctypes
import mmap
import threading
import time

CHUNK = 1 << 20
PAGE = mmap.PAGESIZE
# /proc/PID/pagemap: the page is in memory (bit 63) or swapped out (bit 62), and not a guard (bit 58).
PRESENT = 3 << 62
GUARD = 1 << 58
ENTRIES = 1 << 16


class IoVec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.process_vm_readv.restype = ctypes.c_ssize_t
LIBC.process_vm_readv.argtypes = [
    ctypes.c_int,
    ctypes.POINTER(IoVec),
    ctypes.c_ulong,
    ctypes.POINTER(IoVec),
    ctypes.c_ulong,
    ctypes.c_ulong,
]


def pieces_of(pid):
    """The private, writable, anonymous memory of a process that has content, in pieces of at most `CHUNK` bytes."""
    pieces = []
    with open("/proc/%d/maps" % pid) as maps, open("/proc/%d/pagemap" % pid, "rb") as pagemap:
        for line in maps:
            words = line.split(None, 5)
            name = words[5].strip() if len(words) > 5 else ""
            if (
                words[1][:2] == "rw"
                and words[1][3] == "p"
                and (not name or name == "[heap]" or name.startswith("[anon:"))
            ):
                start, end = (int(word, 16) for word in words[0].split("-"))
                pieces += pieces_between(pagemap, start, end)
    return pieces


def pieces_between(pagemap, start, end):
    page, last = start // PAGE, end // PAGE
    begun = None
    while page < last:
        pagemap.seek(page * 8)
        entries = array.array("Q", pagemap.read(min(last - page, ENTRIES) * 8))
        if not entries:
            break
        for entry in entries:
            at = page * PAGE
            present = entry & PRESENT and not entry & GUARD
            if begun is not None and (not present or at - begun == CHUNK):
                yield begun, at - begun
                begun = None
            if begun is None and present:
                begun = at
            page += 1
    if begun is not None:
        yield begun, page * PAGE - begun


def copy(pid, pieces, threads):
    """Copies all pieces. Returns seconds and bytes."""
    left = iter(pieces)
    copied, began, ended = [0] * threads, [0.0] * threads, [0.0] * threads

    def run(number):
        # On a page: a copy to a place some bytes ahead of its source, in the low bits of the addresses, takes three times as long.
        buffer = (ctypes.c_char * CHUNK).from_buffer(mmap.mmap(-1, CHUNK))
        ctypes.memset(buffer, 1, CHUNK)
        into, source = IoVec(ctypes.addressof(buffer), 0), IoVec()
        into_at, source_at, call = ctypes.byref(into), ctypes.byref(source), LIBC.process_vm_readv
        ready.wait()
        began[number] = time.perf_counter()
        for start, length in left:
            into.length = source.length = length
            source.base = start
            copied[number] += max(0, call(pid, into_at, 1, source_at, 1, 0))
        ended[number] = time.perf_counter()

    ready = threading.Barrier(threads)
    workers = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return max(ended) - min(began), sum(copied)
