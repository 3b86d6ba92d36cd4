"""What a worker's room shall look like: who is in it, what they publish, and who is received in which slot.

Pure: every change returns the new plan and the commands that bring the worker there. Dialogs and conferences keep a
plan in their state; the worker's own state is never stored.

Everybody has a **seat**: the lowest one that is free when they come, theirs until they go. Who is received in which
slot follows from the seats; it is the same for everybody, but that nobody receives himself.
"""

from collections.abc import Container, Iterator, Mapping
from typing import Annotated, Final, NamedTuple

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
        if participant not in self.members:
            return ()
        people = self.people_seen_by(participant)
        fixed = _have_audio_slots(people)
        slots = [
            SlotMapping(
                index=index,
                participant_id=id,
                microphone=self.members[id].microphone if fixed else None,
                camera=self.members[id].camera,
            )
            for index, id in people.items()
        ]
        presenter = self.presenter_seen_by(participant)
        if presenter is not None:
            screen = self.members[presenter].screen
            slots.append(SlotMapping(index=SCREEN_SLOT, participant_id=presenter, screen=screen))
        return tuple(sorted(slots, key=lambda slot: slot.index))

    def people_seen_by(self, viewer: str) -> dict[int, str]:
        """Who is received in which slot."""
        own = self.members[viewer]
        people = {}
        for id, member in self.members.items():
            if id != viewer or self.echo:
                place = member.seat - (member.seat > own.seat)
                slot = place + (place >= SCREEN_SLOT)
                if slot < own.video_slots:
                    people[slot] = id
        return people

    def presenter_seen_by(self, viewer: str) -> str | None:
        """Whose screen is received; of several, that of the one who came first."""
        presenters = (id for id, member in self.members.items() if member.screen is not None)
        return next((id for id in presenters if self.echo or id != viewer), None)


class Change(NamedTuple):
    """A new plan and how the worker gets there."""

    plan: RoomPlan
    commands: tuple[Command, ...]

    def remapped(self, before: RoomPlan) -> Iterator[str]:
        """The members of the new plan who receive something else than in `before`, or shall offer more slots."""
        for id, member in self.plan.members.items():
            was = before.members.get(id)
            grown = was is not None and was.video_slots != member.video_slots
            if grown or self.plan.slots_of(id) != before.slots_of(id):
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


def _have_audio_slots(people: Mapping[int, str]) -> bool:
    """Whether everybody can be heard in the audio slot beside their video slot; otherwise the loudest are heard."""
    return all(index < AUDIO_SLOTS for index in people)


LOUDEST: Final = 0
"""What a slot carries that carries whoever is loud; no publication has this number."""


def _to(before: RoomPlan, after: RoomPlan) -> Change:
    """Publications first, then the slots that show them, then what is no longer needed."""
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
    slots = [command for viewer in after.members for command in _remap(before, after, viewer, new)]
    return Change(after, (*gone, *publish, *slots, *unpublish))


def publications(plan: RoomPlan) -> Iterator[tuple[str, tuple[str, Source]]]:
    """(publication, (participant, source)). A publication's id is its number, which is unique in the room."""
    for participant, member in plan.members.items():
        yield str(member.microphone), (participant, Source.MICROPHONE)
        if member.camera is not None:
            yield str(member.camera), (participant, Source.CAMERA)
        if member.screen is not None:
            yield str(member.screen), (participant, Source.SCREEN)


def _remap(before: RoomPlan, after: RoomPlan, viewer: str, published: Container[str]) -> Iterator[MapSlot]:
    """What of a viewer's slots a worker does not carry yet. A slot whose publication ends goes silent by itself."""
    was = slots_carried(before, viewer) if viewer in before.members else {}
    was = {slot: number for slot, number in was.items() if number == LOUDEST or str(number) in published}
    shall = slots_carried(after, viewer)
    for kind, index in {**was, **shall} if was != shall else ():
        number = shall.get((kind, index))
        if was.get((kind, index)) != number:
            yield MapSlot(
                room=after.id,
                participant=viewer,
                kind=kind,
                index=index,
                publication=str(number) if number else None,
                loudest=number == LOUDEST,
            )


def slots_carried(plan: RoomPlan, viewer: str) -> dict[tuple[SlotKind, int], int]:
    """The number of the publication that each of a viewer's slots carries, or `LOUDEST`; empty ones are left out."""
    people = plan.people_seen_by(viewer)
    if _have_audio_slots(people):
        carried = {(SlotKind.AUDIO, index): plan.members[id].microphone for index, id in people.items()}
    else:
        carried = {(SlotKind.AUDIO, index): LOUDEST for index in range(AUDIO_SLOTS)}
    presenter = plan.presenter_seen_by(viewer)
    videos = {index: plan.members[id].camera for index, id in people.items()}
    if presenter is not None:
        videos[SCREEN_SLOT] = plan.members[presenter].screen
    return carried | {(SlotKind.VIDEO, index): number for index, number in videos.items() if number is not None}
