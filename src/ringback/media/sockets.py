"""Where the workers' sockets lie, so that a control plane finds the workers of the one before it."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from ringback.media.errors import WorkerStartFailed

MAX_PATH = 100
"""Bytes of a socket's path. Linux takes 107 (unix(7)); the protocol says 100, which every Unix takes."""

_LONGEST_NAME = "worker-9999.sock"


def socket_path(directory: Path, worker: int) -> Path:
    """The socket of a worker, in a directory from `socket_directory`."""
    return directory / f"worker-{worker}.sock"


def socket_directory(wanted: Path) -> Path:
    """Make the directory `wanted`, or a private one in the system's temporary directory if its path is too long.

    The same `wanted` always leads to the same directory. Raises `WorkerStartFailed` if somebody else owns it already.
    """
    wanted = wanted.absolute()
    if len(os.fsencode(wanted / _LONGEST_NAME)) <= MAX_PATH:
        wanted.mkdir(mode=0o700, parents=True, exist_ok=True)
        return wanted
    digest = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"ringback-{os.getuid()}-{digest}"
    short.mkdir(mode=0o700, exist_ok=True)
    found = short.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise WorkerStartFailed(f"{short} is not a directory that only we can enter. Remove it, and start again.")
    return short
