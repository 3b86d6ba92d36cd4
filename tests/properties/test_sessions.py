"""A session and a client that loses sockets, frames and answers at any time, and a platform that loses its process;
against a model of what the client is owed.
"""

import json

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ringback.signaling.messages import CallOpened, CallRinging
from ringback.signaling.session import ANSWERS_KEPT, EVENTS_KEPT, Answered, Session, Taken
from tests.unit.signaling.greeting import CLAIMS


class SessionAndClient(RuleBasedStateMachine):
    """The model: all that was ever told, and all that was ever asked."""

    def __init__(self) -> None:
        super().__init__()
        self.session = Session("s1", "hash of its key", CLAIMS)
        self.connected = True
        self.told: list[str] = []
        self.heard: list[str] = []
        self.last_id = 1
        self.unanswered: list[int] = []
        """What a process that was killed left without an answer: the client asks again, first of all."""
        self.carried_out: list[int] = []
        self.answers: dict[int, bytes] = {}
        """Every answer that the platform has given."""
        self.got: dict[int, bytes] = {}
        """Every answer that the client has."""

    # What the platform says.

    @rule(arrives=st.booleans())
    def something_happens(self, arrives: bool) -> None:
        """A frame that does not arrive is the last one of its socket."""
        self.told.append(f"call {len(self.told)}")
        frame = self.session.tell(CallRinging(call_id=self.told[-1]))
        if frame is not None:
            self._send(frame, arrives)

    @precondition(lambda self: self.connected)
    @rule()
    def the_client_confirms(self) -> None:
        self.session.confirm(len(self.heard))

    @precondition(lambda self: self.connected)
    @rule()
    def the_socket_is_lost(self) -> None:
        self.connected = False

    @precondition(lambda self: not self.connected)
    @rule(arrive=st.integers(0, 5))
    def the_client_comes_back(self, arrive: int) -> None:
        """And may be lost again while it is told what it missed."""
        missed = self.session.resume(len(self.heard))
        for frame in missed[:arrive]:
            self._hear(frame)
        self.connected = arrive >= len(missed)

    @rule()
    def the_process_is_killed(self) -> None:
        """The next one knows the session, and neither what it was told nor what it asked."""
        self.session = Session("s1", "hash of its key", CLAIMS, restored=True)
        self.connected = False
        self.told = list(self.heard)
        self.unanswered = sorted(set(self.carried_out) - self.got.keys())
        self.carried_out, self.answers = [], {}

    # What the client asks.

    @precondition(lambda self: self.connected)
    @rule()
    def it_asks(self) -> None:
        self.last_id += 1
        for id in (*self.unanswered, self.last_id):
            assert self.session.take(id) is Taken.NEW
            self.carried_out.append(id)
        self.unanswered = []

    @precondition(lambda self: set(self.carried_out) - self.answers.keys())
    @rule(data=st.data(), arrives=st.booleans())
    def the_platform_answers(self, data: st.DataObject, arrives: bool) -> None:
        id = data.draw(st.sampled_from(sorted(set(self.carried_out) - self.answers.keys())))
        self.answers[id] = self.session.reply(id, CallOpened(str(id)))
        if self.connected and arrives:
            self.got[id] = self.answers[id]
        self.connected = self.connected and arrives

    @precondition(lambda self: self.connected and set(self.carried_out) - self.got.keys())
    @rule(data=st.data())
    def it_asks_again(self, data: st.DataObject) -> None:
        id = data.draw(st.sampled_from(sorted(set(self.carried_out) - self.got.keys())))
        taken = self.session.take(id)
        if id not in self.answers:
            assert taken is Taken.UNDER_WAY
        elif len(self.answers) <= ANSWERS_KEPT:
            assert taken == Answered(self.answers[id])
            self.got[id] = self.answers[id]
        else:
            assert taken in (Answered(self.answers[id]), Taken.FORGOTTEN)

    # What it is owed.

    @invariant()
    def it_hears_everything_once_and_in_order(self) -> None:
        assert self.heard == self.told[: len(self.heard)]
        assert not self.connected or self.heard == self.told

    @invariant()
    def nothing_is_done_twice(self) -> None:
        assert len(set(self.carried_out)) == len(self.carried_out)

    @invariant()
    def only_what_is_unconfirmed_is_kept(self) -> None:
        assert self.session.overflowed is False or len(self.told) > EVENTS_KEPT

    def _send(self, frame: bytes, arrives: bool) -> None:
        if self.connected and arrives:
            self._hear(frame)
        self.connected = self.connected and arrives

    def _hear(self, frame: bytes) -> None:
        event = json.loads(frame)
        assert event["sequence"] == len(self.heard) + 1
        self.heard.append(event["callId"])


TestSessions = SessionAndClient.TestCase
