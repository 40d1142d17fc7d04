"""Forgotten coroutines in subinterpreters: one that has run and has no thread, one whose own loop waits in a thread (3.12+)."""
import gc
import json
import os
import sys
import threading

from truth import EXTRA, LEAKS, leak, serve
import truth

try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

IDLE = """
import sys
sys.path.insert(0, {path!r})
from truth import leak, truth
import json, os

async def in_subinterpreter(number):
    return number

PENDING = [leak("idle", in_subinterpreter(number)) for number in range(3)]
data = (json.dumps(truth()) + "\\n").encode()
while data:
    data = data[os.write({pipe}, data):]
"""

LOOP = IDLE.replace('"idle"', '"loop"').split("data =")[0] + """
import asyncio

async def parked():
    await asyncio.get_running_loop().create_future()

def tell():
    data = (json.dumps(truth()) + "\\n").encode()
    while data:
        data = data[os.write({pipe}, data):]

async def main():
    loop = asyncio.get_running_loop()
    task = loop.create_task(parked())
    await asyncio.sleep(0)
    loop.call_soon(tell)
    await loop.create_future()

asyncio.run(main())
"""


def merge(facts):
    for name in ("coroutines", "tasks"):
        OTHERS[name] = OTHERS.get(name, []) + facts[name]
    for label, addresses in facts["leaks"].items():
        LEAKS[label] = addresses


def run(script):
    """Runs a script that tells its truth through a pipe, in a thread, and waits for the truth."""
    ours, theirs = os.pipe()
    text = script.format(path=os.path.dirname(os.path.abspath(__file__)), pipe=theirs)
    interpreter = interpreters.create()
    KEEP.append(interpreter)
    thread = threading.Thread(target=interpreters.run_string, args=(interpreter, text), daemon=True)
    thread.start()
    with os.fdopen(ours) as lines:
        merge(json.loads(lines.readline()))
    return thread


OTHERS = {}
KEEP = []


async def in_main(number):
    return number


PENDING = [leak("main", in_main(number)) for number in range(2)]
run(IDLE).join()
if sys.version_info >= (3, 12):
    run(LOOP)
EXTRA["interpreters"] = 1 + len(KEEP)
gc.collect()

ask_self = truth.truth


def with_others():
    """Our own collector's objects and those the others told, which have not moved since."""
    facts = ask_self()
    for name, told in OTHERS.items():
        known = {item["address"] for item in facts[name]}  # 3.8 has one collector for all interpreters
        facts[name] += [item for item in told if item["address"] not in known]
    return facts


truth.truth = with_others
serve()
