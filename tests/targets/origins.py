"""One function, forgotten at two places, where creation is recorded.

Argument: depth for `sys.set_coroutine_origin_tracking_depth`, or `debug` for asyncio's debug mode.
"""
import asyncio
import gc
import sys

from truth import EXTRA, leak, serve

KEEP = []


async def fetch():
    pass


def here():
    KEEP.append(leak("here", fetch()))


def there():
    def deeper():
        KEEP.append(leak("there", fetch()))

    deeper()


async def main():
    here()
    there()
    here()
    EXTRA["lines"] = [function.__code__.co_firstlineno + 1 for function in (here, there)]
    gc.collect()
    serve()


if sys.argv[1] == "debug":
    asyncio.run(main(), debug=True)
else:
    sys.set_coroutine_origin_tracking_depth(int(sys.argv[1]))
    asyncio.run(main())
