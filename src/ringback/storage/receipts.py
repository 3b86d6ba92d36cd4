"""Receipts of requests that carried an idempotency key: that they were carried out, and how they were answered."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final, NamedTuple

from sqlalchemy import Column, Connection, Integer, LargeBinary, String, Table, delete, select, update

from ringback.kernel.clock import Clock
from ringback.kernel.errors import InvalidState
from ringback.storage.database import Database, accompanied
from ringback.storage.schema import UtcDateTime, metadata

LIFETIME: Final = timedelta(hours=24)
"""How long a key is remembered: longer than anybody retries a request."""

receipts = Table(
    "receipts",
    metadata,
    Column("account_id", String(36), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", LargeBinary(32), nullable=False),
    Column("claimed_at", UtcDateTime, nullable=False, index=True),
    Column("status", Integer),
    Column("content_type", String(100)),
    Column("body", LargeBinary),
)


class StoredReceipt(NamedTuple):
    """A key that has been claimed; `status` is None while its answer is not stored."""

    fingerprint: bytes
    status: int | None
    content_type: str | None
    body: bytes | None


class ReceiptStore:
    """The receipts of all accounts."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def find(self, account_id: str, key: str) -> StoredReceipt | None:
        """The receipt of this key, if the key is still remembered."""
        oldest = self._clock.now() - LIFETIME
        query = select(receipts.c.fingerprint, receipts.c.status, receipts.c.content_type, receipts.c.body).where(
            receipts.c.account_id == account_id, receipts.c.key == key, receipts.c.claimed_at > oldest
        )
        row = await self._database.read(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else StoredReceipt(*row)

    @contextmanager
    def claiming(self, account_id: str, key: str, fingerprint: bytes) -> Iterator[Callable[[], bool]]:
        """The first write inside claims the key in its transaction. Gives a function that says whether it did."""
        now = self._clock.now()

        def claim(connection: Connection) -> None:
            connection.execute(delete(receipts).where(receipts.c.claimed_at <= now - LIFETIME))
            mine = (receipts.c.account_id == account_id) & (receipts.c.key == key)
            if connection.execute(select(receipts.c.claimed_at).where(mine)).one_or_none():
                raise InvalidState("Another request with this Idempotency-Key is being carried out.")
            connection.execute(
                receipts.insert().values(account_id=account_id, key=key, fingerprint=fingerprint, claimed_at=now)
            )

        with accompanied(claim) as companion:
            yield lambda: companion.taken

    async def complete(self, account_id: str, key: str, status: int, content_type: str, body: bytes) -> None:
        """Store the answer to the request that claimed the key."""
        row = (receipts.c.account_id == account_id) & (receipts.c.key == key)
        answer = update(receipts).where(row).values(status=status, content_type=content_type, body=body)
        await self._database.write(lambda connection: connection.execute(answer))
