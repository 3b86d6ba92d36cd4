"""A lost socket is not a lost call: the session comes back, has missed nothing, and the media never went."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Open
from tests.e2e.people import PATIENCE
from tests.e2e.relay import Relay
from tests.e2e.test_endings import incoming, outgoing, talk

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

GRACE = 30_000  # milliseconds: protocol/signaling, `resumeSeconds`

# Sound comes every 20 ms. A busy machine may hold it up, but not for as long as a new connection takes to be told of.
INTERRUPTION = 1_000  # milliseconds


async def test_a_call_outlives_its_socket_and_misses_nothing(open_device: Open, relay: Relay) -> None:
    anna, boris = await open_device("anna"), await open_device("boris", via=relay)
    await talk(anna, boris)
    await boris.hears("anna")
    await boris.page.evaluate("recognition.watchSound()")
    relay.cut()
    so_far = [*incoming(anna, "incoming", "established"), "reconnecting"]
    await boris.recorded(*so_far)
    await boris.hears("anna")
    await anna.mutes()
    relay.mend()

    await boris.recorded(*so_far, "reconnected", "from anna: remote-muted")
    await anna.recorded(*outgoing(boris, "ringing", "established"))
    watched = await boris.page.evaluate("recognition.watchedSound()")
    assert watched["connections"] == 1
    assert watched["longestGap"] < INTERRUPTION


async def test_a_room_outlives_the_socket_of_one(open_device: Open, relay: Relay) -> None:
    """Who comes and goes in the gap is told afterwards, in order."""
    anna, boris, clara = await open_device("anna"), await open_device("boris", via=relay), await open_device("clara")
    await anna.joins("gap")
    await anna.recorded("connected", "in gap: room-joined")
    await boris.joins("gap")
    await boris.recorded("connected", "in gap: room-joined anna")
    relay.cut()
    so_far = ["connected", "in gap: room-joined anna", "reconnecting"]
    await boris.recorded(*so_far)
    await clara.joins("gap")
    await clara.recorded("connected", "in gap: room-joined anna, boris")
    await clara.leaves()
    await clara.recorded("connected", "in gap: room-joined anna, boris", "in gap: room-left 10000 NORMAL_HANGUP")
    relay.mend()

    missed = ("participant-joining clara", "participant-joined clara", "participant-left clara")
    await boris.recorded(*so_far, "reconnected", *(f"in gap: {event}" for event in missed))
    others = [f"in gap: {event} boris" for event in ("participant-joining", "participant-joined")]
    await anna.recorded("connected", "in gap: room-joined", *others, *(f"in gap: {event}" for event in missed))


@pytest.mark.soak
async def test_who_does_not_come_back_is_hung_up(open_device: Open, relay: Relay) -> None:
    anna, boris = await open_device("anna"), await open_device("boris", via=relay)
    await talk(anna, boris)
    relay.cut()
    await anna.page.wait_for_function("() => device.transcript.length === 4", timeout=GRACE + PATIENCE)

    relay.mend()

    lost = "hangup 10308 NETWORK_ERROR"
    await anna.recorded(*outgoing(boris, "ringing", "established", lost))
    talked = incoming(anna, "incoming", "established")
    await boris.recorded(*talked, "reconnecting", "reconnected", f"from anna: {lost}")
