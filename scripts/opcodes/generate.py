#!/usr/bin/env python3
"""Writes the opcode table of the CPython that runs this script, as Rust, to standard output.

usage:
  python3.12 generate.py > src/runtime/opcodes/cp312.rs
  chroot ROOT /usr/bin/python3.14 - < generate.py > src/runtime/opcodes/cp314.rs

Numbers, cache units and families of specialised opcodes are asked of the interpreter. What an opcode does to
variables and where it goes on is said here, by name; the script refuses to write a table when the interpreter
knows of a jump or of an access to variables that is not mentioned here.

Runs on CPython 3.8 to 3.15 and needs nothing but the standard library. `tests/opcodes.rs` compares the tables
with what each interpreter of the machine says.
"""
import dis
import opcode
import sys

MINOR = sys.version_info[1]
WIDTH = 120

# What it does to the local variable it names. The bare names have the whole argument as the number of the slot,
# the pairs have two slots of four bits each, the first in the upper half.
LOCALS = {
    "LOAD_FAST": "READS",
    "LOAD_FAST_CHECK": "READS",
    "LOAD_FAST_BORROW": "READS",
    "LOAD_FAST_AND_CLEAR": "READS",  # keeps the value on the stack, to be put back later
    "STORE_FAST": "REPLACES",
    "DELETE_FAST": "REPLACES",
    "LOAD_FAST_LOAD_FAST": "READS_TWO",
    "LOAD_FAST_BORROW_LOAD_FAST_BORROW": "READS_TWO",
    "STORE_FAST_LOAD_FAST": "REPLACES_THEN_READS",
    "STORE_FAST_STORE_FAST": "REPLACES_TWO",
}

# Where it goes on. Everything else goes on with the next instruction.
FLOW = {
    "RETURN_VALUE": "STOP",
    "RETURN_CONST": "STOP",
    "RAISE_VARARGS": "STOP",
    "RERAISE": "STOP",
    "INTERPRETER_EXIT": "STOP",
    "JUMP_FORWARD": "JUMP_FORWARD",
    "JUMP_BACKWARD": "JUMP_BACKWARD",
    "JUMP_BACKWARD_NO_INTERRUPT": "JUMP_BACKWARD",
    "JUMP_ABSOLUTE": "JUMP_ABSOLUTE",
    "FOR_ITER": "BRANCH_FORWARD",
    "SEND": "BRANCH_FORWARD",
    "SETUP_FINALLY": "GUARD",
    "SETUP_WITH": "GUARD",
    "SETUP_ASYNC_WITH": "GUARD",
    "CALL_FINALLY": "CALL_FINALLY",
    "END_FINALLY": "END_FINALLY",
    "EXTENDED_ARG": "PREFIX",
}
for condition in "TRUE FALSE NONE NOT_NONE".split():
    FLOW["POP_JUMP_FORWARD_IF_" + condition] = "BRANCH_FORWARD"
    FLOW["POP_JUMP_BACKWARD_IF_" + condition] = "BRANCH_BACKWARD"
for name in (
    "POP_JUMP_IF_TRUE POP_JUMP_IF_FALSE POP_JUMP_IF_NONE POP_JUMP_IF_NOT_NONE "
    "JUMP_IF_TRUE_OR_POP JUMP_IF_FALSE_OR_POP JUMP_IF_NOT_EXC_MATCH"
).split():
    FLOW[name] = "BRANCH_FORWARD" if MINOR >= 11 else "BRANCH_ABSOLUTE"
if MINOR >= 9:
    del FLOW["END_FINALLY"], FLOW["CALL_FINALLY"]

# The interpreter calls it a jump: its argument says where the loop began, for those who trace. It goes on or raises.
NO_JUMPS = {"END_ASYNC_FOR"}
# Called accesses to locals in 3.14 and 3.15: slots of cells.
NO_LOCALS = {"LOAD_DEREF"}
# What stands there cannot be told by the number alone.
HIDDEN = {"INSTRUMENTED_LINE", "INSTRUMENTED_INSTRUCTION", "ENTER_EXECUTOR", "TRACE_RECORD", "CACHE", "RESERVED"}


def families():
    """The numbers of all opcodes, by name, and for each name the opcode that it is a variant of."""
    numbers, base = dict(opcode.opmap), {}
    if MINOR >= 13:
        import _opcode_metadata

        numbers.update(_opcode_metadata._specialized_opmap)
        specialised = _opcode_metadata._specializations
    elif MINOR >= 11:
        numbers.update(dis._all_opmap)
        specialised = opcode._specializations
    else:
        specialised = {}
    for family, members in specialised.items():
        base.update(dict.fromkeys(members, family))
    for number, name in enumerate(dis.opname):
        if name.startswith("INSTRUMENTED_"):
            numbers[name] = number
            base[name] = name[len("INSTRUMENTED_"):]
    # Numbers beyond a byte exist in the compiler only.
    numbers = {name: number for name, number in numbers.items() if number < 256 and name not in HIDDEN}
    return numbers, {name: base.get(name, name) for name in numbers}


def caches():
    """Cache units behind the opcodes that have any, by name."""
    entries = getattr(opcode, "_inline_cache_entries", {})
    if hasattr(entries, "items"):
        return dict(entries)
    return {dis.opname[number]: count for number, count in enumerate(entries)}


def refuse_the_unknown(numbers, base):
    jumps = set(dis.hasjrel) | set(dis.hasjabs) | set(getattr(dis, "hasjump", ()))
    for name, number in numbers.items():
        if base[name] not in numbers:
            sys.exit("%s is a variant of %s, which is no opcode" % (name, base[name]))
        if number in jumps and base[name] not in FLOW and base[name] not in NO_JUMPS:
            sys.exit("%s is a jump that this script does not know" % name)
        if number in dis.haslocal and base[name] not in LOCALS and base[name] not in NO_LOCALS:
            sys.exit("%s uses a variable in a way that this script does not know" % name)
        if "_FAST" in base[name] and not base[name].startswith("CALL_") and base[name] not in LOCALS:
            sys.exit("%s looks as if it used a variable" % name)


def packed(numbers):
    """Numbers in lines, the way rustfmt packs them."""
    lines, line = [], ""
    for number in numbers:
        word = "%d," % number
        if line and len("        " + line + " " + word) >= WIDTH:
            lines.append(line)
            line = ""
        line = line + " " + word if line else word
    return lines + [line]


def table():
    numbers, base = families()
    refuse_the_unknown(numbers, base)
    units = caches()
    plain, rows = [], []
    for number, name in sorted((number, name) for name, number in numbers.items()):
        row = (units.get(base[name], 0), LOCALS.get(base[name], "NOTHING"), FLOW.get(base[name], "NEXT"))
        if row == (0, "NOTHING", "NEXT"):
            plain.append(number)
        else:
            rows.append(("(%d, %d, %s, %s)," % ((number,) + row), name))
    jumps = "Bytes" if MINOR < 10 else "Units"
    handlers = "Blocks" if MINOR < 11 else "Table"
    print("//! Opcodes of CPython 3.%d. Written by `scripts/opcodes/generate.py`, asking that interpreter." % MINOR)
    print()
    print("use super::words::*;")
    print("use super::{Handlers, JumpScale, Opcodes};")
    print()
    print("pub(super) static TABLE: Opcodes = Opcodes::new(")
    print("    JumpScale::%s," % jumps)
    print("    Handlers::%s," % handlers)
    print("    &[")
    for line in packed(plain):
        print("        " + line)
    print("    ],")
    print("    &[")
    column = max(len(row) for row, _ in rows)
    for row, name in rows:
        print("        %s // %s" % (row.ljust(column), name))
    print("    ],")
    print(");")


table()
