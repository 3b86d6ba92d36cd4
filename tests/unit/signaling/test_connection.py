"""The protocol of one socket, frame by frame, in virtual time."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from ringback.kernel.errors import Unauthenticated, Unavailable
from ringback.signaling.connection import (
    HELLO_SECONDS,
    MAX_MESSAGE_BYTES,
    MESSAGE_BURST,
    MESSAGES_PER_SECOND,
    SILENCE_SECONDS,
    Authenticate,
    CarryOut,
    Close,
    Confirmed,
    Connection,
    ConnectionState,
    Output,
    Send,
)
from ringback.signaling.requests import CallHangUp
from tests.unit.signaling.greeting import HELLO, WELCOME, greeted


def said(outputs: Sequence[Output]) -> list[Any]:
    """What a client would see: messages as dicts, a close as its code; work for the platform as it is."""
    seen: list[Any] = []
    for output in outputs:
        match output:
            case Send(frame):
                seen.append(json.loads(frame))
            case Close(code):
                seen.append(code)
            case _:
                seen.append(output)
    return seen


def ping(id: int) -> str:
    return json.dumps({"type": "ping", "id": id, "received": 0})


def error(id: int | None, code: str, field: str | None) -> dict[str, Any]:
    return {"type": "error", "id": id, "code": code, "field": field}


def without_message(seen: list[Any]) -> list[Any]:
    return [{k: v for k, v in item.items() if k != "message"} if isinstance(item, dict) else item for item in seen]


def test_hello_is_checked_and_answered() -> None:
    connection = Connection(0.0)
    [authenticate] = connection.receive(json.dumps(HELLO), 0.1)
    assert isinstance(authenticate, Authenticate)
    assert authenticate.hello.token == "t"
    assert said(connection.welcome(authenticate.hello, WELCOME)) == [
        {
            "type": "reply",
            "id": 1,
            "result": {
                "sessionId": "s1",
                "identity": "anna",
                "displayName": None,
                "expiresAt": "2030-01-01T08:00:00Z",
                "keepAliveSeconds": 20,
                "resumeKey": "k1",
                "resumeSeconds": 30,
                "resumed": False,
                "iceServers": [],
            },
        }
    ]
    assert connection.state is ConnectionState.READY


def test_a_token_that_is_revoked_later_gets_an_error_and_a_close_and_nothing_else() -> None:
    connection = greeted()
    farewell = connection.dismiss()
    assert without_message(said(farewell)) == [error(None, "UNAUTHENTICATED", None), 4401]
    assert connection.dismiss() == ()
    assert connection.say(b"too late") == ()
    assert connection.receive(ping(2), 1.0) == ()


def test_a_bad_token_gets_one_error_and_a_close_and_nothing_else() -> None:
    connection = Connection(0.0)
    [authenticate] = connection.receive(json.dumps(HELLO), 0.1)
    assert isinstance(authenticate, Authenticate)
    refused = said(connection.refuse(authenticate.hello, Unauthenticated()))
    assert without_message(refused) == [error(1, "UNAUTHENTICATED", None), 4401]
    assert connection.receive(ping(2), 0.2) == ()
    assert connection.say(b"x") == ()


def test_who_cannot_be_taken_now_may_try_again_later() -> None:
    connection = Connection(0.0)
    [authenticate] = connection.receive(json.dumps(HELLO), 0.1)
    assert isinstance(authenticate, Authenticate)
    refused = said(connection.refuse(authenticate.hello, Unavailable()))
    assert without_message(refused) == [error(1, "SERVICE_UNAVAILABLE", None), 1013]


def test_whoever_does_not_say_hello_in_time_is_closed() -> None:
    connection = Connection(100.0)
    assert connection.tick(100.0 + HELLO_SECONDS - 0.1) == ()
    assert without_message(said(connection.tick(100.0 + HELLO_SECONDS))) == [error(None, "HELLO_TIMEOUT", None), 4408]
    assert connection.tick(999.0) == ()


@pytest.mark.parametrize(
    ("frame", "field"),
    [
        (ping(1), "type"),
        ("{", None),
        ('{"type":"hello","id":1,"client":{"name":"x","version":"1"}}', "token"),
    ],
)
def test_anything_else_before_hello_closes(frame: str, field: str | None) -> None:
    connection = Connection(0.0)
    [refusal, code] = said(connection.receive(frame, 0.1))
    assert (refusal["code"], refusal["field"], code) == ("INVALID_MESSAGE", field, 4400)


def test_impatience_before_the_welcome_closes() -> None:
    connection = Connection(0.0)
    connection.receive(json.dumps(HELLO), 0.1)
    [refusal, code] = said(connection.receive(ping(2), 0.2))
    assert (refusal["id"], refusal["code"], code) == (2, "INVALID_MESSAGE", 4400)


def test_a_request_is_to_be_carried_out() -> None:
    hang_up = CallHangUp(id=2, call_id="c1")
    assert greeted().receive('{"type":"call.hangUp","id":2,"callId":"c1"}', 1.0) == (CarryOut(hang_up),)


def test_what_the_session_says_goes_out_as_long_as_the_socket_is_of_use() -> None:
    connection = greeted()
    assert connection.say(b"x") == (Send(b"x"),)
    connection.abandon()
    assert connection.say(b"x") == ()
    assert Connection(0.0).say(b"x") == ()


def test_ping_is_answered_at_once_and_confirms_events() -> None:
    confirmed, pong = greeted().receive('{"type":"ping","id":2,"received":17}', 1.0)
    assert confirmed == Confirmed(17)
    assert said([pong]) == [{"type": "reply", "id": 2, "result": {}}]


def test_a_second_hello_is_refused_and_the_session_lives() -> None:
    connection = greeted()
    assert without_message(said(connection.receive(json.dumps(HELLO | {"id": 2}), 1.0))) == [
        error(2, "INVALID_MESSAGE", "type")
    ]
    assert connection.state is ConnectionState.READY


def test_silence_closes_and_every_word_postpones_it() -> None:
    connection = greeted(now=0.0)
    connection.receive(ping(2), 50.0)
    assert connection.tick(50.0 + SILENCE_SECONDS - 0.1) == ()
    assert said(connection.tick(50.0 + SILENCE_SECONDS)) == [4409]


def test_a_message_of_128_kib_passes_and_one_byte_more_closes() -> None:
    frame = json.dumps({"type": "media.offer", "id": 2, "callId": "c", "sdp": ""})
    fits = frame.replace('"sdp": ""', '"sdp": "' + "x" * (MAX_MESSAGE_BYTES - len(frame)) + '"')
    [output] = greeted().receive(fits, 1.0)
    assert isinstance(output, CarryOut)
    assert without_message(said(greeted().receive(fits + " ", 1.0))) == [error(None, "MESSAGE_TOO_LARGE", None), 1009]


def test_bytes_count_not_characters() -> None:
    frame = '{"type":"media.offer","id":2,"callId":"c","sdp":"' + "ü" * (MAX_MESSAGE_BYTES // 2) + '"}'
    assert said(greeted().receive(frame, 1.0))[1] == 1009


def test_custom_data_over_four_kib_is_refused() -> None:
    start = {
        "type": "call.start",
        "id": 2,
        "destination": {"type": "WEBRTC", "identity": "boris"},
        "microphone": True,
        "camera": False,
        "customData": {"note": "x" * 4096},
    }
    assert without_message(said(greeted().receive(json.dumps(start), 1.0))) == [
        error(2, "INVALID_MESSAGE", "customData")
    ]


@pytest.mark.parametrize(("text", "fits"), [("ü" * 4096, True), ("ü" * 4096 + "!", False)])
def test_a_text_has_8192_bytes_however_many_characters(text: str, fits: bool) -> None:
    [output] = greeted().receive(json.dumps({"type": "text.send", "id": 2, "callId": "c", "text": text}), 1.0)
    if fits:
        assert isinstance(output, CarryOut)
    else:
        assert without_message(said([output])) == [error(2, "INVALID_MESSAGE", "text")]


def test_a_flood_is_closed() -> None:
    connection = greeted()
    answers = [connection.receive(ping(id), 1.0) for id in range(2, int(MESSAGE_BURST) + 3)]
    assert all(said(answer)[1]["type"] == "reply" for answer in answers[:-1])
    assert without_message(said(answers[-1])) == [error(None, "TOO_MANY_MESSAGES", None), 4429]


def test_a_steady_talker_is_not_a_flood() -> None:
    connection = greeted()
    for id in range(2, 2000):
        [_, answer] = said(connection.receive(ping(id), id / MESSAGES_PER_SECOND))
        assert answer["type"] == "reply"


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "null",
        "[]",
        "3",
        '"hello"',
        "{" * 100_000,
        "[" * 100_000,
        '{"type":"ping","id":1e400}',
        "\ud800",
        b"\xff\x00",
    ],
)
def test_nonsense_is_answered_and_the_session_lives(frame: str | bytes) -> None:
    connection = greeted()
    [refusal] = said(connection.receive(frame, 1.0))
    assert refusal["code"] == "INVALID_MESSAGE"
    assert said(connection.receive(ping(7), 1.1))[1:] == [{"type": "reply", "id": 7, "result": {}}]
