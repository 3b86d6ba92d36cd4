"""Argon2 beside the event loop: one hash takes 64 MiB and about 0.2 s, so few may run at once."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ringback.kernel.errors import Unavailable
from ringback.kernel.redaction import Secret

T = TypeVar("T")

THREADS: Final = 2
"""Hashes at the same time: 128 MiB at most. More would take processor time from running calls."""

WAITING_LIMIT: Final = 20
"""Sign-ins that may wait for a thread: about two seconds of work. Beyond it they are refused, not queued."""


class Passwords:
    """Makes and checks password hashes."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="passwords")
        self._busy = 0
        self._nobody: str | None = None

    async def hash(self, password: Secret) -> str:
        """A hash to store. Raises `Unavailable` when too many are waiting."""
        return await self._run(lambda: self._hasher.hash(password.reveal()))

    async def matches(self, stored: str | None, password: Secret) -> bool:
        """Whether `password` belongs to the `stored` hash. For None it takes as long to say no, so that an answer's
        time does not tell which usernames exist. Raises `Unavailable` when too many are waiting.
        """
        return await self._run(lambda: self._matches(stored, password.reveal()))

    def close(self) -> None:
        """Stop the threads."""
        self._pool.shutdown()

    async def _run(self, work: Callable[[], T]) -> T:
        if self._busy >= THREADS + WAITING_LIMIT:
            raise Unavailable
        self._busy += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._busy -= 1

    def _matches(self, stored: str | None, password: str) -> bool:
        if stored is None:
            self._nobody = self._nobody or self._hasher.hash("nobody")
        try:
            self._hasher.verify(stored or self._nobody or "", password)
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None
