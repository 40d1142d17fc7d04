"""The results: what was measured, how it is printed."""

import json
import os
import platform
import statistics
import time

# How a unit is printed: factor, digits, what stands behind the number.
UNITS = {
    "×": (1, 2, " ×"),
    "%": (100, 1, " %"),
    "ms": (1e3, 1, " ms"),
    "MB": (1e-6, 1, " MB"),
    "": (1, 3, ""),
}


class Entry:
    """One line of the first table: `samples` in SI units, and whether their median (or `of`) meets the target."""

    def __init__(self, row, what, samples, unit, target=None, met=None, note=None, of=statistics.median):
        self.row, self.what, self.samples, self.unit, self.target, self.note = row, what, samples, unit, target, note
        self.measured = of(samples) if samples else None
        self.met = met(self.measured) if met and samples else None

    def cells(self):
        if not self.samples:
            return [self.what, self.note, "", self.target or "", "not measured"]
        met = {None: "", True: "yes", False: "**no**"}[self.met]
        measured = shown(self.measured, self.unit)
        if self.note:
            measured += "; " + self.note
        return [self.what, measured, spread(self.samples, self.unit), self.target or "", met]

    def as_json(self):
        unit = {"ms": "s", "MB": "B", "%": "×"}.get(self.unit, self.unit)  # samples are not scaled
        return {
            "row": self.row,
            "what": self.what,
            "unit": unit,
            "measured": self.measured,
            "samples": self.samples,
            "target": self.target,
            "met": self.met,
            "note": self.note,
        }


def shown(value, unit):
    factor, digits, behind = UNITS[unit]
    value *= factor
    if not unit and value == int(value):
        digits = 0
    if unit == "ms" and value >= 100:
        digits = 0
    if unit == "ms" and value < 10:
        digits = 2
    return "{:,.{}f}{}".format(value, digits, behind)


def spread(samples, unit):
    if len(samples) < 2:
        return ""
    least = shown(min(samples), unit)
    return "%s – %s" % (least[: len(least) - len(UNITS[unit][2])], shown(max(samples), unit))


def markdown(entries, panels, about):
    lines = [about_line(about), ""]
    lines += rows(["what", "measured", "spread", "target", "met?"], [entry.cells() for entry in entries])
    for panel in panels:
        size = "{:,} objects ({:,.0f} MB)".format(panel.objects, panel.bytes / 1e6)
        lines += ["", "%s, %s:" % (panel.label, size), ""]
        heads = ["tool", "shows", "wall", "spread", "longest stall of the target", "peak memory of the tool"]
        lines += rows(heads, panel.cells())
    return "\n".join(lines) + "\n"


def rows(heads, cells):
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for row in cells:
        yield "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |"


def about(options, interpreter, version):
    return {
        "date": time.strftime("%Y-%m-%d"),
        "coroscope": version,
        "python": str(interpreter),
        "rounds": options.rounds,
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30),
        "kernel": platform.release().split("-")[0],
        "machine": platform.machine(),
        "processor": processor(),
    }


def processor():
    with open("/proc/cpuinfo") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else "unknown processor"


def about_line(about):
    return (
        "{date}, {coroscope}, target {python}; {cores} cores ({processor}, {machine}), {memory_gib} GiB, Linux {kernel}; "
        "medians of {rounds} rounds."
    ).format(**about)


def as_json(entries, panels, about):
    value = {
        "about": about,
        "entries": [entry.as_json() for entry in entries],
        "panels": [panel.as_json() for panel in panels],
    }
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
