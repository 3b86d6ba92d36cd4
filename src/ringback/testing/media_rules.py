"""What a media worker does with commands, without packets: the rules that both fakes of `testing.media` share."""

from collections import deque
from collections.abc import Collection, Mapping
from pathlib import Path

from ringback.media.commands import (
    AcceptOffer,
    Answer,
    CloseParticipant,
    CloseRoom,
    Command,
    Done,
    Drain,
    MapSlot,
    OpenRoom,
    Ping,
    PreferSlot,
    Publish,
    RequestKeyframe,
    Result,
    ShutDown,
    StartCapture,
    StopCapture,
    TakeSnapshot,
    Unpublish,
)
from ringback.media.errors import MediaCommandRefused
from ringback.media.facts import (
    Fact,
    PublicationStarted,
    RoomFailed,
    RoomFailReason,
    TransportClosed,
    TransportCloseReason,
    TransportConnected,
)
from ringback.media.model import (
    Load,
    RoomLevels,
    RoomSnapshot,
    RoomVideo,
    SlotKind,
    Snapshot,
    Source,
    TransportState,
    WorkerStatistics,
)
from ringback.media.protocol import CommandError, ErrorCode, FactReport
from ringback.testing.media_rooms import SILENCE, Publication, Room, Transport, participant_snapshot
from ringback.testing.media_sdp import MAX_M_LINES, canned_answer, parse_offer
from ringback.testing.media_snapshots import page, statistics

KEPT_REPLIES = 4096
"""Commands (protocol document, "Messages")."""

KEPT_FACTS = 10_000
"""Facts (protocol document, "Facts")."""

CAPTURE_SECONDS = range(1, 601)
"""How long a capture may last (protocol document, "Packet captures")."""

SOFTEST_VOICE = -60
"""dB (protocol document, "Levels"). What is below is said to be silence."""


class WorkerRules:
    """One boot of a worker. Every method does at once what a real worker does when packets or commands arrive."""

    def __init__(self, boot_id: str) -> None:
        self.boot_id = boot_id
        self.last_fact = 0
        self.overflowed = False
        """True after facts were dropped, until a snapshot is taken."""
        self.load = Load.NORMAL
        """Set it to let the worker have too much to do."""
        self.room_faults = 0
        self.captures: dict[str, StartCapture] = {}
        """What is being captured, by room. Nothing is written: there are no packets."""
        self.draining = False
        """True when new rooms are refused."""
        self._rooms: dict[str, Room] = {}
        self._replies: dict[str, Result | CommandError] = {}
        self._facts: deque[FactReport] = deque()

    @property
    def rooms(self) -> list[str]:
        """The open rooms, oldest first."""
        return list(self._rooms)

    @property
    def unacknowledged(self) -> list[FactReport]:
        """The facts that a new controller is told first."""
        return list(self._facts)

    def run(self, command_id: str, command: Command) -> Result | CommandError:
        """Run a command, or answer as before when this id was run already."""
        if command_id in self._replies:
            return self._replies[command_id]
        reply: Result | CommandError
        try:
            reply = self._execute(command)
        except MediaCommandRefused as refusal:
            reply = CommandError(code=refusal.reason, message=refusal.message)
        if not isinstance(reply, Snapshot):
            self._replies[command_id] = reply
            if len(self._replies) > KEPT_REPLIES:
                del self._replies[next(iter(self._replies))]
        return reply

    def acknowledge(self, number: int) -> None:
        """Forget the facts up to this number."""
        while self._facts and self._facts[0].number <= number:
            self._facts.popleft()

    def transport_connected(self, room: str, participant: str) -> FactReport:
        """Let the participant's current transport finish ICE and DTLS."""
        transport = self._transport(room, participant)
        transport.state = TransportState.CONNECTED
        return self._report(TransportConnected(room=room, participant=participant, transport=transport.id))

    def transport_closed(self, room: str, participant: str, reason: TransportCloseReason) -> FactReport:
        """Let the participant's current transport close by itself."""
        transport = self._transport(room, participant)
        transport.state = TransportState.CLOSED
        fact = TransportClosed(room=room, participant=participant, transport=transport.id, reason=reason)
        return self._report(fact)

    def publication_started(self, room: str, publication: str) -> FactReport:
        """Let the first packet of a publication arrive."""
        self._rooms[room].publications[publication].started = True
        return self._report(PublicationStarted(room=room, publication=publication))

    def room_failed(self, room: str) -> FactReport:
        """Let a fault end the room."""
        del self._rooms[room]
        self.captures.pop(room, None)
        self.room_faults += 1
        return self._report(RoomFailed(room=room, reason=RoomFailReason.FAULT))

    def audio_levels(self, room: str, loudness: Mapping[str, int], absent: Collection[str] = ()) -> None:
        """Let the microphones of these participants be this loud from now on, and exactly these be absent."""
        for name, each in self._rooms[room].participants.items():
            each.absent = name in absent
        microphones = {each.participant: each for each in self._rooms[room].microphones()}
        for participant, value in loudness.items():
            microphones[participant].loudness = value if value >= SOFTEST_VOICE else SILENCE

    def video(self, room: str, paused: Collection[tuple[str, int]], wanted: Mapping[tuple[str, Source], int]) -> None:
        """Let these video slots be the paused ones, and this many layers of these cameras and screens be wanted.

        What is not named in `wanted` is wanted with all its layers, as long as a slot shows it.
        """
        for name, participant in self._rooms[room].participants.items():
            participant.paused = {index for paused_participant, index in paused if paused_participant == name}
        for publication in self._rooms[room].publications.values():
            publication.wanted = wanted.get((publication.participant, publication.source))

    def take_changed_video(self) -> tuple[RoomVideo, ...]:
        """What is paused and wanted, of those rooms where it is not what was taken here last."""
        return tuple(
            RoomVideo(room=name, paused=room.said_video[0], wanted=room.said_video[1])
            for name, room in self._rooms.items()
            if room.take_changed_video()
        )

    def take_changed_levels(self) -> tuple[RoomLevels, ...]:
        """How loud the microphones are, and who is absent, of those rooms where it is not what was taken here last."""
        return tuple(
            RoomLevels(room=name, levels=room.said_levels, absent=room.said_absent)
            for name, room in self._rooms.items()
            if room.take_changed_levels()
        )

    def forget_said(self) -> None:
        """Let all levels and all about video count as unsaid: whoever takes them next has heard nothing."""
        for room in self._rooms.values():
            room.said_levels, room.said_absent = (), ()
            room.said_video = ((), ())

    def snapshot(self) -> Snapshot:
        """Everything there is."""
        return self._snapshot(self.room_snapshots(), None)

    def room_snapshots(self) -> tuple[RoomSnapshot, ...]:
        """All rooms, oldest first."""
        return tuple(
            RoomSnapshot(
                room=name,
                age_s=0,
                participants=tuple(participant_snapshot(room, each) for each in room.participants),
            )
            for name, room in self._rooms.items()
        )

    def statistics(self) -> WorkerStatistics:
        """The worker in numbers."""
        return statistics(self.room_snapshots(), self.load, self.room_faults, len(self._facts))

    def _snapshot(self, rooms: tuple[RoomSnapshot, ...], following: str | None) -> Snapshot:
        return Snapshot(
            boot_id=self.boot_id, last_fact=self.last_fact, rooms=rooms, next=following, worker=self.statistics()
        )

    def _page(self, only: str | None, after: str | None) -> Snapshot:
        if only is not None:
            self._room(only)
        rooms, following = page([each for each in self.room_snapshots() if only in (None, each.room)], after)
        if only is None and following is None:
            self.overflowed = False
        return self._snapshot(rooms, following)

    def _report(self, fact: Fact) -> FactReport:
        self.last_fact += 1
        report = FactReport(number=self.last_fact, fact=fact)
        self._facts.append(report)
        if len(self._facts) > KEPT_FACTS:
            self._facts.popleft()
            self.overflowed = True
        return report

    def _execute(self, command: Command) -> Result:
        match command:
            case OpenRoom(room=room):
                if room not in self._rooms:
                    if self.draining:
                        raise MediaCommandRefused(ErrorCode.DRAINING, "this worker takes no new rooms")
                    self._take_more("room")
                    self._rooms[room] = Room()
            case CloseRoom(room=room):
                self._rooms.pop(room, None)
                self.captures.pop(room, None)
            case AcceptOffer():
                return self._accept_offer(command)
            case CloseParticipant(room=room, participant=participant):
                self._close_participant(room, participant)
            case Publish():
                self._publish(command)
            case Unpublish(room=room, publication=publication):
                if room in self._rooms:
                    self._rooms[room].unpublish(publication)
            case MapSlot():
                self._map_slot(command)
            case PreferSlot():
                self._prefer_slot(command)
            case RequestKeyframe(room=room, publication=publication):
                self._publication(room, publication).keyframe_requests += 1
            case StartCapture():
                self._start_capture(command)
            case StopCapture(room=room):
                self.captures.pop(room, None)
            case TakeSnapshot(room=only, after=after):
                return self._page(only, after)
            case Ping():
                pass
            case Drain():
                self.draining = True
            case ShutDown():
                self._rooms.clear()
        return Done()

    def _accept_offer(self, command: AcceptOffer) -> Answer:
        room = self._room(command.room)
        known = room.participants.get(command.participant)
        transport = known.transport if known is not None else None
        if transport is None:
            self._take_more("participant")
        offer = parse_offer(command.sdp)
        if transport is not None and transport.id == command.transport:
            before = [line.place for line in transport.offer]
            if transport.state is TransportState.CLOSED:
                message = "the transport is closed; offer again with a new transport id"
                raise MediaCommandRefused(ErrorCode.OFFER_INVALID, message)
            if [line.place for line in offer[: len(before)]] != before:
                message = "a re-offer adds m-lines and changes none"
                raise MediaCommandRefused(ErrorCode.OFFER_INVALID, message)
            transport.offer = offer
        else:
            transport = Transport(command.transport, offer)
        participant = room.participant(command.participant)
        participant.transport = transport
        for line in offer:
            if line.slot is not None:
                participant.slots.setdefault((SlotKind(line.kind.upper()), line.slot), None)
        return Answer(sdp=canned_answer(offer, command.transport))

    def _close_participant(self, room: str, participant: str) -> None:
        if room not in self._rooms:
            return
        self._rooms[room].participants.pop(participant, None)
        for name, publication in list(self._rooms[room].publications.items()):
            if publication.participant == participant:
                self._rooms[room].unpublish(name)

    def _publish(self, command: Publish) -> None:
        room = self._room(command.room)
        if command.publication in room.publications:
            return
        room.participant(command.participant)
        for name, publication in list(room.publications.items()):
            if (publication.participant, publication.source) == (command.participant, command.source):
                room.unpublish(name)  # One source is one publication: the new one takes its place.
        room.publications[command.publication] = Publication(command.participant, command.number, command.source)
        if command.source is Source.MICROPHONE:
            room.choose_loudest()

    def _map_slot(self, command: MapSlot) -> None:
        room = self._room(command.room)
        _check_index(command.index)
        if command.publication is not None:
            source = self._publication(command.room, command.publication).source
            if (source is Source.MICROPHONE) != (command.kind is SlotKind.AUDIO):
                message = "the slot and the publication are of two kinds"
                raise MediaCommandRefused(ErrorCode.COMMAND_INVALID, message)
        if command.loudest and (command.publication is not None or command.kind is SlotKind.VIDEO):
            raise MediaCommandRefused(ErrorCode.COMMAND_INVALID, "the loudest is for audio, and no publication")
        participant = room.participant(command.participant)
        if command.loudest:
            participant.loudest.add(command.index)
            participant.slots.setdefault((command.kind, command.index), None)
        else:
            if command.kind is SlotKind.AUDIO:
                participant.loudest.discard(command.index)
            participant.slots[command.kind, command.index] = command.publication
        if command.kind is SlotKind.AUDIO:
            room.choose_loudest()
        elif command.publication is None:
            participant.paused.discard(command.index)

    def _prefer_slot(self, command: PreferSlot) -> None:
        room = self._room(command.room)
        _check_index(command.index)
        participant = room.participant(command.participant)
        participant.slots.setdefault((SlotKind.VIDEO, command.index), None)
        if command.width == 0 or command.height == 0:
            participant.hidden.add(command.index)
        else:
            participant.hidden.discard(command.index)

    def _start_capture(self, command: StartCapture) -> None:
        self._room(command.room)
        if command.room in self.captures:
            raise MediaCommandRefused(ErrorCode.COMMAND_INVALID, "the room is being captured already")
        if command.seconds not in CAPTURE_SECONDS:
            raise MediaCommandRefused(ErrorCode.COMMAND_INVALID, "a capture lasts 1 to 600 seconds")
        try:
            Path(command.path).touch(0o600, exist_ok=False)
        except OSError as error:
            raise MediaCommandRefused(ErrorCode.COMMAND_INVALID, f"the file cannot be made: {error.strerror}") from None
        self.captures[command.room] = command

    def _take_more(self, what: str) -> None:
        if self.load is Load.REFUSING:
            message = f"the worker has too much to do for a new {what}; try again later"
            raise MediaCommandRefused(ErrorCode.OVERLOADED, message)

    def _room(self, room: str) -> Room:
        if room not in self._rooms:
            raise MediaCommandRefused(ErrorCode.ROOM_NOT_FOUND, f"there is no room {room}")
        return self._rooms[room]

    def _publication(self, room: str, publication: str) -> Publication:
        found = self._room(room).publications.get(publication)
        if found is None:
            raise MediaCommandRefused(ErrorCode.PUBLICATION_NOT_FOUND, f"there is no publication {publication}")
        return found

    def _transport(self, room: str, participant: str) -> Transport:
        transport = self._rooms[room].participants[participant].transport
        assert transport is not None, "a transport begins with an offer"
        return transport


def _check_index(index: int) -> None:
    if index >= MAX_M_LINES:
        raise MediaCommandRefused(ErrorCode.COMMAND_INVALID, "no offer has that many slots")
