"""What a worker's room shall look like: who is in it, what they publish, and who is received in which slot.

Pure: every change returns the new plan and the commands that bring the worker there. Dialogs and conferences keep a
plan in their state; the worker's own state is never stored.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from ringback.media.commands import CloseParticipant, CloseRoom, Command, MapSlot, OpenRoom, Publish, Unpublish
from ringback.media.model import SlotKind, Source

AUDIO_SLOTS = 3
"""Receive slots for audio. More cost every client an m-line (about 0.2 ms of each join); fewer leave voices unheard."""
VIDEO_SLOTS = 4
"""Receive slots for video before the client offers more."""


class Shown(NamedTuple):
    """Who is received in a slot: somebody's microphone and camera, or, in a slot of its own, somebody's screen."""

    participant: str
    screen: bool


class Member(Struct, frozen=True):
    """One participant's side of the room."""

    microphone: int
    """Publication number of the microphone, published for as long as the participant is here (muting is silence)."""
    camera: int | None
    """Publication number of the camera, or None while it is off."""
    screen: int | None = None
    """Publication number of the shared screen, or None."""
    slots: tuple[Shown | None, ...] = (None,) * VIDEO_SLOTS
    """What is received in each slot. Stable: it keeps the slot until it ends or one of the two leaves."""


class SlotMapping(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a participant receives in one slot: of whom, and which publications by their numbers."""

    index: int
    participant_id: str
    microphone: int | None = None
    camera: int | None = None
    screen: int | None = None


class RoomPlan(Struct, frozen=True):
    """A room and its members by participant id, in the order in which they came."""

    id: str
    members: Mapping[str, Member] = {}
    next_number: int = 1
    """The next publication number; never used twice in a room, so a late packet cannot be taken for somebody else's."""
    echo: bool = False
    """Everybody receives also himself: a line test."""

    def slots_of(self, participant: str) -> tuple[SlotMapping, ...]:
        """What this participant receives; empty for someone who is not here."""
        member = self.members.get(participant)
        slots = member.slots if member else ()
        return tuple(self._mapping(index, shown) for index, shown in enumerate(slots) if shown)

    def _mapping(self, index: int, shown: Shown) -> SlotMapping:
        member = self.members[shown.participant]
        if shown.screen:
            return SlotMapping(index=index, participant_id=shown.participant, screen=member.screen)
        microphone = member.microphone if index < AUDIO_SLOTS else None
        return SlotMapping(index=index, participant_id=shown.participant, microphone=microphone, camera=member.camera)


class Change(NamedTuple):
    """A new plan and how the worker gets there."""

    plan: RoomPlan
    commands: tuple[Command, ...]

    def remapped(self, before: RoomPlan) -> Iterator[str]:
        """The members of the new plan who receive something else than in `before`."""
        return (id for id in self.plan.members if self.plan.slots_of(id) != before.slots_of(id))


def open_room(id: str, *, echo: bool = False) -> Change:
    """A room with nobody in it."""
    return Change(RoomPlan(id, echo=echo), (OpenRoom(room=id),))


def join(plan: RoomPlan, participant: str, *, camera: bool) -> Change:
    """A participant comes in, with a microphone and perhaps a camera; everybody who has a free slot receives it."""
    newcomer = Member(microphone=plan.next_number, camera=None)
    members = {**plan.members, participant: newcomer}
    entered = replace(plan, members=members, next_number=plan.next_number + 1)
    return _to(plan, _fill_slots(_switched(entered, participant, camera=camera, screen=False)))


def leave(plan: RoomPlan, participant: str) -> Change:
    """A participant goes; the slots it was received in take those who waited for one."""
    members = {id: member for id, member in plan.members.items() if id != participant}
    return _to(plan, _fill_slots(replace(plan, members=members)))


def switch_video(plan: RoomPlan, participant: str, *, camera: bool, screen: bool) -> Change:
    """A participant's camera and screen are published, or no longer; switching to what is already changes nothing."""
    return _to(plan, _fill_slots(_switched(plan, participant, camera=camera, screen=screen)))


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


def _fill_slots(plan: RoomPlan) -> RoomPlan:
    """Free the slots of what is gone, and give what waits a slot: people from the first one on, screens from the last,
    so that a participant finds its microphone slot.
    """
    people = [Shown(id, screen=False) for id in plan.members]
    screens = [Shown(id, screen=True) for id, member in plan.members.items() if member.screen is not None]
    members = {}
    for id, member in plan.members.items():
        wanted = [shown for shown in (*people, *screens) if plan.echo or shown.participant != id]
        slots = [shown if shown in wanted else None for shown in member.slots]
        for shown in wanted:
            free = [index for index, present in enumerate(slots) if present is None]
            if free and shown not in slots:
                slots[free[-1] if shown.screen else free[0]] = shown
        members[id] = replace(member, slots=tuple(slots))
    return replace(plan, members=members)


def _to(before: RoomPlan, after: RoomPlan) -> Change:
    """Publications first, then the slots that show them, then what is no longer needed."""
    gone = [CloseParticipant(room=after.id, participant=id) for id in before.members if id not in after.members]
    old, new = dict(_publications(before)), dict(_publications(after))
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
    before_slots = dict(_worker_slots(before))
    slots = [
        MapSlot(room=after.id, participant=participant, kind=kind, index=index, publication=publication)
        for (participant, kind, index), publication in _worker_slots(after)
        if before_slots.get((participant, kind, index)) != publication
    ]
    return Change(after, (*gone, *publish, *slots, *unpublish))


def _publications(plan: RoomPlan) -> Iterator[tuple[str, tuple[str, Source]]]:
    """(publication, (participant, source)). A publication's id is its number, which is unique in the room."""
    for participant, member in plan.members.items():
        yield str(member.microphone), (participant, Source.MICROPHONE)
        if member.camera is not None:
            yield str(member.camera), (participant, Source.CAMERA)
        if member.screen is not None:
            yield str(member.screen), (participant, Source.SCREEN)


def _worker_slots(plan: RoomPlan) -> Iterator[tuple[tuple[str, SlotKind, int], str | None]]:
    for participant, member in plan.members.items():
        mapped = {slot.index: slot for slot in plan.slots_of(participant)}
        for index in range(len(member.slots)):
            slot = mapped.get(index)
            if index < AUDIO_SLOTS:
                yield (participant, SlotKind.AUDIO, index), _id(slot.microphone if slot else None)
            video = (slot.camera if slot.screen is None else slot.screen) if slot else None
            yield (participant, SlotKind.VIDEO, index), _id(video)


def _id(number: int | None) -> str | None:
    return None if number is None else str(number)
