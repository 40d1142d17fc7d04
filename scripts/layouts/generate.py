#!/usr/bin/env python3
"""Makes the tables in src/runtime/layout/ from offsets taken out of CPython's headers.

usage:
  generate.py                          write the tables
  generate.py --check                  say which tables differ from what would be written; exit 1 if any does
  generate.py --add INCLUDE...         measure header sets (.../include/python3.y) and keep the offsets
  generate.py --measure INCLUDE [-t]   measure one header set, print its offsets as JSON (-t: free-threaded build)

What goes in:
  src/runtime/layout/groups.rs   which structures and fields we read
  layout_probe.c, measure.py     how they are measured; a cross compiler does as well (--compiler, --arch)
  measured.json                  every offset measured so far
  tables.toml                    which version is the base of which table, behaviour, and the reasons for changes

Needs a C compiler to measure, Python 3.11 and rustfmt to write.
"""

import argparse
import dataclasses
import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True  # no __pycache__ beside the script
import measure

HERE = os.path.dirname(os.path.abspath(__file__))
LAYOUT = os.path.normpath(os.path.join(HERE, "..", "..", "src", "runtime", "layout"))
MEASURED = os.path.join(HERE, "measured.json")
OUR_ARCH, OTHER_ARCH = "x86_64", "aarch64"
OPTIONAL_STATES = ["SUSPENDED_YIELD_FROM", "SUSPENDED_YIELD_FROM_LOCKED", "COMPLETED"]
FRAME_STATES = ["CREATED", "SUSPENDED", *OPTIONAL_STATES[:2], "EXECUTING", "COMPLETED", "CLEARED"]
KINDS = "Field FrameKind FrameStates GcKind GcLocation Layout LineTable ManagedDict PoolGeometry Table TaskRegistry".split()
AARCH64 = "aarch64 has a larger mutex and condition variable inside the interpreter's lock; what lies behind them moves."


@dataclasses.dataclass
class Group:
    name: str
    structure: str
    fields: list  # of (Rust name, C name)


def read_groups():
    """The structures and fields named in groups.rs, in their order."""
    with open(os.path.join(LAYOUT, "groups.rs"), encoding="utf-8") as file:
        text = file.read()
    body = text[text.index("\ngroups! {") :]
    groups = []
    for name, structure, fields in re.findall(r'^    (\w+): \w+ = "(\w+)" \{\n(.*?)^    \}', body, re.M | re.S):
        pairs = re.findall(r'^\s+(\w+)(?: = "([^"]+)")?,$', fields, re.M)
        groups.append(Group(name, structure, [(rust, c or rust) for rust, c in pairs]))
    return groups


# ------------------------------------------------------------------------------------------------ measured.json


def read_measured():
    """{arch: {version: {"structs", "consts"}}}. The other architecture's entries hold only what differs from ours."""
    with open(MEASURED, encoding="utf-8") as file:
        table = json.load(file)
    for version, one in table.get(OTHER_ARCH, {}).items():
        one["structs"] = {**table[OUR_ARCH][version]["structs"], **one["structs"]}
    return table


def version_key(version):
    return [int(number) for number in re.findall(r"\d+", version)] + [version.endswith("t")]


def write_measured(table):
    """One line per structure: readable in a diff."""
    lines = ["{"]
    for arch in sorted(table, reverse=True):
        lines.append(f' "{arch}": {{')
        for version in sorted(table[arch], key=version_key):
            one = table[arch][version]
            known = table[OUR_ARCH][version]["structs"] if arch == OTHER_ARCH else {}
            lines.append(f'  "{version}": {{"structs": {{')
            lines += [
                f"   {json.dumps(name)}: {json.dumps(fields)},"
                for name, fields in sorted(one["structs"].items())
                if fields != known.get(name)
            ]
            lines[-1] = lines[-1].rstrip(",")
            lines.append(f'  }}, "consts": {json.dumps(one["consts"])}}},')
        lines[-1] = lines[-1].rstrip(",")
        lines.append(" },")
    lines[-1] = lines[-1].rstrip(",")
    with open(MEASURED, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n}\n")
    read_measured()


def add(includes, arch, compiler):
    table = read_measured()
    for include in includes:
        version = measure.header_version(include)
        for free_threaded in [False, True] if version[1] >= 13 else [False]:
            name = "%d.%d.%d" % version + ("t" if free_threaded else "")
            table.setdefault(arch, {})[name] = measure.measure(include, free_threaded, compiler)
            print(f"{arch} {name}")
    write_measured(table)


# ---------------------------------------------------------------------------------------------------- the tables


class Table:
    """One measured version in terms of groups.rs: {group: {"size": n, Rust name: [offset, ...]}}."""

    def __init__(self, groups, one):
        self.consts = one["consts"]
        self.groups = {}
        for group in groups:
            fields = one["structs"].get(group.structure, {})
            values = {"size": fields.get("size", 0)}
            for rust, c in group.fields:
                values[rust] = fields.get(".size" if c == "size" else c)
            self.groups[group.name] = values

    def behaviour(self):
        """What the header's constants say about behaviour, as assignments."""
        consts = self.consts
        lines = {}
        if "FRAME_CREATED" in consts:
            states = []
            for name in FRAME_STATES:
                value = consts.get(f"FRAME_{name}")
                if name in OPTIONAL_STATES:
                    value = "None" if value is None else f"Some({value})"
                states.append(f"{name.lower()}: {value}")
            lines["frame_states"] = "Some(FrameStates { %s })" % ", ".join(states)
        geometry = "None"
        if "ARENA_SIZE" in consts:
            arena, pool = consts["ARENA_SIZE"] >> 10, consts["POOL_SIZE"] >> 10
            geometry = f"Some(PoolGeometry {{ arena_size: {arena} << 10, pool_size: {pool} << 10 }})"
        lines["pool_geometry"] = geometry
        for name in ("dict", "weakref"):
            offset = consts.get(f"MANAGED_{name.upper()}_OFFSET")
            if offset is not None:
                lines[f"managed_{name}_before"] = str(-offset)
        return lines


def literal(value):
    if value is None:
        return "Field::ABSENT"
    if len(value) == 3:
        return "Field::bits(%d, %d, %d)" % tuple(value)
    return "Field::new(%d, %d)" % tuple(value)


def comment(text, indent="    ", mark="//"):
    """A comment of lines of at most 116 columns."""
    lines, line = [], indent + mark
    for word in text.split():
        if len(line) + 1 + len(word) > 116:
            lines.append(line)
            line = indent + mark
        line += " " + word
    return lines + [line]


def changes(before, after, reasons, behaviour, used):
    """Assignments that turn `before` into `after`; each group under its reason."""
    old = before.behaviour() if before else {}
    lines = []
    facts = {name: value for name, value in after.behaviour().items() if old.get(name) != value}
    facts.update(behaviour)
    if facts and "behaviour" in reasons:
        used.add("behaviour")
        lines += comment(reasons["behaviour"])
    lines += [f"    layout.{name} = {value};" for name, value in facts.items()]
    for group, values in after.groups.items():
        earlier = before.groups[group] if before else {}
        differ = [name for name in values if values[name] != (earlier.get(name, None if name != "size" else 0))]
        if not differ:
            continue
        if lines:
            lines.append("")
        if group in reasons:
            used.add(group)
            lines += comment(reasons[group])
        target = f"layout.{group}"
        if len(differ) > 2:
            lines.append(f"    let {group} = &mut layout.{group};")
            target = group
        for name in differ:
            value = values[name] if name == "size" else literal(values[name])
            lines.append(f"    {target}.{name} = {value};")
    return lines


def shifts(ours, other):
    """How the other architecture's table differs: {bytes: [(group, field)]}. Only shifts are expected."""
    found = {}
    for group, values in ours.groups.items():
        for name, here in values.items():
            there = other.groups[group][name]
            if here == there:
                continue
            if name == "size":
                moved = there - here
            else:
                assert here and there and here[1:] == there[1:], f"{group}.{name}: {here} {there}"
                moved = there[0] - here[0]
            found.setdefault(moved, []).append((group, name))
    return found


def shift_lines(found, indent):
    lines = []
    for moved, names in sorted(found.items()):
        for group, name in names:
            if name == "size":
                lines.append(f"{indent}layout.{group}.size += {moved};")
            else:
                lines.append(f"{indent}layout.{group}.{name}.shift({moved});")
    return lines


def micro_pattern(first, last=None):
    return f"{first}.." if last is None else f"{first}..={last}" if last > first else str(first)


def generate_table(spec, groups, measured):
    """The Rust source of one table."""
    table = lambda version, arch=OUR_ARCH: Table(groups, measured[arch][version])
    base = table(spec["base"])
    after = table(spec["after"]) if "after" in spec else None
    reasons, used = spec.get("reasons", {}), set()
    variants = spec.get("variant", [])
    measured_from = ", ".join([spec["base"], *(variant["base"] for variant in variants)])
    origin = f"Offsets measured: {measured_from}. Written by `scripts/layouts/generate.py`; edit `tables.toml` there."
    lines = []
    for paragraph in [*spec["doc"].strip().split("\n\n"), origin]:
        lines += [*comment(paragraph, "", "//!"), "//!"]
    lines[-1:] = [
        "",
        "@USE@",
        "",
        "pub(super) const TABLE: Table = Table { changes, for_micro, for_aarch64 };",
        "",
        "/// What changed from %s." % spec["after_name"] if after else "/// Everything: this is the first table.",
        "fn changes(layout: &mut Layout) {",
    ]
    behaviour = dict(line.split(" = ", 1) for line in spec.get("behaviour", []))
    body = changes(after, base, reasons, behaviour, used)
    lines += body + ["}", ""]

    if variants:
        lines.append("/// Patch releases whose structures differ from those of %s." % spec["base"])
        lines.append("fn for_micro(layout: &mut Layout, micro: u8) {")
        for variant in variants:
            lines.append(f"    if ({micro_pattern(*variant['micro'])}).contains(&micro) {{ {variant['name']}(layout); }}")
        lines += ["}", ""]
        for variant in variants:
            lines += comment(variant["doc"], "", "///")
            lines.append(f"fn {variant['name']}(layout: &mut Layout) {{")
            seen = set()
            behaviour = dict(line.split(" = ", 1) for line in variant.get("behaviour", []))
            lines += changes(base, table(variant["base"]), variant.get("reasons", {}), behaviour, seen)
            assert seen == set(variant.get("reasons", {})), f"{spec['file']}: reasons without a change: {variant['name']}"
            lines += ["}", ""]
    else:
        lines += ["/// All patch releases seen have the same structures.", "fn for_micro(_layout: &mut Layout, _micro: u8) {}", ""]

    plain = shifts(base, table(spec["base"], OTHER_ARCH))
    special = []
    for variant in variants:
        differs = shifts(table(variant["base"]), table(variant["base"], OTHER_ARCH))
        if differs != plain:
            special.append((variant, differs))
    if plain or special:
        lines.append("/// " + AARCH64)
        lines.append("fn for_aarch64(layout: &mut Layout, %smicro: u8) {" % ("" if special else "_"))
        if special:
            lines.append("    match micro {")
            for variant, differs in special:
                lines.append(f"        {micro_pattern(*variant['micro'])} => {{")
                lines += shift_lines(differs, "            ") + ["        }"]
            lines += ["        _ => {", *shift_lines(plain, "            "), "        }", "    }"]
        else:
            lines += shift_lines(plain, "    ")
        lines.append("}")
    else:
        lines += ["/// All structures are the same on aarch64.", "fn for_aarch64(_layout: &mut Layout, _micro: u8) {}"]

    unused = set(reasons) - used
    assert not unused, f"{spec['file']}: reasons without a change: {sorted(unused)}"
    text = "\n".join(lines) + "\n"
    kinds = [kind for kind in KINDS if re.search(rf"\b{kind}\b", text)]
    return text.replace("@USE@", "use super::{%s};" % ", ".join(kinds))


def rustfmt(text):
    config = os.path.normpath(os.path.join(HERE, "..", ".."))
    command = ["rustfmt", "--edition", "2024", "--config-path", config]
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit("rustfmt refuses the generated table:\n" + done.stderr)
    return done.stdout


def tables():
    """(path, text) of every table."""
    import tomllib  # here, so that measuring works with older Pythons

    with open(os.path.join(HERE, "tables.toml"), "rb") as file:
        specs = tomllib.load(file)["table"]
    groups, measured = read_groups(), read_measured()
    for spec in specs:
        yield os.path.join(LAYOUT, spec["file"] + ".rs"), rustfmt(generate_table(spec, groups, measured))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--add", nargs="+", metavar="INCLUDE")
    parser.add_argument("--measure", metavar="INCLUDE")
    parser.add_argument("-t", dest="free_threaded", action="store_true")
    parser.add_argument("--compiler", default="cc")
    parser.add_argument("--arch", default=OUR_ARCH, choices=[OUR_ARCH, OTHER_ARCH])
    arguments = parser.parse_args()
    if arguments.measure:
        one = measure.measure(arguments.measure, arguments.free_threaded, arguments.compiler)
        print(json.dumps({"version": measure.header_version(arguments.measure), **one}))
        return 0
    if arguments.add:
        add(arguments.add, arguments.arch, arguments.compiler)
    differ = 0
    for path, text in tables():
        try:
            with open(path, encoding="utf-8") as file:
                present = file.read()
        except FileNotFoundError:
            present = None
        if present == text:
            continue
        differ += 1
        if arguments.check:
            print(f"differs: {os.path.relpath(path)}")
        else:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            print(f"written: {os.path.relpath(path)}")
    if not differ:
        print("the tables are what the headers say")
    return 1 if differ and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
