"""Async generators that were left, calls of their methods that nobody awaits, and their innocent twins. CPython 3.8 to 3.15.

`left`: kind -> label -> addresses of what is to be called leaked; `suspect`: the same, of what is to be called suspect at most; `innocent`:
addresses of what is to be no finding, or a pending one.

Words: `closed` leaves async generators in a loop that is closed.
"""
import asyncio
import contextlib
import gc
import sys

import truth

LEFT = {}
SUSPECT = {}
INNOCENT = {}
KEPT = []


def left(kind, label, item):
    LEFT.setdefault(kind, {}).setdefault(label, []).append(id(item))
    return item


def suspect(kind, label, item):
    SUSPECT.setdefault(kind, {}).setdefault(label, []).append(id(item))
    return item


def innocent(label, item):
    INNOCENT.setdefault(label, []).append(id(item))
    return item


async def numbers(limit=1000):
    try:
        for number in range(limit):
            yield number
    finally:
        KEPT.append("closed")


async def slow():
    while True:
        await asyncio.sleep(1000)
        yield 1


async def forever():
    await asyncio.sleep(1000)


async def breaks():
    items = left("asyncgen_abandoned", "left by break", numbers())
    async for item in items:
        if item > 3:
            break
    await forever()


async def steps():
    items = left("asyncgen_abandoned", "left after a step", numbers())
    await items.__anext__()
    await forever()


async def creates():
    items = left("asyncgen_never_started", "never begun", numbers())
    await forever()


async def refers(holder):
    yield holder


async def circle():
    holder = []
    holder.append(refers(holder))
    await holder[0].__anext__()
    left("asyncgen_abandoned", "in a circle", holder[0])
    del holder
    await forever()


async def calls():
    items = innocent("has calls", numbers())
    await items.__anext__()
    one = left("asyncgen_method_never_awaited", "asend", items.asend(1))
    two = left("asyncgen_method_never_awaited", "__anext__", items.__anext__())
    three = left("asyncgen_method_never_awaited", "athrow", items.athrow(ValueError))
    four = left("asyncgen_method_never_awaited", "aclose", items.aclose())
    if sys.version_info >= (3, 10):
        five = left("asyncgen_method_never_awaited", "anext with a default", anext(items, None))  # noqa: F821
    await forever()


class Holder:
    pass


async def held_elsewhere():
    holder = Holder()
    holder.begun = suspect("asyncgen_abandoned", "attribute", numbers())
    await holder.begun.__anext__()
    holder.created = suspect("asyncgen_never_started", "attribute", numbers())
    KEPT.append(holder)
    fixture = suspect("asyncgen_abandoned", "fixture", numbers())
    await fixture.__anext__()
    KEPT.append(fixture)
    KEPT.append(lambda: fixture)
    holder.call = left("asyncgen_method_never_awaited", "attribute", numbers().asend(None))


async def iterates():
    async for _ in innocent("iterated over", numbers()):
        await forever()


async def waits_inside():
    async for _ in innocent("awaits inside", slow()):
        pass


async def waits_by_hand():
    items = innocent("awaits inside, by hand", slow())
    await innocent("awaited call", items.__anext__())


async def outer_generator():
    async for item in innocent("iterated over by another", numbers()):
        yield item


async def iterates_over_both():
    async for _ in innocent("iterates over another", outer_generator()):
        await forever()


async def will_use():
    items = innocent("used again", numbers())
    created = innocent("begun later", numbers())
    await items.__anext__()
    await forever()
    await items.aclose()
    async for _ in created:
        pass


async def will_await():
    items = innocent("has a call that is awaited later", numbers())
    call = innocent("awaited later", items.__anext__())
    await forever()
    await call


async def hands_over():
    items = innocent("given to a task", numbers())
    KEPT.append(asyncio.ensure_future(consume(items)))
    closing = innocent("being closed", slow_to_close())
    await closing.__anext__()
    KEPT.append(asyncio.ensure_future(closes_it(closing)))
    del closing
    await forever()


async def slow_to_close():
    try:
        yield 1
    finally:
        await forever()


async def closes_it(items):
    await items.aclose()


async def breaks_and_forgets():
    """The loop's hook closes what `break` leaves behind: a task does, and that task waits here."""
    async for item in slow_to_close():
        if item:
            break
    await forever()


@contextlib.asynccontextmanager
async def manager():
    yield 1


async def enters():
    context = manager()
    innocent("context manager", context.gen)
    async with context:
        await forever()


async def enters_stack():
    async with contextlib.AsyncExitStack() as stack:
        context = manager()
        innocent("in an exit stack", context.gen)
        await stack.enter_async_context(context)
        del context
        await forever()


async def enters_by_hand():
    holder = Holder()
    holder.context = manager()
    innocent("entered by hand", holder.context.gen)
    await holder.context.__aenter__()
    KEPT.append(holder)


async def keeps_stack():
    stack = contextlib.AsyncExitStack()
    context = manager()
    innocent("in a kept stack", context.gen)
    await stack.enter_async_context(context)
    KEPT.append({"stack": stack})


async def closes():
    items = innocent("aclosing", numbers())
    async with contextlib.aclosing(items) as open_items:
        async for _ in open_items:
            break
        await forever()


async def exhausts():
    items = innocent("exhausted", numbers(3))
    async for _ in items:
        pass
    closed = innocent("closed", numbers())
    await closed.__anext__()
    await closed.aclose()
    KEPT.append(items)
    KEPT.append(closed)


async def consume(items):
    async for _ in items:
        await forever()


async def main(loop):
    tasks = [breaks(), steps(), creates(), circle(), calls(), held_elsewhere()]
    tasks += [iterates(), waits_inside(), waits_by_hand(), iterates_over_both(), will_use(), will_await(), hands_over()]
    tasks += [breaks_and_forgets(), enters(), enters_stack()]
    tasks += [enters_by_hand(), keeps_stack(), exhausts(), consume(innocent("argument", numbers()))]
    if sys.version_info >= (3, 10):
        tasks.append(closes())
    KEPT.extend([loop.create_task(task) for task in tasks])
    await asyncio.sleep(0.1)
    loop.call_later(1000, print, innocent("argument of a timer", numbers()))


def run():
    gc.disable()
    if "closed" in sys.argv:
        closed = asyncio.new_event_loop()

        async def begins():
            holder = Holder()
            holder.items = left("asyncgen_abandoned", "its loop is closed", numbers())
            await holder.items.__anext__()
            KEPT.append(holder)

        closed.run_until_complete(begins())
        closed.close()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(main(loop))
    # Moves everything to the oldest generation without collecting.
    gc.freeze()
    gc.unfreeze()
    gc.enable()
    gc.set_threshold(1 << 20)
    truth.EXTRA.update(left=LEFT, suspect=SUSPECT, innocent=INNOCENT)
    truth.serve_on(loop)
    loop.run_forever()


run()
