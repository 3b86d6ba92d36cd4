"""Tries P12 files before they are stored.

Whoever makes such a file decides how long opening it takes (its key derivation may count to two billion), and a thread
that counts cannot be stopped. So it is done in another process, which can.
"""

import asyncio
import json
import signal
import subprocess
import sys
from typing import Final

from ringback.kernel.errors import InvalidRequest, Unavailable
from ringback.push import opening
from ringback.push.model import AppleCredentials
from ringback.push.opening import Outcome

PROCESSOR_SECONDS: Final = 2
"""Processor time for one file: ten times what those of Apple's tools and OpenSSL need, however busy the machine is."""

PATIENCE_SECONDS: Final = 15.0
"""After that it is the machine that is too busy, and not the file that is too slow."""

WAITING_LIMIT: Final = 10
"""Files that may wait for their turn: half a minute, if all of them are made to take long. Others are refused."""

_FILE: Final = "ios.apnsCertificateFileContent"


class Certificates:
    """Opens one file at a time: more would take processor time from running calls."""

    def __init__(self, processor_seconds: int = PROCESSOR_SECONDS, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._processor_seconds = processor_seconds
        self._patience_seconds = patience_seconds
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def require_opens(self, credentials: AppleCredentials) -> None:
        """Raises `InvalidRequest`, and `Unavailable` when too many are waiting or the machine is too busy."""
        if self._waiting >= WAITING_LIMIT:
            raise Unavailable
        self._waiting += 1
        try:
            async with self._turn:
                outcome = await asyncio.to_thread(self._try, credentials)
        finally:
            self._waiting -= 1
        match outcome:
            case Outcome.OPENS:
                return
            case Outcome.LACKS_KEY:
                raise InvalidRequest("must hold a certificate and its private key", field=_FILE)
            case _ if outcome == -signal.SIGKILL:
                raise InvalidRequest("takes too long to open: export it with fewer iterations", field=_FILE)
            case _:
                raise InvalidRequest("must be a P12 file that apnsCertificatePassword opens", field=_FILE)

    def _try(self, credentials: AppleCredentials) -> int:
        """The program's exit code, or the negative number of the signal that ended it."""
        password = None if credentials.password is None else credentials.password.reveal()
        asked = json.dumps({"p12": credentials.certificate.reveal(), "password": password})
        try:
            return subprocess.run(  # noqa: S603 - our own program; what strangers gave goes to its standard input
                (sys.executable, "-I", opening.__file__, str(self._processor_seconds)),
                input=asked.encode(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=self._patience_seconds,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            raise Unavailable from None
