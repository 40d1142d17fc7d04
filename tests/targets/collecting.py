"""The collector runs nearly all the time, over cycles that are garbage, beside forgotten coroutines that stay."""
import gc

from truth import leak, serve_in_thread

PENDING = []
COLLECTIONS = [0]


async def fetch(number):
    return number


class Node:
    def __init__(self):
        self.other = self
        self.payload = [self, {"self": self}]


PENDING.extend([leak("list", fetch(number)) for number in range(3)])
gc.collect()
serve_in_thread({"collections": lambda: {"collections": COLLECTIONS[0]}})
while True:
    for _ in range(500):
        Node()
    gc.collect()
    COLLECTIONS[0] += 1
