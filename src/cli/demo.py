"""A notification service that forgets to await some of its coroutines.

`coroscope demo` starts this program and looks at it from outside. It runs on CPython 3.8 to 3.15 with
nothing but the standard library.
"""

import asyncio
import gc
import os
import sys
import threading


async def send_email(user):
    await asyncio.sleep(0)


async def build_report(user):
    await asyncio.sleep(0)


async def write_audit(user):
    await asyncio.sleep(0)


async def send_receipt(user):
    await asyncio.sleep(0)


async def send_push(user):
    await asyncio.sleep(0)


async def send_digest(user):
    await asyncio.sleep(0)


class Outbox:
    """Keeps what is to be sent, and forgets to send it."""

    def __init__(self):
        self.pending = []

    def queue_email(self, user):
        self.pending.append(send_email(user))  # mistake: nobody awaits what is in this list


REPORTS = {}
CALLBACKS = []


def request_report(user):
    REPORTS[user] = build_report(user)  # mistake: a dict of coroutines, not of reports


def on_logout(user):
    entry = write_audit(user)  # mistake: calling the callback does not await it

    def callback():
        return entry

    CALLBACKS.append(callback)


async def checkout(user, forever):
    receipt = send_receipt(user)  # mistake: a local variable that is never used again
    await forever.wait()


async def digest_worker(forever):
    digest = send_digest("ada")  # right: made here, awaited two lines below
    await asyncio.sleep(0)
    await digest
    await forever.wait()


async def heartbeat():
    while True:
        await asyncio.sleep(0.05)


async def main():
    forever = asyncio.Event()
    outbox = Outbox()
    for user in ("ada", "grace", "linus"):
        outbox.queue_email(user)
    for user in ("ada", "grace"):
        request_report(user)

    # Python can write down where a coroutine is made. It is off by default; here it is on for one call.
    sys.set_coroutine_origin_tracking_depth(3)
    on_logout("ada")
    sys.set_coroutine_origin_tracking_depth(0)

    tasks = [
        asyncio.ensure_future(checkout("ada", forever)),
        asyncio.ensure_future(digest_worker(forever)),
        asyncio.ensure_future(heartbeat()),
    ]
    await asyncio.gather(*(send_push(user) for user in ("ada", "grace", "linus")))  # right
    await asyncio.sleep(0.1)
    # A service that has been up for a while has been through many collections.
    gc.collect()
    print("ready", os.getpid(), flush=True)
    await forever.wait()
    del tasks, outbox


def end_with_our_parent():
    """Ends this program when the other end of stdin is closed, however that came about."""
    while sys.stdin.buffer.read(1):
        pass
    os._exit(0)


threading.Thread(target=end_with_our_parent, name="stdin", daemon=True).start()
asyncio.run(main())
