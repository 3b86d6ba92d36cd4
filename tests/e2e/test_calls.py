"""Calls between two people, in two real browsers."""

from __future__ import annotations

import pytest

from tests.e2e.people import Person

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


async def test_two_people_see_and_hear_each_other(anna: Person, boris: Person) -> None:
    await anna.calls("boris")
    await boris.accepts()

    await anna.sees("boris")
    await boris.sees("anna")
    await anna.hears("boris")
    await boris.hears("anna")


async def test_the_caller_is_told_that_the_call_was_declined(anna: Person, boris: Person) -> None:
    await anna.calls("boris")
    await boris.declines()

    await anna.is_told("boris declined")
    await boris.is_told("Hello, boris")


async def test_a_call_that_nobody_answers_can_be_cancelled(anna: Person, boris: Person) -> None:
    await anna.calls("boris")
    await boris.is_told("anna is calling")
    await anna.cancels()

    await anna.is_told("You cancelled the call")
    await boris.is_told("Hello, boris")


async def test_somebody_who_is_not_there_cannot_be_reached(anna: Person) -> None:
    await anna.page.get_by_label("Their name").fill("nobody")
    await anna.page.get_by_role("button", name="Call", exact=True).click()

    await anna.is_told("nobody is not here")


async def test_when_the_caller_hangs_up_both_know(anna: Person, boris: Person) -> None:
    await anna.calls("boris")
    await boris.accepts()
    await anna.sees("boris")
    await anna.hangs_up()

    await anna.is_told("You hung up")
    await boris.is_told("anna hung up")


async def test_when_the_called_one_hangs_up_both_know(anna: Person, boris: Person) -> None:
    await anna.calls("boris")
    await boris.accepts()
    await boris.sees("anna")
    await boris.hangs_up()

    await boris.is_told("You hung up")
    await anna.is_told("boris hung up")


async def test_who_is_muted_is_seen_to_be_and_not_heard(anna: Person, boris: Person) -> None:
    await anna.calls("boris")
    await boris.accepts()
    await anna.hears("boris")

    await boris.mutes()
    await anna.sees_that_is_muted("boris")
    await anna.hears_nobody()

    await boris.unmutes()
    await anna.sees_that_is_muted("boris", muted=False)
    await anna.hears("boris")


async def test_a_camera_can_be_stopped_and_started_again(anna: Person, boris: Person) -> None:
    await anna.calls("boris")
    await boris.accepts()
    await anna.sees("boris")

    await boris.stops_camera()
    await anna.sees_no_picture_of("boris")
    await anna.hears("boris")

    await boris.starts_camera()
    await anna.sees("boris")
