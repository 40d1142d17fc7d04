"""Coroutines that were thrown away, and are gone. Argument: `default`, `tracked` (origins are recorded) or `ignore` (the warning is hidden).

`stale` changes the filters, so that what is remembered is from before that.
"""
import sys
import warnings

from truth import EXTRA, serve


async def lost():
    pass


class App:
    async def send(self):
        pass


def throw():
    lost()
    App().send()


def remembered():
    keys = [key for key in globals().get("__warningregistry__", {}) if isinstance(key, tuple)]
    return sorted([key[0].split("\n")[0], key[2]] for key in keys)


def stale():
    warnings.filterwarnings("default", "no such text")
    return {"remembered": remembered()}


sys.modules["another name of it"] = sys.modules["__main__"]
if sys.argv[1] == "ignore":
    warnings.simplefilter("ignore")
if sys.argv[1] == "tracked":
    sys.set_coroutine_origin_tracking_depth(2)
throw()
throw()
EXTRA["remembered"] = remembered()
EXTRA["calls"] = throw.__code__.co_firstlineno
EXTRA["defined"] = lost.__code__.co_firstlineno
EXTRA["last_line"] = throw.__code__.co_firstlineno + 2
serve({"stale": stale})
