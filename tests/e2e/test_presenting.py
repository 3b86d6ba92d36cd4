"""Shared screens, and who speaks."""

from __future__ import annotations

import pytest

from tests.e2e.people import Person

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


async def test_a_shared_screen_is_the_large_picture_beside_the_camera(anna: Person, boris: Person) -> None:
    await anna.calls("boris")
    await boris.accepts()
    await anna.sees("boris")

    await boris.shares_screen()
    await anna.sees_screen_of("boris")
    await anna.sees("boris")

    await boris.stops_sharing()
    await anna.sees_no_screen()
    await anna.sees("boris")


async def test_in_a_room_the_latest_screen_is_the_one(anna: Person, boris: Person) -> None:
    for person in (anna, boris):
        await person.joins("review")
    await anna.sees("boris")
    await anna.shares_screen()
    await boris.sees_screen_of("anna")

    await boris.shares_screen()
    await anna.sees_screen_of("boris")
    await boris.sees_no_screen()


async def test_who_speaks_in_a_room_has_a_ring(anna: Person, boris: Person) -> None:
    for person in (anna, boris):
        await person.joins("talk")
    await anna.sees_speaking("boris")

    await boris.mutes()
    await anna.sees_speaking("boris", speaking=False)
