"""What one request costs a node: CPU per request at full speed, and delays at half of it.

    python -m benches.rest [--seconds 10] [--core 0]

Starts `ringback serve` on new data, held to one core; this client runs on the others. The figure per core is one second
of CPU divided by the CPU that a request took, so it holds on a machine that has other work, too. Delays do not: they
want an idle machine.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

KEY: Final = "benchmark-key-00000000"

CONNECTIONS: Final = 32
"""Keep-alive connections of a busy backend; more only queue."""


def request(method: str, path: str, body: object = None) -> bytes:
    """One HTTP/1.1 request with the API key."""
    content = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: App {KEY}\r\n"
    if content:
        head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    return head.encode() + b"\r\n" + content


SHAPES: Final[dict[str, Callable[[int], bytes]]] = {
    "POST /webrtc/1/token, another identity each time": lambda n: request(
        "POST", "/webrtc/1/token", {"identity": f"user-{n}", "displayName": "Somebody"}
    ),
    "POST /webrtc/1/token, 100 identities": lambda n: request(
        "POST", "/webrtc/1/token", {"identity": f"known-{n % 100}"}
    ),
    "GET /webrtc/1/files (an empty list)": lambda _: request("GET", "/webrtc/1/files"),
    "POST /provisioning/1/entities, with an Idempotency-Key": lambda n: request(
        "POST", "/provisioning/1/entities", {"entityId": f"entity-{n}"}
    ).replace(b"\r\n\r\n", f"\r\nIdempotency-Key: key-{n}\r\n\r\n".encode(), 1),
}


@dataclass
class Measured:
    """Answers and what they took."""

    seconds: list[float] = field(default_factory=list)
    refused: int = 0


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, frame: bytes, measured: Measured) -> None:
    """One request and its whole answer."""
    began = time.perf_counter()
    writer.write(frame)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    await reader.readexactly(length)
    measured.seconds.append(time.perf_counter() - began)
    measured.refused += not head.startswith(b"HTTP/1.1 2")


async def at_full_speed(port: int, shape: Callable[[int], bytes], first: int, seconds: float) -> Measured:
    """Every connection asks again as soon as it is answered."""
    measured, end, number = Measured(), time.perf_counter() + seconds, iter(range(first, sys.maxsize))

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end:
            await ask(reader, writer, shape(next(number)), measured)
        writer.close()

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    return measured


async def at_a_rate(port: int, shape: Callable[[int], bytes], first: int, seconds: float, rate: float) -> Measured:
    """Requests begin at fixed moments, however long others take; waiting for a free connection counts as delay."""
    measured = Measured()
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await asyncio.open_connection("127.0.0.1", port))
    began = time.perf_counter()

    async def one(number: int, due: float) -> None:
        pair = await free.get()
        waited = time.perf_counter() - due
        await ask(*pair, shape(number), measured)
        measured.seconds[-1] += waited
        free.put_nowait(pair)

    tasks = []
    for n in range(int(rate * seconds)):
        due = began + n / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(one(first + n, due)))
    await asyncio.gather(*tasks)
    return measured


def cpu_seconds(pid: int) -> float:
    """User and system time of a process with all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def percentile(seconds: list[float], share: float) -> float:
    """In milliseconds."""
    return sorted(seconds)[int(len(seconds) * share)] * 1000 if seconds else float("nan")


async def measure(port: int, pid: int, seconds: float) -> None:
    """Print a row for each shape."""
    print("| request | CPU per request | per second and core | p50 / p99 at half of that |\n|---|---|---|---|")
    first = 0
    for name, shape in SHAPES.items():
        await at_full_speed(port, shape, first, min(1.0, seconds))  # warm up: first answers compile validators
        first += 1_000_000
        before = cpu_seconds(pid)
        full = await at_full_speed(port, shape, first, seconds)
        cost = (cpu_seconds(pid) - before) / len(full.seconds)
        half = await at_a_rate(port, shape, first + 500_000, seconds, 0.5 / cost)
        delays = f"{percentile(half.seconds, 0.5):.1f} / {percentile(half.seconds, 0.99):.1f} ms"
        refused = f" ({full.refused + half.refused} refused)" if full.refused + half.refused else ""
        print(f"| {name} | {cost * 1e6:.0f} µs | {1 / cost:.0f}{refused} | {delays} |", flush=True)


def main() -> None:
    """Start a node, measure, stop it."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=float, default=10, help="for each measurement")
    arguments.add_argument("--core", type=int, default=0, help="where the node runs")
    chosen = arguments.parse_args()
    others = os.sched_getaffinity(0) - {chosen.core} or {chosen.core}
    limits = dict.fromkeys(("get-files", "create-entity"), "1000000/second")
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "RINGBACK_BOOTSTRAP_API_KEY": KEY,
            "RINGBACK_RATE_LIMITS": json.dumps(limits),
            "RINGBACK_MEDIA_UDP_PORT": "0",
        }
        command = (sys.executable, "-m", "ringback", "serve", "--port", "0", "--workers", "1", "--data-dir", folder)
        os.sched_setaffinity(0, {chosen.core})  # the node inherits it, with all its threads
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as node:  # noqa: S603 - our own program
            try:
                assert node.stdout is not None
                os.sched_setaffinity(0, others)
                first_line = node.stdout.readline().decode()
                port = int(first_line.split("//127.0.0.1:")[1].split("/")[0])
                asyncio.run(measure(port, node.pid, chosen.seconds))
            finally:
                node.send_signal(signal.SIGTERM)


if __name__ == "__main__":
    main()
