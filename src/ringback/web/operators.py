"""Operators: programs on a node's own machine that can read its secret key. They may see what no account may."""

import hashlib
import hmac
import ipaddress
from typing import Final

from fastapi import Request

from ringback.kernel.errors import NotFound, Unauthenticated
from ringback.kernel.redaction import Secret

SCHEME: Final = "Operator"
"""The word before the key in `Authorization`."""

_SENT_ON: Final = ("forwarded", "x-forwarded-for", "x-real-ip", "via", "origin")
"""Headers of a request that comes from elsewhere, although a proxy or a browser on this machine has sent it."""


def operator_key(secret_key: Secret) -> Secret:
    """What proves that somebody can read `secret_key`, without telling it."""
    return Secret(hmac.new(secret_key.reveal().encode(), b"ringback operators", hashlib.sha256).hexdigest())


class OperatorsOnly:
    """A dependency of routes. For everybody who is not on this machine there is no such path."""

    def __init__(self, secret_key: Secret) -> None:
        self._key = operator_key(secret_key)

    async def __call__(self, request: Request) -> None:
        """Raises `NotFound` and `Unauthenticated`."""
        if not is_from_here(request):
            raise NotFound
        word, _, key = request.headers.get("authorization", "").partition(" ")
        if word != SCHEME or not hmac.compare_digest(key.encode(), self._key.reveal().encode()):
            raise Unauthenticated


def is_from_here(request: Request) -> bool:
    """Whether a program on this machine asks, for itself. Uvicorn knows a proxy's client only when the proxy tells."""
    if request.client is None or any(name in request.headers for name in _SENT_ON):
        return False
    try:
        address = ipaddress.ip_address(request.client.host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
