"""Threads come and go all the time, beside forgotten coroutines that stay."""
import gc
import threading

from truth import leak, serve_in_thread

PENDING = []
STARTED = [0]


async def fetch(number):
    return number


def short(number):
    return sum(range(number))


PENDING.extend([leak("list", fetch(number)) for number in range(3)])
gc.collect()
serve_in_thread({"started": lambda: {"started": STARTED[0]}})
while True:
    threads = [threading.Thread(target=short, args=(2000,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    STARTED[0] += len(threads)
