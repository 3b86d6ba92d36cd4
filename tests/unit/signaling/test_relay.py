"""Nobody has to look for texts that are not confirmed: the relay does."""

import asyncio
from datetime import timedelta

import pytest

from ringback.conferences.events import ParticipantJoined
from ringback.kernel.clock import SystemClock
from ringback.signaling import texts
from ringback.signaling.messages import CallEvent, TextDelivered, TextReceived
from ringback.signaling.relay import TextRelay
from tests.unit.signaling.test_texts import participant, room


class Sessions:
    """Everybody is in their calls."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[CallEvent] = asyncio.Queue()

    def require_in_call(self, session: str, call_id: str) -> None:
        pass

    def tell_in_call(self, event: CallEvent) -> None:
        self.told.put_nowait(event)


async def test_a_sender_is_told_by_itself_what_nobody_has_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "CONFIRM_TIME", timedelta(milliseconds=10))
    sessions, relay = Sessions(), TextRelay(SystemClock())
    relay.attach(sessions)
    for call in ("anna", "boris"):
        relay.follow(ParticipantJoined(room("standup"), participant(call)))
    watching = asyncio.create_task(relay.run_deadlines())
    await asyncio.sleep(0)  # it finds nothing to wait for
    for text_id in ("first", "second, when the first is done with"):
        relay.send("anna's session", "anna", text_id, "hello", None)
        async with asyncio.timeout(10):
            assert isinstance(await sessions.told.get(), TextReceived)
            report = await sessions.told.get()
        assert isinstance(report, TextDelivered)
        assert (report.text_id, report.delivered) == (text_id, False)
    watching.cancel()
