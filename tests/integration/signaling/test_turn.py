"""Credentials for TURN servers come with the session, and again when it is resumed."""

from datetime import datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from ringback.settings import Settings
from ringback.signaling.turn import AFTER_TOKEN
from tests.integration.signaling.world import World, running_world

TURN = {"turn_urls": "turn:turn.example.org:3478", "turn_secret": "north"}


async def test_a_session_gets_credentials_and_newer_ones_when_it_comes_back(tmp_path: Path) -> None:
    async with running_world(tmp_path, **TURN) as world:
        boris = await world.connects("boris")
        [first] = boris.welcome["iceServers"]
        assert first["urls"] == ["turn:turn.example.org:3478"]
        ends, _, session = first["username"].partition(":")
        token_ends = datetime.fromisoformat(boris.welcome["expiresAt"])
        assert int(ends) == int((token_ends + AFTER_TOKEN).timestamp())
        assert session == boris.welcome["sessionId"]
        assert "boris" not in first["username"]
        world.clock.advance(5)
        await boris.vanishes()
        assert await boris.comes_back(await world.token("boris"))
        [second] = boris.welcome["iceServers"]
        assert int(second["username"].partition(":")[0]) == int(ends) + 5
        assert second["credential"] != first["credential"]


async def test_without_a_turn_server_there_are_no_credentials(world: World) -> None:
    assert (await world.connects("boris")).welcome["iceServers"] == []


def test_servers_and_secret_are_given_together() -> None:
    settings = Settings(turn_urls="turn:a.example.org, turns:b.example.org:443", turn_secret="north")  # type: ignore[arg-type]
    assert settings.turn_urls == ("turn:a.example.org", "turns:b.example.org:443")
    assert settings.described()["turn_secret"] == "set"
    for half in ({"turn_urls": "turn:a.example.org"}, {"turn_secret": "north"}):
        with pytest.raises(ValidationError, match="given together"):
            Settings(**half)  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="begins with turn"):
        Settings(turn_urls="stun:a.example.org", turn_secret="north")  # type: ignore[arg-type]
