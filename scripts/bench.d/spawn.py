"""Runs commands for `scripts/bench` and says what they took.

A process of its own because Linux hands the peak memory of the image before `execve` on to the program after it
(`ru_maxrss`, see getrusage(2)): started from the harness, every tool would seem as big as the harness. For the same
reason this imports nothing but what the interpreter has loaded anyway. Run it with `python3 -I -S`.

Each line of input is a command, its words separated by NUL: file for stdout, file for stderr, program, arguments.
Answers are two lines: the pid, 0 if it cannot be started; then exit status, wall time in ns, peak memory in KiB, processor time in ms.
"""

import os
import sys
import time


def main():
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    sys.stdout.write("%d\n" % os.wait4(os.posix_spawnp("true", ["true"], environment), 0)[2].ru_maxrss)
    sys.stdout.flush()
    for line in sys.stdin:
        stdout, stderr, *words = line.rstrip("\n").split("\0")
        files = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, stdout, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
            (os.POSIX_SPAWN_OPEN, 2, stderr, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        ]
        began = time.perf_counter_ns()
        try:
            pid = os.posix_spawnp(words[0], words, environment, file_actions=files)
        except OSError:  # there is none, or the interpreter of the script has gone
            pid = 0
        sys.stdout.write("%d\n" % pid)
        sys.stdout.flush()
        if not pid:
            continue
        _, status, usage = os.wait4(pid, 0)
        wall = time.perf_counter_ns() - began
        processor = (usage.ru_utime + usage.ru_stime) * 1000
        sys.stdout.write("%d %d %d %d\n" % (status, wall, usage.ru_maxrss, processor))
        sys.stdout.flush()


try:
    main()
except BrokenPipeError:  # the harness is gone
    os._exit(1)
