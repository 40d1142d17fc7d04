"""A program without asyncio: coroutines are a feature of the language, and can be forgotten without a loop too."""
import sys

from truth import EXTRA, leak, serve


class Trap:
    """An awaitable that needs no loop."""

    def __await__(self):
        yield self


async def fetch(url):
    await Trap()
    return url


PENDING = [leak("list", fetch("a")), leak("list", fetch("b"))]
STARTED = fetch("c")
STARTED.send(None)
EXTRA["asyncio"] = "asyncio" in sys.modules
serve()
