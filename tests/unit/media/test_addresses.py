"""Which addresses ICE announces, and how they are written."""

import socket
from typing import Any

import pytest

from ringback.media.addresses import announced, announced_addresses, media_address, own


class Routing:
    """Sockets on a machine whose default routes start at these addresses; what is missing has no route."""

    def __init__(self, routes: dict[int, str]) -> None:
        self._routes = routes
        self._family = 0

    def __call__(self, family: int, kind: int) -> "Routing":
        assert kind == socket.SOCK_DGRAM
        self._family = family
        return self

    def connect(self, _: tuple[str, int]) -> None:
        if self._family not in self._routes:
            raise OSError("Network is unreachable")

    def getsockname(self) -> tuple[str, int]:
        return (self._routes[self._family], 1)

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ({socket.AF_INET: "198.51.100.7"}, ("127.0.0.1", "198.51.100.7")),
        (
            {socket.AF_INET: "198.51.100.7", socket.AF_INET6: "2001:db8::7"},
            ("127.0.0.1", "2001:db8::7", "198.51.100.7"),
        ),
        ({socket.AF_INET6: "2001:db8::7"}, ("127.0.0.1", "2001:db8::7")),
        ({socket.AF_INET: "127.0.0.1", socket.AF_INET6: "fe80::1"}, ("127.0.0.1",)),
        ({}, ("127.0.0.1",)),
    ],
)
def test_loopback_and_the_default_routes_are_announced(
    routes: dict[int, str], expected: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake: Any = Routing(routes)
    monkeypatch.setattr(socket, "socket", fake)
    assert announced_addresses() == expected


@pytest.mark.parametrize(
    ("text", "shown", "listened_on"),
    [
        ("10.0.0.5", "10.0.0.5", "10.0.0.5"),
        ("203.0.113.7 = 10.0.0.5", "203.0.113.7", "10.0.0.5"),
        ("2001:DB8::1", "2001:db8::1", "2001:db8::1"),
    ],
)
def test_an_address_may_be_another_inside(text: str, shown: str, listened_on: str) -> None:
    address = media_address(text)
    assert (announced(address), own(address)) == (shown, listened_on)
