"""What happens around calls without anybody asking: commands carried out, facts of the media workers, a restart."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final

import structlog

from ringback.calls.commands import AlertDevices, RunMedia
from ringback.calls.events import (
    DevicesFound,
    HangUp,
    NoDeviceFound,
    RoomFailed,
    RoomFound,
    RoomLost,
    RoomMoved,
    SessionLost,
    TransportLost,
    TransportReady,
)
from ringback.calls.model import Call, EndReason
from ringback.calls.ports import Audience, LegChannel
from ringback.calls.store import CALLS, LiveOwner, live_calls, live_owners, locate, stranded_owners
from ringback.calls.transport import connection_of
from ringback.kernel.errors import Unavailable
from ringback.kernel.ids import Ids
from ringback.kernel.steps import Ref
from ringback.media import facts
from ringback.media.commands import CloseRoom
from ringback.media.engine import MediaEngine
from ringback.media.errors import MediaCommandRefused
from ringback.media.model import RoomLevels, RoomSnapshot, RoomVideo, Source
from ringback.media.protocol import ErrorCode
from ringback.media.snapshots import take_snapshot
from ringback.storage.aggregates import require
from ringback.storage.database import Database
from ringback.storage.mailboxes import Execution, Mailboxes

log = structlog.get_logger()

WORKER_SECONDS: Final = 15.0
"""How long a room waits for a worker. A restart takes one second, and its second attempt another; whoever hears nothing
for longer hangs up."""

MOVES_AT_ONCE: Final = 20
"""Rooms of a lost worker that move side by side. More are moved sooner, but to the same worker: what is on its way does
not count yet."""

SETTLING_SECONDS: Final = 5.0
"""How long a comparison waits for commands of one room that are under way: as long as one command may take."""


class CallJobs:
    """Carries out the commands of call trees, and is the `MediaListener` of the engine."""

    def __init__(self, database: Database, mailboxes: Mailboxes, ids: Ids) -> None:
        self._database = database
        self._mailboxes = mailboxes
        self._ids = ids
        self._recovered = asyncio.Event()

    def attach(self, engine: MediaEngine, channel: LegChannel, audience: Audience) -> None:
        """Name who carries the commands out. Media and signaling are built after the calls that they report to."""

        async def run_media(execution: Execution) -> None:
            command: RunMedia = execution.command
            try:
                await engine.run_all(command.worker, execution.id, command.commands)
            except (MediaCommandRefused, Unavailable) as error:
                # The worker and our plan differ: the room cannot be trusted any more.
                log.warning("media command failed", id=execution.id, tree=str(execution.tree), reason=str(error))
                if isinstance(error, MediaCommandRefused) and error.reason is not ErrorCode.DRAINING:
                    await self._mailboxes.tell(execution.account_id, execution.tree, RoomFailed(command.opening))
                else:
                    await self._move(execution.account_id, execution.tree, command.opening)

        async def alert_devices(execution: Execution) -> None:
            command: AlertDevices = execution.command
            call: Call = await self._database.read(
                lambda connection: require(connection, CALLS, execution.account_id, command.call_id)
            )
            found = await channel.find_devices(call.account_id, call.endpoint)
            event = NoDeviceFound(found) if isinstance(found, EndReason) else DevicesFound(found)
            await self._mailboxes.tell(call.account_id, CALLS.ref(call.id), event)

        self._engine = engine
        self._channel = channel
        self._audience = audience
        self._mailboxes.execute(RunMedia, run_media)
        self._mailboxes.execute(AlertDevices, alert_devices)

    async def media_fact(self, worker: int, fact: facts.Fact) -> None:
        """Tell the dialog or conference what its room reports; returns when that is stored."""
        match fact:
            case facts.TransportConnected(participant=call_id, transport=transport):
                await self._tell_call(call_id, TransportReady(connection_of(transport)))
            case facts.TransportClosed(participant=call_id, transport=transport, reason=reason):
                await self._tell_call(call_id, TransportLost(connection_of(transport), reason))
            case facts.RoomFailed(room=room):
                for live in await self._on(worker):
                    if live.owner.id == room:
                        await self._mailboxes.tell(live.account_id, live.owner, RoomFailed(live.place.opening))
            case facts.PublicationStarted():
                pass

    async def worker_lost(self, worker: int) -> None:
        """Open the rooms of a worker that is gone on others, or end their calls."""
        turns = asyncio.Semaphore(MOVES_AT_ONCE)

        async def move(live: LiveOwner) -> None:
            async with turns:
                await self._move(live.account_id, live.owner, live.place.opening)

        await asyncio.gather(*map(move, await self._on(worker)))

    async def worker_found(self, worker: int) -> None:
        """Compare what the worker has with what it should have, and bring both together."""
        await self._recovered.wait()  # or commands of a former run that nobody carries out yet would be missing
        for live in await self._on(worker):
            with contextlib.suppress(TimeoutError):  # then the comparison says more than it has to, and harms nobody
                async with asyncio.timeout(SETTLING_SECONDS):
                    await self._mailboxes.settled(live.owner)
        before = await self._on(worker)
        try:
            snapshot = await take_snapshot(lambda command: self._engine.run(worker, self._ids.new(), command))
            rooms = {room.room: room for room in snapshot.rooms}
            for live in before:
                await self._compare(live, rooms.get(live.owner.id))
            wanted = {live.owner.id for live in await self._on(worker)}
            for orphan in rooms.keys() - wanted:
                log.warning("room that nobody wants is closed", worker=worker, room=orphan)
                await self._engine.run(worker, self._ids.new(), CloseRoom(room=orphan))
        except Unavailable:
            log.warning("worker lost while it was looked at", worker=worker)  # which is told, too

    def audio_levels(self, worker: int, rooms: Sequence[RoomLevels]) -> None:
        """Pass on how loud the microphones are, and who is absent."""
        for room in rooms:
            loudness = {level.participant: level.loudness for level in room.levels}
            self._audience.audio_levels(room.room, loudness)
            self._audience.absent(room.room, tuple(loudness), room.absent)

    def video(self, worker: int, rooms: Sequence[RoomVideo]) -> None:
        """Pass on which slots are paused and which layers are wanted."""
        for room in rooms:
            paused: dict[str, list[int]] = {}
            for slot in room.paused:
                paused.setdefault(slot.participant, []).append(slot.index)
            wanted: dict[str, dict[Source, int]] = {}
            for publication in room.wanted:
                wanted.setdefault(publication.participant, {})[publication.source] = publication.layers
            self._audience.video(room.room, paused, wanted)

    async def recover(self) -> None:
        """Go on where a former run stopped; but what was held by sessions that ended with it ends."""
        calls = await self._database.read(live_calls)

        def gone(session: str) -> bool:
            return not self._channel.has_session(session)

        held = [(call, HangUp(EndReason.SERVICE_UNAVAILABLE)) for call in calls if call.session and gone(call.session)]
        rung = [(call, SessionLost(session)) for call in calls for session in filter(gone, call.ringing)]
        for call, event in (*held, *rung):  # whose caller is gone ends for that reason, not for want of devices
            await self._mailboxes.tell(call.account_id, CALLS.ref(call.id), event)
        await self._mailboxes.resume()
        self._recovered.set()
        workers = self._engine.workers  # perhaps fewer than before
        for live in await self._database.read(lambda connection: stranded_owners(connection, workers)):
            await self._move(live.account_id, live.owner, live.place.opening)

    async def _on(self, worker: int) -> list[LiveOwner]:
        return await self._database.read(lambda connection: live_owners(connection, worker))

    async def _move(self, account_id: str, owner: Ref, opening: int) -> None:
        """This opening of a room is lost: let a worker have it that is connected, as soon as there is one."""
        event: RoomMoved | RoomLost
        try:
            async with asyncio.timeout(WORKER_SECONDS):
                event = RoomMoved(await self._engine.find_worker(), opening)
        except TimeoutError:
            event = RoomLost(opening)
        await self._mailboxes.tell(account_id, owner, event)

    async def _compare(self, live: LiveOwner, room: RoomSnapshot | None) -> None:
        place = live.place
        event = RoomFound(place.opening, room) if room else RoomMoved(place.worker, place.opening)
        await self._mailboxes.tell(live.account_id, live.owner, event)

    async def _tell_call(self, call_id: str, event: TransportReady | TransportLost) -> None:
        located = await self._database.read(lambda connection: locate(connection, call_id))
        if located:
            await self._mailboxes.tell(located.account_id, CALLS.ref(call_id), event)
