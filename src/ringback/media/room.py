"""What a worker's room shall look like: who is in it, what they publish, and who is received in which slot.

Pure: every change returns the new plan and the commands that bring the worker there. Dialogs and conferences keep a
plan in their state; the worker's own state is never stored.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from ringback.media.commands import CloseParticipant, CloseRoom, Command, MapSlot, OpenRoom, Publish, Unpublish
from ringback.media.model import SlotKind, Source

AUDIO_SLOTS = 3
"""Receive slots for audio. More cost every client an m-line (about 0.2 ms of each join); fewer leave voices unheard."""
VIDEO_SLOTS = 4
"""Receive slots for video before the client offers more."""


class Member(Struct, frozen=True):
    """One participant's side of the room."""

    microphone: int
    """Publication number of the microphone, published for as long as the participant is here (muting is silence)."""
    camera: int | None
    """Publication number of the camera, or None while it is off."""
    slots: tuple[str | None, ...] = (None,) * VIDEO_SLOTS
    """The participant received in each slot. Stable: somebody keeps the slot until one of the two leaves."""


class SlotMapping(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a participant receives in one slot: whose microphone and camera, by publication number."""

    index: int
    participant_id: str
    microphone: int | None
    camera: int | None


class RoomPlan(Struct, frozen=True):
    """A room and its members by participant id, in the order in which they came."""

    id: str
    members: Mapping[str, Member] = {}
    next_number: int = 1
    """The next publication number; never used twice in a room, so a late packet cannot be taken for somebody else's."""

    def slots_of(self, participant: str) -> tuple[SlotMapping, ...]:
        """What this participant receives; empty for someone who is not here."""
        member = self.members.get(participant)
        if member is None:
            return ()
        return tuple(
            SlotMapping(
                index=index,
                participant_id=other,
                microphone=self.members[other].microphone if index < AUDIO_SLOTS else None,
                camera=self.members[other].camera,
            )
            for index, other in enumerate(member.slots)
            if other is not None
        )


class Change(NamedTuple):
    """A new plan and how the worker gets there."""

    plan: RoomPlan
    commands: tuple[Command, ...]

    def remapped(self, before: RoomPlan) -> Iterator[str]:
        """The members of the new plan who receive something else than in `before`."""
        return (id for id in self.plan.members if self.plan.slots_of(id) != before.slots_of(id))


def open_room(id: str) -> Change:
    """A room with nobody in it."""
    return Change(RoomPlan(id), (OpenRoom(room=id),))


def join(plan: RoomPlan, participant: str, *, camera: bool) -> Change:
    """A participant comes in, with a microphone and perhaps a camera; everybody who has a free slot receives it."""
    number = plan.next_number
    newcomer = Member(microphone=number, camera=number + 1 if camera else None)
    members = {**plan.members, participant: newcomer}
    return _to(plan, replace(plan, members=_fill_slots(members), next_number=number + 1 + camera))


def leave(plan: RoomPlan, participant: str) -> Change:
    """A participant goes; the slots it was received in take those who waited for one."""
    members = {
        id: replace(member, slots=tuple(None if other == participant else other for other in member.slots))
        for id, member in plan.members.items()
        if id != participant
    }
    return _to(plan, replace(plan, members=_fill_slots(members)))


def switch_camera(plan: RoomPlan, participant: str, *, on: bool) -> Change:
    """A participant's camera is published, or no longer; switching to what it already is changes nothing."""
    member = plan.members[participant]
    if (member.camera is not None) == on:
        return Change(plan, ())
    members = {**plan.members, participant: replace(member, camera=plan.next_number if on else None)}
    return _to(plan, replace(plan, members=members, next_number=plan.next_number + on))


def close_room(plan: RoomPlan) -> Change:
    """Nobody is left."""
    return Change(replace(plan, members={}), (CloseRoom(room=plan.id),))


def _fill_slots(members: Mapping[str, Member]) -> dict[str, Member]:
    return {id: replace(member, slots=_filled(id, member.slots, members)) for id, member in members.items()}


def _filled(receiver: str, slots: tuple[str | None, ...], members: Iterable[str]) -> tuple[str | None, ...]:
    waiting = iter([id for id in members if id != receiver and id not in slots])
    return tuple(next(waiting, None) if other is None else other for other in slots)


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


def _worker_slots(plan: RoomPlan) -> Iterator[tuple[tuple[str, SlotKind, int], str | None]]:
    for participant, member in plan.members.items():
        shown = {slot.index: slot for slot in plan.slots_of(participant)}
        for index in range(len(member.slots)):
            slot = shown.get(index)
            if index < AUDIO_SLOTS:
                microphone = slot.microphone if slot else None
                yield (participant, SlotKind.AUDIO, index), None if microphone is None else str(microphone)
            camera = slot.camera if slot else None
            yield (participant, SlotKind.VIDEO, index), None if camera is None else str(camera)
