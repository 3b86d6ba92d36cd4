"""Ids that can be predicted."""

import uuid


class CountingIds:
    """`ringback.kernel.ids.Ids` for tests: UUIDs that count 1, 2, 3 … in their last digits."""

    def __init__(self) -> None:
        self._count = 0

    def new(self) -> str:
        self._count += 1
        return str(uuid.UUID(int=self._count))
