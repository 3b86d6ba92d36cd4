"""Argon2 beside the event loop: one hash takes 64 MiB and about 0.2 s, so few may run at once."""

import asyncio
import hmac
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ringback.kernel.clock import Clock
from ringback.kernel.errors import Unavailable
from ringback.kernel.redaction import Secret

T = TypeVar("T")

THREADS: Final = 2
"""Hashes at the same time: 128 MiB at most. More would take processor time from running calls."""

WAITING_LIMIT: Final = 20
"""Sign-ins that may wait for a thread: about two seconds of work. Beyond it they are refused, not queued."""

PROVEN_SECONDS: Final = 60.0
"""How long a password that was right needs no Argon2. Longer spares more; shorter keeps fewer hashes in memory that
are fast to try.
"""

PROVEN_LIMIT: Final = 1_000
"""Passwords that are remembered at once, at some 200 bytes each; beyond it the oldest is forgotten."""


class Passwords:
    """Makes and checks password hashes.

    What was right stays proven for a minute, because Basic authentication sends the password with every request. Of
    it only an HMAC together with the stored hash is kept: a changed password is proven anew by itself.
    """

    def __init__(self, clock: Clock, hasher: PasswordHasher | None = None) -> None:
        self._clock = clock
        self._hasher = hasher or PasswordHasher()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="passwords")
        self._busy = 0
        self._nobody: str | None = None
        self._key = secrets.token_bytes(32)
        self._proven: dict[bytes, float] = {}
        self._under_way: dict[bytes, asyncio.Task[bool]] = {}

    async def hash(self, password: Secret) -> str:
        """A hash to store. Raises `Unavailable` when too many are waiting."""
        return await self._run(lambda: self._hasher.hash(password.reveal()))

    async def matches(self, username: str, stored: str | None, password: Secret) -> bool:
        """Whether `password` belongs to the hash that is `stored` for this username.

        For None it takes as long to say no, so that an answer's time does not tell which usernames exist. Raises
        `Unavailable` when too many are waiting.
        """
        digest = hmac.digest(self._key, repr((username, stored, password.reveal())).encode(), "sha256")
        if self._proven.get(digest, 0.0) > self._clock.monotonic():
            return True
        verification = self._under_way.get(digest)
        if verification is None:  # requests that come together, as a program's do when it starts, wait for one answer
            verification = asyncio.create_task(self._verify(digest, stored, password), name="password")
            self._under_way[digest] = verification
        return await asyncio.shield(verification)

    def close(self) -> None:
        """Stop the threads."""
        self._pool.shutdown()

    async def _verify(self, digest: bytes, stored: str | None, password: Secret) -> bool:
        try:
            right = await self._run(lambda: self._matches(stored, password.reveal()))
        finally:
            del self._under_way[digest]
        if right:
            self._remember(digest)
        return right

    def _remember(self, digest: bytes) -> None:
        self._proven.pop(digest, None)  # so that the oldest comes first
        if len(self._proven) >= PROVEN_LIMIT:
            del self._proven[next(iter(self._proven))]
        self._proven[digest] = self._clock.monotonic() + PROVEN_SECONDS

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
