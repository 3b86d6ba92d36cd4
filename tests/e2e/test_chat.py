"""Texts beside sound and picture, as people at the showcase write and read them."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.people import PATIENCE, Person
from tests.e2e.test_accessibility import Axe, read_axe

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


async def test_what_one_writes_in_a_room_everybody_reads(anna: Person, boris: Person, clara: Person) -> None:
    for person in (anna, boris, clara):
        await person.joins("letters")
    await anna.sees("boris", "clara")
    await boris.sees("clara")

    await anna.opens_chat()
    await anna.writes("Shall we?")
    await boris.sees_unread(1)
    await expect(boris.page.get_by_role("status")).to_have_text("anna writes: Shall we?", timeout=PATIENCE)
    await boris.opens_chat()
    await boris.reads("anna | Shall we?")
    await boris.writes("We shall.")

    await anna.reads("You | Shall we? | Delivered", "boris | We shall.")
    await clara.sees_unread(2)
    await Axe(await read_axe()).finds_nothing(boris.page)
    await boris.closes_chat()


async def test_two_in_a_call_write_to_each_other(anna: Person, boris: Person) -> None:
    await anna.calls("boris")
    await boris.accepts()
    await anna.sees("boris")

    await boris.opens_chat()
    await boris.writes("The number is 17.")
    await boris.reads("You | The number is 17. | Delivered")
    await anna.opens_chat()
    await anna.reads("boris | The number is 17.")


async def test_who_is_alone_hears_that_nobody_got_it(anna: Person) -> None:
    await anna.joins("monologue")
    await anna.opens_chat()
    await anna.writes("Anybody?")
    await anna.reads("You | Anybody? | Not everybody got this")
