"""Rooms, in three real browsers."""

from __future__ import annotations

import pytest

from tests.e2e.people import Person

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


async def test_in_a_room_of_three_each_sees_and_hears_the_other_two(anna: Person, boris: Person, clara: Person) -> None:
    await anna.joins("three")
    await boris.joins("three")
    await clara.joins("three")

    await anna.sees("boris", "clara")
    await boris.sees("anna", "clara")
    await clara.sees("anna", "boris")
    await anna.hears("boris", "clara")
    await boris.hears("anna", "clara")
    await clara.hears("anna", "boris")


async def test_who_leaves_a_room_is_gone_and_can_come_back(anna: Person, boris: Person, clara: Person) -> None:
    for person in (anna, boris, clara):
        await person.joins("comings and goings")
    await anna.sees("boris", "clara")

    await clara.leaves()
    await clara.is_told("You left the room")
    await anna.sees_nothing_of("clara")
    await boris.sees_nothing_of("clara")
    await anna.sees("boris")
    await anna.hears("boris")

    await clara.rejoins()
    await clara.sees("anna", "boris")
    await anna.sees("boris", "clara")
    await boris.hears("anna", "clara")
