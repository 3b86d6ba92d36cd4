"""Who is absent from each room, as a hint for the others in it. Pure; only the latest counts, and nothing is stored."""

from collections.abc import Collection

from ringback.signaling.messages import AbsentChanged


class Absences:
    """All rooms."""

    def __init__(self) -> None:
        self._rooms: dict[str, tuple[str, ...]] = {}
        self._room_of: dict[str, str] = {}

    def take(self, room: str, calls: Collection[str], absent: Collection[str]) -> list[AbsentChanged]:
        """All that a worker says of the calls in a room. Returns what is news."""
        before, now = self._rooms.get(room, ()), tuple(absent)
        self._rooms[room] = now
        self._room_of |= dict.fromkeys(calls, room)
        return [_hint(call, now) for call in calls if _hint(call, before) != _hint(call, now)]

    def enter(self, room: str, call: str) -> list[AbsentChanged]:
        """A call has come in. Returns what holds for it."""
        self._room_of[call] = room
        return self.of(call)

    def of(self, call: str) -> list[AbsentChanged]:
        """What holds for a call; empty when that is what holds before anything is said."""
        hint = _hint(call, self._rooms.get(self._room_of.get(call, ""), ()))
        return [hint] if hint.absent else []

    def forget(self, room: str) -> None:
        """The room has ended."""
        self._rooms.pop(room, None)
        self._room_of = {call: other for call, other in self._room_of.items() if other != room}


def _hint(call: str, absent: tuple[str, ...]) -> AbsentChanged:
    return AbsentChanged(call_id=call, absent=tuple(each for each in absent if each != call))
