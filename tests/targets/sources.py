"""Coroutines whose places of creation are in files of all kinds: ordinary, changed, relative, special, missing.

Each coroutine is named after its case. The truth tells for each the line of source that a reader from outside can know, or null.
"""
import os
import sys
import tempfile
import time
import zipfile

from truth import EXTRA, serve

FOLDER = os.path.realpath(tempfile.mkdtemp(prefix="sources_"))
KEEP = []
EXPECTED = {}
CHANGED = []
LINE = "KEEP.append(fetch())"


async def fetch():
    pass


def created(name, path, number, expected):
    """Makes a coroutine of this name at a line of code that says it is from `path`."""
    fetch.__qualname__ = fetch.__name__ = name
    exec(compile("\n" * (number - 1) + LINE, path, "exec"), {"KEEP": KEEP, "fetch": fetch})
    EXPECTED[name] = expected


def write(name, text, age=3600):
    path = os.path.join(FOLDER, name)
    with open(path, "wb") as file:
        file.write(text)
    os.utime(path, (time.time() - age,) * 2)
    return path


os.chdir(FOLDER)
sys.set_coroutine_origin_tracking_depth(1)
ORDINARY = b"first()\r\n    " + LINE.encode() + b"  \nlast()"
plain = write("plain.py", ORDINARY)
created("plain", plain, 2, LINE)
created("last", plain, 3, "last()")
created("beyond", plain, 4, None)
created("changed", write("changed.py", ORDINARY, age=-3600), 2, LINE)
CHANGED.append("changed")
created("relative", "plain.py", 2, LINE)
created("relative_and_missing", "other.py", 2, None)
os.symlink(plain, os.path.join(FOLDER, "link.py"))
created("link", os.path.join(FOLDER, "link.py"), 2, LINE)
created("missing", os.path.join(FOLDER, "missing.py"), 2, None)
os.mkfifo(os.path.join(FOLDER, "fifo.py"))
created("fifo", os.path.join(FOLDER, "fifo.py"), 2, None)
created("device", "/dev/zero", 1, None)
created("folder", FOLDER, 1, None)
with zipfile.ZipFile(os.path.join(FOLDER, "packed.zip"), "w") as packed:
    packed.write(plain, "plain.py")
created("zipped", os.path.join(FOLDER, "packed.zip", "plain.py"), 2, None)
write("<string>", ORDINARY)
created("no_file", "<string>", 2, None)
created("too_large", write("large.py", ORDINARY + b"\n" * (8 << 20)), 2, None)
created("long", write("long.py", b"x" * 300), 1, "x" * 200)
created("hostile", write("hostile.py", "a\x1b[2J\u202eb".encode()), 1, "a\x1b[2J\u202eb")
created("latin", write("latin.py", b"# coding: latin-1\ncaf\xe9()"), 2, "caf\ufffd()")
EXTRA.update(expected=EXPECTED, changed=CHANGED, folder=FOLDER)
serve()
