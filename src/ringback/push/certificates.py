"""Tries P12 files before they are stored.

Whoever makes such a file decides how long opening it takes (its key derivation may count to two billion), and a thread
that counts cannot be stopped. So it is done in a quarantine, by `opening.py`.
"""

import json
from typing import Final

from ringback.kernel.errors import InvalidRequest
from ringback.push import opening
from ringback.push.model import AppleCredentials
from ringback.push.opening import Outcome
from ringback.quarantine import Limits, Quarantine

LIMITS: Final = Limits(
    processes=1,  # more would take processor time from running calls
    waiting=10,  # half a minute, if all of them are made to take long
    memory=128 * 1024 * 1024,  # four times what opening a file of Apple's tools needs
    processor_seconds=2,  # ten times what those of Apple's tools and OpenSSL need
    patience_seconds=15.0,
)
"""For one P12 file."""

_FIELD: Final = "ios.apnsCertificateFileContent"


class Certificates:
    """Opens P12 files."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._quarantine = Quarantine(
            opening.__file__,
            Outcome,
            limits,
            field=_FIELD,
            refusal="cannot be opened with reasonable effort: export it with fewer iterations",
        )

    async def require_opens(self, credentials: AppleCredentials) -> None:
        """Raises `InvalidRequest`, and `Unavailable` when too many are waiting or the machine is too busy."""
        password = None if credentials.password is None else credentials.password.reveal()
        asked = json.dumps({"p12": credentials.certificate.reveal(), "password": password})
        outcome, _ = await self._quarantine.read(asked.encode())
        match outcome:
            case Outcome.LACKS_KEY:
                raise InvalidRequest("must hold a certificate and its private key", field=_FIELD)
            case Outcome.STAYS_SHUT:
                raise InvalidRequest("must be a P12 file that apnsCertificatePassword opens", field=_FIELD)
