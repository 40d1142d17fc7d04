"""Starts `workload.py` and talks with it."""

import contextlib
import json
import mmap
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import workload
from interpreters import environment
from problems import Failed

# A heap of 10^7 objects takes half a minute to make, and its referrers as long to find.
ANSWER_LIMIT = 600
WORKLOAD = pathlib.Path(workload.__file__)
RUNNING = []


class Target:
    def __init__(self, interpreter, objects, leaks, tasks):
        self.interpreter, self.objects = interpreter, objects
        self.settings = {"leaks": leaks, "churn": 0, "threads": 0, "buffers": 0, "busy": False}
        parent = interpreter.root / "tmp" if interpreter.root else None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="coroscope-bench-", dir=parent))
        self.process = None
        RUNNING.append(self)
        self.stats = self.share("stats", len(workload.SLOTS))
        self.births = self.share("births", workload.BIRTHS * workload.BIRTH_FIELDS)
        shutil.copy(WORKLOAD, self.folder / WORKLOAD.name)
        options = {"harness": os.getpid(), "objects": objects, "leaks": leaks, "tasks": tasks}
        command = interpreter.command(
            "-I", self.inside(WORKLOAD.name), self.inside("."), *("--%s=%d" % option for option in options.items())
        )
        with open(self.folder / "stderr", "wb") as stderr:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
                env=environment(),
                start_new_session=True,  # so that Ctrl-C reaches us alone, and we end it
            )
        self.wait_until("to be ready", lambda: self["ready"], pause=0.05)
        self.truth = json.loads((self.folder / "truth.json").read_text())

    @property
    def pid(self):
        return self.process.pid

    def __getitem__(self, name):
        return self.stats[workload.SLOT[name]]

    def __setitem__(self, name, value):
        self.stats[workload.SLOT[name]] = value

    def share(self, name, numbers):
        with open(self.folder / name, "w+b") as file:
            file.truncate(numbers * 8)
            return memoryview(mmap.mmap(file.fileno(), numbers * 8)).cast("q")

    def inside(self, name):
        return self.interpreter.inside(self.folder / name)

    def wait_until(self, what, condition, pause=0.001):
        deadline = time.monotonic() + ANSWER_LIMIT
        while not condition():
            if self.process.poll() is not None:
                said = (self.folder / "stderr").read_text(errors="replace").strip()
                raise Failed("the target (%s) ended: %s" % (self.interpreter, said or self.process.returncode))
            if time.monotonic() > deadline:
                raise Failed("waited %d s for the target (%s) %s" % (ANSWER_LIMIT, self.interpreter, what))
            time.sleep(pause)

    def ask(self, do, **order):
        """Has the target do something between two beats. Returns its answer."""
        (self.folder / "order.json").write_text(json.dumps({"do": do, **order}))
        self["order"] += 1
        self.wait_until("to answer", lambda: self["order_done"] == self["order"])
        return json.loads((self.folder / "answer.json").read_text())

    def set(self, **settings):
        changes = {name: value for name, value in settings.items() if self.settings[name] != value}
        if changes:
            self.ask("set", **changes)
            self.settings.update(changes)
            self.truth = json.loads((self.folder / "truth.json").read_text())

    @contextlib.contextmanager
    def with_settings(self, **settings):
        before = dict(self.settings)
        self.set(**settings)
        try:
            yield
        finally:
            self.set(**before)

    @contextlib.contextmanager
    def watched(self):
        """Measures the longest stall of the target. Yields a function that tells it in seconds when all is over."""
        self["reset"] += 1
        self.wait_until("to begin measuring", lambda: self["reset_done"] == self["reset"])
        stall = []
        yield lambda: stall[0]
        # The beat that something held up is over only after it.
        beats = self["beats"]
        self.wait_until("to go on", lambda: self["beats"] > beats + 1)
        stall.append(self["longest_stall"] / 1e9)

    def stall_alone(self, seconds):
        with self.watched() as stall:
            time.sleep(seconds)
        return stall()

    @contextlib.contextmanager
    def counted(self):
        """Measures throughput. Yields a function that tells beats per second when all is over."""
        rate = []
        beats, began = self["beats"], time.perf_counter()
        yield lambda: rate[0]
        rate.append((self["beats"] - beats) / (time.perf_counter() - began))

    def rate_alone(self, seconds):
        with self.counted() as rate:
            time.sleep(seconds)
        return rate()

    def short_lived(self):
        """Addresses of the last short-lived coroutines, each with its times of birth and death; death 0 is none yet."""
        numbers = self.births[: min(self["births"], workload.BIRTHS) * workload.BIRTH_FIELDS].tolist()
        return zip(*(numbers[field :: workload.BIRTH_FIELDS] for field in range(workload.BIRTH_FIELDS)))

    def close(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        if self in RUNNING:
            RUNNING.remove(self)


def close_all():
    for target in list(RUNNING):
        target.close()
