"""What a worker's room shall look like: who is in it, what they publish, and who is received in which slot.

Pure: every change returns the new plan and the commands that bring the worker there. Dialogs and conferences keep a
plan in their state; the worker's own state is never stored.

Everybody has a **seat**: the lowest one that is free when they come, theirs until they go. Who is received in which
slot follows from the seats; it is the same for everybody, but that nobody receives himself.
"""

from collections.abc import Container, Iterator, Mapping
from typing import Annotated, Final, NamedTuple, TypeAlias

from msgspec import Meta, Struct
from msgspec.structs import replace

from ringback.media.commands import CloseParticipant, CloseRoom, Command, MapSlot, OpenRoom, Publish, Unpublish
from ringback.media.model import Pixels, SlotKind, Source

AUDIO_SLOTS: Final = 3
"""Receive slots for audio. More cost every client an m-line (about 0.2 ms of each join); fewer leave voices unheard."""
SCREEN_SLOT: Final = 3
"""The video slot that is kept for a shared screen: the last one that every client has, so that it never moves."""
VIDEO_SLOTS: Final = (4, 9, 16, 25, 49)
"""How many video slots a client may be asked to offer. More steps cost more negotiations, fewer more empty m-lines."""
SEATS: Final = VIDEO_SLOTS[-1]
"""Who sits behind these is heard, but not seen until somebody before them goes. An offer has no place for more."""
LOUDEST: Final = 0
"""What a slot carries that carries whoever is loud; no publication has this number."""

Carried: TypeAlias = Mapping[SlotKind, Mapping[int, int]]
"""By kind and index of a slot: the number of the publication that it carries, or `LOUDEST`."""


class Member(Struct, frozen=True):
    """One participant's side of the room."""

    microphone: int
    """Publication number of the microphone, published for as long as the participant is here (muting is silence)."""
    camera: int | None
    """Publication number of the camera, or None while it is off."""
    screen: int | None = None
    """Publication number of the shared screen, or None."""
    seat: int = 0
    """From 0; no two have the same one."""
    video_slots: int = VIDEO_SLOTS[0]
    """How many its client shall offer. They grow with the room and never shrink."""


class SlotMapping(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a participant receives in one slot: of whom, and which publications by their numbers."""

    index: int
    participant_id: str
    microphone: int | None = None
    """None where audio slots carry whoever is loud."""
    camera: int | None = None
    screen: int | None = None


class SlotPreference(Struct, frozen=True):
    """How large a participant shows one of its video slots; 0 x 0 is not at all. `pinned` ones come before others."""

    index: Annotated[int, Meta(ge=0, lt=VIDEO_SLOTS[-1])]
    width: Pixels
    height: Pixels
    pinned: bool


class RoomPlan(Struct, frozen=True):
    """A room and its members by participant id, in the order in which they came."""

    id: str
    members: Mapping[str, Member] = {}
    next_number: int = 1
    """The next publication number; never used twice in a room, so a late packet cannot be taken for somebody else's."""
    echo: bool = False
    """Everybody receives also himself: a line test."""

    def slots_of(self, participant: str) -> tuple[SlotMapping, ...]:
        """What this participant receives, by ascending index; empty for someone who is not here."""
        return Seating(self).slots_of(participant)


class Seating:
    """What each member of a room receives: for whoever asks about many of them.

    People in front of a viewer are received in the slot of their seat, and people behind in the slot before it, for
    nobody receives himself. So there are two lists for the whole room, and each viewer receives a part of both.
    """

    def __init__(self, plan: RoomPlan) -> None:
        by_seat = sorted(plan.members.items(), key=lambda each: each[1].seat)
        self._members = plan.members
        self._position = {id: position for position, (id, _) in enumerate(by_seat)}
        self._in_front = [_person(id, member, member.seat) for id, member in by_seat]
        self._behind = [_person(id, member, member.seat - 1) for id, member in by_seat]
        self._presenters = [id for id, member in plan.members.items() if member.screen is not None]
        self._echo = plan.echo

    def slots_of(self, viewer: str) -> tuple[SlotMapping, ...]:
        """What this participant receives, by ascending index; empty for someone who is not here."""
        if viewer not in self._members:
            return ()
        own = self._position[viewer]
        places = self._members[viewer].video_slots
        seen = self._in_front[: own + self._echo] + self._behind[own + 1 :]
        slots = [person for person in seen if person.index < places]
        if not slots or slots[-1].index < AUDIO_SLOTS:  # everybody can be heard beside where he is seen
            slots = [replace(each, microphone=self._members[each.participant_id].microphone) for each in slots]
        # Of several screens the one is received whose owner came first.
        presenter = next((id for id in self._presenters if self._echo or id != viewer), None)
        if presenter is not None:
            screen = self._members[presenter].screen
            slots.append(SlotMapping(index=SCREEN_SLOT, participant_id=presenter, screen=screen))
            slots.sort(key=lambda slot: slot.index)
        return tuple(slots)

    def carried(self, viewer: str) -> Carried:
        """What each of a viewer's slots carries; empty ones are left out."""
        slots = self.slots_of(viewer)
        audio = {slot.index: slot.microphone for slot in slots if slot.microphone is not None}
        if not audio and any(slot.screen is None for slot in slots):
            audio = dict.fromkeys(range(AUDIO_SLOTS), LOUDEST)
        video = {slot.index: number for slot in slots if (number := slot.screen or slot.camera) is not None}
        return {SlotKind.AUDIO: audio, SlotKind.VIDEO: video}


def _person(id: str, member: Member, place: int) -> SlotMapping:
    return SlotMapping(index=place + (place >= SCREEN_SLOT), participant_id=id, camera=member.camera)


class Change(NamedTuple):
    """A new plan and how the worker gets there."""

    plan: RoomPlan
    commands: tuple[Command, ...]

    def remapped(self, before: RoomPlan) -> Iterator[str]:
        """The members of the new plan who receive something else than in `before`, or shall offer more slots."""
        if self.plan == before:
            return
        seated, were_seated = Seating(self.plan), Seating(before)
        for id, member in self.plan.members.items():
            was = before.members.get(id)
            grown = was is not None and was.video_slots != member.video_slots
            if grown or seated.slots_of(id) != were_seated.slots_of(id):
                yield id


def open_room(id: str, *, echo: bool = False) -> Change:
    """A room with nobody in it."""
    return Change(RoomPlan(id, echo=echo), (OpenRoom(room=id),))


def join(plan: RoomPlan, participant: str, *, camera: bool) -> Change:
    """A participant comes in, with a microphone and perhaps a camera, and takes the first free seat."""
    taken = {member.seat for member in plan.members.values()}
    seat = next(seat for seat in range(len(taken) + 1) if seat not in taken)
    newcomer = Member(microphone=plan.next_number, camera=None, seat=seat)
    members = {**plan.members, participant: newcomer}
    entered = replace(plan, members=members, next_number=plan.next_number + 1)
    return _to(plan, _with_enough_slots(_switched(entered, participant, camera=camera, screen=False)))


def leave(plan: RoomPlan, participant: str) -> Change:
    """A participant goes; who waited longest to be seen takes its seat."""
    free = plan.members[participant].seat
    members = {id: member for id, member in plan.members.items() if id != participant}
    waiting = [id for id, member in members.items() if member.seat >= SEATS]
    if free < SEATS and waiting:
        members[waiting[0]] = replace(members[waiting[0]], seat=free)
    return _to(plan, replace(plan, members=members))


def switch_video(plan: RoomPlan, participant: str, *, camera: bool, screen: bool) -> Change:
    """A participant's camera and screen are published, or no longer; switching to what is already changes nothing."""
    return _to(plan, _switched(plan, participant, camera=camera, screen=screen))


def close_room(plan: RoomPlan) -> Change:
    """Nobody is left."""
    return Change(replace(plan, members={}), (CloseRoom(room=plan.id),))


def _switched(plan: RoomPlan, participant: str, *, camera: bool, screen: bool) -> RoomPlan:
    member, number = plan.members[participant], plan.next_number
    if (member.camera is not None) != camera:
        member, number = replace(member, camera=number if camera else None), number + camera
    if (member.screen is not None) != screen:
        member, number = replace(member, screen=number if screen else None), number + screen
    return replace(plan, members={**plan.members, participant: member}, next_number=number)


def _with_enough_slots(plan: RoomPlan) -> RoomPlan:
    """Everybody has one for each other seat that is taken, and the one for a screen."""
    last = max(member.seat for member in plan.members.values())
    enough = next((count for count in VIDEO_SLOTS if count > last), SEATS)
    grown = {
        id: replace(member, video_slots=enough) for id, member in plan.members.items() if member.video_slots < enough
    }
    return replace(plan, members={**plan.members, **grown})


def _to(before: RoomPlan, after: RoomPlan) -> Change:
    """Publications first, then the slots that show them, then what is no longer needed."""
    if after == before:
        return Change(before, ())
    gone = [CloseParticipant(room=after.id, participant=id) for id in before.members if id not in after.members]
    old, new = dict(publications(before)), dict(publications(after))
    publish = [
        Publish(room=after.id, participant=participant, publication=id, number=int(id), source=source)
        for id, (participant, source) in new.items()
        if id not in old
    ]
    unpublish = [
        Unpublish(room=after.id, publication=id)
        for id, (participant, _) in old.items()
        if id not in new and participant in after.members
    ]
    ended = {int(id) for id in old.keys() - new.keys()}
    seated, were_seated = Seating(after), Seating(before)
    slots = [
        command
        for viewer in after.members
        for command in _remap(after.id, viewer, were_seated.carried(viewer), seated.carried(viewer), ended)
    ]
    return Change(after, (*gone, *publish, *slots, *unpublish))


def publications(plan: RoomPlan) -> Iterator[tuple[str, tuple[str, Source]]]:
    """(publication, (participant, source)). A publication's id is its number, which is unique in the room."""
    for participant, member in plan.members.items():
        yield str(member.microphone), (participant, Source.MICROPHONE)
        if member.camera is not None:
            yield str(member.camera), (participant, Source.CAMERA)
        if member.screen is not None:
            yield str(member.screen), (participant, Source.SCREEN)


def _remap(room: str, viewer: str, was: Carried, shall: Carried, ended: Container[int]) -> Iterator[MapSlot]:
    """What of a viewer's slots a worker does not carry yet. A slot whose publication ends goes silent by itself."""
    for kind in SlotKind:
        old, new = was[kind], shall[kind]
        for index in sorted({index for index, _ in old.items() ^ new.items()}):
            if index in new or old[index] not in ended:
                yield map_slot(room, viewer, kind, index, new.get(index))


def map_slot(room: str, viewer: str, kind: SlotKind, index: int, number: int | None) -> MapSlot:
    """The command that lets a slot carry the publication of this number, whoever is loud (`LOUDEST`), or nothing."""
    return MapSlot(
        room=room,
        participant=viewer,
        kind=kind,
        index=index,
        publication=str(number) if number else None,
        loudest=number == LOUDEST,
    )
