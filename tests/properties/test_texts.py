"""Texts under all that people do at once: each sender that stays hears of each of its texts once, and the truth."""

from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ringback.calls.model import Participant, ParticipantState, WebrtcEndpoint
from ringback.conferences.events import ParticipantJoined, ParticipantLeft
from ringback.conferences.model import Conference
from ringback.signaling.messages import TextDelivered, TextReceived
from ringback.signaling.texts import CONFIRM_TIME, Texts
from ringback.testing.playbook import NOON
from tests.unit.signaling.test_texts import room

CALLS = tuple("abcdef")
"""They come into the two rooms in turns. The first three are those of one identity, the others of another."""
ROOMS = (room("first"), room("second"))


def room_of(call: str) -> Conference:
    return ROOMS[CALLS.index(call) % 2]


def participant(call: str) -> Participant:
    identity = CALLS[CALLS.index(call) // 3 * 3]
    endpoint = WebrtcEndpoint(identity)
    return Participant(id=call, endpoint=endpoint, state=ParticipantState.JOINED, microphone=True, camera=False)


class Conversations(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.texts = Texts()
        self.now: datetime = NOON
        self.present: list[str] = []
        self.inboxes: dict[str, list[str]] = {}
        """The texts that each call has got since it came."""
        self.owed: dict[str, tuple[str, set[str], datetime]] = {}
        """Of each text whose sender has not heard of it: the sender, who has not confirmed, and until when they may."""
        self.count = 0

    def hear(self, events: list[TextReceived] | list[TextDelivered]) -> None:
        for event in events:
            assert event.call_id in self.present
            if isinstance(event, TextReceived):
                self.inboxes[event.call_id].append(event.text_id)
            else:
                sender, missing, deadline = self.owed.pop(event.text_id)
                assert sender == event.call_id
                assert event.delivered == (not missing)
                assert event.delivered or self.now >= deadline or not missing <= set(self.present)

    @rule(call=st.sampled_from(CALLS))
    def comes(self, call: str) -> None:
        if call not in self.present:
            self.present.append(call)
            self.inboxes[call] = []
            self.hear(self.texts.follow(ParticipantJoined(room_of(call), participant(call)), self.now))

    @precondition(lambda self: self.present)
    @rule(data=st.data())
    def goes(self, data: st.DataObject) -> None:
        call = data.draw(st.sampled_from(self.present))
        self.present.remove(call)
        self.owed = {id: owed for id, owed in self.owed.items() if owed[0] != call}
        left = ParticipantLeft(room_of(call), participant(call))
        self.hear(self.texts.follow(left, self.now))
        assert all(call not in missing for _, missing, _ in self.owed.values())

    @precondition(lambda self: self.present)
    @rule(data=st.data(), to=st.sampled_from((None, "a", "d")))
    def writes(self, data: st.DataObject, to: str | None) -> None:
        sender = data.draw(st.sampled_from(self.present))
        self.count += 1
        id = f"t{self.count}"
        others = [call for call in self.present if call != sender and room_of(call) is room_of(sender)]
        addressees = {call for call in others if to in (None, participant(call).endpoint.identifier)}
        self.owed[id] = (sender, addressees or {"nobody"}, self.now + CONFIRM_TIME)
        self.hear(self.texts.send(sender, id, "text", to, self.now))
        assert {call for call in self.present if id in self.inboxes[call]} == addressees

    @precondition(lambda self: any(self.inboxes[call] for call in self.present))
    @rule(data=st.data())
    def confirms(self, data: st.DataObject) -> None:
        call = data.draw(st.sampled_from([call for call in self.present if self.inboxes[call]]))
        inbox = self.inboxes[call]
        place = data.draw(st.integers(0, len(inbox) - 1))
        if inbox[place] in self.owed and call in self.owed[inbox[place]][1]:
            for id in inbox[: place + 1]:
                if id in self.owed:
                    self.owed[id][1].discard(call)
        self.hear(self.texts.confirm(call, inbox[place], self.now))

    @rule(seconds=st.integers(1, 20))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.hear(self.texts.expire(self.now))

    @invariant()
    def who_has_heard_of_a_text_is_owed_nothing(self) -> None:
        assert all(missing and deadline > self.now for _, missing, deadline in self.owed.values())
        deadline = min((deadline for _, _, deadline in self.owed.values()), default=None)
        assert self.texts.deadline == deadline


TestConversations = Conversations.TestCase
