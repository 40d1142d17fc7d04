"""Who holds coroutines is evidence: what nothing reaches, what is left of something, what somebody works through. CPython 3.8 to 3.15.

`findings`: for each function name, the kind and verdict that its coroutines are to have (null: none), how many they are, and the words
of the path to them. Each has a twin that differs in what holds it. The collector is off, or it would end what nothing reaches.
"""
import asyncio
import gc
import logging
import sys

import truth

FINDINGS = {}
KEPT = []
LINE = []
RECORDS = []


JOBS = {"__name__": "jobs"}


def made(name, *arguments):
    """A coroutine of a function of this name that was never started."""
    if name not in JOBS:
        exec("async def %s(*arguments): pass" % name, JOBS)
    return JOBS[name](*arguments)


def expect(name, kind, verdict, path=None, count=1, inner=()):
    FINDINGS[name] = {"kind": kind, "verdict": verdict, "path": path, "count": count, "inner": list(inner)}


class Session:
    def __init__(self, greeting):
        self.me = self
        self.greeting = greeting


class Slotted:
    __slots__ = ("other", "jobs")


def unreachable():
    Session(made("in_circle"))
    expect("in_circle", "unawaited_cycle_garbage", "leaked", [])
    KEPT.append(Session(made("in_kept_circle")))
    expect("in_kept_circle", "unawaited_held", "suspect",
           ["module __main__", "global 'KEPT'", "list[0]", "attribute 'greeting' of __main__.Session"])

    one, other = Slotted(), Slotted()
    one.other, other.other = other, one
    one.jobs, other.jobs = [made("in_wide_circle")], {"many": [made("in_wide_circle") for _ in range(40)]}
    expect("in_wide_circle", "unawaited_cycle_garbage", "leaked", [], count=41)


def fails(job):
    raise ValueError("after the call, before the await")


def remains():
    try:
        fails(made("in_traceback"))
    except ValueError as error:
        KEPT.append(error)
    expect("in_traceback", "unawaited_held", "leaked",
           ["module __main__", "global 'KEPT'", "list[1]", "exception ValueError", None, "local 'job'"])

    both = made("in_traceback_and_list")
    try:
        fails(both)
    except ValueError as error:
        KEPT.append(error)
    KEPT.append(both)
    expect("in_traceback_and_list", "unawaited_held", "suspect", ["module __main__", "global 'KEPT'", "list[3]"])

    RECORDS.append(logging.LogRecord("jobs", logging.INFO, "jobs.py", 1, "got %s", (made("in_record"),), None))
    expect("in_record", "unawaited_held", "leaked",
           ["module __main__", "global 'RECORDS'", "list[0]", "attribute 'args' of logging.LogRecord", "tuple[0]"])


def arguments():
    KEPT.append(made("outer", made("inner"), [made("inner"), made("deeper_outer", made("deeper"))]))
    expect("outer", "unawaited_held", "suspect", ["module __main__", "global 'KEPT'", "list[4]"],
           inner=[["deeper", 1], ["deeper_outer", 1], ["inner", 2]])
    for name in ("inner", "deeper_outer", "deeper"):
        expect(name, None, None)


def many():
    KEPT.append([made("in_many") for _ in range(300)])
    KEPT.append({"k%03d" % number: made("in_many") for number in range(5)})
    expect("in_many", "unawaited_held", "suspect", ["module __main__", "global 'KEPT'", "list[5]", "list[0..299]"], count=305)


async def work():
    """Works through the list behind an attribute, one in a while."""
    while True:
        if LINE:
            await LINE.pop(0)
            truth.COUNTS["worked"] = truth.COUNTS.get("worked", 0) + 1
        await asyncio.sleep(0.02)


async def main():
    gc.disable()
    unreachable()
    remains()
    arguments()
    many()
    if "consumed" in sys.argv:
        LINE.extend(same() for _ in range(10_000))
        FINDINGS.clear()
        expect("same", "unawaited_held", "pending", count=None)
        asyncio.ensure_future(work())
    truth.EXTRA["findings"] = FINDINGS
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, truth.serve)


async def same():
    pass


asyncio.run(main())
