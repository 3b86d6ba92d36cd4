"""The rooms of a worker without packets: what `media_rules.py` changes."""

from dataclasses import dataclass, field

from ringback.media.model import (
    ParticipantLevel,
    ParticipantSnapshot,
    PausedSlot,
    PublicationSnapshot,
    SlotKind,
    SlotSnapshot,
    Source,
    TransportState,
    WantedLayers,
)
from ringback.testing.media_sdp import MediaLine, layer_count
from ringback.testing.media_snapshots import transport_snapshot

SILENCE = -127
"""dB (protocol document, "Levels")."""


@dataclass
class Transport:
    """A participant's connection, which never carries anything."""

    id: str
    offer: list[MediaLine]
    state: TransportState = TransportState.NEW


@dataclass
class Publication:
    """One source of a participant."""

    participant: str
    number: int
    source: Source
    started: bool = False
    loudness: int = SILENCE
    keyframe_requests: int = 0
    wanted: int | None = None


@dataclass
class Participant:
    """Somebody in a room."""

    transport: Transport | None = None
    slots: dict[tuple[SlotKind, int], str | None] = field(default_factory=dict)
    loudest: set[int] = field(default_factory=set)
    """The audio slots that carry one of the loudest."""
    hidden: set[int] = field(default_factory=set)
    paused: set[int] = field(default_factory=set)
    absent: bool = False


@dataclass
class Room:
    """A room with everybody in it."""

    participants: dict[str, Participant] = field(default_factory=dict)
    publications: dict[str, Publication] = field(default_factory=dict)
    said_levels: tuple[ParticipantLevel, ...] = ()
    said_absent: tuple[str, ...] = ()
    said_video: tuple[tuple[PausedSlot, ...], tuple[WantedLayers, ...]] = ((), ())

    def participant(self, name: str) -> Participant:
        """Create or get."""
        return self.participants.setdefault(name, Participant())

    def microphones(self) -> list[Publication]:
        """In the order their participants came."""
        order = list(self.participants)
        microphones = [each for each in self.publications.values() if each.source is Source.MICROPHONE]
        return sorted(microphones, key=lambda each: order.index(each.participant))

    def take_changed_levels(self) -> bool:
        """Whether the levels, or who is absent, are not those said last; those of now count as said."""
        before = self.said_levels, self.said_absent
        self.said_levels = tuple(
            ParticipantLevel(participant=each.participant, loudness=each.loudness) for each in self.microphones()
        )
        self.said_absent = tuple(name for name, participant in self.participants.items() if participant.absent)
        return (self.said_levels, self.said_absent) != before

    def take_changed_video(self) -> bool:
        """Whether the paused slots and the wanted layers are not those said last; those of now count as said."""
        before = self.said_video
        paused = tuple(
            PausedSlot(participant=name, index=index)
            for name, participant in self.participants.items()
            for index in sorted(participant.paused)
        )
        wanted = tuple(
            WantedLayers(participant=participant, source=source, layers=self._wanted_layers(participant, name, each))
            for participant in self.participants
            for source in (Source.CAMERA, Source.SCREEN)
            for name, each in self.publications.items()
            if (each.participant, each.source) == (participant, source)
        )
        self.said_video = (paused, wanted)
        return self.said_video != before

    def _wanted_layers(self, participant: str, name: str, publication: Publication) -> int:
        shown = any(
            shown == name and slot not in receiver.hidden
            for receiver in self.participants.values()
            for (_, slot), shown in receiver.slots.items()
        )
        if not shown:
            return 0
        if publication.wanted is not None:
            return publication.wanted
        transport = self.participants[participant].transport
        return layer_count(transport.offer, publication.source) if transport is not None else 1

    def unpublish(self, name: str) -> None:
        """End a publication; the slots that show it go silent."""
        self.publications.pop(name, None)
        for participant in self.participants.values():
            for slot, shown in participant.slots.items():
                if shown == name:
                    participant.slots[slot] = None
        self.choose_loudest()

    def choose_loudest(self) -> None:
        """Fill the slots of the loudest: everybody is as loud as everybody else here, so those who came first are."""
        microphones = [name for name, each in self.publications.items() if each.source is Source.MICROPHONE]
        for receiver, participant in self.participants.items():
            slots = [(SlotKind.AUDIO, index) for index in sorted(participant.loudest)]
            elsewhere = {shown for slot, shown in participant.slots.items() if slot not in slots}
            others = (name for name in microphones if self.publications[name].participant != receiver)
            wanted = [name for name in others if name not in elsewhere][: len(slots)]
            for slot in slots:
                if participant.slots[slot] not in wanted:
                    participant.slots[slot] = None
            for name in wanted:
                free = [slot for slot in slots if participant.slots[slot] is None]
                if free and name not in (participant.slots[slot] for slot in slots):
                    participant.slots[free[0]] = name


def participant_snapshot(room: Room, name: str) -> ParticipantSnapshot:
    """What a snapshot says of somebody."""
    participant = room.participants[name]
    transport = participant.transport
    publications = [(id_, each) for id_, each in room.publications.items() if each.participant == name]
    return ParticipantSnapshot(
        participant=name,
        transport=None if transport is None else transport_snapshot(transport.id, transport.state),
        publications=tuple(
            PublicationSnapshot(
                publication=id_,
                number=each.number,
                source=each.source,
                started=each.started,
                packets_received=0,
                packets_lost=0,
                keyframe_requests=each.keyframe_requests,
                layers=(),
            )
            for id_, each in sorted(publications, key=lambda item: list(Source).index(item[1].source))
        ),
        slots=tuple(
            SlotSnapshot(
                kind=kind,
                index=index,
                publication=participant.slots[kind, index],
                loudest=kind is SlotKind.AUDIO and index in participant.loudest,
                packets_sent=0,
                layer=None,
                paused=kind is SlotKind.VIDEO and index in participant.paused,
            )
            for kind, index in sorted(participant.slots)
        ),
    )
