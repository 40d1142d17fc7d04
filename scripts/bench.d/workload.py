#!/usr/bin/env python3
"""A Python process that knows what is in it: the target of `scripts/bench`. CPython 3.8 to 3.15, standard library only.

It makes a heap of a known size with a known number of tasks and of coroutines that are never awaited, writes what it
made to `truth.json`, and then runs an event loop that measures from inside how long anything held it up, and how much
work it got done. Numbers go through a small shared file (`stats`), so that the harness reads and resets them without
disturbing it. Orders come through `order.json`, answers go to `answer.json`. It ends with the process that started it.
"""

import argparse
import asyncio
import collections
import ctypes
import gc
import inspect
import json
import mmap
import os
import random
import signal
import sys
import threading
import time
import types
import warnings

# The 64-bit numbers of the file `stats`. All times are in ns.
SLOTS = ("ready", "beats", "longest_stall", "reset", "reset_done", "order", "order_done", "births", "churned")
SLOT = {name: index for index, name in enumerate(SLOTS)}
# The file `births`: address, time of birth and time of death of the last short-lived coroutines.
BIRTHS = 1 << 16
BIRTH_FIELDS = 3

RECORD = 5  # objects that the garbage collector knows, per record
SHARD = 1000  # records per list, so that no single list holds the heap
SHUFFLED = 0.3  # of the records are made anew, so that the order of addresses is not that of the collector's lists
FINISHED = 100  # coroutines that ran to their end and are kept
STARTED = 100  # coroutines that are suspended, outside of tasks
FREED = 10000  # coroutines that are gone, and whose memory still looks like them
GROUP = 10  # tasks per gather(): one waits for nine
LIFETIME = 0.2  # seconds that a record of the churn lives
BUFFER = 64 << 20
BEAT = 1_000_000
PR_SET_PDEATHSIG = 1


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="where the shared files are")
    parser.add_argument("--harness", type=int, required=True, help="pid of the process to end with")
    parser.add_argument("--objects", type=int, default=100000)
    parser.add_argument("--tasks", type=int, default=100)
    parser.add_argument("--leaks", type=int, default=100)
    return parser.parse_args()


def end_with(harness):
    """Ends this process when the one that started it does, also if that is killed."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != harness:
        sys.exit("the harness is gone")


class Item:
    __slots__ = ("pair", "number", "marks")

    def __init__(self, pair, number, marks):
        self.pair = pair
        self.number = number
        self.marks = marks


def record(number):
    """An instance with a tuple, a dict, a list and a set: five objects that the garbage collector knows."""
    return Item(({"values": [number, "text", None], "name": "record"}, number), number, {number})


class Heap:
    """The bulk of the objects."""

    def __init__(self, objects, chance):
        self.size = max(1, objects // RECORD)
        self.shards = [
            [record(number) for number in range(first, min(first + SHARD, self.size))]
            for first in range(0, self.size, SHARD)
        ]
        # Holes first, then what fills them: the new records land on the addresses of others.
        places = [chance.randrange(self.size) for _ in range(int(self.size * SHUFFLED))]
        for place in places:
            self.shards[place // SHARD][place % SHARD] = None
        for place in places:
            if self.shards[place // SHARD][place % SHARD] is None:
                self.replace(place)

    def replace(self, place):
        self.shards[place // SHARD][place % SHARD] = record(place)

    def at(self, place):
        return self.shards[place // SHARD][place % SHARD]


async def fetch(number):
    await asyncio.sleep(0)
    return number


async def send(to, subject):
    await asyncio.sleep(0)


async def flush():
    await asyncio.sleep(0)


class Service:
    def __init__(self):
        self.pending = None

    async def handle(self, request):
        await asyncio.sleep(0)


SERVICE = Service()


def forgotten(number):
    """A coroutine of one of four functions, not awaited."""
    kind = number % 4
    if kind == 0:
        return fetch(number)
    if kind == 1:
        return send("user-%d" % number, "hello")
    if kind == 2:
        return flush()
    return SERVICE.handle(number)


async def short_lived():
    await asyncio.sleep(0)


def closure(coroutine):
    def inner():
        return coroutine

    return inner


def suspended_generator():
    held = yield
    while True:
        yield held is None


class Leaks:
    """Coroutines that are never awaited, kept by eight kinds of holders in turn."""

    def __init__(self):
        self.in_list, self.in_dict, self.in_closures, self.in_attributes = [], {}, [], []
        self.in_tuples, self.in_set, self.in_deque, self.in_frames = [], set(), collections.deque(), []
        self.addresses = {}
        self.spacers = []

    def make(self, count):
        holders = (
            self.hold_list,
            self.hold_dict,
            self.hold_closure,
            self.hold_attribute,
            self.hold_tuple,
            self.hold_set,
            self.hold_deque,
            self.hold_frame,
        )
        for number in range(count):
            hold = holders[number % len(holders)]
            coroutine = forgotten(number)
            hold(number, coroutine)
            self.addresses["0x%x" % id(coroutine)] = hold.__name__[len("hold_") :]
            self.spacers.append(record(number))  # other objects in between, as in life

    def hold_list(self, number, coroutine):
        self.in_list.append(coroutine)

    def hold_dict(self, number, coroutine):
        self.in_dict[number] = coroutine

    def hold_closure(self, number, coroutine):
        self.in_closures.append(closure(coroutine))

    def hold_attribute(self, number, coroutine):
        service = Service()
        service.pending = coroutine
        self.in_attributes.append(service)

    def hold_tuple(self, number, coroutine):
        self.in_tuples.append((number, coroutine))

    def hold_set(self, number, coroutine):
        self.in_set.add(coroutine)

    def hold_deque(self, number, coroutine):
        self.in_deque.append(coroutine)

    def hold_frame(self, number, coroutine):
        generator = suspended_generator()
        next(generator)
        generator.send(coroutine)
        self.in_frames.append(generator)


async def innermost(future):
    return await future


async def middle(future):
    return await innermost(future)


async def worker(future):
    return await middle(future)


async def group(futures):
    await asyncio.gather(*[asyncio.ensure_future(worker(future)) for future in futures])


class Pause:
    def __await__(self):
        yield None


async def suspended():
    await Pause()


class Churn:
    """Objects that come and go: half short-lived, with unawaited coroutines among them, half replaced in the heap."""

    def __init__(self, heap, stats, births, chance):
        self.heap, self.stats, self.births, self.chance = heap, stats, births, chance
        self.rate = 0.0
        self.living = collections.deque()
        self.made = 0
        self.owed = 0.0
        self.last = time.monotonic_ns()

    def set_rate(self, objects_per_second):
        self.rate = objects_per_second / RECORD
        self.last = time.monotonic_ns()
        self.owed = 0.0
        while not self.rate and self.living:
            self.end_one()

    def step(self, now):
        # After something held us up, catch up slowly: an avalanche would look like a longer stall.
        self.owed = min(self.owed + (now - self.last) * self.rate / 1e9, 100.0)
        self.last = now
        while self.owed >= 1:
            self.owed -= 1
            self.made += 1
            self.stats[SLOT["churned"]] += RECORD
            if self.made % 2:
                self.heap.replace(self.chance.randrange(self.heap.size))
            elif self.made % 20:
                self.living.append((now, record(self.made), None, 0))
            else:
                self.begin_one(now)
        oldest = now - LIFETIME * 1e9
        while self.living and self.living[0][0] < oldest:
            self.end_one()

    def begin_one(self, now):
        coroutine = short_lived()
        entry = self.stats[SLOT["births"]] % BIRTHS * BIRTH_FIELDS
        self.births[entry] = id(coroutine)
        self.births[entry + 1] = now
        self.births[entry + 2] = 0
        self.stats[SLOT["births"]] += 1
        self.living.append((now, record(self.made), coroutine, entry))

    def end_one(self):
        _, _, coroutine, entry = self.living.popleft()
        if coroutine is not None:
            coroutine.close()
            del coroutine
            self.births[entry + 2] = time.monotonic_ns()


class Workload:
    def __init__(self, options):
        self.options = options
        self.stats = shared(os.path.join(options.folder, "stats"), len(SLOTS))
        self.chance = random.Random(1)
        births = shared(os.path.join(options.folder, "births"), BIRTHS * BIRTH_FIELDS)
        self.heap = Heap(options.objects, self.chance)
        self.churn = Churn(self.heap, self.stats, births, self.chance)
        self.leaks = Leaks()
        self.leaks.make(options.leaks)
        self.buffers = []
        self.threads = []
        self.release = threading.Event()
        self.busy = False
        self.collected = 0
        self.collection_began = 0

    async def run(self):
        await self.make_tasks()
        finished = [forgotten(number) for number in range(FINISHED + FREED)]
        for coroutine in finished:
            coroutine.close()
        del finished[FINISHED:], coroutine
        started = [suspended() for _ in range(STARTED)]
        for coroutine in started:
            coroutine.send(None)
        del coroutine
        gc.collect()
        self.write_truth()
        gc.enable()
        gc.callbacks.append(self.on_collection)
        self.stats[SLOT["ready"]] = 1
        await self.beat()

    async def make_tasks(self):
        left = self.options.tasks
        self.tasks = []
        while left > 0:
            futures = [asyncio.get_running_loop().create_future() for _ in range(min(left, GROUP) - 1)]
            self.tasks.append(asyncio.ensure_future(group(futures)))
            left -= GROUP
        for _ in range(5):  # until the innermost coroutines wait
            await asyncio.sleep(0)

    async def beat(self):
        """Works or sleeps, and looks each time how long it took."""
        stats = self.stats
        beats = SLOT["beats"]
        last = time.monotonic_ns()
        units = 0
        while True:
            if self.busy:
                self.work()
                units += 1
                if not units % 64:
                    await asyncio.sleep(0)
                planned = 0
            else:
                await asyncio.sleep(BEAT / 1e9)
                planned = BEAT
            now = time.monotonic_ns()
            self.note_stall(now - last - planned)
            stats[beats] += 1
            last = now
            if self.churn.rate:
                self.churn.step(now)
                last = time.monotonic_ns()
                self.note_stall(last - now)
            if stats[SLOT["reset"]] != stats[SLOT["reset_done"]]:
                stats[SLOT["longest_stall"]] = 0
                stats[SLOT["reset_done"]] = stats[SLOT["reset"]]
            if stats[SLOT["order"]] != stats[SLOT["order_done"]]:
                self.obey()
                stats[SLOT["order_done"]] = stats[SLOT["order"]]
                last = time.monotonic_ns()
                self.collected = 0

    def note_stall(self, length):
        # Collections hold the program up whether anybody looks or not.
        length -= self.collected
        self.collected = 0
        if length > self.stats[SLOT["longest_stall"]]:
            self.stats[SLOT["longest_stall"]] = length

    def work(self):
        """Some 20 us of reading all over the heap and of making small objects."""
        total = 0
        for _ in range(12):
            item = self.heap.at(self.chance.randrange(self.heap.size))
            total += item.number + len(item.marks) + len(item.pair[0]["values"])
        return [total, (total, item.number)]

    def on_collection(self, phase, _):
        if phase == "start":
            self.collection_began = time.monotonic_ns()
        else:
            self.collected += time.monotonic_ns() - self.collection_began

    def obey(self):
        with open(os.path.join(self.options.folder, "order.json")) as file:
            order = json.load(file)
        answer = {"scan": self.scan, "referrers": self.referrers, "set": self.set}[order.pop("do")](**order)
        write_whole(os.path.join(self.options.folder, "answer.json"), answer)

    def scan(self):
        """What a program can do to find these coroutines in itself."""
        began = time.perf_counter()
        found = never_started()
        return {"seconds": time.perf_counter() - began, "found": len(found)}

    def referrers(self):
        """What a program can do to find who holds them."""
        leaks = [coroutine for coroutine in never_started() if coroutine.__name__ != "short_lived"]
        began = time.perf_counter()
        found = gc.get_referrers(*leaks)
        return {"seconds": time.perf_counter() - began, "found": len(found), "of": len(leaks)}

    def set(self, leaks=None, churn=None, threads=None, buffers=None, busy=None):
        if leaks is not None:
            self.leaks = Leaks()  # drops the old ones
            self.leaks.make(leaks)
        if churn is not None:
            self.churn.set_rate(churn)
        if threads is not None:
            self.set_threads(threads)
        if buffers is not None:
            self.set_buffers(buffers)
        if busy is not None:
            self.busy = busy
        self.write_truth()
        return {}

    def set_threads(self, count):
        self.release.set()
        for thread in self.threads:
            thread.join()
        self.release = threading.Event()
        self.threads = [threading.Thread(target=self.release.wait, daemon=True) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def set_buffers(self, size):
        self.buffers = []
        pattern = random.Random(7).getrandbits(8 << 20).to_bytes(1 << 20, "little")
        while size > 0:
            length = min(size, BUFFER)
            self.buffers.append(bytearray((pattern * (length // len(pattern) + 1))[:length]))
            size -= length

    def write_truth(self):
        write_whole(
            os.path.join(self.options.folder, "truth.json"),
            {
                "pid": os.getpid(),
                "python": sys.version.split()[0],
                "gc_objects": len(gc.get_objects()),
                "tasks": len(asyncio.all_tasks()),
                "threads": threading.active_count(),
                "leaks": self.leaks.addresses,
            },
        )


def never_started():
    coroutines = [thing for thing in gc.get_objects() if type(thing) is types.CoroutineType]
    return [thing for thing in coroutines if inspect.getcoroutinestate(thing) == inspect.CORO_CREATED]


def shared(path, numbers):
    """A file of 64-bit numbers, mapped. The harness makes it."""
    with open(path, "r+b") as file:
        return memoryview(mmap.mmap(file.fileno(), numbers * 8)).cast("q")


def write_whole(path, value):
    with open(path + ".new", "w") as file:
        json.dump(value, file)
    os.rename(path + ".new", path)


def main():
    options = arguments()
    end_with(options.harness)
    gc.disable()
    warnings.simplefilter("ignore", RuntimeWarning)
    asyncio.run(Workload(options).run())


if __name__ == "__main__":
    main()
