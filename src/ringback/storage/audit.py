"""The audit log: who did which administrative action, in an order and with a content that nobody changes unseen.

Each entry carries a hash over itself and the hash before it, made with a key of the installation. Who can write to the
database but lacks that key cannot alter, remove, insert or reorder entries without `verify` finding it. Entries cut off
at the end are found only by who has noted the hash of an entry behind the cut.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Column, Connection, Integer, LargeBinary, String, Table, Text, insert, select

from ringback.kernel.clock import Clock
from ringback.kernel.errors import RingbackError
from ringback.kernel.redaction import Secret
from ringback.storage.schema import metadata

BATCH: Final = 1_000
"""Entries in memory at once while the log is verified."""

audit_log = Table(
    "audit_log",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("happened_at", String(32), nullable=False),  # as text, like all that is hashed: nothing to convert
    Column("account_id", String(36), nullable=False, index=True),
    Column("actor", String(100), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("details", Text, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
)


class AuditLogBroken(RingbackError):
    """The audit log is not as it was written."""

    code = "AUDIT_LOG_BROKEN"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One administrative action."""

    position: int
    happened_at: str
    """UTC, as in `2030-01-31T12:00:00.000Z`."""
    account_id: str
    actor: str
    action: str
    subject: str
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSummary:
    """What an intact log consists of."""

    entries: int
    last_at: str | None
    head: str
    """The hash of the last entry in hexadecimal; empty when there is none."""


class AuditLog:
    """Writes and verifies the log. `secret_key` is the installation's; the key of the hashes is derived from it."""

    def __init__(self, secret_key: Secret, clock: Clock) -> None:
        self._key = hmac.digest(secret_key.reveal().encode(), b"ringback audit log", hashlib.sha256)
        self._clock = clock

    def append(
        self,
        connection: Connection,
        *,
        account_id: str,
        actor: str,
        action: str,
        subject: str,
        details: Mapping[str, str] | None = None,
    ) -> None:
        """Add an entry, in the transaction of the action that it tells of.

        `actor`: the id of the credentials, or how else it was asked for. `action`: `api-key.create`. `subject`: the id
        of what was acted on. No secrets, tokens, phone numbers or addresses of people in any of them: it is kept.
        """
        last = connection.execute(
            select(audit_log.c.position, audit_log.c.hash).order_by(audit_log.c.position.desc()).limit(1)
        ).one_or_none()
        row = {
            "position": last.position + 1 if last else 1,
            "happened_at": self._clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "account_id": account_id,
            "actor": actor,
            "action": action,
            "subject": subject,
            "details": json.dumps(details or {}, sort_keys=True),
        }
        # Two writers that saw the same last entry would take the same position; the second is refused.
        connection.execute(insert(audit_log).values(**row, hash=self._hash(last.hash if last else b"", row.values())))

    def verify(self, connection: Connection, head: str | None = None) -> AuditSummary:
        """Check the whole log, and that it still holds the entry whose hash is `head`.

        Raises `AuditLogBroken` naming the first entry that is not as it was written.
        """
        entries, last_at, before, seen = 0, None, b"", head is None
        stored = select(audit_log).order_by(audit_log.c.position).execution_options(yield_per=BATCH)
        for *content, found in connection.execute(stored):
            position, happened_at, *_ = content
            if position != entries + 1:
                raise AuditLogBroken(f"Entry {entries + 1} is missing.")
            if found != self._hash(before, content):
                raise AuditLogBroken(f"Entry {position} was altered, or does not belong in this place.")
            entries, last_at, before = position, happened_at, found
            seen = seen or before.hex() == head
        if not seen:
            raise AuditLogBroken(f"Entries are missing at the end: the {entries} that are there lack the given head.")
        return AuditSummary(entries=entries, last_at=last_at, head=before.hex())

    def _hash(self, before: bytes, content: Iterable[object]) -> bytes:
        # `repr` is for what nobody but a forger would have put there.
        encoded = json.dumps(list(content), default=repr).encode()
        return hmac.digest(self._key, before + encoded, hashlib.sha256)


def latest(connection: Connection, limit: int, account_id: str | None = None) -> list[AuditEntry]:
    """The newest entries, of one account or of all, oldest first."""
    query = select(audit_log).order_by(audit_log.c.position.desc()).limit(limit)
    if account_id is not None:
        query = query.where(audit_log.c.account_id == account_id)
    return [
        AuditEntry(
            row.position,
            row.happened_at,
            row.account_id,
            row.actor,
            row.action,
            row.subject,
            json.loads(row.details),
        )
        for row in reversed(connection.execute(query).all())
    ]
