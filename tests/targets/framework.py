"""What the servers of frameworks share: a client that makes load when it is told to, faults on demand, and what their loops know.

The client lives in a thread and a loop of its own: it belongs to what is looked at. It is idle until it is told to `start`, makes
its requests over and over with several workers, and is idle again after `stop`. `fault` makes the two faults of the positive twin.
"""
import asyncio
import gc
import socket
import threading
import time

from truth import COUNTS, serve_in_thread

WORKERS = 6
LONGEST_S = 120  # a test that dies does not leave a busy program behind
KEEP = []  # what the faults leave behind
LOOPS = []


def listener():
    """A socket that takes connections from now on, whenever its server begins."""
    found = socket.socket()
    found.bind(("127.0.0.1", 0))
    found.listen(128)
    found.setblocking(False)
    return found


async def audit(who):
    """Forgotten by `commit_faults`."""
    return who


async def fails_unseen():
    raise LookupError("nobody asks for this")


async def commit_faults():
    """One coroutine that nobody will await, and one task whose exception nobody will retrieve."""
    KEEP.append(audit("somebody"))
    KEEP.append(asyncio.ensure_future(fails_unseen()))
    for _ in range(3):
        await asyncio.sleep(0)
    gc.collect()


class Load:
    """Several workers, each of which runs `one_round` over and over while they are wanted."""

    def __init__(self):
        self.wanted = None
        self.idle = None
        self.rounds = 0
        self.failures = []
        self.loop = None
        self.until = 0.0

    async def run(self, one_round):
        """Never returns."""
        self.loop = asyncio.get_running_loop()
        self.wanted, self.idle = asyncio.Event(), asyncio.Event()
        self.idle.set()
        LOOPS.append(self.loop)
        self.begun.set()
        while True:
            await self.wanted.wait()
            await asyncio.gather(*[self._work(one_round) for _ in range(WORKERS)])
            self.idle.set()

    async def _work(self, one_round):
        while self.wanted.is_set() and time.monotonic() < self.until:
            try:
                await one_round(self.rounds)
            except Exception as error:
                self.failures.append(repr(error))
                await asyncio.sleep(0.1)
            self.rounds += 1
        self.wanted.clear()

    def switch(self, on):
        if on:
            self.until = time.monotonic() + LONGEST_S
            self.idle.clear()
            self.wanted.set()
        else:
            self.wanted.clear()

    # From here on called in the thread that answers

    def start(self):
        self.loop.call_soon_threadsafe(self.switch, True)
        # Answered when there is load.
        began, limit = self.rounds, time.monotonic() + 60
        while self.rounds < began + WORKERS and time.monotonic() < limit:
            time.sleep(0.001)
        return self.facts()

    def stop(self):
        self.loop.call_soon_threadsafe(self.switch, False)
        limit = time.monotonic() + 60
        while not self.idle.is_set() and time.monotonic() < limit:
            time.sleep(0.001)
        return self.facts()

    def facts(self):
        return {"rounds": self.rounds, "failures": self.failures[:5], "idle": self.idle.is_set()}


def tasks():
    """The unfinished tasks of all loops."""
    found = []
    for loop in LOOPS:
        found.extend(id(task) for task in asyncio.all_tasks(loop))
    return {"tasks": sorted(found), "replies": COUNTS["replies"]}


def answer(client, fault):
    """Starts the client, `client(load)` being a coroutine function, and answers from now on. `fault()` makes the faults."""
    load = Load()
    load.begun = threading.Event()
    threading.Thread(target=lambda: asyncio.run(client(load)), name="client", daemon=True).start()
    assert load.begun.wait(60)

    def commit():
        fault(load)
        return tasks()

    serve_in_thread({"start": load.start, "stop": load.stop, "rounds": load.facts, "tasks": tasks, "fault": commit})
    return load
