"""Takes offsets from CPython's headers by compiling layout_probe.c to assembly. Nothing is run."""

import glob
import os
import re
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def header_version(include):
    """The version of a header set such as .../include/python3.14, as (major, minor, micro)."""
    with open(os.path.join(include, "patchlevel.h"), encoding="utf-8") as file:
        text = file.read()
    number = lambda part: int(re.search(rf"define PY_{part}_VERSION\s+(\d+)", text).group(1))
    return number("MAJOR"), number("MINOR"), number("MICRO")


def has_incremental_collector(include):
    """3.14.0 - 3.14.4 tell it by a field; there is no macro for it."""
    for name in ("pycore_interp_structs.h", "pycore_gc.h"):
        path = os.path.join(include, "internal", name)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                if re.search(r"^\s*int visited_space;", file.read(), re.M):
                    return True
    return False


def measure(include, free_threaded=False, compiler="cc"):
    """Offsets of one header set:
    {"structs": {NAME: {"size": n, FIELD: [offset, size] or [offset, bit, width]}}, "consts": {NAME: n}}."""
    include = include.rstrip("/")
    with tempfile.TemporaryDirectory() as scratch:
        # Debian's pyconfig.h includes <MULTIARCH/python3.y/pyconfig.h>. A private folder makes it visible without
        # hiding the compiler's own headers.
        name = os.path.basename(include)
        for multiarch in glob.glob(os.path.join(os.path.dirname(include), "*-linux-gnu*", name)):
            for triplet in {os.path.basename(os.path.dirname(multiarch)), "x86_64-linux-gnu", "aarch64-linux-gnu"}:
                os.makedirs(os.path.join(scratch, triplet), exist_ok=True)
                link = os.path.join(scratch, triplet, name)
                if not os.path.exists(link):
                    os.symlink(os.path.abspath(multiarch), link)
        output = os.path.join(scratch, "probe.s")
        command = [compiler, "-S", "-O1", "-std=gnu11", "-w", "-fno-lto", "-o", output, "-I", include]
        for inner in ("internal", "internal/mimalloc"):
            command += ["-I", os.path.join(include, inner)]
        command += ["-I", scratch]
        if free_threaded:
            command.append("-DPy_GIL_DISABLED=1")
        elif has_incremental_collector(include):
            command.append("-DINCREMENTAL_GC=1")
        done = subprocess.run([*command, os.path.join(HERE, "layout_probe.c")], capture_output=True, text=True)
        if done.returncode:
            errors = [line for line in done.stderr.splitlines() if "error" in line]
            raise RuntimeError("the probe does not compile with %s:\n  %s" % (include, "\n  ".join(errors[:8])))
        with open(output, encoding="utf-8") as file:
            return read_markers(file)


def read_markers(lines):
    structs, consts = {}, {}
    for line in lines:
        if not line.startswith("->"):
            continue
        kind, *words = line[2:].split()
        names = [word for word in words if not re.fullmatch(r"[$#]?-?\d+", word)]
        values = [int(word.lstrip("$#")) for word in words[len(names) :]]
        if kind == "T":
            structs.setdefault(names[0], {})["size"] = (values[0] << 16) | values[1]
        elif kind == "C":
            consts[names[0]] = (values[0] << 16) | values[1]
        else:
            # "size" is sizeof; a field of that name is told apart by a dot in front
            structs.setdefault(names[0], {})[".size" if names[1] == "size" else names[1]] = values
    return {"structs": structs, "consts": consts}
