"""The plan of a room, whoever comes, goes and switches, in whatever order, against a model of the worker."""

from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ringback.media import room
from ringback.media.commands import CloseParticipant, Done, MapSlot, OpenRoom, Publish, Unpublish
from ringback.media.model import SlotKind, Source
from ringback.media.room import AUDIO_SLOTS, SCREEN_SLOT, SEATS, VIDEO_SLOTS, Change, RoomPlan, SlotMapping
from ringback.testing.media_rules import WorkerRules

LOUDEST: Final = "whoever is loud"

PER_VIEWER: Final = AUDIO_SLOTS + 1
"""As many slots as one who comes may touch of each who is there: its video slot, and all audio slots at the fifth."""


class Worker:
    """What a room of a worker carries where, by the document alone; each command must be accepted."""

    def __init__(self) -> None:
        self.carried: dict[tuple[str, SlotKind, int], str] = {}
        self.published: dict[str, tuple[str, Source]] = {}
        self.touched: dict[str, int] = {}
        """How many slots of each participant the last change has touched."""
        self._rules = WorkerRules("boot")
        self._commands = 0

    def take(self, change: Change) -> None:
        self.touched = {}
        for command in change.commands:
            self._commands += 1
            assert self._rules.run(str(self._commands), command) == Done(), command
            match command:
                case OpenRoom():
                    pass
                case Publish(publication=publication, participant=participant, source=source):
                    self.published[publication] = (participant, source)
                case Unpublish(publication=publication):
                    self._end(publication)
                case CloseParticipant(participant=participant):
                    self.carried = {slot: what for slot, what in self.carried.items() if slot[0] != participant}
                    for publication in [id for id, (who, _) in self.published.items() if who == participant]:
                        self._end(publication)
                case MapSlot(participant=participant, kind=kind, index=index):
                    self.touched[participant] = self.touched.get(participant, 0) + 1
                    shown = LOUDEST if command.loudest else command.publication
                    if shown is None:
                        del self.carried[participant, kind, index]
                    else:
                        assert self.carried.get((participant, kind, index)) != shown, "mapped to what it carries"
                        self.carried[participant, kind, index] = shown
                case _:
                    raise AssertionError(command)

    def _end(self, publication: str) -> None:
        del self.published[publication]
        self.carried = {slot: what for slot, what in self.carried.items() if what != publication}


class Rooms(RuleBasedStateMachine):
    """One room, up to more people than there are seats."""

    def __init__(self) -> None:
        super().__init__()
        self.worker = Worker()
        self.plan = RoomPlan("r")
        self._arrivals = 0
        self._numbers: set[str] = set()
        """Every publication number that there ever was."""
        self._change(room.open_room("r"))

    def _change(self, change: Change) -> None:
        before, remapped = self.plan, set(change.remapped(self.plan))
        self.plan = change.plan
        numbers = set(self.worker.published)
        self.worker.take(change)
        new = self.worker.published.keys() - numbers
        assert not new & self._numbers, "a number means two things"
        self._numbers |= new
        for id, member in self.plan.members.items():
            was = before.members.get(id)
            if was is not None:
                assert member.video_slots >= was.video_slots, "slots were taken back"
                self._keeps_slots(before, id)
                said = (before.slots_of(id), was.video_slots)
                assert (id in remapped) == (said != (self.plan.slots_of(id), member.video_slots))

    def _keeps_slots(self, before: RoomPlan, id: str) -> None:
        if before.members[id].seat != self.plan.members[id].seat:
            return  # who has waited and is seated now sees everybody anew
        now = {(slot.participant_id, slot.index) for slot in people(self.plan.slots_of(id))}
        moved = [
            slot
            for slot in people(before.slots_of(id))
            if slot.participant_id in self.plan.members and (slot.participant_id, slot.index) not in now
        ]
        assert not moved, "somebody's slot has moved"

    @rule(camera=st.booleans(), count=st.sampled_from([1, 1, 1, 4, 20]))
    def some_come_in(self, camera: bool, count: int) -> None:
        for _ in range(count):
            if len(self.plan.members) >= SEATS + 4:
                return
            self._arrivals += 1
            newcomer = f"p{self._arrivals}"
            self._change(room.join(self.plan, newcomer, camera=camera))
            others = {id: count for id, count in self.worker.touched.items() if id != newcomer}
            assert all(count <= PER_VIEWER for count in others.values()), "a small change that touches much"

    @precondition(lambda self: self.plan.members)
    @rule(data=st.data(), count=st.sampled_from([1, 1, 1, 4, 20]))
    def some_leave(self, data: st.DataObject, count: int) -> None:
        for _ in range(min(count, len(self.plan.members))):
            self._change(room.leave(self.plan, data.draw(self._somebody())))

    @precondition(lambda self: self.plan.members)
    @rule(data=st.data(), camera=st.booleans(), screen=st.booleans())
    def somebody_switches(self, data: st.DataObject, camera: bool, screen: bool) -> None:
        who = data.draw(self._somebody())
        change = room.switch_video(self.plan, who, camera=camera, screen=screen)
        if change.plan == self.plan:
            assert change.commands == ()
        self._change(change)
        assert all(count <= 2 for count in self.worker.touched.values())

    def _somebody(self) -> st.SearchStrategy[str]:
        return st.sampled_from(list(self.plan.members))

    @invariant()
    def everybody_is_received_once(self) -> None:
        fits = set(sorted(self.plan.members, key=lambda id: self.plan.members[id].seat)[:SEATS])
        for viewer, member in self.plan.members.items():
            slots = self.plan.slots_of(viewer)
            seen = [slot.participant_id for slot in people(slots)]
            assert len(set(seen)) == len(seen), "seen twice"
            missing = fits - {viewer} - set(seen)
            assert len(missing) == (1 if member.seat >= SEATS else 0), f"{viewer} does not see {missing}"
            assert viewer not in {slot.participant_id for slot in slots}, "receives himself"
            indices = [slot.index for slot in slots]
            assert indices == sorted(set(indices)), "a slot twice"
            assert all(index < member.video_slots for index in indices)

    @invariant()
    def everybody_is_heard(self) -> None:
        for viewer in self.plan.members:
            carried = [self.worker.carried.get((viewer, SlotKind.AUDIO, index)) for index in range(AUDIO_SLOTS)]
            if LOUDEST in carried:
                assert set(carried) == {LOUDEST}
                assert all(slot.microphone is None for slot in self.plan.slots_of(viewer))
            else:
                heard = {self.worker.published[id][0] for id in carried if id is not None}
                assert heard == self.plan.members.keys() - {viewer}
        if len(self.plan.members) > AUDIO_SLOTS + 1:
            assert all(self.worker.carried[viewer, SlotKind.AUDIO, 0] == LOUDEST for viewer in self.plan.members)

    @invariant()
    def the_worker_carries_what_the_plan_says(self) -> None:
        told: dict[tuple[str, SlotKind, int], str] = {}
        for viewer in self.plan.members:
            for slot in self.plan.slots_of(viewer):
                for kind, number in (
                    (SlotKind.AUDIO, slot.microphone),
                    (SlotKind.VIDEO, slot.camera),
                    (SlotKind.VIDEO, slot.screen),
                ):
                    if number is not None:
                        told[viewer, kind, slot.index] = str(number)
        assert {slot: what for slot, what in self.worker.carried.items() if what != LOUDEST} == told

    @invariant()
    def there_are_slots_enough_and_no_more_than_ever_needed(self) -> None:
        assert all(member.video_slots in VIDEO_SLOTS for member in self.plan.members.values())
        seats = [member.seat for member in self.plan.members.values()]
        assert len(set(seats)) == len(seats)
        waiting = [seat for seat in seats if seat >= SEATS]
        assert not waiting or len(seats) - len(waiting) == SEATS, "somebody waits while a seat is free"

    @invariant()
    def a_screen_is_seen_by_all_others(self) -> None:
        presenters = [id for id, member in self.plan.members.items() if member.screen is not None]
        for viewer in self.plan.members:
            others = [id for id in presenters if id != viewer]
            shown = [slot for slot in self.plan.slots_of(viewer) if slot.screen is not None]
            assert [(slot.index, slot.participant_id) for slot in shown] == [(SCREEN_SLOT, id) for id in others[:1]]


def people(slots: tuple[SlotMapping, ...]) -> list[SlotMapping]:
    return [slot for slot in slots if slot.screen is None]


TestRooms = Rooms.TestCase
TestRooms.settings = settings(stateful_step_count=12)  # rooms are large, so their lives are short
