"""A real media worker is killed, or hangs, under a call."""

import os
import signal
from pathlib import Path

import pytest

from ringback.media import client as client_module
from ringback.media import worker as worker_module
from tests.integration.signaling.test_calls import VIDEO, calls
from tests.integration.signaling.world import OFFER, running_world_with_a_worker

pytestmark = pytest.mark.worker


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hangs"])
async def test_a_call_goes_on_with_the_next_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.setattr(worker_module, "PING_INTERVAL", 0.05)
    async with running_world_with_a_worker(tmp_path) as (world, supervisor):
        anna, boris = await world.connects("anna"), await world.connects("boris")
        annas = await calls(anna, "boris", camera=True)
        boriss = (await boris.hears("call.incoming"))["callId"]
        await anna.hears("call.ringing")
        await boris.does("call.accept", callId=boriss, **VIDEO)
        slots = {}
        for somebody, call_id in ((anna, annas), (boris, boriss)):
            slots[call_id] = (await somebody.hears("call.established"))["slots"]
            await somebody.does("media.offer", callId=call_id, sdp=OFFER)

        monkeypatch.setattr(client_module, "COMMAND_TIMEOUT", 2.0)
        pid = supervisor.status()[0].pid
        assert pid is not None
        os.kill(pid, number)
        for somebody, call_id in ((anna, annas), (boris, boriss)):
            assert (await somebody.hears("media.lost"))["callId"] == call_id
        for somebody, call_id in ((anna, annas), (boris, boriss)):
            answer = await somebody.does("media.offer", callId=call_id, sdp=OFFER, connection=2)
            assert answer["sdp"].startswith("v=0")

        await anna.does("media.update", callId=annas, camera=False)
        assert (await boris.hears("participant.updated"))["participant"]["id"] == annas
        (slot,) = (await boris.hears("slots.changed"))["slots"]
        assert (slot["microphone"], slot["camera"]) == (slots[boriss][0]["microphone"], None)
        await anna.does("call.hangUp", callId=annas)
        for somebody in (anna, boris):
            await somebody.hears_of_end("NORMAL_HANGUP")
        await world.conversations.mailboxes.idle()
        assert supervisor.status()[0].rooms == 0
