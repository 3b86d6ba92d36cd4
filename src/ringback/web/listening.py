"""Where the server listens, bound before anything is started that would have to be stopped again."""

import errno
import socket

from ringback.kernel.errors import RingbackError


class AddressUnavailable(RingbackError):
    """The server cannot listen on this address."""

    code = "ADDRESS_UNAVAILABLE"


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes any free one. Raises `AddressUnavailable`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, dualstack_ipv6=host == "::", backlog=2048)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise AddressUnavailable(
                f"Port {port} on {host} is already in use: stop the other program, or choose --port."
            ) from None
        raise AddressUnavailable(f"Cannot listen on {host}, port {port}: {error.strerror}.") from None
