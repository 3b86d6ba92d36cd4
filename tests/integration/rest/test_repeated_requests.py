"""`Idempotency-Key` on the whole platform: however often a POST is sent, it is done once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from ringback.app import build_app
from ringback.kernel.clock import Clock
from ringback.kernel.errors import Unavailable
from ringback.kernel.redaction import Secret
from ringback.platform import Platform, open_platform
from ringback.settings import Settings
from ringback.storage import Database
from ringback.storage.receipts import ReceiptStore
from ringback.testing.clock import VirtualClock
from ringback.testing.push import service_account
from ringback.web.idempotency import Idempotency, Receipts
from tests.integration.rest.accounts import unlimited

PARALLEL: Final = 1_000

UNLIMITED: Final = unlimited()

KEY: Final = "0b5b8d1e-order-4711"

API_KEY: Final = "the-key-of-the-backend"

APPLICATIONS: Final = "/provisioning/1/applications"
PUSH_CONFIGURATIONS: Final = "/webrtc/1/webrtc-push-config"

MADE: Final[dict[str, Callable[[int], dict[str, Any]]]] = {
    APPLICATIONS: lambda number: {"applicationId": f"shop-{number}", "applicationName": "Shop"},
    PUSH_CONFIGURATIONS: lambda number: {"name": f"phones {number}", "android": {"privateKeyJson": service_account()}},
}
"""POSTs that make something: one whose repetition would be refused, and one whose repetition would make another."""


class Backend:
    """An application's backend, as far as repetition goes."""

    def __init__(self, platform: Platform, receipts: Receipts | None = None) -> None:
        """`receipts` takes the place of the platform's."""
        app = build_app(platform)
        if receipts is not None:
            app.state.gate = replace(app.state.gate, idempotency=Idempotency(receipts))
        self.client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app, raise_app_exceptions=False),
            base_url="http://node",
            headers={"Authorization": f"App {API_KEY}"},
        )
        self.platform = platform

    async def posts(self, path: str, number: int = 0, key: str = KEY) -> httpx2.Response:
        return await self.client.post(path, json=MADE[path](number), headers={"Idempotency-Key": key})

    async def count(self, path: str) -> int:
        (paging,) = [value for name, value in (await self.client.get(path)).json().items() if name != "results"]
        return int(paging["totalResults"])


@asynccontextmanager
async def running(
    data_dir: Path, clock: VirtualClock, receipts: Callable[[Database, Clock], Receipts] | None = None
) -> AsyncIterator[Backend]:
    """A platform on this data; `receipts` makes what takes the place of its receipts."""
    settings = Settings(data_dir=data_dir, rate_limits=UNLIMITED)
    async with open_platform(settings, clock=clock) as platform:
        await platform.accounts.bootstrap(Secret(API_KEY))
        yield Backend(platform, receipts(platform.database, clock) if receipts else None)


@pytest.mark.parametrize("path", MADE)
async def test_a_thousand_at_once_make_one(tmp_path: Path, path: str) -> None:
    async with running(tmp_path, VirtualClock()) as backend:
        before = await backend.count(path)
        answers = await asyncio.gather(*(backend.posts(path) for _ in range(PARALLEL)))
        assert await backend.count(path) == before + 1
        assert {(answer.is_success, answer.status_code, answer.content) for answer in answers} == {
            (True, answers[0].status_code, answers[0].content)
        }
        assert [answer.headers.get("Idempotency-Replayed") for answer in answers].count(None) == 1


@pytest.mark.parametrize("path", MADE)
async def test_several_nodes_make_one_together(tmp_path: Path, path: str) -> None:
    """What holds requests back within one node does not help here: only the database knows what the others do."""
    async with running(tmp_path, VirtualClock()) as backend:
        before = await backend.count(path)
        nodes = [Backend(backend.platform) for _ in range(8)]
        answers = await asyncio.gather(*(node.posts(path) for node in nodes for _ in range(5)))
        assert await backend.count(path) == before + 1
        assert {answer.status_code for answer in answers if not answer.is_success} <= {409}
        assert [answer.headers.get("Idempotency-Replayed") for answer in answers if answer.is_success].count(None) == 1
        assert (await nodes[0].posts(path)).headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("path", MADE)
async def test_each_key_makes_its_own(tmp_path: Path, path: str) -> None:
    """Else the tests above could pass because something else holds requests back."""
    async with running(tmp_path, VirtualClock()) as backend:
        before = await backend.count(path)
        answers = await asyncio.gather(*(backend.posts(path, number, f"key-{number}") for number in range(100)))
        assert all(answer.is_success for answer in answers)
        assert await backend.count(path) == before + 100


@pytest.mark.parametrize("path", MADE)
async def test_the_same_key_for_something_else_is_refused(tmp_path: Path, path: str) -> None:
    async with running(tmp_path, VirtualClock()) as backend:
        assert (await backend.posts(path)).is_success
        before = await backend.count(path)
        answers = await asyncio.gather(*(backend.posts(path, number) for number in range(1, 21)))
        assert {answer.status_code for answer in answers} == {422}
        elsewhere = next(other for other in MADE if other != path)
        assert (await backend.posts(elsewhere)).status_code == 422
        assert await backend.count(path) == before


@pytest.mark.parametrize("path", MADE)
async def test_the_answer_outlives_the_platform(tmp_path: Path, path: str) -> None:
    clock = VirtualClock()
    async with running(tmp_path, clock) as backend:
        first = await backend.posts(path)
        before = await backend.count(path)
    async with running(tmp_path, clock) as backend:
        again = await backend.posts(path)
        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert await backend.count(path) == before


class Forgetful(ReceiptStore):
    """As if the platform ended between the commit and the answer."""

    async def complete(self, account_id: str, key: str, status: int, content_type: str, body: bytes) -> None:
        raise Unavailable


@pytest.mark.parametrize("path", MADE)
async def test_a_crash_between_commit_and_answer_makes_no_second_one(tmp_path: Path, path: str) -> None:
    clock = VirtualClock()
    async with running(tmp_path, clock, receipts=Forgetful) as backend:
        before = await backend.count(path)
        assert (await backend.posts(path)).status_code == 503
        assert await backend.count(path) == before + 1
    async with running(tmp_path, clock) as backend:
        answers = await asyncio.gather(*(backend.posts(path) for _ in range(20)))
        assert {answer.status_code for answer in answers} == {409}
        assert await backend.count(path) == before + 1


@pytest.mark.parametrize("path", MADE)
async def test_after_a_day_the_key_is_free(tmp_path: Path, path: str) -> None:
    clock, day = VirtualClock(), timedelta(hours=24).total_seconds()
    async with running(tmp_path, clock) as backend:
        first = await backend.posts(path)
        clock.advance(day - 1)
        assert (await backend.posts(path)).headers["Idempotency-Replayed"] == "true"
        clock.advance(1)
        again = await backend.posts(path, 1)
        assert again.status_code == first.status_code
        assert "Idempotency-Replayed" not in again.headers
