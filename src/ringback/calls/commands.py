"""What calls and their owners want done in the world. Stored as rows, so each has to be safe to repeat."""

from collections.abc import Iterable
from typing import TypeAlias

from msgspec import Struct

from ringback.calls.model import Place
from ringback.media.commands import Command as MediaCommand


class AlertDevices(Struct, frozen=True, tag=True):
    """Find out where an outbound leg's endpoint is connected; answered by `DevicesFound` or `NoDeviceFound`."""

    call_id: str


class RunMedia(Struct, frozen=True, tag=True):
    """Bring a worker's room to where the plan is: these commands, in order."""

    worker: int
    commands: tuple[MediaCommand, ...]
    opening: int = 1
    """Of the room, when this was decided: whoever cannot carry it out says which opening failed."""


Command: TypeAlias = AlertDevices | RunMedia


def run_media(place: Place, commands: Iterable[MediaCommand]) -> tuple[Command, ...]:
    """What takes the room that is here to its new plan: one row, for a join into a large room is a hundred commands."""
    together = tuple(commands)
    return (RunMedia(place.worker, together, place.opening),) if together else ()
