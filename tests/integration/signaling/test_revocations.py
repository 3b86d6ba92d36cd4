"""Whose token is revoked is thrown out within a second, with all calls, and does not come back with it."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from ringback.accounts import COMMAND_LINE
from ringback.accounts.model import ApiKeyChange
from ringback.platform import open_platform
from ringback.signaling.hub import ENDINGS_AT_ONCE
from ringback.signaling.messages import SpeakersChanged
from ringback.web import Principal
from tests.integration.signaling.test_calls import AUDIO
from tests.integration.signaling.test_resume import in_a_call
from tests.integration.signaling.world import Somebody, World, running_world

AT_MOST_SECONDS = 1.0
"""Between a revocation and the end of its sessions."""


@dataclass
class Backend:
    """Somebody who may revoke."""

    world: World
    principal: Principal

    async def revokes(self, identity: str) -> int | None:
        return (await self.world.platform.identities.revoke_identity(self.principal, identity)).ended_sessions

    async def revokes_token(self, token: str) -> int | None:
        return (await self.world.platform.identities.revoke_token(self.principal, token)).ended_sessions


@pytest.fixture
async def backend(world: World) -> Backend:
    account = await world.platform.accounts.find_account("default")
    return Backend(world, Principal(account_id=account.id, credential_id="key-1"))


async def is_thrown_out(somebody: Somebody) -> None:
    farewell = await asyncio.wait_for(somebody.answer_to(None), AT_MOST_SECONDS)
    assert farewell["code"] == "UNAUTHENTICATED"
    assert await somebody.closed_with() == 4401


async def test_whose_identity_is_revoked_is_hung_up_at_once(world: World, backend: Backend) -> None:
    anna, _, boris, _ = await in_a_call(world)
    assert await backend.revokes("boris") == 1
    await anna.hears_of_end("NETWORK_ERROR")
    await is_thrown_out(boris)
    assert world.conversations.hub.sessions == 1


async def test_a_call_that_rings_stops_ringing_on_a_revoked_session(world: World, backend: Backend) -> None:
    anna, boris = await world.connects("anna"), await world.connects("boris")
    await anna.does("call.start", destination={"type": "WEBRTC", "identity": "boris"}, **AUDIO)
    await boris.hears("call.incoming")
    await anna.hears("call.ringing")
    assert await backend.revokes("boris") == 1
    await anna.hears_of_end("TEMPORARILY_UNAVAILABLE")


async def test_all_devices_of_the_identity_go_and_nobody_elses(world: World, backend: Backend) -> None:
    phone, laptop, anna = await world.connects("boris"), await world.connects("boris"), await world.connects("anna")
    assert await backend.revokes("boris") == 2
    await is_thrown_out(phone)
    await is_thrown_out(laptop)
    await anna.pings()


async def test_a_revoked_token_opens_no_session_and_a_later_one_does(world: World, backend: Backend) -> None:
    old = await world.token("boris")
    assert await backend.revokes("boris") == 0
    boris = await world.opens_a_socket()
    assert await boris.fails("hello", token=old, client={"name": "test", "version": "1"}) == "UNAUTHENTICATED"
    assert await boris.closed_with() == 4401
    world.clock.advance(0.001)
    await world.connects("boris")


async def test_a_session_whose_socket_is_lost_ends_too_and_is_not_resumed(world: World, backend: Backend) -> None:
    anna, _, boris, _ = await in_a_call(world)
    token = await world.token("boris")
    await boris.vanishes()
    assert await backend.revokes("boris") == 1
    await anna.hears_of_end("NETWORK_ERROR")
    await boris.is_not_let_back(token)


async def test_one_revoked_token_leaves_the_other_devices_of_its_identity(world: World, backend: Backend) -> None:
    lost, kept = await world.opens_a_socket(), await world.connects("boris")
    token = await world.token("boris")
    await lost.says_hello(token)
    assert await backend.revokes_token(token) == 1
    await is_thrown_out(lost)
    await kept.pings()


async def test_who_has_come_back_with_a_newer_token_goes_with_that_one_and_not_with_the_older(
    world: World, backend: Backend
) -> None:
    boris, old, new = await world.opens_a_socket(), await world.token("boris"), await world.token("boris")
    await boris.says_hello(old)
    await boris.vanishes()
    assert await boris.comes_back(new)
    assert await backend.revokes_token(old) == 0
    await boris.pings()
    assert await backend.revokes_token(new) == 1
    await is_thrown_out(boris)


async def test_a_token_whose_revocation_is_forgotten_does_not_take_over_a_session(
    world: World, backend: Backend
) -> None:
    boris, revoked, own = await world.opens_a_socket(), await world.token("boris"), await world.token("boris")
    await boris.says_hello(own)
    await backend.revokes_token(revoked)
    world.clock.advance(24 * 3600 + 1)
    await world.token("clara")
    await backend.revokes("clara")  # with each revocation, those that are older than every good token are forgotten
    await boris.vanishes()
    await boris.is_not_let_back(revoked)
    assert await boris.comes_back(own)
    assert await backend.revokes_token(own) == 1


async def test_the_tokens_of_an_api_key_go_together(world: World, backend: Backend) -> None:
    identities, account = world.platform.identities, backend.principal.account_id
    stolen, other = await world.opens_a_socket(), await world.opens_a_socket()
    keys = [(await world.platform.accounts.create_api_key(account, "backend", by=COMMAND_LINE))[0].id for _ in range(2)]
    for somebody, key in zip((stolen, other), keys, strict=True):
        issued = await identities.issue_token(account, "anna", issued_by=key)
        await somebody.says_hello(issued.token.reveal())
    assert (await identities.revoke_tokens_of_api_key(backend.principal, keys[0])).ended_sessions == 1
    await is_thrown_out(stolen)
    await other.pings()


async def test_a_disabled_key_takes_the_sessions_of_its_tokens_with_it_in_a_second(
    world: World, backend: Backend
) -> None:
    accounts, account = world.platform.accounts, backend.principal.account_id
    key, _ = await accounts.create_api_key(account, "backend", by=COMMAND_LINE)
    issued = await world.platform.identities.issue_token(account, "anna", issued_by=key.id)
    anna, boris = await world.opens_a_socket(), await world.connects("boris")
    await anna.says_hello(issued.token.reveal())
    await accounts.change_api_key(account, key.id, ApiKeyChange(enabled=False), by=COMMAND_LINE)
    await is_thrown_out(anna)
    await boris.pings()


async def test_the_same_identity_of_another_account_stays(world: World) -> None:
    stranger = await world.platform.accounts.create_account("stranger")
    await world.platform.identities.issue_token(stranger.id, "boris")
    boris = await world.connects("boris")
    principal = Principal(account_id=stranger.id, credential_id="key-2")
    assert (await world.platform.identities.revoke_identity(principal, "boris")).ended_sessions == 0
    await boris.pings()


async def test_a_session_of_a_token_that_has_expired_ends_as_well(world: World, backend: Backend) -> None:
    boris = await world.connects("boris")
    world.clock.advance(30 * 24 * 3600)
    assert await backend.revokes("boris") == 1
    await is_thrown_out(boris)


async def test_what_still_waits_for_a_revoked_client_is_not_said_any_more(world: World, backend: Backend) -> None:
    boris = await world.connects("boris")
    live = world.conversations.hub.session(boris.welcome["sessionId"])
    assert live is not None
    live.tell(SpeakersChanged(call_id="of somebody", speakers=()))
    await world.conversations.hub.end_sessions(lambda _: True)
    await is_thrown_out(boris)
    assert boris.has_heard_all()


async def test_many_sessions_end_together(world: World) -> None:
    people = [await world.connects(f"boris-{number}") for number in range(ENDINGS_AT_ONCE + 20)]
    for somebody in people[::4]:
        await somebody.does("room.join", name=f"of {somebody.welcome['sessionId']}", **AUDIO)
    assert await world.conversations.hub.end_sessions(lambda _: True) == len(people)
    await world.is_empty()


async def test_calls_end_also_when_nobody_waits_for_it_any_more(world: World) -> None:
    anna, _, boris, _ = await in_a_call(world)
    ending = asyncio.create_task(world.conversations.hub.end_sessions(lambda claims: claims.identity == "boris"))
    await asyncio.sleep(0)
    ending.cancel()
    await anna.hears_of_end("NETWORK_ERROR")
    await is_thrown_out(boris)


async def test_what_another_process_revokes_ends_sessions_here_in_a_second(world: World, backend: Backend) -> None:
    anna, _, boris, _ = await in_a_call(world)
    async with open_platform(world.platform.settings, clock=world.clock) as elsewhere:
        started = asyncio.get_running_loop().time()
        revoked = await elsewhere.identities.revoke_identity(backend.principal, "boris")
    assert revoked.ended_sessions is None
    await is_thrown_out(boris)
    await anna.hears_of_end("NETWORK_ERROR")
    assert asyncio.get_running_loop().time() - started < AT_MOST_SECONDS


async def test_what_was_revoked_before_the_start_is_refused_from_the_first_hello(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world:
        account, token = await world.platform.accounts.find_account("default"), await world.token("boris")
        await Backend(world, Principal(account_id=account.id, credential_id="key-1")).revokes("boris")
    async with running_world(tmp_path) as world:
        boris = await world.opens_a_socket()
        assert await boris.fails("hello", token=token, client={"name": "test", "version": "1"}) == "UNAUTHENTICATED"
