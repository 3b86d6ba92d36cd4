"""The golden conversations of `protocol/signaling/`, held with the real platform. The SDK's tests read them too."""

import json
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import pytest

from tests.integration.signaling.world import OFFER, Somebody, World, started_again

CONVERSATIONS: Final = Path(__file__).parents[3] / "protocol" / "signaling" / "vectors" / "conversations"

DISPLAY_NAMES: Final = {"desk": "Front desk", "kitchen": None, "porch": "Porch", "attic": None, "cellar": None}

NOT_COMPARED: Final = ("expiresAt", "sdp", "description", "date")
"""What only this run of the platform can say."""

CHOSEN_BY_THE_PLATFORM: Final = ("callId", "participantId", "sessionId", "resumeKey", "textId")


class Script:
    """A conversation with the ids of the vectors in place of those that the platform really chose."""

    def __init__(self, world: World, stack: AsyncExitStack, folder: Path) -> None:
        self._world = world
        self._stack = stack
        self._folder = folder
        self._people: dict[str, Somebody] = {}
        self._real: dict[str, str] = {}

    async def plays(self, steps: list[dict[str, Any]]) -> None:
        for step in steps:
            name, message = step["session"], step.get("message", {})
            if step["direction"] == "killed":
                await self._world.says_all()
                again = started_again(self._world, self._folder / "again")
                self._world = await self._stack.enter_async_context(again)
            elif step["direction"] == "lost":
                await self._people[name].vanishes()
            elif step["direction"] == "to_server":
                await self._say(name, message)
            else:
                await self._hear(name, message)

    async def _say(self, name: str, message: dict[str, Any]) -> None:
        if message["type"] == "hello":
            if name in self._people:
                await self._people[name].gets_another_socket()
            else:
                self._people[name] = await self._world.opens_a_socket()
            message = message | {"token": await self._world.token(name, DISPLAY_NAMES[name])}
        said = self._translated(message)
        if "sdp" in said:
            said |= {"sdp": OFFER}
        await self._people[name].sends(json.dumps(said))
        if message["type"] == "media.offer":
            await self._people[name].answer_to(message["id"])
            await self._world.media_connects(said["callId"])

    async def _hear(self, name: str, expected: dict[str, Any]) -> None:
        somebody = self._people[name]
        if expected["type"] == "reply":
            heard = await somebody.answer_to(expected["id"])
        else:
            heard = await somebody.hears(expected["type"])
        if "resumeKey" in heard.get("result", {}):
            somebody.welcome = heard["result"]
        self._learn(expected, heard)
        assert _comparable(heard) == _comparable(self._translated(expected))

    def _translated(self, value: Any) -> Any:
        match value:
            case dict():
                return {key: self._translated(item) for key, item in value.items()}
            case list():
                return [self._translated(item) for item in value]
            case str():
                return self._real.get(value, value)
        return value

    def _learn(self, expected: Any, heard: Any) -> None:
        """Where the vector has a call id that was not met before, the platform's own stands for it from now on."""
        match expected, heard:
            case dict(), dict():
                for key, value in expected.items():
                    if key in CHOSEN_BY_THE_PLATFORM or (key == "id" and isinstance(value, str)):
                        self._real.setdefault(value, str(heard.get(key)))
                    else:
                        self._learn(value, heard.get(key))
            case list(), list():
                for one, other in zip(expected, heard, strict=False):
                    self._learn(one, other)


def _comparable(value: Any) -> Any:
    match value:
        case dict():
            return {key: _comparable(item) for key, item in value.items() if key not in NOT_COMPARED}
        case list():
            return [_comparable(item) for item in value]
    return value


@pytest.mark.parametrize("name", sorted(file.stem for file in CONVERSATIONS.glob("*.json")))
async def test_the_platform_keeps_to_the_conversation(world: World, tmp_path: Path, name: str) -> None:
    conversation = json.loads((CONVERSATIONS / f"{name}.json").read_text())
    async with AsyncExitStack() as stack:
        await Script(world, stack, tmp_path).plays(conversation["steps"])
