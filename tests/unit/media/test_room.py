"""A room's plan, and that the commands bring a worker to exactly what the plan says."""

from collections.abc import Callable
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from ringback.media import room
from ringback.media.commands import Done
from ringback.media.model import RoomSnapshot, SlotKind, Source
from ringback.media.room import AUDIO_SLOTS, VIDEO_SLOTS, Change, RoomPlan, SlotMapping
from ringback.testing.media_rules import WorkerRules

MOST: Final = VIDEO_SLOTS + 3
"""More than there are slots for, so that some wait for one."""


class Play:
    """A plan and a worker that carries out its commands, each of which must be accepted."""

    def __init__(self) -> None:
        self.worker = WorkerRules("boot")
        self.plan = RoomPlan("r")
        self._commands = 0
        self.used: set[int] = set()
        """Every publication number that there ever was."""
        self.take(room.open_room("r"))

    def take(self, change: Change) -> None:
        before, self.plan = self.plan, change.plan
        for command in change.commands:
            self._commands += 1
            assert self.worker.run(str(self._commands), command) == Done(), command
        new = numbers(self.plan) - numbers(before)
        assert not new & self.used, "a number means two things"
        self.used |= new

    def join(self, participant: str, *, camera: bool = False) -> None:
        self.take(room.join(self.plan, participant, camera=camera))

    def leave(self, participant: str) -> None:
        self.take(room.leave(self.plan, participant))

    def switch_camera(self, participant: str, *, on: bool) -> None:
        self.take(room.switch_camera(self.plan, participant, on=on))

    def seen_by(self, participant: str) -> list[tuple[int, str]]:
        return [(slot.index, slot.participant_id) for slot in self.plan.slots_of(participant)]


def numbers(plan: RoomPlan) -> set[int]:
    members = plan.members.values()
    return {member.microphone for member in members} | {
        member.camera for member in members if member.camera is not None
    }


def with_members(*participants: str) -> Play:
    play = Play()
    for participant in participants:
        play.join(participant)
    return play


def test_everybody_receives_everybody_else() -> None:
    play = with_members("ann", "ben", "cat")
    assert play.seen_by("ann") == [(0, "ben"), (1, "cat")]
    assert play.seen_by("ben") == [(0, "ann"), (1, "cat")]
    assert play.seen_by("cat") == [(0, "ann"), (1, "ben")]


def test_slots_stay_when_somebody_leaves_and_the_next_one_fills_the_gap() -> None:
    play = with_members("ann", "ben", "cat")
    play.leave("ben")
    assert play.seen_by("ann") == [(1, "cat")]
    play.join("dan")
    assert play.seen_by("ann") == [(0, "dan"), (1, "cat")]
    assert play.seen_by("dan") == [(0, "ann"), (1, "cat")]


def test_who_comes_too_late_for_a_slot_waits_for_one() -> None:
    play = with_members("ann", "b", "c", "d", "e", "f")
    assert play.seen_by("ann") == [(0, "b"), (1, "c"), (2, "d"), (3, "e")]
    play.leave("c")
    assert play.seen_by("ann") == [(0, "b"), (1, "f"), (2, "d"), (3, "e")]


def test_microphone_and_camera_are_in_the_same_slot() -> None:
    play = with_members("ann", "ben")
    play.join("cat", camera=True)
    assert play.plan.slots_of("ann")[1] == SlotMapping(index=1, participant_id="cat", microphone=3, camera=4)


def test_there_are_fewer_slots_for_voices_than_for_faces() -> None:
    play = with_members("ann", "b", "c", "d", "e")
    assert AUDIO_SLOTS < VIDEO_SLOTS
    assert [slot.microphone for slot in play.plan.slots_of("ann")] == [2, 3, 4, None]


def test_a_camera_that_comes_back_has_another_number() -> None:
    play = with_members("ann")
    play.switch_camera("ann", on=True)
    first = play.plan.members["ann"].camera
    play.switch_camera("ann", on=False)
    play.switch_camera("ann", on=True)
    assert play.plan.members["ann"].camera not in (first, None)


def test_switching_to_what_it_is_changes_nothing() -> None:
    play = with_members("ann")
    assert room.switch_camera(play.plan, "ann", on=False) == Change(play.plan, ())


def test_only_those_are_remapped_who_receive_something_else() -> None:
    play = with_members("ann", "ben")
    on = room.switch_camera(play.plan, "ben", on=True)
    assert list(on.remapped(play.plan)) == ["ann"]
    assert list(Change(play.plan, ()).remapped(play.plan)) == []


def test_who_is_not_here_receives_nothing() -> None:
    assert with_members("ann", "ben").plan.slots_of("stranger") == ()


def test_a_closed_room_is_gone() -> None:
    play = with_members("ann", "ben")
    play.take(room.close_room(play.plan))
    assert play.plan.members == {}
    assert play.worker.rooms == []


# Whatever happens, in whatever order.

Move = Callable[[Play], None]


def _toggle_presence(who: str, camera: bool) -> Move:
    def move(play: Play) -> None:
        if who in play.plan.members:
            play.leave(who)
        else:
            play.join(who, camera=camera)

    return move


def _switch(who: str, on: bool) -> Move:
    def move(play: Play) -> None:
        if who in play.plan.members:
            play.switch_camera(who, on=on)

    return move


PEOPLE: Final = st.sampled_from([f"p{number}" for number in range(MOST)])
MOVES: Final = st.one_of(
    st.builds(_toggle_presence, PEOPLE, st.booleans()),
    st.builds(_switch, PEOPLE, st.booleans()),
)


@settings(deadline=None)
@given(st.lists(MOVES, max_size=40))
def test_the_worker_always_has_what_the_plan_says(moves: list[Move]) -> None:
    play = Play()
    for move in moves:
        before = play.plan
        move(play)
        _holds_together(play.plan)
        _keeps_slots(before, play.plan)
        (snapshot,) = play.worker.room_snapshots()
        assert _published(snapshot) == _to_publish(play.plan)
        assert _received(snapshot) == _to_receive(play.plan)


def _holds_together(plan: RoomPlan) -> None:
    for participant, member in plan.members.items():
        received = [other for other in member.slots if other is not None]
        assert len(set(received)) == len(received), "received twice"
        assert participant not in received, "receives himself"
        assert set(received) <= plan.members.keys(), "receives somebody who is gone"
        assert len(received) == min(len(plan.members) - 1, VIDEO_SLOTS), "a slot is free while somebody waits"
        assert all(number < plan.next_number for number in numbers(plan))


def _keeps_slots(before: RoomPlan, after: RoomPlan) -> None:
    for participant in before.members.keys() & after.members.keys():
        was, now = before.members[participant].slots, after.members[participant].slots
        kept = [index for index, other in enumerate(was) if other in after.members]
        assert [now[index] for index in kept] == [was[index] for index in kept], "somebody's slot has moved"


def _published(snapshot: RoomSnapshot) -> dict[str, dict[Source, tuple[str, int]]]:
    return {
        each.participant: {it.source: (it.publication, it.number) for it in each.publications}
        for each in snapshot.participants
    }


def _to_publish(plan: RoomPlan) -> dict[str, dict[Source, tuple[str, int]]]:
    return {
        participant: {
            source: (str(number), number)
            for source, number in ((Source.MICROPHONE, member.microphone), (Source.CAMERA, member.camera))
            if number is not None
        }
        for participant, member in plan.members.items()
    }


def _received(snapshot: RoomSnapshot) -> dict[tuple[str, SlotKind, int], str]:
    return {
        (each.participant, slot.kind, slot.index): slot.publication
        for each in snapshot.participants
        for slot in each.slots
        if slot.publication is not None
    }


def _to_receive(plan: RoomPlan) -> dict[tuple[str, SlotKind, int], str]:
    return {
        (participant, kind, slot.index): str(number)
        for participant in plan.members
        for slot in plan.slots_of(participant)
        for kind, number in ((SlotKind.AUDIO, slot.microphone), (SlotKind.VIDEO, slot.camera))
        if number is not None
    }
