"""Coroutines that were thrown away, and are gone. Argument: `default`, `tracked` (origins are recorded), `ignore` (the warning is hidden),
`some` (it is hidden in some cases) or `once` (it is shown once for the whole process).

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


def twice(which):
    if which:
        async def same():
            pass
    else:
        async def same():
            return 1
    return same


SAME = [twice(False), twice(True)]


def throw():
    lost()
    App().send()
    SAME[0]()


def remembered():
    keys = [key for key in globals().get("__warningregistry__", {}) if isinstance(key, tuple) and len(key) == 3]
    return sorted([key[0].split("\n")[0], key[2]] for key in keys)


def stale():
    warnings.filterwarnings("default", "no such text")
    return {"remembered": remembered()}


def hide_some():
    class Warning(UserWarning):  # not the one that everything derives from
        pass

    warnings.simplefilter("ignore", Warning)
    warnings.filterwarnings("ignore", "(overflow|invalid value) encountered", RuntimeWarning)
    warnings.filterwarnings("ignore", category=RuntimeWarning, module="no_such_module")
    warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"tru[a-z]+$")
    warnings.filterwarnings("ignore", r"coroutine 'Other\.", RuntimeWarning)
    warnings.filterwarnings("always", "coroutine 'Other.shown'", RuntimeWarning)


def give_once():
    for name in ("vanished", "vanished", "lost"):
        text = "coroutine '%s' was never awaited" % name
        warnings.warn_explicit(text, RuntimeWarning, "elsewhere.py", 7)
    warnings.warn_explicit("something else", RuntimeWarning, "elsewhere.py", 8)


sys.modules["another name of it"] = sys.modules["__main__"]
if sys.argv[1] == "ignore":
    warnings.simplefilter("ignore")
if sys.argv[1] == "tracked":
    sys.set_coroutine_origin_tracking_depth(2)
if sys.argv[1] == "some":
    hide_some()
if sys.argv[1] == "once":
    warnings.simplefilter("once")
throw()
throw()
if sys.argv[1] == "once":
    give_once()
EXTRA["remembered"] = remembered()
EXTRA["calls"] = throw.__code__.co_firstlineno
EXTRA["defined"] = lost.__code__.co_firstlineno
EXTRA["defined_method"] = App.send.__code__.co_firstlineno
EXTRA["last_line"] = throw.__code__.co_firstlineno + 2
serve({"stale": stale})
