"""A room's plan: who is received where. That the commands lead there is in tests/properties/test_rooms.py."""

import pytest

from ringback.media import room
from ringback.media.commands import CloseParticipant, Done, MapSlot, Unpublish
from ringback.media.model import SlotKind
from ringback.media.room import AUDIO_SLOTS, Change, RoomPlan, SlotMapping
from ringback.testing.media_rules import WorkerRules


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


def people(count: int) -> list[str]:
    return [f"p{number}" for number in range(count)]


@pytest.mark.parametrize(
    ("count", "slots"), [(1, 4), (4, 4), (5, 9), (9, 9), (10, 16), (17, 25), (26, 49), (49, 49), (60, 49)]
)
def test_video_slots_grow_with_the_room(count: int, slots: int) -> None:
    play = with_members(*people(count))
    assert {member.video_slots for member in play.plan.members.values()} == {slots}


def test_video_slots_never_shrink() -> None:
    play = with_members(*people(5))
    for participant in people(5)[1:]:
        play.leave(participant)
    assert play.plan.members["p0"].video_slots == 9
    play.join("newcomer")
    assert play.plan.members["newcomer"].video_slots == 4


def test_everybody_is_told_of_more_slots() -> None:
    play = with_members(*people(4))
    change = room.join(play.plan, "p4", camera=False)
    assert list(change.remapped(play.plan)) == people(5)


def test_beyond_four_no_slot_moves_and_the_one_for_the_screen_stays_free() -> None:
    play = with_members(*people(6))
    assert play.seen_by("p0") == [(0, "p1"), (1, "p2"), (2, "p3"), (4, "p4"), (5, "p5")]
    assert play.seen_by("p5") == [(0, "p0"), (1, "p1"), (2, "p2"), (4, "p3"), (5, "p4")]


def test_beyond_four_the_loudest_are_heard() -> None:
    play = with_members(*people(4))
    assert [slot.microphone for slot in play.plan.slots_of("p0")] == [2, 3, 4]
    fifth = room.join(play.plan, "p4", camera=False)
    loud = {
        (command.participant, command.index)
        for command in fifth.commands
        if isinstance(command, MapSlot) and command.kind is SlotKind.AUDIO
        if command.loudest and command.publication is None
    }
    assert loud == {(who, index) for who in people(5) for index in range(AUDIO_SLOTS)}
    assert {slot.microphone for who in people(5) for slot in fifth.plan.slots_of(who)} == {None}
    play.take(fifth)
    play.leave("p4")
    assert [slot.microphone for slot in play.plan.slots_of("p0")] == [2, 3, 4]


def test_the_loudest_are_heard_for_as_long_as_somebody_sits_far_away() -> None:
    play = with_members(*people(5))
    play.leave("p1")
    assert play.seen_by("p0") == [(1, "p2"), (2, "p3"), (4, "p4")]
    assert [slot.microphone for slot in play.plan.slots_of("p0")] == [None, None, None]
    play.leave("p4")
    assert [slot.microphone for slot in play.plan.slots_of("p0")] == [3, 4]


def test_who_comes_too_late_for_a_slot_is_seen_when_somebody_goes() -> None:
    play = with_members(*people(51))
    assert [slot.index for slot in play.plan.slots_of("p0")] == [index for index in range(49) if index != 3]
    assert "p49" not in [who for _, who in play.seen_by("p0")]
    before = dict(play.seen_by("p0"))
    play.leave("p7")
    after = dict(play.seen_by("p0"))
    assert {index: (before[index], after[index]) for index in before if before[index] != after[index]} == {
        7: ("p7", "p49")
    }


def test_what_ends_is_not_unmapped_from_every_slot() -> None:
    play = with_members(*people(20))
    play.switch("p3", camera=True)
    assert room.switch_video(play.plan, "p3", camera=False, screen=False).commands == (
        Unpublish(room="r", publication="21"),
    )
    assert room.leave(play.plan, "p3").commands == (CloseParticipant(room="r", participant="p3"),)


def test_microphone_and_camera_are_in_the_same_slot() -> None:
    play = with_members("ann", "ben")
    play.join("cat", camera=True)
    assert play.plan.slots_of("ann")[1] == SlotMapping(index=1, participant_id="cat", microphone=3, camera=4)


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


def test_a_screen_has_a_slot_of_its_own_that_does_not_move_when_the_room_grows() -> None:
    play = with_members("ann", "ben", "cat")
    play.switch("ben", camera=True, screen=True)
    assert play.seen_by("ann") == [(0, "ben"), (1, "cat")]
    assert play.screens_seen_by("ann") == [(3, "ben")]
    assert play.screens_seen_by("ben") == []
    for late in ("dan", "eve"):
        play.join(late)
    assert play.screens_seen_by("ann") == [(3, "ben")]
    play.switch("ben", screen=False)
    assert play.screens_seen_by("ann") == []


def test_in_a_call_between_two_each_sees_the_screen_of_the_other() -> None:
    play = with_members("ann", "ben")
    play.switch("ann", screen=True)
    play.switch("ben", screen=True)
    assert (play.screens_seen_by("ann"), play.screens_seen_by("ben")) == ([(3, "ben")], [(3, "ann")])


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
