"""What outlives a socket: nothing is told twice, nothing is missed, nothing is done twice."""

import json

from ringback.kernel.errors import InvalidState
from ringback.signaling.messages import CallOpened, CallRinging
from ringback.signaling.session import ANSWERS_KEPT, EVENTS_KEPT, Answered, Session, Taken
from tests.unit.signaling.greeting import CLAIMS


def session() -> Session:
    return Session("s1", "k1", CLAIMS)


def ringing(call_id: str) -> CallRinging:
    return CallRinging(call_id=call_id)


def test_events_are_numbered_from_one() -> None:
    anna = session()
    assert json.loads(anna.tell(ringing("c"))) == {"type": "call.ringing", "sequence": 1, "callId": "c"}
    assert json.loads(anna.tell(ringing("d"))) == {"type": "call.ringing", "sequence": 2, "callId": "d"}


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
