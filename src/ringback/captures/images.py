"""The door for strangers' pictures: what comes out was made by us (`reencoding.py`, in a process of its own)."""

import asyncio
import sys
from typing import Final

import structlog

from ringback.captures import reencoding
from ringback.captures.model import FileFormat
from ringback.captures.reencoding import Outcome
from ringback.kernel.errors import InvalidRequest, RingbackError, TooLarge, Unavailable, UnsupportedMedia

_log = structlog.get_logger(__name__)

PROCESSES: Final = 2
"""Pictures at the same time: 500 MB at most. More would take processor time from running calls."""

WAITING_LIMIT: Final = 20
"""Pictures that may wait for a process: some seconds of work, and 200 MB at most."""

PATIENCE: Final = 30.0
"""Seconds that a process may take, waiting for a processor included. It is given far fewer seconds of one."""

_FIELD: Final = "file"


class Images:
    """Makes clean pictures."""

    def __init__(self) -> None:
        self._processes = asyncio.Semaphore(PROCESSES)
        self._busy = 0

    async def reencode(self, content: bytes, file_format: FileFormat) -> bytes:
        """The picture that `content` shows, without whatever else it holds.

        Raises `InvalidRequest`, `TooLarge` or `UnsupportedMedia` for what cannot be taken, and `Unavailable` when too
        many are waiting.
        """
        if self._busy >= PROCESSES + WAITING_LIMIT:
            raise Unavailable
        self._busy += 1
        try:
            async with self._processes:
                status, result = await _run(content, file_format)
        finally:
            self._busy -= 1
        if status != Outcome.CLEAN:
            raise _refusal(status, file_format)
        return result


def _refusal(status: int | None, file_format: FileFormat) -> RingbackError:
    match status:
        case Outcome.OTHER_FORMAT:
            return UnsupportedMedia(f"is not a {file_format} picture", field=_FIELD)
        case Outcome.ANIMATED:
            return UnsupportedMedia("must be one picture, not an animation", field=_FIELD)
        case Outcome.TOO_MANY_PIXELS:
            return TooLarge(f"has more than {reencoding.MOST_PIXELS} pixels", field=_FIELD)
        case Outcome.RESULT_TOO_LARGE:
            return TooLarge("is too large when it is unpacked", field=_FIELD)
        case Outcome.DAMAGED:
            return InvalidRequest("is damaged: it cannot be decoded", field=_FIELD)
    _log.warning("A picture broke its decoder.", status=status)
    return InvalidRequest("cannot be decoded with reasonable effort", field=_FIELD)


async def _run(content: bytes, file_format: FileFormat) -> tuple[int | None, bytes]:
    """Exit status and output; the status is negative or None for who was killed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", reencoding.__file__, file_format.value),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},  # ours has secrets
    )
    try:
        async with asyncio.timeout(PATIENCE):
            result, _ = await process.communicate(content)
        return process.returncode, result
    except TimeoutError:
        return None, b""
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
