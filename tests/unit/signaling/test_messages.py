"""The golden vectors of `protocol/signaling/`, which the SDK's tests read too."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from ringback.signaling.connection import CarryOut, Close, Confirmed, Connection, Send
from ringback.signaling.messages import Error, Event
from tests.unit.signaling.greeting import HELLO, greeted

PROTOCOL = Path(__file__).parents[3] / "protocol" / "signaling"
VALID = sorted((PROTOCOL / "vectors" / "valid").glob("*.json"))
INVALID = sorted((PROTOCOL / "vectors" / "invalid").glob("*.json"))
SCHEMA = json.loads((PROTOCOL / "schema.json").read_text())


def vectors(files: list[Path], direction: str) -> list[Any]:
    read = [json.loads(file.read_text()) for file in files]
    return [pytest.param(vector, id=vector["name"]) for vector in read if vector["direction"] == direction]


def test_there_are_vectors() -> None:
    assert len(VALID) > 30
    assert len(INVALID) > 40


@pytest.mark.parametrize("vector", vectors(VALID, "to_server"))
def test_a_valid_message_is_taken(vector: dict[str, Any]) -> None:
    message = vector["message"]
    connection = Connection(0.0) if message["type"] == "hello" else greeted()
    outputs = connection.receive(json.dumps(message), 0.1)
    if message["type"] == "ping":
        assert [type(output) for output in outputs] == [Confirmed, Send]
    else:
        assert outputs
        assert not any(isinstance(output, Send | Close) for output in outputs)


@pytest.mark.parametrize("vector", vectors(INVALID, "to_server"))
def test_an_invalid_message_is_refused_and_the_field_named(vector: dict[str, Any]) -> None:
    [output] = greeted().receive(json.dumps(vector["message"]), 0.1)
    assert isinstance(output, Send)
    refusal = json.loads(output.frame)
    assert (refusal["code"], refusal["field"]) == ("INVALID_MESSAGE", vector["field"])


SAID = [
    param
    for param in vectors(VALID, "from_server")
    # A reply is typed by its request, so the conversations check it; the future is for clients to cope with.
    if not str(param.id).startswith("reply") and "future" not in str(param.id)
]


@pytest.mark.parametrize("vector", SAID)
def test_what_the_platform_says_is_what_the_vectors_say(vector: dict[str, Any]) -> None:
    message = vector["message"]
    said = msgspec.json.decode(msgspec.json.encode(message), type=Event | Error)
    again = json.loads(msgspec.json.encode(said))
    assert again == message
    jsonschema.Draft202012Validator(SCHEMA).validate(again)


def test_a_session_takes_exactly_what_the_schema_takes() -> None:
    """The schema is upstream of all languages; where it and the types differ, one of the two is wrong."""
    validator = jsonschema.Draft202012Validator({**SCHEMA, "oneOf": SCHEMA["$defs"]["ClientMessage"]["oneOf"]})
    for file in (*VALID, *INVALID):
        vector = json.loads(file.read_text())
        if vector["direction"] == "to_server":
            message = vector["message"]
            connection = Connection(0.0) if isinstance(message, dict) and message.get("type") == "hello" else greeted()
            outputs = connection.receive(json.dumps(message), 0.1)
            refused = any(isinstance(output, Send) and b'"error"' in output.frame for output in outputs)
            assert validator.is_valid(message) is not refused, vector["name"]


def test_unknown_fields_are_ignored() -> None:
    assert Connection(0.0).receive(json.dumps(HELLO | {"fromTheFuture": {"a": 1}}), 0.1)
    [output] = greeted().receive('{"type":"call.hangUp","id":2,"callId":"c","why":"because"}', 0.1)
    assert isinstance(output, CarryOut)
