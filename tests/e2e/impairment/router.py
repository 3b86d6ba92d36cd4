"""The network between a server and its clients: carries every packet as its path's conditions say.

Each client is behind a router of its own that translates its address (RFC 3022), so that a test can give it another one
without the client knowing.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from random import Random

from tests.e2e.impairment.link import Conditions, Link
from tests.e2e.impairment.namespaces import Host

LARGEST_PACKET = 65_535
PACKETS_PER_TURN = 64
TCP, UDP = 6, 17
CHECKSUM_AT = {TCP: 16, UDP: 6}  # from the beginning of the header


@dataclass
class Path:
    """Between one client and everybody else."""

    number: int
    host: Host
    up: Link
    down: Link
    public_to_private: dict[bytes, bytes] = field(default_factory=dict)
    private_to_public: dict[bytes, bytes] = field(default_factory=dict)
    lost: Counter[str] = field(default_factory=Counter)
    rebinds: int = 0

    @property
    def address(self) -> str:
        """The client's own address; the server sees another one."""
        return f"10.77.{self.number}.1"

    @property
    def other_address(self) -> str:
        """What the client's address is in another network."""
        return f"10.77.{self.number}.2"

    def becomes(self, conditions: Conditions, *, down: Conditions | None = None) -> None:
        """The path is like this from now on, in both directions unless `down` says otherwise."""
        self.up.conditions = conditions
        self.down.conditions = down or conditions

    def rebind(self) -> None:
        """The router forgets its translations: what the client sends next comes from another address."""
        self.rebinds += 1
        self.public_to_private.clear()
        self.private_to_public.clear()


class Router:
    """The network in the middle."""

    def __init__(self, server: Host) -> None:
        self._server = server
        self._paths: list[Path] = []
        self._connected = 0
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(server.device, self._from_server)

    def connect(self, host: Host, *, seed: int) -> Path:
        """A client joins the network, on a good path."""
        self._connected += 1
        number = self._connected
        up, down = (Link(Conditions(), Random(f"{seed} {number} {way}")) for way in ("up", "down"))
        path = Path(number, host, up, down)
        self._paths.append(path)
        self._loop.add_reader(host.device, self._from_client, path)
        return path

    def disconnect(self, path: Path) -> None:
        """A client leaves the network."""
        self._paths.remove(path)
        self._loop.remove_reader(path.host.device)

    def stop(self) -> None:
        """Nothing is carried any more."""
        self._loop.remove_reader(self._server.device)

    def _from_client(self, path: Path) -> None:
        for packet in _read(path.host.device):
            private = bytes(packet[12:16])
            public = path.private_to_public.get(private)
            if public is None:
                public = IPv4Address(
                    f"10.78.{path.number}.{(path.rebinds + len(path.private_to_public)) % 250 + 1}"
                ).packed
                path.private_to_public[private], path.public_to_private[public] = public, private
            replace_address(packet, 12, public)
            self._carry(packet, path, path.up, self._server.device, "up")

    def _from_server(self) -> None:
        for packet in _read(self._server.device):
            public = bytes(packet[16:20])
            for path in self._paths:
                if private := path.public_to_private.get(public):
                    replace_address(packet, 16, private)
                    self._carry(packet, path, path.down, path.host.device, "down")

    def _carry(self, packet: bytearray, path: Path, link: Link, device: int, way: str) -> None:
        arrival = link.carry(len(packet), self._loop.time())
        if arrival is None:
            path.lost[way] += 1
        else:
            self._loop.call_at(arrival, self._deliver, device, path, packet)

    def _deliver(self, device: int, path: Path, packet: bytearray) -> None:
        if path in self._paths:
            with suppress(BlockingIOError):
                os.write(device, packet)


def replace_address(packet: bytearray, at: int, address: bytes) -> None:
    """Put another address into an IPv4 header, and mend the checksums that cover it (RFC 1624)."""
    before, packet[at : at + 4] = bytes(packet[at : at + 4]), address
    _mend(packet, 10, before, address)
    header = (packet[0] & 0x0F) * 4
    within = CHECKSUM_AT.get(packet[9])
    is_first_fragment = not (packet[6] & 0x1F or packet[7])
    if within is None or not is_first_fragment or len(packet) < header + within + 2:
        return
    if packet[9] == UDP and packet[header + within : header + within + 2] == b"\0\0":
        return  # the sender has left it out
    _mend(packet, header + within, before, address)


def _mend(packet: bytearray, at: int, before: bytes, after: bytes) -> None:
    total = ~int.from_bytes(packet[at : at + 2]) & 0xFFFF
    for words, sign in ((before, 0xFFFF), (after, 0)):
        for index in (0, 2):
            total += int.from_bytes(words[index : index + 2]) ^ sign
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    packet[at : at + 2] = (~total & 0xFFFF).to_bytes(2)


def _read(device: int) -> list[bytearray]:
    packets = []
    with suppress(BlockingIOError):
        for _ in range(PACKETS_PER_TURN):
            packet = bytearray(os.read(device, LARGEST_PACKET))
            if packet[0] >> 4 == 4:  # hosts also look for IPv6 neighbours, which are not here
                packets.append(packet)
    return packets
