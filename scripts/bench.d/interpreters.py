"""Which CPython the target runs on: a program, possibly inside of a root file system that `scripts/interpreters` made."""

import os
import pathlib
import subprocess

from problems import Unusable

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
PROBE = """\
import sys, sysconfig
free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
debian = any("dist-packages" in path for path in sys.path)
print(*sys.version_info[:3], int(free_threaded), int(debian))
"""


class Interpreter:
    def __init__(self, program):
        program = pathlib.Path(os.path.abspath(program))
        self.root = next((folder for folder in program.parents if is_root(folder)), None)
        self.program = str(pathlib.Path("/") / program.relative_to(self.root)) if self.root else str(program)
        if self.root and os.geteuid() != 0:
            raise Unusable("%s is in another root file system, and chroot needs root" % program)
        probe = self.command("-I", "-c", PROBE)
        try:
            said = subprocess.run(probe, capture_output=True, text=True, timeout=60, env=environment())
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unusable("%s cannot be run: %s" % (program, error))
        if said.returncode:
            raise Unusable("%s does not work: %s" % (program, said.stderr.strip() or said.returncode))
        *version, self.free_threaded, self.debian = map(int, said.stdout.split())
        self.version = tuple(version)

    def command(self, *words):
        """A command that becomes this interpreter: its pid stays. In another root it sees the processes of this machine,
        as in a container that shares them, because tools of its own look for them in its `/proc`."""
        enter = []
        if self.root:
            enter = ["unshare", "--mount-proc=%s/proc" % self.root, "chroot", str(self.root)]
        return [*enter, self.program, *words]

    def enter(self, pid, *words):
        """A command that runs where a target with this interpreter runs."""
        enter = ["nsenter", "--target", str(pid), "--mount", "--root"] if self.root else []
        return [*enter, *map(str, words)]

    def beside(self, pid, *words):
        """The interpreter, where a target with it runs."""
        return self.enter(pid, self.program, *words)

    def inside(self, path):
        """A path as the interpreter sees it."""
        return str(pathlib.Path("/") / pathlib.Path(path).relative_to(self.root)) if self.root else str(path)

    def __str__(self):
        version = ".".join(map(str, self.version)) + ("t" if self.free_threaded else "")
        return "CPython %s%s%s" % (version, " (Debian)" if self.debian else "", " in another root" if self.root else "")


def is_root(folder):
    return folder != pathlib.Path("/") and all((folder / name).is_dir() for name in ("etc", "proc", "usr"))


def environment():
    """Ours, without what changes how Python behaves."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def find(minor):
    """An interpreter of CPython 3.`minor`: in PATH, from pyenv, or one that `scripts/interpreters` put into this project."""
    name = "python3.%d" % minor
    pyenv = pathlib.Path(os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv")))
    places = [pathlib.Path(folder) / name for folder in os.get_exec_path()]
    places += sorted(pyenv.glob("versions/3.%d.*/bin/%s" % (minor, name)), reverse=True)
    places += sorted((PROJECT / ".interpreters").glob("*/usr/bin/%s" % name))
    return first_of(places, lambda found: found.version[:2] == (3, minor), "CPython 3.%d" % minor)


def find_debian():
    """One that is built as Debian does, without symbols and with the library inside of the program."""
    return first_of([pathlib.Path("/usr/bin/python3")], lambda found: found.debian, "CPython as Debian builds it")


def first_of(places, wanted, name):
    problem = "not found"
    for place in places:
        if place.exists():
            try:
                found = Interpreter(place)
            except Unusable as error:
                problem = str(error)
                continue
            if wanted(found):
                return found
    raise Unusable("%s: %s" % (name, problem))
