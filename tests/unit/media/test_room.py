"""A room's plan, and that the commands bring a worker to exactly what the plan says."""

from collections.abc import Callable
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from ringback.media import room
from ringback.media.commands import Done
from ringback.media.model import RoomSnapshot, SlotKind, Source
from ringback.media.room import AUDIO_SLOTS, VIDEO_SLOTS, Change, RoomPlan, Shown, SlotMapping
from ringback.testing.media_rules import WorkerRules

MOST: Final = VIDEO_SLOTS + 3
"""More than there are slots for, so that some wait for one."""


class Play:
    """A plan and a worker that carries out its commands, each of which must be accepted."""

    def __init__(self, *, echo: bool = False) -> None:
        self.worker = WorkerRules("boot")
        self.plan = RoomPlan("r")
        self._commands = 0
        self.used: set[int] = set()
        """Every publication number that there ever was."""
        self.take(room.open_room("r", echo=echo))

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

    def switch(self, participant: str, *, camera: bool | None = None, screen: bool | None = None) -> None:
        member = self.plan.members[participant]
        self.take(
            room.switch_video(
                self.plan,
                participant,
                camera=member.camera is not None if camera is None else camera,
                screen=member.screen is not None if screen is None else screen,
            )
        )

    def seen_by(self, participant: str) -> list[tuple[int, str]]:
        return [(slot.index, slot.participant_id) for slot in self.plan.slots_of(participant) if slot.screen is None]

    def screens_seen_by(self, participant: str) -> list[tuple[int, str]]:
        return [(slot.index, slot.participant_id) for slot in self.plan.slots_of(participant) if slot.screen]


def numbers(plan: RoomPlan) -> set[int]:
    each = [(member.microphone, member.camera, member.screen) for member in plan.members.values()]
    return {number for published in each for number in published if number is not None}


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
    play.switch("ann", camera=True)
    first = play.plan.members["ann"].camera
    play.switch("ann", camera=False)
    play.switch("ann", camera=True)
    assert play.plan.members["ann"].camera not in (first, None)


def test_switching_to_what_it_is_changes_nothing() -> None:
    play = with_members("ann")
    assert room.switch_video(play.plan, "ann", camera=False, screen=False) == Change(play.plan, ())


def test_only_those_are_remapped_who_receive_something_else() -> None:
    play = with_members("ann", "ben")
    on = room.switch_video(play.plan, "ben", camera=True, screen=False)
    assert list(on.remapped(play.plan)) == ["ann"]
    assert list(Change(play.plan, ()).remapped(play.plan)) == []


def test_a_screen_has_a_slot_of_its_own_from_the_last_one_on() -> None:
    play = with_members("ann", "ben", "cat")
    play.switch("ben", camera=True, screen=True)
    assert play.seen_by("ann") == [(0, "ben"), (1, "cat")]
    assert play.screens_seen_by("ann") == [(3, "ben")]
    assert play.screens_seen_by("ben") == []
    play.switch("cat", screen=True)
    assert play.screens_seen_by("ann") == [(2, "cat"), (3, "ben")]
    play.switch("ben", screen=False)
    assert play.screens_seen_by("ann") == [(2, "cat")]


def test_a_screen_leaves_with_its_participant() -> None:
    play = with_members("ann", "ben")
    play.switch("ben", screen=True)
    play.leave("ben")
    assert play.plan.slots_of("ann") == ()


def test_in_an_echo_everybody_receives_himself() -> None:
    play = Play(echo=True)
    play.join("ann", camera=True)
    assert play.plan.slots_of("ann") == (SlotMapping(index=0, participant_id="ann", microphone=1, camera=2),)


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


def _switch(who: str, camera: bool, screen: bool) -> Move:
    def move(play: Play) -> None:
        if who in play.plan.members:
            play.switch(who, camera=camera, screen=screen)

    return move


PEOPLE: Final = st.sampled_from([f"p{number}" for number in range(MOST)])
MOVES: Final = st.one_of(
    st.builds(_toggle_presence, PEOPLE, st.booleans()),
    st.builds(_switch, PEOPLE, st.booleans(), st.booleans()),
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
        received = [shown for shown in member.slots if shown is not None]
        there_is = {shown for shown in _shown(plan) if shown.participant != participant}
        assert len(set(received)) == len(received), "received twice"
        assert set(received) <= there_is, "receives himself, or what is gone"
        assert len(received) == min(len(there_is), VIDEO_SLOTS), "a slot is free while somebody waits"
        assert all(number < plan.next_number for number in numbers(plan))


def _shown(plan: RoomPlan) -> set[Shown]:
    screens = {Shown(id, screen=True) for id, member in plan.members.items() if member.screen is not None}
    return {Shown(id, screen=False) for id in plan.members} | screens


def _keeps_slots(before: RoomPlan, after: RoomPlan) -> None:
    for participant in before.members.keys() & after.members.keys():
        was, now = before.members[participant].slots, after.members[participant].slots
        kept = [index for index, shown in enumerate(was) if shown in _shown(after)]
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
            for source, number in (
                (Source.MICROPHONE, member.microphone),
                (Source.CAMERA, member.camera),
                (Source.SCREEN, member.screen),
            )
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
        for kind, number in (
            (SlotKind.AUDIO, slot.microphone),
            (SlotKind.VIDEO, slot.camera),
            (SlotKind.VIDEO, slot.screen),
        )
        if number is not None
    }
