"""Hosts of a test's own: network namespaces, each with one network device whose other end is this process.

The kernel here cannot delay or lose packets by itself (no netem), so they are read from one device and written to
another by `router.py`.
"""

from __future__ import annotations

import asyncio
import ctypes
import fcntl
import os
import struct
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

DEVICE = "net0"
CLONE_NEWNET = 0x4000_0000  # sched.h
TUNSETIFF = 0x4004_54CA  # linux/if_tun.h
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000


@dataclass(frozen=True)
class Host:
    """A network namespace. `device` is a file: reading it gives what the host sends, writing lets it receive."""

    name: str
    device: int

    @property
    def within(self) -> tuple[str, ...]:
        """The words before a command that is to run on this host."""
        return ("ip", "netns", "exec", self.name)

    async def has_address(self, address: str) -> None:
        """From now on the host has this address, and sends everything to its one device."""
        await run("ip", "-n", self.name, "address", "replace", f"{address}/32", "dev", DEVICE)
        await run("ip", "-n", self.name, "route", "replace", "default", "dev", DEVICE, "src", address)

    async def loses_address(self, address: str) -> None:
        """From now on the host does not have this address any more."""
        await run("ip", "-n", self.name, "address", "delete", f"{address}/32", "dev", DEVICE)


@asynccontextmanager
async def host(name: str) -> AsyncIterator[Host]:
    """Makes a host without an address, and takes it away again. Needs root."""
    await run("ip", "netns", "add", name)
    try:
        device = await asyncio.to_thread(_open_device, name)
        try:
            for device_name in ("lo", DEVICE):
                await run("ip", "-n", name, "link", "set", device_name, "up")
            yield Host(name, device)
        finally:
            os.close(device)
    finally:
        await run("ip", "netns", "delete", name)


async def run(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    _, complaint = await process.communicate()
    if process.returncode:
        raise OSError(f"{' '.join(command)}: {complaint.decode().strip()}")


def _open_device(namespace: str) -> int:
    """A device belongs to the namespace of the thread that makes it, so a thread goes there for a moment."""
    opened: list[int] = []

    def open_there() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        with open(f"/run/netns/{namespace}", "rb") as there:
            if libc.setns(there.fileno(), CLONE_NEWNET):
                return
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", DEVICE.encode(), IFF_TUN | IFF_NO_PI))
        opened.append(device)

    thread = threading.Thread(target=open_there)
    thread.start()
    thread.join()
    if not opened:
        raise OSError(f"No network device can be made in the namespace {namespace}")
    return opened[0]
