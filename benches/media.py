"""What forwarding costs: CPU per packet, delay, memory and joins; beside Janus, if it is installed.

    python -m benches.media [--seconds 20] [--only WORDS] [--without-janus]

Servers are held to one core and `media-load` runs on the others, the same for both products: one process, AES-GCM, the
same bursts. Janus (Debian's package) runs its VideoRoom plugin with one event loop. What a packet costs holds on a
machine that has other work, too; delays want an idle one.
"""

import argparse
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
LOAD: Final = ROOT / "target/release/media-load"
WORKER: Final = ROOT / "target/release/ringback-media"
KEY: Final = "benchmark-key-00000000"
JANUS_PORT: Final = 18188
START_SECONDS: Final = 30
SETTLED_SECONDS: Final = "8"
"""Until counting begins: bandwidth estimates have grown, and Janus' participants have subscribed."""


@dataclass(frozen=True)
class Server:
    """Something that is measured."""

    name: str
    target: tuple[str, ...]
    """How `media-load` is told where it is."""
    pids: tuple[int, ...]
    """The processes that forward."""
    control: tuple[int, ...] = ()
    """The processes that decide."""


@dataclass(frozen=True)
class Shape:
    """What is asked of a server."""

    name: str
    arguments: tuple[str, ...]


ROOMS: Final = Shape(
    "10 rooms of 10, everybody receives 9 pictures of 320x180 and 3 voices",
    ("rooms", "--rooms", "10", "--participants", "10", "--video-slots", "9"),
)
SHAPES: Final = (
    Shape("1 to 100, a picture of 1280x720 and a voice", ("broadcast", "--subscribers", "100")),
    ROOMS,
    Shape("10 speak to 500", ("audio", "--speakers", "10", "--listeners", "500")),
)
JOINS: Final = (
    Shape("joins, one after the other", ("joins", "--count", "100", "--parallel", "1")),
    Shape("joins, 8 at a time", ("joins", "--count", "300", "--parallel", "8")),
)


def load(server: Server, shape: Shape, *arguments: str, control: bool = False) -> dict[str, Any] | None:
    """The report of one run; None when it could not be made, and why is on the terminal."""
    pids = server.pids + (server.control if control else ())
    measured = [part for pid in pids for part in ("--server-pid", str(pid))]
    command = (str(LOAD), *shape.arguments, *server.target, *measured, *arguments, "--json")
    print(f"{server.name}: {shape.name}", file=sys.stderr)
    run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    if not run.stdout:
        print(run.stderr.splitlines()[-1:], file=sys.stderr)
        return None
    report: dict[str, Any] = json.loads(run.stdout)
    if run.returncode:
        print(f"something was not right: {report}", file=sys.stderr)
    return report


@contextmanager
def on_core(core: int, command: tuple[str, ...], **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process on one core, with all its threads and children; this one moves to the others."""
    everything = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    with subprocess.Popen(  # noqa: S603 - what the caller names
        command, env={**os.environ, **settings}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        os.sched_setaffinity(0, everything - {core} or everything)
        try:
            yield process
        finally:
            os.sched_setaffinity(0, everything)
            process.send_signal(signal.SIGTERM)


@contextmanager
def worker(core: int, folder: str) -> Iterator[Server]:
    """A media worker that nobody controls but `media-load`."""
    path = Path(folder) / "worker.sock"
    with on_core(core, (str(WORKER), "--socket", str(path), "--log", "error")) as process:
        wait_until(path.exists)
        yield Server("worker alone", ("--worker", str(path)), (process.pid,))


@contextmanager
def node(core: int, folder: str) -> Iterator[Server]:
    """`ringback serve` with one worker."""
    command = (sys.executable, "-m", "ringback", "serve", "--port", "0", "--workers", "1", "--data-dir", folder)
    limits = json.dumps({"create-token": "1000000/second"})
    settings = {"RINGBACK_BOOTSTRAP_API_KEY": KEY, "RINGBACK_MEDIA_UDP_PORT": "0", "RINGBACK_RATE_LIMITS": limits}
    with on_core(core, command, **settings) as process:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline().decode())
        assert found, "the node did not start"
        workers = tuple(child for child in children(process.pid) if "ringback-media" in program(child))
        yield Server("Ringback", ("--url", found[0], "--api-key", KEY), workers, (process.pid,))


@contextmanager
def janus(core: int, folder: str) -> Iterator[Server]:
    """Janus, with nothing that is not needed here."""
    libraries = next(Path("/usr/lib").glob("*/janus"))
    unwanted = {
        kind: ",".join(file.name for file in (libraries / kind).glob("*.so") if wanted not in file.name)
        for kind, wanted in (("plugins", "videoroom"), ("transports", "websockets"))
    }
    configuration = {
        "janus.jcfg": f"""
            general: {{ configs_folder = "{folder}"; plugins_folder = "{libraries}/plugins";
                transports_folder = "{libraries}/transports"; event_loops = 1; debug_level = 2 }}
            nat: {{ ice_lite = true; ignore_unreachable_ice_server = true }}
            plugins: {{ disable = "{unwanted["plugins"]}" }}
            transports: {{ disable = "{unwanted["transports"]}" }}""",
        "janus.transport.websockets.jcfg": f"""
            general: {{ ws = true; ws_port = {JANUS_PORT}; ws_interface = "lo"; wss = false }}""",
        "janus.plugin.videoroom.jcfg": "",
    }
    for name, text in configuration.items():
        (Path(folder) / name).write_text(text)
    command = ("janus", "--configs-folder", folder, "--config", f"{folder}/janus.jcfg", "--disable-colors")
    with on_core(core, command) as process:
        wait_until(listens)
        yield Server("Janus", ("--janus", f"ws://127.0.0.1:{JANUS_PORT}"), (process.pid,))


def listens() -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", JANUS_PORT)) == 0


def wait_until(ready: Callable[[], bool]) -> None:
    """Raises TimeoutError."""
    end = time.perf_counter() + START_SECONDS
    while not ready():
        if time.perf_counter() > end:
            raise TimeoutError("a server did not start")
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def program(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode()


def row(server: Server, shape: Shape, report: dict[str, Any]) -> str:
    cost, delay = report["server"], report["delay_ms"] or {}
    lost = report["lost"] / max(1, report["lost"] + report["received_packets"])
    return (
        f"| {shape.name} | {server.name} | {report['received_packets'] / report['seconds']:,.0f} "
        f"| {cost['cpu_us_per_packet']:.1f} µs | {cost['cpu_percent']:.0f} % "
        f"| {delay.get('p50', float('nan')):.1f} / {delay.get('p99', float('nan')):.1f} ms "
        f"| {cost['bytes_per_participant'] / 1e3:.0f} kB | {100 * lost:.2f} % |"
    )


def main() -> None:
    """Measure, and print the tables."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=int, default=20, help="for each measurement")
    arguments.add_argument("--core", type=int, default=0, help="where the servers run")
    arguments.add_argument("--only", default="", help="shapes whose names have this in them")
    arguments.add_argument("--without-janus", action="store_true")
    chosen = arguments.parse_args()
    seconds = ("--seconds", str(chosen.seconds), "--warm-up", SETTLED_SECONDS)
    with_janus = not chosen.without_janus and shutil.which("janus") is not None

    print("| shape | server | packets/s out | CPU per packet | of a core | delay p50 / p99 | memory each | lost |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for shape in (shape for shape in SHAPES if chosen.only in shape.name):
        # A room of a node has at most 500 participants; the worker has no such limit. Rooms of 10 come both ways.
        for start in (worker, *((node,) if shape is ROOMS else ()), *((janus,) if with_janus else ())):
            # Each on a server of its own: memory that one shape left would be the next one's gain.
            with tempfile.TemporaryDirectory() as folder, start(chosen.core, folder) as server:
                if report := load(server, shape, *seconds):
                    print(row(server, shape, report), flush=True)

    print(
        "\n| joins | per second | CPU of node and worker per join | token to first sound p50 / p95 |\n|---|---|---|---|"
    )
    for shape in (shape for shape in JOINS if chosen.only in shape.name):
        with tempfile.TemporaryDirectory() as folder, node(chosen.core, folder) as server:
            if (report := load(server, shape, control=True)) and report["joins"]["time_ms"]:
                joins, cpu = report["joins"], report["server"]["cpu_seconds"] / report["joins"]["count"]
                delay = f"{joins['time_ms']['p50']:.0f} / {joins['time_ms']['p95']:.0f} ms"
                print(f"| {shape.name} | {joins['per_second']:.1f} | {cpu * 1e3:.1f} ms | {delay} |", flush=True)


if __name__ == "__main__":
    main()
