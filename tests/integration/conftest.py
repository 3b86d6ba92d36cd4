"""A whole node on a data directory of its own, without media workers; and a client that speaks HTTP to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal
from starlette.testclient import TestClient

from ringback.accounts import COMMAND_LINE, FirstStart
from ringback.app import build_app
from ringback.platform import Platform, open_platform
from ringback.settings import Settings
from ringback.testing.clock import VirtualClock
from tests.unit.media.witnesses import log  # noqa: F401 - a fixture


@dataclass(frozen=True)
class Node:
    """A started installation, at the virtual moment `clock`."""

    platform: Platform
    client: TestClient
    first_start: FirstStart
    clock: VirtualClock

    @property
    def key(self) -> dict[str, str]:
        """The headers of the default account's backend."""
        return {"Authorization": f"App {self.first_start.api_key.reveal()}"}

    def key_of_another_account(self, name: str = "another") -> dict[str, str]:
        """The headers of a backend that the default account does not know."""
        accounts = self.platform.accounts

        async def create() -> str:
            account = await accounts.create_account(name)
            return (await accounts.create_api_key(account.id, "backend", by=COMMAND_LINE))[1].reveal()

        assert self.client.portal is not None
        return {"Authorization": f"App {self.client.portal.call(create)}"}


@contextmanager
def started(settings: Settings) -> Iterator[Node]:
    """A node on new data."""
    clock = VirtualClock()
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(open_platform(settings, clock=clock)) as platform,
        TestClient(build_app(platform), client=("127.0.0.1", 50_000)) as client,
    ):
        first_start = portal.call(platform.accounts.bootstrap, None)
        assert first_start is not None
        yield Node(platform, client, first_start, clock)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with started(Settings(data_dir=tmp_path_factory.mktemp("node") / "data")) as node:
        yield node


@pytest.fixture
def public_node(tmp_path: Path) -> Iterator[Node]:
    """A node that others can reach, so the demo is off."""
    with started(Settings(data_dir=tmp_path / "data", host="0.0.0.0")) as node:  # noqa: S104 - the point
        yield node
