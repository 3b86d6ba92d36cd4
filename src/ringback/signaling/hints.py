"""What the workers say of videos, as hints for the sessions: which slots are paused for want of bandwidth, and how many
layers of what a client sends somebody needs. Pure; only the latest counts, and nothing is stored.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from ringback.media.model import Source
from ringback.signaling.messages import LayersWanted, SlotsPaused

ALL_LAYERS: Final = 3
"""What is wanted of a video of which its worker has said nothing: it must begin before anybody can do without it."""

Hint: TypeAlias = SlotsPaused | LayersWanted


class _Said(NamedTuple):
    """What holds for one call."""

    paused: tuple[int, ...] = ()
    camera: int = ALL_LAYERS
    screen: int = ALL_LAYERS


class VideoHints:
    """All rooms."""

    def __init__(self) -> None:
        self._rooms: dict[str, dict[str, _Said]] = {}
        self._room_of: dict[str, str] = {}

    def take(
        self, room: str, paused: Mapping[str, Sequence[int]], wanted: Mapping[str, Mapping[Source, int]]
    ) -> list[Hint]:
        """All that a worker says of a room, by call. Returns what is news."""
        before = self._rooms.get(room, {})
        now = {
            call: _Said(
                tuple(sorted(paused.get(call, ()))),
                wanted.get(call, {}).get(Source.CAMERA, ALL_LAYERS),
                wanted.get(call, {}).get(Source.SCREEN, ALL_LAYERS),
            )
            for call in {**paused, **wanted}
        }
        self.forget(room)
        self._rooms[room] = now
        self._room_of |= dict.fromkeys(now, room)
        return [hint for call in {**before, **now} for hint in _news(call, before, now)]

    def of(self, call: str) -> list[Hint]:
        """What holds for a call; empty when that is what holds before anything is said."""
        room = self._rooms.get(self._room_of.get(call, ""), {})
        return list(_news(call, {}, room))

    def forget(self, room: str) -> None:
        """The room has ended."""
        for call in self._rooms.pop(room, {}):
            del self._room_of[call]


def _news(call: str, before: Mapping[str, _Said], now: Mapping[str, _Said]) -> Iterator[Hint]:
    was, said = before.get(call, _Said()), now.get(call, _Said())
    if was.paused != said.paused:
        yield _slots_paused(call, said)
    if (was.camera, was.screen) != (said.camera, said.screen):
        yield _layers_wanted(call, said)


def _slots_paused(call: str, said: _Said) -> SlotsPaused:
    return SlotsPaused(call_id=call, slots=said.paused)


def _layers_wanted(call: str, said: _Said) -> LayersWanted:
    return LayersWanted(call_id=call, camera=said.camera, screen=said.screen)
