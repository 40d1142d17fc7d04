"""Runs a tool beside a target and measures both."""

import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import tempfile

from problems import Failed

# A tool that takes longer has failed.
LIMIT = 300
# How long it has to end when it is told to.
GRACE = 5


class Run:
    """What one run took: seconds, bytes. What was not measured is `None`."""

    def __init__(self, wall, stall=None, peak=None, processor=None, output=None):
        self.wall, self.stall, self.peak, self.processor, self.output = wall, stall, peak, processor, output

    def report(self):
        return json.loads(self.output)


class Spawner:
    """The small process that runs the tools."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="coroscope-bench-"))
        program = str(pathlib.Path(__file__).with_name("spawn.py"))
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,  # what ends on Ctrl-C, and when, is ours to say
        )
        # Nothing that it starts can be seen to be smaller than itself.
        self.smallest_peak = int(self.answer(LIMIT)) * 1024

    def answer(self, limit):
        if not select.select([self.process.stdout], [], [], limit)[0]:
            return None
        return self.process.stdout.readline()

    def run(self, words, target=None, accept=(0,)):
        """Runs a command to its end, and measures the stall of a target meanwhile."""
        stdout, stderr = self.folder / "stdout", self.folder / "stderr"
        if target is None:
            status, wall, peak, processor = self.spawn(stdout, stderr, words)
            stall = None
        else:
            with target.watched() as told:
                status, wall, peak, processor = self.spawn(stdout, stderr, words)
            stall = told()
        code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        if code not in accept:
            said = stderr.read_text(errors="replace").strip() or stdout.read_text(errors="replace").strip()
            raise Failed("`%s` ended with %d: %s" % (" ".join(map(str, words)), code, said[-500:]))
        return Run(wall / 1e9, stall, peak * 1024, processor / 1e3, stdout.read_text(errors="replace"))

    def spawn(self, stdout, stderr, words):
        self.process.stdin.write(("\0".join([str(stdout), str(stderr), *map(str, words)]) + "\n").encode())
        pid = int(self.answer(LIMIT) or 0)
        if not pid:
            raise Failed("`%s` cannot be started" % " ".join(map(str, words)))
        try:
            answer = self.answer(LIMIT)
            if answer is None:
                raise Failed("`%s` took more than %d s" % (" ".join(map(str, words)), LIMIT))
        except BaseException:  # or it was us who were interrupted
            os.kill(pid, signal.SIGTERM)
            if self.answer(GRACE) is None:
                os.kill(pid, signal.SIGKILL)
                self.answer(GRACE)
            raise
        return tuple(map(int, answer.split()))

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Coroscope:
    """The program that is measured."""

    def __init__(self, program, spawner):
        self.program, self.spawner = program, spawner

    def command(self, target, *words):
        return [self.program, *words, str(target.pid)]

    def dump(self, target, *words):
        """A look that is taken at once and lists every object. Checks that it is right, too."""
        words = ("dump", "--json", "--settle", "0", "--instances", "1000000", *words)
        run = self.spawner.run(self.command(target, *words), target)
        missing = set(target.truth["leaks"]) - never_awaited(run.report())
        if missing:
            raise Failed(
                "`coroscope %s` missed %d of %d leaks" % (" ".join(words), len(missing), len(target.truth["leaks"]))
            )
        return run


def never_awaited(report):
    """Addresses of all coroutines that a report lists as never awaited."""
    findings = [finding for finding in report["findings"] if finding["kind"].startswith("unawaited_")]
    return {instance["address"] for finding in findings for instance in finding["instances"]}
