"""Every message of the signaling protocol, in every order, bent in every way, at one connection and its session."""

import asyncio
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from ringback.kernel.errors import InvalidState, RingbackError
from ringback.signaling.connection import (
    Authenticate,
    CarryOut,
    Close,
    Confirmed,
    Connection,
    ConnectionState,
    Output,
    Send,
)
from ringback.signaling.live import LiveSession
from ringback.signaling.messages import Done, Result
from ringback.signaling.requests import Request
from ringback.signaling.session import Session
from tests.properties.messages import frames
from tests.unit.signaling.greeting import CLAIMS, HELLO_FRAME, WELCOME

AT_A_CONNECTION = 1_000
AT_A_SESSION = 5_000


def outcome(outputs: Sequence[Output]) -> list[type]:
    return [type(output) for output in outputs]


@settings(max_examples=AT_A_CONNECTION, deadline=None)
@given(st.booleans(), st.lists(frames(["c1", "c2"]), max_size=12))
def test_a_connection_answers_everything_and_never_breaks(greeted: bool, sent: list[str | bytes]) -> None:
    connection, now = Connection(0.0), 0.0
    if greeted:
        [authenticate] = connection.receive(HELLO_FRAME, now)
        assert isinstance(authenticate, Authenticate)
        connection.welcome(authenticate.hello, WELCOME)
    for frame in sent:
        now += 0.1
        closed = connection.state is ConnectionState.CLOSED
        outputs = outcome(connection.receive(frame, now))
        if closed:
            assert outputs == []
        else:
            assert outputs in (
                [Send],  # an error, or nothing but an answer
                [CarryOut],
                [Confirmed, Send],
                [Authenticate],
                [Send, Close],
            )
        assert (connection.state is ConnectionState.CLOSED) == (closed or Close in outputs)


class Ear:
    """A socket that only listens."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def say(self, frame: bytes) -> None:
        self.heard.append(frame)

    def drop(self) -> None:
        raise AssertionError("nobody else came")

    def dismiss(self) -> None:
        raise AssertionError("nothing was revoked")


class Moody:
    """Carries requests out, or not."""

    def __init__(self, moods: list[bool]) -> None:
        self._moods = moods
        self.carried_out: list[int] = []

    async def carry_out(self, session: Session, request: Request) -> Result:
        self.carried_out.append(request.id)
        await asyncio.sleep(0)
        if self._moods and not self._moods.pop():
            raise InvalidState("not in the mood") if self._moods else RingbackError()
        return Done()


@settings(max_examples=AT_A_SESSION, deadline=None)
@given(st.lists(frames(["c1", "c2"]), max_size=12), st.lists(st.booleans(), max_size=12))
def test_a_session_carries_each_request_out_once_and_answers_it_each_time(
    sent: list[str | bytes], moods: list[bool]
) -> None:
    asyncio.run(_play(sent, Moody(moods)))


async def _play(sent: list[str | bytes], carrier: Moody) -> None:
    connection = Connection(0.0)
    [authenticate] = connection.receive(HELLO_FRAME, 0.0)
    assert isinstance(authenticate, Authenticate)
    connection.welcome(authenticate.hello, WELCOME)
    live = LiveSession(Session("s1", "hash of its key", CLAIMS), carrier, 0.0)
    ear = Ear()
    live.attach(ear)
    asked = 0
    for number, frame in enumerate(sent):
        for output in connection.receive(frame, float(number)):
            if isinstance(output, CarryOut):
                asked += 1
                await live.take(output.request)
                await live.settle()
    assert len(ear.heard) == asked, "a request without an answer"
    assert len(set(carrier.carried_out)) == len(carrier.carried_out)
