"""One thread that holds the interpreter's lock all the time, or none."""
import sys
import threading

from truth import serve_in_thread


def spin():
    while True:
        pass


threads = [threading.Thread(target=threading.Event().wait, name="waits", daemon=True) for _ in range(3)]
for thread in threads:
    thread.start()
serve_in_thread()
if sys.argv[1] == "spinning":
    threading.Thread(target=spin, name="spins", daemon=True).start()
threading.Event().wait()
