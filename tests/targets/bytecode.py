"""Tells `co_code` and positions of every function of much of the standard library.

Runs a good part of it first, so that the interpreter specialises the code. With the word `traced` it runs a part under
a trace function as well, and from 3.12 on with a tool that wants an event for every instruction.
"""
import gc
import importlib
import sys
import types

from truth import EXTRA, serve

MODULES = """argparse ast asyncio base64 bdb calendar cmd code codecs collections concurrent.futures configparser contextlib
copy csv dataclasses datetime decimal difflib dis email.message email.parser enum fractions functools glob gzip hashlib heapq
html.parser http.client http.cookies http.server inspect io ipaddress json locale logging.config mailbox mimetypes
multiprocessing.pool numbers optparse pathlib pdb pickle pickletools platform pprint queue random re sched selectors shelve
shlex shutil smtplib socketserver ssl statistics string subprocess tarfile tempfile textwrap threading timeit tokenize
traceback turtle types typing unittest.mock urllib.parse urllib.request uuid warnings wave weakref xml.dom.minidom
xml.etree.ElementTree zipfile""".split()
# Every so many code objects also tell their positions.
POSITIONS_OF = 7


def work():
    import argparse, ast, dis, html.parser, json, pathlib, pprint, re, statistics, string, textwrap, tokenize, traceback

    for number in range(40):
        ast.unparse(ast.parse("x = [a.b(c) for c in d if c]")) if sys.version_info >= (3, 9) else None
        json.loads(json.dumps({"a": [1, 2.5, None, {"b": "c" * number}]}, indent=1))
        pprint.pformat({number: [number] * 30})
        textwrap.fill("some words " * 20, width=30 + number)
        re.compile("(a|b)*c{%d}" % (number + 1))
        statistics.mean([1, 2, number])
        string.Template("$a").substitute(a=number)
        pathlib.PurePosixPath("/a/b") / "c"
        html.parser.HTMLParser().feed("<a href=x>y</a>")
        parser = argparse.ArgumentParser()
        parser.add_argument("--number", type=int)
        parser.parse_args(["--number", str(number)])
        list(dis.get_instructions(work))
        traceback.format_stack()


def traced():
    sys.settrace(lambda *event: sys.gettrace())
    work()
    sys.settrace(None)
    if sys.version_info >= (3, 12):
        import json.encoder
        import textwrap

        tool = sys.monitoring.DEBUGGER_ID
        sys.monitoring.use_tool_id(tool, "test")
        sys.monitoring.register_callback(tool, sys.monitoring.events.INSTRUCTION, lambda *event: None)
        for function in (textwrap.TextWrapper.wrap, textwrap.TextWrapper._wrap_chunks, json.encoder.JSONEncoder.encode):
            sys.monitoring.set_local_events(tool, function.__code__, sys.monitoring.events.INSTRUCTION)
        work()


def all_code():
    found, to_do = {}, []
    for item in gc.get_objects():
        if type(item) is types.FunctionType:
            to_do.append(item.__code__)
    while to_do:
        code = to_do.pop()
        if id(code) not in found:
            found[id(code)] = code
            to_do.extend(constant for constant in code.co_consts if type(constant) is types.CodeType)
    return list(found.values())


def positions(code):
    if sys.version_info >= (3, 11):
        return [list(position) for position in code.co_positions()]
    if sys.version_info >= (3, 10):
        return [[line] for start, end, line in code.co_lines() for _ in range(start, end, 2)]
    import dis

    starts, lines = dict(dis.findlinestarts(code)), []
    line = code.co_firstlineno
    for offset in range(0, len(code.co_code), 2):
        line = starts.get(offset, line)
        lines.append([line])
    return lines


for name in MODULES:
    try:
        importlib.import_module(name)
    except ImportError:
        pass
work()
if "traced" in sys.argv:
    traced()


def call_statements():
    """For each loaded module the lines on which a statement ends or begins that is nothing but a call (or `a and call()`)."""
    import ast

    found = {}
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if not path or not path.endswith(".py"):
            continue
        with open(path, "rb") as file:
            tree = ast.parse(file.read())
        lines = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Expr) and not isinstance(node.value, (ast.Await, ast.Constant, ast.Yield)):
                lines.update(range(node.lineno, node.end_lineno + 1))
        found[path] = sorted(lines)
    return found


if "statements" in sys.argv:
    EXTRA["statements"] = call_statements()
    serve()
    sys.exit()
CODE = all_code()
EXTRA["code"] = [
    {
        "address": id(code),
        "name": code.co_name,
        "co_code": code.co_code.hex(),
        "positions": positions(code) if number % POSITIONS_OF == 0 else None,
    }
    for number, code in enumerate(CODE)
]
serve()
