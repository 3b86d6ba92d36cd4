"""A real `ringback serve`, as anybody would start it, on a free port of loopback."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.integration.rest.accounts import unlimited

KEY: Final = "the-key-of-this-test-run"

STOP_SECONDS: Final = 30
"""It drains its worker first; longer than that, and it hangs."""


@dataclass(frozen=True)
class Served:
    """Where it is, and what it says."""

    url: str
    login: tuple[str, str]
    """Username and password of its administrator."""

    log: Path
    """All that it writes to its log, and nothing of what it prints on the terminal."""


@contextmanager
def served(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[Served]:
    """A node on new data without rate limits, with one real media worker."""
    log = folder / "server.log"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("RINGBACK_")},
        "PYTHONPATH": os.pathsep.join(sys.path),
        "RINGBACK_BOOTSTRAP_API_KEY": KEY,
        "RINGBACK_MEDIA_UDP_PORT": "0",
        "RINGBACK_RATE_LIMITS": json.dumps(unlimited()),
        **(settings or {}),
    }
    program = [sys.executable, "-m", "ringback", "serve", "--port", "0", "--workers", "1"]
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            [*program, "--data-dir", str(folder / "data")],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            yield _announced(process, log)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def _announced(process: "subprocess.Popen[str]", log: Path) -> Served:
    """What it prints when it can answer. Ends when it does."""
    assert process.stdout is not None
    told = dict[str, str]()
    for line in process.stdout:
        label, _, value = line.partition(":")
        told[label] = value.strip()
        if label == "API key":
            username, _, password = told["Admin login"].partition(" / ")
            return Served(told["Showcase"].removesuffix("/app/showcase"), (username, password), log)
    raise AssertionError(f"The server ended while it started:\n{log.read_text()}")
