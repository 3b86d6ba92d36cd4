"""The controller's side of a connection, as bytes in and events out."""

import msgspec
import pytest

from ringback.media.commands import AcceptOffer, Answer, Command, Done, OpenRoom, TakeSnapshot
from ringback.media.conversation import Answered, Broken, Conversation, acknowledge_frame, command_frame
from ringback.media.facts import PublicationStarted
from ringback.media.framing import encode_frame
from ringback.media.protocol import (
    Acknowledge,
    CommandError,
    ErrorCode,
    FactReport,
    FromWorker,
    Hello,
    Levels,
    ProtocolError,
    RefusalCode,
    Refused,
    Reply,
    RunCommand,
    Statistics,
    Superseded,
    Video,
    Welcome,
    decode_to_worker,
    encode,
)
from ringback.testing.media_rules import WorkerRules

WELCOME = Welcome(protocol=1, build="b", boot_id="boot", addresses=(), last_fact=0, overflowed=False, draining=False)
SNAPSHOT = WorkerRules("boot").snapshot()
STATISTICS = Statistics(worker=SNAPSHOT.worker)
FACT = FactReport(number=1, fact=PublicationStarted(room="r", publication="p"))
OFFER = AcceptOffer(room="r", participant="p", transport="t", sdp="v=0")


def says(*messages: FromWorker) -> bytes:
    return b"".join(encode_frame(encode(message)) for message in messages)


def reply(command_id: str, result: dict[str, object] | None = None, error: CommandError | None = None) -> Reply:
    return Reply(id=command_id, result=result, error=error)


@pytest.fixture
def conversation() -> Conversation:
    """One that is open."""
    conversation = Conversation(epoch=4, build="ours")
    assert conversation.receive(says(WELCOME)) == [WELCOME]
    return conversation


def sent(conversation: Conversation, **commands: Command) -> None:
    for command_id, command in commands.items():
        conversation.sent(command_id, command)


def test_the_greeting_tells_versions_build_and_epoch() -> None:
    hello = Conversation(epoch=4, build="ours").hello()
    assert decode_to_worker(hello[4:]) == Hello(protocol_min=1, protocol_max=1, build="ours", epoch=4)


def test_commands_and_acknowledgements_become_frames() -> None:
    assert decode_to_worker(command_frame("1", OFFER)[4:]) == RunCommand(id="1", command=OFFER)
    assert decode_to_worker(acknowledge_frame(7)[4:]) == Acknowledge(fact=7)


def test_replies_get_the_type_that_their_command_promises(conversation: Conversation) -> None:
    sent(conversation, a=OpenRoom(room="r"), b=OFFER, c=TakeSnapshot())
    snapshot: dict[str, object] = msgspec.to_builtins(SNAPSHOT)
    heard = conversation.receive(says(reply("a", {}), reply("b", {"sdp": "v=0"}), reply("c", snapshot)))
    assert heard == [
        Answered(id="a", outcome=Done()),
        Answered(id="b", outcome=Answer(sdp="v=0")),
        Answered(id="c", outcome=SNAPSHOT),
    ]


def test_a_refused_command_gives_its_error(conversation: Conversation) -> None:
    sent(conversation, a=OFFER)
    error = CommandError(code=ErrorCode.OFFER_INVALID, message="no")
    assert conversation.receive(says(reply("a", error=error))) == [Answered(id="a", outcome=error)]


def test_one_id_may_be_asked_twice(conversation: Conversation) -> None:
    sent(conversation, a=OpenRoom(room="r"))
    sent(conversation, a=OpenRoom(room="r"))
    assert len(conversation.receive(says(reply("a", {}), reply("a", {})))) == 2


def test_what_comes_by_itself_passes_through_in_order(conversation: Conversation) -> None:
    said: list[FromWorker] = [STATISTICS, FACT, Video(rooms=()), Levels(rooms=())]
    assert conversation.receive(says(*said)) == said


def test_facts_may_come_in_the_same_bytes_as_the_welcome() -> None:
    assert Conversation(epoch=1, build="").receive(says(WELCOME, FACT)) == [WELCOME, FACT]


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (Superseded(epoch=5), Superseded(epoch=5)),
        (ProtocolError(message="what?"), Broken(message="the worker says: what?")),
        (WELCOME, Broken(message="Welcome is not expected here")),
        (reply("x", {}), Broken(message="the reply to 'x' is not the next one")),
    ],
)
def test_after_the_end_nothing_is_heard(conversation: Conversation, last: FromWorker, expected: object) -> None:
    assert conversation.receive(says(last, FACT)) == [expected]
    assert conversation.receive(says(FACT)) == []


def test_a_refusal_ends_the_conversation() -> None:
    refused = Refused(code=RefusalCode.STALE_EPOCH, message="too old")
    assert Conversation(epoch=1, build="").receive(says(refused, WELCOME)) == [refused]


@pytest.mark.parametrize(
    "message", [FACT, STATISTICS, Levels(rooms=()), Video(rooms=()), Superseded(epoch=1), reply("a", {})]
)
def test_nothing_else_is_expected_before_the_welcome(message: FromWorker) -> None:
    (event,) = Conversation(epoch=1, build="").receive(says(message))
    assert isinstance(event, Broken)


def test_replies_come_in_the_order_of_the_commands(conversation: Conversation) -> None:
    sent(conversation, a=OFFER, b=OFFER)
    (event,) = conversation.receive(says(reply("b", {"sdp": ""})))
    assert event == Broken(message="the reply to 'b' is not the next one")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\0\0\0\0", id="empty frame"),
        pytest.param(encode_frame(b"\xc1"), id="not MessagePack"),
        pytest.param(encode_frame(b"\x81\xa4type\xa2\xff\xff"), id="not UTF-8"),
        pytest.param(encode_frame(b"\x81\xa4name\xa3fly"), id="no type"),
        pytest.param(says(reply("a", {"answer": "no sdp"})), id="result of another shape"),
        pytest.param(says(reply("a", None)), id="neither result nor error"),
    ],
)
def test_garbage_breaks_the_conversation(conversation: Conversation, data: bytes) -> None:
    sent(conversation, a=OFFER)
    (event,) = conversation.receive(data)
    assert isinstance(event, Broken)
    assert event.message


def test_what_only_a_newer_worker_says_is_passed_over(conversation: Conversation) -> None:
    news = encode_frame(msgspec.msgpack.encode({"type": "weather", "sunny": True}))
    assert conversation.receive(news + says(FACT)) == [FACT]
