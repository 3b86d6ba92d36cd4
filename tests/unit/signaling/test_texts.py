"""Who gets a text, and what its sender is told of it."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from ringback.calls import machine as calls
from ringback.calls.dialogs.events import DialogEstablished
from ringback.calls.dialogs.machine import step
from ringback.calls.events import CallFinished
from ringback.calls.home import Home
from ringback.calls.model import (
    Call,
    EndReason,
    Participant,
    ParticipantState,
    PhoneEndpoint,
    Place,
    WebrtcEndpoint,
)
from ringback.conferences.events import ParticipantJoined, ParticipantLeft
from ringback.conferences.model import Conference, ConferenceState
from ringback.kernel.errors import InvalidState
from ringback.media.room import RoomPlan
from ringback.signaling.messages import TextDelivered, TextReceived
from ringback.signaling.texts import AWAITED_TEXTS, CONFIRM_TIME, OPEN_TEXTS, Texts, TooManyTexts
from ringback.testing.calls import ALICE, BOB, CHILD, PARENT, start_dialog, start_inbound, start_outbound
from ringback.testing.playbook import NOON

LATER = NOON + timedelta(seconds=1)


def room(id: str) -> Conference:
    return Conference(
        id=id,
        account_id="acme",
        name=id,
        state=ConferenceState.ACTIVE,
        home=Home(Place(0, id)),
        room=RoomPlan(id),
        created_at=NOON,
    )


def participant(call: str, identity: str | None = None) -> Participant:
    endpoint = WebrtcEndpoint(identity or call)
    return Participant(id=call, endpoint=endpoint, state=ParticipantState.JOINED, microphone=True, camera=False)


def room_of(*calls: str) -> Texts:
    texts = Texts()
    for call in calls:
        texts.follow(ParticipantJoined(room("standup"), participant(call)), NOON)
    return texts


def leave(texts: Texts, call: str) -> list[TextDelivered]:
    return texts.follow(ParticipantLeft(room("standup"), participant(call)), LATER)


def leg(id: str) -> Call:
    return replace(calls.step(None, start_inbound(), NOON).state, id=id, endpoint=WebrtcEndpoint(id))


def receivers(events: list[TextReceived] | list[TextDelivered]) -> list[str]:
    assert all(isinstance(event, TextReceived) for event in events)
    return [event.call_id for event in events]


def reported(text_id: str, *, to: str = "anna", delivered: bool, date: datetime = LATER) -> list[TextDelivered]:
    return [TextDelivered(call_id=to, text_id=text_id, delivered=delivered, date=date)]


def test_everybody_else_in_the_room_gets_a_text() -> None:
    texts = room_of("anna", "boris", "clara")
    texts.follow(ParticipantJoined(room("elsewhere"), participant("dora")), NOON)
    received, other = texts.send("anna", "t", "hello", None, NOON)
    assert received == TextReceived(
        call_id="boris", text_id="t", text="hello", sender=WebrtcEndpoint("anna"), direct=False, date=NOON
    )
    assert other.call_id == "clara"


def test_a_direct_text_reaches_an_identity_on_all_its_devices_but_the_senders() -> None:
    texts = room_of("anna", "boris")
    for call in ("anna at home", "boris at home"):
        texts.follow(ParticipantJoined(room("standup"), participant(call, call.split()[0])), NOON)
    assert receivers(texts.send("anna", "t", "hello", "boris", NOON)) == ["boris", "boris at home"]
    assert receivers(texts.send("anna", "u", "hello", "anna", NOON)) == ["anna at home"]
    [received] = texts.send("anna", "v", "hello", "anna", NOON)
    assert isinstance(received, TextReceived)
    assert received.direct


def test_both_sides_of_an_established_dialog_write_to_each_other() -> None:
    texts = Texts()
    dialog = step(None, start_dialog(), NOON).state
    with pytest.raises(InvalidState):
        texts.send(PARENT.id, "t", "too early", None, NOON)
    texts.follow(DialogEstablished(dialog), NOON)
    [to_bob] = texts.send(PARENT.id, "t", "hello", None, NOON)
    [to_alice] = texts.send(CHILD.id, "u", "hi", "alice", NOON)
    assert isinstance(to_bob, TextReceived)
    assert isinstance(to_alice, TextReceived)
    assert (to_bob.call_id, to_bob.sender) == (CHILD.id, ALICE)
    assert (to_alice.call_id, to_alice.sender) == (PARENT.id, BOB)


def test_who_still_joins_neither_writes_nor_reads() -> None:
    texts = room_of("anna")
    assert texts.send("anna", "t", "anybody?", None, NOON) == reported("t", delivered=False, date=NOON)
    with pytest.raises(InvalidState):
        texts.send("boris", "u", "me!", None, NOON)


def test_a_text_is_delivered_when_the_last_one_confirms_it() -> None:
    texts = room_of("anna", "boris", "clara")
    texts.send("anna", "t", "hello", None, NOON)
    assert texts.confirm("boris", "t", LATER) == []
    assert texts.confirm("boris", "t", LATER) == []
    assert texts.confirm("clara", "t", LATER) == reported("t", delivered=True)
    assert texts.confirm("clara", "t", LATER) == []
    assert texts.deadline is None


def test_who_confirms_a_text_confirms_what_came_before_and_nothing_else() -> None:
    texts = room_of("anna", "boris")
    for id in ("t1", "t2", "t3"):
        texts.send("anna", id, id, None, NOON)
    assert texts.confirm("boris", "t2", LATER) == [*reported("t1", delivered=True), *reported("t2", delivered=True)]
    assert texts.confirm("boris", "t3", LATER) == reported("t3", delivered=True)


def test_nobody_can_confirm_what_was_sent_to_others() -> None:
    texts = room_of("anna", "boris", "clara")
    texts.send("anna", "t", "hello", "boris", NOON)
    assert texts.confirm("clara", "t", LATER) == []
    assert texts.confirm("anna", "t", LATER) == []
    assert texts.confirm("boris", "t", LATER) == reported("t", delivered=True)


def test_a_text_that_one_left_without_confirming_is_not_delivered() -> None:
    texts = room_of("anna", "boris", "clara")
    texts.send("anna", "t", "hello", None, NOON)
    texts.send("clara", "u", "me too", "anna", NOON)
    texts.confirm("clara", "t", NOON)
    assert leave(texts, "boris") == reported("t", delivered=False)
    assert leave(texts, "boris") == []
    assert texts.confirm("anna", "u", LATER) == reported("u", to="clara", delivered=True)


def test_a_text_that_was_confirmed_before_somebody_left_is_delivered_by_the_others() -> None:
    texts = room_of("anna", "boris", "clara")
    texts.send("anna", "t", "hello", None, NOON)
    texts.confirm("boris", "t", NOON)
    assert leave(texts, "boris") == []
    assert texts.confirm("clara", "t", LATER) == reported("t", delivered=True)


def test_nothing_is_reported_to_a_sender_that_has_left() -> None:
    texts = room_of("anna", "boris")
    texts.send("anna", "t", "bye", None, NOON)
    assert leave(texts, "anna") == []
    assert texts.confirm("boris", "t", LATER) == []
    assert texts.deadline is None


def test_the_end_of_a_call_is_its_leaving() -> None:
    texts = Texts()
    texts.follow(DialogEstablished(step(None, start_dialog(), NOON).state), NOON)
    texts.send(PARENT.id, "t", "hello", None, NOON)
    ended = calls.step(None, start_outbound(), NOON).state
    assert texts.follow(CallFinished(ended, EndReason.NORMAL_HANGUP), LATER) == reported(
        "t", to=PARENT.id, delivered=False
    )


def test_a_text_that_nobody_confirms_expires() -> None:
    texts = room_of("anna", "boris")
    texts.send("anna", "t", "hello", None, NOON)
    texts.send("anna", "u", "hello?", None, LATER)
    due = NOON + CONFIRM_TIME
    assert texts.deadline == due
    assert texts.expire(due - timedelta(milliseconds=1)) == []
    assert texts.expire(due) == reported("t", delivered=False, date=due)
    assert texts.confirm("boris", "t", due) == []
    assert texts.deadline == LATER + CONFIRM_TIME


def test_a_sender_has_so_many_open_texts_and_no_more() -> None:
    texts = room_of("anna", "boris")
    for number in range(OPEN_TEXTS):
        texts.send("anna", f"t{number}", "hello", None, NOON)
    with pytest.raises(TooManyTexts):
        texts.send("anna", "one more", "hello", None, NOON)
    assert receivers(texts.send("boris", "t", "slower!", None, NOON)) == ["anna"]
    texts.confirm("boris", "t0", NOON)
    assert receivers(texts.send("anna", "one more", "hello", None, NOON)) == ["boris"]


def test_who_confirms_nothing_gets_so_many_texts_and_no_more() -> None:
    senders = [f"sender {number}" for number in range(4)]
    texts = room_of("anna", "boris", *senders)
    for number in range(AWAITED_TEXTS):
        sender = senders[number % 4]
        assert receivers(texts.send(sender, f"t{number}", "hello", "anna", NOON)) == ["anna"]
    assert receivers(texts.send("boris", "one more", "hello", None, NOON)) == senders
    for sender in senders:
        assert texts.confirm(sender, "one more", NOON) == []
    assert texts.confirm("anna", "t0", NOON) == reported("t0", to=senders[0], delivered=True, date=NOON)
    assert receivers(texts.send("boris", "again", "hello", "anna", NOON)) == ["anna"]
    due = NOON + CONFIRM_TIME
    assert TextDelivered(call_id="boris", text_id="one more", delivered=False, date=due) in texts.expire(due)
    assert texts.deadline is None


def test_a_phone_in_a_room_is_not_waited_for() -> None:
    texts = room_of("anna", "boris")
    phone = replace(participant("phone"), endpoint=PhoneEndpoint("41793026727"))
    texts.follow(ParticipantJoined(room("standup"), phone), NOON)
    assert receivers(texts.send("anna", "t", "hello", None, NOON)) == ["boris"]


def test_after_a_restart_who_is_in_is_known_and_what_was_sent_is_not() -> None:
    joined = {call: participant(call) for call in ("anna", "boris")}
    joining = replace(participant("clara"), state=ParticipantState.JOINING)
    standup = replace(room("standup"), participants=joined | {"clara": joining})
    texts = Texts()
    texts.restore((leg(call), standup) for call in standup.participants)
    assert texts.confirm("boris", "t", NOON) == []
    assert receivers(texts.send("anna", "u", "hello", None, NOON)) == ["boris"]
    dialog = step(None, start_dialog(), NOON).state
    texts.restore([(leg(PARENT.id), dialog)])
    with pytest.raises(InvalidState):
        texts.send(PARENT.id, "v", "too early", None, NOON)
