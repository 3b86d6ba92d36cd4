"""Which addresses the workers' ICE candidates name: those that the operator gives, or those that this machine has.

One is written as clients see it, `10.0.0.5`, or, where a NAT translates it, as `203.0.113.7=10.0.0.5`: clients are told
the first, and what they send there arrives at the second, which is this machine's.
"""

import ipaddress
import socket
from contextlib import closing

LOOPBACK = "127.0.0.1"

# Routed like the internet, and nobody's (RFC 5737, RFC 3849).
_SOMEWHERE = {socket.AF_INET6: "2001:db8::1", socket.AF_INET: "192.0.2.1"}
_DISCARD = 9


def announced_addresses() -> tuple[str, ...]:
    """Loopback, for browsers on this machine, and the addresses of the default routes, for all others: IPv6, then IPv4.

    What there is no route for is left out. Nothing is sent: connecting a UDP socket only asks the routing table.
    """
    routes = (_default_route(family) for family in _SOMEWHERE)
    return (LOOPBACK, *(address for address in routes if address is not None))


def media_address(text: str) -> str:
    """The one way to write an address, with its translation if it has one. Raises `ValueError`."""
    announced, translated, own = (part.strip() for part in text.partition("="))
    addresses = [ipaddress.ip_address(part) for part in ((announced, own) if translated else (announced,))]
    if len({address.version for address in addresses}) > 1:
        raise ValueError(f"{text} mixes IPv4 and IPv6: no NAT translates one into the other for ICE")
    return "=".join(map(str, addresses))


def announced(address: str) -> str:
    """What clients are told of it."""
    return address.partition("=")[0]


def own(address: str) -> str:
    """What a worker listens on for it."""
    return address.rpartition("=")[2]


def _default_route(family: socket.AddressFamily) -> str | None:
    with closing(socket.socket(family, socket.SOCK_DGRAM)) as probe:
        try:
            probe.connect((_SOMEWHERE[family], _DISCARD))
        except OSError:
            return None
        address = ipaddress.ip_address(probe.getsockname()[0])
    return None if address.is_loopback or address.is_link_local else str(address)
