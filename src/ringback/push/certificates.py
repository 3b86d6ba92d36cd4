"""Tries P12 files before they are stored.

Whoever makes such a file decides how long opening it takes (its key derivation may count to two billion), and a thread
that counts cannot be stopped. So it is done in another process, which can.
"""

import asyncio
import json
import subprocess
import sys
from typing import Final

from ringback.kernel.errors import InvalidRequest, Unavailable
from ringback.push import opening
from ringback.push.model import AppleCredentials
from ringback.push.opening import Outcome

OPENING_SECONDS: Final = 3.0
"""How long opening may take, with the start of the process: ten times what files of Apple's and OpenSSL's need."""

WAITING_LIMIT: Final = 10
"""Files that may wait for their turn; half a minute, if all of them are made to take long. Others are refused."""

_FILE: Final = "ios.apnsCertificateFileContent"


class Certificates:
    """Opens one file at a time: more would take processor time from running calls."""

    def __init__(self, seconds: float = OPENING_SECONDS) -> None:
        self._seconds = seconds
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def require_opens(self, credentials: AppleCredentials) -> None:
        """Raises `InvalidRequest`, and `Unavailable` when too many are waiting."""
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
            case None:
                raise InvalidRequest("takes too long to open: export it with fewer iterations", field=_FILE)
            case _:
                raise InvalidRequest("must be a P12 file that apnsCertificatePassword opens", field=_FILE)

    def _try(self, credentials: AppleCredentials) -> int | None:
        """The program's exit code; None when it had to be stopped."""
        password = None if credentials.password is None else credentials.password.reveal()
        asked = json.dumps({"p12": credentials.certificate.reveal(), "password": password})
        try:
            return subprocess.run(  # noqa: S603 - our own program; what strangers gave goes to its standard input
                (sys.executable, "-I", opening.__file__),
                input=asked.encode(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=self._seconds,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            return None
