"""What happens around calls without anybody asking: commands carried out, facts of the media workers, a restart."""

from collections.abc import Sequence

import structlog

from ringback.calls.commands import AlertDevices, RunMedia
from ringback.calls.events import DevicesFound, MediaConnected, MediaDisconnected, NoDeviceFound, RoomLost
from ringback.calls.model import Call, EndReason
from ringback.calls.ports import Audience, LegChannel
from ringback.calls.store import CALLS, live_owners, locate
from ringback.kernel.errors import RingbackError
from ringback.media.engine import MediaEngine
from ringback.media.facts import Fact, PublicationStarted, RoomFailed, TransportClosed, TransportConnected
from ringback.media.model import RoomLevels, RoomVideo, Source
from ringback.storage.aggregates import require
from ringback.storage.database import Database
from ringback.storage.mailboxes import Execution, Mailboxes

log = structlog.get_logger()


class CallJobs:
    """Carries out the commands of call trees, and is the `MediaListener` of the engine."""

    def __init__(self, database: Database, mailboxes: Mailboxes) -> None:
        self._database = database
        self._mailboxes = mailboxes

    def attach(self, engine: MediaEngine, channel: LegChannel, audience: Audience) -> None:
        """Name who carries the commands out. Media and signaling are built after the calls that they report to."""

        async def run_media(execution: Execution) -> None:
            command: RunMedia = execution.command
            try:
                await engine.run(command.worker, execution.id, command.command)
            except RingbackError as error:
                # The worker and our plan differ: the room cannot be trusted any more.
                log.warning("media command refused", id=execution.id, tree=str(execution.tree), code=error.code)
                await self._mailboxes.tell(execution.account_id, execution.tree, RoomLost())

        async def alert_devices(execution: Execution) -> None:
            command: AlertDevices = execution.command
            call: Call = await self._database.read(
                lambda connection: require(connection, CALLS, execution.account_id, command.call_id)
            )
            found = await channel.find_devices(call.account_id, call.endpoint)
            event = NoDeviceFound(found) if isinstance(found, EndReason) else DevicesFound(found)
            await self._mailboxes.tell(call.account_id, CALLS.ref(call.id), event)

        self._audience = audience
        self._mailboxes.execute(RunMedia, run_media)
        self._mailboxes.execute(AlertDevices, alert_devices)

    async def media_fact(self, worker: int, fact: Fact) -> None:
        """Tell the dialog or conference what its room reports; returns when that is stored."""
        match fact:
            case TransportConnected(participant=call_id):
                await self._tell_owner_of(call_id, MediaConnected(call_id))
            case TransportClosed(participant=call_id):
                await self._tell_owner_of(call_id, MediaDisconnected(call_id))
            case RoomFailed(room=room):
                for located in await self._database.read(lambda connection: live_owners(connection, worker)):
                    if located.owner.id == room:
                        await self._mailboxes.tell(located.account_id, located.owner, RoomLost())
            case PublicationStarted():
                pass

    async def worker_lost(self, worker: int) -> None:
        """End the calls of a worker that is gone."""
        for located in await self._database.read(lambda connection: live_owners(connection, worker)):
            await self._mailboxes.tell(located.account_id, located.owner, RoomLost())

    def audio_levels(self, worker: int, rooms: Sequence[RoomLevels]) -> None:
        """Pass on how loud the microphones are."""
        for room in rooms:
            self._audience.audio_levels(room.room, {level.participant: level.loudness for level in room.levels})

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
        """End the calls of a former run: their sessions ended with it."""
        for located in await self._database.read(live_owners):
            await self._mailboxes.tell(located.account_id, located.owner, RoomLost())
        await self._mailboxes.resume()

    async def _tell_owner_of(self, call_id: str, event: MediaConnected | MediaDisconnected) -> None:
        located = await self._database.read(lambda connection: locate(connection, call_id))
        if located:
            await self._mailboxes.tell(located.account_id, located.owner, event)
