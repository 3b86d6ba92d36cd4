"""What calls and their owners want done in the world. Stored as rows, so each has to be safe to repeat."""

from collections.abc import Iterable
from typing import TypeAlias

from msgspec import Struct

from ringback.media.commands import Command as MediaCommand


class AlertDevices(Struct, frozen=True, tag=True):
    """Find out where an outbound leg's endpoint is connected; answered by `DevicesFound` or `NoDeviceFound`."""

    call_id: str


class RunMedia(Struct, frozen=True, tag=True):
    """Bring a worker's room to where the plan is."""

    worker: int
    command: MediaCommand


Command: TypeAlias = AlertDevices | RunMedia


def run_media(worker: int, commands: Iterable[MediaCommand]) -> tuple[Command, ...]:
    """The commands that take a room of this worker to its new plan."""
    return tuple(RunMedia(worker, command) for command in commands)
