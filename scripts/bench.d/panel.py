"""One target, and everything that is run on it in turns."""

import statistics
import sys

from problems import Failed, Unusable
from sides import SIDES
from table import shown, spread
import floor


class Panel:
    def __init__(self, interpreter, objects, tasks):
        self.interpreter, self.objects, self.tasks = interpreter, objects, tasks
        self.label = "%s, %s tasks" % (interpreter, "{:,}".format(tasks))
        self.bytes = 0
        self.names = []
        self.samples = {}
        self.skipped = {}

    def want(self, names):
        self.names += names

    def measure(self, bench):
        """Runs every side once for warming up, then all of them in turns."""
        self.samples = {name: [] for name in SIDES if name in self.names}
        try:
            target = bench.target(self.interpreter, self.objects, self.tasks)
        except Failed as error:
            for name in list(self.samples):
                self.skip(name, str(error).splitlines()[0])
            return
        self.bytes = sum(length for _, length in floor.pieces_of(target.pid))
        for number in range(1 + bench.rounds):
            for name in list(self.samples):
                try:
                    if number == 0 and SIDES[name].check:
                        SIDES[name].check(bench, target)
                    run = SIDES[name].run(bench, target)
                except (Failed, Unusable) as error:
                    self.skip(name, str(error).splitlines()[0])
                else:
                    self.samples[name] += [run] if number else []

    def skip(self, name, reason):
        print("bench: skipped: %s: %s" % (name, reason), file=sys.stderr)
        self.skipped[name] = reason
        del self.samples[name]

    def runs(self, name):
        """Fails with the reason if it was not measured."""
        if name in self.skipped:
            raise Unusable(self.skipped[name])
        return self.samples[name]

    def walls(self, name):
        return [run.wall for run in self.runs(name)]

    def ratios(self, name, other):
        return [mine / yours for mine, yours in zip(self.walls(name), self.walls(other))]

    def peaks(self, name):
        return [run.peak for run in self.runs(name)]

    def cells(self):
        for name, runs in self.samples.items():
            walls = [run.wall for run in runs]
            stall = shown(statistics.median(run.stall for run in runs), "ms")
            peak = "" if runs[0].peak is None else shown(statistics.median(run.peak for run in runs), "MB")
            yield [name, SIDES[name].shows, shown(statistics.median(walls), "ms"), spread(walls, "ms"), stall, peak]
        for name, reason in self.skipped.items():
            yield [name, SIDES[name].shows, "skipped: " + reason, "", "", ""]

    def as_json(self):
        tools = {
            name: {
                "wall_s": [run.wall for run in runs],
                "stall_s": [run.stall for run in runs],
                "peak_bytes": [run.peak for run in runs],
                "processor_s": [run.processor for run in runs],
            }
            for name, runs in self.samples.items()
        }
        about = {"python": str(self.interpreter), "objects": self.objects, "tasks": self.tasks, "bytes": self.bytes}
        return {**about, "tools": tools, "skipped": self.skipped}
