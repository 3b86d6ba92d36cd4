"""Sends datagrams in a circle from a socket that it inherits: `flooding FD COUNT PER_SECOND < DATAGRAMS`."""

from __future__ import annotations

import itertools
import json
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from time import monotonic, sleep  # noqa: TID251 - a program of its own, with nobody to give it a clock

AT_ONCE = 20
"""Datagrams between two looks at the clock."""


def datagrams(stream: bytes) -> Iterator[bytes]:
    place = 0
    while place < len(stream):
        (length,) = struct.unpack_from(">H", stream, place)
        place += 2
        yield stream[place : place + length]
        place += length


def main(descriptor: int, count: int, per_second: int) -> None:
    through = socket.socket(fileno=descriptor)
    begin = monotonic()
    sent = 0
    for number, datagram in enumerate(itertools.islice(itertools.cycle(datagrams(sys.stdin.buffer.read())), count)):
        if number % AT_ONCE == 0:
            sleep(max(0.0, begin + number / per_second - monotonic()))
        # The way may be full, and nobody there any more.
        with suppress(BlockingIOError, ConnectionRefusedError):
            sent += through.send(datagram) == len(datagram)
    print(json.dumps({"sent": sent, "seconds": monotonic() - begin}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
