"""A program that runs another within limits: `python -I confined.py MEMORY SECONDS PROGRAM ARGUMENT…`.

It is run by its path and imports nothing of the platform, so that it starts quickly.
"""

import os
import resource
import runpy
import signal
import sys
from typing import Final

NICENESS: Final = 10
"""Calls come first."""


def main() -> None:
    memory, seconds, *command = sys.argv[1:]
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # who stops a service tells all its processes; the node waits for us
    os.nice(NICENESS)
    for kind, most in (
        (resource.RLIMIT_AS, int(memory)),
        (resource.RLIMIT_CPU, int(seconds)),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),  # it would hold secrets that open the file
    ):
        resource.setrlimit(kind, (most, most))
    sys.argv = command
    runpy.run_path(command[0], run_name="__main__")


if __name__ == "__main__":
    main()
