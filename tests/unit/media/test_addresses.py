"""Which addresses ICE announces when nobody says."""

import socket
from typing import Any

import pytest

from ringback.media.addresses import announced_addresses


class Routing:
    """A socket on a machine whose default route starts at `address`; None: there is no route."""

    def __init__(self, address: str | None) -> None:
        self._address = address

    def __call__(self, family: int, kind: int) -> "Routing":
        assert (family, kind) == (socket.AF_INET, socket.SOCK_DGRAM)
        return self

    def connect(self, _: tuple[str, int]) -> None:
        if self._address is None:
            raise OSError("Network is unreachable")

    def getsockname(self) -> tuple[str | None, int]:
        return (self._address, 1)

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("route", "announced"),
    [
        ("198.51.100.7", ("127.0.0.1", "198.51.100.7")),
        ("127.0.0.1", ("127.0.0.1",)),
        (None, ("127.0.0.1",)),
    ],
)
def test_loopback_and_the_default_route_are_announced(
    route: str | None, announced: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake: Any = Routing(route)
    monkeypatch.setattr(socket, "socket", fake)
    assert announced_addresses() == announced
