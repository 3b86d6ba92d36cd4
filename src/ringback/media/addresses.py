"""Which addresses the workers' ICE candidates name when the operator does not say."""

import socket
from contextlib import closing

LOOPBACK = "127.0.0.1"

_SOMEWHERE = ("192.0.2.1", 9)  # TEST-NET-1 (RFC 5737): routed like the internet, and nobody's


def announced_addresses() -> tuple[str, ...]:
    """Loopback, for browsers on this machine, and the IPv4 address of the default route, for all others.

    The second is left out where there is no such route. Nothing is sent: connecting a UDP socket only asks the routing
    table. A machine behind NAT has to be told its public address (`RINGBACK_MEDIA_ADDRESSES`).
    """
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            probe.connect(_SOMEWHERE)
        except OSError:
            return (LOOPBACK,)
        address: str = probe.getsockname()[0]
    return (LOOPBACK,) if address == LOOPBACK else (LOOPBACK, address)
