"""What strangers and forgers send to the real worker beside a running call: S-01, S-02 and S-03 on real sockets.

The call is `media-load`'s; whoever is on the way between it and the worker attacks. The same in virtual time, and more
of it, is in `crates/media-core/tests/hostile.rs`. `-m soak` runs the long forms.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.contract.worker.controller import Controller
from tests.e2e.server import ROOT
from tests.integration.wiretap import Address, Wiretap, flood, udp_socket, wiretap

WORKER = ROOT / "target/release/ringback-media"
LOAD = ROOT / "target/release/media-load"
ANNOUNCED = "127.0.0.2"
"""Where clients send, and the attacker listens; the worker itself is at 127.0.0.1."""

GROWTH_KIB = 1024
"""Resident memory that a worker may gain: of some 50,000 datagrams, 20 bytes each would be as much."""
TOLERABLE = 0.005
"""The share of a call's packets that may be lost while somebody floods."""

WITHIN_BUDGET = 3_000
"""Datagrams per second in a client's name that leave it enough of its 5,000."""
BEYOND_BUDGET = 15_000
FROM_ELSEWHERE = 17_000
SPRAYED = 5_000


@dataclass
class Attacked:
    """A worker with a call, and somebody on the way."""

    process: asyncio.subprocess.Process
    load: asyncio.subprocess.Process
    path: Path
    tap: Wiretap
    stranger: socket.socket

    async def has_begun(self) -> None:
        """Return when what arrives is counted."""
        assert self.load.stderr is not None
        async for line in self.load.stderr:
            if b"counting" in line:
                return
        pytest.fail("the call did not begin")

    def client(self) -> Address:
        """One who speaks and shows."""
        return max(self.tap.heard, key=lambda client: len(self.srtp(client)))

    def srtp(self, client: Address) -> list[bytes]:
        return [datagram for datagram in self.tap.heard[client] if is_srtp(datagram)]

    def resident_kib(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))

    def bytes_to_stranger(self) -> int:
        answered = 0
        try:
            while True:
                answered += len(self.stranger.recv(2048))
        except (BlockingIOError, ConnectionRefusedError):
            return answered

    async def report(self) -> dict[str, Any]:
        """What the call has seen, when it is over."""
        output, _ = await self.load.communicate()
        return dict(json.loads(output or "{}"))

    async def dropped(self) -> dict[str, int]:
        """What the worker has dropped, when the call is over."""
        controller = Controller(*await asyncio.open_unix_connection(self.path))
        await controller.hello()
        worker = (await controller.done("take_snapshot"))["worker"]
        controller.close()
        assert worker["faults"] == {"rooms": 0, "transports": 0}
        return dict(worker["dropped"])


def harm(attacked: Attacked, report: dict[str, Any]) -> list[str]:
    """What is wrong with the call or the worker; `lost` packets are judged by each test."""
    wrong = []
    if attacked.process.returncode is not None:
        wrong.append("the worker has ended")
    if answered := attacked.bytes_to_stranger():
        wrong.append(f"{answered} bytes to a stranger")
    bad = {what: report.get(what) for what in ("failures", "spoiled", "foreign", "duplicates")}
    if any(bad.values()) or not report.get("received_packets"):
        wrong.append(f"{bad}")
    return wrong


def lost(report: dict[str, Any]) -> float:
    return float(report["lost"] / (report["lost"] + report["received_packets"]))


@asynccontextmanager
async def call(*shape: str) -> AsyncIterator[Attacked]:
    async with AsyncExitStack() as stack:
        # pytest's own folders have paths that are too long for sockets.
        path = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rb-"))) / "worker.sock"
        process = await program(
            stack, WORKER, "--socket", path, "--announce", f"{ANNOUNCED}=127.0.0.1", "--log", "error"
        )
        port = await port_of(path)
        stranger = stack.enter_context(udp_socket())
        stranger.bind((ANNOUNCED, 0))
        stranger.connect(("127.0.0.1", port))
        tap = stack.enter_context(wiretap((ANNOUNCED, port), ("127.0.0.1", port)))
        measured = ("--verify", "1", "--json", "--server-pid", str(process.pid))
        load = await program(stack, LOAD, *shape, "--worker", path, *measured, stdout=PIPE, stderr=PIPE)
        yield Attacked(process, load, path, tap, stranger)


async def program(
    stack: AsyncExitStack, *command: str | Path, stdout: int | None = None, stderr: int | None = None
) -> asyncio.subprocess.Process:
    """A program that ends when the test does."""
    process = await asyncio.create_subprocess_exec(*command, stdout=stdout, stderr=stderr)

    async def end() -> None:
        if process.returncode is None:
            process.kill()
        await process.wait()

    stack.push_async_callback(end)
    return process


async def port_of(path: Path) -> int:
    """Where a worker that starts takes media."""
    async with asyncio.timeout(20):
        while True:
            try:
                controller = Controller(*await asyncio.open_unix_connection(path))
                break
            except (FileNotFoundError, ConnectionRefusedError):
                await asyncio.sleep(0.01)
    welcome = await controller.hello(epoch=0)
    controller.close()
    return int(welcome["addresses"][0].removesuffix("/udp").rpartition(":")[2])


def is_srtp(datagram: bytes) -> bool:
    return len(datagram) > 12 and 128 <= datagram[0] < 192 and not 192 <= datagram[1] < 224


def is_check(datagram: bytes) -> bool:
    """A binding request (RFC 8489 §5)."""
    return datagram[:2] == b"\x00\x01"


def is_client_hello(datagram: bytes) -> bool:
    """RFC 6347 §4.2: a handshake's record, and in it the first message."""
    return len(datagram) > 60 and datagram[0] == 22 and datagram[13] == 1


def hellos(genuine: bytes) -> list[bytes]:
    """Beginnings of handshakes: as a client sends it, with no suite that anybody should agree to, and with nonsense."""
    source = random.Random(1)
    # Behind the header of the record (13) and of the message (12), the version (2) and the random (32) come session id
    # and cookie, each behind its length, then the suites behind theirs.
    cookie = 60 + genuine[59]
    suites = cookie + 1 + genuine[cookie]
    end = suites + 2 + int.from_bytes(genuine[suites : suites + 2])
    null = genuine[: suites + 2] + bytes(end - suites - 2) + genuine[end:]
    nonsense = [genuine[:length] + source.randbytes(len(genuine) - length) for length in (13, 25, 60)]
    return [genuine, null, genuine[:40], *nonsense]


def sweep(step: int) -> list[bytes]:
    """Every first byte with every length up to 200, or with each `step`-th."""
    source = random.Random(2)
    return [b""] + [
        bytes([first]) + source.randbytes(length - 1) for length in range(1, 201, step) for first in range(256)
    ]


def forged(recorded: list[bytes]) -> list[bytes]:
    """SRTP with the right SSRC and payload type, numbers that are about to come, and a wrong key."""
    source = random.Random(3)
    packets = []
    for packet in recorded:
        number = (int.from_bytes(packet[2:4]) + source.randrange(500)) % 65536
        wrong = bytes(byte ^ source.randrange(1, 256) for byte in packet[12:])
        packets.append(packet[:2] + number.to_bytes(2) + packet[4:12] + wrong)
    return packets


long = pytest.mark.soak


@pytest.mark.parametrize("step", [10, pytest.param(1, marks=long)], ids=["some lengths", "all lengths"])
async def test_datagrams_of_every_length_with_every_first_byte_harm_nobody(step: int) -> None:
    datagrams = sweep(step)
    seconds = 3 + len(datagrams) // WITHIN_BUDGET
    async with call("rooms", "--participants", "3", "--seconds", str(seconds), "--warm-up", "2") as attacked:
        await attacked.has_begun()
        before = attacked.resident_kib()
        own = attacked.tap.as_client(attacked.client())
        floods = await asyncio.gather(
            flood(own, datagrams, count=len(datagrams), per_second=WITHIN_BUDGET),
            flood(attacked.stranger, datagrams, count=len(datagrams), per_second=2 * WITHIN_BUDGET),
        )
        grown = attacked.resident_kib() - before
        report = await attacked.report()
        print(floods, f"{grown} KiB more", report)

        assert harm(attacked, report) == []
        assert report["lost"] == 0
        assert grown < GROWTH_KIB
        assert (await attacked.dropped())["unknown"] >= 0.99 * len(datagrams), "they did arrive"


@pytest.mark.parametrize("seconds", [3, pytest.param(60, marks=long)])
async def test_srtp_with_a_wrong_key_costs_the_call_nothing_that_is_heard(seconds: int) -> None:
    shape = ("rooms", "--participants", "3", "--seconds", str(seconds + 2), "--warm-up", "2")
    async with call(*shape) as attacked:
        await attacked.has_begun()
        client = attacked.client()
        packets = forged(attacked.srtp(client))
        floods = await asyncio.gather(
            flood(attacked.tap.as_client(client), packets, count=seconds * WITHIN_BUDGET, per_second=WITHIN_BUDGET),
            flood(attacked.stranger, packets, count=seconds * FROM_ELSEWHERE, per_second=FROM_ELSEWHERE),
        )
        report = await attacked.report()
        print(floods, report)

        assert harm(attacked, report) == []
        assert lost(report) <= TOLERABLE
        dropped = await attacked.dropped()
        assert dropped["over_budget"] == 0
        assert dropped["unknown"] >= 0.9 * floods[1].sent, "they did arrive"


async def test_control_more_in_a_clients_name_than_a_client_may_send_is_seen_as_loss() -> None:
    """By what the tests above count. Such a one could fill the client's line as well."""
    async with call("rooms", "--participants", "3", "--seconds", "5", "--warm-up", "2") as attacked:
        await attacked.has_begun()
        client = attacked.client()
        packets = forged(attacked.srtp(client))
        await flood(attacked.tap.as_client(client), packets, count=3 * BEYOND_BUDGET, per_second=BEYOND_BUDGET)
        report = await attacked.report()

        assert lost(report) > TOLERABLE
        assert (await attacked.dropped())["over_budget"] > 0


@pytest.mark.parametrize("handshakes", [10, pytest.param(200, marks=long)])
async def test_handshakes_of_strangers_let_no_handshake_fail_and_get_nothing(handshakes: int) -> None:
    async with call("joins", "--count", str(handshakes), "--parallel", "2") as attacked:
        genuine = await attacked.tap.hears(is_client_hello)
        endless = flood(attacked.stranger, hellos(genuine), count=10**9, per_second=SPRAYED)
        spraying = asyncio.create_task(endless)
        report = await attacked.report()
        spraying.cancel()
        dropped = await attacked.dropped()
        print(dropped, report)

        assert harm(attacked, report) == []
        assert report["joins"]["count"] == handshakes
        assert dropped["unknown"] > SPRAYED // 10, "they arrived"


async def test_control_handshakes_in_a_clients_name_let_its_own_fail() -> None:
    async with call("joins", "--count", "2", "--parallel", "1", "--warm-up", "0") as attacked:
        attacked.tap.whispers = hellos(await attacked.tap.hears(is_client_hello))
        report = await attacked.report()

        assert any("DTLS failed" in failure for failure in report["failures"])
        assert harm(attacked, report) != []


async def test_control_an_answer_to_a_stranger_and_the_end_of_the_worker_are_seen() -> None:
    async with call("rooms", "--participants", "3", "--seconds", "3", "--warm-up", "1") as attacked:
        await attacked.has_begun()
        for check in filter(is_check, attacked.tap.heard[attacked.client()]):
            attacked.stranger.send(check)  # it was recorded, so it proves itself
        report = await attacked.report()
        assert "bytes to a stranger" in harm(attacked, report)[0]

        attacked.process.kill()
        await attacked.process.wait()
        assert harm(attacked, report) == ["the worker has ended"]
