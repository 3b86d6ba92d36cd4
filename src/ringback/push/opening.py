"""A program of its own, which `certificates.py` has run in a quarantine: does this P12 file open?

It reads `{"p12": Base64, "password": text or null}` and answers by its exit status. It imports nothing of the platform,
so that it starts in a tenth of a second.
"""

import base64
import json
import sys
from enum import IntEnum

from cryptography.hazmat.primitives.serialization import pkcs12


class Outcome(IntEnum):
    """Exit statuses."""

    OPENS = 0
    STAYS_SHUT = 10
    LACKS_KEY = 11


def outcome(p12: bytes, password: bytes | None) -> Outcome:
    """Whether `password` opens the file, and there is a certificate with its private key in it."""
    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(p12, password)
    except BaseException:  # parsers raise whatever they stumble over, and panics of Rust are no `Exception`
        return Outcome.STAYS_SHUT
    return Outcome.LACKS_KEY if key is None or certificate is None else Outcome.OPENS


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    password = None if asked["password"] is None else asked["password"].encode()
    sys.exit(outcome(base64.b64decode(asked["p12"]), password))
