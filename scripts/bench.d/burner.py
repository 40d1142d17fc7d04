"""Keeps one core busy until the harness, whose pid it is given, ends it or ends."""

import sys

import workload

workload.end_with(int(sys.argv[1]))
while True:
    pass
