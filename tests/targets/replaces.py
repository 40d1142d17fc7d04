"""Forgets coroutines, and replaces itself by another run of the same program when told to."""
import os
import sys

from truth import leak, serve

KEEP = []


async def fetch(number):
    return number


def replace():
    os.execv(sys.executable, [sys.executable, __file__])


KEEP.extend([leak("list", fetch(number)) for number in range(5)])
serve({"replace": replace})
