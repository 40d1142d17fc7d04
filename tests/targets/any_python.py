"""Runs on every Python there ever was, also on those that are not supported."""
import os
import sys

sys.stdout.write('{"pid": %d, "version": [%d, %d, %d]}\n' % ((os.getpid(),) + tuple(sys.version_info[:3])))
sys.stdout.flush()
sys.stdin.read()
