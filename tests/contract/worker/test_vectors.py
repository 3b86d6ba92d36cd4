"""The committed bytes are what Python reads and writes; the Rust tests read the same files."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from ringback.media import protocol
from ringback.media.commands import Answer, Command, Done, result_type
from ringback.media.facts import Fact, RoomFailReason, TransportCloseReason
from ringback.media.model import Snapshot
from tests.contract.worker.generate import FOLDER, VECTORS, message_of, schema

PATHS = sorted(VECTORS.glob("*.json"))


def read(path: Path) -> dict[str, Any]:
    vector: dict[str, Any] = json.loads(path.read_text())
    return vector


def messages() -> list[protocol.ToWorker | protocol.FromWorker]:
    return [message_of(read(path)) for path in PATHS]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_vector_is_written_byte_for_byte(path: Path) -> None:
    vector = read(path)
    assert protocol.encode(message_of(vector)).hex() == vector["hex"]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_vector_is_read_back(path: Path) -> None:
    vector = read(path)
    body = bytes.fromhex(vector["hex"])
    to_worker = vector["direction"] == "to_worker"
    decoded = protocol.decode_to_worker(body) if to_worker else protocol.decode_from_worker(body)
    assert decoded == message_of(vector)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_the_json_of_a_vector_says_all_that_the_bytes_say(path: Path) -> None:
    vector = read(path)
    assert vector["name"] == path.stem
    assert msgspec.msgpack.decode(bytes.fromhex(vector["hex"])) == vector["message"]


def test_every_message_command_and_fact_has_a_vector() -> None:
    seen: set[type] = set()
    for message in messages():
        seen.add(type(message))
        if isinstance(message, protocol.RunCommand):
            seen.add(type(message.command))
        if isinstance(message, protocol.FactReport):
            seen.add(type(message.fact))
    every = [*get_args(protocol.ToWorker), *get_args(protocol.FromWorker), *get_args(Command), *get_args(Fact)]
    assert seen == set(every)


@pytest.mark.parametrize("codes", [protocol.ErrorCode, protocol.RefusalCode, TransportCloseReason, RoomFailReason])
def test_every_code_has_a_vector(codes: type[StrEnum]) -> None:
    text = "".join(path.read_text() for path in PATHS)
    assert [code for code in codes if f'"{code}"' not in text] == []


@pytest.mark.parametrize(("name", "kind"), [("done", Done), ("answer", Answer), ("snapshot", Snapshot)])
def test_every_result_has_a_vector(name: str, kind: type[Done | Answer | Snapshot]) -> None:
    reply = message_of(read(VECTORS / f"reply_{name}.json"))
    assert isinstance(reply, protocol.Reply)
    body = msgspec.msgpack.encode(msgspec.convert(reply.result, kind))
    assert body == msgspec.msgpack.encode(reply.result)


def test_the_result_follows_from_the_command() -> None:
    commands = [message.command for message in messages() if isinstance(message, protocol.RunCommand)]
    assert {type(command).__name__: result_type(command).__name__ for command in commands} == {
        "OpenRoom": "Done",
        "CloseRoom": "Done",
        "AcceptOffer": "Answer",
        "CloseParticipant": "Done",
        "Publish": "Done",
        "Unpublish": "Done",
        "MapSlot": "Done",
        "PreferSlot": "Done",
        "RequestKeyframe": "Done",
        "StartCapture": "Done",
        "StopCapture": "Done",
        "TakeSnapshot": "Snapshot",
        "Ping": "Done",
        "Drain": "Done",
        "ShutDown": "Done",
    }


def test_keys_of_a_newer_release_are_ignored() -> None:
    body = msgspec.msgpack.encode({"type": "superseded", "epoch": 2, "invented_later": [1, 2]})
    assert protocol.decode_from_worker(body) == protocol.Superseded(epoch=2)


def test_the_committed_schema_is_current() -> None:
    assert (FOLDER / "schema.json").read_text() == schema(), "run tests/contract/worker/generate.py"
