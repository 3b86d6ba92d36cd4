"""Every way a call can end, between devices that write down what the SDK tells: the order of events on both sides."""

from __future__ import annotations

import asyncio

import pytest

from tests.e2e.conftest import Open, Serve
from tests.e2e.devices import Device, backend_token
from tests.e2e.people import PATIENCE, POLL
from tests.e2e.relay import Relay

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

RING_SECONDS = 2  # instead of the minute by default
TOKEN_SECONDS = 4  # enough to begin a call with it


async def ring(caller: Device, called: Device, *others: Device) -> None:
    await caller.calls(called.name)
    await caller.recorded("connected", f"to {called.name}: ringing")
    for device in (called, *others):
        await device.recorded("connected", f"from {caller.name}: incoming")


async def talk(caller: Device, called: Device) -> None:
    await ring(caller, called)
    await called.accepts()
    await caller.recorded(*outgoing(called, "ringing", "established"))
    await called.recorded(*incoming(caller, "incoming", "established"))


def outgoing(called: Device, *events: str) -> list[str]:
    return ["connected", *(f"to {called.name}: {event}" for event in events)]


def incoming(caller: Device, *events: str) -> list[str]:
    return ["connected", *(f"from {caller.name}: {event}" for event in events)]


async def test_declined(open_device: Open) -> None:
    anna, boris = await open_device("anna"), await open_device("boris")
    await ring(anna, boris)
    await boris.declines()

    await anna.recorded(*outgoing(boris, "ringing", "hangup 10203 REJECTED"))
    await boris.recorded(*incoming(anna, "incoming", "hangup 10203 REJECTED"))


async def test_cancelled(open_device: Open) -> None:
    anna, boris = await open_device("anna"), await open_device("boris")
    await ring(anna, boris)
    await anna.hangs_up()

    await anna.recorded(*outgoing(boris, "ringing", "hangup 10202 CANCELLED"))
    await boris.recorded(*incoming(anna, "incoming", "hangup 10202 CANCELLED"))


async def test_not_answered(open_device: Open, serve: Serve) -> None:
    server = await serve({"RINGBACK_RING_TIMEOUT_SECONDS": str(RING_SECONDS)})
    anna, boris = await open_device("anna", server), await open_device("boris", server)
    await anna.calls("boris")

    await anna.recorded(*outgoing(boris, "ringing", "hangup 10200 NO_ANSWER"))
    await boris.recorded(*incoming(anna, "incoming", "hangup 10200 NO_ANSWER"))


async def test_every_device_is_in_a_call(open_device: Open) -> None:
    anna, boris, clara = [await open_device(name) for name in ("anna", "boris", "clara")]
    await talk(boris, clara)
    await anna.calls("boris")

    await anna.recorded(*outgoing(boris, "hangup 10201 BUSY"))
    await boris.recorded(*outgoing(clara, "ringing", "established"))
    await clara.recorded(*incoming(boris, "incoming", "established"))


async def test_a_second_device_rings_while_the_first_is_in_a_call(open_device: Open) -> None:
    anna, boris, clara = [await open_device(name) for name in ("anna", "boris", "clara")]
    await talk(boris, clara)
    other = await open_device("boris")
    await ring(anna, other)
    await other.accepts()

    await anna.recorded(*outgoing(other, "ringing", "established"))
    await other.recorded(*incoming(anna, "incoming", "established"))
    await boris.recorded(*outgoing(clara, "ringing", "established"))


async def test_not_connected(open_device: Open) -> None:
    anna, boris = await open_device("anna"), await open_device("boris")
    await boris.disconnects()
    await boris.recorded("connected", "disconnected USER_REQUEST")
    await anna.calls("boris")

    await anna.recorded(*outgoing(boris, "hangup 10204 TEMPORARILY_UNAVAILABLE"))


async def test_never_seen(open_device: Open) -> None:
    anna = await open_device("anna")
    await anna.calls("nobody")

    await anna.recorded("connected", "to nobody: hangup 10303 DESTINATION_NOT_FOUND")


async def test_hung_up_by_the_caller(open_device: Open) -> None:
    anna, boris = await open_device("anna"), await open_device("boris")
    await talk(anna, boris)
    await anna.hangs_up()

    await anna.recorded(*outgoing(boris, "ringing", "established", "hangup 10000 NORMAL_HANGUP"))
    await boris.recorded(*incoming(anna, "incoming", "established", "hangup 10000 NORMAL_HANGUP"))


async def test_hung_up_by_the_called_one(open_device: Open) -> None:
    anna, boris = await open_device("anna"), await open_device("boris")
    await talk(anna, boris)
    await boris.hangs_up()

    await anna.recorded(*outgoing(boris, "ringing", "established", "hangup 10000 NORMAL_HANGUP"))
    await boris.recorded(*incoming(anna, "incoming", "established", "hangup 10000 NORMAL_HANGUP"))


async def test_both_hang_up_at_once(open_device: Open) -> None:
    anna, boris = await open_device("anna"), await open_device("boris")
    await talk(anna, boris)
    await asyncio.gather(anna.hangs_up(), boris.hangs_up())

    await anna.recorded(*outgoing(boris, "ringing", "established", "hangup 10000 NORMAL_HANGUP"))
    await boris.recorded(*incoming(anna, "incoming", "established", "hangup 10000 NORMAL_HANGUP"))


async def test_both_call_each_other(open_device: Open) -> None:
    """The first call rings, the second finds everybody busy; that both began before hearing of the other is chance."""
    anna, boris = await open_device("anna"), await open_device("boris")
    await asyncio.gather(anna.calls("boris"), boris.calls("anna"))
    await anna.page.wait_for_function("() => device.transcript.length >= 2", polling=POLL, timeout=PATIENCE)
    rang = any("ringing" in line for line in await anna.transcript())
    first, second = (anna, boris) if rang else (boris, anna)
    busy, rings = f"to {first.name}: hangup 10201 BUSY", f"from {first.name}: incoming"
    await first.recorded(*outgoing(second, "ringing"))
    await second.page.wait_for_function("() => device.transcript.length === 3", polling=POLL, timeout=PATIENCE)
    assert sorted(await second.transcript()) == sorted(["connected", busy, rings])

    await first.hangs_up()
    await first.recorded(*outgoing(second, "ringing", "hangup 10202 CANCELLED"))


async def test_the_called_ones_page_is_closed_while_it_rings(open_device: Open) -> None:
    anna, boris = await open_device("anna"), await open_device("boris")
    await ring(anna, boris)
    await boris.page.close()

    await anna.recorded(*outgoing(boris, "ringing", "hangup 10204 TEMPORARILY_UNAVAILABLE"))


async def test_the_callers_page_is_closed_while_it_rings(open_device: Open) -> None:
    anna, boris = await open_device("anna"), await open_device("boris")
    await ring(anna, boris)
    await anna.page.close()

    await boris.recorded(*incoming(anna, "incoming", "hangup 10202 CANCELLED"))


async def test_a_page_is_closed_in_a_call(open_device: Open) -> None:
    anna, boris = await open_device("anna"), await open_device("boris")
    await talk(anna, boris)
    await boris.page.close()

    await anna.recorded(*outgoing(boris, "ringing", "established", "hangup 10308 NETWORK_ERROR"))


async def test_answered_on_another_device(open_device: Open) -> None:
    anna, boris, other = await open_device("anna"), await open_device("boris"), await open_device("boris")
    await ring(anna, boris, other)
    await boris.accepts()

    await anna.recorded(*outgoing(boris, "ringing", "established"))
    await boris.recorded(*incoming(anna, "incoming", "established"))
    await other.recorded(*incoming(anna, "incoming", "hangup 10001 ANSWERED_ELSEWHERE"))


async def test_declined_on_one_device_only(open_device: Open) -> None:
    anna, boris, other = await open_device("anna"), await open_device("boris"), await open_device("boris")
    await ring(anna, boris, other)
    await other.declines()
    await other.recorded(*incoming(anna, "incoming", "hangup 10203 REJECTED"))
    await boris.accepts()

    await anna.recorded(*outgoing(boris, "ringing", "established"))
    await boris.recorded(*incoming(anna, "incoming", "established"))


async def test_declined_on_all_devices(open_device: Open) -> None:
    anna, boris, other = await open_device("anna"), await open_device("boris"), await open_device("boris")
    await ring(anna, boris, other)
    await other.declines(on_all_devices=True)

    await anna.recorded(*outgoing(boris, "ringing", "hangup 10203 REJECTED"))
    await boris.recorded(*incoming(anna, "incoming", "hangup 10203 REJECTED"))
    await other.recorded(*incoming(anna, "incoming", "hangup 10203 REJECTED"))


async def test_the_socket_is_lost_while_it_rings(open_device: Open, relay: Relay) -> None:
    """Ringing waits for the device, and it can answer when it is back."""
    anna, boris = await open_device("anna"), await open_device("boris", via=relay)
    await ring(anna, boris)
    relay.cut()
    await boris.recorded(*incoming(anna, "incoming"), "reconnecting")
    relay.mend()
    await boris.recorded(*incoming(anna, "incoming"), "reconnecting", "reconnected")
    await boris.accepts()

    await anna.recorded(*outgoing(boris, "ringing", "established"))
    await boris.recorded(*incoming(anna, "incoming"), "reconnecting", "reconnected", "from anna: established")
    await anna.hears("boris")


async def test_cancelled_while_the_socket_is_lost(open_device: Open, relay: Relay) -> None:
    """What happened in the gap is told when the device is back."""
    anna, boris = await open_device("anna"), await open_device("boris", via=relay)
    await ring(anna, boris)
    relay.cut()
    await boris.recorded(*incoming(anna, "incoming"), "reconnecting")
    await anna.hangs_up()
    await anna.recorded(*outgoing(boris, "ringing", "hangup 10202 CANCELLED"))
    relay.mend()

    cancelled = "from anna: hangup 10202 CANCELLED"
    await boris.recorded(*incoming(anna, "incoming"), "reconnecting", "reconnected", cancelled)


async def test_the_token_expires_in_a_call(open_device: Open) -> None:
    """The call goes on; nothing new begins."""
    anna, boris = await open_device("anna", connect=False), await open_device("boris")
    await anna.connects(await backend_token(anna, TOKEN_SECONDS))
    await talk(anna, boris)
    began = await anna.transcript()
    # Nothing tells that a token has expired but a refusal: a room is asked for until one comes.
    await anna.page.wait_for_function(
        """() => {
            const [refusal] = device.transcript.filter((line) => line.includes('UNAUTHENTICATED'));
            if (refusal === undefined) device.probes();
            return refusal !== undefined;
        }""",
        polling=1000,
        timeout=PATIENCE,
    )

    await boris.hears("anna")
    await boris.recorded(*incoming(anna, "incoming", "established"))
    since = (await anna.transcript())[len(began) :]
    await anna.recorded(*began, *since)
    assert since[-1] == "in probe: room-left 10302 UNAUTHENTICATED"
    assert all(line.startswith("in probe: ") for line in since)
