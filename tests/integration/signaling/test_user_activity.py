"""Each session leaves when it began and when it ended, and nothing in between."""

from pathlib import Path

import pytest

from ringback.identities.activity import UserActivity
from ringback.identities.activity.model import ActivityFilter, ActivityType
from ringback.signaling.session import GRACE_SECONDS
from ringback.web import Paging, Principal
from tests.integration.signaling.world import World, running_world, started_again

CONNECTED, DISCONNECTED = ActivityType


async def activity(world: World, identity: str = "anna") -> list[tuple[str, ActivityType]]:
    """The sessions of an identity and what happened to them, the oldest first."""
    await world.conversations.journal.write()
    account = await world.platform.accounts.find_account("default")
    page, _ = await UserActivity(world.platform.database).page(
        account.id, ActivityFilter(identity=identity), Paging(0, 100)
    )
    return [(each.session_id, each.type) for each in reversed(page)]


async def test_who_connects_and_goes_leaves_both_under_the_id_of_the_session(world: World) -> None:
    anna = await world.connects("anna")
    session = anna.welcome["sessionId"]
    assert await activity(world) == [(session, CONNECTED)]
    await anna.goes()
    await world.is_empty()
    assert await activity(world) == [(session, CONNECTED), (session, DISCONNECTED)]


async def test_who_comes_back_in_time_was_never_away(world: World) -> None:
    anna = await world.connects("anna")
    await anna.vanishes()
    assert await anna.comes_back(await world.token("anna"))
    assert await activity(world) == [(anna.welcome["sessionId"], CONNECTED)]


async def test_who_does_not_come_back_in_time_is_gone_when_that_is_sure(world: World) -> None:
    anna = await world.connects("anna")
    await anna.vanishes()
    await world.time_passes(GRACE_SECONDS - 1)
    assert await activity(world) == [(anna.welcome["sessionId"], CONNECTED)]
    await world.time_passes(1)
    assert await activity(world) == [(anna.welcome["sessionId"], type) for type in (CONNECTED, DISCONNECTED)]


async def test_who_is_thrown_out_is_gone(world: World) -> None:
    anna = await world.connects("anna")
    account = await world.platform.accounts.find_account("default")
    principal = Principal(account_id=account.id, credential_id="key-1")
    await world.platform.identities.revoke_identity(principal, "anna")
    assert await activity(world) == [(anna.welcome["sessionId"], type) for type in (CONNECTED, DISCONNECTED)]


async def test_who_is_refused_leaves_nothing(world: World) -> None:
    anna, token = await world.opens_a_socket(), await world.token("anna")
    await anna.fails("hello", token=token + "x", client={"name": "test", "version": "1"})
    assert await activity(world) == []


async def test_nobody_comes_in_while_too_much_waits_to_be_written_but_who_was_there_comes_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = await world.connects("anna")
    await anna.vanishes()
    monkeypatch.setattr("ringback.identities.activity.jobs.UNWRITTEN_LIMIT", 0)
    boris, token = await world.opens_a_socket(), await world.token("boris")
    refused = await boris.fails("hello", token=token, client={"name": "test", "version": "1"})
    assert (refused, await boris.closed_with()) == ("SERVICE_UNAVAILABLE", 1013)
    assert await anna.comes_back(await world.token("anna"))


async def test_all_sessions_end_when_the_platform_stops(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world:
        anna = await world.connects("anna")
        await anna.vanishes()
    async with running_world(tmp_path) as world:
        assert await activity(world) == [(anna.welcome["sessionId"], type) for type in (CONNECTED, DISCONNECTED)]


async def test_a_kill_of_the_platform_ends_no_session_but_of_those_who_do_not_come_back(
    world: World, tmp_path: Path
) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    async with started_again(world, tmp_path / "again") as world:
        assert await boris.comes_back(await world.token("boris"))
        await world.time_passes(GRACE_SECONDS - 1)
        assert await activity(world) == [(anna.welcome["sessionId"], CONNECTED)]
        await world.time_passes(1)
        assert await activity(world) == [(anna.welcome["sessionId"], type) for type in (CONNECTED, DISCONNECTED)]
        assert await activity(world, "boris") == [(boris.welcome["sessionId"], CONNECTED)]
