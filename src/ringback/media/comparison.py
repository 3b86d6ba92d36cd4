"""How a worker's room differs from its plan, and the commands that bring it there. Pure."""

from collections.abc import Iterator

from ringback.media.commands import CloseParticipant, Command, OpenRoom, Publish, Unpublish
from ringback.media.model import ParticipantSnapshot, RoomSnapshot
from ringback.media.room import LOUDEST, RoomPlan, Seating, map_slot, publications


def open_again(plan: RoomPlan) -> tuple[Command, ...]:
    """The commands that bring a worker to the plan that does not have the room. The offers come from the clients."""
    return (OpenRoom(room=plan.id), *catch_up(plan, RoomSnapshot(room=plan.id, age_s=0, participants=())))


def catch_up(plan: RoomPlan, seen: RoomSnapshot) -> tuple[Command, ...]:
    """The commands that bring a room to its plan; none when it is there. Transports are not among them."""
    gone = [each.participant for each in seen.participants if each.participant not in plan.members]
    there = [each for each in seen.participants if each.participant in plan.members]
    return (
        *(CloseParticipant(room=plan.id, participant=participant) for participant in gone),
        *_publications(plan, there),
        *_slots(plan, there),
        *_surplus(plan, there),
    )


def _publications(plan: RoomPlan, there: list[ParticipantSnapshot]) -> Iterator[Command]:
    published = {each.publication for participant in there for each in participant.publications}
    for id, (participant, source) in publications(plan):
        if id not in published:
            yield Publish(room=plan.id, participant=participant, publication=id, number=int(id), source=source)


def _slots(plan: RoomPlan, there: list[ParticipantSnapshot]) -> Iterator[Command]:
    mapped = {each.participant: {(slot.kind, slot.index): slot.publication for slot in each.slots} for each in there}
    seated = Seating(plan)
    for viewer in plan.members:
        shows = mapped.get(viewer, {})
        carried = seated.carried(viewer)
        shall = {(kind, index): number for kind, slots in carried.items() for index, number in slots.items()}
        for kind, index in {**shall, **shows}:
            number = shall.get((kind, index))
            publication = str(number) if number else None
            # A snapshot does not say why a slot carries what it does; to say it again changes nothing.
            if number == LOUDEST or shows.get((kind, index)) != publication:
                yield map_slot(plan.id, viewer, kind, index, number)


def _surplus(plan: RoomPlan, there: list[ParticipantSnapshot]) -> Iterator[Command]:
    planned = dict(publications(plan))
    for participant in there:
        for each in participant.publications:
            if each.publication not in planned:
                yield Unpublish(room=plan.id, publication=each.publication)
