"""Bent messages at the whole platform: every one is answered, nothing of ours breaks, and no session is left."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from tests.integration.signaling.world import World, running_world
from tests.properties.messages import frames

SEQUENCES = 150
"""Of up to a dozen messages. Thousands are tried without a database in tests/properties/test_connections.py."""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[asyncio.Runner, World]]:
    """One platform for all sequences, and the loop it runs in."""
    folder: Path = tmp_path_factory.mktemp("world")
    stack = AsyncExitStack()
    with asyncio.Runner() as runner:
        world = runner.run(stack.enter_async_context(running_world(folder)))
        yield runner, world
        assert world.engine.commands, "no sequence has ever begun a call or a room"
        runner.run(stack.aclose())


@settings(
    max_examples=SEQUENCES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
@given(sent=st.lists(frames(["c1", "c2"]), max_size=12))
def test_nothing_that_a_client_sends_breaks_the_platform(
    shared: tuple[asyncio.Runner, World], sent: list[str | bytes]
) -> None:
    runner, world = shared
    with capture_logs() as logs:
        runner.run(_send(world, sent))
    assert [entry for entry in logs if entry["log_level"] in ("error", "critical")] == []


async def _send(world: World, sent: list[str | bytes]) -> None:
    world.clock.advance(10)
    somebody = await world.connects("fuzzer")
    for frame in sent:
        await somebody.sends(frame)
    await somebody.goes()
    await world.is_empty()
