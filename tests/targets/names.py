"""Forgotten coroutines with odd names, files, sizes and arguments."""
import asyncio
import functools

from truth import leak, serve

KEEP = []


def keep(label, coroutine):
    KEEP.append(leak(label, coroutine))


def define(source, filename, name, module="made at run time"):
    names = {"__name__": module}
    exec(compile(source, filename, "exec"), names)
    return names[name]


class Outer:
    class Inner:
        async def method(self):
            pass

    def make(self):
        async def nested(x, *, y=3):
            def uses():
                return x, y

            return uses

        return nested


async def takes(a, b=(1, 2), *args, c=None, **more):
    def uses():
        return a, more

    await asyncio.sleep(0)
    return uses


async def defaults(a, b=2, *rest, key="k", **more):
    pass


async def partially(x, *, y=3):
    return x, y


async def renamed():
    pass


async def secret(password):
    return password


# A frame far beyond what pymalloc serves: its memory comes from malloc, or from a mapping of its own.
MANY = "".join("    v%d = a\n" % number for number in range(3000))
big = define("async def big(a, b=2, *rest, key='k', **more):\n" + MANY, "<big\nfile>", "big")
keep("big", big(2, 3, 4, key=5, z=6))
keep("unicode", define("async def \u540d\u524d(\u5f15\u6570): pass", "/\u30d1\u30b9/\u540d.py", "\u540d\u524d")("\u5024"))
keep("latin 1", define("async def caf\u00e9(): pass", "/caf\u00e9.py", "caf\u00e9")())
keep("beyond 16 bits", define("async def f(): pass", "/\U0001f40d.py", "f")())
keep("surrogate", define("async def undecodable(): pass", "/\udcff.py", "undecodable")())
keep("no module", define("async def homeless(): pass", "", "homeless", module=None)())
renamed.__qualname__ = "red\x1b[31m\u202e\n"
keep("renamed", renamed())
keep("method", Outer.Inner().method())
keep("nested", Outer().make()(1))
keep("partial", functools.partial(partially, 9, y=8)())
keep("defaults", defaults(1))
keep("arguments", takes("A\u00e9\u4e2d", True, None, 1.5, -7, c=[1, (2,)], q=b"zz", h=10 ** 40))
keep("secret", secret("hunter2"))
serve()
