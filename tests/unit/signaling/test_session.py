"""What outlives a socket: nothing is told twice, nothing is missed, nothing is done twice."""

import json
from typing import Any

from ringback.kernel.errors import InvalidState
from ringback.signaling.messages import CallOpened, CallRinging
from ringback.signaling.session import ANSWERS_KEPT, EVENTS_KEPT, Answered, Session, Taken, hash_key
from tests.unit.signaling.greeting import CLAIMS


def session() -> Session:
    return Session("s1", hash_key("k1"), CLAIMS)


def ringing(call_id: str) -> CallRinging:
    return CallRinging(call_id=call_id)


def told(to: Session, call_id: str) -> Any:
    frame = to.tell(ringing(call_id))
    assert frame is not None
    return json.loads(frame)


def test_events_are_numbered_from_one() -> None:
    anna = session()
    assert told(anna, "c") == {"type": "call.ringing", "sequence": 1, "callId": "c"}
    assert told(anna, "d") == {"type": "call.ringing", "sequence": 2, "callId": "d"}


def test_whoever_comes_back_gets_what_it_missed_and_no_more() -> None:
    anna = session()
    frames = [anna.tell(ringing(str(number))) for number in range(5)]
    assert anna.resume(last_sequence=3) == frames[3:]
    assert anna.resume(last_sequence=3) == frames[3:]  # lost again on the way
    assert anna.resume(last_sequence=5) == []


def test_what_is_confirmed_is_not_kept() -> None:
    anna = session()
    for number in range(EVENTS_KEPT):
        anna.tell(ringing(str(number)))
    overflowed = [anna.overflowed]
    anna.tell(ringing("one more"))
    overflowed.append(anna.overflowed)
    anna.confirm(1)
    overflowed.append(anna.overflowed)
    assert overflowed == [False, True, False]


def test_a_request_is_carried_out_once_however_often_it_comes() -> None:
    anna = session()
    assert anna.take(2) is Taken.NEW
    assert anna.take(2) is Taken.UNDER_WAY
    answer = anna.reply(2, CallOpened("c1"))
    assert json.loads(answer) == {"type": "reply", "id": 2, "result": {"callId": "c1"}}
    assert anna.take(2) == Answered(answer)
    assert anna.take(3) is Taken.NEW


def test_a_refusal_is_remembered_like_a_reply() -> None:
    anna = session()
    anna.take(2)
    refusal = anna.fail(2, InvalidState("the call is FAILED", field="callId"))
    assert json.loads(refusal) == {
        "type": "error",
        "id": 2,
        "code": "INVALID_STATE",
        "message": "the call is FAILED",
        "field": "callId",
    }
    assert anna.take(2) == Answered(refusal)


def test_an_answer_of_long_ago_is_forgotten_but_never_done_again() -> None:
    anna = session()
    for id in range(1, ANSWERS_KEPT + 2):
        anna.take(id)
        anna.reply(id, CallOpened(str(id)))
    assert anna.take(1) is Taken.FORGOTTEN
    assert anna.take(2) == Answered(anna.reply(2, CallOpened("2")))


def test_only_its_key_opens_a_session() -> None:
    assert session().opens_to("k1")
    assert [session().opens_to(key) for key in ("k2", "", hash_key("k1"))] == [False] * 3


def test_a_restored_session_goes_on_counting_where_its_client_was() -> None:
    anna = Session("s1", hash_key("k1"), CLAIMS, restored=True)
    assert [anna.tell(ringing(call_id)) for call_id in "cd"] == [None, None]
    missed = [json.loads(frame) for frame in anna.resume(last_sequence=7)]
    assert [(event["callId"], event["sequence"]) for event in missed] == [("c", 8), ("d", 9)]
    assert told(anna, "e")["sequence"] == 10
    again = [json.loads(frame)["sequence"] for frame in anna.resume(last_sequence=8)]
    assert again == [9, 10]


def test_a_restored_session_takes_the_requests_that_its_client_sends_again() -> None:
    anna = Session("s1", hash_key("k1"), CLAIMS, restored=True)
    assert [anna.take(id) for id in (41, 43)] == [Taken.NEW] * 2
    anna.reply(41, CallOpened("c1"))
    assert isinstance(anna.take(41), Answered)


def test_what_a_restored_session_is_to_be_told_is_not_kept_without_end() -> None:
    anna = Session("s1", hash_key("k1"), CLAIMS, restored=True)
    for number in range(EVENTS_KEPT + 1):
        anna.tell(ringing(str(number)))
    assert anna.overflowed
