"""Whole call trees under arbitrary events, and what must hold after each of them."""

from datetime import datetime, timedelta
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from ringback.calls.commands import AlertDevices, RunMedia
from ringback.calls.dialogs.events import DialogFailed, DialogFinished
from ringback.calls.dialogs.model import Dialog, DialogState
from ringback.calls.events import (
    CallFailed,
    CallFinished,
    DevicesFound,
    EndpointHungUp,
    MediaConnected,
    MediaSwitched,
    Moved,
    NoDeviceFound,
    OfferMade,
    RoomFailed,
    RoomFound,
    RoomLost,
    RoomMoved,
    SessionLost,
    TransportLost,
    TransportMissing,
    TransportReady,
)
from ringback.calls.model import Call, CallState, Place
from ringback.conferences.events import ConferenceEnded
from ringback.conferences.model import Conference, ConferenceState
from ringback.kernel.errors import InvalidState, RoomFull
from ringback.kernel.steps import DeadlinePassed, Ref
from ringback.media.commands import CloseParticipant, CloseRoom, Done
from ringback.media.comparison import catch_up
from ringback.media.facts import TransportCloseReason
from ringback.storage.aggregates import Tree
from ringback.testing.calls import KINDS
from ringback.testing.media_rules import WorkerRules
from ringback.testing.playbook import NOON, MemoryTrees
from tests.properties.sessions import Sessions

SESSIONS: Final = st.sampled_from(["s1", "s2", "s3"])

WORKERS: Final = 2
GOODBYE: Final = TransportCloseReason.PEER_CLOSED

TERMINAL: Final = {
    *(state for state in CallState if state.is_terminal),
    DialogState.FINISHED,
    DialogState.FAILED,
    ConferenceState.ENDED,
}

ENDS: Final = (CallFinished, CallFailed, DialogFinished, DialogFailed, ConferenceEnded)

NEWS: Final = (
    DevicesFound,
    NoDeviceFound,
    SessionLost,
    DeadlinePassed,
    MediaConnected,
    MediaSwitched,
    Moved,
    RoomFailed,
    RoomLost,
    RoomMoved,
    TransportLost,
    TransportMissing,
    TransportReady,
)
"""What may come late and may come again: nobody waits for the answer, and everything behind it delivers twice."""


class TreesMachine(RuleBasedStateMachine):
    """The part that dialogs and conferences share. Subclasses say how trees begin and who asks what."""

    def __init__(self) -> None:
        super().__init__()
        self.trees = MemoryTrees(KINDS)
        self.now = NOON
        self._sessions = Sessions()
        self._workers = [WorkerRules(f"boot {number}") for number in range(WORKERS)]
        self._commands = 0
        self._closed: set[tuple[str, int, str | None]] = set()
        """(room, opening, participant) that were closed; without a participant, the whole room."""
        self._lost: set[tuple[str, int]] = set()
        """(room, opening) that its worker does not have any more."""
        self._ends: dict[Ref, int] = {}
        self._news: list[tuple[Ref, object]] = []

    # What happens in the world.

    @rule(seconds=st.sampled_from([10, 31]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    def deadline(self) -> datetime:
        """Of a call that rings from now on."""
        return self.now + timedelta(seconds=30)

    def _due(self) -> list[Ref]:
        deadlines = {ref: self.trees.kinds[ref.kind].deadline(state) for ref, state in self.trees.states.items()}
        return [ref for ref, deadline in deadlines.items() if deadline is not None and deadline <= self.now]

    @precondition(lambda self: self._due())
    @rule()
    def deadlines_pass(self) -> None:
        for ref in self._due():
            self.happen(ref, DeadlinePassed())

    @precondition(lambda self: self._news)
    @rule(data=st.data())
    def old_news_come_again(self, data: st.DataObject) -> None:
        self.happen(*data.draw(st.sampled_from(self._news)))

    @rule(data=st.data())
    def media_connects(self, data: st.DataObject) -> None:
        if call := self.some_call(data):
            self.happen(Ref("call", call.id), TransportReady(data.draw(self._connections(call))))

    @rule(data=st.data())
    def media_is_offered(self, data: st.DataObject) -> None:
        if call := self.some_call(data):
            self.happen(Ref("call", call.id), OfferMade(data.draw(self._connections(call))), may_refuse=True)

    @rule(data=st.data(), reason=st.sampled_from([reason for reason in TransportCloseReason if reason != GOODBYE]))
    def a_transport_is_lost(self, data: st.DataObject, reason: TransportCloseReason) -> None:
        if call := self.some_call(data):
            event = data.draw(st.sampled_from([TransportLost(call.transport.connection, reason), TransportMissing()]))
            self.happen(Ref("call", call.id), event)

    @staticmethod
    def _connections(call: Call) -> st.SearchStrategy[int]:
        """The one that is expected, and its neighbours."""
        return st.sampled_from([call.transport.connection, max(call.transport.connection - 1, 1)])

    @rule(data=st.data(), worker=st.integers(0, WORKERS - 1), fails=st.booleans())
    def a_room_is_lost(self, data: st.DataObject, worker: int, fails: bool) -> None:
        call = self.some_call(data)
        if call is None:
            return
        place = self._place(call.owner)
        self._workers[place.worker].run(self._next_command(), CloseRoom(room=place.room))
        self._lost.add((place.room, place.opening))
        self.happen(call.owner, RoomFailed(place.opening) if fails else RoomMoved(worker, place.opening))

    @rule(data=st.data())
    def facts_were_missed(self, data: st.DataObject) -> None:
        call = self.some_call(data)
        if call is None:
            return
        place = self._place(call.owner)
        for room in self._workers[place.worker].room_snapshots():
            if room.room == place.room:
                self.happen(call.owner, RoomFound(place.opening, room))

    def _place(self, owner: Ref) -> Place:
        """Where its room is, or was last."""
        state = self.trees.state(owner)
        assert isinstance(state, Dialog | Conference)
        return state.home.place

    @rule(data=st.data(), what=st.sampled_from(["media", "session", "hang up", "worker"]))
    def something_ends(self, data: st.DataObject, what: str) -> None:
        # One rule for all of it, or no conversation would live long.
        call = self.some_call(data)
        if call is None:
            return
        ref, session = Ref("call", call.id), data.draw(SESSIONS)
        if what == "media":
            self.happen(ref, TransportLost(call.transport.connection, GOODBYE))
        elif what == "worker":
            self.happen(call.owner, RoomLost(self._place(call.owner).opening))
        elif what == "session":
            self.happen(ref, SessionLost(session))
        elif session == call.session or session in call.ringing:
            # As `calls.service` lets it through: only whoever has to do with the call hangs it up.
            self.happen(ref, EndpointHungUp(session))

    def teardown(self) -> None:
        """Let everything end that has not, then look whether it did."""
        for owner in self._owners():
            self.happen(owner, RoomLost(self._place(owner).opening))
        assert all(state.state in TERMINAL for state in self.trees.states.values())
        self._sessions.require_all_ended()

    # How it is delivered, and what holds.

    def some_call(self, data: st.DataObject) -> Call | None:
        """Any call that ever was."""
        calls = [state for state in self.trees.states.values() if isinstance(state, Call)]
        return data.draw(st.sampled_from(calls)) if calls else None

    def happen(self, to: Ref, event: object, *, may_refuse: bool = False) -> None:
        """One transaction with all that follows from it."""
        before = self.trees.states
        if isinstance(event, NEWS):
            self._news.append((to, event))
        try:
            tree = self.trees.tell(to, event, self.now)
        except (InvalidState, RoomFull):
            assert may_refuse, "news cannot be refused"
            assert self.trees.states == before
            return
        self._check_states(before, tree)
        for ref, said in tree.events:
            self._ends[ref] = self._ends.get(ref, 0) + isinstance(said, ENDS)
            self._sessions.hear(said)
        for _, command in tree.commands:
            self._check_command(command)
        self._check_ends()
        self._check_rooms()
        owners = {call.id: self.trees.state(call.owner) for call in self._calls()}
        self._sessions.require_fresh({id: owner for id, owner in owners.items() if owner is not None})

    def _calls(self) -> list[Call]:
        return [state for state in self.trees.states.values() if isinstance(state, Call)]

    def _owners(self) -> list[Ref]:
        return list(dict.fromkeys(call.owner for call in self._calls()))

    def _check_states(self, before: dict[Ref, Any], tree: Tree) -> None:
        for ref, was in before.items():
            if was.state in TERMINAL:
                assert self.trees.state(ref) == was, "what has ended does not change"
        for ref in tree.changed:
            state = self.trees.state(ref)
            assert state == tree.state(ref), "the state does not survive being stored"
            if state is not None and state.state in (*TERMINAL, CallState.ESTABLISHED):
                waits = isinstance(state, Call) and state.state not in TERMINAL and state.transport.deadline
                assert bool(self.trees.kinds[ref.kind].deadline(state)) == bool(waits), "nobody waits for this deadline"

    def _check_command(self, command: object) -> None:
        if isinstance(command, AlertDevices):
            return
        assert isinstance(command, RunMedia)
        for each in command.commands:
            self._check_media(command, each)

    def _check_media(self, command: RunMedia, it: Any) -> None:
        participant = getattr(it, "participant", None)
        room = (it.room, command.opening)
        assert (*room, None) not in self._closed, f"{it} after the room was closed"
        assert (*room, participant) not in self._closed, f"{it} after its participant was closed"
        if isinstance(it, CloseRoom | CloseParticipant):
            self._closed.add((*room, participant))
        outcome = self._workers[command.worker].run(self._next_command(), it)
        assert outcome == Done() or room in self._lost, f"the worker refuses {it}"

    def _next_command(self) -> str:
        self._commands += 1
        return str(self._commands)

    def _check_ends(self) -> None:
        for ref, state in self.trees.states.items():
            assert self._ends[ref] == (state.state in TERMINAL), f"{ref} is {state.state}, ends: {self._ends[ref]}"
        for owner in self._owners():
            calls = [call.state in TERMINAL for call in self._calls() if call.owner == owner]
            state = self.trees.state(owner)
            assert state is not None
            assert all(calls) == (state.state in TERMINAL), f"{owner} does not live as long as its calls"

    def _check_rooms(self) -> None:
        """Every worker has the rooms that it should have, and in each of them exactly what is planned."""
        rooms = {
            (number, room.room): room for number, worker in enumerate(self._workers) for room in worker.room_snapshots()
        }
        planned = {
            (state.home.place.worker, state.room.id): state.room
            for state in self.trees.states.values()
            if isinstance(state, Dialog | Conference) and state.state not in TERMINAL
        }
        assert rooms.keys() == planned.keys()
        for place, plan in planned.items():
            assert {each.participant for each in rooms[place].participants} == set(plan.members)
            differences = [each for each in catch_up(plan, rooms[place]) if not getattr(each, "loudest", False)]
            assert differences == []
        for call in self._calls():
            owner = self.trees.state(call.owner)
            assert owner is not None
            if call.state not in TERMINAL:
                assert call.place == owner.home.place
