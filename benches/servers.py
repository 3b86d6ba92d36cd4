"""The servers that are measured: each on one core, from its start to its end."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benches.machine import WORKER, said

KEY: Final = "benchmark-key-00000000"
JANUS: Final = "Janus"
JANUS_PORT: Final = 18188
START_SECONDS: Final = 30
STOP_SECONDS: Final = 20
ROOM_PARTICIPANTS: Final = "500"


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


@contextmanager
def worker(core: int, folder: str) -> Iterator[Server]:
    """A media worker that nobody controls but `media-load`."""
    path = Path(folder) / "worker.sock"
    with on_core(core, folder, (str(WORKER), "--socket", str(path), "--log", "error")) as process:
        wait_until(path.exists, process, folder)
        yield Server("Ringback's worker alone", ("--worker", str(path)), (process.pid,))


@contextmanager
def node(core: int, folder: str) -> Iterator[Server]:
    """`ringback serve` with one worker."""
    command = (sys.executable, "-m", "ringback", "serve", "--port", "0", "--workers", "1", "--data-dir", folder)
    settings = {
        "RINGBACK_BOOTSTRAP_API_KEY": KEY,
        "RINGBACK_MEDIA_UDP_PORT": "0",
        "RINGBACK_ROOM_PARTICIPANTS": ROOM_PARTICIPANTS,
    }
    with on_core(core, folder, command, **settings) as process:
        wait_until(lambda: url(folder) is not None, process, folder)
        workers = tuple(child for child in children(process.pid) if "ringback-media" in program(child))
        try:
            yield Server("Ringback", ("--url", url(folder) or "", "--api-key", KEY), workers, (process.pid,))
        finally:
            # Workers outlive a node that had to be killed.
            stop(process)
            for pid in workers:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


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
    if listens():
        raise OSError(f"port {JANUS_PORT} is in use: another Janus?")
    with on_core(core, folder, command) as process:
        wait_until(listens, process, folder)
        yield Server(JANUS, ("--janus", f"ws://127.0.0.1:{JANUS_PORT}"), (process.pid,))


def janus_version() -> str | None:
    """The version of the installed Janus, if there is one."""
    if shutil.which("janus") is None:
        return None
    # Janus version: 1102 (1.1.2)
    return said("janus", "--version").rpartition("(")[2].removesuffix(")")


@contextmanager
def on_core(core: int, folder: str, command: tuple[str, ...], **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process on one core, with all its threads and children; this one moves to the others."""
    everything = os.sched_getaffinity(0)
    with (Path(folder) / "output").open("wb") as output, (Path(folder) / "complaints").open("wb") as complaints:
        os.sched_setaffinity(0, {core})
        try:
            process = subprocess.Popen(command, env={**os.environ, **settings}, stdout=output, stderr=complaints)  # noqa: S603 - what the caller names
        finally:
            os.sched_setaffinity(0, everything - {core} or everything)
    try:
        yield process
    finally:
        os.sched_setaffinity(0, everything)
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], folder: str) -> None:
    """Raises TimeoutError."""
    end = time.perf_counter() + START_SECONDS
    while not ready():
        if process.poll() is not None or time.perf_counter() > end:
            raise TimeoutError(f"it did not start: {last_words(folder)}")
        time.sleep(0.05)


def last_words(folder: str) -> str:
    return (Path(folder) / "complaints").read_text(errors="replace").strip().rpartition("\n")[2]


def url(folder: str) -> str | None:
    """Where a node listens, as soon as it has said so."""
    found = re.search(r"http://127\.0\.0\.1:\d+", (Path(folder) / "output").read_text(errors="replace"))
    return found[0] if found else None


def listens() -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", JANUS_PORT)) == 0


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
