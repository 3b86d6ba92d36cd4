"""The port to the media workers. Nouns emit the commands of `ringback.media.commands`; this runs them."""

from collections.abc import Sequence
from typing import Protocol

from ringback.media.commands import Command, Result
from ringback.media.facts import Fact
from ringback.media.model import RoomLevels, RoomVideo


class MediaEngine(Protocol):
    """All media workers of this node.

    A room lives on one worker, named by its number (0 ... n-1). `testing.media.FakeMediaEngine` passes the same suite.
    """

    @property
    def workers(self) -> int:
        """How many there are."""

    def choose_worker(self) -> int:
        """The worker with the fewest rooms; one that has too much to do already only if all have.

        Raises `Unavailable` when no worker is connected, or none takes new rooms.
        """

    async def find_worker(self) -> int:
        """What `choose_worker` returns, as soon as a worker is connected."""

    async def run(self, worker: int, command_id: str, command: Command) -> Result:
        """Run one command; commands of one worker run in the order of the calls.

        `worker` is the room's. `command_id` has 1 ... 64 characters; the same id again is answered as the first time
        and not run again. The result is `Answer` for `AcceptOffer`, `Snapshot` for `TakeSnapshot`, otherwise `Done`.

        Raises `MediaCommandRefused` (the worker's own error code) or `Unavailable` (the worker is gone, or does not
        answer in time; the command may have run, so repeat it with the same id).
        """

    async def run_all(self, worker: int, command_id: str, commands: Sequence[Command]) -> None:
        """Run commands in their order, the first one as `command_id:0` and so on.

        Raises as `run` does, what the first one that failed raises; those after it may have run or not.
        """


class MediaListener(Protocol):
    """Who wants to know what happens in the workers. Given to the engine when it starts."""

    async def media_fact(self, worker: int, fact: Fact) -> None:
        """One fact, in order. It is acknowledged to the worker after this returns, so return only when it is stored.

        When this raises, the same fact comes again a second later, and what follows it waits. A fact that was stored
        but not acknowledged (a control plane died in between) comes again after the restart.
        """

    async def worker_lost(self, worker: int) -> None:
        """The worker's process ended or was replaced: its rooms no longer exist. Tried again when it raises."""

    async def worker_found(self, worker: int) -> None:
        """The worker may have other rooms than was told: it was just started or adopted, or has dropped facts.

        Comes in order with the facts. Tried again when it raises.
        """

    def audio_levels(self, worker: int, rooms: Sequence[RoomLevels]) -> None:
        """How loud all microphones are, of those rooms in which somebody's loudness has changed; five times a second.

        Comes as it arrives, not in order with the facts, and may be dropped: it says nothing that must be stored.
        Return at once.
        """

    def video(self, worker: int, rooms: Sequence[RoomVideo]) -> None:
        """Which video slots are paused and which layers are wanted, of those rooms in which that has changed.

        Comes and goes like `audio_levels`; a room that is listed is listed completely.
        """
