"""Rooms of more than four: more slots than were offered first, and audio slots that carry whoever is loud."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Invite
from tests.e2e.people import PATIENCE, Person

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


async def test_in_a_room_of_six_everybody_is_seen_and_who_speaks_is_heard(
    invite: Invite, anna: Person, boris: Person, clara: Person
) -> None:
    # Who listens comes first, so that the pictures come in slots that the first offer did not have.
    listeners = [await invite(name, beside="anna") for name in ("dora", "emil", "fred")]
    for listener in listeners:
        await listener.joins_to_listen("six")
    for speaker in (anna, boris, clara):
        await speaker.joins("six")

    for person in (anna, *listeners):
        await person.sees("boris", "clara")
    await boris.sees("anna", "clara")
    await clara.sees("anna", "boris")
    for person in (anna, listeners[0]):
        await expect(person.page.locator("figure.tile")).to_have_count(6, timeout=PATIENCE)

    await anna.hears("boris", "clara")
    await listeners[0].hears("anna", "boris", "clara")
    await boris.mutes()
    await clara.mutes()
    for listener in (boris, clara, *listeners):
        await listener.hears("anna")
    await anna.hears_nobody()


async def test_who_presents_is_seen_by_those_who_come_later(
    invite: Invite, anna: Person, boris: Person, clara: Person
) -> None:
    for person in (anna, boris, clara):
        await person.joins("lecture")
    await anna.shares_screen()
    await boris.sees_screen_of("anna")
    for name in ("dora", "emil"):
        late = await invite(name, beside="boris")
        await late.joins_to_listen("lecture")
        await late.sees_screen_of("anna")
    await boris.sees_screen_of("anna")
    await clara.sees("anna", "boris")
