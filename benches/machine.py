"""What figures were made on, and with."""

import os
import platform
import subprocess
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
WORKER: Final = ROOT / "target/release/ringback-media"


def description(load: float, janus: str | None) -> str:
    """The machine and the versions, in a sentence each. `load`: its average before the measurement."""
    products = [said(str(WORKER), "--version"), f"commit {commit()}", f"Python {platform.python_version()}"]
    products += [f"Janus {janus}"] if janus else []
    return f"{processor()}, {os.cpu_count()} cores, Linux {platform.release()}, load before {load:.1f}.\n" + (
        ", ".join(products) + "."
    )


def said(*command: str) -> str:
    """The first line that a program prints."""
    output = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603 - our own choice
    return output.partition("\n")[0].strip()


def commit() -> str:
    """Where the tree is, and whether it has changes that were not committed."""
    return said("git", "-C", str(ROOT), "describe", "--always", "--dirty=, changed")


def processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
