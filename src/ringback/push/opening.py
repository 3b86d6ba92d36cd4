"""A program of its own, which `certificates.py` starts: does this P12 file open?

Its argument is how many seconds of processor time it may take; the kernel ends it when they are over. It reads
`{"p12": Base64, "password": text or null}` and answers by its exit code. It imports nothing of the platform, so that it
starts in a tenth of a second.
"""

import base64
import json
import resource
import sys
from enum import IntEnum

from cryptography.hazmat.primitives.serialization import pkcs12


class Outcome(IntEnum):
    """Exit codes; 1 and 2 are what Python itself ends with."""

    OPENS = 0
    STAYS_SHUT = 3
    LACKS_KEY = 4


def outcome(p12: bytes, password: bytes | None) -> Outcome:
    """Whether `password` opens the file, and there is a certificate with its private key in it."""
    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(p12, password)
    except ValueError:
        return Outcome.STAYS_SHUT
    return Outcome.LACKS_KEY if key is None or certificate is None else Outcome.OPENS


if __name__ == "__main__":
    seconds = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # it would hold the password
    asked = json.load(sys.stdin)
    password = None if asked["password"] is None else asked["password"].encode()
    sys.exit(outcome(base64.b64decode(asked["p12"]), password))
