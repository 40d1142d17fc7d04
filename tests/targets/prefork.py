"""A server that forks its workers, of which one forgets coroutines."""
import os

from truth import EXTRA, leak, serve

KEEP = []
LIFE, PARENT_ONLY = os.pipe()


async def handle(request):
    return request


def worker(number, ready):
    if number == 1:
        KEEP.extend([leak("worker", handle(request)) for request in range(4)])
    os.close(PARENT_ONLY)
    os.write(ready, b"x")
    os.read(LIFE, 1)  # returns when the parent has ended
    os._exit(0)


EXTRA["workers"] = []
for number in range(3):
    parent_end, worker_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        worker(number, worker_end)
    EXTRA["workers"].append(pid)
    os.read(parent_end, 1)
serve()
