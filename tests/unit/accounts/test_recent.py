"""What was found a moment ago is not looked up again, unless something has changed."""

import asyncio

import pytest

from ringback.accounts import recent as recent_module
from ringback.accounts.recent import Recent
from ringback.testing.clock import VirtualClock


class Table:
    """Something to look things up in, which counts how often that happens."""

    def __init__(self) -> None:
        self.row: str | None = "old"
        self.asked = 0

    async def look_up(self) -> str | None:
        self.asked += 1
        return self.row


@pytest.fixture
def recent(clock: VirtualClock) -> Recent[str, str]:
    return Recent(clock)


async def test_for_half_a_second_nobody_is_asked_again(recent: Recent[str, str], clock: VirtualClock) -> None:
    table = Table()
    assert await recent.find("key", table.look_up) == "old"
    table.row = "new"
    clock.advance(0.4)
    assert await recent.find("key", table.look_up) == "old"
    assert table.asked == 1
    clock.advance(0.1)
    assert await recent.find("key", table.look_up) == "new"


async def test_each_key_has_its_own_answer(recent: Recent[str, str]) -> None:
    table = Table()
    assert await recent.find("key", table.look_up) == "old"
    table.row = "other"
    assert await recent.find("other key", table.look_up) == "other"


async def test_what_is_not_there_is_asked_for_each_time(recent: Recent[str, str]) -> None:
    table = Table()
    table.row = None
    assert await recent.find("key", table.look_up) is None
    table.row = "new"
    assert await recent.find("key", table.look_up) == "new"


async def test_a_change_is_seen_at_once(recent: Recent[str, str]) -> None:
    table = Table()
    await recent.find("key", table.look_up)
    table.row = "new"
    recent.forget()
    assert await recent.find("key", table.look_up) == "new"


async def test_what_was_read_before_a_change_is_not_kept_after_it(recent: Recent[str, str]) -> None:
    read = asyncio.Event()

    async def slow() -> str:
        await read.wait()
        return "old"

    asking = asyncio.create_task(recent.find("key", slow))
    await asyncio.sleep(0)
    recent.forget()
    read.set()
    assert await asking == "old"
    table = Table()
    table.row = "new"
    assert await recent.find("key", table.look_up) == "new"


async def test_only_so_much_is_kept(recent: Recent[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent_module, "RECENT_LIMIT", 2)
    table = Table()
    for key in ("a", "b", "c"):
        await recent.find(key, table.look_up)
    await recent.find("c", table.look_up)
    assert table.asked == 3
    await recent.find("a", table.look_up)
    assert table.asked == 4
