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
    MediaDisconnected,
    MediaSwitched,
    NoDeviceFound,
    RoomLost,
    SessionLost,
)
from ringback.calls.model import Call, CallState
from ringback.conferences.events import ConferenceEnded
from ringback.conferences.model import Conference, ConferenceState
from ringback.kernel.errors import InvalidState, RoomFull
from ringback.kernel.steps import DeadlinePassed, Ref
from ringback.media.commands import CloseParticipant, CloseRoom, Done
from ringback.storage.aggregates import Tree
from ringback.testing.calls import KINDS
from ringback.testing.media_rules import WorkerRules
from ringback.testing.playbook import NOON, MemoryTrees
from tests.properties.sessions import Sessions

SESSIONS: Final = st.sampled_from(["s1", "s2", "s3"])

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
    MediaDisconnected,
    MediaSwitched,
    RoomLost,
)
"""What may come late and may come again: nobody waits for the answer, and everything behind it delivers twice."""


class TreesMachine(RuleBasedStateMachine):
    """The part that dialogs and conferences share. Subclasses say how trees begin and who asks what."""

    def __init__(self) -> None:
        super().__init__()
        self.trees = MemoryTrees(KINDS)
        self.now = NOON
        self._sessions = Sessions()
        self._worker = WorkerRules("boot")
        self._commands = 0
        self._closed: set[tuple[str, str | None]] = set()
        """(room, participant) that were closed; without a participant, the whole room."""
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
            self.happen(call.owner, MediaConnected(call.id))

    @rule(
        data=st.data(),
        microphone=st.sampled_from([None, True, False]),
        camera=st.sampled_from([None, True, False]),
        screen=st.sampled_from([None, True, False]),
    )
    def media_is_switched(
        self, data: st.DataObject, microphone: bool | None, camera: bool | None, screen: bool | None
    ) -> None:
        if call := self.some_call(data):
            self.happen(call.owner, MediaSwitched(call.id, microphone, camera, screen))

    @rule(data=st.data(), what=st.sampled_from(["media", "session", "hang up", "worker"]))
    def something_ends(self, data: st.DataObject, what: str) -> None:
        # One rule for all of it, or no conversation would live long.
        call = self.some_call(data)
        if call is None:
            return
        ref, session = Ref("call", call.id), data.draw(SESSIONS)
        if what == "media":
            self.happen(call.owner, MediaDisconnected(call.id))
        elif what == "worker":
            self.happen(call.owner, RoomLost())
        elif what == "session":
            self.happen(ref, SessionLost(session))
        elif session == call.session or session in call.ringing:
            # As `calls.service` lets it through: only whoever has to do with the call hangs it up.
            self.happen(ref, EndpointHungUp(session))

    def teardown(self) -> None:
        """Let everything end that has not, then look whether it did."""
        for owner in self._owners():
            self.happen(owner, RoomLost())
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
                assert self.trees.kinds[ref.kind].deadline(state) is None, "a deadline that nobody waits for"

    def _check_command(self, command: object) -> None:
        if isinstance(command, AlertDevices):
            return
        assert isinstance(command, RunMedia)
        it: Any = command.command
        participant = getattr(it, "participant", None)
        assert (it.room, None) not in self._closed, f"{it} after the room was closed"
        assert (it.room, participant) not in self._closed, f"{it} after its participant was closed"
        if isinstance(it, CloseRoom | CloseParticipant):
            self._closed.add((it.room, participant))
        self._commands += 1
        assert self._worker.run(str(self._commands), it) == Done(), f"the worker refuses {it}"

    def _check_ends(self) -> None:
        for ref, state in self.trees.states.items():
            assert self._ends[ref] == (state.state in TERMINAL), f"{ref} is {state.state}, ends: {self._ends[ref]}"
        for owner in self._owners():
            calls = [call.state in TERMINAL for call in self._calls() if call.owner == owner]
            state = self.trees.state(owner)
            assert state is not None
            assert all(calls) == (state.state in TERMINAL), f"{owner} does not live as long as its calls"

    def _check_rooms(self) -> None:
        rooms = {room.room: {each.participant for each in room.participants} for room in self._worker.room_snapshots()}
        planned = {
            state.room.id: set(state.room.members)
            for state in self.trees.states.values()
            if isinstance(state, Dialog | Conference) and state.state not in TERMINAL
        }
        assert rooms == planned
