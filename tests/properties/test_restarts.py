"""Kills of the platform's process at any point between a commit, its events, and the clients that hear of them."""

from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import rule

from ringback.calls.dialogs.model import Dialog
from ringback.calls.events import MediaSwitched
from ringback.calls.model import Call, ParticipantState
from ringback.conferences.model import Conference
from ringback.signaling import messages
from ringback.signaling.messages import Event
from ringback.signaling.notifications import HAPPENINGS, Notification, Notifier
from tests.properties.sessions import View
from tests.properties.test_conferences import Conferences
from tests.properties.test_dialogs import Dialogs
from tests.properties.trees import TERMINAL, TreesMachine


class Client:
    """What one session's client believes; it takes events as they come, and survives what the platform does not."""

    def __init__(self) -> None:
        self.calls: dict[str, View | None] = {}
        """None: it rings, or is on its way."""

    def hear(self, event: Event) -> None:
        match event:
            case messages.SessionRestored(calls=calls):
                self.calls = {id: view for id, view in self.calls.items() if id in calls}
            case messages.CallEnded(call_id=call_id):
                self.calls.pop(call_id, None)
            case messages.CallEstablished(call_id=call_id) | messages.RoomJoined(call_id=call_id):
                self.calls[call_id] = View()
                self._follow(call_id, event)
            case messages.CallIncoming(call_id=call_id) | messages.CallRinging(call_id=call_id):
                self.calls.setdefault(call_id, None)
            case messages.ScreenStopped() | messages.MediaLost():
                pass
            case _:
                self._follow(event.call_id, event)

    def _follow(self, call_id: str, event: Event) -> None:
        view = self.calls[call_id]
        assert view is not None, f"told a change before the whole: {event}"
        view.apply(event)


class Outbox:
    """The platform's process and the sessions, in the place of `Sessions`: it tells only what it has time for."""

    def __init__(self) -> None:
        self.clients: dict[str, Client] = {}
        self._owed: list[Any] = []
        self._unconfirmed: list[Any] = []
        """Told, but owed again to the next process."""
        self._away: dict[str, list[Event]] = {}
        """What waits for the clients that have not come back, by session."""
        self._notifier = Notifier()

    def hear(self, event: object) -> None:
        """A commit has put this into the outbox."""
        if type(event).__name__ in HAPPENINGS:
            self._owed.append(event)

    def dispatch(self, count: int) -> None:
        for happening in self._owed[:count]:
            for notification in self._notifier.notify(happening):
                self._tell(notification)
        self._unconfirmed += self._owed[:count]
        del self._owed[:count]

    def confirm(self) -> None:
        self._unconfirmed = []

    def loses_socket(self, session: str) -> None:
        self._away.setdefault(session, [])

    def is_killed(self, running: list[tuple[Call, Dialog | Conference]], sessions: list[str]) -> None:
        """All that was told and had not arrived is lost; the next process restores the sessions."""
        owed, self._owed, self._unconfirmed = [*self._unconfirmed, *self._owed], [], []
        self._notifier = Notifier()
        told = self._notifier.restore(owed, running)
        self._away = {}
        for session in sessions:
            notifications = told.get(session, [])
            calls = tuple(dict.fromkeys(notification.call_id for notification in notifications))
            self._away[session] = [messages.SessionRestored(calls=calls)]
            for notification in notifications:
                self._tell(notification)

    def come_back(self) -> None:
        """All clients resume."""
        for session in list(self._away):
            for event in self._away.pop(session):
                self._client(session).hear(event)

    def _tell(self, notification: Notification) -> None:
        if notification.event is None:
            return
        if notification.session in self._away:
            self._away[notification.session].append(notification.event)
        else:
            self._client(notification.session).hear(notification.event)

    def _client(self, session: str) -> Client:
        return self.clients.setdefault(session, Client())

    def require_fresh(self, _owners: object) -> None:
        """Looked at when all is told, not after each event."""

    def require_all_ended(self) -> None:
        self.come_back()
        self.dispatch(len(self._owed))
        assert all(not client.calls for client in self.clients.values())


SESSIONS: Final = ["s1", "s2", "s3"]


class Restarts(TreesMachine):
    """What is told is told late, and may have to be told by another process. The other base makes the trees."""

    def __init__(self) -> None:
        super().__init__()
        self.outbox = Outbox()
        self._sessions: Any = self.outbox

    @rule(count=st.sampled_from([1, 3, 1_000]), confirmed=st.booleans())
    def some_of_it_is_told(self, count: int, confirmed: bool) -> None:
        self.outbox.dispatch(count)
        if confirmed:
            self.outbox.confirm()

    @rule(session=st.sampled_from(SESSIONS))
    def a_socket_is_lost(self, session: str) -> None:
        self.outbox.loses_socket(session)

    @rule()
    def the_process_is_killed(self) -> None:
        self.outbox.is_killed(self._running(), SESSIONS)

    @rule(microphones=st.lists(st.booleans(), min_size=1, max_size=3))
    def what_follows_a_kill_is_told_by_the_next_process(self, microphones: list[bool]) -> None:
        self.outbox.dispatch(1_000)
        self.outbox.confirm()
        self.the_process_is_killed()
        for (call, _), microphone in zip(self._running(), microphones, strict=False):
            self.happen(call.owner, MediaSwitched(call.id, microphone))
        self.everybody_is_back_and_knows_what_is_so()

    @rule()
    def everybody_is_back_and_knows_what_is_so(self) -> None:
        self.outbox.come_back()
        self.outbox.dispatch(1_000)
        expected: dict[str, dict[str, View | None]] = {session: {} for session in SESSIONS}
        for call, owner in self._running():
            for session in call.ringing:
                expected[session][call.id] = None
            if call.session:
                expected[call.session][call.id] = _view(call, owner)
        for session in SESSIONS:
            client = self.outbox.clients.get(session, Client())
            believed = {id: client.calls.get(id) for id in expected[session]}
            assert believed == expected[session]
            assert client.calls.keys() <= expected[session].keys(), "it believes in a call that has ended"

    def teardown(self) -> None:
        self.everybody_is_back_and_knows_what_is_so()
        super().teardown()

    def _running(self) -> list[tuple[Call, Dialog | Conference]]:
        states = self.trees.states
        calls = [state for state in states.values() if isinstance(state, Call) and state.state not in TERMINAL]
        return [(call, states[call.owner]) for call in calls]


def _view(call: Call, owner: Dialog | Conference) -> View | None:
    if isinstance(owner, Dialog):
        if owner.established_at is None:
            return None
        others = {owner.other(call.id).id: owner.other(call.id)}
    elif owner.participants[call.id].state is ParticipantState.JOINED:
        others = {id: participant for id, participant in owner.participants.items() if id != call.id}
    else:
        return None
    return View(others, owner.room.slots_of(call.id), owner.room.members[call.id].video_slots)


class RestartedDialogs(Restarts, Dialogs):
    """Calls between two."""


class RestartedConferences(Restarts, Conferences):
    """Rooms."""


TestRestartedDialogs = RestartedDialogs.TestCase
TestRestartedConferences = RestartedConferences.TestCase
