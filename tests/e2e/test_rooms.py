"""Rooms, in three real browsers."""

from __future__ import annotations

import pytest

from tests.e2e.people import Person

SOON = 3_000  # milliseconds on a busy machine with three browsers; a second is the promise on one of its own

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


async def test_who_comes_later_sees_everybody_soon(
    anna: Person, boris: Person, clara: Person, request: pytest.FixtureRequest
) -> None:
    for person in (anna, boris):
        await person.joins("running")
    await anna.sees("boris")
    await clara.page.evaluate(
        """() => {
            const later = (look) => requestAnimationFrame(look);
            const began = new Promise((resolve) => {
                const look = () => document.querySelector('[role=timer]') ? resolve(performance.now()) : later(look);
                look();
            });
            const pictures = () => [...document.querySelectorAll('figure[data-kind=remote] video')];
            window.everybodyAfter = began.then((since) => new Promise((resolve) => {
                const look = () => pictures().filter((video) => video.videoWidth > 0).length === 2
                    ? resolve(performance.now() - since) : later(look);
                look();
            }));
        }"""
    )
    await clara.joins("running")

    milliseconds = await clara.page.evaluate("window.everybodyAfter")
    request.node.user_properties.append(("everybody is seen after, ms", round(milliseconds)))
    assert milliseconds < SOON


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
