#!/usr/bin/env python3
"""Writes the opcode table of the CPython that runs this script, as Rust, to standard output.

usage:
  python3.12 generate.py > src/runtime/opcodes/cp312.rs
  chroot ROOT /usr/bin/python3.14 - < generate.py > src/runtime/opcodes/cp314.rs

Numbers, cache units and families of specialised opcodes are asked of the interpreter. What an opcode does to
variables and to the stack, and where it goes on, is said here, by name; the script refuses to write a table when the
interpreter knows of a jump or of an access to variables that is not mentioned here, or of another effect on the stack.

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


def fixed(pops, pushes):
    """Takes values away and puts others there."""
    return "take(%d, %d)" % (pops, pushes), lambda a: pushes - pops


def counted(more, pushes):
    """As many as the argument says, and `more`, are taken away."""
    return "counted(%d, %d)" % (more, pushes), lambda a: pushes - more - a


def flags(argument):
    return bin(argument & 15).count("1")


def by_flag(pops):
    return lambda a: 1 - pops - (a & 1)


# What it does to the stack of values: the word for it in Rust, and how many values there are more afterwards, by the argument. Of
# opcodes that are not here it is not known.
STEPS = {
    "POP_TOP": ("Step::Pop", lambda a: -1),
    "PUSH_NULL": ("Step::Null", lambda a: 1),
    "LOAD_SMALL_INT": ("Step::Number", lambda a: 1),
    "LOAD_CONST": ("Step::Constant", lambda a: 1),
    "LOAD_FAST": ("Step::Local", lambda a: 1),
    "LOAD_FAST_CHECK": ("Step::Local", lambda a: 1),
    "LOAD_FAST_BORROW": ("Step::Local", lambda a: 1),
    "LOAD_FAST_LOAD_FAST": ("Step::TwoLocals", lambda a: 2),
    "LOAD_FAST_BORROW_LOAD_FAST_BORROW": ("Step::TwoLocals", lambda a: 2),
    "STORE_FAST": ("Step::StoreLocal", lambda a: -1),
    "STORE_FAST_LOAD_FAST": ("Step::StoreThenLocal", lambda a: 0),
    "STORE_FAST_STORE_FAST": ("Step::StoreTwoLocals", lambda a: -2),
    "LOAD_DEREF": ("Step::Cell", lambda a: 1),
    "STORE_DEREF": ("Step::StoreCell", lambda a: -1),
    "LOAD_NAME": ("Step::Name", lambda a: 1),
    "STORE_NAME": ("Step::StoreName", lambda a: -1),
    "STORE_GLOBAL": ("Step::StoreName", lambda a: -1),
    "STORE_ATTR": ("Step::StoreAttribute", lambda a: -2),
    "STORE_SUBSCR": ("Step::StoreItem", lambda a: -3),
    "LOAD_METHOD": ("Step::Method", lambda a: 1),
    "LOAD_SUPER_ATTR": ("Step::SuperAttribute", lambda a: -2 + (a & 1)),
    "IMPORT_FROM": ("Step::ImportFrom", lambda a: 1),
    "SET_FUNCTION_ATTRIBUTE": ("drop_below(1)", lambda a: -1),
    "DUP_TOP": ("duplicate(1)", lambda a: 1),
    "DUP_TOP_TWO": ("duplicate(2)", lambda a: 2),
    "COPY": ("Step::Copy", lambda a: 1),
    "SWAP": ("Step::Swap", lambda a: 0),
    "ROT_TWO": ("rotate(2)", lambda a: 0),
    "ROT_THREE": ("rotate(3)", lambda a: 0),
    "ROT_FOUR": ("rotate(4)", lambda a: 0),
    "ROT_N": ("Step::RotateCounted", lambda a: 0),
    "GET_AWAITABLE": ("Step::Await", lambda a: 0),
    "ASYNC_GEN_WRAP": ("Step::Keep", lambda a: 0),
    "CALL_INTRINSIC_1": ("Step::Intrinsic", lambda a: 0),
    "RETURN_VALUE": ("Step::Return", lambda a: -1),
    "YIELD_VALUE": ("Step::Yield", lambda a: 0),
    "BUILD_LIST": ("collect(0)", lambda a: 1 - a),
    "BUILD_TUPLE": ("collect(0)", lambda a: 1 - a),
    "BUILD_SET": ("collect(0)", lambda a: 1 - a),
    "BUILD_CONST_KEY_MAP": ("collect(1)", lambda a: -a),
    "BUILD_MAP": ("Step::CollectPairs", lambda a: 1 - 2 * a),
    "LIST_APPEND": ("append(1)", lambda a: -1),
    "SET_ADD": ("append(1)", lambda a: -1),
    "MAP_ADD": ("append(2)", lambda a: -2),
    "CALL_FUNCTION": ("call(1, false)", lambda a: -a),
    "CALL_FUNCTION_KW": ("call(1, true)", lambda a: -a - 1),
    "CALL_METHOD": ("call(2, false)", lambda a: -a - 1),
    "CALL": ("call(2, false)", lambda a: -a - 1),
    "CALL_KW": ("call(2, true)", lambda a: -a - 2),
    "UNPACK_SEQUENCE": ("Step::Unpack", lambda a: a - 1),
    "UNPACK_EX": ("Step::UnpackWithRest", lambda a: (a & 255) + (a >> 8)),
    "FORMAT_VALUE": ("Step::Format", lambda a: -1 if a & 4 else 0),
    "RAISE_VARARGS": counted(0, 0),
    "BUILD_STRING": counted(0, 1),
    "BUILD_SLICE": ("Step::Slice", lambda a: -2 if a == 3 else -1),
    "BUILD_LIST_UNPACK": counted(0, 1),
    "BUILD_TUPLE_UNPACK": counted(0, 1),
    "BUILD_TUPLE_UNPACK_WITH_CALL": counted(0, 1),
    "BUILD_SET_UNPACK": counted(0, 1),
    "BUILD_MAP_UNPACK": counted(0, 1),
    "BUILD_MAP_UNPACK_WITH_CALL": counted(0, 1),
}
STEPS.update({
    name: fixed(0, 0)
    for name in (
        "NOP RESUME NOT_TAKEN MAKE_CELL COPY_FREE_VARS DELETE_FAST DELETE_NAME DELETE_GLOBAL DELETE_DEREF EXTENDED_ARG "
        "SETUP_ANNOTATIONS POP_BLOCK SETUP_FINALLY SETUP_ASYNC_WITH JUMP_FORWARD JUMP_BACKWARD "
        "JUMP_BACKWARD_NO_INTERRUPT JUMP_ABSOLUTE KW_NAMES RETURN_CONST"
    ).split()
})
STEPS.update({
    name: fixed(0, 1)
    for name in (
        "LOAD_COMMON_CONSTANT LOAD_FAST_AND_CLEAR LOAD_CLOSURE LOAD_CLASSDEREF LOAD_BUILD_CLASS "
        "LOAD_ASSERTION_ERROR LOAD_LOCALS GET_LEN MATCH_MAPPING MATCH_SEQUENCE GET_ANEXT WITH_EXCEPT_START"
    ).split()
})
STEPS.update({
    name: fixed(1, 0)
    for name in (
        "GEN_START IMPORT_STAR PRINT_EXPR LIST_EXTEND SET_UPDATE DICT_UPDATE DICT_MERGE DELETE_ATTR POP_JUMP_IF_TRUE "
        "POP_JUMP_IF_FALSE POP_JUMP_IF_NONE POP_JUMP_IF_NOT_NONE"
    ).split()
})
STEPS.update({
    name: fixed(1, 1)
    for name in (
        "UNARY_POSITIVE UNARY_NEGATIVE UNARY_NOT UNARY_INVERT TO_BOOL GET_AITER GET_YIELD_FROM_ITER LIST_TO_TUPLE "
        "CONVERT_VALUE FORMAT_SIMPLE LOAD_FROM_DICT_OR_DEREF LOAD_FROM_DICT_OR_GLOBALS CHECK_EXC_MATCH"
    ).split()
})
STEPS.update({name: fixed(1, 2) for name in "SETUP_WITH BEFORE_WITH BEFORE_ASYNC_WITH LOAD_SPECIAL PUSH_EXC_INFO".split()})
STEPS.update({name: fixed(2, 0) for name in "DELETE_SUBSCR JUMP_IF_NOT_EXC_MATCH".split()})
STEPS.update({
    name: fixed(2, 1)
    for name in (
        "COMPARE_OP IS_OP CONTAINS_OP BINARY_OP BINARY_SUBSCR FORMAT_WITH_SPEC BUILD_TEMPLATE CALL_INTRINSIC_2 "
        "YIELD_FROM"
    ).split()
})
STEPS.update({"BINARY_SLICE": fixed(3, 1), "STORE_SLICE": fixed(4, 0)})
for name in "ADD AND FLOOR_DIVIDE LSHIFT MATRIX_MULTIPLY MODULO MULTIPLY OR POWER RSHIFT SUBTRACT TRUE_DIVIDE XOR".split():
    STEPS["BINARY_" + name] = STEPS["INPLACE_" + name] = fixed(2, 1)
for condition in "TRUE FALSE NONE NOT_NONE".split():
    STEPS["POP_JUMP_FORWARD_IF_" + condition] = STEPS["POP_JUMP_BACKWARD_IF_" + condition] = fixed(1, 0)
# What differs between versions.
STEPS.update({
    "POP_EXCEPT": fixed(3 if MINOR < 11 else 1, 0),
    "END_FOR": fixed(2 if MINOR < 13 else 1, 0),
    "POP_ITER": fixed(1 if MINOR < 15 else 2, 0),
    "GET_ITER": fixed(1, 1 if MINOR < 15 else 2),
    "RETURN_GENERATOR": fixed(0, 1),
    "IMPORT_NAME": ("import(%d)" % (0 if MINOR < 15 else 2), lambda a: -1),
    "PRECALL": fixed(0, 0),
    "LOAD_GLOBAL": (
        ("Step::Name", lambda a: 1)
        if MINOR < 11
        else ("Step::NullAndGlobal" if MINOR < 13 else "Step::GlobalAndNull", lambda a: 1 + (a & 1))
    ),
    "LOAD_ATTR": (
        ("Step::Attribute", lambda a: 0) if MINOR < 12 else ("Step::AttributeOrMethod", lambda a: a & 1)
    ),
    "MAKE_FUNCTION": (
        ("make_function(1)", lambda a: -1 - flags(a))
        if MINOR < 11
        else ("make_function(0)", lambda a: -flags(a)) if MINOR < 13 else ("Step::MakeBareFunction", lambda a: 0)
    ),
    "CALL_FUNCTION_EX": (
        ("spread(1)", by_flag(2))
        if MINOR < 11
        else ("spread(2)", by_flag(3)) if MINOR < 14 else ("Step::SpreadAll", lambda a: -3)
    ),
    "END_SEND": ("drop_below(%d)" % (1 if MINOR < 15 else 2), lambda a: -1 if MINOR < 15 else -2),
})
# How many values there are more when it jumps, where that differs from when it goes on.
AFTER_JUMP = {
    "FOR_ITER": ("loop_over(%d)", lambda a: 1),
    "SEND": ("send(%d)", lambda a: 0),
    "JUMP_IF_TRUE_OR_POP": ("Step::KeepOrPop", lambda a: -1),
    "JUMP_IF_FALSE_OR_POP": ("Step::KeepOrPop", lambda a: -1),
}
# `dis.stack_effect` says something else, for the sake of the compiler's sums.
OTHER_SUMS = {
    "RETURN_GENERATOR",  # 3.11, 3.12: the value sent first is not counted
    "PRECALL",  # 3.11: takes the arguments of CALL away, in sums only
    "RETURN_CONST",
    "RETURN_VALUE",  # 3.14+: counts the value that the caller gets
}
if MINOR == 11:
    OTHER_SUMS.add("CALL")
if MINOR < 11:
    del STEPS["MATCH_MAPPING"], STEPS["MATCH_SEQUENCE"], STEPS["GET_LEN"]

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


def effect(number, argument, jump):
    """What `dis` says; `None` for arguments that cannot be."""
    for value in (argument, None):
        try:
            return dis.stack_effect(number, value, jump=jump)
        except ValueError:
            pass
    return None


def steps(numbers, base):
    """The words for what opcodes do to the stack, by number; each is compared with what the interpreter says."""
    found = []
    for number, name in sorted((number, name) for name, number in numbers.items() if base[name] == name):
        word, net = STEPS.get(name) or AFTER_JUMP.get(name) or (None, None)
        if word is None:
            continue
        for argument in range(2, 4) if name == "BUILD_SLICE" else range(1, 9):
            said = effect(number, argument, False)
            if name not in OTHER_SUMS and said not in (None, net(argument)):
                sys.exit("%s %d: %d more values, not %d" % (name, argument, said, net(argument)))
        if name in AFTER_JUMP:
            word = word % effect(number, 1, True) if "%" in word else word
        found.append((number, word, name))
    return found


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
    print("use super::{%sHandlers, JumpScale, Opcodes, Step};" % ("Events, " if MINOR >= 12 else ""))
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
    variants = sorted((number, numbers[base[name]]) for name, number in numbers.items() if base[name] != name)
    if variants:
        print("    &[")
        for line in packed([number for pair in variants for number in pair]):
            print("        " + line)
        print("    ],")
    else:
        print("    &[],")
    print("    &[")
    does = [("(%d, %s)," % (number, word), name) for number, word, name in steps(numbers, base)]
    column = max(len(row) for row, _ in does)
    for row, name in does:
        print("        %s // %s" % (row.ljust(column), name))
    print("    ],")
    print(")")
    events = [dis.opname.index(name) for name in ("INSTRUMENTED_LINE", "INSTRUMENTED_INSTRUCTION") if name in dis.opname]
    told = "Some(Events { line: %d, instruction: %d })" % tuple(events) if events else "None"
    print(".telling(%s, %s);" % (told, "Some(%d)" % numbers["RESUME"] if "RESUME" in numbers else "None"))


table()
