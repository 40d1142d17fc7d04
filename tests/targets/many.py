"""A big heap: forgotten coroutines of three functions among much ballast and many tasks.

Arguments: forgotten coroutines (default 10000), objects of ballast (default 0), tasks (default 10).
"""
import asyncio
import gc
import sys
import time
import types

from truth import Heartbeat, leak, serve_on

KEEP = []
HEART = Heartbeat()


async def fetch(number):
    return number


async def store(key, value):
    return key, value


class Sender:
    async def send(self):
        pass


class Row:
    def __init__(self, number):
        self.number = number
        self.name = "row"


async def parked(gate):
    await gate


def ballast(count):
    """Objects the collector tracks, of the kinds programs are made of."""
    objects = []
    for number in range(count // 5):
        objects.append([number])
        objects.append({"number": number, "list": objects[-1]})
        objects.append((number, objects[-1]))
        objects.append({number, "x"})
        objects.append(Row(number))
    return objects


def scan():
    """What a program does that looks for coroutines in itself. Milliseconds."""
    start = time.monotonic()
    found = [item for item in gc.get_objects() if type(item) is types.CoroutineType]
    elapsed = time.monotonic() - start
    return {"found": len(found), "ms": elapsed * 1000}


async def main():
    words = [int(word) for word in sys.argv[1:]] + [10000, 0, 10][len(sys.argv) - 1:]
    leaks, objects, tasks = words[:3]
    loop = asyncio.get_running_loop()
    gate = loop.create_future()
    sender = Sender()
    gc.disable()  # building is quadratic otherwise
    KEEP.append(ballast(objects))
    for number in range(leaks):
        kind = number % 3
        KEEP.append(leak("many", fetch(number) if kind == 0 else store(number, "x") if kind == 1 else sender.send()))
    KEEP.extend([loop.create_task(parked(gate)) for _ in range(tasks)])
    gc.enable()
    await asyncio.sleep(0)
    gc.collect()
    HEART.take()
    serve_on(loop, {"scan": scan, "heart": HEART.take})
    await gate


asyncio.run(main())
