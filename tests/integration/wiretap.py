"""Somebody on the way between clients and a worker: hears every datagram, and can send in a client's name."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import struct
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

Address = tuple[str, int]

MAX_DATAGRAM = 2048
HEARD = 4096
"""How many datagrams of each client are remembered."""
BURST = 4 * 1024 * 1024
"""Bytes that may wait in a socket while this process has no time: what is lost here would count as the worker's."""


class Wiretap:
    """Clients take it for the worker; the worker sees each of them at another port of its own."""

    def __init__(self, place: Address, worker: Address) -> None:
        self._worker = worker
        self._front = udp_socket()
        self._front.bind(place)
        self._as_client: dict[Address, socket.socket] = {}
        self.heard: dict[Address, deque[bytes]] = {}
        """The last datagrams of each client."""
        self.whispers: list[bytes] = []
        """What the worker gets in the name of each client that comes, right behind its first datagram."""
        self._awaited: list[tuple[Callable[[bytes], bool], asyncio.Future[bytes]]] = []

    def as_client(self, client: Address) -> socket.socket:
        """What is sent here comes to the worker from that client."""
        return self._as_client[client]

    async def hears(self, what: Callable[[bytes], bool]) -> bytes:
        """A datagram of a client that is such a one: an earlier one, or the next."""
        for datagram in itertools.chain.from_iterable(self.heard.values()):
            if what(datagram):
                return datagram
        heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._awaited.append((what, heard))
        return await heard

    def _from_client(self) -> None:
        with suppress(BlockingIOError):
            while True:
                datagram, client = self._front.recvfrom(MAX_DATAGRAM)
                new = client not in self._as_client
                if new:
                    self._meet(client)
                self.heard[client].append(datagram)
                for words in (datagram, *(self.whispers if new else ())):
                    send(self._as_client[client], words)
                for what, heard in self._awaited:
                    if not heard.done() and what(datagram):
                        heard.set_result(datagram)

    def _meet(self, client: Address) -> None:
        own = udp_socket()
        own.connect(self._worker)
        self._as_client[client] = own
        self.heard[client] = deque(maxlen=HEARD)
        asyncio.get_running_loop().add_reader(own, self._from_worker, client)

    def _from_worker(self, client: Address) -> None:
        with suppress(BlockingIOError, ConnectionRefusedError):
            while True:
                self._front.sendto(self._as_client[client].recv(MAX_DATAGRAM), client)


@contextmanager
def wiretap(place: Address, worker: Address) -> Iterator[Wiretap]:
    tap = Wiretap(place, worker)
    loop = asyncio.get_running_loop()
    loop.add_reader(tap._front, tap._from_client)
    try:
        yield tap
    finally:
        for used in (tap._front, *tap._as_client.values()):
            loop.remove_reader(used)
            used.close()


def udp_socket() -> socket.socket:
    """Ready to take a burst, and never waiting."""
    new = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    new.setblocking(False)
    new.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BURST)
    return new


def send(through: socket.socket, datagram: bytes) -> None:
    """What cannot be sent is lost, as on any network."""
    with suppress(BlockingIOError, ConnectionRefusedError):
        through.send(datagram)


@dataclass(frozen=True)
class Flood:
    """What a flood really was."""

    sent: int
    seconds: float

    @property
    def per_second(self) -> float:
        return self.sent / self.seconds


async def flood(through: socket.socket, datagrams: Iterable[bytes], *, count: int, per_second: int) -> Flood:
    """Send so many datagrams, in a circle, by a process of its own: as fast as is said, or as it can."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.integration.flooding", str(through.fileno()), str(count), str(per_second)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        pass_fds=[through.fileno()],
    )
    stream = b"".join(struct.pack(">H", len(datagram)) + datagram for datagram in datagrams)
    try:
        output, _ = await process.communicate(stream)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0
    return Flood(**json.loads(output))
