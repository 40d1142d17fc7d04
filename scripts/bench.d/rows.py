"""The rows of the table: what is promised, and how it is measured.

A row is a function. It says with `@row` which sides it wants compared on which panel; those are run once for all rows,
in turns. What else it measures it measures itself. It yields entries.
"""

import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import interpreters
from problems import Failed, Unusable
from runs import never_awaited
from sides import SIDES
from table import Entry

NONE, BEST = "coroscope dump --retainers none", "coroscope dump"
COPY, COPY_ALONE = "copy, 2 threads", "copy, 1 thread"
SCAN, REFERRERS = "in-process scan", "in-process gc.get_referrers"
TASKS, PS, PY_SPY_ASYNCIO = "coroscope tasks", "python -m asyncio ps", "py-spy-asyncio dump"
LEAKS, MANY_LEAKS = 1000, 10000
CHURN = 200000
LOOKS, QUICK_LOOKS = 20, 5  # per round, of a target that changes
THROUGHPUT, QUICK_THROUGHPUT = 2.0, 0.3  # seconds that a rate is measured for
REPEATED, QUICK_REPEATED = 60, 10  # looks of one process, one a second, in all rounds together
NEXT_TO_NOTHING = 1000  # objects
MANY_TASKS_OBJECTS = 100000
TASKS_ON = (13, 14)  # the minor versions of CPython

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


def objects_of(number):
    return "{:,} objects".format(number)


def bytes_read(panel, name):
    read = panel.runs(name)[-1].report()["look"]["bytes_read"]
    return "read {:,.0f} MB, {:,.0f} MB can hold objects".format(read / 1e6, panel.bytes / 1e6)


@row("dump", lambda bench: {bench.panel(bench.largest): [NONE, COPY, COPY_ALONE, SCAN]})
def dump(bench):
    """a look without retention, against the same question asked inside of the process, and against the floor"""
    panel = bench.panel(bench.largest)
    what = "`dump --retainers none`, %s, 1,000 leaks: wall" % objects_of(panel.objects)
    yield Entry("dump", what, panel.walls(NONE), "ms", note=bytes_read(panel, NONE))
    yield Entry("dump", what + " / in-process scan", panel.ratios(NONE, SCAN), "×", "≤ 0.2 ×", at_most(0.2))
    yield Entry("dump", what + " / copy with two threads", panel.ratios(NONE, COPY), "×", "≤ 1.5 ×", at_most(1.5))


@row("holders", lambda bench: {bench.panel(bench.largest): [BEST, COPY, REFERRERS]})
def holders(bench):
    """a look with retention and places of creation, against gc.get_referrers, and against the floor"""
    panel = bench.panel(bench.largest)
    what = "`dump`, %s, 1,000 leaks: wall" % objects_of(panel.objects)
    yield Entry("holders", what, panel.walls(BEST), "ms", note=bytes_read(panel, BEST))
    yield Entry(
        "holders", what + " / `gc.get_referrers` of them", panel.ratios(BEST, REFERRERS), "×", "≤ 0.15 ×", at_most(0.15)
    )
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
            what = "`%s`, %s: wall / the same at %s" % (words, objects_of(large.objects), objects_of(small.objects))
            yield Entry("growth", what, ratios, "×", "≤ %.1f × (memory)" % memory, at_most(memory))
        what = "`%s`, %s: wall, start-up included" % (words, objects_of(panels[0].objects))
        yield Entry("growth", what, panels[0].walls(name), "ms", "≤ 60 ms", at_most(0.06))


@row("start")
def start(bench):
    """a look at an almost empty process: start-up, finding the interpreter, the first reads"""
    words = ("--nonblocking", "--retainers", "none")
    builds = [bench.interpreter]
    if not bench.interpreter.debian:
        try:
            builds.append(interpreters.find_debian())
        except Unusable as error:
            yield Entry("start", "the same on Debian's build", [], "", note=str(error))
    for build in builds:
        target = bench.target(build, NEXT_TO_NOTHING)
        bench.coroscope.dump(target, *words)
        walls = [bench.coroscope.dump(target, *words).wall for _ in range(bench.rounds)]
        yield Entry(
            "start", "`dump %s`, %s, %s: wall" % (" ".join(words), objects_of(NEXT_TO_NOTHING), build), walls, "ms"
        )


@row("memory", lambda bench: {bench.panel(bench.largest): [NONE, BEST]})
def memory(bench):
    """our peak memory"""
    panel = bench.panel(bench.largest)
    for name, limit in ((NONE, 64), (BEST, 200)):
        size = "%s (%.0f MB)" % (objects_of(panel.objects), panel.bytes / 1e6)
        what = "`%s`, %s: our peak memory" % (name.split(" ", 1)[1], size)
        yield Entry("memory", what, panel.peaks(name), "MB", "≤ %d MB" % limit, at_most(limit * 1e6))


@row("stall")
def stall(bench):
    """how long the target stands still in a look that confirms what it found"""
    smallest, largest = bench.sizes[0], bench.largest
    small = {leaks: stalls(bench, smallest, leaks=leaks) for leaks in (LEAKS, MANY_LEAKS)}
    for leaks, limits in ((LEAKS, (1, 3)), (MANY_LEAKS, (3, 5))):
        large = stalls(bench, largest, leaks=leaks)
        churned = stalls(bench, largest, leaks=leaks, churn=CHURN)
        look = "`dump`, %s, %s leaks" % (objects_of(largest), "{:,}".format(leaks))
        for measured, state, limit in zip((large, churned), ("idle", "churn of %d objects/s" % CHURN), limits):
            what = "%s, %s: longest stall of the target" % (look, state)
            yield Entry("stall", what, measured.seen, "ms", "≤ %d ms" % limit, at_most(limit / 1e3), measured.note)
        what = "%s, idle: the stall is longer than at %s by" % (look, objects_of(smallest))
        more = [a - b for a, b in zip(large.seen, small[leaks].seen)]
        noise = max(large.alone)
        yield Entry("stall", what, more, "ms", "≤ 0, within noise (%.1f ms)" % (noise * 1e3), at_most(noise))
    threads = stalls(bench, largest, leaks=LEAKS, threads=100)
    what = "`dump`, %s, 1,000 leaks, idle: 100 more threads make the stall longer by" % objects_of(largest)
    yield Entry("stall", what, threads.more, "ms", "≤ 1.5 ms", at_most(1.5e-3), threads.note)


class Stalls:
    """Stalls of a target in looks, and alone for as long, in turns."""

    def __init__(self):
        self.seen, self.alone, self.pauses, self.counts, self.more = [], [], [], [], []

    @property
    def note(self):
        return "%.2f ms alone; our longest pause %.2f ms, %d per look" % (
            statistics.median(self.alone) * 1e3,
            statistics.median(self.pauses) * 1e3,
            statistics.median(self.counts),
        )


def stalls(bench, objects, words=(), threads=0, **settings):
    """With `threads`, each look is beside one without them."""
    target = bench.target(bench.interpreter, objects)
    found = Stalls()
    with target.with_settings(**settings):
        for _ in range(bench.rounds):
            without = bench.coroscope.dump(target, *words) if threads else None
            target.set(threads=threads)
            run = bench.coroscope.dump(target, *words)
            if threads:
                found.more.append(run.stall - without.stall)
            pauses = run.report()["look"]["pauses"]
            found.seen.append(run.stall)
            found.pauses.append(pauses["max_us"] / 1e6)
            found.counts.append(pauses["count"])
            found.alone.append(target.stall_alone(run.wall))
            target.set(threads=0)
    return found


@row("nonblocking")
def nonblocking(bench):
    """a look that never holds the target"""
    measured = stalls(bench, bench.largest, ("--nonblocking",))
    what = "`dump --nonblocking`, %s: " % objects_of(bench.largest)
    yield Entry("nonblocking", what + "pauses", measured.counts, "", "0", lambda count: count == 0, of=max)
    noise = max(measured.alone)
    alone = "%.2f ms alone" % (statistics.median(measured.alone) * 1e3)
    target = "as alone (≤ %.1f ms)" % (noise * 1e3)
    yield Entry("nonblocking", what + "longest stall of the target", measured.seen, "ms", target, at_most(noise), alone)


@row("throughput")
def throughput(bench):
    """what one look after the other costs a busy target on a busy machine"""
    target = bench.target(bench.interpreter, bench.largest)
    rates = []
    seconds = QUICK_THROUGHPUT if bench.quick else THROUGHPUT
    with target.with_settings(busy=True), all_other_cores_busy():
        target.rate_alone(seconds)
        for _ in range(bench.rounds):
            alone = target.rate_alone(seconds)
            with target.counted() as rate:
                end = time.monotonic() + seconds
                while time.monotonic() < end:
                    bench.spawner.run(bench.coroscope.command(target, "dump", "--settle", "0", "--json"))
            rates.append(rate() / alone)
    what = "`dump` again and again, %s, all cores busy: throughput of the target / alone" % objects_of(bench.largest)
    yield Entry("throughput", what, rates, "%", "≥ 95 %", lambda value: value >= 0.95)


@contextlib.contextmanager
def all_other_cores_busy():
    program = str(pathlib.Path(__file__).with_name("burner.py"))
    burners = [
        subprocess.Popen(
            [sys.executable, "-B", program, str(os.getpid())], env=interpreters.environment(), start_new_session=True
        )
        for _ in range(len(os.sched_getaffinity(0)) - 1)
    ]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


@row("repeated")
def repeated(bench):
    """what it costs us and a busy target to be looked at once a second"""
    objects = min(bench.largest, 1000000)
    target = bench.target(bench.interpreter, objects)
    looks = max(2, (QUICK_REPEATED if bench.quick else REPEATED) // bench.rounds)
    words = ("watch", "--interval", "1s", "--count", str(looks), "--json", "--instances", "1000000")
    rates, shares, paused, peaks, swept, period = [], [], [], [], [], []
    with target.with_settings(busy=True):
        target.rate_alone(QUICK_THROUGHPUT)
        for _ in range(bench.rounds):
            with target.counted() as rate:
                run = bench.spawner.run(bench.coroscope.command(target, *words))
            rates.append(rate() / target.rate_alone(run.wall))
            reports = [json.loads(line) for line in run.output.splitlines()]
            check_all_found(target, reports)
            # After the last look there is no waiting.
            period.append((run.wall - reports[-1]["look"]["total_ms"] / 1e3) / (len(reports) - 1))
            time_of_all = period[-1] * len(reports)
            shares.append(run.processor / time_of_all)
            paused.append(sum(report["look"]["pauses"]["total_us"] for report in reports) / 1e6 / time_of_all)
            peaks.append(run.peak)
            swept.extend(report["look"]["collector"] == "sweep" for report in reports)
    what = "`watch --interval 1s`, %s, %d looks: " % (objects_of(objects), looks * bench.rounds)
    note = "a look every %.2f s, %d of %d swept all memory" % (statistics.median(period), sum(swept), len(swept))
    yield Entry("repeated", what + "our share of one core", shares, "%", "≤ 10 %", lambda value: value <= 0.1, note=note)
    yield Entry("repeated", what + "throughput of the target / alone", rates, "%", "≥ 99 %", lambda value: value >= 0.99)
    yield Entry("repeated", what + "held still, in one second", paused, "ms", "≤ 1 ms", at_most(1e-3))
    yield Entry("repeated", what + "our peak memory", peaks, "MB")


def check_all_found(target, reports):
    """The last of them has had time to see all leaks."""
    missing = set(target.truth["leaks"]) - never_awaited(reports[-1])
    if missing:
        raise Failed("`coroscope watch` missed %d of %d leaks" % (len(missing), len(target.truth["leaks"])))


@row("buffers")
def buffers(bench):
    """plain data beside the objects"""
    for objects in sorted({min(bench.largest, 1000000), bench.largest}):
        target = bench.target(bench.interpreter, objects)
        for name, words in ((NONE, ["--retainers", "none"]), (BEST, [])):
            more = []
            for _ in range(bench.rounds):
                without = bench.coroscope.dump(target, *words).wall
                with target.with_settings(buffers=bench.buffers):
                    more.append(bench.coroscope.dump(target, *words).wall / without - 1)
            look = "`%s`, %s" % (name.split(" ", 1)[1], objects_of(objects))
            what = "%s: %.1f GB of bytearrays make it longer by" % (look, bench.buffers / 1e9)
            yield Entry("buffers", what, more, "%", "≤ 15 %", at_most(0.15))


@row("churn")
def churn(bench):
    """what is found while objects come and go"""
    target = bench.target(bench.interpreter, min(bench.largest, 1000000))
    recall, precision = [], []
    with target.with_settings(churn=CHURN):
        churned, began = target["churned"], time.monotonic()
        for _ in range((QUICK_LOOKS if bench.quick else LOOKS) * bench.rounds):
            found, right = look_at_churn(bench, target)
            leaks = set(target.truth["leaks"])
            recall.append(len(found & leaks) / len(leaks))
            precision.append(len(right) / max(1, len(found)))
        rate = (target["churned"] - churned) / (time.monotonic() - began)
    what = "`dump`, %s, churn of %.0f objects/s, %d looks: " % (objects_of(target.objects), rate, len(recall))
    shares = {"of the stable leaks, found": recall, "of what was reported, really there": precision}
    for share, samples in shares.items():
        yield Entry("churn", what + "share %s, worst look" % share, samples, "", "1", lambda value: value == 1, of=min)


def look_at_churn(bench, target):
    """What was reported as never awaited, and which of it was: a stable leak, or a short-lived coroutine that was alive
    at some time of the look. (What is reported may be gone a moment later: it lives for 0.2 s.)"""
    began = time.monotonic_ns()
    words = ("dump", "--json", "--settle", "0", "--instances", "1000000", "--retainers", "none")
    run = bench.spawner.run(bench.coroscope.command(target, *words))
    ended = time.monotonic_ns()
    found = never_awaited(run.report())
    there = {
        hex(address) for address, born, died in target.short_lived() if born <= ended and (not died or died >= began)
    }
    return found, {address for address in found if address in there or address in target.truth["leaks"]}


def many_tasks(bench):
    sides = [TASKS, PS, PY_SPY_ASYNCIO]
    return {
        bench.panel(MANY_TASKS_OBJECTS, found, bench.many_tasks): sides for found in map(bench.find, TASKS_ON) if found
    }


@row("tasks", many_tasks)
def tasks(bench):
    """tasks beside the interpreter's own tool, and py-spy-asyncio"""
    for minor in TASKS_ON:
        what = "`tasks`, %s tasks, CPython 3.%d: wall" % ("{:,}".format(bench.many_tasks), minor)
        found = bench.find(minor)
        if not found:
            yield Entry("tasks", what, [], "", note="no interpreter: " + bench.not_found[minor])
            continue
        panel = bench.panel(MANY_TASKS_OBJECTS, found, bench.many_tasks)
        yield Entry("tasks", what, panel.walls(TASKS), "ms")
        for other in [PS, PY_SPY_ASYNCIO] if minor >= 14 else [PY_SPY_ASYNCIO]:
            try:
                yield Entry(
                    "tasks",
                    "%s / `%s`" % (what, other),
                    panel.ratios(TASKS, other),
                    "×",
                    "< 1 ×",
                    lambda value: value < 1,
                )
            except Unusable as error:
                yield Entry("tasks", "%s / `%s`" % (what, other), [], "", "< 1 ×", note=str(error))


def everything(bench):
    panels = {bench.panel(bench.largest): list(SIDES)}
    newest = bench.find(14)
    if newest and bench.interpreter.version < (3, 14):
        panels[bench.panel(bench.largest, newest)] = list(SIDES)
    return panels


@row("peers", everything)
def peers(bench):
    """all tools beside each other: they have a table of their own"""
    if not bench.find(14):
        yield Entry("peers", "tools of CPython 3.14", [], "", note="no interpreter: " + bench.not_found[14])
