"""The rows of the table: what is promised, and how it is measured.

A row is a function. It says with `@row` which sides it wants compared on which panel; those are run once for all rows,
in turns. What else it measures it measures itself. It yields entries.
"""
import statistics
import subprocess
import sys
import time

from interpreters import Unusable, environment
from runs import never_awaited
from table import Entry

NONE, BEST = "coroscope dump --retainers none", "coroscope dump"
COPY, COPY_ALONE = "copy, 2 threads", "copy, 1 thread"
SCAN, REFERRERS = "in-process scan", "in-process gc.get_referrers"
TASKS, PS, PY_SPY_ASYNCIO = "coroscope tasks", "python -m asyncio ps", "py-spy-asyncio dump"
LEAKS, MANY_LEAKS = 1000, 10000
CHURN = 200000
LOOKS = 20  # per round, of a target that changes
THROUGHPUT = 2.0  # seconds that a rate is measured for
STARTUP_SIZE = 100000

ROWS = {}


class Row:
    def __init__(self, name, measure, panels):
        self.name, self.measure, self.panels, self.about = name, measure, panels, measure.__doc__


def row(name, panels=lambda bench: {}):
    """Registers a row. `panels` tells the sides that it wants, by panel."""

    def register(measure):
        ROWS[name] = Row(name, measure, panels)
        return measure

    return register


def at_most(limit):
    return lambda value: value <= limit


def ten_to(number):
    return "{:,} objects".format(number)


@row("dump", lambda bench: {bench.panel(bench.largest): [NONE, COPY, COPY_ALONE, SCAN]})
def dump(bench):
    """a look without retention, against the same question asked inside of the process, and against the floor"""
    panel = bench.panel(bench.largest)
    what = "`dump --retainers none`, %s, 1,000 leaks: wall" % ten_to(panel.objects)
    yield Entry("dump", what, panel.walls(NONE), "ms")
    yield Entry("dump", what + " / in-process scan", panel.ratios(NONE, SCAN), "×", "≤ 0.2 ×", at_most(0.2))
    yield Entry("dump", what + " / copy with two threads", panel.ratios(NONE, COPY), "×", "≤ 1.5 ×", at_most(1.5))


@row("holders", lambda bench: {bench.panel(bench.largest): [BEST, COPY, REFERRERS]})
def holders(bench):
    """a look with retention and places of creation, against gc.get_referrers, and against the floor"""
    panel = bench.panel(bench.largest)
    what = "`dump`, %s, 1,000 leaks: wall" % ten_to(panel.objects)
    yield Entry("holders", what, panel.walls(BEST), "ms")
    yield Entry("holders", what + " / `gc.get_referrers` of them", panel.ratios(BEST, REFERRERS), "×", "≤ 0.15 ×", at_most(0.15))
    yield Entry("holders", what + " / copy with two threads", panel.ratios(BEST, COPY), "×", "≤ 8 ×", at_most(8))


@row("growth", lambda bench: {bench.panel(size): [NONE, BEST] for size in bench.sizes})
def growth(bench):
    """a look grows no faster than the memory, and a small service feels instant"""
    panels = [bench.panel(size) for size in bench.sizes]
    for name in (NONE, BEST):
        words = name.split(" ", 1)[1]
        for small, large in zip(panels, panels[1:]):
            memory = large.bytes / small.bytes
            ratios = [b / a for a, b in zip(small.walls(name), large.walls(name))]
            what = "`%s`, %s: wall / the same at %s" % (words, ten_to(large.objects), ten_to(small.objects))
            yield Entry("growth", what, ratios, "×", "≤ %.1f × (memory)" % memory, at_most(memory))
        what = "`%s`, %s: wall, start-up included" % (words, ten_to(panels[0].objects))
        yield Entry("growth", what, panels[0].walls(name), "ms", "≤ 60 ms", at_most(0.06))


@row("memory", lambda bench: {bench.panel(bench.largest): [NONE, BEST]})
def memory(bench):
    """our peak memory"""
    panel = bench.panel(bench.largest)
    for name, limit in ((NONE, 64), (BEST, 200)):
        what = "`%s`, %s (%.0f MB): our peak memory" % (name.split(" ", 1)[1], ten_to(panel.objects), panel.bytes / 1e6)
        yield Entry("memory", what, panel.peaks(name), "MB", "≤ %d MB" % limit, at_most(limit * 1e6))
